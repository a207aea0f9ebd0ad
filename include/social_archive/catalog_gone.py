"""The catalog's memory of what is no longer there and why: objects that were rewritten, and what was disposed of.

A part of `catalog.py`: the same SQLite file, filled in the same transaction, made from the ledger alone.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from social_archive.entry import Entry

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS gone (
  key TEXT PRIMARY KEY, version_id TEXT, how TEXT, disposal TEXT, cls TEXT, series TEXT, cutoff TEXT, platform TEXT,
  account TEXT, rows INT, n INT
);
CREATE TABLE IF NOT EXISTS disposed (first INT, last INT, disposal TEXT, key TEXT, n INT, PRIMARY KEY (first, key));
CREATE TABLE IF NOT EXISTS moved (old TEXT PRIMARY KEY, new TEXT);
CREATE TABLE IF NOT EXISTS tags (rid TEXT, tag TEXT, PRIMARY KEY (rid, tag)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (key TEXT PRIMARY KEY, version_id TEXT, disposal TEXT, batch INT, n INT);
"""


@dataclass(frozen=True)
class Gone:
    """An object version that the ledger once named and names no more. `how`: `rewrite` or `disposal`."""

    key: str
    version_id: str
    how: str
    disposal: str | None
    cls: str
    series: str
    cutoff: str
    platform: str
    account: str
    rows: int
    n: int


@dataclass(frozen=True)
class DisposedCohort:
    """What a disposal took out of one folder. `records` counts rows of records."""

    series: str
    cutoff: str
    platform: str
    account: str
    disposal: str
    records: int


class GoneThings:
    """Tables `gone`, `disposed` (leaf ranges), `moved` (media that changed their folder), `tags`, `claims`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_SCHEMA)

    def take(self, entry: Entry) -> list[tuple[str, str]]:
        """Take in what one entry says is gone; (key, how) of the objects that the caller must forget."""
        note = entry.header.get("note") or {}
        what = entry.header["what"]
        if what == "rewrite":
            self._take_moved(note)
            return [self._gone(entry, key, version, "rewrite", None) for key, version in note["from"]]
        if what == "disposal.claimed":
            self._db.executemany(
                "INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?)",
                [(key, version, note["disposal"], note["batch"], entry.n) for key, version in note["objects"]],
            )
        if what == "disposal.destroyed":
            return self._take_destroyed(entry, note)
        if what == "tag":
            self._take_tags(entry)
        return []

    def _take_moved(self, note: dict[str, Any]) -> None:
        self._db.executemany("INSERT OR REPLACE INTO moved VALUES (?, ?)", note.get("moved") or [])

    def _take_destroyed(self, entry: Entry, note: dict[str, Any]) -> list[tuple[str, str]]:
        found = []
        for one in note["objects"]:
            self._db.executemany(
                "INSERT OR REPLACE INTO disposed VALUES (?, ?, ?, ?, ?)",
                [(first, last, note["disposal"], one["key"], entry.n) for first, last in one.get("leaves") or []],
            )
            found.append(self._gone(entry, one["key"], one["version"], "disposal", note["disposal"]))
        keys = [one["key"] for one in note["objects"]] + list(note.get("released") or [])
        self._db.executemany("DELETE FROM claims WHERE key = ?", [(key,) for key in keys])
        return found

    def _gone(self, entry: Entry, key: str, version: str, how: str, disposal: str | None) -> tuple[str, str]:
        """Remember it with its place, which `objects` still knows at this moment."""
        self._db.execute(
            "INSERT OR REPLACE INTO gone SELECT key, version_id, ?, ?, cls, series, cutoff, platform, account, rows, ?"
            " FROM objects WHERE key = ? AND version_id = ?",
            (how, disposal, entry.n, key, version),
        )
        return key, how

    def _take_tags(self, entry: Entry) -> None:
        for line in entry.leaves[1:]:
            leaf = json.loads(line)
            if leaf["on"]:
                self._db.execute("INSERT OR REPLACE INTO tags VALUES (?, ?)", (leaf["rid"], leaf["tag"]))
            else:
                self._db.execute("DELETE FROM tags WHERE rid = ? AND tag = ?", (leaf["rid"], leaf["tag"]))

    # ---------------------------------------------------------------- asking

    def all(self, how: str | None = None) -> list[Gone]:
        """What is gone, in ledger order; of one kind (`rewrite`, `disposal`) if given."""
        rows = self._db.execute(
            "SELECT key, version_id, how, disposal, cls, series, cutoff, platform, account, rows, n FROM gone"
            " WHERE ? IS NULL OR how = ? ORDER BY n, key",
            (how, how),
        )
        return [Gone(*row) for row in rows]

    def get(self, key: str) -> Gone | None:
        row = self._db.execute(
            "SELECT key, version_id, how, disposal, cls, series, cutoff, platform, account, rows, n FROM gone"
            " WHERE key = ?",
            (key,),
        ).fetchone()
        return Gone(*row) if row else None

    def disposed_ranges(self) -> list[tuple[int, int, str]]:
        """(first leaf, last leaf, disposal) of everything that was destroyed, sorted."""
        return list(self._db.execute("SELECT first, last, disposal FROM disposed ORDER BY first, last"))

    def disposal_of_leaf(self, leaf: int) -> str | None:
        """The disposal that destroyed this leaf's record."""
        row = self._db.execute(
            "SELECT disposal FROM disposed WHERE first <= ? AND last >= ? ORDER BY first DESC LIMIT 1", (leaf, leaf)
        ).fetchone()
        return row[0] if row else None

    def destroyed_with(self, leaf: int) -> Gone | None:
        """The object in which this leaf's record lay when a disposal destroyed it."""
        row = self._db.execute(
            "SELECT key FROM disposed WHERE first <= ? AND last >= ? ORDER BY first DESC LIMIT 1", (leaf, leaf)
        ).fetchone()
        return self.get(row[0]) if row else None

    def disposed_cohorts(self) -> list[DisposedCohort]:
        """What was destroyed, by folder and disposal; records only."""
        rows = self._db.execute(
            "SELECT series, cutoff, platform, account, disposal, sum(rows) FROM gone"
            " WHERE how = 'disposal' AND cls = 'records' GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5"
        )
        return [DisposedCohort(*row) for row in rows]

    def is_disposed(self, series: str, cutoff: str, platform: str, account: str) -> bool:
        """Has a disposal destroyed records of this folder? Then nothing new may be taken into it."""
        row = self._db.execute(
            "SELECT 1 FROM gone WHERE how = 'disposal' AND cls = 'records' AND series = ? AND cutoff = ?"
            " AND platform = ? AND account = ? LIMIT 1",
            (series, cutoff, platform, account),
        ).fetchone()
        return row is not None

    def claimed(self, keys: Sequence[str] | None = None) -> dict[str, tuple[str, int]]:
        """key -> (disposal, batch) of what a disposal has claimed and not yet reported on."""
        rows: Iterator[tuple[str, str, int]] = self._db.execute("SELECT key, disposal, batch FROM claims")
        wanted = None if keys is None else set(keys)
        return {key: (disposal, batch) for key, disposal, batch in rows if wanted is None or key in wanted}

    def current(self, key: str) -> str:
        """Where an object that a row names lies now (its media may have moved with it)."""
        seen = {key}
        while (row := self._db.execute("SELECT new FROM moved WHERE old = ?", (key,)).fetchone()) is not None:
            key = row[0]
            if key in seen:
                break
            seen.add(key)
        return key

    def tags(self, rid: str | None = None) -> dict[str, list[str]]:
        """rid -> its tags, sorted; of one thing if given."""
        found: dict[str, list[str]] = {}
        rows = self._db.execute(
            "SELECT rid, tag FROM tags WHERE ? IS NULL OR rid = ? ORDER BY rid, tag", (rid, rid)
        )
        for owner, tag in rows:
            found.setdefault(owner, []).append(tag)
        return found
