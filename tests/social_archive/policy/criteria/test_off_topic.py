"""Word overlap is a weak number that is off unless an agency turns it on, and never about which words."""

from __future__ import annotations

import pytest

from social_archive.policy.criteria import registry
from tests.social_archive.policy.checking import found, found_in

POST = "Story time starts on Tuesday with songs, crafts and a puppet show for small children."
APART = "Traffic lights near Elm Avenue stay broken since October, drivers ignore signals downtown."
ABOUT = "Traffic near the puppet show was awful, drivers ignored every signal downtown since October."


def test_it_is_off_by_default_and_every_finding_is_weak() -> None:
    cls = registry()["off-topic"]
    assert cls.on is False
    assert {rule.strength for rule in cls.rules} == {"weak"}


def test_a_comment_that_shares_no_word_with_the_post_is_shown() -> None:
    assert [hit.rule for hit in found("off-topic", APART, thread=POST)] == ["off-topic.overlap"]


@pytest.mark.parametrize("text", [ABOUT, "First!", "😀😀😀", "", "Why is the light at Elm broken?"])
def test_a_shared_word_or_a_short_comment_is_enough_to_be_left_alone(text: str) -> None:
    assert not found("off-topic", text, thread=POST)


def test_the_share_can_be_set_and_a_short_post_decides_nothing() -> None:
    assert found("off-topic", ABOUT, thread=POST, settings={"share": 0.5})
    assert not found("off-topic", APART, thread="Hooray!")
    assert not found("off-topic", APART)


def test_each_comment_is_compared_with_its_own_post() -> None:
    hits = found_in("off-topic", [APART, APART, APART], thread=[POST, f"{APART} Again.", None])
    assert [len(row) for row in hits] == [1, 0, 0]


def test_other_scripts_and_look_alikes_are_compared_as_words() -> None:
    russian = "Завтра утром библиотека открывает новую выставку детских рисунков города"
    assert not found("off-topic", russian, thread=f"{russian} сегодня вечером вместе")
    assert not found("off-topic", ABOUT.replace("puppet", "pupp\u0435t"), thread=POST)


def test_whichever_words_they_are_the_number_is_the_same() -> None:
    praise, blame = APART.replace("broken", "brilliant"), APART.replace("broken", "terrible")
    assert found("off-topic", praise, thread=POST)[0].rule == found("off-topic", blame, thread=POST)[0].rule


def test_the_same_text_in_many_threads_is_shown_with_its_number() -> None:
    assert [hit.rule for hit in found("off-topic", "Listen to us!", copies=3)] == ["off-topic.copies"]
    assert not found("off-topic", "Listen to us!", copies=2)


@pytest.mark.slow
def test_a_megabyte_is_read_in_no_time() -> None:
    assert found("off-topic", "abcd" + "".join(f" word{i}x" for i in range(110_000)), thread=POST)
