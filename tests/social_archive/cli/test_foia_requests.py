"""`archive foia receive … close` as a records officer types them, on a real store."""

from __future__ import annotations

from pathlib import Path

import pytest

from social_archive.config import StoreConfig
from social_archive.foia.request_file import LARGEST
from tests.social_archive.cli.conftest import Run
from tests.social_archive.foia.scenes import library

pytestmark = pytest.mark.slow

MAIL = b"""From: "Quentin Harrow (invented)" <q.harrow@example.com>
To: records@larkspur.example
Subject: Records about the lot
Date: Mon, 5 Oct 2026 10:00:00 -0500
Content-Type: text/plain; charset=utf-8

All comments about the parking lot, please.\x1b[31m
"""


@pytest.fixture
def archive(run: Run, buckets: StoreConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    made = library(tmp_path, buckets.bucket)
    monkeypatch.setenv("ARCHIVE_AGENCY", str(made.agency.folder))
    return run


def test_a_day_with_requests(archive: Run, tmp_path: Path) -> None:
    mail = tmp_path / "mail.eml"
    mail.write_bytes(MAIL)
    came = archive("foia", "receive", str(mail), "--received", "2026-10-05", "--by", "records")
    assert (came.code, "Request 2026-001 is open." in came.out) == (0, True)
    by_hand = ("foia", "receive", "--text", "Everything", "--name", "Jo Doe (invented)", "--how", "in_person")
    assert archive(*by_hand, "--by", "records", "--json").json["number"] == "2026-002"
    assert archive("foia", "receive", str(mail), "--text", "And more", "--by", "records").code == 2
    assert archive("foia", "receive", str(tmp_path / "no.eml"), "--by", "records").code == 1
    assert archive(*by_hand, "--by", "nobody").code == 1

    first, second = archive("foia", "list", "--json").json["requests"]
    assert (first["number"], second["number"]) == ("2026-001", "2026-002"), "what is due first stands on top"
    assert first["clock"]["safe"] == "2026-10-12"
    assert first["clock"]["days_left"] < 0 < second["clock"]["days_left"]
    listed = archive("foia", "list").out
    assert ("days ago" in listed, "1 request past the date" in listed) == (True, True)

    page = archive("foia", "show", "2026-001", "--save", str(tmp_path / "papers")).out
    assert "\x1b" not in page
    for words in ("Quentin Harrow (invented), q.harrow@example.com", "All comments about the parking lot",
                  "Too late: silence is a denial", "Answer within 5 business days of receipt",
                  "Open Records Ordinance 1",
                  "The original request", "Received on 2026-10-05", "Next  Search"):  # fmt: skip
        assert words in page, words
    (saved,) = (tmp_path / "papers").iterdir()
    assert (saved.name, saved.read_bytes()) == ("001-received-1.eml", MAIL)

    acts = (
        ("classify", "commercial", "--reason", "Sells lists (invented)"), ("clarify", "--text", "Which lot?"),
        ("clarified", "--text", "The big one"), ("confer", "--text", "One month?"),
        ("confer", "--answer", "--text", "May"), ("estimate", "--line", "A disc=4.5"),
        ("note", "--with", "other", "--out", "--text", "Asked the town", "--file", str(mail)),
    )  # fmt: skip
    for verb, *rest in acts:
        done = archive("foia", verb, "2026-002", *rest, "--by", "records")
        assert (done.code, done.out.startswith("Request 2026-002 ")) == (0, True), (verb, done.err)
    assert archive("foia", "show", "2026-002", "--json").json["kind"] == "commercial"
    assert [one["code"] for one in archive("foia", "extend", "--reasons", "--json").json["reasons"]] == ["a", "b", "c"]
    refused = archive("foia", "extend", "2026-001", "--reason", "vii", "--by", "records")
    assert (refused.code, "The law allows a, b, c" in refused.err) == (1, True)
    assert archive("foia", "agree", "2026-001", "2026-12-24", "--by", "records").code == 1, "not without the writing"
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate(LARGEST + 1_000)
    refused = archive("foia", "agree", "2026-001", "2027-12-24", "--file", str(large), "--by", "records")
    assert (refused.code, "larger than" in refused.err) == (1, True), "refused, and not cut short"
    agreed = archive("foia", "agree", "2026-001", "2027-12-24", "--file", str(mail), "--by", "records", "--json").json
    assert agreed["clock"]["safe"] == "2027-12-24"

    refused = archive("foia", "close", "2026-001", "--reason", "answered", "--by", "records")
    assert (refused.code, "has not been answered" in refused.err) == (1, True)
    close = ("foia", "close", "2026-001", "--reason", "withdrawn", "--text", "He wrote so", "--by", "records")
    assert "Closed on" in archive(*close).out
    assert archive(*close).code == 0, "said twice it is done once"
    assert [one["number"] for one in archive("foia", "list", "--json").json["requests"]] == ["2026-002"]
    closed = archive("foia", "show", "2026-001").out
    assert ("closed" in closed, "kept" in closed, "Next" in closed) == (True, True, False)
