"""Carrying out one disposal in a process of its own, so that a test can kill it anywhere."""

from __future__ import annotations

import os
from pathlib import Path

from social_archive.archive import open_archive
from social_archive.retention import execution


def dispose_once(agency: str, state: str, disposal: str, crash_at: str | None, env: dict[str, str]) -> None:
    """The body of a process that may be told to die at a crash point (exit code 137)."""
    os.environ.update(env)
    if crash_at:
        os.environ["CRASH_AT"] = crash_at
    execution.execute(open_archive(Path(agency), state=Path(state)), disposal, by="it", batch=40)
