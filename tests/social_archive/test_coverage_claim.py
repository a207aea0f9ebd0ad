"""The sentences: nothing is claimed that was not seen, and what was not seen is named."""

from __future__ import annotations

import pytest

from social_archive.coverage_claim import claim, in_words, span
from tests.social_archive.statements import statement

FIRST = "2026-03-02T11:00:00Z"


def cannot(**other: object) -> str:
    return " ".join(statement(**other)["claim"]["cannot"])


def test_it_claims_what_the_api_showed_between_the_first_and_the_last_complete_look() -> None:
    can = statement()["claim"]["can"]
    assert can[0] == (
        "Complete as far as the platform's API showed it between 2026-03-02 05:00 CST and 2026-11-16 05:00 CST: "
        "250 looks reached their end, at most 10 days apart."
    )
    assert "read as it still stood then" in can[1]
    assert "first 4,711 leaves are signed" in can[2]


def test_it_names_gaps_threads_and_quarantine() -> None:
    told = cannot()
    assert "1 span in which the login had expired; 1 span in which the platform asked us to wait" in told
    assert "Not whole: 1 thread, because the platform shows only so much of a long thread." in told
    assert "edited or deleted before 2026-03-02 05:00 CST is not known" in told
    assert "Nothing is claimed for the time after 2026-11-16 05:00 CST." in told
    assert "2 items in quarantine" in told


def test_without_a_complete_look_nothing_is_claimed() -> None:
    looks = {**statement()["looks"], "first_complete": None, "last_complete": None, "outcomes": {"paused": 3}}
    can = claim(statement(looks=looks), first_look=None)["can"]
    assert can[0] == "In this period no look reached its end, so no completeness is claimed."


def test_a_single_look_is_no_span() -> None:
    looks = {**statement()["looks"], "last_complete": FIRST}
    assert "on 2026-03-02 05:00 CST: one look reached the end." in statement(looks=looks)["claim"]["can"][0]


def test_what_is_always_unknown_is_always_said() -> None:
    assert cannot(gaps=[], quarantine={"open": 0}).startswith("What came and went between two looks was never seen")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "no time"), (0, "no time"), (20, "20 seconds"), (86_400, "1 day"), (90_061, "1 day 1 hour"),
     (864_000, "10 days")],
)  # fmt: skip
def test_lengths_of_time_as_people_say_them(seconds: int | None, words: str) -> None:
    assert span(seconds) == words


def test_a_reason_without_words_is_named_by_its_code() -> None:
    assert in_words("made_up_limit") == "made up limit"
