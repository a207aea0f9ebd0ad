"""Zip files that were made to show one thing to one program and another to the next, or to harm whoever opens them.

The check reads a zip in place and unpacks nothing to the disk, so a name that leads elsewhere has nowhere to lead to.
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive.foia import verify
from tests.social_archive.foia.bundle_by_hand import (
    NAME,
    SIGNER,
    STRANGER,
    Files,
    as_folder,
    as_zip,
    bag,
    note_beside,
    payload,
)

BAG = bag(payload() | {"verify.py": b"# small, so that every byte of the zip can be tried (invented)\n"})
LAST = sorted(BAG)[-1]


def said(target: Path) -> list[str]:
    """What is wrong with a zip, and that the program says so too."""
    check = verify.verify(target, [SIGNER.vkey])
    assert verify.main([str(target), "--key", SIGNER.vkey]) == (verify.ALTERED if check.problems else verify.WELL)
    return check.problems


def info(name: str, *, folder: str = NAME, mode: int = 0o100644) -> zipfile.ZipInfo:
    made = zipfile.ZipInfo(f"{folder}/{name}" if folder else name, (2026, 5, 2, 12, 0, 0))
    made.external_attr = mode << 16
    return made


def contents(raw: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(raw)) as opened:
        return {one.filename: opened.read(one) for one in opened.infolist()}


def made_in_memory() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in BAG.items():
            made.writestr(info(name), body)
    return out.getvalue()


GOOD = made_in_memory()


# --------------------------------------------------------------------------- well


@pytest.mark.parametrize("how", ["stored", "wide headers", "sizes of a stream"])
def test_the_forms_that_zip_writers_choose_from_are_all_read(how: str, tmp_path: Path) -> None:
    class Stream(io.RawIOBase):
        """An output that cannot seek: sizes then stand behind the bytes."""

        def __init__(self) -> None:
            self.kept = io.BytesIO()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            return self.kept.write(data)

    out: io.RawIOBase | io.BytesIO = Stream() if how == "sizes of a stream" else io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:  # type: ignore[arg-type]
        for name, body in BAG.items():
            one = info(name)
            one.compress_type = zipfile.ZIP_STORED if how == "stored" else zipfile.ZIP_DEFLATED
            with made.open(one, "w", force_zip64=how == "wide headers") as into:
                into.write(body)
    target = tmp_path / f"{NAME}.zip"
    target.write_bytes(out.kept.getvalue() if isinstance(out, Stream) else out.getvalue())
    note_beside(target)
    assert said(target) == []


def test_more_files_than_an_old_zip_can_count(tmp_path: Path) -> None:
    target = tmp_path / "many.zip"
    with zipfile.ZipFile(target, "w") as made:
        for n in range(66_000):
            made.writestr(info(f"data/{n}"), b"")
    assert len(verify.Zip(target).sizes) == 66_000


def test_a_bundle_in_a_zip_without_its_note_or_under_another_name_is_checked_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = as_zip(BAG, tmp_path)
    assert said(target) == []
    assert "No note lies beside the zip file" in capsys.readouterr().out
    note_beside(target)
    renamed = target.rename(tmp_path / "download (1).zip")
    assert said(renamed) == []
    assert "No note" not in capsys.readouterr().out


# --------------------------------------------------------------------------- every byte


def test_with_its_note_every_byte_of_the_zip_counts(tmp_path: Path) -> None:
    target = tmp_path / f"{NAME}.zip"
    target.write_bytes(GOOD)
    note_beside(target)
    for at in range(0, len(GOOD), 131):
        target.write_bytes(GOOD[:at] + bytes([GOOD[at] ^ 0x10]) + GOOD[at + 1 :])
        assert verify.verify(target, []).problems, at
    target.write_bytes(GOOD)
    note_beside(target, STRANGER)
    assert any("The note beside the zip file is not signed by" in p for p in said(target))


def test_without_its_note_every_byte_counts_that_changes_what_a_reader_sees(tmp_path: Path) -> None:
    target, before, unseen = tmp_path / f"{NAME}.zip", contents(GOOD), []
    directory = GOOD.rindex(b"PK\5\6") - struct.unpack("<L", GOOD[-10:-6])[0]
    for at in (*range(0, directory, 67), *range(directory, len(GOOD), 7)):
        for bit in (0x01, 0x80):
            altered = GOOD[:at] + bytes([GOOD[at] ^ bit]) + GOOD[at + 1 :]
            target.write_bytes(altered)
            if not verify.verify(target, []).problems:
                unseen.append(at)
                assert contents(altered) == before, at
    assert len(unseen) < 60  # the version of the program that wrote an entry, and bits that pad a deflated stream


def test_a_zip_that_is_cut_off_anywhere_is_no_bundle(tmp_path: Path) -> None:
    target = tmp_path / f"{NAME}.zip"
    for length in (0, 1, 21, 22, len(GOOD) // 2, len(GOOD) - 23, len(GOOD) - 22, len(GOOD) - 1):
        target.write_bytes(GOOD[:length])
        assert said(target), length


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_no_random_bytes_make_it_stumble(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    target = tmp_path_factory.getbasetemp() / "random.zip"
    whole = GOOD
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(whole)) | st.integers(max(0, len(whole) - 120), len(whole)))
        to = data.draw(st.integers(at, min(len(whole), at + 60)))
        whole = whole[:at] + data.draw(st.binary(max_size=60)) + whole[to:]
    target.write_bytes(whole)
    if not verify.verify(target, []).problems:
        assert contents(whole) == contents(GOOD)


# --------------------------------------------------------------------------- made to mislead


def adding(*names: str, mode: int = 0o100644, folder: str = NAME) -> Callable[[zipfile.ZipFile], None]:
    def add(made: zipfile.ZipFile) -> None:
        for name in names:
            made.writestr(info(name, folder=folder, mode=mode), b"x")

    return add


def commented(made: zipfile.ZipFile) -> None:
    made.comment = b"Begin here"


def with_another_name_in_an_extra(made: zipfile.ZipFile) -> None:
    one = info("data/plain.txt")
    one.extra = struct.pack("<HHBL", 0x7075, 9, 1, 0) + b"evil"  # Info-ZIP's Unicode path, which unzip obeys
    made.writestr(one, b"x")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("change", "sentence"), [
    (adding("data/README.txt"), "twice"),
    (adding("data/readme.TXT"), "have the same name"),
    (adding("data/README.txt/x"), "same name as a folder"),
    (adding("../../outside.txt"), "leads out of the bundle"),
    (adding("data/./x"), "leads out of the bundle"),
    (adding("data//x"), "leads out of the bundle"),
    (adding("/etc/passwd", folder=""), "does not hold one folder"),
    (adding("other/x", folder=""), "does not hold one folder"),
    (adding("top.txt", folder=""), "does not hold one folder"),
    (adding("data/a\\..\\b"), "no bundle has"),
    (adding("C:/x", folder=f"{NAME}/data"), "no bundle has"),
    (adding("data/CON.txt"), "cannot be written everywhere"),
    (adding("data/dot."), "cannot be written everywhere"),
    (adding("data/two\nlines"), "no bundle has"),
    (adding("data/\u202egpj.exe"), "damaged"),
    (adding("data/" + "x" * 300), "no bundle has"),
    (adding("data/link", mode=0o120777), "is no file"),
    (adding("data/folder/", mode=0o040755), "is no file"),
    (adding("data/x", mode=0o100755), "other rights"),
    (commented, "cut off, or was added to"),
    (with_another_name_in_an_extra, "has an addition that no bundle has"),
])  # fmt: skip
def test_a_zip_that_no_writer_of_bundles_makes_is_refused(
    change: Callable[[zipfile.ZipFile], None], sentence: str, tmp_path: Path
) -> None:
    problems = said(as_zip(BAG, tmp_path, change))
    assert any(sentence in p for p in problems), problems
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"{NAME}.zip"]  # nothing was unpacked


def entry_at(raw: bytes, name: str, mark: bytes) -> int:
    """Where the header with this mark of one file begins."""
    at = raw.index(mark)
    offset = 30 if mark == b"PK\3\4" else 46
    while raw[at + offset : at + offset + len(name)] != name.encode():
        at = raw.index(mark, at + 1)
    return at


def patched(raw: bytes, at: int, form: str, value: int) -> bytes:
    packed = struct.pack(form, value)
    return raw[:at] + packed + raw[at + len(packed) :]


LOCAL, CENTRAL = b"PK\3\4", b"PK\1\2"


@pytest.mark.parametrize(("mark", "offset", "form", "value", "sentence"), [
    (CENTRAL, 8, "<H", 1, "encrypted"),
    (LOCAL, 6, "<H", 1, "says two things"),
    (CENTRAL, 8, "<H", 0x800, "packed in a way"),
    (CENTRAL, 10, "<H", 12, "packed in a way"),
    (CENTRAL, 24, "<L", 3, "says two things"),
    (CENTRAL, 20, "<L", 3, "says two things"),
    (CENTRAL, 42, "<L", 0, "belongs to no file"),
    (LOCAL, 14, "<L", 0, "says two things"),
    (LOCAL, 10, "<H", 0, "says two things"),
    (CENTRAL, 12, "<H", 0, "another date"),
    (LOCAL, 30 + len(NAME) + 1, "<B", ord("x"), "says two things"),
    (CENTRAL, 32, "<H", 4, "damaged"),
    (CENTRAL, 34, "<H", 1, "damaged"),
])  # fmt: skip
def test_headers_that_lie_are_found(
    mark: bytes, offset: int, form: str, value: int, sentence: str, tmp_path: Path
) -> None:
    target = tmp_path / f"{NAME}.zip"
    target.write_bytes(patched(GOOD, entry_at(GOOD, f"{NAME}/data/5-withholding-log.pdf", mark) + offset, form, value))
    assert any(sentence in p for p in said(target)), said(target)


def test_sizes_that_agree_in_both_headers_and_lie_are_found(tmp_path: Path) -> None:
    """As a bomb does: a few bytes are promised, and very many come."""
    target, name = tmp_path / f"{NAME}.zip", f"{NAME}/data/README.txt"
    for value in (3, 4_000_000_000):
        lying = patched(GOOD, entry_at(GOOD, name, LOCAL) + 22, "<L", value)
        lying = patched(lying, entry_at(lying, name, CENTRAL) + 24, "<L", value)
        target.write_bytes(lying)
        assert any("README.txt" in p for p in said(target))


def test_bytes_before_between_and_behind_the_files_are_found(tmp_path: Path) -> None:
    target = tmp_path / f"{NAME}.zip"
    for altered in (b"#!/bin/sh\n" + GOOD, GOOD + b"\0", GOOD + GOOD, GOOD[: -22] + b"hidden" + GOOD[-22:]):
        target.write_bytes(altered)
        assert said(target)


def test_a_bomb_is_not_unpacked_into_memory(tmp_path: Path) -> None:
    """100 MB of zeros in 100 KB: hashed in pieces, and found to be no part of the bundle."""
    import tracemalloc

    def bomb(made: zipfile.ZipFile) -> None:
        one = info("data/zeros.bin")
        one.compress_type = zipfile.ZIP_DEFLATED
        with made.open(one, "w") as out:
            for _ in range(25):
                out.write(bytes(4 << 20))

    target = as_zip(BAG, tmp_path, bomb)
    tracemalloc.start()
    assert any("data/zeros.bin was added" in p for p in said(target))
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


# --------------------------------------------------------------------------- folders


def test_a_link_in_a_folder_is_no_part_of_a_bag(tmp_path: Path) -> None:
    folder = as_folder(BAG, tmp_path / "bag")
    (folder / "data" / "README.txt").unlink()
    (folder / "data" / "README.txt").symlink_to("/etc/hostname")
    assert any("is a link or a device" in p for p in said(folder))
    (folder / "data" / "README.txt").unlink()
    (folder / "data" / "README.txt").write_bytes(BAG["data/README.txt"])
    assert said(folder) == []
    (folder / "data" / "up").symlink_to(tmp_path)
    assert any("is a link or a device" in p for p in said(folder))


def test_a_hostile_name_does_not_reach_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = as_folder(BAG, tmp_path / "bag")
    (folder / "data" / "\x1b[2Jwell \u202e").write_bytes(b"x")
    assert said(folder)
    assert "\x1b" not in capsys.readouterr().out
