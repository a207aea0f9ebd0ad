"""One action on a review: the review as it is while the action is worked out, and its entry.

What an action does is written down resolved, with what the standing terms take out of the records that it shows.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec

from social_archive.foia import request_file, review
from social_archive.foia.dispositions import Item, Reviewed
from social_archive.foia.effects import Effect, take_out
from social_archive.foia.matching import Matcher
from social_archive.foia.media import Attachments, Verdict
from social_archive.foia.request_file import Event, RequestFile, RequestRefused
from social_archive.foia.searching import frozen, require_officer
from social_archive.foia.shown import copies, stored_rows
from social_archive.foia.suggestions import rows_of
from social_archive.search import Row

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.foia.exemptions import Exemptions


@dataclass(frozen=True)
class Acted:
    """A decision that was entered, and the state that it leads to. `told`: what the ledger says of it (counts)."""

    event: Event
    reviewed: Reviewed

    @property
    def told(self) -> Mapping[str, Any]:
        return self.event.told


P = ParamSpec("P")


def once(act: Callable[P, Acted]) -> Callable[P, Acted]:
    """A second call with the `id` of an action that was entered answers with that one."""

    @functools.wraps(act)
    def acted(*given: P.args, **named: P.kwargs) -> Acted:
        archive: Any = given[0]
        reference: Any = given[1]
        if (id := named.get("id")) is not None:
            archive.catalog.catch_up()
            file = request_file.read(archive, reference)
            if (event := next((one for one in file.all("disposition") if one.id == id), None)) is not None:
                return Acted(event, review.of_file(archive, file))
        return act(*given, **named)

    return acted


class Reviewing:
    """The review as it is while an action is worked out; at the end it is entered, if nothing was searched anew."""

    def __init__(self, archive: Archive, reference: str, by: str) -> None:
        archive.catalog.catch_up()
        require_officer(archive, by)
        self.archive, self.by = archive, by
        self.file = request_file.read(archive, reference)
        review.require_undelivered(self.file)
        self.reviewed = review.of_file(archive, self.file)

    @property
    def exemptions(self) -> Exemptions:
        from social_archive.foia.exemptions import load_exemptions

        return load_exemptions(self.archive.agency)

    def chosen(self, places: Sequence[int] | None) -> list[Item]:
        """Hits by their numbers; None: all that are undecided."""
        items = self.reviewed.items
        if places is None:
            found = [item for item in items if item.outcome == "undecided"]
            if not found:
                raise RequestRefused("No record is undecided. Nothing was decided.",
                                     remedy="Name records by their numbers to decide about them anew.")  # fmt: skip
            return found
        found = []
        for place in dict.fromkeys(places):
            if not 1 <= place <= len(items):
                raise RequestRefused(f"There is no record {place}: they are numbered from 1 to {len(items):,}.",
                                     remedy=f"See them: archive foia review {self.file.number}")  # fmt: skip
            if items[place - 1].outcome == "disposed":
                raise RequestRefused(f"Record {place} was destroyed on schedule: nothing is left to decide about.")
            found.append(items[place - 1])
        return found

    def rows(self, items: Sequence[Item] | None = None) -> dict[str, list[Row]]:
        """The versions of all hits, or of some, as far as they are still there: what a person reads of them."""
        rids = None if items is None else [item.hit.rid for item in items]
        return rows_of(self.archive, self.reviewed.search, rids)

    def stored(self, items: Sequence[Item] | None = None) -> dict[str, list[Row]]:
        """The same as they are stored, with the platform's own bytes."""
        some = self.reviewed.items if items is None else items
        return stored_rows(self.archive, [item for item in some if item.outcome != "disposed"])

    def looked_into(self, media: Sequence[Row]) -> set[Verdict]:
        """What a machine can say of attachments, asked for the words that must not leave by now."""
        with Attachments(copies(self.archive, media), Matcher(self.reviewed.terms)) as attachments:
            return {attachments.verdict(medium) for medium in media}

    def _take_terms_out(self, effect: Effect) -> None:
        """What the standing terms take out of hits that are released or shown again, but for what is out already."""
        shown = {rid for outcome, rids, _, _ in effect.decided if outcome == "released" for rid in rids}
        items = [item for item in self.reviewed.items if item.hit.rid in shown | {*effect.shown_again}]
        if not self.reviewed.terms or not items:
            return
        found = Effect("")
        take_out(found, self.stored(items), self.reviewed.terms)
        kept = {item.hit.rid: item for item in items if item.hit.rid not in effect.shown_again}
        there = {(rid, *vars(cut).values()) for rid, item in kept.items() for cut in item.cuts}
        effect.cuts += [cut for cut in found.cuts if tuple(cut) not in there]
        known = {one for one in review.touched(self.file) if one[0] in kept}
        effect.touched |= {one: None for one in found.touched if one not in known}

    def enter(self, effect: Effect, via: str, id: str | None) -> Acted:
        self._take_terms_out(effect)
        search = self.reviewed.search
        latest = {hit.rid: hit.versions[-1] for hit in search.hits}
        codes = {*effect.bases, *(cut[5] for cut in effect.cuts), *(code for _, _, code, _ in effect.touched)}
        details = {
            "action": effect.kind, "label": effect.label, "search": search.event, "reasons": effect.bases,
            "decided": [{"outcome": outcome, "hits": [[rid, latest[rid]] for rid in rids], "codes": list(under),
                         "unless_decided": unless} for outcome, rids, under, unless in effect.decided],
            "cuts": effect.cuts, "media": effect.media, "media_seen": effect.media_seen,
            "shown_again": effect.shown_again,
            "fields": [[rid, name, code] for (rid, name), code in sorted(effect.fields.items())],
            "touched": [list(one) for one in sorted(effect.touched, key=lambda one: (one[:3], one[3] or ""))],
            "terms": [[term.text, term.code] for term in effect.terms],
        }  # fmt: skip
        fields = {one[:2] for one in effect.touched} | {*effect.fields}
        told = {
            "action": effect.kind, "hits": len(effect.rids), "cuts": len(effect.cuts), "fields": len(fields),
            "media": len(effect.media) or len(effect.media_seen), "terms": len(effect.terms), "codes": sorted(codes),
        }  # fmt: skip

        def check(now: RequestFile) -> None:
            review.require_undelivered(now)
            current = frozen(now)
            if current is None or current.event != search.event:
                raise RequestRefused("The search was frozen anew at this moment. Nothing was decided.",
                                     remedy="Look at the new hits, then decide again.")  # fmt: skip

        event = request_file.append(self.archive, self.file.id, "disposition", by=self.by, via=via, details=details,
                                    told=told, id=id, check=check)  # fmt: skip
        self.file = request_file.read(self.archive, self.file.id)
        self.reviewed = review.of_file(self.archive, self.file)
        return Acted(event, self.reviewed)
