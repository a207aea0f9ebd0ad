"""The exact cohort of every stored record, and moving what lies in another.

A harvest puts a version where it belongs as far as that version alone tells. What was seen later (hidden, deleted,
edited), a tag or another schedule may say otherwise; only the whole history knows. `settle` moves such rows into the
folder in which they are due, with one `rewrite` for many objects. After it every row lies where the schedule in force
says, and a second run writes nothing.

What is about a record (findings, decisions, determinations) follows it. Imported files and quarantine lie in cohorts of
their own and stay there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from social_archive import audit, rewrite
from social_archive.accession import seal
from social_archive.leaves import COMPANIONS
from social_archive.retention import companion_places
from social_archive.retention.histories import Group, Histories, Numbers
from social_archive.rewrite import Copied, SourcesChanged, Target
from social_archive.series import Cohort, Schedule

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject

__all__ = ["Group", "Misplaced", "Settled", "Survey", "extend_locks", "settle", "stored", "survey", "wrong"]

_ROWS: Final = 20_000
_OBJECTS: Final = 200
_READERS: Final = 8

Progress = Callable[[int, int], None]
"""Told (done, of how many)."""


@dataclass(frozen=True)
class Misplaced:
    """Rows of one object that belong to another cohort. `rows` are indexes into the object, ascending."""

    key: str
    cohort: Cohort
    rows: Numbers


@dataclass(frozen=True)
class Settled:
    """What moved. `rows`: record versions; `objects`: what they lay in; `media`: attachments that went along;
    `companions`: findings, decisions and determinations that followed (a dry run does not know them).

    `left_alone`: versions that belong elsewhere but lie in an object that must not be touched now (a disposal has
    claimed or proposed it, or another run changed it meanwhile). `old_versions`: replaced objects that are still in
    the store (a lock of theirs has not ended, or the disposer's keys are not given).
    """

    rows: int = 0
    objects: int = 0
    media: int = 0
    left_alone: int = 0
    old_versions: int = 0
    companions: int = 0


# --------------------------------------------------------------------------- what is stored, and where it belongs


def stored(archive: Archive) -> list[Group]:
    """All stored record versions, grouped by what the schedule asks about and by where they lie; sorted.

    As far as the catalog has followed the ledger.
    """
    with Histories(archive, archive.schedule) as histories:
        return histories.groups


@dataclass(frozen=True)
class Survey:
    """Everything that is stored, seen with a schedule that need not be in force; `media`: attachments it would move."""

    groups: list[Group]
    media: frozenset[str]


def survey(archive: Archive, schedule: Schedule) -> Survey:
    """What `settle` would look at if this schedule were in force. Writes nothing."""
    with Histories(archive, schedule) as histories:
        media = _media_moves(archive, histories, _cohorts(histories, schedule), schedule, ())
        return Survey(histories.groups, frozenset(media))


def wrong(archive: Archive, schedule: Schedule) -> list[Misplaced]:
    """The rows whose folder is not the cohort that `schedule` gives them, by object and cohort, sorted."""
    with Histories(archive, schedule) as histories:
        return _misplaced(histories, _cohorts(histories, schedule))


def _cohorts(histories: Histories, schedule: Schedule) -> list[Cohort]:
    """Where each group belongs."""
    return [schedule.assign(group.facts).cohort for group in histories.groups]


def _misplaced(histories: Histories, cohorts: Sequence[Cohort]) -> list[Misplaced]:
    groups = histories.groups
    moving = [n for n, (g, c) in enumerate(zip(groups, cohorts, strict=True))
              if (g.series, g.cutoff) != (c.series, c.cutoff)]  # fmt: skip
    targets = sorted({cohorts[n] for n in moving}, key=_order)
    number = {cohort: k for k, cohort in enumerate(targets)}
    target_of = np.full(len(groups), -1, dtype=np.int64)
    for n in moving:
        target_of[n] = number[cohorts[n]]
    lines = histories.lines_of(moving)
    target = target_of[lines.group]
    order = np.lexsort((lines.row, target, lines.source))
    source, target, row = lines.source[order], target[order], lines.row[order]
    starts = np.flatnonzero((np.diff(source, prepend=-1) != 0) | (np.diff(target, prepend=-1) != 0))
    return [
        Misplaced(histories.sources[source[start]].key, targets[target[start]], rows)
        for start, rows in zip(starts.tolist(), np.split(row, starts[1:]), strict=bool(len(starts)))
    ]


def _order(cohort: Cohort) -> tuple[str, str]:
    return cohort.series, cohort.cutoff


# --------------------------------------------------------------------------- settling


@dataclass
class _Batch:
    """Objects of one folder that are rewritten together, and the media that go along."""

    sources: list[CatalogObject] = field(default_factory=list)
    misplaced: list[Misplaced] = field(default_factory=list)
    media: list[Copied] = field(default_factory=list)
    rows: int = 0

    @property
    def moving(self) -> int:
        return sum(len(one.rows) for one in self.misplaced)


def settle(
    archive: Archive, *, progress: Progress | None = None, dry_run: bool = False, leave: Collection[str] = ()
) -> Settled:
    """Move every row (and attachment, and companion) that lies in another folder than the schedule in force says.

    `leave`: keys of objects that stay as they are, beside those that a disposal has claimed. `dry_run` counts only.
    What another run changes meanwhile is left for the next call. Raises LedgerError, StoreError.
    """
    archive.catalog.catch_up()
    schedule = archive.schedule
    untouched = {*leave, *archive.catalog.gone.claimed()}
    with Histories(archive, schedule) as histories:
        cohorts = _cohorts(histories, schedule)
        misplaced = _misplaced(histories, cohorts)
        media = _media_moves(archive, histories, cohorts, schedule, untouched)
    staying = sum(len(one.rows) for one in misplaced if one.key in untouched)
    batches = _batches(archive, [one for one in misplaced if one.key not in untouched], media)
    done = Settled(left_alone=staying)
    for number, batch in enumerate(batches):
        if progress:
            progress(number, len(batches))
        done = _add(done, batch) if dry_run else _move(archive, schedule, batch, done)
    if not dry_run:
        done = _follow(archive, schedule, done, leave)
    if progress:
        progress(len(batches), len(batches))
    return done


def _follow(archive: Archive, schedule: Schedule, done: Settled, leave: Collection[str]) -> Settled:
    """Move companions to where their records lie now, also those that a killed run left behind."""
    archive.catalog.catch_up()
    untouched = {*leave, *archive.catalog.gone.claimed()}
    misplaced = [
        Misplaced(key, Cohort(series, cutoff, schedule.until(series, cutoff)), rows)
        for key, (series, cutoff), rows in companion_places.read(archive).misplaced()
    ]
    staying = sum(len(one.rows) for one in misplaced if one.key in untouched)
    done = replace(done, left_alone=done.left_alone + staying)
    for batch in _batches(archive, [one for one in misplaced if one.key not in untouched], {}):
        done = _move(archive, schedule, batch, done)
    return done


def _add(done: Settled, batch: _Batch, old_versions: int = 0) -> Settled:
    done = replace(done, objects=done.objects + len(batch.sources), media=done.media + len(batch.media),
                   old_versions=done.old_versions + old_versions)  # fmt: skip
    if batch.sources and batch.sources[0].cls in COMPANIONS:
        return replace(done, companions=done.companions + batch.moving)
    return replace(done, rows=done.rows + batch.moving)


def _move(archive: Archive, schedule: Schedule, batch: _Batch, done: Settled) -> Settled:
    def may() -> None:
        if archive.schedule is not schedule:
            raise SourcesChanged("Another retention schedule came into force. The rest was not moved.")

    try:
        moved = rewrite.rewrite(archive, batch.sources, _targets(archive, schedule, batch), why="settle",
                                copies=batch.media, may=may)  # fmt: skip
    except SourcesChanged:
        return replace(done, left_alone=done.left_alone + batch.moving)
    return _add(done, batch, moved.left)


def _batches(archive: Archive, misplaced: Sequence[Misplaced], media: dict[str, _Media]) -> list[_Batch]:
    """Objects of the same folder together, up to a number of rows that fits into memory; media with their rows."""
    of_source: dict[str, list[Misplaced]] = {}
    for one in misplaced:
        of_source.setdefault(one.key, []).append(one)
    known = {o.key: o for cls in ("records", *COMPANIONS) for o in archive.catalog.objects(cls)}
    sources = sorted((known[key] for key in of_source), key=lambda o: (_folder(o), o.n, o.key))
    batches: list[_Batch] = []
    place: dict[str, int] = {}
    for source in sources:
        last = batches[-1] if batches else None
        if (
            last is None or _folder(last.sources[0]) != _folder(source)
            or last.rows + source.rows > _ROWS or len(last.sources) >= _OBJECTS
        ):  # fmt: skip
            last = _Batch()
            batches.append(last)
        last.sources.append(source)
        last.misplaced += of_source[source.key]
        last.rows += source.rows
        place[source.key] = len(batches) - 1
    return _with_media(batches, place, media)


def _with_media(batches: list[_Batch], place: dict[str, int], media: dict[str, _Media]) -> list[_Batch]:
    """An attachment goes with the first of its rows that moves if it will be kept longer, else with the last: between
    two batches it must never lie where it is disposed of before a row that names it."""
    alone = _Batch()
    for one in media.values():
        where = sorted(place[key] for key in one.rows_in if key in place)
        into = batches[where[0 if one.longer else -1]] if where else alone
        into.media.append(one.move)
    return [alone, *batches] if alone.media else batches


def _targets(archive: Archive, schedule: Schedule, batch: _Batch) -> list[Target]:
    """Every row of a batch's objects in one new object a cohort: those that move, and those that stay."""
    with ThreadPoolExecutor(_READERS) as pool:
        read = list(pool.map(lambda source: rewrite.read(archive, source), batch.sources))
    offset = dict(zip((s.key for s in batch.sources), np.cumsum([0, *(t.num_rows for t, _ in read)]), strict=False))
    table = pa.concat_tables([t.replace_schema_metadata(None) for t, _ in read]) if read else None
    if table is None:
        return []
    leaves = np.concatenate([of_rows for _, of_rows in read])
    first = batch.sources[0]
    staying = np.ones(len(leaves), dtype=bool)
    rows_of: dict[Cohort, list[Numbers]] = {}
    for one in batch.misplaced:
        rows = one.rows + offset[one.key]
        staying[rows] = False
        rows_of.setdefault(one.cohort, []).append(rows)
    targets = []
    for cohort, parts in rows_of.items():
        rows = np.concatenate(parts)
        moved = rewrite.cohort_columns(table.take(rows), {
            "series": cohort.series, "cutoff": cohort.cutoff, "retain_until": cohort.retain_until,
        })  # fmt: skip
        prefix = cohort.prefix(first.cls, first.platform, first.account)
        targets.append(Target(prefix, moved, leaves[rows], cohort.retain_until, first.cls))
    rows = np.flatnonzero(staying)
    if len(rows):
        until = schedule.until(first.series, first.cutoff)
        targets.append(Target(_folder(first), table.take(rows), leaves[rows], until, first.cls))
    return targets


def _folder(o: CatalogObject) -> str:
    return o.key.rsplit("/", 1)[0] + "/"


# --------------------------------------------------------------------------- media


@dataclass(frozen=True)
class _Media:
    """An attachment that moves. `rows_in`: keys of the objects whose rows name it; `longer`: it will be kept longer."""

    move: Copied
    rows_in: frozenset[str]
    longer: bool


def _media_moves(
    archive: Archive, histories: Histories, cohorts: Sequence[Cohort], schedule: Schedule, untouched: Collection[str]
) -> dict[str, _Media]:
    """Attachments that must lie elsewhere, by their key: each lives as long as the longest-kept row that names it.

    Rows in an object that stays untouched count as of the folder in which they lie.
    """
    live = {o.key: o for o in archive.catalog.objects("media")}
    named: dict[str, dict[Cohort, set[str]]] = {}
    for key, group, source in histories.media() if live else ():
        of_row = histories.sources[source]
        cohort = cohorts[group]
        if of_row.key in untouched:
            cohort = Cohort(of_row.series, of_row.cutoff, schedule.until(of_row.series, of_row.cutoff))
        named.setdefault(archive.catalog.gone.current(key), {}).setdefault(cohort, set()).add(of_row.key)
    moves = {}
    for key, rows_in in named.items():
        o = live.get(key)
        if o is None or key in untouched:
            continue
        now = Cohort(o.series, o.cutoff, schedule.until(o.series, o.cutoff))
        longest = max(rows_in, key=lambda cohort: (_end(cohort), _order(cohort)))
        if _order(longest) != _order(now) and (_end(longest) != _end(now) or now not in rows_in):
            move = Copied(o, longest.media_prefix(), longest.retain_until)
            moves[key] = _Media(move, frozenset().union(*rows_in.values()), _end(longest) > _end(now))
    return moves


def _end(cohort: Cohort) -> tuple[bool, int]:
    """When a cohort may be disposed of, comparable; never is the latest."""
    return cohort.retain_until is None, cohort.retain_until or 0


# --------------------------------------------------------------------------- locks


def extend_locks(archive: Archive, *, progress: Progress | None = None) -> int:
    """Extend every lock that ends before the schedule in force lets its cohort go; how many were. Never shortens one.

    Done when a schedule that keeps something longer comes into force. Raises StoreError, NotFound.
    """
    archive.catalog.catch_up()
    schedule = archive.schedule
    objects = [o for o in archive.catalog.objects() if schedule.until(o.series, o.cutoff) is not None]
    done = 0

    def state(o: CatalogObject) -> str:
        nonlocal done
        found = audit.lock_state(archive, o, schedule)
        done += 1
        if progress:
            progress(done, len(objects))
        return found

    with ThreadPoolExecutor(_READERS) as pool:
        states = list(pool.map(state, objects))
    short = [o for o, found in zip(objects, states, strict=True) if found == "unsealed"]
    seal(archive, [audit.described(o, schedule) for o in short])
    return len(short)

