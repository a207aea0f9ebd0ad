"""Consolidation and splitting change where rows lie, and no answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from social_archive import audit
from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.coverage import Asked, Statements
from social_archive.errors import ConfigError, NotFound
from social_archive.harvest import run as harvest
from social_archive.proof import verify_proof
from social_archive.proving import prove
from social_archive.rebuild import rebuild
from social_archive.retention import consolidation
from social_archive.retention.consolidation import consolidate, due, split
from social_archive.rewrite import SourcesChanged
from social_archive.search import Query, Search
from social_archive.store import COMPLIANCE
from tests.agencies import agency_folder, scripted_archive
from tests.faults.harvest_once import library_script
from tests.social_archive.cli.conftest import Run, run  # noqa: F401
from tests.social_archive.filled import LONG_AGO, PREFIX, answers, filled, take_in, told

pytestmark = pytest.mark.slow

QUARANTINE = PREFIX.replace("records", "quarantine", 1)


@pytest.fixture
def archive(buckets: StoreConfig, tmp_path: Path) -> Archive:
    return filled(tmp_path, buckets.bucket)


def of_november(archive: Archive) -> list[str]:
    return [o.key for o in archive.catalog.objects("records") if o.key.startswith(PREFIX)]


def prove_all(archive: Archive) -> None:
    """Every version of everything has a proof that verifies."""
    search = Search.of(archive)
    rows = search.find(Query(all_versions=True, limit=1000)).rows
    search.close()
    assert rows
    for row in rows:
        proof = prove(archive, row["rid"], version=row["version"])
        assert verify_proof(proof).problems == []


# --------------------------------------------------------------------------- what is due


def test_folders_of_closed_months_with_several_objects_are_due(archive: Archive) -> None:
    found = due(archive)
    assert {f.prefix: (len(f.objects), f.rows) for f in found} == {PREFIX: (4, 7), QUARANTINE: (2, 2)}
    records = next(f for f in found if f.cls == "records")
    assert (records.series, records.cutoff, records.platform, records.account) == (
        "social-media", "2023-11", "mastodon", "larkspur",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("moment", "folders"),
    [("2023-12-02T05:59:59Z", 0), ("2023-12-02T06:00:00Z", 2)],  # midnight in Chicago, a day after the month
)
def test_a_month_is_over_on_the_agencys_calendar_and_a_day_later(archive: Archive, moment: str, folders: int) -> None:
    assert len(due(archive, now=datetime.fromisoformat(moment))) == folders


def test_what_is_left_claimed_or_split_on_purpose_is_not_due(archive: Archive) -> None:
    keys = of_november(archive)
    assert [len(f.objects) for f in due(archive, leave=keys[:2]) if f.cls == "records"] == [2]
    assert [f for f in due(archive, leave=keys[:3]) if f.cls == "records"] == []
    done = consolidate(archive, leave=keys[:3])
    assert (done.folders, done.skipped) == (1, {"left": 3})
    assert of_november(archive) == keys


# --------------------------------------------------------------------------- putting together


def test_every_answer_is_the_same_before_and_after_and_after_a_rebuild(archive: Archive, tmp_path: Path) -> None:
    before, sizes = answers(archive), [o.size for f in due(archive) for o in f.objects]
    done = consolidate(archive)
    assert (done.folders, done.objects_before, done.objects_after, done.rows) == (2, 6, 2, 9)
    assert (done.bytes_before, done.skipped, done.left_behind) == (sum(sizes), {}, 0)
    assert done.bytes_after is not None
    assert done.bytes_after < done.bytes_before
    assert len(of_november(archive)) == 1
    assert answers(archive) == before
    said = told(archive)
    rebuild(archive)
    assert answers(archive) == before
    assert told(archive) == said
    fresh = open_archive(archive.agency.folder, state=tmp_path / "another-host")
    assert answers(fresh) == before
    prove_all(fresh)
    assert archive.ledger.verify().findings == []


def test_a_host_that_follows_later_says_the_same(archive: Archive, tmp_path: Path) -> None:
    """One that had seen the small objects, and one that meets each step of a longer history only at its end."""
    seen = open_archive(archive.agency.folder, state=tmp_path / "seen")
    seen.catalog.catch_up()
    consolidate(archive)
    take_in(archive, {"c2": "Thanks again!", "c9": "Late"})
    consolidate(archive)
    split(archive, of_november(archive)[0], np.array([0, 3]))
    take_in(archive, {"c4": "What a mural!"})
    expected = answers(archive)
    assert answers(seen) == expected
    assert told(seen) == told(archive)
    assert not [p for p in seen.mirror.folder.rglob("*.parquet") if "records" in p.parts and p.name not in {
        key.rsplit("/", 1)[1] for key in (o.key for o in seen.catalog.objects())}]  # fmt: skip


def test_the_new_object_is_sorted_for_search_with_statistics(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("social_archive.rewrite._ROW_GROUP", 3)
    consolidate(archive)
    path = archive.mirror.path(next(o for o in archive.catalog.objects("records") if o.key in of_november(archive)))
    file = pq.ParquetFile(path)
    rows = file.read().to_pylist()
    order = [(r["created_at"], r["root_native_id"], r["parent_native_id"], r["native_id"], r["version"]) for r in rows]
    assert order == sorted(order)
    assert file.num_row_groups == 3
    column = next(i for i in range(file.metadata.num_columns)
                  if file.metadata.row_group(0).column(i).path_in_schema == "created_at")  # fmt: skip
    spans = [file.metadata.row_group(g).column(column).statistics for g in range(3)]
    assert all(a.max <= b.min for a, b in pairwise(spans))


def test_it_is_idempotent_and_takes_in_what_came_later(archive: Archive) -> None:
    consolidate(archive)
    head = archive.ledger.head()
    again = consolidate(archive)
    assert (again.folders, archive.ledger.head()) == (0, head)
    take_in(archive, {"c7": "One more"})
    before = answers(archive)
    assert consolidate(archive).objects_before == 2
    assert answers(archive) == before


def test_a_dry_run_says_what_would_be_and_does_nothing(archive: Archive) -> None:
    head, objects = archive.ledger.head(), archive.catalog.objects()
    said = consolidate(archive, dry_run=True)
    assert (said.folders, said.objects_before, said.objects_after, said.bytes_after) == (2, 6, 2, None)
    assert (archive.ledger.head(), archive.catalog.objects()) == (head, objects)
    assert consolidate(archive).objects_after == said.objects_after


def test_progress_counts_objects_up_to_their_number(archive: Archive) -> None:
    seen: list[tuple[int, int]] = []
    consolidate(archive, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(2, 6), (6, 6)]


def test_what_is_too_much_for_one_object_becomes_several(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(6):
        take_in(archive, {f"x{n}{m}": "Invented" for m in range(3)})
    before = answers(archive)
    monkeypatch.setattr(consolidation, "MAX_ROWS", 10)
    done = consolidate(archive)
    rows = [o.rows for o in archive.catalog.objects("records") if o.key.startswith(PREFIX)]
    assert sum(rows) == 25
    assert all(5 <= count <= 10 for count in sorted(rows)[1:])
    assert done.objects_after == len(rows) + 1  # and one of quarantine
    assert answers(archive) == before
    assert due(archive) == []
    assert consolidate(archive).folders == 0


def test_a_folder_under_a_lock_that_nobody_may_lift_is_skipped_and_counted(archive: Archive) -> None:
    o = next(o for o in archive.catalog.objects("records") if o.key.startswith(PREFIX))
    archive.disposer.client.put_object_retention(
        Bucket=archive.store.bucket, Key=o.key, VersionId=o.version_id, BypassGovernanceRetention=True,
        Retention={"Mode": COMPLIANCE, "RetainUntilDate": datetime.now(UTC) + timedelta(days=1)},
    )  # fmt: skip
    keys = of_november(archive)
    for dry_run in (True, False):
        done = consolidate(archive, dry_run=dry_run)
        assert (done.folders, done.skipped) == (1, {"compliance_lock": 4})
    assert of_november(archive) == keys


def test_without_the_disposers_keys_nothing_is_begun(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    head = archive.ledger.head()
    monkeypatch.delenv("ARCHIVE_S3_DISPOSER_SECRET_KEY")
    with pytest.raises(ConfigError, match="ARCHIVE_S3_DISPOSER_SECRET_KEY"):
        consolidate(archive)
    assert archive.ledger.head() == head
    assert consolidate(archive, dry_run=True).folders == 2


def test_the_latest_end_of_the_locks_is_that_of_the_new_object(archive: Archive) -> None:
    ends = {o.retain_until for o in archive.catalog.objects("records") if o.key.startswith(PREFIX)}
    consolidate(archive)
    o = next(o for o in archive.catalog.objects("records") if o.key.startswith(PREFIX))
    assert {o.retain_until} == ends
    assert audit.sweep(archive)["sealed_again"] == 0


# --------------------------------------------------------------------------- what goes on meanwhile


def test_a_search_that_began_before_answers_after(archive: Archive) -> None:
    """Its files are gone under it; it takes those that there are, and says the same."""
    fresh, running = Search.of(archive), Search.of(archive)
    asked: list[Callable[[Search], object]] = [
        lambda s: s.find(Query(text="park")), lambda s: s.counts(["kind"]), lambda s: s.gaps(),
        lambda s: s.quarantined(), lambda s: s.find(Query(all_versions=True)),
        lambda s: s.thread(s.resolve("c3")).size, lambda s: s.versions(s.resolve("c1")),
    ]  # fmt: skip
    expected = [ask(fresh) for ask in asked]
    position = running.position
    consolidate(archive)
    assert [ask(running) for ask in asked] == expected
    assert running.position == position + 2
    take_in(archive, {"c7": "One more"})
    consolidate(archive)
    assert running.find(Query(text='"one more"')).total == 1


def test_a_reader_on_a_host_that_is_behind_follows_by_itself(archive: Archive, tmp_path: Path) -> None:
    behind = open_archive(archive.agency.folder, state=tmp_path / "behind")
    behind.catalog.catch_up()
    rid = archive.catalog.latest("mastodon", "larkspur", ["c1"])["c1"].rid
    places = [place[:3] for place in behind.catalog.where(rid)]
    consolidate(archive)
    behind.mirror.clear()
    assert [place[:3] for place in behind.catalog.where(rid)] == places
    assert verify_proof(prove(behind, rid)).problems == []


def test_what_is_not_there_at_all_is_still_not_found(archive: Archive) -> None:
    with pytest.raises(NotFound):
        prove(archive, "0" * 32)
    with pytest.raises(NotFound):
        Search.of(archive).resolve("no such thing")


def test_harvests_quarantine_and_coverage_go_on_as_before(buckets: StoreConfig, tmp_path: Path) -> None:
    """The scripted library: an edit, a retry of what is in quarantine, and a statement, over consolidated objects."""
    folder = agency_folder(tmp_path / "agency", buckets.bucket)
    archive = scripted_archive(folder, tmp_path / "state", library_script())
    account = archive.account("larkspur")
    for text in ("Lovely!", "Edited", "Lovely!"):
        archive.script.say("c1", text)
        harvest(archive, account)
    later = datetime.now(UTC).replace(year=datetime.now(UTC).year + 1)
    before, stated = answers(archive), Statements(archive).of(account, Asked())
    done = consolidate(archive, now=later)
    assert done.objects_before > done.objects_after
    assert answers(archive) == before
    restated = Statements(archive).of(account, Asked(until=None))
    for named in ("records", "absent", "gaps", "looks", "totals", "quarantine"):
        assert restated[named] == stated[named]
    assert harvest(archive, account).entries == []
    archive.script.say("c1", "Edited again")
    assert harvest(archive, account).wrote == 1
    assert archive.catalog.latest("mastodon", "larkspur", ["c1"])["c1"].version == 4


def test_resolved_items_stay_resolved_when_their_object_moves(archive: Archive, tmp_path: Path) -> None:
    """Also for a host that reads the object only where it lies now."""
    from social_archive.accession import Batch, commit

    (qid, _), *_ = archive.catalog.quarantine_items()
    commit(archive, Batch("mastodon", "larkspur", "h", [], resolved=[{"qid": qid, "as": "record"}]))
    waiting = [one for one, _ in archive.catalog.quarantine_items()]
    assert len(waiting) == 1
    consolidate(archive)
    fresh = open_archive(archive.agency.folder, state=tmp_path / "fresh")
    for host in (archive, fresh):
        host.catalog.catch_up()
        assert [one for one, _ in host.catalog.quarantine_items()] == waiting
    assert told(fresh) == told(archive)


# --------------------------------------------------------------------------- taking apart


def test_held_rows_get_an_object_of_their_own(archive: Archive) -> None:
    consolidate(archive)
    (key,) = of_november(archive)
    before = answers(archive)
    bodies = pq.read_table(archive.mirror.path(archive.catalog.object(key)), partitioning=None).column("body")  # type: ignore[arg-type]
    mask = np.array([body == "Thanks!" for body in bodies.to_pylist()])
    held, rest = split(archive, key, mask)
    assert held is not None
    assert rest is not None
    assert {held, rest} == set(of_november(archive))
    shown = {k: pq.read_table(archive.mirror.path(archive.catalog.object(k)), partitioning=None).column("body")  # type: ignore[arg-type]
             .to_pylist() for k in (held, rest)}  # fmt: skip
    assert shown[held] == ["Thanks!"]
    assert len(shown[rest]) == 6
    assert answers(archive) == before
    prove_all(archive)
    assert due(archive) == []  # or the next night would undo it
    said = told(archive)
    rebuild(archive)
    assert (answers(archive), told(archive)) == (before, said)


def test_all_rows_or_none_need_no_splitting(archive: Archive) -> None:
    (key, *_), head = of_november(archive), archive.ledger.head()
    assert split(archive, key, np.arange(2)) == (key, None)
    assert split(archive, key, np.array([], dtype=np.int64)) == (None, key)
    assert archive.ledger.head() == head


def test_rows_that_an_object_does_not_have_are_refused(archive: Archive) -> None:
    (key, *_), head = of_november(archive), archive.ledger.head()
    for rows in (np.array([2]), np.array([-1]), np.array([True])):
        with pytest.raises(ValueError, match="rows"):
            split(archive, key, rows)
    with pytest.raises(NotFound):
        split(archive, PREFIX + "gone.parquet", np.array([0]))
    assert archive.ledger.head() == head


def test_a_split_asks_before_it_happens(archive: Archive) -> None:
    def no() -> None:
        raise SourcesChanged("Not any more.")

    (key, *_) = of_november(archive)
    with pytest.raises(SourcesChanged, match="Not any more"):
        split(archive, key, np.array([0]), may=no)
    assert key in of_november(archive)


# --------------------------------------------------------------------------- the command


def test_the_command_changes_no_byte_of_what_find_prints(
    archive: Archive,
    run: Run,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ARCHIVE_AGENCY", str(archive.agency.folder))
    asked = [("find", "park", "--json"), ("find", "--versions", "--json"), ("find", "--count", "month,kind", "--json"),
             ("quarantine", "--json"), ("show", "c1", "--json")]  # fmt: skip
    before = [run(*words).out for words in asked]
    said = run("consolidate", "--dry-run", "--json").json
    assert (said["dry_run"], said["objects_before"], said["objects_after"]) == (True, 6, 2)
    assert "would become 2" in run("consolidate", "--dry-run").out
    done = json.loads(run("consolidate", "--json").out)
    assert (done["objects_before"], done["objects_after"], done["skipped"]) == (6, 2, {})
    assert [run(*words).out for words in asked] == before
    assert "nothing to put together" in run("consolidate").out


def test_the_new_object_keeps_its_moment(archive: Archive) -> None:
    """What a row says of itself is untouched, to the microsecond."""
    consolidate(archive)
    path = archive.mirror.paths([o for o in archive.catalog.objects("records") if o.key in of_november(archive)])[0]
    first = pq.read_table(path, partitioning=None).column("created_at").cast("int64")[0].as_py()
    assert first == LONG_AGO + sum(b"c1") * 60_000_000
