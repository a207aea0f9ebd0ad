"""The exact cohort of every stored row: by its whole history, its tags and the schedule in force; and getting there."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from social_archive import audit
from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.retention import assignment, tags
from social_archive.retention.assignment import Settled
from social_archive.series import Schedule
from social_archive.stack.seaweed import Seaweed
from social_archive.store import ensure_buckets
from tests.social_archive.companion_scene import find_in_every_version
from tests.social_archive.companion_scene import lying as companions_lying
from tests.social_archive.retention.settled_library import (
    History,
    answers,
    append,
    approve,
    assert_proofs,
    attachment,
    day,
    folders,
    library,
    lying,
    rid_of,
    seen,
    take,
)  # fmt: skip

pytestmark = pytest.mark.slow

NOTHING = Settled()
MONTH = 30 * 86_400_000_000


@pytest.fixture
def archive(buckets: StoreConfig, tmp_path: Path) -> Archive:
    return library(tmp_path / "agency", buckets.bucket, tmp_path / "state")


def where(archive: Archive, native_id: str) -> list[tuple[str, str]]:
    """Folder of each version of a thing, in the order of its versions."""
    return [folder for (known, _), folder in sorted(lying(archive).items()) if known == native_id]


def changed(archive: Archive, alter: Callable[[dict[str, object]], object]) -> Schedule:
    """The archive's schedule as its next version, with its items altered."""
    retention = archive.schedule.retention
    items = []
    for item in retention.items:
        fields = item.model_dump()
        alter(fields)
        items.append(type(item).model_validate(fields))
    return Schedule(retention.model_copy(update={"version": "2", "items": items}), "America/Chicago")


# --------------------------------------------------------------------------- any history


STATES = ("present", "present", "hidden", "deleted", "account_gone", "missing_unconfirmed")
THINGS = st.lists(
    st.tuples(
        st.sampled_from(["comment", "reply", "post", "profile", "gap"]),
        st.one_of(st.none(), st.integers(0, 70)),  # months after January 2020 in which it was created
        st.lists(st.tuples(st.sampled_from(STATES), st.integers(0, 9)), min_size=1, max_size=4),
        st.booleans(),  # tagged
    ),
    min_size=2, max_size=12,
)  # fmt: skip


def histories(things: list[tuple[str, int | None, list[tuple[str, int]], bool]]) -> list[History]:
    told = []
    for number, (kind, created, versions, tagged) in enumerate(things):
        at = day("2020-01-15") + (created or 0) * MONTH + number
        born = None if created is None else at
        seen_at = []
        for state, later in versions:
            at += later * MONTH + 1
            seen_at.append((at, state))
        told.append(History(f"t{number}", kind, born, seen_at, frozenset(["local-history"] if tagged else [])))
    return told


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(things=THINGS)
def test_every_row_lies_where_its_whole_history_puts_it(
    object_store: StoreConfig, weed: Seaweed, things: list[tuple[str, int | None, list[tuple[str, int]], bool]]
) -> None:
    told = histories(things)
    bucket = f"t-{uuid.uuid4().hex[:12]}"
    ensure_buckets(object_store.model_copy(update={"bucket": bucket}), client=weed.client("admin"))
    with tempfile.TemporaryDirectory() as folder:
        archive = library(Path(folder) / "agency", bucket, Path(folder) / "state")
        for step in range(max(len(history.versions) for history in told)):
            take(archive, *(h.observations()[step] for h in told if step < len(h.versions)))
        if tagged := [rid_of(archive, history.native_id) for history in told if history.tags]:
            tags.add(archive, tagged, "local-history", by="records", reason="invented")
        followed = [history.native_id for history in told[:2]]
        find_in_every_version(archive, followed)
        expected = {thing: c for h in told for thing, c in h.expected(archive.schedule).items()}
        before = lying(archive)
        assert before.keys() == expected.keys()

        misplaced = sum(len(one.rows) for one in assignment.wrong(archive, archive.schedule))
        assert misplaced == sum(before[thing] != folders(expected)[thing] for thing in expected)
        assert assignment.settle(archive, dry_run=True).rows == misplaced
        assert lying(archive) == before, "a dry run moves nothing"
        assert assignment.settle(archive).rows == misplaced

        assert lying(archive) == folders(expected)
        assert companions_lying(archive) == {
            f"{name} {n}": folder for (name, n), folder in folders(expected).items() if name in followed
        }
        assert assignment.wrong(archive, archive.schedule) == []
        head = archive.catalog.head
        assert assignment.settle(archive) == NOTHING
        assert archive.catalog.head == head, "settling what is settled writes nothing"
        assert sum(group.records for group in assignment.stored(archive)) == len(expected)
        assert_proofs(archive, [told[0].native_id, told[-1].native_id])
        known = answers(archive)
        archive.forget_caches()
        archive.catalog.catch_up()
        assert answers(archive) == known
        archive.close()


# --------------------------------------------------------------------------- each kind of rule


def test_a_comment_that_was_hidden_once_moves_to_the_longer_item_with_all_its_versions(archive: Archive) -> None:
    take(archive, *(seen(name, day("2024-02-02"), created=day("2024-02-01")) for name in ("c1", "c2")))
    take(archive, seen("c1", day("2024-03-01"), created=day("2024-02-01"), state="hidden"))
    take(archive, seen("c1", day("2024-03-02"), created=day("2024-02-01")))
    assert where(archive, "c1") == [("social-media", "2024-02"), ("hidden", "2024-12"), ("social-media", "2024-02")]
    assert assignment.settle(archive).rows == 2
    assert where(archive, "c1") == [("hidden", "2024-12")] * 3
    assert where(archive, "c2") == [("social-media", "2024-02")], "what shared its object stays"
    assert_proofs(archive, ["c1", "c2"])


def test_the_clock_of_a_reply_starts_when_it_is_withdrawn_and_stops_if_it_comes_back(archive: Archive) -> None:
    take(archive, seen("r1", day("2024-01-05"), kind="reply", created=day("2024-01-01")))
    assert assignment.settle(archive) == NOTHING
    assert where(archive, "r1") == [("replies", "open")]
    take(archive, seen("r1", day("2024-06-10"), kind="reply", created=day("2024-01-01"), state="deleted"))
    take(archive, seen("r1", day("2024-07-10"), kind="reply", created=day("2024-01-01"), state="account_gone"))
    assignment.settle(archive)
    assert where(archive, "r1") == [("replies", "2024-06")] * 3
    take(archive, seen("r1", day("2024-08-10"), kind="reply", created=day("2024-01-01")))
    assignment.settle(archive)
    assert where(archive, "r1") == [("replies", "open")] * 4


def test_each_version_of_a_profile_counts_from_the_one_that_replaced_it_by_fiscal_year(archive: Archive) -> None:
    for at in ("2023-02-01", "2024-04-30", "2024-05-01"):
        take(archive, seen("me", day(at), kind="profile"))
    assignment.settle(archive)
    assert where(archive, "me") == [("profiles", "2024-04"), ("profiles", "2025-04"), ("profiles", "open")]


def test_a_tag_moves_a_record_and_taking_it_off_moves_it_back(archive: Archive) -> None:
    take(archive, seen("c1", day("2024-02-02"), created=day("2024-02-01")))
    rid = rid_of(archive, "c1")
    tags.add(archive, [rid], "local-history", by="records", reason="invented")
    assignment.settle(archive)
    assert where(archive, "c1") == [("local-history", "2024-02")]
    tags.remove(archive, [rid], "local-history", by="records", reason="invented")
    assignment.settle(archive)
    assert where(archive, "c1") == [("social-media", "2024-02")]


# --------------------------------------------------------------------------- what goes along, and what stays


def test_an_attachment_lives_as_long_as_the_longest_kept_record_that_names_it(archive: Archive) -> None:
    """Two comments share a picture. Once one is hidden, the picture moves with it; the other finds it all the same."""
    first = seen("c1", day("2024-02-02"), created=day("2024-02-01"))
    medium, line = attachment(archive, first, b"an invented picture")
    alone, line_alone = attachment(archive, first, b"another invented picture")
    take(
        archive,
        seen("c1", day("2024-02-02"), created=day("2024-02-01"), media=[medium]),
        seen("c2", day("2024-02-02"), created=day("2024-02-01"), media=[medium, alone]),
        media=[line, line_alone],
    )
    take(archive, seen("c1", day("2024-03-01"), created=day("2024-02-01"), state="hidden", media=[medium]))
    done = assignment.settle(archive)
    assert (done.rows, done.media) == (1, 1)
    moved, stayed = archive.catalog.gone.current(line["key"]), archive.catalog.gone.current(line_alone["key"])
    assert moved.startswith("media/series=hidden/cutoff=2024-12/")
    assert stayed == line_alone["key"]
    o = archive.catalog.object(moved)
    assert o is not None
    assert archive.store.get(o.key, o.version_id, sha256=line["sha256"]) == b"an invented picture"
    assert not archive.store.exists(line["key"], line["version"])
    assert assignment.settle(archive) == NOTHING


def test_what_a_disposal_has_claimed_or_somebody_wants_left_alone_stays(archive: Archive) -> None:
    for number in range(2):
        take(archive, seen(f"c{number}", day("2024-02-02") + number, created=day("2024-02-01")))
    first, second = archive.catalog.objects("records")
    for number in range(2):
        take(archive, seen(f"c{number}", day("2024-03-02"), created=day("2024-02-01"), state="hidden"))
    append(archive, "disposal.claimed", {"disposal": "d1", "plan": "0", "batch": 1,
                                         "objects": [[first.key, first.version_id]]})  # fmt: skip
    assert assignment.settle(archive, leave={second.key}) == Settled(left_alone=2)
    assert assignment.settle(archive) == Settled(rows=1, objects=1, left_alone=1)
    assert archive.catalog.object(first.key) is not None
    assert where(archive, "c0") == [("social-media", "2024-02"), ("hidden", "2024-12")]


def test_settling_stops_when_another_schedule_comes_into_force(archive: Archive) -> None:
    take(archive, seen("c1", day("2024-02-02"), created=day("2024-02-01")))
    take(archive, seen("c1", day("2024-03-02"), created=day("2024-02-01"), state="hidden"))
    longer = changed(archive, lambda item: item.update(years=9) if item["id"] == "12" else None)

    def meanwhile(done: int, _total: int) -> None:
        if done == 0:
            approve(archive, longer)

    assert assignment.settle(archive, progress=meanwhile) == Settled(left_alone=1)
    assert assignment.settle(archive).rows == 1


# --------------------------------------------------------------------------- locks


def test_locks_reach_the_end_that_the_schedule_in_force_sets_and_are_never_shortened(archive: Archive) -> None:
    now = datetime.now(UTC).replace(day=15, hour=12)
    take(archive, seen("c1", day(f"{now:%Y-%m}-02"), created=day(f"{now:%Y-%m}-01")))
    o = archive.catalog.objects("records")[0]
    lock = archive.store.lock_state(o.key, o.version_id)
    assert assignment.extend_locks(archive) == 0
    approve(archive, changed(archive, lambda item: item.update(years=7) if item["id"] == "10" else None))
    assert assignment.extend_locks(archive) == 1
    longer = archive.store.lock_state(o.key, o.version_id)
    assert longer.retain_until is not None
    assert lock.retain_until is not None
    assert longer.retain_until.year - lock.retain_until.year == 5
    assert longer.retain_until == datetime.fromtimestamp((archive.schedule.until(o.series, o.cutoff) or 0) / 1e6, UTC)
    assert assignment.extend_locks(archive) == 0
    approve(archive, changed(archive, lambda item: item.update(years=1) if item["id"] == "10" else None))
    assert assignment.extend_locks(archive) == 0
    assert archive.store.lock_state(o.key, o.version_id) == longer


def test_the_audit_asks_the_schedule_in_force_for_every_lock(archive: Archive) -> None:
    now = datetime.now(UTC)
    take(archive, seen("c1", day(f"{now:%Y-%m}-02"), created=day(f"{now:%Y-%m}-01")))
    assert audit.sweep(archive)["sealed_again"] == 0
    approve(archive, changed(archive, lambda item: item.update(years=7) if item["id"] == "10" else None))
    assert audit.sweep(archive)["sealed_again"] >= 1
    o = archive.catalog.objects("records")[0]
    lock = archive.store.lock_state(o.key, o.version_id).retain_until
    assert lock is not None
    assert lock.year == now.year + 7 + (now.month == 12)
    assert audit.sweep(archive)["sealed_again"] == 0
