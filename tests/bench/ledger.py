"""Appending to the ledger beside a bare conditional PUT; verifying a million leaves beside bare SHA-256."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from social_archive.ledger import Draft, Ledger
from social_archive.note import Signer
from social_archive.store import Store
from tests.bench.places import open_store
from tests.bench.rows import peer_row

ORIGIN = "bench.example/ledger"
LEAF = b'{"c":"%s","rid":"%s","series":"social-media","t":"record","ver":1}'


def _leaves(count: int) -> list[bytes]:
    noise = os.urandom(48 * count)
    return [
        LEAF % (noise[i : i + 32].hex().encode(), noise[i + 32 : i + 48].hex().encode())
        for i in range(0, 48 * count, 48)
    ]


def _draft(leaves: list[bytes], n: int) -> Draft:
    return Draft(what="accession", txn=f"{n:064x}", leaves=leaves, objects=[], cursor=None, harvest=None, note=None)


def append(folder: Path, scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Entries of 100 leaves, one after the other."""
    count = max(20, int(300 * scale))
    with open_store(folder) as place:
        store = Store.connect(place.store, place.store.ledger_bucket)
        ledger = Ledger(store, Signer.generate(ORIGIN), ORIGIN)
        leaves = _leaves(100)
        head = ledger.append(_draft(leaves, 0), ledger.head()).head
        started = time.perf_counter()
        for n in range(1, count + 1):
            head = ledger.append(_draft(leaves, n), head).head
        ours = count / (time.perf_counter() - started)
        body = b"\n".join(leaves)
        started = time.perf_counter()
        for n in range(count):
            store.put(f"bare/{n:020d}.jsonl", body, if_absent=True)
        peer = count / (time.perf_counter() - started)
    say(f"{count} appends of 100 leaves: {ours:.0f}/s; bare conditional PUT of the same bytes: {peer:.0f}/s")
    return {"ledger_append": peer_row(ours, peer, "bare conditional PUT", "entries/s")}


def verify(folder: Path, scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    """A full replay: every leaf, every chain link, every root, every signature, versions and locks."""
    per_entry = 10_000
    entries = max(2, int(100 * scale))
    with open_store(folder) as place:
        ledger = Ledger(Store.connect(place.store, place.store.ledger_bucket), Signer.generate(ORIGIN), ORIGIN)
        head = ledger.head()
        for n in range(entries):
            head = ledger.append(_draft(_leaves(per_entry), n), head).head
        started = time.perf_counter()
        report = ledger.verify()
        ours = report.leaves / (time.perf_counter() - started)
        assert not [f for f in report.findings if f.severity == "error"], report.findings[:3]
    lines = _leaves(entries * per_entry)
    started = time.perf_counter()
    for line in lines:
        hashlib.sha256(b"\0" + line).digest()
    peer = len(lines) / (time.perf_counter() - started)
    say(f"{entries * per_entry:,} leaves verified at {ours:,.0f}/s; SHA-256 of each leaf alone: {peer:,.0f}/s")
    return {"ledger_verify_1m": peer_row(ours, peer, "SHA-256 of each leaf, nothing else", "leaves/s")}


append.names = ("ledger_append",)  # type: ignore[attr-defined]
verify.names = ("ledger_verify_1m",)  # type: ignore[attr-defined]
