"""The only plugin: it registers what lives in `social_archive_airflow`, and holds nothing itself."""

from __future__ import annotations

from typing import ClassVar

from airflow.plugins_manager import AirflowPlugin

from social_archive_airflow import forgetting
from social_archive_airflow.desk import PREFIX, Desk
from social_archive_airflow.foia_deadline import AnswerDue
from social_archive_airflow.timetables import AccountSchedules


class SocialArchivePlugin(AirflowPlugin):
    name = "social_archive"
    timetables: ClassVar[list[type]] = [AccountSchedules]
    deadline_references: ClassVar[list[type]] = [AnswerDue]
    listeners: ClassVar[list[object]] = [forgetting]
    fastapi_apps: ClassVar[list[dict[str, object]]] = [
        {"app": Desk(), "url_prefix": PREFIX, "name": "Records Desk"}
    ]
    external_views: ClassVar[list[dict[str, object]]] = [
        {"name": "Records Desk", "href": f"{PREFIX}/requests", "url_route": "records-desk", "destination": "nav"}
    ]
