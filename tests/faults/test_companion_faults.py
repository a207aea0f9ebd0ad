"""Whenever a check or a settling dies: the next one completes it, and no finding is there twice or lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from social_archive import audit
from social_archive.archive import Archive
from social_archive.completeness import check as completeness
from social_archive.config import StoreConfig
from social_archive.policy import check, findings
from social_archive.retention import assignment, tags
from tests.faults.follow_once import check_once, settle_once
from tests.forks import FORKS
from tests.social_archive.companion_scene import find, lying
from tests.social_archive.retention import scenes
from tests.social_archive.retention.settled_library import day, library, rid_of, seen, take

pytestmark = pytest.mark.slow

LATER = datetime.now(UTC) + timedelta(days=3)


def killed(work: Callable[..., None], archive: Archive, point: str) -> None:
    store = {name: value for name, value in os.environ.items() if name.startswith("ARCHIVE_S3_")}
    process = FORKS.Process(target=work, args=(str(archive.agency.folder), str(archive.state), point, store))
    process.start()
    process.join(120)
    assert process.exitcode == 137


@pytest.mark.parametrize(("point", "read_already", "garbage"), [
    ("companions-written", False, 1), ("companions-committed", True, 0),
])  # fmt: skip
def test_a_check_killed_while_it_commits_is_completed_by_the_next_and_says_nothing_twice(
    tmp_path: Path, buckets: StoreConfig, point: str, read_already: bool, garbage: int
) -> None:
    archive = scenes.library(tmp_path, buckets.bucket)
    scenes.comments(archive, 2, text="Under FOIA I request all invoices (invented)")
    killed(check_once, archive, point)
    assert (check.pending(archive) == []) == read_already, "either it is in the ledger, or nothing was read"
    check.run(archive)
    assert check.run(archive) == []
    rows = findings.read(archive).to_pylist()
    assert len({row["rid"] for row in rows}) == len(rows) == 2
    assert len(archive.catalog.walks.notes(check.WHAT)) == 1
    swept = audit.sweep(archive, now=LATER)
    assert (swept["orphans_removed"], swept["sealed_again"], swept["missing"]) == (garbage, int(read_already), [])
    found = completeness(archive)
    assert (found.ok, found.findings, found.companions, found.unnamed) == (True, [], 2, 0)


@pytest.mark.parametrize("point", ["rewrite-committed", "rewrite-written:2", "rewrite-committed:2"])
def test_a_settling_killed_between_a_record_and_what_is_about_it_is_completed_by_the_next(
    tmp_path: Path, buckets: StoreConfig, point: str
) -> None:
    archive = library(tmp_path / "agency", buckets.bucket, tmp_path / "state")
    take(archive, seen("c1", day("2024-02-02"), created=day("2024-02-01")))
    find(archive, {"c1": "quoted"})
    tags.add(archive, [rid_of(archive, "c1")], "local-history", by="records", reason="invented")
    killed(settle_once, archive, point)
    assignment.settle(archive)
    assert lying(archive) == {"quoted": ("local-history", "2024-02")}
    assert {o.series for o in archive.catalog.objects("records")} == {"local-history"}
    audit.sweep(archive, now=LATER)
    found = completeness(archive)
    assert (found.ok, found.findings, found.companions, found.unnamed) == (True, [], 1, 0)
