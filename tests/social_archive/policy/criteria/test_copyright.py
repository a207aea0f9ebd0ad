"""Claims of rights, long quotation and whole works are shown; reviews, brands and borrowed books are not accused."""

from __future__ import annotations

import pytest

from tests.social_archive.policy.checking import found

SONG = "♪ O the ferry leaves at seven and my heart leaves at ten, if you wave me off at noon, I will wave again ♪"
SHOWS = {
    "copyright.notice": ["© 2020 Invented Press", "(c) 2019 J. Doe", "copyright by Nobody Records"],
    "copyright.reserved": [
        "All Rights Reserved",
        "Please do not repost",
        "reprinted with permission",
        "I do not own the rights",
        "A\u200bll rights reserv\u0435d",  # a zero-width space, a Cyrillic letter
    ],
    "copyright.lyrics": [SONG, SONG.replace("♪", "🎵")],
    "copyright.whole-work": ["Full PDF free here", "watch the full movie at my page", "free epub download 📚"],
    "copyright.file-sharing": ["it is at https://mega.nz/file/x", "libgen.is has it"],
    "copyright.mark": ["Kleenex™", "LEGO® bricks"],
}
LEFT_ALONE = [
    "My options: (a) walk (b) swim (c) 2 buses",
    "The whole audiobook is a free download with Libby",
    "Where can I watch the full movie for free?",
    "Is there a free pdf download of the agenda?",
    'She said "come in" and "sit down"',
    "Do you have the book on copyright law?",
    "a lego set, a tm, an r",
    "🎵 story time 🎵",
    "",
]


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in SHOWS.items() for text in texts])
def test_signs_of_somebodys_work_are_shown(rule: str, text: str) -> None:
    assert rule in {hit.rule for hit in found("copyright", text)}


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_claims_no_rights_is_left_alone(text: str) -> None:
    assert not found("copyright", text)


def test_a_long_quotation_is_shown_whole_and_a_shorter_one_when_the_agency_says_so() -> None:
    quoted = "“" + "word " * 59 + "end”"
    assert [hit.quote for hit in found("copyright", f"It says {quoted}, see?")] == [quoted]
    shorter = "“" + "word " * 29 + "end”"
    assert not found("copyright", shorter)
    assert found("copyright", shorter, settings={"quoted_words": 30})


def test_the_sign_is_found_where_it_was_posted_though_folding_makes_letters_of_it() -> None:
    text = "\u200bI\u0301 like Kleenex™ and LEGO®"
    assert [hit.quote for hit in found("copyright", text)] == ["™"]


def test_a_question_about_a_notice_is_weak() -> None:
    assert [hit.strength for hit in found("copyright", "Is it © 1925?")] == ["weak"]


@pytest.mark.slow
def test_a_megabyte_is_read_in_no_time() -> None:
    text = '"' + "free full ♪ pdf (c) 20 © " * 45_000
    assert len(text) > 1_000_000
    assert found("copyright", text)
