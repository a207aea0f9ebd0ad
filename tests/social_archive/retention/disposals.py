"""A disposal written by hand: the entries that an executor leaves, and the deletions that it makes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from social_archive import leaves as leaf_map
from social_archive.accession import describe
from social_archive.archive import Archive
from social_archive.catalog import CatalogObject
from social_archive.errors import NotFound
from social_archive.ledger import EMPTY, Draft, Entry
from social_archive.record import canonical
from social_archive.store import ObjectRef


def append(archive: Archive, what: str, note: dict[str, Any], *, objects: Sequence[dict[str, Any]] = (),
           leaves: Sequence[bytes] = (), follow: bool = True) -> Entry:  # fmt: skip
    """One entry at the tail; the catalog follows, unless what it says is nonsense."""
    head = archive.catalog.catch_up() or EMPTY
    draft = Draft(what, archive.txn(what, uuid.uuid4().hex), leaves=list(leaves), objects=list(objects), note=note)
    entry = archive.ledger.append(draft, head)
    if follow:
        archive.catalog.catch_up()
    return entry


def ranges_of(archive: Archive, o: CatalogObject) -> list[list[int]]:
    try:
        return leaf_map.ranges(archive.catalog.leaves_of(o.key).tolist())
    except NotFound:
        return []


def claim(archive: Archive, disposal: str, objects: Sequence[CatalogObject]) -> None:
    keys = [[o.key, o.version_id] for o in objects]
    append(archive, "disposal.claimed", {"disposal": disposal, "plan": "0" * 64, "batch": 1, "objects": keys})


def report(archive: Archive, disposal: str, objects: Sequence[CatalogObject]) -> list[list[int]]:
    """Say that they were destroyed; the leaf ranges of all of them."""
    told = [{"key": o.key, "version": o.version_id, "leaves": ranges_of(archive, o)} for o in objects]
    append(archive, "disposal.destroyed", {"disposal": disposal, "batch": 1, "objects": told, "released": []})
    return sorted(part for one in told for part in one["leaves"])


def delete(archive: Archive, objects: Sequence[CatalogObject]) -> None:
    for o in objects:
        archive.disposer.destroy(ObjectRef(o.key, o.version_id, o.size, o.sha256), bypass_governance=True)


def certify(archive: Archive, disposal: str, leaves: Sequence[Sequence[int]], number: str = "2026-0001",
            **other: Any) -> None:  # fmt: skip
    """A certificate with the fields that others read out of it; all of it is invented."""
    told = {"number": number, "disposal": disposal, "leaves": leaves,
            "lines": [{"item": "10", "series": "social-media"}], **other}  # fmt: skip
    ref = archive.store.put(f"certificates/{uuid.uuid4().hex}.json", canonical(told) + b"\n")
    described = describe(ref, cls="certificate", rows=0, retain_until=None)
    note = {"disposal": disposal, "certificate": number, "sha256": ref.sha256, "records": leaf_map.count(leaves),
            "leaves": leaves}  # fmt: skip
    append(archive, "disposal.certified", note, objects=[described])


def dispose(
    archive: Archive, disposal: str, objects: Sequence[CatalogObject], *, number: str | None = "2026-0001"
) -> list[list[int]]:
    """The whole way of one disposal. `number` None: its certificate stays pending."""
    claim(archive, disposal, objects)
    delete(archive, objects)
    leaves = report(archive, disposal, objects)
    if number is not None:
        certify(archive, disposal, leaves, number)
    return leaves


def resolve(archive: Archive, qid: str, rid: str) -> None:
    """Say that an item in quarantine became a record."""
    leaf = canonical({"t": "quarantine.resolved", "q": qid, "as": rid})
    append(archive, "accession", {}, leaves=[leaf])
