"""When accounts are harvested: each by its own schedule, one DAG per platform."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from airflow.sdk import PartitionedAtRuntime
from airflow.timetables.trigger import MultipleCronTriggerTimetable
from croniter import croniter

from social_archive.config import Account
from social_archive.schedules import cron_of

__all__ = ["AccountSchedules", "cron_of", "is_due", "schedule_of"]


class AccountSchedules(MultipleCronTriggerTimetable):
    """Runs whenever one of the accounts is due. The partitions (accounts) of a run are known when its tasks ran.

    Airflow's own `PartitionedAtRuntime` never starts a run by itself; this is its scheduled twin.
    """

    partitioned_at_runtime = True


def schedule_of(accounts: Iterable[Account], time_zone: str) -> AccountSchedules | PartitionedAtRuntime:
    """The timetable of one platform's DAG; without a scheduled account it runs only when it is triggered."""
    crons = sorted({cron for account in accounts if (cron := cron_of(account))})
    return AccountSchedules(*crons, timezone=time_zone) if crons else PartitionedAtRuntime()


def is_due(account: Account, tick: datetime, since: datetime | None, time_zone: str) -> bool:
    """Has this account's schedule fired after `since` (the last run that succeeded), up to and with `tick`?

    In the public body's own time. Without an earlier run everything is due; a tick that was missed because Airflow
    was down is made up for by the next run.
    """
    cron = cron_of(account)
    if cron is None or since is None:
        return cron is not None
    zone = ZoneInfo(time_zone)
    fired: datetime = croniter(cron, tick.astimezone(zone) + timedelta(seconds=1)).get_prev(datetime)
    return fired > since.astimezone(zone)
