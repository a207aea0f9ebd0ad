"""The door in front of every stand-in: control API, faults on request, rate limit. The platform sits behind it.

Beside it, under SITE, stands the invented library's own web site, as far as a profile links to it.

A fault is `{"kind", "count", "path"?, "after"?, ...}`: the next `count` requests whose path contains `path` (after
letting `after` of them pass) get it. Faults live in memory; changes to the world go through the chronicle.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from sandbox.platforms import StandIn

FAULTS = ("status", "ratelimit", "throttle", "latency", "truncate", "html", "garbage", "cursor_loop", "empty")
SITE = "/larkspur.example"
_MAINTENANCE = "<!doctype html><html><body><h1>We&#39;ll be back soon</h1></body></html>"
_GARBAGE = b'{"feed":[{"id":NaN,"id":\x00\xff\xfe'


@dataclass
class Fault:
    """One thing to go wrong. `count` is how often still; `after` how many matching requests pass before."""

    kind: str
    count: int = 1
    path: str = ""
    after: int = 0
    status: int = 503  # of kind `status`
    retry_after: float | None = None  # of kinds `ratelimit`, `throttle` and `status`, seconds
    as_date: bool = False  # Retry-After as an HTTP date
    seconds: float = 1.0  # of kind `latency`
    clean: bool = False  # of kind `truncate`: the length header agrees with the shortened body

    def __post_init__(self) -> None:
        if self.kind not in FAULTS:
            raise ValueError(f"There is no fault {self.kind!r}; there are: {', '.join(FAULTS)}.")


@dataclass
class Limit:
    """A fixed window that is really enforced, per stand-in."""

    requests: int
    seconds: int
    used: int = 0
    ends: float = field(default=0.0)

    def spend(self) -> int:
        """Take one request out of the window; what is left, negative when there was none."""
        if time.time() >= self.ends:
            self.used, self.ends = 0, time.time() + self.seconds
        self.used += 1
        return self.requests - self.used


class Front:
    """ASGI: one stand-in with its door. `control` answers everything under `/_sandbox/`."""

    def __init__(self, stand_in: StandIn, control: Starlette) -> None:
        self.stand_in, self.control = stand_in, control
        self.limit = Limit(*stand_in.limit)
        self.faults: list[Fault] = []
        self.seen: deque[dict[str, Any]] = deque(maxlen=2000)
        self.served = 0
        self.platform = Starlette(
            routes=stand_in.routes(), exception_handlers={HTTPException: self._refuse, 404: self._refuse}
        )
        control.state.front = self
        self.site = Starlette(routes=[Route(f"{SITE}/social-media-policy", _policy_page)])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.platform(scope, receive, send)
        elif scope["path"].startswith("/_sandbox"):
            await self.control(scope, receive, send)
        elif scope["path"].startswith(f"{SITE}/"):
            await self.site(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.served += 1
        left = self.limit.spend()
        headers = self._headers(max(left, 0))
        fault = self._next_fault(scope["path"])

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._note(scope, message["status"])
                said = {name for name, _ in message["headers"]}  # what a throttle says of the limit itself stands
                message["headers"] = [*message["headers"], *((n, v) for n, v in headers if n not in said)]
            await send(message)

        if left < 0:
            await self._throttle(Fault("ratelimit", retry_after=self.limit.ends - time.time()))(scope, receive, counted)
        elif fault is None:
            await self.platform(scope, receive, counted)
        elif fault.kind == "latency":
            await asyncio.sleep(fault.seconds)
            await self.platform(scope, receive, counted)
        elif fault.kind == "cursor_loop":
            await self.platform({**scope, "sandbox.cursor_loop": True}, receive, counted)
        elif fault.kind == "truncate":
            with contextlib.suppress(ConnectionAbortedError):  # the server then hangs up in mid-answer
                await self.platform(scope, receive, _Truncated(counted, clean=fault.clean))
        else:
            await self._instead(fault)(scope, receive, counted)

    def _headers(self, left: int) -> list[tuple[bytes, bytes]]:
        named = self.stand_in.limit_headers(self.limit.requests, left, self.limit.ends, self.limit.seconds)
        return [(k.lower().encode(), v.encode()) for k, v in named.items()]

    def _next_fault(self, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.path not in path:
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            fault.count -= 1
            if fault.count <= 0:
                self.faults.remove(fault)
            return fault
        return None

    def _note(self, scope: Scope, status: int) -> None:
        query = scope["query_string"].decode("ascii", "replace")
        self.seen.append({"method": scope["method"], "path": scope["path"], "query": query, "status": status})

    def _instead(self, fault: Fault) -> Response:
        """The response that comes in place of the platform's own."""
        match fault.kind:
            case "html":
                return HTMLResponse(_MAINTENANCE)
            case "garbage":
                return Response(_GARBAGE, media_type="application/json")
            case "empty":
                return Response(b"", media_type="application/json")
            case "ratelimit":
                return self._throttle(fault)
            case "throttle":
                return self.stand_in.throttled(2.0 if fault.retry_after is None else fault.retry_after)
            case _:
                return self._later(self.stand_in.refusal(fault.status), fault)

    def _throttle(self, fault: Fault) -> Response:
        if fault.retry_after is None:
            fault.retry_after = 2.0
        return self._later(self.stand_in.refusal(429), fault)

    @staticmethod
    def _later(response: Response, fault: Fault) -> Response:
        if fault.retry_after is not None:
            when = formatdate(time.time() + fault.retry_after, usegmt=True)
            response.headers["Retry-After"] = when if fault.as_date else str(max(0, round(fault.retry_after)))
        return response

    async def _refuse(self, request: Request, exc: Exception) -> Response:
        return self.stand_in.refusal(exc.status_code if isinstance(exc, HTTPException) else 500)


async def _policy_page(_: Request) -> Response:
    return HTMLResponse((Path(__file__).parent / "content" / "policy_page.html").read_text(encoding="utf-8"))


class _Truncated:
    """Sends half of every body. Unless `clean`, the declared length stays and the connection dies early."""

    def __init__(self, send: Send, *, clean: bool) -> None:
        self.send, self.clean = send, clean
        self.start: Message | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
            return
        half = message["body"][: len(message["body"]) // 2]
        assert self.start is not None
        if self.clean:
            length = (b"content-length", str(len(half)).encode())
            self.start["headers"] = [h for h in self.start["headers"] if h[0] != b"content-length"] + [length]
        await self.send(self.start)
        await self.send({"type": "http.response.body", "body": half, "more_body": not self.clean})
        if not self.clean:
            raise ConnectionAbortedError("The sandbox was asked to cut this response short.")
