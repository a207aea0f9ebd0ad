"""The holidays of a jurisdiction, as data: rules that hold for any year.

    law/<jurisdiction>/calendar.yaml

Whether a holiday is one for the law on requests is often disputed; the calendar says so, and the clock
(`foia/clock.py`) then shows the earlier date too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from social_archive.config import Agency, Model, Slug, Text
from social_archive.errors import ConfigError
from social_archive.law import Dated, Pack, Sourced
from social_archive.law_pack import misplaced, pack_file, parsed, sha256_of
from social_archive.yaml_lines import Document

CALENDAR_FILE: Final = "calendar.yaml"
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


# --------------------------------------------------------------------------- days


class DayRule(Model):
    """One day a year: a date, the nth weekday of a month (-1: the last), so many days from Easter, or one day only.

    `only_on`: only in years in which that day falls on one of these weekdays. `add` moves it so many days afterwards.
    """

    month: Annotated[int, Field(ge=1, le=12)] | None = None
    day: Annotated[int, Field(ge=1, le=31)] | None = None
    weekday: Weekday | None = None
    nth: Annotated[int, Field(ge=-1, le=5)] | None = None
    easter: Annotated[int, Field(ge=-100, le=100)] | None = None
    once: date | None = None
    years: Literal["all", "even", "odd"] = "all"
    only_on: list[Weekday] | None = None
    add: Annotated[int, Field(ge=-7, le=7)] = 0

    @model_validator(mode="after")
    def _one_way(self) -> DayRule:
        given = {
            name for name in ("month", "day", "weekday", "nth", "easter", "once") if getattr(self, name) is not None
        }
        if given not in ({"month", "day"}, {"month", "weekday", "nth"}, {"easter"}, {"once"}) or self.nth == 0:
            raise ValueError("must be `month` and `day`; `month`, `weekday` and `nth` (not 0); `easter`; or `once`")
        return self

    def in_year(self, year: int) -> date | None:
        """The day in that year; None if there is none."""
        day = self._base(year)
        if day is None or (self.years != "all" and (year % 2 == 0) != (self.years == "even")):
            return None
        if self.only_on is not None and WEEKDAYS[day.weekday()] not in self.only_on:
            return None
        return day + timedelta(days=self.add)

    def _base(self, year: int) -> date | None:
        if self.once is not None:
            return self.once if self.once.year == year else None
        if self.easter is not None:
            return easter(year) + timedelta(days=self.easter)
        assert self.month is not None
        if self.day is not None:
            return _day(year, self.month, self.day)
        assert self.weekday is not None
        assert self.nth is not None
        return _nth_weekday(year, self.month, WEEKDAYS.index(self.weekday), self.nth)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:  # 29 February
        return None


def _nth_weekday(year: int, month: int, weekday: int, nth: int) -> date | None:
    if nth < 0:
        last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - weekday) % 7)
    first = date(year, month, 1)
    day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    return day if day.month == month else None


def easter(year: int) -> date:
    """Easter Sunday of the Western churches (the anonymous Gregorian computus, Meeus, Astronomical Algorithms)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    r = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * r) // 451
    month, day = divmod(h + r - 7 * m + 114, 31)
    return date(year, month, day + 1)


# --------------------------------------------------------------------------- models


class Holiday(Dated):
    """A day on which a public body may be closed.

    `counts`: the agency takes it for a holiday, so it is no business day. `disputed`: somebody may hold the opposite.
    One that counts and is disputed makes the safe date earlier than the due date; one that does not count changes
    nothing and is only named.
    """

    id: Slug
    name: Text
    rule: DayRule
    counts: bool
    disputed: bool = False

    def in_year(self, year: int) -> date | None:
        day = self.rule.in_year(year)
        return day if day is not None and self.in_force(day) else None


class Weekend(Sourced):
    """The days of the week that are never business days."""

    days: Annotated[list[Weekday], Field(max_length=6)]


class HolidayTable(Model):
    """The holidays of one jurisdiction. `sha256` (hex) is the file's."""

    jurisdiction: Slug
    title: Text
    invented: bool
    path: Path
    sha256: str
    weekend: Weekend
    holidays: list[Holiday]


class _CalendarFile(Model):
    pack: Pack
    weekend: Weekend
    holidays: list[Holiday]


# --------------------------------------------------------------------------- loading


def load_holidays(agency: Agency) -> HolidayTable:
    """The holidays of the agency's jurisdiction. Raises ConfigError with `file:line: reason` for what is wrong."""
    path = pack_file(agency, CALENDAR_FILE)
    file, document = parsed(path, _CalendarFile)
    if problems := [*misplaced(file.pack, document), *_twice(file.holidays, document)]:
        raise ConfigError("\n".join(problems))
    return HolidayTable(**file.pack.model_dump(), path=path, sha256=sha256_of(path), weekend=file.weekend,
                        holidays=file.holidays)  # fmt: skip


def _twice(holidays: list[Holiday], document: Document) -> Iterator[str]:
    for (i, one), (j, other) in combinations(enumerate(holidays), 2):
        if one.id == other.id and one.first <= other.last and other.first <= one.last:
            yield (f"{document.place(('holidays', j, 'id'))}: two holidays named {one.id!r} hold on the same day; the "
                   f"first is in line {document.line(('holidays', i, 'id'))}.")  # fmt: skip
