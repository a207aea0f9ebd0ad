"""Carrying out an approved disposal: claim, destroy, look whether it is gone, and look again later.

Work goes in batches. A batch is claimed in the ledger at a head at which every gate held; from then on a hold that is
placed knows what is about to go (and copies what it wants to keep). Then each version is deleted by its id and looked
for. Only when each object of the batch is gone, or was released to a hold, does the ledger say so: one claim and one
report for each batch, whoever was killed in between.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from social_archive import leaves as leaf_map
from social_archive.crash import crash_point
from social_archive.errors import ArchiveError, NotFound
from social_archive.ledger import EMPTY, Draft, HeadMoved
from social_archive.retention import disposal, gates, holds
from social_archive.retention.disposal import Disposal, NotAllowed
from social_archive.retention.gates import Blocked, Checked, iso
from social_archive.retention.places import Look, places, still_there
from social_archive.store import LockState

if TYPE_CHECKING:
    from social_archive.archive import Archive

BATCH: Final = 200  # objects in one claim
_WORKERS: Final = 8

Progress = Callable[[int, int], None]


class StillThere(ArchiveError):
    """The store acknowledged deletions, yet some versions are still there. The certificate is withheld."""

    remedy = "Run the same command again. If it persists, run `archive doctor`: the store does not delete what it says."


@dataclass(frozen=True)
class Round:
    """One round of verification. `done`: every place is free, in a second round some time after the first."""

    n: int
    done: bool
    looks: list[Look]
    next_at: datetime | None

    @property
    def pending(self) -> list[Look]:
        return [look for look in self.looks if look.result == "pending"]


def execute(
    archive: Archive, disposal_id: str, *, by: str, progress: Progress | None = None, batch: int = BATCH,
    now: datetime | None = None,
) -> Disposal:  # fmt: skip
    """Destroy what was approved. Goes on where an earlier call stopped. Raises Blocked, StillThere, NotAllowed."""
    d = disposal.state(archive, disposal_id)
    if d.status not in ("approved", "executing"):
        raise NotAllowed(f"Disposal {d.id} is {d.status}; only an approved one can be carried out.")
    total = len(d.proposal["objects"])
    while True:
        claim = d.unresolved or _claim(archive, d, batch, by=by, now=now)
        if claim is None:
            return d
        _destroy_batch(archive, d, claim)
        d = disposal.state(archive, d.id)
        if progress is not None:
            progress(total - len(d.remaining), total)


# --------------------------------------------------------------------------- claiming


def _claim(archive: Archive, d: Disposal, size: int, *, by: str, now: datetime | None) -> dict[str, Any] | None:
    """Claim the next batch at a head at which all gates hold; None if nothing is left to claim."""
    some = d.remaining[:size]
    if not some:
        return None
    began = (archive.catalog.head or EMPTY).n
    while True:
        head = archive.catalog.catch_up() or EMPTY
        d = disposal.state(archive, d.id)
        if d.unresolved is not None or d.remaining[:size] != some or d.blocked:
            raise NotAllowed("Another run is carrying out this disposal; it goes on by itself.")
        # about everything that is left, not only about this batch: what is broken further on stops it here
        checked = gates.check(archive, d, d.remaining, next_batch={one["key"] for one in some}, now=now)
        if checked.problems:
            _block(archive, d, checked)
        note = _claim_note(d, some, checked, by=by)
        draft = Draft("disposal.claimed", archive.txn("disposal.claimed", d.id, str(note["batch"])), note=note)
        try:
            entry = archive.ledger.append(draft, head, since=began)
        except HeadMoved:
            continue
        archive.catalog.catch_up()
        crash_point("disposal-claimed")
        return {"n": entry.n, "time": entry.header["time"], **entry.header["note"]}


def _claim_note(d: Disposal, some: Sequence[dict[str, Any]], checked: Checked, *, by: str) -> dict[str, Any]:
    return {
        "disposal": d.id, "plan": d.plan, "batch": len(d.claims) + 1, "by": by,
        "objects": [[one["key"], one["version"]] for one in some],
        "locks": [_lock(checked.locks[one["key"]]) for one in some], "gates": checked.note(),
    }  # fmt: skip


def _lock(state: LockState) -> dict[str, Any]:
    until = None if state.retain_until is None else iso(state.retain_until)
    return {"mode": state.mode, "until": until, "hold": state.hold}


def _block(archive: Archive, d: Disposal, checked: Checked) -> None:
    """Raise Blocked; what lasts also closes the disposal in the ledger, so that nobody goes on with it.

    Unless the clock is in doubt: whether an approval has lapsed is then in doubt as well.
    """
    codes = {problem.code for problem in checked.problems}
    if "clock" not in codes and any(problem.lasting for problem in checked.problems):
        left = d.remaining
        note = {
            "disposal": d.id, "reasons": sorted(codes), "objects": len(left),
            "records": sum(one["rows"] for one in left if one["class"] == "records"),
        }  # fmt: skip
        disposal.append(archive, "disposal.blocked", note)
    raise Blocked(checked.problems)


# --------------------------------------------------------------------------- destroying


def _destroy_batch(archive: Archive, d: Disposal, claim: dict[str, Any]) -> None:
    """Delete what was claimed, look, and report. What a hold has copied meanwhile is reported as released."""
    archive.catalog.catch_up()
    _stop_for_holds(archive, claim)
    mine = [(key, version, lock) for (key, version), lock in zip(claim["objects"], claim["locks"], strict=True)]
    leaves = {key: _leaves(archive, key) for key, _, _ in mine}
    with ThreadPoolExecutor(_WORKERS) as pool:
        requests = dict(pool.map(lambda one: _delete(archive, *one), mine))
    left = still_there(archive.store, [(key, version) for key, version, _ in mine])
    if left:
        raise StillThere(
            f"The store says that it deleted them, but {left:,} of {len(mine):,} versions are still there. "
            "Nothing was recorded as destroyed."
        )
    crash_point("disposal-deleted")
    at = iso(datetime.now(UTC))
    while True:
        head = archive.catalog.catch_up() or EMPTY
        released = [key for key, _, _ in mine if _is_elsewhere(archive, key)]
        note = {
            "disposal": d.id, "batch": claim["batch"], "released": released,
            "objects": [
                {"key": key, "version": version, "lock": lock, "request_id": requests[key], "at": at,
                 "leaves": leaves[key]}
                for key, version, lock in mine if key not in released
            ],
        }  # fmt: skip
        draft = Draft("disposal.destroyed", archive.txn("disposal.destroyed", d.id, str(claim["batch"])), note=note)
        try:
            archive.ledger.append(draft, head, since=claim["n"])
        except HeadMoved:
            continue
        break
    crash_point("disposal-reported")
    archive.catalog.catch_up()


def _stop_for_holds(archive: Archive, claim: dict[str, Any]) -> None:
    """A hold that came after the claim copies what it wants first; a resumed run waits until it has."""
    waiting = [o for key, _ in claim["objects"] if (o := archive.catalog.object(key)) is not None]
    held = holds.held(archive, waiting)
    there = [o for o in waiting if o.key in held and archive.store.exists(o.key, o.version_id)]
    if there:
        sentence = f"{len(there):,} claimed objects are under a hold that is taking its copies."
        raise Blocked([gates.Problem("on_hold", sentence, len(there), lasting=False)])


def _leaves(archive: Archive, key: str) -> list[list[int]]:
    try:
        return leaf_map.ranges(archive.catalog.leaves_of(key).tolist())
    except NotFound:
        return []


def _delete(archive: Archive, key: str, version: str, lock: dict[str, Any]) -> tuple[str, str]:
    """Take the hold off and delete; the store's request id ("" if an earlier run had deleted it)."""
    store = archive.disposer
    try:
        if lock["hold"]:
            store.lift_hold(key, version)
    except NotFound:
        return key, ""
    request = store.delete_version(key, version, bypass_governance=True)
    crash_point("disposal-deleted-one")
    return key, request


def _is_elsewhere(archive: Archive, key: str) -> bool:
    """Was this object rewritten after it was claimed? Then its records live on in the copy."""
    gone = archive.catalog.gone.get(key)
    return gone is not None and gone.how == "rewrite"


# --------------------------------------------------------------------------- verifying


def verify(archive: Archive, disposal_id: str, *, now: datetime | None = None) -> Round:
    """Look at every place; two rounds that find nothing, some time apart, are needed. Safe to call at any time."""
    d = disposal.state(archive, disposal_id)
    if d.status == "verified":
        last = d.rounds[-1]
        return Round(last["round"], True, [], None)
    if d.status != "destroyed":
        raise NotAllowed(f"Disposal {d.id} is {d.status}; there is nothing to verify.")
    at = now or datetime.now(UTC)
    clean = [r for r in d.rounds if all(p["result"] != "pending" for p in r["places"])]
    wait = timedelta(minutes=archive.agency.disposal.verify_again_minutes)
    if clean and at < (due := datetime.fromisoformat(clean[0]["at"]) + wait):
        return Round(len(d.rounds), False, [], due)
    gone = list(d.gone.values())
    looks = [place.look(archive, gone) for place in places(archive)]
    free = all(look.result != "pending" for look in looks)
    done = free and bool(clean)
    number = len(d.rounds) + 1
    note = {"disposal": d.id, "round": number, "at": iso(at), "done": done,
            "places": [look.note() for look in looks]}  # fmt: skip
    disposal.append(archive, "disposal.verified", note)
    return Round(number, done, looks, None if done else at + (wait if free else timedelta()))
