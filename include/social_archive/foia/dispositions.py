"""What becomes of each hit of a request's search: the words that the review, the redaction and the bundle share.

A *hit* is one thing (a post, a comment) with all of its versions. It has a control number from its place in the frozen
search, so the number says nothing and never changes. It ends released, redacted, withheld, or disposed of; until a
person has said which, it is undecided, and nothing can go out.

A *cut* removes words of one field; `whole` removes a committed field altogether. Fields are named as the commitments
name them (`record.COMMITTED`): `body`, `author`, `media`, …; `alt:0` is the description of the first attachment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Outcome = Literal["undecided", "released", "redacted", "withheld", "disposed"]
OUTCOMES: Final[tuple[Outcome, ...]] = ("released", "redacted", "withheld", "disposed")

Row = dict[str, Any]


@dataclass(frozen=True)
class Hit:
    """One thing that the frozen search found, with the versions that there were. `place` counts from 1."""

    place: int
    rid: str
    versions: tuple[int, ...]


@dataclass(frozen=True)
class FrozenSearch:
    """A search as it was frozen for a request (event `searched`).

    `terms`: what was asked, as `searching.Terms.to_dict`. `position`: entries of the ledger that it covers, `size`: its
    leaves. `hits` in reading order. `gaps`, `disposed`: what overlaps it, as JSON. `searched`: records looked at.
    `excluded`: things that an exclusion took out. `quarantined`: items held in quarantine that may belong to it.
    """

    event: str
    n: int
    terms: dict[str, Any] = field(repr=False)
    position: int
    size: int
    searched: int
    hits: tuple[Hit, ...] = field(repr=False)
    gaps: tuple[dict[str, Any], ...] = ()
    disposed: tuple[dict[str, Any], ...] = ()
    excluded: int = 0
    quarantined: int = 0
    hold: str | None = None


@dataclass(frozen=True)
class Cut:
    """Words [start, end) of `field` of one version, under an exemption's `code`, by the action `action` (an event)."""

    version: int
    field: str
    start: int
    end: int
    code: str
    action: str


@dataclass(frozen=True)
class Item:
    """What was decided about one hit. `codes`: of the exemptions, sorted; `reasons`: per code, every factual basis, one
    a line.

    `cuts`: words that are removed. `media`: (version, number of the attachment) -> code, of files that are withheld;
    `media_seen`: those that no program can look into and that a person lets go, having looked at them.
    `withheld_fields`: committed fields that are removed as a whole -> code (`author`, for a person). `certificate`: of
    what was disposed of.
    """

    hit: Hit
    control: str
    outcome: Outcome
    codes: tuple[str, ...] = ()
    reasons: dict[str, str] = field(default_factory=dict, repr=False)
    cuts: tuple[Cut, ...] = ()
    withheld_fields: dict[str, str] = field(default_factory=dict)
    media: dict[tuple[int, int], str] = field(default_factory=dict)
    certificate: str | None = None
    media_seen: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True)
class Term:
    """Words that must not leave, wherever they stand: a name, a handle, an id, a number. `action`: the event."""

    text: str = field(repr=False)
    code: str
    action: str


@dataclass(frozen=True)
class Reviewed:
    """The state of a review: every hit once, in the order of the search. `plan`: SHA-256 (hex) over all of it; what a
    second person confirms, and what the bundle is made of. `terms`: everything that must stand nowhere in the bundle.
    """

    request: str
    number: str
    search: FrozenSearch
    items: tuple[Item, ...] = field(repr=False)
    terms: tuple[Term, ...] = field(repr=False)
    plan: str

    def count(self, outcome: Outcome) -> int:
        return sum(item.outcome == outcome for item in self.items)

    @property
    def totals(self) -> dict[str, int]:
        """{"hits", "released", "redacted", "withheld", "disposed", "undecided"}"""
        return {"hits": len(self.items), **{o: self.count(o) for o in (*OUTCOMES, "undecided")}}

    @property
    def reconciles(self) -> bool:
        """Every hit has ended one way, and the ways add up to the hits that the search froze."""
        ended = sum(self.count(outcome) for outcome in OUTCOMES)
        return ended == len(self.items) == len(self.search.hits) and not self.count("undecided")


# --------------------------------------------------------------------------- what may leave


@dataclass(frozen=True)
class ShownMedia:
    """One attachment as it may leave. `body` None: not in the archive, or withheld (`code`). `derivative`: the pixels
    without the file's metadata; then `sha256` (of what is shown) is not the one that the record commits to."""

    number: int
    mime: str
    alt: str | None = field(repr=False)
    path: str | None  # of the archived file on this machine
    sha256: str | None
    size: int
    code: str | None = None
    derivative: bytes | None = field(default=None, repr=False)
    outcome: str = "stored"


@dataclass(frozen=True)
class ShownVersion:
    """One version as it may leave: all that a writer ever sees.

    `row`: the columns of `record.SCHEMA` that are text, numbers and times, after all cuts; what was cut is None or has
    the token in it. Never `secret`. `native`: the platform's own bytes, None if they were cut. `revealed`: names of the
    committed fields that are shown whole, so that they can be proven; `cut`: committed field -> codes. `proof_row`: the
    stored row, only for `proof.make_proof`; no writer may touch it.
    """

    version: int
    row: Row = field(repr=False)
    native: bytes | None = field(repr=False)
    revealed: frozenset[str]
    cut: dict[str, tuple[str, ...]]
    media: tuple[ShownMedia, ...]
    proof_row: Row = field(repr=False, default_factory=dict)


@dataclass(frozen=True)
class ShownItem:
    """One hit with what may leave of it. `versions` is empty for one that is withheld or disposed of.

    `withheld_rows` are for its proof; the withholding log takes its kind, account, day and about its length from them.
    `answers`: the control number of the hit that it answers, also where the platform's ids are cut; None if it answers
    nothing, or what is no hit.
    """

    item: Item
    versions: tuple[ShownVersion, ...]
    withheld_rows: tuple[Row, ...] = field(default=(), repr=False)  # stored rows of a withheld one, only for its proof
    answers: str | None = None


TOKEN: Final = "[REDACTED {code}]"  # noqa: S105 - what stands in the place of removed words
"""Of one width for one code, whatever it stands for: its length says nothing about what was removed."""


def token(code: str) -> str:
    return TOKEN.format(code=code)


def token_pattern(codes: Iterable[str], shown: Callable[[str], str] = str) -> str:
    """The source of a pattern that finds the tokens of these codes: of one, or of several under which the same words
    were removed. `shown`: how a paper writes a code."""
    one = "|".join(re.escape(shown(code)) for code in codes)
    before, after = map(re.escape, TOKEN.split("{code}"))
    return f"{before}(?:{one})(?:, (?:{one}))*{after}"
