"""The measured quality of advertising, solicitation and copyright does not get worse unseen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.policy_labelled.commerce import TEMPLATES, labelled, measure

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def rows() -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["criterion"], row["findings"]): row for row in measure("held")}


@pytest.mark.parametrize(
    ("criterion", "precision", "recall"),
    [("advertising", 0.9, 0.8), ("solicitation", 0.95, 0.85), ("copyright", 0.95, 0.95)],
)
def test_held_out_texts_are_told_apart(
    rows: dict[tuple[str, str], dict[str, Any]], criterion: str, precision: float, recall: float
) -> None:
    row = rows[criterion, "all"]
    assert row["precision"] >= precision
    assert row["recall"] >= recall


def test_the_model_alone_ranks_advertisements_above_ordinary_comments(
    rows: dict[tuple[str, str], dict[str, Any]],
) -> None:
    curves = [row["roc_auc"] for row in rows.values() if "roc_auc" in row]
    assert len(curves) == 2
    assert min(curves) >= 0.95


def test_word_overlap_is_no_measure_of_being_off_topic(rows: dict[tuple[str, str], dict[str, Any]]) -> None:
    """Why that check is off: what it points at was on topic. If this ever changes, say so in docs/policy-quality.md."""
    assert all((row["precision"] or 0) < 0.5 for row in rows.values() if row["criterion"] == "off-topic")


def test_no_held_template_was_tuned_on_and_labels_are_reproducible() -> None:
    tuned = {template for templates in TEMPLATES["tuned"].values() for template in templates}
    assert not tuned & {template for templates in TEMPLATES["held"].values() for template in templates}
    assert labelled("held") == labelled("held")
