"""Daily: which accounts need a person, in the log and by mail."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from social_archive.archive import default_agency
from social_archive.config import load_agency
from social_archive_airflow import tasks
from social_archive_airflow.retries import HonourRetryAfter
from social_archive_airflow.tags import Owner, Tag

DOC = """
**What it does.** `digest` lists the accounts whose login is dead, that nobody looked at, that a rate limit keeps out or
whose token is about to die, and what waits in quarantine: new ones first, standing ones with their age. It goes to the
log, and once a day to the mailbox that `agency.yaml` names (`digest: {to: …}`, else `agency: contact_email:`) through
the connection `smtp_default`. Nothing to tell: no mail. No such connection: the log says so.

**Owner.** IT.

**How to recover.** A red `digest` means that the mail server did not take the letter; clear it once that is mended. It
may run as often as you like: one letter a day is sent. The same list, without mail: `archive digest`.
"""

agency = load_agency(default_agency())

with DAG(
    dag_id="digest",
    dag_display_name="Digest",
    description="Which accounts need a person: log and one mail a day",
    doc_md=DOC,
    schedule=CronTriggerTimetable("0 7 * * *", timezone=agency.body.time_zone),
    catchup=False,
    max_active_runs=1,
    tags=[Tag.NOTICE],
    default_args={
        "owner": Owner.IT,
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "retry_policy": HonourRetryAfter(),
    },
):
    tasks.digest()
