"""The review of a request: every hit of its frozen search ends one way, by decisions of people that add up.

Each decision is an event that holds what it does, resolved to records, versions and characters, so that a later change
of rules or code changes nothing of it. The state is a pure replay of the events (`replay`): what was undone is left
out, of the rest the later one wins. Nothing decides by itself, no finding and no determination.

* *Releasing* and *withholding* decide a hit.
* Taking words out of *one* record decides it too, if it was undecided: somebody has looked at it.
* Taking a term, a kind of words or a person out of *all* records decides none: those that were not looked at stay
  undecided. A hit that is released with anything taken out of it counts as redacted.
* A decision is about the versions that there were: a hit that has a new version in a later search is undecided again,
  unless it is withheld.

A second person confirms the whole by its `plan`; whatever is done after that makes it unconfirmed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from social_archive.foia import request_file
from social_archive.foia.as_decided import require_as_decided
from social_archive.foia.dispositions import Cut, FrozenSearch, Hit, Item, Outcome, Reviewed, Term
from social_archive.foia.request_file import Event, RequestFile, RequestRefused
from social_archive.foia.requests import require_open
from social_archive.foia.searching import frozen, require_officer
from social_archive.record import canonical

if TYPE_CHECKING:
    from social_archive.archive import Archive

ACTED: Final = ("disposition", "undone", "redone")
LEAST_DIGITS: Final = 4
"""Of the place in a control number."""

Gone = Mapping[str, str | None]
"""Record -> number of the certificate under which it was destroyed, None while that is pending."""


@dataclass(frozen=True)
class Action:
    """One decision of a review. `number` counts from 1 and never changes. `told`: its counts and codes; `label`: what
    it was about, in the words of who did it (may name people). `standing`: it was not undone."""

    number: int
    id: str
    kind: str
    by: str
    time: datetime
    told: Mapping[str, Any]
    label: str = field(repr=False)
    standing: bool


# --------------------------------------------------------------------------- asking


def review(archive: Archive, reference: str) -> Reviewed:
    """The state of the review of a request. Raises NotFound, or RequestRefused if no search was frozen."""
    archive.catalog.catch_up()
    return of_file(archive, request_file.read(archive, reference))


def of_file(archive: Archive, file: RequestFile) -> Reviewed:
    """The same of a file that was read already."""
    search = require_search(file)
    return replay(file, prefix=archive.agency.foia.control_prefix, gone=gone_of(archive, search))


def require_search(file: RequestFile) -> FrozenSearch:
    if file.gone:
        raise RequestRefused(f"Request {file.number} was destroyed on schedule: there is nothing to review.")
    if (search := frozen(file)) is None:
        raise RequestRefused(f"No search was frozen for request {file.number}: there is nothing to review.",
                             remedy=f"Search first: archive foia search {file.number} --help")  # fmt: skip
    return search


def actions(file: RequestFile) -> list[Action]:
    """Every decision of a review, oldest first, undone ones too."""
    standing = {event.id for event in _standing(file.events)}
    return [
        Action(number, event.id, event.told["action"], event.by, event.time, event.told,
               event.details.get("label", ""), event.id in standing)
        for number, event in enumerate(file.all("disposition"), 1)
    ]  # fmt: skip


def touched(file: RequestFile) -> set[tuple[str, str, str, str]]:
    """(rid, field, code, action) of every place beyond the texts in which a standing term was found."""
    return {(rid, name, code, action or event.id) for event in _standing(file.events)
            for rid, name, code, action in event.details.get("touched", ())}  # fmt: skip


def gone_of(archive: Archive, search: FrozenSearch) -> dict[str, str | None]:
    """Which hits were destroyed since the search, and under which certificate."""
    from social_archive.retention.answers import disposed

    there = archive.catalog.known_rids([hit.rid for hit in search.hits])
    lost = [hit.rid for hit in search.hits if hit.rid not in there]
    stubs = {rid: disposed(archive, rid) for rid in lost}
    return {rid: stub.certificate if stub else None for rid, stub in stubs.items()}


# --------------------------------------------------------------------------- adding up


@dataclass
class _State:
    """What stands about one record while its actions are added up."""

    decided: str | None = None
    version: int = 0
    codes: tuple[str, ...] = ()
    action: str = ""
    cuts: list[Cut] = field(default_factory=list)
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)
    media: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    media_seen: set[tuple[int, int]] = field(default_factory=set)
    touched: set[tuple[str, str]] = field(default_factory=set)  # (code, action) of terms that stand in other fields


def replay(file: RequestFile, *, prefix: str, gone: Gone | None = None) -> Reviewed:
    """The state that the events of a file add up to. Pure: nothing but its arguments decides."""
    search = require_search(file)
    standing = list(_standing(file.events))
    bases = {event.id: event.details.get("reasons", {}) for event in standing}
    states = _added_up(standing, {hit.rid for hit in search.hits})
    width = max(LEAST_DIGITS, len(str(len(search.hits))))
    items = tuple(
        _item(hit, f"{prefix}-{file.number}-{hit.place:0{width}d}", states.get(hit.rid, _State()), bases, gone or {})
        for hit in search.hits
    )
    terms = {(text, code): Term(text, code, event.id)
             for event in reversed(standing) for text, code in event.details.get("terms", ())}  # fmt: skip
    ordered = tuple(terms[key] for key in sorted(terms))
    return Reviewed(file.id, file.number, search, items, ordered, _plan(file.id, search, items, ordered))


def _standing(events: Iterable[Event]) -> Iterator[Event]:
    """The decisions that were not undone, in order."""
    undone: dict[str, bool] = {}
    decisions = []
    for event in events:
        if event.what == "disposition":
            decisions.append(event)
        elif event.what in ("undone", "redone"):
            undone[event.told["action"]] = event.what == "undone"
    return (event for event in decisions if not undone.get(event.id, False))


def _added_up(standing: Sequence[Event], rids: set[str]) -> dict[str, _State]:
    states: dict[str, _State] = {}
    kept = {event.id for event in standing}
    for event in standing:
        _take(states, event, rids, kept)
    return states


def _take(states: dict[str, _State], event: Event, rids: set[str], kept: set[str]) -> None:
    """One action more. What it did because of another one (a term that stood already) counts as long as that stands."""
    d = event.details
    states.update({rid: _cleared(states.get(rid, _State())) for rid in d.get("shown_again", ())})
    of = {rid: states.setdefault(rid, _State()) for rid in _rids_of(d) if rid in rids}
    for rid, version, name, start, end, code, action in d.get("cuts", ()):
        if rid in of and (action or event.id) in kept:
            of[rid].cuts.append(Cut(version, name, start, end, code, action or event.id))
    for rid, name, code in d.get("fields", ()):
        if rid in of:
            of[rid].fields[name] = (code, event.id)
    for rid, _, code, action in d.get("touched", ()):
        if rid in of and (action or event.id) in kept:
            of[rid].touched.add((code, action or event.id))
    _take_media(of, event)
    for group in d.get("decided", ()):
        for rid, version in group["hits"]:
            if rid in of:
                _decide(of[rid], event.id, group, version)


def _take_media(of: Mapping[str, _State], event: Event) -> None:
    for rid, version, number, code in event.details.get("media", ()):
        if rid in of:
            of[rid].media[version, number] = (code, event.id)
            of[rid].media_seen.discard((version, number))
    for rid, version, number in event.details.get("media_seen", ()):
        if rid in of:
            of[rid].media_seen.add((version, number))


def _rids_of(details: Mapping[str, Any]) -> set[str]:
    places = ("cuts", "fields", "touched", "media", "media_seen")
    named = {one[0] for name in places for one in details.get(name, ())}
    return named | {rid for group in details.get("decided", ()) for rid, _ in group["hits"]}


def _cleared(state: _State) -> _State:
    return replace(state, cuts=[], fields={}, media={}, touched=set())


def _decide(state: _State, action: str, group: Mapping[str, Any], version: int) -> None:
    if group.get("unless_decided") and state.decided is not None and state.version >= version:
        return
    state.decided, state.version, state.action = group["outcome"], version, action
    state.codes = tuple(group.get("codes", ()))


def _item(hit: Hit, control: str, state: _State, bases: Mapping[str, Mapping[str, str]], gone: Gone) -> Item:
    if hit.rid in gone:
        return Item(hit, control, "disposed", certificate=gone[hit.rid])
    if state.decided == "withheld":
        claimed = {(code, state.action) for code in state.codes}
        return Item(hit, control, "withheld", tuple(sorted(state.codes)), _reasons(claimed, bases))
    cuts = _distinct(cut for cut in state.cuts if cut.version in hit.versions)
    media = {where: one for where, one in sorted(state.media.items()) if where[0] in hit.versions}
    claimed = {(cut.code, cut.action) for cut in cuts} | {*state.fields.values(), *media.values()} | state.touched
    current = state.decided is not None and state.version >= hit.versions[-1]
    outcome: Outcome = "undecided" if not current else "redacted" if claimed else "released"
    return Item(
        hit, control, outcome, tuple(sorted({code for code, _ in claimed})), _reasons(claimed, bases), cuts,
        {name: code for name, (code, _) in sorted(state.fields.items())}, {at: code for at, (code, _) in media.items()},
        media_seen=frozenset(where for where in state.media_seen if where[0] in hit.versions),
    )  # fmt: skip


def _distinct(cuts: Iterable[Cut]) -> tuple[Cut, ...]:
    """Each cut once, though several actions made it; in the order of the text."""
    found: dict[tuple[Any, ...], Cut] = {}
    for cut in cuts:
        found.setdefault((cut.version, cut.field, cut.start, cut.end, cut.code), cut)
    return tuple(found[key] for key in sorted(found))


def _reasons(claimed: set[tuple[str, str]], bases: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """code -> every factual basis that was given for it, each once, one a line."""
    given: dict[str, set[str]] = {}
    for code, action in claimed:
        if basis := bases.get(action, {}).get(code):
            given.setdefault(code, set()).add(" ".join(basis.split()))
    return {code: "\n".join(sorted(given[code])) for code in sorted(given)}


def _plan(request: str, search: FrozenSearch, items: Iterable[Item], terms: Iterable[Term]) -> str:
    """SHA-256 of everything that decides what leaves. Which action decided it, and in which order, does not."""
    said = {
        "request": request, "search": search.event, "terms": sorted({(term.text, term.code) for term in terms}),
        "items": [
            [item.hit.rid, list(item.hit.versions), item.control, item.outcome, item.codes, item.reasons,
             [[cut.version, cut.field, cut.start, cut.end, cut.code] for cut in item.cuts], item.withheld_fields,
             [[*where, code] for where, code in sorted(item.media.items())], item.certificate,
             *([sorted(item.media_seen)] if item.media_seen else [])]
            for item in items
        ],
    }  # fmt: skip
    return hashlib.sha256(canonical(said)).hexdigest()


# --------------------------------------------------------------------------- a second pair of eyes


def confirm(archive: Archive, reference: str, *, plan: str, by: str, via: str, id: str | None = None) -> Event:
    """Say, as another person than those who decided, that exactly this may leave. Raises RequestRefused, NotFound."""
    archive.catalog.catch_up()
    file = request_file.read(archive, reference)
    gone = gone_of(archive, require_search(file))
    prefix = archive.agency.foia.control_prefix
    reviewed = replay(file, prefix=prefix, gone=gone)
    totals = reviewed.totals

    def check(now: RequestFile) -> None:
        require_open(now)
        _require_second(archive, now, by.strip())
        _require_complete(replay(now, prefix=prefix, gone=gone), plan)

    check(file)
    require_as_decided(archive, reviewed)
    return request_file.append(archive, file.id, "confirmed", by=by, via=via, details={"plan": plan, "totals": totals},
                               told={"plan": plan, "totals": totals}, id=id, check=check)  # fmt: skip


def _require_second(archive: Archive, file: RequestFile, by: str) -> None:
    acted = {event.by for event in file.all(*ACTED)}
    if by in acted:
        raise RequestRefused("Who decided in this review cannot confirm it. Nothing was confirmed.",
                             remedy=f"Ask somebody else than {', '.join(sorted(acted))}.")  # fmt: skip
    named = archive.agency.foia.second_reviewers
    if named and by not in named:
        raise RequestRefused("A review is confirmed by one of the second reviewers. Nothing was confirmed.",
                             remedy=f"Ask {' or '.join(named)} (foia.second_reviewers in agency.yaml).")  # fmt: skip


def _require_complete(reviewed: Reviewed, plan: str) -> None:
    if left := reviewed.count("undecided"):
        raise RequestRefused(f"Not yet decided: {left:,} of {len(reviewed.items):,}. Nothing was confirmed.",
                             remedy=f"See them: archive foia review {reviewed.number} --undecided")  # fmt: skip
    if any(item.outcome == "disposed" and item.certificate is None for item in reviewed.items):
        raise RequestRefused("A record was destroyed, and its certificate is pending. Nothing was confirmed.",
                             remedy="Issue it first: archive disposal list")  # fmt: skip
    if not reviewed.reconciles:
        raise RequestRefused("The totals of this review do not add up. Nothing was confirmed.",
                             remedy="Run `archive audit`, and report this.")  # fmt: skip
    if plan != reviewed.plan:
        raise RequestRefused("The review is not the one that was looked at: it has changed. Nothing was confirmed.",
                             remedy=f"Look again: archive foia review {reviewed.number}")  # fmt: skip


def confirmation(file: RequestFile) -> Event | None:
    """The confirmation that stands: nothing was searched or decided after it."""
    last = file.last("searched", "confirmed", *ACTED)
    return last if last is not None and last.what == "confirmed" else None


def require_confirmed(archive: Archive, file: RequestFile) -> tuple[Reviewed, Event]:
    """The state that a second person confirmed, and the event. Raises RequestRefused if it is another by now."""
    reviewed, event = of_file(archive, file), confirmation(file)
    if event is None:
        raise RequestRefused(f"The review of request {file.number} is not confirmed, or was changed after it was.",
                             remedy=f"A second person does it: archive foia confirm {file.number} --help")  # fmt: skip
    if event.told["plan"] != reviewed.plan:
        raise RequestRefused("What was confirmed is not what would leave: records were destroyed since.",
                             remedy="A second person looks at the review and confirms it again.")  # fmt: skip
    return reviewed, event


# --------------------------------------------------------------------------- undo and redo


def undo(archive: Archive, reference: str, action: str | None = None, *, by: str, via: str) -> Event:
    """Take back one decision (its id or number), by default the last one that stands. Raises RequestRefused."""
    return _turn(archive, reference, action, "undone", by, via)


def redo(archive: Archive, reference: str, action: str | None = None, *, by: str, via: str) -> Event:
    """Put a decision that was undone (by default the last one) back in its place. Raises RequestRefused."""
    return _turn(archive, reference, action, "redone", by, via)


def _turn(archive: Archive, reference: str, action: str | None, what: str, by: str, via: str) -> Event:
    archive.catalog.catch_up()
    require_officer(archive, by)
    file = request_file.read(archive, reference)
    chosen = _chosen(file, action, what)

    def check(now: RequestFile) -> None:
        require_undelivered(now)
        if next(one.standing for one in actions(now) if one.id == chosen) is (what == "redone"):
            raise RequestRefused(f"This decision is {what} already. Nothing was changed.")

    check(file)
    return request_file.append(archive, file.id, what, by=by, via=via, details={"action": chosen},
                               told={"action": chosen}, check=check)  # fmt: skip


def _chosen(file: RequestFile, action: str | None, what: str) -> str:
    every = actions(file)
    if action is None:
        turned = _last_undone(file) if what == "redone" else next((a.id for a in reversed(every) if a.standing), None)
        if turned is None:
            raise RequestRefused(f"There is nothing that could be {what}.",
                                 remedy=f"`archive foia history {file.number}` shows what was decided.")  # fmt: skip
        return turned
    fitting = [one.id for one in every if action in (str(one.number), one.id)]
    if not fitting:
        raise RequestRefused("This review has no such decision.",
                             remedy=f"`archive foia history {file.number}` shows them by number.")  # fmt: skip
    return fitting[0]


def _last_undone(file: RequestFile) -> str | None:
    undone = {one.id for one in actions(file) if not one.standing}
    turned = [str(event.told["action"]) for event in file.all("undone") if event.told["action"] in undone]
    return turned[-1] if turned else None


def require_undelivered(file: RequestFile) -> None:
    """For `append(check=…)`: what has been let out cannot be decided anew."""
    require_open(file)
    last = file.last("approved", "refused", "delivered")
    if last is not None and last.what != "refused":
        raise RequestRefused(f"The answer to request {file.number} has been approved. Nothing was decided.",
                             remedy="If it must be changed, refuse that bundle first.")  # fmt: skip
