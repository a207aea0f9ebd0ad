"""A request on its whole way to a bundle: searched, reviewed by one, confirmed by another, its letter written."""

from __future__ import annotations

from pathlib import Path

from social_archive.archive import Archive, open_archive
from social_archive.foia import deciding, letters, requests, review, searching
from social_archive.foia.requests import Request
from social_archive.foia.terms import Terms
from tests.social_archive.foia.scenes import library, requested

CODE = "LOR 4(a)"


def office(tmp_path: Path, bucket: str) -> Archive:
    """The library of the scenes, with an address for its letters."""
    archive = library(tmp_path, bucket)
    path = archive.agency.folder / "agency.yaml"
    path.write_text(path.read_text().replace("slug: test,", 'slug: test, address: "1 Example Lane, Larkspur",'))
    return open_archive(archive.agency.folder, state=archive.state)


def searched(archive: Archive, words: str = "parking lot") -> Request:
    request = requested(archive)
    searching.freeze(archive, request, Terms(phrases=(words,)), by="records", via="cli")
    return requests.load(archive, request.id)


def place_of(archive: Archive, request: Request, native_id: str) -> int:
    """The number of the hit that has this id on its platform."""
    (rid,) = (known.rid for known in archive.catalog.latest("mastodon", "larkspur", [native_id]).values())
    return next(item.hit.place for item in review.review(archive, request.id).items if item.hit.rid == rid)


def confirmed(archive: Archive, request: Request) -> None:
    """What is undecided goes out; the director looks at it again."""
    if review.review(archive, request.id).count("undecided"):
        deciding.release(archive, request.id, by="records", via="cli")
    review.confirm(archive, request.id, plan=review.review(archive, request.id).plan, by="director", via="cli")


def lettered(archive: Archive, request: Request) -> None:
    """The letter that the review asks for, entered into the file."""
    reviewed = review.review(archive, request.id)
    kind = letters.response_kind(reviewed)
    facts = {"date": requests.today(archive), "search": "The library's page", "responsible": ["records"]}
    drafted = letters.draft(archive, requests.load(archive, request.id), kind, by="records", facts=facts,
                            reviewed=reviewed)  # fmt: skip
    assert not drafted.missing, drafted.missing
    letters.enter(archive, requests.load(archive, request.id), drafted, by="records", via="cli")
