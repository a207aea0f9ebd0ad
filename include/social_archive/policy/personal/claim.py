"""What a module of this package says about one run of characters, and which of two such sayings stands."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from social_archive.policy.batch import MOST, Batch, Match, Pattern, Rows
from social_archive.policy.criterion import Strength

TRIED: Final = 200
"""Matches of one pattern in one text that are looked into. Most are no number of the kind, so more than are shown."""

_RANK: Final = {"weak": 0, "moderate": 1, "strong": 2}


@dataclass(frozen=True, slots=True)
class Claim:
    """Characters `start` to `end` of the folded text of row `row` look like a `kind`.

    `masked` is the quote with what identifies somebody blotted out. `validated` says what was checked: a check digit,
    a number plan, the words around.
    """

    row: int
    start: int
    end: int
    kind: str
    strength: Strength
    masked: str
    validated: str


def candidates(batch: Batch, pattern: Pattern, among: Rows | None = None) -> Iterator[Match]:
    """Matches of a pattern whose matches are still to be validated: more of one text than `Batch.find` gives."""
    if among is not None and not len(among):
        return
    for row in batch.rows(pattern, among):
        for m in islice(pattern.compiled.finditer(batch.folded[row].text), TRIED):
            yield Match(int(row), m.start(), m.end(), m.group(), m.groupdict())


def settle(claims: Iterable[Claim]) -> Iterator[Claim]:
    """No two of the claims that stand share a character: the stronger one stands, then the longer one.

    Of one kind no more than MOST in one text.
    """
    rows: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims:
        rows[claim.row].append(claim)
    for found in rows.values():
        yield from found if len(found) == 1 else _apart(found)


def _apart(claims: list[Claim]) -> Iterator[Claim]:
    counts: dict[str, int] = defaultdict(int)
    standing: list[Claim] = []
    for claim in sorted(claims, key=lambda c: (-_RANK[c.strength], c.start - c.end, c.start)):
        if counts[claim.kind] == MOST or any(c.start < claim.end and claim.start < c.end for c in standing):
            continue
        counts[claim.kind] += 1
        standing.append(claim)
        yield claim


def stands_alone(text: str, start: int, end: int) -> bool:
    """Is this run of digits no part of a longer number, word, price or decimal?"""
    after = text[end : end + 2]
    return begins_alone(text, start) and not (
        after and (_joins(after[0]) or (after[0] in "-./:" and after[1:].isdigit()))
    )


def begins_alone(text: str, start: int) -> bool:
    before = text[max(0, start - 2) : start]
    return not before or not (
        _joins(before[-1]) or before[-1] in "$€£" or (before[-1] in "-./:," and before[:-1].isdigit())
    )


def _joins(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char == "_")


def in_link(text: str, start: int) -> bool:
    """Is this character inside of a web address? Numbers there are the numbers of pages."""
    head = text[max(0, start - 200) : start]
    word = head[max(head.rfind(space) for space in " \n\t") + 1 :].lower()
    return "://" in word or "www." in word or ".com/" in word or ".org/" in word


def said_before(pattern: Pattern, text: str, start: int, reach: int = 40) -> bool:
    """Does a pattern match within `reach` characters before? End it in `$` for words that stand right before."""
    return pattern.compiled.search(text[max(0, start - reach) : start]) is not None


def said_after(pattern: Pattern, text: str, end: int, reach: int = 25) -> bool:
    return pattern.compiled.search(text[end : end + reach]) is not None


def digits_of(quote: str) -> str:
    return "".join(char for char in quote if char.isdigit())


def blot(quote: str, *, keep: int = 0) -> str:
    """The quote with its letters and digits as bullets, all but the last `keep`; what stands between them stays."""
    clear = len(quote)
    while keep and clear:
        clear -= 1
        keep -= quote[clear].isalnum()
    return _LETTER.sub("•", quote[:clear]) + quote[clear:]


_LETTER: Final = re.compile(r"[^\W_]")

GAP: Final = r"(?:\s?[-./_·•]\s?|\s{1,2})"
"""What people write between the groups of a number, in RE2."""

CODE_OF_A_THING: Final = Pattern(
    r"\b(?:orders?|tracking|invoice|confirmation|isbn(?:-1[03])?|issn|upc|ean|sku|oclc|lccn|doi|item|model|serial|part|"
    r"ticket|case|ref(?:erence)?|transaction|receipt|package|shipment|fedex|ups|usps|version|build|permit|parcel|"
    r"event|post|id|scores?|votes?|population|budget)"
    r"\b(?:\s(?:no|nr|nbr|num)\.)?[^\d.!?\n]{0,20}$"
)
"""Words before a number that say that it is the number of a thing."""
