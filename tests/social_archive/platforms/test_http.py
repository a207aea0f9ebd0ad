"""http: whole answers or errors, bounded waits, and no secret anywhere. Rows 1-12 of the fault matrix."""

from __future__ import annotations

import gzip
import json
import logging
import socket
import struct
import threading
import traceback
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from social_archive.errors import PlatformError, Throttled, Unintelligible
from social_archive.platforms.base import Pace
from social_archive.platforms.http import ATTEMPTS, MIB, Http, clean
from tests.peak_memory import forget_peak, peak_mb
from tests.social_archive.platforms.answering import JSON, Clock, Reply, json_reply, serving

SECRET = "CANARY-t0ken/with+odd=chars"


def client(url: str, clock: Clock | None = None, **options: Any) -> Http:
    clock = clock or Clock()
    pace = options.pop("pace", Pace(300, 300))
    return Http(base_url=url, pace=pace, clock=clock.monotonic, sleep=clock.sleep, wall=clock.wall, **options)


def at(clock: Clock, seconds: float) -> datetime:
    return datetime.fromtimestamp(clock.wall() + seconds, UTC)


# --------------------------------------------------------------------------- waiting


def throttled(**headers: str) -> Reply:
    """A 429 of a server whose clock agrees with nobody's: only differences to its own Date count."""
    return json_reply({"error": "slow down"}, status=429, **headers)


@pytest.fixture
def clock() -> Clock:
    """Starts now, because Python's server writes the real time into its Date header."""
    return Clock(wall=datetime.now(UTC).timestamp())


@pytest.mark.parametrize("seconds", [7, 60])
def test_retry_after_in_seconds_is_waited_out_and_the_same_page_asked(clock: Clock, seconds: int) -> None:
    with serving(throttled(Retry_After=str(seconds)), json_reply([1])) as server:
        answer = client(server.url, clock).get_json("/page", {"cursor": "a"})
    assert answer.json() == [1]
    assert [asked.query for asked in server.asked] == [{"cursor": "a"}] * 2
    assert seconds <= sum(clock.naps) < seconds + 1


def test_retry_after_as_a_date_is_waited_out(clock: Clock) -> None:
    until = format_datetime(at(clock, 42), usegmt=True)
    with serving(throttled(Retry_After=until), json_reply([1])) as server:
        client(server.url, clock).get_json("/page")
    assert 39 <= sum(clock.naps) <= 43


def test_a_wrong_clock_on_either_side_does_not_lengthen_the_wait() -> None:
    ours = Clock(wall=1_000_000_000.0)  # decades behind the server's Date
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=42), usegmt=True)
    with serving(throttled(Retry_After=until), json_reply([1])) as server:
        client(server.url, ours).get_json("/page")
    assert 39 <= sum(ours.naps) <= 43


def test_a_wait_beyond_the_budget_is_handed_on_with_its_regain_time(clock: Clock) -> None:
    with serving(throttled(Retry_After="900")) as server, pytest.raises(Throttled) as told:
        client(server.url, clock, budget_seconds=120).get_json("/page")
    assert clock.naps == []
    assert len(server.asked) == 1
    assert abs((told.value.regain_at - at(clock, 900)).total_seconds()) < 2


def test_a_ten_day_retry_after_is_capped_at_a_day(clock: Clock) -> None:
    with serving(throttled(Retry_After=str(10 * 86_400))) as server, pytest.raises(Throttled) as told:
        client(server.url, clock).get_json("/page")
    assert clock.naps == []
    assert abs((told.value.regain_at - at(clock, 86_400)).total_seconds()) < 2


@pytest.mark.parametrize("nonsense", ["-5", "soon", "nan", "inf", "Mon, 99 Foo 2026 00:00:00 GMT"])
def test_a_nonsensical_retry_after_means_a_short_backoff(clock: Clock, nonsense: str) -> None:
    with serving(throttled(Retry_After=nonsense), json_reply([1])) as server:
        client(server.url, clock).get_json("/page")
    assert 0 < sum(clock.naps) < 5


@pytest.mark.parametrize("name", ["RateLimit-Reset", "X-RateLimit-Reset", "x-rate-limit-reset"])
@pytest.mark.parametrize("form", ["epoch", "iso", "milliseconds", "delta"])
def test_a_429_without_retry_after_waits_for_the_reset_of_the_rate_headers(clock: Clock, name: str, form: str) -> None:
    moment = at(clock, 30)
    text = {
        "epoch": str(int(moment.timestamp())),
        "iso": moment.isoformat().replace("+00:00", "Z"),
        "milliseconds": str(int(moment.timestamp() * 1000)),
        "delta": "30",
    }[form]
    with serving(throttled(**{name.replace("-", "_"): text}), json_reply([1])) as server:
        client(server.url, clock).get_json("/page")
    assert 27 <= sum(clock.naps) <= 33


def test_a_429_that_says_nothing_is_backed_off_and_then_handed_on(clock: Clock) -> None:
    with serving(throttled()) as server, pytest.raises(Throttled) as told:
        client(server.url, clock, pace=Pace(300, 300)).get_json("/page")
    assert len(server.asked) == ATTEMPTS
    assert clock.naps == sorted(clock.naps)
    assert sum(clock.naps) < 30
    assert told.value.regain_at > at(clock, 290)


def test_when_the_budget_of_requests_is_used_up_the_next_one_waits_for_the_reset(clock: Clock) -> None:
    last = json_reply([1], X_RateLimit_Remaining="0", X_RateLimit_Reset=at(clock, 50).isoformat())
    with serving(last, json_reply([2], X_RateLimit_Remaining="299")) as server:
        http = client(server.url, clock)
        http.get_json("/one")
        assert clock.naps == []
        http.get_json("/two")
        http.get_json("/three")
    assert 47 <= sum(clock.naps) <= 51


def test_a_reset_beyond_the_budget_is_handed_on_without_asking(clock: Clock) -> None:
    last = json_reply([1], RateLimit_Remaining="0", RateLimit_Reset=str(int(clock.wall() + 280)))
    with serving(last) as server:
        http = client(server.url, clock, budget_seconds=120)
        http.get_json("/one")
        with pytest.raises(Throttled) as told:
            http.get_json("/two")
        assert len(server.asked) == 1
    assert abs((told.value.regain_at - at(clock, 280)).total_seconds()) < 3


def test_the_declared_pace_holds_until_the_platform_speaks(clock: Clock) -> None:
    with serving(json_reply([1])) as server:
        http = client(server.url, clock, pace=Pace(3, 60))
        for _ in range(4):
            http.get_json("/page")
    assert sum(clock.naps) == pytest.approx(60)


def test_the_platforms_headers_overrule_the_declared_pace(clock: Clock) -> None:
    with serving(json_reply([1], X_RateLimit_Remaining="5000")) as server:
        http = client(server.url, clock, pace=Pace(3, 60))
        for _ in range(20):
            http.get_json("/page")
    assert clock.naps == []


# --------------------------------------------------------------------------- failures that pass


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_burst_of_server_errors_is_retried(clock: Clock, status: int) -> None:
    broken = Reply(status, b"<h1>oops</h1>", {"Content-Type": "text/html"})
    with serving(broken, broken, json_reply({"ok": True})) as server:
        assert client(server.url, clock).get_json("/page").json() == {"ok": True}
    assert len(server.asked) == 3
    assert len(clock.naps) == 2


def test_a_server_that_stays_broken_is_given_up_politely(clock: Clock) -> None:
    with serving(Reply(503, b"", {})) as server, pytest.raises(PlatformError, match="HTTP 503") as told:
        client(server.url, clock).get_json("/page")
    assert not isinstance(told.value, Throttled)
    assert len(server.asked) == ATTEMPTS
    assert sum(clock.naps) < 60


def test_a_503_with_retry_after_is_waited_out(clock: Clock) -> None:
    with serving(Reply(503, b"", {"Retry-After": "20"}), json_reply([1])) as server:
        client(server.url, clock).get_json("/page")
    assert 20 <= sum(clock.naps) < 21


def test_a_body_shorter_than_announced_is_asked_again(clock: Clock) -> None:
    with serving(Reply(body=b'[{"id":"1"}', claims=500), json_reply([1])) as server:
        assert client(server.url, clock).get_json("/page").json() == [1]
    assert len(server.asked) == 2


def test_an_unframed_body_that_ends_early_is_asked_again(clock: Clock) -> None:
    with serving(Reply(body=b'[{"id":"1"},{"id":', framed=False), Reply(body=b"[1]", framed=False)) as server:
        assert client(server.url, clock).get_json("/page").json() == [1]
    assert len(server.asked) == 2


def test_a_framed_body_that_stops_in_the_middle_is_asked_again(clock: Clock) -> None:
    with serving(Reply(body=b'{"error": "trunc'), json_reply([1])) as server:
        assert client(server.url, clock).get_json("/page").json() == [1]
    assert len(server.asked) == 2


def test_a_compressed_body_that_ends_early_is_asked_again(clock: Clock) -> None:
    half = gzip.compress(b"[" + b"1," * 5_000 + b"1]")[:-20]
    zipped = {**JSON, "Content-Encoding": "gzip"}
    with serving(Reply(body=half, headers=zipped), Reply(body=gzip.compress(b"[1]"), headers=zipped)) as server:
        assert client(server.url, clock).get_json("/page").json() == [1]
    assert len(server.asked) == 2


def test_a_connection_reset_in_mid_body_is_asked_again(clock: Clock) -> None:
    with _resetting_then(b"[1]") as url:
        assert client(url, clock).get_json("/page").json() == [1]


def test_an_empty_200_is_asked_again_and_then_an_error_not_an_empty_list(clock: Clock) -> None:
    with serving(Reply(body=b"")) as server, pytest.raises(PlatformError):
        client(server.url, clock).get_json("/page")
    assert len(server.asked) == ATTEMPTS


def test_nobody_listening_is_a_platform_error(clock: Clock) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(PlatformError, match="ConnectError"):
        client(f"http://127.0.0.1:{port}", clock).get_json("/page")
    assert len(clock.naps) == ATTEMPTS - 1


def test_a_name_that_does_not_exist_and_a_failed_handshake_are_platform_errors(clock: Clock) -> None:
    with serving(json_reply([1])) as server:
        for url in ("https://no-such-host.invalid", server.url.replace("http:", "https:")):
            with pytest.raises(PlatformError, match="ConnectError"):
                client(url, clock).get_json("/page")


def test_a_silent_server_times_out_and_is_asked_again(clock: Clock) -> None:
    gate = threading.Event()

    def stalled() -> Iterator[bytes]:
        yield b"["
        gate.wait(5)

    with serving(Reply(pieces=stalled, claims=10), json_reply([1])) as server:
        http = client(server.url, clock, timeouts=httpx.Timeout(0.2, connect=1.0))
        assert http.get_json("/page").json() == [1]
        gate.set()


@pytest.mark.slow
def test_a_body_that_drips_for_ever_is_cut_off(clock: Clock) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(10_000):
            clock.now += 30  # each piece takes half a minute: no single read is slow enough to time out
            yield b"[" * 10

    with serving(Reply(pieces=drip, claims=100_000), json_reply([1])) as server:
        assert client(server.url, clock, budget_seconds=1e9, request_seconds=120).get_json("/p").json() == [1]
    assert len(server.asked) == 2


# --------------------------------------------------------------------------- answers that are not data


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        (Reply(body=b"<html>log in</html>", headers={"Content-Type": "text/html; charset=utf-8"}), "text/html"),
        (Reply(body=b"<html>log in</html>"), "not JSON"),
        (Reply(body=b"[1]", headers={}), "no type"),
        (Reply(status=204, body=b""), "cut off|empty"),
        (Reply(status=302, body=b"", headers={"Location": "https://elsewhere.example/login?code=4711"}), "redirects"),
    ],
)
def test_a_success_that_is_not_json_is_unintelligible(clock: Clock, reply: Reply, what: str) -> None:
    with serving(reply) as server, pytest.raises(PlatformError, match=what) as told:
        client(server.url, clock).get_json("/page")
    assert "4711" not in str(told.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
def test_other_refusals_are_for_the_adapter_to_judge(clock: Clock, status: int) -> None:
    with serving(json_reply({"error": "no"}, status=status)) as server:
        assert client(server.url, clock).get_json("/page").status == status
    assert len(server.asked) == 1


def test_json_that_cannot_be_trusted_is_refused(clock: Clock) -> None:
    with serving(Reply(body=b'{"id":1,"id":2}')) as server, pytest.raises(Unintelligible, match="duplicate_key"):
        client(server.url, clock).get_json("/page").json()


# --------------------------------------------------------------------------- bombs


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(b"[" * MIB) for _ in range(size // MIB)) + packer.flush()


@pytest.mark.slow
def test_a_gzip_bomb_is_cut_off_at_the_cap_in_bounded_memory(clock: Clock) -> None:
    packed = bomb(500 * MIB)
    forget_peak()
    before = peak_mb()
    reply = Reply(body=packed, headers={**JSON, "Content-Encoding": "gzip"})
    with serving(reply) as server, pytest.raises(Unintelligible, match="more than 32 MiB"):
        client(server.url, clock).get_json("/page")
    grown = peak_mb() - before
    assert grown < 100, f"{grown} MiB"


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd"])
def test_a_coding_that_nobody_asked_for_is_refused(clock: Clock, coding: str) -> None:
    packed = gzip.compress(gzip.compress(b"[1]"))
    with serving(Reply(body=packed, headers={**JSON, "Content-Encoding": coding})) as server:  # noqa: SIM117
        with pytest.raises(Unintelligible, match="coding"):
            client(server.url, clock).get_json("/page")


def test_an_uncompressed_flood_is_cut_off_at_the_cap(clock: Clock) -> None:
    with serving(Reply(body=b"[" * 3 * MIB)) as server, pytest.raises(Unintelligible, match="more than 2 MiB"):
        client(server.url, clock, max_bytes=2 * MIB).get_json("/page")


# --------------------------------------------------------------------------- secrets


def test_a_token_is_sent_and_appears_nowhere_else(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = {"paging": {"next": f"https://x.example/?access_token={quote(SECRET, safe='')}", "token": SECRET}}
    replies = [Reply(body=json.dumps(echo).replace("/", "\\/").encode()), Reply(404, b"{}")]
    with serving(*replies) as server:
        http = client(server.url, clock, secrets=[SECRET])
        http.authorize(SECRET)
        page = http.get_json("/page", {"access_token": SECRET, "limit": 5})
        missing = http.get_json("/page", {"q": SECRET})
    assert server.asked[0].headers["authorization"] == f"Bearer {SECRET}"
    assert server.asked[0].query["access_token"] == SECRET
    assert page.url == f"{server.url}/page?access_token=[removed]&limit=5"
    assert b"CANARY" not in page.body
    assert page.json()["paging"]["token"] == "[removed]"
    told = repr(http) + repr(page) + repr(missing) + missing.url
    assert "CANARY" not in told
    assert "CANARY" not in caplog.text


def test_a_token_is_in_no_error(clock: Clock) -> None:
    failures = [Reply(503, b""), throttled(Retry_After="99999"), Reply(body=b"<html>", headers={})]
    for reply in failures:
        with serving(reply) as server:
            http = client(server.url, clock, secrets=[SECRET])
            http.authorize(SECRET)
            with pytest.raises(PlatformError) as told:
                http.get_json("/page", {"token": SECRET, "q": SECRET})
        assert "CANARY" not in str(told.value) + repr(told.value)
        assert told.value.__suppress_context__ or told.value.__context__ is None
        assert "CANARY" not in "".join(traceback.format_exception(told.value))


def test_credentials_go_to_the_platforms_own_origin_only(clock: Clock) -> None:
    with serving(json_reply([1])) as own, serving(json_reply([2])) as other:
        http = client(own.url, clock)
        http.authorize(SECRET)
        http.get_json(f"{own.url}/mine")
        http.get_json(f"{other.url}/theirs")
        http.get_json("/public", anonymous=True)
    assert "authorization" in own.asked[0].headers
    assert "authorization" not in other.asked[0].headers
    assert "authorization" not in own.asked[1].headers


def test_headers_of_a_request_survive_its_retries(clock: Clock) -> None:
    with serving(Reply(500, b""), json_reply([1])) as server:
        client(server.url, clock).get_json("/page", headers={"Authorization": "Bearer other"})
    assert [asked.headers["authorization"] for asked in server.asked] == ["Bearer other"] * 2


def test_a_post_is_not_repeated_when_it_may_have_happened(clock: Clock) -> None:
    with serving(Reply(body=b"{", claims=500)) as server, pytest.raises(PlatformError, match="broke off"):
        client(server.url, clock).post("/session", {"password": SECRET})
    assert len(server.asked) == 1


def test_proxies_and_netrc_of_the_environment_are_ignored(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with serving(json_reply([1])) as server:
        assert client(server.url, clock).get_json("/page").json() == [1]


@pytest.mark.parametrize(
    ("dirty", "tidy"),
    [
        ("https://u:pw@x.example/a", "https://x.example/a"),
        ("https://x.example/a?access_token=abc&max_id=3", "https://x.example/a?access_token=[removed]&max_id=3"),
        ("https://x.example/a?sig=1&X-Amz-Signature=2", "https://x.example/a?sig=[removed]&X-Amz-Signature=[removed]"),
        ("https://x.example/#token=abc", "https://x.example/#token=[removed]"),
        ("https://x.example/?key=1&monkey=2", "https://x.example/?key=[removed]&monkey=2"),
        ("https://x.example/?client_secret=1;jwt=2", "https://x.example/?client_secret=[removed];jwt=[removed]"),
        ("GET /x?code=1 password=hunter2", "GET /x?code=[removed] password=[removed]"),
        ("s3cret%2Fvalue and s3cret/value", "[removed] and [removed]"),
    ],
)
def test_urls_and_messages_are_cleaned(dirty: str, tidy: str) -> None:
    assert clean(dirty, ["s3cret/value"]) == tidy


def test_an_answer_says_when_and_what(clock: Clock) -> None:
    with serving(json_reply({"a": 1})) as server:
        answer = client(server.url, clock).get_json("/page")
    assert answer.sha256 == "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
    assert answer.date is not None
    assert abs(answer.observed_at / 1e6 - datetime.now(UTC).timestamp()) < 60


class _resetting_then:
    """A raw socket that resets its first connection in mid-body, and answers the next one properly."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self._thread.join(5)
        self._socket.close()

    def _serve(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        first, _ = self._socket.accept()
        first.recv(65_536)
        first.sendall(head % 5_000 + b"[")
        first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        first.close()
        second, _ = self._socket.accept()
        second.recv(65_536)
        second.sendall(head % len(self._body) + self._body)
        second.close()
