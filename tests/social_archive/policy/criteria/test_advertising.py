"""Trade is pointed at; a library's own money matters, praise with links and opinions are not."""

from __future__ import annotations

import pytest

from tests.social_archive.policy.checking import found, found_in

SELLS = {
    "advertising.price-offer": [
        "Selling my bike, $50 obo",
        "Hand-made lamps for sale, 40 dollars",
        "20% off everything in my store",
        "Ｓｅｌｌｉｎｇ two lamps, ＄４０",  # full-width letters and digits
        "s\u200belling two lamps 💡 $40",
    ],
    "advertising.contact-to-order": [
        "DM me to order",
        "Text me for a free quote",
        "WhatsApp +1 630 555 0129",
        "Earn $500 a week, message me for details",
        "order by dm",
    ],
    "advertising.phone-and-price": ["Gutters, from $80. 555-0142", "15% less this week, (630) 555-0117"],
    "advertising.short-link": ["see https://bit.ly/3invented", "TINYURL.COM/abc"],
    "advertising.affiliate-link": [
        "the best lamp: https://shop.example/lamp?tag=lamps-20",
        "https://shop.example/?x=1&aff_id=77",
        "amzn.to/3invented",
    ],
    "advertising.model": [
        "Family owned roofing company, licensed and insured, call 555-0142 for your appointment",
        "Join our channel for daily crypto signals 👉 https://coins.example",
    ],
}
ORDINARY = [
    "Is the book sale still $5 a bag?",
    "How much does a card cost if I live out of town?",
    "Got six books for $4 at the book sale, best day of the year.",
    "The staff are wonderful. https://catalog.library.example/b1042 is the book she found for me",
    "I think the levy is too high, it costs me $120 more a year",
    "DM me, I have your umbrella",
    "Call the desk at 555-0100, they renew it for you",
    "Is there a free trial of the language app?",
    "The shop across the road has closed",
    "https://notbit.ly.example/page and habit.lying",
    "Цена 500 рублей",
    "",
    "💸💸💸",
    "{words} {0} %s",
]


@pytest.mark.parametrize(("rule", "text"), [(rule, text) for rule, texts in SELLS.items() for text in texts])
def test_signs_of_trade_are_shown(rule: str, text: str) -> None:
    assert rule in {hit.rule for hit in found("advertising", text)}


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_talk_at_a_library_is_left_alone(text: str) -> None:
    assert not found("advertising", text)


def test_the_span_is_what_sells_and_nothing_around_it() -> None:
    hits = {
        hit.rule: hit.quote for hit in found("advertising", "Hello all! Selling my bike, $50. Nice evening to you.")
    }
    assert hits["advertising.price-offer"] == "Selling my bike, $50"


def test_a_question_about_a_price_and_money_owed_to_the_library_are_weak() -> None:
    assert [hit.strength for hit in found("advertising", "Are the old chairs for sale, say for $20?")] == ["weak"]
    assert [hit.strength for hit in found("advertising", "I was charged $12 for a lost book, 555-0100")] == ["weak"]


def test_a_link_that_is_only_attached_counts_and_one_that_is_also_written_counts_once() -> None:
    attached = found("advertising", "look at this", links=["https://l.platform.example/?u=https%3A%2F%2Fbit.ly%2Fx"])
    assert [hit.rule for hit in attached] == ["advertising.short-link"]
    both = found("advertising", "https://bit.ly/x", links=["https://bit.ly/x"])
    assert [hit.rule for hit in both] == ["advertising.short-link"]


def test_copies_count_only_with_a_sign_of_trade() -> None:
    texts = ["Our lamps: www.lamps.example", "The board should listen to us!", "Our lamps: www.lamps.example"]
    hits = found_in("advertising", texts, copies=[3, 9, 2])
    assert [[hit.rule for hit in row] for row in hits] == [["advertising.copies"], [], []]
    assert not found("advertising", texts[0], copies=3, settings={"copies": 4})


def test_the_threshold_of_the_model_can_be_set() -> None:
    text = "Check my marketplace listings"
    assert not found("advertising", text)
    assert found("advertising", text, settings={"score": 0.01})


@pytest.mark.slow
def test_a_megabyte_is_read_in_no_time_and_gives_few_hits() -> None:
    text = "selling $5 bit.ly/x call 555-0142 " * 30_000
    assert len(text) > 1_000_000
    assert 1 <= len(found("advertising", text)) < 40


@pytest.mark.parametrize("verdict", ["and why did it double?", "and it is worth every cent."])
def test_sums_of_a_budget_are_no_prices_whatever_is_thought_of_them(verdict: str) -> None:
    assert not found("advertising", f"Page 11: $48,000 for contractual services, {verdict}")
