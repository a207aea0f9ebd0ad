"""What is about a record goes where it goes: it moves, is held, is destroyed and is accounted for with it."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from social_archive import audit, companions
from social_archive import leaves as leaf_map
from social_archive.accession import describe
from social_archive.archive import Archive
from social_archive.companions import SourceGone
from social_archive.completeness import check
from social_archive.config import StoreConfig
from social_archive.documents import worksheet
from social_archive.foia import answers
from social_archive.policy import decisions, determinations, findings
from social_archive.policy.moderation import explanations
from social_archive.rebuild import rebuild
from social_archive.record import micros
from social_archive.retention import assignment, certificate, consolidation, disposal, execution, holds, proposal, tags
from social_archive.retention.assignment import Settled
from social_archive.retention.gates import Blocked
from social_archive.retention.hold_scope import Scope
from social_archive.retention.holds import Placed
from social_archive.rewrite import SourcesChanged, read
from tests.social_archive.companion_scene import decide, find, lying, quotes
from tests.social_archive.retention import disposals, scenes
from tests.social_archive.retention.scenes import approved, carried_out, comment, comments, take_in
from tests.social_archive.retention.settled_library import day, rid_of, seen, take
from tests.social_archive.retention.settled_library import library as settled_library

NOTHING = Settled()
SCHEMAS = {one.CLASS: one.SCHEMA for one in (findings, decisions, determinations, explanations, answers)}
PAGE = Path(__file__).parents[2] / "docs" / "verify_certificate_standalone.py"


@pytest.fixture
def archive(tmp_path: Path, buckets: StoreConfig) -> Archive:
    """Old comments may be disposed of."""
    return scenes.library(tmp_path, buckets.bucket)


@pytest.fixture
def settling(tmp_path: Path, buckets: StoreConfig) -> Archive:
    """Records move when they are hidden, tagged or superseded."""
    return settled_library(tmp_path / "agency", buckets.bucket, tmp_path / "state")


def hold(archive: Archive, native_id: str) -> Placed:
    scope = Scope(ids=(archive.catalog.latest(*scenes.MASTODON, [native_id])[native_id].rid,))
    return holds.place(archive, kind="litigation", matter="Invented v. Larkspur (invented)", scope=scope, via="cli",
                       mandate="counsel (invented)", by="records", review=date(2099, 1, 1))  # fmt: skip


def assert_sound(archive: Archive) -> None:
    found = check(archive)
    assert (found.ok, [f.to_dict() for f in found.findings]) == (True, [])


# --------------------------------------------------------------------------- what it commits to


def test_a_column_that_says_nothing_changes_no_commitment() -> None:
    """So a later version may add one, and rows of both lie in one object."""
    row = {"id": "ab" * 16, "quote": "invented", "found_at": 1}
    secret = b"\x01" * 32
    assert companions.commitment({**row, "added_later": None}, secret) == companions.commitment(row, secret)
    assert companions.commitment({**row, "added_later": ""}, secret) != companions.commitment(row, secret)
    assert companions.commitment({**row, "series": "moved", "cutoff": "2020-01"}, secret) == (
        companions.commitment(row, secret)
    )


# --------------------------------------------------------------------------- moving with it


@pytest.mark.slow
def test_a_finding_follows_its_record_when_that_moves_and_stays_what_it_is(settling: Archive) -> None:
    for name in ("c1", "c2"):
        take(settling, seen(name, day("2024-02-02"), created=day("2024-02-01")))
    find(settling, {"c1": "one", "c2": "two"})
    before = {row["id"]: row for row in findings.read(settling).to_pylist()}
    tags.add(settling, [rid_of(settling, "c1")], "local-history", by="records", reason="invented")
    assert assignment.settle(settling) == Settled(rows=1, objects=2, companions=1)
    assert lying(settling) == {"one": ("local-history", "2024-02"), "two": ("social-media", "2024-02")}
    after = {row["id"]: row for row in findings.read(settling).to_pylist()}
    moved = ("series", "cutoff")
    assert [{**row, **{name: before[i][name] for name in moved}} for i, row in sorted(after.items())] == [
        row for _, row in sorted(before.items())
    ]
    assert settling.catalog.objects("findings")[0].retain_until != settling.catalog.objects("findings")[1].retain_until
    assert assignment.settle(settling) == NOTHING
    assert_sound(settling)
    tags.remove(settling, [rid_of(settling, "c1")], "local-history", by="records", reason="invented")
    assert assignment.settle(settling).companions == 1
    assert set(lying(settling).values()) == {("social-media", "2024-02")}


@pytest.mark.slow
def test_what_quotes_an_older_version_goes_with_that_version(settling: Archive) -> None:
    """Else the words of a version that is destroyed would live on with a later one."""
    take(settling, seen("me", day("2023-02-01"), kind="profile"))
    find(settling, {"me": "old words"})
    take(settling, seen("me", day("2024-04-30"), kind="profile"))
    find(settling, {"me": "new words"})
    assignment.settle(settling)
    assert lying(settling) == {"old words": ("profiles", "2024-04"), "new words": ("profiles", "open")}


@pytest.mark.slow
def test_what_was_left_behind_follows_in_the_next_run(settling: Archive) -> None:
    take(settling, seen("c1", day("2024-02-02"), created=day("2024-02-01")))
    find(settling, {"c1": "one"})
    (o,) = settling.catalog.objects("findings")
    tags.add(settling, [rid_of(settling, "c1")], "local-history", by="records", reason="invented")
    assert assignment.settle(settling, leave={o.key}) == Settled(rows=1, objects=1, left_alone=1)
    assert assignment.settle(settling) == Settled(objects=1, companions=1)


@pytest.mark.slow
def test_consolidation_and_a_rebuild_change_no_answer(archive: Archive) -> None:
    comments(archive, 3)
    for n in range(3):
        find(archive, {f"c{n}": f"quote {n}"})
    decide(archive, "c1", "Nothing is wrong with it (invented)")
    before = findings.read(archive).sort_by("id")
    consolidation.consolidate(archive)
    assert [o.rows for o in archive.catalog.objects("findings")] == [3]
    assert findings.read(archive).sort_by("id").equals(before)
    assert_sound(archive)
    rebuild(archive)
    assert findings.read(archive).sort_by("id").equals(before)
    assert (check(archive).records, check(archive).companions) == (3, 4)


# --------------------------------------------------------------------------- destroyed with it


@pytest.mark.slow
def test_it_is_listed_destroyed_and_certified_with_its_record(archive: Archive) -> None:
    comments(archive, 3)
    find(archive, {"c0": "quote 0", "c1": "quote 1"})
    decide(archive, "c1", "Nothing is wrong with it (invented)")
    leaves = {leaf for cls in leaf_map.COMPANIONS for o in archive.catalog.objects(cls)
              for leaf in archive.catalog.leaves_of(o.key).tolist()}  # fmt: skip
    d = approved(archive)
    assert [o["class"] for o in d.proposal["objects"]] == ["records", "decisions", "findings"], "its own goes last"
    made = carried_out(archive, d)
    told = json.loads(certificate.read(archive, made.number, "certificate.json"))
    assert [(line["records"], line["companions"]) for line in told["lines"]] == [(3, 3)]
    assert leaves <= {leaf for first, last in told["leaves"] for leaf in range(first, last + 1)}
    assert quotes(archive) == []
    assert_holds(archive, made.number)
    assert_sound(archive)


def assert_holds(archive: Archive, number: str) -> None:
    """A stranger's program accepts the certificate."""
    folder = archive.state / "stranger"
    folder.mkdir(exist_ok=True)
    for name, ending in zip(certificate.FILES, ("json", "note.txt", "pdf"), strict=True):
        (folder / f"{number}.{ending}").write_bytes(certificate.read(archive, number, name))
    command = [sys.executable, str(PAGE), str(folder / f"{number}.json"), archive.signer.vkey]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.slow
def test_a_record_that_is_held_keeps_its_own_and_the_others_go(archive: Archive) -> None:
    comments(archive, 3)
    find(archive, {f"c{n}": f"quote {n}" for n in range(3)})
    assert hold(archive, "c1").objects == 2
    d = approved(archive)
    assert [(e["code"], e["objects"], e["records"]) for e in d.proposal["excluded"]] == [("on_hold", 2, 1)]
    assert d.proposal["lines"][0]["companions"] == 2
    carried_out(archive, d)
    assert quotes(archive) == ["quote 1"]
    (o,) = archive.catalog.objects("findings")
    assert archive.store.lock_state(o.key, o.version_id).hold
    assert_sound(archive)


@pytest.mark.slow
def test_a_hold_takes_it_out_of_a_disposal_that_has_begun_with_all_that_the_copied_object_holds(
    archive: Archive,
) -> None:
    """The object is copied whole: the other record in it is released too, and must not lose what is about it."""
    comments(archive, 2)
    find(archive, {"c0": "quote 0"})
    find(archive, {"c1": "quote 1"})
    claimed = [*archive.catalog.objects("records"), *archive.catalog.objects("findings")]
    disposals.claim(archive, "d1", claimed)
    placed = hold(archive, "c0")
    assert (placed.rescued, placed.objects) == (3, 2)
    assert not {o.key for o in archive.catalog.objects("findings")} & {o.key for o in claimed}
    disposals.delete(archive, claimed)
    assert quotes(archive) == ["quote 0", "quote 1"]
    assert check(archive).ok


@pytest.mark.slow
def test_what_is_set_aside_keeps_its_own(archive: Archive) -> None:
    early = scenes.LONG_AGO - timedelta(days=40)
    take_in(archive, [comment(1, "stays", at=early), comment(2, "goes")])
    find(archive, {"c1": "stays", "c2": "goes"})
    (cutoff,) = {o.cutoff for o in archive.catalog.objects("findings")} - {f"{scenes.LONG_AGO:%Y-%m}"}
    d = proposal.propose(archive, by="it", via="cli", exclude=[f"comments/{cutoff}"])
    assert d is not None
    assert [(o["class"], o["rows"]) for o in d.proposal["objects"]] == [("records", 1), ("findings", 1)]
    assert [(e["code"], e["objects"]) for e in d.proposal["excluded"]] == [("set_aside", 2)]


@pytest.mark.slow
def test_where_a_copy_in_an_imported_file_stays_what_is_about_the_record_stays(archive: Archive) -> None:
    """The file is held for one of its records; the other is not held, and stays for the file's sake."""
    folder = f"imports/series=comments/cutoff={scenes.LONG_AGO:%Y-%m}/platform=mastodon/account=larkspur"
    ref = archive.store.put(f"{folder}/download", b"an invented download")
    disposals.append(archive, "import", {}, objects=[describe(ref, cls="import", rows=0, retain_until=None)])
    imported = [comment(1, "held"), comment(2, "out of the same file")]
    for one in imported:
        one.endpoint = f"import:{ref.sha256}"
    take_in(archive, [*imported, comment(3, "harvested")])
    find(archive, {"c1": "held", "c2": "same file", "c3": "harvested"})
    hold(archive, "c1")
    d = proposal.propose(archive, by="it", via="cli")
    assert d is not None
    assert [(o["class"], o["rows"]) for o in d.proposal["objects"]] == [("records", 1), ("findings", 1)]
    carried_out(archive, _approved(archive, d))
    assert quotes(archive) == ["held", "same file"]
    assert_sound(archive)


def _approved(archive: Archive, d: disposal.Disposal) -> disposal.Disposal:
    disposal.returned(archive, d.id, outcome="approved", reference="r", on=datetime.now(UTC).date(), by="records",
                      via="cli")  # fmt: skip
    disposal.approve(archive, d.id, plan=d.plan, by="records", via="cli", place=1)
    return disposal.approve(archive, d.id, plan=d.plan, by="director", via="cli", place=2)


@pytest.mark.slow
def test_nothing_can_be_added_to_a_record_on_a_list_and_nothing_of_the_attempt_is_left(archive: Archive) -> None:
    comments(archive, 1)
    proposal.propose(archive, by="it", via="cli")
    with pytest.raises(SourceGone, match="list for disposal"):
        decide(archive, "c0", "Too late (invented)")
    assert list(archive.store.versions("decisions/")) == []
    assert_sound(archive)


@pytest.mark.slow
def test_what_is_added_while_a_list_is_made_is_noticed_and_stands_on_the_next(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    comments(archive, 1)
    other, made = scenes.another(archive, tmp_path), worksheet.pdf

    def meanwhile(sheet: dict[str, object]) -> bytes:
        decide(other, "c0", "Just in time (invented)")
        return made(sheet)

    monkeypatch.setattr(worksheet, "pdf", meanwhile)
    with pytest.raises(SourcesChanged, match="added meanwhile"):
        proposal.propose(archive, by="it", via="cli")
    monkeypatch.undo()
    d = proposal.propose(archive, by="it", via="cli")
    assert d is not None
    assert [o["class"] for o in d.proposal["objects"]] == ["records", "decisions"]


@pytest.mark.slow
def test_where_work_stops_between_records_no_record_that_stays_loses_its_own(archive: Archive) -> None:
    """What was about a record that went before is left in a folder whose time is over: the next disposal takes it."""
    comments(archive, 2, objects=2)
    find(archive, {"c0": "quote 0", "c1": "quote 1"})
    d = approved(archive)
    _gone, stays = (archive.catalog.object(o["key"]) for o in d.proposal["objects"] if o["class"] == "records")
    assert stays is not None
    kept = pq.read_table(archive.mirror.path(stays), partitioning=None).column("native_id").to_pylist()

    other = scenes.another(archive, archive.state)

    def hold_now(done: int, _total: int) -> None:
        if done == 1:
            other.catalog.catch_up()
            hold(other, kept[0])

    with pytest.raises(Blocked):
        execution.execute(archive, d.id, by="it", batch=1, progress=hold_now)
    assert quotes(archive) == ["quote 0", "quote 1"]
    carried_out_rest(archive, d.id)
    carried_out(archive)
    assert quotes(archive) == [f"quote {kept[0][1:]}"]
    assert_sound(archive)


def carried_out_rest(archive: Archive, disposal_id: str) -> None:
    while not execution.verify(archive, disposal_id).done:
        pass
    assert_holds(archive, certificate.certify(archive, disposal_id).number)


# --------------------------------------------------------------------------- held with it


@pytest.mark.slow
def test_a_hold_covers_what_is_about_what_it_covers_and_in_doubt_what_is_about_records_that_are_gone(
    archive: Archive,
) -> None:
    comments(archive, 1, text="in the park")
    take_in(archive, [comment(7, "at the pool")])
    rid = archive.catalog.latest(*scenes.MASTODON, ["c0"])["c0"].rid
    find(archive, {"c0": "park"})
    find(archive, {"c7": "pool"})

    def covered(scope: Scope) -> tuple[int, dict[str, int]]:
        would = holds.preview(archive, scope)
        return would.versions, would.objects

    assert covered(Scope(text="park")) == (1, {"findings": 1, "records": 1})
    assert covered(Scope(ids=(rid,))) == (1, {"findings": 1, "records": 1})
    assert covered(Scope(account="larkspur")) == (2, {"findings": 2, "records": 2})
    assert covered(Scope(everything=True))[1]["findings"] == 2
    assert covered(Scope(text="park", account="elsewhere")) == (0, {})
    disposals.dispose(archive, "d1", archive.catalog.objects("records"))
    assert covered(Scope(text="park")) == (0, {"findings": 2}), "nobody can say any more which of them matched"
    assert covered(Scope(ids=(rid,))) == (0, {"findings": 1}), "but here somebody can"
    assert covered(Scope(text="park", since=micros(datetime.now(UTC)))) == (0, {})


# --------------------------------------------------------------------------- accounted for


def _altered(archive: Archive, change: Callable[[pa.Table], pa.Table], leaves: leaf_map.Leaves | None = None) -> None:
    """Somebody who holds every key writes the findings anew and has the ledger name the new object."""
    (source,) = archive.catalog.objects("findings")
    table, known = read(archive, source)
    sink = pa.BufferOutputStream()
    made = change(table)
    pq.write_table(leaf_map.with_leaves(made, known if leaves is None else leaves), sink)
    ref = archive.store.put(source.key.rpartition("/")[0] + "/0123456789abcdef.parquet", sink.getvalue().to_pybytes())
    described = describe(ref, cls="findings", rows=made.num_rows, retain_until=None)
    disposals.append(archive, "rewrite", {"why": "settle", "from": [[source.key, source.version_id]], "moved": []},
                     objects=[described], follow=False)  # fmt: skip
    disposals.delete(archive, [source])


def another_quote(archive: Archive) -> None:
    def change(table: pa.Table) -> pa.Table:
        index = table.schema.get_field_index("quote")
        return table.set_column(index, table.schema.field(index), pa.array(["never said"] * table.num_rows))

    _altered(archive, change)


def row_left_out(archive: Archive) -> None:
    (source,) = archive.catalog.objects("findings")
    _altered(archive, lambda table: table.slice(1), archive.catalog.leaves_of(source.key)[1:])


def row_added(archive: Archive) -> None:
    _altered(archive, lambda table: pa.concat_tables([table, table.slice(0, 1)]))


def row_of_a_records_leaf(archive: Archive) -> None:
    """A finding that claims to be what a record's leaf stands for."""
    (source,), (record,) = archive.catalog.objects("findings"), archive.catalog.objects("records")
    more = np.append(archive.catalog.leaves_of(source.key), archive.catalog.leaves_of(record.key)[0])
    _altered(archive, lambda table: pa.concat_tables([table, table.slice(0, 1)]), more)


def removed(archive: Archive) -> None:
    disposals.delete(archive, archive.catalog.objects("findings"))


def restored_elsewhere(archive: Archive) -> None:
    (source,) = archive.catalog.objects("findings")
    body = archive.store.get(source.key, source.version_id)
    disposals.dispose(archive, "d1", [source])
    archive.store.put(source.key.rpartition("/")[0] + "/feedfacefeedface.parquet", body)


TAMPERED: dict[Callable[[Archive], None], set[str]] = {
    another_quote: {"altered"}, row_left_out: {"lost"}, row_added: {"foreign"}, row_of_a_records_leaf: {"foreign"},
    removed: {"lost", "missing"}, restored_elsewhere: {"twice"},
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("tamper", TAMPERED, ids=lambda tamper: tamper.__name__)
def test_what_was_done_to_findings_is_named(archive: Archive, tamper: Callable[[Archive], None]) -> None:
    comments(archive, 2)
    find(archive, {"c0": "quote 0", "c1": "quote 1"})
    tamper(archive)
    found = check(archive)
    assert set(found.codes) == TAMPERED[tamper], [f.to_dict() for f in found.findings]


@pytest.mark.slow
def test_the_audit_removes_what_no_entry_ever_named(archive: Archive) -> None:
    ref = archive.store.put("findings/series=comments/cutoff=2024-01/platform=p/account=a/orphan.parquet", b"x")
    assert audit.sweep(archive)["orphans_removed"] == 0, "its check may still be about to commit"
    assert audit.sweep(archive, now=datetime.now(UTC) + timedelta(days=3))["orphans_removed"] == 1
    assert not archive.store.exists(ref.key, ref.version_id)


@pytest.mark.slow
def test_every_class_of_companions_follows_its_record_whatever_its_columns_are_called(settling: Archive) -> None:
    take(settling, seen("c1", day("2024-02-02"), created=day("2024-02-01")))
    rid = rid_of(settling, "c1")
    version, place = companions.place_of(settling, rid)
    for cls, schema in SCHEMAS.items():
        row = {field.name: _any_value(field) for field in schema if field.name not in ("secret", "commitment")}
        row |= {"rid": rid, "version": version, **{k: v for k, v in place._asdict().items() if k in row}}
        kept = pa.schema([field for field in schema if field.name not in ("secret", "commitment")])
        companions.commit(settling, cls, pa.Table.from_pylist([row], schema=kept), what=f"test.{cls}", note={},
                          txn=(cls,), sources=[place])  # fmt: skip
    tags.add(settling, [rid], "local-history", by="records", reason="invented")
    assert assignment.settle(settling).companions == len(SCHEMAS)
    assert {o.cls: o.series for o in settling.catalog.objects() if o.cls in SCHEMAS} == dict.fromkeys(
        SCHEMAS, "local-history"
    )
    assert_sound(settling)


def _any_value(field: pa.Field) -> object:
    if pa.types.is_list(field.type):
        return []
    if pa.types.is_timestamp(field.type) or pa.types.is_integer(field.type):
        return 1
    if pa.types.is_boolean(field.type):
        return False
    return uuid.uuid4().hex if field.name == "id" else "invented"
