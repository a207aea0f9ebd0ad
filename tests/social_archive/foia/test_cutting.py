"""A cut leaves nothing of what was cut, all of the rest, and a token that tells no length."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from social_archive.foia.cutting import cut, whole
from social_archive.foia.dispositions import Term, token
from social_archive.foia.matching import Matcher

NONE = Matcher([])
NAME = Matcher([Term("Zelda Quillfeather", "7(1)(c)", "a1"), Term("Ann", "7(1)(c)", "a2")])

pieces = st.lists(
    st.one_of(
        st.text(max_size=12),
        st.sampled_from([
            "Zelda Quillfeather", "ＡＮＮ", "Ann", "ann\u0301", "👩\u200d👧", "🇺🇸🇨🇦", "e\u0301\u0323",
            "\u1112\u1161\u11ab", "[REDACTED 7(1)(c)]", "%41nn", "&#65;nn", "\r\n", "ZQ\u200b",
        ]),
    ),
    max_size=8,
).map(" ".join)  # fmt: skip


@st.composite
def texts_with_cuts(draw: st.DrawFn) -> tuple[str, list[tuple[int, int, str]]]:
    text = draw(pieces)
    places = st.integers(0, len(text))
    ends = draw(st.lists(st.tuples(places, places, st.sampled_from(["7(1)(b)", "7(1)(c)"])), max_size=5))
    return text, [(min(a, b), max(a, b), code) for a, b, code in ends]


@given(texts_with_cuts())
def test_nothing_that_was_cut_survives_and_all_else_does(case: tuple[str, list[tuple[int, int, str]]]) -> None:
    text, spans = case
    done = cut(text, spans, NAME)
    gone = {i for start, end in done.spans for i in range(start, end)}
    assert {i for start, end, _ in spans for i in range(start, end)} <= gone
    rest = done.text
    kept, at = [], 0
    for start, end in done.spans:  # kept text, token, kept text, ...
        kept.append(text[at:start])
        assert rest.startswith(text[at:start])
        rest = rest[start - at :]
        stood = next(t for t in _TOKENS if rest.startswith(t))
        rest, at = rest[len(stood) :], end
    assert rest == text[at:]
    if "[REDACTED" not in text:  # a token that somebody typed stays, and may part what would else be found
        assert all(NAME.touches(piece) is None for piece in (*kept, rest))


_TOKENS = (token("7(1)(b), 7(1)(c)"), token("7(1)(b)"), token("7(1)(c)"))


@given(texts_with_cuts())
def test_cutting_twice_is_cutting_once(case: tuple[str, list[tuple[int, int, str]]]) -> None:
    text, spans = case
    once = cut(text, spans, NAME).text
    assert cut(once, [], NAME).text == once


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_the_token_says_nothing_of_what_was_there(one: str, other: str) -> None:
    ones, others = (cut(f"a {text} z", [(2, 2 + len(text), "7(1)(b)")], NONE) for text in (one, other))
    if not (_joins(one) or _joins(other)):
        assert ones.text == others.text == f"a {token('7(1)(b)')} z"


def _joins(text: str) -> bool:
    return text[-1] == "\u200d" or unicodedata.category(text[0])[0] == "M" or text[0] in "\u200c\u200d\u0e33\u0eb3" or (
        0x1F3FB <= ord(text[0]) <= 0x1F3FF or 0xE0020 <= ord(text[0]) <= 0xE007F
    )  # fmt: skip


def test_letters_are_never_halved() -> None:
    assert whole("e\u0301te\u0301", 1, 2) == (0, 2)
    assert whole("e\u0301te\u0301", 2, 4) == (2, 5)
    family = "👩\u200d👩\u200d👧"
    assert whole(f"a{family}b", 2, 4) == (1, 1 + len(family))
    assert whole("🇺🇸🇨🇦", 0, 1) == (0, 2)
    assert whole("🇺🇸🇨🇦", 2, 3) == (2, 4)
    assert whole("\u1112\u1161\u11ab", 0, 1) == (0, 3)


def test_cuts_that_touch_are_one_and_several_codes_are_all_named() -> None:
    assert cut("abcdef", [(0, 2, "b"), (2, 4, "b")], NONE).text == f"{token('b')}ef"
    done = cut("abcdef", [(0, 3, "c"), (2, 4, "b")], NONE)
    assert (done.text, done.codes) == (f"{token('b, c')}ef", ("b", "c"))


def test_what_a_cut_lays_bare_is_cut_too() -> None:
    """`annZelda…` is no Ann; with the name gone it would read as one."""
    assert cut("annZelda Quillfeather", [], NAME).text == token("7(1)(c)")
    assert cut("it is [REDACTED Zelda Quillfeather]", [], NAME).text == f"it is [REDACTED {token('7(1)(c)')}]"
