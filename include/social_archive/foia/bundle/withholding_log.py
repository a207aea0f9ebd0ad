"""What was withheld and what was cut, with its exemption and its reason, in the shape in which a court asks.

It describes without disclosing: what kind of thing it is, on which account, of which day, about how long. That is all
that is ever read of a withheld record here (`_nature`), and lengths are rounded so that they say little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from social_archive.documents import typesetting
from social_archive.documents.figures import count, counted
from social_archive.foia.bundle.cells import csv_of
from social_archive.foia.bundle.model import Contents, File
from social_archive.foia.bundle.pieces import pieces
from social_archive.foia.bundle.reading import REPEATS, field_words, moment
from social_archive.foia.dispositions import Row, ShownItem, ShownVersion, token
from social_archive.law import VERIFY

TEMPLATE: Final = "foia/withholding_log.typ"
COLUMNS: Final = ("control", "version", "field", "what", "exemption", "citation", "basis")
NOT_STATED: Final = "not stated"
WHOLE: Final = "record"
"""What stands as the field of a record that is withheld as a whole."""


@dataclass(frozen=True)
class Line:
    """One thing withheld or cut under one exemption. `version` is empty for a whole record, all its versions."""

    control: str
    version: str
    field: str
    what: str
    exemption: str
    citation: str
    basis: str


def write(contents: Contents) -> Iterable[File]:
    """`5-withholding-log.csv` and `.pdf`. Both say so if nothing was withheld."""
    found = list(lines(contents))
    yield File("5-withholding-log.csv", csv_of(COLUMNS, ([getattr(line, name) for name in COLUMNS] for line in found)))
    yield File("5-withholding-log.pdf", typesetting.pdf(TEMPLATE, content(contents, found), at=contents.at))


def lines(contents: Contents) -> Iterator[Line]:
    """Every withheld record and every cut, in the order of the search: one line per exemption."""
    zone = ZoneInfo(contents.agency.body.time_zone)
    for shown in contents.items:
        item = shown.item
        if item.outcome == "withheld":
            what = _nature(shown, zone)
            for code in item.codes:
                yield _line(contents, shown, "", WHOLE, what, code)
        for version in shown.versions:
            for name, what, codes in _cuts(version, zone):
                for code in codes:
                    yield _line(contents, shown, str(version.version), name, what, code)


def _line(contents: Contents, shown: ShownItem, version: str, name: str, what: str, code: str) -> Line:
    basis = shown.item.reasons.get(code, "").replace("\n", " ") or NOT_STATED
    return Line(shown.item.control, version, name, what, code, citation(contents, code), basis)


def citation(contents: Contents, code: str) -> str:
    """Where the law has an exemption; marked if nobody has read it there, or if the pack does not know it."""
    known = contents.exemptions.get(code) if contents.exemptions is not None else None
    if known is None:
        return f"{code} ({VERIFY})"
    return known.citation if known.known else f"{known.citation} ({VERIFY})"


# --------------------------------------------------------------------------- without disclosing


def _nature(shown: ShownItem, zone: ZoneInfo) -> str:
    """A withheld record: its kind, its account, its day, about its length. Nothing else of it may be read."""
    rows = shown.withheld_rows
    if not rows:
        return "a record whose copy is not at hand"
    first = rows[0]
    longest = max(len(row.get("body") or "") for row in rows)
    files = max(len(row.get("media") or ()) for row in rows)
    where = f"{first['platform']}/{first['account']}"
    whose = f"by the account {where} itself" if first.get("author_is_account") else f"by somebody else on {where}"
    parts = [f"{first['kind']} {whose}", _posted(first, zone), about(longest)]
    parts += [counted(files, "attachment") if files else "", counted(len(rows), "version") if len(rows) > 1 else ""]
    return ", ".join(part for part in parts if part)


def about(length: int) -> str:
    """A length that says little: one digit of it."""
    if length == 0:
        return "no text"
    if length < 50:
        return "fewer than 50 characters"
    size = 10 ** (len(str(length)) - 1)
    return f"about {round(length / size) * size:,} characters"


def _posted(row: Row, zone: ZoneInfo) -> str:
    posted, _ = moment(row.get("created_at"), zone)
    return f"posted {posted[:10]}" if posted else ""


def _cuts(version: ShownVersion, zone: ZoneInfo) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(field, what of it, codes) of everything that is cut of one version."""
    row = version.row
    of = " ".join(part for part in (row.get("kind") or "record", _posted(row, zone)) if part)
    for name in sorted(version.cut):
        yield name, f"{_removed(name, row)} ({of})", version.cut[name]
    for media in version.media:
        if media.code is not None:
            what = f"attachment {media.number + 1} of type {media.mime or 'unknown'} ({of})"
            yield f"media:{media.number}", what, tuple(media.code.split(", "))


def _removed(name: str, row: Row) -> str:
    if name in REPEATS:
        return f"{field_words(name)}, which repeats what was cut"
    if name == "body":
        marks = (row.get("body") or "").count(_MARK)
        return f"words in {marks} places of the text" if marks > 1 else "words of the text"
    return field_words(name)


_MARK: Final = token("").rstrip("]")


# --------------------------------------------------------------------------- on paper


def content(contents: Contents, found: list[Line]) -> dict[str, Any]:
    law, body, number = contents.law, contents.agency.body.name, contents.request.number
    columns = {one.code: one.text for one in law.court.log_columns} if law else {}
    totals = contents.reviewed.totals
    return {
        "title": f"Withholding log for request {number}",
        "heading": (law.court.log_title if law else None) or "Records withheld and deletions",
        "under": law.cite("court.log_columns") if law else "",
        "shape": [text for text in (columns.get("nature"), columns.get("exemption")) if text],
        "body": body,
        "number": number,
        "day": moment(contents.at, ZoneInfo(contents.agency.body.time_zone))[0][:10],
        "figures": [
            [count(totals["hits"]), "records matched the search"],
            [count(totals["released"]), "released whole"],
            [count(totals["redacted"]), "released with words removed"],
            [count(totals["withheld"]), "withheld"],
        ],
        "summary": _summary(contents, found),
        "lines": list(_rows(contents, found)),
        "decided": _decided(contents),
    }  # fmt: skip


def _summary(contents: Contents, found: list[Line]) -> list[dict[str, Any]]:
    made = []
    for code in sorted({line.exemption for line in found}):
        own = [line for line in found if line.exemption == code]
        known = contents.exemptions.get(code) if contents.exemptions is not None else None
        whole = {line.control for line in own if line.field == WHOLE}
        made.append({
            "code": code, "title": known.title if known else "an exemption that is not in the archive's list",
            "citation": citation(contents, code), "withheld": count(len(whole)),
            "redacted": count(len({line.control for line in own} - whole)),
        })  # fmt: skip
    return made


def _rows(contents: Contents, found: list[Line]) -> Iterator[list[Any]]:
    """One row of the paper per version and exemption: what is cut, without what only repeats it."""
    codes = tuple(sorted({line.exemption for line in found}))
    for (control, version, code), group in groupby(
        sorted(found, key=lambda one: (one.control, one.version, one.exemption)),
        key=lambda one: (one.control, one.version, one.exemption),
    ):
        own = list(group)
        telling = [line for line in own if line.field not in REPEATS] or own
        several = len(telling) > 1
        what = "; ".join(line.what.rpartition(" (")[0] if several and i < len(telling) - 1 else line.what
                         for i, line in enumerate(telling))  # fmt: skip
        label = "withheld" if own[0].field == WHOLE else f"version {version}, cut"
        yield [control, label, pieces(what, ()), code, pieces(own[0].citation, ()), pieces(own[0].basis, codes),
               own[0].basis == NOT_STATED]  # fmt: skip


def _decided(contents: Contents) -> list[str]:
    """Who answers for it, by name and title."""
    users = dict.fromkeys([event.by for event in contents.request.file.all("disposition")] + [contents.confirmed.by])
    people = [(user, contents.agency.person(user)) for user in users]
    return [f"{person.name}, {person.title}" if person else user for user, person in people]
