"""Tables as evidence: a CSV cut into rows byte for byte, so that one broken row hides no other."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_BOM: Final = b"\xef\xbb\xbf"
_LONGEST: Final = 4 << 20  # bytes of one row: an unclosed quote must not swallow the rest of the table

csv.field_size_limit(_LONGEST)


@dataclass(frozen=True)
class Table:
    """`header` as it stands (BOM gone); `rows` are raw records without their line ends, blank lines left out."""

    header: list[str]
    rows: Iterator[bytes]


class BadRow(ValueError):
    """`code` goes to quarantine with the row: not_utf8, not_csv."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def table(body: bytes) -> Table:
    """Cut a CSV. A header that cannot be read is an empty one."""
    rows = _records(body.removeprefix(_BOM))
    try:
        header = [name.strip() for name in cells(next(rows, b""))]
    except BadRow:
        header = []
    return Table(header, rows)


def cells(row: bytes, delimiter: str = ",") -> list[str]:
    """The values of one raw record. Raises BadRow."""
    try:
        return next(csv.reader((row.decode("utf-8"),), strict=True, delimiter=delimiter), [])
    except UnicodeDecodeError:
        raise BadRow("not_utf8") from None
    except csv.Error:
        raise BadRow("not_csv") from None


def _records(body: bytes) -> Iterator[bytes]:
    """Lines, joined while a quote is open."""
    lines = body.split(b"\n")
    at = 0
    while at < len(lines):
        record, end = lines[at], at
        if record.count(b'"') & 1:
            record, end = _joined(lines, at)
        if record.strip():
            yield record.removesuffix(b"\r")
        at = end + 1


def _joined(lines: list[bytes], at: int) -> tuple[bytes, int]:
    """The record that begins in this line and where it ends; the line alone if its quote never closes."""
    quotes, size = 0, 0
    for end in range(at, len(lines)):
        quotes += lines[end].count(b'"')
        size += len(lines[end]) + 1
        if not quotes & 1:
            return b"\n".join(lines[at : end + 1]), end
        if size > _LONGEST:
            break
    return lines[at], at
