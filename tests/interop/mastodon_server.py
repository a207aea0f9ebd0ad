"""`mastodon_mock`: a Mastodon API server that we did not write, run as a process on a free loopback port."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from mastodon import Mastodon as OfficialClient

PEOPLE = ("larkspur", "ada_invented", "ben_invented")


def token_of(name: str) -> str:
    return f"token-of-{name}"


@dataclass
class MastodonServer:
    url: str

    def client(self, name: str) -> OfficialClient:
        """One of the people, acting through Mastodon.py."""
        return OfficialClient(access_token=token_of(name), api_base_url=self.url, ratelimit_method="throw")

    def fault(self, path: str, *, count: int | None = None, **effect: Any) -> None:
        """Make requests for `path` (with `*`) fail: `type` is status, ratelimit, latency, malformed or timeout."""
        rule = {"match": {"methods": ["GET"], "path": path}, "effect": effect, "count": count}
        httpx.post(f"{self.url}/api/v1/_mock/faults", json=rule, trust_env=False).raise_for_status()

    def mend(self) -> None:
        """Take all faults back."""
        httpx.delete(f"{self.url}/api/v1/_mock/faults", trust_env=False).raise_for_status()

    def reset(self) -> None:
        """Everybody is there, nobody has said anything."""
        httpx.post(f"{self.url}/api/v1/_mock/reset", trust_env=False).raise_for_status()
        self.mend()


@contextmanager
def running() -> Iterator[MastodonServer]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="interop-mastodon-") as folder:
        config = Path(folder) / "config.toml"
        config.write_text("".join(
            f'[[seed.accounts]]\nusername = "{name}"\ndisplay_name = "{name} (invented)"\n'
            f'access_token = "{token_of(name)}"\n' for name in PEOPLE
        ))  # fmt: skip
        log = (Path(folder) / "log").open("w")
        command = [sys.executable, "-m", "mastodon_mock", "serve", "--config", str(config), "--in-memory",
                   "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning"]  # fmt: skip
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            server = MastodonServer(f"http://127.0.0.1:{port}")
            _until_up(server, process)
            yield server
        finally:
            process.terminate()
            process.wait(20)
            log.close()


def _until_up(server: MastodonServer, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{server.url}/api/v1/instance", trust_env=False, timeout=5).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise RuntimeError("mastodon_mock did not come up")
