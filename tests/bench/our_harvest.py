"""Ours: HTTP to locked, committed Parquet with all the evidence work on.

Prints one JSON line: rows, seconds (imports not counted), peak memory in MB.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from social_archive.archive import open_archive
from social_archive.harvest import run
from social_archive.record import Observation, now_micros
from social_archive.validation import validate
from tests.peak_memory import peak_mb


def main(agency: str, state: str, account: str) -> None:
    archive = open_archive(Path(agency), state=Path(state))
    warm = Observation(kind="post", native_id="1", native=b"{}", platform="mastodon", account="x", body="x",
                       observed_at=now_micros(), created_at=now_micros(), harvest_id="h", adapter="a")  # fmt: skip
    validate([warm], known_ids=set(), expected_replies={}, now=now_micros())  # imports Great Expectations
    archive.ledger.head()
    started = time.perf_counter()
    report = run(archive, archive.account(account))
    seconds = time.perf_counter() - started
    assert report.outcome == "ok", report.message
    print(
        json.dumps(
            {
                "rows": report.wrote,
                "comments": report.comments + report.replies,
                "seconds": seconds,
                "entries": len(report.entries),
                "quarantined": report.quarantined,
                "peak_mb": peak_mb(),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
