"""What the ledger says, read from its first entry without the catalog: every leaf, every object, every disposal.

For those who must not believe a cache: the completeness check and the rebuild. Leaves are kept as columns, so that a
million of them are a few arrays.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np

from social_archive.entry import EMPTY, Entry, Head
from social_archive.leaves import COMPANIONS, TYPES
from social_archive.ledger import Ledger

OTHER: Final = 0
"""A leaf that holds nothing but what it says (an entry's own, a tag, a move): it opens by itself."""
RECORD: Final = 1
QUARANTINED: Final = 2

KINDS: Final = {
    "records": RECORD, "quarantine": QUARANTINED, **{cls: n for n, cls in enumerate(COMPANIONS, QUARANTINED + 1)},
}  # fmt: skip
"""Which leaves the rows of a class of objects have."""

OF_COMPANIONS: Final = tuple(KINDS[cls] for cls in COMPANIONS)

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Numbers = np.ndarray[Any, np.dtype[np.int64]]
How = Literal["rewrite", "disposal"]

_RECORD_LEAF: Final = re.compile(
    rb'\{"c":"([0-9a-f]{64})","rid":"([0-9a-f]{32})","series":"[^"\\]*","t":"record","ver":(\d{1,9})\}'
)
_QUARANTINE_LEAF: Final = re.compile(rb'\{"c":"([0-9a-f]{64})","q":"([0-9a-f]{32})","t":"quarantine"\}')
_COMPANION_LEAF: Final = re.compile(
    rb'\{"c":"([0-9a-f]{64})","i":"([0-9a-f]{32})","t":"(' + "|".join(COMPANIONS.values()).encode() + rb')"\}'
)
_BY_TYPE: Final = {kind: KINDS[cls] for cls, kind in TYPES.items()}
_MARKS: Final = tuple(f'"{kind}"'.encode() for kind in _BY_TYPE)
_NOTHING: Final = (b"0" * 64, b"0" * 32, 0)


@dataclass(frozen=True)
class Named:
    """An object version as the entry `n` names it. `first_leaf`: of its rows, if they lie in a row in that entry."""

    key: str
    version_id: str
    size: int
    sha256: str
    rows: int
    cls: str
    n: int
    first_leaf: int | None

    def leaves(self) -> Numbers | None:
        """The leaf of each row; None for a rewritten object, whose footer names them, and for one without rows."""
        return None if self.first_leaf is None else np.arange(self.first_leaf, self.first_leaf + self.rows)


@dataclass(frozen=True)
class GoneObject:
    """What entry `n` says is no longer there. `leaves`: the ranges that a disposal says died with it."""

    named: Named
    how: How
    n: int
    disposal: str = ""
    leaves: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Certificate:
    """A disposal's certificate as entry `n` names it. `key`: of its JSON, "" if the entry names no such object."""

    disposal: str
    number: str
    sha256: str
    key: str
    n: int
    leaves: tuple[tuple[int, int], ...]


@dataclass
class Holdings:
    """Everything that the ledger says is, was and is no more. Arrays have one element (or row) per leaf.

    `commitments` is (leaves, 32); `ids` (leaves, 16) holds rids, qids and ids of companions; `versions` is 0 where
    there is none.
    """

    head: Head = EMPTY
    kinds: Bytes = field(default_factory=lambda: np.empty(0, np.uint8))
    commitments: Bytes = field(default_factory=lambda: np.empty((0, 32), np.uint8))
    ids: Bytes = field(default_factory=lambda: np.empty((0, 16), np.uint8))
    versions: Numbers = field(default_factory=lambda: np.empty(0, np.int64))
    entry_of: Numbers = field(default_factory=lambda: np.empty(0, np.int64))
    live: dict[str, Named] = field(default_factory=dict)
    gone: list[GoneObject] = field(default_factory=list)
    certificates: list[Certificate] = field(default_factory=list)
    moved: dict[str, str] = field(default_factory=dict)

    def gone_for_good(self) -> dict[str, str]:
        """key -> disposal, of every object that was destroyed, and of media by the keys that they had before."""
        found = {gone.named.key: gone.disposal for gone in self.gone if gone.how == "disposal"}
        for old in reversed(self.moved):  # the latest move first, so that a chain is followed to its end
            if self.moved[old] in found:
                found[old] = found[self.moved[old]]
        return found

    def destroyed(self) -> Bytes:
        """1 for each leaf that a disposal says it destroyed."""
        flags = np.zeros(len(self.kinds), np.uint8)
        for gone in self.gone:
            for part in slices(gone.leaves, len(flags)):
                flags[part] = 1
        return flags


def read(ledger: Ledger) -> Holdings:
    """Replay the ledger. Raises LedgerError at the first entry that does not verify."""
    reader = _Reader()
    for entry in ledger.entries():
        reader.take(entry)
    return reader.done()


class _Reader:
    def __init__(self) -> None:
        self._held = Holdings()
        self._kinds = bytearray()
        self._commitments: list[bytes] = []
        self._ids: list[bytes] = []
        self._versions: list[Numbers] = []
        self._entries: list[Numbers] = []

    def take(self, entry: Entry) -> None:
        self._take_leaves(entry)
        self._take_objects(entry)
        note = entry.header.get("note") or {}
        what = entry.header["what"]
        if what == "rewrite":
            self._held.moved.update(dict(note.get("moved") or []))
            for key, version in note["from"]:
                self._take_gone(key, version, entry.n, "rewrite")
        elif what == "disposal.destroyed":
            for one in note["objects"]:
                self._take_gone(one["key"], one["version"], entry.n, "disposal", note["disposal"], _ranges(one))
        elif what == "disposal.certified":
            self._take_certificate(entry, note)
        self._held.head = entry.head

    def done(self) -> Holdings:
        held = self._held
        held.kinds = np.frombuffer(bytes(self._kinds), np.uint8)
        held.commitments = np.frombuffer(b"".join(self._commitments), np.uint8).reshape(-1, 32)
        held.ids = np.frombuffer(b"".join(self._ids), np.uint8).reshape(-1, 16)
        if self._versions:
            held.versions, held.entry_of = np.concatenate(self._versions), np.concatenate(self._entries)
        return held

    # ---------------------------------------------------------------- parts of an entry

    def _take_leaves(self, entry: Entry) -> None:
        kinds, found = bytearray([OTHER]), [_NOTHING]
        for line in entry.leaves[1:]:
            kind, values = _leaf(line)
            kinds.append(kind)
            found.append(values)
        commitments, ids, versions = zip(*found, strict=True)
        self._kinds += kinds
        self._commitments.append(bytes.fromhex(b"".join(commitments).decode()))
        self._ids.append(bytes.fromhex(b"".join(ids).decode()))
        self._versions.append(np.array(versions, np.int64))
        self._entries.append(np.full(len(kinds), entry.n, np.int64))

    def _take_objects(self, entry: Entry) -> None:
        rewritten = entry.header["what"] == "rewrite"
        leaf = entry.first_leaf + 1  # the entry's own leaf comes first, then its rows in the order of the objects
        for d in entry.header["objects"]:
            first = leaf if d["class"] in KINDS and not rewritten else None
            self._held.live[d["key"]] = Named(
                d["key"], d["version"], d["size"], d["sha256"], d["rows"], d["class"], entry.n, first
            )
            leaf += d["rows"] if first is not None else 0

    def _take_gone(self, key: str, version: str, n: int, how: How, disposal: str = "",
                   leaves: tuple[tuple[int, int], ...] = ()) -> None:  # fmt: skip
        named = self._held.live.get(key)
        if named is None or named.version_id != version:  # not what was live: said all the same, with its leaves
            named = Named(key, version, 0, "", 0, "", n, None)
        else:
            del self._held.live[key]
        self._held.gone.append(GoneObject(named, how, n, disposal, leaves))

    def _take_certificate(self, entry: Entry, note: dict[str, Any]) -> None:
        key = next((d["key"] for d in entry.header["objects"] if d["sha256"] == note["sha256"]), "")
        self._held.certificates.append(
            Certificate(note["disposal"], str(note["certificate"]), note["sha256"], key, entry.n, _ranges(note))
        )


def _leaf(line: bytes) -> tuple[int, tuple[bytes, bytes, int]]:
    if found := _RECORD_LEAF.fullmatch(line):
        return RECORD, (found[1], found[2], int(found[3]))
    if found := _QUARANTINE_LEAF.fullmatch(line):
        return QUARANTINED, (found[1], found[2], 0)
    if found := _COMPANION_LEAF.fullmatch(line):
        return _BY_TYPE[found[3].decode()], (found[1], found[2], 0)
    if any(mark in line for mark in _MARKS):  # of another form than this archive writes: no row fits it
        return _BY_TYPE.get(json.loads(line).get("t"), OTHER), _NOTHING
    return OTHER, _NOTHING


def _ranges(note: dict[str, Any]) -> tuple[tuple[int, int], ...]:
    found: Sequence[Sequence[int]] = note.get("leaves") or []
    return tuple((int(first), int(last)) for first, last in found)


def slices(ranges: Sequence[tuple[int, int]], size: int) -> Iterator[slice]:
    """Ranges as slices of an array of `size` leaves; what lies outside is left out."""
    for first, last in ranges:
        if 0 <= first <= last < size:
            yield slice(first, last + 1)
