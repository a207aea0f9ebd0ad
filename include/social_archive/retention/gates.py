"""What must hold before anything is destroyed, asked anew before every batch.

Each gate looks at the world as it is now, not as it was when somebody approved. A broken one is a `Problem`: `lasting`
ones void the disposal (a hold was placed, the list or the schedule changed, the approvals lapsed), the others only put
it off (the clock, a store that does not answer, a lock that the audit must set right first).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from social_archive.errors import ArchiveError, NotFound
from social_archive.law import DisposalLaw, load_disposal_law
from social_archive.retention import clock, disposal, holds, schedules
from social_archive.retention.disposal import Disposal
from social_archive.store import COMPLIANCE, LockState

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject

_WORKERS: Final = 8


@dataclass(frozen=True)
class Problem:
    """A gate that does not hold: a short code, a sentence for a person, and how many objects it concerns."""

    code: str
    sentence: str
    objects: int = 0
    lasting: bool = True


class Blocked(ArchiveError):
    """A gate does not hold, so nothing (more) was destroyed. `problems` says which."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(" ".join(p.sentence for p in problems))
        self.problems = list(problems)
        self.remedy = (
            "This disposal is closed; the next proposal takes account of it."
            if any(p.lasting for p in problems)
            else "Nothing is lost. Put it right and run the same command again."
        )


@dataclass
class Checked:
    """One passing of the gates: what was asked, at which place of the ledger, with which answers."""

    at: datetime
    problems: list[Problem] = field(default_factory=list)
    holds: int = 0
    requests: int = 0
    locks: dict[str, LockState] = field(default_factory=dict)

    def note(self) -> dict[str, Any]:
        """For the ledger: times and counts."""
        return {"at": iso(self.at), "holds_active": self.holds, "requests_open": self.requests}


def check(
    archive: Archive, d: Disposal, objects: Sequence[dict[str, Any]], *, next_batch: Collection[str],
    now: datetime | None = None,
) -> Checked:  # fmt: skip
    """Ask every gate about these objects of a disposal, as the catalog and the store know them at this moment.

    The store is asked about the locks of `next_batch` (keys) only: each batch is about to be asked itself.
    """
    law = load_disposal_law(archive.agency)
    trusted = clock.trusted(archive, now)
    checked = Checked(trusted.at)
    if trusted.problems:
        checked.problems.append(Problem("clock", " ".join(trusted.problems), lasting=False))
    checked.problems += _approvals(archive, d, trusted.at)
    checked.problems += _authority(archive, d, law, trusted.at)
    checked.problems += _schedule(archive, d)
    live = _live(archive, objects)
    if len(live) < len(objects):
        gone = len(objects) - len(live)
        checked.problems.append(
            Problem("list_changed", f"{gone:,} of what the approved list names is no longer a record there.", gone)
        )
    checked.problems += _due(archive, live, objects, trusted.at)
    _holds(archive, live, checked)
    _locks(archive, [o for o in live if o.key in next_batch], checked)
    return checked


def _approvals(archive: Archive, d: Disposal, now: datetime) -> list[Problem]:
    """Two people, neither of them the proposer, of this very list, not too long ago."""
    people = {a.by.casefold() for a in d.approvals}
    found = []
    if {a.place for a in d.approvals} != {1, 2} or len(people) != 2 or d.proposed_by.casefold() in people:
        found.append(Problem("not_approved", "Two different people, neither the proposer, have not approved it."))
    for approval in d.approvals:
        allowed = archive.agency.disposal.first_approvers if approval.place == 1 else (
            archive.agency.disposal.second_approvers)  # fmt: skip
        if approval.by not in allowed:
            found.append(Problem("not_approved", f"{approval.by} may not approve disposals any more."))
    expires = disposal.approvals_expire(archive, d)
    if expires is not None and now > expires:
        found.append(Problem("approval_expired", f"The approvals lapsed on {expires:%Y-%m-%d}."))
    return found


def _authority(archive: Archive, d: Disposal, law: DisposalLaw, now: datetime) -> list[Problem]:
    found = []
    if law.application_required and not archive.schedule.retention.application_number:
        found.append(Problem("no_application", "The schedule in force has no application number: no authority has "
                             "approved it, so nothing may be destroyed under it."))  # fmt: skip
    if law.prior_approval and not d.approved_by_authority:
        found.append(Problem("not_returned", f"{law.approver} has not approved it.", lasting=False))
    if law.file_days_before:
        first = disposal.file_wait_ends(d, law)
        today = now.astimezone(ZoneInfo(archive.agency.body.time_zone)).date()
        if first is None:
            found.append(Problem("not_filed", "It is not on record when the form was filed.", lasting=False))
        elif today < first:
            found.append(Problem("filed_too_lately", f"{law.file_days_before} days after filing are over on {first}.",
                                 lasting=False))  # fmt: skip
    return found


def _schedule(archive: Archive, d: Disposal) -> list[Problem]:
    version = schedules.in_force(archive)
    if version is None or version.sha256 != d.proposal["schedule"]["sha256"]:
        return [Problem("schedule_changed", "The retention schedule in force is not the one it was proposed under.")]
    return []


def _live(archive: Archive, objects: Sequence[dict[str, Any]]) -> list[CatalogObject]:
    """Those of the objects that are still what the ledger names, byte for byte."""
    found = []
    for one in objects:
        located = archive.catalog.object(one["key"])
        if located is not None and (located.version_id, located.sha256) == (one["version"], one["sha256"]):
            found.append(located)
    return found


def _due(
    archive: Archive, live: Sequence[CatalogObject], objects: Sequence[dict[str, Any]], now: datetime
) -> list[Problem]:
    """Every cohort's time is over. A copy (an imported file that quotes due records) has no time of its own."""
    copies = {one["key"] for one in objects if one.get("copy")}
    schedule, early, at = archive.schedule, 0, int(now.timestamp() * 1_000_000)
    for located in live:
        until = schedule.until(located.series, located.cutoff)
        early += located.key not in copies and (until is None or until > at)
    if early:
        which = "1 object has" if early == 1 else f"{early:,} objects have"
        return [Problem("not_due", f"{which} to be kept longer, or for ever.", early)]
    return []


def _holds(archive: Archive, live: Sequence[CatalogObject], checked: Checked) -> None:
    active = holds.active(archive)
    checked.holds = len(active)
    checked.requests = sum(hold.kind == "records_request" for hold in active)
    held = holds.held(archive, live)
    if not held:
        return
    by_kind = {hold.id: hold.kind for hold in active}
    kinds = sorted({by_kind.get(i, "hold").replace("_", " ") for one in held.values() for i in one.holds})
    sentence = f"{_objects(len(held))} under a hold ({', '.join(kinds)})."
    checked.problems.append(Problem("on_hold", sentence, len(held)))


def _locks(archive: Archive, live: Sequence[CatalogObject], checked: Checked) -> None:
    """Each version is there, sealed as the archive seals, and under no lock that nobody may lift."""

    def state(located: CatalogObject) -> LockState | None:
        try:
            return archive.store.lock_state(located.key, located.version_id)
        except NotFound:
            return None

    with ThreadPoolExecutor(_WORKERS) as pool:
        states = list(pool.map(state, live))
    missing = locked = unsealed = 0
    for located, lock in zip(live, states, strict=True):
        if lock is None:
            missing += 1
            continue
        checked.locks[located.key] = lock
        if lock.mode == COMPLIANCE and lock.retain_until is not None and lock.retain_until > datetime.now(UTC):
            locked += 1
        elif not lock.hold or lock.mode is None:
            unsealed += 1
    if missing:
        sentence = f"{_objects(missing)} not in the store, and no disposal destroyed them. Run `archive audit`."
        checked.problems.append(Problem("missing", sentence, missing, lasting=False))
    if locked:
        checked.problems.append(Problem("locked", f"{_objects(locked)} under a COMPLIANCE lock that has not ended.",
                                        locked, lasting=False))  # fmt: skip
    if unsealed:
        checked.problems.append(Problem("lock_unexpected", f"{_objects(unsealed)} not sealed as it should be. "
                                        "Run the audit, which seals them, and find out who changed it.", unsealed,
                                        lasting=False))  # fmt: skip


def _objects(count: int) -> str:
    return "1 object is" if count == 1 else f"{count:,} objects are"


def iso(at: datetime) -> str:
    """ISO 8601 UTC to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def day_of(micros: int, zone: str) -> date:
    """The day of a moment on the agency's calendar."""
    return datetime.fromtimestamp(micros / 1_000_000, UTC).astimezone(ZoneInfo(zone)).date()
