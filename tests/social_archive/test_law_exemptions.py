"""The exemptions of a jurisdiction: found however a code is written, suggested for kinds, and never surer than read."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from sandbox.folder import AGENCY
from social_archive.config import Agency, load_agency
from social_archive.errors import ConfigError
from social_archive.foia.exemptions import Exemptions, load_exemptions
from social_archive.law import SHIPPED
from social_archive.law_policy import load_policy_law
from social_archive.policy.criteria.private_information import PrivateInformation
from tests.agencies import agency_folder

DAY = date(2026, 11, 24)
KINDS = {rule.id.partition(".")[2] for rule in PrivateInformation.rules}


@pytest.fixture(scope="module")
def agency(tmp_path_factory: pytest.TempPathFactory) -> Agency:
    return load_agency(agency_folder(tmp_path_factory.mktemp("illinois"), "no-bucket"))


@pytest.fixture(scope="module")
def illinois(agency: Agency) -> Exemptions:
    return load_exemptions(agency, DAY)


@pytest.mark.parametrize(("written", "code"), [
    ("7(1)(b)", "7(1)(b)"), (" 7 (1) (b) ", "7(1)(b)"), ("Sec. 7(1)(B)", "7(1)(b)"), ("5 ILCS 140/7(1)(b)", "7(1)(b)"),
    ("7.5(b)", "7.5(b)"), ("section 7.5 (b)", "7.5(b)"), ("b-5", "7(1)(b-5)"), ("(kk)", "7(1)(kk)"),
    ("d(i)", "7(1)(d)(i)"), ("(1)(b)", "7(1)(b)"),
    ("b", None), ("7(1)", None), ("7(1)(d)", None), ("7(1)(b), 7(1)(c)", None), ("7(1)(zz)", None), ("", None),
    ("section", None), ("7 1 5", None),
])  # fmt: skip
def test_a_code_is_found_however_it_is_written_unless_it_fits_two(
    written: str, code: str | None, illinois: Exemptions
) -> None:
    found = illinois.get(written)
    assert (found and found.code) == code


def test_every_code_finds_itself_and_its_citation_finds_it(illinois: Exemptions) -> None:
    for one in illinois.listed:
        assert illinois.get(one.code) is illinois.get(one.citation) is one


def test_codes_are_verified_only_if_all_are_listed_and_read_in_a_source(illinois: Exemptions) -> None:
    assert illinois.checked(["7 (1) (b)", "7(1)(c)", "7(1)(b)"]) == (["7(1)(b)", "7(1)(c)"], True)
    assert illinois.checked(["7(1)(b)", "7(1)(m)"]) == (["7(1)(b)", "7(1)(m)"], False), "(m) is from memory"
    assert illinois.checked([" 7(9)(q) "]) == (["7(9)(q)"], False), "allowed, as it was written"
    assert illinois.checked([]) == ([], False)


def test_what_is_from_memory_is_marked_wherever_it_is_cited(illinois: Exemptions) -> None:
    remembered = [one for one in illinois.listed if one.source == "from memory"]
    assert len(remembered) > 40
    for one in remembered:
        assert (one.known, one.confidence, one.cited.endswith("(verify with counsel)")) == (False, "unverified", True)
        assert "counsel" in (one.note or "")
    assert {one.confidence for one in illinois.listed if one not in remembered} <= {"source", "secondary"}
    assert all(one.retrieved_on for one in illinois.listed if one.known)


def test_each_preset_has_a_sentence_to_start_from(illinois: Exemptions) -> None:
    larkspur = load_exemptions(load_agency(AGENCY), DAY)
    for one in (*illinois.presets(), *larkspur.presets()):
        assert (one.basis or "").endswith("."), one.code
        assert all(sentence.endswith(".") for sentence in one.kinds.values())
    assert [one.code for one in illinois.presets()][:3] == ["7(1)(a)", "7(1)(b)", "7(1)(c)"]


@pytest.mark.parametrize("whose", ["illinois", "larkspur"])
def test_each_kind_that_the_checks_find_has_one_code_the_one_that_findings_suggest(whose: str, agency: Agency) -> None:
    of = agency if whose == "illinois" else load_agency(AGENCY)
    exemptions, policy = load_exemptions(of, DAY), load_policy_law(of)
    assert policy is not None
    assert {kind for one in exemptions.listed for kind in one.kinds} == KINDS
    for kind, code in policy.settings["private-information"]["exemptions"].items():
        found = exemptions.for_kind(kind)
        assert found is not None
        assert (found.code, found.basis_for(kind) != found.basis) == (code, True), kind
    assert exemptions.for_kind("shoe-size") is None


def test_the_invented_ones_say_so_in_every_sentence() -> None:
    larkspur = load_exemptions(load_agency(AGENCY), DAY)
    assert larkspur.invented
    for one in larkspur.listed:
        texts = (one.title, one.summary, one.citation, one.source, one.basis or "invented", *one.kinds.values())
        assert all("invented" in text for text in texts), one.code


def test_a_jurisdiction_without_the_file_lists_none_and_every_code_stays_unverified(tmp_path: Path) -> None:
    folder = agency_folder(tmp_path, "no-bucket")
    (folder / "agency.yaml").write_text((folder / "agency.yaml").read_text().replace("illinois", "atlantis"))
    none = load_exemptions(load_agency(folder), DAY)
    assert (none.listed, none.presets(), none.for_kind("phone"), none.checked(["4(a)"])) == (
        (), (), None, (["4(a)"], False))  # fmt: skip


@pytest.mark.parametrize(("before", "after", "said"), [
    ("code: 7(1)(c)", "code: 7 (1) (B)", "two exemptions with the code '7 (1) (B)'"),
    ("date-of-birth:", "phone:", "both for 'phone'"),
    ("code: 7(1)(c)", "code: 7(1)<b>", "code"),
    ("title: Private information", "titel: Private information", "unknown key 'titel' (did you mean 'title'?)"),
    ("jurisdiction: illinois", "jurisdiction: iowa", "it stands in the folder 'illinois'"),
    ("    preset: true", "    effective_from: 2027-01-01\n    effective_to: 2026-01-01", "lies before"),
])  # fmt: skip
def test_what_is_wrong_in_a_file_is_refused_with_its_line(tmp_path: Path, before: str, after: str, said: str) -> None:
    agency = load_agency(agency_folder(tmp_path, "no-bucket"))
    own = agency.folder / "law" / "illinois" / "exemptions.yaml"
    own.parent.mkdir(parents=True)
    shutil.copy(SHIPPED / "illinois" / "exemptions.yaml", own)
    assert before in own.read_text()
    own.write_text(own.read_text().replace(before, after, 1))
    with pytest.raises(ConfigError, match=r"exemptions.yaml:\d+: ") as refused:
        load_exemptions(agency, DAY)
    assert said in str(refused.value)


def test_one_that_ended_is_not_offered_any_more(tmp_path: Path) -> None:
    agency = load_agency(agency_folder(tmp_path, "no-bucket"))
    own = agency.folder / "law" / "illinois" / "exemptions.yaml"
    own.parent.mkdir(parents=True)
    text = (SHIPPED / "illinois" / "exemptions.yaml").read_text()
    own.write_text(text.replace("code: 7(1)(f)", "code: 7(1)(f)\n    effective_to: 2026-06-30"))
    assert load_exemptions(agency, date(2026, 6, 30)).get("7(1)(f)") is not None
    assert load_exemptions(agency, date(2026, 7, 1)).get("7(1)(f)") is None
