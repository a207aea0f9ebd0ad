"""What is asked and what is said are told apart."""

from __future__ import annotations

import pytest

from social_archive.policy.batch import Match
from social_archive.policy.trade.asking import before, first_of_each, is_asked, whole


@pytest.mark.parametrize(
    ("text", "asked"),
    [("Is it $5.50 a bag?", True), ("Only $5 now. Why not?", False), ("$5", False), ("$5\nwhy?", False), ("$5?", True)],
)
def test_a_sentence_is_asked_if_a_question_mark_closes_it(text: str, asked: bool) -> None:
    assert is_asked(text, text.index("$5") + 2) is asked


def test_what_goes_before_is_of_the_same_sentence() -> None:
    text = "No idea. I think You Should vote"
    assert before(text, text.index("vote")) == "i think you should"
    assert before("Vote", 0) == ""
    assert whole("One. Two THREE four. Five", 9, 14) == "two three four."


def test_one_match_of_each_row_is_enough() -> None:
    matches = [Match(row, start, start + 1, "x", {}) for row, start in [(0, 3), (0, 9), (2, 1)]]
    assert [(match.row, match.start) for match in first_of_each(matches)] == [(0, 3), (2, 1)]
