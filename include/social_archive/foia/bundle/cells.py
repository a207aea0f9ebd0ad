"""Somebody's words in the cell of a table: shown, never carried out.

A spreadsheet takes a cell that begins with `=` for a formula; a bidi control makes `exe.gpj` read as `jpg.exe`. In CSV
a word that could be a formula gets an apostrophe in front (OWASP's list, and the full-width forms that some programs
take for the same). Characters that cannot be seen or that turn the reading order are shown by their code.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Final

_FORMULA: Final = re.compile("[\\s\"'\u200b\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n\0]")
_FORMULAS: Final = re.compile("^[ \"']*[=+\\-@]", re.MULTILINE)  # the same among plain cells, one a line
_UNSEEN: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def shown(text: str) -> str:
    """Text without any character that XML refuses, that hides, or that changes the order of what is read."""
    plain = text.replace("\r\n", "\n")
    return plain if plain.isascii() and plain.isprintable() else _UNSEEN.sub(_code, plain)


def inert(text: str) -> str:
    """The same, for a cell of CSV."""
    plain = shown(text)
    return f"'{plain}" if _FORMULA.match(plain) else plain


def is_plain(column: Sequence[str]) -> bool:
    """Are all cells of it shown as they are? One look at all of them, for the many columns of which it is true."""
    words = "".join(column)
    return words.isascii() and words.isprintable()


def _inert_column(column: Sequence[str]) -> Sequence[str]:
    if is_plain(column) and not _FORMULAS.search("\n".join(column)):
        return column
    return [inert(cell) for cell in column]


def csv_of(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV file as RFC 4180 has it, in UTF-8 with a mark so that spreadsheets read it as such."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(zip(*map(_inert_column, zip(*rows, strict=True)), strict=True))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _code(found: re.Match[str]) -> str:
    return f"\u2039U+{ord(found.group()):04X}\u203a"
