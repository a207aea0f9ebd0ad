"""Word lists of the criteria, kept in `policy/lexicons`, and the patterns that find their words however they are spelt.

Three ways of writing a word: plain, with letters repeated ("shiiit"); disguised by look-alikes or masks ("sh1t",
"s**t"); spaced out ("s h i t"). All are whole words: "Scunthorpe" holds none.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from typing import Final, Literal

import yaml
from pydantic import Field

from social_archive.config_schedule import Model, Text
from social_archive.policy.batch import Pattern
from social_archive.policy.criterion import Strength

_FOLDER: Final = Path(__file__).parents[1] / "lexicons"
_LOOKALIKE: Final = {"a": "4@", "b": "8", "c": "(", "e": "3", "g": "9", "i": "1!|", "l": "1|", "o": "0", "s": "5$z",
                     "t": "7+", "u": "v"}  # fmt: skip
_MASKS: Final = "*#@%&_-"
_GAP: Final = r"[ ._*-]{1,3}"


class Word(Model):
    """One entry: what each key means stands at the top of the lexicon."""

    stem: Text
    kind: Literal["sexual", "excretory", "abbreviated"]
    before: list[str] = Field(default_factory=list)
    endings: list[str] = Field(default_factory=list)
    spellings: list[str] = Field(default_factory=list)
    bare: bool = True
    disguised: bool = False
    stars: bool = False
    strength: Strength = "strong"
    unless: list[str] = Field(default_factory=list)

    @property
    def plain(self) -> str:
        """The word as it is written, with repeated letters, as a regular expression without its boundaries."""
        stems = "|".join([_repeated(self.stem), *(_repeated(spelling) for spelling in self.spellings)])
        return f"{_any(self.before, '?')}(?:{stems}){self._endings}"

    @property
    def in_disguise(self) -> str:
        """Look-alike letters, masked inner letters, letters spaced out; boundaries included."""
        first, inner, last = self.stem[0], self.stem[1:-1], self.stem[-1]
        masked = "".join(f"[{re.escape(char + _LOOKALIKE.get(char, '') + _MASKS)}]" for char in inner)
        closing = self._endings if self.endings else ""
        opens = _edge(first, opens=True)
        if self.before:
            alike = re.escape(first + _LOOKALIKE.get(first, ""))
            opens = rf"(?:\b{_any(self.before)}-?[{alike}]|{opens})"
        word = rf"{opens}{masked}(?:{_edge(last, opens=False)}|{last}+{closing}\b)"
        spaced = rf"\b{_GAP.join(self.stem)}\b"
        ways = [word, spaced]
        if self.stars:
            ways.append(rf"\b(?:mother)?{first}\*{{{len(self.stem) - 1},{len(self.stem) + 3}}}(?:ing|ed|er|ers|ty|s)?")
        return "|".join(ways)

    @property
    def _endings(self) -> str:
        return _any([f"{re.escape(ending)}+" for ending in self.endings], "?" if self.bare else "", escape=False)


class Lexicon(Model):
    """Words with their disguises. `version` is the version of the rules that look for them."""

    version: int
    words: list[Word]

    @cached_property
    def plain(self) -> dict[Strength, Pattern]:
        """One pattern for the words of each strength; a group named after each kind says which matched."""
        strengths = sorted({word.strength for word in self.words})
        return {strength: Pattern(rf"\b(?:{self._kinds(strength)})\b") for strength in strengths}

    @cached_property
    def in_disguise(self) -> Pattern:
        kinds = self._by_kind([word for word in self.words if word.disguised])
        return Pattern("|".join(f"(?P<{kind}>{'|'.join(w.in_disguise for w in words)})" for kind, words in kinds))

    @cached_property
    def exceptions(self) -> Pattern:
        """Phrases in which a word is meant otherwise."""
        return Pattern(rf"\b{_any([phrase for word in self.words for phrase in word.unless])}\b")

    def _kinds(self, strength: Strength) -> str:
        kinds = self._by_kind([word for word in self.words if word.strength == strength])
        return "|".join(f"(?P<{kind}>{'|'.join(word.plain for word in words)})" for kind, words in kinds)

    @staticmethod
    def _by_kind(words: list[Word]) -> list[tuple[str, list[Word]]]:
        return [(kind, list(of)) for kind, of in groupby(sorted(words, key=lambda w: w.kind), key=lambda w: w.kind)]


class WordLists(Model):
    """Plain lists of words and phrases by name, without disguises. `version`: of the rules that use them."""

    version: int
    lists: dict[str, list[str]]

    def either(self, name: str) -> str:
        """One list as alternatives of a regular expression, the longest first."""
        return _any(sorted(self.lists[name], key=len, reverse=True))


@cache
def word_lists(name: str) -> WordLists:
    """The word lists `name`, read once."""
    return WordLists.model_validate(_read(name))


@cache
def lexicon(name: str) -> Lexicon:
    """The lexicon `name`, read once. A key or value that it may not have is pydantic's ValidationError."""
    return Lexicon.model_validate(_read(name))


def _read(name: str) -> object:
    return yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def _repeated(word: str) -> str:
    """Each letter may stand more often than it does; a double letter stands at least twice."""
    runs = [(char, len(list(run))) for char, run in groupby(word)]
    return "".join(re.escape(char) + (f"{{{count},}}" if count > 1 else "+") for char, count in runs)


def _any(words: list[str], times: str = "", *, escape: bool = True) -> str:
    if not words:
        return ""
    return f"(?:{'|'.join(re.escape(word) if escape else word for word in words)}){times}"


def _edge(letter: str, *, opens: bool) -> str:
    """The first or last letter of a disguised word: a sign like `$` is a boundary by itself."""
    like = _LOOKALIKE.get(letter, "")
    written = f"[{letter}{''.join(char for char in like if char.isalnum())}]"
    signs = "".join(re.escape(char) for char in like if not char.isalnum() and char in "$@")
    plain = rf"\b{written}" if opens else rf"{written}\b"
    return f"(?:{plain}|[{signs}])" if signs else plain
