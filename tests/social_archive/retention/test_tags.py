"""Tags: who may put them, what the ledger then says, and that asking twice writes once."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Barrier, Thread

import pytest

from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.errors import NotFound
from social_archive.retention import tags
from social_archive.retention.tags import Tagged, TagRefused
from tests.social_archive.cli.conftest import Run, run  # noqa: F401 - a fixture
from tests.social_archive.retention.settled_library import day, library, rid_of, seen, take

pytestmark = pytest.mark.slow


@pytest.fixture
def archive(buckets: StoreConfig, tmp_path: Path) -> Archive:
    archive = library(tmp_path / "agency", buckets.bucket, tmp_path / "state")
    take(archive, *(seen(f"c{n}", day("2024-02-02"), created=day("2024-02-01")) for n in range(3)))
    return archive


def with_people(archive: Archive) -> Archive:
    agency = archive.agency.folder / "agency.yaml"
    agency.write_text(agency.read_text() + "people: [{user: records, name: Ada Invented, title: Records officer}]\n")
    return open_archive(archive.agency.folder, state=archive.state)


def test_a_tag_is_one_entry_with_a_leaf_for_each_record(archive: Archive) -> None:
    rids = sorted(rid_of(archive, f"c{n}") for n in range(2))
    done = tags.add(archive, rids, "local-history", by="records", reason=" in the exhibition ")
    assert done.changed == tuple(rids)
    entry = archive.ledger.read(archive.ledger.head().n - 1)
    assert (entry.n, entry.header["what"]) == (done.entry, "tag")
    assert entry.header["note"] == {"by": "records", "reason": "in the exhibition", "via": "cli"}
    assert [json.loads(line) for line in entry.leaves[1:]] == [
        {"on": True, "rid": rid, "t": "tag", "tag": "local-history"} for rid in rids
    ]
    assert tags.listed(archive) == {"local-history": rids}


def test_asking_for_what_is_so_already_writes_nothing(archive: Archive) -> None:
    one, two = sorted(rid_of(archive, f"c{n}") for n in range(2))
    assert tags.remove(archive, [one], "local-history", by="records", reason="invented") == Tagged(None, ())
    tags.add(archive, [one, one], "local-history", by="records", reason="invented")
    head = archive.ledger.head()
    assert tags.add(archive, [one], "local-history", by="another", reason="invented") == Tagged(None, ())
    assert archive.ledger.head() == head
    assert tags.add(archive, [one, two], "local-history", by="another", reason="invented").changed == (two,)


def test_put_on_taken_off_and_put_on_again_is_three_entries_and_a_rebuild_knows_them(archive: Archive) -> None:
    rid = rid_of(archive, "c1")
    for change in (tags.add, tags.remove, tags.add):
        assert change(archive, [rid], "local-history", by="records", reason="invented").changed == (rid,)
    archive.forget_caches()
    archive.catalog.catch_up()
    assert archive.catalog.gone.tags(rid) == {rid: ["local-history"]}
    assert [change.on for change in tags.history(archive, rid)] == [True, False, True]
    assert {(c.tag, c.by, c.reason, c.via) for c in tags.history(archive, rid)} == {
        ("local-history", "records", "invented", "cli")
    }


def test_two_at_once_tag_once(archive: Archive) -> None:
    rid = rid_of(archive, "c1")
    ready = Barrier(4)
    done: list[Tagged] = []

    def one(host: int) -> None:
        own = open_archive(archive.agency.folder, state=archive.state.parent / f"host{host}")
        own.catalog.catch_up()
        ready.wait()
        done.append(tags.add(own, [rid], "local-history", by="records", reason="invented"))

    threads = [Thread(target=one, args=(host,)) for host in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 4
    archive.catalog.catch_up()
    assert len(tags.history(archive, rid)) == 1


def test_an_unknown_record_is_named_and_nothing_is_tagged(archive: Archive) -> None:
    head = archive.ledger.head()
    with pytest.raises(NotFound, match="no record 00ff00ff in the archive"):
        tags.add(archive, [rid_of(archive, "c1"), "00ff00ff"], "local-history", by="records", reason="invented")
    with pytest.raises(NotFound):
        tags.add(archive, ["not an id"], "local-history", by="records", reason="invented")
    assert archive.ledger.head() == head


@pytest.mark.parametrize(
    ("tag", "by", "reason", "problem"),
    [
        ("Local History", "records", "invented", "small letters"),
        ("", "records", "invented", "small letters"),
        ("x", "records", "  ", "needs a reason"),
        ("x", "records", "so" * 300, "longer than 500"),
        ("x", "stranger", "invented", "nobody 'stranger'"),
        ("x", " ", "invented", "who acts"),
    ],
)
def test_what_is_not_in_order_is_refused(archive: Archive, tag: str, by: str, reason: str, problem: str) -> None:
    head = archive.ledger.head()
    named = with_people(archive)
    named.catalog.catch_up()
    with pytest.raises(TagRefused, match=problem):
        tags.add(named, [rid_of(named, "c1")], tag, by=by, reason=reason)
    assert named.ledger.head() == head


def test_on_the_command_line(archive: Archive, run: Run) -> None:  # noqa: F811 - the fixture
    named = with_people(archive)
    rid = rid_of(archive, "c1")
    agency = ("--agency", str(named.agency.folder))
    put = run(*agency, "tag", rid[:10], "--add", "local-history", "--by", "records", "--reason", "in the exhibition")
    assert (put.code, put.err) == (0, "")
    assert put.out.startswith("1 record tagged local-history, ledger entry 1.")
    assert "Rule 4 of the schedule names it" in put.out
    again = run(*agency, "tag", rid[:10], "--add", "local-history", "--by", "records", "--reason", "again", "--json")
    assert again.json == {"tag": "local-history", "on": True, "entry": None, "changed": [], "unchanged": [rid],
                          "rules": [4]}  # fmt: skip
    assert run(*agency, "tag", "list", "--json").json == {
        "tags": [{"tag": "local-history", "rule": 4, "records": [rid]}]
    }
    assert rid[:12] in run(*agency, "tag", "list").out
    stranger = run(*agency, "tag", rid[:10], "--remove", "local-history", "--by", "x", "--reason", "y")
    assert stranger.code == 1
    assert "nobody 'x'" in stranger.err
    assert "--by records" in stranger.err
    assert run(*agency, "tag", rid[:10], "--by", "records", "--reason", "y").code == 2
    off = run(*agency, "tag", rid[:10], "--remove", "local-history", "--by", "records", "--reason", "by mistake")
    assert off.out.startswith("1 record no longer tagged local-history")
    assert run(*agency, "tag", "list").out == "No record has a tag.\n"
