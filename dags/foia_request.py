"""By hand: a request for public records is entered in a form; its file is opened and its clock watched."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, Param

from social_archive.foia.requests import HOWS
from social_archive_airflow import foia_tasks as tasks
from social_archive_airflow.retries import HonourRetryAfter
from social_archive_airflow.tags import Owner, Tag

DOC = """
**What it does.** Opens the file of a request for public records: what was asked, by whom, when it came. `receive` notes
the day of receipt and gives it a number; `watch` starts the run of `foia_clock` that knows when the answer is due. What
is entered in the form goes into the request's own locked object. When the run has succeeded, nothing of it is left in
Airflow but the request's number.

**Owner.** The records officer. A request on paper or by e-mail can be entered by `archive foia receive` just as well.

**How to recover.** A red `receive` has said in its log what is missing; trigger the form again. A request is received
once however often its task is cleared. Delete a failed run when it is of no more use: its form still holds the words.
"""

with DAG(
    dag_id="foia_request",
    dag_display_name="Records request",
    description="A request for public records: received, numbered, its clock started",
    doc_md=DOC,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=[Tag.REQUESTS],
    params={
        "received": Param(None, type=["null", "string"], format="date", title="Received on",
                          description="The day on which the body received it; empty: today."),
        "how": Param("form", type="string", enum=list(HOWS), title="How it came"),
        "text": Param(None, type=["null", "string"], format="multiline", title="What is asked for",
                      description="Word for word. Required."),
        "name": Param(None, type=["null", "string"], title="Requester's name"),
        "email": Param(None, type=["null", "string"], title="Requester's e-mail"),
        "address": Param(None, type=["null", "string"], format="multiline", title="Requester's postal address"),
        "organisation": Param(None, type=["null", "string"], title="Organisation"),
    },
    default_args={
        "owner": Owner.RECORDS,
        "retries": 2,
        "retry_delay": timedelta(minutes=1),
        "retry_policy": HonourRetryAfter(),
    },
):  # fmt: skip
    runs = tasks.to_watch()
    tasks.receive() >> runs
    tasks.watch(runs)
