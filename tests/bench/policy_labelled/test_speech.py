"""The labelled texts keep the speech criteria where they are: a change for the worse is seen."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.policy_labelled.speech import labelled, measure

AT_LEAST = {"written first": (0.92, 0.92), "written last": (0.90, 0.90), "generated": (0.99, 0.99)}
"""Precision and recall."""


@pytest.fixture(scope="module")
def measured() -> list[dict[str, Any]]:
    return measure()


@pytest.mark.slow
def test_every_criterion_stays_as_good_as_it_was_measured(measured: list[dict[str, Any]]) -> None:
    worse = [
        f"{row['criterion']}, {row['set']}: {row['precision']:.3f}, {row['recall']:.3f}"
        for row in measured
        if row["precision"] < AT_LEAST[row["set"]][0] or row["recall"] < AT_LEAST[row["set"]][1]
    ]
    assert not worse


@pytest.mark.slow
def test_the_texts_are_the_same_each_time_and_of_both_labels(measured: list[dict[str, Any]]) -> None:
    assert labelled() == labelled()
    assert all(row["positives"] >= 10 and row["negatives"] >= 10 for row in measured)
