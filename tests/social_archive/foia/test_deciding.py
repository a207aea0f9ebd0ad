"""People decide about the hits of a frozen search: what they say is resolved into places, and adds up to one plan."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.foia import deciding, request_file, review, searching, suggestions
from social_archive.foia.dispositions import Item, Reviewed
from social_archive.foia.request_file import RequestRefused
from social_archive.foia.searching import Terms
from social_archive.policy import class_determinations, determinations
from social_archive.policy.class_determinations import RecordClass
from social_archive.policy.determinations import Answer
from social_archive.record import Media
from social_archive.retention import holds, proposal
from social_archive.search import Search
from social_archive.stack.seaweed import Seaweed
from tests.social_archive.foia.scenes import PERSON, library, requested, said, take_in, thread
from tests.social_archive.retention.scenes import carried_out, comment
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow

CODE = "LOR 4(a)"
WHO = {"by": "records", "via": "cli"}
POST, FIRST, CALLS, NAMES, LINKS, PICTURE = range(1, 7)
"""Hits by their numbers: the post, a question, PERSON's comment, an answer that names her, a link to her, a photo."""


@pytest.fixture(scope="module")
def archive(object_store: StoreConfig, weed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    config = fresh_buckets(weed, object_store)
    made = library(tmp_path_factory.mktemp("deciding"), config.bucket)
    photo = Media(id="m1", url="https://social.example/m1.jpg", alt=f"The parking lot, call {PERSON.phone}",
                  mime="image/jpeg")  # fmt: skip
    take_in(made, [*thread(), said("c6", "A photo of the parking lot", minutes=6, media=[photo])])
    yield made
    made.close()


@pytest.fixture
def number(archive: Archive) -> str:
    """A request of its own, whose search found six records."""
    request = requested(archive)
    searching.freeze(archive, request, Terms(("larkspur",), all=("parking", "lot")), by="records", via="cli")
    return request.number


def outcomes(reviewed: Reviewed) -> list[str]:
    return [item.outcome for item in reviewed.items]


def quoted(archive: Archive, item: Item) -> list[str]:
    """The words that the cuts of a hit take out."""
    search = Search.of(archive)
    rows = {row["version"]: row for row in search.versions(item.hit.rid)}
    search.close()
    return [(determinations.text_in(rows[cut.version], cut.field) or "")[cut.start : cut.end] for cut in item.cuts]


def test_from_undecided_to_confirmed_by_somebody_else(archive: Archive, number: str) -> None:
    assert review.review(archive, number).count("undecided") == 6
    deciding.withhold(archive, number, [POST], codes=["LOR 5"], **WHO)
    deciding.redact_kind(archive, number, "phone", **WHO)
    deciding.redact_words(archive, number, FIRST, "shall we", codes=[CODE], **WHO)
    state = review.review(archive, number)
    assert outcomes(state) == ["withheld", "redacted", "undecided", "undecided", "undecided", "undecided"]
    with pytest.raises(RequestRefused, match="Not yet decided: 4 of 6"):
        review.confirm(archive, number, plan=state.plan, by="director", via="cli")
    done = deciding.release(archive, number, **WHO)
    assert outcomes(done.reviewed) == ["withheld", "redacted", "redacted", "released", "released", "redacted"]
    assert quoted(archive, done.reviewed.items[CALLS - 1]) == [PERSON.phone]
    assert [cut.field for cut in done.reviewed.items[PICTURE - 1].cuts] == ["alt:0"]
    assert done.reviewed.items[0].reasons == {"LOR 5": "The record is a draft (invented)."}
    assert done.reviewed.reconciles
    plan = done.reviewed.plan
    for by, why in (("records", "cannot confirm"), ("it", "second reviewers")):
        with pytest.raises(RequestRefused, match=why):
            review.confirm(archive, number, plan=plan, by=by, via="cli")
    with pytest.raises(RequestRefused, match="not the one"):
        review.confirm(archive, number, plan="00" * 32, by="director", via="cli")
    event = review.confirm(archive, number, plan=plan, by="director", via="cli")
    file = request_file.read(archive, number)
    assert review.require_confirmed(archive, file) == (done.reviewed, event)
    review.undo(archive, number, **WHO)
    with pytest.raises(RequestRefused, match="not confirmed"):
        review.require_confirmed(archive, request_file.read(archive, number))
    review.redo(archive, number, **WHO)
    assert review.review(archive, number) == done.reviewed


def test_a_person_is_taken_out_of_every_record_and_of_those_that_are_released_later(
    archive: Archive, number: str
) -> None:
    done = deciding.redact_person(archive, number, CALLS, codes=["4(a)"], **WHO)
    items = done.reviewed.items
    assert {PERSON.name, PERSON.handle, PERSON.id} <= {term.text for term in done.reviewed.terms}
    assert items[CALLS - 1].withheld_fields["author"] == CODE
    assert {PERSON.name, PERSON.handle} <= {words.strip("@") for words in quoted(archive, items[NAMES - 1])}
    assert any(PERSON.handle in words for words in quoted(archive, items[LINKS - 1]))
    assert set(outcomes(done.reviewed)) == {"undecided"}
    ledger = b"".join(leaf for entry in archive.ledger.entries() for leaf in entry.leaves)
    assert not any(told.encode() in ledger for told in PERSON.every)

    take_in(archive, [said("c9", f"The parking belongs to {PERSON.name}.", minutes=9)])
    searching.freeze(archive, number, Terms(("larkspur",), all=("parking",)), by="records", via="cli")
    again = deciding.release(archive, number, **WHO).reviewed
    late = again.items[-1]
    assert (late.outcome, quoted(archive, late)) == ("redacted", [PERSON.name])
    review.undo(archive, number, "1", **WHO)
    assert review.review(archive, number).items[-1].outcome == "released"
    assert review.review(archive, number).terms == ()


def test_a_term_is_found_however_it_is_written_and_restoring_a_record_does_not_bring_it_back(
    archive: Archive, number: str
) -> None:
    deciding.redact_term(archive, number, PERSON.email.upper(), codes=[CODE], **WHO)
    deciding.redact_words(archive, number, CALLS, "floods", codes=[CODE], basis="It would alarm people.", **WHO)
    item = deciding.restore(archive, number, [CALLS], **WHO).reviewed.items[CALLS - 1]
    assert quoted(archive, item) == [PERSON.email]
    assert review.review(archive, number).items[FIRST - 1].cuts == ()


def test_a_span_and_an_attachment(archive: Archive, number: str) -> None:
    deciding.redact_span(archive, number, FIRST, (1, "body", 0, 5), codes=[CODE], **WHO)
    done = deciding.withhold_media(archive, number, PICTURE, 0, codes=[CODE], id="cd" * 16, **WHO)
    assert deciding.withhold_media(archive, number, PICTURE, 0, codes=[CODE], id="cd" * 16, **WHO).event == done.event
    assert quoted(archive, done.reviewed.items[FIRST - 1]) == ["Where"]
    assert done.reviewed.items[PICTURE - 1].media == {(1, 0): CODE}
    assert outcomes(done.reviewed)[FIRST - 1] == outcomes(done.reviewed)[PICTURE - 1] == "redacted"
    assert [one.kind for one in review.actions(request_file.read(archive, number))] == ["words", "media"]


def test_a_record_that_was_out_of_sight_when_a_person_was_taken_out_is_not_confirmed_as_it_is(
    archive: Archive, number: str
) -> None:
    every, fewer = Terms(all=("parking", "lot")), Terms(all=("parking", "lot"), none=("See",))
    deciding.release(archive, number, **WHO)
    searching.freeze(archive, number, fewer, **WHO)
    deciding.redact_person(archive, number, CALLS, codes=[CODE], **WHO)
    searching.freeze(archive, number, every, **WHO)
    state = review.review(archive, number)
    assert outcomes(state)[CALLS - 1 : LINKS] == ["redacted", "redacted", "released"]
    with pytest.raises(RequestRefused, match="More would be taken out of 1 record ") as refused:
        review.confirm(archive, number, plan=state.plan, by="director", via="cli")
    assert f"release {number} {LINKS}." in refused.value.remedy
    done = deciding.release(archive, number, [LINKS], **WHO)
    assert outcomes(done.reviewed)[LINKS - 1] == "redacted"
    assert review.confirm(archive, number, plan=done.reviewed.plan, by="director", via="cli").what == "confirmed"


def test_what_the_library_itself_wrote_keeps_its_number_unless_a_person_says_so(
    tmp_path: Path, buckets: StoreConfig
) -> None:
    archive = library(tmp_path, buckets.bucket)
    take_in(archive, [said("p1", "Call us on (630) 555-0100.", kind="post", under=None, author_is_account=True),
                      said("c1", "Or me: (630) 555-0199", minutes=1)])  # fmt: skip
    number = requested(archive).number
    searching.freeze(archive, number, Terms(("larkspur",)), **WHO)
    (found,) = suggestions.suggest(archive, number).kinds
    assert (found.kind, found.places, found.open, found.own) == ("phone", 2, 2, 1)
    taken = deciding.redact_kind(archive, number, "telephone", **WHO).reviewed
    assert [len(item.cuts) for item in taken.items] == [0, 1]
    assert taken.items[1].reasons == {CODE: "What was removed is a private telephone number (invented)."}
    more = deciding.redact_kind(archive, number, "phone", own=True, basis="The director's own number.", **WHO).reviewed
    assert [len(item.cuts) for item in more.items] == [1, 1]
    archive.close()


def test_what_was_destroyed_on_schedule_ends_as_that_with_its_certificate(tmp_path: Path, buckets: StoreConfig) -> None:
    archive = library(tmp_path, buckets.bucket)
    take_in(archive, [*thread(), comment(7, "The parking lot was a meadow.")])
    number = requested(archive).number
    frozen = searching.freeze(archive, number, Terms(all=("parking", "lot")), **WHO)
    assert proposal.propose(archive, by="it", via="cli") is None  # held: nothing is due
    for hold in searching.holds_of(request_file.read(archive, number)):
        holds.lift(archive, hold, by="director", via="cli", reason="Lifted too early (invented)")
    certified = carried_out(archive)
    state = review.review(archive, number)
    assert (state.items[0].outcome, state.items[0].certificate) == ("disposed", str(certified.number))
    assert (state.count("disposed"), state.count("undecided")) == (1, len(frozen.hits) - 1)
    with pytest.raises(RequestRefused, match="destroyed"):
        deciding.release(archive, number, [1], **WHO)
    done = deciding.release(archive, number, **WHO).reviewed
    assert done.reconciles
    assert review.confirm(archive, number, plan=done.plan, by="director", via="cli").told["totals"]["disposed"] == 1
    archive.close()


def test_what_was_determined_before_is_suggested_and_decides_only_when_it_is_adopted(
    archive: Archive, number: str
) -> None:
    hits = review.review(archive, number).items
    spans = determinations.spans_of(archive, hits[NAMES - 1].hit.rid, ["is right"])
    exempt = Answer("exempt", "Somebody's opinion of a neighbour.", codes=(CODE,), authority="invented", spans=spans)
    determinations.determine(archive, hits[NAMES - 1].hit.rid, "foia", exempt, by="records", via="cli")
    public = Answer("public", "Posts of the library are public.")
    class_determinations.determine(archive, RecordClass(kind="post"), "foia", public, by="records", via="cli")
    found = suggestions.suggest(archive, number)
    assert [one.item.hit.place for one in found.determined] == [POST, NAMES]
    assert {one.kind: (one.hits, one.open, one.code) for one in found.kinds} == {
        "phone": (2, 2, CODE), "e-mail": (1, 1, CODE),
    }  # fmt: skip
    assert set(outcomes(review.review(archive, number))) == {"undecided"}
    done = deciding.adopt(archive, number, **WHO)
    state = done[-1].reviewed
    assert (state.items[POST - 1].outcome, state.items[NAMES - 1].outcome) == ("released", "redacted")
    assert quoted(archive, state.items[NAMES - 1]) == ["is right"]
    assert state.count("undecided") == 4


def test_what_is_not_in_order_decides_nothing(archive: Archive, number: str) -> None:
    for why, act in (
        ("no exemption 'LOR 77'", lambda: deciding.withhold(archive, number, [1], codes=["LOR 77"], **WHO)),
        ("without an exemption", lambda: deciding.withhold(archive, number, [1], codes=[], **WHO)),
        ("do not stand", lambda: deciding.redact_words(archive, number, 1, "museum", codes=[CODE], **WHO)),
        ("numbered from 1 to", lambda: deciding.release(archive, number, [99], **WHO)),
        ("no kind 'fone'", lambda: deciding.redact_kind(archive, number, "fone", **WHO)),
        ("own record", lambda: deciding.redact_person(archive, number, POST, codes=[CODE], **WHO)),
        ("no attachment 2", lambda: deciding.withhold_media(archive, number, PICTURE, 1, codes=[CODE], **WHO)),
        ("officers", lambda: deciding.release(archive, number, by="director", via="cli")),
    ):
        with pytest.raises(RequestRefused, match=why):
            act()
    assert request_file.read(archive, number).all("disposition") == []
    taken = deciding.withhold(archive, number, [1], codes=["LOR 77"], basis="A new section.", unlisted=True, **WHO)
    assert taken.reviewed.items[0].codes == ("LOR 77",)
