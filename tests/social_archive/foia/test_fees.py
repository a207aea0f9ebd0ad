"""What an answer may cost: the law's figures, and nothing that the law does not name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.folder import AGENCY
from social_archive.config import load_agency
from social_archive.foia.fees import FeeFacts, WrongFacts, estimate
from social_archive.law_foia import FoiaLaw, load_foia_law
from social_archive.law_foia_model import FeeLaw
from tests.agencies import agency_folder

DAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def illinois(tmp_path_factory: pytest.TempPathFactory) -> FoiaLaw:
    return load_foia_law(load_agency(agency_folder(tmp_path_factory.mktemp("illinois"), "no-bucket")), DAY)


@pytest.fixture(scope="module")
def larkspur() -> FoiaLaw:
    return load_foia_law(load_agency(AGENCY), DAY)


CASES: list[tuple[dict[str, Any], str, str]] = [  # facts, in Illinois, in Larkspur (invented)
    ({"pages": 30}, "0.00", "0.00"),
    ({"pages": 50}, "0.00", "4.00"),
    ({"pages": 51}, "0.15", "4.20"),
    ({"pages": 80, "certified": 2, "medium_cost": "4.50"}, "11.00", "18.50"),
    ({"kind": "commercial", "hours": "8"}, "0.00", "50.00"),
    ({"kind": "commercial", "hours": "11.5"}, "35.00", "93.75"),
    ({"kind": "ordinary", "hours": "11.5", "pdf_mb": "95"}, "0.00", "0.00"),
    ({"kind": "voluminous", "pdf_mb": "80"}, "20.00", "60.00"),
    ({"kind": "voluminous", "pdf_mb": "80.01"}, "40.00", "60.00"),
    ({"kind": "voluminous", "pdf_mb": "160.01", "other_mb": "2"}, "120.00", "75.00"),
    ({"kind": "voluminous", "other_mb": "4.5"}, "100.00", "15.00"),
    ({"colour_pages_cost": "3.339"}, "3.33", "3.33"),
]


def facts(given_facts: dict[str, Any]) -> FeeFacts:
    exact: dict[str, Any] = {k: Decimal(v) if isinstance(v, str) and k != "kind" else v for k, v in given_facts.items()}
    return FeeFacts(**exact)


@pytest.mark.parametrize(("of", "in_illinois", "in_larkspur"), CASES)
def test_each_law_has_its_own_figures(
    of: dict[str, Any], in_illinois: str, in_larkspur: str, illinois: FoiaLaw, larkspur: FoiaLaw
) -> None:
    found = [estimate(law, facts(of)).total for law in (illinois, larkspur)]
    assert found == [Decimal(in_illinois), Decimal(in_larkspur)]


def test_each_line_says_why_and_where_the_law_says_it(illinois: FoiaLaw) -> None:
    (pages,) = estimate(illinois, FeeFacts(pages=80)).lines
    assert (pages.what, pages.amount, pages.why, pages.citation, pages.known) == (
        "80 pages", Decimal("4.50"), "30 pages at $0.15; the first 50 are free", "5 ILCS 140/6(b)", True,
    )  # fmt: skip
    commercial = estimate(illinois, FeeFacts("commercial", hours=Decimal(10)))
    assert [note.split()[0] for note in commercial.notes] == ["with", "for"], "an accounting, and prepayment"


def test_after_a_late_answer_nothing_is_charged_and_a_waiver_is_marked_as_unread(illinois: FoiaLaw) -> None:
    late = estimate(illinois, FeeFacts("commercial", pages=900, hours=Decimal(40), certified=3, late=True, waived=True))
    assert (late.total, len(late.lines), late.notes) == (Decimal(0), 3, ())
    assert {(line.why, line.citation) for line in late.lines} == {
        ("the answer did not come in time, so nothing may be charged", "5 ILCS 140/3(d)")}  # fmt: skip
    waived = estimate(illinois, FeeFacts(pages=900, waived=True))
    assert (waived.total, waived.known) == (Decimal(0), False)
    allowed = illinois.model_copy(update={"fees": illinois.fees.model_copy(update={"after_late": True})})
    assert estimate(allowed, FeeFacts(pages=900, late=True)).total > 0


@pytest.mark.parametrize("wrong", [{"pages": -1}, {"hours": "-0.5"}, {"pdf_mb": "NaN"}, {"medium_cost": "1e9"}])
def test_a_number_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(WrongFacts, match="negative, or too large"):
        facts(wrong)


SOMETHING = st.fixed_dictionaries({
    "kind": st.sampled_from(["ordinary", "commercial", "recurrent", "voluminous"]), "pages": st.integers(0, 100_000),
    "certified": st.integers(0, 1000), "hours": st.decimals(0, 1000, places=2),
    "colour_pages_cost": st.decimals(0, 1000, places=3), "medium_cost": st.decimals(0, 1000, places=2),
    "pdf_mb": st.none() | st.decimals(0, 10_000, places=2), "other_mb": st.none() | st.decimals(0, 10_000, places=2),
})  # fmt: skip


@given(SOMETHING)
def test_a_law_that_names_no_fees_has_none_and_more_never_costs_less(illinois: FoiaLaw, of: dict[str, Any]) -> None:
    silent = illinois.model_copy(update={"fees": FeeLaw()})
    assert estimate(silent, FeeFacts(**of)).total == 0
    found = estimate(illinois, FeeFacts(**of))
    assert found.total == sum(line.amount for line in found.lines)
    assert all(line.amount >= 0 and line.amount == round(line.amount, 2) and line.citation for line in found.lines)
    more = {name: value + 1 for name, value in of.items() if name != "kind" and value is not None}
    assert estimate(illinois, FeeFacts(**of | more)).total >= found.total
