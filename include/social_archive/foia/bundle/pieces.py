"""Somebody's words as a paper can set them: marks of removals as marks, and what the fonts lack in words or codes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from social_archive.documents import typesetting
from social_archive.foia.dispositions import token_pattern

Piece = str | list[str]

_LONG: Final = re.compile(r"(\S{45,})")
_PLAIN: Final = re.compile(r"[\n\x20-\x7e\xb7]*")


def pieces(text: str, codes: Sequence[str]) -> Piece | list[Piece]:
    """Text in runs: plain ones; `["r", token]`, a mark of a removal; `["u", words]`, what the fonts cannot show;
    `["l", word]`, a word so long that it must break somewhere.

    Only the tokens of codes under which something was cut here are marks: anybody may have typed one.
    """
    if not codes and _PLAIN.fullmatch(text) and not _LONG.search(text):
        return text
    found: list[Piece] = []
    for i, run in enumerate(_marks(tuple(codes)).split(text) if codes else [text]):
        if i % 2:
            found.append(["r", run])
        elif run:
            for shown, words in typesetting.pieces(run.replace("\r\n", "\n")):
                found += _breakable(words) if shown else [["u", _in_words(words)]]
    return found


def _breakable(words: str) -> list[Piece]:
    parts = _LONG.split(words)
    return [["l", part] if i % 2 else part for i, part in enumerate(parts) if part]


@lru_cache(maxsize=1024)
def _marks(codes: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"({token_pattern(codes)})")


_JOINERS: Final = "\u200d\ufe0e\ufe0f"
_NAMED: Final = frozenset({"So", "Sk", "Sm", "Cf"})


@lru_cache(maxsize=8192)
def _in_words(run: str) -> str:
    """Letters by their codes; an emoji by its name, without what only joins or colours it; what cannot be seen (a
    control of direction) by both."""
    signs = [char for char in run if char not in _JOINERS] or run
    return "‹" + ", ".join(_in_word(char) for char in signs) + "›"


def _in_word(char: str) -> str:
    code = f"U+{ord(char):04X}"
    if unicodedata.category(char) not in _NAMED:
        return code
    name = unicodedata.name(char, "").lower()
    return name if name and unicodedata.category(char) in ("So", "Sk") else f"{code} {name}".strip()
