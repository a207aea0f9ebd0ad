"""Every kind of letter is a page on the letterhead and the same words as plain text; data never become markup."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from social_archive.foia.clock import Clock
from social_archive.foia.letters import KINDS, response_kind
from social_archive.foia.request_file import RequestRefused
from social_archive.law_foia import load_foia_law
from tests.social_archive.foia.letters.desk import DENIAL, RECEIVED, Desk, asked, desk, pages, reviewed, words

SPECIAL = ("commercial", "recurrent", "voluminous")
GIVEN: dict[str, dict[str, Any]] = {
    "extension": {"reason": ["a"]}, "clarification": {"question": ["Which lot?"]},
    "fees": {"fees": [{"what": "40 pages", "amount": "$2.00"}], "total": "$2.00"}, "confer": {"reason": ["It is all."]},
    "burdensome": {"reason": ["It is all."], "conferred": "You would not narrow it."}, "denial": DENIAL,
    "voluminous": {"consequences": "Fees are owed."},
}  # fmt: skip
REVIEWS: dict[str, Any] = {
    "response": reviewed("released", "disposed"),
    "no_records": reviewed(),
    "disposed": reviewed("disposed"),
}


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return desk(tmp_path_factory.mktemp("desk") / "agency")


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "partial_denial"])
def test_each_letter_is_one_page_on_the_letterhead_and_the_same_words_as_plain_text(kind: str, here: Desk) -> None:
    here = Desk(here.archive, asked(kind if kind in SPECIAL else None))
    made = here.draft(kind, REVIEWS.get(kind), **GIVEN.get(kind, {}))
    assert made.missing == ()
    (page,) = pages(made.pdf)
    assert not Counter(words(made.text)) - Counter(words(page)), "the page says less than the text"
    for owed in ("Larkspur Public Library", "1 Example Lane", "Quentin Harrow", "2026-014", "November 24, 2026",
                 "November 20, 2026", "Robin Marsh", "Records officer", "parking lot"):  # fmt: skip
        assert owed in " ".join(made.text.split()), owed
    assert max(map(len, made.text.splitlines())) <= 76
    assert made.pdf.startswith(b"%PDF")
    assert b"pdfaid" in made.pdf
    assert here.draft(kind, REVIEWS.get(kind), **GIVEN.get(kind, {})) == made


def test_days_come_from_the_clock_and_reasons_from_the_law(here: Desk) -> None:
    law = load_foia_law(here.archive.agency, RECEIVED)
    due = Clock.of(law).due(RECEIVED)
    until = Clock.of(law).extended(due).safe
    assert RECEIVED < due.safe < until
    said = " ".join(here.draft("extension", reason=["b", "a"]).text.split())
    assert f"due on {due.safe:%B} {due.safe.day}, 2026" in said
    assert f"extend the period to {until:%B} {until.day}, 2026" in said
    assert said.index("the records lie in the other building") < said.index("there are very many of them")
    assert "(c)" not in said
    with pytest.raises(RequestRefused, match="permits no reason 'xi'"):
        here.draft("extension", reason=["xi"])


def test_nobody_is_promised_an_answer_by_a_day_that_is_past(here: Desk) -> None:
    assert "on or before" in here.draft("acknowledgement").text
    late = here.draft("acknowledgement", date="2026-12-24").text
    assert "as soon as we can" in late
    assert "on or before" not in late


def test_a_commercial_requester_is_told_the_definition_the_day_and_the_possible_answers(here: Desk) -> None:
    said = " ".join(Desk(here.archive, asked("commercial")).draft("commercial").text.split())
    for owed in ("use for sale or advertisement", "It says so itself", "an offer to narrow it"):
        assert owed in said, owed
    day = Clock.of(load_foia_law(here.archive.agency, RECEIVED)).due(RECEIVED, "commercial").safe
    assert f"on or before {day:%B} {day.day}, 2026" in said
    wrong = here.draft("commercial", reason=["I think so."])
    assert any("classify" in one for one in wrong.missing)


def test_what_somebody_wrote_is_never_taken_for_markup(here: Desk) -> None:
    name = '#panic("x") *bold* $x$ `raw` @ref <label> \\ // [x]'
    request = asked(name=name, address="= Head\n- list", email="a\u202eb@example.org")
    made = Desk(here.archive, request).draft("acknowledgement", note="_under_ #set page(width: 1cm)")
    for shown in (" ".join(made.text.split()), " ".join(pages(made.pdf)[0].split())):
        assert "bold* $x$ `raw` @ref <label>" in shown
        assert "#set page(width: 1cm)" in shown
    assert "\u202e" not in made.text
    assert "ab@example.org" in made.text


def test_a_letter_that_the_review_contradicts_is_refused(here: Desk) -> None:
    with pytest.raises(RequestRefused, match="does not fit a letter 'response'"):
        here.draft("response", reviewed("released", "withheld"))
    with pytest.raises(RequestRefused, match="Not yet decided"):
        here.draft("response", reviewed("released", "undecided"))


def test_what_the_archive_could_not_see_and_what_it_destroyed_is_said(here: Desk) -> None:
    bare = reviewed()
    folders = ({"certificate": "2026-0007", "records": 40}, {"certificate": "2026-0007", "records": 2})
    search = replace(bare.search, gaps=({"reason": "throttled"},), disposed=folders, quarantined=3,
                     terms={"all": ["parking"], "since": "2026-03-01", "until": "2026-05-31"})  # fmt: skip
    for kind in ("no_records", "disposed"):
        said = " ".join(here.draft(kind, replace(bare, search=search)).text.split())
        assert "42 records of the accounts and the time that you ask about had been destroyed" in said
        assert "certificate of destruction 2026-0007. Whether something that you ask for was among them" in said
        assert "1,204 records of our social-media accounts for posts, comments and replies" in said
        assert "posted from 2026-03-01 to 2026-05-31" in said
        assert "In 1 span of the time" in said
        assert "3 items could not be read" in said
    with pytest.raises(RequestRefused, match="does not fit"):
        here.draft("disposed", bare)


def test_which_letter_fits_follows_from_how_the_hits_ended() -> None:
    assert response_kind(reviewed()) == "no_records"
    assert response_kind(reviewed("disposed", "disposed")) == "disposed"
    assert response_kind(reviewed("released", "disposed")) == "response"
    assert response_kind(reviewed("released", "withheld")) == "partial_denial"
    assert response_kind(reviewed("redacted")) == "partial_denial"
    assert response_kind(reviewed("withheld", "disposed")) == "denial"


def test_a_name_that_the_review_removes_may_not_stand_in_the_letter(here: Desk) -> None:
    review = reviewed("released", terms=("zquillfeather", "parking lot"))
    assert here.draft("response", review).missing == (), "the requester's own words are his"
    leaking = here.draft("response", review, note="Comments of ZQuillfeather are included.")
    assert leaking.missing == ("other words for 1 name or number that the review removes",)
    assert "DRAFT" in pages(leaking.pdf)[0]


def test_the_public_copy_of_a_denial_has_nothing_of_the_requester(here: Desk) -> None:
    made = here.draft(
        "denial", **DENIAL, note="Dear Quentin Harrow (invented), we wrote to q.harrow@example.com too, Mr. Harrow."
    )
    assert made.public is not None
    shown = " ".join(" ".join(pages(made.public)).split())
    for private in ("Harrow", "harrow", "Sample Street", "Westmont", "parking"):
        assert private in made.text
        assert private not in shown
        assert private.encode() not in made.public
    for kept in ("It tells of an illness", "LOR 4(c)", "Robin Marsh", "Your request is denied"):
        assert kept in shown
