"""A self-contained proof that one version of one record was in the ledger: checked offline, also when redacted.

What a proof shows: the revealed fields hash, with their salts and with the bare commitments of the fields that are
withheld, to the record's commitment; that commitment stands in a leaf; the leaf is in the tree whose root a signed
checkpoint names. What it does not show: who holds the signing key. Compare the verifier key with the one that the
public body publishes (or pass it).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from social_archive import merkle
from social_archive.entry import Entry
from social_archive.errors import ArchiveError, LedgerError
from social_archive.merkle import TreeReader
from social_archive.note import BadNote, open_checkpoint
from social_archive.record import (
    canonical,
    combine,
    committed_values,
    encode_value,
    field_commitment,
    from_row,
    salt_of,
)

FORMAT: Final = "social-records-archive/proof/v1"


class CannotProve(ArchiveError):
    """The row, the leaf and the ledger do not belong together, so there is nothing to prove."""

    remedy = "Run `archive ledger verify`, then `archive rebuild`: a local copy may be damaged."


@dataclass(frozen=True)
class ProofReport:
    """The outcome of a check. `fields` are the revealed values; `withheld` the names of the others.

    `key_given`: the verifier key came from the caller, not from the proof itself.
    """

    problems: list[str]
    rid: str = ""
    version: int = 0
    series: str = ""
    fields: dict[str, Any] = field(default_factory=dict)
    withheld: list[str] = field(default_factory=list)
    origin: str = ""
    size: int = 0
    vkey: str = ""
    key_given: bool = False

    @property
    def ok(self) -> bool:
        return not self.problems


# --------------------------------------------------------------------------- making


@dataclass(frozen=True)
class SealedField:
    """One committed field of a stored row: its value, its salt, and what it is committed by."""

    name: str
    value: Any = field(repr=False)
    salt: bytes = field(repr=False)
    commitment: bytes

    def revealed(self, *, as_is: bool = False) -> dict[str, Any]:
        """Name, value in its type, salt. `as_is`: for a writer of canonical JSON, which needs no plain copy first."""
        value = {"j": self.value} if as_is and not isinstance(self.value, str | bytes) else _typed(self.value)
        return {"name": self.name, "value": value, "salt": self.salt.hex()}

    def withheld(self) -> dict[str, Any]:
        return {"name": self.name, "commitment": self.commitment.hex()}


@dataclass(frozen=True)
class Sealed:
    """The committed fields of a stored row, in the order of their names, and the record's commitment over them."""

    rid: str
    version: int
    fields: list[SealedField] = field(repr=False)
    commitment: bytes

    def require(self, leaf: dict[str, Any]) -> None:
        """Raises CannotProve if this is not what a leaf of the ledger commits to."""
        if (self.commitment.hex(), self.rid, self.version) != (leaf.get("c"), leaf.get("rid"), leaf.get("ver")):
            raise CannotProve(f"The stored row of record {self.rid} is not the one that the ledger committed.")


def seal(row: dict[str, Any]) -> Sealed:
    """What of a stored row is committed, and by what."""
    record = from_row(row)
    fields = []
    for name, value in committed_values(record.observation):
        salt = salt_of(record.secret, name)
        fields.append(SealedField(name, value, salt, field_commitment(salt, name, encode_value(value))))
    whole = combine([(one.name, one.commitment) for one in fields])
    return Sealed(record.rid, record.version, fields, whole)


def make_proof(row: dict[str, Any], entry: Entry, leaf_index: int, tree: TreeReader | Sequence[bytes] | bytes,
               *, vkey: str, reveal: Collection[str] | None = None) -> dict[str, Any]:  # fmt: skip
    """The proof of `row`, whose leaf is number `leaf_index` of the tree and stands in `entry`.

    `tree`: the leaf hashes of the ledger from 0 to (at least) the end of `entry`. `vkey`: the key that signed
    `entry`. `reveal`: names of committed fields to show (None: all); of the others only the commitment is given.
    Raises CannotProve.
    """
    if not 0 < leaf_index - entry.first_leaf < len(entry.leaves):
        raise CannotProve(f"Entry {entry.n} of the ledger has no record at leaf {leaf_index}.")
    line = entry.leaves[leaf_index - entry.first_leaf]
    leaf = json.loads(line)
    sealed = seal(row)
    unknown = sorted(set(reveal or ()) - {one.name for one in sealed.fields})
    if unknown:
        known = ", ".join(one.name for one in sealed.fields)
        raise CannotProve(f"This record has no field {', '.join(unknown)}.", remedy=f"Its fields are: {known}.")
    sealed.require(leaf)
    reader = tree if isinstance(tree, TreeReader) else TreeReader(tree)
    proof = {
        "format": FORMAT,
        "record": {"rid": leaf["rid"], "ver": leaf["ver"], "series": leaf.get("series", "")},
        "fields": [
            one.revealed() if reveal is None or one.name in reveal else one.withheld() for one in sealed.fields
        ],
        "leaf": line.decode(),
        "leaf_index": leaf_index,
        "inclusion": [h.hex() for h in reader.inclusion(leaf_index, entry.head.size)],
        "checkpoint": entry.checkpoint,
        "vkey": vkey,
    }
    report = verify_proof(proof, vkey)
    if not report.ok:  # never hand out a proof that others will reject
        raise LedgerError(f"The ledger does not prove record {leaf['rid']}: {report.problems[0]}.")
    return proof


def _typed(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        return {"s": value}
    if isinstance(value, bytes):
        return {"b": base64.b64encode(value).decode()}
    return {"j": json.loads(canonical(value))}


# --------------------------------------------------------------------------- checking


class Broken(Exception):
    """A proof cannot be read further; the text says why."""


def verify_proof(proof: Any, vkey: str | None = None) -> ProofReport:
    """Check a proof without network or archive. Never raises on bad data: `problems` says what is wrong.

    `vkey`: the verifier key that the public body publishes; without it the key inside the proof is used, which shows
    that the proof is whole, not whose it is.
    """
    try:
        return _checked(proof, vkey)
    except Broken as broken:
        return ProofReport([str(broken)], key_given=vkey is not None)


def _checked(proof: Any, vkey: str | None) -> ProofReport:
    if not isinstance(proof, dict) or proof.get("format") != FORMAT:
        raise Broken("this is not a proof of this archive's format")
    leaf, line = record_leaf(proof)
    fields, withheld, commitment = _fields(proof.get("fields"))
    problems = []
    if commitment.hex() != leaf.get("c"):
        problems.append("the fields do not hash to the commitment in the leaf: a value was altered, added or removed")
    named = {"rid": leaf.get("rid"), "ver": leaf.get("ver"), "series": leaf.get("series", "")}
    if proof.get("record") != named or type(proof["record"]["ver"]) is not int:
        problems.append("the record named is not the record in the leaf")
    key = vkey if vkey is not None else proof.get("vkey")
    origin, size = in_tree(proof, line, key, problems)
    return ProofReport(problems, str(leaf["rid"]), leaf["ver"], str(leaf.get("series", "")), fields, withheld,
                       origin, size, key if isinstance(key, str) else "", vkey is not None)  # fmt: skip


def record_leaf(proof: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The leaf that a proof is of, read and as it stands in the ledger. Raises Broken."""
    leaf, line = ledger_line(proof, "the leaf")
    if leaf.get("t") != "record" or not isinstance(leaf.get("rid"), str) or type(leaf.get("ver")) is not int:
        raise Broken("the leaf is not that of a record")
    return leaf, line


def ledger_line(told: dict[str, Any], what: str) -> tuple[dict[str, Any], bytes]:
    """The line under `leaf`, read and as it stands in the ledger: one JSON object in canonical form. Raises Broken."""
    text = told.get("leaf")
    try:
        line = text.encode() if isinstance(text, str) else b""
        read = json.loads(line)
        whole = canonical(read) == line
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise Broken(f"{what} is not JSON") from None
    if not whole or not isinstance(read, dict):
        raise Broken(f"{what} is not a line that the ledger could hold")
    return read, line


def _fields(listed: Any) -> tuple[dict[str, Any], list[str], bytes]:
    """(revealed values, names withheld, the record's commitment that they make)."""
    if not isinstance(listed, list) or not all(isinstance(f, dict) and isinstance(f.get("name"), str) for f in listed):
        raise Broken("the fields are not a list of named fields")
    names = [f["name"] for f in listed]
    if not _survives_encoding(names):
        raise Broken("a field's name is not text")
    if names != sorted(set(names)):
        raise Broken("the fields are not in order, or one is there twice")
    shown: dict[str, Any] = {}
    withheld = []
    parts = []
    for f in listed:
        if f.keys() == {"name", "value", "salt"}:
            shown[f["name"]] = value = _value(f["value"])
            parts.append((f["name"], field_commitment(_hash(f["salt"]), f["name"], encode_value(value))))
        elif f.keys() == {"name", "commitment"}:
            withheld.append(f["name"])
            parts.append((f["name"], _hash(f["commitment"])))
        else:
            raise Broken("a field has neither value and salt nor a commitment")
    return shown, withheld, combine(parts)


def _value(typed: Any) -> Any:
    """A value in its type: text, bytes in base64, or any other JSON. No value has two forms."""
    if isinstance(typed, dict) and len(typed) == 1:
        (tag, value), = typed.items()  # fmt: skip
        if tag == "b" and isinstance(value, str):
            with contextlib.suppress(binascii.Error, ValueError):
                return base64.b64decode(value, validate=True)
        elif tag == ("s" if isinstance(value, str) else "j") and _survives_encoding(value):
            return value
    raise Broken("a field's value is not in one of the forms s, b, j")


def _survives_encoding(value: Any) -> bool:
    """Is the value that a reader sees the one that is hashed? (NaN would be hashed as null.)"""
    try:
        return bool(json.loads(canonical(value)) == value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return False


def _hash(text: Any) -> bytes:
    try:
        raw = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise Broken("a salt, commitment or tree hash is not 32 bytes in hexadecimal")
    return raw


def in_tree(proof: dict[str, Any], line: bytes, key: Any, problems: list[str]) -> tuple[str, int]:
    """Check signature and inclusion; (origin, tree size) of the checkpoint."""
    index, path = proof.get("leaf_index"), proof.get("inclusion")
    if type(index) is not int or not isinstance(path, list):
        raise Broken("the place in the tree is missing")
    hashes = [_hash(h) for h in path]
    if not isinstance(key, str) or not isinstance(proof.get("checkpoint"), str):
        raise Broken("the checkpoint or the verifier key is missing")
    try:
        checkpoint = open_checkpoint(proof["checkpoint"], key)
    except BadNote as bad:
        problems.append(f"the checkpoint's signature does not hold: {bad.args[0]}")
        return "", 0
    if key.partition("+")[0] != checkpoint.origin:
        problems.append("the checkpoint is signed by the key of another ledger")
    if not merkle.verify_inclusion(merkle.leaf_hash(line), index, checkpoint.size, hashes, checkpoint.root):
        problems.append("the leaf is not in the tree that the checkpoint signs")
    return checkpoint.origin, checkpoint.size
