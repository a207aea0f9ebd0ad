"""One zip file of the same bytes for the same files: fixed dates and permissions, no final name until it is complete.

What goes in is hashed on the way, so nothing is read twice. Past 4 GB or 65,535 entries it is a zip64, which `unzip`
and Python open like any other.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

CHUNK: Final = 1 << 20
SMALL: Final = 1 << 16
"""Bytes below which handing a hash to another thread costs more than it saves."""

TINY: Final = 512
"""Bytes up to which an entry is stored as it is: deflating it saves less than its name takes, and costs more."""

STORED: Final = frozenset({"7z", "gif", "gz", "jpeg", "jpg", "m4a", "mov", "mp3", "mp4", "ogg", "pdf", "png", "webm",
                           "webp", "xlsx", "zip", "zst"})  # fmt: skip
"""Types that are compressed already: deflating them again costs time and saves nothing."""

_UNIX: Final = 3
_PERMISSIONS: Final = 0o100644 << 16
_FIRST_YEAR: Final = 1980
_SURELY_SMALL: Final = 4_000_000_000


@dataclass(frozen=True)
class Hashed:
    """How many bytes, and what they hash to (hex)."""

    size: int
    sha256: str
    sha512: str


class Zip:
    """A zip file being written to `path`, under another name until the `with` block ends well. Use it as a context.

    `at`: the date that all entries bear (UTC). `expected`: bytes that will go in, at most; entries of a zip that may
    grow past 4 GB all say that it is a zip64, so that no header contradicts the directory.
    """

    def __init__(self, path: Path, at: datetime, *, expected: int = 0) -> None:
        self.path = path
        self._version = zipfile.ZIP64_VERSION if expected > _SURELY_SMALL else zipfile.DEFAULT_VERSION
        self._partial = path.with_name(f".{path.name}.partial")
        self._date = (max(at.year, _FIRST_YEAR), at.month, at.day, at.hour, at.minute, at.second)
        self._hashers = ThreadPoolExecutor(2, thread_name_prefix="hash")

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._partial.open("w+b")
        self._zip = zipfile.ZipFile(self._file, "w", allowZip64=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:  # fmt: skip
        self._hashers.shutdown()
        try:
            self._zip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
        finally:
            self._file.close()
        if kind is not None:
            self._partial.unlink(missing_ok=True)
            return
        self._partial.replace(self.path)
        sync_folder(self.path.parent)

    def add(self, name: str, body: bytes | Path) -> Hashed:
        """Add one entry; what it held."""
        size = len(body) if isinstance(body, bytes) else body.stat().st_size
        info = self._info(name, size)
        if isinstance(body, bytes) and size <= SMALL:
            self._zip.writestr(info, body)
            return Hashed(size, hashlib.sha256(body).hexdigest(), hashlib.sha512(body).hexdigest())
        with self._zip.open(info, "w") as out:
            return hashed(_pieces(body), self._hashers, out.write)

    def _info(self, name: str, size: int) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(name, self._date)
        info.create_system, info.external_attr, info.file_size = _UNIX, _PERMISSIONS, size
        info.create_version = info.extract_version = self._version
        if size > TINY and name.rpartition(".")[2] not in STORED:
            info.compress_type = zipfile.ZIP_DEFLATED
            info._compresslevel = 1 if size > SMALL else 6  # type: ignore[attr-defined]
        return info


def hash_of(path: Path) -> Hashed:
    """Both hashes of a file, read once."""
    with ThreadPoolExecutor(2, thread_name_prefix="hash") as hashers:
        return hashed(_pieces(path), hashers)


def hashed(pieces: Iterator[memoryview], hashers: ThreadPoolExecutor,
           also: Callable[[memoryview], object] = len) -> Hashed:  # fmt: skip
    """Both hashes of some bytes, each in a thread of its own, while `also` is done with the same piece."""
    sha256, sha512, size = hashlib.sha256(), hashlib.sha512(), 0
    for piece in pieces:
        first, second = hashers.submit(sha256.update, piece), hashers.submit(sha512.update, piece)
        also(piece)
        first.result()
        second.result()
        size += len(piece)
    return Hashed(size, sha256.hexdigest(), sha512.hexdigest())


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _pieces(body: bytes | Path) -> Iterator[memoryview]:
    """In pieces, each of which is good until the next is asked for."""
    if isinstance(body, bytes):
        for start in range(0, len(body), CHUNK):
            yield memoryview(body)[start : start + CHUNK]
        return
    buffer = memoryview(bytearray(CHUNK))
    with body.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            yield buffer[:count]
