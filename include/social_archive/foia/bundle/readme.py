"""The first file that somebody opens: where to begin, what is what, how to check it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from zoneinfo import ZoneInfo

from social_archive.documents.figures import counted
from social_archive.foia.bundle.model import Contents, File
from social_archive.foia.bundle.reading import moment

PATH: Final = "README.txt"

_FILES: Final = (
    ("1-response-letter.pdf", "the answer, what is given, what is not, and what you can do about it"),
    ("2-request.pdf", "your request, and the day by which it had to be answered"),
    ("3-records/", "the records, to be read: records.html in any browser, or the PDF files on paper"),
    ("4-index.csv, .xlsx", "a table of all records, one line for each version"),
    ("5-withholding-log.pdf, .csv", "what was withheld or removed, under which exemption, and why"),
    ("6-search-statement.pdf", "what was searched, and what the search may have missed"),
    ("7-certification-draft.pdf", "a draft that somebody of the public body may sign"),
    ("coverage/", "when each account was looked at, and when it could not be"),
    ("native/", "each record exactly as the platform sent it"),
    ("redacted/", "what may be shown of records of which something was removed"),
    ("media/", "pictures and other attachments"),
    ("load-files/", "the same for review software (Concordance, EDRM)"),
    ("proofs/, verify.py", "what proves all of this, and the program that checks it"),
)  # fmt: skip


def write(contents: Contents) -> Iterable[File]:
    """`README.txt`."""
    yield File(PATH, text(contents).encode())


def text(contents: Contents) -> str:
    body, number, totals = contents.agency.body.name, contents.request.number, contents.reviewed.totals
    day = moment(contents.at, ZoneInfo(contents.agency.body.time_zone))[0][:10]
    there = [(name, what) for name, what in _FILES if _is_there(contents, name)]
    width = max(len(name) for name, _ in there)
    heading = f"Records of {body}: answer to request {number}"
    return "\n".join([
        heading,
        "=" * len(heading),
        "",
        f"Decided on {day}. {counted(totals['hits'], 'record')} matched the search:",
        "",
        f"  {totals['released']:>7,}  here whole",
        f"  {totals['redacted']:>7,}  here with words removed; a mark like [REDACTED code] stands in their place",
        f"  {totals['withheld']:>7,}  withheld",
        f"  {totals['disposed']:>7,}  destroyed on schedule before",
        "",
        f"Begin with {there[0][0].partition(',')[0]}, then open 3-records/records.html.",
        "",
        *(f"  {name:<{width}}  {what}" for name, what in there),
        "",
        "Each record has a control number, which stands in every file that speaks of it. Times are given on the clock",
        "of the public body and in UTC (coordinated universal time).",
        "",
        "How to check that nothing is missing and nothing was changed",
        "-----------------------------------------------------------",
        "",
        "You need Python 3.9 or later and its package `cryptography`. No connection to the internet is needed:",
        "",
        "    python verify.py",
        "",
        "in this folder, or `python verify.py FILE.zip` with the file that you were given. To be sure that it was",
        f"signed by {body}, get its verifier key from its website or by telephone, not from here, and run",
        "",
        "    python verify.py --key KEY",
        "",
        "The folder is a BagIt bag (RFC 8493), so any program for such bags can check its files too. Nothing here",
        "runs by itself, and no file asks the network for anything.",
        "",
    ])  # fmt: skip


def _is_there(contents: Contents, name: str) -> bool:
    if name.startswith("1-"):
        return contents.letter is not None
    if name == "coverage/":
        return bool(contents.coverage)
    versions = [version for item in contents.items for version in item.versions]
    if name == "native/":
        return any(version.native is not None for version in versions)
    if name == "redacted/":
        return any(version.native is None for version in versions)
    if name == "media/":
        return any(m.code is None and (m.path or m.derivative is not None) for v in versions for m in v.media)
    return name != "load-files/" or contents.options.load_files
