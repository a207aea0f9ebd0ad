"""The one HTTP client. Everything that an adapter reads comes through here, and nothing leaves it with a secret in it.

What it guarantees:

* an answer is whole: framed short, cut at close, or over the cap of decompressed bytes is an error, not data;
* waiting is bounded: a platform that asks for more than the budget raises `Throttled` with the time it gave;
* URLs and messages are clean: known secret values and every parameter that is named like one are taken out, and
  credentials go to the platform's own origin only.
"""

from __future__ import annotations

import logging
import random
import re
import ssl
import time
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any, Final, Self
from urllib.parse import quote, quote_plus, urljoin, urlsplit

import httpx
import tenacity

from social_archive import __version__
from social_archive.errors import PlatformError, Throttled, Unintelligible
from social_archive.platforms import pacing, strict_json
from social_archive.platforms.base import Pace
from social_archive.record import now_micros

MIB: Final = 1024 * 1024
TIMEOUTS: Final = httpx.Timeout(30.0, connect=10.0)
ATTEMPTS: Final = 5
for _chatty in ("httpx", "httpcore"):  # they log whole addresses at INFO, and a token may stand in one
    logging.getLogger(_chatty).setLevel(logging.WARNING)

_CHUNK: Final = 64 * 1024
_RETRIED_STATUSES: Final = frozenset({408, 500, 502, 503, 504, 520, 521, 522, 523, 524})


# --------------------------------------------------------------------------- secrets

_SECRET_PARAMETER: Final = re.compile(
    r"(?i)([?&;#]|\b)((?:[\w.-]*(?:token|secret|password|signature|jwt|credential)|api_?key|key|sig|code|auth)=)"
    r"[^&;#\s\"'<>]+"
)
_USERINFO: Final = re.compile(r"(?i)(\b[a-z][a-z0-9+.-]*://)[^/?#\s@]*@")
REMOVED: Final = "[removed]"


def clean(text: str, secrets: Collection[str] = ()) -> str:
    """`text` (a URL, an error message) without secret values, secret-named parameters and user:password@."""
    for secret in sorted(secrets, key=len, reverse=True):
        for form in _forms(secret):
            text = text.replace(form, REMOVED)
    return _USERINFO.sub(r"\1", _SECRET_PARAMETER.sub(rf"\1\2{REMOVED}", text))


def _forms(secret: str) -> set[str]:
    """A secret as it is, as it stands in a URL, and as it stands in JSON."""
    return {secret, quote(secret, safe=""), quote_plus(secret), secret.replace("/", "\\/")}


# --------------------------------------------------------------------------- answers


@dataclass(frozen=True)
class Answer:
    """One response: `url` has no secrets, `body` is decompressed, `sha256` is of `body`, `observed_at` in micros."""

    status: int
    headers: httpx.Headers = field(repr=False)
    body: bytes = field(repr=False)
    url: str
    sha256: str
    date: str | None
    observed_at: int

    def json_bytes(self) -> bytes:
        """The body, when it is a JSON array or object and says so. Anything else raises `Unintelligible`."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if self.status == 204 or not self.body.strip():
            raise Unintelligible(f"{self.url} answered HTTP {self.status} with an empty body where JSON was promised.")
        if not (kind == "application/json" or kind.endswith("+json")):
            raise Unintelligible(f"{self.url} answered HTTP {self.status} with {kind or 'no type'}, not JSON.")
        if self.body.lstrip()[:1] not in (b"[", b"{"):
            raise Unintelligible(f"{self.url} answered HTTP {self.status} with something that is not JSON.")
        return self.body

    def json(self) -> Any:
        """The whole body, strictly parsed (for small answers; pages are cut with `strict_json`)."""
        try:
            return strict_json.load_item(self.json_bytes())[0]
        except strict_json.BadJson as problem:
            raise Unintelligible(f"{self.url} answered JSON that cannot be trusted ({problem.code}).") from None


@dataclass(frozen=True)
class _How:
    method: str
    whole_json: bool = False
    anonymous: bool = False
    repeatable: bool = False

    @property
    def may_repeat(self) -> bool:
        return self.method == "GET" or self.repeatable


Signer = Callable[[str, str, list[tuple[str, str]]], tuple[dict[str, str], dict[str, str]]]


class _Transient(Exception):
    """A failure worth another try. `wait` is what the platform asked for, if it did."""

    def __init__(self, what: str, *, wait: float | None = None, throttled: bool = False) -> None:
        super().__init__(what)
        self.wait = wait
        self.throttled = throttled


# --------------------------------------------------------------------------- the client


@cache
def certificates() -> ssl.SSLContext:
    """The authorities that are trusted, read once: it takes a tenth of a second."""
    return httpx.create_ssl_context(trust_env=False)


class Http:
    """One client for one account and one run. Synchronous, no cookies, no proxies from the environment, no redirects.

    `budget_seconds` bounds how long one request may wait in all (throttling and retries); `request_seconds` how long
    one try may take from the first byte to the last. `clock` and `sleep` are injectable (seconds), `wall` is the time
    of day (seconds since the epoch).
    """

    def __init__(
        self,
        *,
        base_url: str,
        pace: Pace,
        secrets: Collection[str] = (),
        headers: Mapping[str, str] | None = None,
        timeouts: httpx.Timeout = TIMEOUTS,
        max_bytes: int = 32 * MIB,
        budget_seconds: float = 120.0,
        request_seconds: float = 120.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        wall: Callable[[], float] = time.time,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.budget_seconds = budget_seconds
        self.max_bytes = max_bytes
        self.request_seconds = request_seconds
        self._pace = pace
        self._clock, self._sleep, self._wall = clock, sleep, wall
        self._turnstile = pacing.Turnstile(pace, clock)
        self._secrets = {secret for secret in secrets if secret}
        self._credentials: dict[str, str] = {}
        self._signer: Signer | None = None
        self._pause_asked: Callable[[Answer], float | None] = lambda answer: None
        self._client = httpx.Client(
            timeout=timeouts,
            verify=certificates(),
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            headers={
                "User-Agent": f"social-records-archive/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "gzip",  # no other coding is decoded here, on purpose: see `_body`
                **(headers or {}),
            },
        )

    def __repr__(self) -> str:
        return f"Http({clean(self.base_url, self._secrets)!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    def authorize(self, token: str | None, scheme: str = "Bearer") -> None:
        """Send this token to the platform's own origin from now on (None: stop sending one)."""
        self._credentials = {}
        if token:
            self.hide(token)
            self._credentials = {"Authorization": f"{scheme} {token}"}

    def authorize_by(self, signer: Signer | None) -> None:
        """Let `signer` add to every request to the platform's own origin: a token in the query, a signature.

        It is called for each try with (method, URL without query, all query parameters as pairs of text) and returns
        further query parameters and headers. What is secret among them must be known here (`hide`) or be named like
        a secret.
        """
        self._signer = signer

    def heed(self, pause_asked: Callable[[Answer], float | None]) -> None:
        """Ask this about every answer: seconds to wait if it is a throttle in the platform's own dialect, else None."""
        self._pause_asked = pause_asked

    def hold_back(self, seconds: float) -> None:
        """Send nothing for so long: for budgets that a platform reports before it blocks."""
        self._turnstile.close(seconds)

    def throttled_for(self, seconds: float) -> Throttled:
        """The error of a platform that will not answer for so many seconds, for an adapter that knows it in advance."""
        return self._throttled(seconds)

    def hide(self, secret: str) -> None:
        """Treat a value learned during the run (a session's token) as a secret from now on."""
        if secret:
            self._secrets.add(secret)

    def clean(self, text: str) -> str:
        """`text` without this account's secrets."""
        return clean(text, self._secrets)

    def get(
        self,
        path_or_url: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        anonymous: bool = False,
    ) -> Answer:
        """GET with retries. 2xx, 3xx and 4xx come back as they are, for the adapter to judge.

        An absolute URL of another origin is asked without the account's credentials, and so is everything when
        `anonymous`. Raises `Throttled`,
        `Unintelligible` (over the size cap) and `PlatformError` (no answer after all tries).
        """
        return self._persist(_How("GET", anonymous=anonymous), path_or_url, params=params, headers=headers)

    def get_json(
        self,
        path_or_url: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        anonymous: bool = False,
    ) -> Answer:
        """`get`, but a 2xx must be JSON: HTML raises `Unintelligible`; an empty or cut-off body is asked for again."""
        how = _How("GET", whole_json=True, anonymous=anonymous)
        answer = self._persist(how, path_or_url, params=params, headers=headers)
        if answer.status < 300:
            answer.json_bytes()
        elif answer.status < 400:
            raise Unintelligible(
                f"{answer.url} redirects to {self.clean(answer.headers.get('location', 'nowhere'))}.",
                remedy="If the platform has moved, set the account's server to the new address in accounts.yaml.",
            )
        return answer

    def post(
        self,
        path: str,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        form: Mapping[str, str] | None = None,
        anonymous: bool = False,
    ) -> Answer:
        """POST of JSON or of a form, for sessions and for APIs that list by POST.

        Tried again only when nothing can have happened: throttled, or no connection. An absolute URL of another
        origin (a token endpoint) gets no credentials but those in the body.
        """
        how = _How("POST", anonymous=anonymous)
        return self._persist(how, path, params=params, headers=headers, json=json, data=form)

    def post_json(self, path: str, json: Any = None, params: Mapping[str, Any] | None = None) -> Answer:
        """`get_json` for an API that lists by POST: it changes nothing there, so it is tried again like a GET."""
        answer = self._persist(_How("POST", whole_json=True, repeatable=True), path, params=params, json=json)
        if answer.status < 300:
            answer.json_bytes()
        return answer

    # ---------------------------------------------------------------- trying, and trying again

    def _persist(self, how: _How, path_or_url: str, **request: Any) -> Answer:
        url = urljoin(f"{self.base_url}/", path_or_url) if "://" in path_or_url else self.base_url + "/" + (
            path_or_url.lstrip("/"))  # fmt: skip
        deadline = self._clock() + self.budget_seconds
        tries = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            retry=tenacity.retry_if_exception_type(_Transient),
            wait=_wait,
            sleep=lambda seconds: self._pause(seconds, deadline),
            reraise=True,
        )
        try:
            return tries(self._try, how, url, deadline, request)
        except _Transient as failure:
            if failure.throttled:
                raise self._throttled(failure.wait or float(self._pace.seconds)) from None
            raise PlatformError(f"{self.clean(url)} gave no usable answer in {ATTEMPTS} tries: {failure}.") from None

    def _pause(self, seconds: float, deadline: float) -> None:
        if seconds > deadline - self._clock():
            raise self._throttled(seconds)
        self._sleep(seconds)

    def _throttled(self, seconds: float) -> Throttled:
        regain_at = pacing.moment_after(seconds, self._wall())
        return Throttled(
            f"{self.clean(self.base_url)} asks for a pause until {regain_at:%Y-%m-%d %H:%M:%S} UTC.",
            regain_at=regain_at,
            remedy="Nothing: the next run goes on from the same place. If this happens daily, harvest less often.",
        )

    def _try(self, how: _How, url: str, deadline: float, request: dict[str, Any]) -> Answer:
        closed_for = self._turnstile.wait()
        if closed_for:
            self._pause(closed_for, deadline)
        self._turnstile.pass_through()
        address, headers = self._addressed(how, url, request)
        started = self._clock()
        try:
            with self._client.stream(how.method, address, headers=headers, **_given(request)) as response:
                body = b"".join(self._body(response, started))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as failure:
            raise _Transient(type(failure).__name__) from None
        except httpx.UnsupportedProtocol:
            raise PlatformError(f"{self.clean(url)} is not an address that can be asked.") from None
        except (httpx.TransportError, httpx.DecodingError) as failure:
            if not how.may_repeat:
                raise PlatformError(f"{self.clean(url)} broke off ({type(failure).__name__}).") from None
            raise _Transient(type(failure).__name__) from None
        return self._judged(how, response, body)

    def _addressed(self, how: _How, url: str, request: dict[str, Any]) -> tuple[httpx.URL, dict[str, str]]:
        """The whole address and the headers of one try, with credentials if it goes to the platform's own origin."""
        try:
            address = httpx.URL(url)
        except httpx.InvalidURL:
            raise PlatformError(f"{self.clean(url)} is not an address that can be asked.") from None
        if request.get("params"):
            address = address.copy_merge_params(request["params"])
        if how.anonymous or not self.is_own(url):
            return address, dict(request.get("headers") or {})
        headers = {**self._credentials, **(request.get("headers") or {})}
        if self._signer is not None:
            bare = str(address.copy_with(query=None, fragment=None))
            parameters, more = self._signer(how.method, bare, list(address.params.multi_items()))
            address, headers = address.copy_merge_params(parameters), {**headers, **more}
        return address, headers

    def _judged(self, how: _How, response: httpx.Response, body: bytes) -> Answer:
        wall = self._wall()
        self._turnstile.learn(response.headers, wall)
        if how.method == "GET" or how.repeatable:
            body = self._without_secrets(body)
        answer = Answer(
            status=response.status_code,
            headers=response.headers,
            body=body,
            url=self.clean(str(response.url)),
            sha256=sha256(body).hexdigest(),
            date=response.headers.get("date"),
            observed_at=now_micros(),
        )
        asked = self._pause_asked(answer)
        if asked is not None:
            raise _Transient(f"HTTP {answer.status}, a throttle", wait=asked, throttled=True)
        if response.status_code == 429:
            raise _Transient("HTTP 429", wait=pacing.seconds_until_retry(response.headers, wall), throttled=True)
        if response.status_code in _RETRIED_STATUSES and how.may_repeat:
            wait = pacing.seconds_until_retry(response.headers, wall) if "retry-after" in response.headers else None
            raise _Transient(f"HTTP {response.status_code}", wait=wait)
        if how.whole_json and response.status_code < 300 and _looks_cut_off(response.headers, body):
            raise _Transient("the answer was cut off")
        return answer

    def is_own(self, url: str) -> bool:
        """Is this URL of the platform's own origin? Only there do credentials go."""
        return _origin(url) == _origin(self.base_url)

    def _without_secrets(self, body: bytes) -> bytes:
        """Some platforms echo the token in `next` links. A stored body must not hold it."""
        for secret in self._secrets:
            for form in _forms(secret) if len(secret) >= 8 else ():  # a shorter one would tear other words apart
                body = body.replace(form.encode(), REMOVED.encode())
        return body

    def _body(self, response: httpx.Response, started: float) -> Iterator[bytes]:
        """The decompressed body in pieces, never more than `max_bytes` in all.

        Decoded here and not by httpx, because a 64 KiB piece of a bomb is 64 MiB (and gzip in gzip a thousand times
        that) before anyone could count it.
        """
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("identity", "", "gzip", "x-gzip", "deflate"):
            raise Unintelligible(f"{self.clean(str(response.url))} answered in the coding {coding!r}, unasked.")
        inflater = None if coding in ("identity", "") else zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)
        received = 0
        for raw in response.iter_raw():
            if self._clock() - started > self.request_seconds:
                raise httpx.ReadTimeout("the body took too long", request=response.request)
            for piece in [raw] if inflater is None else _inflated(inflater, raw):
                received += len(piece)
                if received > self.max_bytes:
                    raise Unintelligible(
                        f"{self.clean(str(response.url))} sent more than {self.max_bytes // MIB} MiB; reading stopped."
                    )
                yield piece
        if inflater is not None and received and not inflater.eof:
            raise httpx.DecodingError("compressed body ends early", request=response.request)


def _inflated(inflater: Any, raw: bytes) -> Iterator[bytes]:
    try:
        while raw:
            yield inflater.decompress(raw, _CHUNK)
            raw = inflater.unconsumed_tail
    except zlib.error:
        raise httpx.DecodingError("not compressed as announced") from None


def _looks_cut_off(headers: httpx.Headers, body: bytes) -> bool:
    """Is the body empty, or does it end in the middle of its JSON? Looked at closely only where nothing framed it."""
    text = body.strip()
    closing = {b"[": b"]", b"{": b"}"}.get(text[:1])
    if not text or (closing is not None and text[-1:] != closing):
        return True
    framed = "content-length" in headers or "chunked" in headers.get("transfer-encoding", "")
    return not framed and closing is not None and not strict_json.is_whole(text)


_backoff = tenacity.wait_exponential_jitter(multiplier=0.5, max=20.0, jitter=0.5)


def _wait(state: tenacity.RetryCallState) -> float:
    failure = state.outcome.exception() if state.outcome else None
    if isinstance(failure, _Transient) and failure.wait is not None:
        return failure.wait + random.uniform(0.05, 0.5)
    return _backoff(state)


def _given(request: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in request.items() if value is not None and name not in ("headers", "params")}


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)
