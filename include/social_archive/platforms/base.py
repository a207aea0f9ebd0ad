"""What a platform owes the archive.

An adapter only fetches and only parses. It knows nothing of the ledger, the store or what was seen before:
`harvest.py` decides what to ask for, compares, and keeps. Fetching (`profile`, `posts`, `thread`, `item`) and
parsing (`records`) are apart so that stored bytes can be parsed again by a better adapter.
"""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal
from urllib.parse import urlsplit

import msgspec

from social_archive.errors import ConfigError
from social_archive.record import Observation, State, Unreadable

if TYPE_CHECKING:
    from social_archive.platforms.http import Answer, Http


@dataclass(frozen=True)
class Field:
    """One thing an account needs to be read. Becomes a form field, a CLI help line and a docs row.

    A secret is only ever a reference in a file (`env:NAME` or `connection:ID`); its value is never printed.
    """

    name: str
    title: str
    help: str
    secret: bool = False
    required: bool = False
    example: str = ""


@dataclass(frozen=True)
class Pace:
    """What the platform allows: `requests` per `seconds`. Response headers overrule it."""

    requests: int
    seconds: int


VISITOR_POST: Final = "visitor_post"
"""Flag of a post that somebody else left on the account's own page: its thread is read like that of an own post."""

PageKind = Literal["profile", "posts", "thread", "item"]


class Page(msgspec.Struct, kw_only=True):
    """One response, as evidence: its bytes, where they came from, what the archive must know of them.

    `shortfall` names what the platform kept back (a page cap, a depth limit): it becomes a gap record.
    """

    kind: PageKind
    endpoint: str  # without secrets
    body: bytes
    response_sha256: str
    http_date: str | None
    observed_at: int  # microseconds since the epoch, UTC
    context: dict[str, Any] = {}
    shortfall: str | None = None


class Sighting(msgspec.Struct, kw_only=True):
    """The platform's positive answer about one item by its id.

    `state` is `present` (then `observation` holds it), `deleted`, `hidden`, `account_gone`, `inaccessible`, or
    `missing_unconfirmed` when the answer proves nothing. `page` is the evidence.
    """

    native_id: str
    state: State
    page: Page
    observation: Observation | None = None


@dataclass(frozen=True)
class Target:
    """One account to read: the platform's side of an entry in accounts.yaml.

    `name` is the archive's name for it (a slug, unique within the platform), `handle` the platform's.
    `settings` holds the platform's own options (server, media hosts); `secrets` resolved values, never logged.
    `keep` stores a secret that the platform has renewed (name, new value) where the old one came from; False when that
    place cannot be written to, and then a person has to do it before the old one dies.
    """

    name: str
    handle: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    keep: Callable[[str, str], bool] = field(default=lambda name, value: False, repr=False)


@dataclass(frozen=True)
class Scope:
    """A permission that the login must have, and what stays unseen without it: an empty list then proves nothing."""

    name: str
    why: str


@dataclass(frozen=True)
class Scale:
    """What the archive knows of an account before a run: the size of what is going to be asked for.

    `posts` and `comments` are all that are held; `watched` the posts whose threads the next run reads (all of them
    when `first`: then nothing is known yet, and an estimate is a lower bound).
    """

    posts: int
    comments: int
    watched: int
    first: bool


@dataclass(frozen=True)
class Estimate:
    """What a run is going to cost, before it starts. `units` in the platform's own measure (`unit`), `dollars` if it
    charges; `sentence` says it to a person, with what it rests on."""

    requests: int
    units: float
    unit: str
    sentence: str
    dollars: float | None = None


@dataclass(frozen=True)
class Problem:
    """One thing that keeps an account from being harvested, and the way out, for `archive accounts test`."""

    what: str
    remedy: str


def require_https(target: Target, server: str) -> None:
    """Refuse an address that a token must not go to. The sandbox's exception: 127.0.0.1 with `insecure_local`."""
    parts = urlsplit(server)
    local = bool(target.settings.get("insecure_local")) and parts.hostname == "127.0.0.1"
    if not parts.hostname:
        raise ConfigError(
            f"The account {target.name} names no server.",
            remedy="Add `server: https://…` to its settings, or write the handle as @name@server.",
        )
    if parts.scheme != "https" and not local:
        raise ConfigError(
            f"The server of the account {target.name} is not an https address.",
            remedy="Write it as https://…; plain http is for the sandbox only (127.0.0.1 and `insecure_local: true`).",
        )


class Platform(abc.ABC):
    """One platform. Subclasses are found by import (see `platforms/__init__.py`); their docstring documents the DAG.

    All fetching methods raise the errors of `social_archive.errors`: `Throttled` (with the regain time),
    `LoginExpired`, `ScopeLost`, `AccountGone`, `Unintelligible`, `CursorLoop`.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    version: ClassVar[str]  # of the adapter: stored with every record as `<name>/<version>`
    pace: ClassVar[Pace]
    credentials: ClassVar[tuple[Field, ...]]
    scopes: ClassVar[tuple[Scope, ...]] = ()
    legal_basis: ClassVar[str] = ""
    storage_terms: ClassVar[str] = ""
    terms_must_be_accepted: ClassVar[bool] = False  # an enabled account then needs `terms_accepted: true` in settings

    home: ClassVar[str] = ""  # where a hosted platform's API lives, when settings name no server of their own

    @classmethod
    def base_url(cls, target: Target) -> str:
        """The address that the account's HTTP client is opened on."""
        return str(target.settings.get("server") or target.settings.get("service") or cls.home)

    def __init__(self, target: Target, http: Http) -> None:
        self.target = target
        self.http = http
        http.heed(self.pause_asked)

    @property
    def adapter(self) -> str:
        return f"{self.name}/{self.version}"

    @abc.abstractmethod
    def profile(self) -> Iterator[Page]:
        """The account's own page: name, bio, links, settings the public sees."""

    @abc.abstractmethod
    def posts(self, since: int | None) -> Iterator[Page]:
        """The account's own posts, newest first, until a page holds nothing newer than `since` (None: all)."""

    @abc.abstractmethod
    def thread(self, root: str) -> Iterator[Page]:
        """Every comment and reply, at every depth, under the post `root`, hidden ones included."""

    @abc.abstractmethod
    def item(self, native_id: str) -> Sighting:
        """One item by its id: the only source of a `deleted` state."""

    def item_under(self, native_id: str, root: str | None) -> Sighting:
        """`item`, told the post that it stands under: for a platform whose comments can only be asked for there.

        `root` is None for a post, and where the archive does not know it.
        """
        return self.item(native_id)

    @abc.abstractmethod
    def records(self, page: Page) -> Iterator[Observation | Unreadable]:
        """Parse a page. Pure: no network, no clock. One bad item never hides the others.

        Fills everything up to `gap_to` on `Observation` plus `observed_at`, `endpoint`, `response_sha256` and
        `http_date` (use `stamped`); the harvest fills platform, account, harvest id and adapter.
        """

    def reparse(self, native: bytes, page: Page) -> Observation | Unreadable:
        """Parse one quarantined item again. Pure. `page` has its provenance and its `context` what stood around it.

        The default hands `records` a page of kind `item` (or `profile`) whose body is the bare item as it was
        received, without any envelope. An adapter whose `records` cannot read that overrides this method.
        """
        found = list(self.records(msgspec.structs.replace(page, body=native)))
        if len(found) == 1:
            return found[0]
        return self.stamped(Unreadable(native=native, reason="not_one_item"), page)

    @abc.abstractmethod
    def check(self) -> list[Problem]:
        """What is missing before this account can be harvested (connection, token, scopes). Empty: ready."""

    @abc.abstractmethod
    def media_hosts(self) -> frozenset[str]:
        """Hosts from which this account's media may be fetched (exact names, or `.example.org` for a suffix)."""

    # ---------------------------------------------------------------- what a platform may add

    def pause_asked(self, answer: Answer) -> float | None:
        """Is this answer a throttle in the platform's own dialect (a code inside 200, a 400 or 403 that is a limit)?

        Seconds until it may be asked again, None for any other answer. Called for every answer; HTTP 429, Retry-After
        and the RateLimit headers are understood without it. What comes back is waited for, or, when it is longer than
        the request's budget, raised as `Throttled`: never tried again before.
        """
        return None

    def warnings(self) -> list[Problem]:
        """What will need a person soon (a token that dies within 14 days), as far as this run could tell."""
        return []

    def totals(self) -> dict[str, int]:
        """What the platform itself counts, as far as this walk was told; asked when the walk has ended. Pure.

        A name says what is counted, so that it can be set against what is stored: `posts` (posts alone),
        `posts_and_replies` (everything the account wrote), `comments` (straight under its posts),
        `comments_and_replies` (at every depth). Only what this walk could compare belongs here: a sum over some of the
        posts is no total.
        """
        return {}

    def estimate(self, scale: Scale) -> Estimate | None:
        """What a run would cost in the platform's quota or money; None where it costs neither."""
        return None

    # ---------------------------------------------------------------- for subclasses

    def page(self, kind: PageKind, answer: Answer, *, shortfall: str | None = None, **context: Any) -> Page:
        """An answer as evidence."""
        return Page(
            kind=kind, endpoint=answer.url, body=answer.body, response_sha256=answer.sha256, http_date=answer.date,
            observed_at=answer.observed_at, context=context, shortfall=shortfall,
        )  # fmt: skip

    def sighted(self, native_id: str, page: Page) -> Sighting:
        """What a page of kind `item` that was answered well proves: the item, if it is the one that was asked for."""
        found = next(iter(self.records(page)), None)
        if isinstance(found, Observation) and found.native_id == native_id:
            return Sighting(native_id=native_id, state=found.state, page=page, observation=found)
        return Sighting(native_id=native_id, state="missing_unconfirmed", page=page)

    @staticmethod
    def stamped(item: Observation | Unreadable, page: Page) -> Observation | Unreadable:
        """Copy the page's provenance onto one of its items."""
        if isinstance(item, Unreadable):
            item.context = {k: v for k, v in page.context.items() if isinstance(v, str | int | bool)}
        item.endpoint = page.endpoint
        item.response_sha256 = page.response_sha256
        item.http_date = page.http_date
        item.observed_at = page.observed_at
        return item
