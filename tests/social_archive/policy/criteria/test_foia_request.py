"""A comment may be a request for public records; talk about the law is none."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.social_archive.policy.checking import found

NAMES_THE_LAW = [
    "Under FOIA I request all e-mails about the parking lot.",
    "This is a Freedom of Information Act request for the 2025 payroll.",
    "I want these under the publi\u0441 records act",  # a Cyrillic letter
    "FOIA request: all invoices from 2025",
    "Consider this my FOIA",
    "I'm filing a FOIA for this",
    "I hereby FOIA the salaries of all employees",
    "Hello - F.O.I.A. please send me the budget",
    "Under the Sunshine Law I ask for the budget",
]
NAMES_NO_LAW = [
    "I am requesting copies of all contracts with the roofing company",
    "please send me a copy of the minutes of the March meeting",
    "I'd like to see the contract with the architect",
    "Please provide all emails between the board president and the mayor",
    "Can you send me the meeting minutes from March?",
    "Please release the security footage from Saturday",
    "Show us the receipts for the carpet",
]
DOES_NOT = [
    "I want a copy of the new cookbook",
    "I want a copy of the book",
    "The Freedom of Information Act turned fifty",
    "How do I file a FOIA request?",
    "Thanks for hosting the FOIA workshop",
    "FOIA requests cost us thousands every year",
    "I filed a FOIA request last year and got nothing",
    "FOIA'd it last week",
    "Can I get access to the study room?",
    "Can I get copies of my tax documents at the library?",
    "I need to make copies of some documents",
    "I need help with tax documents for the 2025 return",
    "Can I have the records on vinyl?",
    "Please send me the newsletter",
    "",
    "😀😀😀",
]


@pytest.mark.parametrize("text", NAMES_THE_LAW)
def test_a_request_that_names_the_law_is_strong(text: str) -> None:
    assert [(hit.rule, hit.strength) for hit in found("foia-request", text)] == [("foia-request.named", "strong")]


@pytest.mark.parametrize("text", NAMES_NO_LAW)
def test_a_request_needs_no_law(text: str) -> None:
    assert [(hit.rule, hit.strength) for hit in found("foia-request", text)] == [("foia-request.asked", "moderate")]


@pytest.mark.parametrize("text", DOES_NOT)
def test_what_asks_for_no_records_is_left_alone(text: str) -> None:
    assert not found("foia-request", text)


def test_another_states_law_is_a_setting() -> None:
    text = "An OPRA request is made here: please send all of it"
    assert not found("foia-request", text)
    assert found("foia-request", text, settings={"laws": ["OPRA", "Open Public Records Act"]})


def test_a_law_has_to_be_named_in_the_settings() -> None:
    with pytest.raises(ValidationError):
        found("foia-request", "x", settings={"laws": []})
