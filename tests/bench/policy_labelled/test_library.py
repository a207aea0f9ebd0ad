"""What the checks point at among comments that nobody wrote for them must not get less unseen."""

from __future__ import annotations

import pytest

from tests.bench.policy_labelled.library import measure

pytestmark = pytest.mark.slow  # two seconds


def test_most_of_each_kind_is_pointed_at_and_little_else() -> None:
    rows = measure()
    assert len(rows) == 7
    for row in rows:
        assert row["pointed_at"] >= 0.7 * row["comments"], row
        assert row["others_pointed_at"] <= 8, row
