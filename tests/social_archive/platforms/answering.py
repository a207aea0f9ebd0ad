"""A real HTTP server on 127.0.0.1 that answers what a test scripts, down to the bytes on the wire."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

JSON = {"Content-Type": "application/json; charset=utf-8"}


@dataclass
class Asked:
    """One request as the server saw it."""

    path: str
    query: dict[str, str]
    headers: Mapping[str, str]


@dataclass
class Reply:
    """`framed=False` leaves out Content-Length, so that the body ends when the connection does."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)
    framed: bool = True
    claims: int | None = None  # a Content-Length that lies
    pieces: Callable[[], Iterator[bytes]] | None = None


def json_reply(value: Any, *, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, msgspec.json.encode(value), {**JSON, **named})


class Server:
    """`answer` maps a request to a reply; `asked` keeps what came."""

    def __init__(self, answer: Callable[[Asked], Reply]) -> None:
        self.asked: list[Asked] = []
        self.answer = answer
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                asked = Asked(parts.path, dict(parse_qsl(parts.query)), {k.lower(): v for k, v in self.headers.items()})
                server.asked.append(asked)
                self._send(server.answer(asked))

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                self.do_GET()

            def _send(self, reply: Reply) -> None:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                if reply.framed:
                    self.send_header("Content-Length", str(len(reply.body) if reply.claims is None else reply.claims))
                else:
                    self.send_header("Connection", "close")
                self.end_headers()
                try:
                    for piece in reply.pieces() if reply.pieces else [reply.body]:
                        self.wfile.write(piece)
                except (BrokenPipeError, ConnectionResetError):
                    pass
                self.close_connection = not reply.framed or reply.claims is not None

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@contextmanager
def serving(*replies: Reply, answer: Callable[[Asked], Reply] | None = None) -> Iterator[Server]:
    """A server that gives these replies in turn (the last one for ever), or asks `answer` each time."""
    script = list(replies)

    def next_reply(_: Asked) -> Reply:
        return script.pop(0) if len(script) > 1 else script[0]

    server = Server(answer or next_reply)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Clock:
    """Time that passes only when somebody sleeps (or a test says so). `naps` are the sleeps in seconds."""

    def __init__(self, wall: float = 1_800_000_000.0) -> None:
        self.now = 0.0
        self.start = wall
        self.naps: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def wall(self) -> float:
        return self.start + self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.naps.append(seconds)
        self.now += seconds
