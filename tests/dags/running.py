"""DAGs through Airflow in a process of their own, as the tests of several DAGs want it."""

from __future__ import annotations

import os
import subprocess
import sys


def airflow(env: dict[str, str], *steps: str) -> str:
    """What Airflow said while it took these steps (`tests.faults.airflow_harvest`), one after the other."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.airflow_harvest", *steps], env=inherited | env, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3_000:]
    return done.stdout
