"""Finding a word in a million records, beside pandas on the same Parquet files."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from social_archive.record import Observation, accessioned, evidential_digest, new_rid, table
from social_archive.search import Query, Search
from tests.bench.rows import peer_row

WORDS = [
    "library",
    "summer",
    "reading",
    "story",
    "hour",
    "budget",
    "mural",
    "seed",
    "garden",
    "author",
    "talk",
    "parking",
    "lot",
    "closed",
    "open",
    "desk",
    "children",
    "teen",
    "genealogy",
    "printer",
    "tax",
    "forms",
    "thanks",
    "great",
    "awful",
    "why",
    "when",
    "where",
    "book",
    "club",
    "copy",
    "line",
    "hold",
    "shelf",
    "quiet",
    "room",
    "noisy",
    "staff",
]
DAY = 86_400_000_000
NEEDLE = "axolotl"


def run(folder: Path, scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    count = int(1_000_000 * scale)
    paths = _write(folder, count)
    search = Search(paths)
    query = Query(text=NEEDLE, limit=100)
    search.find(query)
    seconds, total = _best(lambda: search.find(query).total)
    peer_seconds, peer_total = _best(lambda: _pandas(paths))
    assert total == peer_total > 0, (total, peer_total)
    say(f"{count:,} records, {total} hits: ours {seconds * 1000:.0f} ms, pandas {peer_seconds * 1000:.0f} ms")
    return {
        "find_1m": peer_row(count / seconds, count / peer_seconds, "pandas read_parquet + str.contains", "records/s")
    }


def _best(work: Callable[[], int]) -> tuple[float, int]:
    times = []
    for _ in range(3):
        started = time.perf_counter()
        answer = work()
        times.append(time.perf_counter() - started)
    return sorted(times)[1], answer


def _pandas(paths: list[Path]) -> int:
    frame = pd.concat(
        pd.read_parquet(p, columns=["rid", "version", "body", "created_at"], partitioning=None) for p in paths
    )
    hits = frame[frame["body"].str.contains(NEEDLE, case=False, regex=False)]
    latest = hits.sort_values("version").drop_duplicates("rid", keep="last")
    return len(latest.sort_values("created_at", ascending=False))


def _write(folder: Path, count: int) -> list[Path]:
    """Real rows (25,000 different ones, dealt out with fresh ids) so that the files look like an archive's."""
    dice = random.Random(7)
    paths = []
    per_file = min(50_000, count)
    for n in range(count // per_file):
        versions = []
        for i in range(per_file):
            body = " ".join(dice.choices(WORDS, k=14)) + (f" {NEEDLE}" if dice.random() < 0.0005 else "")
            moment = 1_750_000_000_000_000 + dice.randrange(365) * DAY
            o = Observation(
                kind="comment", native_id=f"{n}-{i}", native=body.encode(), platform="mastodon", account="larkspur",
                parent_native_id="1", root_native_id="1", author_id=str(i % 900), author_name=f"Invented {i % 900}",
                body=body, created_at=moment, observed_at=moment + DAY, harvest_id="h", adapter="mastodon/1",
            )  # fmt: skip
            versions.append(accessioned(o, rid=new_rid(), version=1, series="s", cutoff="2025-06", retain_until=None,
                                        digest=evidential_digest(o)))  # fmt: skip
        path = folder / f"{n}.parquet"
        pq.write_table(table(versions), path, compression="zstd")
        paths.append(path)
    return paths


run.names = ("find_1m",)  # type: ignore[attr-defined]
