"""Takes words out of a text and puts a token in their place that says under which exemption, and nothing else.

Letters are never halved: a cut takes the accents, joiners and modifiers of the letters at its edges with it. Cuts that
touch become one token, so that neither their number nor their length tells what was there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from social_archive.foia.dispositions import token, token_pattern
from social_archive.foia.matching import Matcher

Span = tuple[int, int, frozenset[str]]

_JOINER: Final = "\u200d"


@dataclass(frozen=True)
class CutText:
    """`codes`: of what was taken out, sorted; empty: the text is as it was. `spans`: what is gone of the first text."""

    text: str
    codes: tuple[str, ...]
    spans: tuple[tuple[int, int], ...] = ()


def cut(text: str, spans: Iterable[tuple[int, int, str]], matcher: Matcher) -> CutText:
    """`text` without these spans, and without anything that the matcher finds. Tokens that stand in it stay as they
    are, so that cutting twice is cutting once."""
    chosen = [(*whole(text, start, end), frozenset({code})) for start, end, code in spans if start < end]
    codes = {code for _, _, each in chosen for code in each} | matcher.codes
    gone = _merged(chosen)
    while True:
        found = [span for first, last in _between(text, gone, codes) for span in _found(text, first, last, matcher)]
        if not found:
            break
        gone = _merged([*gone, *found])
    if not gone:
        return CutText(text, ())
    parts, at = [], 0
    for start, end, each in gone:
        parts += [text[at:start], tokens(each)]
        at = end
    taken = sorted({code for _, _, each in gone for code in each})
    return CutText("".join([*parts, text[at:]]), tuple(taken), tuple((start, end) for start, end, _ in gone))


def tokens(codes: Iterable[str]) -> str:
    """The token of one or of several exemptions."""
    return token(", ".join(sorted(set(codes))))


def whole(text: str, start: int, end: int) -> tuple[int, int]:
    """A span widened until no letter at its edges is halved."""
    while 0 < start < len(text) and _is_one(text, start):
        start -= 1
    while 0 < end < len(text) and _is_one(text, end):
        end += 1
    return start, end


def _found(text: str, first: int, last: int, matcher: Matcher) -> Iterator[Span]:
    piece = text[first:last]
    for hit_start, hit_end, term in matcher.spans(piece):
        start, end = whole(piece, hit_start, hit_end)
        yield first + start, first + end, frozenset({term.code})


def _between(text: str, gone: Sequence[Span], codes: set[str]) -> Iterator[tuple[int, int]]:
    """What is left between cuts, and between tokens that the text held before: looked at piece by piece."""
    walls = [(start, end) for start, end, _ in gone]
    if codes and "[REDACTED " in text:
        walls += [match.span() for match in re.finditer(token_pattern(sorted(codes)), text)]
    at = 0
    for start, end in sorted(walls):
        if at < start:
            yield at, start
        at = max(at, end)
    if at < len(text):
        yield at, len(text)


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end, codes in sorted(spans, key=lambda span: (span[0], span[1], sorted(span[2]))):
        if merged and start <= merged[-1][1]:
            before = merged[-1]
            merged[-1] = (before[0], max(before[1], end), before[2] | codes)
        else:
            merged.append((start, end, codes))
    return merged


def _is_one(text: str, at: int) -> bool:
    """Are the characters before and at this place parts of one letter (or picture) as people see it?"""
    before, here = text[at - 1], text[at]
    if here.isascii() and before != _JOINER:
        return before == "\r" and here == "\n"
    code = ord(here)
    return (
        before == _JOINER
        or here in "\u200c\u200d\u0e33\u0eb3"
        or unicodedata.category(here) in ("Mn", "Me", "Mc")
        or 0x1F3FB <= code <= 0x1F3FF  # colours of skin
        or 0xE0020 <= code <= 0xE007F  # the letters of a flag
        or (_is_flag(code) and _is_flag(ord(before)) and _flags_before(text, at) % 2 == 1)
        or _is_syllable(ord(before), code)
    )


def _is_flag(code: int) -> bool:
    return 0x1F1E6 <= code <= 0x1F1FF


def _flags_before(text: str, at: int) -> int:
    first = at
    while first and _is_flag(ord(text[first - 1])):
        first -= 1
    return at - first


def _is_syllable(before: int, here: int) -> bool:
    """Korean letters that are put together to one syllable."""
    vowel_or_end = 0x1160 <= here <= 0x11FF or 0xD7B0 <= here <= 0xD7FB
    opens = 0x1100 <= here <= 0x115F and 0x1100 <= before <= 0x115F
    return opens or (vowel_or_end and (0x1100 <= before <= 0x11FF or 0xAC00 <= before <= 0xD7FB))
