"""The command line on a real store: harvest, find, show, prove, quarantine, ledger, doctor, rebuild."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.errors import LoginExpired
from social_archive.store import Store
from tests.agencies import agency_folder
from tests.scripted import Item, Script, Scripted
from tests.social_archive.cli.conftest import Run

pytestmark = pytest.mark.slow

DAY = 86_400_000_000
HOSTILE = "\x1b[31mparking\x1b[0m [bold]lot[/] \u202egpj.exe"


@pytest.fixture
def script() -> Script:
    return Script(
        Item(id="p1", text="Summer reading starts on Monday"),
        Item(id="p2", text="The parking lot is closed"),
        Item(id="c1", text="Where do I park?", parent="p2", root="p2", age=20 * DAY),
        Item(id="c2", text=HOSTILE, parent="p2", root="p2", age=10 * DAY),
        Item(id="r1", text="Behind the school", parent="c1", root="p2", age=5 * DAY),
    )


@pytest.fixture
def archive(run: Run, buckets: StoreConfig, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run` on an agency of its own whose one account is read from the script."""
    folder = agency_folder(tmp_path / "agency", buckets.bucket)
    monkeypatch.setenv("ARCHIVE_AGENCY", str(folder))
    monkeypatch.setattr(Archive, "adapter", lambda self, account: Scripted(script))
    return run


@pytest.fixture
def harvested(archive: Run) -> Run:
    ran = archive("harvest", "--json")
    assert ran.code == 0, ran.err + ran.out
    return archive


def test_a_harvest_reports_what_it_took_in_and_a_second_one_adds_nothing(archive: Run) -> None:
    (first,) = archive("harvest", "larkspur", "--json").json["harvests"]
    assert (first["outcome"], first["posts"], first["comments"], first["replies"]) == ("ok", 2, 2, 1)
    (second,) = archive("harvest", "mastodon/larkspur", "--full", "--json").json["harvests"]
    assert (second["new"], second["entries"]) == (0, [])
    assert "ok" in archive("harvest").out


def test_a_dead_login_is_an_outcome_and_a_gap_in_every_answer(harvested: Run, script: Script) -> None:
    script.fail_before["profile"] = LoginExpired("The login is dead.")
    ran = harvested("harvest")
    assert ran.code == 1
    assert "paused" in ran.out
    answer = harvested("find", "no such words at all", "--json").json
    assert answer["total"] == 0
    assert [gap["reason"] for gap in answer["gaps"]] == ["login_expired"]
    assert "could not see everything" in harvested("find", "no such words").out


def test_find_answers_a_person_and_a_program(harvested: Run) -> None:
    assert "Summer reading starts" in harvested("find", "reading", "SUMMER").out
    answer = harvested("find", "park", "--kind", "comment", "--json").json
    assert answer["total"] == 2
    assert {row["native_id"] for row in answer["rows"]} == {"c1", "c2"}
    assert harvested("find", "--account", "mastodon/larkspur", "--json").json["total"] == 6
    counted = harvested("find", "--count", "kind", "--json").json
    assert counted["total"] == sum(row["things"] for row in counted["rows"]) == 6


def test_a_misspelt_account_or_platform_is_an_error_and_not_an_empty_answer(harvested: Run) -> None:
    for words in (("--account", "larkspurr"), ("--account", "bluesky/larkspur"), ("--platform", "mastodn")):
        ran = harvested("find", "park", *words)
        assert ran.code == 1
        assert "There is no" in ran.err
    assert "did you mean 'larkspur'?" in harvested("find", "--account", "larkspurr").err


def test_hostile_text_reaches_the_screen_as_text(harvested: Run) -> None:
    for ran in (harvested("find", "lot"), harvested("show", "c2"), harvested("show", "p2", "--native")):
        assert "\x1b" not in ran.out
        assert "\u202e" not in ran.out
        assert "‹ESC›[31mparking" in ran.out
        assert "[bold]lot[/]" in ran.out
    assert harvested("find", "lot", "--json").out.isascii()


def test_show_has_the_thread_the_versions_and_the_provenance(harvested: Run, script: Script) -> None:
    script.say("c1", "Where do I park my bicycle?")
    script.delete("r1")
    harvested("harvest", "--full")
    shown = harvested("show", "c1", "--json").json
    assert [version["body"] for version in shown["versions"]] == ["Where do I park?", "Where do I park my bicycle?"]
    assert [(n["depth"], n["native_id"], n["state"]) for n in shown["thread"]] == [
        (0, "p2", "present"), (1, "c1", "present"), (2, "r1", "deleted"), (1, "c2", "present"),
    ]  # fmt: skip
    assert all(version["entry"] is not None and version["leaf"] for version in shown["versions"])
    text = harvested("show", "c1").out
    assert "Where do I park{+ my bicycle+}?" in text
    assert "scripted.example/thread" in text
    gone = harvested("show", "r1")
    assert "deleted" in gone.out
    assert "Behind the school" in gone.out


def test_a_proof_travels_and_a_changed_one_does_not_hold(harvested: Run, tmp_path: Path) -> None:
    file = tmp_path / "proof.json"
    made = harvested("prove", "c1", "-o", str(file), "--reveal", "body,state", "--json").json
    assert made["revealed"] == ["body", "state"]
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    check = [sys.executable, "-m", "social_archive.cli", "verify-proof", str(file), "--json"]
    done = subprocess.run(check, cwd=elsewhere, env={"PATH": "/usr/bin"}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["fields"] == {"body": "Where do I park?", "state": ["present", []]}
    assert "Where do I park?" in harvested("verify-proof", str(file)).out

    file.write_text(file.read_text().replace("Where do I park?", "Where do I dance?"))
    ran = harvested("verify-proof", str(file))
    assert ran.code == 3
    assert "does not hold" in ran.out
    assert harvested("prove", "c1", "--reveal", "shoe_size").code == 1
    assert harvested("prove", "c1", "--version", "7").code == 1


def test_a_quarantined_item_is_listed_shown_and_taken_in_when_it_can_be_read(archive: Run, script: Script) -> None:
    fine = {"kind": "comment", "id": "c9", "text": "kept safe", "parent": "p2", "root": "p2", "author": "bea-invented"}
    script.malformed = [json.dumps([fine]).encode(), b"\x1b[2Jnot json"]
    (report,) = archive("harvest", "--json").json["harvests"]
    assert report["quarantined"] == 2
    assert archive("find", "anything", "--json").json["quarantined"] == 2
    items = archive("quarantine", "--json").json["items"]
    assert [item["reasons"] for item in items] == [["not_json"], ["not_json"]]
    assert all("native" not in item for item in items)
    shown = archive("quarantine", "show", items[0]["qid"][:8]).out + archive("quarantine", "show", items[1]["qid"]).out
    assert "kept safe" in shown
    assert "‹ESC›[2J" in shown

    done = archive("quarantine", "retry", "--json").json
    assert done["accepted"] == 1
    assert archive("find", "kept safe", "--json").json["total"] == 1
    assert len(archive("quarantine", "list", "--json").json["items"]) == 1
    assert len(archive("quarantine", "list", "--all", "--json").json["items"]) == 2
    assert archive("quarantine", "retry", "--json").json["accepted"] == 0
    assert archive("ledger", "verify").code == 0


def test_an_older_capture_does_not_turn_a_records_history_round(archive: Run, script: Script) -> None:
    stale = {"kind": "comment", "id": "c1", "text": "an older wording", "parent": "p2", "root": "p2", "author": "x"}
    script.malformed = [json.dumps([stale]).encode()]
    archive("harvest", "--json")
    (outcome,) = archive("quarantine", "retry", "--json").json["items"]
    assert (outcome["accepted"], outcome["reasons"]) == (False, ["newer_version_in_archive"])
    assert archive("show", "c1", "--json").json["record"]["body"] == "Where do I park?"


def test_the_ledger_is_replayed_and_tampering_is_exit_code_3(
    harvested: Run, buckets: StoreConfig, tmp_path: Path
) -> None:
    ran = harvested("ledger", "verify", "--json")
    assert ran.code == 0
    assert ran.json["findings"] == []
    head = harvested("ledger", "head", "--json").json
    assert head["entries"] == ran.json["entries"]
    kept = tmp_path / "checkpoint.txt"
    kept.write_text(head["checkpoint"])
    assert harvested("ledger", "verify", "--since", str(kept)).code == 0
    entry = harvested("ledger", "show", "0", "--json").json
    assert entry["header"]["what"] == "accession"
    assert {leaf["t"] for leaf in entry["leaves"]} == {"record"}
    assert "holds" in harvested("ledger", "show", "0").out

    ledger = Store.connect(buckets, buckets.ledger_bucket)
    ledger.put(entry["key"].replace("0.jsonl", "7.jsonl"), b"forged\n")
    ran = harvested("ledger", "verify")
    assert ran.code == 3
    assert "does not verify" in ran.out


def test_rebuild_gives_the_same_bytes_for_every_question(harvested: Run, script: Script, tmp_path: Path) -> None:
    script.say("p1", "Summer reading starts on Tuesday")
    script.delete("c1")
    harvested("harvest", "--full")
    questions = [
        ("find", "--json", "--limit", "100"),
        ("find", "--versions", "--json", "--limit", "100"),
        ("find", "--count", "kind,state,month", "--json"),
        ("show", "p1", "--native", "--json"),
        ("show", "c1", "--json"),
        ("quarantine", "--json"),
        ("prove", "p1"),
    ]
    before = [harvested(*question).out for question in questions]
    done = harvested("rebuild", "--json").json
    assert done["things"] == 6
    assert [harvested(*question).out for question in questions] == before
    assert list((tmp_path / "state" / "cache").rglob("catalog*.sqlite"))


def test_a_damaged_cache_is_mended_by_rebuild(harvested: Run, tmp_path: Path) -> None:
    before = harvested("find", "--json").out
    (catalog,) = (tmp_path / "state" / "cache").rglob("catalog*.sqlite")
    with sqlite3.connect(catalog) as db:
        db.execute("DELETE FROM objects")
    assert harvested("find", "--json").out != before
    harvested("rebuild")
    assert harvested("find", "--json").out == before


def test_doctor_says_that_all_is_well_and_what_is_not(harvested: Run, tmp_path: Path) -> None:
    ran = harvested("doctor", "--json")
    assert ran.code == 0, ran.out
    assert all(check["ok"] for check in ran.json["checks"])
    agency = tmp_path / "agency" / "agency.yaml"
    agency.write_text(agency.read_text().replace("bucket: t-", "bucket: missing-"))
    ran = harvested("doctor")
    assert ran.code == 3
    assert "not ok" in ran.out


def test_what_is_not_there_is_an_error_that_says_what_to_do(harvested: Run) -> None:
    ran = harvested("show", "no-such-thing")
    assert ran.code == 1
    assert "archive find" in ran.err
    assert harvested("find", "--count", "shoe_size").code == 1
    assert harvested("harvest", "nobody").code == 1
