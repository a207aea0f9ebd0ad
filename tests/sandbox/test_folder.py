from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.folder import AGENCY, agency_folder, environment
from sandbox.platforms import registry
from social_archive.config import load_agency
from social_archive.law import load_disposal_law


def test_the_sample_agency_is_right_and_has_an_account_on_every_platform() -> None:
    agency = load_agency(AGENCY)
    named = [a.name for a in agency.enabled_accounts()]
    assert named[:5] == ["larkspur", "larkspur-kids", "larkspur-archive", "larkspur-bluesky", "larkspur-teens"]
    assert {a.platform for a in agency.enabled_accounts()} == set(registry())
    assert set(named[5:]) == {f"larkspur-{name}" for name in registry() if name not in ("mastodon", "bluesky")}
    assert agency.policy is not None
    assert {item.series for item in agency.retention.items} >= {"local-history", "children-programs", "social-postings"}


def test_the_environment_has_every_secret_that_the_accounts_name() -> None:
    named = {reference for account in load_agency(AGENCY).accounts for reference in account.secrets.values()}
    assert named == {f"env:{name}" for name in environment()}


def test_accounts_point_at_the_stand_ins_fixed_ports() -> None:
    for account in load_agency(AGENCY).accounts:
        here = f"http://127.0.0.1:{registry()[account.platform].port}"
        assert here in account.settings.values()


def test_a_copy_points_elsewhere_and_keeps_the_rest(tmp_path: Path) -> None:
    there = {name: f"http://127.0.0.1:{number}" for number, name in enumerate(registry(), start=1)}
    copy = load_agency(agency_folder(tmp_path / "copy", there, bucket="another-bucket"))
    assert copy.store.bucket == "another-bucket"
    assert {a.settings.get("server") or a.settings.get("pds") for a in copy.accounts} == set(there.values())
    assert [a.name for a in copy.accounts] == [a.name for a in load_agency(AGENCY).accounts]


def test_a_copy_takes_its_law_along(tmp_path: Path) -> None:
    copy = load_agency(agency_folder(tmp_path / "copy", {}))
    law = load_disposal_law(copy)
    assert (law.path.is_relative_to(tmp_path), law.invented, law.file_days_before) == (True, True, 0)


def test_a_copy_with_one_account_is_still_right(tmp_path: Path) -> None:
    copy = load_agency(agency_folder(tmp_path / "copy", {}, accounts=["larkspur-bluesky"]))
    assert [a.name for a in copy.accounts] == ["larkspur-bluesky"]
    with pytest.raises(ValueError, match="larkspur-z"):
        agency_folder(tmp_path / "other", {}, accounts=["larkspur-z"])


def test_no_two_stand_ins_have_the_same_port() -> None:
    ports = [stand_in.port for stand_in in registry().values()]
    assert len(set(ports)) == len(ports)
