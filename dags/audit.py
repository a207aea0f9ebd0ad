"""Daily: does the ledger verify, is everything locked that must be, and is every leaf accounted for?"""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronTriggerTimetable

from social_archive.archive import default_agency
from social_archive.config import load_agency
from social_archive_airflow import tasks
from social_archive_airflow.retries import HonourRetryAfter
from social_archive_airflow.tags import Owner, Tag

DOC = """
**What it does.** `verify_ledger` replays every entry from the first: order, hashes, tree, signatures. `sweep_seals`
locks what a crash between commit and lock left open. `check_completeness` reads every object and accounts for every
leaf: it opens, or exactly one disposal with a certificate covers it.

**Owner.** IT; the records officer is told of findings.

**How to recover.** A red `verify_ledger` is an alarm, not a fault to be cleared: stop the harvests (pause their DAGs),
keep the bucket as it is, run `archive ledger verify` for the list, and compare with the last witnessed checkpoint.
A red `sweep_seals` is safe to clear: it never shortens a lock. A red `check_completeness` is an alarm too: pause the
DAG `dispose`, run `archive audit` for the list, and after a restored backup `archive rebuild`.
"""

agency = load_agency(default_agency())

with DAG(
    dag_id="audit",
    dag_display_name="Audit",
    description="The whole ledger replayed, every lock re-asserted, every leaf accounted for",
    doc_md=DOC,
    schedule=CronTriggerTimetable("15 4 * * *", timezone=agency.body.time_zone),
    catchup=False,
    max_active_runs=1,
    tags=[Tag.AUDIT],
    default_args={
        "owner": Owner.IT,
        "retries": 2,
        "retry_delay": timedelta(minutes=5),
        "retry_policy": HonourRetryAfter(),
    },
):
    tasks.sweep_seals() >> tasks.verify_ledger() >> tasks.check_completeness()
