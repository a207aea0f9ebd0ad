"""Each kind of personal information is found, and little else is, in comments that the patterns were not tuned on."""

from __future__ import annotations

import pytest

from tests.bench.policy_labelled.personal import KINDS, labelled, measure


@pytest.mark.slow
def test_nine_of_ten_are_found_and_nine_of_ten_that_are_found_are_right() -> None:
    rows = {row["kind"]: row for row in measure()}
    assert set(rows) == set(KINDS)
    assert not {kind: row for kind, row in rows.items() if row["recall"] < 0.9 or row["precision"] < 0.9}


def test_a_seed_says_every_comment_and_labels_lie_on_what_was_put_in() -> None:
    comments = labelled(7, "held", each=2, negatives=5)
    assert comments == labelled(7, "held", each=2, negatives=5) != labelled(8, "held", each=2, negatives=5)
    for comment in comments:
        assert all(0 <= start < end <= len(comment.text) for _, start, end in comment.spans)
