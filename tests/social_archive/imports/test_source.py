"""Files that are not what they say: refused before anything of them is used."""

from __future__ import annotations

import io
import os
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

import pytest

from social_archive.imports.source import ImportRefused, Limits, Source, opened, spooled


def listing(path: Path, limits: Limits | None = None) -> dict[str, bytes]:
    with opened(path, limits) as source:
        source.verify()
        return {name: source.read(name) for name in source.members}


def refusal(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(ImportRefused) as refused:
        listing(path, limits)
    assert "Nothing" in refused.value.remedy or "nothing" in refused.value.remedy
    return str(refused.value)


def make_zip(path: Path, *members: tuple[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in members:
            made.writestr(zipfile.ZipInfo(name, (2026, 5, 6, 7, 8, 10)), body, zipfile.ZIP_DEFLATED)
    return path


def make_tar(path: Path, *members: tuple[str, bytes], mode: str = "w:gz") -> Path:
    with tarfile.open(path, mode) as made:
        for name, body in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(body), 1_780_315_200
            made.addfile(info, io.BytesIO(body))
    return path


CONTENT = (("posts/1.json", b"[1]"), ("posts/media/a.png", b"png"))


def in_folder(path: Path) -> Path:
    for name, body in CONTENT:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(body)
    return path


@pytest.mark.parametrize(
    "make",
    [
        lambda p: make_zip(p / "x.zip", *CONTENT),
        lambda p: make_tar(p / "x.tar.gz", *CONTENT),
        lambda p: make_tar(p / "x.tgz", *((f"./{name}", body) for name, body in CONTENT)),
        lambda p: make_tar(p / "x.tar", *CONTENT, mode="w"),
        lambda p: in_folder(p / "x"),
    ],
    ids=["zip", "tar.gz", "tgz with ./", "tar", "folder"],
)
def test_every_container_gives_the_same_members(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    assert listing(make(tmp_path)) == dict(CONTENT)


def test_a_single_file_is_its_own_only_member(tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_bytes(b"a,b\n")
    assert listing(tmp_path / "c.csv") == {"c.csv": b"a,b\n"}


def test_a_folder_is_the_same_file_wherever_and_whenever_it_was_copied(tmp_path: Path) -> None:
    hashes = []
    for place in ("here", "there"):
        folder = in_folder(tmp_path / place / "export")
        os.utime(folder / "posts/1.json", (1_700_000_000 + len(place), 1_700_000_000))
        with opened(folder) as source:
            source.verify()
            hashes.append(source.sha256)
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize(
    "name", ["../evil.json", "/etc/passwd", "a/../../b", "C:/x", "a\\..\\b", "a//b", "./x/./y", "a\0.json"]
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    path = make_zip(tmp_path / "x.zip", ("fine.json", b"[]"), (name.replace("\0", "#"), b"[]"))
    if "\0" in name:
        path.write_bytes(path.read_bytes().replace(b"a#.json", b"a\0.json"))
    assert "whose name" in refusal(path)


@pytest.mark.parametrize("name", ["../evil.json", "/etc/passwd", "a/../../b"])
def test_names_in_a_tar_that_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    assert "whose name" in refusal(make_tar(tmp_path / "x.tar.gz", ("fine.json", b"[]"), (name, b"[]")))


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = make_zip(tmp_path / "x.zip", ("a.json", b"[1]"), ("a.json", b"[2]"))
    assert "same name" in refusal(path)
    accent = make_zip(tmp_path / "y.zip", ("caf\u00e9.json", b"[1]"), ("cafe\u0301.json", b"[2]"))
    assert "same name" in refusal(accent)


def test_links_are_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("posts/link.json")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        made.writestr(link, "/etc/passwd")
    assert "link" in refusal(tmp_path / "x.zip")
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(info)
    assert "link" in refusal(tmp_path / "x.tar")
    folder = in_folder(tmp_path / "folder")
    (folder / "link").symlink_to("/etc/passwd")
    assert "link" in refusal(folder)


def test_an_encrypted_zip_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", ("a.json", b"[]"))
    body = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        body[body.find(signature) + offset] |= 1
    path.write_bytes(body)
    assert "Unpack it with its password" in refusal(path)


def test_a_bomb_is_refused_by_its_ratio_before_it_is_unpacked(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", ("a.json", b"0" * (32 << 20)))
    assert "zip bomb" in refusal(path)
    many = make_zip(tmp_path / "y.zip", *((f"{n}.json", b"0" * (8 << 20)) for n in range(4)))
    assert "zip bomb" in refusal(many)
    tar = make_tar(tmp_path / "x.tar.gz", ("a.json", b"0" * (32 << 20)))
    assert "bomb" in refusal(tar)


def test_files_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """Two names in the directory, one body: how 42 kB unpack to 5 GB."""
    path = make_zip(tmp_path / "x.zip", ("a.json", b"[1,2,3,4,5,6,7,8]" * 9), ("b.json", b"[1,2,3,4,5,6,7,8]" * 9))
    body = bytearray(path.read_bytes())
    second = body.find(b"PK\x01\x02", body.find(b"PK\x01\x02") + 4)
    struct.pack_into("<I", body, second + 42, 0)
    path.write_bytes(body)
    assert "overlap" in refusal(path)


def test_too_many_or_too_large_files_are_refused(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", *((f"{n}.json", b"[0]" * 10) for n in range(20)))
    assert "more than 10 files" in refusal(path, Limits(members=10))
    assert "unpack to" in refusal(path, Limits(total=100))
    assert "of a document" in refusal(path, Limits(document=10))


@pytest.mark.parametrize("kept", [0.3, 0.9, 0.99])
def test_a_zip_that_was_cut_off_is_refused(tmp_path: Path, kept: float) -> None:
    path = make_zip(tmp_path / "x.zip", ("a.json", os.urandom(5000)), ("b.json", os.urandom(5000)))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    assert "not a whole zip" in refusal(path)


@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_a_tar_that_was_cut_off_is_refused(tmp_path: Path, kept: float) -> None:
    path = make_tar(tmp_path / "x.tar.gz", ("a.json", os.urandom(50_000)), ("b.json", os.urandom(50_000)))
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    assert "not a whole tar" in refusal(path)


def test_a_flipped_bit_is_found_before_anything_is_taken_in(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "x.zip", ("a.json", os.urandom(5000)))
    body = bytearray(path.read_bytes())
    body[1000] ^= 1
    path.write_bytes(body)
    assert "damaged" in refusal(path)


def test_empty_and_absent_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.zip").touch()
    (tmp_path / "folder").mkdir()
    assert "is empty" in refusal(tmp_path / "empty.zip")
    assert "is empty" in refusal(tmp_path / "folder")
    assert "no file or folder" in refusal(tmp_path / "absent.zip")


class NamesOnly(Source):
    """A source of which only the names are asked."""

    def open(self, name: str) -> IO[bytes]:
        raise AssertionError(f"{name} was opened")


def with_members(*names: str) -> Source:
    from social_archive.imports.source import Member

    return NamesOnly(Path("x"), "x", Limits(), {name: Member(name, 1, None) for name in names})


def test_a_path_in_a_document_is_found_wherever_the_top_folder_went() -> None:
    source = with_members("facebook-larkspur/posts/media/1.jpg", "facebook-larkspur/stories/1.jpg", "other/2.jpg")
    assert source.resolve("posts/media/1.jpg") == "facebook-larkspur/posts/media/1.jpg"
    assert source.resolve("your_activity/posts/media/1.jpg") == "facebook-larkspur/posts/media/1.jpg"
    assert source.resolve("x/2.jpg") == "other/2.jpg"
    assert source.resolve("1.jpg") is None  # two could be meant
    assert source.resolve("https://cdn.example/3.jpg") is None


def test_the_date_of_an_export_is_that_of_its_newest_file(tmp_path: Path) -> None:
    with opened(make_zip(tmp_path / "x.zip", ("a.json", b"[]"))) as source:
        assert source.newest == 1_778_051_290_000_000  # 2026-05-06T07:08:10Z


def test_a_container_without_dates_has_the_date_of_its_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        made.writestr(zipfile.ZipInfo("a.json", (1981, 1, 1, 0, 0, 0)), b"[]")
    os.utime(tmp_path / "x.zip", (1_780_315_200, 1_780_315_200))
    with opened(tmp_path / "x.zip") as source:
        assert source.newest == 1_780_315_200_000_000


def test_large_members_can_be_read_twice_without_a_name_on_disk(tmp_path: Path) -> None:
    body = os.urandom(1 << 20) * 40
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        made.writestr("film.mp4", body)
    with opened(tmp_path / "x.zip") as source, spooled(source, "film.mp4") as copy:
        assert copy.read() == body
        copy.seek(0)
        assert copy.read(10) == body[:10]
