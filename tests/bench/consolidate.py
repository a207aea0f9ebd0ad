"""Putting small objects together beside bare pyarrow, and the same full scan before and after it.

`consolidate`: rows/s from many small records objects to one that is committed, locked and has replaced them, beside
reading the same files, concat, sort, write and PUT without any evidence work. `scan_before_after`: counting everything
and finding a word, over the consolidated object (ours) and over the small ones (peer).
"""

from __future__ import annotations

import io
import random
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from social_archive.accession import Batch, commit
from social_archive.archive import Archive, open_archive
from social_archive.record import Observation
from social_archive.retention.consolidation import consolidate
from social_archive.search import Query, Search
from tests.bench.find import DAY, NEEDLE, WORDS
from tests.bench.places import agency_on, open_store
from tests.bench.rows import Row, peer_row

ROWS = 100_000
PER_OBJECT = 250
SEEN = 1_735_689_600_000_000  # 2025-01-01
KEYS = ("created_at", "root_native_id", "parent_native_id", "native_id", "version")


def run(folder: Path, scale: float, say: Callable[[str], None]) -> dict[str, Row]:
    count = int(ROWS * scale)
    with open_store(folder):
        archive = open_archive(agency_on(folder / "agency", "http://127.0.0.1:9"), state=folder / "state")
        _fill(archive, count)
        paths = archive.mirror.paths(archive.catalog.objects("records"))
        before, scanned_before = _scans(archive)
        bare = min(_bare(archive, paths) for _ in range(3))
        started = time.perf_counter()
        done = consolidate(archive)
        seconds = time.perf_counter() - started
        assert (done.rows, done.objects_after, done.skipped, done.left_behind) == (count, 1, {}, 0), done
        after, scanned_after = _scans(archive)
        assert before == after, (before, after)
    say(f"{count:,} rows in {done.objects_before} objects: ours {seconds:.2f} s, bare pyarrow {bare:.2f} s; "
        f"stored {done.bytes_before:,} bytes, now {done.bytes_after:,}")  # fmt: skip
    say(f"scan before {scanned_before * 1000:.0f} ms, after {scanned_after * 1000:.0f} ms")
    return {
        "consolidate": peer_row(count / seconds, count / bare, "bare pyarrow concat + sort + write + PUT", "rows/s"),
        "scan_before_after": peer_row(
            count / scanned_after, count / scanned_before, "the same scan before consolidation", "records/s"
        ),
    }


def _fill(archive: Archive, count: int) -> None:
    """Invented comments of one month, a commit for every few hundred of them, as harvests leave them."""
    dice = random.Random(7)
    for first in range(0, count, PER_OBJECT):
        some = [_comment(dice, n) for n in range(first, min(first + PER_OBJECT, count))]
        commit(archive, Batch("mastodon", "bulk", f"h{first}", some))


def _comment(dice: random.Random, n: int) -> Observation:
    body = " ".join(dice.choices(WORDS, k=14)) + (f" {NEEDLE}" if n % 2_000 == 7 else "")
    native = b'{"id":"%d","content":"%s","account":{"id":"%d"}}' % (n, body.encode(), n % 900)
    return Observation(
        kind="comment", native_id=str(n), native=native, platform="mastodon", account="bulk", parent_native_id="1",
        root_native_id=str(n % 300), author_id=str(n % 900), author_name=f"Invented {n % 900}", body=body,
        created_at=SEEN + dice.randrange(28 * DAY) + DAY, observed_at=SEEN + 40 * DAY, harvest_id="h",
        adapter="mastodon/1", permalink=f"https://social.example/@library/{n}",
    )  # fmt: skip


def _scans(archive: Archive) -> tuple[Any, float]:
    """What is counted and found, and the seconds of both together (the median of five)."""
    times = []
    for _ in range(5):
        started = time.perf_counter()
        search = Search.of(archive)
        answer = (search.counts(["kind", "state", "month"]), search.find(Query(text=NEEDLE, limit=1000)).rows)
        times.append(time.perf_counter() - started)
        search.close()
    return answer, sorted(times)[2]


def _bare(archive: Archive, paths: Sequence[Path]) -> float:
    started = time.perf_counter()
    table = pa.concat_tables([pq.read_table(path, partitioning=None) for path in paths])
    table = table.sort_by([(key, "ascending") for key in KEYS])
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", compression_level=3, row_group_size=10_000)
    body = sink.getvalue()
    archive.staging.client.put_object(Bucket=archive.staging.bucket, Key=f"bare/{uuid.uuid4().hex}", Body=body)
    return time.perf_counter() - started


run.names = ("consolidate", "scan_before_after")  # type: ignore[attr-defined]
