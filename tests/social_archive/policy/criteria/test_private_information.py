"""Numbers, addresses and sentences that may be about one private person are pointed at, exactly; look-alikes are not.

All numbers here are invented, from ranges for examples, or published for testing.
"""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from social_archive.policy.batch import MOST, Batch
from social_archive.policy.criteria.private_information import PrivateInformation
from tests.social_archive.policy.checking import Found, found

NAME = "private-information"


def kinds(text: str, **changed: Any) -> dict[str, str]:
    """Kind -> what is pointed at, of one text."""
    return {hit.rule.removeprefix(f"{NAME}."): hit.quote for hit in found(NAME, text, settings=changed)}


FOUND = [
    ("ssn", "my ssn is 512-43-9876", "512-43-9876"),
    ("ssn", "Social Security number 512 43 9876", "512 43 9876"),
    ("ssn", "512439876 is her social", "512439876"),
    ("ssn", "it says 512.43.9876", "512.43.9876"),
    ("drivers-licence", "found a wallet, D400-5206-5123", "D400-5206-5123"),
    ("drivers-licence", "driver's license D40052065123", "D40052065123"),
    ("drivers-licence", "Indiana licence 1234-56-7890", "1234-56-7890"),
    ("payment-card", "charge 4111 1111 1111 1111 exp 12/27", "4111 1111 1111 1111"),
    ("payment-card", "4111-1111-1111-1111 123", "4111-1111-1111-1111"),
    ("payment-card", "amex 3782 822463 10005", "3782 822463 10005"),
    ("payment-card", "5555555555554444", "5555555555554444"),
    ("payment-card", "diners card 30569309025904", "30569309025904"),
    ("iban", "send it to GB82 WEST 1234 5698 7654 32 thanks", "GB82 WEST 1234 5698 7654 32"),
    ("iban", "de89370400440532013000", "de89370400440532013000"),
    ("bank-account", "routing number 111000025", "111000025"),
    ("bank-account", "checking account no. 000123456789 at the bank", "000123456789"),
    ("phone", "call (630) 555-0134 now", "(630) 555-0134"),
    ("phone", "630.555.0134", "630.555.0134"),
    ("phone", "+1 630 555 0134", "+1 630 555 0134"),
    ("phone", "text me 6305550134", "6305550134"),
    ("phone", "call 555-0134 tonight", "555-0134"),
    ("phone", "in London +44 20 7946 0958", "+44 20 7946 0958"),
    ("e-mail", "write to jane.roe@example.org.", "jane.roe@example.org"),
    ("e-mail", "jane [at] example [dot] org", "jane [at] example [dot] org"),
    ("e-mail", "jane roe77 at gmail dot com", "roe77 at gmail dot com"),
    ("e-mail", "josé@example.org", "josé@example.org"),
    ("street-address", "she lives at 412 Oak St, Westmont IL 60559", "412 Oak St, Westmont IL 60559"),
    ("street-address", "26W123 Geneva Rd is for sale", "26W123 Geneva Rd"),
    ("street-address", "i live at 7 old mill lane", "7 old mill lane"),
    ("street-address", "she lives at 321 S Lincoln", "321 S Lincoln"),
    ("street-address", "mail to P.O. Box 312", "P.O. Box 312"),
    ("date-of-birth", "DOB: 3/14/1985", "3/14/1985"),
    ("date-of-birth", "he was born in Elgin on March 14, 1985", "March 14, 1985"),
    ("date-of-birth", "1985-03-14 is my birthday", "1985-03-14"),
    ("date-of-birth", "her birthday is 3/14", "3/14"),
    ("licence-plate", "license plate AB 12345 hit me", "AB 12345"),
    ("licence-plate", "red Honda, plates BXK 482", "BXK 482"),
    ("library-card", "my card 21234001234566 is blocked", "21234001234566"),
    ("library-card", "barcode 2 1234 00123 4566", "2 1234 00123 4566"),
    ("patron-title", 'fyi my neighbor checked out "The Quiet Divorce"', 'my neighbor checked out "The Quiet Divorce"'),
    ("patron-title", "she has Gone Tomorrow on hold", "she has Gone Tomorrow on hold"),
    ("password", "my password is hunter2!", "hunter2"),
    ("password", "password: swordfish", "swordfish"),
    ("password", "card and PIN 4821", "4821"),
    ("password", "4821 is my library PIN", "4821"),
    ("password", "his 'tr0ub4dor' was the password", "tr0ub4dor"),
    ("password", "the gate code is 4821", "4821"),
]


@pytest.mark.parametrize(("kind", "text", "quote"), FOUND)
def test_each_kind_is_pointed_at_with_exactly_its_characters(kind: str, text: str, quote: str) -> None:
    assert kinds(text) == {kind: quote}


NOT_FOUND = [
    "",
    "978-0-306-40615-7 or 0-306-40615-2, ISBN 9780306406157",
    "796.352 SMI and 641.5 JON",
    "$1,250,000 for the roof, 3.5%, 16:9",
    "July 4, 2026 at 10:30, open 9-5, closed 12/25/2026",
    "we won 101-99, 45-40 at half",
    "order #6305550134",
    "order number 4111111111111111",
    "https://example.org/item/6305550134?card=4111111111111111",
    "version 10.0.22631.4317",
    "000-12-3456, 666-12-3456, 078-05-1120",  # never given out, or everybody's
    "4111 1111 1111 1112",  # wrong check digit
    "GB82 WEST 1234 5698 7654 33",
    "routing number 111000026",
    "account of 1912 years, account 2",
    "toll free 1-800-555-0134",
    "@jane@mastodon.example and @bob",
    "look at amazon.com or see it at target dot com",
    "logo@2x.png",
    "a book of Main Street Press, 2019 Main Street Press",
    "room 204 Elm wing, 30 minutes drive, 12 kids on the way",
    "11 Elm Street movies, 3 new Dr. Seuss books",
    "March 17 St. Patrick's Day, May 5 Main Street parade",
    "the library's birthday party is June 5, 2026",
    "Our library was born on May 1, 1962",
    "Shakespeare was born on April 23, 1564",
    "license plates are 151 dollars now",
    "plate 24 in the bird book, a plate of 12 cookies",
    "31234001234564 is the barcode of the DVD",
    "scan 20260301120008 is blank",
    "I borrowed The Quiet Divorce and loved it",
    "she has a hold on me, he checked out the new building",
    "Hannah ordered Chinese Food for the staff",
    "the password is wrong, the PIN is the last four digits, forgot my password",
    "0 1 2 3 4 5 6 7 8 9 0 1 2, clause 252.227-7013, (c) 2006-2007 Ann Park",
    "what is the password? combo 4821 meals sold, 2024 was the PIN drive",
    "an enamel pin 2024 edition, PIN 09-10-115-022-0000 is the parcel",
    "dial 911 or 2-1-1, text STOP to 88588, meeting ID 812 3456 7890",
    "born and raised here, closed since 01/02/2003",
    "Libby has The Quiet Divorce on hold for me",
    "exit 23 Cermak Road, bus 5 Ogden Ave, Psalm 119:105",
    "😀😀😀 👨‍👩‍👧‍👦 🇵🇱",
    "Ω≈ç√∫˜µ≤≥÷ ,。・:*:・゜’( ☻ ω ☻ )。・:*:・゜’",
    "'; DROP TABLE users;-- <script>alert(1)</script> ${{7*7}} %s%n",
    "١٢٣ ٤٥٦ 一二三 двенадцать",
    "null undefined NaN 1/0 0x1F 1e309 -0.0",
]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_only_looks_like_it_is_left_alone(text: str) -> None:
    assert kinds(text) == {}


@pytest.mark.parametrize(
    ("text", "kind", "quote"),
    [
        ("ssn ５１２－４３－９８７６", "ssn", "５１２－４３－９８７６"),
        ("6\u200b3\u200b0\u200b-555-\u200b0134 🙂", "phone", "6\u200b3\u200b0\u200b-555-\u200b0134"),
        ("4111\u00a01111\u00a01111\u00a01111", "payment-card", "4111\u00a01111\u00a01111\u00a01111"),
        ("630–555–0134", "phone", "630–555–0134"),
        ("請打電話630-555-0134謝謝", "phone", "630-555-0134"),
        ("раssword: swordfish", "password", "swordfish"),  # Cyrillic р and а
        ("📞630-555-0134📞", "phone", "630-555-0134"),
    ],
)
def test_disguises_hide_nothing_and_the_span_is_what_was_posted(text: str, kind: str, quote: str) -> None:
    assert kinds(text) == {kind: quote}


def test_one_run_of_digits_is_one_thing() -> None:
    everything = "card 4111 1111 1111 1111, call 630-555-0134, ssn 512-43-9876, 21234001234566 is my card"
    assert [hit.quote for hit in sorted(found(NAME, everything), key=lambda hit: everything.index(hit.quote))] == [
        "4111 1111 1111 1111", "630-555-0134", "512-43-9876", "21234001234566",
    ]  # fmt: skip


def test_many_numbers_in_one_comment_are_shown_up_to_a_limit_and_junk_before_hides_none() -> None:
    assert len(found(NAME, "call 630-555-0134, " * 100)) == MOST
    junk = "000-12-3456 " * 50
    assert kinds(f"{junk} ssn 512-43-9876") == {"ssn": "512-43-9876"}


def test_what_is_the_bodys_own_is_not_pointed_at() -> None:
    ours = "Call 630-555-0134 or (630) 555-0199, ask@ourlibrary.example, 35 E Quincy St, Westmont IL"
    assert set(kinds(ours)) == {"phone", "e-mail", "street-address"}
    own = {
        "own_numbers": ["(630) 555-0134", "+16305550199"],
        "own_domains": ["ourlibrary.example"],
        "own_addresses": ["35 E. Quincy St"],
    }
    assert kinds(ours, **own) == {}


def test_a_libraries_own_prefixes_are_all_that_counts_as_its_cards() -> None:
    assert kinds("card 21234001234566", barcode_prefixes=["21234"]) == {"library-card": "21234001234566"}
    assert kinds("card 21234001234566", barcode_prefixes=["29999"]) == {}


def test_other_states_licences_are_a_line_of_the_settings() -> None:
    assert kinds("driver's license KX-1234567") == {}
    assert kinds("driver's license KX-1234567", licences={"XX": "XX-#######"}) == {"drivers-licence": "KX-1234567"}


def test_numbers_without_a_country_are_read_as_the_regions() -> None:
    assert kinds("ring 020 7946 0958", region="GB") == {"phone": "020 7946 0958"}
    assert kinds("ring 020 7946 0958") == {}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"region": "Illinois"}, "ISO 3166"),
        ({"licences": {"IL": r"\d+"}}, "a shape holds X, # and -"),
        ({"exemptions": {"shoe-size": "7(1)(c)"}}, "there is no kind 'shoe-size'"),
    ],
)
def test_settings_that_mean_nothing_are_refused_with_what_would(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        PrivateInformation.Settings.model_validate(changed)


ILLINOIS = {"ssn": "7(1)(b)", "date-of-birth": "7(1)(c)", "patron-title": "7.5(b)"}


def evidence(text: str, **changed: Any) -> dict[str, Any]:
    (hit,) = PrivateInformation(PrivateInformation.Settings.model_validate(changed)).find(Batch.of([text]))
    return dict(hit.evidence)


def test_evidence_names_the_kind_the_masked_form_the_checks_and_a_suggestion_apart_from_them() -> None:
    assert evidence("my ssn is 512-43-9876", exemptions=ILLINOIS) == {
        "kind": "ssn", "masked": "•••-••-9876", "validated": "number ranges, words before or after it",
        "exemption": "7(1)(b)", "exemption_note": "suggestion only",
    }  # fmt: skip
    assert evidence("she has Gone Tomorrow on hold", exemptions=ILLINOIS)["exemption"] == "7.5(b)"
    assert evidence("DOB 3/14/1985", exemptions=ILLINOIS)["exemption"] == "7(1)(c)"


def test_a_body_under_another_law_suggests_its_own_codes_or_none() -> None:
    assert "exemption" not in evidence("DOB 3/14/1985")
    assert evidence("DOB 3/14/1985", exemptions={"date-of-birth": "149.43(A)"})["exemption"] == "149.43(A)"


@pytest.mark.parametrize(("kind", "text", "quote"), FOUND)
def test_a_sentence_never_repeats_the_whole_number(kind: str, text: str, quote: str) -> None:
    (hit,) = PrivateInformation().find(Batch.of([text]))
    assert hit.evidence["masked"] in hit.sentence()
    assert quote not in hit.sentence()


def test_the_desk_of_an_organisation_is_weaker_evidence_than_a_persons_address() -> None:
    assert found(NAME, "info@example.org") == [Found(f"{NAME}.e-mail", "info@example.org", "weak")]
    assert found(NAME, "jane.roe@example.org")[0].strength == "strong"


@pytest.mark.parametrize("praise", ["I love this library", "I hate this library", "Vote yes", "Vote no"])
def test_what_is_said_around_a_number_changes_nothing(praise: str) -> None:
    assert kinds(f"{praise}! 630-555-0134") == {"phone": "630-555-0134"}


_PIECES = st.sampled_from([
    "512-43-9876", "4111 1111 1111 1111", "630-555-0134", "(", ")", "+", "@", "a.b@c.org", " at ", " dot ",
    "412 Oak St", ", Westmont IL 60559", "DOB ", "3/14/1985", "born ", "plate ",
    "AB 12345", "\u200b", "😀", "ﷺ", "ﬁ", "５", "PIN ",
    "password: ", "x1!", "GB82WEST12345698765432", "-", ".", " ", "\n", "she has ", "The Book", " on hold", "routing ",
    "111000025", "21234001234566", "D400-5206-5123", "#", '"', "'",
])  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(st.lists(st.one_of(st.text(max_size=300), st.lists(_PIECES, max_size=30).map("".join)), max_size=30))
def test_whatever_the_texts_spans_lie_inside_of_them_and_apart(texts: list[str]) -> None:
    batch = Batch.of(texts)
    spans = sorted(
        (hit.row, *batch.folded[hit.row].span(hit.start, hit.end)) for hit in PrivateInformation().find(batch)
    )
    assert all(0 <= start < end <= len(texts[row]) for row, start, end in spans)
    assert all(one[0] < other[0] or one[2] <= other[1] for one, other in pairwise(spans))


LONG = [
    "4111 1111 1111 1112 ", "630-555-0134 ", "12 oak tree lake st x ", "a.b.c.d.e@", "1234567890",
    "she has The Book of ", "((((( ", "DOB DOB born ", "é630 ", "GB82 WEST 1234 5698 7654 33 ", "password is the ",
]  # fmt: skip


def _seconds(text: str) -> float:
    batch = Batch.of([text])
    _ = batch.column
    began = time.process_time()
    list(PrivateInformation().find(batch))
    return time.process_time() - began


@pytest.mark.slow
@pytest.mark.parametrize("piece", LONG)
def test_a_comment_of_a_megabyte_takes_no_more_than_its_length_explains(piece: str) -> None:
    short, long = (piece * (size // len(piece)) for size in (100_000, 1_000_000))
    _seconds(piece)
    assert _seconds(long) < 30 * max(_seconds(short), 0.01)


def test_a_number_at_the_end_of_a_megabyte_is_found() -> None:
    assert kinds("The library is open. " * 50_000 + "ssn 512-43-9876") == {"ssn": "512-43-9876"}


def test_a_number_that_is_called_a_social_security_number_is_shown_even_if_none_was_ever_given_out() -> None:
    assert [(hit.rule, hit.strength) for hit in found(NAME, "ssn 000-45-8910, is that what you need?")] == [
        ("private-information.ssn", "weak")
    ]
