"""A name and an accusation told as a fact; opinion, question, supposition and idiom are none. All names are "
"invented."""

from __future__ import annotations

import pytest

from tests.social_archive.policy.checking import Found, found

NAMES = ["John Smith", "Wei Zhang", "Fatima Al-Sayed", "José García-López", "DeShawn O'Neal", "Łukasz Øster",
"Иван Петров",
         "Mayor Lee", "patron Ann Lee", "Dr. Rao", "Ann van der Berg", "@ann.lee", "Westmont Book Shop",
         "J. R. Ames Jr"]  # fmt: skip
ACCUSATIONS = [
    "stole money from the till", "takes bribes", "embezzled $4,000", "is a pedophile",
    "has been stealing from the library",
    "sexually assaulted a page", "falsified the minutes", "committed tax fraud", "was fired for stealing",
    "rigged the bids",
    "is a convicted rapist", "sells drugs to kids", "lied under oath", "drinks on the job",
]  # fmt: skip
NO_ACCUSATION = [
    "John Smith is terrible and should resign", "Ann Lee is a liar and an idiot", "I don't trust Mayor Lee",
    "Mayor Lee is corrupt",
    "Did John Smith steal the money?", "If John Smith stole the money he should go",
    "I wonder whether Ann Lee took bribes",
    "John Smith never stole anything", "It is not true that John Smith stole money", "Ann Lee stole the show",
    "Ann Lee stole my heart",
    "The board stole the show", "somebody stole my bike", "He stole the money", "Yesterday John stole the money",
    "The Thief of Baghdad", "Steal This Book by Abbie Roe", "They Stole Our Hours", "", "😀 @ 😀",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_whose_name_it_is_makes_no_difference(name: str) -> None:
    hits = found("defamatory", f"Sad to say it, {name} embezzled the donations.")
    assert [(hit.rule, hit.strength) for hit in hits] == [("defamatory.accused", "moderate")]
    assert hits[0].quote.endswith("embezzled the")


@pytest.mark.parametrize("accusation", ACCUSATIONS)
def test_an_accusation_told_as_a_fact_is_shown(accusation: str) -> None:
    hits = found("defamatory", f"Ann Lee {accusation}.")
    assert [(hit.rule, hit.strength) for hit in hits] == [("defamatory.accused", "moderate")]


@pytest.mark.parametrize("text", NO_ACCUSATION)
def test_opinions_questions_suppositions_and_idioms_are_left_alone(text: str) -> None:
    assert not found("defamatory", text)


def test_words_that_only_begin_a_sentence_are_no_part_of_the_name() -> None:
    assert found("defamatory", "Yesterday Ann Lee stole the cash box.") == [
        Found("defamatory.accused", "Ann Lee stole the", "moderate")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "According to the news, Tom Poe was arrested for theft",
        "In the novel, Tom Poe murdered a banker",
        "Tom Poe allegedly stole our money",
    ],
)
def test_what_is_reported_or_told_of_a_story_is_weak(text: str) -> None:
    assert [hit.strength for hit in found("defamatory", text)] == ["weak"]


def test_a_pronoun_is_weak_and_only_counts_after_a_name() -> None:
    assert found("defamatory", "Ann Lee runs the desk. She has been stealing from the till.") == [
        Found("defamatory.accused-by-pronoun", "She has been stealing from", "weak")
    ]


def test_the_passive_names_its_person_too() -> None:
    assert [hit.quote for hit in found("defamatory", "The cash was stolen by Ann Lee")] == ["stolen by Ann Lee"]
