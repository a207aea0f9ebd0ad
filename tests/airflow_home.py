"""A throw-away AIRFLOW_HOME for tests. Import this before anything imports Airflow: it reads its settings once."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
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
    """AIRFLOW_HOME with the tables of a SQLite database in it (6 s, once a run)."""
    if not (HOME / "airflow.db").exists():
        subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True, capture_output=True, timeout=300)
    return HOME
