"""The ways in which one text can be read: what a person hides in is seldom written out plainly.

A name stands in an address as `Zelda%20Quillfeather`, in JSON as `\\u005aelda`, in HTML as `&#90;elda` or with a tag in
the middle. Each reading is a copy in which one more layer is taken off, folded and without case, that knows which part
of the original each of its characters came from.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np

from social_archive.policy.text import fold, fold_text, latinised

Offsets = np.ndarray[Any, np.dtype[np.int64]]
"""Where each character of a copy began in what it was made from, and at the end the length of that."""

_LAYERS: Final = 4
"""An address in an attribute in JSON has three. What is wrapped more often was wrapped to hide it from machines."""

_HEX: Final = "[0-9a-f]"
_ESCAPES: Final = (  # the sign first, then what follows which: so that most of a text is passed over quickly
    rf"(?:(?<=%)(?:[0-7]{_HEX}|[cd]{_HEX}%[89ab]{_HEX}|e{_HEX}(?:%[89ab]{_HEX}){{2}}"
    rf"|f[0-7](?:%[89ab]{_HEX}){{3}}|[89a-f]{_HEX})"
    rf"|(?<=\\)(?:ud[89ab]{_HEX}{{2}}\\ud[c-f]{_HEX}{{2}}|u{_HEX}{{4}}|x{_HEX}{{2}}|[/\"'\\nrtbf])"
    rf"|(?<=&)(?:#[0-9]{{1,7}};?|#x{_HEX}{{1,6}};?|[a-z][a-z0-9]{{1,30}};)"
    rf"|(?<=‹)u\+{_HEX}{{4,6}}›|(?<=_)x{_HEX}{{4}}_)"  # as the PDFs write what their fonts lack, and spreadsheets
)
_ESCAPED: Final = re.compile(rf"[%\\&‹_]{_ESCAPES}")
_ESCAPED_WITHOUT_X: Final = re.compile(rf"[%\\&‹]{_ESCAPES}")  # names of fields are full of `_`
_POINTS: Final = re.compile(  # vowels that Arabic and Hebrew write above and below letters, or do not; and the stretch
    "[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]"
)
_TAG: Final = re.compile(r"<[a-z/!?][^<>]*>")
_SPECIAL: Final = ("<", "&", "%", "\\", "_x", "‹")


@dataclass(frozen=True)
class Reading:
    """`offsets` None: each character is where it is in the original, or nobody asked."""

    text: str
    offsets: Offsets | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original that a part of this copy came from; a character that became several comes whole."""
        if self.offsets is None:
            return start, end
        last = self.offsets[end - 1]
        while end < len(self.offsets) - 1 and self.offsets[end] == last:
            end += 1
        return int(self.offsets[start]), int(self.offsets[end])


def readings(text: str, *, located: bool = False) -> Iterator[Reading]:
    """Every reading of a text, the plain one first. `located`: with the way back to the original."""
    if text.isascii() and not _is_special(text):
        yield Reading(text.lower())
        return
    reading = _plain(Reading(text), located)
    for _ in range(_LAYERS):
        yield from _alike(reading)
        if not _is_special(reading.text):
            break
        escaped = _ESCAPED if "_x" in reading.text else _ESCAPED_WITHOUT_X
        further = _plain(_replaced(reading, escaped, _character, located), located)
        if further.text == reading.text:
            break
        reading = further
    else:
        yield from _alike(reading)
    if "<" in reading.text:
        yield from _alike(_replaced(reading, _TAG, "", located))


def _is_special(text: str) -> bool:
    return any(sign in text for sign in _SPECIAL)


def _alike(reading: Reading) -> Iterator[Reading]:
    yield reading
    if reading.text.isascii():
        return
    latin = latinised(reading.text)
    if latin != reading.text:
        yield Reading(latin, reading.offsets)


def _plain(reading: Reading, located: bool) -> Reading:
    if not located:
        text = fold_text(reading.text).casefold()
        return Reading(text if text.isascii() else _POINTS.sub("", text))
    folded = fold(reading.text)
    text = folded.text.casefold()
    offsets = reading.offsets
    if folded.offsets is not None:
        offsets = _through(np.append(folded.offsets, folded.length), offsets)
    if len(text) != len(folded.text):
        text, widened = _casefolded(folded.text)
        offsets = _through(widened, offsets)
    return _replaced(Reading(text, offsets), _POINTS, "", located)


def _casefolded(text: str) -> tuple[str, Offsets]:
    parts = [char.casefold() for char in text]
    starts = np.repeat(np.arange(len(text), dtype=np.int64), [len(part) for part in parts])
    return "".join(parts), np.append(starts, len(text))


def _replaced(reading: Reading, pattern: re.Pattern[str], by: str | Callable[[str], str], located: bool) -> Reading:
    text = reading.text
    if not located:
        return Reading(pattern.sub(by if isinstance(by, str) else lambda match: by(match[0]), text))
    parts, starts, at = [], [], 0
    for match in pattern.finditer(text):
        new = by if isinstance(by, str) else by(match[0])
        parts += [text[at : match.start()], new]
        starts += [np.arange(at, match.start(), dtype=np.int64), np.full(len(new), match.start(), dtype=np.int64)]
        at = match.end()
    if not parts:
        return reading
    parts.append(text[at:])
    starts.append(np.arange(at, len(text) + 1, dtype=np.int64))
    return Reading("".join(parts), _through(np.concatenate(starts), reading.offsets))


def _through(offsets: Offsets, before: Offsets | None) -> Offsets:
    return offsets if before is None else before[offsets]


_SHORT: Final = {"n": "\n", "r": "\r", "t": "\t", "b": " ", "f": " "}


@lru_cache(4096)
def _character(escaped: str) -> str:
    """What an escape stands for; the escape itself where it stands for nothing."""
    if escaped[0] == "&":
        return html.unescape(escaped)
    if escaped[0] == "%":
        encoded = bytes.fromhex(escaped.replace("%", ""))
        try:
            return encoded.decode()
        except UnicodeDecodeError:
            return encoded.decode("latin-1") if len(encoded) == 1 else escaped
    if escaped[0] in "‹_":
        code = int(escaped.strip("‹›_ux+"), 16)
        return "\ufffd" if 0xD800 <= code <= 0xDFFF or code > 0x10FFFF else chr(code)
    if escaped[1] in "ux":
        units = [int(unit, 16) for unit in re.findall(r"[0-9a-f]{2,4}", escaped)]
        if len(units) == 2:
            return chr(0x10000 + ((units[0] & 0x3FF) << 10) + (units[1] & 0x3FF))
        return "\ufffd" if 0xD800 <= units[0] <= 0xDFFF else chr(units[0])
    return _SHORT.get(escaped[1], escaped[1])
