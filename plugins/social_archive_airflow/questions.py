"""What a disposal asks of people, in Airflow's Required Actions: what the authority returned, and two approvals.

An answer is entered into the ledger in the very step that receives it, from Airflow's own record of who gave it. It
takes no way through XCom, which whoever may answer could also write. What the ledger holds already is not asked again,
so a run that is cleared, or the next day's, goes on where the last one stopped. The text that people see is made from
the ledger too, at the moment when they are asked.

An answer that breaks a rule fails its try, and the question is asked anew (`retries`); nothing came of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from airflow.providers.standard.operators.hitl import ApprovalOperator, HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowSkipException

from social_archive.archive import Archive
from social_archive.config import Agency
from social_archive.errors import ConfigError
from social_archive.law import DisposalLaw, load_disposal_law
from social_archive.retention import disposal
from social_archive.retention.disposal import Disposal, Place
from social_archive_airflow import gates, proposal_page
from social_archive_airflow.gates import NotApproved
from social_archive_airflow.opening import opened

VIA: Final = "airflow"
PROPOSE: Final = "propose"
OUTCOMES: Final = {"Approved": "approved", "Approved as amended": "amended", "Deferred": "deferred"}
# A person may take weeks; a race or a slip of the finger must not end the run.
PATIENCE: Final[dict[str, Any]] = {"retries": 2, "retry_delay": timedelta(seconds=1), "execution_timeout": None}

PLACES: Final[tuple[Place, Place]] = (1, 2)
_ORDINAL: Final = {1: "First", 2: "Second"}


class Approval(ApprovalOperator):
    """One of the two approvals. Approve is entered into the ledger; Reject withdraws the disposal and ends the run."""

    def __init__(self, *, place: Place, assigned: list[str], **kwargs: Any) -> None:
        super().__init__(
            subject=f"{_ORDINAL[place]} approval of a disposal",
            params={"plan": _text("Plan", "The list, by its hash. Leave it as it is."),
                    "reason": _text("Reason", "For a rejection; optional.")},
            assigned_users=_users(assigned), **{**PATIENCE, **kwargs},
        )  # fmt: skip
        self.place = place

    def execute(self, context: Any) -> Any:
        with _waiting(context) as (archive, d):
            if (given := next((a for a in d.approvals if a.place == self.place), None)) is not None:
                self.log.info("%s approved it already, by the ledger's entry %d.", given.by, given.n)
                return _answer(given.by, given.at, d.plan)
            require_approvers(archive.agency, d)
            self.body = proposal_page.approval(archive.agency, d, load_disposal_law(archive.agency), self.place)
            self.params["plan"] = d.plan
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        if "error" not in event:
            with _waiting(context) as (archive, d):
                if event["chosen_options"] == [gates.REJECT]:
                    self._reject(archive, d, event)
                else:
                    self._approve(archive, d, event)
        return super().execute_complete(context, event)

    def _approve(self, archive: Archive, d: Disposal, event: dict[str, Any]) -> None:
        before = [d.proposed_by, *(a.by for a in d.approvals)]
        decision = gates.approved(
            event, plan=gates.plan_of(event), expected_plan=d.plan, allowed=approvers(archive.agency, self.place),
            not_by=before,
        )  # fmt: skip
        disposal.approve(archive, d.id, plan=decision.plan, by=decision.by, via=VIA, place=self.place)

    def _reject(self, archive: Archive, d: Disposal, event: dict[str, Any]) -> None:
        allowed = approvers(archive.agency, self.place)
        by, _ = gates.answered_by(event, option=gates.REJECT, allowed=allowed)
        disposal.withdraw(archive, d.id, by=by, via=VIA, reason=_entered(event, "reason") or "rejected")


class ReturnedCopy(HITLOperator):
    """What the authority returned, where the law wants its approval first; nothing is asked where it does not.

    XCom: `not_before`, when the days between filing and destruction are over (ISO 8601 UTC).
    """

    def __init__(self, *, assigned: list[str], **kwargs: Any) -> None:
        super().__init__(
            subject="Returned copy of the disposal form",
            options=list(OUTCOMES),
            params={
                "reference": _text("Reference", "Number or file mark of the returned copy."),
                "returned_on": _day("Returned on", "The date on the returned copy."),
                "filed_on": _day("Filed on", "When the form was sent, if it is not on record yet."),
                "plan": _text("Plan", "The list, by its hash. Leave it as it is."),
            },
            assigned_users=_users(assigned), **{**PATIENCE, **kwargs},
        )  # fmt: skip

    def execute(self, context: Any) -> Any:
        with _waiting(context) as (archive, d):
            require_approvers(archive.agency, d)
            law = load_disposal_law(archive.agency)
            if not law.prior_approval or d.approved_by_authority:
                self.log.info("On record already." if d.returned else "The law asks for no approval beforehand.")
                return _not_before(archive, d, law)
            self.body = proposal_page.returned_copy(archive.agency, d, law)
            self.params["plan"] = d.plan
        return super().execute(context)

    def execute_complete(self, context: Any, event: dict[str, Any]) -> Any:
        super().execute_complete(context, event)
        with _waiting(context) as (archive, d):
            law = load_disposal_law(archive.agency)
            entered = _enter(archive, d, law, event)
            if not entered.is_open:
                raise AirflowSkipException(entered.waits_for(law))
            return _not_before(archive, entered, law)


def _enter(archive: Archive, d: Disposal, law: DisposalLaw, event: dict[str, Any]) -> Disposal:
    """Enter the returned copy, and the day of filing if it is told here. Raises NotApproved if something is missing."""
    outcome = OUTCOMES.get(" ".join(event["chosen_options"]))
    if outcome is None:
        raise NotApproved("The answer names none of the outcomes that an authority returns.")
    option = event["chosen_options"][0]
    by, _ = gates.answered_by(event, option=option, allowed=approvers(archive.agency, 1))
    gates.same_plan(gates.plan_of(event), d.plan)
    returned_on, filed_on = _date(event, "returned_on"), _date(event, "filed_on")
    reference = _entered(event, "reference")
    if returned_on is None or not reference:
        raise NotApproved("The reference and the date of the returned copy are needed: the certificate quotes them.")
    if d.filed is None and filed_on is None and law.file_days_before:
        raise NotApproved(f"The day of filing is needed: destruction may begin {law.file_days_before} days after it.")
    if d.filed is None and filed_on is not None:
        disposal.filed(archive, d.id, on=filed_on, by=by, via=VIA)
    return disposal.returned(archive, d.id, outcome=outcome, reference=reference, on=returned_on, by=by, via=VIA)


def _not_before(archive: Archive, d: Disposal, law: DisposalLaw) -> dict[str, str]:
    day = disposal.file_wait_ends(d, law)
    zone = ZoneInfo(archive.agency.body.time_zone)
    moment = datetime.combine(day, time(), zone) if day else datetime.now(UTC)
    return {"not_before": moment.astimezone(UTC).isoformat()}


# --------------------------------------------------------------------------- who


def approvers(agency: Agency, place: Place) -> list[str]:
    return agency.disposal.first_approvers if place == 1 else agency.disposal.second_approvers


def require_approvers(agency: Agency, d: Disposal) -> None:
    """Raises ConfigError unless each approval has somebody left to give it. Told nobody, Airflow asks everybody."""
    for place in PLACES:
        allowed = approvers(agency, place)
        if any(a.place == place for a in d.approvals) or set(allowed) - {d.proposed_by}:
            continue
        whom = f"only {d.proposed_by}, who proposed it," if allowed else "nobody"
        raise ConfigError(
            f"agency.yaml names {whom} for the {_ORDINAL[place].lower()} approval of disposal {d.id}. It stays "
            "proposed; nothing was destroyed.",
            remedy="Add to agency.yaml `people: [{user: …, name: …, title: …}, …]` and `disposal: {first_approvers: "
            "[…], second_approvers: […]}`, two different people by their user names in Airflow; then clear this task.",
        )


def _users(names: list[str]) -> list[Any]:
    return [{"id": name, "name": name} for name in names]


# --------------------------------------------------------------------------- what they are asked, and answered


@contextmanager
def _waiting(context: Any) -> Iterator[tuple[Archive, Disposal]]:
    """The archive, and the disposal of this run. Skips the task if it was withdrawn or stopped meanwhile."""
    with opened() as archive:
        d = of_run(archive, context)
        if d.status in ("withdrawn", "blocked"):
            raise AirflowSkipException(f"Disposal {d.id} was {d.status}. Nothing was destroyed.")
        yield archive, d


def of_run(archive: Archive, context: Any) -> Disposal:
    """The disposal that this run's `propose` named."""
    named = context["ti"].xcom_pull(task_ids=PROPOSE)
    if not isinstance(named, dict) or not named.get("disposal"):
        raise NotApproved("This run names no disposal: its task `propose` was marked as a success by hand.")
    return disposal.state(archive, str(named["disposal"]))


def _answer(by: str, at: datetime, plan: str) -> dict[str, Any]:
    """An approval of the ledger in the form of an answer."""
    return {"chosen_options": [gates.APPROVE], "params_input": {"plan": plan}, "responded_at": at.isoformat(),
            "responded_by_user": {"id": by, "name": by}}  # fmt: skip


def _entered(event: dict[str, Any], field: str) -> str:
    return str((event.get("params_input") or {}).get(field) or "").strip()


def _date(event: dict[str, Any], field: str) -> date | None:
    text = _entered(event, field)
    try:
        return date.fromisoformat(text[:10]) if text else None
    except ValueError:
        raise NotApproved(f"What was entered as {field.replace('_', ' ')} is no date (yyyy-mm-dd).") from None


def _text(title: str, description: str) -> Param:
    return Param(None, type=["null", "string"], maxLength=200, title=title, description=description)


def _day(title: str, description: str) -> Param:
    return Param(None, type=["null", "string"], format="date", title=title, description=description)
