"""The packs of law that ship: each loads, says where everything was read, and calls nothing certain that is not."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path

import pytest

from social_archive.config import load_agency
from social_archive.law import SHIPPED, DisposalLaw, load_disposal_law, load_examples
from tests.agencies import agency_folder

INCLUDE = Path(__file__).parents[2] / "include"
SANDBOX = INCLUDE / "sandbox" / "agency"
PACKS = sorted(path.parent.name for path in SHIPPED.glob("*/disposal.yaml"))
DAY = date(2026, 11, 24)


def shipped(jurisdiction: str, folder: Path) -> DisposalLaw:
    made = agency_folder(folder, "no-bucket")
    text = (made / "agency.yaml").read_text().replace("illinois", jurisdiction)
    (made / "agency.yaml").write_text(text)
    return load_disposal_law(load_agency(made), DAY)


@pytest.fixture
def illinois(tmp_path: Path) -> DisposalLaw:
    return shipped("illinois", tmp_path)


@pytest.mark.parametrize("jurisdiction", PACKS)
def test_every_pack_that_ships_loads_and_names_a_source_for_every_rule(jurisdiction: str, tmp_path: Path) -> None:
    law = shipped(jurisdiction, tmp_path)
    assert law.path == SHIPPED / jurisdiction / "disposal.yaml"
    for rule in [*law.rules, *law.other_rules]:
        assert rule.summary.endswith("."), rule.rule_id
        assert (bool(rule.citation), bool(rule.source), bool(rule.confidence)) == (True, True, True)
        assert rule.retrieved_on is not None or not rule.known or law.invented, rule.rule_id


def test_illinois_wants_approval_before_and_the_certificate_thirty_days_before(illinois: DisposalLaw) -> None:
    assert (illinois.prior_approval, illinois.application_required, illinois.file_days_before) == (True, True, 30)
    assert illinois.approver == "Downstate Local Records Commission"
    assert illinois.outcomes == ["approved", "amended", "deferred"]
    assert illinois.keep_certificates == "permanent"
    assert illinois.citations["prior_approval"].startswith("50 ILCS 205/7")
    assert illinois.citations["file_days_before"] == "44 Ill. Adm. Code 4000.40(c)"


def test_in_illinois_five_kinds_of_matter_stop_a_disposal_two_of_them_by_inference(illinois: DisposalLaw) -> None:
    assert sorted(illinois.stops_for) == [
        "administrative_review", "audit", "claim", "litigation", "records_request"
    ]  # fmt: skip
    surely = [rule.value for rule in illinois.rules_for("stops_for") if rule.known]
    assert surely == [["litigation"], ["audit"], ["records_request"]]
    assert not illinois.known("stops_for")


def test_what_was_concluded_from_other_bodies_rules_is_marked_and_sends_to_counsel(illinois: DisposalLaw) -> None:
    """Nobody has seen 4000.30; what stands in Parts 4400 and 4500 is only analogous."""
    doubtful = {rule.rule_id: rule for rule in illinois.rules if not rule.known}
    assert {"application-does-not-expire", "method", "certificates-kept"} <= set(doubtful)
    for rule in illinois.rules:
        assert ("analogy" in rule.citation) <= (rule.rule_id in doubtful), rule.rule_id
        assert not re.search(r"4[45]00\.", rule.citation) or rule.confidence == "inferred", rule.rule_id
    unheeded = [rule.rule_id for rule in doubtful.values() if not re.search(r"[Vv]erify|side by side", rule.note or "")]
    assert unheeded == []


def test_the_worksheet_takes_its_numbers_from_the_rules(illinois: DisposalLaw) -> None:
    assert "not the official Local Records Disposal Certificate" in illinois.worksheet_notice
    assert "to the Downstate Local Records Commission at least 30 days before" in illinois.worksheet_notice
    assert not re.search(r"[{}]", illinois.worksheet_notice + illinois.statement)


def test_the_felony_is_law_since_2015_and_was_not_before(illinois: DisposalLaw, tmp_path: Path) -> None:
    assert "penalty" in {rule.rule_id for rule in illinois.rules}
    earlier = load_disposal_law(load_agency(tmp_path), date(2014, 12, 31))
    assert [rule.rule_id for rule in earlier.other_rules] == ["penalty"]


def test_the_law_of_larkspur_says_in_every_sentence_that_it_is_invented() -> None:
    law = load_disposal_law(load_agency(SANDBOX), DAY)
    assert (law.invented, law.file_days_before, law.prior_approval) == (True, 0, True)
    for rule in law.rules:
        assert "invented" in rule.summary
        assert "invented" in rule.citation
        assert rule.source == "invented for the sample"
    for text in (law.title, law.approver, law.approver_office, law.statement, law.method_requirement,
                 law.worksheet_notice):  # fmt: skip
        assert "invented" in text


def test_examples_of_other_jurisdictions_say_at_their_top_that_they_are_not_law_here() -> None:
    files = sorted((SHIPPED / "examples").glob("*.yaml"))
    assert len(load_examples()) == len(files) >= 3
    for file in files:
        assert file.read_text(encoding="utf-8").startswith("# AN EXAMPLE, NOT LAW HERE."), file.name


def test_a_period_that_is_only_remembered_is_marked_unverified() -> None:
    remembered = [s for example in load_examples() for s in example.series if "from memory" in s.source]
    assert len(remembered) >= 4
    assert {series.confidence for series in remembered} == {"unverified"}


# --------------------------------------------------------------------------- the law is data

STATUTE = re.compile(r"\bILCS\b|Ill\. ?(Adm|Comp)|\bU\.?S\.?C\.? ?§|\bRCW\b|Local Records (Act|Commission)")


def code_strings(path: Path) -> list[str]:
    """What a module can print: its strings without docstrings, which may name their sources."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [node.value for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in bare]  # fmt: skip


def test_the_code_has_no_statute_in_it() -> None:
    core = INCLUDE / "social_archive"
    found = [
        f"{path.relative_to(core)}: {text[:60]}"
        for path in core.rglob("*.py") for text in code_strings(path) if STATUTE.search(text)
    ]  # fmt: skip
    found += [path.name for path in core.rglob("*.typ") if STATUTE.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_that_test_would_find_one(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text('"""Source: 50 ILCS 205/7."""\n\nAUTHORITY = f"{1} under 50 ILCS 205/7"\n')
    assert [bool(STATUTE.search(text)) for text in code_strings(tmp_path / "module.py")] == [True]
