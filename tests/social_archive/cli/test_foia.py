"""`archive foia` as a records officer types it, on a real store."""

from __future__ import annotations

from pathlib import Path

import pytest

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from tests.agencies import agency_folder
from tests.scripted import Item, Script, Scripted
from tests.social_archive.cli.conftest import Run

HOSTILE = "\x1b[31mUnder FOIA I request all invoices (invented)"


@pytest.fixture
def archive(run: Run, buckets: StoreConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    script = Script(Item(id="p1", text="Open on Monday"), Item(id="c1", text=HOSTILE, parent="p1", root="p1"))
    folder = agency_folder(tmp_path / "agency", buckets.bucket)
    with (folder / "agency.yaml").open("a") as file:
        file.write("people:\n  - {user: records, name: Invented Officer, title: Records officer}\n")
    monkeypatch.setenv("ARCHIVE_AGENCY", str(folder))
    monkeypatch.setattr(Archive, "adapter", lambda self, account: Scripted(script))
    assert run("harvest").code == 0
    assert run("policy", "check").code == 0
    return run


@pytest.mark.slow
def test_a_possible_request_from_the_alert_to_the_answer(archive: Run) -> None:
    (waiting,) = archive("foia", "alerts", "--json").json["alerts"]
    assert (waiting["status"], waiting["account"]) == ("open", "mastodon/larkspur")
    assert waiting["due"]["safe"] <= waiting["due"]["due"]
    shown = archive("foia", "alerts").out
    assert "\x1b" not in shown
    assert "all invoices (invented)" in shown, "the whole comment, not only the words that were found"
    assert (waiting["finding"][:12] in shown, waiting["due"]["safe"] in shown) == (True, True)

    answered = ("foia", "answer", waiting["finding"][:8], "--by", "records", "--reason", "Asks for invoices")
    assert archive(*answered).code == 2, "it must be said which"
    refused = archive(*answered, "--is-request")
    assert (refused.code, "needs its number" in refused.err) == (1, True)
    done = archive(*answered, "--is-request", "--number", "26-014", "--json").json
    assert (done["status"], done["answer"]["number"], done["answer"]["by"]) == ("request", "26-014", "records")
    assert archive("foia", "alerts").out == "Nothing waits for an answer.\n"
    assert "Invented Officer" in archive("foia", "alerts", "--all").out

    received = ("foia", "receive", "--comment", waiting["rid"], "--by", "records")
    opened = archive(*received, "--number", "26-014")
    assert (opened.code, "its alert is answered" in opened.out) == (0, True)
    shown = archive("foia", "show", "26-014", "--json").json
    assert (shown["comment"], shown["how"], shown["received"]) == (waiting["rid"], "comment", waiting["received"])
    assert "all invoices (invented)" in shown["text"]
    again = archive(*received)
    assert (again.code, "is request 26-014 already" in again.err) == (1, True)
    (answer,) = [one["answer"] for one in archive("foia", "alerts", "--all", "--json").json["alerts"]]
    assert answer["id"] == done["answer"]["id"], "said before by this number, it is not said again"


def test_the_due_date_is_told_with_the_days_that_were_not_counted(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHIVE_AGENCY", str(agency_folder(tmp_path / "agency", "no-bucket")))
    told = run("foia", "due", "2026-11-20", "--json").json
    assert (told["due"], told["safe"], told["citation"]) == ("2026-12-01", "2026-11-30", "5 ILCS 140/3(d)")
    assert [one["name"] for one in told["skipped"]] == ["Thanksgiving Day", "Friday after Thanksgiving"]
    shown = run("foia", "due", "2026-11-20").out
    assert shown.startswith("Answer by Monday 2026-11-30")
    assert "Tuesday 2026-12-01" in shown
    assert run("foia", "due", "tomorrow").code == 2
