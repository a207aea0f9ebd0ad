"""What an action of a review does, worked out: on which grounds, and in which places words stand that are taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from social_archive.foia.dispositions import Hit, Item, ShownMedia, Term
from social_archive.foia.matching import Matcher
from social_archive.foia.redaction import show
from social_archive.foia.request_file import RequestRefused
from social_archive.search import Row
from social_archive.yaml_lines import suggestion

if TYPE_CHECKING:
    from social_archive.foia.exemptions import Exemptions

LEAST_BASIS: Final = 10
LONGEST_BASIS: Final = 2_000
LONGEST_TERM: Final = 200
LONGEST_CODE: Final = 40
_CODE: Final = re.compile(rf"[A-Za-z0-9 ().-]{{1,{LONGEST_CODE}}}")
"""It stands in the ledger for ever."""

Rows = Mapping[str, Sequence[Row]]
Bases = dict[str, str]
"""Code of an exemption -> the factual basis on which it is claimed."""


@dataclass
class Effect:
    """What an action does. `decided`: (outcome, rids, codes, unless they are decided already). `fields`: (rid,
    committed field) that goes as a whole; `touched`: (rid, field, code, action) in which a term stands."""

    kind: str
    label: str = ""
    bases: Bases = field(default_factory=dict)
    decided: list[tuple[str, list[str], list[str], bool]] = field(default_factory=list)
    cuts: list[list[Any]] = field(default_factory=list)
    fields: dict[tuple[str, str], str] = field(default_factory=dict)
    touched: dict[tuple[str, str, str, str | None], None] = field(default_factory=dict)
    media: list[list[Any]] = field(default_factory=list)
    media_seen: list[list[Any]] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    shown_again: list[str] = field(default_factory=list)

    @property
    def rids(self) -> set[str]:
        """Every record that it is about."""
        named = {rid for _, rids, _, _ in self.decided for rid in rids} | {*self.shown_again}
        placed = {str(one[0]) for one in (*self.cuts, *self.media, *self.media_seen, *self.fields, *self.touched)}
        return named | placed


# --------------------------------------------------------------------------- grounds


def grounds(
    exemptions: Exemptions, codes: Iterable[str], basis: str | None, *, unlisted: bool = False, kind: str | None = None
) -> Bases:
    """Codes as the law writes them, each with its factual basis: the given one, else the one that the law's data
    suggests. `kind`: of private information; then no code means the usual one. Raises RequestRefused."""
    asked = [code.strip() for code in codes if code.strip()]
    if not asked and kind is not None and (usual := exemptions.for_kind(kind)) is not None:
        asked = [usual.code]
    if not asked:
        raise RequestRefused("Nothing is kept back without an exemption. Nothing was decided.",
                             remedy="Add --code; `archive foia exemptions` lists them.")  # fmt: skip
    found: Bases = {}
    for code in asked:
        listed = exemptions.get(code)
        if listed is None and (not unlisted or not _CODE.fullmatch(code)):
            near = suggestion(code, [one.code for one in exemptions.listed])
            raise RequestRefused(
                f"The law's list has no exemption {code[:LONGEST_CODE]!r}{near}. Nothing was decided.",
                remedy="`archive foia exemptions` lists them; --unlisted takes one that is missing.",
            )
        given = (basis or "").strip() or (listed.basis_for(kind) if listed else None) or ""
        if not LEAST_BASIS <= len(given) <= LONGEST_BASIS:
            raise RequestRefused(f"The factual basis of {listed.code if listed else code} is missing or too short.",
                                 remedy="Say in a sentence what it is that is kept back: --basis TEXT")  # fmt: skip
        found[listed.code if listed else code] = given
    return found


# --------------------------------------------------------------------------- finding words


def take_out(effect: Effect, rows: Rows, terms: Sequence[Term]) -> None:
    """Every place in which a term stands: words of a text as a cut; that anything else is touched is noted, since the
    redaction takes it out wherever it stands. `rows` with `native`. `Term.action` empty: of this very action."""
    for action, some in _by_action(terms).items():
        matcher = Matcher(some)
        codes_of: dict[str, list[str]] = {}
        for term in some:
            codes_of.setdefault(term.text, []).append(term.code)
        for rid, versions in rows.items():
            for row in versions:
                effect.cuts += [
                    [rid, row["version"], name, start, end, code, action]
                    for name, text in _texts(row) for start, end, found in matcher.spans(text)
                    for code in codes_of[found.text]
                ]  # fmt: skip
                for name, codes in show(row, _NOTHING_DECIDED, matcher, _NamesOnly()).cut.items():
                    effect.touched |= dict.fromkeys((rid, name, code, action) for code in codes)


_NOTHING_DECIDED: Final = Item(Hit(0, "", ()), "", "released")


class _NamesOnly:
    """Attachments by their names and descriptions: nobody looks into the files until the review is confirmed."""

    def shown(
        self, number: int, medium: Row, *, alt: str | None, code: str | None, bare: bool, fallback: str,
        seen: bool = False,
    ) -> ShownMedia:  # fmt: skip
        return ShownMedia(number, medium["mime"] or "", alt, None, medium["sha256"], medium["bytes"] or 0, code)


def _by_action(terms: Iterable[Term]) -> dict[str | None, list[Term]]:
    found: dict[str | None, list[Term]] = {}
    for term in terms:
        found.setdefault(term.action or None, []).append(term)
    return found


def _texts(row: Row) -> list[tuple[str, str]]:
    alts = [(f"alt:{number}", media["alt"]) for number, media in enumerate(row["media"] or ())]
    return [(name, text) for name, text in [("body", row["body"]), *alts] if text]


def cuts_of(rows: Rows, words: str, bases: Bases) -> list[list[Any]]:
    """Where words stand in the texts of records: as whole words however they are written, else letter by letter."""
    matcher = Matcher([Term(words, code, "") for code in list(bases)[:1]])
    cuts = []
    for rid, versions in rows.items():
        for row in versions:
            for name, text in _texts(row):
                spans = [(start, end) for start, end, _ in matcher.spans(text)]
                spans = spans or [(at, at + len(words)) for at in everywhere(text, words)]
                cuts += [[rid, row["version"], name, *span, code, None] for span in spans for code in bases]
    return cuts


def everywhere(text: str, words: str) -> list[int]:
    found, at = [], text.find(words)
    while at >= 0:
        found.append(at)
        at = text.find(words, at + len(words))
    return found


def same_author(row: Row, who: Row) -> bool:
    if row["platform"] != who["platform"]:
        return False
    if who["author_id"] is not None and row["author_id"] is not None:
        return bool(row["author_id"] == who["author_id"])
    return who["author_handle"] is not None and bool(row["author_handle"] == who["author_handle"])


def label(words: str) -> str:
    return " ".join(words.split())[:LONGEST_TERM]
