"""The commitments that the ledger holds, by the index of the leaf: in columns, for whole objects at a time.

Whoever moves rows compares each with its leaf. An entry is read once, its signature and its tree are checked, and of
its lines only the 32 bytes of each commitment are kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from social_archive.errors import LedgerError
from social_archive.leaves import TYPES, Leaves

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.entry import Entry

Digests = np.ndarray[Any, np.dtype[np.uint8]]
"""Shape (n, 32)."""

_MARKS: Final = {cls: f'"t":"{kind}"'.encode() for cls, kind in TYPES.items()}
_START: Final = b'{"c":"'  # of the canonical line: the commitment stands first
_HEX: Final = slice(len(_START), len(_START) + 64)
_END: Final = slice(_HEX.stop, _HEX.stop + 2)
_NONE: Final = b"0" * 64
_KEPT: Final = 4_000_000  # leaves in memory, 33 bytes each


class _Lines(NamedTuple):
    """Of one entry: the index of its first leaf, the commitment of each leaf, and whether it has one of its class."""

    first: int
    digests: Digests
    has: np.ndarray[Any, np.dtype[np.bool_]]


class Commitments:
    """Looks commitments up. Keep one for a run that moves many objects."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._entries: dict[tuple[int, str], _Lines] = {}

    def of(self, leaves: Leaves, cls: str = "records") -> Digests:
        """In the order of `leaves`, shape (n, 32). Raises LedgerError for a leaf that is not of this class."""
        if not len(leaves):
            return np.empty((0, 32), dtype=np.uint8)
        numbers, place = np.unique(self._archive.catalog.walks.numbers_of(leaves), return_inverse=True)
        lines = self._read(numbers.tolist(), cls)
        sizes = np.array([len(one.digests) for one in lines])
        within = leaves - np.array([one.first for one in lines])[place]
        at = np.minimum(within, sizes[place] - 1) + (np.cumsum(sizes) - sizes)[place]
        is_one = (within < sizes[place]) & np.concatenate([one.has for one in lines])[at]
        if not is_one.all():
            leaf = int(leaves[np.argmin(is_one)])
            raise LedgerError(f"Leaf {leaf} of the ledger is not of the kind that its object claims.")
        return np.concatenate([one.digests for one in lines])[at]

    def _read(self, numbers: Sequence[int], cls: str) -> list[_Lines]:
        missing = [n for n in numbers if (n, cls) not in self._entries]
        if sum(len(one.digests) for one in self._entries.values()) > _KEPT:
            self._entries = {key: one for key, one in self._entries.items() if key[0] in set(numbers)}
        for entry in self._archive.ledger.read_many(missing):
            self._entries[entry.n, cls] = _lines(entry, cls)
        return [self._entries[n, cls] for n in numbers]


def _lines(entry: Entry, cls: str) -> _Lines:
    mark = _MARKS[cls]
    has = [line.startswith(_START) and line[_END] == b'",' and mark in line for line in entry.leaves]
    text = b"".join([line[_HEX] if one else _NONE for line, one in zip(entry.leaves, has, strict=True)])
    return _Lines(entry.first_leaf, _digests(bytes.fromhex(text.decode())), np.array(has))


def column_of(table: pa.Table) -> Digests:
    """The column `commitment` of stored rows, shape (n, 32)."""
    chunks: Iterable[pa.Array] = table.column("commitment").cast(pa.binary(32)).chunks
    parts = [_digests(chunk.buffers()[1])[chunk.offset : chunk.offset + len(chunk)] for chunk in chunks if len(chunk)]
    return np.concatenate(parts) if parts else np.empty((0, 32), dtype=np.uint8)


def _digests(data: Any) -> Digests:
    return np.frombuffer(data, dtype=np.uint8)[: len(data) // 32 * 32].reshape(-1, 32)
