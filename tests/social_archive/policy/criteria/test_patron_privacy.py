"""The library's own words: what tells the world about one patron, and what is information for all."""

from __future__ import annotations

import pytest

from social_archive.policy.batch import Batch
from social_archive.policy.criteria.patron_privacy import PatronPrivacy
from social_archive.policy.suite import Check, Suite
from tests.social_archive.policy.checking import found

DISCLOSES = [
    'Hi Jane, your hold on "The Testaments" is ready!', "Your hold is ready for pickup at the desk",
    "You have 3 books checked out until Friday",
    "You have The Hobbit checked out", "Your card expires next week", "Your card has expired, stop by", "You owe $3.50",
    "Jane Miller has an overdue book", "Jane Miller's hold came in", "The book you requested is on the shelf",
    "We see that you are registered in Naperville", "You are number 12 on the waitlist",
    "Your fines are $4, see you soon",
    "Your interlibrary loan has arrived", "our records show you returned it late", "Your library card was blocked",
]  # fmt: skip
INFORMS = [
    "When your hold is ready, we will text you.", "Have you checked out our summer calendar?",
    "You can check out 50 items at a time",
    "Is your card expired?", "Did you know that your card expires every three years?",
    "Thanks for checking out our booth",
    "Get your library card today!", "Your library card is free", "Your library card is your ticket to fun",
    "Margaret Poe has a new book",
    "Your library has new books", "No more overdue fines for anyone!", "Check out these holiday reads",
    "If you owe us $5, ask about the waiver", "",
]  # fmt: skip


@pytest.mark.parametrize("text", DISCLOSES)
def test_what_tells_of_one_patron_is_shown(text: str) -> None:
    assert found("patron-privacy", text, is_own=True, kinds="reply")


@pytest.mark.parametrize("text", INFORMS)
def test_information_for_all_is_left_alone(text: str) -> None:
    assert not found("patron-privacy", text, is_own=True, kinds="reply")


def test_a_post_to_nobody_in_particular_is_weak() -> None:
    assert [hit.strength for hit in found("patron-privacy", "Your hold is ready", is_own=True, kinds="post")] == [
        "weak"
    ]


def test_the_publics_words_are_never_read() -> None:
    suite = Suite("1", (Check(PatronPrivacy(), None, True),))
    batch = Batch.of(["You owe $3.50", "You owe $3.50"], is_own=[False, True])
    assert [hit.row for _, hit in suite.find(batch)] == [1]
