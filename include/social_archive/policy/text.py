"""The copy of a text that is matched, and the way back from it to the text as it was posted.

Matching runs on a folded copy, so that full-width letters, zero-width joiners or a Cyrillic `а` in a Latin word hide
nothing. Evidence always points into the original. Folding is per character, so every folded character knows where it
came from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

_LOOKALIKES: Final = {
    "Cyrillic": ("аАВвЕеЁёЗзІіЇїЈјКкМНОоРрСсТУуХхҮүҺһԁԌԚԛԜԝЅѕ", "aABbEeEe33IiIiJjKkMHOoPpCcTYyXxYyHhdGQqWwSs"),
    "Greek": ("ΑαΒΕΖΗΙιΚκΜΝνΟοΡρΤΥυΧχϹϲϳ", "AaBEZHIiKkMNvOoPpTYuXxCcj"),
    "Armenian": ("օՕսՍոհցզ", "oOuUnhgq"),
}  # fmt: skip
"""Letters that look like ASCII ones. Chosen from confusables.txt of Unicode Technical Standard 39."""

_MARKS: Final = ((0x0300, 0x036F), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F))
_INVISIBLE: Final = frozenset({0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0})
_PLAIN: Final = str.maketrans(
    dict.fromkeys("‘’‛′", "'") | dict.fromkeys("“”„″", '"') | dict.fromkeys("‐‑‒–—―−", "-") | {"…": "...", "⁄": "/"}
)
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True)
class Folded:
    """A text's folded copy. `offsets[i]` is where the i-th folded character began; None: at the same place."""

    text: str
    length: int  # of the original, characters
    offsets: np.ndarray[Any, np.dtype[np.int64]] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The part of the original that a part of the folded copy came from, with what was stripped inside of it."""
        if self.offsets is None:
            return start, end
        before = self.length if start >= len(self.offsets) else int(self.offsets[start])
        return before, self.length if end >= len(self.offsets) else int(self.offsets[end])


def fold(text: str) -> Folded:
    """NFKC, without zero-width characters and diacritics, plain quotes and dashes, look-alikes as what they look like.

    Letters of another script are folded only inside of words that mix them with Latin ones: a word that is Russian as
    a whole stays Russian (Unicode Technical Standard 39, mixed-script detection). Case stays.
    """
    if text.isascii():
        return Folded(text, len(text))
    folded = text.translate(_FOLDS)
    offsets = None
    if any(char in _FOLDS.moving for char in set(text)):
        widths = np.fromiter((len(_FOLDS[ord(char)]) for char in text), dtype=np.int64, count=len(text))
        offsets = np.repeat(np.arange(len(text), dtype=np.int64), widths)
    return Folded(_unmixed(folded), len(text), offsets)


class _Folds(dict[int, str]):
    """Code point -> what it is folded to, found out when it is first met."""

    def __init__(self) -> None:
        super().__init__()
        self.moving: set[str] = set()  # characters whose folded form is not one character long

    def __missing__(self, code: int) -> str:
        found = self[code] = _folded(chr(code))
        if len(found) != 1:
            self.moving.add(chr(code))
        return found


def _folded(char: str) -> str:
    """One character until nothing changes any more (a spacing accent, say, is a space and a mark)."""
    before, folded = "", char
    while folded != before:
        before, folded = folded, "".join(_levelled(c) for c in folded)
    return folded


def _levelled(char: str) -> str:
    if char.isascii():
        return char
    if _is_invisible(char) or _is_mark(ord(char)):
        return ""
    if unicodedata.category(char) == "Cs":  # half of a character: no engine takes it
        return "\ufffd"
    plain = unicodedata.normalize("NFKC", char).translate(_PLAIN)
    bases = (c for part in plain for c in _without_marks(part))
    return "".join(str(unicodedata.digit(c)) if c.isdecimal() else " " if c.isspace() else c for c in bases)


def _without_marks(char: str) -> str:
    parts = unicodedata.normalize("NFD", char)
    if len(parts) == 1 or not any(_is_mark(ord(part)) for part in parts):
        return char
    return "".join(part for part in parts if not _is_mark(ord(part)))


def _is_mark(code: int) -> bool:
    return any(first <= code <= last for first, last in _MARKS)


def _is_invisible(char: str) -> bool:
    code = ord(char)
    selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF
    return selector or code in _INVISIBLE or unicodedata.category(char) == "Cf"


_FOLDS: Final = _Folds()
_LATIN: Final = str.maketrans(
    "".join(letters for letters, _ in _LOOKALIKES.values()), "".join(latin for _, latin in _LOOKALIKES.values())
)
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
_MIXED: Final = re.compile(f"[{''.join(letters for letters, _ in _LOOKALIKES.values())}]")


def _unmixed(text: str) -> str:
    if not _MIXED.search(text):
        return text
    return _WORD.sub(lambda word: word[0].translate(_LATIN) if re.search("[A-Za-z]", word[0]) else word[0], text)


def fold_text(text: str) -> str:
    """`fold(text).text`, for whoever needs no way back: of a text that is mostly ASCII only the rest is looked at."""
    if text.isascii():
        return text
    return _unmixed(_NOT_ASCII.sub(lambda run: run[0].translate(_FOLDS), text))


def latinised(text: str) -> str:
    """Every look-alike as the Latin letter it looks like, also in words that have no Latin one. As long as before."""
    return text.translate(_LATIN) if _MIXED.search(text) else text


def fold_all(texts: Iterable[str | None]) -> list[Folded]:
    """`fold` over a column; null is empty."""
    return [fold(text or "") for text in texts]
