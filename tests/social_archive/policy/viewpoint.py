"""Pairs of texts that differ in viewpoint only, and the flags of both put side by side.

Three ways of differing: what is thought of somebody (praise, criticism), who it is (one name, office, party, religion
or another of the same shape), and which side is taken (yes, no). Everything else - a telephone number, a price, a
vulgar word, capitals, a threat - stands in both. All names are invented.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from social_archive.policy.batch import Batch
from social_archive.policy.criteria import registry
from social_archive.policy.suite import Check, Suite
from social_archive.policy.text import fold

SCORE_TOLERANCE: Final = 0.05
"""How far two scores in the evidence may lie apart: less than a reviewer would see."""

_WORDS: Final = re.compile(r"[\w@.'-]+|\S")
_LITTLE: Final = frozenset("a an the in of to for".split())  # noqa: SIM905
_SLOT: Final = re.compile(r"\{(\w+)\}")

STANCES: Final = (
    ("wonderful", "terrible"), ("great", "awful"), ("brilliant", "incompetent"), ("honest", "dishonest"),
    ("thoughtful", "clueless"), ("trustworthy", "untrustworthy"), ("kind", "rude"), ("the best", "the worst"),
    ("a blessing", "a disgrace"), ("an inspiration", "an embarrassment"),
)  # fmt: skip
SUBJECTS: Final = (
    "the library", "the board", "the director", "the mayor", "the Green Party", "the Blue Party", "the candidate",
    "the referendum", "the levy", "the police", "the teacher", "the union", "the patron", "the imam", "the rabbi",
    "the pastor", "Ann Lee", "Director Ann Lee", "Mayor Tom Poe", "Trustee Wei Zhang", "@ann.lee", "story hour",
    "the new policy", "the village", "the tax",
)  # fmt: skip
OPINIONS: Final = (
    "I think {subject} is {stance}.", "After last night's meeting, {subject} is {stance} in my eyes.",
    "Everyone should know that {subject} is {stance}", "{subject} is {stance}. Just {stance}.",
    "My kids say {subject} is {stance} and I agree.", "Honestly, what {subject} did was {stance}.",
    "Question: is {subject} {stance}?", "If you ask me {subject} has been {stance} for years.",
)  # fmt: skip
SURFACES: Final = (
    "", " What the fuck.", " Well, sh1t.", " Call 630-555-0142.", " Mail me: someone@example.org",
    " See https://example.org/story?id=12",
    " $25 each, DM to order.", "!!!", " I will kill you.", " Shoot me an e-mail.", " Ask Jane Miller.",
    " Jane Miller stole the money.", " Vote on April 6.", " Donate at gofundme.com/f/roof",
    " I live at 412 Oak Street.",
    " © 2026 All rights reserved.", " I request copies of all contracts under FOIA.", " 😀😀", " ALL CAPS",
)  # fmt: skip

SAME_SHAPE: Final = (
    ("the director", "the mayor", "the teacher", "the officer", "the librarian", "the trustee", "the patron",
    "the pastor"),
    ("Democrats", "Republicans", "Greens", "Libertarians"),
    ("the Democrats", "the Republicans", "the Christians", "the Muslims", "the Jews", "the Hindus", "the Lutherans"),
    ("the Green Party", "the Blue Party", "the Labor Party"),
    ("Ann Lee", "Wei Zhang", "Fatima Hassan", "Oleksandr Petrenko", "José García", "Lakshmi Rao", "DeShawn Brown"),
    ("Director Ann Lee", "Mayor Ann Lee", "Patron Ann Lee", "Officer Ann Lee", "Pastor Ann Lee", "Rabbi Ann Lee",
    "Imam Ann Lee"),
    ("@green_party", "@blue_party", "@ann.lee", "@thelibrary"),
    ("the referendum", "the levy"),
)  # fmt: skip
ABOUT_SOMEBODY: Final = (
    "{subject} stole the money from the till.", "{subject} takes bribes, everybody knows that",
    "I will kill {subject} tomorrow",
    "Someone should shoot {subject}", "{subject} is in rehab", "{subject} has HIV and nobody was told",
    "{subject} lives at 412 Oak Street", "Call {subject} at 630-555-0142", "Fuck {subject}!",
    "Did {subject} steal the money?",
    "Vote for {subject} on April 6", "Vote against {subject}", "Donate to {subject} today",
    "Buy a shirt of {subject} for $20",
    "{subject} should be shot", "I want copies of all e-mails between {subject} and the architect",
    "{subject} is a disgrace",
    "Your hold is ready, {subject}", "Re-elect {subject} for trustee", "{subject} forged the minutes, allegedly",
)  # fmt: skip

SIDES: Final = (("yes", "no"), ("YES", "NO"))
TAKES_SIDES: Final = (
    "Vote {side} on the referendum!", "Vote {side}", "I will vote {side} on the library levy on April 6",
    "Paid for by citizens for {side}",
    "Say {side} to the levy", "Please vote {side} and donate $5", "We need your {side} vote",
    "A {side} vote costs $12 a year",
)  # fmt: skip
STANDS: Final = (("for", "against"), ("in favor of", "in opposition to"))
TAKES_STANDS: Final = (
    "Vote {side} the referendum",
    "I am {side} the levy",
    "Rally {side} the bond measure, Saturday at 10",
    "I spoke {side} it",
)
ACTS: Final = (("support", "oppose"), ("pass", "defeat"), ("approve", "reject"))
TAKES_ACTION: Final = (
    "We {side} the referendum",
    "Please {side} the levy on April 6",
    "I {side} this",
    "Let's {side} the bond issue!",
)


@dataclass(frozen=True)
class Side:
    """One text of a pair: its parts, and which of them were swapped."""

    parts: tuple[tuple[str, bool], ...]

    @property
    def text(self) -> str:
        return "".join(part for part, _ in self.parts)

    @property
    def swapped(self) -> tuple[frozenset[str], frozenset[str]]:
        """The parts that were swapped, folded and in small letters, and their words but for the little ones."""
        parts = frozenset(fold(part).text.lower() for part, is_slot in self.parts if is_slot)
        words = frozenset(word for part in parts for word in _WORDS.findall(part)) - _LITTLE
        return parts, words

    def place(self, position: int) -> tuple[int, int]:
        """A position as part and offset; inside of a swapped part all positions are one."""
        for index, (part, is_slot) in enumerate(self.parts):
            if position < len(part):
                return index, 0 if is_slot else position
            position -= len(part)
        return len(self.parts), position


@dataclass(frozen=True)
class Pair:
    one: Side
    other: Side


def pairs() -> Iterator[Pair]:
    """All pairs, in a fixed order."""
    yield from _opinions()
    yield from _targets()
    yield from _sides()


def all_checks() -> Suite:
    """Every criterion of the registry with its defaults, also those that are off by default."""
    return Suite("viewpoint", tuple(Check(cls(), cls.clause, True) for cls in registry().values()))


def differences(compared: Sequence[Pair], suite: Suite, *, is_own: bool) -> Iterator[str]:
    """For each pair whose flags differ: which criterion, and both texts."""
    texts = [side.text for pair in compared for side in (pair.one, pair.other)]
    batch = Batch.of(texts, is_own=is_own)
    flags: list[list[tuple[Any, ...]]] = [[] for _ in texts]
    sides = [side for pair in compared for side in (pair.one, pair.other)]
    for check, hit in suite.find(batch):
        start, end = batch.folded[hit.row].span(hit.start, hit.end)
        side = sides[hit.row]
        where = (side.place(start), side.place(max(start, end - 1)))
        flags[hit.row].append(
            (check.name, hit.rule.id, hit.strength or hit.rule.strength, where, _evidence(hit.evidence, side))
        )
    for row in range(0, len(texts), 2):
        one, other = (sorted(found, key=repr) for found in flags[row : row + 2])
        if not _same(one, other):
            lone = [flag for flag in (*one, *other) if flag not in one or flag not in other] or [*one, *other]
            names = ", ".join(sorted({flag[0] for flag in lone}))
            yield f"{names}:\n    {texts[row]!r}\n    {texts[row + 1]!r}\n    {lone}"


def _opinions() -> Iterator[Pair]:
    for number, (subject, opinion, surface) in enumerate(itertools.product(SUBJECTS, OPINIONS, SURFACES)):
        for step in range(4):
            praise, criticism = STANCES[(number + 2 * step) % len(STANCES)]
            yield _pair(opinion + surface, {"stance": praise}, {"stance": criticism}, subject=subject)


def _targets() -> Iterator[Pair]:
    for shape in SAME_SHAPE:
        for (one, other), said, surface in itertools.product(itertools.pairwise(shape), ABOUT_SOMEBODY, SURFACES[::3]):
            yield _pair(said + surface, {"subject": one}, {"subject": other})


def _sides() -> Iterator[Pair]:
    for words, sentences in ((SIDES, TAKES_SIDES), (STANDS, TAKES_STANDS), (ACTS, TAKES_ACTION)):
        for (one, other), said, surface in itertools.product(words, sentences, SURFACES):
            yield _pair(said + surface, {"side": one}, {"side": other})


def _pair(template: str, one: dict[str, str], other: dict[str, str], **same: str) -> Pair:
    return Pair(_filled(template, one, same), _filled(template, other, same))


def _filled(template: str, swapped: dict[str, str], same: dict[str, str]) -> Side:
    pieces = _SLOT.split(template)
    parts = [
        (piece, False) if i % 2 == 0 else (swapped.get(piece) or same[piece], piece in swapped)
        for i, piece in enumerate(pieces)
    ]
    if template.endswith(" ALL CAPS"):
        parts = [(part.upper(), is_slot) for part, is_slot in parts]
    return Side(tuple((part, is_slot) for part, is_slot in parts if part))


def _evidence(evidence: Any, side: Side) -> list[tuple[str, Any]]:
    return sorted((name, _without(value, side.swapped)) for name, value in evidence.items())


def _without(value: Any, swapped: tuple[frozenset[str], frozenset[str]]) -> Any:
    """The value with what was swapped as `*`, so that only what is the same in both texts is compared."""
    if isinstance(value, float):
        return value
    parts, words = swapped
    said = str(value).lower()
    for part in parts:
        said = re.sub(rf"\b{re.escape(part)}\b", "*", said)
    left = ["*" if word.strip(".'") in words else word for word in _WORDS.findall(said)]
    return [word for word, _ in itertools.groupby(left)]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= SCORE_TOLERANCE
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    return bool(one == other)
