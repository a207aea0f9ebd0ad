"""By when a request must be answered: counted by the agency's calendar, and by the strictest reading of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_archive.config import load_agency
from social_archive.foia.clock import Clock, due, received_on
from social_archive.law_calendar import DayRule, Holiday, easter
from social_archive.law_foia import FoiaLaw, load_foia_law
from social_archive.record import micros
from tests.agencies import agency_folder


@pytest.fixture(scope="module")
def illinois(tmp_path_factory: pytest.TempPathFactory) -> FoiaLaw:
    folder = agency_folder(tmp_path_factory.mktemp("illinois"), "no-bucket")
    return load_foia_law(load_agency(folder), date(2026, 11, 24))


@pytest.fixture(scope="module")
def clock(illinois: FoiaLaw) -> Clock:
    return Clock.of(illinois)


def day(text: str) -> date:
    return date.fromisoformat(text)


VECTORS = [  # received, 5 business days, 5 more, 21
    ("2026-02-09", "2026-02-18", "2026-02-25", "2026-03-12"),
    ("2026-06-15", "2026-06-23", "2026-06-30", "2026-07-16"),
    ("2026-10-30", "2026-11-09", "2026-11-17", "2026-12-04"),
    ("2026-11-20", "2026-12-01", "2026-12-08", "2026-12-23"),
    ("2026-12-22", "2026-12-30", "2027-01-07", "2027-01-25"),
    ("2026-02-14", "2026-02-23", "2026-03-02", "2026-03-17"),
]


@pytest.mark.parametrize(("received", "five", "five_more", "twenty_one"), VECTORS)
def test_the_worked_examples_of_illinois_come_out(
    received: str, five: str, five_more: str, twenty_one: str, clock: Clock
) -> None:
    assert clock.due(day(received)).date == day(five)
    assert clock.usual.after(day(five), 5) == day(five_more)
    assert clock.usual.after(day(received), 21) == day(twenty_one)


def test_a_disputed_holiday_in_the_period_makes_the_safe_date_earlier(illinois: FoiaLaw) -> None:
    thanksgiving = due(day("2026-11-20"), illinois)
    assert (thanksgiving.date, thanksgiving.safe) == (day("2026-12-01"), day("2026-11-30"))
    assert [(c.day, c.holiday.id) for c in thanksgiving.skipped] == [
        (day("2026-11-26"), "thanksgiving-day"), (day("2026-11-27"), "day-after-thanksgiving")
    ]  # fmt: skip
    assert [c.holiday.id for c in thanksgiving.disputed] == ["day-after-thanksgiving"]
    assert thanksgiving.is_disputed


def test_a_disputed_holiday_that_does_not_count_is_named_and_changes_nothing(illinois: FoiaLaw) -> None:
    pulaski = due(day("2026-02-27"), illinois)
    assert (pulaski.date, pulaski.safe, pulaski.is_disputed) == (day("2026-03-06"), day("2026-03-06"), False)
    assert [(c.day, c.holiday.id) for c in pulaski.disputed] == [(day("2026-03-02"), "pulaski-day")]
    assert "good-friday" in {c.holiday.id for c in due(day("2026-04-01"), illinois).disputed}


def test_a_request_of_a_weekend_is_received_then_and_monday_is_day_one(illinois: FoiaLaw) -> None:
    weekend = due(day("2026-08-08"), illinois)
    assert (weekend.received, weekend.day_one, weekend.date) == (
        day("2026-08-08"), day("2026-08-10"), day("2026-08-14"))  # fmt: skip
    assert weekend.citation == "5 ILCS 140/3(d)"


def test_the_fourth_of_july_on_a_saturday_is_the_friday_before_and_that_is_disputed(clock: Clock) -> None:
    friday = clock.usual.closed_on(day("2026-07-03"))
    assert friday is not None
    assert friday.holiday.disputed
    assert clock.strict.is_business_day(day("2026-07-03"))
    assert clock.usual.is_business_day(day("2025-07-03"))


def test_a_new_years_day_on_a_sunday_is_observed_on_monday_and_that_is_disputed(clock: Clock) -> None:
    assert not clock.usual.is_business_day(day("2034-01-02"))
    assert clock.strict.is_business_day(day("2034-01-02"))


def test_the_general_election_closes_in_even_years_only(clock: Clock) -> None:
    assert clock.usual.closed_on(day("2026-11-03")) is not None
    assert clock.usual.is_business_day(day("2027-11-02"))


@given(st.dates(date(2023, 1, 1), date(2060, 12, 31)))
def test_the_safe_date_is_never_later_and_both_are_business_days(illinois: FoiaLaw, received: date) -> None:
    clock = Clock.of(illinois)
    found = clock.due(received)
    assert received < found.day_one <= found.safe <= found.date
    assert clock.usual.is_business_day(found.date)
    assert clock.strict.is_business_day(found.safe)
    assert found.is_disputed <= any(c.holiday.counts for c in found.disputed)


@given(st.dates(date(2023, 1, 1), date(2060, 12, 31)), st.integers(1, 60))
def test_between_receipt_and_the_last_day_lie_exactly_so_many_business_days(
    clock: Clock, received: date, count: int
) -> None:
    last = clock.usual.after(received, count)
    days = (received + timedelta(days=n) for n in range(1, (last - received).days + 1))
    assert sum(clock.usual.is_business_day(one) for one in days) == count


@given(st.dates(date(2023, 1, 1), date(2060, 12, 31)))
def test_a_later_receipt_never_has_an_earlier_due_date(clock: Clock, received: date) -> None:
    assert clock.due(received).date <= clock.due(received + timedelta(days=1)).date


def test_a_law_may_count_calendar_days_or_the_day_of_receipt_itself(illinois: FoiaLaw) -> None:
    calendar = illinois.model_copy(update={"counting": "calendar", "response_days": 10})
    assert due(day("2026-11-20"), calendar).date == day("2026-11-30")
    at_once = illinois.model_copy(update={"first_day": "receipt"})
    assert due(day("2026-08-10"), at_once).date == day("2026-08-14")


def test_the_day_of_receipt_is_that_of_the_agencys_clock() -> None:
    late = micros(datetime(2026, 8, 11, 3, 30, tzinfo=UTC))
    assert received_on(late, "America/Chicago") == day("2026-08-10")


@pytest.mark.parametrize(("year", "sunday"), [
    (2024, "2024-03-31"), (2025, "2025-04-20"), (2026, "2026-04-05"), (2027, "2027-03-28"), (2038, "2038-04-25"),
])  # fmt: skip
def test_easter_is_where_the_almanac_has_it(year: int, sunday: str) -> None:
    assert easter(year) == day(sunday)


@pytest.mark.parametrize(("rule", "wanted"), [
    ({"month": 5, "weekday": "monday", "nth": -1}, "2027-05-31"),
    ({"month": 12, "weekday": "friday", "nth": -1}, "2027-12-31"),
    ({"month": 2, "weekday": "monday", "nth": 5}, None),
    ({"month": 2, "day": 29}, None),
    ({"once": date(2027, 4, 19)}, "2027-04-19"),
    ({"month": 11, "weekday": "monday", "nth": 1, "add": 1, "years": "even"}, None),
])  # fmt: skip
def test_every_kind_of_rule_finds_its_day_in_2027(rule: dict[str, object], wanted: str | None) -> None:
    assert DayRule.model_validate(rule).in_year(2027) == (wanted and day(wanted))


def test_a_holiday_holds_only_within_its_effective_dates(illinois: FoiaLaw) -> None:
    juneteenth = next(h for h in illinois.table.holidays if h.id == "juneteenth")
    assert isinstance(juneteenth, Holiday)
    assert juneteenth.in_year(2020) is None
    assert juneteenth.in_year(2026) == day("2026-06-19")
