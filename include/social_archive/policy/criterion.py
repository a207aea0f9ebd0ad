"""What a criterion is: one kind of content that the policy names, and the evidence that a machine can show for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from social_archive.config_schedule import Model
from social_archive.policy.batch import MOST, Batch

Strength = Literal["weak", "moderate", "strong"]
"""How much the evidence says that the thing pointed at is what the rule looks for. Never: how bad it is."""

Audience = Literal["public", "own", "all"]
"""Whose words a criterion reads: the public's, the account's own, or both."""


@dataclass(frozen=True)
class Rule:
    """One way of finding evidence. A change of what it finds is a new `version`; old findings keep theirs.

    `says` is the explanation, one sentence for a person who has never seen the code. It names what was found and what
    it may mean, never that something is a violation. `{name}` stands for values of the hit's evidence.
    """

    id: str
    version: int
    strength: Strength
    says: str


@dataclass(frozen=True)
class Hit:
    """Evidence in one text: `start` and `end` count characters of the *folded* text (`Batch.folded[row]`).

    `evidence` is what the rule saw (kinds, counts, scores), for a person and for tests; it may quote the record, for it
    is kept in the record's own cohort.
    """

    row: int
    rule: Rule
    start: int
    end: int
    evidence: Mapping[str, Any] = field(default_factory=dict)
    strength: Strength | None = None  # instead of the rule's own

    def sentence(self) -> str:
        return self.rule.says.format_map({name: str(value) for name, value in self.evidence.items()})


def bounded(hits: Iterable[Hit]) -> Iterator[Hit]:
    """The first MOST hits of each rule in each text: for rules that look at more matches than they show."""
    counts: Counter[tuple[int, str]] = Counter()
    for hit in hits:
        counts[hit.row, hit.rule.id] += 1
        if counts[hit.row, hit.rule.id] <= MOST:
            yield hit


class Criterion(ABC):
    """One file in `policy/criteria`: the registry finds it. Stateless but for its settings.

    What a criterion may not use: who wrote the text (but for `audience`), what opinion it holds, whom it praises or
    blames. Two texts that differ only in viewpoint get the same hits (`tests/.../test_viewpoint.py`).
    """

    name: ClassVar[str]
    title: ClassVar[str]
    clause: ClassVar[str | None]
    """The clause of policy.yaml that it is evidence for, unless policy.yaml says another; None: of no clause."""
    audience: ClassVar[Audience] = "public"
    on: ClassVar[bool] = True
    note: ClassVar[str]
    """What a reviewer has to keep in mind: what the evidence cannot tell, and what the law says."""
    rules: ClassVar[tuple[Rule, ...]]

    class Settings(Model):
        """Thresholds that policy.yaml may change, each with its default."""

    def __init__(self, settings: Model | None = None) -> None:
        self.settings: Any = settings or self.Settings()

    @abstractmethod
    def find(self, batch: Batch) -> Iterator[Hit]:
        """Hits in a batch that holds only texts of this criterion's audience, in any order."""
