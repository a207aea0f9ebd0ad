"""What harvests saw of things that were hidden or gone: DuckDB over the archive's Parquet, columns only, no words.

A version is written when something changed, so between two versions a record was as the earlier one says. How long that
is certain is what the looks of the account tell: a look that reached its end has asked for every known thing in its
window, and what it left unchanged was there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, NamedTuple, Self

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog_walks import Told as Walk

Where = tuple[str, str]  # platform, account


class Step(NamedTuple):
    """One observation of a thing that was not there for all to see. `seen`: microseconds UTC."""

    seen: int
    version: int
    state: str
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Disappeared:
    """A run of observations at which one thing was hidden, held or absent; between two at which it was present.

    Times are microseconds UTC. `last_seen` is None if it was never seen present.
    """

    rid: str
    platform: str
    account: str
    kind: str
    native_id: str
    parent_native_id: str | None
    root_native_id: str | None
    is_own: bool
    created: int | None
    last_seen: int | None
    back: int | None
    steps: tuple[Step, ...]


class Look(NamedTuple):
    """A look that reached its end: what it did not find changed was there at `at`. `since` None: it read everything."""

    at: int
    ended: int
    since: int | None


class Sightings:
    """Reads the versions that are there now. A context manager: it holds a database in memory.

    Making one raises NotFound or FileNotFoundError if an object is moved meanwhile (see `Catalog.reading`).
    """

    def __init__(self, paths: Sequence[Path], walks: Mapping[Where, Sequence[Walk]]) -> None:
        import duckdb

        self.first_looks = {where: told[0]["started"] for where, told in walks.items() if told}
        self._looks = {where: _looks(told) for where, told in walks.items()}
        self._db = duckdb.connect(config={"threads": 2})
        self._is_empty = not paths
        try:
            for statement in (_STATES, _ROOTS, _GAPS) if paths else ():
                self._db.execute(statement, {"paths": [str(path) for path in paths]})
        except duckdb.IOException as moved:
            self._db.close()
            raise FileNotFoundError("An object was moved while it was read.") from moved

    @classmethod
    def of(cls, archive: Archive, platform: str | None = None, account: str | None = None) -> Self:
        """Those of everything that an archive's catalog names, or of one account."""
        objects = [o for o in archive.catalog.objects("records")
                   if platform in (None, o.platform) and account in (None, o.account)]  # fmt: skip
        wheres = sorted({(o.platform, o.account) for o in objects})
        walks = {where: archive.catalog.walks.of(*where) for where in wheres}
        return cls(archive.mirror.paths(objects), walks)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()

    def disappeared(self) -> list[Disappeared]:
        """Every disappearance, oldest first, each as narrow an interval as the looks allow."""
        if self._is_empty:
            return []
        gaps = self._gaps()
        found = []
        for row in self._db.execute(_RUNS).fetchall():
            steps = tuple(Step(s["seen"], s["version"], s["state"], tuple(s["flags"] or ())) for s in row[-2])
            one = Disappeared(*row[:-2], steps)  # type: ignore[call-arg]  # in the order of _RUNS
            found.append(self._narrowed(one, row[-1], gaps))
        return found

    def _gaps(self) -> dict[Where, list[tuple[str | None, int, int]]]:
        """(thread or None, from, to) of every gap; an open end is a very long time."""
        told: dict[Where, list[tuple[str | None, int, int]]] = {}
        for platform, account, root, begin, end in self._db.execute("SELECT * FROM gaps").fetchall():
            told.setdefault((platform, account), []).append((root, begin or 0, _ALWAYS if end is None else end))
        return told

    def _narrowed(
        self, one: Disappeared, root_created: int | None, gaps: dict[Where, list[tuple[str | None, int, int]]]
    ) -> Disappeared:
        """Put `last_seen` to the last look at which it was certainly there. Looks inside of a gap say nothing."""
        if one.last_seen is None:
            return one
        where, thread = (one.platform, one.account), one.root_native_id or one.native_id
        blind = [(a, b) for root, a, b in gaps.get(where, ()) if root in (None, thread)]
        for look in _before(self._looks.get(where, ()), one.steps[0].seen, one.last_seen):
            in_window = look.since is None or (root_created is not None and root_created >= look.since)
            if in_window and not any(a <= look.at <= b for a, b in blind):
                return replace(one, last_seen=look.at)
        return one


_ALWAYS: Final = 2**62


def _looks(told: Sequence[Walk]) -> list[Look]:
    """The looks that reached their end, oldest first.

    One that goes on where a throttled one stopped does not read again what that one read; so it counts from there.
    """
    found: list[Look] = []
    began: int | None = None
    for walk in told:
        began = walk["started"] if began is None else began
        if walk["outcome"] == "ok":
            found.append(Look(began, walk["ended"], None if walk["full"] else walk["since"]))
            began = None
    return found


def _before(looks: Sequence[Look], gone: int, known: int) -> Iterator[Look]:
    """Newest first: the looks that ended before a thing was first missed, and say more than what is known."""
    for i in range(bisect_right(looks, gone, key=attrgetter("ended")) - 1, -1, -1):
        if looks[i].at <= known:
            return
        yield looks[i]


_READ: Final = "read_parquet($paths, union_by_name = true, hive_partitioning = false)"
_STATES: Final = f"""
CREATE TEMP TABLE states AS
  WITH every AS (
    SELECT rid, version, platform, account, kind, native_id, parent_native_id, root_native_id, author_is_account, state,
           flags, epoch_us(created_at) AS created, epoch_us(observed_at) AS seen
    FROM {_READ} WHERE kind IN ('post', 'comment', 'reply') AND state <> 'inaccessible')
  SELECT * FROM every SEMI JOIN (SELECT rid FROM every WHERE state <> 'present') AS once USING (rid)
"""  # noqa: S608  names, never values. `inaccessible` says that we could not look, not that a thing is gone.
_ROOTS: Final = f"""
CREATE TEMP TABLE roots AS
  SELECT platform, account, native_id, min(epoch_us(created_at)) AS created
  FROM {_READ} WHERE kind = 'post' GROUP BY ALL
"""  # noqa: S608
_GAPS: Final = f"""
CREATE TEMP TABLE gaps AS
  SELECT platform, account, root, a, b FROM (
    SELECT platform, account, rid, arg_max(root_native_id, version) AS root,
           arg_max(epoch_us(gap_from), version) AS a, arg_max(epoch_us(gap_to), version) AS b
    FROM {_READ} WHERE kind = 'gap' GROUP BY ALL)
"""  # noqa: S608
_RUNS: Final = """
WITH marked AS (
  SELECT *, state = 'present' AS up, lag(state = 'present') OVER (PARTITION BY rid ORDER BY seen, version) AS before
  FROM states),
numbered AS (
  SELECT *, sum(CASE WHEN before IS DISTINCT FROM up THEN 1 ELSE 0 END)
    OVER (PARTITION BY rid ORDER BY seen, version ROWS UNBOUNDED PRECEDING) AS run FROM marked),
things AS (
  SELECT rid, arg_max(platform, version) AS platform, arg_max(account, version) AS account,
         arg_max(kind, version) AS kind, arg_max(native_id, version) AS native_id,
         arg_max(parent_native_id, version) AS parent, arg_max(root_native_id, version) AS root,
         bool_or(author_is_account) AS is_own, min(created) AS created FROM states GROUP BY rid),
runs AS (
  SELECT rid, run, any_value(up) AS up, max(seen) AS last, min(seen) AS first,
         list({'seen': seen, 'version': version, 'state': state, 'flags': flags} ORDER BY seen, version) AS steps
  FROM numbered GROUP BY rid, run),
told AS (
  SELECT *, lag(last) OVER (PARTITION BY rid ORDER BY run) AS last_seen,
         lead(first) OVER (PARTITION BY rid ORDER BY run) AS back FROM runs)
SELECT things.rid, things.platform, things.account, things.kind, things.native_id, things.parent, things.root, is_own,
       things.created, last_seen, back, steps, coalesce(roots.created, things.created)
FROM told JOIN things USING (rid)
LEFT JOIN roots ON roots.platform = things.platform AND roots.account = things.account
  AND roots.native_id = coalesce(things.root, things.native_id)
WHERE NOT up ORDER BY told.first, rid
"""
