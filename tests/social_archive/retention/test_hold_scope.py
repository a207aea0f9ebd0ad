"""What may be asked of a hold, and which folders it can reach. No store is needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_archive.record import KINDS, micros
from social_archive.retention.hold_scope import HoldError, Scope

CHICAGO = ZoneInfo("America/Chicago")


@dataclass(frozen=True)
class Lying:
    cutoff: str
    platform: str = "mastodon"
    account: str = "larkspur"
    series: str = "social-media"
    cls: str = "records"


def at(year: int, month: int, day: int = 1) -> int:
    return micros(datetime(year, month, day, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        (Scope(), "no scope"),
        (Scope(threads=True), "no scope"),
        (Scope(everything=True, account="larkspur"), "no other scope"),
        (Scope(everything=True, threads=True), "no other scope"),
        (Scope(text="\u200b"), "nothing to look for"),
        (Scope(text="  "), "nothing to look for"),
        (Scope(author="@"), "author"),
        (Scope(since=at(2026, 4), until=at(2026, 3)), "before it begins"),
        (Scope(kinds=("toot",)), "kind of record"),
        (Scope(ids=("c1",)), "no record can have"),
    ],
)
def test_a_scope_that_nobody_can_have_meant_is_refused(scope: Scope, said: str) -> None:
    with pytest.raises(HoldError, match=said):
        scope.check()


def test_everything_has_to_be_asked_for() -> None:
    Scope(everything=True).check()
    Scope(platform="mastodon").check()
    Scope(kinds=("comment",), threads=True).check()


scopes = st.builds(
    Scope,
    text=st.text(max_size=10), platform=st.none() | st.just("x"), account=st.none() | st.just("kids"),
    author=st.none() | st.text(min_size=1, max_size=5), kinds=st.lists(st.sampled_from(KINDS), max_size=2).map(tuple),
    ids=st.lists(st.just("ab" * 16), max_size=2).map(tuple), since=st.none() | st.integers(1, 1 << 50),
    until=st.none() | st.integers(1, 1 << 50), threads=st.booleans(), everything=st.booleans(),
)  # fmt: skip


@given(scopes)
def test_a_scope_comes_back_from_its_object_as_it_was(scope: Scope) -> None:
    assert Scope.from_dict(scope.to_dict()) == scope


def test_a_selector_of_a_later_version_is_never_ignored() -> None:
    with pytest.raises(HoldError, match="nothing may be disposed of"):
        Scope.from_dict({"account": "larkspur", "moon_phase": "full"})


def test_what_it_is_about_is_not_printed_by_accident() -> None:
    scope = Scope(text="Zephyrine", author="quillfeather", ids=("ab" * 16,))
    assert not {"Zephyrine", "quillfeather", "ab" * 16} & set(repr(scope).replace("'", " ").split())
    assert "Zephyrine" not in repr(scope)


def test_a_month_is_reached_if_something_made_in_it_can_be_meant() -> None:
    march = Scope(since=at(2026, 3, 10), until=at(2026, 3, 20))
    monthly = {cutoff: march.spans(Lying(cutoff), CHICAGO, months=1) for cutoff in ("2026-02", "2026-03", "2026-04")}
    assert monthly == {"2026-02": False, "2026-03": True, "2026-04": False}
    assert march.spans(Lying("2026-12"), CHICAGO, months=12)
    assert not march.spans(Lying("2027-12"), CHICAGO, months=12)


def test_where_the_clock_did_not_start_with_the_posting_only_the_earlier_end_is_sure() -> None:
    march = Scope(since=at(2026, 3, 10), until=at(2026, 3, 20))
    assert march.spans(Lying("2031-07"), CHICAGO)
    assert not march.spans(Lying("2026-02"), CHICAGO)
    assert all(march.spans(Lying(cutoff), CHICAGO) for cutoff in ("open", "undated"))


@given(made=st.datetimes(datetime(2015, 1, 1), datetime(2035, 1, 1)), months=st.sampled_from([1, 12]))
def test_no_folder_of_a_record_in_the_span_is_ever_left_out(made: datetime, months: int) -> None:
    """The record's folder is its month, or the end of its year, on the agency's calendar."""
    local = made.replace(tzinfo=CHICAGO)
    cutoff = f"{local:%Y-%m}" if months == 1 else f"{local:%Y}-12"
    moment = micros(local)
    for scope in (Scope(since=moment), Scope(until=moment + 1), Scope(since=moment, until=moment + 1)):
        assert scope.spans(Lying(cutoff), CHICAGO, months=months)
        assert scope.spans(Lying(cutoff), CHICAGO)


def test_another_account_is_not_reached() -> None:
    assert Scope(account="larkspur").reaches(Lying("2026-03"))
    assert not Scope(account="kids").reaches(Lying("2026-03"))
    assert not Scope(platform="bluesky").reaches(Lying("2026-03"))
