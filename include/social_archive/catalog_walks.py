"""The part of the catalog that tells when accounts were looked at, and what each ledger entry was for.

Made from the ledger alone, like the rest. A walk's record is the JSON object of class `coverage` that the last entry of
its harvest names.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from social_archive.ledger import Entry

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entries (
  n INTEGER PRIMARY KEY, what TEXT, time TEXT, harvest TEXT, note TEXT, first_leaf INT
);
CREATE INDEX IF NOT EXISTS entries_by_what ON entries (what);
CREATE INDEX IF NOT EXISTS entries_by_leaf ON entries (first_leaf);
CREATE INDEX IF NOT EXISTS entries_by_harvest ON entries (harvest);
CREATE TABLE IF NOT EXISTS walks (
  harvest TEXT PRIMARY KEY, platform TEXT, account TEXT, started INT, ended INT, outcome TEXT, n INT, told TEXT
);
CREATE INDEX IF NOT EXISTS walks_by_account ON walks (platform, account, started);
"""

Told = dict[str, Any]
"""A walk's record as it lies in the archive: the fields of `harvest.walked.Walked`."""


class Walks:
    """Tables of the catalog's own database."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_SCHEMA)

    def take(self, entry: Entry, walked: Iterable[bytes]) -> None:
        """Take in one entry and the records of walks that it names, inside the catalog's transaction."""
        header = entry.header
        note = json.dumps(header["note"], sort_keys=True) if header.get("note") else None
        self._db.execute(
            "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?)",
            (entry.n, header["what"], header["time"], header.get("harvest"), note, entry.first_leaf),
        )
        for body in walked:
            told = json.loads(body)
            place = (told["harvest_id"], told["platform"], told["account"], told["started"], told["ended"])
            self._db.execute(
                "INSERT OR REPLACE INTO walks VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*place, told["outcome"], entry.n, body.decode()),
            )

    def knows(self, harvest_id: str) -> bool:
        """Is this harvest's record in the ledger already?"""
        return self._db.execute("SELECT 1 FROM walks WHERE harvest = ?", (harvest_id,)).fetchone() is not None

    def wrote(self, harvest_id: str) -> bool:
        """Has this harvest committed anything yet?"""
        return self._db.execute("SELECT 1 FROM entries WHERE harvest = ?", (harvest_id,)).fetchone() is not None

    def of(self, platform: str, account: str, *, since: int | None = None, until: int | None = None) -> list[Told]:
        """The looks at one account, oldest first, that began in [since, until); microseconds UTC."""
        rows = self._db.execute(
            "SELECT told FROM walks WHERE platform = ? AND account = ? AND (? IS NULL OR started >= ?)"
            " AND (? IS NULL OR started < ?) ORDER BY started, harvest",
            (platform, account, since, since, until, until),
        )
        return [json.loads(row[0]) for row in rows]

    def latest(self, platform: str, account: str, count: int = 1) -> list[Told]:
        """The last looks at one account, newest first."""
        rows = self._db.execute(
            "SELECT told FROM walks WHERE platform = ? AND account = ? ORDER BY started DESC, harvest LIMIT ?",
            (platform, account, count),
        )
        return [json.loads(row[0]) for row in rows]

    def notes(self, what: str) -> list[Told]:
        """The notes of all entries of one kind, in ledger order, each with its entry's `n` and `time`."""
        rows = self._db.execute("SELECT n, time, note FROM entries WHERE what = ? ORDER BY n", (what,))
        return [{"n": n, "time": time, **json.loads(note or "{}")} for n, time, note in rows]

    def entries_of(self, leaves: Sequence[int] | np.ndarray[Any, Any]) -> list[int]:
        """The number of the entry that holds each of these leaves."""
        return self.numbers_of(leaves).tolist()

    def numbers_of(self, leaves: Sequence[int] | np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The same as one array."""
        if len(leaves) == 1:
            found = "SELECT n FROM entries WHERE first_leaf <= ? ORDER BY first_leaf DESC LIMIT 1"
            return np.array([self._db.execute(found, (int(leaves[0]),)).fetchone()[0]], dtype=np.int64)
        known = self._db.execute("SELECT first_leaf, n FROM entries ORDER BY first_leaf").fetchall()
        firsts, numbers = np.array(known, dtype=np.int64).reshape(-1, 2).T
        found_at = np.searchsorted(firsts, np.asarray(leaves, dtype=np.int64), side="right") - 1
        return np.asarray(numbers[found_at], dtype=np.int64)

    def entry_at(self, n: int) -> tuple[str, str, Told]:
        """(what, time, note) of entry `n`."""
        what, time, note = self._db.execute("SELECT what, time, note FROM entries WHERE n = ?", (n,)).fetchone()
        return what, time, json.loads(note or "{}")

    def time_of(self, n: int) -> str | None:
        """When an entry was committed (ISO 8601 UTC)."""
        row = self._db.execute("SELECT time FROM entries WHERE n = ?", (n,)).fetchone()
        return row[0] if row else None
