"""The end of a request: its hold is lifted, its file moves and reads the same, and goes when it is due."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from social_archive import audit, rewrite
from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.foia import closing, correspondence, request_file, requests
from social_archive.foia.request_file import Attachment, RequestRefused
from social_archive.foia.requests import Request
from social_archive.ledger import Ledger
from social_archive.retention import certificate, holds, proposal
from social_archive.retention.certificate_note import verify
from social_archive.retention.hold_scope import Scope
from social_archive.retention.plan import plan
from tests.faults.close_once import close_once
from tests.forks import FORKS
from tests.social_archive.foia.scenes import library, requested, take_in, thread
from tests.social_archive.retention.scenes import carried_out, put_in_force

pytestmark = pytest.mark.slow

WITH_REQUESTS = """retention:
  version: "2"
  effective: 2026-01-01
  application_number: "00:000"
  items:
    - {id: "10", series: posts, title: Posts (invented), citation: invented, years: 5}
    - {id: "30", series: records-requests, title: Requests (invented), citation: invented, days: 0,
       trigger: request_closed}
  rules:
    - {item: "30", kind: request}
    - {item: "10"}
"""


@dataclass
class Time:
    """What the ledger takes for now. A request of 40 days ago is closed in a month that has ended."""

    now: datetime


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time(datetime.now(UTC) - timedelta(days=40))
    monkeypatch.setattr("social_archive.archive.Ledger", partial(Ledger, now=lambda: time.now))
    return time


@pytest.fixture
def archive(tmp_path: Path, buckets: StoreConfig, time: Time) -> Archive:
    plain = library(tmp_path, buckets.bucket)
    (plain.agency.folder / "retention.yaml").write_text(WITH_REQUESTS)
    archive = open_archive(plain.agency.folder, state=plain.state)
    put_in_force(archive)
    return archive


def held(archive: Archive, request: Request) -> str:
    """A search of this request, as the review freezes one, with its hold. The id of the hold."""
    (found, *_) = archive.catalog.objects("records")
    placed = holds.place(
        archive, kind="records_request", matter="A request (invented)", mandate="The request (invented)", by="records",
        via="cli", scope=Scope(account=found.account), review=requests.today(archive) + timedelta(days=90),
    )  # fmt: skip
    request_file.append(archive, request.id, "searched", by="records", via="cli", details={"hold": placed.hold.id},
                        told={"hits": 5, "hold": placed.hold.id})  # fmt: skip
    return placed.hold.id


def built(archive: Archive, request: Request) -> str:
    """A bundle of this request, in its own cohort, as the builder leaves one. Its SHA-256."""
    ref = archive.store.put(f"bundles/{request_file.folder_of(archive, request.id)}{uuid.uuid4().hex}.zip", b"PK" * 99)
    request_file.append(archive, request.id, "built", by="records", via="cli", details={}, bundle=ref,
                        told={"sha256": ref.sha256, "size": ref.size})  # fmt: skip
    return ref.sha256


def folders(archive: Archive) -> set[tuple[str, str]]:
    return {(o.series, o.cutoff) for cls in ("request", "bundle") for o in archive.catalog.objects(cls)}


def test_from_its_closing_to_its_certificate(archive: Archive, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewrite, "_IN_MEMORY", 0)  # all are copied as a bundle of gigabytes is: inside of the store
    take_in(archive, thread())
    made, other = requested(archive), requested(archive, "Everything (invented).")
    hold = held(archive, made)
    letter = Attachment("letter.pdf", "application/pdf", b"%PDF- (invented)")
    correspondence.note(archive, made.number, "Sent", whom="requester", direction="out", by="records", via="cli",
                        files=[letter])  # fmt: skip
    sha256 = built(archive, made)
    before = request_file.read(archive, made.number)
    with pytest.raises(RequestRefused, match="not been answered"):
        closing.close(archive, made.number, reason="answered", by="records", via="cli")
    assert not holds.find(archive, hold).lifted
    assert folders(archive) == {("records-requests", "open")}
    assert proposal.propose(archive, by="it", via="cli") is None, "an open request is never due"

    done = closing.close(archive, made.number, reason="withdrawn", text="She wrote so", by="records", via="cli")
    assert (done.status, done.text, done.requester) == ("closed", made.text, made.requester)
    lifted = holds.find(archive, hold).lifted
    assert lifted is not None
    assert lifted.reason == closing.LIFTED
    month = f"{time.now.astimezone(ZoneInfo(archive.agency.body.time_zone)):%Y-%m}"
    mine = {o.cutoff for o in request_file.objects_of(archive, done.file)}
    assert mine == {month}
    (bundle,) = archive.catalog.objects("bundle")
    assert (bundle.sha256, bundle.cutoff) == (sha256, month)
    assert archive.store.lock_state(bundle.key, bundle.version_id).hold
    assert done.file.events[: len(before.events)] == before.events, "moved, and not a byte of it changed"
    correspondence.note(archive, made.number, "Thank you", whom="requester", direction="in", by="records", via="cli")
    assert closing.settle(archive) == closing.Completed(), "what comes later lies there already; nothing is left to do"
    time.now = datetime.now(UTC)
    assert audit.sweep(archive)["missing"] == []

    everything = holds.place(archive, kind="litigation", matter="Roe v. Library (invented)", mandate="Counsel",
                             by="records", via="cli", scope=Scope(everything=True),
                             review=requests.today(archive) + timedelta(days=90)).hold.id  # fmt: skip
    assert proposal.propose(archive, by="it", via="cli") is None, "a hold on everything holds requests"
    holds.lift(archive, everything, by="records", via="cli", reason="Settled")

    retention = archive.schedule.retention
    longer = [item.model_copy(update={"days": 30}) if item.id == "30" else item for item in retention.items]
    changed = plan(archive, retention.model_copy(update={"version": "3", "items": longer}))
    assert f"Papers of requests that become eligible later: {len(before.events) + 3}." in changed.notes

    d = proposal.propose(archive, by="it", via="cli")
    assert d is not None
    (line,) = d.proposal["lines"]
    assert (line["item"], line["records"], line["objects"]) == ("30", 0, len(before.events) + 3)
    certified = carried_out(archive)
    told, note = (certificate.read(archive, certified.number, name) for name in certificate.FILES[:2])
    assert verify(told, note.decode()).ok
    assert b"requests as they were written" in told
    page = PdfReader(BytesIO(certificate.read(archive, certified.number, "certificate.pdf"))).pages[0].extract_text()
    assert f"destroyed {line['objects']} papers of requests" in " ".join(page.split())

    gone = requests.load(archive, made.number)
    assert (gone.file.gone, gone.text, gone.requester.name, gone.status) == (True, "", "", "closed")
    assert gone.received == made.received
    end = closing.destroyed(archive, gone.file)
    assert end is not None
    assert end.sentence == f"Destroyed on schedule under certificate {certified.number}."
    with pytest.raises(RequestRefused, match="destroyed on schedule"):
        correspondence.note(archive, made.number, "x", whom="other", direction="in", by="records", via="cli")
    assert not requests.load(archive, other.number).file.gone


POINTS = ("request-closing-lifted", "rewrite-written", "rewrite-committed")


def test_a_closing_that_was_killed_anywhere_completes_on_the_next_call(archive: Archive, time: Time) -> None:
    time.now = datetime.now(UTC)
    take_in(archive, thread())
    made = [requested(archive, f"Number {n} (invented).") for n, _ in enumerate(POINTS)]
    held_by = [held(archive, one) for one in made]
    for one in made:
        built(archive, one)
    env = {name: value for name, value in os.environ.items() if name.startswith("ARCHIVE_")}
    for point, one in zip(POINTS, made, strict=True):
        place = (str(archive.agency.folder), str(archive.state), one.number)
        process = FORKS.Process(target=close_once, args=(*place, point, env))
        process.start()
        process.join(60)
        assert process.exitcode == 137, point
        archive.catalog.catch_up()
        seen = requests.load(archive, one.number)
        assert (seen.text, seen.requester) == (one.text, one.requester), "readable at every moment"
    for one in made:
        assert closing.close(archive, one.number, reason="withdrawn", text="She wrote so", by="records",
                             via="cli").status == "closed"  # fmt: skip
    for one in made:
        assert len(requests.load(archive, one.number).file.all("closed")) == 1
    assert not [id for id in held_by if holds.find(archive, id).in_force]
    assert "open" not in {cutoff for _, cutoff in folders(archive)}
    assert closing.settle(archive) == closing.Completed()

    swept = audit.sweep(archive, now=datetime.now(UTC) + timedelta(days=3))
    assert (swept["missing"], swept["rewritten_left"]) == ([], 0)
    live = {(o.key, o.version_id) for cls in ("request", "bundle") for o in archive.catalog.objects(cls)}
    stored = {(v.key, v.version_id) for area in request_file.AREAS.values() for v in archive.store.versions(area)}
    assert stored == live, "nothing is lost, nothing is left over"


def test_an_open_request_holds_what_it_asks_for_and_is_never_due_itself(archive: Archive, time: Time) -> None:
    path = archive.agency.folder / "retention.yaml"
    path.write_text(WITH_REQUESTS.replace("years: 5", "days: 0").replace("trigger: request_closed", "trigger: created"))
    strict = open_archive(archive.agency.folder, state=archive.state)
    put_in_force(strict)
    take_in(strict, thread())
    made = requested(strict)
    held(strict, made)
    time.now = datetime.now(UTC)
    assert strict.schedule.until("posts", f"{time.now - timedelta(days=60):%Y-%m}") is not None
    assert proposal.propose(strict, by="it", via="cli") is None, "the records are held, and the request is open"
    closing.close(strict, made.number, reason="withdrawn", text="She wrote so", by="records", via="cli")
    d = proposal.propose(strict, by="it", via="cli")
    assert d is not None
    assert {line["item"] for line in d.proposal["lines"]} == {"10"}, "closed this month: the request's own time runs"
