"""Which records, what hangs on them, quarantined items and imported files a scope covers, as the archive is now.

One DuckDB over the verified local copies serves all holds; each scope is one marking of ids, then columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar
from zoneinfo import ZoneInfo

import numpy as np

from social_archive.errors import NotFound
from social_archive.leaves import COMPANIONS
from social_archive.retention.hold_scope import Scope
from social_archive.search import Query, Search

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject

T = TypeVar("T")
Rows = np.ndarray[Any, np.dtype[np.int64]]
"""Row numbers within one object, ascending."""

WHOLE_FILES: Final = ("request", "bundle")
"""The file of a request and what was given out for it: only a hold on everything covers them."""

HELD_CLASSES: Final = ("records", *COMPANIONS, "media", "quarantine", "import", *WHOLE_FILES)
"""What a hold can be about; companions go with their record. All else quotes no record, or is kept for itself."""

_WITH_ROWS: Final = ("records", *COMPANIONS)
"""Classes whose objects can be covered in part."""

_IMPORTED: Final = "import:"  # then the SHA-256 of the file in hex (`imports/source.py`)
_TRIES: Final = 4  # local copies may be replaced while they are read
_FETCHERS: Final = 8


@dataclass(frozen=True)
class Cover:
    """key -> the rows that a scope covers, None for the whole object (which then has no rows to part).

    `unreadable`: objects of records that neither the store nor the local copies have any more. What was in them
    cannot be judged: they are covered whole if the scope may reach them.
    """

    rows: dict[str, Rows | None] = field(default_factory=dict)
    unreadable: list[CatalogObject] = field(default_factory=list)


class _Records(Search):
    """A search that marks the records of one scope at a time, in the table `held`.

    Where each row lies and what hangs on it is read once, into the table `lying`: a scope then costs one scan.
    """

    def __init__(self, paths: Sequence[Path], time_zone: str) -> None:
        super().__init__(paths, time_zone=time_zone)
        self._db.execute("SET parquet_metadata_cache = true")  # no file is ever written again under its name
        self._db.execute(_LYING)
        if paths:
            self._db.execute(_LYING_IN, {"paths": [str(path) for path in paths]})
        self.marked: Scope | None = None

    def mark_scope(self, scope: Scope) -> None:
        if self.marked == scope:
            return
        self.marked = None
        if scope.ids:
            self._mark_ids(scope)
        else:
            self.mark(scope.query(), "held")
        if scope.wants_gaps and (scope.since, scope.until) != (None, None):
            self._mark_gaps(scope)
        if scope.threads:
            self._mark_threads()
        self.marked = scope

    def _mark_ids(self, scope: Scope) -> None:
        """The named records; of these, what else is asked for must hold too."""
        named = "CREATE OR REPLACE TEMP TABLE {} AS SELECT DISTINCT rid FROM records WHERE rid IN (SELECT unnest($ids))"
        self._db.execute(named.format("held"), {"ids": list(scope.ids)})
        if scope.query() != Scope().query():
            self.mark(scope.query(), "fitting")
            self._db.execute("DELETE FROM held WHERE rid NOT IN (SELECT rid FROM fitting)")

    def _mark_gaps(self, scope: Scope) -> None:
        """Gaps that overlap the span, wherever they begin."""
        query = Query(platform=scope.platform, account=scope.account, since=scope.since, until=scope.until)
        rids = [gap.rid for gap in self.gaps(query)]
        self._db.execute("INSERT INTO held SELECT unnest($rids::VARCHAR[])", {"rids": rids})

    def _mark_threads(self) -> None:
        self._db.execute(
            "CREATE OR REPLACE TEMP TABLE held AS"
            " WITH roots AS (SELECT DISTINCT platform, account, root FROM lying SEMI JOIN held USING (rid))"
            " SELECT rid FROM held UNION SELECT rid FROM lying SEMI JOIN roots USING (platform, account, root)"
        )

    # ---------------------------------------------------------------- about what is marked

    def count(self) -> int:
        return int(self._db.execute("SELECT count(DISTINCT rid) FROM held").fetchall()[0][0])

    def has(self, rid: str) -> bool:
        return bool(self._db.execute("SELECT 1 FROM held WHERE rid = $rid LIMIT 1", {"rid": rid}).fetchall())

    def rows(self) -> dict[str, Rows]:
        """path -> its marked rows; files without any are left out."""
        marked = "SELECT path, list(row ORDER BY row) FROM lying SEMI JOIN held USING (rid) GROUP BY path"
        return {path: np.array(rows, dtype=np.int64) for path, rows in self._db.execute(marked).fetchall()}

    def rows_about(self, paths: list[str], ids: Sequence[str]) -> dict[str, tuple[Rows, Rows]]:
        """path of a file of companions -> (rows about what is marked or one of `ids`, rows about what is not there)."""
        found = self._db.execute(_ABOUT, {"paths": paths, "ids": list(ids)}).fetchall()
        return {path: (np.array(held or [], np.int64), np.array(gone or [], np.int64)) for path, held, gone in found}

    def media_keys(self) -> list[str]:
        """The keys under which marked rows name their attachments."""
        return self._column("SELECT DISTINCT unnest(keys) FROM lying SEMI JOIN held USING (rid)")

    def imported_files(self) -> set[str]:
        """SHA-256 of the files out of which marked rows came."""
        return set(self._column("SELECT DISTINCT file FROM lying SEMI JOIN held USING (rid) WHERE file IS NOT NULL"))

    def places(self) -> set[tuple[str, str]]:
        """(platform, account) of what is marked."""
        return set(
            self._db.execute("SELECT DISTINCT platform, account FROM lying SEMI JOIN held USING (rid)").fetchall()
        )

    def _column(self, sql: str) -> list[str]:
        return [value for (value,) in self._db.execute(sql).fetchall()]


_LYING: Final = (
    "CREATE TEMP TABLE lying (rid VARCHAR, platform VARCHAR, account VARCHAR, root VARCHAR, path VARCHAR, row BIGINT,"
    " file VARCHAR, keys VARCHAR[])"
)
_LYING_IN: Final = (
    "INSERT INTO lying SELECT rid, platform, account, coalesce(root_native_id, native_id), filename, file_row_number,"  # noqa: S608
    f" CASE WHEN starts_with(endpoint, '{_IMPORTED}') THEN substr(endpoint, {len(_IMPORTED) + 1}, 64) END,"
    " list_filter(list_transform(media, lambda m: m.key), lambda k: k IS NOT NULL) FROM read_parquet($paths,"
    " union_by_name = true, hive_partitioning = false, filename = true, file_row_number = true)"
)


_ABOUT: Final = (
    "SELECT path, list(row ORDER BY row) FILTER (is_held), list(row ORDER BY row) FILTER (NOT is_held AND is_gone)"
    " FROM (SELECT filename AS path, file_row_number AS row,"
    "   rid IN (SELECT rid FROM held) OR (is_gone AND list_contains($ids::VARCHAR[], rid)) AS is_held, is_gone"
    "   FROM (SELECT *, rid NOT IN (SELECT rid FROM lying) AS is_gone FROM read_parquet($paths, filename = true,"
    "     file_row_number = true, union_by_name = true, hive_partitioning = false)))"
    " GROUP BY path"
)


class Matches:
    """Asks scopes about an archive as far as its catalog has followed the ledger. Close it; not shared by threads.

    `about`: the only objects that will be asked about. A thing's versions and its thread are all of one account, so
    the records of other accounts need not be read (attachments lie in folders without one: then all are).
    """

    def __init__(self, archive: Archive, about: Sequence[CatalogObject] | None = None) -> None:
        self._archive = archive
        places = None if about is None else {(o.platform, o.account) for o in about}
        self._places = None if places is None or any(o.cls == "media" for o in about or ()) else places
        self._zone = ZoneInfo(archive.agency.body.time_zone)
        self._records: _Records | None = None
        self._missing: dict[str, CatalogObject] = {}

    def close(self) -> None:
        if self._records is not None:
            self._records.close()
            self._records = None

    def count(self, scope: Scope) -> int:
        """How many records (things, not versions) it covers."""
        return self._ask(scope, lambda records: records.count())

    def has(self, scope: Scope, rid: str) -> bool:
        return self._ask(scope, lambda records: records.has(rid))

    def cover(self, scope: Scope, objects: Sequence[CatalogObject]) -> Cover:
        """Which of these objects it covers, and which of their rows."""
        if scope.everything:
            held = (o for o in objects if o.cls in HELD_CLASSES)
            return Cover({o.key: np.arange(o.rows) if o.cls in _WITH_ROWS else None for o in held})
        found = Cover()
        of = {cls: [o for o in objects if o.cls == cls] for cls in HELD_CLASSES}
        self._cover_records(scope, [o for o in of["records"] if scope.reaches(o)], found)
        self._cover_companions(scope, [o for cls in COMPANIONS for o in of[cls] if scope.reaches(o)], found)
        if of["media"]:
            current = self._archive.catalog.gone.current
            keys = {current(key) for key in self._ask(scope, lambda records: records.media_keys())}
            found.rows.update((o.key, None) for o in of["media"] if o.key in keys)
        found.rows.update((o.key, None) for o in self._quarantine(scope, of["quarantine"]))
        found.rows.update((o.key, None) for o in self._imports(scope, of["import"]))
        return found

    def _cover_records(self, scope: Scope, objects: Sequence[CatalogObject], found: Cover) -> None:
        if not objects:
            return
        if scope.is_whole:
            found.rows.update((o.key, np.arange(o.rows)) for o in objects)
            return

        rows = self._ask(scope, lambda records: records.rows())
        for o in objects:
            if o.key in self._missing:
                found.rows[o.key] = None
                found.unreadable.append(o)
            elif (some := rows.get(str(self._path(o)))) is not None:
                found.rows[o.key] = some

    def _cover_companions(self, scope: Scope, objects: Sequence[CatalogObject], found: Cover) -> None:
        """What is about a covered record. Whether one matched that is gone or unreadable cannot be said any more: then
        what is about it is covered where its folder may fit, as in case of doubt everything is."""
        if not objects:
            return
        if scope.is_whole:
            found.rows.update((o.key, np.arange(o.rows)) for o in objects)
            return
        absent = self._fetched(objects)
        found.rows.update((o.key, None) for o in absent)
        found.unreadable.extend(absent)
        paths = {str(self._path(o)): o for o in objects if o not in absent}
        rows = self._ask(scope, lambda records: records.rows_about(list(paths), scope.ids)) if paths else {}
        for path, (held, doubtful) in rows.items():
            o = paths[path]
            in_doubt = not scope.ids and scope.spans(o, self._zone)
            some = np.union1d(held, doubtful) if in_doubt else held
            if len(some):
                found.rows[o.key] = some

    def _quarantine(self, scope: Scope, objects: Sequence[CatalogObject]) -> list[CatalogObject]:
        """Whole objects: why an item is there may be that its text, date or author cannot be read."""
        if not objects or (scope.ids and not scope.threads):
            return []
        fitting = [o for o in objects if scope.reaches(o) and scope.spans(o, self._zone)]
        if not scope.ids:
            return fitting
        places = self._ask(scope, lambda records: records.places())
        return [o for o in fitting if (o.platform, o.account) in places]

    def _imports(self, scope: Scope, objects: Sequence[CatalogObject]) -> list[CatalogObject]:
        """Files that something covered came from, and all files of an account that is held whatever was said."""
        if not objects:
            return []
        files = self._ask(scope, lambda records: records.imported_files())
        wordless = not scope.text and not scope.ids
        return [
            o for o in objects
            if o.sha256 in files or (wordless and scope.reaches(o) and scope.spans(o, self._zone))
        ]  # fmt: skip

    # ---------------------------------------------------------------- the records behind it

    def _ask(self, scope: Scope, question: Callable[[_Records], T]) -> T:
        """Ask about one scope. A copy that was replaced under our hands (a consolidation) is looked for again."""
        import duckdb

        for _ in range(_TRIES):
            try:
                records = self._opened()
                records.mark_scope(scope)
                return question(records)
            except duckdb.IOException:
                self.close()
        records = self._opened()
        records.mark_scope(scope)
        return question(records)

    def _opened(self) -> _Records:
        if self._records is None:
            objects = [
                o for o in self._archive.catalog.objects("records")
                if self._places is None or (o.platform, o.account) in self._places
            ]  # fmt: skip
            self._fetch(objects)
            paths = [self._path(o) for o in objects if o.key not in self._missing]
            self._records = _Records(paths, time_zone=self._archive.agency.body.time_zone)
        return self._records

    def _fetch(self, objects: Sequence[CatalogObject]) -> None:
        """Local copies of all; what is nowhere any more is remembered as missing."""
        self._missing = {o.key: o for o in self._fetched(objects)}

    def _fetched(self, objects: Sequence[CatalogObject]) -> list[CatalogObject]:
        """See to it that there is a local copy of each; those that are nowhere any more."""

        def one(o: CatalogObject) -> CatalogObject | None:
            try:
                self._archive.mirror.path(o)
            except NotFound:
                return o
            return None

        absent = [o for o in objects if not self._path(o).exists()]
        if not absent:
            return []
        with ThreadPoolExecutor(_FETCHERS) as pool:
            return [o for o in pool.map(one, absent) if o is not None]

    def _path(self, o: CatalogObject) -> Path:
        return self._archive.mirror.folder / o.key
