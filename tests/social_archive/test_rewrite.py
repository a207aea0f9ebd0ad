"""Moving rows: nothing but what the ledger committed is moved, and nothing goes before its new place is committed."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from social_archive import audit, rewrite
from social_archive.archive import Archive, open_archive
from social_archive.commitments import Commitments, column_of
from social_archive.config import StoreConfig
from social_archive.errors import LedgerError
from social_archive.ledger import Draft
from social_archive.rewrite import SourcesChanged, Target
from social_archive.store import COMPLIANCE, ObjectRef
from tests.social_archive.filled import PREFIX, answers, filled, take_in

pytestmark = pytest.mark.slow


@pytest.fixture
def archive(buckets: StoreConfig, tmp_path: Path) -> Archive:
    return filled(tmp_path, buckets.bucket)


def joined(archive: Archive) -> tuple[list, Target]:  # type: ignore[type-arg]
    """The objects of November and one target with all of their rows, newest first."""
    sources = [o for o in archive.catalog.objects("records") if o.key.startswith(PREFIX)]
    parts = [rewrite.read(archive, source) for source in sources]
    table = pa.concat_tables([table for table, _ in parts])
    order = np.arange(table.num_rows)[::-1]
    leaves = np.concatenate([leaves for _, leaves in parts])
    return sources, Target(PREFIX, table.take(order), leaves[order], sources[0].retain_until)


def versions(archive: Archive) -> set[tuple[str, str]]:
    return {(v.key, v.version_id) for v in archive.store.versions("records/")}


def named(archive: Archive) -> set[tuple[str, str]]:
    return {(o.key, o.version_id) for o in archive.catalog.objects("records")}


def test_rows_lie_in_the_new_object_locked_and_the_old_ones_are_gone(archive: Archive) -> None:
    before = answers(archive)
    sources, target = joined(archive)
    done = rewrite.rewrite(archive, sources, [target], why="settle")
    assert (done.removed, done.left) == (len(sources), 0)
    assert answers(archive) == before
    assert versions(archive) == named(archive)
    (made,) = done.objects
    lock = archive.store.lock_state(made["key"], made["version"])
    assert lock.hold
    assert lock.retain_until is not None
    assert archive.catalog.leaves_of(made["key"]).tolist() == target.leaves.tolist()
    assert done.entry.header["note"]["from"] == [[s.key, s.version_id] for s in sources]
    assert {gone.key for gone in archive.catalog.gone.all("rewrite")} == {s.key for s in sources}
    assert not any((archive.mirror.folder / s.key).exists() for s in sources)


@pytest.mark.parametrize("wrong", ["a row too few", "a leaf twice", "rows exchanged", "another commitment"])
def test_rows_that_are_not_those_of_the_ledger_are_not_moved(archive: Archive, wrong: str) -> None:
    before, stored = answers(archive), versions(archive)
    sources, target = joined(archive)
    table, leaves = target.table, target.leaves
    if wrong == "a row too few":
        table, leaves = table.slice(1), leaves[1:]
    elif wrong == "a leaf twice":
        leaves = np.concatenate([leaves[:1], leaves[:-1]])
    elif wrong == "rows exchanged":
        leaves = leaves[::-1]
    else:
        at = table.schema.get_field_index("commitment")
        other = pa.array([bytes(32)] * table.num_rows, pa.binary(32))
        table = table.set_column(at, table.schema.field(at), other)
    with pytest.raises(LedgerError, match="Nothing was changed"):
        rewrite.rewrite(archive, sources, [Target(PREFIX, table, leaves, None)], why="settle")
    assert answers(archive) == before
    assert versions(archive) == stored


def test_a_copy_that_was_changed_on_this_disk_does_not_become_the_record(archive: Archive) -> None:
    source = archive.catalog.objects("records")[0]
    path = archive.mirror.path(source)
    forged = pq.read_table(path, partitioning=None)
    at = forged.schema.get_field_index("body")
    forged = forged.set_column(at, "body", pa.array(["never said"] * forged.num_rows, pa.string()))
    pq.write_table(forged, path)
    table, _ = rewrite.read(archive, source)
    assert "never said" not in table.column("body").to_pylist()
    assert archive.mirror.path(source).read_bytes() == archive.store.get(source.key, sha256=source.sha256)


def test_what_may_not_be_any_more_is_not_done_and_leaves_nothing(archive: Archive) -> None:
    sources, target = joined(archive)
    stored, head = versions(archive), archive.ledger.head()

    def no() -> None:
        raise SourcesChanged("A hold was placed meanwhile.")

    with pytest.raises(SourcesChanged, match="A hold"):
        rewrite.rewrite(archive, sources, [target], why="split", may=no)
    assert (versions(archive), archive.ledger.head()) == (stored, head)


def test_what_another_run_has_moved_is_not_moved_again(archive: Archive, tmp_path: Path) -> None:
    sources, target = joined(archive)
    other = open_archive(archive.agency.folder, state=tmp_path / "other-host")
    other.catalog.catch_up()
    rewrite.rewrite(other, *[[x] if isinstance(x, Target) else x for x in joined(other)], why="consolidate")
    stored = versions(archive)
    with pytest.raises(SourcesChanged):
        rewrite.rewrite(archive, sources, [target], why="consolidate")
    assert versions(archive) == stored == named(archive)


def test_what_a_disposal_has_claimed_stays_where_it_is_but_for_a_rescue(archive: Archive) -> None:
    sources, target = joined(archive)
    claim = {"disposal": "d1", "plan": "0" * 64, "batch": 0, "objects": [[sources[0].key, sources[0].version_id]]}
    archive.ledger.append(Draft("disposal.claimed", "c" * 64, note=claim), archive.catalog.head)  # type: ignore[arg-type]
    with pytest.raises(SourcesChanged, match="claimed"):
        rewrite.rewrite(archive, sources, [target], why="consolidate")
    before = answers(archive)
    rewrite.rewrite(archive, sources, [target], why="rescue")
    assert answers(archive) == before


def test_a_record_is_never_removed_as_an_old_version(archive: Archive) -> None:
    before = answers(archive)
    with pytest.raises(LedgerError, match="Nothing was removed"):
        rewrite.remove_old(archive, archive.catalog.objects("records"))
    assert answers(archive) == before


def test_an_old_version_under_a_lock_stays_as_it_is_until_the_lock_ends(archive: Archive) -> None:
    """And the audit says so; it removes it when it may."""
    sources, target = joined(archive)
    locked = sources[0]
    end = datetime.now(UTC) + timedelta(seconds=4)
    ref = ObjectRef(locked.key, locked.version_id, locked.size, locked.sha256)
    until = archive.store.lock_state(locked.key, locked.version_id).retain_until
    if until is not None and until > end:
        archive.disposer.client.put_object_retention(
            Bucket=archive.store.bucket, Key=locked.key, VersionId=locked.version_id, BypassGovernanceRetention=True,
            Retention={"Mode": COMPLIANCE, "RetainUntilDate": end},
        )  # fmt: skip
    else:
        archive.store.seal(ref, retain_until=end, mode=COMPLIANCE)
    before = answers(archive)
    done = rewrite.rewrite(archive, sources, [target], why="settle")
    assert (done.removed, done.left) == (len(sources) - 1, 1)
    assert archive.store.lock_state(locked.key, locked.version_id).hold
    swept = audit.sweep(archive)
    assert (swept["rewritten_left"], swept["rewritten_removed"], swept["missing"]) == (1, 0, [])
    threading.Event().wait(max(0.0, (end - datetime.now(UTC)).total_seconds()) + 2)
    swept = audit.sweep(archive)
    assert (swept["rewritten_left"], swept["rewritten_removed"]) == (0, 1)
    assert answers(archive) == before


def test_without_the_disposers_keys_old_versions_wait_for_somebody_who_has_them(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources, target = joined(archive)
    with monkeypatch.context() as patch:
        patch.delenv("ARCHIVE_S3_DISPOSER_ACCESS_KEY")
        done = rewrite.rewrite(archive, sources, [target], why="settle")
        assert (done.removed, done.left) == (0, len(sources))
        assert audit.sweep(archive)["rewritten_left"] == len(sources)
    swept = audit.sweep(archive)
    assert (swept["rewritten_removed"], swept["rewritten_left"]) == (len(sources), 0)


# --------------------------------------------------------------------------- commitments


def test_commitments_are_those_of_the_rows_in_any_order(archive: Archive) -> None:
    _, target = joined(archive)
    commitments = Commitments(archive)
    assert np.array_equal(commitments.of(target.leaves), column_of(target.table))
    some = target.leaves[::2]
    assert np.array_equal(commitments.of(some), column_of(target.table)[::2])
    assert commitments.of(some[:0]).shape == (0, 32)


def test_a_leaf_that_is_no_record_has_no_commitment_of_one(archive: Archive) -> None:
    with pytest.raises(LedgerError, match="Leaf 0"):
        Commitments(archive).of(np.array([1, 0]))
    quarantined = archive.catalog.objects("quarantine")[0]
    leaves = archive.catalog.leaves_of(quarantined.key)
    assert Commitments(archive).of(leaves, "quarantine").shape == (1, 32)
    with pytest.raises(LedgerError, match="not of the kind"):
        Commitments(archive).of(leaves)
    with pytest.raises(LedgerError, match="not of the kind"):
        Commitments(archive).of(np.array([archive.ledger.head().size]))


def test_a_column_is_read_from_a_slice_of_several_chunks(archive: Archive) -> None:
    take_in(archive, {f"x{n}": str(n) for n in range(5)})
    _, target = joined(archive)
    table = pa.concat_tables([target.table.slice(1, 3), target.table.slice(0, 0), target.table.slice(2)])
    expected = table.column("commitment").to_pylist()
    assert [bytes(row) for row in column_of(table)] == expected


def test_many_entries_are_read_as_one_by_one(archive: Archive) -> None:
    ledger = archive.ledger
    one_by_one = [ledger.read(n) for n in (1, 2, 4)]
    assert list(ledger.read_many([4, 1, 2, 1])) == one_by_one
    assert list(ledger.read_many([])) == []
    assert list(ledger.read_many([0])) == [ledger.read(0)]
    with pytest.raises(LedgerError, match="Entry 99"):
        list(ledger.read_many([4, 99]))
    with pytest.raises(LedgerError, match="Entry 9999"):
        list(ledger.read_many([4, 9999]))
