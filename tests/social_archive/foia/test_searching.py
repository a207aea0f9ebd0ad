"""A search is frozen: all versions, held before it counts, at one place in the ledger, once however it ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from social_archive import coverage_note, crash
from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.foia import request_file, searching
from social_archive.foia.request_file import RequestRefused
from social_archive.foia.searching import Terms
from social_archive.retention import holds
from social_archive.stack.seaweed import Seaweed
from tests.social_archive.foia.scenes import PERSON, library, requested, said, take_in, thread
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def archive(object_store: StoreConfig, weed: Seaweed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """The thread about the parking lot; of one comment the words were edited away, another one was removed."""
    config = fresh_buckets(weed, object_store)
    made = library(tmp_path_factory.mktemp("searching"), config.bucket)
    take_in(made, [*thread(), said("c6", "The parking lot museum.", minutes=6), said("c7", "Garage!", minutes=7),
                   said("c8", "The parking lot, and my opinion of it.", minutes=8)])  # fmt: skip
    removed = said("c6", "", minutes=6, body_html=None, state="deleted")
    removed.body = None
    take_in(made, [said("c8", "I say nothing more.", minutes=8), removed])
    yield made
    made.close()


def found(archive: Archive, **terms: object) -> list[str]:
    """The platform's ids of what these terms find, in reading order."""
    asked = searching.preview(archive, Terms(**terms), first=100)  # type: ignore[arg-type]
    return [row["native_id"] for row in asked.first]


def test_words_are_looked_for_in_every_version_and_in_what_was_removed(archive: Archive) -> None:
    every = ["p1", "c1", "c2", "c3", "c5", "c6", "c8"]
    assert found(archive, accounts=("larkspur",), all=("parking", "LOT")) == every
    assert found(archive, phrases=("Parking lot",), kinds=("comment",)) == every[1:]
    assert found(archive, any=("museum", "garage")) == ["c6", "c7"]
    assert found(archive, all=("parking",), states=("deleted",)) == ["c6"]
    assert found(archive, author=PERSON.handle) == ["c2"]
    assert found(archive, platforms=("mastodon",), since="2001-01-01", until="2001-12-31") == []


def test_what_an_exclusion_takes_out_is_counted(archive: Archive) -> None:
    seen = searching.preview(archive, Terms(all=("parking",), none=("museum", "nothing more"))).found
    assert (len(seen.hits), seen.excluded) == (6, 1)  # of c8 a version remains in which that does not stand
    assert seen.searched == 9
    assert [hit.versions for hit in seen.hits][-1] == (1, 2)


def test_what_nobody_can_have_meant_is_refused_in_words(archive: Archive) -> None:
    with pytest.raises(RequestRefused, match="asks for nothing"):
        searching.preview(archive, Terms())
    with pytest.raises(RequestRefused, match="before its first"):
        searching.preview(archive, Terms(all=("x",), since="2026-03-02", until="2026-03-01"))
    with pytest.raises(searching.NotFound, match="no account 'larkspurr'"):
        searching.preview(archive, Terms(accounts=("larkspurr",)))
    with pytest.raises(RequestRefused, match="does not understand"):
        Terms.from_dict({"sounds_like": "parking"})


def test_the_sentence_says_all_that_was_asked() -> None:
    terms = Terms(("mastodon/larkspur",), since="2026-03-01", until="2026-05-31", all=("parking", "lot"),
                  any=("garage", "deck"), none=("museum",), kinds=("comment", "reply"))  # fmt: skip
    assert terms.sentence() == (
        "Comments and replies, also hidden and removed ones, in every version kept, on mastodon/larkspur, posted from "
        "2026-03-01 to 2026-05-31, with the words “parking” and “lot” and at least one of “garage” or “deck” in the "
        "text, the author's name or a picture's description, without those in which “museum” stands."
    )
    assert Terms.from_dict(terms.to_dict()) == terms


def test_a_frozen_search_is_held_and_comes_with_what_covers_its_accounts(archive: Archive) -> None:
    request = requested(archive)
    terms = Terms(("larkspur",), all=("parking", "lot"))
    frozen = searching.freeze(archive, request, terms, by="records", via="cli")
    file = request_file.read(archive, request.number)
    assert [event.what for event in file.events] == ["received", "searched", "coverage"]
    assert searching.frozen(file) == frozen
    assert frozen.terms["accounts"] == ["mastodon/larkspur"]
    placed = [holds.find(archive, hold) for hold in searching.holds_of(file)]
    assert [(hold.kind, hold.in_force) for hold in placed] == [("records_request", True)] * 2
    assert placed[0].id == frozen.hold
    assert set(placed[0].scope.ids) == {hit.rid for hit in frozen.hits}
    assert placed[0].n < frozen.n > placed[1].n
    statement, page, note = (one.body for one in file.events[-1].attachments)
    assert coverage_note.verify(statement, note.decode(), pdf=page, vkey=archive.signer.vkey).problems == []
    ledger = b"".join(leaf for entry in archive.ledger.entries() for leaf in entry.leaves)
    assert b"parking" not in ledger


@pytest.mark.parametrize("point", ["search-held", "request-event-written", "request-event-committed"])
def test_killed_anywhere_the_same_search_completes_once(
    archive: Archive, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = requested(archive)

    class Killed(BaseException):
        pass

    def kill(at: str) -> None:
        if at == point:
            raise Killed

    before = len(holds.active(archive))
    for module in (searching, request_file):
        monkeypatch.setattr(module, "crash_point", kill)
    with pytest.raises(Killed):
        searching.freeze(archive, request, Terms(any=("garage", "deck")), by="records", via="cli")
    monkeypatch.undo()
    assert crash.crash_point is searching.crash_point
    frozen = searching.freeze(archive, request, Terms(any=("garage", "deck")), by="records", via="cli")
    file = request_file.read(archive, request.id)
    assert [event.what for event in file.events] == ["received", "searched", "coverage"]
    assert len(holds.active(archive)) == before + 1
    assert holds.find(archive, frozen.hold or "").in_force


def test_a_search_can_be_frozen_anew_until_a_bundle_is_built(archive: Archive) -> None:
    request = requested(archive)
    first = searching.freeze(archive, request, Terms(any=("garage",)), by="records", via="cli")
    second = searching.freeze(archive, request, Terms(any=("museum",)), by="records", via="cli")
    assert searching.frozen(request_file.read(archive, request.id)) == second != first
    request_file.append(archive, request.id, "built", by="records", via="cli", details={}, told={"sha256": "00"})
    with pytest.raises(RequestRefused, match="bundle was built"):
        searching.freeze(archive, request, Terms(any=("deck",)), by="records", via="cli")
    with pytest.raises(RequestRefused, match="officers"):
        searching.freeze(archive, request, Terms(any=("deck",)), by="it", via="cli")
