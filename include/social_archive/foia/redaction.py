"""From a stored row and what was decided about it to what may leave, and to nothing else.

A committed field is shown whole, and can then be proven, or it is cut, and then nothing of it is proven. Words hide in
what repeats them, so a cut reaches further than where it was made:

* words of the body also stand in its HTML form and in the platform's own bytes: both go;
* the author leads to the post and the post to the author: with one the other goes;
* the platform's own bytes repeat everything: with any cut they go, and with them the hash of the answer that they came
  in (it has no salt, so somebody who knows the rest could try what is missing);
* what was cut out of one record's text is looked for in its links and its attachments' names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from social_archive.errors import ArchiveError
from social_archive.foia.cutting import cut, tokens
from social_archive.foia.dispositions import Item, Row, ShownMedia, ShownVersion, Term
from social_archive.foia.matching import Matcher, as_text
from social_archive.record import COMMITTED, SCHEMA

_NEVER: Final = frozenset({"native", "secret", "digest", "commitment"})
"""Columns that no writer gets: `digest` has no salt, so it would let words be guessed that were cut."""

_SHOWN: Final = tuple(name for name in SCHEMA.names if name not in _NEVER)

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "author": ("author_id", "author_name", "author_handle", "author_is_account", "author_avatar"),
    "body": ("body",),
    "body_html": ("body_html",),
    "context": ("language", "likes", "replies", "shares"),
    "gap": ("gap_reason", "gap_from", "gap_to"),
    "identity": ("native_id", "parent_native_id", "root_native_id", "permalink"),
    "links": ("links",),
    "media": ("media",),
    "native": ("native",),
    "origin": ("platform", "account", "kind"),
    "provenance": ("harvest_id", "endpoint", "response_sha256", "http_date", "observed_at", "adapter", "schema"),
    "state": ("state", "flags"),
    "times": ("created_at", "created_at_text", "edited_at", "edited_at_text"),
}
"""The columns that each committed field stands for, in the order of `record.committed_values`."""

_KEPT: Final = frozenset({"author_is_account", "observed_at", "http_date", "adapter", "schema", "state"})
"""Columns of a cut field that are shown nevertheless, unproven: a word of the archive's own, or a moment."""

_PACKED: Final = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
"""May be base64."""

_LEAST: Final = 4
"""Letters of a cut that are looked for in the same record's other fields; fewer stand in every address."""


class CutDoesNotFit(ArchiveError):
    """A decision of the review cuts something that the record does not have."""

    remedy = "Undo that redaction, look at the record again and redact it anew. Nothing was released."


class Gives(Protocol):
    """What gives an attachment out; see `media.py`."""

    def shown(
        self, number: int, medium: Row, *, alt: str | None, code: str | None, bare: bool, fallback: str,
        seen: bool = False,
    ) -> ShownMedia: ...  # fmt: skip


def show(row: Row, item: Item, matcher: Matcher, media: Gives, *, suspect: bool = True) -> ShownVersion:
    """What may leave of one version. `row`: as it is stored, times in microseconds. Not `suspect`: it is known that
    `everything` of it holds no term. Raises CutDoesNotFit."""
    if not (suspect or item.cuts or item.media or item.withheld_fields or row["media"]):
        return ShownVersion(row["version"], _shown(row), row["native"], present(row), {}, (), row)
    return _Showing(row, item, matcher, suspect).shown(media)


def everything(row: Row) -> str:
    """All words of a row, and the platform's own bytes, as one text."""
    return _APART.join((*words_of(row), _unslashed(row["native"])))


def words_of(row: Row) -> Iterable[str]:
    """All texts of a row that somebody outside of the archive wrote or that lead to somebody."""
    for name in _WORDS:
        if value := row[name]:
            yield value
    yield from row["links"] or ()
    yield from row["flags"] or ()
    for medium in row["media"] or ():
        yield from (medium[name] for name in ("id", "url", "alt") if medium[name])


def present(row: Row) -> frozenset[str]:
    """The committed fields that a row has: the names of `record.committed_values`, without making the values."""
    return _ALWAYS.union(field for field, names in _SOMETIMES if any(row[name] is not None for name in names)).union(
        field for field in ("links", "media") if row[field]
    )


_ALWAYS: Final = frozenset({"identity", "native", "origin", "provenance", "state"})
_SOMETIMES: Final = (
    ("author", ("author_id", "author_name", "author_handle")), ("body", COLUMNS["body"]),
    ("body_html", COLUMNS["body_html"]), ("context", COLUMNS["context"]), ("gap", ("gap_reason",)),
    ("times", COLUMNS["times"]),
)  # fmt: skip

_WORDS: Final = tuple(
    name
    for field in ("author", "body", "body_html", "context", "gap", "identity", "provenance", "times")
    for name in COLUMNS[field]
    if SCHEMA.field(name).type == "string"
)
_APART: Final = "\n\0\0\0\0\n"  # more than a spelling reaches over


def _shown(row: Row) -> Row:
    return {name: row[name] for name in _SHOWN}


class _Showing:
    def __init__(self, row: Row, item: Item, matcher: Matcher, suspect: bool) -> None:
        self._row, self._item, self._matcher, self._suspect = row, item, matcher, suspect
        self._out = _shown(row)
        self._codes: dict[str, set[str]] = {}
        self._cuts = [each for each in item.cuts if each.version == row["version"]]
        self._attached = {n: code for (version, n), code in item.media.items() if version == row["version"]}
        self._present = present(row)

    def shown(self, media: Gives) -> ShownVersion:
        decided = bool(self._cuts or self._attached or self._item.withheld_fields)
        is_touched = self._is_touched()
        if decided or is_touched:
            self._check()
            self._take_texts()
            self._take_groups()
        attachments = self._attachments(media, decided)
        native = self._row["native"]
        if (decided or is_touched or self._codes) and (codes := self._codes_of_native()):
            native = None
            self._mark("native", codes)
            self._take_answers_hash(codes)
        cut_fields = {name: tuple(sorted(codes)) for name, codes in self._codes.items() if name in self._present}
        revealed = self._present - cut_fields.keys()
        return ShownVersion(self._row["version"], self._out, native, revealed, dict(sorted(cut_fields.items())),
                            attachments, self._row)  # fmt: skip

    def _is_touched(self) -> bool:
        """One quick look at all of the row at once."""
        if not (self._matcher and self._suspect):
            return False
        words = everything(self._row)
        return (self._matcher.touches(words) or self._matcher.long.in_runs(words)) is not None

    def _check(self) -> None:
        fields = [*self._item.withheld_fields, *(_field(each.field) for each in self._cuts)]
        if unknown := sorted(set(fields) - set(COMMITTED)):
            raise CutDoesNotFit(f"{self._item.control}: a record has no field {unknown[0]!r} that could be cut.")
        if "origin" in fields:
            raise CutDoesNotFit(f"{self._item.control}: whose page a record is from cannot be cut.")
        for each in self._cuts:
            text = self._text(each.field)
            if text is not None and not 0 <= each.start < each.end <= len(text):
                raise CutDoesNotFit(f"{self._item.control}: a cut lies outside of the text of {each.field!r}.")
        for number in self._attached:
            if number >= len(self._row["media"] or ()):
                raise CutDoesNotFit(f"{self._item.control}: there is no attachment {number} that could be withheld.")

    def _text(self, field: str) -> str | None:
        """The text that a cut counts its words in; None for a field that is cut as a whole."""
        if field == "body":
            return self._row["body"] or ""
        if field.startswith("alt:"):
            media = self._row["media"] or ()
            number = int(field[4:])
            return (media[number]["alt"] or "") if number < len(media) else ""
        return None

    # ---------------------------------------------------------------- texts

    def _take_texts(self) -> None:
        whole = self._whole("body")
        body = self._row["body"]
        if body is not None:
            if whole:
                self._out["body"] = tokens(whole)
                self._mark("body", whole)
            else:
                self._out["body"] = self._taken("body", body, "body")
        if self._row["body_html"] is not None:
            codes = self._whole("body_html") | self._codes.get("body", set()) | self._touching([self._row["body_html"]])
            if codes or (codes := self._whole("links")):
                self._out["body_html"] = None
                self._mark("body_html", codes)

    def _taken(self, field: str, text: str, committed: str) -> str:
        spans = [(each.start, each.end, each.code) for each in self._cuts if each.field == field]
        spans += [(run.start(), run.end(), term.code) for run in _PACKED.finditer(text)
                  if (term := self._matcher.long.in_runs(run[0]))]  # fmt: skip
        result = cut(text, spans, self._matcher)
        self._mark(committed, result.codes)
        return result.text

    # ---------------------------------------------------------------- groups of columns

    def _take_groups(self) -> None:
        self._look = _Both(self._matcher, self._words_cut())
        self._take_author()
        for field in ("identity", "context", "gap", "times", "state", "provenance"):
            columns = [name for name in COLUMNS[field] if name not in _KEPT]
            codes = self._whole(field) | self._touching(_texts(self._row[name] for name in columns))
            if field == "identity":
                codes |= self._codes.get("author", set())
            if codes:
                self._mark(field, codes)
                for name in columns:
                    self._out[name] = None
        self._take_links()

    def _take_author(self) -> None:
        columns = COLUMNS["author"]
        codes = self._whole("author") | self._touching(_texts(self._row[name] for name in columns))
        if codes:
            self._mark("author", codes)
            named = any(self._row[name] is not None for name in ("author_id", "author_name", "author_handle"))
            self._out |= {name: None for name in columns if name not in _KEPT}
            self._out["author_name"] = tokens(codes) if named else None

    def _take_links(self) -> None:
        links = self._row["links"] or ()
        whole = self._whole("links")
        shown = [whole or self._touching([link]) for link in links]
        if any(shown):
            self._out["links"] = [tokens(codes) if codes else link for link, codes in zip(links, shown, strict=True)]
            self._mark("links", {code for codes in shown for code in codes})

    def _codes_of_native(self) -> set[str]:
        native = self._row["native"]
        term = self._matcher.touches_json(native) or self._matcher.long.in_runs(_unslashed(native))
        others = {code for each in self._codes.values() for code in each}
        return self._whole("native") | others | ({term.code} if term else set())

    def _take_answers_hash(self, codes: set[str]) -> None:
        if self._row["response_sha256"] is not None:
            self._out["response_sha256"] = None
            self._mark("provenance", codes)

    # ---------------------------------------------------------------- attachments

    def _attachments(self, media: Gives, decided: bool) -> tuple[ShownMedia, ...]:
        attached: Sequence[Row] = self._row["media"] or ()
        if not attached:
            return ()
        whole = self._whole("media")
        bare = bool(self._matcher) or decided
        shown, rows = [], []
        for number, medium in enumerate(attached):
            codes = whole or ({self._attached[number]} if number in self._attached else set())
            alt = medium["alt"]
            if codes:
                alt = None
            elif alt and (bare or self._codes):
                alt = self._taken(f"alt:{number}", alt, "media")
            code = ", ".join(sorted(codes)) or None
            seen = (self._row["version"], number) in self._item.media_seen
            given = media.shown(number, medium, alt=alt, code=code, bare=bare, fallback=self._fallback(), seen=seen)
            named = self._touching(_texts([medium["id"], medium["url"]])) if bare else set()
            withheld = codes or ({given.code} if given.code else set())
            self._mark("media", named | withheld)
            rows.append(_as_row(medium, given, bool(named | withheld)))
            shown.append(given)
        if "media" in self._codes:
            self._out["media"] = rows
        return tuple(shown)

    def _fallback(self) -> str:
        """The exemption under which an attachment stays back that no machine can look into."""
        decided = [*(each.code for each in self._cuts), *self._item.withheld_fields.values(), *self._attached.values()]
        return min(decided, default="") or min(self._matcher.codes, default="")

    # ---------------------------------------------------------------- codes

    def _whole(self, field: str) -> set[str]:
        """Codes under which a field is removed as a whole."""
        codes = {each.code for each in self._cuts if _field(each.field) == field and self._text(each.field) is None}
        if field in self._item.withheld_fields:
            codes.add(self._item.withheld_fields[field])
        return codes

    def _mark(self, field: str, codes: Iterable[str]) -> None:
        if found := set(codes):
            self._codes.setdefault(field, set()).update(found)

    def _words_cut(self) -> list[Term]:
        texts = ((each, self._text(each.field)) for each in self._cuts)
        said = [(each, text[each.start : each.end]) for each, text in texts if text is not None]
        return [Term(words, each.code, each.action) for each, words in said if sum(map(str.isalnum, words)) >= _LEAST]

    _look: _Both | None = None

    def _touching(self, texts: Iterable[str]) -> set[str]:
        looked = self._look or self._matcher
        return {term.code for text in texts if (term := looked.touches(text) or self._matcher.long.in_runs(text))}


class _Both:
    """The terms of the bundle, and the words that were cut out of this one record."""

    def __init__(self, matcher: Matcher, words: Sequence[Term]) -> None:
        self._matchers = (matcher, Matcher(words)) if words else (matcher,)

    def touches(self, text: str | None) -> Term | None:
        return next((term for matcher in self._matchers if (term := matcher.touches(text))), None)


def _unslashed(native: bytes) -> str:
    """JSON may write a slash as `\\/`, also within base64."""
    return as_text(native).replace("\\/", "/")


def _field(field: str) -> str:
    """The committed field that a cut's field belongs to: a column's name, or `alt:0`, stands for the one it is in."""
    if field.startswith("alt:") and field[4:].isdecimal():
        return "media"
    return _FIELD_OF.get(field, field)


_FIELD_OF: Final = {name: field for field, names in COLUMNS.items() for name in names if name not in COMMITTED}


def _texts(values: Iterable[object]) -> Iterable[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, list | tuple):
            yield from (each for each in value if isinstance(each, str))


def _as_row(medium: Row, shown: ShownMedia, gone: bool) -> Row:
    """An attachment's columns where the field is cut. `gone`: it, or its name, may not leave, nor what leads to it."""
    return {
        "id": None if gone else medium["id"], "url": None if gone else medium["url"], "key": None,
        "sha256": shown.sha256, "bytes": shown.size, "mime": shown.mime, "alt": shown.alt, "outcome": shown.outcome,
    }  # fmt: skip
