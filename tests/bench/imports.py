"""50,000 items of an export into locked, committed Parquet, beside reading the same file and writing it as Parquet."""

from __future__ import annotations

import json
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tests.bench.find import WORDS
from tests.bench.places import agency_on, open_store
from tests.bench.rows import child, peer_row

_FIRST = 1_640_995_200  # 2022-01-01
_HOUR = 3600
_COMMENTS = (
    "Comment ID,Channel ID,Comment Create Timestamp,Price,Parent Comment ID,Post ID,Video ID,Comment Text,"
    "Top-Level Comment ID\r\n"
)


def run(folder: Path, scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    count = int(50_000 * scale)
    found = {}
    with open_store(folder) as place:
        agency = _agency(folder / "agency")
        for platform, write, peer, peer_name in (
            ("youtube", _takeout, _pandas, "pandas read_csv + pyarrow write"),
            ("facebook", _download, _json, "json.load + pyarrow write"),
        ):
            path, member = folder / f"{platform}.zip", write(count)
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
                made.writestr(zipfile.ZipInfo(member[0], (2026, 6, 1, 0, 0, 0)), member[1], zipfile.ZIP_DEFLATED)
            ours = child(
                sys.executable, "tests.bench.our_import", str(agency), str(folder / f"state-{platform}"), platform,
                str(path), env=place.env,
            )  # fmt: skip
            assert (ours["new"], ours["quarantined"]) == (count, 0), ours
            seconds = _timed(peer, path, member[0], folder / "peer.parquet")
            say(f"{platform}: {count:,} items, ours {ours['seconds']:.1f} s, {peer_name} {seconds:.2f} s")
            found[f"import_{platform}"] = peer_row(count / ours["seconds"], count / seconds, peer_name, "items/s")
    return found


def _agency(folder: Path) -> Path:
    """The benchmark's agency, with an account on each platform that need not be harvested for this."""
    agency_on(folder, "http://127.0.0.1:9")
    (folder / "accounts.yaml").write_text(
        "accounts:\n"
        "  - {name: bulk, platform: youtube, handle: bulk, enabled: false}\n"
        "  - {name: bulk, platform: facebook, handle: bulk, enabled: false}\n"
    )
    return folder


# --------------------------------------------------------------------------- what is imported


def _takeout(count: int) -> tuple[str, str]:
    dice = Random(7)
    rows = [_COMMENTS]
    for n in range(count):
        moment = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(_FIRST + n % 40_000 * _HOUR))
        words = " ".join(dice.choices(WORDS, k=14))
        rows.append(f'Ug{n:08d},UCinvented,{moment},0,,,vid{n % 900:08d},"{{""text"":""{words}""}}",\r\n')
    return "Takeout/YouTube and YouTube Music/comments/comments.csv", "".join(rows)


def _download(count: int) -> tuple[str, str]:
    dice = Random(7)
    posts = [
        {"timestamp": _FIRST + n * 600, "data": [{"post": " ".join(dice.choices(WORDS, k=14)) + " caf\u00c3\u00a9"}]}
        for n in range(count)
    ]
    return "this_profile's_activity_across_facebook/posts/profile_posts_1.json", json.dumps(posts)


# --------------------------------------------------------------------------- the peers


def _timed(peer: Callable[[Any], pa.Table], path: Path, member: str, out: Path) -> float:
    times = []
    for _ in range(3):
        started = time.perf_counter()
        with zipfile.ZipFile(path) as archive, archive.open(member) as file:
            pq.write_table(peer(file), out, compression="zstd")
        times.append(time.perf_counter() - started)
    return sorted(times)[1]


def _pandas(file: Any) -> pa.Table:
    return pa.Table.from_pandas(pd.read_csv(file, dtype="str"), preserve_index=False)


def _json(file: Any) -> pa.Table:
    return pa.Table.from_pylist(
        [{"created_at": each["timestamp"], "body": each["data"][0]["post"]} for each in json.load(file)]
    )


run.names = ("import_youtube", "import_facebook")  # type: ignore[attr-defined]
