"""Marked words: every character is there once, in order, however the marks overlap."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive.cli.evidence import AROUND, Mark, marked
from social_archive.cli.output import safe_str


def test_marks_stand_around_their_words_and_may_overlap() -> None:
    assert marked("one two three", [Mark(4, 7, 1)]).plain == "one ⟦two⟧(1) three"
    assert marked("one two three", [Mark(0, 7, 1), Mark(4, 13, 2)]).plain == "⟦one ⟦two⟧(1) three⟧(2)"
    assert marked("a\x1bb", [Mark(0, 2, 1)]).plain == "⟦a‹ESC›⟧(1)b"


def test_of_a_long_text_only_what_stands_around_the_marks_is_shown() -> None:
    text = "x" * 5_000 + "HERE" + "y" * 5_000
    shown = marked(text, [Mark(5_000, 5_004, 1)], limit=1_000).plain
    assert shown == f" … (4,700 characters) … {'x' * AROUND}⟦HERE⟧(1){'y' * AROUND} … (4,700 characters) … "
    assert marked("z" * 2_000, [], limit=1_000).plain == "z" * 1_000 + " … (1,000 characters) … "
    whole = marked("w" * 9_000, [Mark(0, 9_000, 1)], limit=1_000).plain
    assert whole.startswith("⟦www")
    assert len(whole) < 1_000, "a mark over everything is cut as well"


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=5))
@settings(max_examples=60)
def test_no_character_is_lost_or_doubled(text: str, spans: list[tuple[int, int]]) -> None:
    cut = [sorted(min(at, len(text)) for at in span) for span in spans]
    marks = [Mark(start, end, 7) for start, end in cut if start < end]
    shown = marked(text, marks).plain
    plain = re.sub(r"⟦|⟧\(7\)", "", shown)
    assert plain == re.sub(r"⟦|⟧\(7\)", "", safe_str(text))
    assert shown.count("⟧(7)") - safe_str(text).count("⟧(7)") == len(marks)
