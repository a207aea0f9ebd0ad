"""By when a run of `foia_clock` must have ended, and what happens when that day comes near or is missed.

The day is not the run's logical date: the scheduler runs no task of a run whose logical date lies in the future, and
this one has to look every few minutes whether the answer has gone out. The FOIA officer gets a letter: Airflow calls
`tell_of_deadline` with the run whose deadline it was, and the ledger says whether it is still true.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any, ClassVar

from airflow.sdk.definitions.deadline import BaseDeadlineReference, deadline_reference

log = logging.getLogger(__name__)


@deadline_reference()
class AnswerDue(BaseDeadlineReference):
    """The end of the day that the run was started for, `due` in its form; a run without one has no deadline."""

    required_kwargs: ClassVar[set[str]] = {"dag_id", "run_id"}

    def _evaluate_with(self, *, session: Any, dag_id: str, run_id: str) -> datetime | None:
        from airflow.models import DagRun
        from sqlalchemy import select

        conf = session.scalar(select(DagRun.conf).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
        due = (conf or {}).get("due")
        return datetime.fromisoformat(due) if due else None


def tell_of_deadline(context: dict[str, Any] | None = None, **_: Any) -> None:
    """Write to the FOIA officer of the request that this run of `foia_clock` watches, unless it was answered."""
    from social_archive.foia import deadlines
    from social_archive.foia.requests import today
    from social_archive_airflow import mail
    from social_archive_airflow.foia_tasks import officer
    from social_archive_airflow.opening import opened

    run = (context or {}).get("dag_run") or {}
    number = (run.get("conf") or {}).get("number")
    with opened() as archive:
        archive.catalog.catch_up()
        due = [one for one in deadlines.untold(archive, today(archive)) if one.number == number]
        if not due:
            log.info("Nothing is to be told of request %s: it was answered, or it was told today.", number)
            return
        why_not = mail.send(officer(archive), deadlines.subject(due), deadlines.html(archive, due), context or {})
        if why_not is None:
            deadlines.record(archive, due)
        log.info("The letter was sent." if why_not is None else f"No mail was sent: {why_not}.")
