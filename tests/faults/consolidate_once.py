"""One consolidation (or one harvest's commits) in a process of its own, so that a test can kill it anywhere."""

from __future__ import annotations

import os
from pathlib import Path

from social_archive.archive import open_archive
from social_archive.retention.consolidation import consolidate
from tests.social_archive.filled import take_in


def consolidate_once(agency: str, state: str, crash_at: str | None, env: dict[str, str]) -> None:
    """The body of a process that may be told to die at a crash point (exit code 137)."""
    os.environ.update(env)
    if crash_at:
        os.environ["CRASH_AT"] = crash_at
    consolidate(open_archive(Path(agency), state=Path(state)))


def commit_many(agency: str, state: str, count: int, env: dict[str, str]) -> None:
    """So many commits into the closed month, one thing new and one edited in each."""
    os.environ.update(env)
    archive = open_archive(Path(agency), state=Path(state))
    for n in range(count):
        take_in(archive, {f"new-{n}": "Late", "c2": f"Thanks, the {n}th time!"})
