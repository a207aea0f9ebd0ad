"""`archive audit`, and what show, prove and find say of what was disposed of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from social_archive.archive import Archive
from social_archive.barrier import path, put_up
from social_archive.config import StoreConfig
from social_archive.retention import disposed_proof
from tests.social_archive.cli.conftest import Run
from tests.social_archive.retention import disposals
from tests.social_archive.retention.stocked import AUGUST, MAY, OF_MAY, RECORDS, of_month, rid_of, stocked_archive

pytestmark = pytest.mark.slow


@pytest.fixture
def stocked(buckets: StoreConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    archive = stocked_archive(tmp_path, buckets.bucket)
    monkeypatch.setenv("ARCHIVE_AGENCY", str(archive.agency.folder))
    return archive


@pytest.fixture
def archive(run: Run, stocked: Archive, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ARCHIVE_AGENCY", str(stocked.agency.folder))
    return run


@pytest.mark.parametrize("how", [(), ("--quick",)])
def test_an_archive_that_is_whole_accounts_for_every_leaf(archive: Run, stocked: Archive, how: tuple[str, ...]) -> None:
    said = archive("audit", *how)
    assert said.code == 0
    assert "Every leaf is accounted for." in said.out
    told = archive("audit", *how, "--json").json
    assert (told["ok"], told["open"]["records"], told["findings"]) == (True, RECORDS, [])
    assert sum(told["open"].values()) == told["leaves"] == stocked.ledger.head().size


def test_an_audit_names_certificates_and_what_is_pending(archive: Run, stocked: Archive) -> None:
    disposals.dispose(stocked, "d1", of_month(stocked, MAY))
    disposals.dispose(stocked, "d2", of_month(stocked, AUGUST), number=None)
    said = archive("audit")
    assert said.code == 0
    assert "destroyed, certificate 2026-0001" in said.out
    assert "destroyed, certificate pending (disposal d2)" in said.out
    assert archive("audit", "--json").json["disposed"] == [
        {"disposal": "d1", "certificate": "2026-0001", "leaves": OF_MAY},
        {"disposal": "d2", "certificate": None, "leaves": 1},
    ]


def test_an_audit_that_finds_something_ends_with_three_and_names_it(archive: Run, stocked: Archive) -> None:
    gone = of_month(stocked, MAY)[0]
    disposals.delete(stocked, [gone])
    said = archive("audit")
    assert said.code == 3
    for words in ("lost", "missing", gone.key, "Not every leaf is accounted for: 2 findings."):
        assert words in said.out
    assert {f["code"] for f in archive("audit", "--json").json["findings"]} == {"lost", "missing"}


def test_show_says_what_is_left_and_nothing_else(archive: Run, stocked: Archive) -> None:
    rid = rid_of(stocked, "c1")
    assert "Lovely" in archive("show", rid).out
    disposals.dispose(stocked, "d1", of_month(stocked, MAY))
    said = archive("show", rid[:12])
    assert said.code == 0
    lines = [line.split() for line in said.out.splitlines() if line.strip()]
    assert lines == [
        ["Disposed", "of", "under", "certificate", "2026-0001."],
        ["record", "id", rid], ["series", "social-media"], ["item", "10"], ["month", MAY], ["disposal", "d1"],
        ["Proof:", "archive", "prove", rid[:12], "-o", "proof.json"],
    ]  # fmt: skip
    assert archive("show", rid, "--json").json == {
        "disposed": {"rid": rid, "series": "social-media", "item": "10", "month": MAY, "disposal": "d1",
                     "certificate": "2026-0001"}
    }  # fmt: skip
    assert archive("show", "0" * 32).code == 1


def test_a_proof_of_disposal_travels(archive: Run, stocked: Archive, tmp_path: Path) -> None:
    rid = rid_of(stocked, "c1")
    disposals.dispose(stocked, "d1", of_month(stocked, MAY))
    file = tmp_path / "proof.json"
    said = archive("prove", rid, "-o", str(file))
    assert (said.code, "2026-0001" in said.out) == (0, True)
    assert json.loads(file.read_text())["format"] == disposed_proof.FORMAT
    holds = archive("verify-proof", str(file), "--vkey", stocked.signer.vkey)
    assert holds.code == 0
    assert "2026-0001" in holds.out
    told = archive("verify-proof", str(file), "--json").json
    assert (told["ok"], told["disposed"], told["certificate"]) == (True, True, "2026-0001")
    file.write_text(file.read_text().replace("2026-0001", "2026-0002", 1))
    assert archive("verify-proof", str(file)).code == 3
    assert archive("prove", "0" * 32).code == 1


def test_find_names_disposals_like_gaps(archive: Run, stocked: Archive) -> None:
    disposals.dispose(stocked, "d1", of_month(stocked, MAY))
    said = archive("find", "lovely").out
    assert "Nothing matches." in said
    assert "2023-05  mastodon/larkspur  4 records, certificate 2026-0001" in said
    assert archive("find", "--json").json["disposed"] == [
        {"platform": "mastodon", "account": "larkspur", "series": "social-media", "month": MAY, "records": OF_MAY,
         "disposal": "d1", "certificate": "2026-0001"}
    ]  # fmt: skip
    assert archive("find", "--since", "2024", "--json").json["disposed"] == []
    assert "certificate 2026-0001" in archive("find", "--count", "kind").out
    assert len(archive("find", "--count", "kind", "--json").json["disposed"]) == 1


def test_writing_is_refused_until_a_rebuild_has_ended_and_reading_is_not(archive: Run, stocked: Archive) -> None:
    put_up(stocked)
    for command in (("harvest",), ("quarantine", "retry")):
        refused = archive(*command)
        assert refused.code == 1
        assert "archive rebuild" in refused.err
    assert archive("find", "summer").code == 0
    rebuilt = archive("rebuild", "--json").json
    assert (rebuilt["destroyed_again"], rebuilt["removed_again"], rebuilt["held_again"]) == (0, 0, 0)
    assert not path(stocked).exists()
