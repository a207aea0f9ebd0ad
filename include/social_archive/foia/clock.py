"""By when a request must be answered, counted in the days that the law counts.

Two dates: `date` by the agency's own calendar, and `safe`, the one that holds even if every disputed holiday is none.
An answer by the safe date is never late, whoever turns out to be right about a holiday.

Only ordinary requests so far; `Days.after` counts any number of days, for whatever else runs in them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import date as Day
from itertools import chain
from zoneinfo import ZoneInfo

from social_archive.law_calendar import WEEKDAYS, Holiday, HolidayTable
from social_archive.law_foia_model import FoiaLaw

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Closed:
    """A holiday on its day in one year."""

    day: Day
    holiday: Holiday


@dataclass(frozen=True)
class Due:
    """When the period of one request ends.

    `received`: on the agency's calendar. `day_one`: the first day that counts. `date`: the last day of the period.
    `safe`: the same if no disputed day were a holiday; never later. `skipped`: holidays that were not counted as
    days. `disputed`: days in the period of which somebody may say the opposite of what was done with them.
    """

    received: Day
    days: int
    day_one: Day
    date: Day
    safe: Day
    citation: str
    skipped: tuple[Closed, ...] = ()
    disputed: tuple[Closed, ...] = ()

    @property
    def is_disputed(self) -> bool:
        """Whether the two dates differ."""
        return self.safe != self.date


@dataclass(frozen=True)
class Days:
    """Which days count. `strict`: days that any reading of the law takes for business days count, disputed or not."""

    weekend: frozenset[int]  # 0 is Monday
    holidays: tuple[Holiday, ...]
    strict: bool = False
    _years: dict[int, dict[Day, Closed]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, table: HolidayTable, *, strict: bool = False) -> Days:
        return cls(frozenset(WEEKDAYS.index(day) for day in table.weekend.days), tuple(table.holidays), strict)

    def is_business_day(self, day: Day) -> bool:
        return day.weekday() not in self.weekend and day not in self._closed(day.year)

    def closed_on(self, day: Day) -> Closed | None:
        """The holiday that makes this day no business day."""
        return self._closed(day.year).get(day)

    def next(self, day: Day) -> Day:
        """The first business day after this one."""
        day += _ONE_DAY
        while not self.is_business_day(day):
            day += _ONE_DAY
        return day

    def after(self, day: Day, count: int) -> Day:
        """The `count`-th business day after `day`, which is not counted itself."""
        for _ in range(count):
            day = self.next(day)
        return day

    def disputed_between(self, first: Day, last: Day) -> tuple[Closed, ...]:
        """Disputed holidays from `first` to `last` that fall on a day of the working week, counted or not."""
        found = (Closed(day, holiday) for year in range(first.year - 1, last.year + 2) for holiday in self.holidays
                 if holiday.disputed and (day := holiday.in_year(year)) is not None)  # fmt: skip
        here = (one for one in found if first <= one.day <= last and one.day.weekday() not in self.weekend)
        return tuple(sorted(here, key=lambda one: one.day))

    def _closed(self, year: int) -> dict[Day, Closed]:
        """The days of one year that do not count because of a holiday. Of two names for a day, the surer one shows."""
        if year not in self._years:
            # 31 December may be the observed New Year's Day of the next year, and the reverse.
            around = chain.from_iterable(self._of(y) for y in (year - 1, year, year + 1))
            some = sorted((one for one in around if one.day.year == year), key=lambda one: one.holiday.disputed)
            self._years[year] = {one.day: one for one in reversed(some)}
        return self._years[year]

    def _of(self, year: int) -> Iterable[Closed]:
        for holiday in self.holidays:
            if holiday.counts and not (self.strict and holiday.disputed):
                day = holiday.in_year(year)
                if day is not None:
                    yield Closed(day, holiday)


@dataclass(frozen=True)
class Clock:
    """The law's periods, counted by the agency's calendar and by the strictest reading of it."""

    law: FoiaLaw
    usual: Days
    strict: Days

    @classmethod
    def of(cls, law: FoiaLaw) -> Clock:
        if law.counting == "calendar":
            every = Days(frozenset(), ())
            return cls(law, every, every)
        return cls(law, Days.of(law.table), Days.of(law.table, strict=True))

    def due(self, received: Day) -> Due:
        """When an ordinary request must be answered that was received on this day.

        Received on a day that is no business day, or after hours, it counts as received that day: the next business
        day is day 1 in any case.
        """
        last, safe = (self._last_day(received, days) for days in (self.usual, self.strict))
        first = received + _ONE_DAY
        span = (first + timedelta(days=n) for n in range((last - first).days + 1))
        working = (day for day in span if day.weekday() not in self.usual.weekend)
        return Due(
            received=received, days=self.law.response_days, day_one=self._day_one(received, self.usual), date=last,
            safe=min(last, safe), citation=self.law.citations["response_days"],
            skipped=tuple(closed for day in working if (closed := self.usual.closed_on(day)) is not None),
            disputed=self.usual.disputed_between(first, last),
        )  # fmt: skip

    def _day_one(self, received: Day, days: Days) -> Day:
        if self.law.first_day == "receipt" and days.is_business_day(received):
            return received
        return days.next(received)

    def _last_day(self, received: Day, days: Days) -> Day:
        return days.after(self._day_one(received, days), self.law.response_days - 1)


def due(received: Day, law: FoiaLaw) -> Due:
    """`Clock.due`, for one request."""
    return Clock.of(law).due(received)


def received_on(moment: int, zone: str) -> Day:
    """The day of a moment (microseconds UTC) on the agency's calendar."""
    return datetime.fromtimestamp(moment / 1_000_000, UTC).astimezone(ZoneInfo(zone)).date()
