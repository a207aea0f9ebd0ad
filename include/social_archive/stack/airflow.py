"""Airflow of the embedded stack: its settings, its database's tables, its four processes.

The four components run side by side with the commands that docker-compose.yaml uses. `airflow standalone` would
start the same four, but opens log servers on all interfaces (ports 8793, 8794) and leaves children behind when
it is stopped by SIGTERM. This module only writes settings and starts programs; it imports no Airflow.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from social_archive.errors import ArchiveError
from social_archive.stack import environment
from social_archive.stack.postgres import Database, free_port
from social_archive.stack.processes import Processes

REPOSITORY = Path(__file__).resolve().parents[3]
# Two people approve a disposal, and neither is the administrator: `records` and `director` may answer what is asked
# of them, and nothing else that `admin` may.
USERS = {"admin": "admin", "records": "user", "director": "user"}
# The log servers are for logs on other machines; here the api-server reads the files.
COMPONENTS: dict[str, tuple[str, ...]] = {
    "airflow-api-server": ("api-server",),
    "airflow-scheduler": ("scheduler", "--skip-serve-logs"),
    "airflow-dag-processor": ("dag-processor",),
    "airflow-triggerer": ("triggerer", "--skip-serve-logs"),
}
# The scheduler's LocalExecutor runs the tasks; what needs no key of the disposer does not get it.
RUNS_TASKS = "airflow-scheduler"
_DISPOSER = "ARCHIVE_S3_DISPOSER_"
_FIRST_PORT = 8080


class AirflowHome:
    """AIRFLOW_HOME of the embedded stack: `<state>/airflow`. `AIRFLOW_HOME=.archive/airflow airflow …` works too."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.folder = state / "airflow"

    @property
    def port(self) -> int:
        return int((self.folder / "port").read_text())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def passwords(self) -> dict[str, str]:
        return dict(json.loads((self.folder / "passwords.json").read_text()))

    def configure(self, database: Database, *, keep_port: bool) -> None:
        """Write airflow.cfg and the users' passwords. Secrets are made once; the port only moves while it is down."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (keep_port and (self.folder / "port").exists()):
            (self.folder / "port").write_text(str(free_port(_FIRST_PORT)))
        passwords = self.folder / "passwords.json"
        known = self.passwords() if passwords.exists() else {}
        if missing := USERS.keys() - known.keys():  # users of a later version, too
            known |= {user: secrets.token_urlsafe(9) for user in USERS if user in missing}
            environment.write_private(passwords, json.dumps(known))
        environment.write_private(self.folder / "airflow.cfg", _ini(self._settings(database)))

    def environ(self, archive: Mapping[str, str]) -> dict[str, str]:
        """The environment of every Airflow process: ours, the archive's, and no other AIRFLOW setting."""
        unwanted = ("AIRFLOW_", "PYTHONDONTWRITEBYTECODE")  # uncompiled, every task would take seconds longer
        clean = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        kept = {name: value for name, value in os.environ.items() if name.startswith(("AIRFLOW_CONN_", "AIRFLOW_VAR_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        ours = {"AIRFLOW_HOME": str(self.folder), "PATH": path, "GX_ANALYTICS_ENABLED": "false"}
        return {**clean, **kept, **archive, **ours}

    def migrate(self, environ: Mapping[str, str], *, fresh: bool, tick: Callable[[str], None]) -> bool:
        """Create or upgrade the tables, unless this Airflow already did so on this database; True if it ran."""
        stamp = self.folder / "migrated"
        wanted = version("apache-airflow-core")
        if not fresh and stamp.exists() and stamp.read_text() == wanted:
            return False
        log = self.state / "logs" / "airflow-migrate.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            child = subprocess.Popen(
                [sys.executable, "-m", "airflow", "db", "migrate"],
                env=dict(environ), stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip
            while child.poll() is None:
                tick("making its tables")
                time.sleep(0.2)
        if child.returncode != 0:
            raise ArchiveError(
                f"Airflow could not make its tables; see {log}. No record was touched.",
                remedy="Read that log. If the database is damaged, remove .archive/postgres: it holds no records.",
            )
        stamp.write_text(wanted)
        return True

    def start(self, processes: Processes, environ: Mapping[str, str]) -> list[str]:
        """Start the components that are down; returns their names."""
        down = [name for name in COMPONENTS if processes.pid(name) is None]
        for name in down:
            command = [sys.executable, "-m", "airflow", *COMPONENTS[name]]
            log = self.state / "logs" / f"{name}.log"
            processes.spawn(name, command, env=_given_to(name, environ), log=log, cwd=REPOSITORY)
        return down

    def _settings(self, database: Database) -> dict[str, dict[str, str]]:
        secret = environment.secret
        return {
            "core": {
                "dags_folder": str(REPOSITORY / "dags"),
                "plugins_folder": str(REPOSITORY / "plugins"),
                "load_examples": "False",
                "executor": "LocalExecutor",
                "parallelism": "4",
                "fernet_key": environment.fernet_key(self.state),
                "hostname_callable": "socket.gethostname",
                "execution_api_server_url": f"{self.url}/execution/",
                "auth_manager": "airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager",
                "simple_auth_manager_users": ",".join(f"{name}:{role}" for name, role in USERS.items()),
                "simple_auth_manager_passwords_file": str(self.folder / "passwords.json"),
            },
            "api": {
                "host": "127.0.0.1",
                "port": str(self.port),
                "base_url": self.url,
                "workers": "1",
                "secret_key": secret(self.state, "airflow-api-secret"),
                "instance_name": "Social records archive",
                "expose_config": "False",
            },
            "api_auth": {"jwt_secret": secret(self.state, "airflow-jwt", 64)},
            "database": {
                "sql_alchemy_conn": database.url("psycopg2"),
                # Empty: no asynchronous engine. It would need asyncpg, and only `GET …/dagRuns/…/wait` uses it.
                "sql_alchemy_conn_async": "",
            },
            "dag_processor": {
                "refresh_interval": "5",
                "bundle_refresh_check_interval": "5",
                "min_file_process_interval": "30",
            },
            "scheduler": {"catchup_by_default": "False"},
            "logging": {"base_log_folder": str(self.folder / "logs")},
            "usage_data_collection": {"enabled": "False"},
        }


def _given_to(component: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The keys that may lift a lock go to the process that runs tasks, to no other."""
    return {name: v for name, v in environ.items() if component == RUNS_TASKS or not name.startswith(_DISPOSER)}


def _ini(settings: Mapping[str, Mapping[str, str]]) -> str:
    """ConfigParser's format; a percent sign must be doubled or it would be taken for an interpolation."""
    head = "# Written by `archive up` at every start: changes here are lost.\n"
    sections = (
        f"[{section}]\n" + "".join(f"{key} = {value.replace('%', '%%')}\n" for key, value in values.items())
        for section, values in settings.items()
    )
    return head + "\n".join(sections)
