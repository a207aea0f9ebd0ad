"""The papers beside the records: the request, the withholding log, the search statement, the draft certification."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from social_archive.foia.bundle import (
    certification,
    load_files,
    readme,
    request_paper,
    search_statement,
    withholding_log,
)
from social_archive.foia.bundle.model import Contents, File
from social_archive.foia.bundle.withholding_log import about, citation, lines
from social_archive.foia.dispositions import Reviewed
from tests.social_archive.documents.test_coverage import objects
from tests.social_archive.foia.bundle.paper_scene import NUMBER, PRIVACY, PRIVATE, SECRET, contents

SCENE = contents(load_files=True)
WRITERS = {one.__name__.rpartition(".")[2]: one.write for one in (
    request_paper, withholding_log, search_statement, certification, readme, load_files)}  # fmt: skip


@cache
def files() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for write in WRITERS.values():
        found |= {file.path: as_bytes(file) for file in write(SCENE)}
    return found


def as_bytes(file: File) -> bytes:
    assert isinstance(file.body, bytes)
    return file.body


def printed(pdf: bytes) -> str:
    """The words of the pages; hashes without the places at which they may break."""
    found = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"\s+", " ", found.replace("\u200b", ""))


@pytest.mark.parametrize("name", WRITERS)
def test_the_same_contents_give_the_same_bytes(name: str) -> None:
    again: Callable[[Contents], Iterable[File]] = WRITERS[name]
    for file in again(contents(load_files=True)):
        assert as_bytes(file) == files()[file.path], file.path


def test_every_paper_is_pdf_a_and_active_in_nothing() -> None:
    papers = {path: body for path, body in files().items() if path.endswith(".pdf")}
    assert sorted(papers) == ["2-request.pdf", "5-withholding-log.pdf", "6-search-statement.pdf",
                              "7-certification-draft.pdf"]  # fmt: skip
    for path, body in papers.items():
        inside = objects(body)
        for mark in (b"<pdfaid:part>2</pdfaid:part>", b"<pdfaid:conformance>A</pdfaid:conformance>",
                     b"/StructTreeRoot"):  # fmt: skip
            assert mark in inside, path
        assert not [active for active in (b"/JavaScript", b"/URI", b"/Launch", b"/EmbeddedFile") if active in inside]


def test_no_word_of_a_withheld_record_stands_in_any_of_them() -> None:
    for path, body in files().items():
        inside = objects(body) + printed(body).encode() if path.endswith(".pdf") else body
        for name in (SECRET, *SECRET.split(), "zquillfeather", "hospital", "flooded"):
            assert name.encode() not in inside, path


# --------------------------------------------------------------------------- the request


def test_the_request_stands_word_for_word_with_the_day_on_which_its_period_ends() -> None:
    text = printed(files()["2-request.pdf"])
    assert "please send me all comments about the parking lot from March to May 2026" in text
    assert '=HYPERLINK("http://evil.example","x") ‹U+202E right-to- left override›gnp.exe' in text
    assert SCENE.due is not None
    assert f"{SCENE.due.date} the period to answer ends" in text
    assert "Answer within 21 working days of receipt." in text
    assert "Not counted: Juneteenth National Freedom Day. 2026-06-19" in text
    assert "commercial: The requester says" in text
    assert "2026-06-02, by e-mail" in text


def test_without_a_law_no_day_is_made_up() -> None:
    told = request_paper.content(replace(SCENE, due=None, law=None))
    assert told["due"] == "not computed"
    assert [step[0] for step in told["steps"]][1:] == [
        "No law on requests is written down for this jurisdiction, so no day was computed."]  # fmt: skip


# --------------------------------------------------------------------------- the withholding log


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files()["5-withholding-log.csv"].decode("utf-8-sig"))))


def test_the_log_has_every_withheld_record_every_cut_and_every_withheld_file() -> None:
    told = [(row["control"][-5:], row["version"], row["field"], row["exemption"]) for row in rows()]
    assert told == [
        ("00003", "1", "body", PRIVATE), ("00003", "1", "native", PRIVATE), ("00004", "", "record", PRIVACY),
        ("00005", "1", "author", PRIVACY), ("00005", "1", "body", PRIVACY), ("00005", "1", "identity", PRIVACY),
        ("00005", "1", "native", PRIVACY), ("00005", "1", "media:1", PRIVACY),
    ]  # fmt: skip
    assert {row["basis"] for row in rows() if row["exemption"] == PRIVATE} == {"The writer's own telephone number."}
    assert {row["citation"] for row in rows()} == {citation(SCENE, PRIVATE), citation(SCENE, PRIVACY)}


def test_it_describes_without_disclosing() -> None:
    by_field = {(row["control"][-5:], row["field"]): row["what"] for row in rows()}
    assert by_field["00004", "record"] == (
        "comment by somebody else on mastodon/larkspur, posted 2026-04-03, about 100 characters"
    )
    assert by_field["00003", "body"] == "words in 2 places of the text (comment posted 2026-04-03)"
    assert [about(n) for n in (0, 12, 49, 50, 87, 214, 1_499, 1_501)] == [
        "no text", "fewer than 50 characters", "fewer than 50 characters", "about 50 characters",
        "about 90 characters", "about 200 characters", "about 1,000 characters", "about 2,000 characters",
    ]  # fmt: skip
    text = printed(files()["5-withholding-log.pdf"])
    assert "without disclosing what is exempt" in text
    assert "36 released whole" in text


def test_a_reason_cannot_become_a_formula_and_a_missing_one_is_seen() -> None:
    cut = SCENE.items[2]
    hostile = replace(cut, item=replace(cut.item, reasons={PRIVATE: "=cmd|' /C calc'!A0"}))
    bare = replace(cut, item=replace(cut.item, reasons={}))
    table, _ = withholding_log.write(replace(SCENE, items=[hostile, bare]))
    found = list(csv.DictReader(io.StringIO(as_bytes(table).decode("utf-8-sig"))))
    assert [row["basis"][0] for row in found] == ["'", "'", "n", "n"]
    assert [line.basis for line in lines(replace(SCENE, items=[bare]))] == ["not stated"] * 2


def test_an_exemption_that_nobody_has_read_is_to_be_verified() -> None:
    assert citation(SCENE, "9(z)") == "9(z) (verify with counsel)"
    assert citation(replace(SCENE, exemptions=None), PRIVATE) == f"{PRIVATE} (verify with counsel)"


def test_a_log_of_nothing_says_so() -> None:
    table, paper = withholding_log.write(replace(SCENE, items=SCENE.items[:2]))
    assert as_bytes(table).decode("utf-8-sig").split("\r\n") == [",".join(withholding_log.COLUMNS), ""]
    assert "Nothing was withheld and nothing was deleted." in printed(as_bytes(paper))


# --------------------------------------------------------------------------- the search statement


def test_the_statement_says_what_was_searched_and_what_it_may_have_missed() -> None:
    told = json.loads(files()["6-search-statement.json"])
    assert (told["searched"], told["hits"], told["versions"], told["excluded"], told["quarantined"]) == (
        18_204, 40, 42, 6, 2)  # fmt: skip
    assert told["totals"] == {"hits": 40, "released": 36, "redacted": 2, "withheld": 1, "disposed": 1, "undecided": 0}
    assert told["reconciles"] is True
    assert [gap["reason_in_words"] for gap in told["gaps"]] == [
        "the login had expired", "the platform shows only so much of a long thread"]  # fmt: skip
    assert [one["title"] for one in told["accounts"]] == ["Mastodon · larkspur", "Mastodon · larkspur-kids"]
    text = printed(files()["6-search-statement.pdf"])
    for words in ("the login had expired", "still open", "2026-002", "without museum", "18,204 records looked at",
                  "2026-04-11 01:00:00 CDT", "Each is counted once", told["frozen"]["sha256"][:20]):  # fmt: skip
        assert words in text, words


def test_figures_that_do_not_add_up_are_not_papered_over() -> None:
    reviewed: Reviewed = replace(SCENE.reviewed, items=SCENE.reviewed.items[1:])
    paper = list(search_statement.write(replace(SCENE, reviewed=reviewed)))[1]
    assert "These figures do not add up." in printed(as_bytes(paper))


# --------------------------------------------------------------------------- certification, read me, load files


def test_the_certification_is_a_draft_that_claims_nothing_and_names_what_can_be_checked() -> None:
    text = printed(files()["7-certification-draft.pdf"])
    for words in ("DRAFT · NOT SIGNED", "Nothing is certified until a person has completed and signed it",
                  "whether Illinois has adopted rules like these is not verified".capitalize(), "verify with counsel",
                  "https://social.example mastodon.3", "DRAFT, not signed"):  # fmt: skip
        assert words.lower() in text.lower(), words
    searched = SCENE.request.file.last("searched")
    assert searched is not None
    assert searched.sha256 in text.replace(" ", "")
    assert "/api/v1" not in text


def test_the_first_file_says_what_is_there_and_how_to_check_it() -> None:
    text = files()["README.txt"].decode()
    assert text.startswith(f"Records of Larkspur Public Library: answer to request {NUMBER}\n")
    assert "1-response-letter.pdf" not in text  # there is none in this scene
    assert "coverage/" not in text
    assert "python verify.py" in text
    assert max(len(line) for line in text.splitlines()) <= 115


def test_load_files_come_only_when_asked_for_and_hold_what_was_shown() -> None:
    assert not list(load_files.write(contents()))
    dat = files()["load-files/records.dat"].decode("utf-8-sig")
    table = [[field[1:-1] for field in line.split("\x14")] for line in dat.split("\r\n")[:-1]]
    assert all(len(row) == len(load_files.FIELDS) for row in table)
    assert tuple(table[0]) == load_files.FIELDS
    found = {row[0]: dict(zip(table[0], row, strict=True)) for row in table[1:]}
    assert found["LPL-2026-014-00001-v1-0"]["PARENT"] == "LPL-2026-014-00001-v1"
    assert found["LPL-2026-014-00003-v1"]["FILEPATH"] == "redacted/LPL-2026-014-00003-v1.json"
    assert found["LPL-2026-014-00004"]["OUTCOME"] == "withheld"
    assert found["LPL-2026-014-00004"]["TEXT"] == ""
    assert found["LPL-2026-014-00008-v1"]["TEXT"].count("®") == 26
    assert found["LPL-2026-014-00016-v1"]["TEXT"].startswith("null‹U+0000›byte")


def test_the_edrm_file_is_well_formed_whatever_was_written() -> None:
    root = ElementTree.fromstring(files()["load-files/records-edrm.xml"])  # noqa: S314
    documents = {one.get("DocID"): one for one in root.iter("Document")}
    assert len(documents) == 44
    tags = {tag.get("TagName"): tag.get("TagValue") for tag in documents["LPL-2026-014-00012-v1"].iter("Tag")}
    assert tags["TEXT"] == "<script>alert('parking')</script><img src=x onerror=alert(1)>"
    assert tags["DATEPOSTED"] == "2026-04-03T15:25:05Z"
    assert next((r.get("ParentDocId"), r.get("ChildDocId")) for r in root.iter("Relationship")) == (
        "LPL-2026-014-00001-v1", "LPL-2026-014-00001-v1-0")  # fmt: skip
