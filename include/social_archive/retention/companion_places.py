"""Where findings, decisions and determinations lie, and where the record versions lie that they are about.

A companion belongs into the folder of the very version that it was made about: it may quote that version, so it must
not outlive it. One whose version is gone (its disposal was stopped between two batches) stays where it is: its folder
was due with the version's, so the next disposal takes it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import duckdb
import numpy as np

from social_archive.leaves import COMPANIONS
from social_archive.rewrite import SourcesChanged

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject

Numbers = np.ndarray[Any, np.dtype[np.int64]]

_MEMORY: Final = "1GB"
_NOWHERE: Final = -1


@dataclass(frozen=True)
class Whereabouts:
    """Rows of companions, as parallel columns sorted by object and row.

    `source` indexes `companions`, `row` counts within that object, `record` indexes `records`: the object in which the
    version lies that the row is about; -1 if it is in none.
    """

    companions: list[CatalogObject]
    records: list[CatalogObject]
    source: Numbers
    row: Numbers
    record: Numbers

    def about(self, keys: Collection[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Of each row: does the version that it is about lie in one of these objects?"""
        marked = np.array([*(o.key in keys for o in self.records), False], dtype=bool)
        return marked[self.record]

    def elsewhere(self, keys: Collection[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Of each row: does the version that it is about lie in an object that is none of these?"""
        return (self.record != _NOWHERE) & ~self.about(keys)

    def rows(self, mask: np.ndarray[Any, np.dtype[np.bool_]]) -> dict[str, Numbers]:
        """key of a companions' object -> the rows of it that are marked; those without any are left out."""
        source, row = self.source[mask], self.row[mask]
        starts = np.flatnonzero(np.diff(source, prepend=-1))
        parts = np.split(row, starts[1:]) if len(starts) else []
        return {self.companions[source[at]].key: rows for at, rows in zip(starts.tolist(), parts, strict=True)}

    def misplaced(self) -> Iterator[tuple[str, tuple[str, str], Numbers]]:
        """(key of a companions' object, (series, cut-off) of another folder, its rows that belong there), sorted."""
        folders = sorted({(o.series, o.cutoff) for o in (*self.companions, *self.records)})
        number = {folder: n for n, folder in enumerate(folders)}
        here = np.array([number[o.series, o.cutoff] for o in self.companions], dtype=np.int64)[self.source]
        there = np.array([*(number[o.series, o.cutoff] for o in self.records), _NOWHERE], dtype=np.int64)[self.record]
        moving = (there != _NOWHERE) & (there != here)
        for folder in np.unique(there[moving]).tolist():
            for key, rows in self.rows(moving & (there == folder)).items():
                yield key, folders[folder], rows


def read(archive: Archive) -> Whereabouts:
    """Look for the versions that all companions are about, as far as the catalog has followed the ledger.

    Reads two columns of the records of the same accounts, and nothing where there are no companions.
    """
    return archive.catalog.reading(lambda: _read(archive))


def about_others(archive: Archive, listed: Collection[CatalogObject]) -> list[CatalogObject]:
    """Listed objects of companions of which a row is about a version that lies in an object that is not listed."""
    if not any(o.cls in COMPANIONS for o in listed):
        return []
    lying = read(archive)
    others = lying.rows(lying.elsewhere({o.key for o in listed}))
    return [o for o in listed if o.key in others]


def require_complete(archive: Archive, keys: Collection[str]) -> None:
    """Raises SourcesChanged unless all that is about listed records is listed (by key), and nothing about others.

    Asked at the head at which a list is proposed. Nothing can be added after it: `companions.commit` refuses records
    that stand on an open list.
    """
    lying = read(archive)
    listed = np.array([o.key in keys for o in lying.companions], dtype=bool)[lying.source]
    if (lying.about(keys) & ~listed).any() or (lying.elsewhere(keys) & listed).any():
        raise SourcesChanged(
            "A finding or a decision about what was to be proposed was added meanwhile. Nothing was changed."
        )


def _read(archive: Archive) -> Whereabouts:
    companions = [o for cls in COMPANIONS for o in archive.catalog.objects(cls)]
    accounts = {(o.platform, o.account) for o in companions}
    records = [o for o in archive.catalog.objects("records") if (o.platform, o.account) in accounts]
    if not companions:
        empty = np.empty(0, dtype=np.int64)
        return Whereabouts([], [], empty, empty, empty)
    try:
        found = _joined(archive, companions, records)
    except duckdb.IOException as error:  # a copy was dropped under our hands: its rows lie elsewhere by now
        raise FileNotFoundError("A local copy was replaced.") from error
    columns = (np.asarray(found[name], dtype=np.int64) for name in ("source", "row", "record"))
    return Whereabouts(companions, records, *columns)


def _joined(
    archive: Archive, companions: Sequence[CatalogObject], records: Sequence[CatalogObject]
) -> dict[str, np.ndarray[Any, Any]]:
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY, "threads": 2, "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false", "temp_directory": str(archive.cache / "spill"),
    }  # fmt: skip
    with duckdb.connect(":memory:", config=config) as db:
        for name, objects in (("companions", companions), ("records", records)):
            paths = [str(path) for path in archive.mirror.paths(objects)]
            db.execute(_PATHS.format(name), {"paths": paths})
            db.execute(_EMPTY.format(name))
            if paths:
                db.execute(_LINES.format(name, _ASKED[name]), {"paths": paths})
        return db.execute(_WHERE).fetchnumpy()


_PATHS: Final = (
    "CREATE TEMP TABLE {}_paths AS SELECT unnest($paths::VARCHAR[]) AS path,"
    " unnest(range(len($paths::VARCHAR[]))) AS number"
)
_EMPTY: Final = "CREATE TEMP TABLE {} (rid VARCHAR, version INTEGER, number BIGINT, row BIGINT)"
_LINES: Final = (
    "INSERT INTO {0} SELECT f.rid, f.version, p.number, f.file_row_number FROM read_parquet($paths, filename = true,"
    " file_row_number = true, union_by_name = true, hive_partitioning = false) AS f JOIN {0}_paths AS p"
    " ON f.filename = p.path {1}"  # named all over: a class of companions may have columns called so
)
_ASKED: Final = {"companions": "", "records": "SEMI JOIN companions AS c ON f.rid = c.rid AND f.version = c.version"}
_WHERE: Final = (
    "SELECT c.number AS source, c.row AS row, coalesce(r.number, -1) AS record FROM companions AS c"
    " LEFT JOIN records AS r ON c.rid = r.rid AND c.version = r.version ORDER BY source, c.row"
)
