"""The agency folders that ship are right, and say what their sources say."""

from __future__ import annotations

from pathlib import Path

import pytest

from social_archive.config import load_agency
from social_archive.law import load_disposal_law
from social_archive.platforms import registry

INCLUDE = Path(__file__).parents[2] / "include"
WESTMONT = INCLUDE / "agency"
SANDBOX = INCLUDE / "sandbox" / "agency"


@pytest.mark.parametrize(("folder", "jurisdiction"), [(WESTMONT, "illinois"), (SANDBOX, "larkspur")])
def test_a_shipped_agency_loads_and_has_a_pack_of_law(folder: Path, jurisdiction: str) -> None:
    agency = load_agency(folder)
    assert agency.policy is not None
    assert load_disposal_law(agency).jurisdiction == jurisdiction


def test_westmont_is_in_dupage_county_and_on_central_time() -> None:
    body = load_agency(WESTMONT).body
    assert (body.name, body.county, body.time_zone) == ("Westmont Public Library", "DuPage", "America/Chicago")


def test_westmonts_accounts_all_wait_and_invent_no_handle() -> None:
    accounts = load_agency(WESTMONT).accounts
    assert accounts
    assert all(not account.enabled and account.handle == "" for account in accounts)


def test_nothing_of_westmonts_can_become_due_before_its_application_number_is_known() -> None:
    retention = load_agency(WESTMONT).retention
    assert retention.application_number is None
    assert not any(item.has_period for item in retention.items)


def test_westmonts_seven_kinds_of_prohibited_comment_are_in_the_policys_words() -> None:
    policy = load_agency(WESTMONT).policy
    assert policy is not None
    assert [clause.text for clause in policy.clauses] == [
        "Content that is obscene, defamatory, invades privacy, or disparages any person or group",
        "Copyrighted or trademarked material",
        "Private or personal information",
        "Off-topic comments",
        "Advertisements or sale of merchandise or services",
        "Charitable solicitations or political campaigning",
        "Any posts that violate state or federal law",
    ]
    assert "submitted for posting are subject to public disclosure" in policy.notices[0].requirement


def test_the_sandboxs_accounts_are_on_platforms_that_can_be_harvested() -> None:
    accounts = load_agency(SANDBOX).enabled_accounts()
    assert accounts
    assert {account.platform for account in accounts} <= set(registry())
