"""Versions of the retention schedule, as the ledger has them: proposed, approved by whom, in force from when.

A version is the model of `retention.yaml` as canonical JSON, an object of class `schedule`. The entry
`schedule.approved` puts it in force from its effective date; records are judged by the last one whose day has come.
Editing the file changes nothing until its version is proposed and approved. What could let a record go earlier needs
a second person; everything else one person may do.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from social_archive.accession import describe, seal
from social_archive.config_schedule import Retention
from social_archive.crash import crash_point
from social_archive.errors import ArchiveError, LedgerError
from social_archive.ledger import EMPTY, Draft, Entry, HeadMoved
from social_archive.record import canonical
from social_archive.retention.people import acting

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.retention.assignment import Settled
    from social_archive.retention.plan import Plan

PROPOSED: Final = "schedule.proposed"
APPROVED: Final = "schedule.approved"
CLASS: Final = "schedule"

_USER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")
_LONGEST_REASON: Final = 500


class ScheduleRefused(ArchiveError):
    """A version of the schedule that may not be proposed or approved like this. Nothing was written."""

    remedy = "Run `archive retention show` to see what is in force and what waits."


@dataclass(frozen=True)
class ApprovedVersion:
    """A schedule that was approved in ledger entry `n`. `sha256` is of its canonical JSON."""

    retention: Retention
    version: str
    effective: date
    sha256: str
    n: int
    approved_at: str


@dataclass(frozen=True)
class Proposal:
    """A version that was proposed in ledger entry `n` and is neither approved nor overtaken."""

    retention: Retention
    version: str
    effective: date
    sha256: str
    n: int
    by: str
    via: str
    reason: str
    at: str
    needs_second: bool
    change: dict[str, int]


@dataclass(frozen=True)
class Change:
    """What became of a proposal. `proposed` and `approved` are ledger entries; None: not (yet) there.

    `written`: did this call write anything? `plan` as it was when it was proposed now; None if nothing had to be.
    """

    version: str
    effective: date
    sha256: str
    needs_second: bool
    proposed: int | None
    approved: int | None
    written: bool
    plan: Plan | None = None


@dataclass(frozen=True)
class Event:
    """One step in the history of the schedule. `status` is as of today: `in force`, `from <date>`, `replaced`, `waits`,
    `approved` (of a proposal), `overtaken`."""

    n: int
    at: str
    what: str
    version: str
    effective: date
    by: str
    via: str
    reason: str | None
    needs_second: bool | None
    status: str


# --------------------------------------------------------------------------- asking


def in_force(archive: Archive, day: date | None = None) -> ApprovedVersion | None:
    """The version by which records are judged on a day of the agency's calendar (default: today); None before any.

    As far as the catalog has followed the ledger.
    """
    note = _note_in_force(archive, day or today(archive))
    return None if note is None else _version(archive, note)


def standing(archive: Archive) -> list[ApprovedVersion]:
    """The version in force, if there is one, and those that are approved for a day that has not come."""
    now = _note_in_force(archive, today(archive))
    notes = archive.catalog.walks.notes(APPROVED)
    return [_version(archive, note) for note in notes if now is None or note["n"] >= now["n"]]


def pending(archive: Archive) -> Proposal | None:
    """The proposal that waits for an approval: the last one, unless a version was approved after it."""
    proposals = archive.catalog.walks.notes(PROPOSED)
    if not proposals or proposals[-1]["n"] < _last_approval(archive):
        return None
    note = proposals[-1]
    return Proposal(
        _retention(archive, note["schedule"]), note["version"], date.fromisoformat(note["effective"]),
        note["schedule"], note["n"], note["by"], note["via"], note["reason"], note["time"], note["needs_second"],
        note["change"],
    )  # fmt: skip


def differs(archive: Archive) -> bool:
    """Does retention.yaml say something else than the version in force, and than all that are approved or proposed?

    Before any version is in force it always does.
    """
    known = [version.retention for version in standing(archive)]
    waiting = pending(archive)
    return archive.agency.retention not in [*known, *([waiting.retention] if waiting else [])]


def history(archive: Archive) -> list[Event]:
    """Every proposal and approval, in ledger order."""
    walks = archive.catalog.walks
    approvals = walks.notes(APPROVED)
    now, waiting = _note_in_force(archive, today(archive)), pending(archive)
    proposals = walks.notes(PROPOSED)
    reasons = {note["schedule"]: note["reason"] for note in proposals}
    events = [_event(PROPOSED, note, _fate(note, proposals, approvals, waiting)) for note in proposals]
    for note in approvals:
        ahead = now is None or note["n"] > now["n"]
        status = "in force" if now and note["n"] == now["n"] else f"from {note['effective']}" if ahead else "replaced"
        events.append(_event(APPROVED, {**note, "reason": reasons.get(note["schedule"])}, status))
    return sorted(events, key=lambda event: event.n)


def _fate(
    note: dict[str, Any], proposals: list[dict[str, Any]], approvals: list[dict[str, Any]], waiting: Proposal | None
) -> str:
    """What became of a proposal: the first approval after it is its own, unless another was proposed in between."""
    if waiting is not None and note["n"] == waiting.n:
        return "waits"
    first = next((approval for approval in approvals if approval["n"] > note["n"]), None)
    later = [other["n"] for other in proposals if other["n"] > note["n"] and (first is None or other["n"] < first["n"])]
    own = first is not None and first["schedule"] == note["schedule"] and not later
    return "approved" if own else "overtaken"


def _event(what: str, note: dict[str, Any], status: str) -> Event:
    return Event(note["n"], note["time"], what, note["version"], date.fromisoformat(note["effective"]), note["by"],
                 note["via"], note.get("reason"), note.get("needs_second"), status)  # fmt: skip


def today(archive: Archive) -> date:
    """On the agency's calendar."""
    return datetime.now(UTC).astimezone(ZoneInfo(archive.agency.body.time_zone)).date()


def _note_in_force(archive: Archive, day: date) -> dict[str, Any] | None:
    notes = reversed(archive.catalog.walks.notes(APPROVED))
    return next((note for note in notes if date.fromisoformat(note["effective"]) <= day), None)


def _last_approval(archive: Archive) -> int:
    """The entry of the last approval; -1 if there is none."""
    return max((note["n"] for note in archive.catalog.walks.notes(APPROVED)), default=-1)


# --------------------------------------------------------------------------- changing


def propose(archive: Archive, *, by: str, via: str, reason: str, retention: Retention | None = None) -> Change:
    """Make a schedule (default: retention.yaml as it stands) a proposed version; approve it at once if one may.

    Nothing is written if it is in force, approved or proposed already. Raises ScheduleRefused.
    """
    wanted = retention or archive.agency.retention
    by, reason = acting(archive, by, ScheduleRefused), _reason(reason)
    ref = None
    while True:
        archive.catalog.catch_up()
        if (known := _known(archive, wanted)) is not None:
            return known
        if (waiting := pending(archive)) is not None and waiting.retention == wanted:
            return _follow(archive, waiting, by=by, via=via, plan=None, written=False)
        _require_new(archive, wanted)
        from social_archive.retention.plan import plan

        found = plan(archive, wanted)
        ref = ref or archive.store.put(f"schedules/{uuid.uuid4().hex}.json", encode(wanted),
                                       content_type="application/json")  # fmt: skip
        crash_point("schedule-written")
        note = {
            "schedule": ref.sha256, "version": wanted.version, "effective": wanted.effective.isoformat(), "by": by,
            "via": via, "reason": reason, "change": found.counts(), "needs_second": found.needs_second,
        }  # fmt: skip
        base = (_last_approval(archive), waiting.n if waiting else -1)
        txn = archive.txn(PROPOSED, ref.sha256, *map(str, base))
        described = describe(ref, cls=CLASS, rows=0, retain_until=None)
        draft = Draft(PROPOSED, txn, objects=[described], note=note)
        entry = _append(archive, draft, partial(_unmoved, archive, base))
        if entry is None:
            continue
        seal(archive, entry.header["objects"])
        crash_point("schedule-proposed")
        now = pending(archive)
        if now is None or now.n != entry.n:
            continue
        return _follow(archive, now, by=by, via=via, plan=found, written=True)


def approve(archive: Archive, version: str, *, by: str, via: str, sha256: str | None = None) -> Change:
    """Put the proposal of this name in force from its effective date.

    `sha256`: of the schedule that the approver has read. Raises ScheduleRefused if it is another by now, if another
    version was approved meanwhile, or if a second person is needed and `by` is the one who proposed.
    """
    by = acting(archive, by, ScheduleRefused)
    archive.catalog.catch_up()
    waiting = pending(archive)
    if waiting is None or waiting.version != version:
        return _approved_already(archive, version)
    if sha256 is not None and sha256 != waiting.sha256:
        raise ScheduleRefused(
            f"The proposal of version {version} is not the one that you have read: entry {waiting.n} replaced it.",
            remedy="Read it: archive retention plan --proposed. Then approve that one.",
        )
    if waiting.needs_second and _same(by, waiting.by):
        raise ScheduleRefused(
            f"Version {version} could let records go earlier, and {waiting.by} proposed it. Nothing was approved.",
            remedy=f"Another person approves it: archive retention approve {version} --by NAME",
        )
    return _put_in_force(archive, waiting, by=by, via=via, plan=None)


@dataclass(frozen=True)
class Effects:
    """What a version in force made of the archive: rows that moved to another folder, locks that were extended."""

    settled: Settled
    locks: int


def apply_effects(archive: Archive, *, leave: Collection[str] = (), progress: Any = None) -> Effects:
    """Bring folders and locks in step with the schedule in force. Safe to repeat; a second call finds nothing to do.

    Rows move first, so that no lock is extended on an object that is about to be replaced. What stands in an open
    disposal stays as it is, and what `leave` names.
    """
    from social_archive.retention import assignment, disposal

    archive.catalog.catch_up()
    settled = assignment.settle(archive, leave={*leave, *disposal.reserved(archive)}, progress=progress)
    crash_point("schedule-settled")
    return Effects(settled, assignment.extend_locks(archive, progress=progress))


# --------------------------------------------------------------------------- parts


def _reason(text: str) -> str:
    """One line: the ledger keeps it for ever."""
    text = text.strip()
    if not text or len(text) > _LONGEST_REASON or not text.isprintable():
        raise ScheduleRefused(
            f"A change of the schedule needs a reason: one line of 1 to {_LONGEST_REASON} characters.",
            remedy="Say why, and name the file in which the rest stands: --reason \"...\"",
        )
    return text


def encode(retention: Retention) -> bytes:
    """The canonical bytes of a schedule: what is hashed, kept and compared."""
    return canonical(retention.model_dump(mode="json", exclude_none=True))


def _known(archive: Archive, wanted: Retention) -> Change | None:
    """Is it in force, or approved for a later day, already?"""
    for version in standing(archive):
        if version.retention == wanted:
            return Change(version.version, version.effective, version.sha256, False, None, version.n, False)
    return None


def _require_new(archive: Archive, wanted: Retention) -> None:
    """Another name than every version that was approved, and not from a day before the one in force."""
    if any(note["version"] == wanted.version for note in archive.catalog.walks.notes(APPROVED)):
        raise ScheduleRefused(
            f"Version {wanted.version} was approved with another content. Nothing was proposed.",
            remedy="Give the changed schedule another `version:` in retention.yaml, and the date from which it holds.",
        )
    now = _note_in_force(archive, today(archive))
    if now is not None and wanted.effective < date.fromisoformat(now["effective"]):
        raise ScheduleRefused(
            f"Version {wanted.version} would hold from {wanted.effective}, before version {now['version']}, which is "
            f"in force since {now['effective']}. Nothing was proposed.",
            remedy="Correct `effective:` in retention.yaml.",
        )


def _unmoved(archive: Archive, base: tuple[int, int]) -> bool:
    """Has nobody proposed or approved anything since?"""
    waiting = pending(archive)
    return base == (_last_approval(archive), waiting.n if waiting else -1)


def _follow(archive: Archive, waiting: Proposal, *, by: str, via: str, plan: Plan | None, written: bool) -> Change:
    """After a proposal: the approval by the same person, where one is enough."""
    if waiting.needs_second:
        return Change(waiting.version, waiting.effective, waiting.sha256, True, waiting.n, None, written, plan)
    return _put_in_force(archive, waiting, by=by, via=via, plan=plan)


def _put_in_force(archive: Archive, waiting: Proposal, *, by: str, via: str, plan: Plan | None) -> Change:
    note = {"schedule": waiting.sha256, "version": waiting.version, "effective": waiting.effective.isoformat(),
            "by": by, "via": via}  # fmt: skip
    draft = Draft(APPROVED, archive.txn(APPROVED, str(waiting.n)), note=note)

    def still() -> bool:
        now = pending(archive)
        return now is not None and now.n == waiting.n

    entry = _append(archive, draft, still)
    if entry is None:
        return _approved_already(archive, waiting.version)
    return Change(waiting.version, waiting.effective, waiting.sha256, waiting.needs_second, waiting.n, entry.n, True,
                  plan)  # fmt: skip


def _approved_already(archive: Archive, version: str) -> Change:
    """The approval of a version that somebody has given; else why there is nothing to approve."""
    for note in reversed(archive.catalog.walks.notes(APPROVED)):
        if note["version"] == version:
            effective = date.fromisoformat(note["effective"])
            return Change(version, effective, note["schedule"], False, None, note["n"], False)
    proposals = [note for note in archive.catalog.walks.notes(PROPOSED) if note["version"] == version]
    waiting = pending(archive)
    if proposals:
        raise ScheduleRefused(
            f"The proposal of version {version} (entry {proposals[-1]['n']}) was overtaken by another. "
            "Nothing was approved.",
            remedy="Propose it again: its plan is made anew against what is in force now.",
        )
    raise ScheduleRefused(
        f"No version {version!r} was proposed." + (f" Version {waiting.version} waits." if waiting else ""),
    )


def _append(archive: Archive, draft: Draft, holds: Callable[[], bool]) -> Entry | None:
    """Append at a head at which `holds` is true; None if it is not any more."""
    head = archive.catalog.catch_up()
    began = (head or EMPTY).n
    while holds():
        try:
            entry = archive.ledger.append(draft, head or EMPTY, since=began)
        except HeadMoved:
            head = archive.catalog.catch_up()
            continue
        archive.catalog.catch_up()
        return entry
    return None


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _version(archive: Archive, note: dict[str, Any]) -> ApprovedVersion:
    retention = _retention(archive, note["schedule"])
    return ApprovedVersion(retention, note["version"], date.fromisoformat(note["effective"]), note["schedule"],
                           note["n"], note["time"])  # fmt: skip


def _retention(archive: Archive, sha256: str) -> Retention:
    located = next((o for o in archive.catalog.objects(CLASS) if o.sha256 == sha256), None)
    if located is None:
        raise LedgerError("The ledger names a retention schedule that it does not hold.")
    body = json.loads(archive.mirror.path(located).read_bytes())
    return Retention.model_validate_json(json.dumps(body))
