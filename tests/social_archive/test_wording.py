from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive import wording


def finds(term: str, text: str) -> bool:
    pattern = wording.pattern(wording.terms(term)[0])
    row = duckdb.execute("SELECT regexp_matches($text, $pattern)", {"text": text, "pattern": pattern}).fetchone()
    return bool(row and row[0])


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("parking", "The PARKING lot"),
        ("PARKING", "the parking lot"),
        ("cafe", "a café"),
        ("café", "a cafe"),
        ("cafe", "a cafe\u0301"),  # decomposed
        ("strasse", "Hauptstraße"),
        ("straße", "HAUPTSTRASSE"),
        ("naive", "ｎａｉｖｅ"),
        ("library's", "the library\u2019s"),
        ("sum\u200bmer", "summer"),
        ("summer", "s\u200bu\u00adm\u2060mer"),
        ('"summer reading"', "Summer\n\treading"),
        ("книга", "КНИГА"),
        ("ελληνικα", "Ελληνικά"),
        ("مكتبة", "مَكتبة"),
        ("図書館", "市立図書館です"),
        ("🎉", "well done 🎉"),
        ("a.b*c", "x a.b*c y"),
        ("100%", "100% sure"),
        ("\\d+", "the regex \\d+ itself"),
        ("[x]", "done [x]"),
        ("½", "½ price"),
        ("हिन्दी", "हिन्दी पुस्तक"),
        ("ﬁsh", "fish"),
        ("fish", "ﬁsh"),
        ("office", "oﬃce".replace("ﬃ", "fﬁ")),
        ("office", "oﬀice"),
        ("s" * 40, "ß" * 20),
        ("s" * 40, "S" * 40),
        ("ẞ", "ss"),
        ("ss", "ẞ"),
    ],
)
def test_a_term_finds_what_a_person_means_by_it(term: str, text: str) -> None:
    assert finds(term, text)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("parking", "park in g"),
        ("a.b", "axb"),
        ("\\d+", "123"),
        ("cafe", "caf"),
        ('"summer reading"', "summer of reading"),
    ],
)
def test_a_term_finds_nothing_else(term: str, text: str) -> None:
    assert not finds(term, text)


def test_words_and_phrases_are_told_apart_and_doubles_dropped() -> None:
    assert wording.terms('Parking "book  drop" parking “Story Time”') == ["parking", "book drop", "story time"]


def test_text_of_invisible_characters_only_has_no_terms() -> None:
    assert wording.terms("\u200b \u00ad") == []


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20))
def test_every_text_finds_itself(text: str) -> None:
    text = text.translate(dict.fromkeys(map(ord, '"\u201c\u201d'), " "))  # quotes join words into a phrase
    for term in wording.terms(text):
        assert finds(f'"{term}"', text)
