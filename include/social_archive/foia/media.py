"""What of an attachment may leave.

Where nothing of a bundle is cut, an attachment leaves as it was archived. Where anything is, a picture leaves without
what is written into it, and what is no picture leaves only if none of the words that must not leave can be found in it;
else it stays back, and the log says that a person has to look at it. Somebody who has can let it go as it was archived,
but for one in which such a word was found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Literal

from social_archive.foia.decoding import CannotDecode, Decoder
from social_archive.foia.dispositions import Row, ShownMedia, Term
from social_archive.foia.matching import Matcher
from social_archive.foia.pictures import NotBare, bare

WITHHELD: Final = "withheld"
NEEDS_A_PERSON: Final = "withheld_needs_a_person"
"""Outcomes of a `ShownMedia`: by a decision or for a term in it, or because a machine could not make sure. The rest are
`Media.outcome`."""

MOST: Final = 512 << 20
"""Bytes of one file that are looked through for words."""

_WINDOW: Final = 32 << 20
_OVERLAP: Final = 4096

Verdict = Literal["goes", "needs_a_person", "holds_a_term", "not_here"]

_UNKNOWN: Final = "application/octet-stream"


class Attachments:
    """Gives out the attachments of one bundle. `find`: where the archived file of an object key is on this machine."""

    def __init__(self, find: Callable[[str], Path | None] | Mapping[str, Path], matcher: Matcher) -> None:
        self._find = find if callable(find) else find.get
        self._matcher = matcher
        self._decoder = Decoder()
        self._known: dict[str, tuple[bytes | None, str] | Term | None] = {}

    def __enter__(self) -> Attachments:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._decoder.close()

    def shown(
        self, number: int, medium: Row, *, alt: str | None, code: str | None, bare: bool, fallback: str,
        seen: bool = False,
    ) -> ShownMedia:  # fmt: skip
        """`code`: it is withheld by decision. `bare`: something of the record or the bundle is cut. `fallback`: the
        code for what stays back because nobody could look into it. `seen`: somebody did, and lets it go."""
        mime = medium["mime"] or _UNKNOWN
        if code is not None:
            return ShownMedia(number, mime, None, None, None, 0, code, outcome=WITHHELD)
        outcome, size = medium["outcome"], medium["bytes"] or 0
        path = self._find(medium["key"]) if outcome == "stored" and medium["key"] else None
        if path is None:
            return ShownMedia(number, mime, alt, None, medium["sha256"], size, outcome=outcome)
        if not bare:
            return ShownMedia(number, mime, alt, str(path), medium["sha256"], size)
        found = self._found(medium["sha256"], path, mime)
        if found is None and seen:
            return ShownMedia(number, mime, alt, str(path), medium["sha256"], size)
        if not isinstance(found, tuple):
            if isinstance(found, Term):
                return ShownMedia(number, mime, alt, None, None, 0, found.code, outcome=WITHHELD)
            return ShownMedia(number, mime, alt, None, None, 0, fallback, outcome=NEEDS_A_PERSON)
        body, kind = found
        if body is None:
            return ShownMedia(number, mime, alt, str(path), medium["sha256"], size)
        sha256 = hashlib.sha256(body).hexdigest()
        return ShownMedia(number, kind, alt, str(path), sha256, len(body), derivative=body)

    def verdict(self, medium: Row) -> Verdict:
        """What looking into an archived attachment says of it: whether a machine lets it go, and if not, why not."""
        path = self._find(medium["key"]) if medium["outcome"] == "stored" and medium["key"] else None
        if path is None:
            return "not_here"
        found = self._found(medium["sha256"], path, medium["mime"] or _UNKNOWN)
        return "holds_a_term" if isinstance(found, Term) else "needs_a_person" if found is None else "goes"

    def _found(self, sha256: str, path: Path, mime: str) -> tuple[bytes | None, str] | Term | None:
        if sha256 not in self._known:
            self._known[sha256] = self._looked_into(path, mime)
        return self._known[sha256]

    def _looked_into(self, path: Path, mime: str) -> tuple[bytes | None, str] | Term | None:
        """(the picture anew, None if it may go as it is; its type); or the term that is in it; None: cannot be told."""
        if path.stat().st_size > MOST:
            return self._in_windows(path)
        body = path.read_bytes()
        if mime.startswith("image/") and mime != "image/svg+xml":
            return self._picture(body, mime)
        if mime in ("image/svg+xml", "text/vtt", "text/plain"):
            found = self._matcher.touches_json(body) or self._matcher.touches_bytes(body)
            return found or (None if b"data:" in body.lower() else (None, mime))
        return self._matcher.touches_bytes(body) or (None, mime)

    def _in_windows(self, path: Path) -> Term | None:
        """A term that stands plainly in a file that is too large to be looked through as a whole."""
        with path.open("rb") as file:
            before = b""
            while piece := file.read(_WINDOW):
                if found := self._matcher.touches_bytes(before + piece):
                    return found
                before = piece[-_OVERLAP:]
        return None

    def _picture(self, body: bytes, mime: str) -> tuple[bytes | None, str] | Term | None:
        try:
            given = bare(body, mime)
        except NotBare:
            try:
                given, mime = self._decoder.pixels(body, mime)
            except CannotDecode:
                return self._matcher.touches_bytes(body)
        return self._matcher.touches_bytes(given) or (None if given == body else given, mime)
