"""No rule may look for disparagement; the criterion warns and finds nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from social_archive.policy.batch import Batch
from social_archive.policy.criteria.disparages import Disparages
from tests.social_archive.policy.viewpoint import pairs


@given(st.lists(st.text(), max_size=5))
def test_it_finds_nothing_in_anything(texts: list[str]) -> None:
    assert list(Disparages().find(Batch.of(texts))) == []


def test_it_finds_nothing_in_the_harshest_of_opinions() -> None:
    harsh = [pair.other.text for pair in pairs()][:500]
    assert list(Disparages().find(Batch.of([*harsh, "You are all idiots", "I despise them"]))) == []


def test_it_has_no_rules_and_warns_of_viewpoint_discrimination() -> None:
    assert Disparages.rules == ()
    assert "Matal v. Tam" in Disparages.note
    assert "viewpoint discrimination" in Disparages.note
    assert "counsel" in Disparages.note
