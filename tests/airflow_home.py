"""A throw-away AIRFLOW_HOME for tests. Import this before anything imports Airflow: it reads its settings once."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
HOME = Path(os.environ.get("ARCHIVE_TEST_AIRFLOW_HOME") or tempfile.mkdtemp(prefix="archive-test-airflow-"))

SETTINGS = {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
    "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPOSITORY / "plugins"),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{HOME / 'airflow.db'}",
    "AIRFLOW__API_AUTH__JWT_SECRET": "only-for-tests-" * 6,
}
os.environ.update(SETTINGS)
if str(REPOSITORY / "plugins") not in sys.path:
    sys.path.append(str(REPOSITORY / "plugins"))  # as Airflow does


def migrated() -> Path:
    """AIRFLOW_HOME with the tables of a SQLite database in it. They are made once (6 s); other homes copy them."""
    made = HOME / "airflow.db"
    if not made.exists():
        name = f"archive-test-airflow-tables-{os.getuid()}-{version('apache-airflow-core')}"
        shared = Path(tempfile.gettempdir()) / name
        shared.mkdir(mode=0o700, exist_ok=True)
        with (shared / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (shared / "airflow.db").exists():
                subprocess.run(
                    [sys.executable, "-m", "airflow", "db", "migrate"], check=True, capture_output=True, timeout=300
                )
                shutil.copyfile(made, shared / "part.db")
                (shared / "part.db").rename(shared / "airflow.db")
            else:
                shutil.copyfile(shared / "airflow.db", made)
    return HOME
