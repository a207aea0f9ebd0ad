"""Many texts at once, in columns, and patterns that cannot blow up.

A pattern is asked about a whole column first (Arrow's regular expressions), and only the few texts that match are
looked into one by one. Both engines are RE2: linear time, whatever a comment holds. No look-around, no
back-references: what they would do, a check does in Python afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import re2

from social_archive.policy.text import Folded, fold_all
from social_archive.record import storable

Rows = np.ndarray[Any, np.dtype[np.int64]]

MOST: Final = 20
"""Matches of one pattern in one text that are shown. A text with more of them needs no longer list to be looked at."""

FEW: Final = 50
"""Arrow compiles a pattern at each call: so few texts are searched faster one by one."""

LOOKED_AT: Final = 20 * MOST
"""Matches of one pattern in one text that a rule looks at which drops some of them (figures of speech, say): twenty
harmless ones in front must not hide what comes after."""


class Pattern:
    """A regular expression of RE2's language. Case does not matter unless `case` says so."""

    def __init__(self, source: str, *, case: bool = False) -> None:
        self.source = source if case else f"(?i){source}"

    @cached_property
    def compiled(self) -> Any:
        return re2.compile(self.source)


@dataclass(frozen=True)
class Match:
    """One match: `start` and `end` count characters of the folded text of row `row`."""

    row: int
    start: int
    end: int
    text: str
    groups: dict[str, str | None]

    def group(self, name: str) -> str:
        return self.groups.get(name) or ""


@dataclass(frozen=True)
class Batch:
    """Texts to be checked, and what is known around each; all columns have one entry a text.

    `thread`: the text of the post at the top of the thread (None for that post itself). `copies`: in how many other
    threads of the account the same text stands. `links`: what the platform says that the text links to.
    """

    texts: Sequence[str]
    is_own: np.ndarray[Any, np.dtype[np.bool_]]  # written by the account itself
    kinds: Sequence[str] = ()
    authors: Sequence[str | None] = ()
    thread: Sequence[str | None] = ()
    links: Sequence[Sequence[str]] = ()
    copies: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @classmethod
    def of(
        cls, texts: Sequence[str | None], *, is_own: bool | Sequence[bool] = False, kinds: Sequence[str] = (),
        authors: Sequence[str | None] = (), thread: Sequence[str | None] = (), links: Sequence[Sequence[str]] = (),
        copies: Sequence[int] = (),
    ) -> Batch:  # fmt: skip
        """A batch in which everything that is not said is empty: comments by strangers, alone."""
        count = len(texts)
        own = np.full(count, is_own) if isinstance(is_own, bool) else np.asarray(is_own, dtype=bool)
        return cls(
            [storable(text) or "" for text in texts], own, kinds or ["comment"] * count, authors or [None] * count,
            thread or [None] * count, links or [()] * count,
            np.asarray(copies, dtype=np.int64) if len(copies) else np.zeros(count, dtype=np.int64),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.texts)

    @cached_property
    def folded(self) -> list[Folded]:
        return fold_all(self.texts)

    @cached_property
    def column(self) -> pa.Array:
        """The folded texts as an Arrow column."""
        return pa.array([folded.text for folded in self.folded], type=pa.large_string())

    def rows(self, pattern: Pattern, among: Rows | None = None) -> Rows:
        """The rows in which a pattern matches, ascending; only `among` these if given."""
        if (len(self) if among is None else len(among)) < FEW:
            some = range(len(self)) if among is None else among
            found = [row for row in some if pattern.compiled.search(self.folded[row].text)]
            return np.array(found, dtype=np.int64)
        column = self.column if among is None else self.column.take(pa.array(among))
        found = pc.match_substring_regex(column, pattern.source).to_numpy(zero_copy_only=False)
        where = np.flatnonzero(found)
        return where if among is None else among[where]

    def find(self, pattern: Pattern, among: Rows | None = None, *, most: int = MOST) -> Iterator[Match]:
        """Every match, row by row; of one row no more than `most`."""
        for row in self.rows(pattern, among):
            for count, m in enumerate(pattern.compiled.finditer(self.folded[row].text)):
                if count == most:
                    break
                yield Match(int(row), m.start(), m.end(), m.group(), m.groupdict())

    def take(self, rows: Rows) -> Batch:
        """Some of the rows as a batch of their own."""

        def some(column: Sequence[Any]) -> list[Any]:
            return [column[row] for row in rows]

        taken = Batch(some(self.texts), self.is_own[rows], some(self.kinds), some(self.authors), some(self.thread),
                      some(self.links), self.copies[rows])  # fmt: skip
        if "folded" in self.__dict__:
            taken.__dict__["folded"] = some(self.folded)
        return taken
