"""`archive foia receive … close` as a records officer types them, on a real store."""

from __future__ import annotations

from pathlib import Path

import pytest

from social_archive.config import StoreConfig
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


def test_look(archive: Run, tmp_path: Path) -> None:
    mail = tmp_path / "mail.eml"
    mail.write_bytes(MAIL)

    def show(*a: str) -> None:
        r = archive(*a)
        with open("/tmp/x/out.txt", "a") as f:
            print("$ archive", " ".join(a), "->", r.code, file=f)
            print(r.out, r.err, file=f)

    show("foia", "receive", str(mail), "--by", "records")
    show(
        "foia",
        "receive",
        "--text",
        "Everything (invented) on parking",
        "--name",
        "Jo Doe (invented)",
        "--how",
        "in_person",
        "--by",
        "records",
    )
    show("foia", "receive", "--text", "And more", "--name", "Jo Doe (invented)", "--how", "fax", "--by", "records")
    show("foia", "list")
    show("foia", "classify", "2026-002", "commercial", "--reason", "Sells lists (invented)", "--by", "records")
    show("foia", "extend", "--reasons")
    show("foia", "extend", "2026-003", "--reason", "ii", "--reason", "b", "--by", "records")
    show("foia", "clarify", "2026-003", "--text", "Which lot?", "--by", "records")
    show("foia", "agree", "2026-003", "2026-12-24", "--file", str(mail), "--by", "records")
    show("foia", "note", "2026-003", "--with", "other", "--out", "--text", "Asked the town", "--by", "records")
    show("foia", "confer", "2026-003", "--text", "May we narrow it?", "--by", "records")
    show("foia", "estimate", "2026-003", "--line", "Disc=4.5", "--by", "records")
    show("foia", "show", "2026-003")
    show("foia", "show", "2026-001", "--save", str(tmp_path / "papers"))
    show("foia", "close", "2026-001", "--reason", "answered", "--by", "records")
    show("foia", "close", "2026-001", "--reason", "withdrawn", "--by", "records", "--text", "He wrote so")
    show("foia", "list", "--all")
    show("foia", "show", "2026-001", "--json")
    show("foia", "--help")
    assert 0
