"""By hand: the bundle that answers a request is built, approved by a person, and delivered."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param, task_group

from social_archive.archive import default_agency
from social_archive.config import load_agency
from social_archive_airflow import foia_tasks as tasks
from social_archive_airflow.release import Release
from social_archive_airflow.retries import HonourRetryAfter
from social_archive_airflow.tags import Owner, Tag

DOC = """
**What it does.** `confirmed` finds the requests whose review a second person has confirmed: the one that is named, or
all that wait. For each, `build` makes the bundle from exactly what was confirmed, `release` asks a person by name under
*Required Actions*, and `deliver` lays the approved bundle into the release folder, or writes a link that expires to the
FOIA officer. Each step is an entry in the ledger.

**Owner.** The records officer.

**How to recover.** Nothing leaves unless the ledger holds the approval of the very bundle.
- *`build` is red*: its log says what is missing (a decision, a confirmation, a letter). Put it right, then clear it. A
  build that was killed is built again to the same bytes.
- *`release` is red*: its log has the sentence; clear it, and it asks again. *Reject* ends the run: nothing goes out.
- *`deliver` is red, "marked as a success by hand"*: clear the release that was not given.
"""

approvers = load_agency(default_agency()).foia.release_approvers

with DAG(
    dag_id="foia_export",
    dag_display_name="Answer a records request",
    description="The bundle of a request: built, released by a person, delivered",
    doc_md=DOC,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=[Tag.REQUESTS],
    params={
        "number": Param(None, type=["null", "string"], title="Request number",
                        description="Empty: every request whose review is confirmed and that has no bundle of it yet."),
        "load_files": Param(False, type="boolean", title="Load files too",
                            description="Concordance DAT and OPT, EDRM XML: for a requester's review system."),
        "deliver": Param("folder", type="string", enum=["folder", "link"], title="How it is delivered",
                         description="Into the release folder, or as a link that expires, mailed to the FOIA officer."),
    },
    default_args={
        "owner": Owner.RECORDS,
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "retry_policy": HonourRetryAfter(),
    },
):  # fmt: skip

    @task_group
    def answer(number: str) -> None:
        built = tasks.build(number)
        released = Release(task_id="release", built=built, assigned=approvers)
        tasks.deliver(built, released.output)

    answer.expand(number=tasks.confirmed())
