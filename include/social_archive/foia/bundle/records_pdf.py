"""The records as people read them, on paper: PDF/A in parts, each of a fixed number of hits.

What cannot be set with the fonts of the document is put into words or codes, never left out, and the page says where it
stands as it was written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from social_archive.documents.figures import count, counted, volume
from social_archive.foia.bundle import load_files
from social_archive.foia.bundle.model import Contents, File
from social_archive.foia.bundle.pieces import pieces
from social_archive.foia.bundle.press import HERE, Press, Sheet
from social_archive.foia.bundle.reading import Attachment, Entry, Group, Said, groups

TEMPLATE: Final = "foia/records.typ"
FOLDER: Final = "3-records"
PART: Final = 250
"""Hits of one part. Measured: larger ones take more memory, smaller ones more time."""
DEEPEST: Final = 7
"""So deep answers are indented; below that the level is written out."""

_COUNT: Final = re.compile(rb"/Type\s*/Pages\b[^>]*?/Count (\d+)")


@dataclass(frozen=True)
class PartOf:
    """One file: `number` from 1; `begins`: the file in which the thread began that it goes on with, "" for none."""

    number: int
    of: int
    groups: tuple[Group, ...]
    begins: str

    @property
    def name(self) -> str:
        return part_name(self.number)

    @property
    def controls(self) -> list[str]:
        return [entry.control for group in self.groups for entry in group.entries]


def write(contents: Contents, press: Press = HERE) -> Iterable[File]:
    """`3-records/records-001.pdf` and so on. One part even if there was no hit: it says so.

    Where load files were asked for, the one that counts pages comes from here.
    """
    cut = parts(groups(contents))
    sheets = (Sheet(f"{FOLDER}/{part.name}", content(contents, part)) for part in cut)
    pages: list[tuple[str, int]] = []
    for part, file in zip(cut, press.files(TEMPLATE, sheets, contents.at), strict=True):
        if contents.options.load_files:
            pages.append((part.name, _pages(file.body)))
        yield file
    if contents.options.load_files:
        yield load_files.opt(FOLDER, pages)


def _pages(pdf: bytes | Path) -> int:
    """How many pages a file says that it has: the count of the root of its page tree, which counts all."""
    return max(int(found) for found in _COUNT.findall(pdf if isinstance(pdf, bytes) else pdf.read_bytes()))


def part_name(number: int) -> str:
    return f"records-{number:03d}.pdf"


def parts(found: Sequence[Group], size: int = PART) -> list[PartOf]:
    """The groups cut into parts of `size` hits, in their order."""
    flat = [(group, entry) for group in found for entry in group.entries]
    chunks = [flat[at : at + size] for at in range(0, len(flat), size)] or [[]]
    made, start = [], 1
    for number, chunk in enumerate(chunks, 1):
        goes_on = bool(chunk) and chunk[0][1].depth > 0
        start = start if goes_on else number
        made.append(PartOf(number, len(chunks), tuple(_regrouped(chunk)), part_name(start) if goes_on else ""))
        if any(entry.depth == 0 for _, entry in chunk):
            start = number
    return made


def _regrouped(chunk: Sequence[tuple[Group, Entry]]) -> Iterator[Group]:
    own: dict[tuple[str, str], tuple[Group, list[Entry]]] = {}
    for group, entry in chunk:
        own.setdefault((group.platform, group.account), (group, []))[1].append(entry)
    for group, entries in own.values():
        yield Group(group.platform, group.account, group.title, tuple(entries))


# --------------------------------------------------------------------------- what stands on the pages


def content(contents: Contents, part: PartOf) -> dict[str, Any]:
    controls = sorted(part.controls)
    body, request = contents.agency.body.name, contents.request
    return {
        "title": f"Records for request {request.number}, part {part.number} of {part.of}",
        "body": body,
        "number": request.number,
        "part": f"part {part.number} of {part.of}",
        "span": "no records" if not controls else f"{controls[0]} to {controls[-1]}",
        "count": counted(len(controls), "record"),
        "begins": part.begins,
        "groups": [{"title": pieces(g.title, ()), "count": counted(len(g.entries), "record"),
                    "entries": [_entry(entry) for entry in g.entries]} for g in part.groups],
    }  # fmt: skip


def _entry(entry: Entry) -> dict[str, Any]:
    shown: dict[str, Any] = {"c": entry.control, "d": min(entry.depth, DEEPEST)}
    if entry.codes:
        shown["x"] = entry.codes
    if not entry.versions:
        return shown | {"end": entry.ending}
    if entry.answers:
        shown["answers"] = entry.answers
    kind = entry.kind + (f", level {entry.depth}" if entry.depth > DEEPEST else "")
    versions, several = entry.versions, len(entry.versions)
    shown["v"] = [_said(said, kind, f"version {i} of {several}" if several > 1 else "",
                        versions[i - 2] if i > 1 else None) for i, said in enumerate(versions, 1)]  # fmt: skip
    return shown


def _said(said: Said, kind: str, label: str, before: Said | None) -> dict[str, Any]:
    """One version; who and where stand there again only if they are others than in the version before it."""
    same = before is not None and (before.who, before.handle) == (said.who, said.handle)
    aside = "".join([f" {said.handle}" if said.handle else "", f" \u00b7 {kind}" if kind else ""])
    text = pieces(said.text, said.codes)
    more = {
        "label": label, "who": "" if same else pieces(said.who, said.codes),
        "aside": "" if same else pieces(aside, said.codes), "official": said.official, "state": said.state,
        "removed": f"redacted \u00b7 {said.removed}" if said.removed else "",
        "below": [pieces(line, said.codes) for line in _below(said, text, before)],
    }  # fmt: skip
    return {"times": _times(said), "text": text, **{name: value for name, value in more.items() if value}}


def _times(said: Said) -> str:
    told = [_time("posted", said.posted) if said.posted[0] else "when it was posted is not known"]
    if said.edited[0]:
        told.append(_time("edited", said.edited))
    return " \u00b7 ".join([*told, _time("captured", said.captured)])


def _time(what: str, moment: tuple[str, str]) -> str:
    """Local time with its zone, and UTC: its date only where that is another."""
    local, utc = moment
    return f"{what} {local} ({utc.removeprefix(f'{local[:10]} ')})"


def _below(said: Said, text: Any, before: Said | None) -> Iterator[str]:
    """What stands under a text, one thing a line."""
    yield from (f"link \u00b7 {link}" for link in said.links)
    yield from map(_attachment, said.attachments)
    if said.permalink and (before is None or before.permalink != said.permalink):
        yield f"address \u00b7 {said.permalink}"
    if any(isinstance(one, list) and one[0] == "u" for one in text):
        yield "What these fonts cannot show stands by its name or code; as it was written it is in records.html."


def _attachment(one: Attachment) -> str:
    facts = [one.mime or "of unknown kind", volume(one.size) if one.size and one.file else "", one.remark]
    named = one.file or f"attachment {count(one.number + 1)}"
    described = f", described as \u201c{one.alt}\u201d" if one.alt else ""
    return f"attachment \u00b7 {named} ({', '.join(fact for fact in facts if fact)}){described}"
