"""The catalog's memory of what an account itself said, by what an export without ids would have in common with it.

A part of `catalog.py`: the same SQLite file, filled in the same transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from social_archive.joining import BY_ID, JOINABLE, is_idless, match_by_id, match_of

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS own (
  platform TEXT, account TEXT, match BLOB, native_id TEXT, rid BLOB,
  PRIMARY KEY (platform, account, match, native_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS own_idless ON own (platform, account) WHERE native_id >= 'import:' AND native_id < 'import;';
"""
_MADE_UP: Final = "native_id >= 'import:' AND native_id < 'import;'"  # `joining.IDLESS`, as a range


@dataclass(frozen=True)
class Known:
    """The latest accessioned version of one thing."""

    rid: str
    version: int
    digest: bytes
    state: str
    kind: str
    native_id: str
    parent: str | None
    root: str | None
    created_at: int | None
    observed_at: int
    imported: bool
    own: bool
    has_media: bool


KNOWN: Final = (
    "rid, version, digest, state, kind, native_id, parent, root, created_at, observed_at, imported, own, media"
)


def known(row: tuple[Any, ...]) -> Known:
    """A row of `KNOWN`."""
    rid, *middle, imported, own, media = row
    return Known(rid.hex(), *middle, bool(imported), bool(own), bool(media))  # type: ignore[call-arg]


class OwnThings:
    """The table `own`: (match, native id, record id) of all that accounts said themselves, and of Flickr comments."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(_SCHEMA)

    def take(self, table: pa.Table, *, moved: bool = False) -> None:
        """What the account itself said, by what an export without ids would have in common with it.

        Every version's text stays: an older export shows an older one. A thing that was known without an id and has
        one now is forgotten under the id that we had made up. `moved`: rows of a rewritten object, which may be older
        than what was taken in before.
        """
        spoken = pc.is_in(table.column("kind"), pa.array(JOINABLE))
        matched = pc.or_(table.column("author_is_account"), pc.is_in(table.column("platform"), pa.array(BY_ID)))
        own = table.filter(pc.and_(matched, spoken))
        if not own.num_rows:
            return
        names = (
            "platform", "account", "kind", "created_at", "body", "media", "native_id", "rid", "version",
            "author_is_account",
        )  # fmt: skip
        rows, joined, made_up = [], [], []
        for platform, account, kind, created_at, body, media, native_id, rid, version, said_by_us in zip(
            *(_values(own.column(name)) for name in names), strict=True
        ):
            match = match_by_id(platform, native_id)
            if match is None and said_by_us:
                match = match_of(kind, created_at, body, len(media or ()), platform)
            if match is not None:
                row = (platform, account, bytes.fromhex(match), native_id, bytes.fromhex(rid))
                rows.append(row)
                if moved and is_idless(native_id):
                    made_up.append((platform, account, row[2], row[4]))
                elif version > 1 and not is_idless(native_id):
                    joined.append((platform, account, row[2], row[4]))
        self._db.executemany("INSERT OR IGNORE INTO own VALUES (?, ?, ?, ?, ?)", rows)
        if joined or made_up:
            self._forget_made_up(joined + [row for row in made_up if self._is_named(*row)])

    def _is_named(self, platform: str, account: str, match: bytes, rid: bytes) -> bool:
        """Does a thing with a made-up id have its real one by now?"""
        same = f"SELECT 1 FROM own WHERE platform = ? AND account = ? AND match = ? AND rid = ? AND NOT ({_MADE_UP})"  # noqa: S608
        return self._db.execute(same, (platform, account, match, rid)).fetchone() is not None

    def _forget_made_up(self, joined: Sequence[tuple[str, str, bytes, bytes]]) -> None:
        same = f"SELECT native_id FROM own WHERE platform = ? AND account = ? AND match = ? AND rid = ? AND {_MADE_UP}"  # noqa: S608
        for platform, account, match, rid in joined:
            for (native_id,) in self._db.execute(same, (platform, account, match, rid)).fetchall():
                named = "platform = ? AND account = ? AND native_id = ?"
                self._db.execute(f"DELETE FROM things WHERE {named}", (platform, account, native_id))  # noqa: S608
                self._db.execute(f"DELETE FROM own WHERE match = ? AND {named}", (match, platform, account, native_id))  # noqa: S608

    def has_idless(self, platform: str, account: str) -> bool:
        """Does the archive hold things of this account that came without the platform's id?"""
        query = f"SELECT 1 FROM own INDEXED BY own_idless WHERE platform = ? AND account = ? AND {_MADE_UP} LIMIT 1"  # noqa: S608
        return self._db.execute(query, (platform, account)).fetchone() is not None

    def matching(self, platform: str, account: str, matches: Sequence[str]) -> dict[str, list[Known]]:
        """What can be joined, by match (see `joining.py`); each list in the order of the native ids."""
        found: dict[str, list[Known]] = {}
        for start in range(0, len(matches), 500):
            some = [bytes.fromhex(match) for match in matches[start : start + 500]]
            marks = ",".join("?" * len(some))
            columns = ", ".join(f"things.{name.strip()}" for name in KNOWN.split(","))
            rows = self._db.execute(
                f"SELECT own.match, {columns} FROM own JOIN things USING (platform, account, native_id)"  # noqa: S608
                f" WHERE own.platform = ? AND own.account = ? AND own.match IN ({marks}) ORDER BY own.match, native_id",
                (platform, account, *some),
            )
            for match, *row in rows:
                found.setdefault(match.hex(), []).append(known(tuple(row)))
        return found


def _values(column: pa.ChunkedArray) -> list[Any]:
    """Python objects; times as integers (microseconds)."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())
    values: list[Any] = column.to_pylist()
    return values
