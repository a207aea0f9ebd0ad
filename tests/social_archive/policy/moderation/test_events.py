"""The moderation ledger: intervals, causes, decisions, and what nobody decided. On the real store; all is invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.digest import digest
from social_archive.errors import NotFound
from social_archive.policy.moderation import explanations
from social_archive.policy.moderation.consistency import consistency
from social_archive.policy.moderation.events import Event, events, unmatched
from social_archive.retention import consolidation
from tests.social_archive.cli.conftest import Run, run  # noqa: F401 - a fixture
from tests.social_archive.policy.moderating import FACEBOOK, POLICY, as_json, decided, found, looked, seen, us
from tests.social_archive.retention.scenes import library

pytestmark = pytest.mark.slow


@pytest.fixture
def archive(tmp_path: Path, buckets: StoreConfig) -> Archive:
    folder = library(tmp_path, buckets.bucket).agency.folder
    (folder / "accounts.yaml").write_text(FACEBOOK)
    (folder / "policy.yaml").write_text(POLICY)
    return open_archive(folder, state=tmp_path / "state-agency")


def only(archive: Archive) -> Event:
    (event,) = events(archive)
    return event


# --------------------------------------------------------------------------- when


def test_it_was_there_then_hidden_then_back(archive: Archive) -> None:
    rid = seen(archive, "c1", 1)
    seen(archive, "c1", 3, state="hidden")
    seen(archive, "c1", 5)
    e = only(archive)
    assert (e.rid, e.version, e.state, e.last_seen, e.since, e.back) == (rid, 2, "hidden", us(1), us(3), us(5))
    assert e.cause == "us"


def test_what_stays_as_it_was_and_what_could_not_be_read_is_no_event(archive: Archive) -> None:
    seen(archive, "c1", 1)
    seen(archive, "c1", 2, text="Edited (invented)")
    seen(archive, "c2", 1)
    seen(archive, "c2", 2, state="inaccessible")
    assert events(archive) == []


def test_looks_that_reached_their_end_narrow_the_interval_and_others_do_not(archive: Archive) -> None:
    seen(archive, "c1", 1, created=0.0)
    looked(archive, 4)
    looked(archive, 6, outcome="failed")  # could not see
    looked(archive, 8, since=7)  # did not reach back so far
    seen(archive, "c1", 10, state="missing_unconfirmed")
    assert (only(archive).last_seen, only(archive).since) == (us(4), us(10))


def test_a_gap_that_overlaps_widens_it_again(archive: Archive) -> None:
    from social_archive.accession import Batch, commit
    from social_archive.record import Observation

    seen(archive, "c1", 1)
    looked(archive, 4)
    gap = Observation(
        kind="gap", native_id="gap:thread:p1", native=b"{}", platform="facebook", account="larkspur",
        root_native_id="p1", state="inaccessible", gap_reason="thread_limit", gap_from=us(3), gap_to=None,
        observed_at=us(4), harvest_id="h", adapter="scripted.1",
    )  # fmt: skip
    commit(archive, Batch("facebook", "larkspur", "h", [gap]))
    seen(archive, "c1", 10, state="missing_unconfirmed")
    assert only(archive).last_seen == us(1)


def test_several_observations_of_one_absence_are_one_event_with_what_tells_most(archive: Archive) -> None:
    seen(archive, "c1", 1)
    for number, state in ((3, "missing_unconfirmed"), (4, "hidden"), (9, "deleted")):
        seen(archive, "c1", number, state=state)
    e = only(archive)
    assert (e.states, e.cause, e.since) == (("missing_unconfirmed", "hidden", "deleted"), "us", us(3))


# --------------------------------------------------------------------------- who decided


def test_a_removal_is_matched_with_the_violation_that_was_decided_before_it(archive: Archive) -> None:
    rid = seen(archive, "c1", 1)
    decision = decided(archive, rid, 2)
    looked(archive, 2.5)
    seen(archive, "c1", 4, state="hidden")
    e = only(archive)
    assert (e.status, e.decision, e.clause, e.decided_before_last_seen) == ("matched", decision, "advertising", True)
    assert unmatched(archive) == []


def test_without_a_violation_decided_before_it_a_removal_is_unmatched_and_says_what_is_missing(
    archive: Archive,
) -> None:
    cases = {
        "c1": (None, "", "There is no decision."),
        "c2": (2, "no_violation", "The decision was: no violation."),
        "c3": (2, "counsel", "It was referred to counsel."),
        "c4": (5, "violation", "It was decided only after it was seen to be gone."),
    }
    expected = {}
    for native_id, (on, verdict, why) in cases.items():
        rid = seen(archive, native_id, 1)
        expected[rid] = why
        if on is not None:
            decided(archive, rid, on, verdict)
        seen(archive, native_id, 4, state="missing_unconfirmed")
    assert {e.rid: e.why for e in unmatched(archive)} == expected
    assert {e.cause for e in unmatched(archive)} == {"unknown"}


def test_a_later_decision_takes_the_place_of_an_earlier_one(archive: Archive) -> None:
    rid = seen(archive, "c1", 1)
    decided(archive, rid, 2, "violation")
    decided(archive, rid, 3, "no_violation")
    seen(archive, "c1", 4, state="hidden")
    assert only(archive).why == "The decision was: no violation."


def test_what_the_author_or_the_platform_removed_waits_for_nobody(archive: Archive) -> None:
    seen(archive, "c1", 1)
    seen(archive, "c1", 4, state="account_gone")
    assert (only(archive).status, unmatched(archive)) == ("not_ours", [])


def test_comments_that_went_with_their_post_are_its_event(archive: Archive) -> None:
    post = seen(archive, "p1", 1, kind="post", own=True)
    for number in (1, 2):
        seen(archive, f"c{number}", 1)
    seen(archive, "c3", 1)
    seen(archive, "c3", 3, state="deleted")  # went before
    looked(archive, 5)
    for native_id in ("p1", "c1", "c2"):
        seen(archive, native_id, 6, state="deleted", kind="post" if native_id == "p1" else "comment")
    statuses = sorted((e.status, e.took_along) for e in events(archive))
    assert statuses == [("unmatched", 0), ("unmatched", 2), ("with_thread", 0), ("with_thread", 0)]
    assert {e.went_with for e in events(archive) if e.status == "with_thread"} == {post}


def test_what_was_held_is_matched_by_a_decision_while_it_waits_and_released_when_it_shows(archive: Archive) -> None:
    rid = seen(archive, "c1", 1, state="held_for_review", platform="youtube", created=1)
    seen(archive, "c2", 1, state="held_for_review", platform="youtube", created=1)
    seen(archive, "c2", 2, platform="youtube")
    assert {e.status for e in events(archive)} == {"unmatched", "released"}
    decided(archive, rid, 2)
    seen(archive, "c1", 3, state="hidden", platform="youtube", flags=("rejected",))
    assert {e.status for e in events(archive)} == {"matched", "released"}


def test_what_was_hidden_before_the_archive_first_looked_is_no_ones_open_question(archive: Archive) -> None:
    looked(archive, 1)
    seen(archive, "c1", 1.1, state="hidden", created=-200.0)
    seen(archive, "c2", 3, state="hidden", created=2.0)
    assert [(e.status, e.last_seen) for e in events(archive)] == [("before", None), ("unmatched", None)]


# --------------------------------------------------------------------------- said afterwards


def test_an_explanation_closes_the_question_keeps_its_history_and_leaves_no_word_in_the_ledger(
    archive: Archive,
) -> None:
    rid = seen(archive, "c1", 1)
    seen(archive, "c1", 4, state="missing_unconfirmed")
    explanations.explain(archive, rid, "unknown", "Nobody at the desk remembers", by="records", via="cli")
    explanations.explain(archive, rid, "us", "Found in the desk's own notes", by="director", via="cli",
                         clause="advertising", removed_on=datetime(2026, 11, 4, tzinfo=UTC).date())  # fmt: skip
    e = only(archive)
    assert (e.status, e.cause, e.clause) == ("explained", "us", "advertising")
    assert unmatched(archive) == []
    assert [row["cause"] for row in explanations.read(archive, rid=rid).to_pylist()] == ["unknown", "us"]
    told = [entry for entry in archive.ledger.entries() if entry.header["what"] == explanations.WHAT]
    assert len(told) == 2
    assert not any(word in json.dumps(entry.header) for entry in told for word in ("desk", "advertising"))
    (mine, _), (record, *_) = archive.catalog.objects(explanations.CLASS), archive.catalog.objects("records")
    assert (mine.series, mine.cutoff) == (record.series, record.cutoff), "it dies with the record"


def test_an_explanation_that_is_not_complete_or_explains_nothing_is_refused(archive: Archive) -> None:
    rid = seen(archive, "c1", 1)
    told: dict[str, Any] = {"cause": "us", "reason": "Hidden by the desk", "by": "records", "via": "cli"}
    with pytest.raises(NotFound, match="nothing to explain"):
        explanations.explain(archive, rid, **told)
    seen(archive, "c1", 4, state="missing_unconfirmed")
    cases: list[tuple[dict[str, str], str]] = [
        ({"reason": "short"}, "10 characters"),
        ({"by": "nobody"}, "nobody"),
        ({"cause": "unknown", "clause": "advertising"}, "Only what we removed"),
        ({"clause": "no-such-clause"}, "no clause"),
    ]
    for given, says in cases:
        with pytest.raises(explanations.NotExplained, match=says):
            explanations.explain(archive, rid, **told | given)
    assert explanations.read(archive).num_rows == 0


# --------------------------------------------------------------------------- counts, digest, command line


def test_an_uneven_application_of_a_clause_shows_in_the_counts_and_nobodys_words_do(archive: Archive) -> None:
    rids = [seen(archive, f"c{number}", 1) for number in range(4)]
    shown = [found(archive, rid, 1) for rid in rids]
    decided(archive, rids[0], 2, shown=[shown[0]])
    decided(archive, rids[1], 2, "no_violation", shown=[shown[1]])
    for native_id in ("c0", "c2"):
        seen(archive, native_id, 4, state="hidden")
    ads, private = consistency(archive)
    assert (ads.findings, ads.records, ads.left_up) == (4, 4, 2)
    assert ads.decisions == {"violation": 1, "no_violation": 1}
    assert ads.removals == {"matched": 1, "unmatched": 1}
    assert [(r.rule, r.records, r.removed, r.left_up) for r in ads.rules] == [("ads.price", 4, 2, 2)]
    assert (private.records, private.decisions, private.removals) == (0, {}, {})
    said = as_json([row.to_dict() for row in (ads, private)])
    assert not any(word in said for word in ("remark", "ada", *rids))


def test_counts_of_a_period_leave_out_what_was_before_and_after(archive: Archive) -> None:
    rid = seen(archive, "c1", 1)
    found(archive, rid, 1)
    seen(archive, "c1", 4, state="hidden")
    (early, _), (late, _) = consistency(archive, until=us(2)), consistency(archive, since=us(2))
    assert (early.records, early.removals) == (1, {})
    assert (late.records, late.removals) == (0, {"unmatched": 1})


def test_the_digest_tells_of_removals_that_nobody_decided(archive: Archive) -> None:
    seen(archive, "c1", 1)
    seen(archive, "c1", 4, state="hidden")
    (matter,) = (m for m in digest(archive).matters if m.code == "undecided_removals")
    assert (matter.account, matter.detail) == ("facebook/larkspur", "1")
    assert matter.since == datetime(2026, 11, 5, 9, tzinfo=UTC)
    assert "archive moderation" in matter.remedy


def test_consolidation_changes_no_event(archive: Archive) -> None:
    for number in range(3):
        seen(archive, f"c{number}", 1, created=-500.0)
        seen(archive, f"c{number}", 4, state="hidden", created=-500.0)
    before = events(archive)
    consolidation.consolidate(archive)
    assert len(archive.catalog.objects("records")) < 6
    assert events(archive) == before


def test_the_command_line_lists_counts_and_explains(archive: Archive, run: Run) -> None:  # noqa: F811
    rid = seen(archive, "c1", 1, text="CANARY")
    found(archive, rid, 1)
    seen(archive, "c1", 4, state="hidden")
    agency = ("--agency", str(archive.agency.folder))
    (event,) = run(*agency, "moderation", "list", "--json").json["events"]
    assert (event["rid"], event["last_seen"], event["status"]) == (rid, "2026-11-02T09:00:00Z", "unmatched")
    for command in ("list", "unmatched", "consistency"):
        ran = run(*agency, "moderation", command)
        assert ran.code == 0
        assert "CANARY" not in ran.out
    assert "There is no decision." in run(*agency, "moderation", "unmatched").out
    assert run(*agency, "moderation", "consistency", "--json").json["clauses"][0]["records"] == 1
    explained = run(*agency, "moderation", "explain", rid[:12], "--cause", "us", "--by", "records", "--reason",
                    "Hidden by the desk", "--clause", "advertising", "--on", "2026-11-04", "--json")  # fmt: skip
    assert explained.json["removed_on"] == "2026-11-04"
    assert run(*agency, "moderation", "unmatched", "--json").json["events"] == []
