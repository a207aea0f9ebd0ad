"""An archive with invented records of a closed month in many small objects, without a platform behind it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from social_archive.accession import Accessioned, Batch, commit
from social_archive.archive import Archive, open_archive
from social_archive.quarantine import quarantine_rows
from social_archive.record import Observation, Unreadable, now_micros
from social_archive.search import Query, Search
from tests.agencies import agency_folder

LONG_AGO: Final = 1_700_000_000_000_000  # 14 November 2023
MINUTE: Final = 60_000_000
PREFIX: Final = "records/series=social-media/cutoff=2023-11/platform=mastodon/account=larkspur/"


def comment(native_id: str, text: str, **fields: Any) -> Observation:
    """A comment in November 2023, observed now."""
    given = {"created_at": LONG_AGO + sum(native_id.encode()) * MINUTE, "observed_at": now_micros()} | fields
    return Observation(
        kind="comment", native_id=native_id, native=text.encode(), body=text, platform="mastodon", account="larkspur",
        root_native_id="p1", parent_native_id="p1", author_id="ada", author_name="Ada Invented", harvest_id="h",
        adapter="mastodon/1", **given,
    )  # fmt: skip


def take_in(archive: Archive, texts: Mapping[str, str], bad: Sequence[bytes] = (), **fields: Any) -> Accessioned:
    """One commit: things by their id with what they say, and items that could not be read."""
    items = [Unreadable(native=native, reason="not_json", observed_at=LONG_AGO) for native in bad]
    rows = quarantine_rows([], items, platform="mastodon", account="larkspur", harvest_id="h", adapter="mastodon/1")
    observations = [comment(native_id, text, **fields) for native_id, text in texts.items()]
    return commit(archive, Batch("mastodon", "larkspur", "h", observations, quarantined=rows))


def filled(folder: Path, bucket: str) -> Archive:
    """Five commits, with two edits, a comment of another month and an item in quarantine in each of two."""
    archive = open_archive(agency_folder(folder / "agency", bucket), state=folder / "state")
    take_in(archive, {"c1": "Where do I park?", "c2": "Thanks!"}, [b"{bad"])
    take_in(archive, {"c3": "Summer reading is great", "c1": "Where can I park?"})
    take_in(archive, {"c4": "What a mural"}, [b"{worse"])
    take_in(archive, {"c5": "In December"}, created_at=LONG_AGO + 30 * 24 * 60 * MINUTE)
    take_in(archive, {"c1": "Where do I park?", "c6": "Is the library open?"})
    return archive


TABLES: Final = ("things", "own", "quarantine", "resolved", "gaps", "cursors", "gone", "disposed", "moved")


def told(archive: Archive, tables: Sequence[str] = TABLES) -> dict[str, list[Any]]:
    """What the catalog says but for its own numbering: each thing's object by its key."""
    archive.catalog.catch_up()
    with sqlite3.connect(archive.catalog.path) as db:
        found = {name: sorted(db.execute(f"SELECT * FROM {name}"), key=repr) for name in tables}  # noqa: S608
        keys = dict(db.execute("SELECT id, key FROM objects"))
    found["things"] = [(*row[:-1], keys.get(row[-1])) for row in found["things"]]
    return found


def answers(archive: Archive) -> dict[str, Any]:
    """Every answer that must not depend on which object a row lies in."""
    archive.catalog.catch_up()
    search = Search.of(archive)
    asked = (Query(), Query(text="park"), Query(all_versions=True), Query(author="ada", limit=2, offset=1))
    rids = sorted({row["rid"] for row in search.find(Query(all_versions=True)).rows})
    said = {
        "find": [search.find(query) for query in asked],
        "counts": search.counts(["kind", "state", "month"]),
        "versions": [search.versions(rid, native=True) for rid in rids],
        "where": [[place[:3] for place in archive.catalog.where(rid)] for rid in rids],
        "quarantine": [qid for qid, _ in archive.catalog.quarantine_items(unresolved_only=False)],
        "open": archive.catalog.quarantine_items() and [qid for qid, _ in archive.catalog.quarantine_items()],
        "totals": archive.catalog.totals(),
    }
    search.close()
    return said
