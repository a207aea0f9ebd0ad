"""The advertising model can be read, adds up, and cannot see opinions."""

from __future__ import annotations

import json
import math
from importlib import resources

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_archive.errors import ConfigError
from social_archive.policy.criteria.advertising import LEARNED
from social_archive.policy.trade.linear import LinearModel, model, share, span, told
from social_archive.policy.trade.words import READ, called, trade_words

AD = "Handmade lamps, $20 each, order now: https://lamps.example"
OPINIONS = (
    "good", "great", "best", "wonderful", "kind", "honest", "love", "like", "thank", "beautiful", "bad", "awful",
    "worst", "terrible", "rude", "dishonest", "hate", "liar", "corrupt", "stupid", "disgrace", "cheap", "expensive",
    "fast", "slow", "fine", "special", "yes", "no", "for", "against", "left", "right", "support", "oppose",
    "democrat", "republican", "liberal", "conservative", "mayor", "trustee", "board", "director", "candidate",
    "party", "levy", "tax", "taxes", "raise", "cut", "fund", "defund", "referendum", "election", "vote", "police",
    "church", "muslim", "jewish", "christian", "black", "white", "gay", "trans", "immigrant", "man", "woman",
    "library", "westmont",
)  # fmt: skip


def column(*texts: str) -> pa.Array:
    return pa.array(texts, type=pa.large_string())


def test_the_score_is_the_sum_of_what_its_words_say() -> None:
    advertising = model("advertising")
    reading = advertising.read(column("nothing here", AD))
    said = reading.reasons(1, most=10_000)
    against = [part for part, row in zip(reading.parts, reading.rows, strict=True) if row == 1 and part <= 0]
    odds = advertising.intercept + sum(part.weight for part in said) + sum(against)
    assert reading.scores[1] == pytest.approx(1 / (1 + math.exp(-odds)))
    assert reading.scores[0] == 0


def test_the_reasons_are_named_the_strongest_first_and_stand_in_the_text() -> None:
    reasons = model("advertising").read(column(AD)).reasons(0)
    assert [part.weight for part in reasons] == sorted((part.weight for part in reasons), reverse=True)
    start, end = span(AD, reasons)
    assert AD[start:end].endswith("https://lamps.example")
    assert "(a link)" in told(reasons)


def test_no_opinion_side_person_or_topic_is_among_the_words_it_sees() -> None:
    assert not set(OPINIONS) & set(trade_words().words)


@given(st.lists(st.sampled_from(OPINIONS), max_size=6), st.lists(st.sampled_from(OPINIONS), max_size=6))
def test_swapping_opinions_changes_no_score_at_all(one: list[str], other: list[str]) -> None:
    scores = model("advertising").read(column(f"{' '.join(one)} {AD}!!!", f"{AD.upper()} {' '.join(other)}")).scores
    assert scores[0] == scores[1]


def test_many_words_of_trade_weigh_no_more_than_their_root_and_only_the_beginning_is_read() -> None:
    assert share(np.array([1, 4, 16])).tolist() == [1, 1, 0.5]
    long = "word " * (READ // 5) + AD
    assert model("advertising").read(column(long)).scores[0] == 0


def test_its_document_says_where_it_comes_from_and_its_version_is_the_rules() -> None:
    said = json.loads(resources.files("social_archive.policy").joinpath("models/advertising.json").read_text("utf-8"))
    assert said["licence"] == "Apache-2.0"
    assert said["training_data"]["texts"] > 1000
    assert said["version"] == LEARNED.version
    assert all(called(feature) and math.isfinite(weight) for feature, weight in said["weights"].items())


def test_a_model_of_other_words_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"policy\.training\.advertising"):
        LinearModel.of({"lexicon": 0, "version": 1, "weights": {}, "intercept": 0, "threshold": 1})


@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_texts_have_scores_between_0_and_1(texts: list[str]) -> None:
    scores = model("advertising").read(column(*texts)).scores
    assert len(scores) == len(texts)
    assert ((scores >= 0) & (scores <= 1)).all()
