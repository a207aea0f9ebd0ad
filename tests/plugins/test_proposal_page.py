"""What an approver reads: counts, dates and hashes of the proposal, and nothing that could be taken for markup."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from social_archive.config import Agency, load_agency
from social_archive.law import DisposalLaw, load_disposal_law
from social_archive.retention.disposal import Approval, Disposal
from social_archive_airflow.proposal_page import approval, returned_copy, size

SAMPLE = Path(__file__).resolve().parents[2] / "include" / "sandbox" / "agency"
PLAN = "c0ffee" * 10
AT = "2026-11-24T15:30:00Z"


@pytest.fixture(scope="module")
def agency() -> Agency:
    return load_agency(SAMPLE)


@pytest.fixture(scope="module")
def law(agency: Agency) -> DisposalLaw:
    return load_disposal_law(agency)


def proposed(**more: Any) -> Disposal:
    line = {"item": "102", "title": "Children's | programs", "earliest": "2025-12-07", "latest": "2026-04-26",
            "eligible": "2026-11-01", "records": 1_020, "objects": 6, "bytes": 1_564_870}  # fmt: skip
    stays = {"what": "public-comments/2023-01", "code": "on_hold", "reason": "under 1 hold(s)", "objects": 2,
             "records": 31}  # fmt: skip
    body = {"lines": [line], "excluded": [stays], "totals": {"records": 1_020, "objects": 6, "bytes": 1_564_870}}
    note = {"by": "admin", "time": AT, "plan": PLAN}
    return Disposal("3fa2", PLAN, note, load=lambda: json.dumps(body).encode(), **more)


def test_the_approver_reads_how_much_goes_what_stays_and_which_list_it_is(agency, law):
    page = approval(agency, proposed(), law, 1)

    assert "1,020 records in 6 objects (1.6 MB) are to be destroyed" in page
    assert "| 102 | Children's \\| programs | 2025-12-07 to 2026-04-26 | 2026-11-01 | 1,020 | 6 | 1.6 MB |" in page
    assert "| public-comments/2023-01 | under 1 hold(s) | 31 | 2 |" in page
    assert f"plan `{PLAN}`" in page
    assert "Proposed by admin on 2026-11-24 09:30 CST" in page
    assert "a second person is asked" in page


def test_the_second_reads_who_was_first_and_that_nothing_comes_between(agency, law):
    first = Approval("records", 1, datetime(2026, 11, 24, 16, tzinfo=UTC), "airflow", 7)

    page = approval(agency, proposed(approvals=[first]), law, 2)

    assert "approved by records on 2026-11-24 10:00 CST" in page
    assert "it is destroyed, without another question" in page


def test_what_the_authority_said_is_quoted_as_text(agency, law):
    returned = {"outcome": "approved", "reference": "LRC [26](x) *7*", "on": "2026-11-20"}

    page = approval(agency, proposed(returned=returned), law, 1)

    assert "Larkspur Records Commission (invented): approved on 2026-11-20" in page
    assert "LRC \\[26\\](x) \\*7\\*" in page


def test_the_officer_reads_the_laws_own_notice_and_whether_it_was_filed(agency, law):
    assert law.worksheet_notice in returned_copy(agency, proposed(), law)
    assert "not on record yet" in returned_copy(agency, proposed(), law)
    assert "It was filed on 2026-10-01." in returned_copy(agency, proposed(filed={"on": "2026-10-01"}), law)


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (156_487, "156.5 kB"), (2_340_000, "2.3 MB"),
                         (7_200_000_000, "7.2 GB")],
)  # fmt: skip
def test_sizes_are_decimal(count, words):
    assert size(count) == words
