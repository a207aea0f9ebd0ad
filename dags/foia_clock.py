"""One run for each open request and due date: it waits until the answer has gone out, and warns before it is late."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, DeadlineAlert, Param, SyncCallback

from social_archive.archive import default_agency
from social_archive.config import load_agency
from social_archive_airflow import foia_tasks as tasks
from social_archive_airflow.foia_deadline import AnswerDue, tell_of_deadline
from social_archive_airflow.retries import HonourRetryAfter
from social_archive_airflow.tags import Owner, Tag

DOC = """
**What it does.** A run is started with the end of the day by which one request must be answered (the safe one, where a
holiday is disputed); this is its deadline. `answered` waits until the request is answered, closed, or due on another
day. If it is not, Airflow shows the missed deadline under *Browse, Deadlines*, and the FOIA officer gets a letter: some
days before, and on the day itself. Runs are started by `foia_request` and daily by `foia_deadlines`; nobody needs to.

**Owner.** The records officer.

**How to recover.** The ledger has the dates; a run that is deleted is started again by the next `foia_deadlines`.
"""

warn = timedelta(days=load_agency(default_agency()).foia.warn_days)

with DAG(
    dag_id="foia_clock",
    dag_display_name="Clock of a records request",
    description="Waits for the answer to one request; a missed day is a deadline alert",
    doc_md=DOC,
    schedule=None,
    catchup=False,
    max_active_runs=200,
    tags=[Tag.REQUESTS],
    params={
        "number": Param(None, type=["null", "string"], title="Request number"),
        "due": Param(None, type=["null", "string"], format="date-time", title="End of the day by which it is due"),
    },
    deadline=[
        DeadlineAlert(AnswerDue(), -warn, SyncCallback(tell_of_deadline), name="Due soon"),
        DeadlineAlert(AnswerDue(), timedelta(0), SyncCallback(tell_of_deadline), name="Due"),
    ],
    default_args={
        "owner": Owner.RECORDS,
        "retries": 3,
        "retry_delay": timedelta(minutes=5),
        "retry_policy": HonourRetryAfter(),
    },
):
    tasks.answered()
