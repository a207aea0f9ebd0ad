"""What a new version of the schedule would do, before anything is done: the dry-run difference.

Every stored record is asked under both versions, in groups of the same facts, never one by one. Nothing is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from social_archive.config_schedule import Retention, RetentionItem, RetentionRule
from social_archive.record import micros
from social_archive.retention import assignment, schedules
from social_archive.retention.hold_matches import WHOLE_FILES
from social_archive.retention.shortening import shortenings
from social_archive.series import NEVER, Schedule, start_of_day

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject

_READERS: Final = 8
_TITLES: Final = ("title", "description", "citation", "confidence", "series")


@dataclass(frozen=True)
class Line:
    """Stored records of one item and cut-off that the new version judges otherwise. Ends in microseconds UTC.

    An end of None: never, as things stand. `old_item` is None while nothing is in force. `records` counts versions.
    `due`: so many of them become eligible on the day on which the version takes effect, and were not before.
    """

    old_item: str | None
    new_item: str
    old_cutoff: str | None
    new_cutoff: str
    old_end: int | None
    new_end: int | None
    records: int
    things: int
    due: int

    @property
    def effect(self) -> str:
        """`earlier`, `later`, `same` (another item or cut-off, the same end), or `new` (nothing was in force)."""
        if self.old_item is None:
            return "new"
        was, becomes = _order(self.old_end), _order(self.new_end)
        return "earlier" if becomes < was else "later" if becomes > was else "same"


@dataclass(frozen=True)
class LockLine:
    """Objects of one folder whose locks extend: from the earliest of their present ends, to this one."""

    series: str
    cutoff: str
    objects: int
    start: int | None
    to: int


@dataclass(frozen=True)
class Changed:
    """An item or a rule that is `added`, `removed` or `changed`, in words. `name`: the item's number, or `rule`."""

    name: str
    how: str
    was: str
    becomes: str


@dataclass(frozen=True)
class Plan:
    """What `version` would do to the archive as it is now. `against` is the version in force, None before any.

    `at`: the instant it is asked for (now, or the start of the effective date if that lies ahead). `shortens`: why a
    second person is needed, as sentences; empty if one is enough. `same` counts records that nothing happens to.
    """

    version: str
    effective: date
    against: str | None
    at: int
    items: list[Changed] = field(default_factory=list)
    rules: list[Changed] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    locks: list[LockLine] = field(default_factory=list)
    moved_records: int = 0
    moved_objects: int = 0
    moved_media: int = 0
    same: int = 0
    shortens: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def earlier(self) -> int:
        return sum(line.records for line in self.lines if line.effect == "earlier")

    @property
    def later(self) -> int:
        return sum(line.records for line in self.lines if line.effect == "later")

    @property
    def now_due(self) -> int:
        return sum(line.due for line in self.lines)

    @property
    def locked(self) -> int:
        """Objects whose locks extend."""
        return sum(lock.objects for lock in self.locks)

    @property
    def needs_second(self) -> bool:
        return bool(self.shortens)

    @property
    def is_empty(self) -> bool:
        """Does nothing change, neither in the schedule nor in the archive?"""
        return not (self.items or self.rules or self.lines or self.locks or self.moved_objects or self.moved_media
                    or self.notes)  # fmt: skip

    def counts(self) -> dict[str, int]:
        """For the ledger: numbers only."""
        return {"later": self.later, "earlier": self.earlier, "now_due": self.now_due, "moved": self.moved_objects,
                "locks": self.locked}  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        lines = [{**asdict(line), "effect": line.effect} for line in self.lines]
        return {**asdict(self), "lines": lines, "counts": self.counts(), "needs_second": self.needs_second}


def plan(archive: Archive, retention: Retention, *, now: datetime | None = None) -> Plan:
    """What this schedule would change against the one in force. Writes nothing; reads the locks that would extend."""
    version = schedules.in_force(archive)
    at = max(micros(now or datetime.now(UTC)), start_of_day(retention.effective, ZoneInfo(retention.time_zone)))
    begun = Plan(retention.version, retention.effective, version.version if version else None, at)
    if version is not None and version.retention == retention:
        return begun
    before = version.retention if version else None
    old = Schedule(before, before.time_zone) if before else None
    new = Schedule(retention, retention.time_zone)
    counted = _count(archive, old, new, at)
    found = replace(
        begun, items=_items(before, retention), rules=_rules(before, retention), lines=counted.lines(),
        locks=_locks(archive, old, new, counted.moving | counted.media), moved_records=counted.moved,
        moved_objects=len(counted.moving), moved_media=len(counted.media), same=counted.same,
        shortens=_shortens(archive, retention),
    )  # fmt: skip
    if before is not None and found.earlier and not found.shortens:
        found.shortens.append(f"Stored records that become eligible earlier: {found.earlier:,}.")
    return replace(found, notes=[*_notes(archive, before, found, retention), *_papers(archive, old, new)])


def _shortens(archive: Archive, retention: Retention) -> list[str]:
    """Against the version in force, and against those that are approved for a later day and would never come."""
    standing = [version.retention for version in schedules.standing(archive)]
    return list(dict.fromkeys(sentence for one in standing for sentence in shortenings(one, retention)))


def _notes(archive: Archive, before: Retention | None, found: Plan, after: Retention) -> list[str]:
    """What the numbers do not say."""
    notes = []
    if before is not None:
        for name, title in (("application_number", "application number"), ("authority", "authority")):
            was, becomes = (getattr(one, name) or "none" for one in (before, after))
            if was != becomes:
                notes.append(f"The {title} changes from {was} to {becomes}.")
    if found.earlier and archive.agency.store.lock_mode == "compliance":
        notes.append("The store's locks are in compliance mode: they are not shortened, and nobody can destroy an "
                     "object before its lock ends.")  # fmt: skip
    return notes


def _papers(archive: Archive, old: Schedule | None, new: Schedule) -> list[str]:
    """What happens to the files of requests and to what was given out, which lie where their request was closed."""
    changed: Counter[str] = Counter()
    for o in archive.catalog.objects():
        if o.cls in WHOLE_FILES:
            was, becomes = (_order(one.until(o.series, o.cutoff)) if one else NEVER for one in (old, new))
            if was != becomes:
                changed["earlier" if becomes < was else "later"] += 1
    return [f"Papers of requests that become eligible {how}: {count:,}." for how, count in sorted(changed.items())]


# --------------------------------------------------------------------------- records

_Key = tuple[str | None, str, str | None, str, int | None, int | None]


@dataclass
class _Counted:
    at: int
    changed: dict[_Key, list[int]] = field(default_factory=dict)  # [records, things]
    moving: set[str] = field(default_factory=set)  # keys of objects
    media: frozenset[str] = frozenset()
    moved: int = 0
    same: int = 0

    def lines(self) -> list[Line]:
        lines = []
        for key, (records, things) in self.changed.items():
            becomes_due = _order(key[5]) <= self.at < _order(key[4])
            lines.append(Line(*key, records, things, records if becomes_due else 0))
        return sorted(lines, key=lambda one: (one.old_item or "", one.new_item, one.old_cutoff or "", one.new_cutoff))


def _count(archive: Archive, old: Schedule | None, new: Schedule, at: int) -> _Counted:
    survey = assignment.survey(archive, new)
    counted = _Counted(at, media=survey.media)
    for group in survey.groups:
        was = old.assign(group.facts) if old else None
        becomes = new.assign(group.facts)
        if (becomes.cohort.series, becomes.cohort.cutoff) != (group.series, group.cutoff):
            counted.moving.update(group.objects)
            counted.moved += group.records
        key: _Key = (
            was.item.id if was else None, becomes.item.id, was.cohort.cutoff if was else None, becomes.cohort.cutoff,
            was.cohort.retain_until if was else None, becomes.cohort.retain_until,
        )  # fmt: skip
        if (key[0], key[2], key[4]) == (key[1], key[3], key[5]) or (was is None and key[5] is None):
            counted.same += group.records
            continue
        sums = counted.changed.setdefault(key, [0, 0])
        sums[0] += group.records
        sums[1] += group.things
    return counted


def _order(end: int | None) -> int:
    return NEVER if end is None else end


# --------------------------------------------------------------------------- locks


def _locks(archive: Archive, old: Schedule | None, new: Schedule, moving: set[str]) -> list[LockLine]:
    """Objects that stay where they are and must be locked for longer. What moves is locked anew where it arrives."""
    longer = [
        (o, end) for o in archive.catalog.objects()
        if o.key not in moving and (end := new.until(o.series, o.cutoff)) is not None
        and (old is None or end != old.until(o.series, o.cutoff))
    ]  # fmt: skip
    with ThreadPoolExecutor(_READERS) as pool:
        ends = list(pool.map(lambda one: _lock_end(archive, one[0]), longer))
    folders: dict[tuple[str, str, int], list[int | None]] = {}
    for (o, end), locked in zip(longer, ends, strict=True):
        if locked is None or locked < end // 1_000_000 * 1_000_000:
            folders.setdefault((o.series, o.cutoff, end), []).append(locked)
    return [
        LockLine(series, cutoff, len(found), min((x for x in found if x is not None), default=None), end)
        for (series, cutoff, end), found in sorted(folders.items())
    ]


def _lock_end(archive: Archive, o: CatalogObject) -> int | None:
    locked = archive.store.lock_state(o.key, o.version_id).retain_until
    return None if locked is None else micros(locked)


# --------------------------------------------------------------------------- the schedule itself


def _items(old: Retention | None, new: Retention) -> list[Changed]:
    before = {item.id: item for item in old.items} if old else {}
    after = {item.id: item for item in new.items}
    return list(_item_changes(before, after))


def _item_changes(before: dict[str, RetentionItem], after: dict[str, RetentionItem]) -> Iterator[Changed]:
    for name, item in before.items():
        now = after.get(name)
        if now is None:
            yield Changed(name, "removed", item_words(item), "")
        elif now != item:
            was, becomes = item_words(item), item_words(now)
            if was == becomes:
                was, becomes = (_titles(one, other) for one, other in ((item, now), (now, item)))
            yield Changed(name, "changed", was, becomes)
    yield from (Changed(name, "added", "", item_words(item)) for name, item in after.items() if name not in before)


def item_words(item: RetentionItem) -> str:
    """`public-comments: 2 years from creation, end of the calendar year`."""
    start = {"created": "creation", "withdrawn": "withdrawal", "superseded": "replacement",
             "request_closed": "the closing of its request"}[item.trigger]  # fmt: skip
    end = {"month": "month", "calendar_year": "calendar year", "fiscal_year": "fiscal year"}[item.cutoff]
    period = f"{item.period} from {start}, end of the {end}" if item.has_period else item.period
    return f"{item.series}: {period}"


def _titles(item: RetentionItem, other: RetentionItem) -> str:
    differing = [name for name in _TITLES if getattr(item, name) != getattr(other, name)]
    return "; ".join(f"{name}: {getattr(item, name) or 'none'}" for name in differing)


def _rules(old: Retention | None, new: Retention) -> list[Changed]:
    """Their order decides nothing, so only what is there and what is not."""
    before = [rule_words(rule) for rule in old.rules] if old else []
    after = [rule_words(rule) for rule in new.rules]
    found = [Changed("rule", "removed", words, "") for words in before if words not in after]
    found += [Changed("rule", "added", "", words) for words in after if words not in before]
    if old is not None and old.fiscal_year_starts != new.fiscal_year_starts:
        found.append(Changed("fiscal year", "changed", f"starts in month {old.fiscal_year_starts}",
                             f"starts in month {new.fiscal_year_starts}"))  # fmt: skip
    return found


def rule_words(rule: RetentionRule) -> str:
    """`kind comment, state hidden: item 106`."""
    selectors = ", ".join(f"{name} {value}" for name, value in rule.selectors.items())
    return f"{selectors or 'everything else'}: item {rule.item}"
