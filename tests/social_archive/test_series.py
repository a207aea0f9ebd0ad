"""The cohort of a record: its series, the month in which its clock starts, and the day before which it must stay."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_archive.config import Retention, RetentionItem, RetentionRule
from social_archive.record import Observation, micros
from social_archive.series import Schedule, end_of_retention

CHICAGO = ZoneInfo("America/Chicago")


@pytest.fixture
def schedule() -> Schedule:
    retention = Retention(
        version="1", effective=date(2026, 1, 1),
        items=[
            RetentionItem(id="10", series="social-media", title="Posts and comments", citation="invented", years=2),
            RetentionItem(id="11", series="profiles", title="Profiles", citation="invented", permanent=True),
        ],
        rules=[RetentionRule(item="11", kind="profile"), RetentionRule(item="10")],
    )  # fmt: skip
    return Schedule(retention, "America/Chicago")


def seen(kind: str, created: datetime | None) -> Observation:
    return Observation(
        kind=kind, native_id="1", native=b"{}", platform="mastodon", account="larkspur",  # type: ignore[arg-type]
        created_at=micros(created) if created else None, observed_at=micros(datetime(2026, 7, 4, tzinfo=UTC)),
    )  # fmt: skip


def test_the_month_is_the_agencys_own_not_utcs(schedule: Schedule) -> None:
    new_years_eve = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)  # still December in Chicago
    assert schedule.cohort_of(seen("post", new_years_eve)).cutoff == "2025-12"


def test_two_versions_of_one_thing_share_a_cohort(schedule: Schedule) -> None:
    first = seen("comment", datetime(2026, 3, 5, tzinfo=UTC))
    edited = seen("comment", datetime(2026, 3, 5, tzinfo=UTC))
    edited.edited_at, edited.observed_at = (
        micros(datetime(2026, 9, 1, tzinfo=UTC)),
        micros(datetime(2026, 9, 2, tzinfo=UTC)),
    )
    assert schedule.cohort_of(first) == schedule.cohort_of(edited)


def test_a_profile_counts_from_when_it_was_seen_and_a_permanent_series_has_no_end(schedule: Schedule) -> None:
    cohort = schedule.cohort_of(seen("profile", datetime(2012, 5, 5, tzinfo=UTC)))
    assert (cohort.series, cohort.cutoff, cohort.retain_until) == ("profiles", "2026-07", None)


def test_a_record_without_a_date_counts_from_when_it_was_seen(schedule: Schedule) -> None:
    assert schedule.cohort_of(seen("comment", None)).cutoff == "2026-07"


def test_the_folder_of_a_cohort_is_hive_partitioned(schedule: Schedule) -> None:
    cohort = schedule.cohort_of(seen("post", datetime(2026, 3, 5, tzinfo=UTC)))
    assert cohort.prefix("records", "mastodon", "larkspur") == (
        "records/series=social-media/cutoff=2026-03/platform=mastodon/account=larkspur/"
    )


@pytest.mark.parametrize(
    ("cutoff", "years", "first_free_instant"),
    [
        ("2024-02", 1, datetime(2025, 3, 1, 6, tzinfo=UTC)),  # leap February: never the 28th
        ("2025-12", 2, datetime(2028, 1, 1, 6, tzinfo=UTC)),
        ("2026-03", 7, datetime(2033, 4, 1, 5, tzinfo=UTC)),  # daylight saving time
        ("2026-01", 0, datetime(2026, 2, 1, 6, tzinfo=UTC)),
    ],
)
def test_retention_ends_with_full_calendar_years_after_the_cut_off_month(
    cutoff: str, years: int, first_free_instant: datetime
) -> None:
    assert end_of_retention(cutoff, years, CHICAGO) == micros(first_free_instant)


@given(created=st.datetimes(datetime(2004, 1, 1), datetime(2040, 1, 1)), years=st.integers(0, 30))
def test_retention_is_never_early(created: datetime, years: int) -> None:
    """Whenever in its month a record was made, that many full years have passed when it may go."""
    local = created.replace(tzinfo=CHICAGO)
    end = datetime.fromtimestamp(end_of_retention(f"{local:%Y-%m}", years, CHICAGO) / 1e6, CHICAGO)
    assert (end.year - local.year, end.month, end.day) > (years, local.month, local.day) or end.month == 1
    assert end > local
