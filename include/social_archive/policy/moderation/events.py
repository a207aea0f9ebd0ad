"""The moderation ledger: what was there and is hidden or gone, since when, by whom, and whether anybody decided it.

It is read out of what harvests saw, and out of nothing else: "present at t1, hidden or absent at t2, back at t3". When
it happened is an interval, from the last look at which it was there to the first at which it was not. Absence is not
deletion: without the platform's word the cause is unknown.

Each event is matched with the decision about its record that was made before it was first seen. What nobody decided on
record is what the unmatched list is for. Nothing here judges a comment, and nothing acts on a platform.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from social_archive.policy import decisions
from social_archive.policy.moderation import explanations
from social_archive.policy.moderation.causes import Cause, Told, strongest, told
from social_archive.policy.moderation.sightings import Disappeared, Sightings

if TYPE_CHECKING:
    from social_archive.archive import Archive

Status = Literal["matched", "explained", "not_ours", "with_thread", "released", "before", "unmatched"]
STATUSES: Final[dict[Status, str]] = {
    "matched": "a violation was decided on record before it was first seen",
    "explained": "somebody has said on record what it was",
    "not_ours": "the platform says that the author or the service did it",
    "with_thread": "it went together with the post or comment above it",
    "released": "it was held for review and then published",
    "before": "it was hidden before the archive first looked",
    "unmatched": "nobody has decided it on record",
}
GONE: Final = frozenset({"deleted", "missing_unconfirmed", "account_gone"})
_ORDER: Final = {"post": 0, "comment": 1, "reply": 2}

Row = dict[str, Any]


@dataclass(frozen=True)
class Event:
    """One disappearance of one record. Times are microseconds UTC.

    `last_seen`: the last look at which it was there (None: it never was). `since`: the first at which it was not.
    `back`: when it was seen again. `version`: the record's version at which the event begins. `removed`: the first
    sighting as hidden or absent; what only waited for review has none before that, so `since` stands in.
    """

    rid: str
    version: int
    platform: str
    account: str
    kind: str
    is_own: bool
    last_seen: int | None
    since: int
    removed: int
    back: int | None
    states: tuple[str, ...]
    cause: Cause
    basis: str
    created: int | None = None
    status: Status = "unmatched"
    why: str = ""  # of `unmatched`: what is missing; else ""
    decision: str | None = None
    clause: str | None = None  # of the decision, or of the explanation
    decided_before_last_seen: bool = False
    went_with: str | None = None  # the record above it that went at the same time
    took_along: int = 0  # records under it that went at the same time

    @property
    def state(self) -> str:
        return self.states[-1]

    @property
    def is_over(self) -> bool:
        return self.back is not None


def events(archive: Archive, *, platform: str | None = None, account: str | None = None) -> list[Event]:
    """Every event that harvests saw, oldest first."""
    archive.catalog.catch_up()
    with archive.catalog.reading(lambda: Sightings.of(archive, platform, account)) as sightings:
        seen = sightings.disappeared()
    made = _went_together([_event(one) for one in seen], seen)
    about = _About.of(archive, {event.rid for event in made}, platform, account)
    settled: defaultdict[str, list[Event]] = defaultdict(list)  # posts first: what stood under one asks for its cause
    for event in sorted(made, key=lambda e: (_ORDER[e.kind], e.since)):
        settled[event.rid].append(_settled(event, about, settled, sightings.first_looks))
    return sorted((e for of in settled.values() for e in of), key=lambda e: (e.since, e.rid, e.version))


def unmatched(archive: Archive, **where: str | None) -> list[Event]:
    """What disappeared while nobody on record decided it, and nobody has explained."""
    return [event for event in events(archive, **where) if event.status == "unmatched"]


# --------------------------------------------------------------------------- one event


def _event(one: Disappeared) -> Event:
    said = [told(one.platform, step.state, step.flags, is_own=one.is_own) for step in one.steps]
    removing = [step.seen for step in one.steps if step.state != "held_for_review"]
    tells: Told = strongest(said)
    return Event(
        rid=one.rid, version=one.steps[0].version, platform=one.platform, account=one.account, kind=one.kind,
        is_own=one.is_own, last_seen=one.last_seen, since=one.steps[0].seen,
        removed=min(removing, default=one.steps[0].seen), back=one.back,
        states=tuple(step.state for step in one.steps), cause=tells.cause, basis=tells.basis, created=one.created,
        status="before" if one.last_seen is None else "unmatched",
    )  # fmt: skip


def _went_together(made: Sequence[Event], seen: Sequence[Disappeared]) -> list[Event]:
    """Comments whose post went in the same interval went with it: the event that somebody may have decided is one."""
    by_id: defaultdict[tuple[str, str, str], list[Event]] = defaultdict(list)
    for event, one in zip(made, seen, strict=True):
        if GONE & set(event.states):
            by_id[one.platform, one.account, one.native_id].append(event)
    above: dict[tuple[str, int], Event] = {}
    for event, one in zip(made, seen, strict=True):
        ids = dict.fromkeys(i for i in (one.root_native_id, one.parent_native_id) if i and i != one.native_id)
        over = (other for i in ids for other in by_id.get((one.platform, one.account, i), ()))
        if GONE & set(event.states) and (found := next((o for o in over if _overlap(event, o)), None)):
            above[event.rid, event.version] = found
    took: defaultdict[tuple[str, int], int] = defaultdict(int)
    for other in above.values():
        took[other.rid, other.version] += 1
    return [
        replace(e, went_with=above[key].rid if (key := (e.rid, e.version)) in above else None, took_along=took[key])
        for e in made
    ]


def _overlap(one: Event, other: Event) -> bool:
    return (one.last_seen or 0) < other.since and (other.last_seen or 0) < one.since


# --------------------------------------------------------------------------- what people said about it


@dataclass(frozen=True)
class _About:
    decisions: Mapping[str, list[Row]]  # rid -> oldest first
    explanations: Mapping[tuple[str, int], Row]  # (rid, version) -> the last one

    @classmethod
    def of(cls, archive: Archive, rids: set[str], platform: str | None, account: str | None) -> _About:
        decided: defaultdict[str, list[Row]] = defaultdict(list)
        said: dict[tuple[str, int], Row] = {}
        for row in _rows(decisions.read(archive, platform=platform, account=account), rids, "decided_at", "verdict"):
            decided[row["rid"]].append(row)
        for row in _rows(explanations.read(archive, platform=platform, account=account), rids, "explained_at", "cause"):
            said[row["rid"], row["version"]] = row
        return cls(decided, said)


def _rows(table: Any, rids: set[str], at: str, what: str) -> list[Row]:
    """The rows about these records, oldest first, without the words of their reasons."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = table.select(["id", "rid", "version", "clause", what, at])
    table = table.set_column(5, at, table.column(at).cast(pa.int64()))
    rows: list[Row] = table.filter(pc.is_in(table.column("rid"), pa.array(sorted(rids), pa.string()))).to_pylist()
    return sorted(rows, key=lambda row: (row[at], row["id"]))


def _settled(
    event: Event, about: _About, settled: Mapping[str, list[Event]], first_looks: Mapping[tuple[str, str], int]
) -> Event:
    """The event with its decision, explanation and status."""
    before = [row for row in about.decisions.get(event.rid, ()) if row["decided_at"] < event.removed]
    said = about.explanations.get((event.rid, event.version))
    held = set(event.states) == {"held_for_review"}
    if held:  # what waits is decided while it waits
        before = list(about.decisions.get(event.rid, ()))
    if said is not None:
        event = replace(event, cause=said["cause"], basis="A person has said so on record.", status="explained",
                        clause=said["clause"])  # fmt: skip
    if before and before[-1]["verdict"] == "violation":
        sure = event.last_seen is not None and before[-1]["decided_at"] <= event.last_seen
        return replace(event, decision=before[-1]["id"], clause=before[-1]["clause"], decided_before_last_seen=sure,
                       status="matched" if said is None else "explained")  # fmt: skip
    if said is not None:
        return event
    return _unless_accounted_for(event, about, settled, first_looks, before=before, held=held)


def _unless_accounted_for(
    event: Event, about: _About, settled: Mapping[str, list[Event]],
    first_looks: Mapping[tuple[str, str], int], *, before: Sequence[Row], held: bool,
) -> Event:  # fmt: skip
    if event.went_with is not None:
        above = next((e for e in settled.get(event.went_with, ()) if _overlap(event, e)), event)
        return replace(event, status="with_thread", cause=above.cause, basis=above.basis)
    if event.cause == "author_or_platform":
        return replace(event, status="not_ours")
    if held and event.back is not None:
        return replace(event, status="released")
    if event.status == "before":
        first = first_looks.get((event.platform, event.account))
        if first is not None and event.created is not None and event.created < first:
            return event
    return replace(event, status="unmatched", why=_why(about.decisions.get(event.rid, ()), before, held=held))


def _why(every: Sequence[Row], before: Sequence[Row], *, held: bool) -> str:
    if before:
        last = before[-1]["verdict"]
        return "The decision was: no violation." if last == "no_violation" else "It was referred to counsel."
    if every:
        return "It was decided only after it was seen to be gone."
    return "It waits for review and nobody has decided." if held else "There is no decision."
