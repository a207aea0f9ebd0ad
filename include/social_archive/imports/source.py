"""An export as somebody handed it in: a zip, a .tar.gz, a folder or one file, read without trusting any of it.

Everything is checked before anything is taken in: names that leave the folder, links, doubles, encryption, sizes,
compression ratios; then every member is read to its end once (`verify`), which finds what is truncated or damaged and
gives each member's SHA-256. No member is ever written to disk under a name of its own.
"""

from __future__ import annotations

import abc
import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from social_archive.errors import ArchiveError
from social_archive.record import Observation, Unreadable

CHUNK: Final = 1 << 20
EARLIEST: Final = 1_072_915_200_000_000  # 2004-01-01, microseconds
DOCUMENTS: Final = (".csv", ".json", ".jsonl", ".ndjson", ".js", ".car", ".html")

Progress = Callable[[int, int], None]


class ImportRefused(ArchiveError):
    """The file cannot be taken in as it is. Nothing of it was stored."""

    remedy = "Nothing was stored. Ask the platform for a new export, or unpack this one and import its folder."


@dataclass(frozen=True)
class Limits:
    """What an export may be at most. Sizes in bytes, after unpacking; `ratio` is unpacked to packed."""

    members: int = 500_000
    total: int = 200 << 30
    document: int = 1 << 30
    ratio: int = 250
    ratio_from: int = 16 << 20  # members smaller than this may be as compressible as they like


@dataclass(frozen=True)
class Member:
    """One file in the export. `modified` is microseconds UTC, None where the container does not say."""

    name: str
    size: int
    modified: int | None


@dataclass
class Source(abc.ABC):
    """An export, opened. `path` is the file that is kept (for a folder: a zip made of it) and `sha256` its hash.

    `members` are by name, in the container's order. Subclasses know how to open one.
    """

    path: Path
    label: str
    limits: Limits
    members: dict[str, Member] = field(default_factory=dict)
    sha256: str = ""
    size: int = 0
    modified: int | None = None
    _hashes: dict[str, str] = field(default_factory=dict)
    _by_base: dict[str, list[str]] | None = None

    @abc.abstractmethod
    def open(self, name: str) -> IO[bytes]:
        """A member's bytes as a stream. Raises ImportRefused."""

    def close(self) -> None:  # noqa: B027 - most containers unpack nothing
        """Forget what was unpacked."""

    # ---------------------------------------------------------------- reading

    def verify(self, progress: Progress | None = None) -> None:
        """Hash the file and read every member to its end. Raises ImportRefused for the first that is damaged.

        Documents that are too large to be parsed are refused here too: later, some of it would be in the archive.
        """
        for name in self.names(*DOCUMENTS):
            self._check_document(name)
        total = self.size + sum(member.size for member in self.members.values())
        done = 0

        def tell(count: int) -> None:
            nonlocal done
            done += count
            if progress:
                progress(done, total)

        with self.path.open("rb") as whole:
            self.sha256 = _hash(whole, tell)
        for name in self.members:
            with self._reading(name) as file:
                self._hashes[name] = _hash(file, tell)

    def read(self, name: str) -> bytes:
        """A whole document. Raises ImportRefused if it is too large to be one, or is not what was verified."""
        self._check_document(name)
        with self._reading(name) as file:
            body = file.read()
        if self._hashes and hashlib.sha256(body).hexdigest() != self._hashes[name]:
            raise ImportRefused(f"{name} changed while it was being read.", remedy="Run the same command again.")
        return body

    def _check_document(self, name: str) -> None:
        if self.members[name].size > self.limits.document:
            raise ImportRefused(
                f"{name} is {self.members[name].size:,} bytes, more than the {self.limits.document:,} of a document."
            )

    def peek(self, name: str, count: int = 4096) -> bytes:
        """The first bytes of a member, for recognising what it is."""
        with self._reading(name) as file:
            return file.read(count)

    def hash_of(self, name: str) -> str:
        """SHA-256 (hex) of a member; known after `verify`."""
        return self._hashes[name]

    @contextmanager
    def _reading(self, name: str) -> Iterator[IO[bytes]]:
        import lzma
        import zipfile
        import zlib

        damaged = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError, OSError)
        try:
            with self.open(name) as file:
                yield file
        except damaged as error:
            raise ImportRefused(
                f"{self.label} is damaged: {name} could not be read to its end ({type(error).__name__})."
            ) from error

    # ---------------------------------------------------------------- finding

    def names(self, *endings: str) -> list[str]:
        """Members whose name ends so (any case), in order of their names."""
        wanted = tuple(ending.lower() for ending in endings)
        return sorted(name for name in self.members if name.lower().endswith(wanted))

    def resolve(self, uri: str) -> str | None:
        """The member that a path in a document means, wherever the export's top folder was cut off or added."""
        uri = uri.strip().removeprefix("./").lstrip("/")
        if uri in self.members:
            return uri
        if self._by_base is None:
            self._by_base = {}
            for name in self.members:
                self._by_base.setdefault(name.rsplit("/", 1)[-1], []).append(name)
        parts = uri.split("/")
        candidates = self._by_base.get(parts[-1], [])
        for start in range(len(parts)):
            tail = "/".join(parts[start:])
            found = [name for name in candidates if name == tail or name.endswith("/" + tail)]
            if found:
                return found[0] if len(found) == 1 else None
        return None

    @property
    def newest(self) -> int | None:
        """When the youngest member was written, as the container says; else the file's own date.

        A date before there were such platforms is a container's way of having none.
        """
        dates = [m.modified for m in self.members.values() if m.modified and m.modified > EARLIEST]
        return max(dates) if dates else self.modified

    def stamp(self, item: Observation | Unreadable, name: str) -> Observation | Unreadable:
        """Write on an item which member of which file it came from (never where that file lay)."""
        item.endpoint = f"import:{self.sha256}!{name}"
        item.response_sha256 = self._hashes.get(name)
        return item


def _hash(file: IO[bytes], tell: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        tell(len(chunk))
    return digest.hexdigest()


@contextmanager
def opened(path: Path, limits: Limits | None = None) -> Iterator[Source]:
    """The export at `path`, checked and verified by nobody yet (call `verify`). Raises ImportRefused."""
    from social_archive.imports.containers import open_source

    with tempfile.TemporaryDirectory(prefix="archive-import-") as scratch:
        source = open_source(path, Path(scratch), limits or Limits())
        try:
            yield source
        finally:
            source.close()


@contextmanager
def spooled(source: Source, name: str) -> Iterator[IO[bytes]]:
    """A member as a file that can be read twice: small ones in memory, large ones on disk under no name."""
    with source._reading(name) as file, tempfile.SpooledTemporaryFile(max_size=32 << 20) as copy:
        while chunk := file.read(CHUNK):
            copy.write(chunk)
        copy.seek(0)
        yield copy


class OneFile(Source):
    """An export that is a single file: a .csv, a .json, a .car."""

    def open(self, name: str) -> IO[bytes]:
        return self.path.open("rb")


class Unpacked(Source):
    """A tar, unpacked in one pass to numbered files: a stream cannot be read out of order."""

    places: dict[str, Path]

    def open(self, name: str) -> IO[bytes]:
        return self.places[name].open("rb")


class Zipped(Source):
    """A zip, read in place."""

    archive: object

    def open(self, name: str) -> IO[bytes]:
        import zipfile

        assert isinstance(self.archive, zipfile.ZipFile)
        return self.archive.open(name)

    def close(self) -> None:
        import zipfile

        assert isinstance(self.archive, zipfile.ZipFile)
        self.archive.close()
