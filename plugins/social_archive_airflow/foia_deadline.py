"""What happens when the deadline of a records request comes near or is missed: the FOIA officer gets a letter.

Airflow calls this from a worker, with the run whose deadline it was; the ledger says whether it is still true.
"""

from __future__ import annotations

import logging
from typing import Any

log = logging.getLogger(__name__)


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
