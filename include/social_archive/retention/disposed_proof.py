"""A proof that a record was in the ledger and was disposed of: checked offline, and without any content.

What it shows: the record's leaf (its random id, a salted commitment) is in the tree; the entry that names the
certificate, and which leaves that certificate covers, is in the same tree; and the leaf is among them. While the
certificate is pending, the entry that reports the destruction stands in its place.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from social_archive.errors import LedgerError
from social_archive.merkle import TreeReader
from social_archive.proof import Broken, in_tree, ledger_line, record_leaf

FORMAT: Final = "social-records-archive/disposed/v1"

CERTIFIED: Final = "disposal.certified"
DESTROYED: Final = "disposal.destroyed"

Proof = dict[str, Any]


@dataclass(frozen=True)
class DisposedReport:
    """The outcome of a check. `certificate` None: pending when the proof was made."""

    problems: list[str]
    rid: str = ""
    version: int = 0
    series: str = ""
    disposal: str = ""
    certificate: str | None = None
    origin: str = ""
    size: int = 0
    vkey: str = ""
    key_given: bool = False

    @property
    def ok(self) -> bool:
        return not self.problems


def covered(note: dict[str, Any]) -> list[list[int]]:
    """The leaf ranges that the note of an entry (certified or destroyed) names."""
    if isinstance(note.get("objects"), list):  # of a certificate it is their number
        return [part for one in note["objects"] for part in one.get("leaves") or []]
    return list(note.get("leaves") or [])


def make(line: bytes, leaf: int, entry_line: bytes, entry_leaf: int, hashes: bytes, checkpoint: str,
         vkey: str) -> Proof:  # fmt: skip
    """The proof for the record at `leaf`, by the entry whose own line is at `entry_leaf`.

    `hashes`: all leaf hashes of the tree that `checkpoint` (signed by `vkey`) is of. Raises LedgerError.
    """
    record, entry = json.loads(line), json.loads(entry_line)
    tree = TreeReader(hashes)
    proof = {
        "format": FORMAT,
        "record": {"rid": record["rid"], "ver": record["ver"], "series": record.get("series", "")},
        "disposal": entry["note"]["disposal"],
        "certificate": entry["note"].get("certificate"),
        "leaf": line.decode(),
        "leaf_index": leaf,
        "inclusion": [h.hex() for h in tree.inclusion(leaf)],
        "entry": {
            "leaf": entry_line.decode(), "leaf_index": entry_leaf,
            "inclusion": [h.hex() for h in tree.inclusion(entry_leaf)],
        },
        "checkpoint": checkpoint,
        "vkey": vkey,
    }  # fmt: skip
    report = verify(proof, vkey)
    if not report.ok:  # never hand out a proof that others will reject
        raise LedgerError(f"The ledger does not prove that record {record['rid']} was disposed of.")
    return proof


def verify(proof: Any, vkey: str | None = None) -> DisposedReport:
    """Check a proof without network or archive. Never raises on bad data: `problems` says what is wrong.

    `vkey`: the verifier key that the public body publishes; without it the key inside the proof is used.
    """
    try:
        return _checked(proof, vkey)
    except Broken as broken:
        return DisposedReport([str(broken)], key_given=vkey is not None)


def _checked(proof: Any, vkey: str | None) -> DisposedReport:
    if not isinstance(proof, dict) or proof.get("format") != FORMAT or not isinstance(proof.get("entry"), dict):
        raise Broken("this is not a proof of this archive's format")
    leaf, line = record_leaf(proof)
    entry, entry_line = _entry(proof["entry"])
    key = vkey if vkey is not None else proof.get("vkey")
    problems: list[str] = []
    origin, size = in_tree(proof, line, key, problems)
    if not problems:
        told = {**proof["entry"], "checkpoint": proof["checkpoint"]}
        in_tree(told, entry_line, key, problems)
    problems += _contradictions(proof, leaf, entry)
    return DisposedReport(
        problems, str(leaf["rid"]), leaf["ver"], str(leaf.get("series", "")), str(proof.get("disposal")),
        proof.get("certificate"), origin, size, key if isinstance(key, str) else "", vkey is not None,
    )  # fmt: skip


def _entry(told: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The entry's own line, read: one that certifies or reports a destruction."""
    entry, line = ledger_line(told, "the entry that names the disposal")
    known = entry.get("t") == "entry" and entry.get("what") in (CERTIFIED, DESTROYED)
    if not known or not isinstance(entry.get("note"), dict):
        raise Broken("the entry is not one that names a disposal")
    return entry, line


def _contradictions(proof: Proof, leaf: dict[str, Any], entry: dict[str, Any]) -> list[str]:
    """Where the proof says something else than the two leaves that it shows."""
    note = entry["note"]
    certified = entry["what"] == CERTIFIED
    problems = []
    if proof.get("record") != {"rid": leaf["rid"], "ver": leaf["ver"], "series": leaf.get("series", "")}:
        problems.append("the record named is not the record in the leaf")
    if proof.get("disposal") != note.get("disposal"):
        problems.append("the disposal named is not the one in the entry")
    if proof.get("certificate") != (note.get("certificate") if certified else None):
        problems.append("the certificate named is not the one in the entry")
    if not _among(proof["leaf_index"], note):
        problems.append("the record is not among those that this disposal covers")
    return problems


def _among(index: int, note: dict[str, Any]) -> bool:
    try:
        return any(first <= index <= last for first, last in covered(note))
    except (TypeError, ValueError, KeyError, AttributeError):
        return False
