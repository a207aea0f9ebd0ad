"""The signed note of a certificate of destruction, and the check of everything without network or archive.

The note is a C2SP signed note by the ledger's key. Its text commits to the certificate's bytes and to its PDF::

    social-records-archive/certificate/v1
    number 2031-0004
    plan 1d0c…
    ledger larkspur.example/social-records 4711 0a4c51…
    json sha256:5d1e…
    pdf sha256:77b0…

    — larkspur.example/social-records Az3grlgtzPICa5OS8npVmf…

Its first line keeps it from being taken for a checkpoint, whose second line is a number. The certificate itself
carries one checkpoint of the ledger, taken after the last verification, and the lines of the ledger's entries about
the disposal with their proofs of inclusion (`certificate_evidence`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from social_archive.note import BadNote, Checkpoint, Signer, open_checkpoint, verify_note
from social_archive.record import canonical
from social_archive.retention import certificate_evidence
from social_archive.retention.certificate_schema import FORMAT, Certificate, LedgerPosition

__all__ = ["FORMAT", "CertificateReport", "encode", "sign", "verify"]


@dataclass(frozen=True)
class CertificateReport:
    """The outcome of a check. `key_given`: the verifier key came from the caller, not from the certificate.

    `certificate` is what the file holds; it is there too if it does not hold, so that one can see what was claimed.
    """

    problems: list[str]
    certificate: dict[str, Any] = field(default_factory=dict)
    vkey: str = ""
    key_given: bool = False
    pdf_checked: bool = False

    @property
    def ok(self) -> bool:
        return not self.problems


def encode(certificate: dict[str, Any]) -> bytes:
    """The bytes of the certificate's file: canonical JSON and a newline."""
    return canonical(certificate) + b"\n"


def sign(signer: Signer, certificate: bytes, pdf: bytes | None) -> str:
    """The note over a certificate's bytes (as `encode` made them), and over its pages if there are any."""
    return signer.sign_note(_text(json.loads(certificate), certificate, pdf))


def _text(c: dict[str, Any], certificate: bytes, pdf: bytes | None) -> str:
    ledger = c["ledger"]
    lines = [
        FORMAT,
        f"number {c['number']}",
        f"plan {c['plan']}",
        f"ledger {ledger['origin']} {ledger['size']} {ledger['root']}",
        f"json sha256:{hashlib.sha256(certificate).hexdigest()}",
    ]
    if pdf is not None:
        lines.append(_pdf_line(pdf))
    return "\n".join(lines) + "\n"


def _pdf_line(pdf: bytes) -> str:
    return f"pdf sha256:{hashlib.sha256(pdf).hexdigest()}"


# --------------------------------------------------------------------------- checking


class _Broken(Exception):
    """What was given cannot be read further; the text says why."""


def verify(certificate: bytes, note: str, *, pdf: bytes | None = None, vkey: str | None = None) -> CertificateReport:
    """Check a certificate and its note; never raises on bad data.

    `pdf`: the pages, if they are at hand. `vkey`: the verifier key that the public body publishes; without it the key
    inside the certificate is used, which shows that the files belong together, not whose they are.
    """
    given = vkey is not None
    try:
        raw = _read(certificate)
        c = _typed(raw)
    except _Broken as broken:
        return CertificateReport([str(broken)], vkey=vkey or "", key_given=given)
    key = c.ledger.vkey if vkey is None else vkey.strip()
    try:
        text, checkpoint = _opened(c.ledger, note, key)
    except _Broken as broken:
        return CertificateReport([str(broken)], raw, key, given)
    problems = [
        *_not_signed(raw, certificate, text, pdf),
        *_elsewhere(c.ledger, checkpoint, key),
        *certificate_evidence.problems(c, checkpoint),
    ]
    return CertificateReport(problems, raw, key, given, pdf_checked=pdf is not None)


def _read(certificate: bytes) -> dict[str, Any]:
    try:
        raw = json.loads(certificate)
        same = encode(raw) == certificate
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise _Broken("the certificate is not JSON") from None
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise _Broken("this is not a certificate of destruction of this archive's format")
    if not same:
        raise _Broken("the certificate is not in the form in which it was written: it was opened and saved, or altered")
    return raw


def _typed(raw: dict[str, Any]) -> Certificate:
    try:
        return msgspec.convert(raw, Certificate)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise _Broken(f"the certificate lacks something, or has it in another form: {error}") from None


def _opened(ledger: LedgerPosition, note: str, key: str) -> tuple[str, Checkpoint]:
    """The note's text and the ledger's checkpoint, both signatures checked."""
    try:
        text = verify_note(note, key)
    except BadNote as bad:
        raise _Broken(f"the note's signature does not hold: {bad.args[0]}") from None
    try:
        return text, open_checkpoint(ledger.checkpoint, key)
    except BadNote as bad:
        raise _Broken(f"the ledger's checkpoint in the certificate does not hold: {bad.args[0]}") from None


def _not_signed(raw: dict[str, Any], certificate: bytes, text: str, pdf: bytes | None) -> Iterator[str]:
    """What the note's text says otherwise than the files."""
    body, _, last = text.removesuffix("\n").rpartition("\n")
    signed_page = last if last.startswith("pdf ") else None
    if (body + "\n" if signed_page else text) != _text(raw, certificate, None):
        yield "the certificate is not the one that the note signs: it was altered, or the two do not belong together"
    if pdf is not None and signed_page != _pdf_line(pdf):
        yield "the pages (PDF) are not those that the note signs"


def _elsewhere(ledger: LedgerPosition, checkpoint: Checkpoint, key: str) -> Iterator[str]:
    if (checkpoint.origin, checkpoint.size, checkpoint.root.hex()) != (ledger.origin, ledger.size, ledger.root):
        yield "the ledger position in the certificate is not that of its checkpoint"
    if key.partition("+")[0] != checkpoint.origin:
        yield "the note is signed by the key of another ledger"
    if ledger.vkey != key:
        yield "the certificate names another key than the one that it was checked with"
