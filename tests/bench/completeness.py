"""Accounting for every leaf (ledger replayed, every row hashed anew) beside bare SHA-256 of the same bytes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from social_archive.accession import Batch, commit
from social_archive.archive import open_archive
from social_archive.completeness import check
from social_archive.record import Observation
from tests.agencies import agency_folder
from tests.bench.places import open_store
from tests.bench.rows import peer_row

_STEP = 15_000
_BODY = "An invented comment of the usual length"
_MAY = 1_683_201_600_000_000


def _observations(first: int, count: int) -> list[Observation]:
    return [
        Observation(
            kind="comment", native_id=str(i), native=b'{"id":"%d","text":"%s"}' % (i, _BODY.encode()),
            body=_BODY, platform="mastodon", account="larkspur", author_id=f"a{i}",
            author_handle=f"a{i}", created_at=_MAY, observed_at=_MAY + 1, harvest_id="h1", adapter="scripted/1",
        )
        for i in range(first, first + count)
    ]  # fmt: skip


def run(folder: Path, scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    count = max(_STEP, int(120_000 * scale))
    with open_store(folder) as place:
        archive = open_archive(agency_folder(folder / "agency", place.store.bucket), state=folder / "state")
        for first in range(0, count, _STEP):
            some = _observations(first, min(_STEP, count - first))
            commit(archive, Batch("mastodon", "larkspur", "h1", some))
        started = time.perf_counter()
        found = check(archive)
        ours = found.leaves / (time.perf_counter() - started)
        assert found.ok, found.codes
        started = time.perf_counter()
        for store in (archive.store, archive.ledger_store):
            for v in store.versions(""):
                hashlib.sha256(store.get(v.key, v.version_id)).digest()
        peer = found.leaves / (time.perf_counter() - started)
    say(f"{found.leaves:,} leaves accounted for at {ours:,.0f}/s; fetching and SHA-256 alone: {peer:,.0f}/s")
    return {"audit_leaves": peer_row(ours, peer, "fetch and SHA-256 of the same bytes", "leaves/s")}


run.names = ("audit_leaves",)  # type: ignore[attr-defined]
