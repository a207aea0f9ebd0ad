"""Versions of the schedule on a real ledger and store: who may change it, from when it holds, what it does to locks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from social_archive.accession import Batch, commit
from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.doctor import check_schedule
from social_archive.retention import schedules
from social_archive.retention.schedules import APPROVED, PROPOSED, ScheduleRefused, approve, propose
from social_archive.store import COMPLIANCE
from tests.social_archive.retention.schedule_scene import folder, next_version, scene, seen_thing

pytestmark = pytest.mark.slow

LONGER = {"years": 45}
SHORTER = {"years": 39}


@pytest.fixture
def archive(buckets: StoreConfig, tmp_path: Path) -> Archive:
    """Version 1 is in force."""
    archive = scene(tmp_path, buckets)
    first(archive)
    return archive


@pytest.fixture
def empty(buckets: StoreConfig, tmp_path: Path) -> Archive:
    archive = scene(tmp_path, buckets, stocked=False)
    first(archive)
    return archive


def first(archive: Archive) -> None:
    assert propose(archive, by="records", via="cli", reason="the first").approved is not None


def locks(archive: Archive, series: str) -> dict[str, tuple[str | None, datetime | None]]:
    """What HEAD says of each object of a series."""
    found = {}
    for o in archive.catalog.objects():
        if o.series == series:
            lock = archive.store.lock_state(o.key, o.version_id)
            assert lock.hold
            found[o.key] = (lock.mode, lock.retain_until)
    assert found
    return found


def entries(archive: Archive, what: str) -> list[dict[str, object]]:
    archive.catalog.catch_up()
    return archive.catalog.walks.notes(what)


# --------------------------------------------------------------------------- the first version


def test_before_any_version_the_file_judges_and_the_first_version_needs_one_person(
    buckets: StoreConfig, tmp_path: Path
) -> None:
    archive = scene(tmp_path, buckets)
    assert schedules.in_force(archive) is None
    assert archive.schedule.retention == archive.agency.retention
    done = propose(archive, by="records", via="cli", reason="the first")
    assert (done.needs_second, done.written) == (False, True)
    now = schedules.in_force(archive)
    assert now is not None
    assert (now.version, now.n, now.retention) == ("1", done.approved, archive.agency.retention)
    proposed, approved = entries(archive, PROPOSED)[0], entries(archive, APPROVED)[0]
    assert (proposed["by"], approved["by"]) == ("records", "records")
    (kept,) = archive.catalog.objects("schedule")
    assert archive.store.get(kept.key, kept.version_id, sha256=now.sha256) == schedules.encode(now.retention)
    assert archive.store.lock_state(kept.key, kept.version_id).hold


def test_what_is_in_force_or_proposed_already_is_not_written_again(archive: Archive) -> None:
    before = archive.ledger.head().n
    again = propose(archive, by="director", via="cli", reason="the first, again")
    assert (again.written, again.approved) == (False, schedules.in_force(archive).n)  # type: ignore[union-attr]
    assert archive.ledger.head().n == before
    shorter = next_version(archive, "2", item10=SHORTER)
    one = propose(archive, by="records", via="cli", reason="shorter", retention=shorter)
    two = propose(archive, by="director", via="cli", reason="shorter", retention=shorter)
    assert (two.proposed, two.written, two.approved) == (one.proposed, False, None)
    assert archive.ledger.head().n == before + 1


# --------------------------------------------------------------------------- longer, shorter


def test_one_person_lengthens_and_the_locks_follow(archive: Archive) -> None:
    was = locks(archive, "comments")
    wanted = next_version(archive, "2", item10=LONGER)
    assert propose(archive, by="records", via="cli", reason="longer", retention=wanted).approved is not None
    assert locks(archive, "comments") == was  # approving moves no lock
    assert schedules.apply_effects(archive).locks == len(was) == 3
    for o in archive.catalog.objects():
        if o.series == "comments":
            until = archive.store.lock_state(o.key, o.version_id).retain_until
            assert until == datetime.fromtimestamp(archive.schedule.until("comments", o.cutoff) / 1e6, UTC)  # type: ignore[operator]
            assert until - was[o.key][1] >= timedelta(days=5 * 365)  # type: ignore[operator]
    assert schedules.apply_effects(archive).locks == 0


def test_shortening_needs_a_second_person_and_the_proposer_is_not_one(archive: Archive) -> None:
    wanted = next_version(archive, "2", item10=SHORTER)
    done = propose(archive, by="records", via="cli", reason="shorter", retention=wanted)
    assert (done.needs_second, done.approved) == (True, None)
    assert done.plan is not None
    assert done.plan.shortens == ["Item 10, comments: 40 years becomes 39 years."]
    assert schedules.in_force(archive).version == "1"  # type: ignore[union-attr]
    before = archive.ledger.head().n
    with pytest.raises(ScheduleRefused, match="records proposed it"):
        approve(archive, "2", by="records", via="cli")
    assert archive.ledger.head().n == before
    approved = approve(archive, "2", by="director", via="cli", sha256=done.sha256)
    assert schedules.in_force(archive).n == approved.approved  # type: ignore[union-attr]
    again = approve(archive, "2", by="director", via="cli")
    assert (again.written, again.approved) == (False, approved.approved)


def test_another_spelling_of_a_name_is_not_another_person(buckets: StoreConfig, tmp_path: Path) -> None:
    archive = scene(tmp_path, buckets, people="")
    propose(archive, by="robin", via="cli", reason="the first")
    propose(archive, by="robin", via="cli", reason="x", retention=next_version(archive, "2", item10=SHORTER))
    with pytest.raises(ScheduleRefused):
        approve(archive, "2", by=" Robin ", via="cli")
    assert approve(archive, "2", by="dana", via="cli").approved is not None


def test_an_empty_archive_hides_no_shortening(empty: Archive) -> None:
    by_period = propose(empty, by="records", via="cli", reason="x", retention=next_version(empty, "2", item10=SHORTER))
    assert by_period.needs_second
    by_rule = propose(empty, by="records", via="cli", reason="x",
                      retention=next_version(empty, "3", rules=[{"item": "10"}]))  # fmt: skip
    assert by_rule.needs_second
    assert by_rule.plan is not None
    assert by_rule.plan.lines == []


def test_shortening_leaves_a_compliance_lock_as_it_is(buckets: StoreConfig, tmp_path: Path) -> None:
    archive = scene(tmp_path, buckets, lock_mode="compliance")
    first(archive)
    was = locks(archive, "comments")
    assert {mode for mode, _ in was.values()} == {COMPLIANCE}
    done = propose(archive, by="records", via="cli", reason="x", retention=next_version(archive, "2", item10=SHORTER))
    assert done.plan is not None
    assert any("compliance" in note for note in done.plan.notes)
    approve(archive, "2", by="director", via="cli")
    assert schedules.apply_effects(archive).locks == 0
    assert locks(archive, "comments") == was


def test_taking_back_a_longer_period_that_was_approved_for_later_is_a_shortening(archive: Archive) -> None:
    later = schedules.today(archive) + timedelta(days=30)
    propose(archive, by="records", via="cli", reason="longer soon",
            retention=next_version(archive, "2", effective=later, item10=LONGER))  # fmt: skip
    back = next_version(archive, "3", item20={"title": "Posts, renamed"})
    assert propose(archive, by="records", via="cli", reason="not after all", retention=back).needs_second


# --------------------------------------------------------------------------- dates and names


def test_a_version_with_a_later_date_waits_for_its_day(archive: Archive) -> None:
    day = schedules.today(archive) + timedelta(days=3)
    done = propose(archive, by="records", via="cli", reason="from then on",
                   retention=next_version(archive, "2", effective=day, item10=LONGER))  # fmt: skip
    assert done.approved is not None
    assert schedules.in_force(archive).version == "1"  # type: ignore[union-attr]
    assert schedules.apply_effects(archive).locks == 0
    assert schedules.in_force(archive, day - timedelta(days=1)).version == "1"  # type: ignore[union-attr]
    assert schedules.in_force(archive, day).version == "2"  # type: ignore[union-attr]
    assert [v.version for v in schedules.standing(archive)] == ["1", "2"]


def test_a_changed_schedule_has_another_name_and_no_earlier_date(archive: Archive) -> None:
    with pytest.raises(ScheduleRefused, match="approved with another content"):
        propose(archive, by="records", via="cli", reason="x", retention=next_version(archive, "1", item10=LONGER))
    early = next_version(archive, "2", effective=date(2025, 12, 31), item10=LONGER)
    with pytest.raises(ScheduleRefused, match="before version 1"):
        propose(archive, by="records", via="cli", reason="x", retention=early)


@pytest.mark.parametrize(("by", "reason"), [("somebody", "x"), ("", "x"), ("records", "  ")])
def test_it_must_be_said_who_and_why(empty: Archive, by: str, reason: str) -> None:
    before = empty.ledger.head().n
    with pytest.raises(ScheduleRefused):
        propose(empty, by=by, via="cli", reason=reason, retention=next_version(empty, "2", item10=LONGER))
    assert empty.ledger.head().n == before


# --------------------------------------------------------------------------- proposals that were overtaken


def test_a_proposal_is_stale_once_another_version_was_approved(archive: Archive) -> None:
    propose(archive, by="records", via="cli", reason="shorter", retention=next_version(archive, "2", item10=SHORTER))
    propose(archive, by="director", via="cli", reason="longer", retention=next_version(archive, "3", item10=LONGER))
    assert schedules.pending(archive) is None
    with pytest.raises(ScheduleRefused, match="overtaken"):
        approve(archive, "2", by="director", via="cli")
    assert [(e.version, e.status) for e in schedules.history(archive)] == [
        ("1", "approved"), ("1", "replaced"), ("2", "overtaken"), ("3", "approved"), ("3", "in force"),
    ]  # fmt: skip


def test_who_has_read_one_proposal_does_not_approve_another_of_the_same_name(archive: Archive) -> None:
    read = propose(archive, by="records", via="cli", reason="x", retention=next_version(archive, "2", item10=SHORTER))
    propose(archive, by="records", via="cli", reason="y", retention=next_version(archive, "2", item10={"years": 1}))
    with pytest.raises(ScheduleRefused, match="replaced it"):
        approve(archive, "2", by="director", via="cli", sha256=read.sha256)


def test_nothing_that_was_not_proposed_is_approved(archive: Archive) -> None:
    with pytest.raises(ScheduleRefused, match="No version '9' was proposed"):
        approve(archive, "9", by="director", via="cli")


# --------------------------------------------------------------------------- crashes and races


def test_a_crash_between_proposal_and_approval_is_finished_by_the_same_command(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = next_version(archive, "2", item10=LONGER)

    def stop(name: str) -> None:
        if name == "schedule-proposed":
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(schedules, "crash_point", stop)
        with pytest.raises(KeyboardInterrupt):
            propose(archive, by="records", via="cli", reason="longer", retention=wanted)
    assert schedules.in_force(archive).version == "1"  # type: ignore[union-attr]
    propose(archive, by="records", via="cli", reason="longer", retention=wanted)
    assert schedules.in_force(archive).version == "2"  # type: ignore[union-attr]
    assert (len(entries(archive, PROPOSED)), len(entries(archive, APPROVED))) == (2, 2)


def test_two_at_once_make_one_version(archive: Archive, tmp_path: Path) -> None:
    other = open_archive(archive.agency.folder, state=tmp_path / "elsewhere")
    wanted = next_version(archive, "2", item10=LONGER)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda one: propose(one, by="records", via="cli", reason="longer", retention=wanted),
                             [archive, other]))  # fmt: skip
    assert len({change.approved for change in done}) == 1
    assert (len(entries(archive, PROPOSED)), len(entries(archive, APPROVED))) == (2, 2)


def test_all_of_it_is_read_again_from_the_bucket(archive: Archive) -> None:
    propose(archive, by="records", via="cli", reason="longer", retention=next_version(archive, "2", item10=LONGER))
    propose(archive, by="records", via="cli", reason="shorter", retention=next_version(archive, "3", item10=SHORTER))
    before = schedules.in_force(archive), schedules.pending(archive), schedules.history(archive)
    archive.forget_caches()
    archive.catalog.catch_up()
    assert (schedules.in_force(archive), schedules.pending(archive), schedules.history(archive)) == before


# --------------------------------------------------------------------------- the file is only a draft


def test_accession_goes_by_the_version_in_force_though_the_file_was_edited(
    archive: Archive, buckets: StoreConfig, tmp_path: Path
) -> None:
    path = folder(tmp_path / "agency", buckets) / "retention.yaml"
    path.write_text(path.read_text().replace("years: 40", "years: 1").replace("series: comments", "series: chatter"))
    edited = open_archive(tmp_path / "agency", state=tmp_path / "state")
    edited.catalog.catch_up()
    assert schedules.differs(edited)
    known = {o.key for o in edited.catalog.objects("records")}
    new = seen_thing("comment", "c-new", datetime(2025, 3, 3, tzinfo=UTC))
    commit(edited, Batch("mastodon", "larkspur", "h2", [new]))
    (made,) = [o for o in edited.catalog.objects("records") if o.key not in known]
    assert made.series == "comments"
    assert made.retain_until == edited.schedule.until("comments", "2025-03")
    assert datetime.fromtimestamp(made.retain_until / 1e6, UTC).year == 2065


def test_the_doctor_says_whether_the_file_is_what_is_in_force(
    archive: Archive, buckets: StoreConfig, tmp_path: Path
) -> None:
    well = check_schedule(archive)
    assert (well.ok, well.warning, well.remedy) == (True, False, "")
    path = folder(tmp_path / "agency", buckets) / "retention.yaml"
    path.write_text(path.read_text().replace("years: 40", "years: 1").replace('version: "1"', 'version: "2"'))
    edited = open_archive(tmp_path / "agency", state=tmp_path / "state")
    differing = check_schedule(edited)
    assert (differing.ok, differing.warning) == (True, True)
    assert "the file has no effect" in differing.detail
    propose(edited, by="records", via="cli", reason="shorter")
    assert "version 2 waits for approval" in check_schedule(edited).detail


def test_the_doctor_says_when_nothing_is_in_force(buckets: StoreConfig, tmp_path: Path) -> None:
    check = check_schedule(scene(tmp_path, buckets, stocked=False))
    assert (check.ok, check.warning) == (True, True)
    assert "no version is in force" in check.detail
