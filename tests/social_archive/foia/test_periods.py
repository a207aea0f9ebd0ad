"""The clock of a request from its events: every verb with what it refuses, under Larkspur's invented law.

Larkspur: 5 business days; 3 more for a reason (a, b, c); a question to the requester stops the clock.
"""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest

from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.foia import classification, closing, correspondence, deadlines, history, periods, request_file
from social_archive.foia.clock import Clock
from social_archive.foia.request_file import Attachment, RequestRefused
from social_archive.foia.requests import Incoming, Request, Requester, load, receive, today
from social_archive.stack.seaweed import Seaweed
from tests.social_archive.foia.scenes import library
from tests.social_archive.retention.scenes import another
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow

MAIL = Attachment("agreed.eml", "message/rfc822", b"Yes (invented)")
WHO = {"by": "records", "via": "cli"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, object_store: StoreConfig, weed: Seaweed) -> Archive:
    config = fresh_buckets(weed, object_store)
    return library(tmp_path_factory.mktemp("periods"), config.bucket)


def came(archive: Archive, days_ago: int = 0, *, email: str | None = None, text: str = "All of it.") -> Request:
    who = Requester("Jo Doe (invented)", email or f"{uuid.uuid4().hex[:8]}@example.com")
    return receive(archive, Incoming(today(archive) - timedelta(days=days_ago), "email", who, text), **WHO)


def safe(archive: Archive, request: Request) -> date:
    due = periods.deadline_of(archive, request)
    assert due is not None
    return due.safe


# --------------------------------------------------------------------------- more time


def test_an_extension_is_had_once_in_time_and_for_the_reasons_of_the_law(archive: Archive) -> None:
    made = came(archive)
    law = periods.law_of(archive, made.received)
    assert law is not None
    for reasons in ([], ["zz"], ["a", "vii"]):
        with pytest.raises(RequestRefused, match="reason"):
            periods.extend(archive, made.number, reasons, **WHO)
    first = safe(archive, made)
    longest = Clock.of(law).extended(Clock.of(law).due(made.received)).safe
    for until in (first, longest + timedelta(days=1)):
        with pytest.raises(RequestRefused, match="at the latest"):
            periods.extend(archive, made.number, ["a"], until=until, **WHO)
    assert [event.what for event in load(archive, made.number).file.events] == ["received"], "nothing was written"

    extended = periods.extend(archive, made.number, ["(C)", "a"], text="The annex", **WHO)
    (event,) = extended.file.all("extended")
    assert (event.told["reasons"], event.told["until"]) == (["a", "c"], longest.isoformat())
    assert list(event.details["reasons"].values()) == [one.text for one in law.extension.reasons if one.code in "ac"]
    assert safe(archive, extended) == longest
    with pytest.raises(RequestRefused, match="once"):
        periods.extend(archive, made.number, ["b"], **WHO)

    with pytest.raises(RequestRefused, match="in writing"):
        periods.agree(archive, made.number, longest + timedelta(days=30), files=(), **WHO)
    with pytest.raises(RequestRefused, match="no longer"):
        periods.agree(archive, made.number, longest, files=[MAIL], **WHO)
    agreed = periods.agree(archive, made.number, longest + timedelta(days=30), files=[MAIL], **WHO)
    assert safe(archive, agreed) == longest + timedelta(days=30)
    due = periods.deadline_of(archive, agreed)
    assert due is not None
    assert [step.safe for step in due.steps] == [first, longest, longest + timedelta(days=30)]
    assert all(step.citation for step in due.steps)


def test_a_promised_date_that_is_earlier_than_the_laws_is_the_date(archive: Archive) -> None:
    made = came(archive)
    promised = safe(archive, made) + timedelta(days=1)
    assert safe(archive, periods.extend(archive, made.number, ["a"], until=promised, **WHO)) == promised


def test_a_notice_that_comes_after_the_first_period_extends_nothing(archive: Archive) -> None:
    late = came(archive, 30)
    with pytest.raises(RequestRefused, match="had to be given by"):
        periods.extend(archive, late.number, ["a"], **WHO)
    kept = periods.extend(archive, late.number, ["a"], on=late.received, **WHO)
    assert kept.file.all("extended"), "one that was sent in time may be entered late"
    with pytest.raises(RequestRefused, match="before the receipt"):
        periods.ask(archive, late.number, "What?", on=late.received - timedelta(days=1), **WHO)
    with pytest.raises(RequestRefused, match="future"):
        periods.ask(archive, late.number, "What?", on=today(archive) + timedelta(days=1), **WHO)


def test_a_question_stops_larkspurs_clock_and_illinois_law_says_nothing_of_that(
    archive: Archive, tmp_path: Path
) -> None:
    made = came(archive, 40)
    first = safe(archive, made)
    asked = periods.ask(archive, made.number, "Which lot?", on=made.received, **WHO)
    due = periods.deadline_of(archive, asked)
    assert due is not None
    assert (asked.status, due.paused_since) == ("waiting", made.received)
    assert made.id not in {one.id for one in deadlines.approaching(archive)}, (
        "nobody is late while the clock stands still"
    )
    with pytest.raises(RequestRefused, match="open already"):
        periods.ask(archive, made.number, "And when?", **WHO)
    back = periods.clarified(archive, made.number, "The big one", on=made.received + timedelta(days=14), **WHO)
    assert back.status == "open"
    assert safe(archive, back) > first
    with pytest.raises(RequestRefused, match="before the last"):
        periods.ask(archive, made.number, "And when?", on=made.received, **WHO)

    elsewhere = archive.agency.folder.parent / "illinois"
    elsewhere.mkdir()
    for file in archive.agency.folder.iterdir():
        if file.is_file():
            (elsewhere / file.name).write_bytes(
                file.read_bytes().replace(b"jurisdiction: larkspur", b"jurisdiction: illinois")
            )
    illinois = open_archive(elsewhere, state=tmp_path / "state", write=False)
    illinois.catalog.catch_up()
    again = load(illinois, made.number)
    counted = periods.deadline_of(illinois, again)
    assert counted is not None
    assert counted.safe == Clock.of(periods.law_of(illinois, again.received)).due(again.received).safe  # type: ignore[arg-type]
    assert any("does not stop" in step.what for step in counted.steps)


# --------------------------------------------------------------------------- numbers


def test_two_who_receive_at_the_same_moment_get_two_numbers(archive: Archive, tmp_path: Path) -> None:
    hosts = [another(archive, tmp_path) for _ in range(3)]
    before = set(request_file.numbers(archive))
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda host: [came(host).number for _ in range(2)], hosts))
    numbers = [number for some in made for number in some]
    assert len(set(numbers) | before) == len(before) + 6
    who = Incoming(today(archive), "other", Requester("Kit Roe (invented)"), "All of it.")
    with pytest.raises(RequestRefused, match="already"):
        receive(archive, who, number=numbers[0], **WHO)
    assert load(archive, receive(archive, who, id="cd" * 16, **WHO).number) == receive(
        archive, who, id="cd" * 16, **WHO
    )


# --------------------------------------------------------------------------- kinds


def test_a_kind_has_its_own_clock_and_the_counts_of_a_requester_are_evidence(archive: Archive) -> None:
    email = "often@example.com"
    others = [came(archive, days_ago, email=email.upper()) for days_ago in (60, 9, 3, 1)]
    made = came(archive, email=email)
    law = periods.law_of(archive, made.received)
    assert law is not None
    year, days = classification.counts(archive, made)
    assert (year.count, days.count, days.threshold) == (5, 4, 5)
    assert not days.reached
    assert days.since == others[1].received
    came(archive, 400, email=email)
    assert classification.counts(archive, made)[0].count == 5, "older than the window"

    recurrent = classification.classify(archive, made.number, "recurrent", reason="Writes daily (invented)", **WHO)
    (event,) = recurrent.file.all("classified")
    assert [one["count"] for one in event.details["counts"]] == [5, 4]
    assert safe(archive, recurrent) == Clock.of(law).due(made.received, "recurrent").safe
    ledger = b"".join(leaf for entry in archive.ledger.entries() for leaf in entry.leaves)
    assert b"Writes daily" not in ledger
    assert email.encode() not in ledger.lower()
    with pytest.raises(RequestRefused, match="already"):
        classification.classify(archive, made.number, "recurrent", reason="Writes daily (invented)", **WHO)
    back = classification.classify(archive, made.number, "ordinary", reason="A newspaper (invented)", **WHO)
    assert (back.kind, safe(archive, back)) == ("ordinary", Clock.of(law).due(made.received).safe)


def test_the_clock_of_a_voluminous_request_runs_from_the_notice_and_its_answer(archive: Archive) -> None:
    made = came(archive, 3)
    law = periods.law_of(archive, made.received)
    assert law is not None
    told = classification.classify(archive, made.number, "voluminous", reason="Ten thousand pages", **WHO)
    due = periods.deadline_of(archive, told)
    assert due is not None
    assert due.owed == "notice"
    with pytest.raises(RequestRefused, match="first be told"):
        periods.extend(archive, made.number, ["a"], **WHO)
    sent = today(archive) - timedelta(days=2)
    told = classification.classify(archive, made.number, "voluminous", reason="Ten thousand", notified=sent, **WHO)
    due = periods.deadline_of(archive, told)
    assert due is not None
    assert due.owed == "answer"
    answered = periods.clarified(archive, made.number, "Then one month of it", **WHO)
    assert safe(archive, answered) < due.safe, "an answer ends the time for one"


# --------------------------------------------------------------------------- what the file holds


def test_the_four_things_of_a_file_and_what_was_said_in_it(archive: Archive) -> None:
    made = came(archive)
    names = ("request", "response", "requester", "others")
    states = dict(zip(names, ("there", "due", "none", "none"), strict=True))
    assert {one.name: one.state for one in correspondence.artefacts(made)} == states
    correspondence.note(archive, made.number, "Which year?", whom="other", direction="out", **WHO)
    with pytest.raises(RequestRefused, match="No offer"):
        correspondence.conferred(archive, made.number, "May", **WHO)
    correspondence.offer_to_confer(archive, made.number, "Could it be one month?", **WHO)
    with pytest.raises(RequestRefused, match="open already"):
        correspondence.offer_to_confer(archive, made.number, "Could it?", **WHO)
    correspondence.conferred(archive, made.number, "May", files=[MAIL], **WHO)
    for amount in ("-1", "NaN", "much", "1e9"):
        with pytest.raises(RequestRefused, match="amount"):
            correspondence.estimate_fees(archive, made.number, [("Paper", amount)], **WHO)
    now = correspondence.estimate_fees(archive, made.number, [("Paper", "1.5"), ("A disc", "0.25")], **WHO)
    assert now.file.events[-1].told["total"] == "1.75"
    assert {one.name: one.state for one in correspondence.artefacts(now)} == states | {
        "requester": "there", "others": "there",
    }  # fmt: skip
    for event in now.file.events:
        assert not any(word in history.sentence(event) for word in ("month", "year", "Jo Doe"))
    with pytest.raises(RequestRefused, match="Only a FOIA officer"):
        periods.ask(archive, made.number, "What?", by="it", via="cli")
    assert correspondence.note(archive, made.number, "Called", whom="requester", direction="in", by="it", via="cli")


def test_what_is_next_follows_the_file(archive: Archive) -> None:
    made = came(archive)
    said = [history.next_step(made)]
    for what, told in (
        ("searched", {"hits": 2}), ("confirmed", {"plan": "0", "totals": {"released": 2}}),
        ("letter", {"letter": "response"}),
        ("built", {"sha256": "0", "totals": {"released": 2}}), ("approved", {}), ("delivered", {"how": "folder"}),
        ("answered", {"outcome": "granted"}), ("closed", {"reason": "answered", "on": "2026-01-01"}),
    ):  # fmt: skip
        request_file.append(archive, made.id, what, details={}, told=told, **WHO)
        said.append(history.next_step(load(archive, made.id)))
    words = [step[0] if step else None for step in said]
    assert words == ["Search", "Review the hits", "Write the answer", "Build the bundle", "Have its release approved",
                     "Deliver it", "Send the answer", "Close it", None]  # fmt: skip
    done = load(archive, made.id)
    assert history.sentence(done.file.events[2]) == "Review confirmed by a second person: 2 released"
    for act in (periods.ask, correspondence.offer_to_confer):
        with pytest.raises(RequestRefused, match="closed"):
            act(archive, made.number, "What?", **WHO)
    assert closing.reviewable_until(archive, done) is None


# --------------------------------------------------------------------------- who must be reminded


def test_the_officer_is_told_once_a_day_and_of_nobodys_name(archive: Archive) -> None:
    soon, answered = came(archive, 30, text="Secret words"), came(archive, 30)
    request_file.append(archive, answered.id, "answered", details={}, told={"outcome": "granted"}, **WHO)
    due = safe(archive, soon)
    found = {one.id: one for one in deadlines.untold(archive)}
    assert answered.id not in found
    assert (found[soon.id].safe, found[soon.id].left) == (due, (due - today(archive)).days)
    assert came(archive).id not in {one.id for one in deadlines.approaching(archive, due - timedelta(days=20))}
    early = due - timedelta(days=archive.agency.foia.warn_days)
    assert soon.id in {one.id for one in deadlines.approaching(archive, early)}
    assert soon.id not in {one.id for one in deadlines.approaching(archive, early - timedelta(days=1))}

    letter = deadlines.html(archive, list(found.values()))
    assert deadlines.subject(list(found.values())).startswith(f"{len(found)} request")
    assert (soon.number in letter, str(due) in letter) == (True, True)
    assert not any(word in letter for word in ("Jo Doe", "Secret words", "@example.com"))
    for _ in range(2):
        deadlines.record(archive, list(found.values()))
        assert not {soon.id} & {one.id for one in deadlines.untold(archive)}
    assert len(archive.catalog.walks.notes(deadlines.TOLD)) == 1
    tomorrow = today(archive) + timedelta(days=1)
    assert soon.id in {one.id for one in deadlines.untold(archive, tomorrow)}, "told again each day"
