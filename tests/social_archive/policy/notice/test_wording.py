"""Which words tell the public that what is posted, or submitted for posting, is open to disclosure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_archive.config_policy import CommentPolicy, Notice
from social_archive.policy.notice.wording import PARTS, Reading, Requirement, read


def requirement(**notice: object) -> Requirement:
    made = Requirement.of(CommentPolicy(title="t", source="s", notices=[Notice(requirement="r", **notice)]))  # type: ignore[arg-type]
    assert made is not None
    return made


USUAL = requirement()


def said(text: str) -> Reading:
    return read(text, USUAL)


WHOLE = [
    "Anything posted here or submitted for posting is subject to public disclosure.",
    "any content posted or submitted for posting are subject to public disclosure, and the library will preserve it",
    "Posts, comments and content submitted to us may be disclosed under the Freedom of Information Act.",
    "Comments may be a public record.\nWhat you post or submit, even if it is later removed, is subject to FOIA.",
    "All postings, whether or not they are shown, are public records, open to public inspection.",
    "ＡＮＹＴＨＩＮＧ posted or sub\u200bmitted for posting is subject to disсlosure.",
]


@pytest.mark.parametrize("text", WHOLE)
def test_these_say_all_of_it(text: str) -> None:
    assert said(text).missing == ()
    assert said(text).is_whole
    assert said(text).quote in text


PARTIAL = [
    (  # the wording of the City of Des Plaines
        "All comments, private messages, and social media postings are subject to disclosure pursuant to the Illinois "
        "Freedom of Information Act and retention pursuant to the Illinois Local Records Act.",
        ("submitted",),
    ),
    (  # the wording of Fountaindale Public Library District
        "Any comment may be a public record subject to disclosure under the Freedom of Information Act and retention "
        "under state records retention laws.",
        ("submitted",),
    ),
    ("Comments and messages here are public records, kept by the library.", ("submitted", "disclosure")),
    ("Content posted or submitted for posting is preserved under records law.", ("disclosure",)),
    ("Content submitted for posting is subject to public disclosure.", ("posted",)),
    ("This account is subject to FOIA.", ("posted", "submitted")),
]


@pytest.mark.parametrize(("text", "missing"), PARTIAL)
def test_these_say_a_part_of_it_and_it_is_said_which_is_missing(text: str, missing: tuple[str, ...]) -> None:
    assert said(text).is_notice
    assert said(text).missing == missing


ABSENT = [
    "",
    "Books, tools, seeds and a warm chair.",
    "Public Records | Board | Jobs",
    "Comments are not the opinion of the library. Be kind.",
    "Submit a FOIA request to the office.",
    "We post daily. Follow us!",
]


@pytest.mark.parametrize("text", ABSENT)
def test_these_are_no_notice_at_all(text: str) -> None:
    assert said(text) == Reading(missing=PARTS)


def test_what_is_denied_is_not_said() -> None:
    denied = "Comments posted or submitted here are public records, not subject to disclosure."
    assert said(denied).missing == ("disclosure",)


def test_words_scattered_over_a_page_are_no_notice() -> None:
    far = ("Anything may be posted here.", *["The garden opens at nine."] * 3, "Minutes are subject to disclosure.")
    assert said(" ".join(far)).missing == ("posted", "submitted")


def test_of_several_passages_the_fullest_is_quoted_as_it_stands() -> None:
    whole = "Comments that are posted or submitted are subject to “public disclosure”."
    before = "Welcome.\nOur minutes are subject to disclosure.\nThe garden opens at nine.\nIt closes at six."
    page = f"{before}\n{whole}\nBye."
    assert whole in said(page).quote
    assert "garden" not in said(page).quote


def test_an_agency_may_require_less_or_say_it_in_words_of_its_own() -> None:
    less = requirement(required_parts=["posted", "disclosure"])
    assert read("All comments are subject to FOIA.", less).is_whole
    own = requirement(wordings={"disclosure": ["can be  asked for"], "submitted": ["o aunque no se publique"]})
    found = read("Lo que usted posts, o aunque no se publique, can be asked for by anyone.", own)
    assert found.parts["disclosure"] == "can be asked for"
    assert found.is_whole


def test_a_policy_without_a_notice_requires_none() -> None:
    assert Requirement.of(CommentPolicy(title="t", source="s")) is None


@given(st.text(max_size=300))
def test_any_text_can_be_read_and_what_is_quoted_stands_in_it(text: str) -> None:
    found = said(text)
    assert found.quote in text
    assert set(found.missing) | found.parts.keys() >= set(PARTS)


@pytest.mark.slow
def test_a_megabyte_is_read_in_a_moment() -> None:
    for text in ("posted or submitted public records. " * 30_000, "subject to " * 30_000, "a" * 1_000_000):
        said(text)
