"""Patterns made of words: what they take for the word, and what they leave."""

from __future__ import annotations

import re2
from hypothesis import given
from hypothesis import strategies as st

from social_archive.policy.speech.lexicon import Word, lexicon, word_lists

BREAD = Word(stem="bread", kind="sexual", endings=["s", "ed"], before=["corn"], disguised=True)


def matches(pattern: str, text: str) -> bool:
    return re2.fullmatch(f"(?i)(?:{pattern})", text) is not None


def test_letters_may_be_repeated_and_a_double_one_stays_double() -> None:
    assert matches(BREAD.plain, "cornbreeeads")
    assert not matches(BREAD.plain, "bred")
    assert not matches(Word(stem="moon", kind="sexual").plain, "mon")


@given(st.lists(st.sampled_from("*#@%&_"), min_size=1, max_size=3), st.integers(1, 3))
def test_masked_inner_letters_are_found_and_edges_are_needed(masks: list[str], first: int) -> None:
    last = min(first + len(masks), 4)
    masked = "bread"[:first] + "".join(masks)[: last - first] + "bread"[last:]
    assert matches(BREAD.in_disguise, masked)
    assert not matches(BREAD.in_disguise, "x" + masked[1:])


@given(st.sampled_from([" ", ".", "-", "_", " - "]))
def test_spaced_letters_are_found(gap: str) -> None:
    assert matches(BREAD.in_disguise, gap.join("bread"))


def test_every_lexicon_has_words_that_stand_there_once() -> None:
    stems = [word.stem for word in lexicon("obscene").words]
    assert len(stems) == len(set(stems))
    for name in ("violence", "regulated"):
        assert all(word_lists(name).lists.values())
