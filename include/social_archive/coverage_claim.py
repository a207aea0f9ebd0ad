"""The plain sentences of a coverage statement: what it can claim, and what it cannot. Pure: from the data alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

Statement = dict[str, Any]

REASONS: Final = {
    "login_expired": "the login had expired",
    "scope_lost": "the login had lost a permission",
    "account_gone": "the platform said that the account is gone",
    "throttled": "the platform asked us to wait",
    "unintelligible": "the platform's answers made no sense",
    "cursor_loop": "the platform's paging went in circles",
    "platform_error": "the platform could not be read",
    "thread_limit": "the platform shows only so much of a long thread",
    "thread_too_large": "a thread was too large to be read whole",
    "replies_withheld": "the platform counts more replies than it shows",
    "replies_not_shown": "the platform counts more replies than it shows",
    "blocked_replies": "replies stand across a block",
    "posts_withheld": "the platform counts posts and shows none",
}
"""Reasons of gaps in plain words; one that is not here is named by its code."""


def in_words(reason: str) -> str:
    return REASONS.get(reason, reason.replace("_", " "))


def claim(s: Statement, *, first_look: str | None) -> dict[str, list[str]]:
    """{"can": sentences, "cannot": sentences}. `first_look`: the first complete look at the account ever (ISO)."""
    zone = ZoneInfo(s["period"]["time_zone"])
    return {"can": list(_can(s, first_look, zone)), "cannot": list(_cannot(s, first_look, zone))}


def _can(s: Statement, first_look: str | None, zone: ZoneInfo) -> Iterator[str]:
    looks = s["looks"]
    first, last = looks["first_complete"], looks["last_complete"]
    if first is None:
        yield "In this period no look reached its end, so no completeness is claimed."
    elif _day(first, zone) == _day(last, zone):
        ended = "one look" if first == last else f"{looks['outcomes']['ok']:,} looks"
        yield f"Complete as far as the platform's API showed it on {_day(first, zone)}: {ended} reached the end."
    else:
        yield (
            f"Complete as far as the platform's API showed it between {_day(first, zone)} and {_day(last, zone)}: "
            f"{looks['outcomes']['ok']:,} looks reached their end, at most {span(looks['longest_interval_seconds'])} "
            "apart."
        )
    if first_look is not None and s["period"]["from"] < first_look:
        yield f"What was posted before {_day(first_look, zone)}, the first look, was read as it still stood then."
    yield (
        f"Every record counted here is committed to in the ledger {s['ledger']['origin']}, whose first "
        f"{s['ledger']['size']:,} leaves are signed."
    )


def _cannot(s: Statement, first_look: str | None, zone: ZoneInfo) -> Iterator[str]:
    yield "What came and went between two looks was never seen, nor what the platform shows to nobody."
    if spans := _counted(s, "account"):
        told = "; ".join(f"{_times(n, 'span')} in which {words}" for words, n in spans)
        yield f"Not covered: {told}."
    if threads := _counted(s, "thread"):
        told = "; ".join(f"{_times(n, 'thread')}, because {words}" for words, n in threads)
        yield f"Not whole: {told}."
    if first_look is not None and s["period"]["from"] < first_look:
        yield f"What was edited or deleted before {_day(first_look, zone)} is not known."
    last = s["looks"]["last_complete"]
    if last is not None and last < s["period"]["to"]:
        yield f"Nothing is claimed for the time after {_day(last, zone)}."
    yield from _disposed(s)
    if held := s["quarantine"]["open"]:
        yield f"{_times(held, 'item')} in quarantine may belong to this period."


def _disposed(s: Statement) -> Iterator[str]:
    """One sentence for each disposal of folders that overlap the period."""
    counts: Counter[tuple[str, str | None]] = Counter()
    for folder in s.get("disposed", ()):
        counts[folder["disposal"], folder["certificate"]] += folder["records"]
    for (disposal, certificate), records in sorted(counts.items(), key=lambda one: (one[0][1] or "~", one[0][0])):
        under = f"certificate {certificate}" if certificate else f"disposal {disposal}, whose certificate is pending"
        yield f"Not counted here: {_times(records, 'record')} of months in this period, disposed of under {under}."


def _counted(s: Statement, scope: str) -> list[tuple[str, int]]:
    """(reason in words, gaps), in the order of the words."""
    return sorted(Counter(in_words(g["reason"]) for g in s["gaps"] if g["scope"] == scope).items())


def _times(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _day(text: str, zone: ZoneInfo) -> str:
    """An ISO moment on the body's clock, as people read it."""
    return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M %Z}"


def span(seconds: int | None) -> str:
    """A length of time in its largest two units."""
    if seconds is None:
        return "no time"
    parts = []
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
        if len(parts) == 2:
            break
    return " ".join(parts) or "no time"
