"""Start over from the bucket: throw every cache away and read the ledger again from entry 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from social_archive.archive import Archive


def rebuild(archive: Archive, *, progress: Callable[[int, int], None] | None = None) -> dict[str, Any]:
    """Delete catalog and mirror, replay the ledger, fetch and check every object it names.

    `progress` is told (entries done, entries in all). Returns {"entries", "leaves", "objects", "things"}.
    """
    archive.forget_caches()
    total = archive.ledger.head().n
    head = archive.catalog.catch_up((lambda n: progress(n + 1, total)) if progress else None)
    objects = archive.catalog.objects("records")
    archive.mirror.paths(objects)
    return {
        "entries": head.n if head else 0,
        "leaves": head.size if head else 0,
        "objects": len(archive.catalog.objects()),
        "things": sum(row[-1] for row in archive.catalog.totals()),
    }
