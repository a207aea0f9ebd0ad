"""Decisions: what is refused, what the ledger is told, and that nothing else changes. On the real store."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from social_archive import companions
from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.errors import NotFound
from social_archive.policy import check, decisions
from social_archive.policy.decisions import Decision, DecisionRefused
from social_archive.record import new_rid
from social_archive.retention import disposal, proposal, why
from social_archive.search import Query, Search
from tests.social_archive.policy.deciding import ASKS, REASON, policy, rid_of
from tests.social_archive.retention.scenes import another, comment, library, take_in

pytestmark = pytest.mark.slow

BY = {"by": "records", "via": "cli"}


@pytest.fixture
def archive(tmp_path: Path, buckets: StoreConfig) -> Archive:
    made = policy(library(tmp_path, buckets.bucket))
    take_in(made, [comment(1, ASKS, at=datetime.now(UTC) - timedelta(days=20))])
    check.run(made)
    return made


@pytest.fixture
def rid(archive: Archive) -> str:
    return rid_of(archive, "c1")


def test_a_decision_says_who_why_when_and_under_which_policy_and_covers_what_was_found(
    archive: Archive, rid: str
) -> None:
    done = decisions.decide(archive, rid, "violation", clause="advertising", rationale=REASON, **BY)
    made = done.decision
    assert (made.verdict, made.clause, made.rationale, made.policy) == ("violation", "advertising", REASON, "7")
    assert (made.by, made.name, made.title, made.via) == (
        "records", "Rosa Lindqvist (invented)", "Records officer", "cli",
    )  # fmt: skip
    assert (made.version, made.supersedes, len(made.findings)) == (1, None, 1)
    assert decisions.history(archive, rid) == [made]
    assert done.entry == archive.catalog.head.n - 1 if archive.catalog.head else False
    (mine,), (record,) = archive.catalog.objects("decisions"), archive.catalog.objects("records")
    assert (mine.series, mine.cutoff, mine.retain_until) == (record.series, record.cutoff, record.retain_until)
    assert companions.recommit(decisions.read(archive)) == decisions.read(archive).column("commitment").to_pylist()


def test_the_ledger_knows_who_decided_which_way_and_neither_the_clause_nor_the_reason(
    archive: Archive, rid: str
) -> None:
    done = decisions.decide(archive, rid, "violation", clause="advertising", rationale=REASON, **BY)
    assert done.entry is not None
    entry = archive.ledger.read(done.entry)
    assert entry.header["note"] == {
        "decision": done.decision.id, "rid": rid, "verdict": "violation", "by": "records", "via": "cli", "policy": "7",
    }  # fmt: skip
    told = repr(entry.header) + repr(entry.leaves)
    assert not [word for word in ("advertising", "Rosa", REASON[:12]) if word in told]


def test_a_later_decision_supersedes_the_earlier_and_both_stay(archive: Archive, rid: str) -> None:
    first = decisions.decide(archive, rid, "counsel", rationale=REASON, **BY).decision
    second = decisions.decide(archive, rid, "no_violation", rationale=REASON, by="director", via="airflow").decision
    assert second.supersedes == first.id
    assert second.decided_at > first.decided_at
    assert decisions.history(archive, rid) == [first, second]
    assert decisions.standing(archive) == {rid: second}


def test_two_people_who_decide_at_the_same_moment_leave_a_chain(
    archive: Archive, rid: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = another(archive, tmp_path)
    commit, raced = companions.commit, []

    def commit_after_somebody_else(*arguments: object, **named: object) -> object:
        if not raced:
            raced.append(True)
            decisions.decide(other, rid, "counsel", rationale=REASON, by="director", via="cli")
        return commit(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(companions, "commit", commit_after_somebody_else)
    decisions.decide(archive, rid, "no_violation", rationale=REASON, **BY)
    first, second = decisions.history(archive, rid)
    assert [(d.by, d.supersedes) for d in (first, second)] == [("director", None), ("records", first.id)]


def test_many_decisions_from_two_hosts_at_once_are_one_chain(archive: Archive, rid: str, tmp_path: Path) -> None:
    hosts = [archive, another(archive, tmp_path)]

    def decide_thrice(host: Archive) -> list[str]:
        return [decisions.decide(host, rid, "counsel", rationale=REASON, **BY).decision.id for _ in range(3)]

    with ThreadPoolExecutor(2) as pool:
        made = [id for ids in pool.map(decide_thrice, hosts) for id in ids]
    archive.catalog.catch_up()
    chain = decisions.history(archive, rid)
    assert sorted(d.id for d in chain) == sorted(made)
    assert [d.supersedes for d in chain] == [None, *(d.id for d in chain[:-1])]


def test_the_same_decision_sent_twice_is_one(archive: Archive, rid: str) -> None:
    same = new_rid()
    first = decisions.decide(archive, rid, "no_violation", rationale=REASON, id=same, **BY)
    again = decisions.decide(archive, rid, "no_violation", rationale=REASON, id=same, **BY)
    assert (again.decision, again.entry) == (first.decision, None)
    assert len(decisions.history(archive, rid)) == 1


def test_a_person_may_say_which_findings_were_shown(archive: Archive, rid: str) -> None:
    assert decisions.decide(archive, rid, "no_violation", rationale=REASON, findings=[], **BY).decision.findings == ()
    with pytest.raises(DecisionRefused, match="has no finding"):
        decisions.decide(archive, rid, "no_violation", rationale=REASON, findings=[new_rid()], **BY)


def test_what_is_not_in_order_is_refused_and_nothing_is_written(archive: Archive, rid: str) -> None:
    head = archive.catalog.head
    for verdict, clause, rationale, by, message in (
        ("violation", None, REASON, "records", "say which"),
        ("violation", "advertizing", REASON, "records", "did you mean"),
        ("no_violation", "advertising", REASON, "records", "Only a violation"),
        ("fine", None, REASON, "records", "no verdict"),
        ("no_violation", None, "   ok       ", "records", "rationale has 2 characters"),
        ("no_violation", None, "x" * 5_001, "records", "rationale has 5,001"),
        ("no_violation", None, REASON, "nobody", "nobody 'nobody'"),
        ("no_violation", None, REASON, "", "who acts"),
    ):
        with pytest.raises(DecisionRefused, match=message):
            decisions.decide(archive, rid, verdict, clause=clause, rationale=rationale, by=by, via="cli")  # type: ignore[arg-type]
    assert archive.catalog.catch_up() == head
    assert list(archive.store.versions("decisions/")) == []


def test_there_is_no_deciding_about_what_is_not_there(archive: Archive) -> None:
    with pytest.raises(NotFound):
        decisions.decide(archive, new_rid(), "no_violation", rationale=REASON, **BY)


def test_a_record_on_a_list_for_disposal_cannot_be_decided_about_until_it_is_withdrawn(archive: Archive) -> None:
    take_in(archive, [comment(2, "Old")])
    old = rid_of(archive, "c2")
    listed = proposal.propose(archive, by="it", via="cli")
    assert listed is not None
    with pytest.raises(companions.SourceGone, match="list for disposal") as refused:
        decisions.decide(archive, old, "no_violation", rationale=REASON, **BY)
    assert "archive disposal withdraw" in refused.value.remedy
    assert list(archive.store.versions("decisions/")) == []
    disposal.withdraw(archive, listed.id, by="records", via="cli", reason="under review")
    decisions.decide(archive, old, "no_violation", rationale=REASON, **BY)


def test_a_decision_changes_nothing_about_the_record(archive: Archive, rid: str) -> None:
    def everything() -> tuple[bytes, ...]:
        with closing(Search.of(archive)) as search:
            found = search.find(Query(text="invoices"))
            shown = search.thing(rid), search.versions(rid, native=True), search.thread(rid)
        objects = [(o, archive.store.lock_state(o.key, o.version_id)) for o in archive.catalog.objects("records")]
        return tuple(repr(one).encode() for one in (found, shown, why.why(archive, rid), objects))

    before = everything()
    for verdict, clause in (("violation", "advertising"), ("counsel", None), ("no_violation", None)):
        decisions.decide(archive, rid, verdict, clause=clause, rationale=REASON, **BY)  # type: ignore[arg-type]
        assert everything() == before


def test_another_host_reads_the_same_decisions(archive: Archive, rid: str, tmp_path: Path) -> None:
    done: Decision = decisions.decide(archive, rid, "no_violation", rationale=REASON, **BY).decision
    other = another(archive, tmp_path)
    other.catalog.catch_up()
    assert decisions.history(other, rid) == [done]
