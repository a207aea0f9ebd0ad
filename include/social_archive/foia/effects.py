"""What an action of a review does, worked out: on which grounds, and in which places words stand that are taken out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from social_archive.foia.dispositions import Cut, Item, Term
from social_archive.foia.matching import Matcher
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
    """What an action does. `decided`: (outcome, rids, codes, unless they are decided already)."""

    kind: str
    label: str = ""
    bases: Bases = field(default_factory=dict)
    decided: list[tuple[str, list[str], list[str], bool]] = field(default_factory=list)
    cuts: list[list[Any]] = field(default_factory=list)
    fields: dict[tuple[str, str], tuple[str, str | None]] = field(default_factory=dict)
    media: list[list[Any]] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)
    shown_again: list[str] = field(default_factory=list)

    @property
    def rids(self) -> set[str]:
        named = {rid for _, rids, _, _ in self.decided for rid in rids}
        return named | {cut[0] for cut in (*self.cuts, *self.media)} | {r for r, _ in self.fields} | {*self.shown_again}


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
    """Every place in which a term stands: words of a text as a cut, anything else as a field. `Term.action` empty: of
    this very action."""
    matcher = Matcher(terms)
    codes_of: dict[str, list[Term]] = {}
    for term in terms:
        codes_of.setdefault(term.text, []).append(term)
    for rid, versions in rows.items():
        for row in versions:
            cut = False
            for name, text in _texts(row):
                for start, end, found in matcher.spans(text):
                    cut = cut or name == "body"
                    effect.cuts += [[rid, row["version"], name, start, end, term.code, term.action or None]
                                    for term in codes_of[found.text]]  # fmt: skip
            for name, text in _structure(row, repeated=not cut):
                if (rid, name) not in effect.fields and (touched := matcher.touches(text)) is not None:
                    effect.fields[rid, name] = (touched.code, touched.action or None)


def missed(rows: Rows, items: Iterable[Item], terms: Sequence[Term]) -> list[int]:
    """Numbers of hits that would leave though a term stands where nothing is taken out."""
    shown = {item.hit.rid: item for item in items if item.outcome in ("released", "redacted")}
    found = Effect("")
    take_out(found, {rid: rows[rid] for rid in shown if rid in rows}, terms)
    whole = {(rid, name) for rid, item in shown.items() for name in item.withheld_fields}
    left = {rid for rid, name in found.fields if (rid, name) not in whole}
    left |= {rid for rid, version, name, start, end, *_ in found.cuts
             if not any(_covers(cut, version, name, start, end) for cut in shown[rid].cuts)}  # fmt: skip
    return sorted(shown[rid].hit.place for rid in left)


def _covers(cut: Cut, version: int, name: str, start: int, end: int) -> bool:
    return (cut.version, cut.field) == (version, name) and cut.start <= start and end <= cut.end


def _texts(row: Row) -> list[tuple[str, str]]:
    alts = [(f"alt:{number}", media["alt"]) for number, media in enumerate(row["media"] or ())]
    return [(name, text) for name, text in [("body", row["body"]), *alts] if text]


def _structure(row: Row, *, repeated: bool) -> Iterable[tuple[str, str]]:
    """Committed fields that are no text: each as one text. `repeated`: also those that repeat the body; where that is
    cut, they go with it."""
    media = [str(one[name]) for one in row["media"] or () for name in ("id", "url") if one[name]]
    groups: dict[str, Sequence[str | None]] = {
        "author": [row["author_id"], row["author_name"], row["author_handle"], row["author_avatar"]],
        "identity": [row["native_id"], row["parent_native_id"], row["root_native_id"], row["permalink"]],
        "links": row["links"] or (), "media": media, "provenance": [row["endpoint"]], "state": row["flags"] or (),
    }  # fmt: skip
    if repeated:
        groups["body_html"] = [row["body_html"]]
        native = row.get("native")
        groups["native"] = [bytes(native).decode("utf-8", "replace")] if native else []
    return ((name, "\n".join(one for one in values if one)) for name, values in groups.items() if any(values))


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
