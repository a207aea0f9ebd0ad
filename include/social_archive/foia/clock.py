"""By when a request must be answered, counted in the days that the law counts.

Two dates: `date` by the agency's own calendar, and `safe`, the one that holds even if every disputed holiday is none.
An answer by the safe date is never late, whoever turns out to be right about a holiday.

`deadline` is the whole clock of a request from what happened to it: the period of its kind, questions to the requester
where they stop the clock, the body's extension, an agreement in writing. Its steps say why the date is what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from datetime import date as Day
from typing import Literal
from zoneinfo import ZoneInfo

from social_archive.errors import ArchiveError
from social_archive.foia.days import Closed, Days
from social_archive.law_foia_model import Counting, FoiaLaw, KindLaw

__all__ = ["Asked", "Clock", "Closed", "Days", "Due", "Facts", "Step", "WrongDays", "deadline", "due", "received_on"]


class WrongDays(ArchiveError):
    """The days of a request contradict each other or the law, so nothing can be counted."""

    remedy = "Look at the days in the request's file: `archive foia show NUMBER`."


@dataclass(frozen=True)
class Asked:
    """A question to the requester: the day it was sent, and the day of the answer, None while there is none."""

    asked: Day
    answered: Day | None = None

    def covers(self, day: Day) -> bool:
        """Whether a day is not counted because of it: from the day after the question to the day of the answer."""
        return self.answered is not None and self.asked < day <= self.answered


@dataclass(frozen=True)
class Facts:
    """What happened to a request, as far as its clock is concerned; days on the agency's calendar.

    `extended`: the body extended the period itself. `agreed`: until when, if a longer period was agreed on in writing.
    `sent`: when the requester was told that the request is treated as voluminous; `amended`: when he or she answered.
    """

    received: Day
    kind: str = "ordinary"
    extended: bool = False
    agreed: Day | None = None
    asked: tuple[Asked, ...] = ()
    sent: Day | None = None
    amended: Day | None = None

    def __post_init__(self) -> None:
        later = [self.sent, self.amended, *(one.asked for one in self.asked)]
        turned = [one for one in self.asked if one.answered is not None and one.answered < one.asked]
        answered_first = self.amended is not None and (self.sent is None or self.amended < self.sent)
        if any(day is not None and day < self.received for day in later) or turned or answered_first:
            raise WrongDays("Something is said to have happened to the request before it could have.")


@dataclass(frozen=True)
class Step:
    """One thing that the clock rests on: what, the last day by it, the safe one, and where the law says so.

    `known`: whether that was read in a source; if not, it is shown with `law.VERIFY`.
    """

    what: str
    date: Day
    safe: Day
    citation: str
    known: bool = True


@dataclass(frozen=True)
class Due:
    """When the period of one request ends.

    `received`: on the agency's calendar. `day_one`: the first day that counts. `date`: the last day of the period.
    `safe`: the same if no disputed day were a holiday; never later. `skipped`: holidays that were not counted as
    days. `disputed`: days in the period of which somebody may say the opposite of what was done with them.

    `owed`: what is due then; of a voluminous request first the notice that it is treated as one. `notice`: by when the
    requester must be told, where the law wants that. `paused_since`: the clock stands still; the dates are those that
    hold if the requester answers that same day. `steps`: how it came about, in order.
    """

    received: Day
    days: int
    day_one: Day
    date: Day
    safe: Day
    citation: str
    skipped: tuple[Closed, ...] = ()
    disputed: tuple[Closed, ...] = ()
    kind: str = "ordinary"
    owed: Literal["answer", "notice"] = "answer"
    notice: Step | None = None
    paused_since: Day | None = None
    steps: tuple[Step, ...] = ()

    @property
    def is_disputed(self) -> bool:
        """Whether the two dates differ."""
        return self.safe != self.date


@dataclass(frozen=True)
class Clock:
    """The law's periods, counted by the agency's calendar and by the strictest reading of it."""

    law: FoiaLaw
    usual: Days
    strict: Days

    @classmethod
    def of(cls, law: FoiaLaw) -> Clock:
        return cls(law, *_calendars(law, law.counting))

    def due(self, received: Day, kind: str = "ordinary", *, asked: Sequence[Asked] = ()) -> Due:
        """When a request of a kind must be answered that was received on this day; ConfigError for an unknown kind.

        Received on a day that is no business day, or after hours, it counts as received that day: the next business
        day is day 1 in any case. For a voluminous one that is the day by which the requester must be told so.
        """
        of_kind = self.law.kind(kind)
        notice = self.notice_by(received, kind, asked=asked)
        if notice is not None and kind != "ordinary" and of_kind.amend_days is not None:
            found = self._due(received, kind, (notice,))
            return replace(found, owed="notice", notice=notice, days=of_kind.notice_days or of_kind.days)
        steps = self._count(of_kind, f"Answer within {_days(of_kind.days, of_kind)} of receipt",
                            self.law.field_of(kind, "days"), (received, received), of_kind.days, asked,
                            from_receipt=True)  # fmt: skip
        told = (notice,) if notice is not None and kind != "ordinary" else ()
        return replace(self._due(received, kind, (*told, *steps)), notice=notice)

    def answered_notice(self, due: Due, sent: Day, amended: Day | None = None, *, asked: Sequence[Asked] = ()) -> Due:
        """When a voluminous request must be answered whose requester was told on `sent`, and answered on `amended`."""
        kind = self.law.kind(due.kind)
        if kind.amend_days is None:
            raise WrongDays(f"The law has no notice that a requester of a {due.kind} request may answer.")
        (wait,) = self._count(kind, f"The requester may amend the request until {kind.amend_days} {kind.counted_as} "
                              f"after {sent}", self.law.field_of(due.kind, "amend_days"), (sent, sent),
                              kind.amend_days, ())  # fmt: skip
        usual, safe = (min(day, amended or day) for day in (wait.date, wait.safe))
        after = f"the requester's answer of {amended}" if amended == usual else "the last day to amend it"
        steps = self._count(kind, f"Answer within {_days(kind.days, kind)} of {after}",
                            self.law.field_of(due.kind, "days"), (usual, safe), kind.days, asked)  # fmt: skip
        found = self._due(due.received, due.kind, (*due.steps, wait, *steps))
        return replace(found, notice=due.notice)

    def extended(self, due: Due, *, asked: Sequence[Asked] = ()) -> Due:
        """The same, extended by the body itself. Raises WrongDays where the law knows no extension of its kind."""
        kind = self.law.kind(due.kind)
        if not self.may_extend(due) or kind.extension_days is None:
            raise WrongDays(f"The law knows no extension of {_what(due)}.",
                            remedy="Agree on a longer period with the requester, in writing.")  # fmt: skip
        steps = self._count(kind, f"Extended by {_days(kind.extension_days, kind)}",
                            self.law.field_of(due.kind, "extension_days"), (due.date, due.safe),
                            kind.extension_days, asked)  # fmt: skip
        return self._later(due, steps)

    def may_extend(self, due: Due) -> bool:
        """Whether the body itself may extend it."""
        return due.owed == "answer" and self.law.kind(due.kind).extension_days is not None

    def further(self, due: Due, agreed: Day) -> Due:
        """The same, after an agreement in writing on a longer period; one that is not longer changes nothing."""
        if agreed <= due.safe:
            return due
        step = self._step(f"Agreed with the requester in writing, until {agreed}", "extension.longer",
                          max(agreed, due.date), agreed)  # fmt: skip
        return self._later(due, (step,))

    def notice_by(self, received: Day, kind: str = "ordinary", *, asked: Sequence[Asked] = ()) -> Step | None:
        """By when the requester must be told: that an ordinary request is extended, or how another one is treated."""
        of_kind = self.law.kind(kind)
        within = self.law.extension.notice_days if kind == "ordinary" else of_kind.notice_days
        if within is None:
            return None
        what = "an extension" if kind == "ordinary" else f"its treatment as {kind}"
        field = "extension.notice_days" if kind == "ordinary" else f"{kind}.notice_days"
        steps = self._count(of_kind, f"Notice of {what} within {_days(within, of_kind)} of receipt", field,
                            (received, received), within, asked, from_receipt=True)  # fmt: skip
        return replace(steps[0], date=steps[-1].date, safe=steps[-1].safe)

    # ----------------------------------------------------------------------- counting

    def _count(
        self, kind: KindLaw, what: str, field: str, start: tuple[Day, Day], count: int, asked: Sequence[Asked], *,
        from_receipt: bool = False,
    ) -> tuple[Step, ...]:  # fmt: skip
        """The step of a period of `count` days after `start` (usual, strict), and one for each question during it."""
        calendars = self._calendars(kind)
        at_once = from_receipt and self.law.first_day == "receipt"

        def ends(counted: Sequence[Asked]) -> tuple[Day, Day]:
            usual, safe = (_end(days, day, count, counted, at_once=at_once)
                           for days, day in zip(calendars, start, strict=True))  # fmt: skip
            return usual, min(usual, safe)

        last, counted = ends(()), []
        steps, pauses = [self._step(what, field, *last)], self.law.clarification.pauses
        for one in asked:
            # A question that waits, or stops nothing, is told in the period in which it was asked; one that was
            # answered, in each period that it reaches into.
            reaches = one.answered > start[1] if pauses and one.answered is not None else one.asked >= start[0]
            if reaches and one.asked < last[0]:
                counted.append(one)
                last = ends(counted) if pauses else last
                steps.append(self._step(_question(one, pauses=pauses), "clarification.pauses", *last))
        return tuple(steps)

    def _calendars(self, kind: KindLaw) -> tuple[Days, Days]:
        return (self.usual, self.strict) if kind.counting == self.law.counting else _calendars(self.law, kind.counting)

    def _step(self, what: str, field: str, date: Day, safe: Day) -> Step:
        return Step(what, date, safe, self.law.citations.get(field, ""), self.law.known(field))

    def _due(self, received: Day, kind: str, steps: tuple[Step, ...]) -> Due:
        """A due date from its steps; the last one stands."""
        of_kind, last = self.law.kind(kind), steps[-1]
        usual, _ = self._calendars(of_kind)
        at_once = self.law.first_day == "receipt" and usual.is_business_day(received)
        field = self.law.field_of(kind, "days")
        return Due(
            received=received, days=of_kind.days, day_one=received if at_once else usual.next(received),
            date=last.date, safe=last.safe, citation=self.law.citations[field], kind=kind, steps=steps,
            skipped=_skipped(usual, received, last.date), disputed=_disputed(usual, received, last.date),
        )  # fmt: skip

    def _later(self, due: Due, steps: tuple[Step, ...]) -> Due:
        usual, _ = self._calendars(self.law.kind(due.kind))
        last = steps[-1]
        return replace(due, date=last.date, safe=last.safe, steps=(*due.steps, *steps),
                       skipped=_skipped(usual, due.received, last.date),
                       disputed=_disputed(usual, due.received, last.date))  # fmt: skip


def deadline(clock: Clock, facts: Facts) -> Due:
    """The whole clock of a request, from everything that happened to it; `steps` says why.

    An extension that the law does not know, of a request that turned out to be of another kind, counts for nothing; a
    step says so. Raises ConfigError if the law does not know the kind.
    """
    asked = sorted(facts.asked, key=lambda one: one.asked)
    found = clock.due(facts.received, facts.kind, asked=asked)
    if facts.sent is not None and found.owed == "notice":
        found = clock.answered_notice(found, facts.sent, facts.amended, asked=asked)
    if facts.extended and clock.may_extend(found):
        found = clock.extended(found, asked=asked)
    elif facts.extended:
        step = Step(f"Extended, but the law knows no extension of {_what(found)}", found.date, found.safe, "")
        found = replace(found, steps=(*found.steps, step))
    if facts.agreed is not None:
        found = clock.further(found, facts.agreed)
    waiting = [one.asked for one in asked if one.answered is None and one.asked < found.date]
    return replace(found, paused_since=waiting[0]) if waiting and clock.law.clarification.pauses else found


def due(received: Day, law: FoiaLaw) -> Due:
    """`Clock.due`, for one ordinary request."""
    return Clock.of(law).due(received)


def received_on(moment: int, zone: str) -> Day:
    """The day of a moment (microseconds UTC) on the agency's calendar."""
    return datetime.fromtimestamp(moment / 1_000_000, UTC).astimezone(ZoneInfo(zone)).date()


# --------------------------------------------------------------------------- days and words


def _calendars(law: FoiaLaw, counting: Counting) -> tuple[Days, Days]:
    """The days that count: as usual, and by the strictest reading."""
    if counting == "calendar":
        every = Days(frozenset(), ())
        return every, every
    return Days.of(law.table), Days.of(law.table, strict=True)


def _end(days: Days, start: Day, count: int, asked: Sequence[Asked], *, at_once: bool) -> Day:
    """The `count`-th day after `start` that counts; with `at_once`, `start` itself is the first if it counts."""
    day = start
    left = count - (at_once and days.is_business_day(start))
    while left:
        day = days.next(day)
        left -= not any(one.covers(day) for one in asked)
    return day


def _skipped(usual: Days, received: Day, last: Day) -> tuple[Closed, ...]:
    span = (received + timedelta(days=n) for n in range(1, (last - received).days + 1))
    working = (day for day in span if day.weekday() not in usual.weekend)
    return tuple(closed for day in working if (closed := usual.closed_on(day)) is not None)


def _disputed(usual: Days, received: Day, last: Day) -> tuple[Closed, ...]:
    return usual.disputed_between(received + timedelta(days=1), last)


def _days(count: int, kind: KindLaw) -> str:
    return f"{count} {kind.counted_as if count != 1 else kind.counted_as.removesuffix('s')}"


def _question(one: Asked, *, pauses: bool) -> str:
    if not pauses:
        return f"Asked the requester on {one.asked}; a question does not stop the clock"
    if one.answered is None:
        return f"Asked the requester on {one.asked}; the clock stands still until the answer"
    return f"Waited for the requester from {one.asked} to {one.answered}; these days are not counted"


def _what(due: Due) -> str:
    return "the notice that is due first" if due.owed == "notice" else f"the period of a {due.kind} request"
