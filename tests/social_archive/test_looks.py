"""What the archive holds, under the names by which platforms count."""

from __future__ import annotations

from social_archive.looks import after, totals

STORED = {
    ("post", "present", True): 10, ("post", "deleted", True): 2, ("post", "present", False): 1,
    ("comment", "present", False): 7, ("comment", "hidden", False): 1, ("comment", "account_gone", False): 3,
    ("reply", "present", True): 4, ("reply", "present", False): 5, ("profile", "present", True): 1,
    ("gap", "inaccessible", False): 6,
}  # fmt: skip


def test_what_is_gone_is_not_set_against_what_the_platform_still_counts() -> None:
    assert totals(STORED) == {"posts": 10, "posts_and_replies": 14, "comments": 8, "comments_and_replies": 17}


def test_a_deletion_moves_a_thing_and_a_new_one_is_added() -> None:
    moves = [(("post", "present", True), ("post", "deleted", True)), (None, ("comment", "present", False))]
    assert totals(after(STORED, moves)) == {
        "posts": 9, "posts_and_replies": 13, "comments": 9, "comments_and_replies": 18,
    }  # fmt: skip


def test_nothing_stored_is_zero() -> None:
    assert set(totals({}).values()) == {0}
