"""How the checks do on the comments of the invented library, which were written before there was any check.

Each comment of the sandbox has a category. Per category: how many different comments there are (the same words on two
platforms count once), how many the criterion that answers for it points at, and how many comments of other categories
it points at as well. A threat that was meant for a test of threats is one; a comment in another category may still be
rightly pointed at (an advertisement that gives a telephone number), so the last figure is no count of mistakes.
`python -m tests.bench.policy_labelled.library` prints them.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any, Final

from sandbox.platforms import registry as stand_ins
from sandbox.story import build
from social_archive.policy.batch import Batch
from social_archive.policy.criteria import registry
from social_archive.policy.suite import Check, Suite

ANSWERS: Final = {
    "advertisement": "advertising", "spam": "advertising", "charity": "solicitation",
    "political_campaign": "solicitation", "private_information": "private-information", "threat": "unlawful",
    "copyrighted": "copyright",
}  # fmt: skip
DAY: Final = date(2026, 3, 1)


def comments() -> dict[str, str]:
    """Different comments of the public, text -> category, from all platforms."""
    found = {}
    for name in stand_ins():
        world = build(name, DAY)
        found |= {i.text: i.category for i in world.items.values() if not i.is_post and i.author not in world.accounts}
    return found


def measure() -> list[dict[str, Any]]:
    """{category, criterion, comments, pointed_at, others_pointed_at} for each category that a criterion answers for."""
    labelled = comments()
    texts = list(labelled)
    checks = tuple(Check(cls(), cls.clause, on=True) for cls in registry().values())
    flags: dict[str, set[str]] = defaultdict(set)
    for check, hit in Suite("bench", checks).find(Batch.of(texts)):
        flags[check.name].add(texts[hit.row])
    rows = []
    for category, criterion in ANSWERS.items():
        mine = {text for text, label in labelled.items() if label == category}
        others = {text for text in flags[criterion] if ANSWERS.get(labelled[text]) != criterion}
        rows.append({"category": category, "criterion": criterion, "comments": len(mine),
                     "pointed_at": len(mine & flags[criterion]), "others_pointed_at": len(others)})  # fmt: skip
    return rows


if __name__ == "__main__":
    for row in measure():
        print(row)
