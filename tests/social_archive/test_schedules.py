"""Firings of a schedule, on the body's own clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from social_archive.config import Account
from social_archive.schedules import nth_after

AFTER = datetime(2026, 3, 6, 15, 30, tzinfo=UTC)  # a Friday, 09:30 in Chicago; clocks go forward on the 8th


@pytest.mark.parametrize(
    ("schedule", "third"),
    [
        ("@hourly", datetime(2026, 3, 6, 18, tzinfo=UTC)),
        ("@daily", datetime(2026, 3, 9, 5, tzinfo=UTC)),
        ("0 6 * * 1-5", datetime(2026, 3, 11, 11, tzinfo=UTC)),
        ("@weekly", datetime(2026, 3, 22, 5, tzinfo=UTC)),
        ("@once", None),
    ],
)
def test_the_third_firing(schedule: str, third: datetime | None) -> None:
    account = Account(name="main", platform="mastodon", handle="main", schedule=schedule)
    found = nth_after(account, AFTER, 3, "America/Chicago")
    assert (found.astimezone(UTC) if found else None) == third
