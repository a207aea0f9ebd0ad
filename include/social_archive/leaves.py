"""Which leaves of the ledger the rows of one object are.

A harvest's object holds the leaves of its entry in a row. A rewritten object (a consolidation, a split) holds rows of
many entries in an order of its own, so its Parquet footer names the leaf of each row. Leaves are per record: whatever
object a row lies in, its proof stays the same.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

import numpy as np
import pyarrow as pa

METADATA: Final = b"social_archive.leaves"
"""Key in the Parquet footer: base64 of zlib of little-endian int64 differences, in row order."""

COMPANIONS: Final = {"findings": "finding", "decisions": "decision", "determinations": "determination"}
"""Classes of objects whose rows are about a record and go where it goes (`companions.py`) -> type of their leaves."""

TYPES: Final = {"records": "record", "quarantine": "quarantine", **COMPANIONS}
"""Classes of objects whose rows are leaves -> type of each row's leaf."""

Leaves = np.ndarray[Any, np.dtype[np.int64]]


def encode(leaves: Leaves) -> bytes:
    differences = np.diff(leaves, prepend=np.int64(0)).astype("<i8")
    return base64.b64encode(zlib.compress(differences.tobytes(), 6))


def decode(text: bytes) -> Leaves:
    differences = np.frombuffer(zlib.decompress(base64.b64decode(text)), dtype="<i8")
    return np.cumsum(differences, dtype=np.int64)


def of_table(table: pa.Table) -> Leaves | None:
    """The leaves that a rewritten object's footer names; None if it names none."""
    found = (table.schema.metadata or {}).get(METADATA)
    return None if found is None else decode(found)


def with_leaves(table: pa.Table, leaves: Leaves) -> pa.Table:
    """The table with the leaf of each of its rows in its schema's metadata, from where Parquet takes it."""
    return table.replace_schema_metadata({**(table.schema.metadata or {}), METADATA: encode(leaves)})


def ranges(leaves: Iterable[int]) -> list[list[int]]:
    """Leaf indexes as sorted inclusive ranges: [[4, 17], [20, 20]]."""
    found: list[list[int]] = []
    for leaf in sorted(leaves):
        if found and leaf <= found[-1][1] + 1:
            found[-1][1] = max(leaf, found[-1][1])
        else:
            found.append([int(leaf), int(leaf)])
    return found


def joined(parts: Iterable[Sequence[int]]) -> list[list[int]]:
    """Disjoint inclusive ranges, sorted, neighbours put together."""
    found: list[list[int]] = []
    for first, last in sorted(tuple(part) for part in parts):
        if found and first == found[-1][1] + 1:
            found[-1][1] = last
        else:
            found.append([first, last])
    return found


def count(found: Sequence[Sequence[int]]) -> int:
    return sum(last - first + 1 for first, last in found)
