"""The only plugin: it registers what lives in `social_archive_airflow`, and holds nothing itself."""

from __future__ import annotations

from typing import ClassVar

from airflow.plugins_manager import AirflowPlugin

from social_archive_airflow import forgetting
from social_archive_airflow.timetables import AccountSchedules


class SocialArchivePlugin(AirflowPlugin):
    name = "social_archive"
    timetables: ClassVar[list[type]] = [AccountSchedules]
    listeners: ClassVar[list[object]] = [forgetting]
