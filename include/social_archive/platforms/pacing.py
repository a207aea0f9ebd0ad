"""When to ask again: what a platform's headers say about its limits, in the forms that platforms really send."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from social_archive.platforms.base import Pace
from social_archive.record import parse_time

LONGEST_WAIT: Final = timedelta(days=1).total_seconds()
"""No platform means more than a day; a longer Retry-After is a mistake or malice, and asking once a day is harmless."""

_RESETS: Final = ("ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset")
_REMAINING: Final = ("ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining")


def seconds_until_retry(headers: Mapping[str, str], now: float) -> float | None:
    """How long a 429 or 503 asks us to wait: Retry-After (seconds or date), else the reset of the rate headers.

    `now` is our clock (seconds since the epoch); the answer's own Date is preferred where a date has to be compared,
    so that a wrong clock on either side does no harm. None when the headers say nothing, or nonsense.
    """
    waits = _after(headers.get("retry-after"), _server_now(headers, now))
    if waits is None:
        waits = seconds_until_reset(headers, now)
    return None if waits is None else min(waits, LONGEST_WAIT)


def seconds_until_reset(headers: Mapping[str, str], now: float) -> float | None:
    """The reset of RateLimit-* or X-RateLimit-*: epoch seconds, epoch milliseconds, seconds from now, or ISO 8601."""
    text = next((headers[name] for name in _RESETS if name in headers), None)
    if text is None:
        return None
    number = _number(text)
    if number is None:
        moment = parse_time(text)
        number = None if moment is None else moment / 1_000_000
        if number is None:
            return None
    if number < 1_000_000_000:  # the IETF draft's form: seconds from now
        return min(max(number, 0.0), LONGEST_WAIT)
    if number > 100_000_000_000:
        number /= 1_000
    return min(max(number - _server_now(headers, now), 0.0), LONGEST_WAIT)


def remaining(headers: Mapping[str, str]) -> int | None:
    """Requests left in the current window, when the platform says so."""
    text = next((headers[name] for name in _REMAINING if name in headers), None)
    number = None if text is None else _number(text)
    return None if number is None else int(number)


def _server_now(headers: Mapping[str, str], now: float) -> float:
    return _date(headers.get("date")) or now


def _after(text: str | None, server_now: float) -> float | None:
    if text is None:
        return None
    number = _number(text)
    if number is None:
        moment = _date(text)
        number = None if moment is None else max(moment - server_now, 0.0)
    return number if number is not None and number >= 0 else None


def _date(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def moment_after(seconds: float, now: float) -> datetime:
    """The UTC time `seconds` after `now` (seconds since the epoch)."""
    return datetime.fromtimestamp(now, UTC) + timedelta(seconds=min(max(seconds, 0.0), LONGEST_WAIT))


class Turnstile:
    """Lets requests through at the platform's pace.

    Until the platform's own headers are seen, the adapter's declared pace holds (a sliding window). Afterwards only
    the headers count: when nothing is left, `wait` says how long until the window opens again.
    """

    def __init__(self, pace: Pace, clock: Callable[[], float]) -> None:
        self._pace = pace
        self._clock = clock
        self._sent: deque[float] = deque(maxlen=max(pace.requests, 1))
        self._platform_speaks = False
        self._closed_until = 0.0

    def wait(self) -> float:
        """Seconds to wait before the next request may go (0: now)."""
        now = self._clock()
        if self._platform_speaks or len(self._sent) < self._pace.requests:
            return max(self._closed_until - now, 0.0)
        return max(self._sent[0] + self._pace.seconds - now, self._closed_until - now, 0.0)

    def pass_through(self) -> None:
        self._sent.append(self._clock())

    def close(self, seconds: float) -> None:
        """Let nothing through for so many seconds."""
        self._closed_until = max(self._closed_until, self._clock() + seconds)

    def learn(self, headers: Mapping[str, str], now: float) -> None:
        """Take over what an answer says: `now` is seconds since the epoch."""
        left = remaining(headers)
        if left is None:
            return
        self._platform_speaks = True
        if left <= 0:
            self._closed_until = self._clock() + (seconds_until_reset(headers, now) or 0.0)
