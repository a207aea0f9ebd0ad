"""An approval is an answer of the right person, in so many words, to the plan that stands in the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from social_archive.retention.disposal import Approval
from social_archive_airflow.gates import Decision, NotApproved, answered_by, approved, plan_of, recorded

PLAN, OTHER = "a" * 64, "b" * 64
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
YES: dict[str, Any] = {
    "chosen_options": ["Approve"],
    "params_input": {"plan": PLAN},
    "responded_at": AT,
    "responded_by_user": {"id": "director", "name": "director"},
}


def ask(answer: dict[str, Any] | None, **given: Any) -> Decision:
    asked: dict[str, Any] = {"plan": PLAN, "expected_plan": PLAN, "allowed": ["director"], "not_by": ["records"]}
    return approved(answer, **{**asked, **given})


def test_a_yes_by_the_right_person_to_the_right_plan_is_a_decision():
    assert ask(YES) == Decision("director", AT, PLAN)


def test_the_moment_may_come_as_text():
    assert ask({**YES, "responded_at": AT.isoformat()}).at == AT


@pytest.mark.parametrize(
    ("answer", "given", "sentence"),
    [
        (None, {}, "marked as a success by hand"),
        ({}, {}, "The answer is empty, not Approve"),
        ({**YES, "chosen_options": None}, {}, "The answer is empty"),
        ({**YES, "chosen_options": []}, {}, "The answer is empty"),
        ({**YES, "chosen_options": ["Reject"]}, {}, "The answer is Reject"),
        ({**YES, "chosen_options": ["approve"]}, {}, "The answer is approve"),
        ({**YES, "chosen_options": "Approve"}, {}, "The answer is empty"),
        ({**YES, "chosen_options": ["Approve", "Reject"]}, {}, "The answer is Approve and Reject"),
        ({**YES, "responded_by_user": None}, {}, "names no user"),  # a default, after a time-out
        ({**YES, "responded_by_user": {}}, {}, "names no user"),
        ({**YES, "responded_by_user": {"id": "", "name": "director"}}, {}, "names no user"),
        ({**YES, "responded_by_user": {"id": "admin", "name": "admin"}}, {}, "admin may not answer this"),
        (YES, {"allowed": []}, "names nobody"),
        (YES, {"not_by": ["director"]}, "takes another person"),
        (YES, {"not_by": ["records", "director"]}, "takes another person"),
        # Where users have numbers, the one who started a run is known by name only.
        ({**YES, "responded_by_user": {"id": "7", "name": "jo"}}, {"allowed": ["7"], "not_by": ["jo"]}, "another p"),
        (YES, {"plan": None}, "does not name the plan"),
        (YES, {"plan": OTHER}, "about another plan"),
        (YES, {"expected_plan": OTHER}, "about another plan"),
        ({**YES, "responded_at": None}, {}, "does not say when"),
        ({**YES, "responded_at": "yesterday"}, {}, "does not say when"),
        ({**YES, "responded_at": AT.replace(tzinfo=None)}, {}, "does not say when"),
    ],
)
def test_everything_else_is_refused_and_the_refusal_says_why(answer, given, sentence):
    with pytest.raises(NotApproved, match=sentence) as refused:
        ask(answer, **given)

    assert "Nothing was destroyed" in str(refused.value)


def test_a_no_is_a_persons_too():
    no = {**YES, "chosen_options": ["Reject"]}

    assert answered_by(no, option="Reject", allowed=["director"]) == ("director", "director")
    with pytest.raises(NotApproved, match="director may not answer"):
        answered_by(no, option="Reject", allowed=["records"])
    with pytest.raises(NotApproved, match="The answer is Approve, not Reject"):
        answered_by(YES, option="Reject", allowed=["director"])


@pytest.mark.parametrize(
    ("answer", "plan"),
    [(YES, PLAN), (None, None), ({}, None), ({"params_input": None}, None), ({"params_input": {"plan": ""}}, None),
     ({"params_input": {"plan": 7}}, None), ({"params_input": {}}, None)],
)  # fmt: skip
def test_the_plan_is_what_the_answer_itself_names(answer, plan):
    assert plan_of(answer) == plan


def entry(by: str, place: int) -> Approval:
    return Approval(by, place, AT, "airflow", 40 + place)


def test_a_decision_acts_through_its_entry_in_the_ledger():
    ledger = [entry("records", 1), entry("director", 2)]

    assert recorded(ask(YES), ledger, 2).n == 42


def test_an_answer_that_was_only_written_into_airflow_is_refused():
    with pytest.raises(NotApproved, match="ledger holds no approval by director"):
        recorded(ask(YES), [entry("records", 1)], 2)


def test_an_answer_that_names_somebody_else_than_the_ledger_is_refused():
    with pytest.raises(NotApproved, match="approval by director, the ledger one by deputy"):
        recorded(ask(YES), [entry("records", 1), entry("deputy", 2)], 2)
