"""Reading a platform's JSON as it really comes: any field may be missing, null, or of a type that nobody announced.

`Drift` reads values of the type that was promised and remembers when something else came; the record then carries the
flag `schema_drift` and goes on with what can be trusted. Nothing here raises on a strange value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from social_archive.platforms import strict_json
from social_archive.record import Observation, Unreadable, parse_time

_EMPTY: Final[dict[str, Any]] = {}


def exact_id(value: Any) -> str | None:
    """An id as a string, digit for digit. None when it is missing, or was a float (whose digits are already lost)."""
    if type(value) is str:
        return value or None
    return str(value) if type(value) is int else None


def count(value: Any) -> int | None:
    """A number of likes or replies that the archive can hold (platforms also send them as strings of digits)."""
    if type(value) is str and len(value) < 19 and value.isascii() and value.isdigit():
        return int(value)
    return value if type(value) is int and 0 <= value < 2**63 else None


def named(*flags: tuple[str, bool]) -> tuple[str, ...]:
    """The names of the flags that hold."""
    return tuple(name for name, holds in flags if holds)


class Drift:
    """Reads values of an expected type; remembers when something else came (`schema_drift`), and goes on."""

    __slots__ = ("seen",)

    def __init__(self) -> None:
        self.seen = False

    def text(self, value: Any) -> str | None:
        if type(value) is str or value is None:
            return value
        self.seen = True
        return None

    def id(self, value: Any) -> str | None:
        """An id; a missing one is no drift, one that is neither text nor a whole number is."""
        found = exact_id(value)
        self.seen = self.seen or (found is None and value not in (None, ""))
        return found

    def count(self, value: Any) -> int | None:
        found = count(value)
        self.seen = self.seen or (found is None and value is not None)
        return found

    def truth(self, value: Any) -> bool:
        """`true` and nothing else; anything but a boolean or nothing is drift."""
        if value is not None and type(value) is not bool:
            self.seen = True
        return value is True

    def object(self, value: Any) -> dict[str, Any]:
        if type(value) is dict:
            return value
        self.seen = self.seen or value is not None
        return _EMPTY

    def array(self, value: Any) -> list[Any]:
        if type(value) is list:
            return value
        self.seen = self.seen or value is not None
        return []

    def objects(self, value: Any) -> Iterator[dict[str, Any]]:
        """The objects of an array; what is none is drift."""
        for part in self.array(value):
            if type(part) is dict:
                yield part
            else:
                self.seen = True

    def time(self, value: str | None) -> int | None:
        """An ISO 8601 time in microseconds UTC; text that is no time is drift."""
        moment = parse_time(value)
        self.seen = self.seen or (moment is None and bool(value))
        return moment

    def epoch(self, value: Any) -> int | None:
        """Whole seconds since the epoch, as a number or as digits, in microseconds; anything else is drift."""
        seconds = count(value)
        self.seen = self.seen or (seconds is None and value is not None)
        return None if seconds is None or seconds > _LAST_SECOND else seconds * 1_000_000


_LAST_SECOND: Final = 253_402_300_799  # the end of the year 9999


def load_object(native: bytes) -> tuple[dict[str, Any], bool] | Unreadable:
    """One item strictly read: its value and whether text had to be repaired; or why it goes to quarantine."""
    try:
        item, repaired = strict_json.load_item(native)
    except strict_json.BadJson as problem:
        return Unreadable(native=native, reason=problem.code)
    if type(item) is not dict:
        return Unreadable(native=native, reason="not_an_object")
    return item, repaired


def bad_id(native: bytes, value: Any) -> Unreadable:
    """The quarantine entry of an item whose id cannot be used."""
    return Unreadable(native=native, reason="id_missing" if value in (None, "") else "id_not_exact")


def finished(found: Observation, drift: Drift, *, repaired: bool = False) -> Observation:
    """Put what was noticed while reading on the record's flags."""
    if drift.seen and "schema_drift" not in found.flags:
        found.flags = (*found.flags, "schema_drift")
    if repaired:
        found.flags = (*found.flags, "text_repaired")
    return found
