"""A comment may be a request for public records; talk about the law is none."""

from __future__ import annotations

import pytest

from tests.social_archive.policy.checking import found

ASKS = [
    "Under FOIA I request all e-mails about the parking lot.",
    "This is a Freedom of Information Act request for the 2025 payroll.",
    "I am requesting copies of all contracts with the roofing company",
    "please send me a copy of the minutes of the March meeting",
    "I want these under the publi\u0441 records act",  # a Cyrillic letter
]
DOES_NOT = [
    "I want a copy of the new cookbook",
    "The Freedom of Information Act turned fifty",
    "Can I get access to the study room?",
    "",
    "😀😀😀",
]


@pytest.mark.parametrize("text", ASKS)
def test_what_may_be_a_request_is_shown_to_the_officer(text: str) -> None:
    assert found("foia-request", text)


@pytest.mark.parametrize("text", DOES_NOT)
def test_what_asks_for_no_records_is_left_alone(text: str) -> None:
    assert not found("foia-request", text)
