"""What time it is: by this host's clock only as long as somebody else's confirms it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from social_archive.accession import Batch, commit
from social_archive.harvest.walked import Walked
from social_archive.record import micros
from social_archive.retention.clock import ClockNotTrusted, trusted
from tests.social_archive.retention import scenes

pytestmark = pytest.mark.slow


@pytest.fixture
def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def archive(tmp_path, buckets):
    return scenes.library(tmp_path, buckets.bucket)


def heard(archive, told: datetime, at: datetime) -> None:
    """A comment that was read at `at` by our clock, from a platform whose answer said `told`."""
    seen = scenes.comment(len(archive.catalog.totals()), "invented", at=datetime.now(UTC) - timedelta(days=2))
    seen.observed_at, seen.http_date = micros(at), format_datetime(told, usegmt=True)
    scenes.take_in(archive, [seen])


def looked(archive, told: datetime, at: datetime) -> None:
    """A quiet look: nothing was new, but a platform answered."""
    walked = Walked(
        harvest_id="quiet", platform="mastodon", account="larkspur", adapter="scripted.1", started=micros(at),
        ended=micros(at), full=False, date_told=micros(told), date_heard=micros(at),
    )  # fmt: skip
    commit(archive, Batch(*scenes.MASTODON, "quiet", [], walked=walked.to_dict()))


def test_nobody_ever_told_the_time(archive):
    with pytest.raises(ClockNotTrusted, match="has ever told this archive the time"):
        trusted(archive).require()


def test_a_platform_that_was_read_today_confirms_the_clock(archive, now):
    heard(archive, now, now + timedelta(seconds=40))

    assert trusted(archive, now + timedelta(minutes=1)).require() == now + timedelta(minutes=1)


def test_a_harvest_with_a_wrong_clock_is_found_by_the_platforms_date(archive, now):
    heard(archive, now - timedelta(days=8 * 365), now)

    with pytest.raises(ClockNotTrusted, match="differ by 8 years"):
        trusted(archive, now).require()


def test_quiet_looks_keep_the_clock_confirmed_and_silence_does_not(archive, now):
    heard(archive, now - timedelta(days=20), now - timedelta(days=20))
    with pytest.raises(ClockNotTrusted, match="Nobody but this host has told the time for 20 days"):
        trusted(archive, now).require()

    looked(archive, now - timedelta(hours=3), now - timedelta(hours=3))

    assert trusted(archive, now).problems == []


def test_a_clock_behind_the_ledger_is_not_trusted(archive, now):
    heard(archive, now, now)

    with pytest.raises(ClockNotTrusted, match="behind the ledger"):
        trusted(archive, now - timedelta(days=1)).require()
