"""What a form asked for does not stay in Airflow: a run that has put it into the archive forgets it.

The form of `foia_request` takes a requester's name and words. Airflow keeps a run's form in its own database, for ever
and under nobody's schedule. So when the run has succeeded, its form is emptied: the request lies in the archive, in its
own cohort. A run that failed keeps its form, since somebody has to try again; deleting the run removes it.
"""

from __future__ import annotations

from typing import Any, Final

from airflow.listeners import hookimpl

FORMS: Final = frozenset({"foia_request"})
"""DAGs whose form holds personal data."""


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:
    """Called in the scheduler, with the row that it is about to save."""
    if dag_run.dag_id in FORMS and dag_run.conf:
        dag_run.conf = {}
