"""From a reviewed request to its answer, and to the central file of denials, on a real store."""

from __future__ import annotations

import csv
import io
import json
import uuid
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.foia import deciding, denial_index, letters, request_file, requests, review, searching
from social_archive.foia.letters import Letter
from social_archive.foia.request_file import Event, RequestFile, RequestRefused
from social_archive.foia.requests import Incoming, Request, Requester
from social_archive.foia.terms import Terms
from social_archive.stack.seaweed import Seaweed
from social_archive.store import ensure_buckets
from tests.social_archive.foia.letters.desk import pages
from tests.social_archive.foia.scenes import PERSON, library, take_in, thread
from tests.social_archive.retention.scenes import another

pytestmark = pytest.mark.slow

ME: dict[str, Any] = {"by": "records", "via": "cli"}
PRIVATE = ("Harrow", "harrow", "Sample Street", *PERSON.every)


@dataclass(frozen=True)
class Answered:
    archive: Archive
    request: Request
    letter: Letter
    entered: Event


@pytest.fixture(scope="module")
def scene(object_store: StoreConfig, weed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Answered:
    """A request whose review was confirmed; its partial denial is entered, not yet sent."""
    bucket = f"t-{uuid.uuid4().hex[:12]}"
    ensure_buckets(object_store.model_copy(update={"bucket": bucket}), client=weed.client("admin"))
    archive = library(tmp_path_factory.mktemp("letters"), bucket)
    path = archive.agency.folder / "agency.yaml"
    path.write_text(path.read_text().replace("slug: test", 'slug: test, address: "1 Example Lane (invented)"'))
    archive = another(archive, tmp_path_factory.mktemp("host"))
    take_in(archive, thread())
    who = Requester("Quentin Harrow (invented)", "q.harrow@example.com", "12 Sample Street")
    came = Incoming(requests.today(archive), "email", who, "The parking lot, please.")
    request = requests.receive(archive, came, **ME)
    searching.freeze(archive, request, Terms(all=("parking",)), **ME)
    found = review.review(archive, request.number)
    deciding.redact_person(archive, request.number, 3, codes=["LOR 4(a)"], basis="A private person (invented).", **ME)
    deciding.withhold(archive, request.number, [2], codes=["LOR 4(c)"], basis="An illness (invented).", **ME)
    deciding.release(archive, request.number, **ME)
    now = review.review(archive, request.number)
    assert now.totals["undecided"] == 0
    assert len(found.items) == 5
    review.confirm(archive, request.number, plan=now.plan, by="director", via="cli")
    request = requests.load(archive, request.number)
    facts = {"date": requests.today(archive).isoformat()}
    made = letters.draft(archive, request, letters.response_kind(now), by="records", facts=facts, reviewed=now)
    return Answered(archive, request, made, letters.enter(archive, request, made, **ME))


def test_the_letter_tells_of_the_review_as_it_stands(scene: Answered) -> None:
    said = " ".join(scene.letter.text.split())
    assert scene.letter.missing == ()
    assert "We found 5 records." in said
    assert "1 record is withheld in full" in said
    for owed in ("An illness (invented).", "A private person (invented).", "1 comment withheld in full", "parking",
                 "Rosa Lindqvist (invented), Records officer", "Adam Okafor (invented), Director"):  # fmt: skip
        assert owed in said, owed
    by_code = {one["code"]: one for one in scene.letter.data["denials"]}
    assert by_code["LOR 4(c)"]["records"] == 1
    assert by_code["LOR 4(c)"]["record_type"] == "comment"
    assert by_code["LOR 4(a)"]["cuts"] >= 3
    for secret in PERSON.every:
        assert secret not in said


def test_a_letter_is_kept_with_its_text_and_its_public_copy(scene: Answered, tmp_path: Path) -> None:
    elsewhere = another(scene.archive, tmp_path)
    elsewhere.catalog.catch_up()
    file = request_file.read(elsewhere, scene.request.number)
    assert letters.answer_letter(file) == scene.letter.pdf
    assert [one.name for one in file.all("letter")[0].attachments] == [letters.PDF, letters.TEXT, letters.PUBLIC]
    ledger = b"".join(leaf for entry in elsewhere.ledger.entries() for leaf in entry.leaves)
    assert b'"letter":"partial_denial"' in ledger
    for private in (*PRIVATE, "illness", "Quentin"):
        assert private.encode() not in ledger


def test_only_the_fitting_complete_confirmed_letter_answers_a_request(scene: Answered, tmp_path: Path) -> None:
    archive, request, today = scene.archive, scene.request, requests.today(scene.archive)

    def answer(letter: Event, outcome: letters.Outcome = "partial", sent: date = today) -> Event:
        return letters.answer(archive, request, outcome=outcome, letter=letter, sent=sent, **ME)

    with pytest.raises(RequestRefused, match="does not say 'granted'"):
        answer(scene.entered, "granted")
    for wrong in (today - timedelta(days=1), today + timedelta(days=1)):
        with pytest.raises(RequestRefused, match="when it has gone"):
            answer(scene.entered, sent=wrong)
    other = requests.receive(archive, Incoming(today, "mail", Requester("Jo (invented)"), "All of it."), **ME)
    facts = {"date": today.isoformat()}
    bare = letters.enter(archive, other, letters.draft(archive, other, "denial", by="records", facts=facts), **ME)
    with pytest.raises(RequestRefused, match="Missing: an exemption"):
        letters.answer(archive, other, outcome="denied", letter=bare, sent=today, **ME)
    with pytest.raises(RequestRefused, match="no letter of this request"):
        letters.answer(archive, other, outcome="partial", letter=scene.entered, sent=today, **ME)
    acknowledged = letters.draft(archive, request, "acknowledgement", by="records", facts=facts)
    with pytest.raises(RequestRefused, match="no answer"):
        answer(letters.enter(archive, request, acknowledged, **ME))
    deciding.release(archive, request.number, [1], **ME)
    with pytest.raises(RequestRefused, match="not confirmed, or was changed"):
        answer(scene.entered)
    assert letters.answer_letter(request_file.read(archive, request.number)) is None
    review.undo(archive, request.number, **ME)
    again = review.review(archive, request.number)
    assert again.plan == scene.letter.data["plan"]
    with pytest.raises(RequestRefused, match="not confirmed, or was changed"):
        answer(scene.entered)
    review.confirm(archive, request.number, plan=again.plan, by="director", via="cli")


@pytest.fixture(scope="module")
def sent(scene: Answered) -> Answered:
    """The same, and the letter has gone out."""
    today = requests.today(scene.archive)
    given: dict[str, Any] = {"outcome": "partial", "letter": scene.entered, "sent": today, "id": "cd" * 16, **ME}
    event = letters.answer(scene.archive, scene.request, **given)
    assert letters.answer(scene.archive, scene.request, **given) == event
    with pytest.raises(RequestRefused, match="this very letter"):
        letters.answer(scene.archive, scene.request, **{**given, "id": "ef" * 16})
    assert (event.told["outcome"], event.told["sent"]) == ("partial", today.isoformat())
    assert requests.load(scene.archive, scene.request.number).status == "answered"
    return scene


def test_the_central_file_has_every_denial_and_nobodys_name(sent: Answered, tmp_path: Path) -> None:
    archive = another(sent.archive, tmp_path)
    archive.catalog.catch_up()
    rows = denial_index.rows(archive)
    assert [(row.code, row.decision, row.record_type) for row in rows] == [
        ("LOR 4(a)", "denied in part", "comment"), ("LOR 4(c)", "denied in part", "comment"),
    ]  # fmt: skip
    assert {row.notice for row in rows} == {"notice-0001.pdf"}
    assert [row.code for row in denial_index.rows(archive, exemption="lor 4 (c)")] == ["LOR 4(c)"]
    assert denial_index.rows(archive, record_type="post") == []
    table = list(csv.DictReader(io.StringIO(denial_index.to_csv(rows).decode("utf-8-sig"))))
    assert [one["title"] for one in table] == ["Numbers and addresses (invented)", "Private life (invented)"]
    assert json.loads(denial_index.to_json(rows))[1]["records"] == 1
    day = requests.today(archive)
    paper = denial_index.to_pdf(archive, rows, day=day)
    assert paper == denial_index.to_pdf(archive, rows, day=day)
    ((name, notice),) = denial_index.notices(archive)
    assert name == "notice-0001.pdf"
    everything = " ".join([*pages(paper), *pages(notice), denial_index.to_csv(rows).decode()])
    for private in (*PRIVATE, "Quentin", "parking"):
        assert private not in everything, private
    assert "denied 0 requests in whole and 1 in part" in " ".join(pages(paper)[0].split())


def test_of_a_request_that_was_destroyed_the_file_keeps_codes_types_and_counts(sent: Answered) -> None:
    """Only what the ledger says is left: no event of it has a body."""
    before = denial_index.rows(sent.archive)
    file = request_file.read(sent.archive, sent.request.number)
    events = tuple(Event(e.id, e.request, e.what, e.n, e.time, e.by, e.via, e.told, e.sha256, b"") for e in file.events)
    after = denial_index.of_files(sent.archive, [RequestFile(events)])
    assert [(r.code, r.record_type, r.records, r.deletions) for r in after] == [
        (r.code, r.record_type, r.records, r.deletions) for r in before]  # fmt: skip
    assert {row.notice for row in after} == {""}
    assert after[0].number == sent.request.number
