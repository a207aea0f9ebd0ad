"""Fetching the page that a profile links to, as a visitor would, and reading its text.

What stands in a profile is somebody's input, so a link is followed with care: http and https only, few redirects, a
bounded body, and never an address of this host or of a private network (else a bio could make the archive ask its own
store). The address that was checked is the address that is connected to.
"""

from __future__ import annotations

import hashlib
import html
import ipaddress
import re
import socket
import ssl
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore
import httpx
import nh3

from social_archive import __version__
from social_archive.platforms.http import certificates
from social_archive.record import now_micros

MOST_BYTES: Final = 2 << 20
MOST_REDIRECTS: Final = 5
SECONDS: Final = 20.0
"""For one page, redirects included."""

_PIECE: Final = 1 << 16
_TYPES: Final = ("text/html", "application/xhtml+xml", "text/plain")


class Unread(Exception):
    """A page that could not be read. `code` is one of a few words, `said` a sentence for a person."""

    def __init__(self, code: str, said: str) -> None:
        super().__init__(said)
        self.code, self.said = code, said


@dataclass(frozen=True)
class Page:
    """A page as it was served. `address` is where the redirects ended; `fetched_at` microseconds UTC."""

    asked: str
    address: str
    mime: str
    body: bytes
    text: str
    fetched_at: int

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


def fetch(address: str, *, allow_local: bool = False, seconds: float = SECONDS, pause: float = 2.0) -> Page:
    """One page, redirects followed. What may be a hiccup is tried again after `pause` seconds. Raises Unread."""
    try:
        return _fetch(address, allow_local, seconds)
    except Unread as unread:
        if unread.code not in _HICCUPS and not unread.code.startswith("status_5"):
            raise
        time.sleep(pause)
        return _fetch(address, allow_local, seconds)


_HICCUPS: Final = ("no_answer", "timeout")


def _fetch(address: str, allow_local: bool, seconds: float) -> Page:
    deadline = time.monotonic() + seconds
    asked = address
    with httpx.Client(transport=_Transport(allow_local), timeout=seconds / 2, trust_env=False, headers=_HEADERS) as web:
        for _ in range(MOST_REDIRECTS + 1):
            _require_web(address)
            answer = _ask(web, address, deadline)
            if isinstance(answer, Page):
                return Page(asked, answer.address, answer.mime, answer.body, answer.text, answer.fetched_at)
            address = answer
    raise Unread("redirects", f"It redirects more than {MOST_REDIRECTS} times.")


_HEADERS: Final = {
    "User-Agent": f"social-records-archive/{__version__} (profile notice check)", "Accept": ", ".join(_TYPES),
    "Accept-Encoding": "gzip",
}  # fmt: skip


def _require_web(address: str) -> None:
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.username is None
    except ValueError:
        usable = False
    if not usable:
        raise Unread("address", "It is no address of the web that can be opened without a password.")


def _ask(web: httpx.Client, address: str, deadline: float) -> Page | str:
    """The page, or where it redirects to."""
    try:
        with web.stream("GET", address, follow_redirects=False) as answer:
            if answer.has_redirect_location:
                return str(answer.url.join(answer.headers["location"]))
            if answer.status_code != 200:
                raise Unread(f"status_{answer.status_code}", f"It answered {answer.status_code}.")
            mime = answer.headers.get("content-type", "").split(";")[0].strip().lower()
            if mime not in _TYPES:
                raise Unread("not_text", f"It is no web page but {mime[:80] or 'of no type'}; open it yourself.")
            body = b"".join(_body(answer, deadline))
            text = _text(body, mime, answer.headers.get("content-type", ""))
            return Page(address, str(answer.url), mime, body, text, now_micros())
    except httpx.TimeoutException:
        raise Unread("timeout", "It did not answer in time.") from None
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, zlib.error, UnicodeError, ValueError):
        raise Unread("no_answer", "There is no answer from it.") from None


def _body(answer: httpx.Response, deadline: float) -> Iterator[bytes]:
    """The body in pieces, unpacked here: what a gzip of a few bytes unpacks to is counted before it is kept."""
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "", "gzip", "x-gzip"):
        raise Unread("encoding", "It is sent in an encoding that was not asked for.")
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16) if "gzip" in coding else None
    received = 0
    for raw in answer.iter_raw():
        if time.monotonic() > deadline:
            raise Unread("timeout", "It did not answer in time.")
        for piece in [raw] if unpacker is None else _unpacked(unpacker, raw):
            received += len(piece)
            if received > MOST_BYTES:
                raise Unread("too_large", f"It is larger than {MOST_BYTES >> 20} MiB.")
            yield piece


def _unpacked(unpacker: Any, raw: bytes) -> Iterator[bytes]:
    while raw:
        yield unpacker.decompress(raw, _PIECE)
        raw = unpacker.unconsumed_tail


# --------------------------------------------------------------------------- whom it talks to


class _Transport(httpx.HTTPTransport):
    """httpx's own, over connections that refuse addresses inside."""

    def __init__(self, allow_local: bool) -> None:
        super().__init__(verify=certificates(), trust_env=False)
        self._pool = httpcore.ConnectionPool(ssl_context=certificates(), network_backend=_Outside(allow_local))


class _Outside(httpcore.NetworkBackend):
    """Resolves a name once, looks at every address that it has, and connects to one that was looked at."""

    def __init__(self, allow_local: bool) -> None:
        self._allow_local = allow_local
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:  # fmt: skip
        addresses = _resolved(host, port)
        if not self._allow_local and not all(_is_outside(address) for address in addresses):
            raise Unread("private_address", "It lies on this host or in a private network, so it was not asked.")
        problem: Exception | None = None
        for address in addresses:
            try:
                return self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                problem = failed
        raise problem or httpcore.ConnectError("no address")


def _resolved(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unread("no_such_host", "There is no such host.") from None
    return list(dict.fromkeys(str(one[4][0]) for one in found))


def _is_outside(address: str) -> bool:
    """Is it an address of the public internet? IPv6 forms of an IPv4 address count as what they carry."""
    ip = ipaddress.ip_address(address.split("%", maxsplit=1)[0])
    if isinstance(ip, ipaddress.IPv6Address):
        carried = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if carried is None and ip in _NAT64:
            carried = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        ip = carried or ip
    return ip.is_global and not ip.is_multicast


_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


# --------------------------------------------------------------------------- what a person would read


_CHARSET: Final = re.compile(rb"charset=[\"']?([A-Za-z0-9_-]{1,40})")
_TAG: Final = re.compile(r"<[^<>]*>")  # of cleaned markup, in which every other "<" is escaped
_UNSEEN: Final = {"script", "style", "template", "noscript", "svg", "title", "object", "iframe", "textarea"}
_BLOCKS: Final = {
    "p", "div", "li", "ul", "ol", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "table", "tr", "td", "th", "section",
    "article", "header", "footer", "nav", "main", "aside", "blockquote", "pre", "dl", "dt", "dd", "form", "figure",
}  # fmt: skip


def _text(body: bytes, mime: str, content_type: str) -> str:
    declared = _CHARSET.search(content_type.encode("ascii", "replace")) or _CHARSET.search(body[:2048])
    try:
        decoded = body.decode(declared[1].decode() if declared else "utf-8", "replace")
    except LookupError:
        decoded = body.decode("utf-8", "replace")
    return decoded if mime == "text/plain" else readable(decoded)


def readable(markup: str) -> str:
    """The text of a page: blocks on lines of their own, without scripts, styles and what else nobody reads."""
    kept = nh3.clean(markup, tags=_BLOCKS, attributes={}, clean_content_tags=_UNSEEN, link_rel=None)
    lines = html.unescape(_TAG.sub("\n", " ".join(kept.split()))).split("\n")
    return "\n".join(line for line in (" ".join(line.split()) for line in lines) if line)
