"""Is a thing asked rather than said, and what stands before it in its sentence. Cheap guesses for English."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from social_archive.policy.batch import Match, Pattern

_END: Final = Pattern(r"[.!?](?:[\s\"')]|$)|\n")
_FAR: Final = 300  # characters; a sentence that is longer has no end that matters


def is_asked(text: str, end: int) -> bool:
    """Does the sentence that goes on after `end` close with a question mark?"""
    found = _END.compiled.search(text[max(end - 1, 0) : end + _FAR])
    return bool(found) and found.group().startswith("?")


def before(text: str, start: int) -> str:
    """What the sentence says before `start`, lower case; empty where the sentence begins there."""
    said = text[max(start - _FAR, 0) : start].lower()
    ends = [match.end() for match in _END.compiled.finditer(said)]
    return said[ends[-1] :].strip() if ends else said.strip()


def whole(text: str, start: int, end: int) -> str:
    """The sentence that holds a match, lower case."""
    found = _END.compiled.search(text[end : end + _FAR])
    return f"{before(text, start)} {text[start : end + (found.end() if found else _FAR)].lower()}".strip()


def first_of_each(matches: Iterable[Match]) -> Iterator[Match]:
    """The first match of every row: one is enough for a person to look."""
    seen = set()
    for match in matches:
        if match.row not in seen:
            seen.add(match.row)
            yield match
