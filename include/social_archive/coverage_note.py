"""The signed note of a coverage statement, and the check of both without network or archive.

The note is a C2SP signed note by the ledger's key. Its text commits to the statement's bytes and to the page in PDF::

    social-records-archive/coverage/v1
    account mastodon/larkspur
    period 2026-01-01T06:00:00Z 2026-04-01T05:00:00Z
    ledger larkspur.example/social-records 4711 0a4c51…
    json sha256:5d1e…
    pdf sha256:77b0…

    — larkspur.example/social-records Az3grlgtzPICa5OS8npVmf…

Its first line keeps it from being taken for a checkpoint, whose second line is a number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from social_archive.note import BadNote, Signer, open_checkpoint, verify_note
from social_archive.record import canonical

FORMAT: Final = "social-records-archive/coverage/v1"


@dataclass(frozen=True)
class NoteReport:
    """The outcome of a check. `key_given`: the verifier key came from the caller, not from the statement."""

    problems: list[str]
    statement: dict[str, Any] = field(default_factory=dict)
    vkey: str = ""
    key_given: bool = False
    pdf_checked: bool = False

    @property
    def ok(self) -> bool:
        return not self.problems


def sign(signer: Signer, statement: bytes, pdf: bytes | None) -> str:
    """The note over a statement's bytes (as `coverage.encode` made them), and over its page if there is one."""
    return signer.sign_note(_text(json.loads(statement), statement, pdf))


def _text(stated: dict[str, Any], statement: bytes, pdf: bytes | None) -> str:
    account, period, ledger = stated["account"], stated["period"], stated["ledger"]
    lines = [
        FORMAT,
        f"account {account['platform']}/{account['name']}",
        f"period {period['from']} {period['to']}",
        f"ledger {ledger['origin']} {ledger['size']} {ledger['root']}",
        f"json sha256:{hashlib.sha256(statement).hexdigest()}",
    ]
    if pdf is not None:
        lines.append(f"pdf sha256:{hashlib.sha256(pdf).hexdigest()}")
    return "\n".join(lines) + "\n"


def verify(statement: bytes, note: str, *, pdf: bytes | None = None, vkey: str | None = None) -> NoteReport:
    """Check a statement and its note; never raises on bad data.

    `pdf`: the page, if it is at hand. `vkey`: the verifier key that the public body publishes; without it the key
    inside the statement is used, which shows that the files belong together, not whose they are.
    """
    given = vkey is not None
    try:
        stated = _read(statement)
        key = vkey or str(stated["ledger"]["vkey"])
        problems = list(_problems(stated, statement, note, pdf, key))
    except _Broken as broken:
        return NoteReport([str(broken)], key_given=given)
    except (KeyError, TypeError, ValueError):
        return NoteReport(["fields are missing from the statement"], key_given=given)
    return NoteReport(problems, stated, key, given, pdf_checked=pdf is not None)


class _Broken(Exception):
    """What was given cannot be read further; the text says why."""


def _read(statement: bytes) -> dict[str, Any]:
    try:
        stated = json.loads(statement)
        same = canonical(stated) + b"\n" == statement
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise _Broken("the statement is not JSON") from None
    if not isinstance(stated, dict) or stated.get("format") != FORMAT:
        raise _Broken("this is not a coverage statement of this archive's format")
    if not same:
        raise _Broken("the statement is not in the form in which it was written: it was opened and saved, or altered")
    return stated


def _problems(stated: dict[str, Any], statement: bytes, note: str, pdf: bytes | None, key: str) -> Iterator[str]:
    try:
        text = verify_note(note, key)
    except BadNote as bad:
        yield f"the note's signature does not hold: {bad.args[0]}"
        return
    ledger = stated["ledger"]
    signed_page = next((line for line in text.splitlines() if line.startswith("pdf ")), None)
    if text.replace(f"{signed_page}\n", "") != _text(stated, statement, None):
        yield "the statement is not the one that the note signs: it was altered, or the two do not belong together"
    if pdf is not None and signed_page != f"pdf sha256:{hashlib.sha256(pdf).hexdigest()}":
        yield "the page (PDF) is not the one that the note signs"
    try:
        checkpoint = open_checkpoint(ledger["checkpoint"], key)
    except BadNote as bad:
        yield f"the ledger's checkpoint in the statement does not hold: {bad.args[0]}"
        return
    if (checkpoint.origin, checkpoint.size, checkpoint.root.hex()) != (
        ledger["origin"], ledger["size"], ledger["root"],
    ):  # fmt: skip
        yield "the ledger position in the statement is not that of its checkpoint"
    if key.partition("+")[0] != checkpoint.origin:
        yield "the note is signed by the key of another ledger"
