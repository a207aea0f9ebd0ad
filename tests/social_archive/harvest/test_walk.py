"""What a harvest makes of a platform's answers: versions, deletions with evidence, gaps, and nothing twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from social_archive import audit
from social_archive.errors import CursorLoop, LoginExpired, Throttled
from social_archive.harvest import HarvestReport, accession, pull, run, validate
from social_archive.harvest.report import Pulled, Validated
from social_archive.platforms.base import Sighting
from social_archive.rebuild import rebuild
from social_archive.record import verify_row
from tests.agencies import ScriptedArchive
from tests.scripted import Item, Script, Scripted

pytestmark = pytest.mark.slow

Library = Callable[[Script], ScriptedArchive]


@pytest.fixture
def script() -> Script:
    return Script(
        Item(id="p1", text="Summer reading starts today"),
        Item(id="c1", text="Lovely!", parent="p1", root="p1"),
        Item(id="r1", text="Agreed", parent="c1", root="p1"),
        Item(id="r2", text="Me too", parent="r1", root="p1"),
        Item(id="p2", text="Closed on Monday"),
    )


def harvest(archive: ScriptedArchive, *, full: bool = False) -> HarvestReport:
    return run(archive, archive.account("larkspur"), full=full)


def rows(archive: ScriptedArchive) -> list[dict[str, object]]:
    """Every row in the archive, in ledger order."""
    tables = [pq.read_table(p, partitioning=None) for p in archive.mirror.paths(archive.catalog.objects("records"))]
    return [row for table in tables for row in table.to_pylist()]


def history(archive: ScriptedArchive, native_id: str) -> list[tuple[object, ...]]:
    found = [(r["version"], r["state"], r["body"]) for r in rows(archive) if r["native_id"] == native_id]
    return sorted(found, key=lambda version: int(str(version[0])))


def test_the_first_harvest_takes_everything_in_and_every_row_verifies(library: Library, script: Script) -> None:
    archive = library(script)
    report = harvest(archive)
    assert (report.posts, report.comments, report.replies, report.profiles) == (2, 1, 2, 1)
    assert report.outcome == "ok"
    assert all(verify_row(row) for row in rows(archive))
    assert archive.ledger.verify().ok


def test_a_second_run_with_nothing_new_writes_nothing(library: Library, script: Script) -> None:
    archive = library(script)
    harvest(archive)
    before = {v.version_id for v in archive.store.versions("")}, archive.ledger.head()
    report = harvest(archive)
    assert (report.wrote, report.entries) == (0, [])
    assert ({v.version_id for v in archive.store.versions("")}, archive.ledger.head()) == before


def test_an_edit_there_and_back_is_three_versions(library: Library, script: Script) -> None:
    archive = library(script)
    for text in ("A", "B", "A"):
        script.say("c1", text)
        harvest(archive)
    assert history(archive, "c1") == [(1, "present", "A"), (2, "present", "B"), (3, "present", "A")]
    assert len({r["rid"] for r in rows(archive) if r["native_id"] == "c1"}) == 1


def test_a_deleted_middle_reply_is_deleted_and_its_hidden_descendants_are_not(library: Library, script: Script) -> None:
    archive = library(script)
    harvest(archive)
    script.delete("c1")
    script.vanished |= {"r1", "r2"}  # alive, but no longer in the thread view
    report = harvest(archive)
    assert report.deleted == 1
    assert history(archive, "c1") == [(1, "present", "Lovely!"), (2, "deleted", None)]
    assert history(archive, "r2") == [(1, "present", "Me too")]


def test_what_stood_under_a_deleted_post_is_asked_for_one_by_one(library: Library, script: Script) -> None:
    archive = library(script)
    harvest(archive)
    script.delete("p1")
    script.delete("c1")  # went along; the replies are alive elsewhere
    assert harvest(archive).deleted == 2
    assert [state for _, state, _ in history(archive, "c1")] == ["present", "deleted"]
    assert [state for _, state, _ in history(archive, "r1")] == ["present"]
    assert harvest(archive).entries == []


def test_the_thread_under_a_visitors_post_is_read_and_watched_like_that_of_an_own_one(library: Library) -> None:
    left = Item(id="v1", text="Whose bookmark is this?", author="mara-invented", visitor=True)
    script = Script(left, Item(id="c9", text="Ours, thank you.", parent="v1", root="v1"))
    archive = library(script)
    assert harvest(archive).comments == 1
    script.delete("c9")
    assert harvest(archive).deleted == 1


def test_a_deletion_keeps_the_platforms_answer_as_its_evidence(library: Library, script: Script) -> None:
    archive = library(script)
    harvest(archive)
    script.delete("p2")
    harvest(archive)
    deleted = next(r for r in rows(archive) if r["native_id"] == "p2" and r["state"] == "deleted")
    assert deleted["native"] == b"[]"
    assert deleted["endpoint"] == "https://scripted.example/item"


def test_all_versions_of_a_thing_lie_in_one_cohort(library: Library, script: Script) -> None:
    archive = library(script)
    harvest(archive)
    script.delete("c1")
    harvest(archive)
    assert len({(r["series"], r["cutoff"]) for r in rows(archive) if r["native_id"] == "c1"}) == 1


def test_a_dead_login_leaves_a_gap_that_grows_and_then_closes(library: Library, script: Script) -> None:
    archive = library(script)
    harvest(archive)
    script.fail_before["posts"] = LoginExpired("The token of larkspur was refused.")
    first = harvest(archive)
    assert (first.outcome, [g.reason for g in first.gaps]) == ("paused", ["login_expired"])
    harvest(archive)
    [gap] = archive.catalog.open_gaps("mastodon", "larkspur")
    script.fail_before.clear()
    report = harvest(archive)
    assert [g.closed for g in report.gaps] == [True]
    assert archive.catalog.open_gaps("mastodon", "larkspur") == []
    versions = history(archive, gap.native_id)
    assert [v[1] for v in versions] == ["inaccessible", "inaccessible", "present"]


def test_what_was_seen_before_a_failure_is_kept(library: Library, script: Script) -> None:
    archive = library(script)
    script.fail_before["p2"] = CursorLoop("The platform gave the same page twice.")
    report = harvest(archive)
    assert (report.outcome, report.posts, report.comments, report.replies) == ("partial", 2, 1, 2)
    assert archive.catalog.cursor("mastodon", "larkspur") is None


def test_a_gap_starts_at_the_last_complete_look(library: Library, script: Script) -> None:
    archive = library(script)
    harvest(archive)
    looked = archive.catalog.looked("mastodon", "larkspur", "")
    script.fail_before["profile"] = LoginExpired("The token of larkspur was refused.")
    harvest(archive)
    [gap] = archive.catalog.open_gaps("mastodon", "larkspur")
    assert gap.gap_from == looked
    assert gap.gap_to is not None


def test_what_the_platform_keeps_back_is_a_gap_of_its_thread_until_it_shows_it(
    library: Library, script: Script
) -> None:
    archive = library(script)
    script.shortfall["p1"] = "descendants_capped"
    assert [g.reason for g in harvest(archive).gaps] == ["descendants_capped"]
    assert harvest(archive).entries == []  # the same shortfall is no news
    script.shortfall.clear()
    assert [g.closed for g in harvest(archive).gaps] == [True]


def test_old_threads_are_left_alone_until_a_full_recrawl(library: Library, script: Script) -> None:
    archive = library(script)
    script.items["p2"].age = 12 * script.items["p2"].age
    harvest(archive)
    script.vanished.add("p2")  # the list no longer reaches back so far
    script.asked.clear()
    harvest(archive)
    assert "p2" not in script.asked
    harvest(archive, full=True)
    assert "p2" in script.asked


def test_items_that_cannot_be_read_are_quarantined_once_and_block_nothing(library: Library, script: Script) -> None:
    archive = library(script)
    script.malformed = [b'{"id": NaN}']
    report = harvest(archive)
    assert (report.quarantined, report.posts) == (1, 2)
    assert harvest(archive).entries == []
    assert len(archive.catalog.quarantine_items()) == 1


def test_a_throttle_takes_in_what_was_seen_and_the_retry_does_not_read_it_again(
    library: Library, script: Script
) -> None:
    archive = library(script)
    account = archive.account("larkspur")
    began = datetime.now(UTC)
    script.fail_before["p2"] = Throttled("Slow down.", regain_at=began + timedelta(minutes=5))
    with pytest.raises(Throttled):
        pull(archive, account, resume_since=began)
    assert len(rows(archive)) == 7  # profile, two posts, three comments and the gap
    script.fail_before.clear()
    script.asked.clear()
    report = accession(archive, validate(archive, pull(archive, account, resume_since=began)))
    assert script.asked == ["p2"]
    assert [g.closed for g in report.gaps] == [True]


def test_three_steps_through_staging_do_what_one_run_does(library: Library, script: Script) -> None:
    archive = library(script)
    pulled = pull(archive, archive.account("larkspur"))
    validated = validate(archive, Pulled.from_dict(pulled.to_dict()))
    report = accession(archive, Validated.from_dict(validated.to_dict()))
    assert report.new == 6
    assert accession_again_adds_nothing(archive, validated)
    assert list(archive.staging.keys("staging/")) == []


def accession_again_adds_nothing(archive: ScriptedArchive, validated: Validated) -> bool:
    """A scheduler may repeat the last step after it has emptied the staging area."""
    return accession(archive, validated).entries == []


def test_what_travels_between_the_steps_holds_no_content(library: Library, script: Script) -> None:
    script.say("c1", "CANARY-WORDS")
    archive = library(script)
    pulled = pull(archive, archive.account("larkspur"))
    told = repr(pulled.to_dict()) + repr(validate(archive, pulled).to_dict())
    assert "CANARY" not in told
    assert "'c1'" not in told


def test_rebuild_from_the_bucket_gives_the_same_rows(library: Library, script: Script) -> None:
    archive = library(script)
    harvest(archive)
    script.say("c1", "edited")
    harvest(archive)
    before, totals = rows(archive), archive.catalog.totals()
    rebuild(archive)
    assert (rows(archive), archive.catalog.totals()) == (before, totals)


def test_every_committed_object_is_locked_and_orphans_are_collected(library: Library, script: Script) -> None:
    archive = library(script)
    harvest(archive)
    assert audit.sweep(archive)["sealed_again"] == 0
    orphan = archive.store.put(
        "records/series=x/cutoff=2026-01/platform=p/account=a/orphan.parquet", b"never committed"
    )
    assert audit.sweep(archive)["orphans_removed"] == 0  # it may still be on its way into the ledger
    assert audit.sweep(archive, now=datetime.now(UTC) + timedelta(days=3))["orphans_removed"] == 1
    assert not archive.store.exists(orphan.key, orphan.version_id)
    assert audit.sweep(archive)["missing"] == []


def test_what_is_missing_is_asked_for_with_the_post_that_it_stood_under(
    library: Library, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, str | None]] = []

    def item_under(self: Scripted, native_id: str, root: str | None) -> Sighting:
        asked.append((native_id, root))
        return self.item(native_id)

    monkeypatch.setattr(Scripted, "item_under", item_under)
    archive = library(script)
    harvest(archive)
    script.delete("r2")
    script.delete("p2")
    assert harvest(archive).deleted == 2
    assert sorted(asked) == [("p2", None), ("r2", "p1")]
