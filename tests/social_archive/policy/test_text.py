"""The folded copy: what it levels, what it leaves, and that every part of it points back to where it came from."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_archive.policy.text import fold


@pytest.mark.parametrize(
    ("posted", "matched"),
    [
        ("plain ASCII, Case kept", "plain ASCII, Case kept"),
        ("ｆｕｌｌ ｗｉｄｔｈ １２３", "full width 123"),
        ("zero\u200bwi\u200ddth\u00ad", "zerowidth"),
        ("cafe\u0301 and café", "cafe and cafe"),
        ("٠١٢٣", "0123"),
        ("“quoted” – it’s", '"quoted" - it\'s'),
        ("𝓯𝓪𝓷𝓬𝔂", "fancy"),
        ("p\u0430y me", "pay me"),  # a Cyrillic letter in a Latin word
        ("привет мир", "привет мир"),  # a language, not a disguise
        ("half \ud83d of it", "half \ufffd of it"),
        ("a\u202eb\u2066c", "abc"),  # bidirectional overrides
    ],
)
def test_disguises_are_levelled_and_languages_are_not(posted: str, matched: str) -> None:
    assert fold(posted).text == matched


def test_a_span_of_the_copy_is_the_span_as_it_was_posted() -> None:
    posted = "see f\u200bu\u0301ck here"
    folded = fold(posted)
    start = folded.text.index("fuck")
    begin, end = folded.span(start, start + 4)
    assert posted[begin:end] == "f\u200bu\u0301ck"


@given(st.text())
def test_every_span_lies_inside_of_the_original_and_spans_do_not_cross(posted: str) -> None:
    folded = fold(posted)
    assert folded.span(0, len(folded.text))[1] == len(posted) or not folded.text
    places = [folded.span(i, i + 1) for i in range(len(folded.text))]
    assert all(0 <= a <= b <= len(posted) for a, b in places)
    assert all(first[1] <= second[1] and first[0] <= second[0] for first, second in itertools.pairwise(places))


@given(st.text())
def test_folding_twice_changes_nothing_more(posted: str) -> None:
    once = fold(posted).text
    assert fold(once).text == once
