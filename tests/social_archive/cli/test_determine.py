"""`archive determine` as a records officer types it, on a real store. Names and words are invented."""

from __future__ import annotations

from pathlib import Path

import pytest

from social_archive.archive import Archive
from social_archive.cli import determine as commands
from social_archive.config import StoreConfig
from social_archive.policy.determinations import ANSWERS
from tests.social_archive.cli.conftest import Run
from tests.social_archive.policy.deciding import policy, rid_of
from tests.social_archive.retention.scenes import comment, library, take_in

HOSTILE = "It says \x1b[31mso\x1b[0m \u202eon page two (invented)"
EXEMPT = ("--answer", "exempt", "--code", "7(1)(b)", "--basis", HOSTILE, "--authority", "5 ILCS 140/7(1)(b)",
          "--by", "records")  # fmt: skip


def test_the_words_of_the_command_line_are_those_of_the_core() -> None:
    said = (commands.RECORDS, commands.FOIA)
    assert tuple(tuple(word.replace("-", "_") for word in words) for words in said) == tuple(ANSWERS.values())


@pytest.fixture
def archive(tmp_path: Path, buckets: StoreConfig) -> Archive:
    made = policy(library(tmp_path, buckets.bucket))
    take_in(made, [comment(1, "Call 555-0101 (invented)"), comment(2, "Fine")])
    return made


@pytest.fixture
def typed(archive: Archive, run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ARCHIVE_AGENCY", str(archive.agency.folder))
    monkeypatch.setenv("COLUMNS", "160")
    return run


@pytest.mark.slow
def test_what_is_said_of_a_record_of_a_class_and_what_is_presumed(archive: Archive, typed: Run) -> None:
    rid = rid_of(archive, "c1")
    shown = typed("determine", "show", rid, "--json").json
    assert [(shown[name]["answer"], shown[name]["default"]) for name in ANSWERS] == [("record", True), ("public", True)]
    made = typed("determine", "foia", rid[:12], *EXEMPT, "--words", "555-0101", "--span", "0-4", "--json").json
    assert [(span["field"], span["start"], span["end"]) for span in made["spans"]] == [("body", 5, 13), ("body", 0, 4)]
    assert (made["codes"], made["codes_verified"], made["class"]) == (["7(1)(b)"], False, None)
    answer = ("--answer", "non-record", "--basis", "A copy of a leaflet (invented)", "--by", "records")
    of_class = typed("determine", "records", "--kind", "comment", *answer, "--reviewer", "director", "--json").json
    assert (of_class["class"], of_class["reviewer"]) == ({"kind": "comment"}, "director")

    shown = typed("determine", "show", rid, "--json").json
    assert shown["foia"]["said"]["id"] == made["id"]
    assert (shown["local_records"]["answer"], shown["local_records"]["class"]) == ("non_record", {"kind": "comment"})
    assert [one["id"] for one in typed("determine", "classes", "--json").json["determinations"]] == [of_class["id"]]
    assert "⟦Call⟧(2) ⟦555-0101⟧(1) (invented)" in typed("determine", "show", rid).out
    for wrong in (
        ("records", *answer), ("records", rid, "--kind", "comment", *answer),
        ("records", rid, "--answer", "maybe", "--basis", "x", "--by", "records"),
        ("foia", "--kind", "comment", *EXEMPT, "--words", "555"), ("foia", rid, *EXEMPT, "--span", "x"),
    ):  # fmt: skip
        assert typed("determine", *wrong).code == 2, wrong


@pytest.mark.slow
def test_what_a_person_reads(archive: Archive, typed: Run) -> None:
    rid = rid_of(archive, "c2")
    before = typed("determine", "show", rid).out
    assert "presumed a record, and kept: nobody has said otherwise" in before
    assert "presumed a public record, and open: nobody has said otherwise" in before
    made = typed("determine", "foia", rid, *EXEMPT).out
    for words in ("exempt under 7(1)(b) (unverified)", "Check it before you rely on it", "rests on 5 ILCS 140/7(1)(b)",
                  "Retention, holds, search and disclosure are as before"):  # fmt: skip
        assert words in made
    elsewhere = typed("determine", "records", rid, "--answer", "record", "--item", "posts", "--basis", HOSTILE,
                      "--by", "director").out  # fmt: skip
    assert "It lies in series comments, where the rules of the schedule put it, and stays there" in elsewhere
    typed("determine", "records", rid, "--answer", "undecided", "--basis", HOSTILE, "--by", "it")
    shown = typed("determine", "show", rid).out
    for words in ("undecided", "Ida Tran (invented), IT", "record of series posts", "Adam Okafor", "superseded"):
        assert words in shown
    for text in (made, elsewhere, shown):
        assert "‹ESC›[31mso" in text or text is elsewhere
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert typed("determine", "classes").out == "Nothing was determined about classes of records.\n"
