"""The geometry of the picture: fractions of the period, on the body's own calendar."""

from __future__ import annotations

import pytest

from social_archive.documents.timeline import THINNEST, timeline
from tests.social_archive.statements import statement


def bands(**other: object) -> list[tuple[str, float, float]]:
    return [(b["what"], b["at"], b["at"] + b["width"]) for b in timeline(statement(**other))["bands"]]


def test_the_period_falls_into_what_was_read_later_what_was_watched_and_what_nobody_saw() -> None:
    later, watched, unseen = bands()[:3]
    assert (later[0], watched[0], unseen[0]) == ("later", "watched", "unseen")
    assert later[1] == 0.0
    assert later[2] == pytest.approx(watched[1], abs=1e-3)
    assert watched[2] == pytest.approx(unseen[1], abs=1e-3)
    assert unseen[2] == pytest.approx(1.0, abs=1e-3)


def test_gaps_lie_over_it_by_what_caused_them() -> None:
    assert [what for what, _, _ in bands()[3:]] == ["person", "throttled"]


def test_a_gap_of_a_second_is_wide_enough_to_be_seen_and_stays_inside() -> None:
    gap = {"reason": "unintelligible", "from": "2026-12-01T05:59:59Z", "to": None, "closed": False, "scope": "account",
           "rid": "00"}  # fmt: skip
    what, start, end = bands(gaps=[gap])[3]
    assert (what, end) == ("platform", pytest.approx(1.0))
    assert end - start == pytest.approx(THINNEST)


def test_without_a_complete_look_the_whole_period_is_unseen() -> None:
    looks = {**statement()["looks"], "first_complete": None, "last_complete": None}
    assert bands(looks=looks, gaps=[]) == [("unseen", 0.0, 1.0)]


def test_every_look_is_a_tick_and_one_that_saw_too_little_is_marked() -> None:
    ticks = timeline(statement())["ticks"]
    assert 240 < len(ticks) <= 260
    assert sum(not tick["complete"] for tick in ticks) >= 8


@pytest.mark.parametrize(
    ("start", "end", "first", "labels"),
    [
        ("2026-01-01T06:00:00Z", "2026-12-01T06:00:00Z", "Jan 2026", 11),
        ("2016-01-01T06:00:00Z", "2026-12-01T06:00:00Z", "2016", 11),
        ("2025-01-01T06:00:00Z", "2026-12-01T06:00:00Z", "Jan 2025", 8),
        ("2026-03-01T06:00:00Z", "2026-04-01T05:00:00Z", "02 Mar", 5),
        ("2026-11-24T06:00:00Z", "2026-11-25T06:00:00Z", "24 Nov 00:00", 4),
        ("2026-11-24T15:00:00Z", "2026-11-24T15:10:00Z", "09:00", 10),
    ],
)
def test_the_axis_is_readable_for_minutes_and_for_decades(start: str, end: str, first: str, labels: int) -> None:
    period = {"from": start, "to": end, "time_zone": "America/Chicago"}
    axis = [mark["label"] for mark in timeline(statement(period=period))["axis"] if mark["label"]]
    assert (axis[0], len(axis)) == (first, labels)


def test_the_picture_is_told_in_words() -> None:
    alt = timeline(statement())["alt"]
    assert "260 looks are marked" in alt
    assert "the login had expired: 2026-05-10T11:00:00Z to 2026-05-19T15:00:00Z" in alt
