"""The file of a request: events in order, each once, readable from anywhere; nothing of the requester in the ledger."""

from __future__ import annotations

from pathlib import Path

import pytest

from social_archive.config import StoreConfig
from social_archive.errors import NotFound
from social_archive.foia import request_file, requests
from social_archive.foia.request_file import Attachment, RequestRefused
from social_archive.foia.requests import Incoming, Requester
from tests.social_archive.foia.scenes import library, requested
from tests.social_archive.retention.scenes import another

pytestmark = pytest.mark.slow


def test_a_request_is_kept_with_what_came_with_it_and_the_ledger_says_nothing_of_the_requester(
    tmp_path: Path, buckets: StoreConfig
) -> None:
    archive = library(tmp_path, buckets.bucket)
    made = requested(archive)
    letter = Attachment("note.txt", "text/plain", b"Called back (invented).")
    asked = request_file.append(archive, made.id, "communication", by="records", via="cli", details={"said": "x"},
                                told={"days": 1}, files=[letter], id="ab" * 16)  # fmt: skip
    again = request_file.append(archive, made.id, "communication", by="records", via="cli", details={}, id="ab" * 16)
    assert again == asked
    elsewhere = another(archive, tmp_path)
    elsewhere.catalog.catch_up()
    seen = request_file.read(elsewhere, made.number)
    assert [event.what for event in seen.events] == ["received", "communication"]
    assert seen.events[1].attachments == (letter,)
    assert requests.of_file(seen).requester.name == "Quentin Harrow (invented)"
    ledger = b"".join(leaf for entry in archive.ledger.entries() for leaf in entry.leaves)
    assert made.number.encode() in ledger
    assert b"Harrow" not in ledger
    assert b"parking" not in ledger
    assert {o.cutoff for o in request_file.objects_of(archive, seen)} == {"open"}


def test_what_is_refused_leaves_nothing_behind(tmp_path: Path, buckets: StoreConfig) -> None:
    archive = library(tmp_path, buckets.bucket)
    made = requested(archive)

    def refuse(file: request_file.RequestFile) -> None:
        raise RequestRefused("no (invented)")

    with pytest.raises(RequestRefused):
        request_file.append(archive, made.id, "closed", by="records", via="cli", details={}, check=refuse)
    assert len(list(archive.store.versions("requests/"))) == 1
    with pytest.raises(NotFound):
        request_file.read(archive, "2001-999")
    with pytest.raises(RequestRefused, match="nobody"):
        request_file.append(archive, made.id, "closed", by="stranger", via="cli", details={})
    came = Incoming(requests.today(archive), "email", Requester("Q. Harrow (invented)"), "The parking lot, please.")
    for number in ("", ".", "-1", "2026/014", "2026 014", "2026-014.", "a" * 41, "2026:014", "Ä1", "1\n"):
        with pytest.raises(RequestRefused, match="1 to 40 letters, digits, dots, hyphens and underscores"):
            requests.receive(archive, came, by="records", via="cli", number=number)
    assert request_file.numbers(archive) == [made.number]
