"""A harvest in steps that is cut off between them: what was read but not taken in is read again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from social_archive.errors import Throttled
from social_archive.harvest import accession, pull, run, validate
from tests.agencies import ScriptedArchive
from tests.scripted import Item, Script

pytestmark = pytest.mark.slow

Library = Callable[[Script], ScriptedArchive]


@pytest.fixture
def script() -> Script:
    return Script(
        Item(id="p1", text="Summer reading starts today"),
        Item(id="c1", text="Lovely!", parent="p1", root="p1"),
        Item(id="p2", text="Closed on Monday"),
        Item(id="c2", text="Again?", parent="p2", root="p2"),
    )


def test_a_retry_reads_again_what_a_crash_kept_from_the_ledger(library: Library, script: Script) -> None:
    """The first attempt dies after it has read a thread; nothing of it was committed, so nothing may be skipped."""
    archive = library(script)
    began = datetime.now(UTC)
    script.fail_before["p2"] = MemoryError()  # no platform failure: the worker dies
    with pytest.raises(MemoryError):
        pull(archive, archive.account("larkspur"), resume_since=began)
    script.fail_before.clear()
    script.asked.clear()
    report = accession(archive, validate(archive, pull(archive, archive.account("larkspur"), resume_since=began)))
    assert script.asked == ["p1", "p2"]
    assert (report.posts, report.comments) == (2, 2)


def test_a_second_throttle_leaves_even_less_to_read(library: Library, script: Script) -> None:
    archive = library(script)
    account = archive.account("larkspur")
    began = datetime.now(UTC)
    for root in ("p1", "p2"):
        script.fail_before = {root: Throttled("Slow down.", regain_at=began + timedelta(minutes=5))}
        with pytest.raises(Throttled):
            pull(archive, account, resume_since=began)
    script.fail_before.clear()
    script.asked.clear()
    accession(archive, validate(archive, pull(archive, account, resume_since=began)))
    assert script.asked == ["p2"]
    assert archive.catalog.cursor("mastodon", "larkspur") is not None


def test_a_look_counts_as_complete_once_it_is_in_the_ledger(library: Library, script: Script) -> None:
    archive = library(script)
    validated = validate(archive, pull(archive, archive.account("larkspur")))
    assert archive.catalog.looked("mastodon", "larkspur", "") is None
    accession(archive, validated)
    assert archive.catalog.looked("mastodon", "larkspur", "") == validated.looked_at


def test_a_lost_piece_of_staging_keeps_the_cursor_where_it_was(library: Library, script: Script) -> None:
    archive = library(script)
    account = archive.account("larkspur")
    validated = validate(archive, pull(archive, account))
    validated.judged.insert(0, f"staging/{validated.harvest_id}/judged-swept.msgpack")
    accession(archive, validated)
    assert archive.catalog.cursor("mastodon", "larkspur") is None
    assert archive.catalog.looked("mastodon", "larkspur", "") is None
    assert run(archive, account).wrote == 0
    assert archive.catalog.cursor("mastodon", "larkspur") is not None


def test_what_the_platform_holds_back_of_the_whole_account_is_a_gap_until_it_shows_it(
    library: Library, script: Script
) -> None:
    archive = library(script)
    account = archive.account("larkspur")
    script.shortfall["posts"] = "posts_withheld"
    assert [g.reason for g in run(archive, account).gaps] == ["posts_withheld"]
    assert run(archive, account).entries == []
    assert len(archive.catalog.open_gaps("mastodon", "larkspur")) == 1
    script.shortfall.clear()
    assert [g.closed for g in run(archive, account).gaps] == [True]
    assert archive.catalog.open_gaps("mastodon", "larkspur") == []
