"""Holds on a real store: what each scope covers, now and later; who may place and lift; what the ledger may not say."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from social_archive import audit
from social_archive.accession import describe
from social_archive.archive import Archive, open_archive
from social_archive.config import Person, StoreConfig
from social_archive.errors import LedgerError, NotFound
from social_archive.rebuild import rebuild
from social_archive.record import Media, Observation
from social_archive.retention import holds
from social_archive.retention.holds import Hold, HoldError, Lifted, Scope
from social_archive.rewrite import Copied, rewrite
from social_archive.store import ObjectRef
from tests.agencies import agency_folder
from tests.faults.canary import found, in_buckets, in_folder
from tests.social_archive.retention.hold_story import (
    CANARY,
    DAY,
    MARCH,
    attached,
    held_ids,
    hold,
    quarantine,
    seen,
    take,
)

pytestmark = pytest.mark.slow

Open = Callable[..., Archive]


@pytest.fixture
def opened(buckets: StoreConfig, tmp_path: Path) -> Open:
    agency = agency_folder(tmp_path / "agency", buckets.bucket)
    return lambda host="host": open_archive(agency, state=tmp_path / host)


@pytest.fixture
def archive(opened: Open) -> Archive:
    return opened()


def library(archive: Archive) -> dict[str, str]:
    """Two threads, two accounts, two platforms, a profile and a gap."""
    return take(
        archive,
        seen("p1", "The parking lot is closed", kind="post", root_native_id=None, author_handle="larkspur"),
        seen("c1", "Where do I park?"),
        seen("r1", "Behind the school", kind="reply", author_handle="bo@invented.example", author_id="8"),
        seen("c2", "Thank you", root_native_id="p2", created_at=MARCH + 40 * DAY),
        seen("k1", "Parking at the kids' room?", account="kids", root_native_id="kp"),
        seen("b1", "Parking!", platform="bluesky", root_native_id="bp"),
        seen("bio", None, kind="profile", root_native_id=None, author_name="Larkspur Library"),
        gap("g1", MARCH - 9 * DAY, MARCH + DAY),
    )


def gap(native_id: str, start: int, end: int) -> Observation:
    return seen(native_id, None, kind="gap", root_native_id=None, gap_reason="throttled", gap_from=start, gap_to=end,
                created_at=start, state="inaccessible", author_handle=None, author_id=None)  # fmt: skip


# --------------------------------------------------------------------------- what a scope covers


SCOPES: list[tuple[dict[str, Any], set[str]]] = [
    ({"text": "parking"}, {"p1", "k1", "b1"}),
    ({"text": "PARKING lot"}, {"p1"}),
    ({"text": "parking", "threads": True}, {"p1", "c1", "r1", "k1", "b1"}),
    ({"account": "kids"}, {"k1"}),
    ({"platform": "bluesky"}, {"b1"}),
    ({"platform": "bluesky", "account": "kids"}, set()),
    ({"author": "@Bo@invented.example"}, {"r1"}),
    ({"author": "8"}, {"r1"}),
    ({"author": "8", "threads": True}, {"p1", "c1", "r1"}),
    ({"kinds": ("reply", "profile")}, {"r1", "bio"}),
    ({"since": MARCH + 2 * DAY}, {"c2"}),
    ({"since": MARCH - DAY, "until": MARCH + DAY, "account": "larkspur"}, {"p1", "c1", "r1", "bio", "g1", "b1"}),
    ({"until": MARCH - 5 * DAY}, {"g1"}),
    ({"kinds": ("gap",), "since": MARCH + 2 * DAY}, set()),
    ({"text": "parking", "until": MARCH}, set()),
    ({"everything": True}, {"p1", "c1", "r1", "c2", "k1", "b1", "bio", "g1"}),
]


def test_everything_that_is_asked_for_must_hold(archive: Archive) -> None:
    rids = library(archive)
    for scope, covered in SCOPES:
        placed = hold(archive, **scope)
        assert held_ids(archive) == covered, scope
        assert placed.records == len(covered), scope
        holds.lift(archive, placed.hold.id, by="records", via="cli", reason="done")
    would = holds.preview(archive, Scope(text="parking", threads=True))
    placed = hold(archive, text="parking", threads=True)
    assert (would.records, would.versions, would.objects) == (placed.records, 5, {"records": placed.objects})
    assert {name for name, rid in rids.items() if holds.of_record(archive, rid)} == {"p1", "c1", "r1", "k1", "b1"}


def test_ids_hold_these_records_and_with_their_threads_what_stands_beside_them(archive: Archive) -> None:
    rids = library(archive)
    hold(archive, ids=(rids["r1"], rids["c2"]))
    assert held_ids(archive) == {"r1", "c2"}
    hold(archive, ids=(rids["r1"],), text="no such words")
    assert held_ids(archive) == {"r1", "c2"}
    hold(archive, ids=(rids["c1"],), threads=True)
    assert held_ids(archive) == {"p1", "c1", "r1", "c2"}


def test_a_gap_that_begins_before_the_span_and_reaches_into_it_is_held(archive: Archive) -> None:
    take(archive, gap("early", MARCH - 9 * DAY, MARCH - 5 * DAY), gap("over", MARCH - 9 * DAY, MARCH + DAY))
    hold(archive, since=MARCH, until=MARCH + 2 * DAY)
    assert held_ids(archive) == {"over"}


def test_what_was_edited_away_is_held_with_all_versions(archive: Archive) -> None:
    take(archive, seen("c1", "A rude word"))
    take(archive, seen("c1", "A polite word"))
    take(archive, seen("c1", None, state="deleted"))
    hold(archive, text="rude")
    objects = archive.catalog.objects("records")
    held = holds.held(archive, objects)
    assert len(objects) == len(held) == 3
    assert held_ids(archive) == {"c1"}


def test_rows_are_named_and_others_in_the_same_object_are_not(archive: Archive) -> None:
    take(archive, *(seen(f"c{n}", f"number {n}" if n % 3 else f"third {n}") for n in range(10)))
    (o,) = archive.catalog.objects("records")
    hold(archive, text="third")
    one = holds.held(archive, [o])[o.key]
    assert one.rows is not None
    bodies = pq.read_table(archive.mirror.path(o), columns=["body"], partitioning=None)["body"].take(one.rows)
    assert bodies.to_pylist() == [f"third {n}" for n in (0, 3, 6, 9)]
    assert one.rows.dtype == np.int64
    assert holds.held(archive, []) == {}


def test_what_is_taken_in_after_the_hold_is_held_too(archive: Archive) -> None:
    placed = hold(archive, text="parking")
    assert placed.records == 0
    rid = take(archive, seen("c9", "Parking, again"))["c9"]
    take(archive, seen("c8", "Nothing of the kind"))
    assert held_ids(archive) == {"c9"}
    assert [one.id for one in holds.of_record(archive, rid)] == [placed.hold.id]


def test_attachments_go_with_what_names_them(archive: Archive) -> None:
    shown, described = attached(archive, b"a picture")
    other, also = attached(archive, b"another picture")
    take(archive, seen("c1", "parking", media=(shown,)), seen("c2", "else", media=(other,)), media=[described, also])
    hold(archive, text="parking")
    media = archive.catalog.objects("media")
    assert list(holds.held(archive, media)) == [described["key"]]


def test_an_attachment_that_was_moved_is_found_where_it_lies_now(archive: Archive) -> None:
    shown, described = attached(archive, b"a picture")
    take(archive, seen("c1", "parking", media=(shown, Media(id="n", url="https://scripted.example/n"))),
         media=[described])  # fmt: skip
    (old,) = archive.catalog.objects("media")
    rewrite(archive, [], [], why="settle", copies=[Copied(old, "media/series=social-media/cutoff=2027-01/", None)])
    hold(archive, text="parking")
    (now,) = archive.catalog.objects("media")
    assert now.key != old.key
    assert set(holds.held(archive, [now])) == {now.key}


def test_quarantine_is_held_whole_because_its_text_cannot_be_judged(archive: Archive) -> None:
    quarantine(archive, b'{"text": "parking"')
    quarantine(archive, b'{"text": "anything"', account="kids")
    (ours, theirs) = archive.catalog.objects("quarantine")
    hold(archive, text="parking", account="larkspur", since=MARCH)
    held = holds.held(archive, [ours, theirs])
    assert {key: one.rows for key, one in held.items()} == {ours.key: None}
    rids = take(archive, seen("k1", "x", account="kids"))
    hold(archive, ids=(rids["k1"],))
    assert set(holds.held(archive, [ours, theirs])) == {ours.key}, "a record has an id; a quarantined item has none"
    hold(archive, ids=(rids["k1"],), threads=True)
    assert set(holds.held(archive, [ours, theirs])) == {ours.key, theirs.key}


def test_what_was_observed_before_the_span_cannot_be_of_it_but_an_old_date_cannot_be_trusted(archive: Archive) -> None:
    quarantine(archive, b"{")
    in_years = MARCH + 3650 * DAY
    for scope, held in (({"since": in_years}, set()), ({"until": MARCH}, {"quarantine"})):
        placed = hold(archive, **scope)
        assert held_ids(archive) == held
        holds.lift(archive, placed.hold.id, by="records", via="cli", reason="done")


def imported(archive: Archive, content: bytes) -> tuple[str, dict[str, Any]]:
    """A file that was imported: its SHA-256 and its object."""
    sha256 = hashlib.sha256(content).hexdigest()
    ref = archive.store.put(
        f"imports/series=social-media/cutoff=2026-03/platform=mastodon/account=larkspur/{sha256[:32]}", content
    )
    return sha256, describe(ref, cls="import", rows=0, retain_until=None)


def test_an_imported_file_is_held_with_what_came_from_it(archive: Archive) -> None:
    sha256, file = imported(archive, b"an export")
    _, other = imported(archive, b"another export")
    take(archive, seen("c1", "parking", endpoint=f"import:{sha256}!posts/1.json"), kept=[file, other])
    objects = archive.catalog.objects("import")
    placed = hold(archive, text="parking")
    assert set(holds.held(archive, objects)) == {file["key"]}
    holds.lift(archive, placed.hold.id, by="records", via="cli", reason="done")
    placed = hold(archive, account="larkspur")
    assert set(holds.held(archive, objects)) == {file["key"], other["key"]}
    holds.lift(archive, placed.hold.id, by="records", via="cli", reason="done")
    hold(archive, account="kids")
    assert holds.held(archive, objects) == {}


# --------------------------------------------------------------------------- placing, lifting, two of them


def test_placing_locks_every_version_and_says_how_many(archive: Archive) -> None:
    medium, described = attached(archive, b"a picture")
    take(archive, seen("c1", "parking", media=(medium,)), media=[described])
    quarantine(archive, b"{")
    objects = archive.catalog.objects()
    for o in objects:
        archive.store._set_hold(o.key, o.version_id, "OFF")
    placed = hold(archive, text="parking")
    assert (placed.records, placed.objects, placed.locked, placed.rescued, placed.gone) == (1, 3, 3, 0, [])
    assert all(archive.store.lock_state(o.key, o.version_id).hold for o in objects)
    note = archive.catalog.walks.notes(holds.EFFECTIVE)[0]
    assert {name: note[name] for name in holds.COUNTS} == {
        "records": 1, "objects": 3, "locked": 3, "gone": 0, "rescued": 0,
    }  # fmt: skip
    assert placed.hold.effective == {name: note[name] for name in holds.COUNTS}


def test_a_hold_is_read_back_as_it_was_placed_by_anybody(opened: Open) -> None:
    review = date.today() + timedelta(days=90)
    placed = hold(opened(), matter="Roe v. Library", kind="claim", text="parking", review=review, mandate="Counsel")
    other = opened("another host")
    other.catalog.catch_up()
    (read,) = holds.active(other)
    assert read == placed.hold
    assert (read.kind, read.matter, read.mandate, read.by, read.via) == (
        "claim", "Roe v. Library", "Counsel", "records", "cli",
    )  # fmt: skip
    assert (read.scope, read.review, read.in_force, read.lifted) == (Scope(text="parking"), review, True, None)
    assert read.placed_at.tzinfo is not None
    (details,) = other.catalog.objects(holds.CLASS)
    assert other.store.lock_state(details.key, details.version_id).hold
    assert read.id not in details.key


def test_under_two_holds_a_record_stays_held_when_one_is_lifted(archive: Archive) -> None:
    rids = library(archive)
    one, two = hold(archive, text="parking").hold, hold(archive, account="kids").hold
    objects = archive.catalog.objects("records")
    assert sorted(h.id for h in holds.of_record(archive, rids["k1"])) == sorted([one.id, two.id])
    assert max(holds.held(archive, objects).values(), key=lambda h: len(h.holds)).holds == (one.id, two.id)
    lifted = holds.lift(archive, one.id[:10], by="director", via="cli", reason="Released by counsel")
    assert isinstance(lifted.lifted, Lifted)
    assert (lifted.lifted.by, lifted.lifted.reason, lifted.in_force) == ("director", "Released by counsel", False)
    assert held_ids(archive) == {"k1"}
    assert [h.id for h in holds.active(archive)] == [two.id]
    assert [h.id for h in holds.every(archive)] == [one.id, two.id]
    holds.lift(archive, two.id, by="director", via="cli", reason="Released by counsel")
    assert held_ids(archive) == set()


def test_lifting_twice_is_an_error_unless_it_is_the_same_run_again(archive: Archive) -> None:
    placed = hold(archive, everything=True).hold
    done = holds.lift(archive, placed.id, by="records", via="cli", reason="settled")
    size = archive.ledger.head().n
    assert holds.lift(archive, placed.id, by="records", via="cli", reason="settled") == done
    assert archive.ledger.head().n == size
    with pytest.raises(HoldError, match="lifted already"):
        holds.lift(archive, placed.id, by="records", via="cli", reason="another reason")


def test_the_same_id_completes_the_same_hold_and_never_places_it_twice(archive: Archive) -> None:
    take(archive, seen("c1", "parking"))
    first = hold(archive, text="parking", id="ab" * 16)
    again = hold(archive, text="parking", id="ab" * 16)
    assert again == first
    assert len(archive.catalog.walks.notes(holds.PLACED)) == len(archive.catalog.walks.notes(holds.EFFECTIVE)) == 1
    holds.lift(archive, first.hold.id, by="records", via="cli", reason="done")
    with pytest.raises(HoldError, match="has been lifted"):
        hold(archive, text="parking", id="ab" * 16)


def test_an_open_request_for_records_holds_what_it_matches_until_it_is_closed(archive: Archive) -> None:
    """Nothing special: it is placed when the request is opened and lifted when it is closed, by its own id."""
    library(archive)
    request = hold(archive, kind="records_request", matter="FOIA 2026-017", text="parking", id="17" * 16)
    assert held_ids(archive) == {"p1", "k1", "b1"}
    take(archive, seen("c7", "More parking"))
    assert "c7" in held_ids(archive)
    holds.lift(archive, request.hold.id, by="records", via="cli", reason="Request closed")
    assert held_ids(archive) == set()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"by": "Ada Lovelace"}, "user name"),
    ({"by": "stranger"}, "people of agency.yaml"),
    ({"by": "schedule"}, "people of agency.yaml"),
    ({"kind": "hunch"}, "no such kind"),
    ({"matter": "  "}, "matter"),
    ({"mandate": "x" * 2_001}, "mandate"),
    ({"review": date(2020, 1, 1)}, "past"),
    ({"id": "FF"}, "32 hexadecimal"),
]


def test_what_is_refused_leaves_nothing_behind(archive: Archive) -> None:
    people = [Person(user="records", name="Invented Officer", title="Records officer")]
    archive.agency = archive.agency.model_copy(update={"people": people})
    for given, said in REFUSED:
        with pytest.raises(HoldError, match=said):
            hold(archive, everything=True, **given)
    assert archive.ledger.head().n == 0
    assert list(archive.store.versions("")) == []


def test_a_scheduled_run_may_hold_for_a_request_without_a_person(archive: Archive) -> None:
    people = [Person(user="records", name="Invented Officer", title="Records officer")]
    archive.agency = archive.agency.model_copy(update={"people": people})
    placed = holds.place(
        archive, kind="records_request", matter="m", mandate="m", scope=Scope(everything=True), by="schedule",
        via="airflow", review=date.today(),
    )  # fmt: skip
    assert placed.hold.by == "schedule"


def test_an_unknown_id_is_not_found_and_an_ambiguous_one_is_not_guessed(archive: Archive) -> None:
    hold(archive, everything=True, id="ab" * 16)
    hold(archive, everything=True, id="ab" * 8 + "cd" * 8)
    for reference in ("ab" * 3, "ff" * 16):
        with pytest.raises(NotFound):
            holds.find(archive, reference)
    with pytest.raises(HoldError, match="More than one"):
        holds.find(archive, "ab" * 4)


# --------------------------------------------------------------------------- nothing of it outside its object


def test_what_a_hold_is_about_lies_in_its_object_alone(
    opened: Open, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    archive = opened()
    take(archive, seen("c1", "Some words"))
    with caplog.at_level(logging.DEBUG, logger="social_archive"):
        about = {"matter": f"{CANARY} v. Library", "mandate": f"Counsel of {CANARY}"}
        placed = hold(archive, **about, text=CANARY, author=CANARY)
        holds.lift(archive, placed.hold.id, by="records", via="cli", reason="Settled")
    (details,) = archive.catalog.objects(holds.CLASS)
    places = found([CANARY, CANARY.lower()], in_buckets(archive))
    assert places == [f"{archive.store.bucket}/{details.key}"]
    local = found([CANARY], in_folder(tmp_path / "host"))
    assert [Path(place).name for place in local] == [Path(details.key).name], "the copy of that object"
    assert CANARY not in caplog.text
    assert CANARY not in repr(placed)


def test_the_same_hold_twice_has_two_hashes(archive: Archive) -> None:
    """A guess at the matter cannot be checked against the ledger: a random nonce lies beside it."""
    for _ in range(2):
        hold(archive, matter="guess me", everything=True)
    one, two = archive.catalog.objects(holds.CLASS)
    assert one.sha256 != two.sha256


def test_a_reason_that_names_what_the_hold_was_about_does_not_reach_the_ledger(archive: Archive) -> None:
    placed = hold(archive, matter="Roe v. Library", author=CANARY)
    named = (f"{CANARY} settled", f"as {CANARY.upper()} wished", "ROE  v. library is over")
    for reason in (*named, "x" * 501, " ", "a\nb"):
        with pytest.raises(HoldError, match="reason"):
            holds.lift(archive, placed.hold.id, by="records", via="cli", reason=reason)
    assert holds.find(archive, placed.hold.id).in_force


# --------------------------------------------------------------------------- failing closed, and after a loss


def test_a_hold_that_cannot_be_read_lets_nothing_be_judged_free(opened: Open) -> None:
    archive = opened()
    take(archive, seen("c1", "parking"))
    hold(archive, text="parking")
    (details,) = archive.catalog.objects(holds.CLASS)
    ref = ObjectRef(details.key, details.version_id, details.size, details.sha256)
    archive.disposer.destroy(ref, bypass_governance=True)
    other = opened("elsewhere")
    other.catalog.catch_up()
    with pytest.raises(NotFound):
        holds.held(other, other.catalog.objects())


def test_a_changed_local_copy_of_a_hold_is_not_believed(archive: Archive) -> None:
    take(archive, seen("c1", "parking"))
    hold(archive, text="parking")
    (details,) = archive.catalog.objects(holds.CLASS)
    path = archive.mirror.path(details)
    path.write_bytes(path.read_bytes().replace(b"parking", b"porking"))
    assert held_ids(archive) == {"c1"}


def test_records_that_cannot_be_read_are_held_whole_where_the_scope_reaches(opened: Open) -> None:
    archive = opened()
    take(archive, seen("c1", "parking"), seen("k1", "else", account="kids"))
    hold(archive, text="parking", account="larkspur")
    damaged, other = sorted(archive.catalog.objects("records"), key=lambda o: o.account, reverse=True)
    ref = ObjectRef(damaged.key, damaged.version_id, damaged.size, damaged.sha256)
    archive.disposer.destroy(ref, bypass_governance=True)
    archive.mirror.drop(damaged.key)
    held = holds.held(archive, [damaged, other])
    assert {key: one.rows for key, one in held.items()} == {damaged.key: None}


def test_after_a_rebuild_everything_is_held_and_locked_as_before(opened: Open, tmp_path: Path) -> None:
    archive = opened()
    library(archive)
    hold(archive, text="parking")
    hold(archive, account="kids")
    before = held_ids(archive)
    for o in archive.catalog.objects("records"):
        archive.store._set_hold(o.key, o.version_id, "OFF")
    rebuild(archive)
    counts = holds.reassert(archive)
    assert held_ids(archive) == before == {"p1", "k1", "b1"}
    assert (counts["holds"], counts["records"], counts["objects"], counts["locked"]) == (2, 4, 3, 3)
    held = holds.held(archive, archive.catalog.objects("records"))
    assert all(archive.store.lock_state(o.key, o.version_id).hold
               for o in archive.catalog.objects("records") if o.key in held)  # fmt: skip
    size = archive.ledger.head().n
    assert holds.reassert(archive) == counts
    assert archive.ledger.head().n == size, "said once"


def test_a_hold_whose_entry_lost_its_object_stops_a_disposal(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(archive, everything=True)
    objects = archive.catalog.objects
    monkeypatch.setattr(archive.catalog, "objects", lambda cls=None: [] if cls == holds.CLASS else objects(cls))
    with pytest.raises(LedgerError, match="Nothing may be disposed of"):
        holds.active(archive)


def test_a_written_hold_without_an_entry_is_collected_like_any_orphan(archive: Archive) -> None:
    archive.store.put("holds/0123456789abcdef.json", b"{}")
    hold(archive, everything=True)
    done = audit.sweep(archive, now=datetime.now(UTC) + timedelta(days=3))
    assert (done["orphans_removed"], done["missing"]) == (1, [])
    assert isinstance(holds.active(archive)[0], Hold)
