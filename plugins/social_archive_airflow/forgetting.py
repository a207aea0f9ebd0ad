"""What a form asked for does not stay in Airflow: a run that has put it into the archive forgets it.

The form of `foia_request` takes a requester's name and words. Airflow keeps a run's form in its own database, for ever
and under nobody's schedule: with the run, and once more in its audit log, with whoever triggered it. So what the audit
log repeats is emptied when the run begins (who triggered it and when stays), and when the run has succeeded its form is
emptied: the request lies in the archive, in its own cohort. A run that failed keeps its form, since somebody has to try
again; deleting the run removes it.
"""

from __future__ import annotations

from typing import Any, Final

from airflow.listeners import hookimpl
from airflow.models.log import Log
from sqlalchemy import update
from sqlalchemy.orm import object_session

FORMS: Final = frozenset({"foia_request"})
"""DAGs whose form holds personal data."""


@hookimpl
def on_dag_run_running(dag_run: Any, msg: str) -> None:
    _empty_audit_log(dag_run)


@hookimpl
def on_dag_run_failed(dag_run: Any, msg: str) -> None:
    _empty_audit_log(dag_run)


@hookimpl
def on_dag_run_success(dag_run: Any, msg: str) -> None:
    """Called in the scheduler, with the row that it is about to save."""
    _empty_audit_log(dag_run)
    if dag_run.dag_id in FORMS and dag_run.conf:
        dag_run.conf = {}


def _empty_audit_log(dag_run: Any) -> None:
    """In the transaction of the run itself. Of all runs: what was triggered meanwhile has its form with the run."""
    session = object_session(dag_run) if dag_run.dag_id in FORMS else None
    if session is not None:
        told = Log.dag_id.in_(FORMS) & Log.extra.is_not(None)
        session.execute(update(Log).where(told).values(extra=None).execution_options(synchronize_session=False))
