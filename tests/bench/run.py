"""`make bench`: every ratio against a named peer or limit, measured in this run, into .archive/bench.json.

Each row is {ours, peer, peer_name, ratio, unit}; `ratio` is ours / peer in work done per second, so more is better.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import bundle, completeness, consolidate, disposal, find, harvest, imports, ledger, normalise, policy
from tests.bench.rows import ROOT, Row

CONSOLE = Console()


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", help="one benchmark by name, e.g. --only find_1m")
    parser.add_argument("--scale", type=float, default=1.0, help="0.1 runs a tenth of the work (for a quick look)")
    arguments = parser.parse_args()
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    rows: dict[str, Row] = {}
    for bench in (harvest.run, ledger.append, ledger.verify, find.run, consolidate.run, completeness.run, disposal.run,
                  normalise.run, imports.run, policy.run, bundle.run):  # fmt: skip
        if arguments.only and arguments.only not in bench.names:  # type: ignore[attr-defined]
            continue
        rows |= _measured(bench, arguments.scale)
    _report(rows, merge=bool(arguments.only))


def _measured(bench: Callable[[Path, float, Callable[[str], None]], dict[str, Row]], scale: float) -> dict[str, Row]:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        return bench(Path(folder), scale, lambda line: CONSOLE.print(f"  [dim]{line}[/dim]"))


def _report(rows: dict[str, Row], *, merge: bool) -> None:
    target = ROOT / ".archive" / "bench.json"
    target.parent.mkdir(exist_ok=True)
    kept = json.loads(target.read_text()) if merge and target.exists() else {}
    target.write_text(json.dumps(kept | rows, indent=2) + "\n")
    table = Table(title="ours / peer, in the same run")
    for column, justify in (("name", "left"), ("ours", "right"), ("peer", "right"), ("peer name", "left"),
                            ("ratio", "right"), ("unit", "left")):  # fmt: skip
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    for name, row in rows.items():
        table.add_row(name, f"{row['ours']:,.0f}", f"{row['peer']:,.0f}", row["peer_name"], f"{row['ratio']:.2f}",
                      row["unit"])  # fmt: skip
    CONSOLE.print(table)
    CONSOLE.print(f"Written to {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
