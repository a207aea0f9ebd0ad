"""A small client of the control API, and a context that runs the sandbox on free ports: for the tour and for tests."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import httpx


class ControlError(RuntimeError):
    """The sandbox refused; the message is its reason."""


class Control:
    """One stand-in's control API. Items are named by native id or by world key; all calls return its JSON."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    # ------------------------------------------------------------------ the world

    def edit(self, id: str, text: str) -> dict[str, Any]:
        return self._post("edit", id=id, text=text)

    def delete(self, id: str) -> dict[str, Any]:
        return self._post("delete", id=id)

    def hide(self, id: str, *, hidden: bool = True) -> dict[str, Any]:
        """Bluesky: by the account's thread gate. Mastodon: left out of the thread, still there by id."""
        return self._post("hide", id=id, hidden=hidden)

    def hold(self, id: str, *, held: bool = True) -> dict[str, Any]:
        """Keep a comment back for the moderator, where the platform has that (YouTube)."""
        return self._post("hold", id=id, held=held)

    def malform(self, id: str, kind: str | None) -> dict[str, Any]:
        """Serve an item broken from now on (`sandbox.platforms.base.SPOILINGS`); None mends it."""
        return self._post("malform", id=id, kind=kind)

    def post(self, account: str, text: str, *, image: str | None = None, form: str = "") -> dict[str, Any]:
        return self._post("post", account=account, text=text, image=image, form=form)

    def reply(self, to: str, author: str, text: str) -> dict[str, Any]:
        return self._post("reply", to=to, author=author, text=text)

    def describe(self, account: str, bio: str) -> dict[str, Any]:
        return self._post("describe", account=account, bio=bio)

    def deactivate(self, author: str, *, back: bool = False) -> dict[str, Any]:
        return self._post("deactivate", author=author, back=back)

    def expire_tokens(self, account: str | None = None, *, hard: bool = True) -> dict[str, Any]:
        """Not `hard`: a Bluesky session can still be refreshed. On Mastodon a token is simply dead."""
        return self._post("expire_tokens", account=account, hard=hard)

    def renew_tokens(self, account: str | None = None) -> dict[str, Any]:
        return self._post("renew_tokens", account=account)

    # ------------------------------------------------------------------ trouble

    def fault(self, kind: str, **options: Any) -> dict[str, Any]:
        """Order a fault; see `sandbox.front.Fault` for the options (count, path, after, status, retry_after, …)."""
        return self._post("fault", kind=kind, **options)

    def calm(self) -> dict[str, Any]:
        return self._post("calm")

    def limit(self, requests: int, seconds: int) -> dict[str, Any]:
        return self._post("limit", requests=requests, seconds=seconds)

    # ------------------------------------------------------------------ the truth

    def state(self) -> dict[str, Any]:
        return self._read("state")

    def role(self, name: str) -> str:
        """Native id of the (first) item that plays a part, such as `editable_comment`."""
        roles = self.state()["roles"]
        if name not in roles:
            raise ControlError(f"Nothing plays the part {name!r}; there are: {', '.join(sorted(roles))}.")
        return roles[name]

    def truth(self, account: str | None = None) -> list[dict[str, Any]]:
        """Every item as it really is: id, parent, root, author, state, category, text."""
        return self._read("truth", {"account": account} if account else None)

    def requests(self) -> list[dict[str, Any]]:
        """The last 2,000 requests to the platform: method, path, query, status."""
        return self._read("requests")

    def _post(self, name: str, **body: Any) -> Any:
        return self._checked(httpx.post(f"{self.url}/_sandbox/{name}", content=json.dumps(body), timeout=30))

    def _read(self, name: str, query: dict[str, str] | None = None) -> Any:
        return self._checked(httpx.get(f"{self.url}/_sandbox/{name}", params=query, timeout=30))

    @staticmethod
    def _checked(response: httpx.Response) -> Any:
        body = json.loads(response.content)
        if response.status_code != 200:
            raise ControlError(body.get("error", f"HTTP {response.status_code}"))
        return body


@contextlib.contextmanager
def running(state: Path | None = None, *, only: Collection[str] = ()) -> Iterator[dict[str, str]]:
    """All stand-ins (or `only` these) in a process of their own on free ports; yields {platform: url}, stops them."""
    from sandbox.platforms import registry

    with contextlib.ExitStack() as stack:
        folder = state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-")))
        ready = folder / "ready.json"
        ready.unlink(missing_ok=True)
        free_ports = [part for platform in registry() for part in (f"--{platform}-port", "0")]
        free_ports += ["--only", ",".join(only)] if only else []
        command = [sys.executable, "-m", "sandbox.serve", "--state", str(folder), "--ready-file", str(ready)]
        with awaited([*command, *free_ports], ready) as urls:
            yield urls


@contextlib.contextmanager
def awaited(command: list[str], ready: Path, seconds: float = 60) -> Iterator[Any]:
    """Run a server until the block ends; yields what it wrote to its ready file."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + seconds
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise ControlError(f"{' '.join(command[1:4])} did not start (exit code {process.poll()}).")
            time.sleep(0.02)
        yield json.loads(ready.read_text())
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
