"""A comment as the advertising model sees it: words of trade and the shapes of prices, links and telephone numbers.

What is not listed in `lexicons/commerce.yaml` is invisible here: opinions, names, parties, topics, capitals and
exclamation marks. So the model cannot learn them, whatever it is trained on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import yaml

from social_archive.policy.batch import Pattern, Rows

READ: Final = 2000
"""Characters of a text that are read: an advertisement says early what it sells, and a long text must not add up."""

LINK: Final = (
    r"(?:https?://|www\.)\S+|"
    r"\b[a-z0-9-]+\.(?:com|net|org|gov|edu|gop|shop|store|info|biz|app|co|io|me|ly|example)\b(?:/\S*)?"
)
SUM: Final = r"[$€£]\s?\d{2,3}(?:,\d{3})+|[$€£]\s?\d+(?:[.,]\d+)?\s?(?:million|billion)\b"
"""Ten thousand and more: what a budget spends, hardly what anybody asks for in a comment."""
PRICE: Final = r"[$€£]\s?\d+(?:[.,]\d+)*k?|\b\d+(?:[.,]\d+)*\s?(?:dollars?|bucks|usd|euros?)\b"
PERCENT: Final = r"\b\d+(?:[.,]\d+)*\s?(?:%|percent\b)"
PHONE: Final = r"(?:\+?1[-. ]?)?(?:\(\d{3}\) ?|\b\d{3}[-. ])?\b\d{3}[-. ]\d{4}\b"
POINTER: Final = "[👉👇⬇➡🔗🛒💰💸💵🤑📲📞☎]"

SHAPES: Final[Mapping[str, str]] = {
    "zlink": LINK, "zpercent": PERCENT, "zsum": SUM, "zprice": PRICE, "zphone": PHONE, "zpointer": POINTER,
}  # fmt: skip
"""A shape's word among the features, and what it stands for. In this order each takes what it matches."""

_CALLED: Final = {"zlink": "(a link)", "zpercent": "(a percentage)", "zsum": "(a large sum)",
                  "zprice": "(a price)", "zphone": "(a telephone number)", "zpointer": "(a pointing sign)"}  # fmt: skip

_KEPT: Final = np.full(256, ord(" "), dtype=np.uint8)
_KEPT[ord("a") : ord("z") + 1] = np.arange(ord("a"), ord("z") + 1)


@dataclass(frozen=True)
class TradeWords:
    """The lexicon: words that count alone, and words that count only beside one of them."""

    version: int
    groups: Mapping[str, tuple[str, ...]]
    joining: tuple[str, ...]

    @cached_property
    def words(self) -> tuple[str, ...]:
        return (*SHAPES, *(word for words in self.groups.values() for word in words), *self.joining)

    @cached_property
    def column(self) -> pa.Array:
        return pa.array(self.words, type=pa.large_string())

    @cached_property
    def alone(self) -> int:
        """Words before this place count alone."""
        return len(self.words) - len(self.joining)

    @cached_property
    def _kinds(self) -> Rows:
        """The key of each word's group, by the word's place; shapes have none (-1)."""
        sizes = [len(words) for words in self.groups.values()]
        kinds = -1 - len(SHAPES) - np.repeat(np.arange(len(sizes)), sizes)
        return np.concatenate([np.full(len(SHAPES), -1), kinds])

    def key(self, feature: str) -> int:
        """The number of a feature: a word's place, below zero a group's, and of two words one that only they have."""
        if feature in self._group_keys:
            return self._group_keys[feature]
        places = [self._places[word] for word in feature.split()]
        return places[0] if len(places) == 1 else int(self._pair(places[0], places[1]))

    @cached_property
    def _group_keys(self) -> dict[str, int]:
        return {f"any:{name}": -1 - len(SHAPES) - number for number, name in enumerate(self.groups)}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    def _pair(self, first: Any, second: Any) -> Any:
        return len(self.words) * (first + 1) + second

    def feature(self, key: int) -> str:
        """The feature that has a number."""
        if key < 0:
            return f"any:{list(self.groups)[-1 - len(SHAPES) - key]}"
        first, second = divmod(key, len(self.words))
        return self.words[second] if first == 0 else f"{self.words[first - 1]} {self.words[second]}"

    def keys(self, column: pa.Array) -> tuple[Rows, Rows, Rows]:
        """Rows and keys of the features of a column of folded texts, one entry for each in each text, by row; and how
        many words each text has."""
        rows, tokens = _tokens(column)
        places = pc.fill_null(pc.index_in(tokens, value_set=self.column), -1).to_numpy().astype(np.int64)
        known = places >= 0
        single = known & (places < self.alone)
        beside = (rows[1:] == rows[:-1]) & known[1:] & known[:-1] & (single[1:] | single[:-1])
        pairs = self._pair(places[:-1][beside], places[1:][beside])
        kinds = self._kinds[places[single]]
        grouped = kinds < -1
        where, keys = _once(
            np.concatenate([rows[single], rows[1:][beside], rows[single][grouped]]),
            np.concatenate([places[single], pairs, kinds[grouped]]),
        )
        return where, keys, np.bincount(rows[known], minlength=len(column))


def _tokens(column: pa.Array) -> tuple[Rows, pa.Array]:
    """Words of all texts one after the other, lower case, with shapes as words, and the row of each."""
    text = pc.utf8_lower(pc.utf8_slice_codeunits(column, 0, READ))
    for word, source in SHAPES.items():
        text = pc.replace_substring_regex(text, source, f" {word} ")
    lists = pc.ascii_split_whitespace(_letters(text))
    rows = pc.list_parent_indices(lists).to_numpy().astype(np.int64)
    return rows, pc.list_flatten(lists)


def _letters(text: pa.Array) -> pa.Array:
    """The texts with a space for every byte that is no letter a to z: much faster than a regular expression."""
    _, offsets, values = text.buffers()
    if values is None:
        return text
    kept = _KEPT[np.frombuffer(values, dtype=np.uint8)]
    return pa.Array.from_buffers(text.type, len(text), [None, offsets, pa.py_buffer(kept)], offset=text.offset)


def _once(rows: Rows, keys: Rows) -> tuple[Rows, Rows]:
    order = np.lexsort((keys, rows))
    rows, keys = rows[order], keys[order]
    first = np.ones(len(rows), dtype=bool)
    first[1:] = (rows[1:] != rows[:-1]) | (keys[1:] != keys[:-1])
    return rows[first], keys[first]


def places_of(feature: str, folded: str) -> Iterator[tuple[int, int]]:
    """Where a feature stands in a folded text, characters."""
    for match in _pattern(feature).compiled.finditer(folded[:READ]):
        yield match.start(), match.end()


@cache
def _pattern(feature: str) -> Pattern:
    if feature.startswith("any:"):
        return Pattern(rf"\b(?:{'|'.join(trade_words().groups[feature.removeprefix('any:')])})\b")
    parts = (SHAPES.get(word) or rf"\b{word}\b" for word in feature.split())
    return Pattern(r"[^a-zA-Z]*".join(f"(?:{part})" for part in parts))


def called(feature: str) -> str:
    """A feature as a person reads it."""
    if feature.startswith("any:"):
        return f"(any {feature.removeprefix('any:').replace('_', ' ')} word)"
    return " ".join(_CALLED.get(word, word) for word in feature.split())


@cache
def trade_words() -> TradeWords:
    """The lexicon as it stands in `lexicons/commerce.yaml`."""
    lexicon = resources.files("social_archive.policy").joinpath("lexicons/commerce.yaml")
    said = yaml.safe_load(lexicon.read_text("utf-8"))
    version, joining = said.pop("version"), said.pop("joining").split()
    groups, seen = {}, set()
    for name, words in said.items():
        groups[name] = tuple(word for word in dict.fromkeys(words.split()) if word not in seen)
        seen |= set(groups[name])
    return TradeWords(version, groups, tuple(word for word in dict.fromkeys(joining) if word not in seen))
