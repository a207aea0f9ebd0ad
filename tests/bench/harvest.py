"""100,000 comments from a local server through HTTP to locked, committed Parquet: ours, dlt, and a bare loop."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.bulk import serve_in_background
from tests.bench.places import agency_on, open_store
from tests.bench.rows import ROOT, child, peer_row


def run(folder: Path, scale: float, say: Callable[[str], None]) -> dict[str, Any]:
    comments = int(100_000 * scale)
    python = peers_python()
    with open_store(folder) as place, serve_in_background(comments=comments, posts=100) as server:
        agency = agency_on(folder / "agency", server)
        where = (server, place.endpoint, *place.keys)
        ours = child(
            sys.executable, "tests.bench.our_harvest", str(agency), str(folder / "state"), "bulk", env=place.env
        )
        say(f"ours: {_said(ours)}, peak {ours['peak_mb']} MB, {ours['entries']} ledger entries")
        assert ours["comments"] == comments, ours
        floor = child(sys.executable, "tests.bench.floor_harvest", *where, place.store.staging_bucket)
        say(f"bare httpx + pyarrow loop: {_said(floor)}")
        dlt = child(
            python, str(ROOT / "tests/bench/dlt_harvest.py"), *where, place.store.staging_bucket, str(folder / "dlt")
        )
        say(f"dlt: {_said(dlt)}")
        assert dlt["rows"] == floor["rows"] == comments, (dlt, floor)
    shutil.rmtree(folder / "dlt", ignore_errors=True)
    return {
        "harvest_vs_dlt": peer_row(_rate(ours), _rate(dlt), "dlt (rest_api to Parquet on S3)", "rows/s"),
        "harvest_vs_floor": peer_row(_rate(ours), _rate(floor), "bare httpx + pyarrow loop", "rows/s"),
    }


def _rate(result: dict[str, Any]) -> float:
    return float(result["rows"] / result["seconds"])


def _said(result: dict[str, Any]) -> str:
    return f"{result['rows']:,} rows in {result['seconds']:.1f} s ({_rate(result):,.0f}/s)"


def peers_python() -> Path:
    """The Python of the peer's own virtual environment, which `make bench` makes."""
    python = Path(os.environ.get("BENCH_PYTHON") or ROOT / ".venv-bench" / "bin" / "python")
    if not python.exists():
        raise SystemExit(f"The peer is not installed at {python}: run `make bench`, which does that first.")
    return python


run.names = ("harvest_vs_dlt", "harvest_vs_floor")  # type: ignore[attr-defined]
