"""The catalog is a cache: it follows the ledger, and two processes or a lost file change nothing it says."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.errors import LedgerError
from social_archive.harvest import run
from tests.agencies import agency_folder, scripted_archive
from tests.faults.harvest_once import library_script

pytestmark = pytest.mark.slow

Open = Callable[..., Archive]


@pytest.fixture
def opened(buckets: StoreConfig, tmp_path: Path) -> Open:
    """Opens the test library's archive after one harvest of it; each name is a host with caches of its own."""
    agency = agency_folder(tmp_path / "agency", buckets.bucket)
    harvester = scripted_archive(agency, tmp_path / "harvester", library_script())
    run(harvester, harvester.account("larkspur"))
    harvester.script.say("c1", "Edited")
    harvester.script.delete("p2")
    run(harvester, harvester.account("larkspur"))
    return lambda host="harvester": open_archive(agency, state=tmp_path / host)


def told(archive: Archive) -> dict[str, Any]:
    """Everything that the catalog holds but the hints, table by table."""
    archive.catalog.catch_up()
    db = sqlite3.connect(archive.catalog.path)
    tables = ("meta", "things", "objects", "cursors", "quarantine", "gaps")
    return {name: sorted(db.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}  # noqa: S608


def test_a_catalog_made_from_the_bucket_alone_says_the_same(opened: Open) -> None:
    assert told(opened("elsewhere")) == told(opened())


def test_it_answers_from_where_it_was_when_it_is_opened_again(opened: Open) -> None:
    archive = opened("elsewhere")
    head = archive.catalog.catch_up()
    archive.close()
    again = opened("elsewhere")
    assert again.catalog.head == head
    assert [e.n for e in again.ledger.entries(after=head)] == []


def test_an_entry_that_is_applied_twice_counts_once(opened: Open) -> None:
    archive = opened("elsewhere")
    before = told(archive)
    for entry in archive.ledger.entries():
        archive.catalog.apply(entry, [])
    assert told(archive) == before


def test_two_processes_share_one_file(opened: Open) -> None:
    one, two = opened("shared"), opened("shared")
    one.catalog.catch_up()
    assert two.catalog.head == one.catalog.head
    assert two.catalog.latest("mastodon", "larkspur", ["c1"])["c1"].version == 2


def test_it_knows_the_latest_version_of_each_thing(opened: Open) -> None:
    archive = opened()
    known = archive.catalog.latest("mastodon", "larkspur", ["c1", "p1", "p2", "unheard-of"])
    assert {i: (k.kind, k.version, k.state) for i, k in known.items()} == {
        "c1": ("comment", 2, "present"), "p1": ("post", 1, "present"), "p2": ("post", 2, "deleted"),
    }  # fmt: skip
    assert archive.catalog.latest("mastodon", "another-account", ["c1"]) == {}


def test_more_things_than_one_query_takes_are_found(opened: Open) -> None:
    archive = opened()
    many = [f"unheard-of-{n}" for n in range(1_200)] + ["c1"]
    assert set(archive.catalog.latest("mastodon", "larkspur", many)) == {"c1"}


def test_where_finds_the_leaf_of_every_version(opened: Open) -> None:
    archive = opened()
    rid = archive.catalog.latest("mastodon", "larkspur", ["c1"])["c1"].rid
    places = archive.catalog.where(rid)
    assert [version for version, *_ in places] == [1, 2]
    entries = {e.n: e for e in archive.ledger.entries()}
    for version, n, leaf, _key in places:
        line = json.loads(entries[n].leaves[leaf - entries[n].first_leaf])
        assert (line["rid"], line["ver"]) == (rid, version)


def test_a_ledger_that_lost_its_end_is_not_followed(opened: Open) -> None:
    """The catalog has seen entry 1; a ledger without it is a truncated one, not a shorter truth."""
    archive = opened()
    archive.catalog.catch_up()
    store = archive.ledger_store
    known = list(store.versions("entries/"))

    class Truncated(type(store)):  # type: ignore[misc]
        def versions(self, prefix: str, **more: Any) -> Any:
            return (v for v in super().versions(prefix, **more) if v.key != known[-1].key)

    archive.ledger.store = Truncated(store.client, store.bucket)
    with pytest.raises(LedgerError, match="gone"):
        archive.ledger.head(archive.catalog.head)
