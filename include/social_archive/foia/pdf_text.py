"""All text that is anywhere in a PDF: on its pages, in its outline, its metadata, its tags, its earlier revisions.

For looking for words that must not be there, so nothing is laid out: glyphs become text by the fonts' own tables, in
the order in which they are drawn. Objects are taken from the file one after another, whether or not anything still
points to them.
"""

from __future__ import annotations

import codecs
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

_OBJECT: Final = re.compile(rb"(\d+)\s+\d+\s+obj\b")
_END: Final = re.compile(rb"\bstream\r?\n|\bendobj\b")
_LENGTH: Final = re.compile(rb"/Length\s+(\d+)(?!\s+\d+\s+R)")
_REFERENCE: Final = re.compile(rb"/([^\s/<>\[\]()]+)\s+(\d+)\s+\d+\s+R")
_BRACKET: Final = re.compile(rb"[()]")
_STRING: Final = rb"\([^()]*+\)"  # in what `_plain` gives
_STRINGS: Final = re.compile(rb"(" + _STRING + rb")|<([0-9A-Fa-f\s]*)>(?!>)", re.DOTALL)
_DRAWN: Final = re.compile(  # no groups: what is found is told by its first sign
    _STRING + rb"|<[0-9A-Fa-f\s]+>|<<(?:[^<>]|<[0-9A-Fa-f\s]*>)*>>|/[^\s/<>\[\]()]+\s+[-+.\d]+\s+Tf|\bET\b",
    re.DOTALL,
)
_MARK: Final = re.compile(rb"(?<=\n)%[\x80-\xff]{4}\r?\n")
"""The line by which a file says that it is not text (ISO 32000-1, 7.5.2)."""

_CONTENTS: Final = re.compile(rb"/Contents\s*(\[[^\]]*\]|\d+\s+\d+\s+R)")
_BLOCK: Final = re.compile(rb"begin(bfchar|bfrange)\s(.*?)\send\1", re.DOTALL)
_HEX: Final = re.compile(rb"<([0-9A-Fa-f]+)>|(\[)|(\])")
_HYPHEN: Final = re.compile("[-\u00ad\u2010]\n")

STRUCTURE: Final = "structure"
"""Where what is found stands among the format's own words."""

Table = dict[int, str]


class NotReadable(Exception):
    """The file is encrypted, broken, or unpacks to too much."""


@dataclass
class _File:
    structure: list[bytes] = field(default_factory=list)
    objects: dict[int, bytes] = field(default_factory=dict)
    streams: list[tuple[int, bytes, bytes]] = field(default_factory=list)  # number, dictionary, unpacked
    left: int = 0


def readable(body: bytes, most: int) -> Iterator[tuple[str, str]]:
    """(where, text). `most`: bytes that all of it may unpack to. Raises NotReadable."""
    tables: dict[int, Table] = {}
    for file in _revisions(body, most):
        yield from _of_revision(file, tables)


def _of_revision(file: _File, tables: dict[int, Table]) -> Iterator[tuple[str, str]]:
    outside = _MARK.sub(b"", b"\n".join(file.structure), count=1)
    yield STRUCTURE, outside.decode("latin-1")
    yield "metadata and outline", "\n".join(map(_as_text, _strings(outside)))
    tables |= {number: _table(content) for number, _, content in file.streams if b"begincmap" in content}
    fonts, pages = _Fonts(file), []
    for number, head, content in file.streams:
        if b"/Metadata" in head or b"/EmbeddedFile" in head or b"/ObjStm" in head:
            yield "metadata and outline", content.decode("utf-8", "replace")
        elif b"Tf" in content and b"BT" in content:
            pages.append(_drawn(content, fonts.of(number, head), tables))
    if pages:
        yield "pages", "\n".join(pages)
    if broken := [text for text in pages if _HYPHEN.search(text)]:
        yield "pages", "\n".join(_HYPHEN.sub("", text) for text in broken)


def _revisions(body: bytes, most: int) -> Iterator[_File]:
    """The file as it was each time it was saved: a later one may only hide what an earlier one shows."""
    file, at = _File(left=most), 0
    while found := _OBJECT.search(body, at):
        if b"%%EOF" in body[at : found.start()]:
            yield _whole(file)
            file = _File(objects=dict(file.objects), left=file.left)
        end = _END.search(body, found.end())
        if end is None:
            raise NotReadable
        file.structure.append(body[at : end.start()])
        head = body[found.end() : end.start()]
        file.objects[int(found[1])] = head
        at = end.end()
        if not end[0].startswith(b"endobj"):
            length = _LENGTH.search(head)
            stop = body.find(b"endstream", at + int(length[1]) if length else at)
            if stop < 0:
                raise NotReadable
            _take_stream(file, int(found[1]), head, body[at:stop])
            at = stop
    file.structure.append(body[at:])
    yield _whole(file)


def _whole(file: _File) -> _File:
    if not file.objects or any(b"/Encrypt" in part for part in file.structure):
        raise NotReadable
    return file


def _take_stream(file: _File, number: int, head: bytes, content: bytes) -> None:
    if b"/FontFile" in head or b"CIDFontType0C" in head or b"/Image" in head:
        return
    if b"/FlateDecode" in head:
        unpacking = zlib.decompressobj()
        try:
            content = unpacking.decompress(content, file.left)
        except zlib.error:
            raise NotReadable from None
        file.left -= len(content)
        if unpacking.unconsumed_tail or file.left <= 0:
            raise NotReadable
    file.streams.append((number, head, content))
    if b"/ObjStm" in head:
        _take_packed(file, head, content)


def _take_packed(file: _File, head: bytes, content: bytes) -> None:
    """Objects that are packed together in a stream."""
    first = re.search(rb"/First\s+(\d+)", head)
    if first is None:
        raise NotReadable
    start = int(first[1])
    numbers = [int(word) for word in content[:start].split()]
    places = [*numbers[1::2], len(content) - start]
    for number, begin, end in zip(numbers[::2], places, places[1:], strict=False):
        file.objects[number] = content[start + begin : start + end]
    file.structure.append(content[start:])


# --------------------------------------------------------------------------- pages


@dataclass
class _Fonts:
    """Which fonts a stream means by their names: those of its page; where no page has it, those of the whole file."""

    file: _File
    pages: dict[int, list[bytes]] = field(default_factory=dict)  # a stream -> the pages and forms that it is of

    def __post_init__(self) -> None:
        for page in self.file.objects.values():
            if b"/Contents" in page and (contents := _CONTENTS.search(page)):
                for number in re.findall(rb"(\d+)\s+\d+\s+R", contents[1]):
                    self.pages.setdefault(int(number), []).append(page)

    def of(self, number: int, head: bytes) -> dict[bytes, int]:
        """Name -> the object of the font's table."""
        owners = [head, *self.pages.get(number, ())]
        shared = [n for owner in owners for n in re.findall(rb"/Resources\s+(\d+)", owner)]
        named = [*owners, *(self.file.objects.get(int(n), b"") for n in shared)]
        found = self._named(b"\n".join(named))
        return found or self._all

    @cached_property
    def _all(self) -> dict[bytes, int]:
        return self._named(b"\n".join(self.file.objects.values()))

    def _named(self, resources: bytes) -> dict[bytes, int]:
        fonts = {}
        for names in re.findall(rb"/Font\s*<<(.*?)>>", resources, re.DOTALL):
            for name, font in _REFERENCE.findall(names):
                if table := re.search(rb"/ToUnicode\s+(\d+)", self.file.objects.get(int(font), b"")):
                    fonts[name] = int(table[1])
        return fonts


@dataclass
class _Run:
    """What is drawn without a break: glyphs of one font, as they are escaped; or text that is told as such."""

    font: bytes | None
    glyphs: bytes = b""
    text: str = ""


def _drawn(content: bytes, fonts: dict[bytes, int], tables: dict[int, Table]) -> str:
    """The text of a page. The glyphs of one font go through its table all at once."""
    runs = list(_runs(content))
    for font in {run.font for run in runs if run.glyphs}:
        own = [run for run in runs if run.glyphs and run.font == font]
        table = tables.get(fonts.get(font or b"", -1))
        for run, text in zip(own, _texts([run.glyphs for run in own], table), strict=True):
            run.text = text
    return "".join(run.text for run in runs)


def _runs(content: bytes) -> Iterator[_Run]:
    font: bytes | None = None
    glyphs: list[bytes] = []
    for found in _DRAWN.findall(_plain(content)):
        sign = found[:1]
        if sign == b"(":
            glyphs.append(found[1:-1])
            continue
        if sign == b"<" and found[1:2] != b"<":
            glyphs.append(b"".join(b"\\%03o" % byte for byte in bytes.fromhex(_even(found[1:-1]))))
            continue
        beside = found[2:-2] if sign == b"<" else b""
        if beside and not (b"(" in beside or b"<" in beside):
            continue
        if glyphs:
            yield _Run(font, b"".join(glyphs))
            glyphs = []
        if beside:  # text for those who cannot see the glyphs
            for told in _strings(beside):
                if told[:2] == b"\xfe\xff":
                    yield _Run(None, text=f" {_as_text(told)} ")
        elif sign == b"/":
            font = found[1:].split(None, 1)[0]
        else:
            yield _Run(None, text="\n")
    if glyphs:
        yield _Run(font, b"".join(glyphs))


_END_OF_RUN: Final = b"\xff\xff"


def _texts(glyphs: Sequence[bytes], table: Table | None) -> Sequence[str]:
    if table is None:
        return [_by_numbers(run).decode("latin-1") for run in glyphs]
    told = _through(_by_numbers(_END_OF_RUN.join(glyphs)), {**table, 0xFFFF: "\uffff"}).split("\uffff")
    if len(told) == len(glyphs):
        return told
    return [_through(_by_numbers(run), table) for run in glyphs]  # half a glyph somewhere, or one of that number


def _through(drawn: bytes, table: Table) -> str:
    return drawn[: len(drawn) // 2 * 2].decode("utf-16-be", "surrogatepass").translate(table)


def _table(content: bytes) -> Table:
    """A font's own table from its glyphs to text."""
    table: Table = {}
    for kind, block in _BLOCK.findall(content):
        told = [(bytes.fromhex(_even(digits)) if digits else sign) for digits, sign, end in _HEX.findall(block)
                for sign in [sign or end]]  # fmt: skip
        if kind == b"bfchar":
            for code, text in zip(told[::2], told[1::2], strict=False):
                table[int.from_bytes(code)] = text.decode("utf-16-be", "replace")
            continue
        while len(told) >= 3:
            first, last = int.from_bytes(told[0]), int.from_bytes(told[1])
            if told[2] == b"[":
                stop = told.index(b"]")
                texts = [text.decode("utf-16-be", "replace") for text in told[3:stop]]
                table |= dict(zip(range(first, last + 1), texts, strict=False))
                told = told[stop + 1 :]
            else:
                start = int.from_bytes(told[2])
                for code in range(first, min(last, first + 0xFFFF) + 1):
                    table[code] = (start + code - first).to_bytes(len(told[2])).decode("utf-16-be", "replace")
                told = told[3:]
    return table


# --------------------------------------------------------------------------- strings


def _strings(text: bytes) -> Iterator[bytes]:
    for literal, in_hex in _STRINGS.findall(_plain(text)):
        yield _by_numbers(literal[1:-1]) if literal else bytes.fromhex(_even(in_hex))


def _plain(text: bytes) -> bytes:
    """Backslashes and brackets in strings by their numbers, so that a string ends at the first bracket.

    Brackets may stand in a string as they are, as deep in each other as they like, if only each has its other one
    (ISO 32000-1, 7.3.4.2); glyphs of those numbers do so by chance.
    """
    escaped = text.replace(rb"\\", rb"\134").replace(rb"\(", rb"\050").replace(rb"\)", rb"\051")
    parts, at, depth = [], 0, 0
    for found in _BRACKET.finditer(escaped):
        opens = found[0] == b"("
        if depth > (not opens):
            parts += [escaped[at : found.start()], rb"\050" if opens else rb"\051"]
            at = found.end()
        depth = max(0, depth + (1 if opens else -1))
    return b"".join([*parts, escaped[at:]]) if depth == 0 else escaped  # one that never ends: as it is, if need be


def _by_numbers(literal: bytes) -> bytes:
    """What a string says whose backslashes and brackets stand by their numbers."""
    told: bytes = codecs.escape_decode(literal)[0]
    return told


def _even(digits: bytes) -> str:
    text = b"".join(digits.split()).decode()
    return text + "0" * (len(text) % 2)


def _as_text(told: bytes) -> str:
    return told[2:].decode("utf-16-be", "replace") if told[:2] == b"\xfe\xff" else told.decode("utf-8", "replace")
