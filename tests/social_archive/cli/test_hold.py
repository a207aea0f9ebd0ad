"""`archive hold` as a records officer types it, on a real store."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from tests.agencies import agency_folder
from tests.scripted import Item, Script, Scripted
from tests.social_archive.cli.conftest import Run

pytestmark = pytest.mark.slow

DAY = 86_400_000_000
HOSTILE = "Roe \x1b[31mv.\x1b[0m \u202eyrarbiL"
REVIEW = (date.today() + timedelta(days=200)).isoformat()
PLACE = ("hold", "place", "--kind", "litigation", "--matter", HOSTILE, "--mandate", "Counsel's letter", "--by",
         "records", "--review", REVIEW)  # fmt: skip


@pytest.fixture
def archive(run: Run, buckets: StoreConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """`run` on a harvested library whose people are named."""
    script = Script(
        Item(id="p1", text="Summer reading starts on Monday"),
        Item(id="p2", text="The parking lot is closed"),
        Item(id="c1", text="Where do I park?", parent="p2", root="p2", age=20 * DAY),
        Item(id="r1", text="Behind the school", parent="c1", root="p2", age=5 * DAY),
    )
    folder = agency_folder(tmp_path / "agency", buckets.bucket)
    with (folder / "agency.yaml").open("a") as file:
        file.write("people:\n  - {user: records, name: Invented Officer, title: Records officer}\n")
    monkeypatch.setenv("ARCHIVE_AGENCY", str(folder))
    monkeypatch.setattr(Archive, "adapter", lambda self, account: Scripted(script))
    assert run("harvest").code == 0
    return run


def test_a_hold_from_its_rehearsal_to_its_end(archive: Run) -> None:
    would = archive(*PLACE, "--text", "parking", "--threads", "--dry-run", "--json").json
    assert (would["records"], would["dry_run"], would["gone"]) == (3, True, [])
    assert archive("hold", "list").out == "No hold is in force.\n"

    placed = archive(*PLACE, "--text", "parking", "--threads", "--account", "mastodon/larkspur", "--json").json
    assert (placed["records"], placed["rescued"], placed["gone"]) == (3, 0, [])
    assert placed["objects"] == placed["locked"] > 0
    listed = archive("--json", "hold", "list").json["holds"]
    assert [one["hold"] for one in listed] == [placed["hold"]]
    assert listed[0]["scope"] == {
        "account": "larkspur", "platform": "mastodon", "text": "parking", "threads": True,
    }  # fmt: skip
    assert (listed[0]["by"], listed[0]["review"], listed[0]["lifted"]) == ("records", REVIEW, None)

    rids = {row["native_id"]: row["rid"] for row in archive("find", "--json").json["rows"]}
    assert archive("hold", "check", rids["r1"], "--json").json["held"] is True
    assert archive("hold", "check", rids["p1"], "--json").json == {"rid": rids["p1"], "held": False, "holds": []}
    shown = archive("hold", "show", placed["hold"][:8], "--json").json
    assert shown["covers_now"]["records"] == 3

    lifted = archive("hold", "lift", placed["hold"][:12], "--by", "records", "--reason", "Settled", "--json").json
    assert {name: lifted["lifted"][name] for name in ("by", "via", "reason")} == {
        "by": "records", "via": "cli", "reason": "Settled",
    }  # fmt: skip
    assert archive("hold", "list", "--json").json["holds"] == []
    assert len(archive("hold", "list", "--all", "--json").json["holds"]) == 1
    assert archive("hold", "check", rids["r1"], "--json").json["held"] is False


def test_what_a_person_reads(archive: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")  # so that no cell is folded
    rehearsed = archive(*PLACE, "--text", "parking", "--threads", "--dry-run").out
    assert "Nothing was written" in rehearsed
    assert "3, in 3 versions" in rehearsed
    placed = archive(*PLACE, "--text", "parking", "--threads")
    assert placed.code == 0, placed.err
    assert "Held." in placed.out
    (one,) = archive("hold", "list", "--json").json["holds"]
    for ran in (archive("hold", "list"), archive("hold", "show", one["hold"]), archive("hold", "check", "r1")):
        assert ran.code == 0, ran.err
        assert "‹ESC›[31mv." in ran.out
        assert "\x1b" not in ran.out
        assert "\u202e" not in ran.out
        assert one["hold"][:12] in ran.out
    shown = archive("hold", "show", one["hold"]).out
    for part in ("words parking", "with whole threads", "Counsel's letter", "by records (cli)", "3 records", REVIEW):
        assert part in shown
    assert "No hold covers" in archive("hold", "check", "p1").out
    assert "is lifted" in archive("hold", "lift", one["hold"], "--by", "records", "--reason", "Settled").out
    assert "Settled" in archive("hold", "show", one["hold"]).out
    assert "1 hold in force" not in archive("hold", "reassert").out


def test_records_are_named_by_id_or_address_and_days_as_people_write_them(archive: Run) -> None:
    ran = archive(*PLACE, "--id", "c1", "--id", "p1", "--json")
    assert ran.json["records"] == 2
    assert archive(*PLACE, "--since", "2000", "--until", "2001-03", "--json").json["records"] == 0
    assert archive(*PLACE, "--record-kind", "profile", "--json").json["records"] == 1
    assert archive(*PLACE, "--everything", "--json").json["records"] == 5
    assert archive("hold", "reassert", "--json").json["holds"] == 4


MISTAKES = (
    (("--account", "larkspurr"), 1, "did you mean 'larkspur'?"),
    ((), 1, "no scope"),
    (("--everything", "--text", "parking"), 1, "no other scope"),
    (("--id", "ffffffffffff"), 1, "Nothing in the archive has this id"),
    (("--record-kind", "toot"), 2, "toot"),
    (("--since", "soon"), 2, "not a date"),
    (("--text", "parking", "--by", "stranger"), 1, "people of agency.yaml"),
    (("--text", "parking", "--kind", "hunch"), 2, "hunch"),
    (("--text", "parking", "--review", "2020-01-01"), 1, "lies in the past"),
)


def test_a_mistake_is_an_answer_and_writes_nothing(archive: Run) -> None:
    before = archive("ledger", "head", "--json").json
    for options, code, said in MISTAKES:
        ran = archive(*PLACE, *options)
        assert ran.code == code, options
        assert said in " ".join((ran.err + ran.out).split())
    assert archive("ledger", "head", "--json").json == before


def test_a_hold_that_is_not_there(archive: Run) -> None:
    assert "no hold with this id" in archive("hold", "show", "ffffffff").err
    assert archive("hold", "lift", "ffffffff", "--by", "records", "--reason", "x").code == 1
