"""Which of many texts are worth a close look: they are read as one, and where an anchor stands says in which of them.

Most records hold none of the words that must not leave. One at a time, asking each costs more than the answer.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from social_archive.foia.matching import Matcher

APART: Final = "\n\0\0\0\0<>\0\0\0\0\n"
"""Stands between texts that are looked at together: no line, word, escape, tag or base64 goes on behind it, and no
spelling reaches over it."""

_BATCH: Final = 1 << 18
"""Characters that are read as one."""

_APART: Final = re.compile(re.escape(APART))


def suspects(matcher: Matcher, texts: Iterable[str]) -> set[int]:
    """The places of all texts that may hold a term, plainly or in base64. Of the others none does."""
    return {at for first, batch in _batches(texts) for at in _in_batch(matcher, first, batch)} if matcher else set()


def _batches(texts: Iterable[str]) -> Iterator[tuple[int, Sequence[str]]]:
    batch: list[str] = []
    first, size = 0, 0
    for at, text in enumerate(texts):
        if batch and size + len(text) > _BATCH:
            yield first, batch
            batch, first, size = [], at, 0
        batch.append(text)
        size += len(text)
    if batch:
        yield first, batch


def _in_batch(matcher: Matcher, first: int, batch: Sequence[str]) -> Iterator[int]:
    together = APART.join(batch)
    for reading, places in matcher.places(together):
        ends = [found.end() for found in _APART.finditer(reading)]
        if len(ends) != len(batch) - 1:  # somebody wrote what stands between the texts, so all of them are suspect
            yield from range(first, first + len(batch))
            return
        yield from (first + bisect_right(ends, place) for place in places)
