"""The stranger's check on a bundle that the archive made: with pictures, two versions of a record, a person taken out,
a record withheld; and the same bundle after somebody was at it.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from social_archive.accession import describe
from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.foia import deciding, verify
from social_archive.foia.bundle.build import Built, build
from social_archive.record import Media
from social_archive.stack.seaweed import Seaweed
from tests import pdfa
from tests.social_archive.foia.bundle.answering import CODE, confirmed, lettered, office, place_of, searched
from tests.social_archive.foia.bundle_by_hand import Files, Memory
from tests.social_archive.foia.scenes import said, take_in, thread
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow


def picture() -> bytes:
    about, out = PngInfo(), io.BytesIO()
    about.add_text("Artist", "Somebody (invented)")
    Image.new("RGB", (8, 8), "teal").save(out, "PNG", pnginfo=about)
    return out.getvalue()


def attached(archive: Archive, body: bytes, mime: str) -> tuple[Media, dict[str, object]]:
    ref = archive.store.put(f"media/series=social-media/cutoff=2026-03/{uuid.uuid4().hex}", body)
    medium = Media(id="m", url="https://social.example/m", mime=mime, key=ref.key, sha256=ref.sha256, bytes=ref.size,
                   outcome="stored")  # fmt: skip
    return medium, describe(ref, cls="media", rows=0, retain_until=None)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, object_store: StoreConfig, weed: Seaweed) -> Iterator[Archive]:
    config = fresh_buckets(weed, object_store)
    made = office(tmp_path_factory.mktemp("stranger"), config.bucket)
    photo, line = attached(made, picture(), "image/png")
    take_in(made, [*thread(), said("c6", "A photo of the parking lot", minutes=6, media=[photo])], [line])
    take_in(made, [said("c1", "Where shall we park then? (edited) The parking lot was all.", minutes=1)])
    yield made
    made.close()


@pytest.fixture(scope="module")
def plain(archive: Archive) -> Built:
    """Nothing is cut: every file is the one that was archived."""
    request = searched(archive)
    confirmed(archive, request)
    lettered(archive, request)
    return build(archive, request.number, by="records", via="cli")


@pytest.fixture(scope="module")
def cut(archive: Archive) -> Built:
    request = searched(archive)
    deciding.redact_person(archive, request.id, place_of(archive, request, "c2"), codes=[CODE], by="records", via="cli")
    deciding.withhold(archive, request.id, [place_of(archive, request, "c1")], codes=[CODE], by="records", via="cli")
    confirmed(archive, request)
    lettered(archive, request)
    return build(archive, request.number, by="records", via="cli")


def read(built: Built) -> Files:
    with zipfile.ZipFile(built.path) as bag:
        return {name.partition("/")[2]: bag.read(name) for name in bag.namelist()}


def problems(files: Files) -> list[str]:
    check = verify.Check(Memory(files), None, [])
    check.run()
    return check.problems


def test_what_is_whole_is_proven_byte_for_byte(archive: Archive, plain: Built) -> None:
    check = verify.verify(plain.path, [archive.signer.vkey])
    assert check.problems == []
    assert (check.facts["hits"], check.facts["released"], check.facts["versions"]) == (6, 6, 7)
    assert (check.facts["removals"], check.facts["unproven_media"]) == (0, 0)


def test_what_is_cut_is_marked_and_the_rest_is_proven(
    archive: Archive, cut: Built, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify.main([str(cut.path), "--key", archive.signer.vkey]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "6 records matched the search." in shown
    assert "1 withheld, 0 destroyed on schedule. None is missing." in shown
    assert "1 attachment is not byte for byte as captured" in shown  # its pixels, without what was written into it
    with zipfile.ZipFile(cut.path) as bag:
        bag.extractall(tmp_path)
    (folder,) = tmp_path.iterdir()
    stock = Path(sys.executable).with_name("bagit.py")
    for command in ([sys.executable, str(stock), "--validate", str(folder)], ["unzip", "-tq", str(cut.path)],
                    [sys.executable, "-I", str(folder / "data" / "verify.py")]):  # fmt: skip
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr


def test_every_file_of_it_is_guarded(cut: Built) -> None:
    files = read(cut)
    assert problems(files) == []
    for name, body in files.items():
        for at in (0, len(body) // 2, len(body) - 1):
            altered = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
            assert any(name in p for p in problems(files | {name: altered})), (name, at)
        assert any(f"{name} is missing" in p for p in problems({n: b for n, b in files.items() if n != name}))


def test_a_released_text_a_hit_and_a_mark_cannot_be_changed_unseen(cut: Built) -> None:
    files = read(cut)
    lines = files["data/proofs/records.jsonl"].splitlines(keepends=True)
    told = json.loads(files["data/proofs/reconciliation.json"])
    search = json.loads(files["data/proofs/search.json"])
    search["details"]["hits"].pop()
    withheld = next(item for item in told["items"] if item["outcome"] == "withheld")
    redacted = next(item for item in told["items"] if item["outcome"] == "redacted")
    for name, body, sentence in (
        ("search.json", json.dumps(search).encode(), "not the one that the ledger took in"),
        ("records.jsonl", b"".join(lines[1:]), "is not proven"),
        ("records.jsonl", b"".join(lines).replace(b"parking", b"packing"), "not what was recorded when it was"),
        ("reconciliation.json", json.dumps(told | {"released": told["released"] + 1}).encode(), "tells of"),
        ("reconciliation.json", json.dumps(told).replace(json.dumps(redacted), json.dumps(
            redacted | {"outcome": "released", "codes": []})).encode(), "called released in full"),
        ("reconciliation.json", json.dumps(told).replace(json.dumps(withheld), json.dumps(
            withheld | {"codes": []})).encode(), "is withheld, and no exemption is named"),
    ):  # fmt: skip
        said_of = problems(files | {f"data/proofs/{name}": body})
        assert any(sentence in p for p in said_of), (sentence, said_of)


def test_every_page_of_it_keeps_to_the_archival_form(cut: Built) -> None:
    pages = {name: body for name, body in read(cut).items() if name.endswith(".pdf")}
    assert len(pages) >= 6
    assert {name: found for name, body in pages.items() if (found := pdfa.problems(body))} == {}
