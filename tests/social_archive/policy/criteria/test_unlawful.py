"""Threats, doxxing and offers of regulated goods; figures of speech and topics are none. All names are invented."""

from __future__ import annotations

import pytest

from tests.social_archive.policy.checking import Found, found

THREATS = [
    "I will kill you", "I'm gonna shoot up the library", "we're going to burn down your house",
    "I will kill the director",
    "I'll stab him tomorrow", "I WILL KILL YOU ALL", "I'm going to set the library on fire", "we will bomb the school",
    "imma shoot every one of you", "I will kill Mayor Lee", "I'll put a bullet in him",
    "I am going to murder those people",
    "I will beat the shit out of you", "I w\u0456ll kill you",
]  # fmt: skip
GROUPS = [
    "Democrats",
    "Republicans",
    "Christians",
    "Muslims",
    "Lutherans",
    "Hindus",
    "cops",
    "teachers",
    "librarians",
    "strikers",
]
FIGURES = [
    "you are killing it!", "this book kills me", "that cake is bomb dot com", "shoot me an e-mail",
    "I'll shoot you an e-mail",
    "I'm going to kill two birds with one stone", "I will kill the lights", "we will kill the referendum",
    "we will kill the bill",
    "we will blow up the balloons", "I could kill for a coffee", "I want to kill you with kindness",
    "I will shoot the wedding",
    "I will hang the pictures", "we'll beat you at chess", "I'm going to kill these weeds",
    "I'll kill time at the library",
    "the movie bombed", "this quiz killed me", "I'm dying laughing", "I will kill myself laughing",
    "bath bombs for teens, and a yarn bomb in the library",
    "photo bomb in the library!", "", "🔫",
]  # fmt: skip
BOMBS = ["There is a bomb in the library", "I planted a bomb", "pipe bomb in the building", "school shooting tomorrow"]
MENACES = ["someone should shoot the director", "they should all be shot", "you better watch your back",
"he is a dead man",
           "somebody needs to burn down that place"]  # fmt: skip
OFFERS = ["Selling weed, dm me @plug $20", "fake IDs for sale, telegram t.me/xx",
"Glock 19 for sale, $400, text 630-555-0142",
          "got xanax in stock, hmu on snap", "looking to buy percs, dm me"]  # fmt: skip
NO_OFFERS = ["Stop selling guns near schools, call your senator", "We sell weed killer, $5",
"Talk on the fentanyl crisis, call 630-555-0142",
             "Glue guns for sale, $5", "a book about cocaine, $12", "Nerf guns on sale, $10",
             "Sell me on this book"]  # fmt: skip


@pytest.mark.parametrize("text", THREATS)
def test_a_threat_in_the_first_person_is_shown(text: str) -> None:
    hits = found("unlawful", text)
    assert {hit.rule for hit in hits} == {"unlawful.threat"}
    assert hits[0].strength in ("strong", "moderate")


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("said", [str, str.upper], ids=["as written", "in capitals"])
def test_no_group_has_to_be_on_a_list(group: str, said) -> None:  # type: ignore[no-untyped-def]
    assert [hit.strength for hit in found("unlawful", said(f"we will kill all the {group}"))] == ["strong"]


@pytest.mark.parametrize("text", FIGURES)
def test_figures_of_speech_are_left_alone(text: str) -> None:
    assert not found("unlawful", text)


@pytest.mark.parametrize("text", BOMBS)
def test_an_explosive_or_a_shooting_that_is_announced_is_shown(text: str) -> None:
    assert [hit.rule for hit in found("unlawful", text)] == ["unlawful.bomb"]


@pytest.mark.parametrize("text", MENACES)
def test_violence_that_should_befall_somebody_is_less_sure(text: str) -> None:
    assert [(hit.rule, hit.strength) for hit in found("unlawful", text)] == [("unlawful.menace", "moderate")]


def test_the_plot_of_a_book_is_weak() -> None:
    assert [hit.strength for hit in found("unlawful", 'In chapter 3 he says "I will kill you"')] == ["weak"]


@pytest.mark.parametrize(
    "text", ["I know where you live", "we know where your kids go to school", "let's all go to her house"]
)
def test_knowing_where_somebody_lives_is_shown(text: str) -> None:
    assert [hit.rule for hit in found("unlawful", text)] == ["unlawful.whereabouts"]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Ann Lee lives at 412 Oak Street", "Ann Lee lives at 412 Oak Street"),
        ("her address is 412 N Oak St, have fun", "her address is 412 N Oak St"),
        ("here is his cell 630-555-0142", "here is his cell 630-555-0142"),
    ],
)
def test_an_address_or_number_with_whose_it_is_is_shown(text: str, quote: str) -> None:
    assert found("unlawful", text) == [Found("unlawful.home-address", quote, "strong")]


@pytest.mark.parametrize(
    "text",
    [
        "The library is at 428 N Cass Ave",
        "I live at 412 Oak Street",
        "do you know where you live?",
        "Call 630-555-0142",
    ],
)
def test_an_address_that_is_nobody_elses_home_is_left_alone(text: str) -> None:
    assert not found("unlawful", text)


@pytest.mark.parametrize("text", OFFERS)
def test_an_offer_of_regulated_goods_is_shown(text: str) -> None:
    assert {hit.rule for hit in found("unlawful", text)} == {"unlawful.regulated-goods"}


@pytest.mark.parametrize("text", NO_OFFERS)
def test_a_topic_or_another_thing_of_the_same_name_is_no_offer(text: str) -> None:
    assert not found("unlawful", text)


def test_harmless_figures_in_front_do_not_hide_a_threat() -> None:
    assert [hit.quote for hit in found("unlawful", "I will kill time. " * 50 + "I will kill you")] == [
        "I will kill you"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "keep deleting my posts and see what happens to your windows",
        "whoever wrote this budget better watch the parking lot tonight",
        "Somebody should BURN that wall and the people who paid for it",
        "Some of these books should be BURNED and so should whoever orders them",
    ],
)
def test_a_hint_is_shown_and_is_weak_whatever_it_says(text: str) -> None:
    assert [(hit.rule, hit.strength) for hit in found("unlawful", text)] == [("unlawful.veiled", "weak")]


@pytest.mark.parametrize(
    "text",
    ["Press the red button and see what happens.", "Better watch the weather tonight", "burn the candle at both ends",
     "Do you know which bus the director takes?"],
)  # fmt: skip
def test_ways_of_speaking_are_no_more_than_weak(text: str) -> None:
    assert {hit.strength for hit in found("unlawful", text)} <= {"weak"}


def test_knowing_somebodys_car_is_whereabouts() -> None:
    assert [hit.rule for hit in found("unlawful", "i know which car the director drives")] == ["unlawful.whereabouts"]
