"""One import in a process of its own, so that a test can kill it anywhere."""

from __future__ import annotations

import os
from pathlib import Path

from social_archive.archive import open_archive
from social_archive.imports import intake
from tests.social_archive.imports.conftest import with_accounts


def import_once(agency: str, state: str, path: str, crash_at: str | None, env: dict[str, str]) -> None:
    """The body of a process that may be told to die at a crash point (exit code 137)."""
    os.environ.update(env)
    if crash_at:
        os.environ["CRASH_AT"] = crash_at
    archive = with_accounts(open_archive(Path(agency), state=Path(state)))
    intake.run(archive, archive.account("larkspur", "youtube"), Path(path), batch=4)
