"""Who did it, as far as a platform's words go; the usual answer is that nobody knows."""

from __future__ import annotations

import pytest

from social_archive.platforms import registry
from social_archive.policy.moderation.causes import CAUSES, strongest, told
from social_archive.record import STATES


@pytest.mark.parametrize(
    ("platform", "state", "flags", "cause"),
    [
        ("facebook", "hidden", (), "us"),
        ("instagram", "hidden", (), "us"),
        ("bluesky", "hidden", (), "us"),
        ("youtube", "hidden", ("rejected",), "us"),
        ("youtube", "held_for_review", (), "us"),
        ("youtube", "held_for_review", ("likely_spam",), "author_or_platform"),
        ("threads", "hidden", (), "us"),
        ("threads", "hidden", ("covered",), "unknown"),
        ("tiktok", "hidden", (), "unknown"),
        ("facebook", "deleted", (), "unknown"),
        ("facebook", "missing_unconfirmed", (), "unknown"),
        ("facebook", "account_gone", (), "author_or_platform"),
        ("mastodon", "missing_unconfirmed", (), "unknown"),
    ],
)
def test_the_cause_is_what_the_platform_tells(platform: str, state: str, flags: tuple[str, ...], cause: str) -> None:
    assert told(platform, state, flags, is_own=False).cause == cause


@pytest.mark.parametrize("platform", ["mastodon", "bluesky", "x"])
def test_where_only_authors_delete_a_strangers_comment_was_not_deleted_by_us_and_an_own_one_may_be(
    platform: str,
) -> None:
    assert told(platform, "deleted", (), is_own=False).cause == "author_or_platform"
    assert told(platform, "deleted", (), is_own=True).cause == "unknown"


def test_every_platform_and_state_has_an_answer_with_a_sentence_that_says_how_it_is_known() -> None:
    for platform in registry():
        for state in set(STATES) - {"present", "inaccessible"}:
            cause, basis = told(platform, state, (), is_own=False)
            assert cause in CAUSES
            assert basis.endswith(".")


def test_of_several_observations_the_one_that_tells_most_counts() -> None:
    hidden, gone = (told("facebook", state, (), is_own=False) for state in ("hidden", "deleted"))
    assert strongest([gone, hidden]) == hidden
