"""Which series a record belongs to, when its clock starts, and until when it must be kept.

Together these are its disposal cohort, and a cohort is a folder: records that may be destroyed on the same day
share a key prefix, and no Parquet object ever holds two disposal dates. The law is in `retention.yaml`; this
module only applies its rules and does the calendar.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from social_archive.config_schedule import Retention, RetentionItem, RetentionRule
from social_archive.record import Observation, micros

OPEN: Final = "open"
"""The cut-off of what waits for its trigger (a profile that nothing has replaced yet): never due."""

UNDATED: Final = "undated"
"""The cut-off of what has a date that no calendar knows: never due."""

NEVER: Final = 1 << 62
"""Later than every moment that a record can have: how a cohort without an end compares."""

_HOUR: Final = 3_600_000_000  # microseconds; no time zone changes its offset within an hour

UNDATED_KINDS: Final = ("profile", "setting", "gap")
"""Kinds whose clock starts when they were first observed: they have no date of their own to be counted from."""

WITHDRAWN_STATES: Final = ("deleted", "account_gone")
"""States that say a thing is no longer published."""


@dataclass(frozen=True)
class Cohort:
    """`cutoff` is the month (yyyy-mm, the agency's own calendar) at the end of which the retention period begins."""

    series: str
    cutoff: str
    retain_until: int | None  # microseconds UTC; None: permanent, no schedule yet, or waiting for its trigger

    def prefix(self, area: str, platform: str, account: str) -> str:
        """The folder of this cohort in one area of the bucket (`records`, `quarantine`, ...)."""
        return f"{area}/series={self.series}/cutoff={self.cutoff}/platform={platform}/account={account}/"

    def media_prefix(self) -> str:
        return f"media/series={self.series}/cutoff={self.cutoff}/"


@dataclass(frozen=True)
class Facts:
    """What the schedule needs to know of a thing. Times are microseconds UTC, None while it has not happened.

    `states`: of all its versions. `started`: its creation, or when it was first seen if it has no date of its own.
    """

    platform: str
    account: str
    kind: str
    started: int
    states: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    withdrawn: int | None = None
    superseded: int | None = None
    request_closed: int | None = None


@dataclass(frozen=True)
class Assignment:
    """The item and the cohort of a thing, and why. `matched` are indexes of rules; `rule` is the one that decided."""

    item: RetentionItem
    cohort: Cohort
    rule: int
    matched: tuple[int, ...]


class Schedule:
    """The retention schedule in force, ready to be asked about many records."""

    def __init__(self, retention: Retention, time_zone: str) -> None:
        self.retention = retention
        self._zone = ZoneInfo(time_zone)
        self._items = {item.id: item for item in retention.items}
        self._by_series = {item.series: item for item in retention.items}
        self._months: dict[int, str] = {}
        self._cohorts: dict[tuple[str, str, str, str, str], Cohort] = {}
        self._ends: dict[tuple[str, str], int | None] = {}

    # ---------------------------------------------------------------- a record

    def cohort_of(self, o: Observation) -> Cohort:
        """The cohort of one observation as far as it alone tells: its own state, no tags, its clock just started.

        `retention.assignment` knows the thing's whole history and moves what belongs elsewhere. Profiles, settings
        and gaps count from when they were observed; so does what has no believable date of its own.
        """
        dated = o.kind not in UNDATED_KINDS and o.created_at is not None
        started = o.created_at if dated and o.created_at is not None else o.observed_at
        key = (o.platform, o.account, o.kind, o.state, self.month(started))
        if (cohort := self._cohorts.get(key)) is None:
            gone = o.observed_at if o.state in WITHDRAWN_STATES else None
            facts = Facts(o.platform, o.account, o.kind, started, frozenset((o.state,)), withdrawn=gone)
            cohort = self.assign(facts).cohort
            if gone is None:  # what is gone counts from when that was seen, so it is asked anew each time
                self._cohorts[key] = cohort
        return cohort

    def assign(self, facts: Facts) -> Assignment:
        """The item that keeps a thing longest among those whose rules match it; the last rule if no other does."""
        matched = self.matching(facts)
        best: Assignment | None = None
        best_end = -1
        for index in matched:
            item = self._items[self.retention.rules[index].item]
            cohort = self.cohort_in(item, facts)
            end = NEVER if cohort.retain_until is None else cohort.retain_until
            if end > best_end:
                best, best_end = Assignment(item, cohort, index, matched), end
        assert best is not None, "the last rule matches everything"
        return best

    def cohort_in(self, item: RetentionItem, facts: Facts) -> Cohort:
        """The cohort of a thing if this item decides about it."""
        cutoff = self._cutoff(item, facts)
        return Cohort(item.series, cutoff, self.until(item.series, cutoff))

    def matching(self, facts: Facts) -> tuple[int, ...]:
        """Indexes of the rules that apply: all with a selector that match, or the last one."""
        rules = self.retention.rules
        found = tuple(i for i, rule in enumerate(rules) if rule.selectors and _matches(rule, facts))
        return found or (len(rules) - 1,)

    # ---------------------------------------------------------------- a cohort

    def until(self, series: str, cutoff: str) -> int | None:
        """The first instant at which a cohort may be disposed of, microseconds UTC; None: never, as things stand."""
        key = (series, cutoff)
        if key not in self._ends:
            self._ends[key] = self._until(self._by_series.get(series), cutoff)
        return self._ends[key]

    def item_of(self, series: str) -> RetentionItem | None:
        """The item of a series; None if this schedule does not know it (then nothing in it may be disposed of)."""
        return self._by_series.get(series)

    def _until(self, item: RetentionItem | None, cutoff: str) -> int | None:
        if item is None or not item.has_period or cutoff in (OPEN, UNDATED):
            return None
        return end_of_retention(cutoff, item.years or 0, self._zone, months=item.months or 0, days=item.days or 0)

    # ---------------------------------------------------------------- cut-offs

    def _cutoff(self, item: RetentionItem, facts: Facts) -> str:
        moment = _triggered(item, facts)
        month = OPEN if moment is None else self.month(moment)
        if month in (OPEN, UNDATED) or item.cutoff == "month":
            return month
        last = 12 if item.cutoff == "calendar_year" else (self.retention.fiscal_year_starts - 2) % 12 + 1
        year, number = (int(part) for part in month.split("-"))
        return f"{year if number <= last else year + 1:04d}-{last:02d}"

    def month(self, moment: int) -> str:
        """yyyy-mm of a moment on the agency's calendar; `undated` for what no calendar has."""
        hour = moment // _HOUR
        if (month := self._months.get(hour)) is None:
            try:
                month = f"{datetime.fromtimestamp(hour * 3600, self._zone):%Y-%m}"
            except (ValueError, OverflowError, OSError):
                month = UNDATED
            self._months[hour] = month
        return month


def _matches(rule: RetentionRule, facts: Facts) -> bool:
    return (
        rule.platform in (None, facts.platform)
        and rule.account in (None, facts.account)
        and rule.kind in (None, facts.kind)
        and (rule.state is None or rule.state in facts.states)
        and (rule.tag is None or rule.tag in facts.tags)
    )


def _triggered(item: RetentionItem, facts: Facts) -> int | None:
    """When the item's trigger happened to this thing; None if it has not."""
    if item.trigger == "created":
        return facts.started
    return {
        "withdrawn": facts.withdrawn, "superseded": facts.superseded, "request_closed": facts.request_closed,
    }[item.trigger]  # fmt: skip


# --------------------------------------------------------------------------- the calendar


def later(day: date, years: int = 0, months: int = 0, days: int = 0) -> date:
    """The day that is this much later on the calendar, never earlier than the law says.

    A day that the target month does not have becomes the first of the next one: 29 February and one year is 1 March.
    """
    index = day.year * 12 + day.month - 1 + years * 12 + months
    year, month = index // 12, index % 12 + 1
    if day.day <= calendar.monthrange(year, month)[1]:
        moved = date(year, month, day.day)
    else:
        moved = date(year + month // 12, month % 12 + 1, 1)
    return moved + timedelta(days=days)


def end_of_retention(cutoff: str, years: int, zone: ZoneInfo, *, months: int = 0, days: int = 0) -> int | None:
    """The first instant after the full period from the end of the cut-off month, in microseconds UTC.

    Counted on the calendar in the agency's own time zone, so never early: not 365 days, and no leap-day trap. None
    for an end that lies beyond the calendar's last year.
    """
    year, month = (int(part) for part in cutoff.split("-"))
    try:
        return start_of_day(later(date(year, month, 1), years, months + 1, days), zone)
    except (ValueError, OverflowError):
        return None


def start_of_day(day: date, zone: ZoneInfo) -> int:
    """When a day begins in a zone, microseconds UTC; where clocks change at midnight, the later of both readings."""
    readings = (datetime(day.year, day.month, day.day, tzinfo=zone, fold=fold) for fold in (0, 1))
    return max(micros(reading.astimezone(UTC)) for reading in readings)
