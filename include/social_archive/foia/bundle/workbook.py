"""A table as a workbook in which every cell is text: nothing that anybody wrote is a formula, a number or a link.

xlsxwriter makes the book, with the header and the first and last row of each sheet. The rows between are written into
it as columns, some thousands at a time: cell by cell they take ten times as long.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any, Final

from social_archive.foia.bundle import cells

LONGEST_CELL: Final = 32_767
"""UTF-16 units that a cell can hold."""

ROWS_OF_A_SHEET: Final = 1_000_000
_AT_ONCE: Final = 2_000
"""Rows whose XML is in memory together."""

_HUGE: Final = 300_000_000  # characters, of which each may become six bytes

_STYLE: Final = re.compile(rb'<col min="(\d+)" max="(\d+)"[^>]*? style="(\d+)"')
_ROW_ENDS: Final = b"</row>"
_ESCAPE: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_A: Final = ord("A")  # the first column; there are never as many as 27
_BETWEEN: Final = "\0"  # in no cell: `cells.shown` takes it out


@dataclass(frozen=True)
class Sheets:
    """What a book holds. `wide`: the columns whose text wraps. `more`: what a cell ends with that had to be cut."""

    title: str
    author: str
    made: datetime
    columns: Sequence[str]
    widths: Sequence[int]
    wide: frozenset[str]
    more: str

    def book(self, rows: Sequence[Sequence[str]]) -> bytes:
        """The file. Rows that no sheet can hold any more go on in the next."""
        parts = [rows[at : at + ROWS_OF_A_SHEET] for at in range(0, max(1, len(rows)), ROWS_OF_A_SHEET)]
        out = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(self._frame(parts))) as frame,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book,
        ):
            between = {f"xl/worksheets/sheet{n}.xml": part[1:-1] for n, part in enumerate(parts, 1)}
            for info in frame.infolist():
                inside = between.get(info.filename, ())
                entry = zipfile.ZipInfo(info.filename, info.date_time)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with book.open(entry, "w", force_zip64=_is_huge(inside)) as packed:
                    for piece in self._filled(frame.read(info), inside):
                        packed.write(piece)
        return out.getvalue()

    def _frame(self, parts: Sequence[Sequence[Sequence[str]]]) -> bytes:
        import xlsxwriter

        out = io.BytesIO()
        text_only = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        book = xlsxwriter.Workbook(out, {"constant_memory": True, **text_only})
        book.set_properties({"title": self.title, "author": self.author, "created": self.made})
        bold, top = book.add_format({"bold": True}), book.add_format({"valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        styles = [wrapped if name in self.wide else top for name in self.columns]
        for number, part in enumerate(parts, 1):
            sheet = book.add_worksheet(f"Records {number}")
            sheet.freeze_panes(1, 1)
            for column, (name, width, style) in enumerate(zip(self.columns, self.widths, styles, strict=True)):
                sheet.set_column(column, column, width, style)
                sheet.write_string(0, column, name, bold)
            for at in sorted({0, len(part) - 1} if part else ()):
                self._row(sheet, at + 1, part[at], styles)
            sheet.autofilter(0, 0, len(part), len(self.columns) - 1)
        book.close()
        return out.getvalue()

    def _row(self, sheet: Any, number: int, row: Sequence[str], styles: Sequence[Any]) -> None:
        for column, cell in enumerate(row):
            if cell:
                sheet.write_string(number, column, self._fitting(cells.shown(cell)), styles[column])

    def _filled(self, sheet: bytes, rows: Sequence[Sequence[str]]) -> Iterator[bytes]:
        """A sheet with `rows` behind its header and its first row."""
        if not rows:
            yield sheet
            return
        place = sheet.index(_ROW_ENDS, sheet.index(_ROW_ENDS) + 1) + len(_ROW_ENDS)
        yield sheet[:place]
        styles = _styles(sheet[:place], len(self.columns))
        for at in range(0, len(rows), _AT_ONCE):
            yield self._xml(rows[at : at + _AT_ONCE], at + 3, styles).encode()
        yield sheet[place:]

    def _xml(self, rows: Sequence[Sequence[str]], first: int, styles: Sequence[int]) -> str:
        columns = [self._column(column) for column in zip(*rows, strict=True)]
        starts = [f'<c r="{chr(_A + at)}' for at in range(len(columns))]
        ends = [f'" s="{styles[at]}" t="inlineStr"><is>{_tag(column)}' for at, column in enumerate(columns)]
        found = []
        for number, row in enumerate(zip(*columns, strict=True), first):
            written = [f"{start}{number}{end}{cell}</t></is></c>"
                       for start, end, cell in zip(starts, ends, row, strict=True) if cell]  # fmt: skip
            found.append(f'<row r="{number}">{"".join(written)}</row>')
        return "".join(found)

    def _column(self, column: Sequence[str]) -> list[str]:
        """The cells of a column as XML has them, all at once where nothing in them is unusual."""
        if not cells.is_plain(column):
            column = [cells.shown(cell) for cell in column]
        if max(map(len, column)) >= LONGEST_CELL // 2:
            column = [self._fitting(cell) for cell in column]
        return _ESCAPE.sub("_x005F_", escape(_BETWEEN.join(column), quote=False)).split(_BETWEEN)

    def _fitting(self, shown: str) -> str:
        if len(shown) < LONGEST_CELL // 2:
            return shown
        encoded = shown.encode("utf-16-le")
        if len(encoded) <= 2 * LONGEST_CELL:
            return shown
        return encoded[: 2 * (LONGEST_CELL - len(self.more))].decode("utf-16-le", "ignore") + self.more


def _is_huge(rows: Sequence[Sequence[str]]) -> bool:
    """May its XML pass 2 GB? Only then is it zip64, which not every spreadsheet program opens."""
    return sum(len(cell) for row in rows for cell in row) > _HUGE


def _styles(sheet: bytes, columns: int) -> list[int]:
    """The number of each column's style, as xlsxwriter gave it."""
    styles = [0] * columns
    for first, last, style in _STYLE.findall(sheet):
        styles[int(first) - 1 : int(last)] = [int(style)] * (int(last) - int(first) + 1)
    return styles


def _tag(column: Sequence[str]) -> str:
    """Of the text of its cells: XML keeps the spaces around it only if told so."""
    return '<t xml:space="preserve">' if any(cell != cell.strip() for cell in column) else "<t>"
