"""Vulgar words however they are spelt; no words that only look like them, no insults, no topics."""

from __future__ import annotations

import pytest

from social_archive.policy.criteria.obscene import Obscene
from social_archive.policy.speech.lexicon import lexicon
from tests.social_archive.policy.checking import Found, found

PLAIN = ["what the fuck", "this is bullshit", "fuuuuckkk", "MOTHERFUCKERS", "piss off", "an asshole", "es una mierda"]
IN_DISGUISE = [
    "sh1t",
    "$hit",
    "f*ck",
    "f**k",
    "f***ing",
    "s h i t",
    "f.u.c.k",
    "fu(k",
    "f@ck",
    "a$$hole",
    "c*nt",
    "5h1t",
]
BY_UNICODE = ["f\u200buck", "ｆｕｃｋ", "fu\u0441k", "𝒻𝓊𝒸𝓀", "fu\u0301ck", "shi\u00adt"]
LOOKS_LIKE_IT = [
    "Scunthorpe United", "first class", "the cockpit", "Dick Tracy and Moby-Dick", "Charles Dickens", "shiitake soup",
    "Camille Pissarro", "Alfred Hitchcock", "room T175", "Matsushita", "assassin", "Essex and Sussex", "can't wait",
    "blue tits and great tits at the feeder", "pussy willows are out", "books** (**while they last)", "cocktail hour",
    "the shift ends at 5", "Phuket", "a duck, a deck, a dock", "S. H. Ito", "Fuchs", "mishit the ball",
]  # fmt: skip
NOT_LOOKED_FOR = [
    "you idiots", "the director is a stupid clown", "damn, what a hell of a mess", "a book on sexuality",
    "breast cancer",
    "the penis mightier than the sword", "disgusting drag queens", "disgusting preachers", "",
]  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_a_vulgar_word_is_shown(text: str) -> None:
    assert {hit.rule for hit in found("obscene", text)} == {"obscene.word"}


@pytest.mark.parametrize("text", IN_DISGUISE)
def test_a_disguised_word_is_shown_whole_and_as_less_sure(text: str) -> None:
    assert found("obscene", f"oh {text} again") == [Found("obscene.disguised-word", text, "moderate")]


@pytest.mark.parametrize("text", BY_UNICODE)
def test_other_characters_hide_nothing(text: str) -> None:
    assert [hit.quote for hit in found("obscene", f"oh {text}!")] == [text]


@pytest.mark.parametrize("text", LOOKS_LIKE_IT + NOT_LOOKED_FOR)
def test_what_is_no_vulgar_word_is_left_alone(text: str) -> None:
    assert not found("obscene", text)


def test_each_word_is_shown_where_it_stands() -> None:
    assert [hit.quote for hit in found("obscene", "fuck fuck, shit")] == ["fuck", "fuck", "shit"]


def test_a_word_with_a_harmless_meaning_is_weak() -> None:
    assert [hit.strength for hit in found("obscene", "pussy")] == ["weak"]


def test_an_explicit_phrase_is_shown_where_its_words_alone_would_not_be() -> None:
    assert found("obscene", "you can lick my big balls") == [
        Found("obscene.explicit-phrase", "lick my big balls", "moderate")
    ]
    assert not found("obscene", "the dogs lick their big bowls")


def test_the_note_says_that_profanity_is_not_obscenity() -> None:
    assert "Profanity is not obscenity" in Obscene.note
    assert "Miller" in Obscene.note


@pytest.mark.parametrize("word", lexicon("obscene").words, ids=lambda word: word.stem)
def test_every_word_of_the_lexicon_is_found_as_it_is_listed(word) -> None:  # type: ignore[no-untyped-def]
    spelt = [word.stem] if word.bare else []
    spelt += [word.stem + ending for ending in word.endings] + [
        before + word.stem + "".join(word.endings[:1]) for before in word.before
    ]
    for text in spelt:
        assert [hit.quote for hit in found("obscene", f"oh {text} oh")] == [text]
