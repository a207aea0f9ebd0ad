"""The sentence around a match, and how it is meant."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from social_archive.policy.speech.sentences import is_story, sentence_around


def around(text: str, word: str) -> str:
    start = text.index(word)
    return sentence_around(text, start, start + len(word)).text.strip()


def test_it_begins_after_the_one_before_and_ends_at_its_stop() -> None:
    assert around("First one. Here it is, isn't it? Last.", "here".capitalize()) == "Here it is, isn't it"
    assert around("one line\nsecond it is\nthird", "it") == "second it is"
    assert around("costs 3.50 for it", "for") == "costs 3.50 for it"


def test_how_it_is_meant() -> None:
    text = "Did it fall? If so, it fell. It never fell. Reportedly it fell!"
    assert sentence_around(text, 4, 6).is_question
    assert sentence_around(text, text.index("so"), text.index("so") + 2).is_supposed
    assert sentence_around(text, text.rindex("it"), text.rindex("it") + 2).is_reported
    never = text.index("fell. Rep")
    assert sentence_around(text, never, never + 4).denies_before(never)
    assert is_story("in the novel, it fell", 17, 21)


@given(st.text(), st.integers(0, 50), st.integers(0, 50))
def test_it_always_holds_what_it_is_around(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    end = min(start + length, len(text))
    sentence = sentence_around(text, start, end)
    assert sentence.start <= start
    assert end <= sentence.end
    assert text[sentence.start : sentence.end] == sentence.text
