"""The law on requests for public records, as data: how long an answer may take, and which days count.

    law/<jurisdiction>/foia.yaml        the periods, as rules like those on disposal (`law.py`)
    law/<jurisdiction>/calendar.yaml    the holidays, as rules that hold for any year

The agency's own file wins over the one that ships, each for itself. Whether a holiday is one for this law is often
disputed; the calendar says so, and the clock (`foia/clock.py`) then shows the earlier date too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, model_validator

from social_archive.config import Agency, Model, Slug, Text, load_file
from social_archive.errors import ConfigError
from social_archive.law import LawRule, Pack, Sourced, effective_at, find_pack, overlapping
from social_archive.yaml_lines import Document, echo, read, shown, suggestion

LAW_FILE: Final = "foia.yaml"
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


class Holiday(Sourced):
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
    effective_from: date | None = None
    effective_to: date | None = None

    @property
    def first(self) -> date:
        return self.effective_from or date.min

    @property
    def last(self) -> date:
        return self.effective_to or date.max

    def in_year(self, year: int) -> date | None:
        day = self.rule.in_year(year)
        return day if day is not None and self.first <= day <= self.last else None


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


class FoiaLaw(Model):
    """What one jurisdiction's law says of a request on one day, with the table of holidays that it is counted by.

    `response_days`: the last of them is the last day on which an ordinary request is answered in time. `counting`:
    which days count. `first_day`: the day that is day 1. `clock_starts` says in words what starts the clock.
    `citations` gives each field's.
    """

    jurisdiction: Slug
    title: Text
    invented: bool
    path: Path
    sha256: str
    day: date
    response_days: Annotated[int, Field(ge=1, le=366)]
    counting: Literal["business", "calendar"]
    first_day: Literal["after_receipt", "receipt"]
    clock_starts: Text
    citations: dict[str, str]
    rules: list[LawRule]
    other_rules: list[LawRule]
    table: HolidayTable

    def known(self, field: str) -> bool:
        """Whether the rule behind a field was read somewhere; if not, it is shown with `law.VERIFY`."""
        return all(rule.known for rule in self.rules if rule.sets == field)


class _LawFile(Model):
    pack: Pack
    rules: Annotated[list[LawRule], Field(min_length=1)]


class _CalendarFile(Model):
    pack: Pack
    weekend: Weekend
    holidays: list[Holiday]


_SETTABLE: Final = ("response_days", "counting", "first_day", "clock_starts")


# --------------------------------------------------------------------------- loading


def load_foia_law(agency: Agency, day: date | None = None) -> FoiaLaw:
    """The law of the agency's jurisdiction on requests, on a day (default: today, on the agency's calendar).

    Raises ConfigError if there is none, with the remedy; or with `file:line: reason` for everything wrong in it.
    """
    path = _file(agency, LAW_FILE)
    file, document = load_file(path, _LawFile), read(path)
    problems = [*_misplaced(file.pack, path, document), *_unknown(file.rules, document),
                *overlapping(file.rules, document)]  # fmt: skip
    if problems:
        raise ConfigError("\n".join(problems))
    return _law(file, document, day or datetime.now(ZoneInfo(agency.body.time_zone)).date(), load_holidays(agency))


def load_holidays(agency: Agency) -> HolidayTable:
    """The holidays of the agency's jurisdiction. Raises ConfigError like `load_foia_law`."""
    path = _file(agency, CALENDAR_FILE)
    file, document = load_file(path, _CalendarFile), read(path)
    if problems := [*_misplaced(file.pack, path, document), *_twice(file.holidays, document)]:
        raise ConfigError("\n".join(problems))
    return HolidayTable(**file.pack.model_dump(), path=path, sha256=_sha256(path), weekend=file.weekend,
                        holidays=file.holidays)  # fmt: skip


def _file(agency: Agency, name: str) -> Path:
    if (path := find_pack(agency, name)) is not None:
        return path
    own = agency.folder / "law" / agency.body.jurisdiction / name
    raise ConfigError(
        f"The jurisdiction {echo(agency.body.jurisdiction)} has no {name}, so nobody can say by when a request must be "
        "answered. Harvesting, finding and proving need none.",
        remedy=f"Correct `jurisdiction` in {shown(agency.folder / 'agency.yaml')}, or write {shown(own)} after the "
        "one of Illinois.",
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _misplaced(pack: Pack, path: Path, document: Document) -> Iterator[str]:
    if pack.jurisdiction != path.parent.name:
        yield (f"{document.place(('pack', 'jurisdiction'))}: the file is for {pack.jurisdiction!r}, but it stands in "
               f"the folder {path.parent.name!r}.")  # fmt: skip


def _unknown(rules: list[LawRule], document: Document) -> Iterator[str]:
    for index, rule in enumerate(rules):
        if rule.sets is not None and rule.sets not in _SETTABLE:
            yield (f"{document.place(('rules', index, 'sets'))}: there is nothing named {echo(rule.sets)} to set"
                   f"{suggestion(rule.sets, _SETTABLE)}; there are {', '.join(_SETTABLE)}.")  # fmt: skip


def _twice(holidays: list[Holiday], document: Document) -> Iterator[str]:
    for (i, one), (j, other) in combinations(enumerate(holidays), 2):
        if one.id == other.id and one.first <= other.last and other.first <= one.last:
            yield (f"{document.place(('holidays', j, 'id'))}: two holidays named {one.id!r} hold on the same day; the "
                   f"first is in line {document.line(('holidays', i, 'id'))}.")  # fmt: skip


def _law(file: _LawFile, document: Document, day: date, table: HolidayTable) -> FoiaLaw:
    in_force = effective_at(file.rules, day)
    setting = [rule for rule in in_force if rule.sets is not None]
    try:
        return FoiaLaw.model_validate({
            **file.pack.model_dump(), **{rule.sets: rule.value for rule in setting},
            "path": document.path, "sha256": _sha256(document.path), "day": day,
            "citations": {rule.sets: rule.citation for rule in setting}, "rules": in_force,
            "other_rules": [rule for rule in file.rules if not rule.in_force(day)], "table": table,
        })  # fmt: skip
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(file, document, day, found) for found in error.errors())) from None


def _explain(file: _LawFile, document: Document, day: date, found: Any) -> str:
    field = str(found["loc"][0])
    if found["type"] == "missing":
        return f"{document.place(('rules',))}: no rule in force on {day} sets {field!r}."
    index = next(i for i, rule in enumerate(file.rules) if rule.sets == field and rule.in_force(day))
    message = found["msg"].replace("Input should", "should").removesuffix(".")
    return f"{document.place(('rules', index, 'value'))}: {field} {message[0].lower() + message[1:]}."
