"""One policy check, or one settling, in a process of its own, so that a test can kill it anywhere."""

from __future__ import annotations

import os
from pathlib import Path

from social_archive.archive import Archive, open_archive
from social_archive.policy import check
from social_archive.retention import assignment


def check_once(agency: str, state: str, crash_at: str, env: dict[str, str]) -> None:
    """The body of a process that is told to die at a crash point (exit code 137)."""
    check.run(_opened(agency, state, crash_at, env))


def settle_once(agency: str, state: str, crash_at: str, env: dict[str, str]) -> None:
    """The same with a settling of records and of what is about them."""
    assignment.settle(_opened(agency, state, crash_at, env))


def _opened(agency: str, state: str, crash_at: str, env: dict[str, str]) -> Archive:
    os.environ.update(env)
    os.environ["CRASH_AT"] = crash_at
    return open_archive(Path(agency), state=Path(state))
