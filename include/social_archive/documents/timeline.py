"""The picture of a period: what of it was read, and when somebody looked. Pure geometry for the template.

All places are fractions of the period's length, from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from social_archive.coverage_claim import in_words

Statement = dict[str, Any]

THINNEST: Final = 0.006
"""A gap of a minute in a year must still be seen."""

_TICKS: Final = 800  # more looks than that cannot be told apart on paper
_GROUPS: Final = {"login_expired": "person", "scope_lost": "person", "account_gone": "person", "throttled": "throttled"}
_STEPS: Final = (  # the least length of a period for which it fits, the step of the axis, the format of its labels
    (timedelta(days=1200), "year", "%Y"),
    (timedelta(days=430), "quarter", "%b %Y"),
    (timedelta(days=70), "month", "%b %Y"),
    (timedelta(days=15), "week", "%d %b"),
    (timedelta(days=2), "day", "%d %b"),
    (timedelta(hours=13), "six hours", "%d %b %H:%M"),
    (timedelta(hours=3), "hour", "%H:%M"),
    (timedelta(minutes=30), "ten minutes", "%H:%M"),
    (timedelta(0), "minute", "%H:%M"),
)
_LABELS: Final = 13


def timeline(s: Statement) -> dict[str, Any]:
    """{"bands", "ticks", "threads", "axis", "alt"}: what is drawn, and the same in words for who cannot see it."""
    scale = _Scale(s)
    gaps = [g for g in s["gaps"] if g["scope"] == "account"]
    return {
        "bands": [*_watched(s, scale), *(_band(scale, g["from"], g["to"], _group(g)) for g in gaps)],
        "ticks": _ticks(s, scale),
        "threads": sorted({round(scale.place(g["from"]), 3) for g in s["gaps"] if g["scope"] == "thread"}),
        "axis": list(_axis(scale)),
        "alt": _alt(s, gaps),
    }


class _Scale:
    """From moments to fractions of the period."""

    def __init__(self, s: Statement) -> None:
        self.zone = ZoneInfo(s["period"]["time_zone"])
        self.start = datetime.fromisoformat(s["period"]["from"])
        self.end = datetime.fromisoformat(s["period"]["to"])
        self.length = max((self.end - self.start).total_seconds(), 1.0)

    def place(self, text: str | None, default: float = 0.0) -> float:
        if text is None:
            return default
        return self.at(datetime.fromisoformat(text))

    def at(self, moment: datetime) -> float:
        return min(max((moment - self.start).total_seconds() / self.length, 0.0), 1.0)


def _band(scale: _Scale, start: str | None, end: str | None, what: str) -> dict[str, Any]:
    left, right = scale.place(start), scale.place(end, 1.0)
    width = max(right - left, THINNEST)
    return {"at": round(min(left, 1.0 - width), 4), "width": round(width, 4), "what": what}


def _watched(s: Statement, scale: _Scale) -> Iterator[dict[str, Any]]:
    """Read later as it still stood; looked at again and again; not looked at any more."""
    first, last = s["looks"]["first_complete"], s["looks"]["last_complete"]
    if first is None or last is None:
        yield _band(scale, None, None, "unseen")
        return
    if scale.place(first) > 0:
        yield _band(scale, None, first, "later")
    yield _band(scale, first, last, "watched")
    if scale.place(last) < 1 - THINNEST:
        yield _band(scale, last, None, "unseen")


def _group(gap: dict[str, Any]) -> str:
    return _GROUPS.get(gap["reason"], "platform")


def _ticks(s: Statement, scale: _Scale) -> list[dict[str, Any]]:
    """One tick for all looks that fall on one place; one among them that did not see everything marks it."""
    places: dict[float, bool] = {}
    for look in s["looks"]["times"]:
        at = round(scale.place(look["at"]) * _TICKS) / _TICKS
        places[at] = places.get(at, True) and look["outcome"] == "ok"
    return [{"at": at, "complete": complete} for at, complete in sorted(places.items())]


def _axis(scale: _Scale) -> Iterator[dict[str, Any]]:
    length = scale.end - scale.start
    step, form = next((step, form) for least, step, form in _STEPS if length >= least)
    marks = list(_marks(scale, step))
    every = -(-len(marks) // _LABELS) or 1
    for n, mark in enumerate(marks):
        at = scale.at(mark)
        label = mark.strftime(form) if n % every == 0 and at <= 0.96 else ""
        yield {"at": round(at, 4), "label": label}


def _marks(scale: _Scale, step: str) -> Iterator[datetime]:
    """The round moments inside the period, on the body's clock."""
    at = _floor(scale.start.astimezone(scale.zone), step)
    while at <= scale.end:
        if at >= scale.start:
            yield at
        at = _next(at, step)


_DELTAS: Final = {
    "week": timedelta(days=7), "day": timedelta(days=1), "six hours": timedelta(hours=6), "hour": timedelta(hours=1),
    "ten minutes": timedelta(minutes=10), "minute": timedelta(minutes=1),
}  # fmt: skip


def _floor(at: datetime, step: str) -> datetime:
    if step in ("year", "quarter", "month"):
        month = {"year": 1, "quarter": at.month - (at.month - 1) % 3, "month": at.month}[step]
        return at.replace(month=month, day=1, hour=0, minute=0, second=0, microsecond=0)
    if step in ("week", "day"):
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        return day - timedelta(days=day.weekday() if step == "week" else 0)
    if step == "six hours":
        return at.replace(hour=at.hour - at.hour % 6, minute=0, second=0, microsecond=0)
    minute = {"hour": 0, "ten minutes": at.minute - at.minute % 10, "minute": at.minute}[step]
    return at.replace(minute=minute, second=0, microsecond=0)


def _next(at: datetime, step: str) -> datetime:
    months = {"year": 12, "quarter": 3, "month": 1}.get(step)
    if months is None:
        return at + _DELTAS[step]
    years, month = divmod(at.month - 1 + months, 12)
    return at.replace(year=at.year + years, month=month + 1)


def _alt(s: Statement, gaps: list[dict[str, Any]]) -> str:
    """The picture in words."""
    looks = s["looks"]
    told = f"A bar for the period from {s['period']['from']} to {s['period']['to']}. {looks['kept']} looks are marked"
    if looks["first_complete"]:
        told += f"; the first that was complete at {looks['first_complete']}, the last at {looks['last_complete']}"
    spans = [f"{in_words(g['reason'])}: {g['from'] or 'the beginning'} to {g['to'] or 'open'}" for g in gaps]
    threads = sum(g["scope"] == "thread" for g in s["gaps"])
    return f"{told}. Gaps: {'; '.join(spans) or 'none'}. Threads that the platform showed in part: {threads}."
