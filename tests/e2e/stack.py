"""One stack for all end-to-end tests, as `archive up` starts it, on ports and folders of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.folder import agency_folder, environment
from social_archive.stack.airflow import AirflowHome
from social_archive.stack.rest import AirflowApi

CANARY = "CANARY-5d1f0c6e-connection-secret"
# A healthy account, one whose login is dead, and one of which posts are past their time.
ACCOUNTS = ("larkspur-teens", "larkspur-archive", "larkspur-kids")


class Stack:
    """One `archive` command after another on one state folder."""

    def __init__(self, folder: Path, agency: Path, platforms: dict[str, str]) -> None:
        self.platforms = platforms
        self.state = folder / "state"
        self.agency = agency
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("ARCHIVE_", "AIRFLOW_"))}
        self.env |= environment() | {"AIRFLOW_CONN_LARKSPUR_CANARY": json.dumps({"password": CANARY})}

    def archive(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from social_archive.cli import main; main()"]
        folders = ["--agency", str(self.agency), "--state", str(self.state)]
        done = subprocess.run(
            [*command, *folders, *arguments], env=self.env, capture_output=True, text=True, check=False, timeout=900
        )
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done

    @property
    def home(self) -> AirflowHome:
        return AirflowHome(self.state)

    def api(self, user: str = "admin") -> AirflowApi:
        return AirflowApi(self.home.url, user, self.home.passwords()[user])

    def pids(self) -> dict[str, int | None]:
        return dict(json.loads(self.archive("status", "--json", check=False).stdout))


@contextmanager
def started(folder: Path) -> Iterator[Stack]:
    """The stack for the sandbox's library in `folder`, up until the end of the block."""
    ready = folder / "ready"
    ports = ["--only=mastodon,bluesky", "--mastodon-port=0", "--bluesky-port=0"]
    sandbox = subprocess.Popen(
        [sys.executable, "-m", "sandbox.serve", "--state", str(folder / "world"), "--ready-file", str(ready), *ports],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert sandbox.stdout is not None
    urls = json.loads(sandbox.stdout.readline())
    running = Stack(folder, agency_folder(folder / "agency", urls, accounts=ACCOUNTS), urls)
    accounts = folder / "agency" / "accounts.yaml"  # the dead login's token comes from a connection, to be looked for
    text = accounts.read_text().replace("env:SANDBOX_MASTODON_ARCHIVE_TOKEN", "connection:larkspur_canary")
    accounts.write_text(text)
    try:
        running.archive("up", "--json")
        yield running
    finally:
        running.archive("down", check=False)
        sandbox.terminate()
        sandbox.wait(10)
