"""The last gate before a bundle is complete: is any word that must not leave in any of its files, however it got there?

It looks at what is in the files, not at what should be: every part is unpacked (ZIP, XLSX, streams of PDF, notes inside
of pictures) and read in every way in which a text can be read. It trusts no writer, and no writer's care.

Some things every bundle holds by chance or by its nature, and the gate does not look for them; `redaction.show` has
looked for them in the records: numbers of fewer than six digits; in hashes, base64 and compressed pixels words of fewer
than five letters; and a single short word (a display name like Mark or Will) that the bundle's own documents use too.
"""

from __future__ import annotations

import calendar
import io
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from social_archive.errors import ArchiveError
from social_archive.foia.bundle.model import File
from social_archive.foia.dispositions import Term
from social_archive.foia.matching import Matcher, as_text
from social_archive.foia.pdf_text import STRUCTURE, NotReadable, readable
from social_archive.foia.runs import without_hashes
from social_archive.foia.screening import APART
from social_archive.foia.spellings import spell
from social_archive.policy.text import fold_text

_LEAST_DIGITS: Final = 6
_NOISE: Final = 5
_WINDOW: Final = 1 << 22
_OVERLAP: Final = 4096
_SMALL: Final = 1 << 16
_BATCH: Final = 1 << 18
_APART: Final = APART.encode()

MOST: Final = 1 << 30
"""Bytes that one packed file may unpack to."""

_TEXT: Final = frozenset(
    {"json", "jsonl", "csv", "html", "txt", "xml", "rels", "dat", "opt", "py", "note", "svg", "vtt"}
)
_ZIPPED: Final = frozenset({"xlsx", "zip", "docx", "odt", "epub"})
_RANDOM: Final = re.compile(r"(?:[A-Za-z0-9+/]{40,}={0,2})")

_MARKUP: Final = frozenset({"html", "xml", "rels", "svg"})
_TAG: Final = re.compile(r"<[^<>]*>")
_QUOTED: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_WORD: Final = re.compile(r"[^\W\d_]+")
_DOCUMENTATION: Final = re.compile(r'^ *"""[\s\S]*?"""', re.MULTILINE)
_IS_PROGRAM: Final = "\nif __name__"  # verify.py, which goes along as it is
_OF_OFFICE: Final = re.compile(r"xl/(theme|styles)")

_ASKED: Final = re.compile(r"(data/)?(2-request\.pdf|6-search-statement\.(pdf|json)|proofs/search\.json)")
"""Files that repeat the request in the words of whoever made it."""


_BREAK: Final = "\u200b"
_SPREAD: Final = re.compile("(?:[0-9a-f][ \n\u200b]*){48,}")
"""A hash on a page: it may break after any sign, and comes out of the PDF with gaps in which a short id could stand."""

_DOT: Final = "\u00b7 "

_PLACES: Final = re.compile(rb"<(?:c|dimension|pane|selection|autoFilter) [^<>]*>")
"""Tags of a workbook that name cells: `C2` is the place of a cell there, and no word. Text never has a bare `<`."""


@dataclass(frozen=True)
class Leak:
    """`path` of the file in the bundle; `action`: the event of the review that took the words out; `where` in it."""

    path: str
    action: str
    where: str


class Leaks(ArchiveError):
    """Words that were taken out stand in a file of the bundle. The bundle is not complete, and nothing was released."""

    remedy = (
        "Look at the named files for the words of the named actions (`archive foia review NUMBER history`), redact "
        "what is left of them, and build again. Where the search itself was made by a name that must not leave "
        "(proofs/search.json), freeze it in other words. If nothing is left in the records, report this as an error."
    )


class Gate:
    """Looks into the files of one bundle. Cheap to ask, dear to make.

    `asked`: the requester's own words. What stands in them is no secret to the one who wrote them, so it may stand in
    the files that repeat the request, and there only. `own`: the public body's own words (its name, its officers,
    its accounts), which every letter says.
    """

    def __init__(self, terms: Sequence[Term], asked: str = "", own: str = "") -> None:
        told = Matcher(terms).standing_in(asked)
        self._scanner = _Scanner(terms, own)
        self._untold = _Scanner([t for t in terms if spell(t).exact not in told], own) if told else self._scanner

    def require_none(self, files: Iterable[File]) -> None:
        """Raises Leaks."""
        refuse(self.scan(files))

    def passing(self, files: Iterable[File]) -> Iterator[File]:
        """The same files, as they come. Raises Leaks at the first that holds such a word."""
        for file in files:
            if not file.looked_into:
                self.require_none([file])
            yield file

    def scan(self, files: Iterable[File]) -> list[Leak]:
        """Every file that holds any of the terms: one leak per file, part of it and action. Raises Leaks for a file
        that cannot be looked into."""
        found: dict[Leak, None] = {}
        for together in _batches(files):
            scanner = self._untold if _ASKED.fullmatch(together[0].path) else self._scanner
            if scanner and (len(together) == 1 or scanner.may_leak(together)):
                found |= dict.fromkeys(leak for file in together for leak in scanner.leaks(file))
        return list(found)


def refuse(found: Sequence[Leak]) -> None:
    """Raises Leaks if there are any."""
    if found:
        named = "; ".join(f"{leak.path} ({leak.where}): action {leak.action}" for leak in found[:5])
        more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
        raise Leaks(f"Words that were taken out stand in the bundle's files all the same: {named}{more}.")


def require_none(files: Iterable[File], terms: Sequence[Term], *, asked: str = "", own: str = "") -> None:
    """Raises Leaks."""
    Gate(terms, asked=asked, own=own).require_none(files)


def scan(files: Iterable[File], terms: Sequence[Term], *, asked: str = "", own: str = "") -> list[Leak]:
    """`Gate.scan`, once."""
    return Gate(terms, asked=asked, own=own).scan(files)


class _Scanner:
    def __init__(self, terms: Sequence[Term], own: str) -> None:
        said = own_words() | _words(own)
        sought = [
            s for s in Matcher(terms).spellings
            if not (s.is_number and s.size < _LEAST_DIGITS) and not (s.is_word and s.literal in said)
        ]  # fmt: skip
        self._all = Matcher([s.term for s in sought])
        self._long = Matcher([s.term for s in sought if s.size >= _NOISE])
        self._words = Matcher([s.term for s in sought if s.is_word])
        self._distinct = Matcher([s.term for s in sought if not s.is_word])

    def __bool__(self) -> bool:
        return bool(self._all)

    def may_leak(self, files: Sequence[File]) -> bool:
        """Of small files of JSON: one look at all of them, as if they were one. If there is nothing in it, there is
        nothing in any of them: nothing that is found in one reaches over what stands between them."""
        names = _APART.join(file.path.encode() for file in files)
        bodies = _APART.join(file.body for file in files if isinstance(file.body, bytes))
        return any(next(self._in_file("all.json", body, ""), None) for body in (names, bodies))

    def leaks(self, file: File) -> Iterator[Leak]:
        if term := self._all.touches(file.path):
            yield Leak("(a file's name)", term.action, "name")
        body = file.body.read_bytes() if isinstance(file.body, Path) else file.body
        for where, term in self._in_file(file.path, body, "content"):
            yield Leak(file.path, term.action, where)

    def _in_file(self, path: str, body: bytes, where: str) -> Iterator[tuple[str, Term]]:
        kind = path.rpartition(".")[2].lower()
        if kind in _ZIPPED or body[:4] == b"PK\x03\x04":
            yield from self._in_zip(path, body)
        elif body[:5] == b"%PDF-":
            yield from self._in_pdf(path, body)
        elif kind in _TEXT:
            text = without_hashes(as_text(body).encode("utf-8", "replace")).decode()
            if kind in _MARKUP:
                text = _without_dots(text)
                plain = "" if _OF_OFFICE.match(path) else _without_tags(text, attributes=kind == "html")
                found = [*self._in_text(text, self._distinct), *self._in_text(plain, self._words)]
            else:
                sought = self._distinct if kind == "py" else self._all  # a program has words of its own
                found = list(self._in_text(text, sought))
            yield from ((where, term) for term in found)
        elif term := self._all.touches_bytes(body):
            yield where, term
        elif body[:8] == b"\x89PNG\r\n\x1a\n":
            yield from (("notes of the picture", term) for term in self._in_png(body))

    # ---------------------------------------------------------------- kinds of files

    def _in_text(self, text: str, sought: Matcher) -> Iterator[Term]:
        """Lines of ASCII are read together; the few others are folded, which costs more."""
        if text.isascii():
            parts = [text]
        else:
            lines = text.splitlines(keepends=True)
            parts = ["".join(line for line in lines if line.isascii()), "".join(x for x in lines if not x.isascii())]
        for part in parts:
            for window in _windows(part):
                if term := self._long.in_runs(window):
                    yield term
                if sought.touches(window) and (term := self._not_by_chance(window, sought)):
                    yield term

    def _not_by_chance(self, text: str, sought: Matcher) -> Term | None:
        """A short word between the signs of base64 is none."""
        plain = _RANDOM.sub(lambda run: " " if _is_random(run[0]) else run[0], text)
        return sought.touches(plain) or (self._long.touches(text) if sought is not self._words else None)

    def _in_zip(self, path: str, body: bytes) -> Iterator[tuple[str, Term]]:
        try:
            with zipfile.ZipFile(io.BytesIO(body)) as packed:
                if sum(part.file_size for part in packed.infolist()) > MOST:
                    raise Leaks(f"{path} unpacks to too much to be looked into.")
                for part in packed.infolist():
                    if term := self._all.touches(part.filename) or self._all.touches_bytes(part.comment):
                        yield "names of its parts", term
                    inside = packed.read(part)
                    if part.filename.startswith("xl/"):
                        inside = _PLACES.sub(b" ", inside)
                    yield from self._in_file(part.filename, inside, part.filename)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
            raise Leaks(f"{path} cannot be unpacked, so nobody can say what is in it.") from None

    def _in_pdf(self, path: str, body: bytes) -> Iterator[tuple[str, Term]]:
        try:
            for where, text in readable(body, MOST):
                sought = self._distinct if where == STRUCTURE else self._all
                shown = _without_tags(text) if text.startswith("<?xpacket") else _without_spread(text)
                if term := sought.touches(_without_dots(shown)):
                    yield where, term
        except NotReadable:
            raise Leaks(f"{path} cannot be unpacked, so nobody can say what is in it.") from None

    def _in_png(self, body: bytes) -> Iterator[Term]:
        for kind, payload in _chunks(body):
            if kind in (b"zTXt", b"iTXt", b"iCCP"):
                start = payload.find(b"\0") + 1
                for skip in (start + 1, start + 2, payload.rfind(b"\0") + 1):
                    unpacked = _unpacked(payload[skip:])
                    if unpacked and (term := self._all.touches_json(unpacked)):
                        yield term


def _batches(files: Iterable[File]) -> Iterator[list[File]]:
    """Small files of JSON that follow each other together, every other file alone."""
    batch: list[File] = []
    size = 0
    for file in files:
        small = _is_small_json(file)
        if batch and (not small or size > _BATCH):
            yield batch
            batch, size = [], 0
        if small:
            batch.append(file)
            size += file.size
        else:
            yield [file]
    if batch:
        yield batch


def _is_small_json(file: File) -> bool:
    body = file.body
    return (
        isinstance(body, bytes) and len(body) < _SMALL and file.path.endswith(".json") and body[:1] in b"{["
        and not _ASKED.fullmatch(file.path)
    )  # fmt: skip


@cache
def own_words() -> frozenset[str]:
    """Words that the documents of every bundle are made of: those of the code and the templates that write them."""
    package = Path(__file__).parents[1]
    sources = [*package.glob("foia/**/*.py"), *package.glob("documents/**/*.*"), package / "wording.py"]
    texts = [path.read_text(encoding="utf-8") for path in sorted(sources) if path.suffix in (".py", ".typ")]
    texts = [text if _IS_PROGRAM in text else _DOCUMENTATION.sub("", text) for text in texts]
    return _words("\n".join([*texts, *calendar.month_name, *calendar.month_abbr, *calendar.day_name]))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(fold_text(text).casefold()))


def _without_tags(text: str, *, attributes: bool = False) -> str:
    """What a reader of marked-up text sees, and what stands in quotes in its tags if asked for."""

    seen = _TAG.sub("\n", text)
    if attributes:
        quoted = (one or other for tag in set(_TAG.findall(text)) for one, other in _QUOTED.findall(tag))
        seen = "\n".join([seen, *sorted(set(quoted))])
    return seen


def _windows(text: str) -> Iterator[str]:
    for at in range(0, max(1, len(text)), _WINDOW):
        yield text[max(0, at - _OVERLAP) : at + _WINDOW]


def _without_dots(text: str) -> str:
    """Without the dots that stand between facts on every page: most pages are ASCII then, which is read at once."""
    return text.replace(f" {_DOT}", "   ").replace(f">{_DOT}", ">  ")


def _without_spread(text: str) -> str:
    return _SPREAD.sub(_unless_broken, text) if _BREAK in text else text


def _unless_broken(run: re.Match[str]) -> str:
    """Only what is set to break after its signs is a hash; plain words of these letters are looked at."""
    return " " if _BREAK in run[0] else run[0]


def _is_random(run: str) -> bool:
    """Hashes and base64 mix large letters, small ones and digits; addresses and words seldom do."""
    return any(map(str.isdigit, run)) and any(map(str.isupper, run)) and any(map(str.islower, run))


def _chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 12 <= len(body):
        length = int.from_bytes(body[at : at + 4])
        yield body[at + 4 : at + 8], body[at + 8 : at + 8 + length]
        at += length + 12


def _unpacked(body: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(body, 1 << 20)
    except zlib.error:
        return b""
