"""What must hold after every fault, whatever it was: the archive as somebody sees it who has nothing but the bucket."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from social_archive import audit
from social_archive.archive import Archive
from social_archive.record import verify_row


def fresh_eyes(archive: Archive, state: Path) -> Archive:
    """The same agency without any cache: everything is read from the ledger and the objects it names."""
    return Archive(archive.agency, state, write=True)


def rows_of(archive: Archive) -> list[dict[str, Any]]:
    """Every row in the archive, in ledger order."""
    archive.catalog.catch_up()
    paths = archive.mirror.paths(archive.catalog.objects("records"))
    return [row for path in paths for row in pq.read_table(path, partitioning=None).to_pylist()]


def assert_sound(archive: Archive, state: Path) -> list[dict[str, Any]]:
    """The ledger verifies; each version is there once; every object is there, unchanged. Returns the rows.

    `state` is a folder without caches; give another one at every call.
    """
    seen = fresh_eyes(archive, state)
    report = seen.ledger.verify()
    assert report.findings == []
    rows = rows_of(seen)
    assert all(verify_row(row) for row in rows)
    versions = Counter((row["native_id"], row["version"]) for row in rows)
    assert {key: n for key, n in versions.items() if n != 1} == {}
    rids: dict[str, set[str]] = {}
    for row in rows:
        rids.setdefault(row["native_id"], set()).add(row["rid"])
    assert all(len(some) == 1 for some in rids.values()), "one thing has one rid"
    for native_id, highest in Counter(row["native_id"] for row in rows).items():
        assert versions[native_id, highest] == 1, "versions are numbered without a gap"
    for o in seen.catalog.objects():
        body = seen.store.get(o.key, o.version_id)
        assert (len(body), hashlib.sha256(body).hexdigest()) == (o.size, o.sha256)
    seen.close()
    return rows


def assert_locked(archive: Archive) -> None:
    """What a crash left unlocked is locked by one sweep, and then there is nothing left to lock."""
    audit.sweep(archive)
    swept = audit.sweep(archive)
    assert (swept["sealed_again"], swept["missing"]) == (0, [])


def latest(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The latest version of each thing, by native id."""
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["native_id"] not in found or row["version"] > found[row["native_id"]]["version"]:
            found[row["native_id"]] = row
    return found
