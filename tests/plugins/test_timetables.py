"""Each account by its own schedule, in the public body's own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk import PartitionedAtRuntime
from airflow.timetables.base import DataInterval, TimeRestriction
from pendulum import instance

from social_archive.config import Account
from social_archive_airflow.timetables import AccountSchedules, cron_of, is_due, schedule_of

pytestmark = pytest.mark.slow  # importing Airflow takes seconds

CHICAGO = "America/Chicago"


def account(schedule: str, name: str = "main") -> Account:
    return Account(name=name, platform="mastodon", handle=name, schedule=schedule)


def ticks(timetable: AccountSchedules, start: datetime, days: int) -> list[datetime]:
    """All runs that the timetable makes between `start` and `days` later."""
    restriction = TimeRestriction(earliest=instance(start), latest=instance(start + timedelta(days=days)), catchup=True)
    found, last = [], None
    while info := timetable.next_dagrun_info(last_automated_data_interval=last, restriction=restriction):
        found.append(info.run_after)
        last = DataInterval.exact(info.run_after)
    return found


def test_a_platform_runs_whenever_one_of_its_accounts_is_due():
    timetable = schedule_of([account("@daily"), account("30 12 * * 1", "second")], CHICAGO)

    runs = ticks(timetable, datetime(2026, 3, 2, tzinfo=UTC), 14)

    assert len([r for r in runs if r.in_timezone(CHICAGO).hour == 0]) == 14
    assert len([r for r in runs if r.in_timezone(CHICAGO).hour == 12]) == 2


def test_three_years_hold_one_daily_run_a_day_across_all_clock_changes():
    timetable = schedule_of([account("0 3 * * *")], CHICAGO)

    runs = ticks(timetable, datetime(2026, 1, 1, 12, tzinfo=UTC), 3 * 365)

    assert len({run.in_timezone(CHICAGO).date() for run in runs}) == len(runs) == 3 * 365


def test_partitions_are_known_when_the_tasks_ran():
    assert schedule_of([account("@hourly")], CHICAGO).partitioned_at_runtime
    assert AccountSchedules.deserialize(schedule_of([account("@hourly")], CHICAGO).serialize()).partitioned_at_runtime


@pytest.mark.parametrize("accounts", [[], [account("@once")]])
def test_without_a_scheduled_account_nothing_runs_by_itself(accounts):
    assert isinstance(schedule_of(accounts, CHICAGO), PartitionedAtRuntime)


@pytest.mark.parametrize("schedule", ["@hourly", "@daily", "@weekly", "@monthly", "@continuous", "15 4 * * *"])
def test_every_schedule_that_the_configuration_takes_is_understood(schedule):
    assert len(cron_of(account(schedule)).split()) == 5


def test_an_account_is_due_when_its_own_schedule_fired_since_the_last_success():
    weekly = account("0 6 * * 1")
    monday = datetime(2026, 3, 9, 11, 0, tzinfo=UTC)  # 06:00 in Chicago, the day after the clocks changed

    assert is_due(weekly, monday, monday - timedelta(days=1), CHICAGO)
    assert not is_due(weekly, monday + timedelta(days=1), monday, CHICAGO)


def test_a_tick_that_was_missed_is_made_up_for():
    weekly = account("0 6 * * 1")
    monday = datetime(2026, 3, 9, 11, 0, tzinfo=UTC)

    assert is_due(weekly, monday + timedelta(days=2), monday - timedelta(days=3), CHICAGO)


def test_before_the_first_success_every_scheduled_account_is_due():
    now = datetime(2026, 3, 9, 11, 0, tzinfo=UTC)

    assert is_due(account("@monthly"), now, None, CHICAGO)
    assert not is_due(account("@once"), now, None, CHICAGO)
