"""Why a record is kept until when: every rule that speaks of it, the one that decided, the clock, the lock, the holds.

Answered from the same reading of the whole history as `assignment`, so that what is explained is what happens.
"""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from social_archive.config_schedule import RetentionItem, RetentionRule
from social_archive.errors import NotFound
from social_archive.retention import tags
from social_archive.retention.histories import Group, Histories
from social_archive.retention.schedules import in_force
from social_archive.series import OPEN, UNDATED, Assignment, Cohort, Facts, Schedule

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject
    from social_archive.store import LockState

_FULL_ID: Final = re.compile(r"[0-9a-f]{8,32}")


@dataclass(frozen=True)
class Applied:
    """One rule that matches, and until when its item would keep the record. `number` counts from 1, as in the file.

    `until`: microseconds UTC; None: for ever, or as long as the trigger has not come.
    """

    number: int
    rule: RetentionRule
    item: RetentionItem
    cohort: Cohort
    decides: bool

    @property
    def until(self) -> int | None:
        return self.cohort.retain_until


@dataclass(frozen=True)
class Kept:
    """Where an object of the record lies and how it is locked at the store; `lock` None: the store does not have it."""

    key: str
    series: str
    cutoff: str
    lock: LockState | None


@dataclass(frozen=True)
class Answer:
    """What holds for some versions of a record. `settled`: they lie in the folder of their cohort already.

    `dated`: the record has a date of its own; else its creation is the day on which it was first seen.
    """

    versions: tuple[int, ...]
    facts: Facts
    applied: tuple[Applied, ...]
    kept: tuple[Kept, ...]
    settled: bool
    dated: bool

    @property
    def decided(self) -> Applied:
        return next(one for one in self.applied if one.decides)


@dataclass(frozen=True)
class InForce:
    """The schedule by which the answer was given; `n` and `approved_at` are None while no version was approved."""

    version: str
    effective: date
    sha256: str | None
    n: int | None
    approved_at: str | None


@dataclass(frozen=True)
class Why:
    """The whole answer. `tags`: those that the record has, each as the change that put it there. `holds`: as
    `retention.holds` tells them, empty for none."""

    rid: str
    schedule: InForce
    answers: tuple[Answer, ...]
    tags: tuple[tags.TagChange, ...]
    holds: tuple[dict[str, Any], ...]


def why(archive: Archive, rid: str) -> Why:
    """Why a record is kept until when, by the schedule in force. Raises NotFound, StoreError."""
    schedule = archive.schedule
    with Histories(archive, schedule, rid=rid) as histories:
        groups, versions, sources = histories.groups, histories.versions(), histories.sources
    if not versions:
        raise NotFound("There is no record with this id.")
    lies_in: dict[int, list[tuple[int, CatalogObject]]] = {}
    for version, group, source, _ in versions:
        lies_in.setdefault(group, []).append((version, sources[source]))
    dated = all(versions[0][3:])
    answers = [_answer(archive, schedule, groups[group], places, dated) for group, places in lies_in.items()]
    return Why(rid, _in_force(archive), tuple(_merged(answers)), _tags(archive, rid), _holds(archive, rid))


def _merged(answers: list[Answer]) -> list[Answer]:
    """One answer for all versions of which the same is true; what was replaced when matters only where it decides."""
    merged: dict[object, Answer] = {}
    for one in sorted(answers, key=lambda answer: answer.versions):
        replaced = one.facts.superseded if one.decided.item.trigger == "superseded" else None
        same = (tuple((a.number, a.cohort) for a in one.applied), replaced)
        first = merged.setdefault(same, one)
        if first is not one:
            kept = {k.key: k for k in (*first.kept, *one.kept)}
            merged[same] = replace(first, versions=tuple(sorted(first.versions + one.versions)),
                                   kept=tuple(kept.values()), settled=first.settled and one.settled)  # fmt: skip
    return sorted(merged.values(), key=lambda answer: answer.versions)


def _answer(
    archive: Archive, schedule: Schedule, group: Group, places: list[tuple[int, CatalogObject]], dated: bool
) -> Answer:
    assigned = schedule.assign(group.facts)
    kept = [_kept(archive, o) for o in {o.key: o for _, o in places}.values()]
    settled = (group.series, group.cutoff) == (assigned.cohort.series, assigned.cohort.cutoff)
    return Answer(tuple(sorted(version for version, _ in places)), group.facts,
                  tuple(_applied(schedule, assigned, group.facts)), tuple(kept), settled, dated)  # fmt: skip


def _applied(schedule: Schedule, assigned: Assignment, facts: Facts) -> Iterator[Applied]:
    items = {item.id: item for item in schedule.retention.items}
    for index in assigned.matched:
        rule = schedule.retention.rules[index]
        item = items[rule.item]
        yield Applied(index + 1, rule, item, schedule.cohort_in(item, facts), index == assigned.rule)


def _kept(archive: Archive, o: CatalogObject) -> Kept:
    try:
        lock = archive.store.lock_state(o.key, o.version_id)
    except NotFound:
        lock = None
    return Kept(o.key, o.series, o.cutoff, lock)


def _in_force(archive: Archive) -> InForce:
    version = in_force(archive)
    if version is None:
        retention = archive.schedule.retention
        return InForce(retention.version, retention.effective, None, None, None)
    return InForce(version.version, version.effective, version.sha256, version.n, version.approved_at)


def _tags(archive: Archive, rid: str) -> tuple[tags.TagChange, ...]:
    """The last change of each tag that the record has."""
    has = archive.catalog.gone.tags(rid).get(rid)
    if not has:
        return ()
    last = {change.tag: change for change in tags.history(archive, rid)}
    return tuple(last[tag] for tag in has)


# --------------------------------------------------------------------------- in words


def selectors(rule: RetentionRule) -> str:
    """`account=larkspur-kids, kind=comment`; what the last rule says."""
    return ", ".join(f"{name}={value}" for name, value in rule.selectors.items()) or "everything else"


def trigger(item: RetentionItem, facts: Facts, zone: str, *, dated: bool) -> str:
    """What started the clock, with its day; or what it waits for."""
    if item.permanent or not item.scheduled:
        return "none: this item has no end"
    if item.trigger == "created":
        return f"{'posted' if dated else 'first seen'} on {_day(facts.started, zone)}"
    moment, happened, waits = {
        "withdrawn": (facts.withdrawn, "withdrawn from publication", "it is seen deleted on the platform"),
        "superseded": (facts.superseded, "replaced by the next version", "another version replaces it"),
        "request_closed": (facts.request_closed, "its request was closed", "its request is closed"),
    }[item.trigger]
    return f"waits until {waits}" if moment is None else f"{happened} on {_day(moment, zone)}"


def cutoff(item: RetentionItem, month: str) -> str:
    """The end of which period the years are counted from."""
    if month == OPEN:
        return "open: the clock has not started"
    if month == UNDATED:
        return "none: its date is on no calendar"
    year, number = (int(part) for part in month.split("-"))
    named = f"{date(year, number, 1):%B %Y}"
    period = {"month": "", "calendar_year": ", the end of its calendar year",
              "fiscal_year": ", the end of its fiscal year"}[item.cutoff]  # fmt: skip
    return f"the end of {named}{period}"


def until(one: Applied, zone: str) -> str:
    """The first day on which it may be disposed of, or why there is none."""
    if one.until is not None:
        return local_day(one.until, zone)
    if one.item.permanent:
        return "permanent"
    return "no end yet" if one.item.scheduled else "not scheduled for disposal"


def local_day(moment: int, zone: str) -> str:
    return f"{datetime.fromtimestamp(moment // 1_000_000, ZoneInfo(zone)):%Y-%m-%d}"


def _day(moment: int, zone: str) -> str:
    try:
        return local_day(moment, zone)
    except (ValueError, OverflowError, OSError):
        return "a date that is on no calendar"


# --------------------------------------------------------------------------- what other parts know of it


def _holds(archive: Archive, rid: str) -> tuple[dict[str, Any], ...]:
    """The holds in force that cover a record. The only place here that asks `retention.holds`."""
    try:
        holds = importlib.import_module("social_archive.retention.holds")
    except ModuleNotFoundError:  # a build without holds
        return ()
    return tuple(
        {"id": hold.id, "kind": hold.kind, "matter": hold.matter, "by": hold.by, "review": hold.review.isoformat(),
         "placed_at": hold.placed_at.isoformat()}
        for hold in holds.of_record(archive, rid)
    )  # fmt: skip


def disposed(archive: Archive, reference: str) -> dict[str, Any] | None:
    """What is left of a record that was disposed of: its stub in the ledger, and the disposal; None if it was not.

    `reference`: its id or the first eight or more characters of it. Reads the ledger's leaves from the beginning.
    """
    if not _FULL_ID.fullmatch(reference) or not archive.catalog.gone.disposed_ranges():
        return None
    found: dict[str, Any] | None = None
    mark = b'"rid":"' + reference.encode()
    for entry in archive.ledger.entries():
        for index, line in enumerate(entry.leaves):
            if mark in line and b'"t":"record"' in line:
                leaf = json.loads(line)
                by = archive.catalog.gone.disposal_of_leaf(entry.first_leaf + index)
                if by is not None:
                    versions = [*(found["versions"] if found else []), leaf["ver"]]
                    found = {"rid": leaf["rid"], "series": leaf["series"], "disposal": by, "versions": versions}
    return found
