"""media: no URL, redirect or name server leads us inside, and what comes is what its bytes say."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from social_archive.platforms.addresses import Blocked, is_public, public_address
from social_archive.platforms.media import MAX_REDIRECTS, Fetched, MediaFetcher, sniffed
from tests.social_archive.platforms.answering import Clock, Reply, serving

PNG = b"\x89PNG\r\n\x1a\n" + b"invented pixels"
PUBLIC = "93.184.215.14"
HOSTS = frozenset({"media.example", ".cdn.example"})
Handler = Callable[[httpx.Request], httpx.Response]


def sent(body: bytes) -> httpx.Response:
    """A response that claims to be a PNG and streams these bytes, as from the network."""
    return httpx.Response(200, stream=httpx.ByteStream(body), headers={"Content-Type": "image/png"})


def png(_: httpx.Request) -> httpx.Response:
    return sent(PNG)


def fetcher(handler: Handler = png, *, names: dict[str, list[str]] | None = None, **options: Any) -> MediaFetcher:
    def resolver(host: str, _port: int) -> list[str]:
        return (names or {}).get(host, [PUBLIC])

    transport = httpx.MockTransport(handler)
    return MediaFetcher(HOSTS, transport=transport, resolver=resolver, sleep=lambda _: None, **options)


def unreachable(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"asked {request.url}")


# --------------------------------------------------------------------------- where to


@pytest.mark.parametrize("url", ["https://media.example/a.png?sig=1", "https://eu.cdn.example/b", "https://cdn.example/c"])
def test_a_listed_host_is_asked_at_the_address_that_was_checked(url: str) -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return png(request)

    got = fetcher(handler).fetch(url)
    assert got == Fetched("stored", PNG, "image/png", hashlib.sha256(PNG).hexdigest())
    host = httpx.URL(url).host
    assert (asked[0].url.host, asked[0].headers["host"]) == (PUBLIC, host)
    assert asked[0].extensions["sni_hostname"] == host  # the certificate is checked against the name
    assert "authorization" not in asked[0].headers
    assert "cookie" not in asked[0].headers


@pytest.mark.parametrize(
    "url",
    [
        "http://media.example/a.png",
        "https://elsewhere.example/a.png",
        "https://media.example.evil.example/a.png",
        "https://notcdn.example/a.png",
        "https://media.example@127.0.0.1/a.png",
        "https://media.example:pw@media.example/a.png",
        "https://127.0.0.1/a.png",
        "https://[::1]/a.png",
        "https://[::ffff:127.0.0.1]/a.png",
        "https://0x7f000001/a.png",
        "https://2130706433/a.png",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/a.png",
        "https://media.example:8443/a.png",
        "https://ｍedia.exampleⓛ/a.png",
        "https://media\u3002example.evil\u3002example/a.png",
        "file:///etc/passwd",
        "ftp://media.example/a",
        "gopher://media.example/a",
        "data:image/png;base64,AAAA",
        "//media.example/a.png",
        "https://media.example:port/a.png",
        "https://[::1/a.png",
        "https:///a.png",
        "",
    ],
)
def test_anything_but_https_to_a_listed_name_is_blocked(url: str) -> None:
    assert fetcher(unreachable).fetch(url).outcome == "blocked"


def test_a_full_width_spelling_of_a_listed_host_is_the_listed_host() -> None:
    assert fetcher().fetch("https://ｍedia\u3002example/a.png").outcome == "stored"


INSIDE = [
    "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "0.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
    "2002:7f00:1::", "2001:db8::1", "not-an-address",
]  # fmt: skip


@pytest.mark.parametrize("address", INSIDE)
def test_a_listed_name_that_leads_inside_is_blocked(address: str) -> None:
    assert not is_public(address)
    inward = fetcher(unreachable, names={"media.example": [address]})
    assert inward.fetch("https://media.example/a").outcome == "blocked"


def test_a_name_with_one_inner_address_among_public_ones_is_blocked() -> None:
    with pytest.raises(Blocked):
        public_address("media.example", 443, lambda *_: [PUBLIC, "10.0.0.1"])


@pytest.mark.parametrize("address", [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_a_name_that_changes_its_address_between_check_and_connection_changes_nothing() -> None:
    answers = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.host)
        return png(request)

    rebinding = MediaFetcher(HOSTS, transport=httpx.MockTransport(handler), resolver=lambda *_: next(answers))
    assert rebinding.fetch("https://media.example/a").outcome == "stored"
    assert asked == [PUBLIC]
    assert rebinding.fetch("https://media.example/a").outcome == "blocked"
    assert asked == [PUBLIC]


def test_an_ipv6_address_is_connected_to_in_brackets() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return png(request)

    fetcher(handler, names={"media.example": ["2606:2800::1"]}).fetch("https://media.example/a?b=c#d")
    assert asked == ["https://[2606:2800::1]/a?b=c"]


# --------------------------------------------------------------------------- redirects


def redirecting(target: str) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/start":
            return httpx.Response(302, headers={"Location": target})
        return png(request)

    return handler


@pytest.mark.parametrize("target", ["/end.png", "https://eu.cdn.example/end.png"])
def test_a_redirect_to_a_listed_host_is_followed(target: str) -> None:
    assert fetcher(redirecting(target)).fetch("https://media.example/start").outcome == "stored"


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1/", "https://127.0.0.1/", "https://169.254.169.254/", "http://media.example/", "file:///etc/passwd",
     "https://inner.cdn.example/", "https://elsewhere.example/", "https://u@media.example/"],
)  # fmt: skip
def test_each_redirect_is_checked_like_the_first_address(target: str) -> None:
    names = {"inner.cdn.example": ["10.0.0.8"]}
    assert fetcher(redirecting(target), names=names).fetch("https://media.example/start").outcome == "blocked"


def test_redirects_without_end_are_stopped() -> None:
    asked: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(302, headers={"Location": f"/{len(asked)}"})

    assert fetcher(handler).fetch("https://media.example/0").outcome == "blocked"
    assert len(asked) == MAX_REDIRECTS + 1


# --------------------------------------------------------------------------- what came


@pytest.mark.parametrize("status", [401, 403, 404, 410, 451])
def test_a_host_that_says_no_means_missing(status: int) -> None:
    assert fetcher(lambda _: httpx.Response(status)).fetch("https://media.example/a").outcome == "missing"


def test_a_busy_host_is_asked_again_and_then_failed() -> None:
    answers = iter([httpx.Response(503), httpx.Response(429), sent(PNG)])
    assert fetcher(lambda _: next(answers)).fetch("https://media.example/a").outcome == "stored"
    assert fetcher(lambda _: httpx.Response(503)).fetch("https://media.example/a").outcome == "failed"


def test_a_broken_connection_is_a_failure_not_an_exception() -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("slow")

    assert fetcher(handler).fetch("https://media.example/a").outcome == "failed"


def test_a_name_that_cannot_be_resolved_is_a_failure() -> None:
    def resolver(*_: object) -> list[str]:
        raise OSError("no such name")

    lost = MediaFetcher(HOSTS, resolver=resolver, sleep=lambda _: None)
    assert lost.fetch("https://media.example/a").outcome == "failed"


def test_a_large_file_is_not_read_beyond_the_cap() -> None:
    read = 0

    def handler(_: httpx.Request) -> httpx.Response:
        def stream() -> object:
            nonlocal read
            for _ in range(3_000):
                read += 1_000
                yield PNG.ljust(1_000, b"\0")

        return httpx.Response(200, content=stream())  # type: ignore[arg-type]

    assert fetcher(handler, max_bytes=10_000).fetch("https://media.example/a").outcome == "too_large"
    assert read <= 12_000
    announced = httpx.Response(200, headers={"Content-Length": str(3 * 2**30)}, stream=httpx.ByteStream(PNG))
    assert fetcher(lambda _: announced).fetch("https://media.example/a").outcome == "too_large"


def test_a_body_that_drips_is_given_up() -> None:
    clock = Clock()

    def handler(_: httpx.Request) -> httpx.Response:
        def stream() -> object:
            while True:
                clock.now += 30
                yield PNG

        return httpx.Response(200, content=stream())  # type: ignore[arg-type]

    got = fetcher(handler, seconds=120, clock=clock.monotonic).fetch("https://media.example/a")
    assert got.outcome == "failed"


@pytest.mark.parametrize("body", [b"<!doctype html><p>log in", b"", b"MZ\x90\x00", b"\x7fELF", b"{}", b"#!/bin/sh"])
def test_what_is_no_attachment_is_not_kept_whatever_it_is_called(body: bytes) -> None:
    assert fetcher(lambda _: sent(body)).fetch("https://media.example/a").outcome == "failed"


@pytest.mark.parametrize(
    ("head", "mime"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\x00\x00\x00\x1cftypavif", "image/avif"),
        (b"\x00\x00\x00\x18ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
        (b"\x1aE\xdf\xa3", "video/webm"),
        (b"OggS", "application/ogg"),
        (b"ID3\x04", "audio/mpeg"),
        (b"fLaC", "audio/flac"),
        (b"%PDF-1.7", "application/pdf"),
        (b'<?xml version="1.0"?>\n<svg xmlns="x">', "image/svg+xml"),
        (b"<svg/>", "image/svg+xml"),
    ],
)
def test_the_type_is_read_from_the_bytes(head: bytes, mime: str) -> None:
    assert sniffed(head) == mime


# --------------------------------------------------------------------------- the sandbox's exception


def test_plain_http_to_this_machine_needs_the_setting_and_the_named_port() -> None:
    with serving(Reply(body=PNG, headers={})) as server:
        named = frozenset({f"127.0.0.1:{server.port}"})
        url = f"{server.url}/a.png"
        assert MediaFetcher(named, insecure_local=True).fetch(url).outcome == "stored"
        assert MediaFetcher(named).fetch(url).outcome == "blocked"
        assert MediaFetcher(frozenset({"127.0.0.1:1"}), insecure_local=True).fetch(url).outcome == "blocked"
        assert MediaFetcher(named, insecure_local=True).fetch(f"http://localhost:{server.port}/").outcome == "blocked"
        assert len(server.asked) == 1
