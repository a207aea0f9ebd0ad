"""What the archive checks about itself without being asked: the ledger, the locks, and what a crash left behind."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from social_archive.accession import seal
from social_archive.catalog import CatalogObject
from social_archive.errors import NotFound
from social_archive.leaves import COMPANIONS
from social_archive.rewrite import remove_old
from social_archive.store import ObjectRef, Version

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.series import Schedule

ORPHAN_AGE: Final = timedelta(days=2)
"""An object that no ledger entry names is left alone this long: its harvest may still be about to commit."""

_AREAS: Final = (
    "records/", "media/", "quarantine/", "validation/", "coverage/", "imports/", "schedules/", "holds/", "disposals/",
    "certificates/", "class-determinations/", "notices/", "requests/", "bundles/", *(f"{cls}/" for cls in COMPANIONS),
)  # fmt: skip


def verify(archive: Archive) -> dict[str, Any]:
    """Replay the whole ledger. {"ok", "entries", "leaves", "findings": [...]}; never raises on a bad ledger."""
    report = archive.ledger.verify()
    return {
        "ok": not any(f.severity == "error" for f in report.findings),
        "entries": report.entries,
        "leaves": report.leaves,
        "findings": [
            {"n": f.n, "key": f.key, "code": f.code, "severity": f.severity, "message": f.message}
            for f in report.findings
        ],
    }


def sweep(archive: Archive, *, tick: Callable[[], None] | None = None, now: datetime | None = None) -> dict[str, Any]:
    """Finish what a crash cut short: lock every committed object, collect what is no record, remove what was rewritten.

    {"objects", "sealed_again", "missing": [keys], "rewritten_removed", "rewritten_left", "orphans_removed",
    "staging_removed"}. `rewritten_left`: under a lock that has not ended, or the disposer's keys are not given.
    """
    archive.catalog.catch_up()
    states = _states(archive, tick)
    sealed_again = _seal_again(archive, [o for o, state in states if state == "unsealed"])
    archive.ledger.keep_locked()
    moment = now or datetime.now(UTC)
    stored = [v for area in _AREAS for v in archive.store.versions(area)]
    archive.catalog.catch_up()  # what was committed before the listing is no orphan
    left, removed = _remove_rewritten(archive, stored)
    return {
        "objects": len(states),
        "sealed_again": sealed_again,
        "missing": [o.key for o, state in states if state == "missing" and _is_live(archive, o)],
        "rewritten_removed": removed,
        "rewritten_left": left,
        "orphans_removed": _collect_orphans(archive, stored, moment),
        "staging_removed": _forget_staging(archive, moment),
    }


def _states(archive: Archive, tick: Callable[[], None] | None) -> list[tuple[CatalogObject, str]]:
    objects, schedule = archive.catalog.objects(), archive.schedule

    def state_of(o: CatalogObject) -> str:
        if tick:
            tick()
        return lock_state(archive, o, schedule)

    with ThreadPoolExecutor(8) as pool:
        return list(zip(objects, pool.map(state_of, objects), strict=True))


def _seal_again(archive: Archive, unsealed: list[CatalogObject]) -> int:
    """Lock these, but for what was rewritten since it was looked at."""
    live, schedule = [o for o in unsealed if _is_live(archive, o)], archive.schedule
    try:
        seal(archive, [described(o, schedule) for o in live])
    except NotFound:
        archive.catalog.catch_up()
        if all(_is_live(archive, o) for o in live):
            raise
        return _seal_again(archive, live)
    return len(live)


def _is_live(archive: Archive, o: CatalogObject) -> bool:
    """Does the ledger still name it, as far as the catalog has followed?"""
    now = archive.catalog.object(o.key)
    return now is not None and now.version_id == o.version_id


def lock_state(archive: Archive, o: CatalogObject, schedule: Schedule) -> str:
    """`sealed`, `unsealed` (no legal hold, or its lock ends before the schedule lets it go), or `missing`."""
    try:
        lock = archive.store.lock_state(o.key, o.version_id)
    except NotFound:
        return "missing"
    until = owed(o, schedule)
    wanted = datetime.fromtimestamp(until / 1_000_000, UTC) if until else datetime.now(UTC)
    short = lock.retain_until is None or lock.retain_until < wanted.replace(microsecond=0)
    return "unsealed" if short or not lock.hold else "sealed"


def owed(o: CatalogObject, schedule: Schedule) -> int | None:
    """Until when an object must be locked, microseconds UTC; None for no fixed end.

    The schedule decides. What lies in no cohort, or in one that the schedule does not know, keeps what its ledger
    entry says.
    """
    return o.retain_until if schedule.item_of(o.series) is None else schedule.until(o.series, o.cutoff)


def described(o: CatalogObject, schedule: Schedule) -> dict[str, Any]:
    """An object as `accession.seal` takes it."""
    return {
        "key": o.key, "version": o.version_id, "size": o.size, "sha256": o.sha256, "retain_until": owed(o, schedule),
    }  # fmt: skip


def _remove_rewritten(archive: Archive, stored: list[Version]) -> tuple[int, int]:
    """(left, removed) of old versions whose rows lie in another object by now: a crash kept them from going."""
    rewritten = {(gone.key, gone.version_id) for gone in archive.catalog.gone.all("rewrite")}
    old = [v for v in stored if (v.key, v.version_id) in rewritten]
    removed = remove_old(archive, old)
    return len(old) - removed, removed


def _collect_orphans(archive: Archive, stored: list[Version], now: datetime) -> int:
    """Destroy old object versions that no ledger entry ever named. They were never records."""
    named = {(o.key, o.version_id) for o in archive.catalog.objects()}
    named |= {(gone.key, gone.version_id) for gone in archive.catalog.gone.all()}
    orphans = [v for v in stored if (v.key, v.version_id) not in named and v.modified < now - ORPHAN_AGE]
    for v in orphans:
        _destroy(archive, v)
    return len(orphans)


def _destroy(archive: Archive, v: Version) -> None:
    archive.store.destroy(ObjectRef(v.key, v.version_id, v.size, ""), bypass_governance=True)


def _forget_staging(archive: Archive, now: datetime) -> int:
    old = [v.key for v in archive.staging.versions("staging/") if v.modified < now - ORPHAN_AGE]
    for key in old:
        archive.staging.delete_plain(key)
    return len(old)
