"""What was destroyed and is there again: a backup that was restored, a bucket that was copied back.

The ledger says what a disposal destroyed and what a rewrite replaced. Any version under such a key, whatever its id, is
destroyed again. Replicas are not touched: a disposal reaches them by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from social_archive import recommit
from social_archive.completeness_store import Shelf
from social_archive.crash import crash_point
from social_archive.errors import ArchiveError, NotFound
from social_archive.holdings import KINDS, Bytes, GoneObject, Holdings
from social_archive.store import ObjectRef, Refused, Store

if TYPE_CHECKING:
    from social_archive.archive import Archive

_WORKERS: Final = 8


@dataclass(frozen=True)
class Again:
    """Object versions that were destroyed again: of disposals, of rewrites; `left` are rewritten ones under a lock."""

    disposed: int = 0
    rewritten: int = 0
    left: int = 0


class StillThere(ArchiveError):
    """Something that was disposed of is back, and the store does not let go of it."""

    remedy = (
        "The archive stays closed. Lift what keeps these versions (a COMPLIANCE lock must run out, or the bucket be "
        "restored anew without them), then run `archive rebuild` again."
    )


@dataclass(frozen=True)
class _Back:
    key: str
    version_id: str
    for_good: bool  # a disposal covers it; else it was only moved


def destroy_again(archive: Archive, held: Holdings) -> Again:
    """Destroy every version of what the ledger says is gone. Idempotent; needs the disposer's keys if there is any.

    Raises ConfigError without those keys, StillThere after all others are gone, StoreError.
    """
    back = list(_back(archive.store, held))
    if not back:
        return Again()
    store = archive.disposer

    def one(found: _Back) -> bool:
        try:
            store.destroy(ObjectRef(found.key, found.version_id, 0, ""), bypass_governance=True)
        except Refused:
            return False
        crash_point("rebuild-destroyed-one")
        return True

    with ThreadPoolExecutor(_WORKERS) as pool:
        done = list(zip(back, pool.map(one, back), strict=True))
    refused = [found for found, gone in done if not gone]
    if kept := sum(found.for_good for found in refused):
        raise StillThere(f"{kept} object versions that were disposed of are back, and the store keeps them.")
    gone = [found for found, destroyed in done if destroyed]
    return Again(sum(f.for_good for f in gone), sum(not f.for_good for f in gone), len(refused))


def _back(store: Store, held: Holdings) -> Iterator[_Back]:
    shelf = Shelf.of(store)
    for_good, destroyed = held.gone_for_good(), held.destroyed()
    seen: set[str] = set()
    for gone in held.gone:
        key = gone.named.key
        if key in seen or key in held.live:
            continue
        seen.add(key)
        for version in shelf.versions.get(key, []):
            yield _Back(key, version, key in for_good or _held_disposed(store, gone, version, destroyed))


def _held_disposed(store: Store, gone: GoneObject, version: str, destroyed: Bytes) -> bool:
    """Does the old version of a rewritten object hold rows that a disposal destroyed where they lay later?"""
    if gone.named.cls not in KINDS:
        return False
    leaves = gone.named.leaves()
    if leaves is None:
        try:
            footer = recommit.footer(store.get(gone.named.key, version))
        except NotFound:
            return False
        leaves = np.frombuffer(footer or b"", np.int64)
    inside = leaves[(leaves >= 0) & (leaves < len(destroyed))]
    return bool((destroyed[inside] > 0).any())
