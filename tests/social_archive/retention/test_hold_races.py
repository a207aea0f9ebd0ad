"""A hold against a disposal that has begun: never both acknowledged as held and gone.

The disposal is two ledger entries and a deletion, made by hand in the order that each test tells; the officer and the
executor are two hosts with caches of their own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from social_archive import audit
from social_archive import rewrite as rewriting
from social_archive.archive import Archive, open_archive
from social_archive.catalog import CatalogObject
from social_archive.config import StoreConfig
from social_archive.errors import StoreError
from social_archive.ledger import HeadMoved
from social_archive.rebuild import rebuild
from social_archive.record import verify_row
from social_archive.retention import hold_enforcement, holds
from social_archive.rewrite import Target, read, rewrite
from social_archive.store import Refused
from tests.agencies import agency_folder
from tests.faults.memory_store import Crash
from tests.social_archive.retention.hold_story import (
    MARCH,
    append,
    attached,
    claim,
    destroy,
    held_ids,
    hold,
    leaf_ranges,
    quarantine,
    report,
    seen,
    take,
)

pytestmark = pytest.mark.slow


@pytest.fixture
def hosts(buckets: StoreConfig, tmp_path: Path) -> Iterator[Callable[[str], Archive]]:
    agency = agency_folder(tmp_path / "agency", buckets.bucket)
    return lambda name: open_archive(agency, state=tmp_path / name)


@pytest.fixture
def officer(hosts: Callable[[str], Archive]) -> Archive:
    return hosts("officer")


@pytest.fixture
def executor(hosts: Callable[[str], Archive]) -> Archive:
    return hosts("executor")


def filled(archive: Archive) -> list[CatalogObject]:
    """Two objects of records, one attachment, one of quarantine."""
    medium, described = attached(archive, b"an invented picture")
    take(archive, seen("c1", "parking", media=(medium,)), seen("c2", "other"), media=[described])
    take(archive, seen("k1", "else", account="kids"))
    quarantine(archive, b'{"text":')
    return archive.catalog.objects()


def bodies(archive: Archive) -> list[str]:
    archive.catalog.catch_up()
    found = []
    for o in archive.catalog.objects("records"):
        body = archive.store.get(o.key, o.version_id, sha256=o.sha256)
        (path := archive.state / "read.parquet").write_bytes(body)
        rows = pq.read_table(path, partitioning=None).to_pylist()
        assert all(verify_row(row) for row in rows)
        found += [row["body"] for row in rows]
    return sorted(found)


def test_a_hold_before_the_claim_is_seen_by_whoever_would_claim(officer: Archive, executor: Archive) -> None:
    filled(officer)
    hold(officer, text="parking")
    executor.catalog.catch_up()
    objects = executor.catalog.objects("records")
    held = holds.held(executor, objects)
    (key,) = held
    assert next(o for o in objects if o.key == key).account == "larkspur"


def test_what_was_claimed_is_copied_and_the_copy_is_the_record(officer: Archive, executor: Archive) -> None:
    before = filled(executor)
    claim(executor, before)
    placed = hold(officer, text="parking")
    assert (placed.records, placed.objects, placed.locked, placed.rescued, placed.gone) == (1, 3, 3, 3, [])
    executor.catalog.catch_up()
    now = {o.key: o for o in executor.catalog.objects()}
    moved = [o for o in before if o.key not in now]
    assert sorted((o.cls, o.account) for o in moved) == [("media", ""), ("quarantine", "larkspur"),
                                                         ("records", "larkspur")]  # fmt: skip
    fresh = {o.key for o in before}.symmetric_difference(now) - {o.key for o in moved}
    copies = [now[key] for key in fresh if now[key].cls != holds.CLASS]
    assert {o.key.rpartition("/")[0] for o in copies} == {o.key.rpartition("/")[0] for o in moved}
    assert all(executor.store.lock_state(o.key, o.version_id).hold for o in copies)
    assert not set(executor.catalog.gone.claimed()) & set(now) - {o.key for o in before if o.account == "kids"}


def test_a_zombie_that_deletes_the_old_versions_afterwards_harms_nothing(
    officer: Archive, executor: Archive, hosts: Callable[[str], Archive]
) -> None:
    before = filled(executor)
    claim(executor, before)
    known = {o.key: leaf_ranges(executor, o) for o in before}
    hold(officer, text="parking")
    for o in before:
        destroy(executor, o)
    executor.catalog.catch_up()
    gone = [o for o in before if executor.catalog.object(o.key) is not None]
    assert [o.account for o in gone] == ["kids"]
    report(executor, gone, released=[o.key for o in before if o not in gone], leaves=known)
    assert executor.catalog.gone.claimed() == {}
    stranger = hosts("a host that knows nothing yet")
    assert bodies(stranger) == ["other", "parking"]
    assert held_ids(stranger) == {"c1", "media", "quarantine"}
    assert audit.sweep(stranger)["missing"] == []
    before_rebuild = stranger.catalog.objects()
    rebuild(stranger)
    assert stranger.catalog.objects() == before_rebuild
    assert held_ids(stranger) == {"c1", "media", "quarantine"}


def test_what_was_deleted_before_the_copy_is_reported_gone_and_never_as_held(
    officer: Archive, executor: Archive
) -> None:
    before = filled(executor)
    claim(executor, before, disposal="d-1")
    records = next(o for o in before if o.cls == "records" and o.account == "larkspur")
    destroy(executor, records)
    placed = hold(officer, text="parking", account="larkspur")
    assert (placed.records, placed.rescued) == (0, 1), "quarantine alone could be saved"
    (lost,) = placed.gone
    assert (lost.disposal, lost.cls, lost.account, lost.objects, lost.rows) == ("d-1", "records", "larkspur", 1, 2)
    assert not lost.matched, "its text cannot be read any more"
    assert lost.certificate is None
    note = officer.catalog.walks.notes(holds.EFFECTIVE)[0]
    assert (note["records"], note["gone"]) == (0, 1)


def test_whole_accounts_know_that_what_is_gone_was_theirs(officer: Archive, executor: Archive) -> None:
    before = filled(executor)
    claim(executor, before, disposal="d-1")
    for o in before:
        if o.cls in ("records", "media") and o.account in ("larkspur", ""):
            destroy(executor, o)
    (lost,) = hold(officer, account="larkspur").gone
    assert (lost.cls, lost.objects, lost.matched) == ("records", 1, True)
    assert officer.catalog.objects("records"), "the ledger still names it: the executor has not reported"


def test_a_verified_local_copy_saves_what_the_store_has_lost_already(officer: Archive, executor: Archive) -> None:
    """The executor deleted the bytes and has not reported yet: the copy becomes the record first."""
    before = filled(executor)
    officer.catalog.catch_up()
    records = [o for o in before if o.cls == "records" and o.account == "larkspur"]
    officer.mirror.paths(records)
    claim(executor, records)
    destroy(executor, records[0])
    placed = hold(officer, text="parking", account="larkspur")
    assert (placed.records, placed.rescued, placed.gone) == (1, 1, [])
    report(executor, [], released=[records[0].key])
    assert bodies(executor) == ["else", "other", "parking"]


def test_what_was_disposed_of_is_reported_by_certificate_where_the_folder_overlaps(
    officer: Archive, executor: Archive
) -> None:
    before = filled(executor)
    take(executor, seen("a1", "in April", created_at=MARCH + 40 * 86_400_000_000))
    ours = [o for o in before if o.account != "kids"]
    claim(executor, ours, disposal="d-1")
    known = {o.key: leaf_ranges(executor, o) for o in ours}
    for o in ours:
        destroy(executor, o)
    report(executor, ours, disposal="d-1", leaves=known)
    append(executor, "disposal.certified", {"disposal": "d-1", "certificate": "2026-001"})
    march = hold(officer, text="parking", since=MARCH - 1, until=MARCH + 1)
    assert sorted((g.cls, g.objects, g.rows, g.certificate, g.matched) for g in march.gone) == [
        ("media", 1, 0, "2026-001", False), ("quarantine", 1, 1, "2026-001", False),
        ("records", 1, 2, "2026-001", False),
    ]  # fmt: skip
    assert [g.cls for g in hold(officer, text="parking", since=MARCH + 35 * 86_400_000_000).gone] == ["quarantine"]
    assert hold(officer, account="kids").gone == []
    rids = take(executor, seen("c9", "another", created_at=MARCH + 40 * 86_400_000_000))
    assert hold(officer, ids=(rids["c9"],)).gone == [], "everything that was named is there"
    assert {g.cls for g in hold(officer, ids=("ab" * 16,)).gone} == {"media", "quarantine", "records"}


def test_one_that_is_gone_among_many_does_not_keep_the_others_from_being_rescued(
    officer: Archive, executor: Archive
) -> None:
    pictures = [attached(executor, b"picture %d" % n) for n in range(5)]
    take(executor, *(seen(f"c{n}", "parking", media=(m,)) for n, (m, _) in enumerate(pictures)),
         media=[d for _, d in pictures])  # fmt: skip
    media = executor.catalog.objects("media")
    claim(executor, media, disposal="d-1")
    destroy(executor, media[2])
    placed = hold(officer, text="parking")
    assert placed.rescued == 4
    (lost,) = placed.gone
    assert (lost.cls, lost.objects, lost.matched, lost.disposal) == ("media", 1, True, "d-1")
    assert placed.locked == 5, "the records and four attachments"


def test_objects_that_move_while_they_are_being_locked_are_found_where_they_lie_then(
    officer: Archive, executor: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A consolidation between matching and locking: its copies are held, nothing is called gone."""
    take(executor, seen("c1", "parking"))
    lock = hold_enforcement._lock
    moved: list[str] = []

    def meanwhile(archive: Archive, objects: list[CatalogObject], progress: object) -> list[CatalogObject]:
        if not moved:
            executor.catalog.catch_up()
            (old,) = executor.catalog.objects("records")
            table, leaves = read(executor, old)
            target = Target(old.key.rpartition("/")[0] + "/", table, leaves, old.retain_until)
            moved.append(rewrite(executor, [old], [target], why="consolidate").objects[0]["key"])
        return lock(archive, objects, None)

    monkeypatch.setattr(hold_enforcement, "_lock", meanwhile)
    placed = hold(officer, text="parking")
    assert (placed.records, placed.locked, placed.rescued, placed.gone) == (1, 1, 0, [])
    assert [o.key for o in officer.catalog.objects("records")] == moved


POINTS = ("hold-written", "hold-placed", "rewrite-written", "rewrite-committed", "hold-rescued", "hold-locked")


@pytest.mark.parametrize("point", POINTS)
def test_a_crash_at_any_step_is_completed_by_the_same_call_or_by_reassert(
    officer: Archive, hosts: Callable[[str], Archive], monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    objects = filled(officer)
    claim(officer, objects)

    def crash(name: str) -> None:
        if name == point:
            raise Crash

    with monkeypatch.context() as patch:
        for module in (holds, hold_enforcement, rewriting):
            patch.setattr(module, "crash_point", crash)
        with pytest.raises(Crash):
            hold(officer, text="parking", id="ab" * 16)
    other = hosts("another host")
    other.catalog.catch_up()
    standing = holds.active(other)
    if point == "hold-written":
        assert standing == []
        hold(other, text="parking", id="ab" * 16)
    else:
        assert [(one.id, one.effective) for one in standing] == [("ab" * 16, None)]
        assert held_ids(other) == {"c1", "media", "quarantine"}, "it is in force from its entry on"
        counts = holds.reassert(other)
        assert (counts["holds"], counts["locked"], counts["gone"]) == (1, 3, 0)
    (done,) = holds.active(other)
    assert done.effective is not None
    assert (done.effective["locked"], len(other.catalog.walks.notes(holds.EFFECTIVE))) == (3, 1)
    live = other.catalog.objects()
    assert not set(holds.held(other, live)) & set(other.catalog.gone.claimed()), "all of it is out of the way"
    assert bodies(other) == ["else", "other", "parking"]


def test_a_store_that_fails_leaves_a_hold_that_stands(officer: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    take(officer, seen("c1", "parking"))

    def refused(*_args: object) -> None:
        raise Refused("The store is down.")

    with monkeypatch.context() as patch:
        patch.setattr(hold_enforcement, "_lock", refused)
        with pytest.raises(StoreError):
            hold(officer, text="parking")
    assert held_ids(officer) == {"c1"}
    assert holds.reassert(officer)["locked"] == 1


def test_a_store_that_says_yes_and_shows_no_hold_is_not_believed(
    officer: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(officer, seen("c1", "parking"))
    (o,) = officer.catalog.objects("records")
    officer.store._set_hold(o.key, o.version_id, "OFF")
    monkeypatch.setattr(officer.store, "_set_hold", lambda *_: None)
    with pytest.raises(hold_enforcement.NotHeld, match="does not show it"):
        hold(officer, text="parking")


def settle(executor: Archive, objects: list[CatalogObject], disposal: str) -> None:
    """Report at whatever head there is what was destroyed, and release what was copied out of the claim meanwhile."""
    while True:
        executor.catalog.catch_up()
        still = [o for o in objects if executor.catalog.object(o.key) is not None]
        try:
            report(executor, still, released=[o.key for o in objects if o not in still], disposal=disposal)
        except HeadMoved:
            continue
        return


def test_holds_and_deletions_in_threads_never_leave_something_acknowledged_and_gone(
    hosts: Callable[[str], Archive],
) -> None:
    """Six rounds, the executor deleting a little later each time; every thread has an archive of its own."""
    maker, executor, officer = hosts("maker"), hosts("executor"), hosts("officer")
    for n in range(6):
        take(maker, *(seen(f"t{n}-{i}", f"round{n} words", account=f"a{n}-{i}") for i in range(4)))
        objects = [o for o in maker.catalog.objects("records") if o.account.startswith(f"a{n}-")]
        claim(executor, objects, disposal=f"d{n}")
        barrier = threading.Barrier(2)
        placed: list[holds.Placed] = []

        def place(words: str = f"round{n}", barrier: threading.Barrier = barrier,
                  placed: list[holds.Placed] = placed) -> None:  # fmt: skip
            barrier.wait()
            placed.append(hold(officer, text=words))

        thread = threading.Thread(target=place)
        thread.start()
        barrier.wait()
        time.sleep(n * 0.25)
        for o in objects:
            destroy(executor, o)
        settle(executor, objects, f"d{n}")
        thread.join(60)
        (done,) = placed
        maker.catalog.catch_up()
        readable = [o for o in maker.catalog.objects("records") if o.account.startswith(f"a{n}-")]
        for o in readable:
            assert maker.store.exists(o.key, o.version_id), "what the ledger names is there"
            assert maker.store.lock_state(o.key, o.version_id).hold
        assert done.locked == len(readable) == len(holds.held(maker, readable))
        assert done.locked + sum(lost.objects for lost in done.gone if lost.disposal == f"d{n}") >= len(objects)


def test_the_old_versions_are_collected_like_any_garbage(officer: Archive, executor: Archive) -> None:
    before = filled(executor)
    claim(executor, before)
    hold(officer, everything=True)
    report(executor, [], released=[o.key for o in before])
    officer.__dict__["store"] = officer.disposer  # the audit of an installation whose identity may bypass governance
    done = audit.sweep(officer, now=datetime.now(UTC) + timedelta(days=3))
    assert (done["rewritten_removed"], done["missing"]) == (len(before), [])
    assert bodies(executor) == ["else", "other", "parking"]
