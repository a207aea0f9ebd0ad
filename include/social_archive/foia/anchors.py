"""Which of many spellings may stand in a text, at a cost that hardly grows with how many there are.

Each spelling has an anchor: a word that all of its forms hold, or, for a telephone number, its last seven digits. All
words are looked for at once (RE2, linear time); all numbers at once as well, in what is left of the text when all but
its digits are taken out. Only where an anchor stands is a spelling worth a closer look.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

import numpy as np
import re2

from social_archive.foia.spellings import Spelling

SHORT: Final = 20_000
"""Characters up to which a text is looked through as a whole: the place of an anchor in it does not matter."""

_FEW: Final = 8
"""Words up to which it is quicker to look for each than to make one expression of them all."""

_WINDOW: Final = 4 << 20
_OVERLAP: Final = 256  # more than a telephone number is long

_NO_DIGIT: Final = bytes(byte for byte in range(256) if not 0x30 <= byte <= 0x39)


class Anchors:
    """Of some spellings, which it names by their place among them."""

    def __init__(self, spellings: Sequence[Spelling]) -> None:
        words, numbers = defaultdict(list), defaultdict(list)
        self._others: list[tuple[int, Any]] = []
        for index, spelling in enumerate(spellings):
            if spelling.literal:
                words[spelling.literal.encode("utf-8", "replace")].append(index)
            elif spelling.digits:
                numbers[spelling.digits.encode()].append(index)
            else:
                self._others.append((index, linear(spelling.anchor)))
        self._words, self._numbers = _Words(words), _Words(numbers)

    def may_stand_in(self, reading: str) -> bool:
        body = reading.encode("utf-8", "replace")
        return (
            self._words.any_in(body)
            or (bool(self._numbers) and self._numbers.any_in(body.translate(None, _NO_DIGIT)))
            or any(anchor.search(body) is not None for _, anchor in self._others)
        )

    def held(self, reading: str) -> dict[int, list[int]]:
        """Spelling -> the characters at which its anchor stands in a reading, in the order of the spellings. In a short
        text only the first of them."""
        body = reading.encode("utf-8", "replace")
        found: dict[int, list[int]] = defaultdict(list)
        for at, indices in self._words.hits(body):
            for index in indices:
                found[index].append(at)
        if self._numbers:
            for at, indices in _located(body, self._numbers):
                for index in indices:
                    found[index].append(at)
        for index, anchor in self._others:
            found[index] += [hit.start() for hit in anchor.finditer(body)]
        places = {index: sorted(found[index]) for index in sorted(found) if found[index]}
        return places if len(body) == len(reading) else _in_characters(body, places)

    def places_of_numbers(self, body: bytes) -> Iterator[int]:
        """Where in bytes that nobody folds the digits of a number may begin."""
        for start in range(0, len(body) if self._numbers else 0, _WINDOW):
            window = body[max(0, start - _OVERLAP) : start + _WINDOW]
            yield from (max(0, start - _OVERLAP) + at for at, _ in _located(window, self._numbers))


class _Words:
    """Looks for many words in bytes at once."""

    def __init__(self, words: Mapping[bytes, list[int]]) -> None:
        self._words = dict(words)
        self._lengths = sorted({len(word) for word in words})

    def __bool__(self) -> bool:
        return bool(self._words)

    @cached_property
    def _quick(self) -> Any:
        return linear(b"|".join(re.escape(word) for word in sorted(self._words)))

    def any_in(self, body: bytes) -> bool:
        if len(self._words) <= _FEW:
            return any(word in body for word in self._words)
        return self._quick.search(body) is not None

    def hits(self, body: bytes) -> Iterator[tuple[int, list[int]]]:
        """(place, what the word there stands for), also of words that lie over each other."""
        if len(self._words) <= _FEW:
            for word, indices in self._words.items():
                at = body.find(word)
                while at >= 0:
                    yield at, indices
                    at = body.find(word, at + 1)
            return
        hit = self._quick.search(body)
        while hit is not None:
            at = hit.start()
            for length in self._lengths:
                if found := self._words.get(body[at : at + length]):
                    yield at, found
            hit = self._quick.search(body, at + 1)


def linear(source: bytes) -> Any:
    """A regular expression over bytes, in linear time."""
    options = re2.Options()
    options.encoding, options.log_errors, options.max_mem = re2.Options.Encoding.LATIN1, False, 256 << 20
    return re2.compile(source, options)


def _located(body: bytes, numbers: _Words) -> Iterator[tuple[int, list[int]]]:
    """Hits of numbers in the digits of some bytes, at their places in the bytes."""
    digits = body.translate(None, _NO_DIGIT)
    places: Any = None
    for at, indices in numbers.hits(digits):
        if places is None:
            each = np.frombuffer(body, np.uint8)
            places = np.flatnonzero((each >= 0x30) & (each <= 0x39))
        yield int(places[at]), indices


def _in_characters(body: bytes, places: Mapping[int, Iterable[int]]) -> dict[int, list[int]]:
    """Places in UTF-8 as places in the text that it is of."""
    before = np.concatenate([[0], np.cumsum((np.frombuffer(body, np.uint8) & 0xC0) != 0x80)])
    return {index: [int(before[at]) for at in some] for index, some in places.items()}
