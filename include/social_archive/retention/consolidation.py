"""Consolidation: the small objects of a closed month become one, sorted for search. And splitting one in two.

A harvest writes an object per run and cohort; after a year there are thousands, and a search opens each of them. Once
its month is over, a folder's rows are put together. A row is not altered, its proof stays (see `rewrite.py`), and the
answers to every question are the same bytes as before. It can be killed anywhere and run again: the ledger entry of a
folder is what moves it, and what is left over is removed by the audit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from social_archive.commitments import Commitments
from social_archive.errors import NotFound
from social_archive.leaves import COMPANIONS
from social_archive.record import micros
from social_archive.rewrite import SourcesChanged, Target, is_immovable, read, rewrite
from social_archive.series import OPEN, UNDATED, end_of_retention

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject

MAX_ROWS: Final = 1_000_000
MAX_BYTES: Final = 64 << 20
"""Of what is put together at once, as stored; in memory it is about four times as much, and there are two copies."""

_GRACE_DAYS: Final = 1  # after the month: what was seen on its last day is in by then
_READERS: Final = 8
_NEVER: Final = (OPEN, UNDATED)  # cut-offs that no calendar closes
_ORDER: Final = {
    "records": ("created_at", "root_native_id", "parent_native_id", "native_id", "version"),
    "quarantine": ("observed_at", "qid"),
    **dict.fromkeys(COMPANIONS, ("rid", "version", "id")),
}

Rows = np.ndarray[Any, np.dtype[Any]]
Progress = Callable[[int, int], None]
"""Is told (objects done, objects in all)."""


@dataclass(frozen=True)
class Folder:
    """A folder of a closed month and those of its objects that can be put together, in ledger order."""

    prefix: str
    cls: str
    series: str
    cutoff: str
    platform: str
    account: str
    objects: tuple[CatalogObject, ...]

    @property
    def rows(self) -> int:
        return sum(o.rows for o in self.objects)

    @property
    def size(self) -> int:
        """Bytes as stored."""
        return sum(o.size for o in self.objects)


@dataclass(frozen=True)
class Consolidated:
    """What was done, or with `dry_run` what would be; then `bytes_after` is unknown.

    `skipped` counts objects by reason: `compliance_lock`, `claimed` (by a disposal), `left` (the caller's wish: a
    hold), `changed` (another run was faster). `left_behind`: old versions that could not be removed; the audit does it.
    """

    folders: int
    objects_before: int
    objects_after: int
    rows: int
    bytes_before: int
    bytes_after: int | None
    skipped: dict[str, int]
    left_behind: int = 0


# --------------------------------------------------------------------------- what is due


def due(archive: Archive, *, now: datetime | None = None, leave: Collection[str] = ()) -> list[Folder]:
    """Folders of records, their companions and quarantine whose month is over, with more than one small object.

    `leave`: keys of objects that stay as they are. So do those that a disposal has claimed, those that were split off
    on purpose, and those that are large already. As far as the catalog has followed the ledger.
    """
    return _due(archive, now or datetime.now(UTC), set(leave), Counter())


def _due(archive: Archive, now: datetime, leave: set[str], skipped: Counter[str]) -> list[Folder]:
    groups: dict[str, list[CatalogObject]] = {}
    closed = _Months(archive.agency.body.time_zone, now)
    for cls in _ORDER:
        for o in archive.catalog.objects(cls):
            if closed.over(o.cutoff) and not _is_large(o):
                groups.setdefault(_prefix(o.key), []).append(o)
    several = {prefix: found for prefix, found in groups.items() if len(found) > 1}
    claimed = set(archive.catalog.gone.claimed())
    folders = []
    for prefix, found in sorted(several.items()):
        free = [o for o in _apart(archive, found) if o.key not in claimed | leave]
        skipped.update("claimed" if o.key in claimed else "left" for o in found if o.key in claimed | leave)
        if len(free) > 1:
            o = free[0]
            folders.append(Folder(prefix, o.cls, o.series, o.cutoff, o.platform, o.account, tuple(free)))
    return folders


class _Months:
    """Which months are over on the agency's calendar, with a day of grace."""

    def __init__(self, time_zone: str, now: datetime) -> None:
        self._zone = ZoneInfo(time_zone)
        self._now = micros(now)
        self._known: dict[str, bool] = dict.fromkeys(_NEVER, False)

    def over(self, cutoff: str) -> bool:
        if cutoff not in self._known:
            end = end_of_retention(cutoff, 0, self._zone, days=_GRACE_DAYS)
            self._known[cutoff] = end is not None and end <= self._now
        return self._known[cutoff]


def _is_large(o: CatalogObject) -> bool:
    """So large that two of them would not fit together."""
    return o.rows >= MAX_ROWS // 2 or o.size >= MAX_BYTES // 2


def _apart(archive: Archive, objects: Iterable[CatalogObject]) -> Iterator[CatalogObject]:
    """Without those that were split for a disposal: putting them together again would undo it, night after night."""
    split: dict[int, bool] = {}
    for o in objects:
        if o.n not in split:
            what, _time, note = archive.catalog.walks.entry_at(o.n)
            split[o.n] = what == "rewrite" and note["why"] == "split"
        if not split[o.n]:
            yield o


# --------------------------------------------------------------------------- putting together


@dataclass
class _Run:
    """What one consolidation has done so far."""

    archive: Archive
    commitments: Commitments
    skipped: Counter[str]
    total: int
    progress: Progress | None
    dry_run: bool
    looked_at: int = 0
    folders: int = 0
    rows: int = 0
    before: list[CatalogObject] = field(default_factory=list)
    after: list[CatalogObject] = field(default_factory=list)
    left_behind: int = 0

    def tick(self, count: int) -> None:
        self.looked_at += count
        if self.progress:
            self.progress(self.looked_at, self.total)


def consolidate(
    archive: Archive,
    *,
    leave: Collection[str] = (),
    progress: Progress | None = None,
    dry_run: bool = False,
    now: datetime | None = None,
) -> Consolidated:
    """Put the small objects of every closed month together, a folder at a time; what is too much for one, in several.

    `leave`: keys of objects that must stay as they are (held ones). Idempotent. Raises ConfigError where the keys of
    the disposer are not given (the old versions could not go), LedgerError or Corrupt if a row is not what the ledger
    committed; folders that were done before that stay done, the others are as they were.
    """
    archive.catalog.catch_up()
    skipped: Counter[str] = Counter()
    folders = _due(archive, now or datetime.now(UTC), set(leave), skipped)
    total = sum(len(folder.objects) for folder in folders)
    run = _Run(archive, Commitments(archive), skipped, total, progress, dry_run)
    if not dry_run:
        _ = archive.disposer
    for folder in folders:
        _folder(run, folder)
    return Consolidated(
        folders=run.folders, objects_before=len(run.before), objects_after=len(run.after), rows=run.rows,
        bytes_before=sum(o.size for o in run.before),
        bytes_after=None if dry_run else sum(o.size for o in run.after),
        skipped=dict(run.skipped), left_behind=run.left_behind,
    )  # fmt: skip


def _folder(run: _Run, folder: Folder) -> None:
    """Until one small object is left at most: what was put together may be small enough to go on with."""
    if _any_immovable(run.archive, folder.objects):
        run.skipped["compliance_lock"] += len(folder.objects)
        run.tick(len(folder.objects))
        return
    began, small = list(folder.objects), list(folder.objects)
    large: list[CatalogObject] = []
    first = True
    while len(small) > 1 and (first or not run.dry_run):
        made = []
        for batch in _batches(small):
            one = _put_together(run, batch) if len(batch) > 1 else batch[0]
            if one is None:
                run.skipped["changed"] += len(batch)
                began = [o for o in began if o not in batch]
            else:
                made.append(one)
            run.tick(len(batch) if first else 0)
        first = False
        small, large = [o for o in made if not _is_large(o)], large + [o for o in made if _is_large(o)]
    if began:
        run.folders += 1
        run.rows += sum(o.rows for o in began)
        run.before += began
        run.after += [*large, *small]


def _any_immovable(archive: Archive, objects: Sequence[CatalogObject]) -> bool:
    """Is one of them under a lock that nobody may lift? Then its old version would stay beside the new one."""

    def immovable(o: CatalogObject) -> bool:
        try:
            return is_immovable(archive.store.lock_state(o.key, o.version_id))
        except NotFound:
            return False  # it was moved; whoever reads it will notice

    with ThreadPoolExecutor(_READERS) as pool:
        return any(pool.map(immovable, objects))


def _batches(objects: Sequence[CatalogObject]) -> Iterator[list[CatalogObject]]:
    """In their order, as many at a time as are put together at once. Two small ones always are."""
    batch: list[CatalogObject] = []
    for o in objects:
        rows, size = sum(b.rows for b in batch) + o.rows, sum(b.size for b in batch) + o.size
        if batch and (rows > MAX_ROWS or size > MAX_BYTES):
            yield batch
            batch = []
        batch.append(o)
    if batch:
        yield batch


def _put_together(run: _Run, batch: list[CatalogObject]) -> CatalogObject | None:
    """One object of several; None if another run has moved one of them since. In a dry run, the first of them."""
    archive = run.archive
    if run.dry_run:
        return batch[0]
    try:
        target = _sorted_target(archive, batch)
        done = rewrite(archive, batch, [target], why="consolidate", unlocked=True, commitments=run.commitments)
    except SourcesChanged:
        return None
    except NotFound:
        archive.catalog.catch_up()
        if all(archive.catalog.object(o.key) == o for o in batch):
            raise
        return None
    run.left_behind += done.left
    return archive.catalog.object(done.objects[0]["key"])


def _sorted_target(archive: Archive, batch: Sequence[CatalogObject]) -> Target:
    cls = batch[0].cls
    with ThreadPoolExecutor(_READERS) as pool:
        parts = list(pool.map(lambda o: read(archive, o), batch))
    table = pa.concat_tables([table for table, _ in parts], promote_options="default").combine_chunks()
    leaves = np.concatenate([of_rows for _, of_rows in parts])
    order = pc.sort_indices(table, sort_keys=[(name, "ascending") for name in _ORDER[cls]])
    ends = [o.retain_until for o in batch]
    until = None if None in ends else max(end for end in ends if end is not None)
    return Target(_prefix(batch[0].key), table.take(order), leaves[order.to_numpy()], until, cls)


def _prefix(key: str) -> str:
    return key.rpartition("/")[0] + "/"


# --------------------------------------------------------------------------- taking apart


def split(
    archive: Archive, key: str, rows: Rows, *, may: Callable[[], None] | None = None
) -> tuple[str | None, str | None]:
    """Give the held rows of an object an object of their own in its folder: (key of the held, key of the rest).

    `rows`: positions in the object, or one bool for each row. Where all rows are held, or none is, nothing is written:
    the object is the one, and None the other. `may` is asked before the commit (see `rewrite`). Raises NotFound,
    SourcesChanged, and ValueError for rows that the object does not have.
    """
    source = archive.catalog.object(key)
    if source is None:
        raise NotFound("The object that was to be split is not in the archive.")
    held = _mask(rows, source.rows)
    if held.all():
        return key, None
    if not held.any():
        return None, key
    table, leaves = read(archive, source)
    targets = [
        Target(_prefix(key), table.filter(pa.array(part)), leaves[part], source.retain_until, source.cls)
        for part in (held, ~held)
    ]
    done = rewrite(archive, [source], targets, why="split", may=may)
    held_key, rest_key = (o["key"] for o in done.objects)
    return held_key, rest_key


def _mask(rows: Rows, count: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    given = np.asarray(rows)
    mask = np.zeros(count, dtype=np.bool_)
    if given.dtype == np.bool_:
        if given.shape != mask.shape:
            raise ValueError(f"there are {count} rows and {len(given)} marks")
        return given
    if given.size and not (given.min() >= 0 and given.max() < count):
        raise ValueError(f"the object has {count} rows; one that it does not have was asked for")
    mask[given.astype(np.int64)] = True
    return mask
