"""A draft of a certification for somebody of the public body to complete and to sign: how these copies came about.

It says what the system did and what can be checked; it draws no conclusion, and nothing in it is certified until a
person who knows the process has signed. What the law asks of such a paper comes from the pack of law, with its source.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from social_archive import __version__
from social_archive.documents import typesetting
from social_archive.documents.figures import count, counted
from social_archive.foia.bundle.model import Contents, File
from social_archive.foia.bundle.pieces import pieces
from social_archive.foia.bundle.reading import account_title, moment
from social_archive.foia.bundle.search_statement import frozen
from social_archive.foia.dispositions import Row

PATH: Final = "7-certification-draft.pdf"
TEMPLATE: Final = "foia/certification.typ"


def write(contents: Contents) -> Iterable[File]:
    """`7-certification-draft.pdf`."""
    yield File(PATH, typesetting.pdf(TEMPLATE, content(contents), at=contents.at))


def content(contents: Contents) -> dict[str, Any]:
    rows = [version.row for item in contents.items for version in item.versions]
    zone = ZoneInfo(contents.agency.body.time_zone)
    return {
        "title": f"Draft certification for request {contents.request.number}",
        "body": contents.agency.body.name,
        "number": contents.request.number,
        "day": moment(contents.at, zone)[0][:10],
        "process": list(_process(contents, rows)),
        "sources": [[pieces(value, ()) for value in line] for line in _sources(contents, rows)],
        "copies": list(_copies(contents, rows)),
        "facts": [[label, value] for label, value in _facts(contents)],
        "law": list(_law(contents)),
    }  # fmt: skip


def _process(contents: Contents, rows: list[Row]) -> Iterator[str]:
    """What the system does, each sentence one that a witness can be asked about."""
    dated = sum(row.get("http_date") is not None for row in rows)
    yield (
        "The records were captured and are kept by the software social-records-archive, version "
        f"{__version__} at the time of this draft. The program that read each record, with its version, "
        "stands in the table below."
    )
    yield (
        "The software asks the platform's own interface for the accounts of the public body, and keeps each "
        "item as the bytes that the platform sent, beside the fields that were read from them."
    )
    yield (
        "With each record it keeps when it was received in coordinated universal time, by the clock of the "
        "machine that received it, and the time that the platform's answer gave, where it gave one: so with "
        f"{count(dated)} of the {counted(len(rows), 'version')} shown here."
    )
    yield (
        "At capture it computes SHA-256 of the platform's answer and of every attachment, and a salted "
        "SHA-256 commitment of the record, which is entered into an append-only ledger. Each entry names the "
        "one before it by hash, and the state of the ledger is signed."
    )
    yield (
        "Nothing is overwritten. An edit is kept as a further version; a removal is kept as a version that "
        "says when the record was seen no more. The store refuses changes of stored objects until their "
        "retention ends."
    )
    yield (
        "Stored objects are read again and compared with their hashes in the ledger by a scheduled audit. "
        "The signer should look at its reports before signing; they are not part of this answer."
    )


def _sources(contents: Contents, rows: list[Row]) -> Iterator[list[str]]:
    """What was fetched from where, by which program: (account, service, program, versions)."""
    found = Counter(
        (row.get("platform") or "", row.get("account") or "", _service(row.get("endpoint")), row.get("adapter") or "")
        for row in rows
    )
    for (platform, account, service, program), number in sorted(found.items()):
        yield [account_title(contents, platform, account), service, program, count(number)]


def _service(endpoint: str | None) -> str:
    """The service of an address, without its path: paths name posts and people."""
    if not endpoint:
        return "not shown"
    try:
        parts = urlsplit(endpoint)
        return f"{parts.scheme}://{parts.hostname}" if parts.hostname else "not an address"
    except ValueError:
        return "not an address"


def _copies(contents: Contents, rows: list[Row]) -> Iterator[str]:
    """How the copies were made from the records."""
    totals = contents.reviewed.totals
    native = sum(version.native is not None for item in contents.items for version in item.versions)
    yield (
        f"A search was frozen for the request; it matched {counted(totals['hits'], 'record')}. "
        f"Given whole: {count(totals['released'])}; with words removed: {count(totals['redacted'])}; "
        f"withheld: {count(totals['withheld'])}; destroyed on schedule before: {count(totals['disposed'])}."
    )
    yield (
        f"Of the {counted(len(rows), 'version')} shown, {count(native)} are given as the bytes that the "
        "platform sent. The others are given as marked derivatives, and what was removed is named in the "
        "withholding log."
    )
    yield (
        "For every version of every matching record the answer has a proof that leads from the fields shown "
        "to the signed ledger. The program verify.py, which is part of the answer, checks all of them "
        "offline."
    )
    yield (
        "The readable papers were made from the same fields. Where the two differ, the platform's bytes are the record."
    )


def _facts(contents: Contents) -> Iterator[tuple[str, str]]:
    event, evidence = frozen(contents), contents.evidence
    yield "SHA-256 of the frozen search", event.sha256 if event else "not known"
    yield "SHA-256 of the checkpoint", hashlib.sha256(evidence.checkpoint.encode()).hexdigest()
    yield "root of the ledger's tree", evidence.root.hex()
    yield "leaves of the tree", count(evidence.size)
    yield "ledger", evidence.origin
    yield "verifier key", evidence.vkey
    yield "plan of the review", contents.reviewed.plan


def _law(contents: Contents) -> Iterator[list[Any]]:
    """What the pack of law has on such a paper: (sentence, citation), marked where nobody has read it."""
    law = contents.law
    if law is None:
        return
    for name in ("copies", "process", "digital", "declaration", "adopted"):
        if said := getattr(law.certification, name):
            yield [pieces(said[0].upper() + said[1:] + ".", ()), pieces(law.cite(f"certification.{name}"), ())]
