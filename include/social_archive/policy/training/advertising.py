"""Trains the advertising model: `python -m social_archive.policy.training.advertising` writes its JSON anew.

The texts are made from the templates of `advertising.yaml` with a fixed seed, so that the same templates give the same
model. It is measured on templates, and on whole families of templates, that it was not trained on.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
import yaml
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from social_archive.policy.batch import Rows
from social_archive.policy.text import fold_all
from social_archive.policy.trade import linear
from social_archive.policy.trade.words import trade_words

VERSION: Final = 1
SEED: Final = 75
EACH: Final = 12
"""Texts that start from one template."""
LONGEST: Final = 8
"""Sentences of the longest text: people who complain or praise at length use many words, some of them of trade."""
BLOCKS: Final = 4
"""Templates of a family stand in so many blocks, and no text mixes two: what is held out is unseen as a whole."""
WIDESPREAD: Final = 3
"""Templates in which a word or pair must stand to become a feature: what one template says teaches nothing."""
STRENGTH: Final = 1.0  # of the regression, inverse of regularisation
TOLERATED: Final = 0.01
"""Share of ordinary comments (of templates that the model has not seen) that the threshold lets through."""

_CHOICE: Final = re.compile(r"\{([^{}]*)\}|<(\w+)>")


@dataclass(frozen=True)
class Texts:
    """Made texts in columns. `groups`: the template of each. `blocks`: of templates that are held out together."""

    texts: list[str]
    selling: np.ndarray[Any, np.dtype[np.bool_]]
    groups: Rows
    blocks: Rows
    families: list[str]

    def column(self) -> pa.Array:
        return pa.array([folded.text for folded in fold_all(self.texts)], type=pa.large_string())


@cache
def grammar() -> Mapping[str, Any]:
    said: Mapping[str, Any] = yaml.safe_load(
        resources.files(__package__).joinpath("advertising.yaml").read_text("utf-8")
    )
    return said


def made(template: str, lists: Mapping[str, Sequence[str]], dice: random.Random) -> str:
    """One text of a template."""

    def chosen(choice: re.Match[str]) -> str:
        return str(dice.choice(lists[choice[2]] if choice[2] else choice[1].split("|")))

    while True:
        text = _CHOICE.sub(chosen, template)
        if text == template:
            return text
        template = text


def generated(seed: int = SEED, each: int = EACH) -> Texts:
    """The training texts: `each` from every template, half of them with sentences of its block added."""
    dice = random.Random(seed)
    rows = []
    for number, template in enumerate(_templates()):
        beside = [other.text for other in _templates() if other.beside(template)]
        most = 1 if template.kind == "advertising" else LONGEST - 1
        for turn in range(each):
            more = dice.sample(beside, k=min(len(beside), dice.randint(1, most))) if turn % 2 else []
            text = " ".join(made(part, grammar()["lists"], dice) for part in (template.text, *more))
            rows.append(
                (text, template.kind == "advertising", number, template.block, f"{template.kind}/{template.family}")
            )
    texts, selling, groups, blocks, families = zip(*rows, strict=True)
    return Texts(list(texts), np.array(selling), np.array(groups), np.array(blocks), list(families))


class Template(NamedTuple):
    kind: str
    family: str
    block: int
    text: str

    def beside(self, other: Template) -> bool:
        return self != other and self[:3] == other[:3]


@cache
def _templates() -> tuple[Template, ...]:
    return tuple(
        Template(kind, family, number % BLOCKS, text) for kind in ("advertising", "ordinary")
        for family, texts in grammar()[kind].items() for number, text in enumerate(texts)
    )  # fmt: skip


def fitted(texts: Texts, among: Rows | None = None) -> tuple[dict[str, float], float]:
    """Weights by feature and intercept, learned from the texts `among`."""
    among = np.arange(len(texts.texts)) if among is None else among
    rows, keys, size = trade_words().keys(texts.column().take(pa.array(among)))
    features = _widespread(texts.groups[among][rows], keys)
    ours = np.isin(keys, features)
    rows, places = rows[ours], np.searchsorted(features, keys[ours])
    matrix = csr_matrix((linear.share(size)[rows], (rows, places)), shape=(len(among), len(features)))
    regression = LogisticRegression(C=STRENGTH, tol=1e-10, max_iter=5000, class_weight="balanced")
    regression.fit(matrix, texts.selling[among])
    weights = {trade_words().feature(int(key)): float(weight)
               for key, weight in zip(features, regression.coef_[0], strict=True)}  # fmt: skip
    return weights, float(regression.intercept_[0])


def _widespread(groups: Rows, keys: Rows) -> Rows:
    pairs = np.unique(np.stack([keys, groups], axis=1), axis=0)
    found, count = np.unique(pairs[:, 0], return_counts=True)
    return found[count >= WIDESPREAD]


def held_out(texts: Texts, groups: Rows, folds: int = BLOCKS) -> linear.Scores:
    """The score of every text by a model that saw no text of its group."""
    column, scores = texts.column(), np.zeros(len(texts.texts))
    for train, test in GroupKFold(folds).split(groups, texts.selling, groups):
        weights, intercept = fitted(texts, train)
        scores[test] = linear.LinearModel(0, weights, intercept, 0.5).read(column.take(pa.array(test))).scores
    return scores


def document() -> dict[str, Any]:
    """The model as it is kept: what it is, how well it does, and every weight."""
    texts = generated()
    by_template = held_out(texts, texts.blocks)
    _, families = np.unique(texts.families, return_inverse=True)
    by_family = held_out(texts, families)
    threshold = round(float(np.quantile(by_template[~texts.selling], 1 - TOLERATED, method="higher")) + 0.0005, 3)
    weights, intercept = fitted(texts)
    return {
        "name": "advertising", "version": VERSION, "lexicon": trade_words().version,
        "kind": "logistic regression; features are words of trade, pairs of them, and shapes, each counted once and "
                "divided by the square root of their number in the text",
        "licence": "Apache-2.0",
        "training_data": {
            "what": "invented comments, made from the templates of policy/training/advertising.yaml; English",
            "seed": SEED, "texts": len(texts.texts), "advertising": int(texts.selling.sum()),
            "templates": int(texts.groups[-1]) + 1, "families": len(set(texts.families)),
        },
        "measured": {
            "on unseen templates": _quality(texts.selling, by_template, threshold),
            "on unseen families of templates": _quality(texts.selling, by_family, threshold),
        },
        "threshold": threshold,
        "intercept": round(intercept, 3),
        "weights": dict(sorted(((name, round(weight, 3)) for name, weight in weights.items()),
                               key=lambda weight: (-weight[1], weight[0]))),
    }  # fmt: skip


def _quality(selling: np.ndarray[Any, np.dtype[np.bool_]], scores: linear.Scores, threshold: float) -> dict[str, float]:
    pointed = scores >= threshold
    return {
        "roc_auc": round(float(roc_auc_score(selling, scores)), 3),
        "precision": round(float(selling[pointed].mean()), 3),
        "recall": round(float(pointed[selling].mean()), 3),
    }


def main() -> None:
    """Writes `policy/models/advertising.json`."""
    path = Path(__file__).parents[1] / "models" / "advertising.json"
    path.write_text(json.dumps(document(), indent=1, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
