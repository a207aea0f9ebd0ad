"""Opening the containers that exports come in, and refusing what is not honest about itself."""

from __future__ import annotations

import lzma
import os
import stat
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from social_archive.imports.source import CHUNK, ImportRefused, Limits, Member, OneFile, Source, Unpacked, Zipped
from social_archive.record import micros

_ENCRYPTED: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA})
_FIXED_DATE: Final = (1980, 1, 1, 0, 0, 0)
_CLUTTER: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")


def open_source(path: Path, scratch: Path, limits: Limits) -> Source:
    """The right reader for what lies at `path`. `scratch` is an empty folder that goes away afterwards."""
    if path.is_dir():
        return _of_folder(path, scratch, limits)
    if not path.is_file():
        raise ImportRefused(f"There is no file or folder {path.name!r}.", remedy="Check the path; nothing was stored.")
    if path.stat().st_size == 0:
        raise ImportRefused(f"{path.name} is empty.")
    if zipfile.is_zipfile(path):
        return _of_zip(path, path.name, limits)
    if path.name.lower().endswith((".tar.gz", ".tgz", ".tar")) or _is_tar(path):
        return _of_tar(path, scratch, limits)
    if path.name.lower().endswith(".zip"):
        raise ImportRefused(f"{path.name} is not a whole zip file: it is cut off or was never one.")
    return _of_file(path, limits)


def _is_tar(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path)
    except (OSError, EOFError, zlib.error, lzma.LZMAError):
        return False


def _dated(source: Source, path: Path) -> Source:
    found = path.stat()
    source.size, source.modified = source.path.stat().st_size, int(found.st_mtime * 1_000_000)
    return source


# --------------------------------------------------------------------------- names


def _checked(names: Iterable[str], label: str, limits: Limits) -> None:
    """Refuse names that mean another place than they say, and names that mean the same place twice."""
    seen: set[str] = set()
    for count, name in enumerate(names, 1):
        if count > limits.members:
            raise ImportRefused(f"{label} holds more than {limits.members:,} files.")
        problem = _problem(name)
        if problem:
            raise ImportRefused(f"{label} holds a file whose name {problem}. No export of a platform does.")
        same = unicodedata.normalize("NFC", name)
        if same in seen:
            raise ImportRefused(f"{label} holds two files of the same name, so one would hide the other.")
        seen.add(same)


def _problem(name: str) -> str | None:
    if not name or "\0" in name:
        return "is empty or holds a NUL character"
    if "\\" in name:
        return "holds a backslash"
    if name.startswith("/") or (len(name) > 1 and name[1] == ":"):
        return "is an absolute path"
    if any(part in ("..", ".", "") for part in name.removesuffix("/").split("/")):
        return "leads out of its own folder"
    return None


def _sizes(members: dict[str, Member], packed: int, label: str, limits: Limits) -> None:
    total = sum(member.size for member in members.values())
    if total > limits.total:
        raise ImportRefused(f"{label} would unpack to {total:,} bytes; at most {limits.total:,} are taken.")
    if total > limits.ratio_from and total > limits.ratio * packed:
        raise ImportRefused(f"{label} unpacks to more than {limits.ratio} times its size: it looks like a zip bomb.")


def _clutter(name: str) -> bool:
    return name.startswith(_CLUTTER[0]) or name.rsplit("/", 1)[-1] in _CLUTTER[1:]


# --------------------------------------------------------------------------- zip


def _of_zip(path: Path, label: str, limits: Limits) -> Source:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ImportRefused(f"{label} is not a whole zip file ({type(error).__name__}).") from error
    infos = archive.infolist()
    try:
        _checked((info.orig_filename for info in infos), label, limits)
        for info in infos:
            _check_entry(info, label, limits)
        _check_overlap(infos, path.stat().st_size, label)
        members = {
            info.filename: Member(info.filename, info.file_size, _zip_date(info))
            for info in infos
            if not info.is_dir() and not _clutter(info.filename)
        }
        _sizes(members, path.stat().st_size, label, limits)
    except ImportRefused:
        archive.close()
        raise
    source = Zipped(path, label, limits, members)
    source.archive = archive
    return _dated(source, path)


def _check_entry(info: zipfile.ZipInfo, label: str, limits: Limits) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise ImportRefused(
            f"{label} is encrypted.", remedy="Unpack it with its password and import the folder. Nothing was stored."
        )
    if info.compress_type not in _METHODS:
        raise ImportRefused(f"{label} is compressed in a way that this archive does not read ({info.compress_type}).")
    mode = info.external_attr >> 16
    if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_IFMT(mode) == 0):
        raise ImportRefused(f"{label} holds a link or a device instead of a file.")
    if info.file_size > limits.ratio_from and info.file_size > limits.ratio * max(info.compress_size, 1):
        raise ImportRefused(
            f"{label} holds a file that unpacks to more than {limits.ratio} times its size: it looks like a zip bomb."
        )


def _check_overlap(infos: list[zipfile.ZipInfo], size: int, label: str) -> None:
    """Entries that share bytes are how a small file unpacks to petabytes."""
    end = 0
    for info in sorted(infos, key=lambda info: info.header_offset):
        if info.header_offset < end:
            raise ImportRefused(f"{label} holds files that overlap each other: it looks like a zip bomb.")
        end = info.header_offset + 30 + len(info.orig_filename) + info.compress_size  # at least
    if end > size:
        raise ImportRefused(f"{label} is cut off: it announces more than it holds.")


def _zip_date(info: zipfile.ZipInfo) -> int | None:
    """A zip's dates have no zone; they are read as UTC, which is off by half a day at most."""
    if info.date_time <= _FIXED_DATE:
        return None
    try:
        return micros(datetime(*info.date_time, tzinfo=UTC))
    except ValueError:
        return None


# --------------------------------------------------------------------------- tar


def _of_tar(path: Path, scratch: Path, limits: Limits) -> Source:
    source = Unpacked(path, path.name, limits)
    source.places = {}
    _dated(source, path)
    try:
        with tarfile.open(path, "r|*") as archive:
            names: list[str] = []
            total = 0
            for entry in archive:
                name = entry.name.removeprefix("./")
                if entry.isdir() or name == "":
                    continue
                if not entry.isreg():
                    raise ImportRefused(f"{path.name} holds a link or a device instead of a file.")
                names.append(name)
                _checked([name], path.name, limits)
                total += entry.size
                _check_tar_total(total, source.size, len(names), path.name, limits)
                file = archive.extractfile(entry)
                assert file is not None
                place = scratch / str(len(names))
                _copy(file, place)
                if not _clutter(name):
                    source.members[name] = Member(name, entry.size, int(entry.mtime) * 1_000_000 or None)
                    source.places[name] = place
            _checked(names, path.name, limits)
    except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError) as error:
        raise ImportRefused(f"{path.name} is not a whole tar file ({type(error).__name__}).") from error
    return source


def _check_tar_total(total: int, packed: int, count: int, label: str, limits: Limits) -> None:
    if total > limits.total or (total > limits.ratio_from and total > limits.ratio * max(packed, 1)):
        raise ImportRefused(f"{label} would unpack to more than can be believed: it looks like a bomb.")
    if count > limits.members:
        raise ImportRefused(f"{label} holds more than {limits.members:,} files.")


def _copy(file: IO[bytes], place: Path) -> None:
    with place.open("wb") as out:
        while chunk := file.read(CHUNK):
            out.write(chunk)


# --------------------------------------------------------------------------- folder, file


def _of_folder(path: Path, scratch: Path, limits: Limits) -> Source:
    """A folder becomes one file, so that it can be kept and named by its hash: same contents, same zip."""
    files = sorted(_files(path))
    if not files:
        raise ImportRefused(f"The folder {path.name} is empty.")
    _checked((name for name, _ in files), path.name, limits)
    found = {name: Member(name, place.stat().st_size, None) for name, place in files}
    _sizes(found, sum(member.size for member in found.values()), path.name, limits)
    made = scratch / "folder.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, place in files:
            entry = zipfile.ZipInfo(name, _FIXED_DATE)
            with place.open("rb") as file, archive.open(entry, "w", force_zip64=True) as out:
                while chunk := file.read(CHUNK):
                    out.write(chunk)
    source = _of_zip(made, path.name, limits)
    source.modified = int(max(place.stat().st_mtime for _, place in files) * 1_000_000)
    return source


def _files(folder: Path) -> Iterable[tuple[str, Path]]:
    for root, folders, files in os.walk(folder, followlinks=False):
        for name in (*folders, *files):
            place = Path(root) / name
            if place.is_symlink():
                raise ImportRefused(f"The folder {folder.name} holds a link instead of a file.")
            if name in files and not _clutter(name):
                yield place.relative_to(folder).as_posix(), place


def _of_file(path: Path, limits: Limits) -> Source:
    source = OneFile(path, path.name, limits)
    _dated(source, path)
    source.members[path.name] = Member(path.name, source.size, source.modified)
    return source
