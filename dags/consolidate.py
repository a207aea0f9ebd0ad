"""Weekly: the small objects of closed months become large ones."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from social_archive.archive import default_agency
from social_archive.config import load_agency
from social_archive_airflow import retention_tasks as tasks
from social_archive_airflow.retries import HonourRetryAfter
from social_archive_airflow.tags import Owner, Tag

DOC = """
**What it does.** `apply_schedule` does what a new retention schedule demands once its day has come: longer locks, rows
moved to their right cohort. `consolidate` merges the small objects of closed months into one per cohort, platform and
account, checks the copy, and removes the originals. Every proof still holds.

**Owner.** IT.

**How to recover.** Clear the red task: a killed run leaves either the old objects or the new one, never neither.
"""

agency = load_agency(default_agency())

with DAG(
    dag_id="consolidate",
    dag_display_name="Consolidate",
    description="Small objects of closed months become one",
    doc_md=DOC,
    schedule=CronTriggerTimetable("30 2 * * 0", timezone=agency.body.time_zone),
    catchup=False,
    max_active_runs=1,
    tags=[Tag.RETENTION],
    default_args={
        "owner": Owner.IT,
        "retries": 2,
        "retry_delay": timedelta(minutes=10),
        "retry_policy": HonourRetryAfter(),
    },
):
    tasks.apply_schedule() >> tasks.consolidate()
