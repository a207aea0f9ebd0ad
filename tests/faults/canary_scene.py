"""The scene of the canary tests: one command line after the other against a sandbox that misbehaves in every way."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass, field
from pathlib import Path

import tenacity

from sandbox.control import Control
from social_archive.archive import Archive, open_archive
from tests.forks import FORKS

PERSON = ("Gleamy Gutters", "gleamygutters")  # an invented commenter of the sandbox: name and handle
WORDS = ("CANARY-WORDS-7391", "555-0142-7391")
WRONG_TOKEN = "canary-token-that-was-revoked-5512"
WRONG_PASSWORD = "canary-app-password-5512"
URL_SECRET = "canary-in-the-address-5512"
SESSION = "eyJ0eXAiOiAiYXQrand0"  # how every session token of the sandbox's Bluesky begins



@dataclass
class Scene:
    """What was said and what was kept. `printed` is (command, everything on stdout and stderr)."""

    folder: Path
    agency: Path
    bucket: str
    mastodon: Control
    bluesky: Control
    env: dict[str, str]
    printed: list[tuple[str, bytes]] = field(default_factory=list)
    codes: dict[str, int] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def archive(self) -> Archive:
        return open_archive(self.agency, state=self.state)

    def run(self, *arguments: str, **env: str) -> int:
        """`archive ARGUMENTS` in a process of its own; returns its exit code. `env` is set on top of the scene's."""
        command = " ".join(arguments)
        out = self.folder / f"printed-{len(self.printed)}"
        settings = self.env | {"ARCHIVE_AGENCY": str(self.agency), "ARCHIVE_STATE": str(self.state)} | env
        process = FORKS.Process(target=archive_command, args=(list(arguments), settings, str(out)))
        process.start()
        process.join(120)
        assert process.exitcode is not None
        self.printed.append((f"output of `{command}`", out.read_bytes()))
        self.codes[command] = process.exitcode
        return process.exitcode

    def plant_person(self) -> None:
        """Three comments of one person on each platform: a good one, one that cannot be read, one that is refused."""
        for control, account in ((self.mastodon, "larkspur-archive"), (self.bluesky, "larkspur-teens")):
            shown = [i for i in control.truth(account) if i["state"] == "present" and not i["boost"]]
            post = max((i for i in shown if not i["parent"]), key=lambda i: i["created"])
            for kind in (None, "duplicate_key", "year_9999"):
                made = control.reply(post["id"], "gutter", f"{WORDS[0]} {kind}: call {WORDS[1]}")
                if kind:
                    control.malform(made["id"], kind)

    def bad_days(self) -> None:
        """Every failure that ends a harvest, each in one way of asking for output."""
        ways = [("harvest",), ("harvest", "--json"), ("--debug", "harvest"), ("--debug", "harvest", "--json")]
        troubles: list[dict[str, object]] = [
            {"kind": "ratelimit", "retry_after": 9_000}, {"kind": "garbage"}, {"kind": "html"}, {"kind": "truncate"},
            {"kind": "status", "status": 500}, {"kind": "status", "status": 401}, {"kind": "status", "status": 403},
        ]  # fmt: skip
        for n, trouble in enumerate(troubles):
            for control in (self.mastodon, self.bluesky):
                control.fault(**{"count": 10_000, "after": 2 * (n % 2), **trouble})  # type: ignore[arg-type]
            self.run(*ways[n % len(ways)], "--full")
            self.mastodon.calm()
            self.bluesky.calm()
        with_login = ("larkspur-archive", "larkspur-bluesky")
        for control in (self.mastodon, self.bluesky):
            control.expire_tokens()
        self.run("harvest", *with_login)
        self.run("--debug", "harvest", "--json", *with_login)
        for control in (self.mastodon, self.bluesky):
            control.renew_tokens()
        wrong = {"SANDBOX_MASTODON_ARCHIVE_TOKEN": WRONG_TOKEN, "SANDBOX_BLUESKY_PASSWORD": WRONG_PASSWORD}
        self.run("harvest", "--json", *with_login, **wrong)
        self.run("--debug", "harvest", *with_login, **wrong)
        for way in ((), ("--json",), ("--debug",)):
            self.run(*way, "accounts", ARCHIVE_AGENCY=str(self._with_a_secret_in_the_address()))

    def _with_a_secret_in_the_address(self) -> Path:
        """Another agency folder, with a user and a password in the server's address, as people paste it."""
        folder = self.folder / "careless"
        shutil.copytree(self.agency, folder, dirs_exist_ok=True)
        text = (folder / "accounts.yaml").read_text()
        (folder / "accounts.yaml").write_text(text.replace("http://", f"http://someone:{URL_SECRET}@"))
        return folder


def archive_command(arguments: list[str], env: dict[str, str], out: str) -> None:
    """The body of the process: the `archive` command with both outputs in one file, and nobody really waiting."""
    os.environ.update(env)
    with Path(out).open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = ["archive", *arguments]
    from social_archive.cli import main
    from social_archive.platforms import http

    http._backoff = tenacity.wait_none()  # type: ignore[assignment]
    main()
