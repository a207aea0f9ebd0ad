"""`archive coverage`: makes statements, writes the three files, and lets a stranger check them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from tests.agencies import agency_folder
from tests.scripted import Item, Script, Scripted
from tests.social_archive.cli.conftest import Run

pytestmark = pytest.mark.slow


@pytest.fixture
def harvested(run: Run, buckets: StoreConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    script = Script(Item(id="p1", text="Open on Monday"), Item(id="c1", text="Good", parent="p1", root="p1"))
    monkeypatch.setenv("ARCHIVE_AGENCY", str(agency_folder(tmp_path / "agency", buckets.bucket)))
    monkeypatch.setattr(Archive, "adapter", lambda self, account: Scripted(script))
    assert run("harvest").code == 0
    return run


def test_statements_are_made_for_people_for_programs_and_as_files(harvested: Run, tmp_path: Path) -> None:
    told = harvested("coverage")
    assert told.code == 0, told.err
    assert "mastodon/larkspur" in told.out
    assert "Complete as far as the platform's API showed it" in told.out
    (one,) = harvested("coverage", "larkspur", "--json").json["statements"]
    assert one["records"]["created"]["post"] == {"present": 1}
    (same,) = harvested("--json", "coverage", "--from", "2020", "--to", "2030").json["statements"]
    (first,) = harvested("coverage", "--json", "larkspur").json["statements"]
    assert first == one
    assert harvested("coverage", "--json", "verify", "/nowhere.json").code == 1
    shown = " ".join(harvested("coverage", "--help").out.split())
    assert "Without a command: make them." in shown
    assert "--from" in harvested("coverage", "make", "--help").out
    assert same["period"]["from"] == "2020-01-01T06:00:00Z"
    assert same["period"]["to"] == "2031-01-01T06:00:00Z"

    folder = tmp_path / "statements"
    files = harvested("coverage", "larkspur", "-o", str(folder), "--json").json["files"]
    assert [Path(file).name for file in files] == [
        "mastodon-larkspur.json", "mastodon-larkspur.pdf", "mastodon-larkspur.note.txt",
    ]  # fmt: skip
    assert json.loads((folder / "mastodon-larkspur.json").read_bytes()) == one


def test_a_stranger_checks_the_files_without_our_archive(
    harvested: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "statements"
    harvested("coverage", "-o", str(folder))
    monkeypatch.setenv("ARCHIVE_AGENCY", "/nowhere")
    monkeypatch.setenv("ARCHIVE_S3_ENDPOINT", "http://127.0.0.1:9")
    statement, page = folder / "mastodon-larkspur.json", folder / "mastodon-larkspur.pdf"
    for file in (statement, page, folder / "mastodon-larkspur.note.txt"):
        held = harvested("coverage", "verify", str(file))
        assert (held.code, "The statement holds." in held.out) == (0, True), held.out + held.err
    vkey = json.loads(statement.read_bytes())["ledger"]["vkey"]
    checked = harvested("coverage", "verify", str(statement), "--vkey", vkey, "--json").json
    assert (checked["ok"], checked["vkey_given"], checked["pdf_checked"]) == (True, True, True)

    shutil.copy(statement, tmp_path / "lonely.json")
    assert harvested("coverage", "verify", str(tmp_path / "lonely.json")).code == 1  # its note is missing

    page.write_bytes(page.read_bytes() + b"%")
    assert harvested("coverage", "verify", str(statement)).code == 3
    page.unlink()
    assert harvested("coverage", "verify", str(statement)).code == 0
    statement.write_bytes(statement.read_bytes().replace(b'"open":0', b'"open":1'))
    refused = harvested("coverage", "verify", str(statement))
    assert (refused.code, "does not hold" in refused.out) == (3, True)


def test_what_makes_no_sense_is_an_error_that_says_so(harvested: Run) -> None:
    assert "not in accounts.yaml" in harvested("coverage", "nobody").err
    assert "is not a date" in harvested("coverage", "--from", "yesterday").err
    assert harvested("coverage", "larkspur", "--from", "2026-05", "--to", "2026-04").code == 1
