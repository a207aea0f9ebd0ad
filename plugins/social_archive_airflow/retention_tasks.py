"""The tasks of the DAGs `consolidate` and `dispose`. What passes between them is ids, counts and hashes.

Nothing here decides: people do (`questions.py`), and the core asks its own gates before every batch.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from social_archive.archive import Archive
from social_archive.errors import ArchiveError
from social_archive.retention import disposal
from social_archive.retention.disposal import Disposal, NotAllowed
from social_archive_airflow import gates
from social_archive_airflow.opening import opened
from social_archive_airflow.questions import PLACES, VIA, approvers, of_run

log = logging.getLogger(__name__)
Answer = Mapping[str, Any]


class StillPending(ArchiveError):
    """Something that was destroyed is still to be found somewhere. The certificate is withheld."""

    remedy = "Let the named place catch up (a replica, a cache), then clear this task."


# --------------------------------------------------------------------------- consolidate


@task
def apply_schedule() -> dict[str, Any]:
    """What an approved schedule changes once its day has come: longer locks, rows in their right cohort."""
    from social_archive.retention import schedules

    with opened() as archive:
        archive.catalog.catch_up()
        done = schedules.apply_effects(archive, leave=disposal.reserved(archive))
        return {"locks": done.locks, **_counts(done.settled)}


@task
def consolidate() -> dict[str, Any]:
    """Merge the small objects of closed months. What stands in an open proposal stays where it is."""
    from social_archive.retention import consolidation

    with opened() as archive:
        archive.catalog.catch_up()
        return _counts(consolidation.consolidate(archive, leave=disposal.reserved(archive)))


# --------------------------------------------------------------------------- dispose


@task.short_circuit
def propose() -> dict[str, Any] | None:
    """Propose what is due, or find the disposal that is under way. Nothing due: the run ends here."""
    from social_archive.retention import proposal

    with opened() as archive, a_person_decides():
        d = proposal.propose(archive, by=started_by(get_current_context()), via=VIA)
        if d is None:
            log.info("Nothing is past its time.")
            return None
        log.info("Disposal %s, plan %s: %s", d.id, d.plan, d.proposal["totals"])
        for line in d.proposal["excluded"]:
            log.info("%s stays (%s): %d records, %d objects", line["what"], line["code"], line["records"],
                     line["objects"])  # fmt: skip
        return {"disposal": d.id, "plan": d.plan, **d.proposal["totals"]}


@task
def destroy(first: Answer | None, second: Answer | None) -> dict[str, Any]:
    """Destroy what two people approved, batch by batch. Goes on where an earlier try was killed."""
    from social_archive.retention import execution
    from social_archive.retention.gates import Blocked

    context = get_current_context()
    with opened() as archive, a_person_decides():
        d = of_run(archive, context)
        if d.status in ("destroyed", "verified", "certified"):
            log.info("Disposal %s is %s already.", d.id, d.status)
        else:
            _require_both(archive, d, first, second)
            try:
                d = execution.execute(archive, d.id, by=started_by(context), progress=_progress)
            except Blocked as blocked:
                d = disposal.state(archive, d.id)
                if d.status != "destroyed":
                    raise
                log.error("Stopped midway: %s What was destroyed before gets its certificate.", blocked)
        return {"disposal": d.id, "destroyed": len(d.gone), "released": len(d.released)}


def _require_both(archive: Archive, d: Disposal, first: Answer | None, second: Answer | None) -> None:
    """Both answers are approvals of this plan by two people who may, and the ledger says the same."""
    before = [d.proposed_by]
    for place, answer in zip(PLACES, (first, second), strict=True):
        decision = gates.approved(
            answer, plan=gates.plan_of(answer), expected_plan=d.plan, not_by=before,
            allowed=approvers(archive.agency, place),
        )  # fmt: skip
        gates.recorded(decision, d.approvals, place)
        before.append(decision.by)


@task
def verify() -> dict[str, Any]:
    """Look for what was destroyed at every place; says when to look again."""
    from social_archive.retention import execution

    with opened() as archive:
        d = of_run(archive, get_current_context())
        looked = execution.verify(archive, d.id)
        _say(looked.looks)
        if looked.pending:
            raise StillPending(f"Found after its destruction at: {', '.join(look.place for look in looked.pending)}.")
        again = looked.next_at or datetime.now(UTC)
        return {"round": looked.n, "done": looked.done, "again_at": again.isoformat()}


@task
def verify_again() -> dict[str, Any]:
    """The same look some time later: what comes back from a cache or a replica shows now."""
    from social_archive.retention import execution

    with opened() as archive:
        looked = execution.verify(archive, of_run(archive, get_current_context()).id)
        _say(looked.looks)
        if not looked.done:
            places = ", ".join(look.place for look in looked.pending) or "some place, or it is too early to look again"
            raise StillPending(f"Not shown gone at: {places}.")
        return {"round": looked.n, "done": looked.done}


@task
def certify() -> dict[str, Any]:
    """Issue the certificate: JSON, signed note and PDF, in the archive, and its hash in the ledger."""
    from social_archive.retention import certificate

    with opened() as archive:
        d = of_run(archive, get_current_context())
        issued = certificate.certify(archive, d.id)
        log.info("Certificate %s. Read it: archive certificate show %s", issued.number, issued.number)
        return {"certificate": issued.number, "sha256": issued.sha256}


# --------------------------------------------------------------------------- helpers


@contextmanager
def a_person_decides() -> Iterator[None]:
    """What only a person can put right fails at once: a rule, a missing approval, a gate that closed it.

    What puts itself right (a clock, a store that is down) is tried again.
    """
    from social_archive.retention.gates import Blocked

    try:
        yield
    except (NotAllowed, gates.NotApproved) as refusal:
        raise AirflowFailException(str(refusal)) from refusal
    except Blocked as blocked:
        if any(problem.lasting for problem in blocked.problems):
            raise AirflowFailException(str(blocked)) from blocked
        raise


def started_by(context: Any) -> str:
    """Who started the run: a person by name, or `schedule`. Who starts it proposes, and cannot approve."""
    return str(context["dag_run"].triggering_user_name or "schedule")


def _progress(done: int, total: int) -> None:
    log.info("%d of %d objects destroyed", done, total)


def _say(looks: Any) -> None:
    for look in looks:
        log.info("%s: %s", look.place, look.result)


def _counts(told: Any) -> dict[str, int]:
    """The numbers of a report, for XCom: no key, no name."""
    return {name: value for name, value in vars(told).items() if isinstance(value, int)}
