"""The audit finishes what a crash cut short, names what is missing, and destroys nothing that is a record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from social_archive import audit
from social_archive.config import StoreConfig
from social_archive.harvest import pull, run
from social_archive.stack.seaweed import Seaweed
from tests.agencies import ScriptedArchive, agency_folder, scripted_archive
from tests.faults.harvest_once import library_script

pytestmark = pytest.mark.slow

LATER = datetime.now(UTC) + timedelta(days=3)


@pytest.fixture
def archive(buckets: StoreConfig, tmp_path: Path) -> ScriptedArchive:
    archive = scripted_archive(agency_folder(tmp_path / "agency", buckets.bucket), tmp_path / "state", library_script())
    run(archive, archive.account("larkspur"))
    return archive


def test_a_harvest_leaves_nothing_for_the_sweeper(archive: ScriptedArchive) -> None:
    swept = audit.sweep(archive, now=LATER)
    assert swept["objects"] == len(archive.catalog.objects()) > 0
    assert {k: v for k, v in swept.items() if k != "objects"} == {
        "sealed_again": 0, "missing": [], "rewritten_removed": 0, "rewritten_left": 0, "orphans_removed": 0,
        "staging_removed": 0,
    }  # fmt: skip


def test_a_lifted_lock_is_put_back(archive: ScriptedArchive, weed: Seaweed) -> None:
    o = archive.catalog.objects("records")[0]
    weed.client("admin").put_object_legal_hold(
        Bucket=archive.store.bucket, Key=o.key, VersionId=o.version_id, LegalHold={"Status": "OFF"}
    )
    assert audit.sweep(archive)["sealed_again"] == 1
    assert archive.store.lock_state(o.key, o.version_id).hold


def test_an_object_that_the_ledger_names_and_the_bucket_lost_is_named(archive: ScriptedArchive, weed: Seaweed) -> None:
    o = archive.catalog.objects("records")[0]
    client = weed.client("disposer")
    where = {"Bucket": archive.store.bucket, "Key": o.key, "VersionId": o.version_id}
    client.put_object_legal_hold(**where, LegalHold={"Status": "OFF"})
    client.delete_object(**where, BypassGovernanceRetention=True)
    assert audit.sweep(archive)["missing"] == [o.key]


def test_a_version_laid_over_a_record_is_an_orphan_and_the_record_stays(archive: ScriptedArchive) -> None:
    o = archive.catalog.objects("records")[0]
    archive.store.put(o.key, b"not the record")
    assert audit.sweep(archive, now=LATER)["orphans_removed"] == 1
    assert archive.store.get(o.key, sha256=o.sha256)
    assert audit.sweep(archive)["missing"] == []


def test_a_delete_marker_over_a_record_is_taken_away(archive: ScriptedArchive) -> None:
    o = archive.catalog.objects("records")[0]
    archive.store.client.delete_object(Bucket=archive.store.bucket, Key=o.key)
    assert audit.sweep(archive, now=LATER)["orphans_removed"] == 1
    assert archive.store.get(o.key, sha256=o.sha256)


def test_staging_that_nobody_came_back_for_is_forgotten(archive: ScriptedArchive) -> None:
    archive.script.say("c1", "seen, never taken in")
    pulled = pull(archive, archive.account("larkspur"))
    assert audit.sweep(archive)["staging_removed"] == 0
    assert audit.sweep(archive, now=LATER)["staging_removed"] == len(pulled.steps)
    assert list(archive.staging.keys("staging/")) == []


def test_verify_says_what_a_whole_ledger_holds(archive: ScriptedArchive) -> None:
    report = audit.verify(archive)
    assert (report["ok"], report["findings"]) == (True, [])
    assert report["leaves"] == archive.ledger.head().size


def test_verify_names_an_overwritten_entry(archive: ScriptedArchive, weed: Seaweed) -> None:
    key = f"entries/{0:020d}.jsonl"
    weed.client("admin").put_object(Bucket=archive.ledger_store.bucket, Key=key, Body=b"forged")
    report = audit.verify(archive)
    assert not report["ok"]
    assert {f["n"] for f in report["findings"]} == {0}
