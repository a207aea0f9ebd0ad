"""Packs of law on requests: the agency's own wins, and what is wrong in one is said with its line."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from social_archive.config import Agency, load_agency
from social_archive.errors import ConfigError
from social_archive.law import SHIPPED
from social_archive.law_calendar import load_holidays
from social_archive.law_foia import load_foia_law
from tests.agencies import agency_folder

INCLUDE = Path(__file__).parents[2] / "include"
DAY = date(2026, 11, 24)


@pytest.fixture
def agency(tmp_path: Path) -> Agency:
    return load_agency(agency_folder(tmp_path, "no-bucket"))


def own(agency: Agency, name: str, before: str = "", after: str = "") -> Path:
    """A copy of a shipped file in the agency's own folder, with one thing changed."""
    folder = agency.folder / "law" / "illinois"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(SHIPPED / "illinois" / name, folder / name)
    text = (folder / name).read_text()
    assert before in text
    (folder / name).write_text(text.replace(before, after, 1))
    return folder / name


def test_illinois_gives_five_business_days_after_receipt_and_says_where_that_stands(agency: Agency) -> None:
    law = load_foia_law(agency, DAY)
    assert (law.response_days, law.counting, law.first_day) == (5, "business", "after_receipt")
    assert law.citations["response_days"] == "5 ILCS 140/3(d)"
    assert law.known("response_days")
    assert all(holiday.citation and holiday.source for holiday in law.table.holidays)


def test_what_nobody_has_read_in_a_source_never_counts_undisputed(agency: Agency) -> None:
    assert all(holiday.known or holiday.disputed for holiday in load_holidays(agency).holidays)
    unread = [rule.rule_id for rule in load_foia_law(agency, DAY).rules if not rule.known]
    assert unread == ["comment-may-be-one", "body-of-the-message"]


def test_the_sample_library_has_an_invented_law_of_its_own() -> None:
    law = load_foia_law(load_agency(INCLUDE / "sandbox" / "agency"), DAY)
    assert (law.invented, law.table.invented, law.response_days) == (True, True, 5)


def test_the_agencys_own_calendar_wins_over_the_one_that_ships(agency: Agency) -> None:
    path = own(agency, "calendar.yaml", "rule: {easter: -2}\n    counts: false", "rule: {easter: -2}\n    counts: true")
    table = load_holidays(agency)
    assert table.path == path
    assert next(h for h in table.holidays if h.id == "good-friday").counts
    assert load_foia_law(agency, DAY).path == SHIPPED / "illinois" / "foia.yaml"


def test_a_rule_of_another_day_is_not_in_force(agency: Agency) -> None:
    before = load_foia_law(agency, date(2025, 12, 31))
    assert [rule.rule_id for rule in before.other_rules] == ["body-of-the-message"]


@pytest.mark.parametrize(("name", "before", "after", "said"), [
    ("foia.yaml", "sets: response_days", "sets: response_day", "did you mean 'response_days'"),
    ("foia.yaml", "value: 5", "value: 0", "response_days should be greater than or equal to 1"),
    ("foia.yaml", "    sets: counting\n", "", "no rule in force on 2026-11-24 sets 'counting'"),
    ("foia.yaml", "jurisdiction: illinois", "jurisdiction: iowa", "it stands in the folder 'illinois'"),
    ("calendar.yaml", "rule: {easter: -2}", "rule: {easter: -2, month: 4}", "must be `month` and `day`"),
    ("calendar.yaml", "id: king-birthday", "id: new-years-day", "two holidays named 'new-years-day'"),
    ("calendar.yaml", "nth: -1", "nth: 0", "not 0"),
])  # fmt: skip
def test_what_is_wrong_in_a_pack_is_refused_with_its_line(
    agency: Agency, name: str, before: str, after: str, said: str
) -> None:
    path = own(agency, name, before, after)
    with pytest.raises(ConfigError, match=rf"(?s){path.name}:\d+: .*") as refused:
        load_foia_law(agency, DAY)
    assert said in str(refused.value)


def test_a_jurisdiction_without_a_law_on_requests_is_told_what_to_write(tmp_path: Path) -> None:
    folder = agency_folder(tmp_path, "no-bucket")
    (folder / "agency.yaml").write_text((folder / "agency.yaml").read_text().replace("illinois", "../illinois"))
    with pytest.raises(ConfigError, match="by when a request must be answered") as refused:
        load_foia_law(load_agency(folder), DAY)
    assert "after the one of Illinois" in refused.value.remedy
