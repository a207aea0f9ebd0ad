"""A benchmark's result, and a side of it run in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]

Row = dict[str, Any]


def peer_row(ours: float, peer: float, peer_name: str, unit: str) -> Row:
    return {"ours": round(ours, 1), "peer": round(peer, 1), "peer_name": peer_name, "ratio": round(ours / peer, 3),
            "unit": unit}  # fmt: skip


def child(
    python: str | Path, module_or_file: str, *arguments: str, env: dict[str, str] | None = None
) -> dict[str, Any]:
    """Run one side in a process of its own; its last output line is its result."""
    command = [str(python), *(["-m", module_or_file] if "/" not in module_or_file else [module_or_file]), *arguments]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **(env or {})}, check=False
    )
    if done.returncode != 0:
        raise SystemExit(f"{module_or_file} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return result
