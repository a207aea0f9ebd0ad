"""An answer to be bundled: the library's records with decisions about them, without the review that made them.

`shown_by_hand` is what the redaction makes of stored rows, as simple as it can be: a record is shown whole, or its
body (and all that repeats it) is cut, or it is withheld.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from social_archive.archive import Archive
from social_archive.foia import request_file, requests
from social_archive.foia.bundle import proofs
from social_archive.foia.bundle.model import Contents, Options
from social_archive.foia.dispositions import FrozenSearch, Hit, Item, Outcome, Reviewed, ShownItem, ShownVersion, token
from social_archive.foia.request_file import Event
from social_archive.foia.requests import Request
from social_archive.ledger import EMPTY
from social_archive.record import canonical, committed_values, from_row

LETTER = b"%PDF-1.7 an invented letter"
REPEATS = ("body", "body_html", "native")
UNSHOWN = ("native", "secret", "commitment", "digest")


def rows_of(archive: Archive) -> list[dict[str, Any]]:
    """All stored rows, times as integers, by time."""
    archive.catalog.catch_up()
    found: list[dict[str, Any]] = []
    for path in archive.mirror.paths(archive.catalog.objects("records")):
        table = pq.read_table(path, partitioning=None)
        for index, column in enumerate(table.schema):
            if pa.types.is_timestamp(column.type):
                table = table.set_column(index, column.name, table.column(index).cast(pa.int64()))
        found += table.to_pylist()
    return sorted(found, key=lambda row: (row["created_at"], row["version"]))


@dataclass(frozen=True)
class Decided:
    """A frozen search and a confirmed review, entered into the file of a request."""

    request: Request
    searched: Event
    confirmed: Event
    reviewed: Reviewed
    items: list[ShownItem]

    def contents(self, archive: Archive, work: Path, **more: Any) -> Contents:
        work.mkdir(parents=True, exist_ok=True)
        evidence = proofs.gather(archive, self.searched, self.confirmed, self.reviewed, self.items,
                                 work / "records.jsonl")  # fmt: skip
        at = self.confirmed.time.astimezone(UTC).replace(microsecond=0)
        return Contents(archive.agency, self.request, self.reviewed, self.items, at, self.confirmed, Options(),
                        evidence, LETTER, **more)  # fmt: skip


def decided(archive: Archive, request: Request, outcomes: Mapping[str, Outcome]) -> Decided:
    """Every record of the archive found, and decided by its native id (`released` where nothing is said)."""
    rows = rows_of(archive)
    versions: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        versions.setdefault(row["rid"], []).append(row)
    hits = tuple(Hit(place, rid, tuple(row["version"] for row in of_one))
                 for place, (rid, of_one) in enumerate(versions.items(), 1))  # fmt: skip
    searched = _search(archive, request, hits, len(rows))
    items = [shown_by_hand(item_of(archive, request, hit, versions[hit.rid], outcomes), versions[hit.rid])
             for hit in hits]  # fmt: skip
    head = archive.catalog.head or EMPTY
    search = FrozenSearch(searched.id, searched.n, {}, head.n, head.size, len(rows), hits)
    plan = hashlib.sha256(canonical([[one.item.control, one.item.outcome] for one in items])).hexdigest()
    reviewed = Reviewed(request.id, request.number, search, tuple(one.item for one in items), (), plan)
    confirmed = request_file.append(archive, request.id, "confirmed", by="director", via="cli", details={},
                                    told={"plan": plan, **reviewed.totals})  # fmt: skip
    return Decided(requests.load(archive, request.id), searched, confirmed, reviewed, items)


def _search(archive: Archive, request: Request, hits: Sequence[Hit], searched: int) -> Event:
    head = archive.catalog.head or EMPTY
    details = {
        "terms": {"words": ["parking lot"]}, "position": head.n, "size": head.size, "searched": searched,
        "excluded": 0, "quarantined": 0, "hold": None, "gaps": [], "disposed": [],
        "hits": [{"rid": hit.rid, "versions": list(hit.versions)} for hit in hits],
    }  # fmt: skip
    return request_file.append(archive, request.id, "searched", by="records", via="cli", details=details,
                               told={"hits": len(hits), "position": head.n})  # fmt: skip


def item_of(archive: Archive, request: Request, hit: Hit, rows: Sequence[dict[str, Any]],
            outcomes: Mapping[str, Outcome]) -> Item:  # fmt: skip
    outcome = outcomes.get(rows[0]["native_id"], "released")
    codes = ("1(c)",) if outcome in ("redacted", "withheld") else ()
    control = f"{archive.agency.foia.control_prefix}-{request.number}-{hit.place:04d}"
    return Item(hit, control, outcome, codes, dict.fromkeys(codes, "invented"))


def shown_by_hand(item: Item, rows: Sequence[dict[str, Any]]) -> ShownItem:
    if item.outcome == "withheld":
        return ShownItem(item, (), tuple(rows))
    return ShownItem(item, tuple(_shown(row, cut=item.outcome == "redacted") for row in rows))


def _shown(row: dict[str, Any], *, cut: bool) -> ShownVersion:
    plain = {name: value for name, value in row.items() if name not in UNSHOWN}
    whole = frozenset(name for name, _ in committed_values(from_row(row).observation))
    if not cut:
        return ShownVersion(row["version"], plain, row["native"], whole, {}, (), row)
    plain |= {"body": token("1(c)"), "body_html": None}
    gone = dict.fromkeys(REPEATS, ("1(c)",))
    return ShownVersion(row["version"], plain, None, whole - gone.keys(), gone, (), row)
