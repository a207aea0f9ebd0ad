"""The history of every stored thing, as far as its retention asks: read in columns from all objects of records at once.

DuckDB does the work per row; Python sees groups of rows that the schedule cannot tell apart. Months are the agency's
own and come from `Schedule.month`, so that a group and a single record are never judged by two calendars.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from social_archive.record import STATES
from social_archive.series import UNDATED_KINDS, WITHDRAWN_STATES, Facts, Schedule

if TYPE_CHECKING:
    from pathlib import Path

    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject

_MEMORY: Final = "1GB"

Numbers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Group:
    """Stored versions that the schedule cannot tell apart and that lie in folders of one cohort.

    `facts`: its moments stand for their months. `series` and `cutoff`: where the rows lie now. `objects`: the keys in
    which they lie. `records` counts versions, `things` what they are versions of.
    """

    facts: Facts
    series: str
    cutoff: str
    objects: tuple[str, ...]
    records: int
    things: int


@dataclass(frozen=True)
class Lines:
    """Rows by the group that they belong to: parallel columns, sorted by object. `source` indexes `Histories.sources`,
    `row` counts within the object, `group` indexes `Histories.groups`."""

    group: Numbers
    source: Numbers
    row: Numbers


class Histories:
    """One reading of everything that is stored, in an in-memory database. Close it before objects are moved.

    `rid`: of one thing only.
    """

    def __init__(self, archive: Archive, schedule: Schedule, *, rid: str | None = None) -> None:
        import duckdb

        self.sources: list[CatalogObject] = archive.catalog.objects("records")
        self._paths = archive.mirror.paths(self.sources)
        self._month = schedule.month
        self._db = duckdb.connect(
            ":memory:",
            config={"memory_limit": _MEMORY, "threads": 2, "autoinstall_known_extensions": "false",
                    "autoload_known_extensions": "false", "temp_directory": str(archive.cache / "spill")},
        )  # fmt: skip
        self.groups: list[Group] = []
        if self.sources:
            self._read(archive.catalog.gone.tags(rid), rid)

    def __enter__(self) -> Histories:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    # ---------------------------------------------------------------- reading

    def _read(self, tags: dict[str, list[str]], rid: str | None) -> None:
        self._db.execute(_HOUR)
        self._db.execute(
            "CREATE TEMP TABLE places AS SELECT unnest($paths) AS path, unnest(range(len($paths))) AS source,"
            " unnest($series) AS series, unnest($cutoffs) AS cutoff",
            {"paths": _text(self._paths), "series": [o.series for o in self.sources],
             "cutoffs": [o.cutoff for o in self.sources]},
        )  # fmt: skip
        self._db.execute(
            "CREATE TEMP TABLE tagged AS SELECT unnest($rids::VARCHAR[]) AS rid, unnest($tags::VARCHAR[]) AS tags",
            {"rids": list(tags), "tags": [" ".join(sorted(some)) for some in tags.values()]},
        )
        self._db.execute(_LINES, {"paths": _text(self._paths), "rid": rid})
        self._db.execute(_THINGS, {"undated": list(UNDATED_KINDS), "gone": list(WITHDRAWN_STATES),
                                   "states": list(STATES)})  # fmt: skip
        self._db.execute(_SUPERSEDED)
        self._read_months()
        for step in (_JOINED, "DROP TABLE lines", "DROP TABLE things", _GROUPS, _PLACED, "DROP TABLE joined"):
            self._db.execute(step)
        self.groups = [self._group(*row) for row in self._db.execute(_ANSWER).fetchall()]

    def _read_months(self) -> None:
        """The month of every hour in which anything happened: the calendar is asked once for each."""
        hours = [hour for (hour,) in self._db.execute(_HOURS).fetchall()]
        self._db.execute(
            "CREATE TEMP TABLE months AS SELECT unnest($hours::BIGINT[]) AS hour, unnest($months::VARCHAR[]) AS month",
            {"hours": hours, "months": [self._month(hour * 3_600_000_000) for hour in hours]},
        )

    def _group(
        self, platform: str, account: str, kind: str, states: int, tags: str, series: str, cutoff: str, started: int,
        withdrawn: int | None, superseded: int | None, sources: list[int], records: int, things: int,
    ) -> Group:  # fmt: skip
        facts = Facts(platform, account, kind, started, _states(states), frozenset(tags.split()),
                      withdrawn=withdrawn, superseded=superseded)  # fmt: skip
        keys = tuple(sorted(self.sources[source].key for source in sources))
        return Group(facts, series, cutoff, keys, records, things)

    # ---------------------------------------------------------------- asking

    def lines_of(self, groups: Sequence[int]) -> Lines:
        """All rows of some groups."""
        if not groups:
            empty = np.empty(0, dtype=np.int64)
            return Lines(empty, empty, empty)
        found = self._db.execute(
            "SELECT grp, source, row FROM placed SEMI JOIN (SELECT unnest($groups::BIGINT[]) AS grp) USING (grp)"
            " ORDER BY source, row",
            {"groups": list(groups)},
        ).fetchnumpy()
        return Lines(*(np.asarray(found[name], dtype=np.int64) for name in ("grp", "source", "row")))

    def versions(self) -> list[tuple[int, int, int, bool]]:
        """(version, group, object, does its thing have a date of its own?) of every row, sorted; for one thing."""
        if not self.sources:
            return []
        return self._db.execute("SELECT version, grp, source, dated FROM placed ORDER BY version").fetchall()

    def media(self) -> list[tuple[str, int, int]]:
        """(key that a row names, group of the row, object of the row) of all stored attachments, distinct, sorted."""
        if not self.sources:
            return []
        return self._db.execute(_MEDIA, {"paths": _text(self._paths)}).fetchall()


def _states(mask: int) -> frozenset[str]:
    return frozenset(state for bit, state in enumerate(STATES) if mask >> bit & 1)


def _text(paths: Sequence[Path]) -> list[str]:
    return [str(path) for path in paths]


# --------------------------------------------------------------------------- SQL, from the rows to the groups

_HOUR: Final = """
CREATE TEMP MACRO hour_of(moment) AS
  (moment // 3600000000) - CASE WHEN moment < 0 AND moment % 3600000000 != 0 THEN 1 ELSE 0 END
"""

_SCAN: Final = (
    "read_parquet($paths, filename = true, file_row_number = true, union_by_name = true, hive_partitioning = false)"
)

_LINES: Final = f"""
CREATE TEMP TABLE lines AS
SELECT r.rid, r.version, r.platform, r.account, r.kind, r.state, epoch_us(r.created_at) AS created,
  epoch_us(r.observed_at) AS observed, p.source, r.file_row_number AS row
FROM {_SCAN} AS r JOIN places AS p ON r.filename = p.path
WHERE $rid IS NULL OR r.rid = $rid
"""  # noqa: S608

_THINGS: Final = """
CREATE TEMP TABLE things AS
WITH summed AS (
  SELECT rid, arg_max(platform, version) AS platform, arg_max(account, version) AS account,
    arg_max(kind, version) AS kind, bit_or(1 << (list_position($states, state) - 1)) AS states,
    arg_max(created, version) AS created, min(observed) AS first_seen, count(*) AS versions,
    coalesce(max(version) FILTER (state = 'present'), 0) AS last_present
  FROM lines GROUP BY rid
), gone AS (
  SELECT l.rid, arg_min(l.observed, l.version) AS withdrawn
  FROM lines AS l JOIN summed AS s ON l.rid = s.rid
  WHERE list_contains($gone, l.state) AND l.version > s.last_present GROUP BY l.rid
)
SELECT s.rid, s.platform, s.account, s.kind, s.states, s.versions, g.withdrawn, coalesce(t.tags, '') AS tags,
  CASE WHEN s.created IS NULL OR list_contains($undated, s.kind) THEN s.first_seen ELSE s.created END AS started,
  s.created IS NOT NULL AND NOT list_contains($undated, s.kind) AS dated
FROM summed AS s LEFT JOIN gone AS g ON s.rid = g.rid LEFT JOIN tagged AS t ON s.rid = t.rid
"""

_SUPERSEDED: Final = """
CREATE TEMP TABLE superseded AS
SELECT source, row, superseded FROM (
  SELECT source, row, lead(observed) OVER (PARTITION BY rid ORDER BY version) AS superseded
  FROM lines SEMI JOIN (SELECT rid FROM things WHERE versions > 1) AS many USING (rid)
) WHERE superseded IS NOT NULL
"""

_HOURS: Final = """
SELECT DISTINCT hour_of(moment) FROM (
  SELECT started AS moment FROM things UNION ALL SELECT withdrawn FROM things UNION ALL
  SELECT superseded FROM superseded
) WHERE moment IS NOT NULL
"""

_KEYS: Final = (
    "platform, account, kind, states, tags, started_month, withdrawn_month, superseded_month, series, cutoff"
)

_JOINED: Final = """
CREATE TEMP TABLE joined AS
SELECT l.rid, l.version, l.source, l.row, t.dated, t.platform, t.account, t.kind, t.states, t.tags, t.started,
  t.withdrawn, x.superseded, a.month AS started_month, coalesce(b.month, '') AS withdrawn_month,
  coalesce(c.month, '') AS superseded_month, p.series, p.cutoff
FROM lines AS l JOIN things AS t ON l.rid = t.rid JOIN places AS p ON l.source = p.source
LEFT JOIN superseded AS x ON l.source = x.source AND l.row = x.row
JOIN months AS a ON hour_of(t.started) = a.hour
LEFT JOIN months AS b ON hour_of(t.withdrawn) = b.hour
LEFT JOIN months AS c ON hour_of(x.superseded) = c.hour
"""

_GROUPS: Final = f"""
CREATE TEMP TABLE groups AS
SELECT row_number() OVER (ORDER BY {_KEYS}) - 1 AS grp, * FROM (
  SELECT {_KEYS}, min(started) AS started, min(withdrawn) AS withdrawn, min(superseded) AS superseded,
    list(DISTINCT source) AS sources, count(*) AS records, count(DISTINCT rid) AS things
  FROM joined GROUP BY {_KEYS}
)
"""  # noqa: S608

_PLACED: Final = f"""
CREATE TEMP TABLE placed AS SELECT grp, version, source, row, dated FROM joined JOIN groups USING ({_KEYS})
"""  # noqa: S608

_ANSWER: Final = """
SELECT platform, account, kind, states, tags, series, cutoff, started, withdrawn, superseded, sources, records, things
FROM groups ORDER BY grp
"""

_MEDIA: Final = f"""
SELECT DISTINCT m.key, w.grp, w.source FROM (
  SELECT filename, file_row_number AS row, unnest(media) AS m FROM {_SCAN} WHERE len(media) > 0
) AS r JOIN places AS p ON r.filename = p.path JOIN placed AS w ON w.source = p.source AND w.row = r.row
WHERE m.outcome = 'stored' AND m.key IS NOT NULL ORDER BY 1, 2, 3
"""  # noqa: S608
