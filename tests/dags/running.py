"""DAGs through Airflow in a process of their own, as the tests of several DAGs want it."""

from __future__ import annotations

import functools
import json
import os
import select
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HOME = "ARCHIVE_TEST_AIRFLOW_HOME"
_SECONDS = 300  # for all steps of one call


@dataclass(frozen=True)
class Ended:
    returncode: int
    said: bytes


def airflow(env: dict[str, str], *steps: str) -> str:
    """What Airflow said while it took these steps (`tests.faults.airflow_harvest`), one after the other."""
    done = ended(env, *steps)
    assert done.returncode == 0, done.said[-3_000:].decode(errors="replace")
    return done.said.decode(errors="replace")


def ended(env: dict[str, str], *steps: str) -> Ended:
    """The same, however it ends. `env` is set on top of ours; it names the home (HOME)."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    with tempfile.TemporaryDirectory(prefix="archive-test-airflow-") as folder:
        out = Path(folder) / "out"
        asked = {"home": env[HOME], "env": inherited | env, "steps": steps, "out": str(out)}
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        if not select.select([server.stdout], [], [], _SECONDS)[0]:
            _server.cache_clear()
            server.kill()
            raise AssertionError(f"not done within {_SECONDS} seconds: {out.read_bytes()[-3_000:]!r}")
        answer = server.stdout.readline().strip()
        assert answer, "Airflow's process is gone; its log lies in a folder /tmp/archive-test-airflow-…"
        return Ended(int(answer), out.read_bytes())


@functools.cache
def _server() -> subprocess.Popen[str]:
    """The process that forks; it ends when our end of its input is closed, also if we are killed."""
    folder = Path(tempfile.mkdtemp(prefix="archive-test-airflow-"))
    (folder / "first").mkdir()
    (folder / "home").symlink_to(folder / "first")
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.dags.airflow_forks"], env=env | {HOME: str(folder / "home")},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True,
        )  # fmt: skip
