"""Everything but the bucket may be lost: what comes back is the same to the byte."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from social_archive import audit
from social_archive.archive import Archive, open_archive
from social_archive.barrier import Rebuilding, path
from social_archive.catalog import CatalogObject
from social_archive.completeness import check
from social_archive.config import StoreConfig
from social_archive.errors import ConfigError
from social_archive.harvest import run
from social_archive.rebuild import rebuild
from social_archive.retention import holds
from social_archive.retention.restored import StillThere
from social_archive.search import Query, Search
from social_archive.stack.seaweed import Seaweed
from social_archive.store import Corrupt
from tests.agencies import ScriptedArchive, agency_folder, scripted_archive
from tests.faults.harvest_once import library_script
from tests.social_archive.retention import disposals
from tests.social_archive.retention.stocked import MAY, OF_MAY, PICTURE, of_month, rid_of, stocked_archive
from tests.social_archive.test_completeness import consolidate

pytestmark = pytest.mark.slow


@pytest.fixture
def archive(buckets: StoreConfig, tmp_path: Path) -> ScriptedArchive:
    archive = scripted_archive(agency_folder(tmp_path / "agency", buckets.bucket), tmp_path / "state", library_script())
    for text in ("Lovely!", "Edited", "Lovely!"):
        archive.script.say("c1", text)
        run(archive, archive.account("larkspur"))
    return archive


def answers(archive: Archive) -> tuple[object, ...]:
    """What the archive says, and the bytes it says it from."""
    archive.catalog.catch_up()
    with sqlite3.connect(archive.catalog.path) as db:
        tables = ("things", "objects", "cursors", "quarantine", "gaps")
        said = [sorted(db.execute(f"SELECT * FROM {name}"), key=repr) for name in tables]  # noqa: S608
    copies = {o.key: p.read_bytes() for o, p in _copies(archive)}
    return said, copies, archive.catalog.totals(), archive.ledger.head()


def _copies(archive: Archive) -> list[tuple[CatalogObject, Path]]:
    objects = [o for o in archive.catalog.objects() if o.cls in ("records", "quarantine")]
    return list(zip(objects, archive.mirror.paths(objects), strict=True))


def test_a_rebuild_gives_the_same_answers_to_the_byte(archive: ScriptedArchive) -> None:
    before = answers(archive)
    rebuild(archive)
    assert answers(archive) == before


def test_it_does_not_matter_how_the_caches_were_lost(archive: ScriptedArchive, tmp_path: Path) -> None:
    before = answers(archive)
    archive.close()
    shutil.rmtree(tmp_path / "state")
    fresh = scripted_archive(tmp_path / "agency", tmp_path / "state", archive.script)
    assert answers(fresh) == before


def test_a_catalog_that_says_something_else_is_put_right(archive: ScriptedArchive) -> None:
    before = answers(archive)
    with sqlite3.connect(archive.catalog.path) as db:
        db.execute("DELETE FROM things WHERE native_id = 'c1'")
        db.execute("UPDATE cursors SET value = '{}'")
    assert answers(archive) != before
    rebuild(archive)
    assert answers(archive) == before


def test_a_changed_copy_is_replaced(archive: ScriptedArchive) -> None:
    before = answers(archive)
    _o, path = _copies(archive)[0]
    path.write_bytes(b"not what was committed")
    rebuild(archive)
    assert answers(archive) == before


def test_the_harvest_after_a_rebuild_finds_nothing_new(archive: ScriptedArchive) -> None:
    rebuild(archive)
    report = run(archive, archive.account("larkspur"))
    assert (report.wrote, report.entries) == (0, [])


def test_it_tells_how_far_it_is_and_what_it_found(archive: ScriptedArchive) -> None:
    told: list[tuple[int, int]] = []
    done = rebuild(archive, progress=lambda n, total: told.append((n, total)))
    head = archive.ledger.head()
    assert told == [(n + 1, head.n) for n in range(head.n)]
    assert (done["entries"], done["leaves"], done["things"]) == (head.n, head.size, 8)


def test_an_object_whose_bytes_changed_in_the_store_stops_it(
    archive: ScriptedArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the ledger names is checked against its hash; other bytes are never read as records."""
    read = type(archive.store).read

    def altered(store: object, key: str, version_id: str | None = None) -> object:
        body, lock = read(store, key, version_id)  # type: ignore[arg-type]
        return (body[:-1] + bytes([body[-1] ^ 1]), lock) if key.startswith("records/") else (body, lock)

    monkeypatch.setattr(type(archive.store), "read", altered)
    with pytest.raises(Corrupt):
        rebuild(archive)


# --------------------------------------------------------------------------- a restored backup


@pytest.fixture
def stocked(buckets: StoreConfig, tmp_path: Path) -> Archive:
    return stocked_archive(tmp_path, buckets.bucket)


Backup = list[tuple[str, bytes]]


def back_up(archive: Archive) -> Backup:
    """A copy of every object of the content bucket."""
    return [(v.key, archive.store.get(v.key, v.version_id)) for v in archive.store.versions("") if not v.delete_marker]


def restore(archive: Archive, backup: Backup) -> None:
    """Put everything back that is not there now, as a backup tool would: under the same keys, as new versions."""
    there = {v.key for v in archive.store.versions("")}
    for key, body in dict(backup).items():
        if key not in there:
            archive.store.put(key, body)


def old_stock(archive: Archive) -> list[CatalogObject]:
    """What is due in May 2023: two objects of records and a picture."""
    return [*of_month(archive, MAY), *of_month(archive, MAY, "media")]


def found(archive: Archive, text: str) -> int:
    """What somebody finds who looks while the archive is rebuilt, with caches of their own."""
    reader = open_archive(archive.agency.folder, state=archive.state / "reader", write=False)
    reader.catalog.catch_up()
    search = Search.of(reader)
    try:
        return search.find(Query(text=text)).total
    finally:
        search.close()
        reader.forget_caches()


def there(archive: Archive, objects: list[CatalogObject]) -> set[str]:
    keys = {o.key for o in objects}
    return {v.key for v in archive.store.versions("") if v.key in keys}


def rebuild_in(agency: str, state: str, crash_at: str, env: dict[str, str]) -> None:
    os.environ.update(env, CRASH_AT=crash_at)
    rebuild(open_archive(Path(agency), state=Path(state)))


def killed_rebuild(archive: Archive, crash_at: str) -> None:
    store = {name: value for name, value in os.environ.items() if name.startswith("ARCHIVE_S3_")}
    process = multiprocessing.get_context("spawn").Process(
        target=rebuild_in, args=(str(archive.agency.folder), str(archive.state), crash_at, store)
    )
    process.start()
    process.join(120)
    assert process.exitcode == 137


@pytest.mark.parametrize("consolidated", [False, True])
def test_what_a_backup_brought_back_is_destroyed_again(stocked: Archive, consolidated: bool) -> None:
    backup = back_up(stocked)
    before = old_stock(stocked)
    if consolidated:
        consolidate(stocked)
        backup += back_up(stocked)
    due = old_stock(stocked)
    disposals.dispose(stocked, "d1", due)
    restore(stocked, backup)
    assert "twice" in check(stocked).codes

    seen: list[int] = []
    done = rebuild(stocked, progress=lambda n, total: seen.append(found(stocked, "lovely")))

    assert there(stocked, [*before, *due]) == set()
    assert done["destroyed_again"] == len({o.key for o in [*before, *due]})
    assert set(seen) == {0}
    assert not path(stocked).exists()
    assert check(stocked).ok
    assert done["things"] == 2
    for file in stocked.cache.rglob("*"):
        assert not file.is_file() or PICTURE not in file.read_bytes()


def test_a_backup_of_the_very_versions_goes_too_and_the_rest_stays(stocked: Archive) -> None:
    """A disposal that reported and did not destroy (or a store restored from its disk)."""
    due = old_stock(stocked)
    disposals.certify(stocked, "d1", disposals.report(stocked, "d1", due))
    rest = {(o.key, o.version_id) for o in stocked.catalog.objects()}
    assert rebuild(stocked)["destroyed_again"] == len(due)
    assert {(v.key, v.version_id) for v in stocked.store.versions("")} == rest


def test_what_a_rewrite_replaced_is_removed_again(stocked: Archive) -> None:
    backup = back_up(stocked)
    consolidate(stocked)
    restore(stocked, backup)
    done = rebuild(stocked)
    assert (done["destroyed_again"], done["removed_again"], done["things"]) == (0, 2, 5)
    assert check(stocked).findings == []


def test_an_untouched_archive_needs_no_keys_of_the_disposer(stocked: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARCHIVE_S3_DISPOSER_ACCESS_KEY")
    done = rebuild(stocked)
    assert (done["destroyed_again"], done["removed_again"]) == (0, 0)
    backup = back_up(stocked)
    due = old_stock(stocked)
    monkeypatch.undo()
    disposals.dispose(stocked, "d1", due)
    restore(stocked, backup)
    monkeypatch.delenv("ARCHIVE_S3_DISPOSER_ACCESS_KEY")
    with pytest.raises(ConfigError, match="DISPOSER"):
        rebuild(open_archive(stocked.agency.folder, state=stocked.state))
    assert path(stocked).exists()


def test_what_the_store_keeps_leaves_the_archive_closed(stocked: Archive, weed: Seaweed) -> None:
    backup = back_up(stocked)
    due = old_stock(stocked)
    disposals.dispose(stocked, "d1", due)
    restore(stocked, backup)
    picture = due[-1]
    lock = {"Mode": "COMPLIANCE", "RetainUntilDate": "2099-01-01T00:00:00Z"}
    weed.client("admin").put_object_retention(Bucket=stocked.store.bucket, Key=picture.key, Retention=lock)
    with pytest.raises(StillThere, match="1 object version"):
        rebuild(stocked)
    assert there(stocked, due) == {picture.key}
    with pytest.raises(Rebuilding):
        disposals.append(open_archive(stocked.agency.folder, state=stocked.state), "tag", {"by": "records"})


@pytest.mark.parametrize(
    "point", ["rebuild-closed", "rebuild-destroyed-one:2", "rebuild-destroyed", "rebuild-replayed"]
)
def test_a_rebuild_that_was_killed_leaves_the_archive_closed_until_one_ends(stocked: Archive, point: str) -> None:
    backup = back_up(stocked)
    due = old_stock(stocked)
    disposals.dispose(stocked, "d1", due)
    restore(stocked, backup)
    killed_rebuild(stocked, point)

    assert path(stocked).exists()
    fresh = open_archive(stocked.agency.folder, state=stocked.state)
    with pytest.raises(Rebuilding):
        disposals.append(fresh, "tag", {"by": "records"})
    assert fresh.ledger.head() == stocked.ledger.head()

    rebuild(fresh)
    assert there(fresh, due) == set()
    assert check(fresh).ok
    disposals.append(fresh, "tag", {"by": "records"})


def test_holds_stand_again_before_the_archive_opens(stocked: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever keeps the holds is called when the catalog is whole, and while nothing else may write."""
    seen: list[tuple[bool, int]] = []

    def reassert(archive: Archive) -> dict[str, int]:
        seen.append((path(archive).exists(), len(archive.catalog.objects("records"))))
        return {"holds": 1, "objects": 4}

    monkeypatch.setattr(holds, "reassert", reassert)
    assert rebuild(stocked)["held_again"] == 4
    assert seen == [(True, len(stocked.catalog.objects("records")))]


def test_what_was_resolved_in_quarantine_stays_resolved_after_it_moved(stocked: Archive) -> None:
    """The item's row comes with a later entry than the one that resolved it."""
    (qid, _), = stocked.catalog.quarantine_items()  # fmt: skip
    disposals.resolve(stocked, qid, rid_of(stocked, "c1"))
    moved = stocked.catalog.objects("quarantine")
    consolidate(stocked, moved)
    before = answers(stocked)
    assert stocked.catalog.quarantine_items() == []
    rebuild(stocked)
    assert stocked.catalog.quarantine_items() == []
    assert answers(stocked) == before


def test_a_disposal_in_quarantine_and_records_leaves_what_is_left(stocked: Archive) -> None:
    disposals.dispose(stocked, "d1", [*old_stock(stocked), *stocked.catalog.objects("quarantine")])
    before = answers(stocked)
    rebuild(stocked)
    assert answers(stocked) == before
    assert audit.sweep(stocked)["missing"] == []
    assert check(stocked).records == 6 - OF_MAY
