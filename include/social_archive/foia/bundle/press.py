"""Typesetting in a process of its own, which also looks into what it made.

Python works on one processor at a time, and a large bundle has work for two. The other process is given the words that
must not leave, then the contents of one part after another; of each part it gives back where its PDF lies and what was
found in it. It has nothing to say otherwise, and ends when its pipe does: a build that is killed leaves none behind.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, Protocol, Self

import msgspec

from social_archive.documents import typesetting
from social_archive.errors import ArchiveError
from social_archive.foia.bundle.model import File
from social_archive.foia.dispositions import Term
from social_archive.foia.leaks import Gate, Leak, refuse
from social_archive.garbage import few_collections

WORKERS: Final = 2
"""Parts that are typeset side by side: Typst gives up the interpreter's lock while it works."""

_BEHIND: Final = 4
"""Steps of niceness: what waits for all of it goes first."""


class Sheet(msgspec.Struct):
    """One document to be made: its path in the bundle, and what stands on it."""

    path: str
    data: dict[str, Any]


class Press(Protocol):
    """Typesets documents of one template, in their order.

    `look_for`: what a Gate takes, before the first file. A press that looks into its files says so of each.
    """

    def look_for(self, terms: Sequence[Term], asked: str, own: str) -> None: ...

    def files(self, template: str, sheets: Iterable[Sheet], at: datetime) -> Iterator[File]: ...


class Here:
    """In this process: quicker for a few. Whoever takes the files looks into them."""

    def look_for(self, terms: Sequence[Term], asked: str, own: str) -> None:
        """Nothing: the gate of the bundle is in this process."""

    def files(self, template: str, sheets: Iterable[Sheet], at: datetime) -> Iterator[File]:
        """Raises NotTypeset."""
        with ThreadPoolExecutor(WORKERS) as pool:
            waiting: deque[tuple[str, Future[bytes]]] = deque()
            try:
                for sheet in sheets:
                    waiting.append((sheet.path, pool.submit(typesetting.pdf, template, sheet.data, at=at)))
                    if len(waiting) > WORKERS:
                        path, made = waiting.popleft()
                        yield File(path, made.result())
                for path, made in waiting:
                    yield File(path, made.result())
            finally:
                pool.shutdown(cancel_futures=True)


HERE: Final = Here()


# --------------------------------------------------------------------------- in another process


class PressFailed(ArchiveError):
    """The process that typesets records ended before it was done. Nothing was stored."""

    remedy = "Build it again: it begins anew. If it recurs, look for a memory limit."


class _Orders(msgspec.Struct):
    """What the process must know before the first sheet."""

    terms: list[tuple[str, str, str]]
    asked: str
    own: str
    folder: str
    template: str
    at: datetime


class _Made(msgspec.Struct):
    """What it says of a sheet. `file`: where it lies; `sha256` (hex) of what was looked into. `found`: (path, action,
    where) of words that must not leave."""

    path: str = ""
    file: str = ""
    sha256: str = ""
    found: list[tuple[str, str, str]] = msgspec.field(default_factory=list)
    refused: str = ""
    failed: str = ""


class Elsewhere:
    """In a process of its own, which starts at once. Use as a context manager, one for one document.

    `folder`: for the files, not there yet: what a killed build began may go on in its own for a moment.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sought: tuple[Sequence[Term], str, str] = ((), "", "")
        self._feeder: threading.Thread | None = None
        self._failed: BaseException | None = None

    def look_for(self, terms: Sequence[Term], asked: str, own: str) -> None:
        """The files that come back were looked into."""
        self._sought = (terms, asked, own)

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True)
        path = os.pathsep.join(part for part in sys.path if part)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()  # it has nothing that anybody still needs: all is given back, or given up
        self._process.wait()
        if self._feeder is not None:
            self._feeder.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with suppress(OSError):
                pipe.close()

    def files(self, template: str, sheets: Iterable[Sheet], at: datetime) -> Iterator[File]:
        """Raises NotTypeset, Leaks, PressFailed."""
        terms, asked, own = self._sought
        told = [(term.text, term.code, term.action) for term in terms]
        orders = _Orders(told, asked, own, str(self._folder), template, at)
        self._feeder = threading.Thread(target=self._feed, args=(orders, sheets), name="feed", daemon=True)
        self._feeder.start()
        assert self._process.stdout is not None
        for line in self._process.stdout:
            made = msgspec.json.decode(line, type=_Made)
            if made.failed:
                raise PressFailed(f"The process that typesets records failed ({made.failed}). Nothing was stored.")
            if made.refused:
                raise typesetting.NotTypeset(made.refused)
            refuse([Leak(*one) for one in made.found])
            yield File(made.path, Path(made.file), made.sha256, looked_into=True)
        self._feeder.join()
        if self._failed is not None:
            raise self._failed
        if code := self._process.wait():
            raise PressFailed(f"The process that typesets records ended before it was done (exit {code}). Nothing was "
                              "stored.")  # fmt: skip

    def _feed(self, orders: _Orders, sheets: Iterable[Sheet]) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        try:
            pipe.write(msgspec.json.encode(orders) + b"\n")
            for sheet in sheets:
                pipe.write(msgspec.json.encode(sheet) + b"\n")
            pipe.close()
        except BrokenPipeError:
            pass  # it has ended: whoever reads from it will hear so
        except BaseException as error:
            self._failed = error
            with suppress(OSError):
                pipe.close()


# --------------------------------------------------------------------------- the other process


def main() -> None:
    """Make what comes in, in order; say of each where it lies. What went wrong is said without its words."""
    os.nice(_BEHIND)
    try:
        with few_collections():
            _work(sys.stdin.buffer)
    except typesetting.NotTypeset as error:
        _say(_Made(refused=str(error.args[0])))
    except Exception as error:
        _say(_Made(failed=type(error).__name__))


def _work(lines: IO[bytes]) -> None:
    orders = msgspec.json.decode(lines.readline(), type=_Orders)
    gate = Gate([Term(*one) for one in orders.terms], orders.asked, orders.own)
    folder = Path(orders.folder)
    sheets = (msgspec.json.decode(line, type=Sheet) for line in lines)
    for number, file in enumerate(Here().files(orders.template, sheets, orders.at)):
        assert isinstance(file.body, bytes)
        place = folder / f"{number}.pdf"
        place.write_bytes(file.body)
        found = [(leak.path, leak.action, leak.where) for leak in gate.scan([file])]
        _say(_Made(file.path, str(place), hashlib.sha256(file.body).hexdigest(), found))


def _say(made: _Made) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(made) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
