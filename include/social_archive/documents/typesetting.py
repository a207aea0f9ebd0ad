"""One way from data to a PDF that lasts: Typst, PDF/A-2a and PDF/UA-1, the fonts that come with Typst.

A template gets its data as JSON (`json(bytes(sys.inputs.data))`), so nothing that somebody wrote can become markup.
The same data and time give the same bytes on every machine: fonts of the system are not looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from social_archive.errors import ArchiveError

STANDARDS: Final = ("a-2a", "ua-1")
_TEMPLATES: Final = Path(__file__).parent

# What the fonts inside Typst can show. A glyph that is missing would make the file no PDF/A.
_SHOWN: Final = re.compile(
    "[^\n\x20-\x7e\xa0-\xac\xae-\u017f\u0391-\u03a1\u03a3-\u03ce\u0401-\u045f"
    "\u2010-\u2015\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122\u2192]"
)
_LACKING: Final = re.compile(f"(?:{_SHOWN.pattern})+")


class NotTypeset(ArchiveError):
    """Typst refused. The message has its reason, which names no content."""

    remedy = "Report this with the message. The JSON file does not need the PDF: nothing of it is lost."


def pdf(template: str, data: dict[str, Any], *, at: datetime) -> bytes:
    """The PDF that a template of this folder makes of `data`. `at` is the document's date."""
    import typst

    with _refusals():
        made: bytes = typst.compile(
            **source(template, data), timestamp=at.replace(microsecond=0), pdf_standards=list(STANDARDS)
        )
    return made


def pages(template: str, data: dict[str, Any]) -> int:
    """How many pages `pdf` would make: the template says so itself, under the label `<pages>`."""
    import typst

    with _refusals():
        return int(typst.query(**source(template, data), selector="<pages>", field="value", one=True))


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """`text` in runs: (can the fonts show it, the run). A run that they lack is put into words by the caller."""
    at = 0
    for found in _LACKING.finditer(text):
        if found.start() > at:
            yield True, text[at : found.start()]
        yield False, found.group()
        at = found.end()
    if at < len(text):
        yield True, text[at:]


def source(template: str, data: dict[str, Any]) -> dict[str, Any]:
    """The arguments of any call of Typst for a template of this folder and its data."""
    shown = json.dumps(_printable(data), ensure_ascii=True)
    return {"input": str(_TEMPLATES / template), "root": str(_TEMPLATES), "sys_inputs": {"data": shown},
            "ignore_system_fonts": True}  # fmt: skip


@contextmanager
def _refusals() -> Iterator[None]:
    import typst

    try:
        yield
    except typst.TypstError as error:
        raise NotTypeset(f"The document could not be typeset: {str(error).splitlines()[0]}.") from None


def _printable(value: Any) -> Any:
    """The same data with every character that the fonts lack shown by its code: ‹U+4E2D›."""
    if isinstance(value, str):
        if value.isascii() and value.isprintable():
            return value
        return _SHOWN.sub(lambda found: f"‹U+{ord(found.group()):04X}›", value)
    if isinstance(value, dict):
        return {key: _printable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(inner) for inner in value]
    return value
