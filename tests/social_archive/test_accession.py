"""The commit point: what becomes a version, what does not, and what a second writer may and may not do."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from social_archive import accession as accession_module
from social_archive.accession import Accessioned, Batch, commit
from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.quarantine import quarantine_rows
from social_archive.record import Observation, Unreadable, now_micros, verify_row
from tests.agencies import agency_folder

pytestmark = pytest.mark.slow

Open = Callable[..., Archive]
_CLOCK = itertools.count(1)


@pytest.fixture
def opened(buckets: StoreConfig, tmp_path: Path) -> Open:
    """Opens the test library's archive; each name is a host of its own, with its own caches."""
    agency = agency_folder(tmp_path / "agency", buckets.bucket)
    return lambda host="host": open_archive(agency, state=tmp_path / host)


def seen(native_id: str, body: str, *, at: int | None = None, state: Any = "present") -> Observation:
    """A comment as it stood at `at` (microseconds; default: now, and later than any before)."""
    observed_at = now_micros() + next(_CLOCK) if at is None else at
    return Observation(
        kind="comment", native_id=native_id, native=body.encode(), body=body, platform="mastodon", account="larkspur",
        root_native_id="p1", author_id="someone-invented", created_at=1_767_225_600_000_000, observed_at=observed_at,
        state=state, harvest_id="h", endpoint="https://scripted.example/thread", adapter="scripted",
        response_sha256=hashlib.sha256(body.encode()).hexdigest(),
    )  # fmt: skip


def batch(*observations: Observation, **more: Any) -> Batch:
    return Batch("mastodon", "larkspur", "h", list(observations), **more)


def take(archive: Archive, *observations: Observation, **more: Any) -> Accessioned:
    return commit(archive, batch(*observations, **more))


def history(archive: Archive, native_id: str) -> list[tuple[int, str]]:
    archive.catalog.catch_up()
    tables = [pq.read_table(p, partitioning=None) for p in archive.mirror.paths(archive.catalog.objects("records"))]
    rows = [row for table in tables for row in table.to_pylist()]
    assert all(verify_row(row) for row in rows)
    return sorted((r["version"], r["body"]) for r in rows if r["native_id"] == native_id)


def quarantined(native: bytes) -> list[dict[str, Any]]:
    return quarantine_rows(
        [], [Unreadable(native=native, reason="not_json", observed_at=now_micros())],
        platform="mastodon", account="larkspur", harvest_id="h", adapter="scripted",
    )  # fmt: skip


def test_a_batch_with_nothing_new_writes_nothing(opened: Open) -> None:
    archive = opened()
    take(archive, seen("c1", "A"), cursor={"seen_until": 5})
    before = {v.version_id for v in archive.store.versions("")}
    again = take(archive, seen("c1", "A"), cursor={"seen_until": 5})
    assert (again.entry, again.versions, again.unchanged) == (None, [], 1)
    assert {v.version_id for v in archive.store.versions("")} == before


def test_the_latest_version_decides_so_that_an_edit_back_is_a_version(opened: Open) -> None:
    archive = opened()
    for text in "ABAA":
        take(archive, seen("c1", text))
    assert history(archive, "c1") == [(1, "A"), (2, "B"), (3, "A")]


def test_two_versions_of_one_thing_in_one_batch_are_ordered(opened: Open) -> None:
    archive = opened()
    moment = now_micros()
    done = take(archive, seen("c1", "A", at=moment), seen("c1", "A", at=moment), seen("c1", "B", at=moment))
    assert (len(done.versions), done.unchanged) == (2, 1)
    assert history(archive, "c1") == [(1, "A"), (2, "B")]


def test_a_writer_that_slept_does_not_turn_history_round(opened: Open) -> None:
    """It saw A, slept, and wakes when another has already seen B: B stays the latest version."""
    asleep, awake = opened("asleep"), opened("awake")
    old = seen("c1", "A")
    take(awake, seen("c1", "A"))
    take(awake, seen("c1", "B"))
    assert take(asleep, old).entry is None
    assert history(asleep, "c1") == [(1, "A"), (2, "B")]


def test_an_old_capture_of_something_new_is_taken_in(opened: Open) -> None:
    archive = opened()
    old = seen("c2", "late news", at=1)
    take(archive, seen("c1", "A"))
    take(archive, old)
    assert history(archive, "c2") == [(1, "late news")]


def test_the_cursor_never_goes_back(opened: Open) -> None:
    ahead, behind = opened("ahead"), opened("behind")
    take(ahead, cursor={"seen_until": 20})
    assert take(behind, cursor={"seen_until": 10}).entry is None
    take(behind, seen("c1", "A"), cursor={"seen_until": 10})
    assert behind.catalog.cursor("mastodon", "larkspur") == {"seen_until": 20}


def test_a_cursor_alone_is_an_entry_without_records(opened: Open) -> None:
    archive = opened()
    done = take(archive, cursor={"seen_until": 20})
    assert done.entry is not None
    assert done.entry.header["leaves"] == 0
    assert archive.catalog.cursor("mastodon", "larkspur") == {"seen_until": 20}


def test_the_loser_of_a_race_takes_in_only_what_the_winner_did_not(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both saw the same world at the same time; the other commits between our look and our append."""
    ours, theirs = opened("ours"), opened("theirs")
    moment = now_micros()
    write = accession_module._write

    def slow_write(*arguments: Any) -> Any:
        monkeypatch.setattr(accession_module, "_write", write)
        take(theirs, seen("c1", "A", at=moment), seen("c2", "B", at=moment + 1), cursor={"seen_until": 3})
        return write(*arguments)

    monkeypatch.setattr(accession_module, "_write", slow_write)
    done = take(ours, seen("c1", "A", at=moment), seen("c2", "B2", at=moment + 2), seen("c3", "C", at=moment),
                cursor={"seen_until": 3})  # fmt: skip
    assert sorted((v.observation.native_id, v.version) for v in done.versions) == [("c2", 2), ("c3", 1)]
    assert (done.entry.n if done.entry else None, done.entry.header["cursor"] if done.entry else 0) == (1, None)
    fresh = opened("fresh")
    assert [history(fresh, i) for i in ("c1", "c2", "c3")] == [[(1, "A")], [(1, "B"), (2, "B2")], [(1, "C")]]
    assert fresh.ledger.verify().findings == []


def test_the_same_work_done_twice_at_the_same_moment_is_one_entry(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writers with the same transaction: the second finds it and says what is in the ledger, not its own files."""
    ours, theirs = opened("ours"), opened("theirs")
    moment = now_micros()
    append = type(ours.ledger).append

    def late_append(ledger: Any, *arguments: Any, **more: Any) -> Any:
        monkeypatch.setattr(type(ours.ledger), "append", append)
        take(theirs, seen("c1", "A", at=moment))
        return append(ledger, *arguments, **more)

    monkeypatch.setattr(type(ours.ledger), "append", late_append)
    done = take(ours, seen("c1", "A", at=moment))
    assert done.entry is not None
    assert done.entry.n == 0
    assert history(ours, "c1") == history(theirs, "c1") == [(1, "A")]
    assert ours.ledger.head().n == 1


def test_what_cannot_be_read_is_quarantined_once_by_its_bytes(opened: Open) -> None:
    archive = opened()
    first = take(archive, quarantined=quarantined(b"{NaN") + quarantined(b"{NaN"))  # shown in two places of one run
    again = take(archive, quarantined=quarantined(b"{NaN"))
    assert (first.quarantined, again.quarantined, again.entry) == (1, 0, None)
    assert len(archive.catalog.quarantine_items()) == 1


def test_every_object_of_an_entry_is_locked_when_commit_returns(opened: Open) -> None:
    archive = opened()
    take(archive, seen("c1", "A"), quarantined=quarantined(b"{NaN"), evidence={"success": True})
    objects = archive.catalog.objects()
    assert {o.cls for o in objects} == {"records", "quarantine", "validation"}
    for o in objects:
        lock = archive.store.lock_state(o.key, o.version_id)
        assert (lock.mode, lock.hold) == ("GOVERNANCE", True)
        assert lock.retain_until is not None


def test_no_word_of_a_person_stands_in_keys_entries_or_evidence(opened: Open) -> None:
    archive = opened()
    take(archive, seen("CANARYID", "CANARYWORDS"), quarantined=quarantined(b"CANARYBYTES"), evidence={"success": True})
    entries = [e.header for e in archive.ledger.entries()], [e.leaves for e in archive.ledger.entries()]
    keys = [v.key for v in archive.store.versions("")]
    validations = [archive.store.get(o.key, o.version_id) for o in archive.catalog.objects("validation")]
    assert "CANARY" not in repr((entries, keys, validations))
