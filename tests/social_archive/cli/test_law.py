"""`archive law`: what holds, where it stands, and what only counsel can say."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.folder import AGENCY
from tests.agencies import agency_folder
from tests.social_archive.cli.conftest import Run


@pytest.fixture
def illinois(tmp_path: Path) -> str:
    return str(agency_folder(tmp_path / "agency", "no-bucket"))


def test_the_rules_in_force_are_listed_with_their_citations(run: Run, illinois: str) -> None:
    ran = run("--agency", illinois, "law", "--on", "2026-11-24")
    assert ran.code == 0
    assert "rules of disposal in force on 2026-11-24" in ran.out
    assert "30 days before" in ran.out
    assert "50 ILCS 205/7" in ran.out


def test_what_is_not_known_is_marked_and_nothing_else_is(run: Run, illinois: str) -> None:
    """Without colour: a mark before the rule, and words behind it."""
    ran, listed = run("--agency", illinois, "law"), run("--agency", illinois, "law", "--json")
    doubtful = {rule["rule_id"] for rule in listed.json["rules"] if rule["confidence"] in ("unverified", "inferred")}
    marked = {line.split()[1] for line in ran.out.splitlines() if line.startswith("!")}
    assert marked == doubtful != set()
    assert {rule["rule_id"] for rule in listed.json["rules"] if rule["verify_with_counsel"]} == doubtful
    table = ran.out.partition("\nOf ")[0]
    assert table.count("inferred: verify") == len(doubtful)
    summed_up = f"Of {len(listed.json['rules'])} rules, {len(doubtful)} (!) are unverified or inferred"
    assert f"{summed_up}: verify with counsel." in ran.out


def test_another_day_has_another_law(run: Run, illinois: str) -> None:
    ran = run("--agency", illinois, "law", "--on", "2014-12-31")
    assert "Class 4 felony" not in ran.out
    assert "1 rule of the pack not in force that day." in ran.out
    assert run("--agency", illinois, "law", "--on", "soon").code == 2


def test_the_rules_on_requests_are_listed_too_figures_with_what_they_mean(run: Run, illinois: str) -> None:
    ran = run("--agency", illinois, "law", "--requests", "--on", "2026-11-24")
    assert "rules on requests in force on 2026-11-24" in ran.out
    shown = " ".join(ran.out.split())
    assert "(i) the records are stored" in shown
    assert "5: The body may extend" in shown
    listed = run("--agency", illinois, "law", "--requests", "--json").json
    assert {rule["rule_id"] for rule in listed["rules"] if rule["verify_with_counsel"]} == {
        line.split()[1] for line in ran.out.splitlines() if line.startswith("!")}  # fmt: skip
    assert listed["fees"]["per_page"] == "0.15"


def test_invented_law_says_so_first(run: Run) -> None:
    ran = run("--agency", str(AGENCY), "law")
    assert "Invented for the sample: nobody's law." in ran.out.splitlines()[1]
    assert run("--agency", str(AGENCY), "law", "--json").json["invented"] is True


def test_without_a_pack_it_says_what_to_do(run: Run, illinois: str) -> None:
    file = Path(illinois) / "agency.yaml"
    file.write_text(file.read_text().replace("illinois", "atlantis"))
    ran = run("--agency", illinois, "law")
    assert ran.code == 1
    assert "no pack of law for the jurisdiction 'atlantis'" in ran.err
    assert "law/atlantis/disposal.yaml" in ran.err


def test_examples_are_never_shown_as_law(run: Run) -> None:
    ran = run("law", "--examples")
    assert "Not law here; nothing applies them." in ran.out.splitlines()[0]
    assert "GS50-01-12" in ran.out
    listed = run("law", "--examples", "--json").json
    assert listed["law_here"] is False
    series = [one for example in listed["examples"] for one in example["series"]]
    doubtful = sum(one["verify_with_counsel"] for one in series)
    assert sum(line.startswith("!") for line in ran.out.splitlines()) == doubtful > 0
