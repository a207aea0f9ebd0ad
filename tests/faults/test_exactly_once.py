"""Whenever the process dies, and however many run at once: each version is in the archive exactly once, and locked."""

from __future__ import annotations

import os
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from social_archive import audit
from social_archive.config import StoreConfig
from social_archive.record import verify_row
from tests.agencies import ScriptedArchive, agency_folder, scripted_archive
from tests.faults.harvest_once import harvest_once, library_script
from tests.forks import FORKS

pytestmark = pytest.mark.slow

POINTS = (
    "before-objects", "between-objects", "between-objects:3", "after-objects", "after-ledger", "before-catalog",
    "before-seal", "between-seals",
)  # fmt: skip


@pytest.fixture
def agency(buckets: StoreConfig, tmp_path: Path) -> Path:
    return agency_folder(tmp_path / "agency", buckets.bucket)


# Children are forked from a server that has Great Expectations imported: that takes seconds, a harvest does not.


def start(agency: Path, state: Path, text: str = "Lovely!", crash_at: str | None = None) -> BaseProcess:
    store = {name: value for name, value in os.environ.items() if name.startswith("ARCHIVE_S3_")}
    process = FORKS.Process(target=harvest_once, args=(str(agency), str(state), text, crash_at, store))
    process.start()
    return process


def harvest(agency: Path, state: Path, text: str = "Lovely!", crash_at: str | None = None) -> None:
    process = start(agency, state, text, crash_at)
    process.join(120)
    assert process.exitcode == (137 if crash_at else 0)


def fresh_eyes(agency: Path, state: Path) -> ScriptedArchive:
    """The archive as somebody sees it who has nothing but the bucket."""
    return scripted_archive(agency, state / "fresh-eyes", library_script())


def assert_exactly_once(agency: Path, state: Path, *, versions_of_c1: int = 1) -> None:
    archive = fresh_eyes(agency, state)
    archive.catalog.catch_up()
    tables = [pq.read_table(p, partitioning=None) for p in archive.mirror.paths(archive.catalog.objects("records"))]
    rows = [row for table in tables for row in table.to_pylist()]
    assert all(verify_row(row) for row in rows)
    counted = Counter((row["native_id"], row["version"]) for row in rows)
    assert set(counted.values()) == {1}
    assert len(counted) == 8 + versions_of_c1 - 1
    assert len({row["rid"] for row in rows}) == 8
    assert len(archive.catalog.quarantine_items()) == 1
    assert archive.ledger.verify().ok
    audit.sweep(archive)
    swept = audit.sweep(archive)
    assert (swept["sealed_again"], swept["missing"]) == (0, [])


@pytest.mark.parametrize("point", POINTS)
def test_a_harvest_killed_anywhere_is_completed_by_the_next(agency: Path, tmp_path: Path, point: str) -> None:
    state = tmp_path / "state"
    harvest(agency, state, crash_at=point)
    harvest(agency, state)
    assert_exactly_once(agency, state)


@pytest.mark.parametrize("point", ["after-objects", "after-ledger"])
def test_a_harvest_killed_on_one_host_is_completed_on_another(agency: Path, tmp_path: Path, point: str) -> None:
    harvest(agency, tmp_path / "host-a", crash_at=point)
    harvest(agency, tmp_path / "host-b")
    assert_exactly_once(agency, tmp_path / "host-b")


@pytest.mark.parametrize("hosts", [("one", "one"), ("one", "two")], ids=["one-host", "two-hosts"])
def test_two_harvests_of_one_account_at_once_take_everything_in_once(
    agency: Path, tmp_path: Path, hosts: tuple[str, str]
) -> None:
    running = [start(agency, tmp_path / host) for host in hosts]
    for process in running:
        process.join(120)
        assert process.exitcode == 0
    assert_exactly_once(agency, tmp_path / hosts[0])


def test_a_harvest_with_an_old_view_of_the_world_adds_only_what_is_new(agency: Path, tmp_path: Path) -> None:
    """Two hosts see different texts: ordered versions of one thing, not two things."""
    harvest(agency, tmp_path / "a")
    harvest(agency, tmp_path / "b", "Edited")
    harvest(agency, tmp_path / "a", "Edited")
    assert_exactly_once(agency, tmp_path / "a", versions_of_c1=2)


def test_what_a_killed_harvest_left_unlocked_is_locked_by_the_sweeper(agency: Path, tmp_path: Path) -> None:
    harvest(agency, tmp_path / "state", crash_at="before-seal")
    archive = fresh_eyes(agency, tmp_path)
    assert audit.sweep(archive)["sealed_again"] > 0
    assert audit.sweep(archive)["sealed_again"] == 0
