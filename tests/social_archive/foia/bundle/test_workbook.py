"""Rows written into a workbook as columns are what a spreadsheet reads cell by cell."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from social_archive.foia.bundle import cells, workbook
from social_archive.foia.bundle.workbook import LONGEST_CELL, Sheets

SHEETS = Sheets("Index", "Larkspur (invented)", datetime(2026, 3, 1), ("control", "text"), (20, 80),
                frozenset({"text"}), " [more]")  # fmt: skip

HARD = ("=1+1", "<b>&amp;</b>", " before and after ", "two\nlines", "_x0041_", "\u202eturned", "\0", "a\0b", "\ufffd",
        "\U0001f600", "'", "")  # fmt: skip


def read(rows: Sequence[Sequence[str]], sheets: Sheets = SHEETS) -> list[list[list[str]]]:
    """Every sheet's rows behind its header, as openpyxl reads them: text only, or it fails.

    `_x005F_` is ECMA-376's way to write a `_`.
    """
    book = openpyxl.load_workbook(io.BytesIO(sheets.book(rows)))
    found = []
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            assert {cell.data_type for cell in row if cell.value is not None} <= {"s"}
        found.append([[unescape(cell.value or "") for cell in row] for row in sheet.iter_rows(min_row=2)])
    return found


def test_hard_words_stand_in_every_place_as_they_are_shown() -> None:
    rows = [(f"{n}", word) for n in range(5) for word in HARD]
    assert read(rows) == [[[number, cells.shown(word)] for number, word in rows]]


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), min_size=1, max_size=9))
def test_any_rows_are_read_again(rows: list[tuple[str, str]]) -> None:
    lines = [[cells.shown(cell).replace("\r", "\n") for cell in row] for row in rows]
    assert read(rows) == [lines]


def test_rows_go_on_in_the_next_sheet_and_pieces_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_AT_ONCE", 3)
    monkeypatch.setattr(workbook, "ROWS_OF_A_SHEET", 10)
    rows = [(f"n{n}", f"text {n}") for n in range(21)]
    whole = [list(row) for row in rows]
    assert read(rows) == [whole[:10], whole[10:20], whole[20:]]


def test_a_cell_that_is_too_long_says_so_in_every_place() -> None:
    long = "\U0001f600" * LONGEST_CELL
    (found,) = read([("a", long), ("b", long), ("c", long), ("d", "short")])
    texts = [text for _, text in found]
    assert len({*texts[:3]}) == 1
    assert texts[0].endswith(" [more]")
    assert len(texts[0].encode("utf-16-le")) // 2 in (LONGEST_CELL - 1, LONGEST_CELL)
    assert texts[3] == "short"


def test_columns_look_alike_in_all_rows() -> None:
    book = openpyxl.load_workbook(io.BytesIO(SHEETS.book([("a", "b")] * 4)))
    rows = book.worksheets[0].iter_rows(min_row=2)
    shapes = {(control.alignment.vertical, text.alignment.wrap_text) for control, text in rows}
    assert shapes == {("top", True)}
