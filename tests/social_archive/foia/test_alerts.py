"""A possible request for public records is shown with its clock running, until a person says what it is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from social_archive import companions
from social_archive.archive import Archive
from social_archive.config import StoreConfig, load_agency
from social_archive.digest import digest
from social_archive.foia import alerts as foia_alert
from social_archive.foia import answers as foia_answers
from social_archive.foia import letter as foia_letter
from social_archive.foia.alerts import Alert, Seen, alerts
from social_archive.foia.answers import NotAnswered, answer
from social_archive.foia.clock import Clock
from social_archive.law_foia import load_foia_law
from social_archive.policy import check, findings
from social_archive.record import micros
from tests.agencies import agency_folder
from tests.social_archive.retention.scenes import another, comment, library, take_in

ASKS = "Under FOIA I request all invoices (invented)"
POSTED = datetime(2026, 11, 21, 4, 30, tzinfo=UTC)  # Friday the 20th, late in the evening in Chicago
ARCHIVED = POSTED + timedelta(days=2)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    folder = agency_folder(tmp_path_factory.mktemp("illinois"), "no-bucket")
    return Clock.of(load_foia_law(load_agency(folder), date(2026, 11, 24)))


def finding(identity: str, rid: str = "r1", **said: Any) -> dict[str, Any]:
    return {
        "id": identity, "rid": rid, "version": 1, "platform": "mastodon", "account": "larkspur", "kind": "comment",
        "field": "body", "criterion": "foia-request", "rule": "foia-request.named", "rule_version": 1, "policy": "1",
        "rules": "", "start": 0, "end": 5, "quote": ASKS, "evidence": "{}", "strength": "strong",
        "explanation": "Names the law.", "found_at": 1, "series": "s", "cutoff": "c", **said,
    }  # fmt: skip


def answered(*findings: str, verdict: str = "request", at: int = 9) -> dict[str, Any]:
    return {"id": f"a{at}", "findings": list(findings), "verdict": verdict, "number": "26-1", "answered_at": at}


def asked(
    found: list[dict[str, Any]], said: list[dict[str, Any]], clock: Clock | None, seen: dict[str, Seen] | None = None
) -> list[Alert]:
    answers = pa.Table.from_pylist(said) if said else foia_answers.SCHEMA.empty_table()
    moments = seen or {"r1": Seen(micros(POSTED), micros(ARCHIVED))}
    return alerts(findings.table_of(found), answers, moments, clock=clock, time_zone="America/Chicago")


# --------------------------------------------------------------------------- what follows from findings and answers


def test_it_was_received_when_it_was_posted_on_the_agencys_calendar(clock: Clock) -> None:
    (alert,) = asked([finding("f1")], [], clock)
    assert (alert.received, alert.first_seen, alert.status) == (date(2026, 11, 20), date(2026, 11, 22), "open")
    assert alert.due is not None
    assert (alert.due.date, alert.due.safe) == (date(2026, 12, 1), date(2026, 11, 30))
    assert alert.days_left(date(2026, 12, 2)) == -2


def test_without_a_time_of_posting_the_archives_own_time_is_the_receipt(clock: Clock) -> None:
    (alert,) = asked([finding("f1")], [], clock, {"r1": Seen(None, micros(ARCHIVED))})
    assert alert.received == date(2026, 11, 22)


def test_a_platforms_clock_that_runs_ahead_makes_nothing_later(clock: Clock) -> None:
    (alert,) = asked([finding("f1")], [], clock, {"r1": Seen(micros(ARCHIVED + timedelta(days=9)), micros(ARCHIVED))})
    assert alert.received == date(2026, 11, 22)


def test_what_is_due_first_stands_on_top_and_other_criteria_start_no_clock(clock: Clock) -> None:
    seen = {"r1": Seen(micros(POSTED), micros(ARCHIVED)), "r2": Seen(micros(POSTED - timedelta(days=9)), 10**16)}
    found = [finding("f1"), finding("f2", "r2"), finding("f3", criterion="advertising")]
    assert [alert.finding for alert in asked(found, [], clock, seen)] == ["f2", "f1"]


def test_an_answer_closes_all_findings_with_the_same_words_and_an_edit_to_other_words_opens_it_again(
    clock: Clock,
) -> None:
    first, again = finding("f1"), finding("f2", rule_version=2)
    (closed,) = asked([first, again], [answered("f1")], clock)
    assert (closed.status, closed.findings) == ("request", ("f1", "f2"))
    edited = finding("f3", version=2, quote="Under FOIA I request all contracts (invented)")
    (opened,) = asked([first, again, edited], [answered("f1")], clock)
    assert (opened.status, opened.finding) == ("open", "f3")


def test_the_later_answer_holds(clock: Clock) -> None:
    said = [answered("f1", verdict="no_request", at=20), answered("f1", at=10)]
    (alert,) = asked([finding("f1")], said, clock)
    assert alert.status == "no_request"


def test_a_record_that_is_gone_gives_no_alert_and_a_law_nobody_wrote_down_gives_no_date(clock: Clock) -> None:
    assert asked([finding("f1", "gone")], [], clock) == []
    (alert,) = asked([finding("f1")], [], None)
    assert (alert.due, alert.days_left(date(2026, 12, 2))) == (None, None)


# --------------------------------------------------------------------------- in the archive


@pytest.fixture
def archive(tmp_path: Path, buckets: StoreConfig) -> Archive:
    return library(tmp_path, buckets.bucket)


def the_alert(archive: Archive) -> Alert:
    archive.catalog.catch_up()
    (alert,) = foia_alert.of_archive(archive)
    return alert


@pytest.mark.slow
def test_a_comment_that_asks_is_an_alert_until_it_is_answered_and_any_host_sees_the_answer(
    archive: Archive, tmp_path: Path
) -> None:
    take_in(archive, [comment(1, ASKS, at=datetime.now(UTC)), comment(2, "What a nice day")])
    check.run(archive)
    waiting = the_alert(archive)
    assert (waiting.status, waiting.quote in ASKS) == ("open", True)
    assert waiting.due is not None
    assert waiting.received < waiting.due.safe

    done = answer(archive, waiting.finding[:8], verdict="request", number="26-014", by="records",
                  reason="Asks for invoices (invented)", via="cli")  # fmt: skip
    assert done.status == "request"
    elsewhere = the_alert(another(archive, tmp_path))
    assert elsewhere.answer is not None
    assert (elsewhere.answer["number"], elsewhere.answer["name"]) == ("26-014", "Rosa Lindqvist (invented)")


@pytest.mark.slow
def test_what_waits_for_an_answer_is_a_matter_of_the_digest_with_the_safe_date_and_without_its_words(
    archive: Archive,
) -> None:
    take_in(archive, [comment(1, ASKS, at=datetime.now(UTC))])
    check.run(archive)
    (matter,) = (m for m in digest(archive).matters if m.code == "possible_request")
    waiting = the_alert(archive)
    assert waiting.due is not None
    assert f"{waiting.due.safe:%Y-%m-%d}" in matter.what
    assert "invoices" not in matter.what + matter.detail
    answer(archive, waiting.finding, verdict="no_request", by="records", reason="A joke (invented)", via="cli")
    assert "possible_request" not in {m.code for m in digest(archive).matters}


@pytest.mark.slow
def test_the_foia_officer_is_told_once_with_dates_and_without_words(archive: Archive, tmp_path: Path) -> None:
    take_in(archive, [comment(1, ASKS, at=datetime.now(UTC))])
    check.run(archive)
    (waiting,) = foia_letter.untold(archive)
    assert waiting.due is not None
    letter = foia_letter.subject([waiting]) + foia_letter.html(archive, [waiting])
    assert letter.count(str(waiting.due.safe)) == 2
    assert "invoices" not in letter
    for _ in range(2):
        foia_letter.record(archive, [waiting])
    assert foia_letter.untold(archive) == foia_letter.untold(another(archive, tmp_path)) == []
    assert len(archive.catalog.walks.notes(foia_letter.TOLD)) == 1
    take_in(archive, [comment(2, f"{ASKS}, all of them", at=datetime.now(UTC))])
    check.run(archive)
    assert len(foia_letter.untold(archive)) == 1


@pytest.mark.slow
def test_the_same_answer_twice_is_one_and_another_supersedes_it(archive: Archive) -> None:
    take_in(archive, [comment(1, ASKS)])
    check.run(archive)
    identity = the_alert(archive).finding
    for _ in range(2):
        answer(archive, identity, verdict="no_request", by="records", reason="A joke (invented)", via="cli")
    assert foia_answers.read(archive).num_rows == 1
    answer(archive, identity, verdict="request", number="26-2", by="director", reason="No joke (invented)", via="cli")
    first, second = sorted(foia_answers.read(archive).to_pylist(), key=lambda row: row["answered_at"])
    assert (first["supersedes"], second["supersedes"]) == (None, first["id"])
    assert the_alert(archive).status == "request"


@pytest.mark.slow
def test_the_ledger_knows_that_somebody_answered_and_not_a_word_of_it(archive: Archive) -> None:
    take_in(archive, [comment(1, ASKS)])
    check.run(archive)
    answer(archive, the_alert(archive).finding, verdict="request", number="26-CANARY", by="records",
           reason="CANARY wants invoices", via="cli")  # fmt: skip
    (entry,) = (e for e in archive.ledger.entries() if e.header["what"] == foia_answers.WHAT)
    assert b"CANARY" not in repr(entry.header).encode() + b"".join(entry.leaves)
    kept = foia_answers.read(archive)
    assert companions.recommit(kept) == kept.column("commitment").to_pylist()


@pytest.mark.slow
@pytest.mark.parametrize(("said", "why"), [
    ({"verdict": "request", "reason": "Asks"}, "needs its number"),
    ({"verdict": "no_request", "reason": "  "}, "needs a reason"),
    ({"verdict": "no_request", "reason": "A joke", "by": "stranger"}, "nobody 'stranger'"),
])  # fmt: skip
def test_an_answer_without_number_reason_or_name_is_refused_and_the_clock_goes_on(
    archive: Archive, said: dict[str, Any], why: str
) -> None:
    take_in(archive, [comment(1, ASKS)])
    check.run(archive)
    identity = the_alert(archive).finding
    with pytest.raises(NotAnswered, match=why):
        answer(archive, identity, **{"by": "records", "via": "cli", **said})
    assert the_alert(archive).status == "open"
