"""Finds words that must not leave, however and wherever they are written.

One quick look for the anchors of all terms (`anchors.py`) says which terms a text may hold, and where; only for those
is it looked into closely. What it is asked for is never told in an error or a log.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any, Final

from social_archive.foia.anchors import Anchors, linear
from social_archive.foia.dispositions import Row, Term
from social_archive.foia.readings import Reading, readings
from social_archive.foia.runs import base64_places, base64_runs, decoded
from social_archive.foia.spellings import Spelling, spell
from social_archive.policy.text import fold_text

Span = tuple[int, int, Term]

_SURE: Final = 5
"""Letters from which on a term in the bytes of a picture or a film is no accident."""


_PRINTED: Final = linear(rb"[\x20-\x7e\t\r\n]{16,}")
_PERCENT: Final = linear(rb"[\w.~+-]{0,40}(?:%[0-9A-Fa-f]{2}[\w.~+-]{0,40}){2,}")


class Matcher:
    """Looks for terms. Cheap to ask, dear to make: one serves a whole bundle."""

    def __init__(self, terms: Iterable[Term]) -> None:
        """Raises NothingToFind."""
        self._spellings = list({(s.source, s.term.code): s for s in map(spell, terms)}.values())
        self._anchors = Anchors(self._spellings)

    def __bool__(self) -> bool:
        return bool(self._spellings)

    @property
    def codes(self) -> set[str]:
        return {spelling.term.code for spelling in self._spellings}

    @property
    def spellings(self) -> Sequence[Spelling]:
        return self._spellings

    @cached_property
    def long(self) -> Matcher:
        """Of the terms that stand nowhere by accident: for what is packed, and may say anything by chance."""
        return Matcher([spelling.term for spelling in self._sure])

    def spans(self, text: str) -> list[Span]:
        """Where terms stand, in characters of the text as it is: in order, none over another; where several lie over
        each other, all of them as one, under the longest one's term."""
        if not self._spellings or not any(self._anchors.may_stand_in(reading.text) for reading in readings(text)):
            return []
        found = [
            (*reading.span(match.start(), match.end()), spelling.term)
            for reading in readings(text, located=True)
            for spelling in map(self._spellings.__getitem__, self._anchors.held(reading.text))
            for match in _each(spelling.exact, reading.text)
        ]
        return _merged(found)

    def touches(self, text: str | None) -> Term | None:
        """The first of the terms that stands in a text in any of its readings."""
        if not text or not self._spellings:
            return None
        return next((term for reading in readings(text) if (term := self._in_reading(reading))), None)

    def places(self, text: str) -> Iterator[tuple[str, list[int]]]:
        """Each reading of a text, and the characters of it at which a term may stand; then the text as it is, and where
        in it a term stands in base64."""
        for reading in readings(text):
            held = self._anchors.held(reading.text) if self._anchors.may_stand_in(reading.text) else {}
            yield reading.text, sorted({place for places in held.values() for place in places})
        runs = base64_places(text.encode("ascii", "replace"), hashes=False)
        yield text, [at for at, run in runs if any(self.long.touches(said) for said in decoded(run))]

    def standing_in(self, text: str) -> set[re.Pattern[str]]:
        """What is looked for of all the terms that stand in a text in any of its readings."""
        return {
            self._spellings[i].exact
            for reading in readings(text)
            for i, places in self._anchors.held(reading.text).items()
            if self._spellings[i].stands_at(reading.text, places)
        }

    def touches_json(self, body: bytes) -> Term | None:
        """In JSON: keys, text with its escapes undone, numbers as they are written. What is no JSON is read as text."""
        return self.touches(as_text(body))

    def touches_bytes(self, body: bytes) -> Term | None:
        """In a file that is not text: as UTF-8, UTF-16, percent-encoded, or in base64.

        Short terms are looked for in its printable passages only: elsewhere they are noise.
        """
        if not self._spellings:
            return None
        if found := self._in_raw(body):
            return found
        for passage in self._passages(body):
            if found := self.touches(passage):
                return found
        return None

    def in_runs(self, text: str) -> Term | None:
        """In what stands in base64 in a text. Hexadecimal digits are hashes and proofs: they say no words."""
        if not self._spellings:
            return None
        runs = base64_runs(text.encode("ascii", "replace"), hashes=False)
        return next((found for run in runs for said in decoded(run) if (found := self.touches(said))), None)

    # ---------------------------------------------------------------- one reading

    def _in_reading(self, reading: Reading) -> Term | None:
        return _first(self._spellings, self._anchors, reading.text)

    # ---------------------------------------------------------------- bytes

    @cached_property
    def _sure(self) -> list[Spelling]:
        return [spelling for spelling in self._spellings if spelling.size >= _SURE]

    @cached_property
    def _sure_anchors(self) -> Anchors:
        return Anchors(self._sure)

    @cached_property
    def _wide(self) -> Any:
        """Anchors as they stand in UTF-16, either way round."""
        literals = [s.literal for s in self._sure if s.literal]
        return _quick([re.escape(text.encode(code)) for text in literals for code in ("utf-16-le", "utf-16-be")])

    @cached_property
    def _plain(self) -> Any:
        return _quick([form for s in self._sure if not s.digits
                       for form in (_forms(s) if s.literal else [s.anchor])])  # fmt: skip

    def _in_raw(self, body: bytes) -> Term | None:
        for quick, step in ((self._plain, 1), (self._wide, 2)):
            at = 0
            while quick and (hit := quick.search(body, at)):
                for text in _around(body, hit.start(), hit.end(), step):
                    if found := self._sure_in(text):
                        return found
                at = hit.start() + 1
        texts = (text for at in self._sure_anchors.places_of_numbers(body) for text in _around(body, at, at + 1, 1))
        return next((found for text in texts if (found := self._sure_in(text))), None)

    def _sure_in(self, text: str) -> Term | None:
        found = (_first(self._sure, self._sure_anchors, reading.text) for reading in readings(text))
        return next((term for term in found if term), None)

    def _passages(self, body: bytes) -> Iterator[str]:
        for run in _PRINTED.finditer(body):
            if self._anchors.may_stand_in(run[0].decode("ascii").lower()):
                yield run[0].decode("ascii")
        for run in _PERCENT.finditer(body) if b"%" in body else ():
            yield run[0].decode("latin-1")
        for run in base64_runs(body) if self._sure else ():
            yield from decoded(run)


def _first(spellings: Sequence[Spelling], anchors: Anchors, reading: str) -> Term | None:
    """The first of the spellings that stands in a reading."""
    held = anchors.held(reading) if anchors.may_stand_in(reading) else {}
    return next((spellings[i].term for i, places in held.items() if spellings[i].stands_at(reading, places)), None)


def _quick(sources: Sequence[bytes]) -> Any:
    """One alternation over bytes, case of ASCII letters aside; None if there is nothing to look for."""
    return linear(b"(?i)" + b"|".join(sorted(set(sources)))) if sources else None


def _forms(spelling: Spelling) -> set[bytes]:
    """How the longest word of a term may stand in bytes that nobody folds: with its accents, composed or not."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", spelling.term.text)) or [spelling.literal]
    longest = max(words, key=len)
    forms = {spelling.literal.encode()}
    for word in (longest.lower(), longest.upper(), longest.title()):
        forms |= {word.encode(), unicodedata.normalize("NFD", word).encode(), word.encode("latin-1", "ignore")}
    return {re.escape(form) for form in forms if len(form) >= 3}


def _around(body: bytes, start: int, end: int, step: int) -> Iterator[str]:
    """What stands around a hit, as text: so that the words before and behind it are seen."""
    first, last = max(0, start - 256 * step), end + 256 * step
    first += (start - first) % step
    if step == 1:
        yield body[first:last].decode("utf-8", "replace")
        yield body[first:last].decode("latin-1")
    else:
        yield body[first:last].decode("utf-16-le", "replace")
        yield body[first:last].decode("utf-16-be", "replace")


def as_text(body: bytes) -> str:
    """Bytes as the text that they most probably are."""
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return body.decode("utf-16", "replace")
    return body.decode("utf-8", "replace")


def _each(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """All matches, also those that overlap: in `@modell Marcus Odell` the name stands turned around, and then again."""
    found = pattern.search(text)
    while found is not None:
        yield found
        found = pattern.search(text, found.start() + 1)


def _merged(found: list[Span]) -> list[Span]:
    merged: list[Span] = []
    longest = 0
    for start, end, term in sorted(found, key=lambda span: (span[0], -span[1], span[2].code, span[2].action)):
        if merged and start < merged[-1][1]:
            before = merged[-1]
            if end - start > longest:
                longest, before = end - start, (before[0], before[1], term)
            merged[-1] = (before[0], max(before[1], end), before[2])
        else:
            merged.append((start, end, term))
            longest = end - start
    return merged


# --------------------------------------------------------------------------- a person


def identity_terms(rows: Iterable[Row], code: str, action: str) -> list[Term]:
    """Everything by which the author of these stored rows can be found: name, handle, ids, picture, posts.

    Left out is what would be found everywhere and leads to nobody: a number of three digits, a picture that a platform
    gives to everybody.
    """
    texts: dict[str, None] = {}
    for row in rows:
        handle = row.get("author_handle") or ""
        called = row.get("author_name") or ""
        for name in (called, _bare(called), handle, handle.lstrip("@").partition("@")[0]):
            if name and _letters(name) >= 2:
                texts[name] = None
        for told in (row.get("author_id"), row.get("native_id"), row.get("permalink")):
            if told and _leads_somewhere(told):
                texts[told] = None
        picture = (row.get("author_avatar") or "").partition("?")[0]
        if _is_own(picture.rpartition("/")[2]):
            texts[picture] = None
    return [Term(text, code, action) for text in texts]


_ASIDE: Final = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\s[|•·–—/].*", re.DOTALL)
_TITLE: Final = re.compile(r"^(?:dr|mr|mrs|ms|mx|prof)\.?\s+", re.IGNORECASE)


def _bare(name: str) -> str:
    """`Dr. Ann Lee 🌻 (she/her)` as others write it: Ann Lee. What people put around their names is not the name."""
    words = _TITLE.sub("", _ASIDE.sub(" ", name).strip())
    return " ".join("".join(c if c.isalnum() or unicodedata.category(c)[0] in "MP" else " " for c in words).split())


def _letters(text: str) -> int:
    return sum(char.isalnum() for char in fold_text(text))


def _leads_somewhere(told: str) -> bool:
    return _letters(told) >= (4 if told.isdecimal() else 2)


def _is_own(file: str) -> bool:
    return _letters(file) >= 8 and any(map(str.isdecimal, file))
