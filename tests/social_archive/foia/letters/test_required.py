"""A denial has everything that the law asks for, by the law's own list; without it, it is a draft that says so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from social_archive.foia import letters
from social_archive.foia.letters import required
from social_archive.foia.letters.legal import load
from tests.social_archive.foia.letters.desk import DENIAL, RECEIVED, SANDBOX, Desk, desk, pages

LAW = "law/larkspur/foia.yaml"


def test_illinois_denials_have_all_of_what_the_act_lists(tmp_path: Path) -> None:
    here = desk(tmp_path / "agency", "illinois")
    basis = "It tells of an illness (invented)."
    made = here.draft("denial", denials=[{"code": "7 (1) (c)", "basis": basis, "records": 1, "record_type": "comment"}])
    said = " ".join(made.text.split())
    for owed in ("Your request is denied", "7(1)(c)", "5 ILCS 140/7(1)(c)", basis, "1 comment",
                 "Robin Marsh (invented), Records officer", "Public Access Counselor", "500 S. Second St.",
                 "877-299-3642", "60 days", "judicial review", "5 ILCS 140/11"):  # fmt: skip
        assert owed in said, owed
    assert made.missing == ()


def test_what_nobody_has_read_is_marked_in_the_draft_and_not_in_the_letter(tmp_path: Path) -> None:
    made = desk(tmp_path / "agency", "illinois").draft(
        "denial", denials=[{"code": "7(1)(kk)", "basis": "A card number.", "records": 1, "record_type": "post"}]
    )
    assert "the exemption 7(1)(kk)" in made.verify
    assert any("e-mail" in one for one in made.verify)
    draft, letter = pages(made.draft)[0], pages(made.pdf)[0]
    assert "Verify with counsel" in draft
    assert "DRAFT" in draft
    assert "Verify" not in letter
    assert "DRAFT" not in letter
    assert "public.access@ilag.gov" in letter


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Larkspur's, as it ships."""
    return desk(tmp_path_factory.mktemp("desk") / "agency")


@pytest.mark.parametrize(("rule", "missing"), [
    ("review-name", "the name of the authority"), ("review-address", "the address of the authority"),
    ("review-phone", "the telephone number of the authority"), ("court-text", "the right to judicial review"),
    ("denial-contains", "what a denial must contain"),
])  # fmt: skip
def test_a_datum_that_the_law_does_not_have_stops_the_denial_by_name(rule: str, missing: str, tmp_path: Path) -> None:
    here = desk(tmp_path / "agency")
    path = here.folder / LAW
    blocks = re.split(r"(?m)^(?=  - rule_id: )", path.read_text())
    assert sum(block.startswith(f"  - rule_id: {rule}\n") for block in blocks) == 1
    path.write_text("".join(block for block in blocks if not block.startswith(f"  - rule_id: {rule}\n")))
    made = here.draft("denial", **DENIAL)
    assert any(one.startswith(missing) for one in made.missing), made.missing
    assert made.pdf == made.draft, "there is no clean copy of what may not be sent"
    assert made.public is None
    assert "Missing:" in pages(made.pdf)[0]


def test_facts_people_and_titles_are_owed_too(here: Desk) -> None:
    assert here.draft("denial").missing == ("an exemption: nothing says why the records are withheld",)
    bare = here.draft("denial", denials=[{"code": "LOR 99", "records": 1}], responsible=["records", "stranger"])
    assert bare.missing == (
        "the factual basis for LOR 99", "the legal authority for LOR 99",
        "the title of stranger: under `people` in agency.yaml",
    )  # fmt: skip


def test_an_element_that_cannot_be_checked_is_missing_rather_than_passed_over(tmp_path: Path) -> None:
    here = desk(tmp_path / "agency")
    path = here.folder / LAW
    path.write_text(path.read_text().replace("{code: court, text: that", "{code: oath, text: an oath (invented)}\n"
                                             "      - {code: court, text: that"))  # fmt: skip
    assert here.draft("denial", **DENIAL).missing == (
        "an oath (invented): the law's data asks for it, and no letter can be checked for it",)  # fmt: skip


@pytest.mark.parametrize("jurisdiction", ["illinois", "larkspur"])
def test_every_element_that_a_pack_of_ours_names_has_a_check(jurisdiction: str, tmp_path: Path) -> None:
    law = load(desk(tmp_path / "agency", jurisdiction).archive.agency, RECEIVED)
    assert law is not None
    assert len(law.denial.contains) == 9
    assert {one.code for one in law.denial.contains} <= set(required.CHECKS)


def test_after_a_late_answer_nothing_is_a_burden_and_nothing_costs(here: Desk) -> None:
    late: dict[str, Any] = {"date": "2026-12-15", "reason": ["It is all."], "conferred": "You would not."}
    assert any("the period ended on" in one for one in here.draft("burdensome", **late).missing)
    fees = here.draft("fees", date="2026-12-15", fees=[{"what": "pages", "amount": "$1"}], total="$1")
    assert any(one.startswith("the right to charge") for one in fees.missing)


def test_where_no_law_is_written_down_letters_are_drafts(tmp_path: Path) -> None:
    here = desk(tmp_path / "agency", "nowhere")
    made = here.draft("acknowledgement")
    assert made.missing == ("the law on requests: the jurisdiction has no foia.yaml",)
    assert "what a denial must contain: the law's data does not say it" in here.draft("burdensome").missing


def test_the_sandbox_is_what_these_tests_take_it_for() -> None:
    assert (SANDBOX / LAW).is_file()
    assert set(letters.KINDS) >= {"denial", "partial_denial"}
