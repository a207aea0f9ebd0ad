"""Versions of the retention schedule, as the ledger has them: proposed, approved by whom, in force from when.

A version is the model of `retention.yaml` as canonical JSON, an object of class `schedule`. The entry
`schedule.approved` puts it in force from its effective date; records are judged by the last one whose day has come.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from social_archive.config_schedule import Retention
from social_archive.errors import LedgerError
from social_archive.record import canonical

if TYPE_CHECKING:
    from social_archive.archive import Archive

PROPOSED: Final = "schedule.proposed"
APPROVED: Final = "schedule.approved"
CLASS: Final = "schedule"


@dataclass(frozen=True)
class ApprovedVersion:
    """A schedule that was approved in ledger entry `n`. `sha256` is of its canonical JSON."""

    retention: Retention
    version: str
    effective: date
    sha256: str
    n: int
    approved_at: str


def in_force(archive: Archive, day: date | None = None) -> ApprovedVersion | None:
    """The version by which records are judged on a day of the agency's calendar (default: today); None before any.

    As far as the catalog has followed the ledger.
    """
    today = day or datetime.now(UTC).astimezone(ZoneInfo(archive.agency.body.time_zone)).date()
    for note in reversed(archive.catalog.walks.notes(APPROVED)):
        if date.fromisoformat(note["effective"]) <= today:
            return _version(archive, note)
    return None


def encode(retention: Retention) -> bytes:
    """The canonical bytes of a schedule: what is hashed, kept and compared."""
    return canonical(retention.model_dump(mode="json", exclude_none=True))


def _version(archive: Archive, note: dict[str, Any]) -> ApprovedVersion:
    located = next((o for o in archive.catalog.objects(CLASS) if o.sha256 == note["schedule"]), None)
    if located is None:
        raise LedgerError("The ledger names a retention schedule that it does not hold.")
    body = json.loads(archive.mirror.path(located).read_bytes())
    retention = Retention.model_validate_json(json.dumps(body))
    return ApprovedVersion(retention, note["version"], date.fromisoformat(note["effective"]), note["schedule"],
                           note["n"], note["time"])  # fmt: skip
