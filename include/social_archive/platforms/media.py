"""Fetching attachments: whatever a URL says, only allow-listed public hosts are asked, and only so much is read.

The rules, in the order in which they are applied: https only; no user:password@ in the address; the host is on the
account's list; its name is resolved once, every address must be public, and that very address is connected to (the
certificate is still checked against the name); each redirect starts again from the top; the body is counted while it
streams; and what it is, is read from its first bytes, not from what the server calls it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

from social_archive import __version__
from social_archive.platforms.addresses import Blocked, Resolver, public_address, resolve
from social_archive.platforms.http import certificates

MIB: Final = 1024 * 1024
MAX_BYTES: Final = 64 * MIB
MAX_REDIRECTS: Final = 3
_TIMEOUTS: Final = httpx.Timeout(30.0, connect=10.0)
_TRIES: Final = 3


@dataclass(frozen=True)
class Fetched:
    """`outcome`: stored (then body, mime and sha256 are there), missing (the host says so), blocked (by our rules),
    too_large, failed (no answer, or one that is no attachment). `reason` is a short code and names no address."""

    outcome: str
    body: bytes | None = field(default=None, repr=False)
    mime: str | None = None
    sha256: str | None = None
    reason: str = ""


class MediaFetcher:
    """Fetches attachments from `hosts`: exact names, `.example.org` for a name and everything under it.

    `insecure_local` is the sandbox's exception: plain http to 127.0.0.1 on the ports that `hosts` names as
    `127.0.0.1:PORT`, and nothing else. `resolver`, `transport`, `clock` and `sleep` are injectable for tests.
    """

    def __init__(
        self,
        hosts: frozenset[str],
        *,
        max_bytes: int = MAX_BYTES,
        insecure_local: bool = False,
        seconds: float = 300.0,
        resolver: Resolver = resolve,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._hosts = frozenset(host.lower() for host in hosts if host)
        self._max_bytes = max_bytes
        self._insecure_local = insecure_local
        self._seconds = seconds
        self._resolver, self._clock, self._sleep = resolver, clock, sleep
        self._client = httpx.Client(
            timeout=_TIMEOUTS,
            verify=certificates(),
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_keepalive_connections=0),  # two hosts on one address must not share a connection
            headers={"User-Agent": f"social-records-archive/{__version__}", "Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        self._client.close()

    def fetch(self, url: str) -> Fetched:
        """Try to fetch one attachment. Never raises for what the other side does: the outcome is part of the record."""
        for attempt in range(_TRIES):
            try:
                return self._follow(url)
            except Blocked as rule:
                return Fetched("blocked", reason=str(rule))
            except (httpx.TransportError, httpx.InvalidURL, OSError, _Unavailable):
                if attempt + 1 < _TRIES:
                    self._sleep(0.5 * 2**attempt)
        return Fetched("failed", reason="no answer")

    def _follow(self, url: str) -> Fetched:
        deadline = self._clock() + self._seconds
        for _ in range(MAX_REDIRECTS + 1):
            request = self._admitted(url)
            response = self._client.send(request, stream=True)
            try:
                if response.is_redirect:
                    url = urljoin(url, response.headers["location"])
                    continue
                return self._received(response, deadline)
            finally:
                response.close()
        raise Blocked("too many redirects")

    # ---------------------------------------------------------------- who may be asked

    def _admitted(self, url: str) -> httpx.Request:
        """The request for this URL, bound to one checked address. Raises Blocked."""
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").encode("idna").decode("ascii").lower() if parts.hostname else ""
            port = parts.port
        except (ValueError, UnicodeError):
            raise Blocked("not an address") from None
        if parts.username is not None or parts.password is not None:
            raise Blocked("a user name in the address")
        if parts.scheme == "http" and host == "127.0.0.1":
            return self._admitted_local(url, f"{host}:{port or 80}")
        if parts.scheme != "https":
            raise Blocked("not https")
        if port not in (None, 443):
            raise Blocked("an unusual port")
        if not self._is_listed(host):
            raise Blocked("the host is not on the account's list")
        address = public_address(host, 443, self._resolver)
        netloc = f"[{address}]" if ":" in address else address
        return self._client.build_request(
            "GET",
            parts._replace(netloc=netloc, fragment="").geturl(),
            headers={"Host": host},
            extensions={"sni_hostname": host},
        )

    def _admitted_local(self, url: str, where: str) -> httpx.Request:
        if not (self._insecure_local and where in self._hosts):
            raise Blocked("not https")
        return self._client.build_request("GET", url)

    def _is_listed(self, host: str) -> bool:
        if not host:
            return False
        return host in self._hosts or any(
            host == listed[1:] or host.endswith(listed) for listed in self._hosts if listed.startswith(".")
        )

    # ---------------------------------------------------------------- what came

    def _received(self, response: httpx.Response, deadline: float) -> Fetched:
        if response.status_code in (401, 403, 404, 410, 451):
            return Fetched("missing", reason=f"HTTP {response.status_code}")
        if response.status_code == 429 or response.status_code >= 500:
            raise _Unavailable
        if response.status_code != 200:
            return Fetched("failed", reason=f"HTTP {response.status_code}")
        if response.headers.get("content-encoding", "identity").lower() not in ("identity", ""):
            return Fetched("failed", reason="compressed")
        announced = response.headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._max_bytes:
            return Fetched("too_large", reason="announced size")
        body = bytearray()
        for piece in response.iter_raw():
            body += piece
            if len(body) > self._max_bytes:
                return Fetched("too_large", reason="size")
            if self._clock() > deadline:
                return Fetched("failed", reason="too slow")
        mime = sniffed(bytes(body[:512]))
        if mime is None:
            return Fetched("failed", reason="not an attachment of a known type")
        whole = bytes(body)
        return Fetched("stored", body=whole, mime=mime, sha256=sha256(whole).hexdigest())


class _Unavailable(Exception):
    """The host is busy or broken; worth another try."""


_MAGIC: Final[tuple[tuple[int, bytes, str], ...]] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypavis", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypheix", "image/heic"),
    (4, b"ftypmif1", "image/heif"),
    (4, b"ftypqt  ", "video/quicktime"),
    (4, b"ftypM4A ", "audio/mp4"),
    (4, b"ftyp", "video/mp4"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (0, b"OggS", "application/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"\xff\xf9", "audio/aac"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"#EXTM3U", "application/vnd.apple.mpegurl"),
    (0, b"WEBVTT", "text/vtt"),
)


def sniffed(head: bytes) -> str | None:
    """The type of a file by its first bytes; None for what is no attachment (HTML, text, programs, nothing)."""
    for offset, magic, mime in _MAGIC:
        if head.startswith(magic, offset):
            return mime
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    is_svg = text.startswith(b"<svg") or (text.startswith((b"<?xml", b"<!--", b"<!doctype svg")) and b"<svg" in text)
    return "image/svg+xml" if is_svg else None
