"""While an archive is rebuilt nothing is written: a restored backup may hold what was disposed of or miss its locks.

A file in the state folder, one per bucket. It outlives the process that put it up, so a rebuild that was killed leaves
the archive closed until a rebuild reaches its end. It is for the processes that share this state folder.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from social_archive.errors import ArchiveError

if TYPE_CHECKING:
    from social_archive.archive import Archive


class Rebuilding(ArchiveError):
    """A rebuild is running, or was ended before its end. Nothing was written."""

    remedy = "Wait for the rebuild that is running; if none is, run `archive rebuild` to its end."


def path(archive: Archive) -> Path:
    return archive.state / "run" / "rebuilding" / archive.agency.store.bucket


def put_up(archive: Archive) -> None:
    """Close the archive for everybody but this `Archive`. Idempotent."""
    archive.rebuilding = True
    file = path(archive)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"archive rebuild began {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}\n")


def take_down(archive: Archive) -> None:
    path(archive).unlink(missing_ok=True)


def require_open(archive: Archive) -> None:
    """Raises Rebuilding while somebody else's barrier stands."""
    if not archive.rebuilding and path(archive).exists():
        raise Rebuilding("The archive is being rebuilt from its bucket. Nothing was written.")
