"""Memory is bounded: a harvest streams, so its size shows in its time and not in its memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.bulk import serve_in_background
from social_archive.config import StoreConfig
from social_archive.stack.seaweed import Seaweed
from tests.agencies import agency_folder
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow

LIMIT_MB = 1024
PER_POST = 500

Measure = Callable[[int], dict[str, int]]


@pytest.fixture
def measured(object_store: StoreConfig, weed: Seaweed, tmp_path: Path) -> Measure:
    """Harvests so many comments in a process of its own; {"comments", "reader_mb", "committer_mb"}."""

    def measure(comments: int) -> dict[str, int]:
        config = fresh_buckets(weed, object_store)
        with serve_in_background(comments=comments, posts=comments // PER_POST) as url:
            agency = agency_folder(tmp_path / f"agency-{comments}", config.bucket, server=url)
            accounts = (agency / "accounts.yaml").read_text().replace("larkspur", "bulk")
            (agency / "accounts.yaml").write_text(accounts)
            state = tmp_path / f"state-{comments}"
            command = [sys.executable, "-m", "tests.faults.measured_harvest", str(agency), str(state)]
            done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=550)
        told: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
        return told

    return measure


def test_three_times_the_comments_do_not_take_more_memory(measured: Measure) -> None:
    small, large = measured(40_000), measured(120_000)  # both so large that both processes are busy with full steps
    assert (small["comments"], large["comments"]) == (40_000, 120_000)
    for process in ("reader_mb", "committer_mb"):
        assert small[process] > 50  # it was measured at all
        assert large[process] < LIMIT_MB
        assert large[process] < 1.3 * small[process], f"{process}: {small} {large}"
