"""Where the public is told: in the profile, by a link, in part, nowhere; and when nobody can say."""

from __future__ import annotations

import pytest

from social_archive.policy.notice.verdict import MOST_PAGES, Place, Where, judge, pages_to_read
from social_archive.policy.notice.wording import PARTS, Reading

WHOLE = Reading("Anything posted or submitted is subject to disclosure.", dict.fromkeys(PARTS, "x"))
PART = Reading("Comments are subject to disclosure.", {"posted": "Comments"}, ("submitted",))
LESS = Reading("Comments are public records.", {"posted": "Comments"}, ("submitted", "disclosure"))
NONE = Reading(missing=PARTS)


def place(where: Where, reading: Reading | None) -> Place:
    return Place(where, 1, reading, problem="" if reading else "No answer.")


@pytest.mark.parametrize(("places", "result", "missing"), [
    ([place("profile", WHOLE)], "in_profile", ()),
    ([place("profile", NONE), place("pinned", WHOLE)], "in_profile", ()),
    ([place("profile", PART), place("page", WHOLE)], "by_link", ()),
    ([place("profile", NONE), place("page", None), place("page", WHOLE)], "by_link", ()),
    ([place("profile", LESS), place("page", PART)], "partial", ("submitted",)),
    ([place("profile", PART), place("page", None)], "partial", ("submitted",)),
    ([place("profile", NONE), place("page", NONE)], "absent", PARTS),
    ([place("profile", NONE)], "absent", PARTS),
    ([place("profile", NONE), place("page", None)], "unreadable", ()),
    ([place("profile", None)], "unreadable", ()),
    ([], "unreadable", ()),
])  # fmt: skip
def test_the_first_place_that_says_all_decides_and_nothing_is_absent_that_was_not_read(
    places: list[Place], result: str, missing: tuple[str, ...]
) -> None:
    verdict = judge(places)
    assert (verdict.result, verdict.missing) == (result, missing)
    assert (verdict.place is None) == (result in ("absent", "unreadable"))


def test_links_that_sound_like_a_policy_are_read_first_and_only_a_few() -> None:
    links = [
        "https://library.example/", "https://library.example/photo.jpg", "mailto:a@library.example", "https://[",
        "https://library.example/cats", "https://library.example/dogs", "https://social.example/@library",
        "https://library.example/social-media-policy", "https://library.example/",
    ]  # fmt: skip
    assert pages_to_read(links, not_these=["https://social.example/@library"]) == [
        "https://library.example/social-media-policy", "https://library.example/", "https://library.example/cats",
    ][:MOST_PAGES]  # fmt: skip
