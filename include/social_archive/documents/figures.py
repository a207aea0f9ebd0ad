"""Figures as they stand in a document: counts, volumes, days, times."""

from __future__ import annotations

from datetime import UTC, datetime


def count(number: int) -> str:
    return f"{number:,}"


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def volume(size: int) -> str:
    """Bytes in MB or GB (powers of ten), as a disposal form asks for them."""
    if size >= 10**9:
        return f"{size / 10**9:,.2f} GB"
    return f"{size / 10**6:,.2f} MB" if size >= 5000 or size == 0 else "under 0.01 MB"


def time(text: str | None, *, seconds: bool = False) -> str:
    """An ISO 8601 time in UTC, to the minute: 2031-03-03 15:00. What is no time is shown as it is."""
    try:
        at = datetime.fromisoformat(text or "").astimezone(UTC)
    except ValueError:
        return text or "–"
    return at.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def span(begin: str | None, end: str | None) -> str:
    """Two days, months or times as one cell."""
    return (begin or "–") if begin == end else f"{begin or '–'} to {end or '–'}"
