"""`archive retention`: a change of the schedule as two people make it, from the draft in the file to its effects."""

from __future__ import annotations

from pathlib import Path

import pytest

from social_archive.config import StoreConfig
from tests.social_archive.cli.conftest import Run
from tests.social_archive.retention.schedule_scene import scene

pytestmark = pytest.mark.slow


@pytest.fixture
def agency(buckets: StoreConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:
    """An archive with nine records and nothing in force."""
    scene(tmp_path, buckets).close()
    monkeypatch.setenv("ARCHIVE_AGENCY", str(tmp_path / "agency"))
    return tmp_path / "agency" / "retention.yaml"


def edit(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


def put_first_in_force(run: Run) -> None:
    assert run("retention", "propose", "--by", "records", "--reason", "the first").code == 0


def test_a_schedule_is_put_in_force_and_shown(run: Run, agency: Path) -> None:
    before = run("retention")
    assert "No version is in force" in before.out
    assert "Nothing is in force yet" in before.out
    planned = run("retention", "plan")
    assert "9 records" in planned.out
    assert "one person is enough" in planned.out
    done = run("retention", "propose", "--by", "records", "--reason", "the first")
    assert "Approved: version 1 holds from 2026-01-01" in done.out
    shown = run("retention", "show", "--json").json
    assert (shown["in_force"]["version"], shown["pending"], shown["file_differs"]) == ("1", None, False)
    assert "40 years" in run("retention").out


def test_a_shortening_waits_for_a_second_person_who_reads_it_first(run: Run, agency: Path) -> None:
    put_first_in_force(run)
    edit(agency, ('version: "1"', 'version: "2"'), ("years: 40", "years: 1"))
    assert "says something else" in run("retention").out
    plan = run("retention", "plan", "--json").json
    assert (plan["counts"]["earlier"], plan["counts"]["now_due"], plan["needs_second"]) == (6, 6, True)
    assert {line["effect"] for line in plan["lines"]} == {"earlier"}
    assert plan["lines"][0]["old_end"] == "2063-12-01T06:00:00Z"
    proposed = run("retention", "propose", "--by", "records", "--reason", "shorter", "--json").json
    assert (proposed["approved"], proposed["needs_second"]) == (None, True)
    edit(agency, ("years: 1}", "years: 2}"))  # the file goes on changing; the proposal does not
    read = run("retention", "plan", "--proposed").out
    assert "A second person is needed:" in read
    assert "Item 10, comments: 40 years becomes 1 year." in read
    refused = run("retention", "approve", "2", "--by", "records")
    assert refused.code == 1
    assert "Another person approves it" in refused.err
    other = run("retention", "approve", "2", "--by", "director", "--sha256", "0" * 64)
    assert other.code == 1
    done = run("retention", "approve", "2", "--by", "director", "--sha256", proposed["sha256"])
    assert "Approved: version 2" in done.out
    assert run("retention", "show", "--json").json["in_force"]["version"] == "2"


def test_what_lengthens_is_applied_and_a_second_time_there_is_nothing_to_do(run: Run, agency: Path) -> None:
    put_first_in_force(run)
    edit(agency, ('version: "1"', 'version: "2"'), ("years: 40", "years: 45"), ("kind: comment", "kind: post"))
    plan = run("retention", "plan", "--json").json
    proposed = run("retention", "propose", "--by", "director", "--reason", "longer")
    assert "A second person is needed" in proposed.out  # posts had 50 years
    run("retention", "approve", "2", "--by", "records")
    done = run("retention", "apply", "--json").json
    assert (done["rows"], done["objects"], done["locks"]) == (
        plan["moved_records"], plan["moved_objects"], plan["counts"]["locks"],
    )  # fmt: skip
    assert done["rows"] == 9
    assert "Every record lies where it belongs" in run("retention", "apply").out
    assert run("ledger", "verify").code == 0


def test_the_history_says_who_when_and_why(run: Run, agency: Path) -> None:
    assert "No version was proposed yet" in run("retention", "history").out
    put_first_in_force(run)
    events = run("retention", "history", "--json").json["events"]
    assert [(e["what"], e["by"], e["reason"], e["status"]) for e in events] == [
        ("schedule.proposed", "records", "the first", "approved"),
        ("schedule.approved", "records", "the first", "in force"),
    ]
    assert "the first" in run("retention", "history").out


def test_nobody_unknown_changes_the_schedule(run: Run, agency: Path) -> None:
    ran = run("retention", "propose", "--by", "somebody", "--reason", "x")
    assert ran.code == 1
    assert "records, director" in ran.err
    assert run("retention", "plan", "--proposed").code == 1


def test_the_doctor_warns_of_a_file_that_has_no_effect(run: Run, agency: Path) -> None:
    put_first_in_force(run)
    edit(agency, ('version: "1"', 'version: "2"'), ("years: 40", "years: 1"))
    ran = run("doctor")
    assert ran.code == 0  # nothing is broken
    assert "the file has no effect" in " ".join(ran.out.split())
    assert "archive retention plan" in ran.out


def test_a_wrong_file_is_refused_before_anything_is_proposed(run: Run, agency: Path) -> None:
    edit(agency, ('- {item: "20"}', '- {item: "21"}'))
    ran = run("retention", "propose", "--by", "records", "--reason", "x")
    assert ran.code == 1
    assert "there is no item '21'" in ran.err
