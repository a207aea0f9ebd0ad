"""Cells of the index: what somebody wrote is shown and does nothing."""

from __future__ import annotations

import csv
import io

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_archive.foia.bundle import cells, index
from tests.social_archive.foia.bundle.paper_scene import contents

FORMULAS = (
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "\n=1", "\uff1d1+1", "\uff0b1", "\uff0d1",
    "\uff20x", " =1", '"=1', "\u200b=1", "\ufeff=HYPERLINK(1)",
)  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_nothing_that_anybody_wrote_is_a_formula(text: str) -> None:
    assert cells.inert(text)[0] in "'\u2039"


@given(st.text(max_size=60))
def test_cells_survive_csv_and_hide_nothing(text: str) -> None:
    body = cells.csv_of(["a", "b"], [[text, "end"]]).decode("utf-8-sig")
    (_, row) = csv.reader(io.StringIO(body, newline=""))
    assert row == [cells.inert(text), "end"]
    assert not any(c < " " and c not in "\t\n" for c in row[0])
    assert not set(row[0]) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u200b\ufeff\ufffe\uffff")
    assert cells.shown("".join(c for c in text if c.isalnum())) == "".join(c for c in text if c.isalnum())


def test_what_turns_the_reading_order_is_shown_by_its_code() -> None:
    assert cells.shown("photo\u202egpj.exe") == "photo\u2039U+202E\u203agpj.exe"
    plain = "two\nlines, \u0634\u0643\u0631\u0627, \U0001f600"
    assert cells.shown(plain) == plain


def test_the_workbook_has_the_same_rows_and_nothing_in_it_runs() -> None:
    made = contents()
    files = {file.path: file.body for file in index.write(made)}
    book, text = files["4-index.xlsx"], files["4-index.csv"]
    assert isinstance(book, bytes)
    assert isinstance(text, bytes)
    again = {file.path: file.body for file in index.write(made)}
    assert again == files
    (sheet,) = openpyxl.load_workbook(io.BytesIO(book)).worksheets
    listed = list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    assert len(listed) == sheet.max_row == 1 + sum(len(item.hit.versions) for item in made.reviewed.items)
    for row, cells_ in zip(listed, sheet.iter_rows(), strict=True):
        for told, cell in zip(row, cells_, strict=True):
            assert cell.value is None or (cell.data_type, cell.hyperlink) == ("s", None)
            assert told.removeprefix("'") == (cell.value or "").removeprefix("'")
    assert any(told.startswith("'=") for row in listed for told in row)
