"""The AT Protocol beneath Bluesky: names, identities, sessions and calls. No adapter: `bluesky.py` is.

Who is who: a *service* (AppView) shows views of posts; each person's *PDS* holds the records themselves and is the
only one who can say that a record is gone; the *PLC directory* says which PDS is whose.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import urlsplit

from social_archive.errors import AccountGone, ConfigError, LoginExpired, PlatformError, ScopeLost, Unintelligible
from social_archive.platforms.addresses import Blocked, public_address
from social_archive.platforms.base import Pace
from social_archive.platforms.strict_json import BadJson, load_item

if TYPE_CHECKING:
    from social_archive.platforms.http import Answer, Http

PUBLIC_SERVICE: Final = "https://public.api.bsky.app"
PLC_DIRECTORY: Final = "https://plc.directory"

GONE: Final = {
    "AccountTakedown": "takendown",
    "AccountDeactivated": "deactivated",
    "RepoTakendown": "takendown",
    "RepoDeactivated": "deactivated",
    "RepoSuspended": "suspended",
}
"""Error names that say positively that an account is not there, with the status each stands for."""

_DEAD_TOKEN: Final = frozenset({"InvalidToken", "AuthMissing", "AuthenticationRequired", "AuthFactorTokenRequired"})
_NO_ACCESS: Final = frozenset({"BlockedActor", "BlockedByActor", "Forbidden", "InsufficientScope"})


# --------------------------------------------------------------------------- names


class AtUri(NamedTuple):
    """`at://<did>/<collection>/<rkey>`: the name of one record, for good."""

    did: str
    collection: str
    rkey: str


_AT_URI: Final = re.compile(r"at://(did:[a-z]+:[A-Za-z0-9._:%-]+)/([A-Za-z0-9.-]+)/([A-Za-z0-9._:~-]{1,512})")


def at_uri(text: Any) -> AtUri | None:
    """The parts of a record's URI; None for anything else (a handle instead of a DID included: handles move)."""
    match = _AT_URI.fullmatch(text) if isinstance(text, str) else None
    return AtUri(*match.groups()) if match else None


_BASE32: Final = {letter: index for index, letter in enumerate("234567abcdefghijklmnopqrstuvwxyz")}


def tid_micros(rkey: str) -> int | None:
    """Microseconds since the epoch in a TID, the usual record key; None when the key is not one."""
    if len(rkey) != 13 or not set(rkey) <= _BASE32.keys():
        return None
    number = 0
    for letter in rkey:
        number = number * 32 + _BASE32[letter]
    return number >> 10 if number < 1 << 63 else None


def origin(url: str) -> str:
    """`scheme://host[:port]` of a URL."""
    parts = urlsplit(url if "://" in url else f"https://{url}")
    return f"{parts.scheme}://{parts.netloc}".lower()


def _server(settings: Mapping[str, Any], name: str) -> str | None:
    """A server's origin from the account's settings; plain http is for this machine only."""
    if not settings.get(name):
        return None
    server = origin(str(settings[name]))
    if not server.startswith("https://") and not is_loopback(server):
        raise ConfigError(f"A Bluesky account's `{name}` must be an https address.")
    return server


def is_loopback(url: str) -> bool:
    """Does the URL name this machine? A name that only looks like it (127.example.org) does not."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def error_name(answer: Answer) -> str:
    """The XRPC error's name (`RecordNotFound`), or empty. The message beside it may quote people: not used."""
    try:
        body, _ = load_item(answer.body)
    except BadJson:
        return ""
    name = body.get("error") if isinstance(body, dict) else None
    return name if isinstance(name, str) and re.fullmatch(r"[A-Za-z]{1,60}", name) else ""


def error_message(answer: Answer) -> str:
    """The XRPC error's message, for comparing only: it may quote people and never goes into a log."""
    try:
        body, _ = load_item(answer.body)
    except BadJson:
        return ""
    return str(body.get("message") or "") if isinstance(body, dict) else ""


def failure(answer: Answer, doing: str) -> PlatformError:
    """The error that stands for an answer which is not what was asked for."""
    name = error_name(answer)
    said = f"{origin(answer.url)} answered HTTP {answer.status} {name} while {doing}.".replace("  ", " ")
    if name in GONE:
        return AccountGone(f"{said} The account is {GONE[name]}.")
    if name in _DEAD_TOKEN or answer.status == 401:
        return LoginExpired(said)
    if name in _NO_ACCESS or answer.status == 403:
        return ScopeLost(said)
    if answer.status < 300:
        return Unintelligible(said)
    return PlatformError(said)


def document(answer: Answer, doing: str) -> dict[str, Any]:
    """The answer's JSON object; raises what `failure` says for anything but a 200 with one."""
    if answer.status != 200:
        raise failure(answer, doing)
    body = answer.json()
    if not isinstance(body, dict):
        raise Unintelligible(f"{origin(answer.url)} answered something that is no JSON object while {doing}.")
    return body


# --------------------------------------------------------------------------- the network as one account sees it


class Network:
    """Calls to the service and to people's PDSs, signed in at the account's own PDS when it has credentials."""

    def __init__(self, http: Http, settings: Mapping[str, Any], secrets: Mapping[str, str], handle: str) -> None:
        self.http = http
        self.service = _server(settings, "service") or PUBLIC_SERVICE
        self.plc = _server(settings, "plc") or PLC_DIRECTORY
        self.local = is_loopback(self.service)
        self._given_pds = _server(settings, "pds")
        # A closed network of one loopback server without a directory: that server holds everybody's records.
        self._one_for_all = self._given_pds or self.service if self.local and not settings.get("plc") else None
        # A login name is a setting, not a secret: as one it would be struck out of every post that its owner wrote.
        self._identifier, self._password = str(settings.get("identifier") or handle), secrets.get("password")
        self._handle = handle
        self._did: str | None = None
        self._tokens: tuple[str, str] | None = None  # access, refresh
        self._homes: dict[str, str | None] = {}
        self._silent: set[str] = set()  # origins that gave no usable answer in this run
        self._abroad: dict[str, Http] = {}

    # ---------------------------------------------------------------- who and where

    @property
    def did(self) -> str:
        """The account's DID: the name that survives a new handle."""
        if self._did is None:
            self._did = self._handle if self._handle.startswith("did:") else self._resolve(self._handle.lstrip("@"))
        return self._did

    @property
    def pds(self) -> str:
        """Origin of the account's own PDS."""
        home = self._given_pds or self.home_of(self.did)
        if home is None:
            raise PlatformError(
                "The identity directory does not say where the account's own records are kept.",
                remedy="Set `pds` in the account's settings, or try again when the directory answers.",
            )
        return home

    @property
    def views(self) -> str:
        """Origin that answers `app.bsky.*`: the PDS (which passes it on, signed in) when there are credentials."""
        return self.pds if self._password else self.service

    def home_of(self, did: str) -> str | None:
        """Origin of a person's PDS by their DID document; None when nobody says, or when it is no public address."""
        if self._given_pds and did == self._did:
            return self._given_pds
        if self._one_for_all:
            return self._one_for_all
        if did not in self._homes:
            self._homes[did] = self._look_up_home(did)
        home = self._homes[did]
        return None if home in self._silent else home

    def unreachable(self, host: str) -> None:
        """Do not ask this person's server again in this run."""
        self._silent.add(host)

    def did_document(self, did: str) -> Answer | None:
        """The directory's answer about a DID (410: the identity was given up); None if it could not be asked."""
        if did.startswith("did:plc:"):
            url = f"{self.plc}/{did}"
        elif did.startswith("did:web:") and self._may_ask(url := f"https://{did[8:]}"):
            url += "/.well-known/did.json"
        else:
            return None
        try:
            return self._client(origin(url)).get(url)
        except PlatformError:
            return None

    def _look_up_home(self, did: str) -> str | None:
        answer = self.did_document(did)
        if answer is None or answer.status != 200:
            return None
        try:
            services = answer.json().get("service")
        except (PlatformError, AttributeError):
            return None
        for service in services if isinstance(services, list) else ():
            if isinstance(service, dict) and str(service.get("id", "")).endswith("#atproto_pds"):
                endpoint = service.get("serviceEndpoint")
                if isinstance(endpoint, str) and self._may_ask(endpoint):
                    return origin(endpoint)
        return None

    def _may_ask(self, url: str) -> bool:
        """Anybody can write any address into their DID document: only public HTTPS hosts are ever asked.

        What such a host can win is one GET of a fixed path without credentials, whose answer counts as its own word.
        """
        parts = urlsplit(url)
        if self.local and is_loopback(url):
            return True
        if parts.scheme != "https" or not parts.hostname or parts.username:
            return False
        try:
            public_address(parts.hostname, parts.port or 443)
        except (Blocked, OSError, UnicodeError, ValueError):
            return False
        return True

    def _resolve(self, handle: str) -> str:
        answer = self.http.get_json(f"{self.service}/xrpc/com.atproto.identity.resolveHandle", {"handle": handle})
        if answer.status == 400:
            raise PlatformError(
                "The account's handle leads nowhere: it was renamed, deleted, or never existed.",
                remedy="Put the new handle, or better the DID (did:plc:…), into accounts.yaml as `handle`.",
            )
        did = document(answer, "resolving the handle").get("did")
        if not isinstance(did, str) or not did.startswith("did:"):
            raise Unintelligible("The answer to the handle holds no DID.")
        return did

    # ---------------------------------------------------------------- calls

    def query(self, host: str, method: str, **params: Any) -> Answer:
        """GET an XRPC method. A 4xx comes back for the caller to judge, an expired token is renewed once."""
        answer = self._get(host, method, params)
        if self._signs(host) and _says_expired(answer):
            self._renew()
            answer = self._get(host, method, params)
            if _says_expired(answer):
                raise LoginExpired("The session expired again directly after it was renewed.")
        return answer

    def sign_in(self) -> None:
        """Open a session if there are credentials and none is open. Raises `LoginExpired` when they are refused."""
        if self._password and self._tokens is None:
            self.http.hide(self._password)
            login = {"identifier": self._identifier, "password": self._password}
            self._remember(self.http.post(f"{self.pds}/xrpc/com.atproto.server.createSession", login))

    def _signs(self, host: str) -> bool:
        return self._password is not None and host == self.pds

    def _get(self, host: str, method: str, params: Mapping[str, Any]) -> Answer:
        headers = None
        if self._signs(host):
            self.sign_in()
            assert self._tokens is not None
            headers = {"Authorization": f"Bearer {self._tokens[0]}"}
        return self._client(host).get_json(f"{host}/xrpc/{method}", params, headers)

    def _client(self, host: str) -> Http:
        """The account's own client for its own servers; for anybody else's a short-tempered one without secrets.

        A stranger's server states its own rate limits: they must slow nobody's harvest but its own answers.
        """
        if self.local or host in (self.service, self._given_pds) or (self._did and host == self._homes.get(self._did)):
            return self.http
        if host not in self._abroad:
            self._abroad[host] = self.open_abroad(host)
        return self._abroad[host]

    def open_abroad(self, host: str) -> Http:
        from social_archive.platforms.http import MIB, Http

        pace = Pace(requests=600, seconds=60)
        return Http(base_url=host, pace=pace, budget_seconds=20, request_seconds=20, max_bytes=2 * MIB)

    def _renew(self) -> None:
        assert self._tokens is not None
        url = f"{self.pds}/xrpc/com.atproto.server.refreshSession"
        self._remember(self.http.post(url, headers={"Authorization": f"Bearer {self._tokens[1]}"}))

    def _remember(self, answer: Answer) -> None:
        if answer.status != 200:
            error = failure(answer, "signing in")
            raise error if isinstance(error, AccountGone) else LoginExpired(error.args[0])
        session = answer.json()
        access, refresh = session.get("accessJwt"), session.get("refreshJwt")
        if not (isinstance(access, str) and isinstance(refresh, str)):
            raise Unintelligible("The answer to signing in holds no session.")
        self.http.hide(access)
        self.http.hide(refresh)
        self._tokens = (access, refresh)


def _says_expired(answer: Answer) -> bool:
    return answer.status in (400, 401) and error_name(answer) == "ExpiredToken"
