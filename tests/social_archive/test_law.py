"""How a pack of law is read: whose wins, what is refused and where, which rules hold on a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from social_archive.config import Agency, load_agency
from social_archive.errors import ConfigError
from social_archive.law import SHIPPED, DisposalLaw, LawRule, effective_at, load_disposal_law
from tests.agencies import agency_folder

DAY = date(2026, 11, 24)

RULES = {
    "prior_approval": "true",
    "approver": "Board (invented)",
    "approver_office": "Room 1 (invented)",
    "application_required": "false",
    "file_days_before": "10",
    "outcomes": "[approved, deferred]",
    "stops_for": "[litigation]",
    "keep_certificates": "permanent",
    "method_requirement": "Burnt (invented).",
    "statement": "Nothing stood in the way (invented).",
    "worksheet_notice": '"Send it to the {approver} {file_days_before} days before."',
}


def rule(sets: str | None, value: str, *, rule_id: str | None = None, more: str = "") -> str:
    name = rule_id or (sets or "a-rule").replace("_", "-")
    head = f"  - rule_id: {name}\n" + (f"    sets: {sets}\n" if sets else "")
    return head + f"""    value: {value}
    summary: A rule (invented).
    citation: Ordinance 1 (invented)
    source: invented
    confidence: source
{more}"""


def pack(changed: dict[str, str] | None = None, more: str = "", jurisdiction: str = "nowhere") -> str:
    head = f"pack:\n  jurisdiction: {jurisdiction}\n  title: Nowhere (invented)\n  invented: true\nrules:\n"
    return head + "".join(rule(sets, value) for sets, value in {**RULES, **(changed or {})}.items()) + more


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    folder = agency_folder(tmp_path / "agency", "no-bucket")
    text = (folder / "agency.yaml").read_text().replace("illinois", "nowhere")
    (folder / "agency.yaml").write_text(text)
    return load_agency(folder)


def law_of(agency: Agency, text: str, day: date = DAY) -> DisposalLaw:
    path = agency.folder / "law" / "nowhere" / "disposal.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return load_disposal_law(agency, day)


def refusal(agency: Agency, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        law_of(agency, text)
    return str(caught.value.args[0])


def test_a_pack_in_the_agencys_folder_is_its_law(agency: Agency) -> None:
    law = law_of(agency, pack())
    assert (law.approver, law.file_days_before, law.application_required) == ("Board (invented)", 10, False)
    assert law.outcomes == ["approved", "deferred"]
    assert law.citations["file_days_before"] == "Ordinance 1 (invented)"
    assert [one.value for one in law.rules_for("file_days_before")] == [10]


def test_a_wordings_numbers_come_from_the_rules(agency: Agency) -> None:
    assert law_of(agency, pack()).worksheet_notice == "Send it to the Board (invented) 10 days before."


def test_the_agencys_own_pack_wins_over_the_one_that_ships(tmp_path: Path) -> None:
    folder = agency_folder(tmp_path / "agency", "no-bucket")
    assert load_disposal_law(load_agency(folder)).path == SHIPPED / "illinois" / "disposal.yaml"
    own = folder / "law" / "illinois" / "disposal.yaml"
    own.parent.mkdir(parents=True)
    own.write_text(pack(jurisdiction="illinois"))
    assert load_disposal_law(load_agency(folder)).path == own


def test_two_wordings_of_a_pack_have_two_fingerprints(agency: Agency) -> None:
    assert law_of(agency, pack()).sha256 != law_of(agency, pack() + "# a remark\n").sha256


# --------------------------------------------------------------------------- no pack


def test_a_jurisdiction_without_a_pack_is_no_fault_until_its_law_is_asked_for(agency: Agency) -> None:
    with pytest.raises(ConfigError) as caught:
        load_disposal_law(agency)
    assert "no pack of law for the jurisdiction 'nowhere'" in str(caught.value)
    assert "Harvesting, finding and proving need none" in str(caught.value)
    assert "law/nowhere/disposal.yaml" in caught.value.remedy


@pytest.mark.parametrize("name", ["Illinois", "ilinois"])
def test_a_misspelt_jurisdiction_is_told_the_right_one(agency: Agency, name: str) -> None:
    body = agency.body.model_copy(update={"jurisdiction": name})
    with pytest.raises(ConfigError, match="did you mean 'illinois'"):
        load_disposal_law(agency.model_copy(update={"body": body}))


@pytest.mark.parametrize("name", ["../illinois", "../../law/illinois", "/etc", ".", "examples"])
def test_a_jurisdiction_is_never_a_path_that_leads_elsewhere(agency: Agency, name: str) -> None:
    body = agency.body.model_copy(update={"jurisdiction": name})
    with pytest.raises(ConfigError, match="no pack of law"):
        load_disposal_law(agency.model_copy(update={"body": body}))


# --------------------------------------------------------------------------- what is refused, with its line

WRONG = [  # what is changed, what is put there, the text whose line is named, reason
    ("citation: Ordinance 1", "citaton: Ordinance 1", "citaton", "'citaton' (did you mean 'citation'?)"),
    ("  title: Nowhere", "  titel: Nowhere", "titel", "did you mean 'title'?"),
    ("sets: file_days_before", "sets: file_days", "sets: file_days\n", "did you mean 'file_days_before'?"),
    ("value: 10", "value: ten", "value: ten", "file_days_before should be a valid integer (found 'ten')"),
    ("value: 10", "value: -1", "value: -1", "greater than or equal to 0"),
    ("value: 10", "value: 2026-01-01", "value: 2026-01-01", "must be text, a number, true or false"),
    ("value: true", 'value: "yes"', 'value: "yes"', "prior_approval should be a valid boolean"),
    ("[litigation]", "[litigation, lawsuit]", "lawsuit", "(found 'lawsuit')"),
    ("value: permanent", "value: 10 years", "10 years", "keep_certificates should be 'permanent'"),
    ("confidence: source", "confidence: certain", "confidence: certain", "'source', 'secondary', 'unverified'"),
    ("jurisdiction: nowhere", "jurisdiction: elsewhere", "elsewhere", "stands in the folder 'nowhere'"),
    ("source: invented", "source: https://law.example/1", "rule_id: prior-approval", "needs `retrieved_on`"),
    ("    citation: Ordinance 1 (invented)\n", "", "rule_id: prior-approval", "'citation' is missing"),
]


@pytest.mark.parametrize(("old", "new", "named", "reason"), WRONG)
def test_a_wrong_line_is_refused_by_file_and_line_and_reason(
    agency: Agency, old: str, new: str, named: str, reason: str
) -> None:
    assert old in pack()
    text = pack().replace(old, new, 1)
    line = text[: text.index(named)].count("\n") + 1
    message = refusal(agency, text)
    assert f"law/nowhere/disposal.yaml:{line}: " in message
    assert reason in message


def test_a_field_that_no_rule_sets_is_missed_by_name(agency: Agency) -> None:
    text = pack().replace(rule("statement", RULES["statement"]), "")
    assert "no rule in force on 2026-11-24 sets 'statement'" in refusal(agency, text)


# --------------------------------------------------------------------------- days

OLD = rule("file_days_before", "60", more="    effective_to: 2026-12-31\n")
NEW = rule("file_days_before", "30", more="    effective_from: 2027-01-01\n")


def changing(agency: Agency, day: date) -> DisposalLaw:
    return law_of(agency, pack().replace(rule("file_days_before", "10"), OLD + NEW), day)


@pytest.mark.parametrize(
    ("day", "days"), [(date(2020, 1, 1), 60), (date(2026, 12, 31), 60), (date(2027, 1, 1), 30), (date(2090, 1, 1), 30)]
)
def test_a_law_that_changes_holds_to_its_last_day_and_from_its_first(agency: Agency, day: date, days: int) -> None:
    law = changing(agency, day)
    assert law.file_days_before == days
    assert f" {days} days before" in law.worksheet_notice
    assert len(law.other_rules) == 1


def test_a_rule_whose_last_day_is_past_is_not_in_force(agency: Agency) -> None:
    past = rule(None, "gone", more="    effective_to: 2026-11-23\n")
    law = law_of(agency, pack(more=past))
    assert [one.rule_id for one in law.other_rules] == ["a-rule"]
    assert "a-rule" not in [one.rule_id for one in law.rules]
    assert effective_at(law.other_rules, date(2026, 11, 23)) == law.other_rules


def test_two_rules_for_one_thing_on_one_day_are_refused(agency: Agency) -> None:
    text = pack(more=rule("file_days_before", "30", rule_id="another"))
    assert "two rules that set 'file_days_before' hold on the same day" in refusal(agency, text)


def test_two_rules_of_one_name_on_one_day_are_refused(agency: Agency) -> None:
    text = pack(more=rule(None, "one") + rule(None, "two"))
    assert "two rules named 'a-rule' hold on the same day" in refusal(agency, text)


def test_a_rule_that_ends_before_it_begins_is_refused(agency: Agency) -> None:
    text = pack(more=rule(None, "one", more="    effective_from: 2026-02-01\n    effective_to: 2026-01-01\n"))
    assert "`effective_to` lies before `effective_from`" in refusal(agency, text)


def test_what_stops_a_disposal_is_collected_from_several_rules(agency: Agency) -> None:
    more = rule("stops_for", "[audit, litigation]", rule_id="more-stops")
    law = law_of(agency, pack(more=more))
    assert law.stops_for == ["litigation", "audit"]


def test_a_rule_is_known_only_when_somebody_read_it() -> None:
    made = {"rule_id": "one", "value": True, "summary": "One.", "citation": "none", "source": "none"}
    known = {
        how: LawRule.model_validate({**made, "confidence": how}).known
        for how in ("source", "secondary", "unverified", "inferred")
    }
    assert known == {"source": True, "secondary": True, "unverified": False, "inferred": False}
