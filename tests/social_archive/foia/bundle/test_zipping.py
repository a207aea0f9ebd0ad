"""The zip: the same bytes for the same files, whole or not there, as large as it must be."""

from __future__ import annotations

import hashlib
import os
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import repeat
from pathlib import Path

import pytest

from social_archive.foia.bundle import zipping
from social_archive.foia.bundle.zipping import Hashed, Zip, hash_of

AT = datetime(2026, 5, 6, 7, 8, 10, tzinfo=UTC)


def unzip_finds_it_whole(path: Path) -> bool:
    return subprocess.run(["unzip", "-tqq", str(path)], capture_output=True, check=False).returncode == 0


def test_the_same_files_give_the_same_bytes_and_what_went_in_is_what_was_hashed(tmp_path: Path) -> None:
    large = tmp_path / "large.jsonl"
    large.write_bytes(os.urandom(1 << 14) * 320)
    bodies = {"a.txt": b"a", "b.json": b"{}" * 100_000, "c.pdf": b"%PDF", "d.jsonl": large}
    for name in ("one.zip", "two.zip"):
        with Zip(tmp_path / name, AT) as out:
            hashes = {entry: out.add(entry, body) for entry, body in bodies.items()}
    assert hash_of(tmp_path / "one.zip") == hash_of(tmp_path / "two.zip")
    assert unzip_finds_it_whole(tmp_path / "one.zip")
    with zipfile.ZipFile(tmp_path / "one.zip") as read:
        for info in read.infolist():
            assert (info.date_time, info.external_attr >> 16) == ((2026, 5, 6, 7, 8, 10), 0o100644)
            body = read.read(info)
            assert hashes[info.filename].sha256 == hashlib.sha256(body).hexdigest()
            assert hashes[info.filename].sha512 == hashlib.sha512(body).hexdigest()
            assert hashes[info.filename].size == len(body)
        assert read.getinfo("c.pdf").compress_type == zipfile.ZIP_STORED
        assert read.getinfo("d.jsonl").compress_size < large.stat().st_size


def test_it_has_no_name_until_it_is_complete(tmp_path: Path) -> None:
    with pytest.raises(OSError), Zip(tmp_path / "x.zip", AT) as out:  # noqa: PT011, PT012
        out.add("a.txt", b"a")
        out.add("b.txt", tmp_path / "is-not-there")
    assert list(tmp_path.iterdir()) == []


def test_more_files_than_an_old_zip_can_count(tmp_path: Path) -> None:
    path, many = tmp_path / "many.zip", 66_000
    with Zip(path, AT) as out:
        for n in range(many):
            out.add(f"{n}.json", b"{}")
    with zipfile.ZipFile(path) as read:
        assert len(read.infolist()) == many
        assert read.read(f"{many - 1}.json") == b"{}"
    assert unzip("-Zt", str(path)).startswith(f"{many} files, {2 * many} bytes")


@pytest.mark.slow
def test_more_than_four_gigabytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Streamed from one piece, and without the hashes: they do not care how much there is."""
    piece, size = memoryview(bytes(zipping.CHUNK)), (1 << 32) + zipping.CHUNK

    def written(pieces: Iterator[memoryview], _: object, write: Callable[[memoryview], object]) -> Hashed:
        for one in pieces:
            write(one)
        return Hashed(size, "", "")

    zeros, path = tmp_path / "zeros", tmp_path / "large.zip"
    with zeros.open("wb") as file:
        file.truncate(size)
    monkeypatch.setattr(zipping, "hashed", written)
    monkeypatch.setattr(zipping, "_pieces", lambda _: repeat(piece, size // zipping.CHUNK))
    with Zip(path, AT, expected=size) as out:
        out.add("media/zeros.bin", zeros)
        out.add("media/after.txt", b"after")
    assert path.stat().st_size < 1 << 26
    with zipfile.ZipFile(path) as read:
        assert read.getinfo("media/zeros.bin").file_size == size
        assert read.read("media/after.txt") == b"after"
    assert unzip("-Zt", str(path)).startswith(f"2 files, {size + 5} bytes")
    assert unzip("-p", str(path), "media/after.txt") == "after"


def unzip(*asked: str) -> str:
    return subprocess.run(["unzip", *asked], capture_output=True, text=True, check=True).stdout
