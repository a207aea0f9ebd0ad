"""A small HTTP proxy on 127.0.0.1 in front of S3 that breaks the wire on command.

Requests pass through untouched (also their Host header, so that signatures hold). `faults` is a list: the first one
that matches a request is applied, its `times` counted down.
"""

from __future__ import annotations

import http.client
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_HOP_BY_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length", "expect"}


@dataclass
class Fault:
    """What happens to requests of `method` whose path contains `path`.

    * drop_reply: the store does it, the client never hears of it
    * drop_request: the store never hears of it
    * answer: `status` is answered, the store never hears of it
    * answer_after: the store does it, `status` is answered
    * delay: everything works, `seconds` late
    * flip: one byte of the answer's body is changed
    """

    action: str
    method: str = "PUT"
    path: str = ""
    status: int = 503
    seconds: float = 0.0
    times: int = 1


@dataclass
class Proxy:
    upstream: tuple[str, int]
    faults: list[Fault] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    port: int = 0

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def take(self, method: str, path: str) -> Fault | None:
        with self._lock:
            self.seen.append((method, path))
            for fault in self.faults:
                if fault.times > 0 and fault.method == method and fault.path in path:
                    fault.times -= 1
                    return fault
        return None


@contextmanager
def proxied(endpoint: str) -> Iterator[Proxy]:
    """A running proxy in front of `endpoint`."""
    url = urlsplit(endpoint)
    proxy = Proxy((url.hostname or "127.0.0.1", url.port or 80))
    handler = type("Handler", (_Handler,), {"proxy": proxy})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    proxy.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def log_message(self, *args: object) -> None:
        pass

    def _any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.proxy.take(self.command, self.path)
        action = fault.action if fault else ""
        if fault and action == "drop_request":
            return self._hang_up()
        if fault and action == "answer":
            return self._answer(fault.status, {}, b"")
        if fault and action == "delay":
            time.sleep(fault.seconds)
        status, headers, answer = self._forward(body)
        if action == "drop_reply":
            return self._hang_up()
        if fault and action == "answer_after":
            return self._answer(fault.status, {}, b"")
        if action == "flip" and answer:
            answer = bytes([answer[0] ^ 1]) + answer[1:]
        return self._answer(status, headers, answer)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _any

    def _forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        upstream = http.client.HTTPConnection(*self.proxy.upstream, timeout=30)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in _HOP_BY_HOP:
                    upstream.putheader(name, value)
            upstream.putheader("Content-Length", str(len(body)))
            upstream.endheaders(body)
            answer = upstream.getresponse()
            headers = {k: v for k, v in answer.getheaders() if k.lower() not in _HOP_BY_HOP}
            if self.command == "HEAD":
                headers["Content-Length"] = answer.headers.get("Content-Length", "0")
            return answer.status, headers, answer.read()
        finally:
            upstream.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers and status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)

    def _hang_up(self) -> None:
        """Reset, as a dying load balancer does."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.rfile.close()
