"""The AT Protocol reference network on this machine: Postgres, directory, PDS and AppView, all on 127.0.0.1.

`setup.sh` fetches it. Nothing here is a stand-in: these are the servers that bsky.app runs, started small.
"""

from __future__ import annotations

import io
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

REPO = Path(__file__).parents[2]
HOME = Path(os.environ.get("ARCHIVE_STATE", REPO / ".archive")) / "interop"
SOURCES = Path(__file__).parent / "atproto"
POSTGRES = Path("/usr/lib/postgresql/15/bin")


@dataclass(frozen=True)
class Network:
    """Addresses of the running servers."""

    plc: str
    pds: str
    bsky: str
    process: subprocess.Popen[bytes]

    def settle(self) -> None:
        """Wait until the AppView shows everything that the PDS holds."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"settle\n")
        self.process.stdin.flush()
        if not select.select([self.process.stdout], [], [], 60)[0] or b"settled" not in self.process.stdout.readline():
            raise RuntimeError("The reference network did not settle.")


@contextmanager
def running(*, rate_limited: bool = False) -> Iterator[Network]:
    """The network, fresh and empty. About ten seconds to start."""
    require_setup()
    with _postgres() as database, _node(database, rate_limited) as network:
        yield network


def require_setup() -> None:
    needed = (POSTGRES / "postgres", HOME / "node/bin/node", HOME / "atproto/.installed")
    missing = [str(path) for path in needed if not path.exists()]
    if missing:
        raise RuntimeError(f"The reference network is not set up ({', '.join(missing)}): run tests/interop/setup.sh.")


def real_comments(count: int) -> list[str]:
    """Comments that people wrote (the ground truth of the VADER paper), out of the fetched source distribution."""
    source = next((HOME / "text").glob("vader*.tar.gz"))
    with tarfile.open(source) as outer:
        inner = outer.extractfile(next(m for m in outer if m.name.endswith("hutto_ICWSM_2014.tar.gz")))
        assert inner is not None
        with tarfile.open(fileobj=io.BytesIO(inner.read())) as data:
            lines = data.extractfile(next(m for m in data if m.name.endswith("tweets_GroundTruth.txt")))
            assert lines is not None
            texts = [line.split("\t", 2)[2].strip() for line in lines.read().decode("utf-8").splitlines()]
    return [text for text in texts if 0 < len(text) <= 290][:count]


def eventually(look: Callable[[], T], *, seconds: float = 20.0) -> T:
    """Ask until the answer is true: the AppView indexes what the PDS holds a moment later."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


# --------------------------------------------------------------------------- processes


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


@contextmanager
def _postgres() -> Iterator[str]:
    """A throw-away Postgres (it refuses to run as root: then as its own Debian user). Yields a database URL."""
    user: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    folder = Path(tempfile.mkdtemp(prefix="interop-pg-", dir="/tmp"))
    if user:
        shutil.chown(folder, "postgres", "postgres")
    data, (port,) = folder / "data", _free_ports(1)
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    common: dict[str, Any] = {"cwd": folder, "env": environment, **user}
    server = None
    try:
        subprocess.run(
            [POSTGRES / "initdb", "-D", data, "-U", "pg", "-A", "trust", "--no-sync", "-E", "UTF8"],
            check=True, stdout=subprocess.DEVNULL, **common,
        )  # fmt: skip
        options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": folder, "fsync": "off", "port": port}
        with open(folder / "log", "wb") as log:
            server = subprocess.Popen(
                [POSTGRES / "postgres", "-D", data, *(x for k, v in options.items() for x in ("-c", f"{k}={v}"))],
                stdout=log, stderr=log, **common,
            )  # fmt: skip
        client = ["-h", "127.0.0.1", "-p", str(port), "-U", "pg"]
        ready = [POSTGRES / "pg_isready", "-q", *client]
        if not eventually(lambda: subprocess.run(ready, check=False, **common).returncode == 0):
            raise RuntimeError(f"Postgres did not start: {(folder / 'log').read_text()[-500:]}")
        subprocess.run([POSTGRES / "createdb", *client, "atp"], check=True, **common)
        yield f"postgresql://pg@127.0.0.1:{port}/atp"
    finally:
        if server is not None:
            _stop(server, signal.SIGINT)  # fast shutdown: does not wait for clients
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _node(database: str, rate_limited: bool) -> Iterator[Network]:
    names = ("plc", "pds", "bsky", "ozone", "introspect")
    ports = json.dumps(dict(zip(names, _free_ports(len(names)), strict=True)))
    for name in ("network.mjs", "loopback.cjs"):  # beside node_modules, where its imports are found
        shutil.copy(SOURCES / name, HOME / "atproto" / name)
    arguments = ["--require", "./loopback.cjs", "network.mjs", ports, *(["rate-limited"] if rate_limited else [])]
    environment = {
        **os.environ, "DB_POSTGRES_URL": database, "REDIS_HOST": "127.0.0.1:1",
        "NODE_ENV": "test", "LOG_ENABLED": "false",
    }  # fmt: skip
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            [HOME / "node/bin/node", *arguments], cwd=HOME / "atproto", env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
        try:
            assert server.stdout is not None
            for _ in range(120):
                if select.select([server.stdout], [], [], 1.0)[0] or server.poll() is not None:
                    break
            line = server.stdout.readline()
            if not line.startswith(b"{"):
                log.seek(0)
                raise RuntimeError(f"The reference network did not start: {line!r} {log.read()[-800:]!r}")
            yield Network(**json.loads(line), process=server)
        finally:
            _stop(server, signal.SIGTERM)


def _stop(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    process.send_signal(how)
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
