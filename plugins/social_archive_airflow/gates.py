"""What an irreversible task demands before it acts. Pure: facts in, a decision out, or a refusal in a sentence.

Airflow's own approval can be stepped around: whoever may answer a question may also mark its task as a success, or
write an XCom. So an answer counts only if it says Approve, by a named person who may, of the plan that stands in the
ledger; and it acts only through its entry in the ledger, which is written where the answer arrives (`questions.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from social_archive.errors import ArchiveError
from social_archive.retention.disposal import Approval

APPROVE: Final = "Approve"
REJECT: Final = "Reject"
Answer = Mapping[str, Any]


class NotApproved(ArchiveError):
    """An approval is missing, or it is not one. Nothing was destroyed."""

    remedy = "Nothing was destroyed. Clear the question's task, so that it asks again; the right person answers it."


@dataclass(frozen=True)
class Decision:
    """One person's Yes to one plan. `by` is the user's id in Airflow, `at` the moment of the answer."""

    by: str
    at: datetime
    plan: str


def approved(answer: Answer | None, *, plan: str | None, expected_plan: str, allowed: Collection[str],
             not_by: Collection[str]) -> Decision:  # fmt: skip
    """The decision that an answer holds. Raises NotApproved with the reason if it holds none.

    `plan` is the hash that the answer names, `expected_plan` the proposal's in the ledger; `not_by` are the people who
    proposed it or approved it before.
    """
    by, name = answered_by(answer, option=APPROVE, allowed=allowed)
    if {by, name} & set(not_by):
        raise NotApproved(f"{by} proposed this disposal or approved it before; this approval takes another person.")
    same_plan(plan, expected_plan)
    return Decision(by, _moment(answer), expected_plan)


def answered_by(answer: Answer | None, *, option: str, allowed: Collection[str]) -> tuple[str, str]:
    """(id, name) of the person who chose exactly this option and may. Raises NotApproved."""
    if answer is None:
        raise NotApproved("There is no answer: the question's task was marked as a success by hand.")
    if answer.get("chosen_options") != [option]:
        raise NotApproved(f"The answer is {_chosen(answer)}, not {option}.")
    who = answer.get("responded_by_user") or {}
    by, name = str(who.get("id") or ""), str(who.get("name") or "")
    if not by:
        raise NotApproved("Nobody gave this answer: it names no user.")
    if by not in allowed:
        raise NotApproved(f"{by} may not answer this; agency.yaml names {', '.join(sorted(allowed)) or 'nobody'}.")
    return by, name


def rejected(answer: Answer | None) -> bool:
    """Does it say No? Enough to do nothing; who said so stands in the ledger."""
    return answer is not None and answer.get("chosen_options") == [REJECT]


def same_plan(plan: str | None, expected_plan: str) -> None:
    """The answer is about this very list. A question that was cleared keeps its text, so it may be about an old one."""
    if plan is None:
        raise NotApproved("The answer does not name the plan that it is about.")
    if plan != expected_plan:
        raise NotApproved(
            "The answer is about another plan than the one that is proposed.",
            remedy="Nothing was destroyed, nothing went out. Mark this run as failed and start another: it asks "
            "with the list as it is.",
        )


def recorded(decision: Decision, approvals: Sequence[Approval], place: int) -> Approval:
    """The ledger's entry of a decision. Raises NotApproved if the ledger knows none, or one of somebody else."""
    entry = next((one for one in approvals if one.place == place), None)
    if entry is None:
        raise NotApproved(f"The ledger holds no approval by {decision.by}: what Airflow shows did not come from there.")
    if entry.by != decision.by:
        raise NotApproved(f"Airflow shows an approval by {decision.by}, the ledger one by {entry.by}.")
    return entry


def plan_of(answer: Answer | None) -> str | None:
    """The plan that an answer names: the question's form carries its hash."""
    named = ((answer or {}).get("params_input") or {}).get("plan")
    return named if isinstance(named, str) and named else None


def _chosen(answer: Answer) -> str:
    chosen = answer.get("chosen_options")
    return " and ".join(map(str, chosen)) if isinstance(chosen, list) and chosen else "empty"


def _moment(answer: Answer | None) -> datetime:
    """When the answer was given. Raises NotApproved if it does not say so."""
    value = (answer or {}).get("responded_at")
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise NotApproved("The answer does not say when it was given.")
    return moment
