"""Start over from the bucket: throw every cache away, read the ledger from entry 0, and put right what a restore undid.

A restored backup may hold what was disposed of since, or have lost its holds. So the archive is closed first (see
`barrier`), and opened only when every completed disposal is done again and every hold stands again.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from social_archive import barrier, holdings
from social_archive.crash import crash_point
from social_archive.retention import restored

if TYPE_CHECKING:
    from social_archive.archive import Archive

_HOLDS: Final = "social_archive.retention.holds"


def rebuild(archive: Archive, *, progress: Callable[[int, int], None] | None = None) -> dict[str, Any]:
    """Delete catalog and mirror, destroy again what came back, replay the ledger, fetch and check every object.

    What was disposed of goes before the catalog is made, so no search ever sees it. `progress` is told (entries done,
    entries in all). Returns {"entries", "leaves", "objects", "things", "destroyed_again", "removed_again",
    "held_again"}. Raises LedgerError, Corrupt, StillThere, ConfigError (something is back, and the disposer's keys are
    missing); the archive then stays closed.
    """
    barrier.put_up(archive)
    try:
        crash_point("rebuild-closed")
        done = _start_over(archive, progress)
        barrier.take_down(archive)
    finally:
        archive.rebuilding = False
    return done


def _start_over(archive: Archive, progress: Callable[[int, int], None] | None) -> dict[str, Any]:
    archive.forget_caches()
    again = restored.destroy_again(archive, holdings.read(archive.ledger))
    crash_point("rebuild-destroyed")
    total = archive.ledger.head().n
    archive.catalog.catch_up((lambda n: progress(n + 1, total)) if progress else None)
    archive.mirror.paths(archive.catalog.objects("records"))
    crash_point("rebuild-replayed")
    held = _hold_again(archive)
    head = archive.catalog.head
    return {
        "entries": head.n if head else 0,
        "leaves": head.size if head else 0,
        "objects": len(archive.catalog.objects()),
        "things": sum(row[-1] for row in archive.catalog.totals()),
        "destroyed_again": again.disposed,
        "removed_again": again.rewritten,
        "held_again": held,
    }


def _hold_again(archive: Archive) -> int:
    """Objects whose legal hold was set anew because a matter holds them."""
    try:
        holds = importlib.import_module(_HOLDS)
    except ModuleNotFoundError as error:
        if error.name != _HOLDS:
            raise
        return 0
    return int(holds.reassert(archive).get("objects", 0))
