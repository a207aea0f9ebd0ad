"""One build of a request's bundle in a process of its own, so that a test can kill it anywhere."""

from __future__ import annotations

import os
from pathlib import Path

from social_archive.archive import open_archive
from social_archive.foia.bundle.build import build


def build_once(agency: str, state: str, number: str, crash_at: str, env: dict[str, str]) -> None:
    """The body of a process that dies at a crash point (exit code 137)."""
    os.environ.update(env)
    os.environ["CRASH_AT"] = crash_at
    build(open_archive(Path(agency), state=Path(state)), number, by="records", via="cli")
