"""When an account is to be read, in the public body's own time."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from social_archive.config import Account

# Presets that are no cron expression. Once: by hand only.
_SPECIAL: Final = {"@once": None, "@continuous": "*/10 * * * *"}
_PRESETS: Final = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *"}


def cron_of(account: Account) -> str | None:
    """Five cron fields, or None if the account is only harvested by hand."""
    schedule = account.schedule
    return _SPECIAL[schedule] if schedule in _SPECIAL else _PRESETS.get(schedule, schedule)


def nth_after(account: Account, after: datetime, n: int, time_zone: str) -> datetime | None:
    """When the account's schedule fires for the n-th time after a moment; None if it is harvested by hand."""
    from croniter import croniter

    cron = cron_of(account)
    if cron is None:
        return None
    firing = croniter(cron, after.astimezone(ZoneInfo(time_zone)))
    moments = [firing.get_next(datetime) for _ in range(n)]
    return moments[-1]
