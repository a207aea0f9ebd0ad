"""Everything but the bucket may be lost: what comes back is the same to the byte."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from social_archive.archive import Archive
from social_archive.catalog import CatalogObject
from social_archive.config import StoreConfig
from social_archive.harvest import run
from social_archive.rebuild import rebuild
from social_archive.store import Corrupt
from tests.agencies import ScriptedArchive, agency_folder, scripted_archive
from tests.faults.harvest_once import library_script

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
