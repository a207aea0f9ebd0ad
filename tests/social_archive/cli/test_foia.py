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


def test_the_due_date_of_every_kind_is_told_with_how_it_came_about(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHIVE_AGENCY", str(agency_folder(tmp_path / "agency", "no-bucket")))
    monkeypatch.setenv("COLUMNS", "140")
    extended = run("foia", "due", "2026-11-20", "--extended", "--asked", "2026-11-23..2026-11-25", "--json").json
    assert [step["date"] for step in extended["steps"]] == ["2026-12-01", "2026-12-01", "2026-12-08"]
    assert extended["steps"][1]["verify_with_counsel"] is True
    commercial = run("foia", "due", "2026-11-20", "--kind", "commercial").out
    assert "21 working days, 5 ILCS 140/3.1" in commercial
    voluminous = run("foia", "due", "2026-03-16", "--kind", "voluminous").out
    assert voluminous.startswith("Tell the requester by Monday 2026-03-23")
    told = run("foia", "due", "2026-03-16", "--kind", "voluminous", "--sent", "2026-03-20", "--amended", "2026-03-24")
    assert told.out.startswith("Answer by Tuesday 2026-03-31")
    assert "Answer within 5 business days of the requester's answer of 2026-03-24" in told.out
    assert run("foia", "due", "2026-11-20", "--kind", "urgent").code == 2
    assert run("foia", "due", "2026-11-20", "--asked", "then").code == 2
    impossible = run("foia", "due", "2026-11-20", "--asked", "2026-11-01")
    assert (impossible.code, "before it could have" in impossible.err) == (1, True)


def test_exemptions_are_listed_with_what_is_unread_marked_and_one_is_shown_whole(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHIVE_AGENCY", str(agency_folder(tmp_path / "agency", "no-bucket")))
    monkeypatch.setenv("COLUMNS", "140")
    shown, every = run("foia", "exemptions").out, run("foia", "exemptions", "--all", "--json").json["exemptions"]
    listed = [one for one in every if one["preset"]]
    assert {line.split()[1] for line in shown.splitlines() if line.startswith("!")} == {
        one["code"] for one in listed if one["verify_with_counsel"]} != set()  # fmt: skip
    assert f"{len(every) - len(listed)} more with --all." in shown
    one = run("foia", "exemptions", "7.5 (b)").out
    assert "75 ILCS 70/1" in one
    assert "for patron-title" in one
    refused = run("foia", "exemptions", "b")
    assert (refused.code, "more than one that ends so" in refused.err) == (1, True)


def test_fees_are_estimated_line_by_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCHIVE_AGENCY", str(agency_folder(tmp_path / "agency", "no-bucket")))
    monkeypatch.setenv("COLUMNS", "140")
    shown = run("foia", "fees", "--pages", "80", "--certified", "2").out
    assert shown.startswith("$6.50   an estimate")
    assert "30 pages at $0.15; the first 50 are free" in shown
    told = run("foia", "fees", "--kind", "commercial", "--hours", "11.5", "--json").json
    assert (told["total"], [line["amount"] for line in told["lines"]]) == ("35.00", ["35.00"])
    assert run("foia", "fees", "--hours", "many").code == 2
    assert run("foia", "fees", "--pages", "-3").code == 1
