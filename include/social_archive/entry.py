"""The form of one ledger entry: JSON lines; every line but the last is a leaf of the tree, hashed as it stands.

    {"t":"entry","n":7,"prev":"<sha256 of entry 6>","txn":"…","time":"…Z","what":"accession","objects":[…],…}
    {"c":"<commitment>","rid":"…","series":"…","t":"record","ver":1}
    …
    {"checkpoint":"<signed note>","frontier":["…"],"root":"…","size":4711,"t":"head"}

The entry's own line is its first leaf, so the signature over the root covers the cursor and the list of objects too.
`prev` chains whole entries; the frontier lets the next append start without reading the past. No I/O here.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from social_archive import merkle
from social_archive.note import BadNote, Checkpoint, Signer, WrongKey, open_checkpoint, sign_checkpoint
from social_archive.record import canonical

PREFIX: Final = "entries/"
SKEW: Final = timedelta(minutes=5)
"""How far clocks of two writers may disagree before an entry counts as going back in time."""

_KEY = re.compile(r"entries/(\d{20})\.jsonl\Z", re.ASCII)
_HEAD_FIELDS: Final = {"checkpoint", "frontier", "root", "size", "t"}


def entry_key(n: int) -> str:
    return f"{PREFIX}{n:020d}.jsonl"


def entry_number(key: str) -> int | None:
    """The N of an entry's key; None for a name that is not one."""
    found = _KEY.match(key)
    return int(found[1]) if found else None


@dataclass
class Draft:
    """What a writer wants to commit. `leaves` are canonical lines without newline; `txn` is the same on every re-run.

    `vkey` only when the signing key changes: the next entry must be signed by it.
    """

    what: str
    txn: str
    leaves: list[bytes] = field(default_factory=list)
    objects: list[dict[str, Any]] = field(default_factory=list)
    cursor: dict[str, Any] | None = None
    harvest: str | None = None
    note: dict[str, Any] | None = None
    vkey: str | None = None


@dataclass(frozen=True)
class Head:
    """The ledger's state after `n` entries: all that an append needs to know."""

    n: int
    size: int
    root: bytes
    frontier: tuple[bytes, ...]
    prev: str  # SHA-256 (hex) of the last entry's bytes, "" if there is none
    time: str  # of the last entry, "" if there is none

    def to_dict(self) -> dict[str, Any]:
        return {"n": self.n, "size": self.size, "root": self.root.hex(), "frontier": [h.hex() for h in self.frontier],
                "prev": self.prev, "time": self.time}  # fmt: skip

    @classmethod
    def from_dict(cls, d: dict[str, Any]) -> Head:
        frontier = tuple(bytes.fromhex(h) for h in d["frontier"])
        return cls(d["n"], d["size"], bytes.fromhex(d["root"]), frontier, d["prev"], d["time"])


EMPTY: Final = Head(0, 0, merkle.EMPTY_ROOT, (), "", "")


@dataclass(frozen=True)
class Entry:
    """One committed entry. `leaves[0]` is the entry's own line; `first_leaf` is its index in the tree."""

    n: int
    key: str
    sha256: str
    header: dict[str, Any]
    leaves: list[bytes] = field(repr=False)
    hashes: list[bytes] = field(repr=False)  # leaf hashes, as the tree has them
    head: Head = field(repr=False)  # the ledger's state after this entry
    first_leaf: int
    checkpoint: str = field(repr=False)  # the signed note
    size_bytes: int = 0

    @property
    def txn(self) -> str:
        return str(self.header["txn"])


class BadEntry(ValueError):
    """One thing that is wrong with an entry: a short code and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


# --------------------------------------------------------------------------- writing


def compose(draft: Draft, head: Head, signer: Signer, now: datetime) -> tuple[bytes, Entry]:
    """The bytes of the entry that follows `head`, and what they mean. Raises ValueError for a leaf that is no line."""
    if any(b"\n" in leaf or not leaf for leaf in draft.leaves):
        raise ValueError("a leaf is one non-empty line")
    header = _header(draft, head, signer, now)
    leaves = [canonical(header), *draft.leaves]
    hashes = merkle.leaf_hashes(leaves)
    frontier = merkle.extend(head.frontier, head.size, hashes)
    size = head.size + len(leaves)
    root = merkle.root_of(frontier)
    checkpoint = sign_checkpoint(signer, Checkpoint(signer.name, size, root))
    last = {"t": "head", "size": size, "root": root.hex(), "frontier": [h.hex() for h in frontier],
            "checkpoint": checkpoint}  # fmt: skip
    body = b"\n".join((*leaves, canonical(last), b""))
    after = Head(head.n + 1, size, root, frontier, hashlib.sha256(body).hexdigest(), header["time"])
    entry = Entry(head.n, entry_key(head.n), after.prev, header, leaves, hashes, after, head.size, checkpoint,
                  len(body))  # fmt: skip
    return body, entry


def _header(draft: Draft, head: Head, signer: Signer, now: datetime) -> dict[str, Any]:
    header: dict[str, Any] = {
        "t": "entry", "n": head.n, "prev": head.prev, "txn": draft.txn, "what": draft.what,
        "time": now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "harvest": draft.harvest, "objects": draft.objects, "cursor": draft.cursor, "note": draft.note,
        "leaves": len(draft.leaves),
    }  # fmt: skip
    vkey = draft.vkey or (signer.vkey if head.n == 0 else None)
    return header | {"vkey": vkey} if vkey else header


# --------------------------------------------------------------------------- reading


def parse(body: bytes, n: int, origin: str) -> Entry:
    """Read entry `n` and check that it agrees with itself. Its signature and its place in the chain are not checked.

    Raises BadEntry with code not_an_entry, wrong_number, wrong_leaf_count, wrong_size, wrong_root or wrong_origin.
    """
    lines = body.split(b"\n")
    if len(lines) < 3 or lines.pop() != b"":
        raise BadEntry("not_an_entry", "it is empty or cut off in the middle of a line")
    last = _object(lines.pop(), "head")
    header = _object(lines[0], "entry")
    head = _head_line(last, lines, header, n, body)
    checkpoint = _checkpoint(last["checkpoint"])
    if checkpoint.origin != origin:
        raise BadEntry("wrong_origin", "its checkpoint is of another ledger")
    if (checkpoint.size, checkpoint.root) != (head.size, head.root):
        raise BadEntry("wrong_root", "its signed checkpoint names another tree than its last line")
    return Entry(n, entry_key(n), head.prev, header, lines, merkle.leaf_hashes(lines), head, head.size - len(lines),
                 last["checkpoint"], len(body))  # fmt: skip


def _object(line: bytes, kind: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
        same = canonical(value) == line
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise BadEntry("not_an_entry", f"its {kind} line is not JSON") from None
    if not same or not isinstance(value, dict) or value.get("t") != kind:
        raise BadEntry("not_an_entry", f"its {kind} line is not what this archive writes")
    return value


def _head_line(last: dict[str, Any], lines: list[bytes], header: dict[str, Any], n: int, body: bytes) -> Head:
    try:
        frontier = tuple(bytes.fromhex(h) for h in last["frontier"])
        head = Head(n + 1, int(last["size"]), bytes.fromhex(last["root"]), frontier,
                    hashlib.sha256(body).hexdigest(), str(header["time"]))  # fmt: skip
        number, count = header["n"], header["leaves"]
        moment(head.time)
    except (KeyError, TypeError, ValueError):
        raise BadEntry("not_an_entry", "fields are missing from its first or last line") from None
    if last.keys() != _HEAD_FIELDS or not isinstance(header.get("txn"), str):
        raise BadEntry("not_an_entry", "its first or last line has other fields than this archive writes")
    if number != n:
        raise BadEntry("wrong_number", f"it says that it is entry {number}: entries were exchanged or copied")
    if count != len(lines) - 1:
        raise BadEntry("wrong_leaf_count", f"it announces {count} leaves and has {len(lines) - 1}: lines are missing")
    if head.size < len(lines) or len(frontier) != head.size.bit_count() or any(len(h) != 32 for h in frontier):
        raise BadEntry("wrong_size", "its tree size does not fit its leaves")
    if merkle.root_of(frontier) != head.root:
        raise BadEntry("wrong_root", "its frontier does not hash to its root")
    return head


def _checkpoint(note: Any) -> Checkpoint:
    try:
        text = str(note).rpartition("\n\n")[0] + "\n"
        return Checkpoint.parse(text)
    except BadNote:
        raise BadEntry("not_an_entry", "its checkpoint is not a signed note") from None


def check_signature(entry: Entry, vkey: str) -> None:
    """Raises BadEntry: wrong_key (signed by somebody else) or bad_signature (altered after signing)."""
    try:
        open_checkpoint(entry.checkpoint, vkey)
    except WrongKey:
        raise BadEntry("wrong_key", "it is not signed by the ledger's key") from None
    except BadNote:
        raise BadEntry("bad_signature", "its signature is wrong: its leaves were altered after it was signed") from None


def problems_after(entry: Entry, head: Head) -> Iterator[BadEntry]:
    """What is wrong with `entry` as the successor of `head`."""
    if entry.header.get("prev") != head.prev:
        yield BadEntry("wrong_prev", f"it was chained to another entry {entry.n - 1} than the one that is there now")
    if entry.first_leaf != head.size:
        yield BadEntry("wrong_size", f"its leaves begin at {entry.first_leaf}, but the tree before it has {head.size}")
    elif merkle.extend(head.frontier, head.size, entry.hashes) != entry.head.frontier:
        yield BadEntry("wrong_root", "its leaves and the tree before it do not hash to its root")
    if head.time and moment(entry.head.time) < moment(head.time) - SKEW:
        yield BadEntry("time_back", f"its time {entry.head.time} is before that of its predecessor, {head.time}")


def next_key(entry: Entry, vkey: str) -> str:
    """The key that must sign the entry after this one."""
    return str(entry.header.get("vkey") or vkey)


def rotation(new: Signer, txn: str) -> Draft:
    """The entry, signed by the old key, that names the new one."""
    return replace(Draft("key.rotated", txn), vkey=new.vkey)


def moment(text: str) -> datetime:
    """An entry's time. Raises ValueError."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError("an entry's time has a zone")
    return parsed
