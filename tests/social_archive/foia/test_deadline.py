"""The whole clock of a request: its kind, questions, extensions, agreements; and why the date is what it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.folder import AGENCY
from social_archive.config import load_agency
from social_archive.errors import ConfigError
from social_archive.foia.clock import Asked, Clock, Facts, WrongDays, deadline, received_on
from social_archive.law_foia import load_foia_law
from social_archive.record import micros
from tests.agencies import agency_folder
from tests.social_archive.foia.test_clock import VECTORS, day

DAY = date(2026, 11, 24)
KINDS = ("ordinary", "commercial", "recurrent", "voluminous")


@pytest.fixture(scope="module")
def illinois(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    folder = agency_folder(tmp_path_factory.mktemp("illinois"), "no-bucket")
    return Clock.of(load_foia_law(load_agency(folder), DAY))


@pytest.fixture(scope="module")
def larkspur() -> Clock:
    """Invented: a question stops this clock."""
    return Clock.of(load_foia_law(load_agency(AGENCY), DAY))


# --------------------------------------------------------------------------- each kind


@pytest.mark.parametrize(("received", "five", "five_more", "twenty_one"), VECTORS)
def test_the_worked_examples_come_out_with_extensions_and_for_commercial_requests(
    received: str, five: str, five_more: str, twenty_one: str, illinois: Clock
) -> None:
    facts = Facts(day(received))
    assert deadline(illinois, facts).date == day(five)
    assert deadline(illinois, replace(facts, extended=True)).date == day(five_more)
    for kind in ("commercial", "recurrent"):
        assert deadline(illinois, replace(facts, kind=kind)).date == day(twenty_one)


def test_each_step_says_what_it_is_and_where_the_law_says_it(illinois: Clock) -> None:
    found = deadline(illinois, Facts(day("2026-11-20"), extended=True, agreed=day("2026-12-18")))
    assert [(step.what, step.date, step.citation) for step in found.steps] == [
        ("Answer within 5 business days of receipt", day("2026-12-01"), "5 ILCS 140/3(d)"),
        ("Extended by 5 business days", day("2026-12-08"), "5 ILCS 140/3(e)"),
        ("Agreed with the requester in writing, until 2026-12-18", day("2026-12-18"), "5 ILCS 140/3(e)"),
    ]
    assert (found.date, found.safe, found.is_disputed) == (day("2026-12-18"), day("2026-12-18"), False)
    assert [closed.holiday.id for closed in found.disputed] == ["day-after-thanksgiving"], "over the whole period"


def test_an_agreement_that_is_not_longer_changes_nothing(illinois: Clock) -> None:
    plain = deadline(illinois, Facts(day("2026-11-20")))
    assert deadline(illinois, Facts(day("2026-11-20"), agreed=day("2026-11-30"))) == plain
    between = deadline(illinois, Facts(day("2026-11-20"), agreed=plain.date))
    assert (between.date, between.safe) == (plain.date, plain.date), "what is agreed on is safe"


def test_a_recurrent_requester_is_told_first(illinois: Clock) -> None:
    found = deadline(illinois, Facts(day("2026-02-09"), "recurrent"))
    assert found.notice is not None
    assert (found.owed, found.notice.date, found.date) == ("answer", day("2026-02-18"), day("2026-03-12"))
    assert [step.what.split()[0] for step in found.steps] == ["Notice", "Answer"]


def test_a_voluminous_request_is_first_told_then_waited_for_then_answered(illinois: Clock) -> None:
    facts = Facts(day("2026-03-16"), "voluminous")
    untold = deadline(illinois, facts)
    assert (untold.owed, untold.date) == ("notice", day("2026-03-23"))
    told = deadline(illinois, replace(facts, sent=day("2026-03-20")))
    assert (told.owed, told.date) == ("answer", day("2026-04-10")), "ten days to amend, until 3 April, and five more"
    amended = deadline(illinois, replace(facts, sent=day("2026-03-20"), amended=day("2026-03-24")))
    assert amended.date == day("2026-03-31"), "five days after the answer, which is earlier"
    too_late = deadline(illinois, replace(facts, sent=day("2026-03-20"), amended=day("2026-04-20")))
    assert too_late.date == told.date
    extended = deadline(illinois, replace(facts, sent=day("2026-03-20"), amended=day("2026-03-24"), extended=True))
    assert (extended.date, extended.steps[-1].known) == (day("2026-04-14"), False), "ten more, from memory only"


def test_a_notice_that_went_out_too_late_gives_no_longer_period(illinois: Clock) -> None:
    in_time = Facts(day("2026-11-20"), "voluminous", sent=day("2026-11-30"))
    assert deadline(illinois, in_time).is_disputed is False
    disputed = deadline(illinois, replace(in_time, sent=day("2026-12-01")))
    assert (disputed.safe, disputed.date) == (day("2026-11-30"), day("2026-12-22")), "in time only if a holiday is one"
    late = deadline(illinois, replace(in_time, sent=day("2026-12-02")))
    assert (late.owed, late.safe, late.date) == ("answer", day("2026-11-30"), day("2026-12-01"))
    assert "too late for a longer period" in late.steps[-1].what


def test_a_notice_of_an_extension_goes_out_within_the_first_period(illinois: Clock, larkspur: Clock) -> None:
    notice = illinois.notice_by(day("2026-11-20"))
    assert notice is not None
    assert (notice.date, notice.safe, notice.citation) == (
        day("2026-12-01"), day("2026-11-30"), "5 ILCS 140/3(e), 3(f)")  # fmt: skip
    assert illinois.notice_by(day("2026-11-20"), "commercial") is None
    sooner = larkspur.notice_by(day("2026-08-10"))
    assert sooner is not None
    assert sooner.date == day("2026-08-14"), "four days there"


# --------------------------------------------------------------------------- questions


def test_in_illinois_a_question_does_not_stop_the_clock_and_the_steps_say_so(illinois: Clock) -> None:
    asked = deadline(illinois, Facts(day("2026-08-10"), asked=(Asked(day("2026-08-11"), day("2026-08-13")),)))
    assert (asked.date, asked.paused_since) == (day("2026-08-17"), None)
    assert asked.steps[-1].what == "Asked the requester on 2026-08-11; a question does not stop the clock"
    assert not asked.steps[-1].known, "nobody has read it"


def test_where_a_question_stops_the_clock_the_days_of_waiting_are_not_counted(larkspur: Clock) -> None:
    plain = Facts(day("2026-08-10"))
    assert deadline(larkspur, plain).date == day("2026-08-17")
    waited = replace(plain, asked=(Asked(day("2026-08-11"), day("2026-08-13")),))
    assert deadline(larkspur, waited).date == day("2026-08-19"), "Wednesday and Thursday do not count"
    waiting = deadline(larkspur, replace(plain, asked=(Asked(day("2026-08-11")),)))
    assert (waiting.date, waiting.paused_since) == (day("2026-08-17"), day("2026-08-11"))
    extended = deadline(larkspur, replace(waited, extended=True))
    assert extended.date == day("2026-08-28"), "seven days from there"
    again = replace(waited, extended=True, asked=(*waited.asked, Asked(day("2026-08-20"), day("2026-08-24"))))
    assert deadline(larkspur, again).date == day("2026-09-01"), "a question may come during the extension too"
    after_it_was_due = replace(plain, asked=(Asked(day("2026-08-17"), day("2026-09-17")),))
    assert deadline(larkspur, after_it_was_due).date == day("2026-08-17")


# --------------------------------------------------------------------------- what the law does not know


def test_an_extension_that_the_law_does_not_know_is_refused_and_counts_for_nothing(illinois: Clock) -> None:
    commercial = illinois.due(day("2026-08-10"), "commercial")
    assert not illinois.may_extend(commercial)
    with pytest.raises(WrongDays, match="no extension of the period of a commercial request") as refused:
        illinois.extended(commercial)
    assert "in writing" in refused.value.remedy
    turned_commercial = deadline(illinois, Facts(day("2026-08-10"), "commercial", extended=True))
    assert turned_commercial.date == commercial.date
    assert "knows no extension" in turned_commercial.steps[-1].what


def test_a_kind_of_which_the_law_says_nothing_is_no_kind(illinois: Clock) -> None:
    silent = Clock.of(illinois.law.model_copy(update={"recurrent": None}))
    assert silent.law.kinds == ("ordinary", "commercial", "voluminous")
    with pytest.raises(ConfigError, match="nothing is written down about recurrent requests"):
        silent.due(DAY, "recurrent")


@pytest.mark.parametrize("facts", [
    {"asked": (Asked(day("2026-08-07")),)}, {"asked": (Asked(day("2026-08-12"), day("2026-08-11")),)},
    {"sent": day("2026-08-07")}, {"sent": day("2026-08-12"), "amended": day("2026-08-11")},
    {"amended": day("2026-08-11")},
])  # fmt: skip
def test_days_that_cannot_be_are_refused(facts: dict[str, object]) -> None:
    with pytest.raises(WrongDays, match="before it could have"):
        Facts(day("2026-08-10"), **facts)  # type: ignore[arg-type]


# --------------------------------------------------------------------------- whatever happens


def _later(draw: st.DrawFn, first: date) -> date | None:
    """A day from then on, or none."""
    days = draw(st.none() | st.integers(0, 30))
    return None if days is None else first + timedelta(days=days)


@st.composite
def histories(draw: st.DrawFn) -> Facts:
    received = draw(st.dates(date(2023, 1, 1), date(2052, 12, 31)))
    after = st.integers(0, 40).map(lambda n: received + timedelta(days=n))
    asked = [Asked(first, _later(draw, first)) for first in draw(st.lists(after, max_size=3))]
    sent = draw(st.none() | after)
    amended = sent and _later(draw, sent)
    return Facts(received, draw(st.sampled_from(KINDS)), extended=draw(st.booleans()), asked=tuple(asked), sent=sent,
                 amended=amended, agreed=draw(st.none() | after))  # fmt: skip


@given(histories())
def test_the_safe_date_is_never_later_and_the_last_step_stands(illinois: Clock, larkspur: Clock, facts: Facts) -> None:
    for clock in (illinois, larkspur):
        found = deadline(clock, facts)
        assert facts.received < found.safe <= found.date
        assert all(step.safe <= step.date for step in found.steps)
        assert (found.steps[-1].date, found.steps[-1].safe) == (found.date, found.safe)
        assert found.is_disputed <= any(closed.holiday.counts for closed in found.disputed)


@settings(max_examples=60)
@given(histories(), st.data())
def test_whoever_is_right_about_the_disputed_holidays_the_true_date_lies_between_the_two(
    illinois: Clock, larkspur: Clock, facts: Facts, data: st.DataObject
) -> None:
    for clock in (illinois, larkspur):
        disputed = [one.id for one in clock.law.table.holidays if one.disputed]
        wrong = set(data.draw(st.lists(st.sampled_from(disputed), unique=True)))
        really = [one.model_copy(update={"counts": False}) if one.id in wrong else one
                  for one in clock.law.table.holidays]  # fmt: skip
        table = clock.law.table.model_copy(update={"holidays": really})
        truth = deadline(Clock.of(clock.law.model_copy(update={"table": table})), facts).date
        found = deadline(clock, facts)
        assert found.safe <= truth <= found.date


@given(histories())
def test_the_days_between_add_up_whoever_counts_them(larkspur: Clock, facts: Facts) -> None:
    """Counted a second time, from the other end: every day after receipt, less those that do not count."""
    facts = replace(facts, kind="ordinary", agreed=None)
    found = deadline(larkspur, facts)
    span = [facts.received + timedelta(days=n) for n in range(1, (found.date - facts.received).days + 1)]
    counted = [one for one in span if larkspur.usual.is_business_day(one)
               and not any(q.answered and q.asked < one <= q.answered for q in facts.asked)]  # fmt: skip
    assert len(counted) == (5 + 7 if facts.extended else 5)
    assert counted[-1] == found.date


@given(st.dates(date(2023, 1, 1), date(2052, 12, 31)), st.sampled_from(KINDS), st.booleans())
def test_a_later_receipt_is_never_due_earlier(illinois: Clock, received: date, kind: str, extended: bool) -> None:
    days = [deadline(illinois, Facts(received + timedelta(days=n), kind, extended=extended)) for n in range(4)]
    for one, other in combinations(days, 2):
        assert (one.date <= other.date, one.safe <= other.safe) == (True, True)


@given(histories())
def test_an_extension_or_an_agreement_never_makes_it_earlier(illinois: Clock, larkspur: Clock, facts: Facts) -> None:
    for clock in (illinois, larkspur):
        plain = deadline(clock, replace(facts, extended=False, agreed=None))
        longer = deadline(clock, facts)
        assert (longer.date >= plain.date, longer.safe >= plain.safe) == (True, True)


@pytest.mark.parametrize("night", ["2026-03-08", "2026-11-01"], ids=["an hour is skipped", "an hour comes twice"])
def test_in_the_nights_when_clocks_change_every_moment_has_its_day_and_days_follow_each_other(night: str) -> None:
    zone = "America/Chicago"
    start = datetime.combine(day(night), datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    half_hours = [start + timedelta(minutes=30 * n) for n in range(-3, 60)]
    days = [received_on(micros(moment), zone) for moment in half_hours]
    assert days == sorted(days)
    first = days.index(day(night))
    assert half_hours[first] == start, "the day begins at midnight, not an hour off"
    assert sum(one == day(night) for one in days) in (46, 50), "23 or 25 hours"
