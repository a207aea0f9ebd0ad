"""Every leaf opens or one certificate covers it; whatever is done to the store or the ledger gets its own name."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from social_archive import leaves as leaf_map
from social_archive.accession import describe
from social_archive.archive import Archive
from social_archive.catalog import CatalogObject
from social_archive.completeness import Completeness, check
from social_archive.config import StoreConfig
from social_archive.record import canonical
from social_archive.rewrite import Target, read, rewrite
from tests.social_archive.retention import disposals
from tests.social_archive.retention.stocked import MAY, OF_MAY, RECORDS, of_month, stocked_archive

pytestmark = pytest.mark.slow


@pytest.fixture
def archive(buckets: StoreConfig, tmp_path: Path) -> Archive:
    return stocked_archive(tmp_path, buckets.bucket)


def cohort(archive: Archive) -> list[CatalogObject]:
    """The two objects of the month in which a comment was made that was edited later."""
    return of_month(archive, MAY)


def consolidate(
    archive: Archive, sources: list[CatalogObject] | None = None, *, remove: bool = True
) -> CatalogObject:
    """One object of several (default: of the month of May), by the real rewrite."""
    sources = sources or cohort(archive)
    parts = [read(archive, o) for o in sources]
    table = pa.concat_tables(part for part, _ in parts)
    leaves = np.concatenate([found for _, found in parts])
    prefix = sources[0].key.rpartition("/")[0] + "/"
    target = Target(prefix, table, leaves, sources[0].retain_until, sources[0].cls)
    done = rewrite(archive, sources, [target], why="consolidate", remove=remove)
    made = archive.catalog.object(done.objects[0]["key"])
    assert made is not None
    return made


def errors(found: Completeness) -> set[str]:
    return set(found.codes)


def warnings(found: Completeness) -> set[str]:
    return {f.code for f in found.findings if f.severity == "warning"}


# --------------------------------------------------------------------------- an archive that is whole


@pytest.mark.parametrize("deep", [True, False])
def test_every_leaf_of_an_untouched_archive_opens(archive: Archive, deep: bool) -> None:
    found = check(archive, deep=deep)
    assert (found.ok, found.findings, found.covered) == (True, [], [])
    assert (found.records, found.quarantined) == (RECORDS, 1)
    assert found.itself + found.records + found.quarantined == found.leaves == archive.ledger.head().size
    assert (found.objects, found.unnamed) == (len(archive.catalog.objects()), 0)
    json.dumps(found.to_dict())


def test_it_asks_no_cache(archive: Archive) -> None:
    archive.forget_caches()
    assert check(archive).ok
    assert not archive.cache.exists()


@pytest.mark.parametrize("deep", [True, False])
def test_records_that_were_moved_open_where_they_are(archive: Archive, deep: bool) -> None:
    consolidate(archive)
    found = check(archive, deep=deep)
    assert (found.ok, found.records, found.findings) == (True, RECORDS, [])


def test_several_processes_find_the_same(archive: Archive) -> None:
    assert check(archive, processes=2) == check(archive)


@pytest.mark.parametrize("consolidated", [False, True])
def test_what_was_disposed_of_is_covered_by_its_certificate(archive: Archive, consolidated: bool) -> None:
    objects = [consolidate(archive)] if consolidated else cohort(archive)
    disposals.dispose(archive, "d1", objects)
    found = check(archive)
    assert (found.ok, found.findings) == (True, [])
    assert [vars(one) for one in found.covered] == [{"disposal": "d1", "certificate": "2026-0001", "leaves": OF_MAY}]
    assert found.records == RECORDS - OF_MAY


def test_progress_counts_objects(archive: Archive) -> None:
    told: list[tuple[int, int]] = []
    check(archive, progress=lambda done, total: told.append((done, total)))
    count = len(archive.catalog.objects())
    assert told == [(i + 1, count) for i in range(count)]


# --------------------------------------------------------------------------- an archive that was tampered with


def removed(archive: Archive) -> None:
    disposals.delete(archive, cohort(archive)[:1])


def altered_row(archive: Archive, change: Callable[[pa.Table], pa.Table]) -> None:
    """Somebody who holds every key writes the rows anew and has the ledger name the new object."""
    source = cohort(archive)[0]
    table, leaves = read(archive, source)
    put(archive, source, leaf_map.with_leaves(change(table), leaves))


def put(archive: Archive, source: CatalogObject, table: pa.Table) -> None:
    sink = io.BytesIO()
    pq.write_table(table, sink)
    put_bytes(archive, source, sink.getvalue(), table.num_rows)


def put_bytes(archive: Archive, source: CatalogObject, body: bytes, rows: int) -> None:
    ref = archive.store.put(source.key.rpartition("/")[0] + "/0123456789abcdef.parquet", body)
    made = describe(ref, cls="records", rows=rows, retain_until=None)
    disposals.append(archive, "rewrite", {"why": "settle", "from": [[source.key, source.version_id]], "moved": []},
                     objects=[made], follow=False)  # fmt: skip
    disposals.delete(archive, [source])


def column(table: pa.Table, name: str, value: object) -> pa.Table:
    index = table.schema.get_field_index(name)
    kind = table.schema.field(index)
    return table.set_column(index, kind, pa.array([value] * table.num_rows, type=kind.type))


def another_text(archive: Archive) -> None:
    altered_row(archive, lambda table: column(table, "body", "Never said"))


def another_id(archive: Archive) -> None:
    """The commitment does not hold the random id, but the leaf does."""
    altered_row(archive, lambda table: column(table, "rid", "ab" * 16))


def another_salt(archive: Archive) -> None:
    altered_row(archive, lambda table: column(table, "secret", b"\x01" * 32))


def row_left_out(archive: Archive) -> None:
    source = max(archive.catalog.objects("records"), key=lambda o: o.rows)
    table, leaves = read(archive, source)
    put(archive, source, leaf_map.with_leaves(table.slice(1), leaves[1:]))


def row_added(archive: Archive) -> None:
    """A row that no leaf stands for."""
    source = cohort(archive)[0]
    table, leaves = read(archive, source)
    put(archive, source, leaf_map.with_leaves(pa.concat_tables([table, table.slice(0, 1)]), leaves))


def row_of_an_entrys_leaf(archive: Archive) -> None:
    source = cohort(archive)[0]
    table, leaves = read(archive, source)
    more = np.append(leaves, 0)
    put(archive, source, leaf_map.with_leaves(pa.concat_tables([table, table.slice(0, 1)]), more))


def row_twice(archive: Archive) -> None:
    """Two live objects hold the same record: a rewrite that forgot to name its source."""
    source = cohort(archive)[0]
    table, leaves = read(archive, source)
    sink = io.BytesIO()
    pq.write_table(leaf_map.with_leaves(table, leaves), sink)
    ref = archive.store.put(source.key.rpartition("/")[0] + "/0123456789abcdef.parquet", sink.getvalue())
    made = describe(ref, cls="records", rows=table.num_rows, retain_until=None)
    disposals.append(archive, "rewrite", {"why": "settle", "from": [], "moved": []}, objects=[made])


def not_a_table(archive: Archive) -> None:
    put_bytes(archive, cohort(archive)[0], b"no Parquet at all", 1)


def said_and_not_done(archive: Archive) -> None:
    """A disposal that reports and certifies, and whose object is still there."""
    objects = cohort(archive)
    disposals.certify(archive, "d1", disposals.report(archive, "d1", objects))


def certified_and_not_done(archive: Archive) -> None:
    leaves = disposals.ranges_of(archive, cohort(archive)[0])
    disposals.certify(archive, "d1", leaves)


def restored(archive: Archive) -> None:
    objects = cohort(archive)
    bodies = [(o.key, archive.store.get(o.key, o.version_id)) for o in objects]
    disposals.dispose(archive, "d1", objects)
    for key, body in bodies:
        archive.store.put(key, body)


def restored_elsewhere(archive: Archive) -> None:
    """Bytes of what was disposed of, under a key that the ledger never named."""
    source = cohort(archive)[0]
    body = archive.store.get(source.key, source.version_id)
    disposals.dispose(archive, "d1", cohort(archive))
    archive.store.put(source.key.rpartition("/")[0] + "/feedfacefeedface.parquet", body)


def moved_and_left_behind(archive: Archive) -> None:
    """Consolidated, disposed of, and the old object of before the consolidation was never removed."""
    disposals.dispose(archive, "d1", [consolidate(archive, remove=False)])


def two_disposals(archive: Archive) -> None:
    objects = cohort(archive)
    ranges = disposals.dispose(archive, "d1", objects)
    told = [{"key": "records/another", "version": "1", "leaves": ranges}]
    disposals.append(archive, "disposal.destroyed", {"disposal": "d2", "batch": 1, "objects": told, "released": []})


def two_certificates(archive: Archive) -> None:
    leaves = disposals.dispose(archive, "d1", cohort(archive))
    disposals.certify(archive, "d1", leaves, "2026-0002")


def certificate_too_short(archive: Archive) -> None:
    leaves = disposals.dispose(archive, "d1", cohort(archive), number=None)
    disposals.certify(archive, "d1", leaves[1:])


def certificate_file_says_other(archive: Archive) -> None:
    leaves = disposals.dispose(archive, "d1", cohort(archive), number=None)
    body = canonical({"number": "2026-0001", "disposal": "d1", "leaves": [[1, 2]]}) + b"\n"
    ref = archive.store.put("certificates/0123456789abcdef.json", body)
    note = {"disposal": "d1", "certificate": "2026-0001", "sha256": ref.sha256, "records": 2, "leaves": leaves}
    disposals.append(archive, "disposal.certified", note,
                     objects=[describe(ref, cls="certificate", rows=0, retain_until=None)])  # fmt: skip


def certificate_removed(archive: Archive) -> None:
    disposals.dispose(archive, "d1", cohort(archive))
    disposals.delete(archive, archive.catalog.objects("certificate"))


def evidence_removed(archive: Archive) -> None:
    disposals.delete(archive, archive.catalog.objects("validation")[:1])


TAMPERED: dict[Callable[[Archive], None], set[str]] = {
    removed: {"lost", "missing"},
    another_text: {"altered"},
    another_id: {"altered"},
    another_salt: {"altered"},
    row_left_out: {"lost"},
    row_added: {"foreign"},
    row_of_an_entrys_leaf: {"foreign"},
    row_twice: {"twice"},
    not_a_table: {"damaged", "lost"},
    said_and_not_done: {"twice"},
    certified_and_not_done: {"twice"},
    restored: {"twice"},
    restored_elsewhere: {"twice"},
    moved_and_left_behind: {"twice"},
    two_disposals: {"twice"},
    two_certificates: {"twice"},
    certificate_too_short: {"uncertified"},
    certificate_file_says_other: {"uncertified"},
    certificate_removed: {"missing"},
    evidence_removed: {"missing"},
}


@pytest.mark.parametrize("tamper", TAMPERED, ids=lambda tamper: tamper.__name__)
def test_what_was_done_is_named(archive: Archive, tamper: Callable[[Archive], None]) -> None:
    tamper(archive)
    found = check(archive)
    assert errors(found) == TAMPERED[tamper], [f.to_dict() for f in found.findings]
    assert all(f.remedy and f.message.endswith(".") for f in found.findings)


def test_a_finding_says_which_leaves_of_which_entry_and_object(archive: Archive) -> None:
    source = cohort(archive)[0]
    wanted = disposals.ranges_of(archive, source)
    removed(archive)
    lost, missing = sorted(check(archive).findings, key=lambda f: f.code)
    assert (lost.n, lost.leaves) == (source.n, wanted)
    assert missing.key == source.key


def test_a_pending_certificate_is_a_warning_with_its_disposal(archive: Archive) -> None:
    leaves = disposals.dispose(archive, "d1", cohort(archive), number=None)
    found = check(archive)
    assert (found.ok, found.covered[0].certificate) == (True, None)
    assert [(f.code, f.severity, f.disposal, f.leaves) for f in found.findings] == [
        ("uncertified", "warning", "d1", leaf_map.ranges(i for a, b in leaves for i in range(a, b + 1)))
    ]


def test_what_a_rewrite_left_behind_is_a_warning(archive: Archive) -> None:
    consolidate(archive, remove=False)
    found = check(archive)
    assert (found.ok, warnings(found)) == (True, {"left"})


def test_a_version_over_a_record_is_a_warning_and_the_record_opens(archive: Archive) -> None:
    one, two = cohort(archive)
    archive.store.put(one.key, b"not the record")
    archive.store.client.delete_object(Bucket=archive.store.bucket, Key=two.key)
    found = check(archive)
    assert (found.ok, found.records, found.unnamed) == (True, RECORDS, 1)
    assert [f.key for f in found.findings if f.code == "overlaid"] == [one.key, two.key]


def test_objects_of_a_harvest_that_has_not_committed_yet_are_only_counted(archive: Archive) -> None:
    archive.store.put("media/series=social-media/cutoff=2026-01/0123", b"a picture")
    found = check(archive)
    assert (found.ok, found.unnamed, found.findings) == (True, 1, [])


def test_a_ledger_that_does_not_verify_ends_the_check(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = type(archive.store).get

    def altered(store: object, key: str, *arguments: object, **named: object) -> bytes:
        return get(store, key, *arguments, **named).replace(b'"ver":1', b'"ver":2')  # type: ignore[arg-type]

    monkeypatch.setattr(type(archive.store), "get", altered)
    [finding] = check(archive).findings
    assert (finding.code, finding.severity) == ("ledger", "error")
    assert "Entry 0" in finding.message


def test_quick_asks_the_store_for_hashes(archive: Archive) -> None:
    """Not deep, a row's content is not read; that its object is there and has the right hash is."""
    altered_elsewhere = cohort(archive)[1]
    another_text(archive)
    assert errors(check(archive, deep=False)) == set()
    disposals.delete(archive, [altered_elsewhere])
    assert errors(check(archive, deep=False)) == {"lost", "missing"}
