"""The review queue: what waits, in which order, and what a reviewer is shown. Names and words are invented."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive import companions
from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.policy import check, decisions, findings, letters, review
from social_archive.policy.batch import Batch
from social_archive.policy.criteria.foia_request import NAMED
from social_archive.policy.criterion import Criterion, Hit, Rule
from social_archive.policy.review import Wanted
from social_archive.policy.suite import Check, Suite
from social_archive.record import Observation, new_rid, now_micros
from social_archive.retention import proposal
from social_archive.search import Search
from tests.social_archive.policy.deciding import ASKS, REASON, policy, rid_of
from tests.social_archive.retention.scenes import another, comment, library, take_in

# --------------------------------------------------------------------------- any sequence of findings and decisions

_STEPS = st.lists(
    st.one_of(st.tuples(st.just("found"), st.integers(0, 3)),
              st.tuples(st.just("decided"), st.integers(0, 3), st.sets(st.integers(0, 20)))),
    max_size=30,
)  # fmt: skip


def _found(number: int, rid: str, **said: Any) -> dict[str, Any]:
    plain = {
        "id": f"f{number}", "rid": rid, "version": 1, "platform": "p", "account": "a", "kind": "comment",
        "field": "body", "criterion": "c", "clause": None, "rule": "r", "rule_version": 1, "policy": "1", "rules": "",
        "start": 0, "end": 1, "quote": "q", "evidence": "{}", "strength": "weak", "explanation": "It.",
        "found_at": number, "series": "s", "cutoff": "2026-01",
    }  # fmt: skip
    return plain | said


def _decided(number: int, rid: str, listed: list[str]) -> dict[str, Any]:
    return {
        "id": f"d{number}", "rid": rid, "version": 1, "platform": "p", "account": "a", "verdict": "no_violation",
        "clause": None, "rationale": "r", "findings": listed, "by": "b", "name": None, "title": None, "via": "cli",
        "policy": "1", "supersedes": None, "decided_at": number, "series": "s", "cutoff": "2026-01",
    }  # fmt: skip


@given(_STEPS)
@settings(max_examples=60)
def test_a_record_waits_if_and_only_if_it_has_a_finding_that_no_decision_lists(steps: list[Any]) -> None:
    found: list[dict[str, Any]] = []
    decided: list[dict[str, Any]] = []
    open_findings: dict[str, set[str]] = {}
    for number, step in enumerate(steps):
        rid = f"record-{step[1]}"
        if step[0] == "found":
            found.append(_found(number, rid))
            open_findings.setdefault(rid, set()).add(f"f{number}")
            continue
        listed = sorted(one["id"] for one in found if one["rid"] == rid and int(one["id"][1:]) in step[2])
        decided.append(_decided(number, rid, listed))
        open_findings.get(rid, set()).difference_update(listed)
    waiting = review.uncovered(
        findings.table_of(found),
        pa.Table.from_pylist(decided, schema=pa.schema([f for f in decisions.SCHEMA if f.name not in _SEALED])),
    )
    by_rid: dict[str, set[str]] = {}
    for row in waiting.to_pylist():
        by_rid.setdefault(row["rid"], set()).add(row["id"])
    assert by_rid == {rid: ids for rid, ids in open_findings.items() if ids}


_SEALED = ("secret", "commitment")


# --------------------------------------------------------------------------- on the real store


@pytest.fixture
def archive(tmp_path: Path, buckets: StoreConfig) -> Archive:
    return policy(library(tmp_path, buckets.bucket))


def _note(archive: Archive, rid: str, **said: Any) -> str:
    """A finding as a check would write it, of a criterion of the test's choice."""
    version, place = companions.place_of(archive, rid)
    row = _found(0, rid, id=new_rid(), version=version, platform=place.platform, account=place.account,
                 series=place.series, cutoff=place.cutoff, found_at=now_micros(), **said)  # fmt: skip
    companions.commit(archive, findings.CLASS, findings.table_of([row]), what="policy.checked", sources=[place],
                      txn=(row["id"],), note={"rules": "", "entries": [], "findings": 1})  # fmt: skip
    return str(row["id"])


@pytest.mark.slow
def test_the_oldest_comes_first_and_a_decision_takes_a_record_off_the_queue_until_something_new_is_found(
    archive: Archive,
) -> None:
    take_in(archive, [comment(1, ASKS), comment(2, "A nice day"), comment(3, "Another one")])
    first, second, third = (rid_of(archive, f"c{n}") for n in (1, 2, 3))
    _note(archive, second, criterion="x", clause="advertising", strength="strong")
    _note(archive, first, criterion="x", clause=None)
    _note(archive, first, criterion="y", clause="off-topic")
    queue = review.queue(archive)
    assert [item.rid for item in queue.items] == [second, first]
    assert (queue.records, queue.findings) == (2, 3)
    assert [(one.criterion, one.clause, one.records) for one in queue.by_criterion] == [
        ("x", None, 1), ("x", "advertising", 1), ("y", "off-topic", 1),
    ]  # fmt: skip
    assert (letters.waiting(archive).records, letters.waiting(archive).total) == (2, 3), "the letter counts the same"
    assert queue.oldest == queue.items[0].since == queue.items[0].findings[0].found_at

    decisions.decide(archive, second, "no_violation", rationale=REASON, by="records", via="cli")
    assert [item.rid for item in review.queue(archive).items] == [first]
    again = _note(archive, second, criterion="z", clause="advertising")
    (item,) = (item for item in review.queue(archive).items if item.rid == second)
    assert [finding.id for finding in item.findings] == [again], "what was decided is not asked again"
    assert third not in {item.rid for item in review.queue(archive).items}


@pytest.mark.slow
def test_the_queue_is_narrowed_and_paged_and_always_shows_the_whole_record(archive: Archive) -> None:
    take_in(archive, [comment(1, "One"), comment(2, "Two")])
    first, second = rid_of(archive, "c1"), rid_of(archive, "c2")
    _note(archive, first, criterion="x", clause="advertising", strength="weak")
    _note(archive, first, criterion="y", clause="off-topic", strength="strong")
    _note(archive, second, criterion="x", clause="advertising", strength="moderate")

    def rids(**wanted: Any) -> list[str]:
        return [item.rid for item in review.queue(archive, Wanted(**wanted)).items]

    assert rids(criterion="x") == [first, second]
    assert rids(clause="off-topic") == [first]
    assert rids(criterion="x", strength="moderate") == [second], "one finding must match in all"
    assert rids(strength="moderate") == [first, second], "this strength or more"
    assert (rids(platform="mastodon"), rids(account="nobody")) == ([first, second], [])
    (narrowed,) = review.queue(archive, Wanted(clause="off-topic")).items
    assert len(narrowed.findings) == 2, "the other finding of the record is evidence too"
    page = review.queue(archive, limit=1, offset=1)
    assert (page.records, [item.rid for item in page.items]) == (2, [second])


@pytest.mark.slow
def test_findings_of_rules_that_are_no_longer_in_force_say_so(archive: Archive) -> None:
    take_in(archive, [comment(1, ASKS)])
    check.run(archive)
    rid = rid_of(archive, "c1")
    _note(archive, rid, criterion="foia-request", rule=NAMED.id, rule_version=99)
    (item,) = review.queue(archive).items
    assert {(one.rule_version, one.in_force) for one in item.findings} == {(NAMED.version, True), (99, False)}


@pytest.mark.slow
def test_a_reviewer_sees_the_words_in_their_version_the_thread_the_gaps_and_the_notes(archive: Archive) -> None:
    at = datetime.now(UTC) - timedelta(days=400)
    post = comment(1, "Where shall we meet? (invented)", at=at)
    post.kind, post.author_is_account = "post", True
    said = ((2, f"Well. {ASKS}"), (3, "In the garden"), (4, "We look into it"))
    asked, aside, answer = (comment(n, text, at=at + timedelta(minutes=n)) for n, text in said)
    for one in (asked, aside):
        one.parent_native_id = one.root_native_id = "c1"
    answer.parent_native_id, answer.root_native_id, answer.author_is_account = "c2", "c1", True
    take_in(archive, [post, asked, aside, answer, _gap()])
    check.run(archive)
    changed = comment(2, "Never mind", at=at)
    changed.parent_native_id = changed.root_native_id = "c1"
    take_in(archive, [changed])

    rid = rid_of(archive, "c2")
    with closing(Search.of(archive)) as search:
        told = review.dossier(archive, search, rid)
    (finding,) = told.findings
    words = told.text_of(finding)
    assert words is not None
    assert words[finding.start : finding.end] == finding.quote
    assert (finding.version, told.latest_version, told.record["body"]) == (1, 2, "Never mind")
    walked = [(depth, node.item["native_id"], node.item["author_is_account"]) for depth, node in told.thread.walk()]
    assert walked == [(0, "c1", True), (1, "c2", False), (2, "c4", True), (1, "c3", False)]
    assert [gap.reason for gap in told.thread.gaps] == ["server_error"]
    (note,) = (one for one in told.warnings if one.found)
    assert (note.criterion, "Talk about the law is not a request" in note.note) == ("foia-request", True)
    assert told.waiting == told.findings
    assert not told.on_list


@pytest.mark.slow
def test_what_was_referred_to_counsel_is_a_list_of_its_own_until_somebody_decides(archive: Archive) -> None:
    take_in(archive, [comment(1, ASKS), comment(2, "Nothing was found here")])
    check.run(archive)
    assert review.referred(archive) == []
    flagged, plain = rid_of(archive, "c1"), rid_of(archive, "c2")
    for rid in (plain, flagged):
        decisions.decide(archive, rid, "counsel", rationale=REASON, by="records", via="cli")
    assert review.queue(archive).items == ()
    items = review.referred(archive)
    assert [item.rid for item in items] == [plain, flagged]
    assert [item.referred and item.referred.rationale for item in items] == [REASON, REASON]
    assert [len(item.findings) for item in items] == [0, 1]
    assert [item.rid for item in review.referred(archive, Wanted(criterion="foia-request"))] == [flagged]
    decisions.decide(archive, flagged, "no_violation", rationale=REASON, by="director", via="cli")
    assert [item.rid for item in review.referred(archive)] == [plain]


@pytest.mark.slow
def test_a_record_on_a_list_for_disposal_says_that_nothing_can_be_decided_about_it(archive: Archive) -> None:
    take_in(archive, [comment(1, ASKS)])
    assert proposal.propose(archive, by="it", via="cli") is not None
    with closing(Search.of(archive)) as search:
        assert review.dossier(archive, search, rid_of(archive, "c1")).on_list


class _Insults(Criterion):
    """Stands for a check that found something; it looks at the same clause as `_Warns`."""

    name, title, clause, note = "insults", "Insults", "offensive", "An insult is an opinion too."
    rules = (Rule("insults.word", 1, "weak", "A word."),)

    def find(self, batch: Batch) -> Iterator[Hit]:
        return iter(())


class _Warns(_Insults):
    """Stands for a clause of which no machine can say anything: it only has its note."""

    name, title, note = "warns", "Disparages", "This clause may not be enforceable: ask counsel first."
    rules = ()


class _Elsewhere(_Insults):
    name, clause, rules = "elsewhere", "advertising", ()


def test_the_warning_of_a_clause_is_shown_with_whatever_was_found_under_the_clause() -> None:
    suite = Suite("1", tuple(Check(cls(), cls.clause, on) for cls, on in ((_Warns, False), (_Insults, True),
                                                                          (_Elsewhere, True))))  # fmt: skip
    shown = review.around(suite, {"insults"}, {"offensive"})
    assert [(one.criterion, one.found, one.on) for one in shown] == [("insults", True, True), ("warns", False, False)]
    assert "ask counsel" in shown[1].note
    assert review.around(suite, set(), set()) == []


@pytest.mark.slow
def test_another_host_has_the_same_queue(archive: Archive, tmp_path: Path) -> None:
    take_in(archive, [comment(1, ASKS)])
    check.run(archive)
    other = another(archive, tmp_path)
    other.catalog.catch_up()
    assert review.queue(other) == review.queue(archive)


def _gap() -> Observation:
    now = now_micros()
    return Observation(
        kind="gap", native_id="gap:1", native=b"{}", platform="mastodon", account="larkspur", observed_at=now,
        harvest_id="h", adapter="scripted.1", gap_reason="server_error", gap_from=now - 10**9, gap_to=now,
        state="inaccessible",
    )  # fmt: skip
