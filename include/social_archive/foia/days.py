"""Which days count: the working week and the holidays of a calendar, one reading of it or the strictest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date as Day
from datetime import timedelta
from itertools import chain

from social_archive.law_calendar import WEEKDAYS, Holiday, HolidayTable

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Closed:
    """A holiday on its day in one year."""

    day: Day
    holiday: Holiday


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
