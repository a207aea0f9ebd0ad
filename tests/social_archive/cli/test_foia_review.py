"""Searching and deciding about a request as a records officer types it, on a real store. Names are invented."""

from __future__ import annotations

from pathlib import Path

import pytest

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from tests.social_archive.cli.conftest import Run
from tests.social_archive.foia.scenes import PERSON, library, requested, said, take_in, thread

pytestmark = pytest.mark.slow

HOSTILE = "\x1b[31mThe parking lot\x1b[0m \u202ekool\u202c"


@pytest.fixture
def archive(tmp_path: Path, buckets: StoreConfig) -> Archive:
    made = library(tmp_path, buckets.bucket)
    take_in(made, [*thread(), said("c6", HOSTILE, minutes=6)])
    return made


def test_a_request_is_searched_decided_and_confirmed(
    archive: Archive, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHIVE_AGENCY", str(archive.agency.folder))
    number = requested(archive).number
    asked = ["foia", "search", number, "--account", "larkspur", "--from", "2024", "--words", '"parking lot"']
    preview = run(*asked, "--without", "floods", "--preview")
    assert "5 records found" in preview.out
    assert "1 more were taken out by --without" in preview.out
    assert run(*asked).code == 2
    assert "nothing to review" in run("foia", "review", number).err
    frozen = run(*asked, "--by", "records", "--json").json
    assert (frozen["hits"], frozen["statements"], frozen["terms"]["phrases"]) == (6, 1, ["parking lot"])

    assert "phone" in run("foia", "suggest", number).out
    listed = run("foia", "review", number).out
    assert "0 of 6 decided" in listed
    assert "\x1b" not in listed
    assert "‹ESC›" in listed
    assert "1 place taken out" in run("foia", "redact", number, "--kind", "phone", "--by", "records").out
    person = run("foia", "redact", number, "--hit", "3", "--person", "--code", "4(c)", "--by", "records", "--json").json
    assert person["told"]["hits"] == 3
    assert "1 of 6 decided" in run("foia", "withhold", number, "1", "--code", "LOR 5", "--by", "records").out
    assert run("foia", "withhold", number, "1", "--code", "LOR 99", "--by", "records").code == 1
    shown = run("foia", "review", number, "--hit", "4").out
    assert f"⟦{PERSON.name}⟧" in shown
    assert "▶ hit 4" in shown
    assert run("foia", "release", number, "--by", "records").code == 2  # neither hits nor --rest
    assert "3 of 6 decided" in run("foia", "release", number, "2", "6", "--by", "records").out
    done = run("foia", "release", number, "--rest", "--by", "records").out
    assert "Released: 3 records\n" in done  # what was taken out of them is out already
    assert "6 of 6 decided: 2 released, 3 redacted, 1 withheld" in done

    state = run("foia", "review", number, "--json").json["state"]
    assert f"confirm {number} --state {state[:8]}" in done
    assert run("foia", "confirm", number, "--state", "00000000", "--by", "director").code == 1
    assert "Confirmed by director" in run("foia", "confirm", number, "--state", state[:8], "--by", "director").out
    assert "3 undecided" in run("foia", "undo", number, "5", "--by", "records").out
    assert "Confirmed" not in run("foia", "review", number).out
    history = run("foia", "history", number, "--json").json["actions"]
    assert [(one["kind"], one["standing"]) for one in history] == [
        ("kind", True), ("person", True), ("withhold", True), ("release", True), ("release", False),
    ]  # fmt: skip
