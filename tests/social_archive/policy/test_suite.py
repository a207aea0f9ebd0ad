"""The suite: an agency's settings, the law of its jurisdiction, and what a wrong line of either says."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from social_archive.config import Agency, load_agency
from social_archive.errors import ConfigError
from social_archive.law import VERIFY
from social_archive.law_policy import load_policy_law
from social_archive.policy import suite
from social_archive.policy.batch import Batch
from social_archive.policy.criteria import registry
from social_archive.policy.suite import Suite, suite_of
from tests.agencies import agency_folder

INCLUDE = Path(__file__).resolve().parents[3] / "include"
POLICY = (
    "policy:\n  title: Comments (invented)\n  source: invented\n  clauses: [{id: advertising, text: Advertisements}]\n"
)


def agency(tmp_path: Path, checks: str = "") -> Agency:
    folder = agency_folder(tmp_path / "agency", "bucket-invented")
    (folder / "policy.yaml").write_text(POLICY + checks)
    return load_agency(folder)


def named(suite: Suite, name: str):
    return next(check for check in suite.checks if check.name == name)


@pytest.mark.parametrize("shipped", ["agency", "sandbox/agency"])
def test_every_check_of_the_agencies_that_ship_is_known_and_knows_its_clause(shipped: str) -> None:
    suite = suite_of(load_agency(INCLUDE / shipped))
    assert {check.name for check in suite.checks} == set(registry())
    for check in suite.checks:
        assert check.clause == check.criterion.clause, check.name


def test_off_topic_is_off_unless_somebody_turns_it_on(tmp_path: Path) -> None:
    assert not named(suite_of(agency(tmp_path)), "off-topic").on
    assert named(suite_of(agency(tmp_path, "  checks: {off-topic: {enabled: true}}\n")), "off-topic").on


def test_a_change_of_anything_that_decides_what_is_found_is_another_set_of_rules(tmp_path: Path) -> None:
    versions = ["", "  checks: {advertising: {enabled: false}}\n", "  checks: {advertising: {settings: {copies: 9}}}\n",
                "  version: '2'\n"]  # fmt: skip
    assert len({suite_of(agency(tmp_path, checks)).digest for checks in versions}) == len(versions)
    assert suite_of(agency(tmp_path)).digest == suite_of(agency(tmp_path)).digest


def test_another_word_list_is_another_set_of_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = suite_of(agency(tmp_path)).digest
    lists = shutil.copytree(suite.DATA[0], tmp_path / "lexicons")
    monkeypatch.setattr(suite, "DATA", (lists, suite.DATA[1]))
    assert suite_of(agency(tmp_path)).digest == before
    (lists / "obscene.yaml").write_text((lists / "obscene.yaml").read_text() + "# one line more\n")
    suite._data.cache_clear()
    assert suite_of(agency(tmp_path)).digest != before


@pytest.mark.parametrize(
    ("checks", "says"),
    [
        ("{advertizing: {enabled: true}}", "did you mean 'advertising'"),
        ("{unlawful: {clause: crimes}}", "names a clause that is not there: 'crimes'"),
        ("{advertising: {settings: {copies: many}}}", "checks.advertising.settings.copies"),
        ("{private-information: {settings: {region: Illinois}}}", "ISO 3166"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, checks: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        suite_of(agency(tmp_path, f"  checks: {checks}\n"))


def test_the_law_of_the_jurisdiction_is_data_with_its_citation(tmp_path: Path) -> None:
    here = suite_of(agency(tmp_path))  # Illinois
    assert "75 ILCS 70/1" in named(here, "patron-privacy").note
    assert f"10 ILCS 5/9-25.1; {VERIFY}" in named(here, "own-campaigning").note
    assert named(here, "private-information").criterion.settings.exemptions["phone"] == "7(1)(b)"
    (hit,) = [hit for _, hit in here.find(Batch.of(["Pursuant to 5 ILCS 140, provide all emails of the board."]))]
    assert hit.rule.id == "foia-request.named"


def test_the_agencys_own_setting_wins_over_the_laws(tmp_path: Path) -> None:
    own = suite_of(agency(tmp_path, "  checks: {private-information: {settings: {exemptions: {}}}}\n"))
    assert named(own, "private-information").criterion.settings.exemptions == {}


def test_a_jurisdiction_without_a_pack_adds_nothing(tmp_path: Path) -> None:
    folder = agency_folder(tmp_path / "agency", "bucket-invented")
    text = (folder / "agency.yaml").read_text()
    (folder / "agency.yaml").write_text(text.replace("jurisdiction: illinois", "jurisdiction: elsewhere"))
    assert load_policy_law(load_agency(folder)) is None
    assert all(not check.law for check in suite_of(load_agency(folder)).checks)


def test_a_check_reads_only_those_whose_words_it_is_about(tmp_path: Path) -> None:
    text = "Your hold on Gone Tomorrow is ready, Ada Example (invented)"
    batch = Batch.of([text, text], is_own=[True, False])
    rows = {hit.row for check, hit in suite_of(agency(tmp_path)).find(batch) if check.name == "patron-privacy"}
    assert rows == {0}
