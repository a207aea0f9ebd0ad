"""What the ledger says, ready to be asked: latest versions, objects, cursors, quarantine, open gaps.

A SQLite file that can be deleted at any time: `catch_up` rebuilds it from the ledger and the objects that the
ledger names. It is never believed over the ledger. Several processes on one host share it; each entry is applied
in one transaction.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from social_archive import leaves as leaf_map
from social_archive.catalog_gone import GoneThings
from social_archive.catalog_own import KNOWN, Known, OwnThings, known
from social_archive.catalog_walks import Walks
from social_archive.errors import NotFound
from social_archive.ledger import Entry, Head, Ledger
from social_archive.mirror import Mirror

T = TypeVar("T")

LAYOUT: Final = 9
"""Of the tables below. A catalog of another layout is not read: a new file is made from the ledger."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS things (
  platform TEXT, account TEXT, native_id TEXT, rid BLOB, version INT, digest BLOB, state TEXT, kind TEXT,
  parent TEXT, root TEXT, created_at INT, media INT, observed_at INT, own INT, n INT, imported INT,
  object INT, PRIMARY KEY (platform, account, native_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS things_by_root ON things (platform, account, root);
CREATE INDEX IF NOT EXISTS things_by_object ON things (object);
CREATE TABLE IF NOT EXISTS objects (
  id INTEGER PRIMARY KEY, key TEXT UNIQUE, version_id TEXT, size INT, sha256 TEXT, rows INT, cls TEXT, series TEXT,
  cutoff TEXT, platform TEXT, account TEXT, retain_until INT, n INT, first_leaf INT, leaves BLOB,
  taken INT
);
CREATE TABLE IF NOT EXISTS cursors (platform TEXT, account TEXT, value TEXT, n INT, PRIMARY KEY (platform, account));
CREATE TABLE IF NOT EXISTS quarantine (
  qid TEXT PRIMARY KEY, platform TEXT, account TEXT, native_sha256 TEXT, key TEXT, n INT, resolved INT
);
CREATE INDEX IF NOT EXISTS quarantine_by_native ON quarantine (platform, account, native_sha256);
CREATE TABLE IF NOT EXISTS resolved (qid TEXT PRIMARY KEY, n INT);
CREATE TABLE IF NOT EXISTS gaps (
  platform TEXT, account TEXT, native_id TEXT, reason TEXT, gap_from INT, gap_to INT, state TEXT,
  version INT, PRIMARY KEY (platform, account, native_id)
);
CREATE TABLE IF NOT EXISTS looks (
  platform TEXT, account TEXT, root TEXT, at INT, PRIMARY KEY (platform, account, root)
);
"""

_OF_ROWS: Final = tuple(leaf_map.TYPES)
_COLUMNS: Final = [
    "platform", "account", "native_id", "rid", "version", "digest", "state", "kind", "parent_native_id",
    "root_native_id", "created_at", "media", "observed_at", "gap_reason", "gap_from", "gap_to", "adapter",
    "author_is_account", "body",
]  # fmt: skip

_RID: Final = re.compile(r"(?:[0-9a-f]{2})+")


@dataclass(frozen=True)
class CatalogObject:
    key: str
    version_id: str
    size: int
    sha256: str
    rows: int
    cls: str
    series: str
    cutoff: str
    platform: str
    account: str
    retain_until: int | None
    n: int


@dataclass(frozen=True)
class OpenGap:
    native_id: str
    reason: str
    gap_from: int | None
    gap_to: int | None


class Catalog:
    """One agency's catalog file. Open it per process; it is cheap."""

    def __init__(self, path: Path, ledger: Ledger, mirror: Mirror) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._ledger = ledger
        self._mirror = mirror
        self._later: tuple[int, set[str]] | None = None
        self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=OFF")  # a cache: lost writes are replayed from the ledger
        self._db.execute("PRAGMA secure_delete=ON")  # ids of what was disposed of are overwritten, not only unlinked
        self._db.executescript(_SCHEMA)
        self.walks = Walks(self._db)
        self.own = OwnThings(self._db)
        self.gone = GoneThings(self._db)

    def close(self) -> None:
        self._db.close()

    # ---------------------------------------------------------------- following the ledger

    @property
    def head(self) -> Head | None:
        """The ledger's head as far as this catalog has followed it."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'head'").fetchone()
        return Head.from_dict(json.loads(row[0])) if row else None

    def catch_up(self, progress: Callable[[int], None] | None = None) -> Head | None:
        """Apply every ledger entry that is not in the catalog yet; returns the head that was reached.

        `progress` is told the number of each entry as it is applied.
        """
        head = self.head
        for entry in self._ledger.entries(after=head) if head else self._ledger.entries():
            self.apply(entry, self._tables_of(entry))
            if progress:
                progress(entry.n)
        return self.head

    def reading(self, work: Callable[[], T]) -> T:
        """What `work` answers out of objects; asked again where a rewrite moved them while it was reading."""
        while True:
            head = self.head
            try:
                return work()
            except (NotFound, FileNotFoundError):
                if self.catch_up() == head:
                    raise

    def _tables_of(self, entry: Entry) -> Iterator[tuple[dict[str, Any], pa.Table]]:
        """The Parquet objects of an entry; what a later entry says is gone, or is being destroyed, may be missing."""
        for described in entry.header["objects"]:
            if described["class"] in _OF_ROWS:
                try:
                    table = self._table(described)
                except NotFound:
                    if described["key"] not in self._gone_after(entry):
                        raise
                    continue
                yield described, table

    def _table(self, described: Mapping[str, Any]) -> pa.Table:
        located = _Located(described["key"], described["version"], described["sha256"])
        columns = _COLUMNS if described["class"] == "records" else None
        while True:
            try:
                return pq.read_table(self._mirror.path(located), columns=columns, partitioning=None)
            except FileNotFoundError:  # another process of this host dropped the copy: is the object itself there?
                continue

    def _gone_after(self, entry: Entry) -> set[str]:
        """Keys that entries after this one rewrote, disposed of or claimed. Read once; only a replay asks."""
        tail = self._ledger.head().n
        if self._later is None or self._later[0] != tail:
            notes = (later.header for later in self._ledger.entries(after=entry.head))
            self._later = (tail, {key for header in notes for key in keys_gone(header)})
        return self._later[1]

    def apply(self, entry: Entry, tables: Iterable[tuple[dict[str, Any], pa.Table]]) -> None:
        """Take one entry in, unless another process already has. `tables` are its Parquet objects, in order."""
        db = self._db
        gone: list[tuple[str, str]] = []
        db.execute("BEGIN IMMEDIATE")
        try:
            head = self.head
            if (head.n if head else 0) == entry.n:
                gone = self._take(entry, tables)
                self._set_meta("head", entry.head.to_dict())
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
        for key, how in gone:
            if how == "rewrite":
                self._mirror.drop(key)
        if destroyed := [key for key, how in gone if how == "disposal"]:
            self._forget_copies(destroyed)

    def _take(self, entry: Entry, tables: Iterable[tuple[dict[str, Any], pa.Table]]) -> list[tuple[str, str]]:
        """Returns what this entry says is gone: key, and how (`rewrite`, `disposal`)."""
        self.walks.take(entry, self._walked(entry))
        gone = self.gone.take(entry)
        brought = {described["key"]: table for described, table in tables}
        rewritten = entry.header["what"] == "rewrite"
        leaf = entry.first_leaf + 1  # the entry's own leaf comes first, then its rows in the order of the objects
        taken: list[tuple[dict[str, Any], int]] = []
        for described in entry.header["objects"]:
            of_rows = described["class"] in _OF_ROWS and not rewritten
            of_leaves = leaf_map.of_table(brought[described["key"]]) if described["key"] in brought else None
            taken.append((described, self._take_object(described, entry.n, leaf if of_rows else None, of_leaves)))
            leaf += described["rows"] if of_rows else 0
        new = [(number, d["key"]) for d, number in taken if d["class"] in _OF_ROWS]
        known = self._forget(gone, new, set(brought))
        for number, key in new:
            self._db.execute("UPDATE objects SET taken = ? WHERE id = ?", (int(known or key in brought), number))
        for described, number in [] if known else taken:
            if (table := brought.get(described["key"])) is None:
                continue
            numbers = self._entry_numbers(entry, table)
            if described["class"] == "records":
                self._take_records(table, numbers, number)
            elif described["class"] == "quarantine":
                self._take_quarantine(table, described["key"], numbers)
        self._take_resolved(entry)
        if cursor := entry.header.get("cursor"):
            self._db.execute(
                "INSERT OR REPLACE INTO cursors VALUES (?, ?, ?, ?)",
                (cursor["platform"], cursor["account"], json.dumps(cursor["value"], sort_keys=True), entry.n),
            )
        return gone

    def _entry_numbers(self, entry: Entry, table: pa.Table) -> list[int]:
        """The entry that committed each row: this one, or for a rewritten object the one that holds its leaf."""
        of_leaves = leaf_map.of_table(table)
        if of_leaves is None:
            return [entry.n] * table.num_rows
        return self.walks.entries_of(of_leaves)

    def _forget(self, gone: Sequence[tuple[str, str]], new: Sequence[tuple[int, str]], brought: set[str]) -> bool:
        """Take objects out. What lay in a rewritten one lies in the `new` ones (number, key), gone by now or not.

        Returns whether that is all there is to do: all rows lie in one new object, and were taken in from the old ones.
        """
        db = self._db
        known = len(new) == 1 and any(how == "rewrite" for _, how in gone)
        missing = any(key not in brought for _, key in new)
        for key, how in gone:
            row = db.execute("SELECT id, taken, cls FROM objects WHERE key = ?", (key,)).fetchone()
            if row is None:
                continue
            known = known and (bool(row[1]) or row[2] not in _OF_ROWS)
            if how == "rewrite" and len(new) == 1:
                db.execute("UPDATE things SET object = ? WHERE object = ?", (new[0][0], row[0]))
                db.execute("UPDATE quarantine SET key = ? WHERE key = ?", (new[0][1], key))
            elif how == "disposal" or missing:  # nobody can say any more which row went where: a later entry will
                self._forget_things(row[0])
                db.execute("DELETE FROM quarantine WHERE key = ?", (key,))
            db.execute("DELETE FROM objects WHERE id = ?", (row[0],))
        return known

    def _forget_things(self, number: int) -> None:
        """Forget things whose latest version lay in a destroyed object."""
        same = "platform = ? AND account = ? AND native_id = ?"
        things = self._db.execute("SELECT platform, account, native_id FROM things WHERE object = ?", (number,))
        for place in things.fetchall():
            for name in ("own", "gaps"):
                self._db.execute(f"DELETE FROM {name} WHERE {same}", place)  # noqa: S608
        self._db.execute("DELETE FROM things WHERE object = ?", (number,))

    def _forget_copies(self, destroyed: Sequence[str]) -> None:
        """Remove the local copies of what was destroyed, and everything else in its folders that is not live."""
        live = {row[0] for row in self._db.execute("SELECT key FROM objects")}
        self._mirror.drop_all(destroyed, keep=live)
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _walked(self, entry: Entry) -> Iterator[bytes]:
        """The records of walks that an entry names."""
        for described in entry.header["objects"]:
            if described["class"] == "coverage":
                located = _Located(described["key"], described["version"], described["sha256"])
                yield self._mirror.path(located).read_bytes()

    def _take_object(
        self, d: Mapping[str, Any], n: int, first_leaf: int | None, of_leaves: leaf_map.Leaves | None
    ) -> int:
        """Returns the catalog's own number of the object."""
        place = _place(d["key"])
        known = self._db.execute(
            "INSERT OR REPLACE INTO objects (key, version_id, size, sha256, rows, cls, series, cutoff, platform,"
            " account, retain_until, n, first_leaf, leaves) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                d["key"], d["version"], d["size"], d["sha256"], d["rows"], d["class"], place.get("series", ""),
                place.get("cutoff", ""), place.get("platform", ""), place.get("account", ""), d.get("retain_until"), n,
                first_leaf, None if of_leaves is None else of_leaves.astype("<i8").tobytes(),
            ),
        )  # fmt: skip
        return int(known.lastrowid or 0)

    def _take_records(self, table: pa.Table, numbers: list[int], number: int) -> None:
        c = {name: _plain(table.column(name)) for name in _COLUMNS if name != "body"}
        rids = [bytes.fromhex(rid) for rid in c["rid"]]
        has_media = [int(bool(m)) for m in c["media"]]
        imported = [int(adapter.startswith("import.")) for adapter in c["adapter"]]
        self._db.executemany(
            "INSERT INTO things VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET"
            " version=excluded.version, digest=excluded.digest, state=excluded.state, kind=excluded.kind,"
            " parent=excluded.parent, root=excluded.root, created_at=excluded.created_at, media=excluded.media,"
            " observed_at=excluded.observed_at, own=excluded.own, n=excluded.n, imported=excluded.imported,"
            " object=excluded.object WHERE excluded.version >= things.version",
            zip(
                c["platform"], c["account"], c["native_id"], rids, c["version"], c["digest"], c["state"], c["kind"],
                c["parent_native_id"], c["root_native_id"], c["created_at"], has_media, c["observed_at"],
                c["author_is_account"], numbers, imported, [number] * len(rids), strict=True,
            ),
        )  # fmt: skip
        self.own.take(table, moved=leaf_map.of_table(table) is not None)
        gaps = [
            (c["platform"][i], c["account"][i], c["native_id"][i], c["gap_reason"][i], c["gap_from"][i],
             c["gap_to"][i], c["state"][i], c["version"][i])
            for i, kind in enumerate(c["kind"]) if kind == "gap"
        ]  # fmt: skip
        self._db.executemany(
            "INSERT INTO gaps VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET reason=excluded.reason,"
            " gap_from=excluded.gap_from, gap_to=excluded.gap_to, state=excluded.state, version=excluded.version"
            " WHERE excluded.version >= gaps.version",
            gaps,
        )

    def _take_quarantine(self, table: pa.Table, key: str, numbers: Sequence[int]) -> None:
        columns = [table.column(name).to_pylist() for name in ("qid", "platform", "account", "native_sha256")]
        self._db.executemany(
            "INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?, (SELECT n FROM resolved WHERE qid = ?))"
            " ON CONFLICT DO UPDATE SET key=excluded.key",
            [(*row, key, n, row[0]) for row, n in zip(zip(*columns, strict=True), numbers, strict=True)],
        )

    def _take_resolved(self, entry: Entry) -> None:
        """Which items are resolved: remembered apart, for an item may have moved and be read only later."""
        for line in entry.leaves[1:]:
            if line.startswith(b'{"as":') and b'"t":"quarantine.resolved"' in line:
                place = (entry.n, json.loads(line)["q"])
                self._db.execute("INSERT OR REPLACE INTO resolved (n, qid) VALUES (?, ?)", place)
                self._db.execute("UPDATE quarantine SET resolved = ? WHERE qid = ?", place)

    def _set_meta(self, name: str, value: Any) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, json.dumps(value)))

    # ---------------------------------------------------------------- asking

    def latest(self, platform: str, account: str, native_ids: Sequence[str]) -> dict[str, Known]:
        """The latest version of each of these things; unknown ids are absent from the answer."""
        found: dict[str, Known] = {}
        for start in range(0, len(native_ids), 500):
            some = native_ids[start : start + 500]
            marks = ",".join("?" * len(some))
            rows = self._db.execute(
                f"SELECT {KNOWN} FROM things WHERE platform = ? AND account = ? AND native_id IN ({marks})",  # noqa: S608
                (platform, account, *some),
            )
            for row in rows:
                found[row[5]] = known(row)
        return found

    def known_ids(self, platform: str, account: str, native_ids: Sequence[str]) -> set[str]:
        return set(self.latest(platform, account, native_ids))

    def known_rids(self, rids: Sequence[str]) -> set[str]:
        """Which of these are ids of things that the archive has."""
        found: set[str] = set()
        for start in range(0, len(rids), 500):
            some = [bytes.fromhex(rid) for rid in rids[start : start + 500] if _RID.fullmatch(rid)]
            marks = ",".join("?" * len(some))
            rows = self._db.execute(f"SELECT DISTINCT rid FROM things WHERE rid IN ({marks})", some)  # noqa: S608
            found.update(bytes(rid).hex() for (rid,) in rows)
        return found

    def kept_import(self, sha256: str) -> CatalogObject | None:
        """The object that holds an imported file with these bytes, if one does."""
        return next((o for o in self.objects("import") if o.sha256 == sha256), None)

    def under(self, platform: str, account: str, root: str) -> dict[str, Known]:
        """Everything that was ever seen under one post, at any depth."""
        rows = self._db.execute(
            f"SELECT {KNOWN} FROM things INDEXED BY things_by_root WHERE platform = ? AND account = ? AND root = ?",  # noqa: S608
            (platform, account, root),
        )
        return {row[5]: known(row) for row in rows}

    def posts(self, platform: str, account: str, since: int | None) -> dict[str, Known]:
        """The account's own posts that were created at or after `since` (all of them for None)."""
        rows = self._db.execute(
            f"SELECT {KNOWN} FROM things WHERE platform = ? AND account = ? AND kind = 'post'"  # noqa: S608
            " AND (? IS NULL OR created_at >= ?)",
            (platform, account, since, since),
        )
        return {row[5]: known(row) for row in rows}

    def cursor(self, platform: str, account: str) -> dict[str, Any] | None:
        row = self._db.execute(
            "SELECT value FROM cursors WHERE platform = ? AND account = ?", (platform, account)
        ).fetchone()
        return json.loads(row[0]) if row else None

    def open_gaps(self, platform: str, account: str) -> list[OpenGap]:
        """Gaps that no later harvest has closed. Coverage gaps (a page cap) stay open: nothing can close them."""
        rows = self._db.execute(
            "SELECT native_id, reason, gap_from, gap_to FROM gaps"
            " WHERE platform = ? AND account = ? AND state != 'present' ORDER BY native_id",
            (platform, account),
        )
        return [OpenGap(*row) for row in rows]

    def quarantined(self, platform: str, account: str, native_sha256: Sequence[str]) -> set[str]:
        """Which of these bytes are in quarantine (or were, and are resolved) already."""
        found: set[str] = set()
        for start in range(0, len(native_sha256), 500):
            some = native_sha256[start : start + 500]
            marks = ",".join("?" * len(some))
            rows = self._db.execute(
                "SELECT native_sha256 FROM quarantine"  # noqa: S608
                f" WHERE platform = ? AND account = ? AND native_sha256 IN ({marks})",
                (platform, account, *some),
            )
            found.update(row[0] for row in rows)
        return found

    def open_quarantine(self, platform: str, account: str) -> dict[str, str]:
        """SHA-256 of the bytes -> qid, of an account's items that wait in quarantine."""
        return dict(
            self._db.execute(
                "SELECT native_sha256, qid FROM quarantine WHERE platform = ? AND account = ? AND resolved IS NULL",
                (platform, account),
            )
        )

    def quarantine_items(self, *, unresolved_only: bool = True) -> list[tuple[str, str]]:
        """(qid, object key) of the items in quarantine, in ledger order."""
        where = "WHERE key IS NOT NULL" + (" AND resolved IS NULL" if unresolved_only else "")
        return list(self._db.execute(f"SELECT qid, key FROM quarantine {where} ORDER BY n, qid"))  # noqa: S608

    def quarantine_waiting(self) -> dict[tuple[str, str], tuple[int, int]]:
        """(platform, account) -> (items that are not resolved, ledger entry of the oldest)."""
        rows = self._db.execute(
            "SELECT platform, account, count(*), min(n) FROM quarantine WHERE resolved IS NULL GROUP BY 1, 2"
        )
        return {(platform, account): (count, first) for platform, account, count, first in rows}

    def objects(self, cls: str | None = None) -> list[CatalogObject]:
        """The objects that the ledger names, in ledger order; of one class (`records`, `media`, ...) if given."""
        rows = self._db.execute(
            "SELECT key, version_id, size, sha256, rows, cls, series, cutoff, platform, account, retain_until, n"
            " FROM objects WHERE ? IS NULL OR cls = ? ORDER BY n, key",
            (cls, cls),
        )
        return [CatalogObject(*row) for row in rows]

    def object(self, key: str) -> CatalogObject | None:
        row = self._db.execute(
            "SELECT key, version_id, size, sha256, rows, cls, series, cutoff, platform, account, retain_until, n"
            " FROM objects WHERE key = ?",
            (key,),
        ).fetchone()
        return CatalogObject(*row) if row else None

    def where(self, rid: str) -> list[tuple[int, int, int, str]]:
        """(version, entry number, leaf index, object key) of every version of one thing, oldest first.

        Looked up in the Parquet itself: an index of a million random ids would cost every harvest, and this costs a
        fraction of a second now and then.
        """
        return self.reading(lambda: self._where(rid))

    def _where(self, rid: str) -> list[tuple[int, int, int, str]]:
        found: list[tuple[int, int, int, str]] = []
        for located in self.objects("records"):
            table = pq.read_table(self._mirror.path(located), columns=["rid", "version"], partitioning=None)
            here = pc.indices_nonzero(pc.equal(table.column("rid"), rid)).to_pylist()
            if here:
                of_rows = self.leaves_of(located.key)[here]
                numbers = self.walks.entries_of(of_rows)
                versions = table.column("version").take(here).to_pylist()
                found += zip(versions, numbers, of_rows.tolist(), [located.key] * len(here), strict=True)
        return sorted(found)

    def leaves_of(self, key: str) -> leaf_map.Leaves:
        """The leaf of each row of a live object of records or quarantine. Raises NotFound for any other object."""
        row = self._db.execute("SELECT first_leaf, leaves, rows FROM objects WHERE key = ?", (key,)).fetchone()
        if row is None or (row[0] is None and row[1] is None):
            raise NotFound("This object is not one of records in the ledger.")
        first, mapped, rows = row
        if mapped is not None:
            return np.frombuffer(mapped, dtype="<i8").astype(np.int64)
        return np.arange(first, first + rows, dtype=np.int64)

    def totals(self) -> list[tuple[str, str, str, str, int]]:
        """(platform, account, kind, state, things), sorted."""
        return list(
            self._db.execute(
                "SELECT platform, account, kind, state, count(*) FROM things GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
            )
        )

    def stored(self, platform: str, account: str) -> dict[tuple[str, str, bool], int]:
        """(kind, state, the account's own?) -> things."""
        rows = self._db.execute(
            "SELECT kind, state, own, count(*) FROM things WHERE platform = ? AND account = ? GROUP BY 1, 2, 3",
            (platform, account),
        )
        return {(kind, state, bool(own)): count for kind, state, own, count in rows}

    # ---------------------------------------------------------------- hints that are allowed to be lost

    def looked(self, platform: str, account: str, root: str) -> int | None:
        """When a thread (or "" for the whole account) was last walked to its end; a hint, not evidence."""
        row = self._db.execute(
            "SELECT at FROM looks WHERE platform = ? AND account = ? AND root = ?", (platform, account, root)
        ).fetchone()
        return row[0] if row else None

    def note_look(self, platform: str, account: str, root: str, at: int) -> None:
        self._db.execute("INSERT OR REPLACE INTO looks VALUES (?, ?, ?, ?)", (platform, account, root, at))


def keys_gone(header: Mapping[str, Any]) -> Iterator[str]:
    """The keys of objects that an entry says are no longer records, or may be destroyed at any moment (a claim)."""
    note = header.get("note") or {}
    if header["what"] == "rewrite":
        yield from (key for key, _version in note["from"])
    elif header["what"] == "disposal.claimed":
        yield from (key for key, _version in note["objects"])
    elif header["what"] == "disposal.destroyed":
        yield from (one["key"] for one in note["objects"])


@dataclass(frozen=True)
class _Located:
    key: str
    version_id: str
    sha256: str


def _plain(column: pa.ChunkedArray) -> list[Any]:
    """Column values as Python objects; timestamps as integers (microseconds)."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    values: list[Any] = column.to_pylist()
    return values


def _place(key: str) -> dict[str, str]:
    """The hive-style parts of a key: {"series": ..., "cutoff": ..., "platform": ..., "account": ...}."""
    return dict(part.split("=", 1) for part in key.split("/") if "=" in part)
