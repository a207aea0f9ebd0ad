"""What one harvest walked, as counts and codes: the raw material of every coverage statement.

It may outlive the records that it speaks of, so it holds no content, no names and no ids of things: an address is kept
as a template, its host only where it is the account's own, and what was found there as numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from social_archive.errors import AccountGone, LoginExpired, PlatformError, ScopeLost
from social_archive.platforms import Page, Platform
from social_archive.record import Observation, http_date, now_micros

FORMAT: Final = "social-records-archive/walked/v1"
NEEDS_A_PERSON: Final = (LoginExpired, ScopeLost, AccountGone)

_MOST_ENDPOINTS: Final = 60  # what is asked beyond that is counted under one line
_WORD: Final = re.compile(  # statuses, verify_credentials; commentThreads; v26.0, 2
    r"[a-z]{2,24}(?:[_-][a-z]{2,24}){0,4}|[a-z]{2,16}(?:[A-Z][a-z]{2,16}){1,4}|v?\d{1,2}(?:\.\d{1,2})?"
)
_METHOD: Final = re.compile(r"[a-z]+(?:\.[a-zA-Z][a-zA-Z0-9]*){2,4}")  # of XRPC: app.bsky.feed.getPostThread


class Asked(msgspec.Struct, frozen=True):
    """Answers of one kind of page from one endpoint: how many, and the items in them."""

    kind: str
    endpoint: str
    pages: int
    items: int


class Walked(msgspec.Struct, kw_only=True):
    """The record of one walk. Times are microseconds UTC.

    `since` is where the watch window began (None: everything was asked for). `seen` counts sightings by kind (what
    shows in a list and in a thread counts twice); `posts` counts the account's own posts once. `absent`: what the
    platform said, by state, of things that were known and did not show. `platform_totals` is what the platform counts
    itself; `stored` what the archive holds after this walk, under the same names (see `Platform.totals`). `date_told`
    is the time that the platform's last answer named, `date_heard` what our clock showed: a disposal compares them.
    """

    format: str = FORMAT
    harvest_id: str
    platform: str
    account: str
    adapter: str
    started: int
    ended: int
    full: bool
    since: int | None = None
    outcome: str = "ok"
    reason: str | None = None
    asked: list[Asked] = []
    posts: int = 0
    threads: int = 0
    seen: dict[str, int] = {}
    absent: dict[str, int] = {}
    shortfalls: dict[str, int] = {}
    platform_totals: dict[str, int] = {}
    stored: dict[str, int] = {}
    warnings: list[str] = []
    date_told: int | None = None
    date_heard: int | None = None

    def to_dict(self) -> dict[str, Any]:
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


class Tracks:
    """Counts while a walk goes on; `walked` sums up."""

    def __init__(self, handle: str) -> None:
        self._handle = handle.strip().lstrip("@").casefold()
        self._own_hosts: set[str] = set()
        self._pages: Counter[tuple[str, str]] = Counter()
        self._items: Counter[tuple[str, str]] = Counter()
        self.threads = 0
        self.seen: Counter[str] = Counter()
        self.absent: Counter[str] = Counter()
        self.shortfalls: Counter[str] = Counter()
        self._dated: tuple[int | None, int | None] = (None, None)

    def page(self, page: Page, items: int) -> None:
        if page.kind in ("profile", "posts"):  # only the account's own servers are asked for these
            self._own_hosts.add(urlsplit(page.endpoint).netloc)
        place = (page.kind, template(page.endpoint, self._own_hosts, self._handle))
        if place not in self._pages and len(self._pages) >= _MOST_ENDPOINTS:
            place = (page.kind, "{other}")
        if (told := http_date(page.http_date)) is not None:
            self._dated = (told, page.observed_at)
        self._pages[place] += 1
        self._items[place] += items

    def took(self, o: Observation) -> None:
        if o.kind != "gap":
            self.seen[o.kind] += 1

    def walked(self, adapter: Platform, failure: PlatformError | None, **known: Any) -> Walked:
        """The record of the walk, which ends now. `known` are the fields that the walk itself keeps."""
        asked = [Asked(kind, where, n, self._items[kind, where]) for (kind, where), n in sorted(self._pages.items())]
        return Walked(
            adapter=adapter.adapter, ended=now_micros(), outcome=outcome_of(failure),
            reason=failure.gap_reason if failure else None, asked=asked, threads=self.threads, seen=dict(self.seen),
            absent=dict(self.absent), shortfalls=dict(self.shortfalls), platform_totals=adapter.totals(),
            warnings=[problem.what for problem in adapter.warnings()], date_told=self._dated[0],
            date_heard=self._dated[1], **known,
        )  # fmt: skip


def outcome_of(failure: PlatformError | None) -> str:
    """`ok`, `partial` (some of it could not be seen), or `paused` (nobody may look until a person acts)."""
    if failure is None:
        return "ok"
    return "paused" if isinstance(failure, NEEDS_A_PERSON) else "partial"


def template(url: str, own_hosts: set[str], handle: str) -> str:
    """An answered address without its query, every part that is not a word of an API replaced by `{id}`.

    A host that is not the account's own or its platform's may be one person's server: it becomes `{server}`.
    """
    parts = urlsplit(url)
    host = parts.netloc if parts.netloc in own_hosts else "{server}"
    segments = parts.path.split("/")
    of_xrpc = "xrpc" in segments
    kept = [s if not s or _is_word(s, handle) or (of_xrpc and _METHOD.fullmatch(s)) else "{id}" for s in segments]
    return f"{parts.scheme or 'https'}://{host}{'/'.join(kept)}"


def _is_word(segment: str, handle: str) -> bool:
    return segment.casefold() != handle and _WORD.fullmatch(segment) is not None
