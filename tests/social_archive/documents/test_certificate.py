"""The certificate on paper: a few pages and an annex, PDF/A and accessible; nothing in it is taken for markup."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import typst

from social_archive.documents import certificate, typesetting
from social_archive.documents.figures import counted, span, time, volume
from tests.social_archive.documents.test_coverage import MARKUP, objects, pages
from tests.social_archive.retention.certificates import LOCK, certified

TEMPLATES = Path(typesetting.__file__).parent
MADE = certified()


def content(c: dict[str, Any]) -> dict[str, Any]:
    return certificate.content(c, "0" * 64)


def shown(c: dict[str, Any]) -> int:
    """How much stands on the pages, drawn."""
    data = json.dumps(typesetting._printable(content(c)))
    drawn = typst.compile(str(TEMPLATES / certificate.TEMPLATE), root=str(TEMPLATES), sys_inputs={"data": data},
                          format="svg", ignore_system_fonts=True)  # fmt: skip
    return sum(len(page) for page in drawn) if isinstance(drawn, list) else len(drawn)


def altered(path: str, value: Any) -> dict[str, Any]:
    c = json.loads(json.dumps(MADE.certificate))
    *above, last = (int(part) if part.isdigit() else part for part in path.split("."))
    inner = c
    for part in above:
        inner = inner[part]
    inner[last] = value
    return dict(c)


def test_it_is_pdf_a_with_tags_a_title_and_a_language() -> None:
    made = certificate.pdf(MADE.certificate, MADE.body)
    inside = objects(made)
    assert pages(made) == 3
    for mark in (b"<pdfaid:part>2</pdfaid:part>", b"<pdfaid:conformance>A</pdfaid:conformance>",
                 b"<pdfuaid:part>1</pdfuaid:part>", b"/MarkInfo", b"/StructTreeRoot", b"/Lang"):  # fmt: skip
        assert mark in inside, mark
    assert b"Certificate of destruction 2031-0004" in inside


def test_the_same_certificate_gives_the_same_pages_and_another_file_others() -> None:
    again = certified()
    assert certificate.pdf(again.certificate, again.body) == certificate.pdf(MADE.certificate, MADE.body)
    assert certificate.pdf(MADE.certificate, MADE.body + b" ") != certificate.pdf(MADE.certificate, MADE.body)


def test_it_says_what_when_by_whom_and_what_was_kept() -> None:
    told = content(certified(released=True).certificate)
    assert told["summary"] == (
        "Larkspur Public Library destroyed 7 records in 4 stored objects (0.17 MB) on 2031-03-03 15:00 UTC. "
        "Two people had approved it. Afterwards each place where a copy could be was looked through twice. "
        "1 object of those proposed was kept."
    )
    assert [row[0] for row in told["people"]] == [
        "proposed by", "first approval by", "second approval by", "carried out by",
    ]  # fmt: skip
    assert told["people"][1][1] == "Rosa Lindqvist (invented), Records officer (records)"
    assert told["people"][3][1] == "a scheduled run"
    assert ["its answer", "approved on 2031-02-18, reference LRC 31-118 (invented)"] in told["authority"]
    assert told["exceptions"] == [["A hold was placed after the approval: what it matches was kept.", "1", "12"]]
    assert told["checked"][0] == ["2031-03-03 14:36:02", "after 9 entries, 49 leaves"]
    assert ["claimed and destroyed in 2 batches", "entries 9 to 12", "leaves 49 to 52"] in told["steps"]
    disk = next(place for place in told["places"] if "disk" in place["title"])
    assert [look[1] for look in disk["rounds"]] == ["not yet gone", "gone"]
    assert told["lines"][0]["others"] == ["1 media file", "2 quarantined items"]


def test_it_counts_what_was_about_the_records() -> None:
    made = certified(companions=True)
    told = content(made.certificate)
    assert ["3", "findings and decisions"] in told["figures"]
    assert told["lines"][1]["others"] == ["1 import", "3 findings or decisions"]
    assert shown(made.certificate) > shown(MADE.certificate)


def test_where_no_authority_is_asked_it_says_so() -> None:
    asked = {"name": "The Board (invented)", "application_number": None, "required": False, "filed": None,
             "returned": None, "citation": None}  # fmt: skip
    rows = dict(content(altered("authority", asked))["authority"])
    assert (rows["its answer"], rows["disposal certificate filed"]) == ("none was needed", "not filed")
    assert "under" not in rows


def test_up_to_200_objects_are_listed_by_folder_and_more_only_counted() -> None:
    many = certified(extra=certificate.ANNEX - 5)
    folders = content(many.certificate)["folders"]
    numbers = [int(o["number"].replace(",", "")) for folder in folders for o in folder["objects"]]
    assert numbers == list(range(1, certificate.ANNEX + 1))
    assert len({folder["folder"] for folder in folders}) == len(folders)
    assert pages(certificate.pdf(many.certificate, many.body)) < 12
    more = certified(extra=certificate.ANNEX)
    assert content(more.certificate)["folders"] == []
    assert pages(certificate.pdf(more.certificate, more.body)) == 2


def test_the_fullest_certificate_keeps_what_is_long_in_the_json() -> None:
    full = certified(extra=600, batches=300)
    told = content(full.certificate)
    assert (len(told["checked"]), told["checked_more"]) == (12, 288)
    assert len(told["steps"]) == 8
    assert pages(certificate.pdf(full.certificate, full.body)) <= 3


@pytest.mark.parametrize(
    "place",
    ["body.name", "body.address", "authority.name", "authority.returned.reference", "lines.0.title", "lines.0.citation",
     "method.0", "statement.text", "people.approved.0.name", "people.executed.software", "places.0.title",
     "places.0.rounds.0.detail", "number", "objects.0.key", "objects.0.version", "ledger.origin"],
)  # fmt: skip
def test_text_is_shown_and_never_taken_for_markup(place: str) -> None:
    c = altered(place, MARKUP)
    assert pages(certificate.pdf(c, b"")) >= 2
    assert shown(c) > shown(altered(place, "")) + 500  # a call or a comment would have shown nothing


def test_an_object_without_lock_or_request_and_letters_that_the_fonts_lack_are_no_obstacle() -> None:
    bare = {**LOCK, "mode": None, "until": None, "hold": False}
    (first, *_), *_ = [f["objects"] for f in content(altered("objects.3.lock", bare))["folders"]]
    assert first["lock"] == "none"
    assert pages(certificate.pdf(altered("objects.0.request_id", None), b"")) == 3
    assert pages(certificate.pdf(altered("body.name", "図書館 😀 \u202eevil"), b"")) == 3


def test_figures_are_written_as_forms_ask_for_them() -> None:
    assert [volume(n) for n in (0, 12, 4_999, 5_000, 999_999_999, 1_534_419_940)] == [
        "0.00 MB", "under 0.01 MB", "under 0.01 MB", "0.01 MB", "1,000.00 MB", "1.53 GB",
    ]  # fmt: skip
    assert (counted(1, "record"), counted(2, "batch", "batches")) == ("1 record", "2 batches")
    assert time("2031-03-03T23:59:59-06:00") == "2031-03-04 05:59"
    assert (time("soon"), time(None)) == ("soon", "–")
    assert (span("2028-01", "2028-02"), span("2028-01", "2028-01"), span(None, None)) == (
        "2028-01 to 2028-02", "2028-01", "–",
    )  # fmt: skip
