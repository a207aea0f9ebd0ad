"""What the ledger's entries say of a disposal, and every point in which a certificate says otherwise.

The certificate carries the entries' own lines. Each is proved to be a leaf of the tree that one checkpoint signs, so
who reads the certificate need not have the ledger. What the lines cannot show is what is not among them: that no entry
between them withdrew the disposal follows only from the ledger itself.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, Generic, TypeVar

import msgspec

from social_archive import merkle
from social_archive.leaves import COMPANIONS, TYPES
from social_archive.note import Checkpoint
from social_archive.record import canonical
from social_archive.retention import certificate_schema as schema
from social_archive.retention.certificate_schema import Certificate, Evidence

N = TypeVar("N", bound=schema.Note)

RELEASED: Final = "released"
NOT_CARRIED_OUT: Final = "not_carried_out"
NOT_VERIFIABLE: Final = "not_verifiable"
WITH_LEAVES: Final = tuple(TYPES)
"""Classes of objects whose rows are leaves of the ledger."""

_ROUNDS: Final = 2
_EAST: Final = timedelta(hours=14)
"""A day may begin so much earlier than in UTC."""


@dataclass(frozen=True)
class Step(Generic[N]):
    """One entry about the disposal."""

    n: int
    first_leaf: int
    time: datetime
    objects: list[dict[str, Any]]
    note: N


@dataclass
class Story:
    """The entries of a disposal by what they are, each kind in the order of the ledger."""

    proposed: list[Step[schema.Proposed]] = field(default_factory=list)
    filed: list[Step[schema.Filed]] = field(default_factory=list)
    returned: list[Step[schema.ReturnedNote]] = field(default_factory=list)
    approved: list[Step[schema.Approved]] = field(default_factory=list)
    claimed: list[Step[schema.Claimed]] = field(default_factory=list)
    destroyed: list[Step[schema.Destroyed]] = field(default_factory=list)
    verified: list[Step[schema.Verified]] = field(default_factory=list)
    withdrawn: list[Step[schema.Note]] = field(default_factory=list)
    blocked: list[Step[schema.Blocked]] = field(default_factory=list)


_NOTES: Final[dict[str, type[schema.Note]]] = {
    "disposal.proposed": schema.Proposed, "disposal.filed": schema.Filed, "disposal.returned": schema.ReturnedNote,
    "disposal.approved": schema.Approved, "disposal.claimed": schema.Claimed, "disposal.destroyed": schema.Destroyed,
    "disposal.verified": schema.Verified, "disposal.withdrawn": schema.Note, "disposal.blocked": schema.Blocked,
}  # fmt: skip


def problems(c: Certificate, checkpoint: Checkpoint) -> Iterator[str]:
    """Everything in which a certificate contradicts its evidence, the rules, or itself; sentences for a person."""
    story, unread = _read(c.evidence)
    yield from unread
    yield from _not_in_ledger(c.evidence, checkpoint)
    yield from _proposal(c, story)
    yield from _approvals(c, story)
    yield from _authority(c, story)
    yield from _batches(c, story)
    yield from _objects(c, story)
    yield from _statement(c, story)
    yield from _verification(c, story)
    yield from _sums(c, story)
    yield from _leaves(c, story)
    yield from _dates(c)


# --------------------------------------------------------------------------- reading the entries


def _read(evidence: Sequence[Evidence]) -> tuple[Story, list[str]]:
    """The story that the lines tell, and the lines that cannot be read. Entries of other kinds are left out."""
    story, unread = Story(), []
    for shown in evidence:
        try:
            line, note = _entry(shown)
        except (ValueError, TypeError, OverflowError, RecursionError):
            unread.append(f"entry {shown.n} ({shown.what}) is not a line that the ledger could hold")
            continue
        if note is not None:
            step = Step(line.n, shown.leaf_index, line.time, line.objects, note)
            getattr(story, line.what.removeprefix("disposal.")).append(step)
    return story, unread


def _entry(shown: Evidence) -> tuple[schema.EntryLine, schema.Note | None]:
    """An entry's line and its note. Raises ValueError (or what JSON raises) for a line that is not that entry's."""
    raw = json.loads(shown.leaf)
    line = msgspec.convert(raw, schema.EntryLine)
    if canonical(raw) != shown.leaf.encode() or (line.n, line.what) != (shown.n, shown.what):
        raise ValueError("another line")
    kind = _NOTES.get(line.what)
    return line, None if kind is None else msgspec.convert(line.note, kind)


def _not_in_ledger(evidence: Sequence[Evidence], checkpoint: Checkpoint) -> Iterator[str]:
    for e in evidence:
        path = [bytes.fromhex(h) for h in e.inclusion]
        leaf = merkle.leaf_hash(e.leaf.encode())
        if not merkle.verify_inclusion(leaf, e.leaf_index, checkpoint.size, path, checkpoint.root):
            yield f"entry {e.n} ({e.what}) is not in the ledger that the checkpoint signs"
    for before, after in pairwise(evidence):
        if not (before.n < after.n and before.leaf_index < after.leaf_index):
            yield f"entry {after.n} ({after.what}) does not stand in the order of the ledger"


# --------------------------------------------------------------------------- proposed, approved, returned


def _proposal(c: Certificate, story: Story) -> Iterator[str]:
    every: list[Step[Any]] = [step for kind in vars(story).values() for step in kind]
    for step in every:
        if step.note.disposal != c.disposal:
            yield f"entry {step.n} speaks of another disposal"
    for withdrawn in story.withdrawn:
        yield f"the disposal was withdrawn (entry {withdrawn.n})"
    if len(story.proposed) != 1:
        yield "the evidence does not hold exactly one proposal"
        return
    (proposed,) = story.proposed
    if proposed.note.plan != c.plan or c.plan not in {o.get("sha256") for o in proposed.objects}:
        yield "the list that was proposed is not the one that the certificate names"
    if any(step.n < proposed.n for step in every):
        yield "something was done before the disposal was proposed"
    person = c.people.proposed
    if (person.by, person.via, _second(person.at)) != (proposed.note.by, proposed.note.via, _second(proposed.time)):
        yield "the certificate names another proposer, way or time than the ledger"


def _approvals(c: Certificate, story: Story) -> Iterator[str]:
    given = story.approved
    if len(given) != 2 or {step.note.place for step in given} != {1, 2}:
        yield "there are not two approvals, one in the first and one in the second place"
    people = [_who(step.note.by) for step in given]
    if len(set(people)) < len(people):
        yield "one person approved twice"
    if any(_who(step.note.by) in people for step in story.proposed):
        yield "the person who proposed the disposal also approved it"
    for step in given:
        if step.note.plan != c.plan:
            yield f"the approval in entry {step.n} is for another list"
    if any(step.n > claim.n for step in given for claim in story.claimed):
        yield "objects were claimed before the disposal was approved twice"
    told = sorted((a.place, a.by, a.via, _second(a.at)) for a in c.people.approved)
    if told != sorted((s.note.place, s.note.by, s.note.via, _second(s.time)) for s in given):
        yield "the certificate names other approvers, ways or times than the ledger"


def _authority(c: Certificate, story: Story) -> Iterator[str]:
    """Filing and answer: the last of each counts (a deferred certificate may be filed again)."""
    told, answer = c.authority, story.returned[-1] if story.returned else None
    if told.filed != (story.filed[-1].note.on if story.filed else None):
        yield "the certificate tells the filing with the authority otherwise than the ledger"
    shown = told.returned and (told.returned.outcome, told.returned.reference, told.returned.on)
    if shown != (answer and (answer.note.outcome, answer.note.reference, answer.note.on)):
        yield "the certificate tells the authority's answer otherwise than the ledger"
    granted = told.returned is not None and told.returned.outcome != "deferred"
    if (told.required or told.returned is not None) and not granted:
        yield "the authority's approval is required and was not given"
    latest = max([step.n for step in story.filed] + [step.n for step in story.returned], default=0)
    if any(claim.n < latest for claim in story.claimed):
        yield "objects were claimed before the authority's answer was on record"


# --------------------------------------------------------------------------- claimed, destroyed


def _batches(c: Certificate, story: Story) -> Iterator[str]:
    claims = {step.note.batch: step for step in story.claimed}
    ends = {step.note.batch: step for step in story.destroyed}
    once = len(claims) == len(story.claimed) and len(ends) == len(story.destroyed)
    if not claims or not once or claims.keys() != ends.keys():
        yield "the batches that were claimed are not those that were destroyed, each once"
    for claim in story.claimed:
        if claim.note.plan != c.plan:
            yield f"the claim in entry {claim.n} is for another list"
    for batch in sorted(claims.keys() & ends.keys()):
        claim, end = claims[batch], ends[batch]
        if end.n < claim.n:
            yield f"batch {batch} was destroyed before it was claimed"
        yield from _outcome(claim.note, end.note)


def _outcome(claim: schema.Claimed, end: schema.Destroyed) -> Iterator[str]:
    """Each claimed object was destroyed or released, and nothing else was destroyed."""
    claimed, released = set(claim.objects), set(end.released)
    gone = {(o.key, o.version) for o in end.objects}
    for key, _ in sorted(gone - claimed):
        yield f"object {key} was destroyed without a claim"
    if any(key in released for key, _ in gone) or not released <= {key for key, _ in claimed}:
        yield f"batch {claim.batch} released an object that it destroyed or never claimed"
    for key, _ in sorted(claimed - gone):
        if key not in released:
            yield f"object {key} was claimed, and nothing says what became of it"


def _objects(c: Certificate, story: Story) -> Iterator[str]:
    recorded = [o for step in story.destroyed for o in step.note.objects]
    named = [(o.key, o.version) for o in c.objects]
    for key, _ in _twice(named):
        yield f"object {key} is in the certificate twice"
    for key, _ in _twice((o.key, o.version) for o in recorded):
        yield f"object {key} was destroyed twice"
    ledger = {(o.key, o.version): (o.lock, o.request_id, o.at) for o in recorded}
    told = {(o.key, o.version): (o.lock, o.request_id, o.destroyed_at) for o in c.objects}
    for key, _ in sorted(told.keys() - ledger.keys()):
        yield f"object {key} is in the certificate, but the ledger does not say that it was destroyed"
    for key, _ in sorted(ledger.keys() - told.keys()):
        yield f"object {key} was destroyed, but is missing from the certificate"
    for key, version in sorted(told.keys() & ledger.keys()):
        if told[key, version] != ledger[key, version]:
            yield f"the certificate tells the end of object {key} otherwise than the ledger"


def _statement(c: Certificate, story: Story) -> Iterator[str]:
    """Litigation, requests and audits were checked at the very position at which each claim was appended."""
    checked = {(position.n, position.size) for position in c.statement.checked}
    for claim in story.claimed:
        if (claim.n, claim.first_leaf) not in checked:
            yield f"batch {claim.note.batch}: the statement on holds was not checked at the claim's place in the ledger"


# --------------------------------------------------------------------------- verified


def _verification(c: Certificate, story: Story) -> Iterator[str]:
    rounds = story.verified
    if len(rounds) < _ROUNDS or any(a.note.round >= b.note.round or a.note.at > b.note.at for a, b in pairwise(rounds)):
        yield f"the ledger does not hold {_ROUNDS} rounds of verification, one after the other"
    if any(look.n < end.n for look in rounds for end in story.destroyed):
        yield "it was verified before the last object was destroyed"
    ledger: dict[str, list[tuple[Any, ...]]] = {}
    for step in rounds:
        for seen in step.note.places:
            ledger.setdefault(seen.place, []).append((step.note.at, seen.result, seen.checked, seen.detail))
    told = {p.place: [(r.at, r.result, r.checked, r.detail) for r in p.rounds] for p in c.places}
    if told != ledger or len(told) < len(c.places):
        yield "the certificate tells the verification otherwise than the ledger"
    last = {seen.place: seen.result for seen in rounds[-1].note.places} if rounds else {}
    for name in sorted(told.keys() | ledger.keys()):
        if last.get(name) not in ("gone", "not_verifiable"):
            yield f"place {name}: the last round did not show that every copy is gone"
    if "gone" not in last.values():
        yield "no place was shown to be empty"
    if list(last.values()).count("not_verifiable") > sum(e.code == NOT_VERIFIABLE for e in c.exceptions):
        yield "a place that could not be verified is not named among the exceptions"


# --------------------------------------------------------------------------- figures


def _sums(c: Certificate, story: Story) -> Iterator[str]:
    rows, count = Counter[str](), Counter[str]()
    for o in c.objects:
        rows[o.cls] += o.rows
        count[o.cls] += 1
    size = sum(o.size for o in c.objects)
    lines = {name: sum(getattr(line, name) for line in c.lines)
             for name in ("records", "quarantined", "companions", "media", "imports", "objects", "bytes")}  # fmt: skip
    listed = {"records": rows["records"], "quarantined": rows["quarantine"],
              "companions": sum(rows[cls] for cls in COMPANIONS), "media": count["media"],
              "imports": count["import"], "objects": len(c.objects), "bytes": size}  # fmt: skip
    for name, counted in listed.items():
        if lines[name] != counted:
            yield f"the lines tell {lines[name]:,} {name}, the list of objects {counted:,}"
    for name in ("records", "objects", "bytes"):
        if getattr(c.totals, name) != listed[name]:
            yield f"the total of {name} is {getattr(c.totals, name):,}, the list of objects has {listed[name]:,}"
    yield from _against_the_proposal(c, story)


def _against_the_proposal(c: Certificate, story: Story) -> Iterator[str]:
    """What was proposed is what was destroyed and what was released, and the certificate says what was released."""
    told = [e for e in c.exceptions if e.code == RELEASED]
    kept = sum(e.objects for e in told)
    if kept != sum(len(step.note.released) for step in story.destroyed):
        yield "the exceptions do not name what was released and kept, as the ledger has it"
    left = [e for e in c.exceptions if e.code == NOT_CARRIED_OUT]
    stopped = [step.note for step in story.blocked]
    if [(e.objects, e.records) for e in left] != [(note.objects, note.records) for note in stopped]:
        yield "the exceptions do not tell what was left when the work was stopped, as the ledger has it"
    told, kept = [*told, *left], kept + sum(e.objects for e in left)
    objects, records = c.totals.objects + kept, c.totals.records + sum(e.records for e in told)
    for step in story.proposed:
        proposed = step.note
        if proposed.objects != objects:
            yield f"{proposed.objects:,} objects were proposed; the certificate accounts for {objects:,}"
        if proposed.records != records:
            yield f"{proposed.records:,} records were proposed; the certificate accounts for {records:,}"
        if proposed.bytes < c.totals.bytes or (not kept and proposed.bytes != c.totals.bytes):
            yield f"{proposed.bytes:,} bytes were proposed; the certificate accounts for {c.totals.bytes:,}"


def _leaves(c: Certificate, story: Story) -> Iterator[str]:
    """`leaves` are ranges, both ends included."""
    ranges = sorted(c.leaves)
    if any(last < first for first, last in ranges) or any(b[0] <= a[1] for a, b in pairwise(ranges)):
        yield "ranges of the ledger's leaves overlap, or one is turned round"
    covered = sum(last - first + 1 for first, last in ranges)
    rows = sum(o.rows for o in c.objects if o.cls in WITH_LEAVES)
    if covered != rows:
        yield f"the ranges cover {covered:,} leaves of the ledger, the objects held {rows:,} rows"
    if any(last >= step.first_leaf for step in story.proposed for _, last in ranges):
        yield "a leaf is covered that is younger than the proposal"


def _dates(c: Certificate) -> Iterator[str]:
    times = sorted(_second(o.destroyed_at) for o in c.objects)
    if not times:
        yield "the certificate names no object"
        return
    if (times[0], times[-1]) != (_second(c.destroyed.begin), _second(c.destroyed.end)):
        yield "the first and last time of destruction are not those of the objects"
    for line in c.lines:
        if (times[0] + _EAST).date() < line.eligible:
            yield f"item {line.item} was destroyed before {line.eligible}, when it became eligible"


def _twice(things: Iterable[schema.Named]) -> list[schema.Named]:
    return [thing for thing, times in Counter(things).items() if times > 1]


def _second(moment: datetime) -> datetime:
    """A moment without its fraction: an entry has milliseconds, and a writer may leave them out."""
    return moment.replace(microsecond=0)


def _who(user: str) -> str:
    """One person under two spellings of a user name is one person."""
    return user.strip().casefold()
