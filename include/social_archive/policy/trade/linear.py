"""A linear model that a person can read: words with weights, added up. Kept as JSON, never as a pickle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from social_archive.errors import ConfigError
from social_archive.policy.batch import Rows
from social_archive.policy.trade.words import called, places_of, trade_words

Scores = np.ndarray[Any, np.dtype[np.float64]]

SHORT: Final = 4
"""Words of the list up to which weights simply add up. With more of them, each counts for less, as the square root of
their number. Words that are not listed do not even count as length: they change nothing at all."""


def share(size: Rows) -> Scores:
    """What a weight counts for in texts with so many words of the list."""
    return (SHORT / np.maximum(size, SHORT)) ** 0.5


class Said(NamedTuple):
    """What one feature of one text added to its score (in log-odds)."""

    feature: str
    weight: float


@dataclass(frozen=True)
class LinearModel:
    """Logistic regression over the trade words that stand in a text, each counted once.

    The log-odds of a text are the intercept and the sum of its features' weights, which count for less the more words
    of the list a text has (`share`), so that a long text is not suspect for its length. `threshold`: the score (0 to 1)
    from which
    the model points at a text.
    """

    version: int
    weights: Mapping[str, float]
    intercept: float
    threshold: float

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> LinearModel:
        """A model from its JSON document. Raises ConfigError if it was trained for another list of words."""
        if said["lexicon"] != trade_words().version:
            raise ConfigError(
                f"The advertising model was trained for version {said['lexicon']} of its list of words, and the list "
                f"is now version {trade_words().version}. Run `python -m social_archive.policy.training.advertising`."
            )
        return cls(said["version"], said["weights"], said["intercept"], said["threshold"])

    @cached_property
    def _features(self) -> tuple[Rows, Scores, list[str]]:
        keys = np.array([trade_words().key(feature) for feature in self.weights], dtype=np.int64)
        order = np.argsort(keys)
        names = list(self.weights)
        return keys[order], np.array(list(self.weights.values()))[order], [names[place] for place in order]

    def read(self, column: pa.Array) -> Reading:
        """What the model sees in a column of folded texts."""
        known, weights, names = self._features
        rows, keys, size = trade_words().keys(column)
        places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        ours = known[places] == keys
        rows, places = rows[ours], places[ours]
        parts = weights[places] * share(size)[rows]
        odds = self.intercept + np.bincount(rows, weights=parts, minlength=len(column))
        seen = np.bincount(rows, minlength=len(column)) > 0
        return Reading(np.where(seen, 1 / (1 + np.exp(-odds)), 0.0), rows, places, parts, names)


@dataclass(frozen=True)
class Reading:
    """`scores`: of each text, 0 to 1; a text without any word of trade has 0, whatever the intercept. The other columns
    have one entry for each feature that stands in a text, in the order of the texts."""

    scores: Scores
    rows: Rows
    places: Rows
    parts: Scores  # what the feature adds to the log-odds
    names: list[str]

    def reasons(self, row: int, most: int = 6) -> list[Said]:
        """What spoke most for the score of one text, the strongest first."""
        first, last = np.searchsorted(self.rows, [row, row + 1])
        said = [Said(self.names[self.places[place]], float(self.parts[place])) for place in range(first, last)]
        return [part for part in sorted(said, key=lambda said: (-said.weight, said.feature)) if part.weight > 0][:most]


def span(folded: str, reasons: list[Said]) -> tuple[int, int]:
    """From the first to the last of what spoke for a score."""
    found = [place for said in reasons for place in places_of(said.feature, folded)]
    return (min(start for start, _ in found), max(end for _, end in found)) if found else (0, len(folded))


def told(reasons: list[Said]) -> str:
    """Reasons for a sentence: `order now +1.2, (a price) +0.8`."""
    return ", ".join(f"{called(said.feature)} {said.weight:+.1f}" for said in reasons)


@cache
def model(name: str) -> LinearModel:
    """A model that comes with the archive, from `models/NAME.json`."""
    kept = resources.files("social_archive.policy").joinpath(f"models/{name}.json")
    return LinearModel.of(json.loads(kept.read_text("utf-8")))
