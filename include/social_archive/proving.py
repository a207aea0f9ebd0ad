"""From a record id to a proof that needs nothing but itself: finds the row, its entry and the tree's leaf hashes."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from social_archive.entry import Entry, next_key
from social_archive.errors import NotFound
from social_archive.proof import make_proof

if TYPE_CHECKING:
    from social_archive.archive import Archive


def prove(
    archive: Archive, rid: str, *, version: int | None = None, reveal: Collection[str] | None = None
) -> dict[str, Any]:
    """The proof of one version of a record (default: the latest). `reveal`: fields to show (None: all).

    Reads the ledger from its beginning to the version's entry: its leaf hashes are the tree. Raises NotFound,
    CannotProve, LedgerError.
    """
    return archive.catalog.reading(lambda: _prove(archive, rid, version, reveal))


def _prove(archive: Archive, rid: str, version: int | None, reveal: Collection[str] | None) -> dict[str, Any]:
    places = archive.catalog.where(rid)
    if version is not None:
        places = [place for place in places if place[0] == version]
    if not places:
        which = f"version {version} of this record" if version is not None else "record with this id"
        raise NotFound(f"There is no {which} in the archive.")
    wanted, n, leaf, key = places[-1]
    entry, hashes, vkey = _entry_and_tree(archive, n)
    return make_proof(_row(archive, key, rid, wanted), entry, leaf, hashes, vkey=vkey, reveal=reveal)


def _entry_and_tree(archive: Archive, n: int) -> tuple[Entry, bytes, str]:
    """Entry `n`, all leaf hashes up to its end, and the key that signed it."""
    hashes = bytearray()
    vkey = ""
    for entry in archive.ledger.entries():
        vkey = vkey or str(entry.header["vkey"])
        hashes += b"".join(entry.hashes)
        if entry.n == n:
            return entry, bytes(hashes), vkey
        vkey = next_key(entry, vkey)
    raise NotFound(f"The ledger has no entry {n}.")


def _row(archive: Archive, key: str, rid: str, version: int) -> dict[str, Any]:
    """One row as it was committed, times as integers."""
    located = archive.catalog.object(key)
    if located is None:
        raise NotFound("The object that held this record is no longer in the archive.")
    found = pq.read_table(archive.mirror.path(located), filters=[("rid", "=", rid), ("version", "=", version)],
                          partitioning=None)  # fmt: skip
    for index, column in enumerate(found.schema):
        if pa.types.is_timestamp(column.type):
            found = found.set_column(index, column.name, found.column(index).cast(pa.int64()))
    rows: list[dict[str, Any]] = found.to_pylist()
    if len(rows) != 1:
        raise NotFound("The record's row is not where the ledger says it is; `archive rebuild` reads the archive anew.")
    return rows[0]
