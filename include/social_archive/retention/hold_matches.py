"""Which records, attachments, quarantined items and imported files a scope covers, as the archive is now.

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
from social_archive.retention.hold_scope import Scope
from social_archive.search import Query, Search

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject

T = TypeVar("T")
Rows = np.ndarray[Any, np.dtype[np.int64]]
"""Row numbers within one object, ascending."""

HELD_CLASSES: Final = ("records", "media", "quarantine", "import")
"""What a hold can be about. Everything else in the archive quotes no record, or is kept for itself."""

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
    """A search that marks the records of one scope at a time, in the table `held`."""

    marked: Scope | None = None

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
        root = "coalesce(r.root_native_id, r.native_id)"
        self._db.execute(
            "CREATE OR REPLACE TEMP TABLE held AS WITH roots AS ("  # noqa: S608
            f"  SELECT DISTINCT platform, account, {root} AS root FROM records AS r SEMI JOIN held USING (rid))"
            " SELECT rid FROM held UNION"
            f" SELECT r.rid FROM records AS r SEMI JOIN roots AS t ON r.platform = t.platform AND r.account = t.account"
            f" AND {root} = t.root"
        )

    # ---------------------------------------------------------------- about what is marked

    def count(self) -> int:
        return int(self._db.execute("SELECT count(DISTINCT rid) FROM held").fetchall()[0][0])

    def has(self, rid: str) -> bool:
        return bool(self._db.execute("SELECT 1 FROM held WHERE rid = $rid LIMIT 1", {"rid": rid}).fetchall())

    def rows_in(self, paths: Sequence[Path]) -> dict[str, Rows]:
        """path -> its marked rows; files without any are left out."""
        found = self._db.execute(
            "SELECT filename, list(file_row_number ORDER BY file_row_number) FROM read_parquet($paths,"
            " hive_partitioning = false, filename = true, file_row_number = true) SEMI JOIN held USING (rid)"
            " GROUP BY 1",
            {"paths": [str(path) for path in paths]},
        ).fetchall()
        return {path: np.array(rows, dtype=np.int64) for path, rows in found}

    def media_keys(self) -> list[str]:
        """The keys under which marked rows name their attachments."""
        return self._column(
            "SELECT DISTINCT key FROM (SELECT unnest(list_transform(media, lambda m: m.key)) AS key FROM records"
            " SEMI JOIN held USING (rid)) WHERE key IS NOT NULL"
        )

    def imported_files(self) -> set[str]:
        """SHA-256 of the files out of which marked rows came."""
        at = len(_IMPORTED) + 1
        return set(self._column(
            f"SELECT DISTINCT substr(endpoint, {at}, 64) FROM records SEMI JOIN held USING (rid)"  # noqa: S608
            f" WHERE starts_with(endpoint, '{_IMPORTED}')"
        ))  # fmt: skip

    def places(self) -> set[tuple[str, str]]:
        """(platform, account) of what is marked."""
        found = self._db.execute("SELECT DISTINCT platform, account FROM records SEMI JOIN held USING (rid)")
        return set(found.fetchall())

    def _column(self, sql: str) -> list[str]:
        return [value for (value,) in self._db.execute(sql).fetchall()]


class Matches:
    """Asks scopes about an archive as far as its catalog has followed the ledger. Close it; not shared by threads."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
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
            return Cover({o.key: np.arange(o.rows) if o.cls == "records" else None for o in held})
        found = Cover()
        of = {cls: [o for o in objects if o.cls == cls] for cls in HELD_CLASSES}
        self._cover_records(scope, [o for o in of["records"] if scope.reaches(o)], found)
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

        def located(records: _Records) -> dict[str, Rows]:
            here = [self._path(o) for o in objects if o.key not in self._missing]
            return records.rows_in(here) if here else {}

        rows = self._ask(scope, located)
        for o in objects:
            if o.key in self._missing:
                found.rows[o.key] = None
                found.unreadable.append(o)
            elif (some := rows.get(str(self._path(o)))) is not None:
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
            objects = self._archive.catalog.objects("records")
            self._fetch(objects)
            paths = [self._path(o) for o in objects if o.key not in self._missing]
            self._records = _Records(paths, time_zone=self._archive.agency.body.time_zone)
        return self._records

    def _fetch(self, objects: Sequence[CatalogObject]) -> None:
        """Local copies of all; what is nowhere any more is remembered as missing."""
        self._missing = {}

        def one(o: CatalogObject) -> CatalogObject | None:
            try:
                self._archive.mirror.path(o)
            except NotFound:
                return o
            return None

        absent = [o for o in objects if not self._path(o).exists()]
        if absent:
            with ThreadPoolExecutor(_FETCHERS) as pool:
                self._missing = {o.key: o for o in pool.map(one, absent) if o is not None}

    def _path(self, o: CatalogObject) -> Path:
        return self._archive.mirror.folder / o.key
