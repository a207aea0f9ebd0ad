"""Stand-ins in this process (fast, no port), and one set of them in a process of its own for the official clients."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.control import running
from sandbox.front import Front
from sandbox.serve import open_front
from sandbox.world import Chronicle

ANCHOR = date(2026, 3, 1)


class Client:
    """Speaks to a stand-in inside the test, without a socket."""

    def __init__(self, front: Front) -> None:
        self.front = front

    def get(self, url: str, *, params: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
        return self._ask("GET", url, params=params, headers=headers)

    def post(self, url: str, *, content: str = "", headers: dict[str, str] | None = None) -> httpx.Response:
        return self._ask("POST", url, content=content, headers=headers)

    def _ask(self, method: str, url: str, **options: Any) -> httpx.Response:
        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.front, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
                return await client.request(method, url, **options)

        return asyncio.run(asked())


Inside = Callable[[str], Client]


@pytest.fixture
def chronicle(tmp_path: Path) -> Chronicle:
    return Chronicle(tmp_path / "world.json", ANCHOR)


@pytest.fixture
def inside(chronicle: Chronicle) -> Inside:
    """Makes a client of one stand-in that runs inside the test, in the state that the chronicle tells."""
    return lambda platform: Client(open_front(platform, "http://testserver", chronicle))


@pytest.fixture(scope="session")
def urls() -> Iterator[dict[str, str]]:
    """{platform: url} of stand-ins on free ports. Shared: tests that use it change nothing."""
    with running() as found:
        yield found
