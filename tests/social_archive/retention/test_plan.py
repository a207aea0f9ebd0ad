"""The dry run says what will happen, and then it happens: to as many records, objects, attachments and locks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from social_archive.accession import Batch, commit, describe
from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.proof import verify_proof
from social_archive.proving import prove
from social_archive.record import Media
from social_archive.retention import schedules
from social_archive.retention.plan import plan
from social_archive.retention.schedules import apply_effects, approve, propose
from social_archive.search import Query, Search
from tests.social_archive.retention.schedule_scene import MONTHS, next_version, scene, seen_thing

pytestmark = pytest.mark.slow

BY_STATE = [{"item": "10", "kind": "comment"}, {"item": "20", "state": "hidden"}, {"item": "20"}]


@pytest.fixture
def archive(buckets: StoreConfig, tmp_path: Path) -> Archive:
    archive = scene(tmp_path, buckets)
    propose(archive, by="records", via="cli", reason="the first")
    return archive


def objects(archive: Archive) -> set[tuple[str, str]]:
    return {(v.key, v.version_id) for v in archive.store.versions("")}


def test_what_is_in_force_changes_nothing(archive: Archive) -> None:
    found = plan(archive, archive.agency.retention)
    assert found.is_empty
    assert (found.lines, found.locks, found.items, found.needs_second) == ([], [], [], False)
    renamed = plan(archive, next_version(archive, "2"))
    assert renamed.is_empty
    assert renamed.same == 9


def test_before_any_version_records_get_an_end_and_nothing_is_called_earlier(
    buckets: StoreConfig, tmp_path: Path
) -> None:
    archive = scene(tmp_path, buckets)
    found = plan(archive, archive.agency.retention)
    assert found.against is None
    assert [item.how for item in found.items] == ["added", "added"]
    assert {line.effect for line in found.lines} == {"new"}
    assert sum(line.records for line in found.lines) == 9
    assert (found.earlier, found.later, found.moved_records, found.locked, found.needs_second) == (0, 0, 0, 0, False)


def test_each_item_and_cut_off_has_its_line(archive: Archive) -> None:
    found = plan(archive, next_version(archive, "2", item10={"years": 41}))
    assert [(line.old_item, line.new_item, line.new_cutoff, line.records, line.things) for line in found.lines] == [
        ("10", "10", f"{year}-{month:02d}", 2, 2) for year, month in MONTHS
    ]
    first = found.lines[0]
    assert (day(first.old_end), day(first.new_end), first.effect) == ("2063-12-01", "2064-12-01", "later")
    assert (found.later, found.earlier, found.same, found.locked) == (6, 0, 3, 3)
    assert [(lock.series, lock.cutoff, lock.objects) for lock in found.locks] == [
        ("comments", f"{year}-{month:02d}", 1) for year, month in MONTHS
    ]
    assert (day(found.locks[0].start), day(found.locks[0].to)) == ("2063-12-01", "2064-12-01")
    assert [item.was for item in found.items] == ["comments: 40 years from creation, end of the month"]


def test_another_cut_off_moves_records_even_where_no_period_changes(archive: Archive) -> None:
    found = plan(archive, next_version(archive, "2", item10={"cutoff": "calendar_year"}))
    assert [(line.old_cutoff, line.new_cutoff) for line in found.lines] == [
        ("2023-11", "2023-12"), ("2024-02", "2024-12"), ("2025-06", "2025-12"),
    ]  # fmt: skip
    assert (found.moved_records, found.moved_objects) == (6, 3)
    assert found.locked == 0  # what moves is locked where it arrives


def test_what_becomes_due_is_counted_as_of_the_effective_day(archive: Archive) -> None:
    short = {"item10": {"years": None, "months": 6}}
    now = datetime(2026, 3, 1, tzinfo=UTC)
    found = plan(archive, next_version(archive, "2", **short), now=now)
    assert (found.earlier, found.now_due, found.needs_second) == (6, 6, True)
    at_first = plan(archive, next_version(archive, "2", effective=date(2026, 1, 1), item10={"years": 2}), now=now)
    assert (at_first.earlier, at_first.now_due) == (6, 2)  # 2023-11; 2024-02 ends with February 2026, an hour ago
    later = plan(archive, next_version(archive, "2", effective=date(2027, 7, 2), item10={"years": 2}), now=now)
    assert later.now_due == 6


def test_a_plan_writes_nothing(archive: Archive) -> None:
    before = archive.ledger.head().n, objects(archive)
    plan(archive, next_version(archive, "2", item10={"years": 99}, rules=BY_STATE))
    assert (archive.ledger.head().n, objects(archive)) == before


def test_the_numbers_are_those_of_what_then_happens(archive: Archive) -> None:
    picture = archive.store.put("media/series=comments/cutoff=2024-02/0123", b"invented picture")
    with_media = seen_thing("comment", "with-media", datetime(2024, 2, 20, tzinfo=UTC))
    with_media.media = [media_of(picture.key, picture.sha256)]
    day = datetime(2024, 2, 3, tzinfo=UTC)
    hidden = [seen_thing("comment", f"hidden-{k}", day, state="hidden") for k in range(3)]
    kept = describe(picture, cls="media", rows=0, retain_until=archive.schedule.until("comments", "2024-02"))
    commit(archive, Batch("mastodon", "larkspur", "h2", [with_media, *hidden], media=[kept]))
    rules = [{"item": "10", "kind": "comment"}, {"item": "20", "state": "hidden"}, {"item": "20"}]
    wanted = next_version(archive, "2", rules=rules, item10={"years": 45})
    expected = plan(archive, wanted)
    assert (expected.moved_records, expected.moved_objects, expected.later, expected.earlier) == (3, 1, 10, 0)
    propose(archive, by="records", via="cli", reason="what was hidden stays longer", retention=wanted)
    done = apply_effects(archive)
    assert (done.settled.rows, done.settled.objects, done.settled.media, done.locks) == (
        expected.moved_records, expected.moved_objects, expected.moved_media, expected.locked,
    )  # fmt: skip
    again = apply_effects(archive)
    assert (again.settled.rows, again.settled.media, again.locks) == (0, 0, 0)
    assert plan(archive, wanted).is_empty


def test_attachments_that_go_along_are_counted(archive: Archive) -> None:
    picture = archive.store.put("media/series=comments/cutoff=2024-02/0123", b"invented picture")
    shown = seen_thing("comment", "shown", datetime(2024, 2, 20, tzinfo=UTC))
    shown.media = [media_of(picture.key, picture.sha256)]
    kept = describe(picture, cls="media", rows=0, retain_until=archive.schedule.until("comments", "2024-02"))
    commit(archive, Batch("mastodon", "larkspur", "h2", [shown], media=[kept]))
    wanted = next_version(archive, "2", rules=[{"item": "20"}])
    expected = plan(archive, wanted)
    assert (expected.moved_records, expected.moved_media, expected.locked) == (7, 1, 0)
    propose(archive, by="records", via="cli", reason="all as posts", retention=wanted)
    done = apply_effects(archive)
    assert (done.settled.rows, done.settled.media, done.locks) == (7, 1, 0)


def test_a_rule_moves_records_and_their_proofs_still_verify(archive: Archive) -> None:
    wanted = next_version(archive, "2", rules=[{"item": "10", "kind": "post"}, {"item": "20"}])
    done = propose(archive, by="records", via="cli", reason="the other way round", retention=wanted)
    assert done.needs_second  # posts had 50 years
    approve(archive, "2", by="director", via="cli")
    assert apply_effects(archive).settled.rows == 9
    lie = {(o.series, o.cutoff): o.rows for o in archive.catalog.objects("records")}
    months = [f"{year}-{month:02d}" for year, month in MONTHS]
    assert lie == {("comments", month): 1 for month in months} | {("postings", month): 2 for month in months}
    rids = [row["rid"] for row in Search.of(archive).find(Query()).rows]
    assert len(rids) == 9
    for rid in rids:
        assert verify_proof(prove(archive, rid)).problems == []
    assert archive.ledger.verify().ok


def test_a_version_that_waits_for_its_day_is_compared_with_what_is_in_force_today(archive: Archive) -> None:
    day_ahead = schedules.today(archive) + timedelta(days=9)
    wanted = next_version(archive, "2", effective=day_ahead, item10={"years": 45})
    propose(archive, by="records", via="cli", reason="longer soon", retention=wanted)
    found = plan(archive, wanted)
    assert (found.against, found.later) == ("1", 6)


def day(end: int | None) -> str:
    assert end is not None
    return f"{datetime.fromtimestamp(end / 1e6, UTC):%Y-%m-%d}"


def media_of(key: str, sha256: str) -> Media:
    return Media(id="m1", url="https://example.social/p.png", mime="image/png", key=key, sha256=sha256, bytes=16,
                 outcome="stored")  # fmt: skip
