"""Daily: the clocks of open requests are watched, the FOIA officer is told what is due, closed files are settled."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from social_archive.archive import default_agency
from social_archive.config import load_agency
from social_archive_airflow import foia_tasks as tasks
from social_archive_airflow.retries import HonourRetryAfter
from social_archive_airflow.tags import Owner, Tag

DOC = """
**What it does.** `to_watch` lists the open requests with the day by which each must be answered, `watch` starts a run
of `foia_clock` for each that has none. `tell` writes to the FOIA officer of requests that are due within some days
(`foia: warn_days` in agency.yaml) or late, once a day each. Numbers and dates only. `settle` does for closed requests
what a killed run left undone: their hold is lifted, their file moves to the cohort of the month of its closing.

**Owner.** The records officer.

**How to recover.** Clear the red task. A red `tell` means that the mail server did not take the letter; `archive foia
list` shows the same. A red `settle` delays nothing that is due; what it did stays done, and cleared it does the rest.
"""

agency = load_agency(default_agency())

with DAG(
    dag_id="foia_deadlines",
    dag_display_name="Deadlines of records requests",
    description="What must be answered by when: clocks are watched, the FOIA officer is told",
    doc_md=DOC,
    schedule=CronTriggerTimetable("0 7 * * *", timezone=agency.body.time_zone),
    catchup=False,
    max_active_runs=1,
    tags=[Tag.REQUESTS],
    default_args={
        "owner": Owner.RECORDS,
        "retries": 3,
        "retry_delay": timedelta(minutes=5),
        "retry_policy": HonourRetryAfter(),
    },
):
    tasks.settle()
    tasks.watch(tasks.to_watch())
    tasks.tell()
