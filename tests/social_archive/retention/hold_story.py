"""An invented library's archive for the tests of holds, and a disposal's entries written by hand.

The entries are the ledger's contract (`disposal.claimed`, `disposal.destroyed`), so these tests need no executor.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow.parquet as pq

from social_archive import leaves as leaf_map
from social_archive.accession import Batch, commit, describe
from social_archive.archive import Archive
from social_archive.catalog import CatalogObject
from social_archive.ledger import EMPTY, Draft, Entry
from social_archive.quarantine import quarantine_rows
from social_archive.record import Media, Observation, Unreadable, now_micros
from social_archive.retention import holds
from social_archive.retention.holds import Placed, Scope
from social_archive.store import ObjectRef

DAY = 86_400_000_000
MARCH = 1_772_600_000_000_000  # 4 March 2026
CANARY = "Zephyrine Quillfeather"
_CLOCK = itertools.count(1)


def seen(native_id: str, body: str | None, **given: Any) -> Observation:
    """A comment under p1 as it stands now."""
    fields: dict[str, Any] = {
        "kind": "comment", "platform": "mastodon", "account": "larkspur", "root_native_id": "p1",
        "created_at": MARCH, "author_handle": "ada@invented.example", "author_id": "7",
    } | given  # fmt: skip
    native = (body or native_id).encode()
    return Observation(
        native_id=native_id, native=native, body=body, observed_at=now_micros() + next(_CLOCK), harvest_id="h",
        endpoint=fields.pop("endpoint", "https://scripted.example/thread"), adapter=fields.pop("adapter", "scripted"),
        response_sha256=hashlib.sha256(native).hexdigest(), **fields,
    )  # fmt: skip


def take(archive: Archive, *observations: Observation, **more: Any) -> dict[str, str]:
    """Take them in, one commit a platform and account; native id -> rid."""
    rids = {}
    place = lambda o: (o.platform, o.account)  # noqa: E731
    for where, some in itertools.groupby(sorted(observations, key=place), key=place):
        done = commit(archive, Batch(*where, "h", list(some), **more))
        rids |= {v.observation.native_id: v.rid for v in done.versions}
    return rids


def attached(archive: Archive, content: bytes) -> tuple[Media, dict[str, Any]]:
    """A stored picture, as the harvest leaves it: the attachment of a record, and the object for the ledger."""
    ref = archive.store.put(f"media/series=social-media/cutoff=2026-03/{hashlib.md5(content).hexdigest()}", content)  # noqa: S324
    medium = Media(id="m", url="https://scripted.example/m", key=ref.key, sha256=ref.sha256, outcome="stored")
    return medium, describe(ref, cls="media", rows=0, retain_until=None)


def quarantine(archive: Archive, native: bytes, account: str = "larkspur") -> None:
    unreadable = Unreadable(native=native, reason="not_json", observed_at=now_micros() + next(_CLOCK))
    where = {"platform": "mastodon", "account": account}
    rows = quarantine_rows([], [unreadable], harvest_id="h", adapter="scripted", **where)
    commit(archive, Batch("mastodon", account, "h", [], rows))


def hold(archive: Archive, *, matter: str = "An invented matter", **given: Any) -> Placed:
    """`hold(archive, text="parking")`; `kind`, `by`, `id` and `review` may be given too."""
    named = {name: given.pop(name) for name in ("kind", "by", "id", "review", "mandate") if name in given}
    fields: dict[str, Any] = {"kind": "litigation", "mandate": "Counsel's letter", "by": "records"} | named
    fields.setdefault("review", date.today() + timedelta(days=365))
    return holds.place(archive, matter=matter, scope=Scope(**given), via="cli", **fields)


def held_ids(archive: Archive) -> set[str]:
    """Native ids of all rows that `holds.held` says are held; quarantine, media and imports by their class."""
    archive.catalog.catch_up()
    objects = archive.catalog.objects()
    found = set()
    for key, one in holds.held(archive, objects).items():
        o = next(o for o in objects if o.key == key)
        if one.rows is None:
            found.add(o.cls)
        else:
            native_ids = pq.read_table(archive.mirror.path(o), columns=["native_id"], partitioning=None)["native_id"]
            found |= set(native_ids.take(one.rows).to_pylist())
    return found


# --------------------------------------------------------------------------- a disposal, by hand


def append(archive: Archive, what: str, note: dict[str, Any]) -> Entry:
    head = archive.catalog.catch_up()
    entry = archive.ledger.append(Draft(what, archive.txn(what, repr(note)), note=note), head or EMPTY)
    archive.catalog.catch_up()
    return entry


def claim(archive: Archive, objects: Sequence[CatalogObject], disposal: str = "d1") -> None:
    named = [[o.key, o.version_id] for o in objects]
    append(archive, "disposal.claimed", {"disposal": disposal, "plan": "0" * 64, "batch": 1, "objects": named})


def destroy(archive: Archive, o: CatalogObject) -> None:
    """What an executor does with one version of its claim."""
    archive.disposer.destroy(ObjectRef(o.key, o.version_id, o.size, o.sha256), bypass_governance=True)


def report(archive: Archive, objects: Sequence[CatalogObject], released: Sequence[str] = (), disposal: str = "d1",
           leaves: dict[str, list[list[int]]] | None = None) -> None:  # fmt: skip
    known = leaves or {o.key: leaf_ranges(archive, o) for o in objects}
    gone = [{"key": o.key, "version": o.version_id, "leaves": known[o.key]} for o in objects]
    append(archive, "disposal.destroyed", {"disposal": disposal, "batch": 1, "objects": gone, "released": [*released]})


def leaf_ranges(archive: Archive, o: CatalogObject) -> list[list[int]]:
    archive.catalog.catch_up()
    if o.cls not in ("records", "quarantine") or archive.catalog.object(o.key) is None:
        return []
    return leaf_map.ranges(archive.catalog.leaves_of(o.key).tolist())
