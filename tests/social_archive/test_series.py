"""The cohort of a record: its series, the month in which its clock starts, and the day before which it must stay."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from social_archive.config import Retention, RetentionItem, RetentionRule
from social_archive.record import Observation, micros
from social_archive.series import NEVER, OPEN, UNDATED, Facts, Schedule, end_of_retention, later, start_of_day

CHICAGO = ZoneInfo("America/Chicago")


@pytest.fixture
def schedule() -> Schedule:
    retention = Retention(
        version="1", effective=date(2026, 1, 1),
        items=[
            RetentionItem(id="10", series="social-media", title="Posts and comments", citation="invented", years=2),
            RetentionItem(id="11", series="profiles", title="Profiles", citation="invented", permanent=True),
        ],
        rules=[RetentionRule(item="11", kind="profile"), RetentionRule(item="10")],
    )  # fmt: skip
    return Schedule(retention, "America/Chicago")


def seen(kind: str, created: datetime | None) -> Observation:
    return Observation(
        kind=kind, native_id="1", native=b"{}", platform="mastodon", account="larkspur",  # type: ignore[arg-type]
        created_at=micros(created) if created else None, observed_at=micros(datetime(2026, 7, 4, tzinfo=UTC)),
    )  # fmt: skip


def test_the_month_is_the_agencys_own_not_utcs(schedule: Schedule) -> None:
    new_years_eve = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)  # still December in Chicago
    assert schedule.cohort_of(seen("post", new_years_eve)).cutoff == "2025-12"


def test_two_versions_of_one_thing_share_a_cohort(schedule: Schedule) -> None:
    first = seen("comment", datetime(2026, 3, 5, tzinfo=UTC))
    edited = seen("comment", datetime(2026, 3, 5, tzinfo=UTC))
    edited.edited_at, edited.observed_at = (
        micros(datetime(2026, 9, 1, tzinfo=UTC)),
        micros(datetime(2026, 9, 2, tzinfo=UTC)),
    )
    assert schedule.cohort_of(first) == schedule.cohort_of(edited)


def test_a_profile_counts_from_when_it_was_seen_and_a_permanent_series_has_no_end(schedule: Schedule) -> None:
    cohort = schedule.cohort_of(seen("profile", datetime(2012, 5, 5, tzinfo=UTC)))
    assert (cohort.series, cohort.cutoff, cohort.retain_until) == ("profiles", "2026-07", None)


def test_a_record_without_a_date_counts_from_when_it_was_seen(schedule: Schedule) -> None:
    assert schedule.cohort_of(seen("comment", None)).cutoff == "2026-07"


def test_the_folder_of_a_cohort_is_hive_partitioned(schedule: Schedule) -> None:
    cohort = schedule.cohort_of(seen("post", datetime(2026, 3, 5, tzinfo=UTC)))
    assert cohort.prefix("records", "mastodon", "larkspur") == (
        "records/series=social-media/cutoff=2026-03/platform=mastodon/account=larkspur/"
    )


@pytest.mark.parametrize(
    ("cutoff", "years", "first_free_instant"),
    [
        ("2024-02", 1, datetime(2025, 3, 1, 6, tzinfo=UTC)),  # leap February: never the 28th
        ("2025-12", 2, datetime(2028, 1, 1, 6, tzinfo=UTC)),
        ("2026-03", 7, datetime(2033, 4, 1, 5, tzinfo=UTC)),  # daylight saving time
        ("2026-01", 0, datetime(2026, 2, 1, 6, tzinfo=UTC)),
    ],
)
def test_retention_ends_with_full_calendar_years_after_the_cut_off_month(
    cutoff: str, years: int, first_free_instant: datetime
) -> None:
    assert end_of_retention(cutoff, years, CHICAGO) == micros(first_free_instant)


@given(created=st.datetimes(datetime(2004, 1, 1), datetime(2040, 1, 1)), years=st.integers(0, 30))
def test_retention_is_never_early(created: datetime, years: int) -> None:
    """Whenever in its month a record was made, that many full years have passed when it may go."""
    local = created.replace(tzinfo=CHICAGO)
    end = datetime.fromtimestamp(end_of_retention(f"{local:%Y-%m}", years, CHICAGO) / 1e6, CHICAGO)
    assert (end.year - local.year, end.month, end.day) > (years, local.month, local.day) or end.month == 1
    assert end > local


# --------------------------------------------------------------------------- the calendar, against another one

DAYS = st.dates(date(1950, 1, 1), date(2200, 12, 31))
MIDNIGHT_CHANGES = ("America/Sao_Paulo", "America/Havana", "Asia/Beirut", "Africa/Cairo", "America/Asuncion")
ZONES = st.sampled_from([*MIDNIGHT_CHANGES, "America/Chicago", "UTC", "Pacific/Apia", "Asia/Kathmandu"])


@pytest.mark.parametrize(
    ("day", "period", "expected"),
    [
        (date(2024, 2, 29), {"years": 1}, date(2025, 3, 1)),
        (date(2024, 2, 29), {"years": 4}, date(2028, 2, 29)),
        (date(2025, 1, 31), {"months": 1}, date(2025, 3, 1)),
        (date(2025, 12, 31), {"months": 2}, date(2026, 3, 1)),
        (date(2025, 10, 31), {"months": 13}, date(2026, 12, 1)),
        (date(2025, 12, 31), {"days": 1}, date(2026, 1, 1)),
        (date(2024, 2, 29), {"years": 1, "days": 30}, date(2025, 3, 31)),
    ],
)
def test_a_day_that_a_month_does_not_have_becomes_the_first_of_the_next(
    day: date, period: dict[str, int], expected: date
) -> None:
    assert later(day, **period) == expected


@given(day=DAYS, years=st.integers(0, 100), months=st.integers(0, 60), days=st.integers(0, 1000))
def test_later_is_what_dateutil_says_but_a_day_more_where_that_cuts_a_month_short(
    day: date, years: int, months: int, days: int
) -> None:
    cut = day + relativedelta(years=years, months=months)
    expected = cut + timedelta(days=days + (cut.day != day.day))
    assert later(day, years, months, days) == expected


@given(
    day=st.dates(date(1990, 1, 1), date(2060, 12, 31)), zone=ZONES, years=st.integers(0, 30), months=st.integers(0, 30),
    days=st.integers(0, 400),
)  # fmt: skip
def test_the_end_is_never_before_the_full_period_of_any_day_of_the_cut_off_month(
    day: date, zone: str, years: int, months: int, days: int
) -> None:
    end = end_of_retention(f"{day:%Y-%m}", years, ZoneInfo(zone), months=months, days=days)
    assert end is not None
    local = datetime.fromtimestamp(end // 1_000_000, ZoneInfo(zone)).date()
    first_of_next = day.replace(day=1) + relativedelta(months=1)
    assert local == first_of_next + relativedelta(years=years, months=months, days=days)
    assert local > day + relativedelta(years=years, months=months, days=days)


@given(day=st.dates(date(1990, 1, 1), date(2035, 12, 31)), zone=ZONES)
def test_a_day_begins_after_the_last_instant_of_the_day_before(day: date, zone: str) -> None:
    start, place = start_of_day(day, ZoneInfo(zone)), ZoneInfo(zone)
    lasted = {datetime.fromtimestamp(start // 1_000_000 + hour * 3600, place).date() for hour in range(20)}
    assert lasted == ({day} if (zone, day) != ("Pacific/Apia", date(2011, 12, 30)) else {date(2011, 12, 31)})


@pytest.mark.parametrize(
    ("zone", "day", "expected"),
    [
        ("America/Sao_Paulo", date(2018, 11, 4), datetime(2018, 11, 4, 3, tzinfo=UTC)),  # there was no midnight
        ("America/Havana", date(2023, 11, 5), datetime(2023, 11, 5, 5, tzinfo=UTC)),  # there were two
        ("Asia/Beirut", date(2024, 3, 31), datetime(2024, 3, 30, 22, tzinfo=UTC)),
    ],
)
def test_where_clocks_change_at_midnight_the_later_reading_counts(zone: str, day: date, expected: datetime) -> None:
    assert start_of_day(day, ZoneInfo(zone)) == micros(expected)


def test_an_end_beyond_the_calendar_is_none() -> None:
    assert end_of_retention("9999-12", 500, CHICAGO) is None
    assert end_of_retention("2026-01", 0, CHICAGO, days=200_000) is not None


# --------------------------------------------------------------------------- which item, and when its clock starts


def item(number: int, **more: Any) -> RetentionItem:
    return RetentionItem(id=str(number), series=f"s{number}", title="t", citation="invented", **more)


def scheduled(items: list[RetentionItem], rules: list[RetentionRule]) -> Schedule:
    return Schedule(Retention(version="1", effective=date(2026, 1, 1), items=items, rules=rules), "America/Chicago")


def facts(**more: Any) -> Facts:
    known = {"platform": "mastodon", "account": "larkspur", "kind": "comment",
             "started": micros(datetime(2024, 5, 5, tzinfo=UTC))}  # fmt: skip
    return Facts(**{**known, **more})


PERIODS = st.one_of(
    st.fixed_dictionaries({"years": st.integers(0, 9), "months": st.integers(0, 30)}),
    st.fixed_dictionaries({"days": st.integers(0, 4000)}),
    st.just({"permanent": True}),
    st.just({}),
)
SELECTORS = st.dictionaries(st.sampled_from(["platform", "account", "kind", "state", "tag"]), st.booleans(), min_size=1)
MATCHING = {"platform": "mastodon", "account": "larkspur", "kind": "comment", "state": "hidden", "tag": "local"}
OTHER = {"platform": "x", "account": "other", "kind": "post", "state": "deleted", "tag": "else"}


@given(periods=st.lists(PERIODS, min_size=2, max_size=6), data=st.data())
def test_the_longest_wins_whatever_the_order_of_the_rules(periods: list[dict[str, Any]], data: st.DataObject) -> None:
    items = [item(number, trigger=data.draw(st.sampled_from(["created", "withdrawn"])),
                  cutoff=data.draw(st.sampled_from(["month", "calendar_year", "fiscal_year"])), **period)
             for number, period in enumerate(periods)]  # fmt: skip
    rules, matching = [], []
    for one in items[1:]:
        wanted = data.draw(SELECTORS)
        selected = {name: (MATCHING if fits else OTHER)[name] for name, fits in wanted.items()}
        rules.append(RetentionRule(item=one.id, **selected))
        if all(wanted.values()):
            matching.append(one)
    rest = RetentionRule(item="0")
    asked = facts(states=frozenset({"present", "hidden"}), tags=frozenset({"local"}))
    first = scheduled(items, [*rules, rest])
    again = scheduled(items, [*data.draw(st.permutations(rules)), rest])
    ends = [first.cohort_in(one, asked).retain_until for one in matching or items[:1]]
    longest = max(NEVER if end is None else end for end in ends)
    for schedule in (first, again):
        assigned = schedule.assign(asked)
        assert assigned.item in (matching or items[:1])
        assert (assigned.cohort.retain_until or NEVER) == longest
        assert len(assigned.matched) == max(1, len(matching))


def test_the_last_rule_takes_only_what_no_other_does_however_long_its_item_is() -> None:
    schedule = scheduled([item(1, years=1), item(2, permanent=True)],
                         [RetentionRule(item="1", kind="comment"), RetentionRule(item="2")])  # fmt: skip
    assert schedule.assign(facts()).item.id == "1"
    rest = schedule.assign(facts(kind="post"))
    assert (rest.item.id, rest.rule, rest.matched) == ("2", 1, (1,))


@pytest.mark.parametrize("trigger", ["withdrawn", "superseded", "request_closed"])
def test_what_waits_for_its_trigger_is_open_and_never_due(trigger: Any) -> None:
    schedule = scheduled([item(1, years=1, trigger=trigger)], [RetentionRule(item="1")])
    waiting = schedule.assign(facts()).cohort
    assert (waiting.cutoff, waiting.retain_until, schedule.until("s1", OPEN)) == (OPEN, None, None)
    happened = {trigger: micros(datetime(2025, 7, 31, 12, tzinfo=UTC))}
    assert schedule.assign(facts(**happened)).cohort.cutoff == "2025-07"


@pytest.mark.parametrize(
    ("starts", "month", "cutoff"),
    [(7, 6, "2024-06"), (7, 7, "2025-06"), (1, 12, "2024-12"), (5, 4, "2024-04"), (5, 5, "2025-04"),
     (12, 12, "2025-11")],
)  # fmt: skip
def test_a_fiscal_year_ends_before_the_month_in_which_the_next_begins(starts: int, month: int, cutoff: str) -> None:
    retention = Retention(version="1", effective=date(2026, 1, 1), fiscal_year_starts=starts,
                          items=[item(1, years=1, cutoff="fiscal_year")], rules=[RetentionRule(item="1")])  # fmt: skip
    asked = facts(started=micros(datetime(2024, month, 15, tzinfo=UTC)))
    assert Schedule(retention, "America/Chicago").assign(asked).cohort.cutoff == cutoff


def test_a_date_that_no_calendar_has_is_undated_and_never_due() -> None:
    schedule = scheduled([item(1, years=1)], [RetentionRule(item="1")])
    cohort = schedule.assign(facts(started=1 << 61)).cohort
    assert (cohort.cutoff, cohort.retain_until) == (UNDATED, None)
