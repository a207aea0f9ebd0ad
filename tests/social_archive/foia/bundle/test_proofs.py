"""What proves a bundle, and the bag around it, over a real ledger: a stranger's check and stock tools accept them."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.foia.bundle import bag, index, native, proofs
from social_archive.foia.bundle.model import Contents, File
from social_archive.note import verify_note
from social_archive.record import Observation
from social_archive.stack.seaweed import Seaweed
from tests.social_archive.foia.bundle.scenes import Decided, decided
from tests.social_archive.foia.scenes import library, requested, said, take_in, thread
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow
BODY = "The parking lot is too far away."


def edited() -> Observation:
    return said("c1", "Where shall we park then? (edited)", minutes=1, edited_at=1_790_000_000_000_000)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, object_store: StoreConfig,
          weed: Seaweed) -> Iterator[tuple[Archive, Decided]]:  # fmt: skip
    config = fresh_buckets(weed, object_store)
    archive = library(tmp_path_factory.mktemp("bundle"), config.bucket)
    take_in(archive, [*thread(), said("c9", "no JSON", native=b"\xff\x00 no text")])
    take_in(archive, [edited()])
    yield archive, decided(archive, requested(archive), {"c2": "redacted", "c3": "withheld"})
    archive.close()


@pytest.fixture(scope="module")
def made(scene: tuple[Archive, Decided], tmp_path_factory: pytest.TempPathFactory) -> Contents:
    archive, answer = scene
    return answer.contents(archive, tmp_path_factory.mktemp("work"))


def payload(made: Contents) -> list[File]:
    return [file for part in (native.write, index.write, proofs.write) for file in part(made)]


def proof_lines(made: Contents) -> list[dict[str, Any]]:
    assert isinstance(made.evidence.records, Path)
    return [json.loads(line) for line in made.evidence.records.read_bytes().splitlines()]


def test_every_version_of_every_hit_has_a_line_and_what_is_withheld_shows_nothing(made: Contents) -> None:
    lines = proof_lines(made)
    hits = [(hit.rid, version) for hit in made.reviewed.search.hits for version in hit.versions]
    assert [(line["rid"], line["version"]) for line in lines] == hits
    outcomes = {item.control: item.outcome for item in made.reviewed.items}
    for line in lines:
        hidden = {field["name"] for field in line["fields"] if "commitment" in field}
        if outcomes[line["control"]] == "withheld":
            assert len(hidden) == len(line["fields"])
        else:
            cut = {"body", "body_html", "native"} if outcomes[line["control"]] == "redacted" else set()
            assert hidden == cut
    assert sorted(outcomes.values()).count("withheld") == 1


def test_native_bytes_are_the_platforms_own_and_a_derivative_says_what_was_cut(made: Contents) -> None:
    files = {file.path: file.body for file in native.write(made)}
    kinds = sorted((path.partition("/")[0], path.rpartition(".")[2]) for path in files)
    assert kinds == [("native", "bin"), *[("native", "json")] * 5, ("redacted", "json")]
    (derived,) = (json.loads(body) for path, body in files.items() if path.startswith("redacted/"))  # type: ignore[arg-type]
    assert derived["cut"] == {"body": ["1(c)"], "body_html": ["1(c)"], "native": ["1(c)"]}
    assert derived["record"]["body"] == "[REDACTED 1(c)]"
    assert not derived["record"].keys() & {"secret", "commitment", "digest", "native", "body_html"}


def test_the_bag_is_what_stock_tools_and_a_stranger_accept(scene: tuple[Archive, Decided], made: Contents,
                                                           tmp_path: Path) -> None:  # fmt: skip
    archive, _ = scene
    path = tmp_path / f"{made.name}.zip"
    files = payload(made)
    hashed = bag.write(path, made, files, archive.signer)
    assert bag.write(tmp_path / "again.zip", made, files[::-1], archive.signer) == hashed
    with zipfile.ZipFile(path) as read:
        read.extractall(tmp_path)
        named = [name.removeprefix(f"{made.name}/") for name in read.namelist()]
    assert named == sorted(f"data/{file.path}" for file in files) + named[len(files) :]
    validated = subprocess.run([sys.executable, "-m", "bagit", "--validate", str(tmp_path / made.name)],
                               capture_output=True, text=True, check=False)  # fmt: skip
    assert validated.returncode == 0, validated.stderr
    info = (tmp_path / made.name / "bag-info.txt").read_text()
    assert f"External-Identifier: {made.request.number}\n" in info
    assert "Quentin" not in info
    note = verify_note((tmp_path / made.name / "signature.note").read_text(), archive.signer.vkey)
    assert note.startswith(f"{bag.BUNDLE}\nrequest {made.request.number}\nledger ")
    checked = subprocess.run([sys.executable, "include/social_archive/foia/verify.py", str(path), "--json"],
                             capture_output=True, text=True, check=False)  # fmt: skip
    problems = json.loads(checked.stdout)["problems"]
    left = [one for one in problems if "is missing" not in one and "withholding-log" not in one]
    assert left == []  # only the papers are not in this bag


def test_what_changed_on_its_way_is_not_bagged(scene: tuple[Archive, Decided], made: Contents, tmp_path: Path) -> None:
    archive, _ = scene
    with pytest.raises(bag.Changed):
        bag.write(tmp_path / "x.zip", made, [File("media/x.bin", b"other", "00" * 32)], archive.signer)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_proven_that_would_leave_something_out(scene: tuple[Archive, Decided], tmp_path: Path) -> None:
    archive, answer = scene
    with pytest.raises(proofs.Incomplete):
        replace(answer, items=answer.items[:-1]).contents(archive, tmp_path)
    two = next(n for n, one in enumerate(answer.items) if len(one.versions) == 2)
    short = replace(answer.items[two], versions=answer.items[two].versions[:1])
    with pytest.raises(proofs.Incomplete, match="every version"):
        replace(answer, items=[*answer.items[:two], short, *answer.items[two + 1 :]]).contents(archive, tmp_path)


def test_a_row_that_is_not_the_one_that_was_committed_is_not_proven(
    scene: tuple[Archive, Decided], tmp_path: Path
) -> None:
    archive, answer = scene
    first, *rest = answer.items
    version = first.versions[0]
    forged = replace(version, proof_row={**version.proof_row, "body": BODY})
    with pytest.raises(proofs.CannotProve):
        replace(answer, items=[replace(first, versions=(forged,)), *rest]).contents(archive, tmp_path)
    unmarked = replace(version, revealed=version.revealed - {"body"})
    with pytest.raises(proofs.CannotProve, match="neither shown nor marked"):
        replace(answer, items=[replace(first, versions=(unmarked,)), *rest]).contents(archive, tmp_path)
