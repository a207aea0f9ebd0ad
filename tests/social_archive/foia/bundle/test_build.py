"""From a confirmed review to a bundle that went out: whole, the same every time, and only as a person let it go."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.foia import as_decided, deciding, delivery, request_file
from social_archive.foia.bundle import build as building
from social_archive.foia.bundle import index
from social_archive.foia.bundle.build import build
from social_archive.foia.leaks import Leaks
from social_archive.foia.request_file import RequestRefused
from social_archive.foia.requests import Request
from social_archive.note import verify_note
from social_archive.stack.seaweed import Seaweed
from social_archive.store import Corrupt
from tests.faults.build_once import build_once
from tests.forks import FORKS
from tests.social_archive.foia.bundle.answering import CODE, confirmed, lettered, office, place_of, searched
from tests.social_archive.foia.scenes import PERSON, requested, take_in, thread
from tests.social_archive.retention.scenes import another
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, object_store: StoreConfig, weed: Seaweed) -> Iterator[Archive]:
    config = fresh_buckets(weed, object_store)
    made = office(tmp_path_factory.mktemp("build"), config.bucket)
    take_in(made, thread())
    yield made
    made.close()


def ready(archive: Archive, *, withheld: str | None = "c5") -> Request:
    """A request of which one record has words removed, one is withheld, and the rest goes out; with its letter."""
    request = searched(archive)
    deciding.redact_person(archive, request.id, place_of(archive, request, "c2"), codes=[CODE], by="records", via="cli")
    for words in (PERSON.phone, PERSON.email):
        deciding.redact_term(archive, request.id, words, codes=[CODE], by="records", via="cli")
    if withheld:
        place = place_of(archive, request, withheld)
        deciding.withhold(archive, request.id, [place], codes=[CODE], by="records", via="cli")
    confirmed(archive, request)
    lettered(archive, request)
    return request


@pytest.fixture(scope="module")
def request_(archive: Archive) -> Request:
    return ready(archive)


def checked(path: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", str(building.checker()), str(path), *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_bundle_is_whole_names_nobody_who_was_redacted_and_is_the_same_from_another_host(
    archive: Archive, request_: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build(archive, request_.number, by="records", via="cli")
    said = checked(built.path, "--key", archive.signer.vkey)
    assert said.returncode == 0, said.stdout
    assert built.totals == {"hits": 5, "released": 2, "redacted": 2, "withheld": 1, "disposed": 0}
    assert not list((archive.state / "work" / "bundles").glob("*/*"))
    with zipfile.ZipFile(built.path) as bag:
        whole = b"".join(bag.read(name) for name in bag.namelist() if not name.endswith((".pdf", ".xlsx")))
    assert not [word for word in PERSON.every if word.encode() in whole]
    elsewhere = another(archive, tmp_path)
    monkeypatch.setattr(building, "TWO_PROCESSES", 1)
    again = build(elsewhere, request_.number, by="director", via="cli")
    assert (again.sha256, again.event) == (built.sha256, built.event)
    assert len(request_file.read(elsewhere, request_.id).all("built")) == 1
    elsewhere.close()


def test_killed_anywhere_the_next_build_gives_the_same_bytes_and_one_event(archive: Archive, tmp_path: Path) -> None:
    request = ready(archive)
    state = tmp_path / "state"
    env = {name: value for name, value in os.environ.items() if name.startswith("ARCHIVE_")}
    for place in ("bundle-file-packed:5", "bundle-stored"):
        process = FORKS.Process(target=build_once, args=(str(archive.agency.folder), str(state), request.number, place,
                                                         env))  # fmt: skip
        process.start()
        process.join(120)
        assert process.exitcode == 137, place
        names = {path.name for path in (state / "work").rglob("*records-*.zip*")}
        expected = f".records-{request.number}.zip.partial" if "packed" in place else f"records-{request.number}.zip"
        assert names == {expected}
    again = open_archive(archive.agency.folder, state=state)
    built = build(again, request.number, by="records", via="cli")
    assert hashlib.sha256(built.path.read_bytes()).hexdigest() == built.sha256
    assert [event.told["sha256"] for event in request_file.read(again, request.id).all("built")] == [built.sha256]
    assert not list((state / "work" / "bundles").glob("*/*"))
    again.close()


def test_nothing_is_built_before_everything_is_in_order(archive: Archive) -> None:
    unsearched = requested(archive)
    with pytest.raises(RequestRefused, match="No search"):
        build(archive, unsearched.number, by="records", via="cli")
    request = searched(archive)
    with pytest.raises(RequestRefused, match="not confirmed"):
        build(archive, request.number, by="records", via="cli")
    confirmed(archive, request)
    with pytest.raises(RequestRefused, match="no letter"):
        build(archive, request.number, by="records", via="cli")
    lettered(archive, request)
    with pytest.raises(RequestRefused, match="nobody"):
        build(archive, request.number, by="stranger", via="cli")
    assert request_file.read(archive, request.id).last("built") is None
    assert build(archive, request.number, by="records", via="cli").totals["released"] == 5


def test_a_redacted_word_that_still_stands_somewhere_stops_the_bundle(
    archive: Archive, request_: Request, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leaking = tmp_path / "verify.py"
    leaking.write_text(f"# {PERSON.name}")
    monkeypatch.setattr(building, "checker", lambda: leaking)
    with pytest.raises(Leaks) as caught:
        build(archive, request_.number, by="records", via="cli")
    assert "verify.py" in str(caught.value)
    assert not [word for word in PERSON.every if word in str(caught.value)]


def test_no_bundle_is_stored_that_its_own_check_refuses(
    archive: Archive, request_: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever part was written wrongly; of a large bundle, whatever would leave otherwise than it was decided."""
    before = request_file.read(archive, request_.id).all("built")
    write, stored = index.write, []
    monkeypatch.setattr(archive.store, "put_file", lambda *_, **__: stored.append(1))
    monkeypatch.setattr(index, "write", lambda made_from: write(replace(made_from, items=made_from.items[:-1])))
    with pytest.raises(building.NotAccepted, match=r"4-index\.csv has no row for LPL-[0-9-]*0005"):
        build(archive, request_.number, by="records", via="cli")
    monkeypatch.undo()
    monkeypatch.setattr(archive.store, "put_file", lambda *_, **__: stored.append(1))
    monkeypatch.setattr(building, "CHECKED_WHOLE", 4)
    monkeypatch.setattr(as_decided, "faults", lambda items: [items[0].item.control])
    with pytest.raises(building.NotAccepted, match="0001 would not leave as it was decided"):
        build(archive, request_.number, by="records", via="cli")
    assert not stored
    assert request_file.read(archive, request_.id).all("built") == before


def test_a_request_of_which_nothing_is_released(archive: Archive) -> None:
    request = searched(archive, "Story time")
    deciding.withhold(archive, request.id, None, codes=[CODE], by="records", via="cli")
    confirmed(archive, request)
    lettered(archive, request)
    built = build(archive, request.number, by="records", via="cli")
    assert built.totals["withheld"] == built.totals["hits"] == 1
    assert checked(built.path).returncode == 0


# --------------------------------------------------------------------------- letting it go out


def test_only_what_a_named_person_let_out_goes_out_and_goes_out_unaltered(
    archive: Archive, request_: Request, tmp_path: Path
) -> None:
    built = build(archive, request_.number, by="records", via="cli")
    with pytest.raises(RequestRefused, match="Nobody has let"):
        delivery.deliver(archive, request_.number, to="folder", folder=tmp_path, by="records", via="cli")
    with pytest.raises(RequestRefused, match="may not"):
        delivery.approve(archive, request_.number, sha256=built.sha256, by="records", via="cli")
    with pytest.raises(RequestRefused, match="not the last bundle"):
        delivery.approve(archive, request_.number, sha256="0" * 64, by="director", via="cli")
    delivery.refuse(archive, request_.number, sha256=built.sha256, reason="Look again", by="director", via="cli")
    with pytest.raises(RequestRefused, match="refused"):
        delivery.deliver(archive, request_.number, to="link", by="records", via="cli")
    delivery.approve(archive, request_.number, sha256=built.sha256, by="director", via="cli")
    laid = delivery.deliver(archive, request_.number, to="folder", folder=tmp_path / "out", by="records", via="cli")
    assert [path.name for path in laid.files] == [f"{built.name}.zip", f"{built.name}.zip.note", "verify.py"]
    assert hashlib.sha256(laid.files[0].read_bytes()).hexdigest() == built.sha256
    assert verify_note(laid.files[1].read_text(), archive.signer.vkey).endswith("\n")
    said = subprocess.run([sys.executable, "-I", str(laid.files[2]), "--json"], capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert json.loads(said.stdout)["noted"] is True, said.stdout
    again = delivery.deliver(archive, request_.number, to="folder", folder=tmp_path / "out", by="records", via="cli")
    assert again.files == laid.files
    assert [path.name for path in (tmp_path / "out").iterdir()] == [built.name]
    laid.files[0].write_bytes(b"other")
    with pytest.raises(delivery.NotDelivered, match="Another bundle"):
        delivery.deliver(archive, request_.number, to="folder", folder=tmp_path / "out", by="records", via="cli")


def test_a_delivery_that_was_ended_halfway_is_completed_and_not_entered_again(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = ready(archive, withheld=None)
    given: Any = {"by": "records", "via": "cli"}
    built = build(archive, request.number, **given)
    delivery.approve(archive, request.number, sha256=built.sha256, by="director", via="cli")

    def ended(place: str) -> None:
        if place == "bundle-delivered":
            raise KeyboardInterrupt

    monkeypatch.setattr(delivery, "crash_point", ended)
    with pytest.raises(KeyboardInterrupt):
        delivery.deliver(archive, request.number, to="folder", folder=tmp_path, **given)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()

    def entered() -> list[str]:
        return [event.id for event in request_file.read(archive, request.id).all("delivered")]

    (begun,) = entered()
    done = delivery.deliver(archive, request.number, to="folder", folder=tmp_path, **given)
    assert (done.event.id, entered()) == (begun, [begun])
    assert hashlib.sha256(done.files[0].read_bytes()).hexdigest() == built.sha256
    links = [delivery.deliver(archive, request.number, to="link", days=days, **given) for days in (2, 2, 3)]
    assert entered() == [begun, links[0].event.id, links[2].event.id]
    assert links[1].event == links[0].event
    other = delivery.deliver(archive, request.number, to="folder", folder=tmp_path / "other", again=True, **given)
    assert entered()[-1] == other.event.id != begun
    assert len(entered()) == 4


def test_a_link_lets_whoever_has_it_fetch_the_bundle_and_is_kept_nowhere(archive: Archive, request_: Request) -> None:
    built = build(archive, request_.number, by="records", via="cli")
    delivery.approve(archive, request_.number, sha256=built.sha256, by="director", via="cli")
    given = delivery.deliver(archive, request_.number, to="link", days=1, by="records", via="cli")
    assert given.link is not None
    with urllib.request.urlopen(given.link) as answer:
        assert hashlib.sha256(answer.read()).hexdigest() == built.sha256
    assert given.link not in repr(given)
    assert given.event.told == {"sha256": built.sha256, "how": "link", "days": 1}
    assert given.event.details == {}


def test_an_approval_ends_with_the_review_that_it_rests_on(archive: Archive, monkeypatch: pytest.MonkeyPatch,
                                                           tmp_path: Path) -> None:  # fmt: skip
    request = ready(archive, withheld=None)
    built = build(archive, request.number, by="records", via="cli")
    deciding.withhold(archive, request.id, [1], codes=[CODE], by="records", via="cli")
    with pytest.raises(RequestRefused, match="not confirmed"):
        delivery.approve(archive, request.number, sha256=built.sha256, by="director", via="cli")
    confirmed(archive, request)
    lettered(archive, request)
    with pytest.raises(RequestRefused, match="changed since"):
        delivery.approve(archive, request.number, sha256=built.sha256, by="director", via="cli")
    second = build(archive, request.number, by="records", via="cli")
    assert second.sha256 != built.sha256
    delivery.approve(archive, request.number, sha256=second.sha256, by="director", via="cli")
    monkeypatch.setattr(type(archive.store), "_pieces", lambda *_: iter([b"other"]))
    for to in ("folder", "link"):
        with pytest.raises(Corrupt):
            delivery.deliver(archive, request.number, to=to, folder=tmp_path / "x", by="records", via="cli")  # type: ignore[arg-type]
    assert list((tmp_path / "x").iterdir()) == []
