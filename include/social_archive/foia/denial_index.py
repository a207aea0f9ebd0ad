"""The central file of denials: one list, open to the public, by exemption and by type of record.

Generated from what the ledger says of each answer, so nobody keeps it and nothing can be forgotten. It outlives the
requests: of one that was destroyed on schedule the codes, types and counts are left. No requester is in it, nor anybody
else; the copies of the notices that go with it were made without the requester's name, address and words.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, Final

from social_archive.documents import typesetting
from social_archive.documents.figures import counted
from social_archive.foia import request_file
from social_archive.foia.letters import PUBLIC, legal
from social_archive.foia.letters.answering import attached
from social_archive.foia.letters.denied import TYPES, named
from social_archive.foia.letters.facts import written

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.foia.request_file import Event, RequestFile

TEMPLATE: Final = "letters/denial_index.typ"
BURDEN: Final = "unduly burdensome"
"""What stands in the place of an exemption's code for a request that was denied because of its size."""

_DECISIONS: Final = {"partial": "denied in part", "denied": "denied"}
_TYPES: Final = {"post": "posts", "comment": "comments", "profile": "profiles", "mixed": "several types of records"}


@dataclass(frozen=True)
class Row:
    """One exemption asserted in one answer. `notice`: the file of its copy; empty if that was destroyed on schedule."""

    number: str
    answered: str
    decision: str
    code: str
    title: str
    citation: str
    record_type: str
    records: int
    deletions: int
    notice: str


def rows(archive: Archive, *, exemption: str | None = None, record_type: str | None = None) -> list[Row]:
    """All of them in the order of the answers; only those of one exemption or one type of record, if asked for."""
    found = of_files(archive, request_file.every(archive))
    same = _same_exemption(archive, exemption)
    return [row for row in found if same(row.code) and record_type in (None, row.record_type)]


def notices(archive: Archive) -> Iterator[tuple[str, bytes]]:
    """(file name, PDF) of the copy of every notice of denial that still exists."""
    for place, (file, event) in enumerate(_denials(request_file.every(archive)), 1):
        if (body := _public(file, event)) is not None:
            yield _name(place), body


def of_files(archive: Archive, files: Sequence[RequestFile]) -> list[Row]:
    return [row for place, (file, event) in enumerate(_denials(files), 1)
            for row in _rows(archive, file, event, place)]  # fmt: skip


def _denials(files: Sequence[RequestFile]) -> list[tuple[RequestFile, Event]]:
    found = [(file, event) for file in files for event in file.all("answered")
             if event.told["outcome"] in _DECISIONS]  # fmt: skip
    return sorted(found, key=lambda one: one[1].n)


def _rows(archive: Archive, file: RequestFile, event: Event, place: int) -> Iterator[Row]:
    told = event.told
    notice = _name(place) if _public(file, event) is not None else ""
    asserted = told.get("denials") or [{"code": "", "record_type": "mixed", "records": 0, "cuts": 0}]
    for one in asserted:
        title, citation = _named(archive, one["code"], date.fromisoformat(told["sent"]))
        yield Row(file.number, told["sent"], _DECISIONS[told["outcome"]], one["code"] or BURDEN, title, citation,
                  one["record_type"], one["records"], one["cuts"], notice)  # fmt: skip


def _named(archive: Archive, code: str, day: date) -> tuple[str, str]:
    if not code:
        return "", legal.citation(legal.load(archive.agency, day), "burden.conditions")
    return named(archive, code)[:2]


def _public(file: RequestFile, event: Event) -> bytes | None:
    letter = next((one for one in file.all("letter") if one.id == event.told["letter"]), None)
    return attached(letter, PUBLIC) if letter is not None else None


def _name(place: int) -> str:
    """A file's name has nothing of the request in it, not even a number that somebody typed."""
    return f"notice-{place:04d}.pdf"


def _same_exemption(archive: Archive, wanted: str | None) -> Callable[[str], bool]:
    """However the code is written: "7 (1) (b)" finds "7(1)(b)"."""
    if wanted is None:
        return lambda code: True
    from social_archive.foia.exemptions import load_exemptions

    known = load_exemptions(archive.agency)
    found = known.get(wanted)

    def same(code: str) -> bool:
        return code.casefold() == wanted.casefold() or (found is not None and known.get(code) == found)

    return same


# --------------------------------------------------------------------------- as files

COLUMNS: Final = (
    "number", "answered", "decision", "code", "title", "citation", "record_type", "records", "deletions", "notice",
)  # fmt: skip


def to_csv(some: Sequence[Row]) -> bytes:
    """For a spreadsheet, in which nothing is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    writer.writerows([_inert(value) for value in asdict(row).values()] for row in some)
    return out.getvalue().encode("utf-8-sig")


def _inert(value: Any) -> str:
    text = str(value)
    return f"'{text}" if text[:1] in "=+-@\t\r＝＋－＠" and text else text


def to_json(some: Sequence[Row]) -> bytes:
    return json.dumps([asdict(row) for row in some], indent=2, ensure_ascii=True).encode() + b"\n"


def to_pdf(archive: Archive, some: Sequence[Row], *, day: date) -> bytes:
    """The list on paper (PDF/A), as it is on a day."""
    return typesetting.pdf(TEMPLATE, content(archive, some, day), at=datetime.combine(day, time(12), UTC))


def content(archive: Archive, some: Sequence[Row], day: date) -> dict[str, Any]:
    """What stands on the pages, in the words in which it stands there."""
    body, law = archive.agency.body, legal.load(archive.agency, day)
    by_code = [{"code": code, "title": group[0].title, "citation": group[0].citation, "rows": _shown(group)}
               for code, group in _grouped(some, lambda row: row.code, sorted({row.code for row in some}))]  # fmt: skip
    by_type = [{"type": _TYPES[kind], "rows": _shown(group)}
               for kind, group in _grouped(some, lambda row: row.record_type, TYPES)]  # fmt: skip
    return {
        "title": "Denials of requests for public records", "about": "By exemption and by type of record",
        "body": body.name, "where": ", ".join(part for part in (body.name, body.address) if part),
        "summary": _summary(body.name, some, day), "required": legal.denial_file(law),
        "rows": _shown(some), "by_code": by_code, "by_type": by_type,
    }  # fmt: skip


def _grouped(some: Sequence[Row], key: Callable[[Row], str], order: Iterable[str]) -> Iterator[tuple[str, list[Row]]]:
    for one in order:
        if group := [row for row in some if key(row) == one]:
            yield one, group


def _shown(some: Sequence[Row]) -> list[dict[str, str]]:
    return [{"number": row.number, "date": row.answered, "decision": row.decision, "code": row.code,
             "type": _TYPES[row.record_type], "records": f"{row.records:,}" if row.records else "–",
             "notice": row.notice or "destroyed on schedule"} for row in some]  # fmt: skip


def _summary(body: str, some: Sequence[Row], day: date) -> str:
    until = f"Until {written(day)}"
    if not some:
        return f"{until} {body} has denied no request, neither in whole nor in part."
    whole = len({row.number for row in some if row.decision == _DECISIONS["denied"]})
    part = len({row.number for row in some if row.decision == _DECISIONS["partial"]})
    codes = len({row.code for row in some} - {BURDEN})
    return (f"{until} {body} has denied {counted(whole, 'request')} in whole and {part:,} in part, "
            f"under {counted(codes, 'exemption')}.")  # fmt: skip
