"""The end of a request: its hold is lifted, its file moves and reads the same, and goes when it is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from social_archive import audit
from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.foia import closing, correspondence, request_file, requests
from social_archive.foia.request_file import Attachment, RequestRefused
from social_archive.foia.requests import Request
from social_archive.ledger import Ledger
from social_archive.retention import certificate, holds, proposal
from social_archive.retention.certificate_note import verify
from social_archive.retention.hold_scope import Scope
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


def folders(archive: Archive) -> set[tuple[str, str]]:
    return {(o.series, o.cutoff) for cls in ("request", "bundle") for o in archive.catalog.objects(cls)}


def test_from_its_closing_to_its_certificate(archive: Archive, time: Time) -> None:
    take_in(archive, thread())
    made, other = requested(archive), requested(archive, "Everything (invented).")
    hold = held(archive, made)
    letter = Attachment("letter.pdf", "application/pdf", b"%PDF- (invented)")
    correspondence.note(archive, made.number, "Sent", whom="requester", direction="out", by="records", via="cli",
                        files=[letter])  # fmt: skip
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

    d = proposal.propose(archive, by="it", via="cli")
    assert d is not None
    (line,) = d.proposal["lines"]
    assert (line["item"], line["records"], line["objects"]) == ("30", 0, len(before.events) + 2)
    certified = carried_out(archive)
    told, note = (certificate.read(archive, certified.number, name) for name in certificate.FILES[:2])
    assert verify(told, note.decode()).ok
    assert b"requests as they were written" in told

    gone = requests.load(archive, made.number)
    assert (gone.file.gone, gone.text, gone.requester.name, gone.status) == (True, "", "", "closed")
    assert gone.received == made.received
    end = closing.destroyed(archive, gone.file)
    assert end is not None
    assert end.sentence == f"Destroyed on schedule under certificate {certified.number}."
    with pytest.raises(RequestRefused, match="destroyed on schedule"):
        correspondence.note(archive, made.number, "x", whom="other", direction="in", by="records", via="cli")
    assert not requests.load(archive, other.number).file.gone
