"""The decisions of a review: to release, to withhold, to take words out, each entered resolved into places.

What an action does is worked out once, when a person takes it, and written down as records, versions and characters
with code and factual basis. `review.py` adds it up; nothing here is asked again later.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Final

from social_archive.foia import suggestions
from social_archive.foia.dispositions import Item, Term
from social_archive.foia.effects import (
    LONGEST_TERM,
    Effect,
    cuts_of,
    everywhere,
    grounds,
    label,
    same_author,
    take_out,
)
from social_archive.foia.matching import identity_terms
from social_archive.foia.request_file import RequestRefused
from social_archive.foia.reviewing import Acted, Reviewing, once
from social_archive.policy.findings import text_in
from social_archive.search import Query, Row, Search
from social_archive.yaml_lines import suggestion

if TYPE_CHECKING:
    from social_archive.archive import Archive


MOST_ELSEWHERE: Final = 5_000
"""Records of one author beyond the hits whose addresses are looked for."""


# --------------------------------------------------------------------------- whole records


@once
def release(
    archive: Archive, reference: str, places: Sequence[int] | None = None, *, by: str, via: str, id: str | None = None
) -> Acted:
    """Let hits go out (by their numbers; none: all that are undecided), without what was taken out of them.

    Terms and persons that were taken out before are taken out of these too.
    """
    now = Reviewing(archive, reference, by)
    items = now.chosen(places)
    return now.enter(Effect("release", decided=[("released", [item.hit.rid for item in items], [], False)]), via, id)


@once
def withhold(
    archive: Archive, reference: str, places: Sequence[int] | None, *, codes: Sequence[str], by: str, via: str,
    basis: str | None = None, unlisted: bool = False, id: str | None = None,
) -> Acted:  # fmt: skip
    """Keep whole hits back under one or more exemptions. `places` None: all that are undecided."""
    now = Reviewing(archive, reference, by)
    bases = grounds(now.exemptions, codes, basis, unlisted=unlisted)
    rids = [item.hit.rid for item in now.chosen(places)]
    return now.enter(Effect("withhold", bases=bases, decided=[("withheld", rids, sorted(bases), False)]), via, id)


@once
def restore(
    archive: Archive, reference: str, places: Sequence[int], *, by: str, via: str, id: str | None = None
) -> Acted:
    """Show again what was taken out of single hits, but for terms and persons that must stand nowhere."""
    now = Reviewing(archive, reference, by)
    return now.enter(Effect("restore", shown_again=[item.hit.rid for item in now.chosen(places)]), via, id)


@once
def withhold_media(
    archive: Archive, reference: str, place: int, number: int, *, codes: Sequence[str], by: str, via: str,
    basis: str | None = None, unlisted: bool = False, id: str | None = None,
) -> Acted:  # fmt: skip
    """Keep one attachment of a hit back, in every version. `number` counts from 0, as `alt:0` does."""
    now = Reviewing(archive, reference, by)
    bases = grounds(now.exemptions, codes, basis, unlisted=unlisted)
    (item,) = now.chosen([place])
    rid = item.hit.rid
    having = [row["version"] for row in now.rows([item])[rid] if 0 <= number < len(row["media"] or ())]
    if not having:
        raise RequestRefused(f"Record {place} has no attachment {number + 1}. Nothing was decided.",
                             remedy=f"See it: archive foia review {reference} --hit {place}")  # fmt: skip
    code = next(iter(bases))
    effect = Effect("media", f"attachment {number + 1}", bases, media=[[rid, v, number, code] for v in having])
    effect.decided.append(("released", [rid], [], True))
    return now.enter(effect, via, id)


@once
def release_media(
    archive: Archive, reference: str, place: int, number: int, *, by: str, via: str, id: str | None = None
) -> Acted:
    """Let one attachment of a hit go as it was archived, having looked at it: for one that no program can look into,
    and that would stay back because of that. Raises RequestRefused for any other."""
    now = Reviewing(archive, reference, by)
    (item,) = now.chosen([place])
    rows = [row for row in now.stored([item])[item.hit.rid] if 0 <= number < len(row["media"] or ())]
    if not rows:
        raise RequestRefused(f"Record {place} has no attachment {number + 1}. Nothing was decided.",
                             remedy=f"See it: archive foia review {reference} --hit {place}")  # fmt: skip
    if any((row["version"], number) in item.media for row in rows):
        raise RequestRefused("This attachment is withheld by a decision. Nothing was decided.",
                             remedy=f"Undo that one: archive foia history {reference}")  # fmt: skip
    verdicts = now.looked_into([row["media"][number] for row in rows])
    if "holds_a_term" in verdicts:
        raise RequestRefused(
            "Words that must not leave stand in this attachment. Nothing was decided.",
            remedy=f"Withhold it: archive foia redact {reference} --hit {place} --media {number + 1} --code CODE",
        )
    if "needs_a_person" not in verdicts:
        raise RequestRefused(
            "This attachment does not wait for anybody: it goes out with its record, or it was never archived. Nothing "
            "was decided.", remedy=f"Release the record: archive foia release {reference} {place}",
        )  # fmt: skip
    rid = item.hit.rid
    effect = Effect("media_seen", f"attachment {number + 1}", decided=[("released", [rid], [], True)],
                    media_seen=[[rid, row["version"], number] for row in rows])  # fmt: skip
    return now.enter(effect, via, id)


# --------------------------------------------------------------------------- words


@once
def redact_words(
    archive: Archive, reference: str, place: int, words: str, *, codes: Sequence[str], by: str, via: str,
    basis: str | None = None, unlisted: bool = False, id: str | None = None,
) -> Acted:  # fmt: skip
    """Take words out of one hit, wherever they stand in any of its versions."""
    now = Reviewing(archive, reference, by)
    bases = grounds(now.exemptions, codes, basis, unlisted=unlisted)
    (item,) = now.chosen([place])
    effect = Effect("words", label(words), bases, decided=[("released", [item.hit.rid], [], True)])
    effect.cuts = cuts_of(now.rows([item]), words, bases)
    if not effect.cuts:
        raise RequestRefused(f"These words do not stand in record {place}. Nothing was decided.",
                             remedy=f"Copy them from: archive foia review {reference} --hit {place}")  # fmt: skip
    return now.enter(effect, via, id)


@once
def redact_span(
    archive: Archive, reference: str, place: int, span: tuple[int, str, int, int], *, codes: Sequence[str], by: str,
    via: str, basis: str | None = None, unlisted: bool = False, id: str | None = None,
) -> Acted:  # fmt: skip
    """Take (version, field, start, end) out of one hit, and the same words out of that field of its other versions."""
    now = Reviewing(archive, reference, by)
    bases = grounds(now.exemptions, codes, basis, unlisted=unlisted)
    (item,) = now.chosen([place])
    version, name, start, end = span
    rows = now.rows([item])
    texts = {row["version"]: text_in(row, name) or "" for row in rows[item.hit.rid]}
    if not 0 <= start < end <= len(texts.get(version, "")):
        raise RequestRefused(f"Record {place} has no such characters there. Nothing was decided.",
                             remedy=f"See it: archive foia review {reference} --hit {place}")  # fmt: skip
    words = texts[version][start:end]
    effect = Effect("words", label(words), bases, decided=[("released", [item.hit.rid], [], True)])
    effect.cuts = [
        [item.hit.rid, at, name, first, first + len(words), code, None]
        for at, text in sorted(texts.items()) for code in bases
        for first in ([start] if at == version else everywhere(text, words))
    ]  # fmt: skip
    return now.enter(effect, via, id)


@once
def redact_term(
    archive: Archive, reference: str, words: str, *, codes: Sequence[str], by: str, via: str,
    basis: str | None = None, unlisted: bool = False, id: str | None = None,
) -> Acted:  # fmt: skip
    """Take words out of every hit, wherever and however they are written; they may then stand nowhere in the answer."""
    now = Reviewing(archive, reference, by)
    bases = grounds(now.exemptions, codes, basis, unlisted=unlisted)
    if not words.strip() or len(words) > LONGEST_TERM:
        raise RequestRefused(f"A term has 1 to {LONGEST_TERM} characters. Nothing was decided.")
    effect = Effect("term", label(words), bases)
    effect.terms = [Term(words.strip(), code, "") for code in bases]
    take_out(effect, now.stored(), effect.terms)
    return now.enter(effect, via, id)


@once
def redact_kind(
    archive: Archive, reference: str, kind: str, *, by: str, via: str, codes: Sequence[str] = (),
    basis: str | None = None, unlisted: bool = False, own: bool = False, id: str | None = None,
) -> Acted:  # fmt: skip
    """Take one kind of private information (`suggestions.KINDS`) out of every hit. Without codes: the usual one.

    `own`: also out of what the account itself wrote, where a number is most often the public body's.
    """
    now = Reviewing(archive, reference, by)
    if (named := suggestions.kind_named(kind)) is None:
        raise RequestRefused(f"There is no kind {kind!r}{suggestion(kind, suggestions.KINDS)}.",
                             remedy=f"There are {', '.join(suggestions.KINDS)}.")  # fmt: skip
    bases = grounds(now.exemptions, codes, basis, unlisted=unlisted, kind=named)
    effect = Effect("kind", named, bases)
    for one in suggestions.places(archive, now.rows(), named):
        if one.own and not own:
            continue
        if one.field in ("author", "links"):
            effect.fields[one.rid, one.field] = next(iter(bases))
        else:
            effect.cuts += [[one.rid, one.version, one.field, one.start, one.end, code, None] for code in bases]
    if not (effect.cuts or effect.fields):
        raise RequestRefused(
            f"Nothing of the kind {named!r} was found in these records. Nothing was decided.",
            remedy="Machines miss things: what you see yourself, redact with --words or --term.",
        )
    return now.enter(effect, via, id)


@once
def redact_person(
    archive: Archive, reference: str, place: int, *, codes: Sequence[str], by: str, via: str,
    basis: str | None = None, unlisted: bool = False, id: str | None = None,
) -> Acted:  # fmt: skip
    """Take the author of a hit out of the answer: off his or her own records, and out of all others that name him or
    her or lead there."""
    now = Reviewing(archive, reference, by)
    bases = grounds(now.exemptions, codes, basis, unlisted=unlisted)
    (item,) = now.chosen([place])
    rows = now.stored()
    who = rows[item.hit.rid][-1]
    if who["author_is_account"]:
        raise RequestRefused("This is the account's own record: its author is the public body.")
    theirs = {rid: [row for row in versions if same_author(row, who)] for rid, versions in rows.items()}
    effect = Effect("person", label(who["author_name"] or who["author_handle"] or ""), bases)
    for rid, versions in theirs.items():
        if versions:
            effect.fields[rid, "author"] = next(iter(bases))
    own = [row for versions in theirs.values() for row in versions] + _elsewhere(archive, who)
    effect.terms = [term for code in bases for term in identity_terms(own, code, "")]
    if not effect.terms:
        raise RequestRefused("Nothing is known of this record's author. Nothing was decided.")
    take_out(effect, rows, effect.terms)
    return now.enter(effect, via, id)


def _elsewhere(archive: Archive, who: Row) -> list[Row]:
    """What the same author wrote that the search did not find: its ids and addresses lead there too."""
    author = who["author_id"] or who["author_handle"]
    if author is None:
        return []
    with closing(Search.of(archive)) as search:
        query = Query(platform=who["platform"], author=author, limit=MOST_ELSEWHERE)
        return [row for row in search.find(query).rows if same_author(row, who)]


# --------------------------------------------------------------------------- what was determined before


def adopt(archive: Archive, reference: str, places: Sequence[int] | None = None, *, by: str, via: str) -> list[Acted]:
    """Do with hits (none: with all that are undecided) what people have determined of them before: release what is
    public, withhold what is exempt or take its exempt words out. One action for each determination. What was never
    determined, or was found to be no public record, is left for a person."""
    done: list[Acted] = []
    now = Reviewing(archive, reference, by)
    items = now.chosen(places)
    rows = now.rows(items)
    by_answer: dict[str, list[Item]] = {}
    found = suggestions.determined(archive, rows)
    said = {one.said.id: one.said for one in found.values() if one.said is not None}
    for item in items:
        standing = found.get(item.hit.rid)
        if standing is not None and standing.said is not None and standing.answer != "not_public_record":
            by_answer.setdefault(standing.said.id, []).append(item)
    for identity, some in sorted(by_answer.items(), key=lambda one: one[1][0].hit.place):
        answer, rids = said[identity], [item.hit.rid for item in some]
        bases = dict.fromkeys(sorted(answer.codes), answer.basis)
        effect = Effect("adopt", "", bases)
        if answer.answer == "public":
            effect.decided = [("released", rids, [], False)]
        elif not answer.spans:
            effect.decided = [("withheld", rids, sorted(bases), False)]
        else:
            effect.decided = [("released", rids, [], True)]
            for span in answer.spans:
                quoted = [text_in(row, span.field) or "" for rid in rids for row in rows[rid]
                          if row["version"] == span.version]  # fmt: skip
                words = quoted[0][span.start : span.end] if quoted else ""
                some_rows = {rid: rows[rid] for rid in rids}
                effect.cuts += cuts_of(some_rows, words, bases) if words else []
                effect.cuts += [[rid, span.version, span.field, span.start, span.end, code, None]
                                for rid in rids for code in bases]  # fmt: skip
        done.append(now.enter(effect, via, None))
    if not done:
        raise RequestRefused("Nothing was determined of these records before. Nothing was decided.",
                             remedy="Decide about them: release, withhold or redact.")  # fmt: skip
    return done
