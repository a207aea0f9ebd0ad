"""The library's own words: urging a vote is shown, either way; informing is not. All names are invented."""

from __future__ import annotations

import pytest

from tests.social_archive.policy.checking import found

URGES = [
    "Vote yes on the referendum!", "Vote NO on the library levy", "Please vote for the referendum",
    "Vote against the levy on April 6",
    "Re-elect Ann Lee for trustee", "Vote for Ann Lee", "Vote against the incumbents", "Don't let the referendum fail",
    "We need your yes vote", "Please support the referendum", "We oppose the levy", "Let's defeat the bond issue",
    "vоte yes on the levy",  # a Cyrillic о
]  # fmt: skip
INFORMS = [
    "The referendum is on April 6", "Vote on April 6", "Vote for your favorite book cover",
    "vote yes or no in our poll",
    "A yes vote means the library builds a wing", "Your vote matters! Register to vote here.",
    "Trustee election results are in",
    "We support readers. The levy is on the ballot.", "How do I vote?", "The referendum asks whether to issue bonds",
    "Should you vote yes or no? Come to the League's forum", "Early voting is in the lobby", "",
]  # fmt: skip


@pytest.mark.parametrize("text", URGES)
def test_urging_a_vote_is_shown(text: str) -> None:
    assert found("own-campaigning", text, is_own=True)


@pytest.mark.parametrize("text", INFORMS)
def test_information_and_the_librarys_own_polls_are_left_alone(text: str) -> None:
    assert not found("own-campaigning", text, is_own=True)


def test_one_text_is_told_once_by_its_plainest_rule() -> None:
    assert [hit.rule for hit in found("own-campaigning", "Vote for the referendum", is_own=True)] == [
        "own-campaigning.question"
    ]
