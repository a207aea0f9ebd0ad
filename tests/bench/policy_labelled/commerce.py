"""Invented comments that sell, solicit or copy, and ordinary ones that look like it: what the checks make of them.

Each template is one case: a text of it is made eight times, and counts eight times, so figures are shares of templates,
weighted alike. `tuned` was looked at while the rules were written. `held` was written with it and not looked at.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import yaml
from sklearn.metrics import roc_auc_score

from sandbox.platforms import registry as stand_ins
from sandbox.story import build
from sandbox.world import Item
from social_archive.policy.batch import Batch
from social_archive.policy.criteria import registry
from social_archive.policy.trade.linear import model
from social_archive.policy.training import advertising as training

SEED: Final = 2026
EACH: Final = 8
CRITERIA: Final = ("advertising", "solicitation", "copyright")
Part = Literal["tuned", "held"]

TEMPLATES: Final[dict[str, dict[str, list[str]]]] = yaml.safe_load(
    Path(__file__).with_suffix(".yaml").read_text("utf-8")
)
_AROUND: Final = ("", "", "", "", "😀 ", "Привет! ", "@library ", "\n\n")


def labelled(part: Part, seed: int = SEED) -> list[tuple[str, str]]:
    """Label and text, in the order of the templates. The label is a criterion, or `ordinary`."""
    dice = random.Random(seed)
    lists = training.grammar()["lists"]
    return [
        (label, dice.choice(_AROUND) + training.made(template, lists, dice))
        for label, templates in TEMPLATES[part].items() for template in templates for _ in range(EACH)
    ]  # fmt: skip


def measure(part: Part = "held", *, show: Callable[[str, str], None] = lambda *_: None) -> list[dict[str, Any]]:
    """What is found right and wrong, in rows; shares are 0 to 1, None where nothing was pointed at.

    Precision and recall of each criterion, for findings of every strength and without the weak ones; ROC-AUC of the
    advertising model here and on the comments of the invented library. A comment of another label is a false alarm
    for a criterion, too. `show` is called with what went wrong and the text.
    """
    made = labelled(part)
    labels, texts = [label for label, _ in made], [text for _, text in made]
    return [*_criteria(labels, texts, show), *_model(labels, texts), *_library(), *_apart()]


def _criteria(labels: list[str], texts: list[str], show: Callable[[str, str], None]) -> Iterator[dict[str, Any]]:
    batch = Batch.of(texts)
    for name in CRITERIA:
        wanted = np.array([label == name for label in labels])
        found = {"all": np.zeros(len(texts), dtype=bool), "moderate and strong": np.zeros(len(texts), dtype=bool)}
        for hit in registry()[name]().find(batch):
            found["all"][hit.row] = True
            found["moderate and strong"][hit.row] |= (hit.strength or hit.rule.strength) != "weak"
        for row in np.flatnonzero(wanted != found["all"]):
            show(f"{'missed' if wanted[row] else 'false'} {name}", texts[row])
        for strengths, rows in found.items():
            yield {
                "criterion": name, "findings": strengths, "labelled": int(wanted.sum()),
                "precision": _share(wanted[rows]), "recall": _share(rows[wanted]),
            }  # fmt: skip


def _model(labels: list[str], texts: list[str]) -> Iterator[dict[str, Any]]:
    """Of the labels only advertising and ordinary: a fundraiser sells, too, in the model's eyes."""
    kept = np.array([label in {"advertising", "ordinary"} for label in labels])
    wanted = np.array([label == "advertising" for label in labels])[kept]
    scores = model("advertising").read(Batch.of(texts).column).scores[kept]
    yield {
        "criterion": "advertising",
        "findings": "the model alone",
        "labelled": int(wanted.sum()),
        **_curve(wanted, scores),
    }


def _library() -> Iterator[dict[str, Any]]:
    """The comments of the invented library, which were written for other tests and carry categories."""
    said = {item.text: item.category in {"spam", "advertisement"} for item, _ in _comments()}
    wanted = np.array(list(said.values()))
    scores = model("advertising").read(Batch.of(list(said)).column).scores
    yield {
        "criterion": "advertising", "findings": "the model alone, comments of the invented library",
        "labelled": int(wanted.sum()), **_curve(wanted, scores),
    }  # fmt: skip


def _apart() -> Iterator[dict[str, Any]]:
    """Word overlap on the same comments, with the category off_topic as the label."""
    threads = {(item.text, post): item.category == "off_topic" for item, post in _comments() if post}
    wanted = np.array(list(threads.values()))
    batch = Batch.of([text for text, _ in threads], thread=[post for _, post in threads])
    for words in (5, 8):
        pointed = np.zeros(len(batch), dtype=bool)
        criterion = registry()["off-topic"]
        for hit in criterion(criterion.Settings.model_validate({"words": words})).find(batch):
            pointed[hit.row] = True
        yield {
            "criterion": "off-topic", "findings": f"from {words} longer words, comments of the invented library",
            "labelled": int(wanted.sum()), "precision": _share(wanted[pointed]),
            "recall": _share(pointed[wanted]), "pointed_at": int(pointed.sum()),
        }  # fmt: skip


def _curve(wanted: np.ndarray[Any, Any], scores: np.ndarray[Any, Any]) -> dict[str, float | None]:
    pointed = scores >= model("advertising").threshold
    return {
        "roc_auc": round(float(roc_auc_score(wanted, scores)), 3),
        "precision": _share(wanted[pointed]), "recall": _share(pointed[wanted]),
    }  # fmt: skip


def _share(rows: np.ndarray[Any, Any]) -> float | None:
    return round(float(rows.mean()), 3) if len(rows) else None


def _comments() -> Iterator[tuple[Item, str]]:
    """Comments of all platforms, and the text of the post above each."""
    for name in stand_ins():
        world = build(name, date(2026, 3, 1))
        for item in world.items.values():
            if not item.is_post and item.text:
                yield item, world.items[item.root].text if item.root in world.items else ""


if __name__ == "__main__":
    for row in measure():
        print(row)
