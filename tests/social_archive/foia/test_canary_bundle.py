"""The whole way of a request, against an identity: somebody stands in every place in which one can hide, is taken out
of the answer, and nothing of her is in any byte of it.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.foia import deciding, delivery, request_file, requests, review, searching, verify
from social_archive.foia.bundle.build import build
from social_archive.foia.bundle.model import Options
from social_archive.foia.request_file import RequestRefused
from social_archive.foia.requests import Request
from social_archive.foia.terms import Terms
from social_archive.stack.seaweed import Seaweed
from tests.social_archive.foia import canary
from tests.social_archive.foia.bundle.answering import CODE, confirmed, lettered, office, place_of
from tests.social_archive.foia.scenes import requested, take_in
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow
WHO: Any = {"by": "records", "via": "cli"}


@dataclass(frozen=True)
class Answer:
    """A bundle as it was laid into a folder."""

    request: Request
    path: Path
    found: dict[str, set[str]]

    def names(self) -> list[str]:
        with zipfile.ZipFile(self.path) as bag:
            return [name.partition("/")[2] for name in bag.namelist()]

    def read(self, name: str) -> bytes:
        with zipfile.ZipFile(self.path) as bag:
            return bag.read(f"{self.path.stem}/{name}")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, object_store: StoreConfig, weed: Seaweed) -> Iterator[Archive]:
    config = fresh_buckets(weed, object_store)
    made = office(tmp_path_factory.mktemp("canary"), config.bucket)
    observations, lines = canary.planted(made)
    take_in(made, observations, lines)
    take_in(made, [canary.edited()])
    yield made
    made.close()


def searched(archive: Archive) -> Request:
    request = requested(archive)
    searching.freeze(archive, request, Terms(phrases=("parking lot",)), **WHO)
    return requests.load(archive, request.id)


def answered(archive: Archive, request: Request, folder: Path) -> Answer:
    lettered(archive, request)
    built = build(archive, request.number, options=Options(load_files=True), **WHO)
    delivery.approve(archive, request.number, sha256=built.sha256, by="director", via="cli")
    laid = delivery.deliver(archive, request.number, to="folder", folder=folder, **WHO)
    found = canary.found(laid.files[0].read_bytes())
    for beside in laid.files[1:]:
        assert not [needle for _, text in canary.everything(beside.name, beside.read_bytes())
                    for needle in canary.NEEDLES if needle in text]  # fmt: skip
    return Answer(request, laid.files[0], found)


@pytest.fixture(scope="module")
def open_answer(archive: Archive, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """Nothing of her is taken out."""
    request = searched(archive)
    confirmed(archive, request)
    return answered(archive, request, tmp_path_factory.mktemp("open"))


@pytest.fixture(scope="module")
def without_her(archive: Archive) -> Request:
    """Taken out of everything by a person, as far as a machine can say; two attachments are left for people."""
    request = searched(archive)
    deciding.redact_person(archive, request.id, place_of(archive, request, canary.POST), codes=[CODE], **WHO)
    deciding.redact_kind(archive, request.id, "phone", codes=[CODE], **WHO)
    for words in ("Zéphyrine", "Quillfeather", canary.PHONE, canary.EMAIL):
        deciding.redact_term(archive, request.id, words, codes=[CODE], **WHO)
    deciding.withhold(archive, request.id, [place_of(archive, request, "k26")], codes=[CODE], **WHO)
    deciding.release(archive, request.id, **WHO)
    return request


@pytest.fixture(scope="module")
def closed_answer(archive: Archive, without_her: Request, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    number = without_her.id
    film, photo = place_of(archive, without_her, "k24"), place_of(archive, without_her, "k25")
    with pytest.raises(RequestRefused, match="More would be taken out of 2 records") as refused:
        confirmed(archive, without_her)
    assert f"record {photo}, attachment 1" in refused.value.remedy
    assert f"release-media {without_her.number} {photo} 1" in refused.value.remedy
    assert f"redact {without_her.number} --hit {film} --media 1" in refused.value.remedy
    assert f"foia release {without_her.number}" not in refused.value.remedy
    with pytest.raises(RequestRefused, match="must not leave stand in this attachment"):
        deciding.release_media(archive, number, film, 0, **WHO)
    deciding.withhold_media(archive, number, film, 0, codes=[CODE], **WHO)
    deciding.release_media(archive, number, photo, 0, **WHO)
    confirmed(archive, without_her)
    return answered(archive, without_her, tmp_path_factory.mktemp("closed"))


def test_she_is_found_in_an_answer_that_takes_nothing_of_her_out(open_answer: Answer) -> None:
    """So that the next test can fail."""
    found = open_answer.found
    assert {one.rpartition(": ")[2] for places in found.values() for one in places} == set(canary.NEEDLES)
    for name in ("3-records/records.html", "4-index.csv", "4-index.xlsx", "proofs/records.jsonl"):
        assert f"data/{name}" in found, sorted(found)
    assert any(name.startswith("data/3-records/") and name.endswith(".pdf") for name in found)
    assert any(name.startswith("data/load-files/") for name in found)
    pictures = {name: places for name, places in found.items() if name.startswith("data/media/")}
    assert len(pictures) == 3
    natives = [name for name in found if name.startswith("data/native/")]
    assert len(natives) >= 15


def test_nothing_of_her_is_in_an_answer_that_she_was_taken_out_of(archive: Archive, closed_answer: Answer) -> None:
    assert closed_answer.found == {}
    check = verify.verify(closed_answer.path, [archive.signer.vkey])
    assert check.problems == []
    assert (check.facts["hits"], check.facts["withheld"], check.facts["disposed"]) == (28, 1, 0)
    kept = {item.outcome: item for item in review.review(archive, closed_answer.request.id).items}
    assert set(kept) == {"released", "redacted", "withheld"}
    with zipfile.ZipFile(closed_answer.path) as bag:
        pictures = [bag.read(name) for name in bag.namelist() if name.endswith((".jpg", ".png"))]
    assert len(pictures) == 2
    for picture in pictures:
        with Image.open(io.BytesIO(picture)) as image:
            assert not image.getexif()
            assert not {*image.info} - {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}


def test_no_stored_column_leaves_but_by_the_writers(open_answer: Answer, closed_answer: Answer) -> None:
    for answer in (open_answer, closed_answer):
        kinds = {name.rpartition(".")[2] for name in answer.names()}
        assert "parquet" not in kinds
        with zipfile.ZipFile(answer.path) as bag:
            assert not [name for name in bag.namelist() if b"PAR1" in (bag.read(name)[:4], bag.read(name)[-4:])]
            assert bag.comment == b""


def test_an_attachment_that_no_program_can_look_into_leaves_as_it_was_once_a_person_has_looked(
    archive: Archive, closed_answer: Answer
) -> None:
    request = closed_answer.request
    place = place_of(archive, request, "k25")
    item = review.review(archive, request.id).items[place - 1]
    assert (item.outcome, item.media_seen) == ("released", {(1, 0)})
    body, _ = canary.files()["heic"]
    (name,) = [name for name in closed_answer.names() if name.startswith(f"data/media/{item.control}-")]
    assert hashlib.sha256(closed_answer.read(name)).digest() == hashlib.sha256(body).digest()
    action = next(one for one in review.actions(request_file.read(archive, request.id)) if one.kind == "media_seen")
    assert (action.by, action.told["hits"], action.told["media"], action.standing) == ("records", 1, 1, True)
