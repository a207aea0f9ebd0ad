"""Making a hold real: what it covers is copied out of the way of a running disposal, locked, and looked at.

The order is what makes it safe (see `holds.place`). A disposal deletes only what a claim in the ledger names, and
claims nothing after the hold's own entry that the hold covers. So only what was claimed before it and is not reported
as destroyed yet is in danger. It is copied under a new key, and a `rewrite` makes the copy the record; whoever still
deletes the old version deletes what is no record any more. If the bytes were gone first, that is what is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from social_archive.crash import crash_point
from social_archive.errors import NotFound, StoreError
from social_archive.leaves import TYPES
from social_archive.retention import companion_places
from social_archive.retention.hold_losses import Lost, Missing, losses
from social_archive.retention.hold_matches import Matches
from social_archive.rewrite import Copied, SourcesChanged, Target, read, rewrite
from social_archive.store import ObjectRef

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject
    from social_archive.retention.hold_scope import Scope

Progress = Callable[[int, int], None]
"""Told (objects locked, of how many)."""

_ROUNDS: Final = 20  # of matching anew because something was moved meanwhile
_LOCKERS: Final = 8
_AT_ONCE: Final = 50  # objects in one rewrite
_BYTES_AT_ONCE: Final = 64 << 20


class NotHeld(StoreError):
    """The hold is placed, but not everything that it covers could be locked."""

    remedy = "The hold stands and no disposal can claim what it covers. Run `archive hold reassert` to lock the rest."


@dataclass(frozen=True)
class Enforced:
    """`records` are things, `objects` the keys that the hold covers, all of them locked. `rescued`: objects that were
    copied out of a claim. `lost`: what is gone, or may have matched and is gone."""

    records: int
    objects: frozenset[str]
    rescued: int
    lost: list[Lost]


def enforce(archive: Archive, scope: Scope, progress: Progress | None = None) -> Enforced:
    """Rescue and lock everything that a scope covers now. Idempotent. Raises NotHeld, StoreError, LedgerError."""
    missing: dict[str, Missing] = {}
    rescued = 0
    for _ in range(_ROUNDS):
        archive.catalog.catch_up()
        missing = {key: one for key, one in missing.items() if not _moved(archive, one.object)}
        with closing(Matches(archive)) as matches:
            live = archive.catalog.objects()
            cover = matches.cover(scope, live)
            missing.update((o.key, Missing(o, matched=False)) for o in cover.unreadable)
            covered = [o for o in live if o.key in cover.rows and o.key not in missing]
            claimed = archive.catalog.gone.claimed([o.key for o in covered])
            if endangered := [o for o in covered if o.key in claimed]:
                saved, lost = rescue(archive, [*endangered, *_about(archive, endangered, {*cover.rows})])
                missing.update((o.key, Missing(o, matched=o.key in cover.rows)) for o in lost)
                rescued += saved
                continue
            absent = _lock(archive, covered, progress)
            archive.catalog.catch_up()
            gone = [o for o in absent if _is_record(archive, o)]
            missing.update((o.key, Missing(o, matched=True)) for o in gone)
            if len(gone) < len(absent) or any(_moved(archive, one.object) for one in missing.values()):
                continue  # moved by a rewrite meanwhile, or destroyed and reported: what is there now has to be found
            crash_point("hold-locked")
            records = matches.count(scope)
            held = frozenset(o.key for o in covered) - missing.keys()
            lost_too = losses(archive, scope, missing, others=not scope.names_only(records))
            return Enforced(records, held, rescued, lost_too)
    raise NotHeld("What the hold covers was moved again and again while it was being locked.")


def _about(archive: Archive, endangered: Sequence[CatalogObject], covered: Collection[str]) -> list[CatalogObject]:
    """Claimed objects that the hold does not cover, about records that it copies whole with those that it does: what
    stays keeps what is about it."""
    lying = companion_places.read(archive)
    keys = lying.rows(lying.about({o.key for o in endangered})).keys() - set(covered)
    claimed = archive.catalog.gone.claimed(list(keys))
    return [o for o in lying.companions if o.key in claimed]


def _is_record(archive: Archive, o: CatalogObject) -> bool:
    """Does the ledger still name this version?"""
    now = archive.catalog.object(o.key)
    return now is not None and now.version_id == o.version_id


def _moved(archive: Archive, o: CatalogObject) -> bool:
    gone = archive.catalog.gone.get(o.key)
    return gone is not None and gone.how == "rewrite" and gone.version_id == o.version_id


# --------------------------------------------------------------------------- out of a disposal's way


def rescue(archive: Archive, endangered: Sequence[CatalogObject]) -> tuple[int, list[CatalogObject]]:
    """Copy claimed objects into new ones of the same folder that the ledger names instead.

    Returns how many were copied, and those whose bytes were gone first. The old versions are left to whoever claimed
    them: a hold must not wait for a deletion.
    """
    saved = 0
    lost: list[CatalogObject] = []
    for some in _portions(endangered):
        copied, gone = _rescue(archive, some)
        saved += copied
        lost += gone
    return saved, lost


def _portions(objects: Sequence[CatalogObject]) -> Iterator[list[CatalogObject]]:
    some: list[CatalogObject] = []
    size = 0
    for o in objects:
        if some and (len(some) >= _AT_ONCE or size + o.size > _BYTES_AT_ONCE):
            yield some
            some, size = [], 0
        some.append(o)
        size += o.size
    if some:
        yield some


def _rescue(archive: Archive, some: list[CatalogObject]) -> tuple[int, list[CatalogObject]]:
    """All of them in one entry; if one of them is gone, each half by itself."""
    try:
        _rewrite(archive, some)
    except (NotFound, SourcesChanged) as error:
        archive.catalog.catch_up()
        if len(some) > 1:
            middle = len(some) // 2
            halves = [_rescue(archive, some[:middle]), _rescue(archive, some[middle:])]
            return sum(saved for saved, _ in halves), [o for _, gone in halves for o in gone]
        gone = isinstance(error, NotFound) and _is_record(archive, some[0])
        return 0, some if gone else []  # not a record any more: the caller looks again at what is
    crash_point("hold-rescued")
    return len(some), []


def _rewrite(archive: Archive, some: list[CatalogObject]) -> None:
    with_rows = [o for o in some if o.cls in TYPES]
    targets = []
    for o in with_rows:
        table, leaves = read(archive, o)
        targets.append(Target(_folder(o), table, leaves, o.retain_until, o.cls))
    copies = [Copied(o, _folder(o), o.retain_until) for o in some if o not in with_rows]
    rewrite(archive, with_rows, targets, why="rescue", copies=copies, remove=False)


def _folder(o: CatalogObject) -> str:
    return o.key.rpartition("/")[0] + "/"


# --------------------------------------------------------------------------- locks


def _lock(archive: Archive, objects: Sequence[CatalogObject], progress: Progress | None) -> list[CatalogObject]:
    """Put the legal hold on each version and look whether it is there. Returns what the store does not have.

    Raises NotHeld if the store takes the request and shows no hold.
    """
    absent = []
    with ThreadPoolExecutor(_LOCKERS) as pool:
        for done, (o, locked) in enumerate(zip(objects, pool.map(lambda o: _locked(archive, o), objects), strict=True)):
            if locked is None:
                absent.append(o)
            elif not locked:
                raise NotHeld("The store acknowledged a legal hold and does not show it.")
            if progress:
                progress(done + 1, len(objects))
    return absent


def _locked(archive: Archive, o: CatalogObject) -> bool | None:
    """Is there a legal hold on it, after one was asked for if there was none? None: there is no such version."""
    ref = ObjectRef(o.key, o.version_id, o.size, o.sha256)
    try:
        if archive.store.lock_state(ref.key, ref.version_id).hold:
            return True
        archive.store.seal(ref, retain_until=None, hold=True)
        return archive.store.lock_state(ref.key, ref.version_id).hold
    except NotFound:
        return None
