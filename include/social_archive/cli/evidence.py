"""A text with the words marked that a check, or a person, points at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from rich.text import Text

from social_archive.cli import output

AROUND: Final = 300
"""Characters shown on each side of marked words, where a text is too long to be shown whole."""
SHOWN: Final = 500
"""Characters shown of the marked words themselves, there."""

_STYLE: Final = "bold black on yellow"


class Mark(NamedTuple):
    """Words of a text, [start, end) in characters as they were posted, and the number by which they are called."""

    start: int
    end: int
    number: int


def marked(text: str, marks: Sequence[Mark], *, limit: int | None = None) -> Text:
    """The text, safe to print, its marked words as ⟦words⟧(number). Marks may overlap.

    `limit`: of a longer text only what stands around the marks is shown, and how much was left out is said.
    """
    out = Text()
    at = 0
    for start, end in _parts(len(text), marks, limit):
        out.append_text(_left_out(start - at))
        for first, last in _steps(start, end, marks):
            out.append_text(_bounds(first, marks, opening=True))
            inside = any(mark.start <= first < mark.end for mark in marks)
            out.append_text(output.safe(text[first:last], style=_STYLE if inside else ""))
            out.append_text(_bounds(last, marks, opening=False))
        at = end
    return out.append_text(_left_out(len(text) - at))


def _parts(length: int, marks: Sequence[Mark], limit: int | None) -> list[tuple[int, int]]:
    """The pieces of the text that are shown, in order, none touching another."""
    if limit is None or length <= limit:
        return [(0, length)]
    wanted = [(mark.start - AROUND, min(mark.end, mark.start + SHOWN) + AROUND) for mark in marks] or [(0, limit)]
    parts: list[tuple[int, int]] = []
    for start, end in sorted((max(0, start), min(length, end)) for start, end in wanted):
        if parts and start <= parts[-1][1]:
            parts[-1] = (parts[-1][0], max(end, parts[-1][1]))
        else:
            parts.append((start, end))
    return parts


def _steps(start: int, end: int, marks: Sequence[Mark]) -> Iterator[tuple[int, int]]:
    """A piece, cut wherever a mark begins or ends."""
    cuts = {start, end, *(cut for mark in marks for cut in (mark.start, mark.end) if start < cut < end)}
    yield from pairwise(sorted(cuts))


def _bounds(at: int, marks: Sequence[Mark], *, opening: bool) -> Text:
    """The brackets that stand at one place."""
    if opening:
        return Text("⟦" * sum(mark.start == at for mark in marks), style="yellow")
    return Text("".join(f"⟧({mark.number})" for mark in marks if mark.end == at), style="yellow")


def _left_out(count: int) -> Text:
    return Text(f" … ({count:,} characters) … " if count > 0 else "", style="dim")
