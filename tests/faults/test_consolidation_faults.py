"""Whenever a consolidation dies, and whatever runs beside it: every record is there once, and proves."""

from __future__ import annotations

import os
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import pytest

from social_archive import audit
from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.proof import verify_proof
from social_archive.proving import prove
from social_archive.retention.consolidation import consolidate, due
from social_archive.search import Query, Search
from tests.faults.consolidate_once import commit_many, consolidate_once
from tests.faults.soundness import assert_locked, assert_sound
from tests.faults.test_store_faults import LATER
from tests.forks import FORKS
from tests.social_archive.filled import PREFIX, answers, filled

pytestmark = pytest.mark.slow

POINTS = (
    "rewrite-written:2", "rewrite-committed", "rewrite-committed:2", "rewrite-removed-one", "rewrite-removed-one:4",
    "between-seals",
)  # fmt: skip



@pytest.fixture
def archive(buckets: StoreConfig, tmp_path: Path) -> Archive:
    return filled(tmp_path, buckets.bucket)


def started(work: Callable[..., None], *arguments: Any) -> BaseProcess:
    store = {name: value for name, value in os.environ.items() if name.startswith("ARCHIVE_S3_")}
    process = FORKS.Process(target=work, args=(*arguments, store))
    process.start()
    return process


def assert_whole(archive: Archive, tmp_path: Path) -> None:
    """Sound, everything proves, and the store holds what the ledger names and nothing else."""
    assert_locked(archive)
    rows = assert_sound(archive, tmp_path / "sound")
    for row in rows:
        assert verify_proof(prove(archive, row["rid"], version=row["version"])).problems == []
    audit.sweep(archive, now=LATER)
    stored = {(v.key, v.version_id) for area in ("records/", "quarantine/") for v in archive.store.versions(area)}
    assert stored == {(o.key, o.version_id) for o in archive.catalog.objects() if o.cls in ("records", "quarantine")}


@pytest.mark.parametrize("point", POINTS)
def test_a_consolidation_killed_anywhere_is_completed_by_the_next(
    archive: Archive, tmp_path: Path, point: str
) -> None:
    before = answers(archive)
    state = str(archive.state) if ":" in point else str(tmp_path / "another-host")
    process = started(consolidate_once, str(archive.agency.folder), state, point)
    process.join(120)
    assert process.exitcode == 137
    assert answers(archive) == before
    consolidate(archive)
    assert answers(archive) == before
    assert due(archive) == []
    assert_whole(archive, tmp_path)


def test_what_a_killed_one_left_is_removed_at_once_not_after_days(archive: Archive) -> None:
    process = started(consolidate_once, str(archive.agency.folder), str(archive.state), "rewrite-committed:2")
    process.join(120)
    before = answers(archive)
    swept = audit.sweep(archive)
    assert (swept["rewritten_removed"], swept["rewritten_left"], swept["orphans_removed"]) == (4, 0, 0)
    assert swept["sealed_again"] == 1
    swept = audit.sweep(archive)
    assert (swept["rewritten_removed"], swept["sealed_again"], swept["missing"]) == (0, 0, [])
    assert answers(archive) == before


@pytest.mark.parametrize("hosts", [("one", "one"), ("one", "two")], ids=["one-host", "two-hosts"])
def test_two_consolidations_and_a_harvest_at_once_lose_nothing(
    archive: Archive, tmp_path: Path, hosts: tuple[str, str]
) -> None:
    agency, commits = str(archive.agency.folder), 5
    searching = Search.of(archive)
    running = [started(commit_many, agency, str(tmp_path / "harvester"), commits)]
    running += [started(consolidate_once, agency, str(tmp_path / host), None) for host in hosts]
    while any(process.is_alive() for process in running):
        assert searching.find(Query(text="park")).total == 1
        consolidate(archive)
    assert [process.exitcode for process in running] == [0, 0, 0]
    consolidate(archive)
    assert due(archive) == []
    assert len([o for o in archive.catalog.objects("records") if o.key.startswith(PREFIX)]) == 1
    search = Search.of(archive)
    assert len(search.versions(search.resolve("c2"))) == 1 + commits
    assert search.find(Query(text="late")).total == commits
    assert search.find(Query(all_versions=True)).total == 8 + 2 * commits
    assert_whole(archive, tmp_path)
    fresh = open_archive(archive.agency.folder, state=tmp_path / "fresh")
    assert answers(fresh) == answers(archive)
