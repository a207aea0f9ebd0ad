"""How the tests of criteria ask: texts in, what was found out, spans as they stand in the posted text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from social_archive.policy.batch import Batch
from social_archive.policy.criteria import registry


class Found(NamedTuple):
    rule: str
    quote: str
    strength: str


def found(criterion: str, text: str, *, settings: dict[str, Any] | None = None, **around: Any) -> list[Found]:
    """What one criterion finds in one text. `around`: columns of `Batch.of`, one value each."""
    return found_in(criterion, [text], settings=settings, **{name: [value] for name, value in around.items()})[0]


def found_in(
    criterion: str, texts: Sequence[str], *, settings: dict[str, Any] | None = None, **columns: Any
) -> list[list[Found]]:
    cls = registry()[criterion]
    batch = Batch.of(texts, **columns)
    lists: list[list[Found]] = [[] for _ in texts]
    for hit in cls(cls.Settings.model_validate(settings or {})).find(batch):
        start, end = batch.folded[hit.row].span(hit.start, hit.end)
        assert hit.sentence().endswith("."), "an explanation is a sentence"
        lists[hit.row].append(Found(hit.rule.id, batch.texts[hit.row][start:end], hit.strength or hit.rule.strength))
    return lists
