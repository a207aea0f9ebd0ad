"""How words that must not leave may be spelled: a name in a handle, in an address, turned around, with an initial.

A spelling is matched on a reading (`readings.py`): folded, without case. Every term has an *anchor*, a piece that each
of its spellings holds, so that one quick look at many texts tells which of them need a closer one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from social_archive.errors import ArchiveError
from social_archive.foia.dispositions import Term
from social_archive.foia.readings import readings

_PIECE: Final = re.compile(r"[^\W_]+")
_NAME: Final = re.compile(r"[^\W\d_]+(?:[\s,.'-]+[^\W\d_]+){1,4}")
_SCHEME: Final = re.compile(r"^[a-z][a-z0-9+.-]*://(?:www\.)?")
_PHONE: Final = re.compile(r"\+?[\d\s()./-]+")

_BETWEEN: Final = r"\s{0,12}[\W_]{0,3}\s{0,12}"
_APART: Final = r"(?:[\W_]{1,3}|\s{1,12})"
_START: Final = r"(?<![^\W_])"
_END: Final = r"(?![^\W_])"

_JOINED: Final = 6
"""From so many letters on a name is looked for without its spaces (`joli` is a word, not always Jo Li)."""

_INSIDE: Final = {"digits": 9, "word": 10, "mixed": 8}
"""From so many letters or digits on a term is found inside of longer words too. A word alone (a first name) is part of
others more often than a handle with a digit in it."""

_SHORT: Final = 20_000
"""Characters up to which a text is looked through as a whole rather than around each anchor."""

_TELLING: Final = 6
"""From so many letters on a piece with a digit in it (the id in an address) tells more than any longer word."""

_NO_SPACES: Final = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1100, 0x11FF), (0x1780, 0x17FF), (0x2E80, 0xA4CF),
                     (0xAC00, 0xD7FF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF))  # fmt: skip
"""Scripts that put no space between words, or endings right behind them: no edge of a word to be looked for."""


class NothingToFind(ArchiveError):
    """A term has no letter, digit or sign that could be found."""

    remedy = "Undo that redaction and make it anew with the words that are to be removed. Nothing was released."


@dataclass(frozen=True)
class Spelling:
    """`anchor`: a source for bytes of a reading that every spelling holds; `literal`: the same as text, empty if it is
    none (`digits`: then the last seven of a telephone number). `source`: of `exact`; no match is longer than `reach`.
    `size`: letters and digits. `inside`: also found within longer words. `is_number`: of digits only. `is_word`: one
    word that may well be said of something else."""

    term: Term
    anchor: bytes
    literal: str
    source: str
    reach: int
    size: int
    inside: bool
    is_number: bool
    is_word: bool = False
    digits: str = ""

    @cached_property
    def exact(self) -> re.Pattern[str]:
        """On a reading. Of hundreds of terms most are never met, so it is made when it is first asked for."""
        return re.compile(self.source)

    def stands_at(self, reading: str, places: Iterable[int]) -> bool:
        """`places`: where its anchor is."""
        if len(reading) < _SHORT:
            return self.exact.search(reading) is not None
        return any(self.exact.search(reading, max(0, at - self.reach), at + 2 * self.reach) for at in places)


@lru_cache(1 << 14)
def spell(term: Term) -> Spelling:
    """Raises NothingToFind."""
    text = _SCHEME.sub("", next(iter(readings(term.text.strip()))).text)
    pieces: list[str] = _PIECE.findall(text)
    if not pieces:
        return _of_signs(term, "".join(text.split()))
    size = sum(map(len, pieces))
    is_number = all(piece.isdecimal() for piece in pieces)
    inside = size >= _INSIDE["digits" if is_number else "word" if pieces[0].isalpha() and len(pieces) == 1 else "mixed"]
    if is_number and 7 <= size <= 11 and _PHONE.fullmatch(text):
        return _of_number(term, text, inside)
    source = _as_name(pieces, size) if _NAME.fullmatch(text) else _BETWEEN.join(pieces)
    if not inside:
        source = f"{_edge(pieces[0][0], _START)}(?:{source}){_edge(pieces[-1][-1], _END)}"
    literal = max(pieces, key=lambda piece: (len(piece) >= _TELLING and _has_digit(piece), len(piece)))
    return Spelling(term, re.escape(literal.encode()), literal, source, size + 40 * len(pieces) + 8, size,
                    inside, is_number, len(pieces) == 1 and not inside and not is_number)  # fmt: skip


def _of_signs(term: Term, signs: str) -> Spelling:
    """Of no letter at all: emoji, say. They are taken as they stand."""
    if not signs:
        raise NothingToFind("A term of the review has nothing in it that could be found.")
    return Spelling(term, re.escape(signs.encode()), signs, re.escape(signs), len(signs), len(signs),
                    True, False)  # fmt: skip


def _of_number(term: Term, text: str, inside: bool) -> Spelling:
    """A telephone number is grouped in many ways, and has its country's number or not."""
    digits = "".join(filter(str.isdecimal, text))
    country = len(digits) == 11 and digits[0] == "1" and digits != text
    source = r"[\W_]{0,3}".join(digits[1:] if country else digits)
    if not inside:
        source = f"{_START}{source}{_END}"
    source = rf"(?:\+1[\W_]{{0,2}})?\(?{source}"
    anchor = "[^0-9a-z]{0,12}".join(digits[-7:]).encode()
    return Spelling(term, anchor, "", source, 64, len(digits), inside, True,
                    digits=digits[-7:] if digits.isascii() else "")  # fmt: skip


def _as_name(pieces: list[str], size: int) -> str:
    """`Zelda Quillfeather`, `zelda_m_quillfeather`, `Quillfeather, Zelda`, `Zelda Marie …`; with `'s` behind it."""
    between = _BETWEEN if size >= _JOINED else _APART
    longest = 12 if len(pieces) == 2 and size >= _JOINED else 1  # a middle name, or what friends say; or an initial
    with_initial = rf"(?:{between}|{_APART}[^\W\d_]{{1,{longest}}}{_APART})"
    turned = between.join([pieces[-1], *pieces[:-1]])
    turned_back = between.join([*pieces[1:], pieces[0]])
    return rf"(?:{with_initial.join(pieces)}|{turned}|{turned_back})(?:'?s{_END})?"


def _has_digit(piece: str) -> bool:
    return any(map(str.isdecimal, piece))


def _edge(char: str, edge: str) -> str:
    return "" if any(first <= ord(char) <= last for first, last in _NO_SPACES) else edge
