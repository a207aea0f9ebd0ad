"""The worksheet: every field of the disposal form, and in the first line that it is not that form."""

from __future__ import annotations

from typing import Any

import pytest

from social_archive.documents.worksheet import content, pdf
from tests.social_archive.documents.test_coverage import MARKUP, objects, pages
from tests.social_archive.documents.worksheets import line, worksheet


def test_it_is_one_page_of_pdf_a_that_repeats() -> None:
    made = pdf(worksheet())
    inside = objects(made)
    assert pages(made) == 1
    for mark in (b"<pdfaid:part>2</pdfaid:part>", b"<pdfaid:conformance>A</pdfaid:conformance>",
                 b"<pdfuaid:part>1</pdfuaid:part>", b"/StructTreeRoot"):  # fmt: skip
        assert mark in inside, mark
    assert pdf(worksheet()) == made


def test_it_has_every_field_of_the_form() -> None:
    told = content(worksheet())
    assert told["fields"] == [
        ["application number", "00:000"], ["county", "Larkspur (invented)"], ["from", "Larkspur Public Library"],
        ["address", "1 Example Lane, Larkspur"], ["telephone", ""], ["e-mail", "records@larkspur.example"],
    ]  # fmt: skip
    (_, comments) = told["lines"]
    assert comments == {
        "item": "104", "title": "Comments and replies by the public", "dates": ["2028-01-02", "2028-02-28"],
        "basis": "series public-comments · kept 1 year · Larkspur schedule 00:000, item 102 (invented)",
        "cutoff": "cut-off 2028-01 to 2028-02", "eligible": "2029-03-01", "volume": "1.53 GB",
        "records": "12,411 records", "objects": "40 objects", "format": "Apache Parquet",
        "disposal_date": "2031-03-01",
    }  # fmt: skip
    assert told["totals"] == ["12,430", "45 objects", "1.53 GB"]
    assert told["excluded"][1] == ["Item 104", "an open records request matches them", "140"]
    assert told["prepared"] == "Mei Castellanos (invented), 2031-01-15 16:20 UTC"


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        (30, "Disposal is proposed for 2031-03-01: the form must be filed by 2031-01-30, at least 30 days before."),
        (1, "Disposal is proposed for 2031-03-01: the form must be filed by 2031-02-28, at least 1 day before."),
        (0, "Disposal is proposed for 2031-03-01; the form is to be filed before."),
        (None, ""),
    ],
)
def test_by_when_to_file_follows_from_the_law_that_it_is_given(days: int | None, sentence: str) -> None:
    authority = {**worksheet()["authority"], "file_days_before": days}
    told = content(worksheet(authority=authority))
    assert told["filing"] == sentence
    assert told["notice"] == "The official form is the Commission's own (invented sentence)."


def test_many_items_go_on_continuation_pages_and_an_empty_list_is_a_page_too() -> None:
    assert pages(pdf(worksheet(lines=[line(str(100 + n)) for n in range(60)]))) > 2
    nothing = {"records": 0, "objects": 0, "bytes": 0}
    assert pages(pdf(worksheet(lines=[], excluded=[], totals=nothing))) == 1


def test_what_is_unknown_leaves_room_to_write() -> None:
    unknown = worksheet(
        body={"name": "Larkspur Public Library"}, authority={"name": "The Commission (invented)"},
        lines=[line(inclusive_from=None, inclusive_to=None, cutoff_first=None, cutoff_last=None, citation=None)],
    )  # fmt: skip
    told = content(unknown)
    assert [value for _, value in told["fields"]] == ["", "", "Larkspur Public Library", "", "", ""]
    assert told["lines"][0]["dates"] == ["no date", ""]
    assert pages(pdf(unknown)) == 1


@pytest.mark.parametrize("place", ["name", "title", "reason", "sentence", "by", "disposal"])
def test_text_is_never_taken_for_markup(place: str) -> None:
    given: dict[str, Any] = {
        "name": {"body": {"name": MARKUP}}, "title": {"lines": [line(title=MARKUP)]},
        "reason": {"excluded": [{"what": "x", "records": 1, "reason": MARKUP}]},
        "sentence": {"authority": {"name": "x", "sentence": MARKUP}},
        "by": {"prepared": {"by": MARKUP, "at": "2031-01-15T16:20:00Z"}}, "disposal": {"disposal": MARKUP},
    }[place]  # fmt: skip
    assert pages(pdf(worksheet(**given))) == 1
