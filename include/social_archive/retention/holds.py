"""Holds: what must not be destroyed, whatever the schedule says, because of a lawsuit, a claim, an audit, a request.

A hold is an entry of the ledger (`hold.placed`) that names an object with its matter and scope. From that entry on no
disposal may claim what the scope covers; it is asked anew each time, so it covers what is taken in later too. Then
what is there is rescued and locked, and a second entry (`hold.effective`) says how much, and what was gone already.

What the hold is about may name people. It lies in the object alone (class `hold`, with a random nonce, so that its
hash says nothing): never in the ledger's text, in keys, logs or Airflow.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, Literal
from zoneinfo import ZoneInfo

import numpy as np

from social_archive import wording
from social_archive.accession import describe, seal
from social_archive.crash import crash_point
from social_archive.errors import LedgerError, NotFound
from social_archive.ledger import EMPTY, Draft, Entry, HeadMoved
from social_archive.record import canonical, new_rid
from social_archive.retention.hold_enforcement import Enforced, Progress, enforce
from social_archive.retention.hold_losses import Lost, Missing, losses
from social_archive.retention.hold_matches import Matches, Rows
from social_archive.retention.hold_scope import HOLD_KINDS, HoldError, HoldKind, Scope
from social_archive.retention.people import acting

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject

__all__ = [
    "HOLD_KINDS", "Held", "Hold", "HoldError", "HoldKind", "Lifted", "Lost", "Placed", "Preview", "Scope", "active",
    "every", "find", "held", "lift", "of_record", "place", "preview", "reassert",
]  # fmt: skip

Via = Literal["cli", "airflow"]

PLACED: Final = "hold.placed"
EFFECTIVE: Final = "hold.effective"
LIFTED: Final = "hold.lifted"
CLASS: Final = "hold"
COUNTS: Final = ("records", "objects", "locked", "gone", "rescued")
FORMAT: Final = "social-records-archive/hold/v1"

_USER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", re.ASCII)
_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_LONGEST: Final = 2_000  # characters of matter and mandate
_LONGEST_REASON: Final = 500


@dataclass(frozen=True)
class Lifted:
    """Who lifted a hold, when, and why."""

    by: str
    via: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class Hold:
    """One hold. `n` is its ledger entry, `placed_at` that entry's time (UTC). `effective`: the counts of the entry
    that says what was locked, None if the run that placed it did not come to its end (it is in force all the same).
    """

    id: str
    kind: HoldKind
    matter: str = field(repr=False)
    mandate: str = field(repr=False)
    scope: Scope
    by: str
    via: str
    review: date
    placed_at: datetime
    n: int
    effective: dict[str, int] | None
    lifted: Lifted | None

    @property
    def in_force(self) -> bool:
        return self.lifted is None


@dataclass(frozen=True)
class Placed:
    """What placing a hold did. `records` are things; `objects` that it covers, `locked` of them (all, or it raises);
    `rescued` out of a disposal that had begun; `gone`: destroyed before, see `Lost`."""

    hold: Hold
    records: int
    objects: int
    locked: int
    rescued: int
    gone: list[Lost]


@dataclass(frozen=True)
class Held:
    """`holds`: ids of the holds that cover an object. `rows` of it that at least one covers, ascending; None: all of
    it (what has no rows to part: media, quarantine, imported files, records that cannot be read now)."""

    holds: tuple[str, ...]
    rows: Rows | None


@dataclass(frozen=True)
class Preview:
    """What a hold would cover now. `versions` of `records`; `objects` by class; `claimed`: of these, what a disposal
    has claimed (it would be rescued); `gone` as in `Placed`."""

    records: int
    versions: int
    objects: dict[str, int]
    claimed: int
    gone: list[Lost]


# --------------------------------------------------------------------------- placing and lifting


def place(
    archive: Archive,
    *,
    kind: HoldKind,
    matter: str,
    mandate: str,
    scope: Scope,
    by: str,
    via: Via,
    review: date,
    id: str | None = None,
    progress: Progress | None = None,
) -> Placed:
    """Place a hold and make it real before returning.

    1. `hold.placed` is appended: from here on no disposal claims what the scope covers.
    2. What a disposal had claimed before is copied and the copy becomes the record; what was gone first is reported.
    3. Every object gets the store's legal hold, and is looked at again.
    4. `hold.effective` says how many.

    `id` (32 hex digits) makes a second call with it complete the first. Safe in any thread or process with an Archive
    of its own. Raises HoldError (nothing was written), or StoreError, LedgerError: then the hold may stand without
    everything being locked, and `reassert` or the same call with its id completes it.
    """
    hold = Hold(id or new_rid(), kind, matter, mandate, scope, by, via, review, datetime.now(UTC), -1, None, None)
    _check(archive, hold)
    archive.catalog.catch_up()
    if not _noted(archive, PLACED, hold.id):
        _append_placed(archive, hold)
    hold = find(archive, hold.id)
    if hold.lifted is not None:
        raise HoldError("This hold was placed before and has been lifted.", remedy="Place another one.")
    done = _make_effective(archive, hold, progress)
    count = len(done.objects)
    return Placed(find(archive, hold.id), done.records, count, count, done.rescued, done.lost)


def lift(archive: Archive, id: str, *, by: str, via: Via, reason: str) -> Hold:
    """Lift a hold for good. What another hold covers stays held; the store's locks stay until a disposal.

    `reason` stands in the ledger, which outlives every record: it must name nobody. Raises HoldError, NotFound.
    """
    _check_actor(archive, by, via)
    archive.catalog.catch_up()
    hold = find(archive, id)
    _check_reason(hold, reason)
    told = (by, via, reason)
    note = {"hold": hold.id, "by": by, "via": via, "reason": reason}
    draft = Draft(LIFTED, archive.txn(LIFTED, hold.id, *told), note=note)
    _append(archive, draft, unless=lambda: _is_lifted(archive, hold.id, told))
    return find(archive, hold.id)


def reassert(archive: Archive) -> dict[str, int]:
    """Rescue and lock again everything that any hold in force covers, and finish holds whose placing broke off.

    Idempotent. {"holds", "records" (with doubles where holds overlap), "objects", "locked", "rescued", "gone"}.
    """
    archive.catalog.catch_up()
    holds = active(archive)
    done = [_make_effective(archive, hold) for hold in holds]
    live = {o.key for o in archive.catalog.objects()}
    objects = len({key for one in done for key in one.objects} & live)
    return {
        "holds": len(holds),
        "records": sum(one.records for one in done),
        "objects": objects,
        "locked": objects,
        "rescued": sum(one.rescued for one in done),
        "gone": sum(lost.objects for one in done for lost in one.lost),
    }


def _make_effective(archive: Archive, hold: Hold, progress: Progress | None = None) -> Enforced:
    done = enforce(archive, hold.scope, progress)
    if hold.effective is None:
        note = {
            "hold": hold.id, "records": done.records, "objects": len(done.objects), "locked": len(done.objects),
            "gone": sum(lost.objects for lost in done.lost), "rescued": done.rescued,
        }  # fmt: skip
        draft = Draft(EFFECTIVE, archive.txn(EFFECTIVE, hold.id), note=note)
        _append(archive, draft, unless=lambda: _noted(archive, EFFECTIVE, hold.id))
    return done


# --------------------------------------------------------------------------- the ledger


def _append(archive: Archive, draft: Draft, *, unless: Callable[[], bool]) -> Entry | None:
    """Append at whatever head there is, unless at that head it is done already (or `unless` raises)."""
    began = (archive.catalog.head or EMPTY).n
    while not unless():
        try:
            entry = archive.ledger.append(draft, archive.catalog.head or EMPTY, since=began)
        except HeadMoved:
            archive.catalog.catch_up()
            continue
        archive.catalog.catch_up()
        return entry
    return None


def _append_placed(archive: Archive, hold: Hold) -> None:
    """The details as an object under a random key, then the entry that names it, then its lock."""
    body = canonical({
        "format": FORMAT, "hold": hold.id, "kind": hold.kind, "matter": hold.matter, "mandate": hold.mandate,
        "scope": hold.scope.to_dict(), "by": hold.by, "via": hold.via, "review": hold.review.isoformat(),
        "nonce": secrets.token_hex(32),
    })  # fmt: skip
    ref = archive.store.put(f"holds/{uuid.uuid4().hex}.json", body, content_type="application/json")
    crash_point("hold-written")
    note = {"hold": hold.id, "kind": hold.kind, "by": hold.by, "via": hold.via, "review": hold.review.isoformat()}
    described = describe(ref, cls=CLASS, rows=0, retain_until=None)
    draft = Draft(PLACED, archive.txn(PLACED, hold.id), objects=[described], note=note)
    entry = _append(archive, draft, unless=lambda: _noted(archive, PLACED, hold.id))
    crash_point("hold-placed")
    if entry is not None:
        seal(archive, entry.header["objects"])


def _noted(archive: Archive, what: str, hold_id: str) -> bool:
    return any(note["hold"] == hold_id for note in archive.catalog.walks.notes(what))


def _is_lifted(archive: Archive, hold_id: str, told: tuple[str, str, str]) -> bool:
    """Lifted by the same person for the same reason: then a run is being repeated. Raises HoldError for another."""
    for note in archive.catalog.walks.notes(LIFTED):
        if note["hold"] == hold_id:
            if (note["by"], note["via"], note["reason"]) == told:
                return True
            raise HoldError("This hold is lifted already.", remedy="`archive hold show` says by whom and why.")
    return False


# --------------------------------------------------------------------------- asking


def every(archive: Archive) -> list[Hold]:
    """All holds that were ever placed, in ledger order, as far as the catalog has followed the ledger.

    Raises LedgerError, StoreError or HoldError if what one is about cannot be read: then nothing may be disposed of.
    """
    return _holds(archive, archive.catalog.walks.notes(PLACED))


def active(archive: Archive) -> list[Hold]:
    """The holds in force. See `every`."""
    lifted = {note["hold"] for note in archive.catalog.walks.notes(LIFTED)}
    return _holds(archive, [n for n in archive.catalog.walks.notes(PLACED) if n["hold"] not in lifted])


def find(archive: Archive, reference: str) -> Hold:
    """The hold with this id, or the one whose id begins so (8 digits or more). Raises NotFound, HoldError."""
    notes = archive.catalog.walks.notes(PLACED)
    fitting = [note for note in notes if len(reference) >= 8 and note["hold"].startswith(reference)]
    if not fitting:
        raise NotFound("There is no hold with this id.", remedy="`archive hold list` shows them.")
    if len(fitting) > 1:
        raise HoldError("More than one hold has an id that begins so.", remedy="Give more of it.")
    return _holds(archive, fitting)[0]


def held(archive: Archive, objects: Sequence[CatalogObject]) -> dict[str, Held]:
    """key -> what the holds in force cover of each of these objects; what no hold covers is left out.

    Made anew from the scopes, so it knows what was taken in after a hold was placed. As far as the catalog has
    followed the ledger: to claim something, ask at the head at which the claim is appended. Fails closed (see
    `every`).
    """
    found: dict[str, Held] = {}
    with closing(Matches(archive, objects)) as matches:
        for hold in active(archive):
            for key, rows in matches.cover(hold.scope, objects).rows.items():
                before = found.get(key)
                found[key] = Held((hold.id,), rows) if before is None else _both(before, hold.id, rows)
    return found


def _both(before: Held, hold_id: str, rows: Rows | None) -> Held:
    whole = before.rows is None or rows is None
    union = None if whole else np.union1d(before.rows, rows)  # type: ignore[arg-type]
    return Held((*before.holds, hold_id), union)


def of_record(archive: Archive, rid: str) -> list[Hold]:
    """The holds in force that cover a record; empty for an id that no record has."""
    with closing(Matches(archive)) as matches:
        return [hold for hold in active(archive) if matches.has(hold.scope, rid)]


def preview(archive: Archive, scope: Scope) -> Preview:
    """What a hold with this scope would cover now. Writes nothing. Raises HoldError."""
    scope.check()
    live = archive.catalog.objects()
    with closing(Matches(archive)) as matches:
        cover = matches.cover(scope, live)
        records = matches.count(scope)
    missing = {o.key: Missing(o, matched=False) for o in cover.unreadable}
    covered = [o for o in live if o.key in cover.rows and o.key not in missing]
    rows = [cover.rows[o.key] for o in covered if o.cls == "records"]
    return Preview(
        records=records,
        versions=sum(len(some) for some in rows if some is not None),
        objects=dict(sorted(Counter(o.cls for o in covered).items())),
        claimed=len(archive.catalog.gone.claimed([o.key for o in covered])),
        gone=losses(archive, scope, missing, others=not scope.names_only(records)),
    )


def _holds(archive: Archive, notes: Sequence[dict[str, Any]]) -> list[Hold]:
    lifted = {note["hold"]: note for note in archive.catalog.walks.notes(LIFTED)}
    effective = {note["hold"]: note for note in archive.catalog.walks.notes(EFFECTIVE)}
    objects = {o.n: o for o in archive.catalog.objects(CLASS)}
    found = []
    for note in notes:
        if (located := objects.get(note["n"])) is None:
            raise LedgerError("The ledger names a hold whose object it does not hold. Nothing may be disposed of.")
        found.append(_hold(_details(archive, located), note, effective.get(note["hold"]), lifted.get(note["hold"])))
    return found


def _details(archive: Archive, o: CatalogObject) -> dict[str, Any]:
    """The object of a hold. Its local copy decides what may be destroyed, so it is not taken on trust."""
    body = archive.mirror.path(o).read_bytes()
    if hashlib.sha256(body).hexdigest() != o.sha256:
        archive.mirror.drop(o.key)
        body = archive.mirror.path(o).read_bytes()
    details: dict[str, Any] = json.loads(body)
    if details.get("format") != FORMAT:
        raise HoldError("A hold was written by a later version, so nothing may be disposed of.",
                        remedy="Update the archive to the version that placed it.")  # fmt: skip
    return details


def _hold(d: dict[str, Any], placed: dict[str, Any], done: dict[str, Any] | None, gone: dict[str, Any] | None) -> Hold:
    counts = None if done is None else {name: done[name] for name in COUNTS}
    lifted = None if gone is None else Lifted(gone["by"], gone["via"], _time(gone), gone["reason"])
    return Hold(
        d["hold"], d["kind"], d["matter"], d["mandate"], Scope.from_dict(d["scope"]), d["by"], d["via"],
        date.fromisoformat(d["review"]), _time(placed), placed["n"], counts, lifted,
    )  # fmt: skip


def _time(note: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(note["time"]).astimezone(UTC)


# --------------------------------------------------------------------------- what is refused


def _check(archive: Archive, hold: Hold) -> None:
    _check_actor(archive, hold.by, hold.via)
    hold.scope.check()
    if not _ID.fullmatch(hold.id):
        raise HoldError("A hold's id has 32 hexadecimal digits.")
    if hold.kind not in HOLD_KINDS:
        raise HoldError("There is no such kind of hold.", remedy=f"There are {', '.join(HOLD_KINDS)}.")
    for name, text in (("matter", hold.matter), ("mandate", hold.mandate)):
        if not text.strip() or len(text) > _LONGEST:
            raise HoldError(f"The {name} of a hold has between 1 and {_LONGEST:,} characters.")
    if hold.review < datetime.now(ZoneInfo(archive.agency.body.time_zone)).date():
        raise HoldError("The review date lies in the past.", remedy="Name the day on which somebody shall look again.")


def _check_actor(archive: Archive, by: str, via: str) -> None:
    """Whoever acts is in agency.yaml, if anybody is; a user name, because it goes into the ledger."""
    if not _USER.fullmatch(by):
        raise HoldError("Who acts is named by a user name: letters, digits, `.`, `_`, `@`, `-`.")
    acting(archive, by, HoldError, unattended=via == "airflow")


def _check_reason(hold: Hold, reason: str) -> None:
    """It stays in the ledger when all else is gone, so it may not repeat what the hold was about."""
    if not reason.strip() or len(reason) > _LONGEST_REASON or not reason.isprintable():
        raise HoldError(f"A reason is one line of 1 to {_LONGEST_REASON} characters.")
    said = wording.fold(reason)
    private = (hold.matter, hold.mandate, hold.scope.text, hold.scope.author or "")
    if any((part := wording.fold(one)) and part in said for one in private):
        raise HoldError("This reason repeats the hold's matter, mandate, text or author.",
                        remedy="It stands in the ledger for ever: say why without naming anybody.")  # fmt: skip
