"""Invented comments with invented personal data in them, labelled, and how much of it the criterion finds.

Everything is made by Faker and the lists beside this file from one seed; nobody's number or name is meant. Sentences,
ways of writing and look-alikes come in four parts: the patterns were tuned on `first`, `second` and `third`, and
each of these was measured once before it was looked at. `held` was written after that. What each showed at first sight
is in docs/policy-quality.md; figures of sentences that the author of the patterns wrote are an upper bound.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import yaml

from social_archive.policy.batch import Batch
from social_archive.policy.criteria.private_information import PrivateInformation
from tests.bench.policy_labelled.personal_inventions import MAKERS, Invention
from tests.bench.policy_labelled.personal_negatives import FIRST, HELD, SECOND, THIRD

TUNED: Final = 5
HELD_OUT: Final = 2026

Part = Literal["first", "second", "third", "held"]
LOOKALIKES: Final = {"first": FIRST, "second": SECOND, "third": THIRD, "held": HELD}

Span = tuple[str, int, int]
"""Kind, start, end; characters of the posted text."""

ROWS: Final[list[dict[str, Any]]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
KINDS: Final = tuple(dict.fromkeys(row["kind"] for row in ROWS))

_FULL_WIDTH: Final = str.maketrans("0123456789", "０１２３４５６７８９")
_AROUND: Final = ("", "", "", "😡😡 ", "ok so... ", "Привет! ", "请注意 ", "@library ", "\n\n")


@dataclass(frozen=True)
class Labelled:
    """One comment; no `spans`: nothing personal in it."""

    text: str
    spans: tuple[Span, ...] = ()


def labelled(seed: int, part: Part, *, each: int = 60, negatives: int = 2500) -> list[Labelled]:
    """`each` comments for each row of ROWS, and `negatives` that hold nothing personal."""
    i = Invention(seed)
    made = [_positive(i, row, part) for row in ROWS for _ in range(each)]
    made += [Labelled(i.pick.choice(_AROUND) + i.pick.choice(LOOKALIKES[part])(i)) for _ in range(negatives)]
    i.pick.shuffle(made)
    return made


def _positive(i: Invention, row: dict[str, Any], part: Part) -> Labelled:
    quote = disguised(i, MAKERS[row["make"]](i, tuple(row[part]["forms"])))
    head, _, tail = i.pick.choice(row[part]["sentences"]).partition("{}")
    head = i.pick.choice(_AROUND) + head
    return Labelled(head + quote + tail, ((row["kind"], len(head), len(head) + len(quote)),))


def disguised(i: Invention, quote: str) -> str:
    """One in six is written so that a plain pattern misses it: full-width digits, zero-width splits, other spaces."""
    match i.pick.randrange(18):
        case 0:
            return quote.translate(_FULL_WIDTH)
        case 1:
            return "\u200b".join(quote)
        case 2:
            return quote.replace(" ", "\u00a0").replace("-", "\u2011")
    return quote


def hits_of(comments: list[Labelled]) -> list[list[Span]]:
    """What the criterion finds in each comment, with its own settings' defaults."""
    batch = Batch.of([comment.text for comment in comments])
    hits: list[list[Span]] = [[] for _ in comments]
    for hit in PrivateInformation().find(batch):
        hits[hit.row].append((hit.evidence["kind"], *batch.folded[hit.row].span(hit.start, hit.end)))
    return hits


def measure(
    seed: int = HELD_OUT, part: Part = "held", *, show: Callable[[str, Labelled], None] = lambda *_: None
) -> list[dict[str, Any]]:
    """For each kind: how many were labelled, recall and precision.

    A label is found if a hit of its kind shares a character with it; a hit is right if a label of its kind does. `show`
    is called with "missed" or "false", the kind, and the comment, for who wants to see what goes wrong.
    """
    comments = labelled(seed, part)
    counts = {kind: {"labelled": 0, "found": 0, "hits": 0, "right": 0} for kind in KINDS}
    for comment, hits in zip(comments, hits_of(comments), strict=True):
        for label in comment.spans:
            found = any(_overlap(label, hit) for hit in hits)
            counts[label[0]]["labelled"] += 1
            counts[label[0]]["found"] += found
            if not found:
                show(f"missed {label[0]}", comment)
        for hit in hits:
            right = any(_overlap(label, hit) for label in comment.spans)
            counts[hit[0]]["hits"] += 1
            counts[hit[0]]["right"] += right
            if not right:
                show(f"false {hit[0]}", comment)
    return [
        {"kind": kind, "labelled": n["labelled"], "recall": round(n["found"] / n["labelled"], 3),
         "precision": round(n["right"] / max(1, n["hits"]), 3)}
        for kind, n in counts.items()
    ]  # fmt: skip


def _overlap(one: Span, other: Span) -> bool:
    return one[0] == other[0] and one[1] < other[2] and other[1] < one[2]


if __name__ == "__main__":
    for row in measure():
        print(row)
