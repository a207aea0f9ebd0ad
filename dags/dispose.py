"""Daily: what is past its time is proposed, approved by two people, destroyed, looked for, and certified."""

from __future__ import annotations

from datetime import timedelta

from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync
from airflow.sdk import DAG, CronTriggerTimetable, chain

from social_archive.archive import default_agency
from social_archive.config import load_agency
from social_archive_airflow import retention_tasks as tasks
from social_archive_airflow.questions import Approval, ReturnedCopy
from social_archive_airflow.retries import HonourRetryAfter
from social_archive_airflow.tags import Owner, Tag

DOC = """
**What it does.** `propose` lists what is past its time, and ends the run if nothing is. `returned_copy` asks for the
authority's answer, where the law wants it first. `first_approval` and `second_approval` ask two different people, by
name, under *Required Actions*; whoever started the run is not one of them. `destroy` asks every gate again, destroys
version by version, and can be killed at any moment. `verify`, and `verify_again` later, look at every place.
`certify` issues the certificate.

**Owner.** The records officer. A question may wait for weeks; it takes no slot.

**How to recover.** Nothing is destroyed unless the ledger holds both approvals of the very list.
- *A question's task is red*: its log has the sentence. Put that right (often `people` and `disposal` in agency.yaml),
  then clear it; it asks again. Answered on the command line meanwhile: clear it, and it goes on.
- *To propose anew*: mark the run as failed and start another. Do not clear `propose`: Airflow would keep the old texts.
- *`destroy` is red, "marked as a success by hand"*: clear the approval that was not given.
- *`destroy` is red, blocked*: a hold, a changed list, lapsed approvals. That disposal is closed; the next run proposes
  what is still due. Killed or the store was down: clear it, it goes on where it stopped.
- *`verify` is red*: a place still shows what was destroyed. Let it catch up, then clear it. No certificate before that.
"""

agency = load_agency(default_agency())
first_approvers, second_approvers = agency.disposal.first_approvers, agency.disposal.second_approvers


def moment(task_id: str, field: str) -> str:
    """A moment that a task told; the run's own, if the task was marked as a success by hand."""
    return f"{{{{ (ti.xcom_pull(task_ids='{task_id}') or {{}}).get('{field}') or dag_run.run_after }}}}"


with DAG(
    dag_id="dispose",
    dag_display_name="Dispose",
    description="What is past its time: two people approve, a certificate proves",
    doc_md=DOC,
    schedule=CronTriggerTimetable("30 5 * * *", timezone=agency.body.time_zone),
    catchup=False,
    max_active_runs=1,
    tags=[Tag.RETENTION],
    default_args={
        "owner": Owner.RECORDS,
        "retries": 3,
        "retry_delay": timedelta(minutes=10),
        "retry_policy": HonourRetryAfter(),
    },
):
    returned = ReturnedCopy(task_id="returned_copy", assigned=first_approvers)
    filed = DateTimeSensorAsync(task_id="filing_period", target_time=moment("returned_copy", "not_before"))
    first = Approval(task_id="first_approval", place=1, assigned=first_approvers)
    second = Approval(task_id="second_approval", place=2, assigned=second_approvers)
    destroyed = tasks.destroy(first.output, second.output)
    later = DateTimeSensorAsync(task_id="wait", target_time=moment("verify", "again_at"))
    chain(tasks.propose(), returned, filed, first, second, destroyed)
    chain(destroyed, tasks.verify(), later, tasks.verify_again(), tasks.certify())
