"""Mastodon and servers that speak its API (v1): one account's posts, the threads under them, its profile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final
from urllib.parse import parse_qsl, quote, urlsplit

from social_archive.errors import (
    AccountGone,
    CursorLoop,
    LoginExpired,
    PlatformError,
    ScopeLost,
    Unintelligible,
)
from social_archive.platforms import mastodon_records, reading, strict_json
from social_archive.platforms.base import (
    Field,
    Pace,
    Page,
    PageKind,
    Platform,
    Problem,
    Sighting,
    Target,
    require_https,
)
from social_archive.platforms.http import Answer, Http
from social_archive.platforms.mastodon_briefs import Brief, briefs_of, depth_of, reaches, unshown
from social_archive.record import Observation, State, Unreadable

PAGE_SIZE: Final = 40  # the most that the API gives
MAX_PAGES: Final = 10_000  # 400,000 posts: beyond that something is wrong
OPEN_THREAD: Final = 60  # replies under one status that a server shows without a login,
OPEN_DEPTH: Final = 20  # and levels,
SIGNED_THREAD: Final = 4_096  # and replies with one
MAX_DIGS: Final = 100  # further questions about one thread that the server did not show whole

_NEXT: Final = re.compile(r"<([^<>]*)>\s*;[^,<]*\brel=\"?next\"?")
_GONE: Final = frozenset({404, 410})


class Mastodon(Platform):
    """Reads one account of a Mastodon server (or of a server that speaks Mastodon's API).

    **What it reads.** The profile (display name, bio, the table of fields, pictures); every post, reply and boost of
    the account; and under each of its posts all comments and replies, at every depth, with attachments, content
    warnings, polls and edits. A token is not needed for what the public sees.

    **Limits.** 300 requests in five minutes (the server's own headers are obeyed). Without a token a server shows at
    most 60 replies and 20 levels under a post, with one 4,096 replies; where a thread was cut, the adapter asks
    again further down, and if something is still kept back, a gap record says so. A reply of the account to somebody
    else costs one more request, to learn which thread it belongs to.

    **Traps.** A deleted comment takes its whole branch out of the thread view, so absence proves nothing: each
    missing item is asked for by its id, and only the server's own "not found" makes it `deleted`. When we are signed
    in, that is asked once more without the login, because a server also says "not found" to somebody it has blocked.
    Edits show only as a newer `edited_at`; an edit that came and went between two harvests is not seen. The server
    decides what it lets others see: comments that it or the account's owner has blocked are not in any answer.

    **Token.** Preferences → Development → New application with the one scope `read` (from Mastodon 4.3 on, `profile`
    and `read:statuses` are enough). It does not expire by itself; it dies when it is revoked.
    """

    name: ClassVar[str] = "mastodon"
    title: ClassVar[str] = "Mastodon"
    version: ClassVar[str] = "1"
    pace: ClassVar[Pace] = Pace(requests=300, seconds=300)
    credentials: ClassVar[tuple[Field, ...]] = (
        Field(
            name="server",
            title="Server",
            help="Address of the server that the account lives on.",
            required=True,
            example="https://social.example",
        ),
        Field(
            name="token",
            title="Access token",
            help="Optional. Shows longer threads, and posts for followers only. Needs the scope `read`, nothing more.",
            secret=True,
            example="env:MASTODON_TOKEN",
        ),
    )
    legal_basis: ClassVar[str] = "The body's own account and what the public writes under it."
    storage_terms: ClassVar[str] = "No term of the software; a server's own rules may ask for more."

    def __init__(self, target: Target, http: Http) -> None:
        super().__init__(target, http)
        require_https(target, self.base_url(target))
        self._token = target.secrets.get("token") or ""
        http.authorize(self._token or None)
        self._account: dict[str, Any] | None = None
        self._account_page: Page | None = None
        self._replies_of: dict[str, int] = {}  # own post -> replies that the server counts
        self._all_read = False  # every page of posts was read: only then is a sum over them a total
        self._root_of: dict[str, str | None] = {}  # status -> own post at the top of its thread, None: somebody else's

    @classmethod
    def base_url(cls, target: Target) -> str:
        server = str(target.settings.get("server") or "") or _server_in(target.handle)
        if server and "://" not in server:
            server = f"https://{server}"
        return server.rstrip("/")

    def media_hosts(self) -> frozenset[str]:
        """The server, its subdomains, and what `media_hosts` in the settings adds (many servers use a CDN)."""
        parts = urlsplit(self.base_url(self.target))
        named = frozenset(str(host) for host in self.target.settings.get("media_hosts") or ())
        if self.target.settings.get("insecure_local"):
            return named | {parts.netloc}
        return named | {parts.hostname or "", f".{parts.hostname}"}

    def totals(self) -> dict[str, int]:
        """What the server counts: all statuses (posts, boosts, own replies); replies straight under the posts.

        It counts what it may not show us, too: posts for followers only, replies by people it has blocked.
        """
        statuses = mastodon_records.count((self._account or {}).get("statuses_count"))
        told = {} if statuses is None else {"posts_and_replies": statuses}
        return told | ({"comments": sum(self._replies_of.values())} if self._all_read else {})

    # ---------------------------------------------------------------- fetching

    def profile(self) -> Iterator[Page]:
        self._own_id()
        if self._account_page is not None:
            yield self._account_page

    def posts(self, since: int | None) -> Iterator[Page]:
        own = self._own_id()
        path = f"/api/v1/accounts/{quote(own, safe='')}/statuses"
        params: dict[str, str] | None = {"limit": str(PAGE_SIZE)}
        asked: set[tuple[tuple[str, str], ...]] = set()
        while params is not None:
            if tuple(sorted(params.items())) in asked or len(asked) >= MAX_PAGES:
                raise CursorLoop(
                    f"{self.target.name}: the server's paging of posts came back to where it was ({len(asked)} pages)."
                )
            asked.add(tuple(sorted(params.items())))
            answer = self._ask(path, params)
            if answer.status in _GONE:
                raise self._gone(answer)
            briefs = briefs_of(answer)
            page = self._page("posts", answer, roots=self._roots_of(briefs))
            if len(asked) == 1 and not briefs and reading.count((self._account or {}).get("statuses_count")):
                page.shortfall = "posts_withheld"  # the server counts posts and shows none: that is not "no posts"
            yield page
            params = self._next(answer, briefs) if reaches(briefs, since) else None
        self._all_read = since is None

    def thread(self, root: str) -> Iterator[Page]:
        self._own_id()
        self._root_of[root] = root
        shown: dict[str, Brief] = {}
        unasked, asked, cut = [root], set[str](), False
        page: Page | None = None
        while unasked and len(asked) < MAX_DIGS:
            start = unasked.pop(0)
            asked.add(start)
            answer = self._ask(f"/api/v1/statuses/{quote(start, safe='')}/context")
            if answer.status in _GONE:
                continue
            if page is not None:
                yield page
            briefs = briefs_of(answer, "descendants")
            shown.update((brief.key, brief) for brief in briefs)
            page = self._page("thread", answer, root=root)
            if self._was_cut(briefs, start):
                cut = True
                unasked += [key for key in unshown(shown) if key not in asked and key not in unasked]
        if page is not None:
            page.shortfall = self._shortfall(root, shown, cut)
            yield page

    def item(self, native_id: str) -> Sighting:
        self._own_id()
        path = f"/api/v1/statuses/{quote(native_id, safe='')}"
        answer = self.http.get(path)
        if answer.status == 401 and self._token:
            raise self._refused(answer)
        if self._token and answer.status in _GONE:
            public = self.http.get(path, anonymous=True)
            answer = public if public.status == 200 else answer
        page = self._page("item", answer)
        return self._sighting(native_id, answer, page)

    def check(self) -> list[Problem]:
        if not self.target.handle and not self.target.settings.get("account_id"):
            return [Problem("The account has no handle.", "Add `handle: name` (as in @name@server) to accounts.yaml.")]
        try:
            instance = self._ask("/api/v2/instance")
            if instance.status in _GONE:
                instance = self._ask("/api/v1/instance")
            if instance.status in _GONE:
                what = f"{self.http.clean(self.http.base_url)} does not speak Mastodon's API."
                return [Problem(what, "Set `server` to the address that the account lives on.")]
            self._own_id()
        except PlatformError as failure:
            return [Problem(str(failure.args[0]), failure.remedy)]
        return []

    # ---------------------------------------------------------------- parsing

    def records(self, page: Page) -> Iterator[Observation | Unreadable]:
        try:
            natives = _natives(page)
        except strict_json.BadJson as problem:
            raise Unintelligible(f"{page.endpoint} answered JSON of another shape ({problem.code}).") from None
        reader = mastodon_records.Reader(page)
        for native in natives:
            yield self.stamped(reader.read(native), page)

    # ---------------------------------------------------------------- who we are reading

    def _own_id(self) -> str:
        """The account's id on its server, looked up once a run; with a token, after making sure that it works."""
        if self._account is None:
            if self._token:
                # Some servers answer a dead token as if there were none, and would silently show less.
                self._ask("/api/v1/accounts/verify_credentials")
            configured = self.target.settings.get("account_id")
            answer = (
                self._ask(f"/api/v1/accounts/{quote(str(configured), safe='')}")
                if configured
                else self._ask("/api/v1/accounts/lookup", {"acct": self._acct()})
            )
            if answer.status in _GONE:
                raise self._gone(answer)
            account = answer.json()
            own = reading.exact_id(account.get("id")) if isinstance(account, dict) else None
            if own is None:
                raise Unintelligible(f"{answer.url} answered an account without a usable id.")
            if account.get("suspended") is True:
                raise self._gone(answer, "is suspended by its server")
            self._account = {**account, "id": own}
            self._account_page = self._page("profile", answer)
        return str(self._account["id"])

    def _acct(self) -> str:
        """The handle as its own server knows it: `name` for `@name@this.server`."""
        name, _, server = self.target.handle.strip().lstrip("@").partition("@")
        return name if not server or server == urlsplit(self.http.base_url).hostname else f"{name}@{server}"

    def _gone(self, answer: Answer, how: str = "is not known to its server") -> PlatformError:
        if answer.status in _GONE and not _is_api_error(answer):  # some proxy's page proves nothing about the account
            return Unintelligible(f"{answer.url} answered HTTP {answer.status} without Mastodon's own error.")
        return AccountGone(
            f"The account {self.target.name} {how}.",
            remedy="Check `handle` and `server` in accounts.yaml: it may have been renamed or moved. What was "
            "harvested stays; if the account was closed on purpose, set `enabled: false`.",
        )

    # ---------------------------------------------------------------- asking

    def _ask(self, path: str, params: dict[str, str] | None = None) -> Answer:
        """A JSON answer, or a 404/410 for the caller to judge; everything else raises."""
        answer = self.http.get_json(path, params)
        if answer.status < 300 or answer.status in _GONE:
            return answer
        raise self._refused(answer)

    def _refused(self, answer: Answer) -> PlatformError:
        if answer.status == 401 and self._token:
            return LoginExpired(f"The server no longer accepts the token of {self.target.name} (HTTP 401).")
        if answer.status == 401:
            return LoginExpired(
                f"The server of {self.target.name} shows nothing without a login (HTTP 401).",
                remedy="Make a token with the scope `read` and put it into the account's connection.",
            )
        if answer.status == 403:
            return ScopeLost(
                f"The server refuses {answer.url} to the account {self.target.name} (HTTP 403).",
                remedy="Give the token the scope `read`, or ask the server's administrator why reading is refused.",
            )
        return Unintelligible(f"{answer.url} answered HTTP {answer.status}.")

    def _page(self, kind: PageKind, answer: Answer, **context: Any) -> Page:
        return Page(
            kind=kind,
            endpoint=answer.url,
            body=answer.body,
            response_sha256=answer.sha256,
            http_date=answer.date,
            observed_at=answer.observed_at,
            context={"account_id": self._account["id"] if self._account else None, **context},
        )

    def _next(self, answer: Answer, briefs: list[Brief]) -> dict[str, str] | None:
        """Parameters of the next page: of the Link header, or, from a full page without one, `max_id`.

        Only the parameters are taken, never the address: behind a proxy servers name themselves wrongly, and a token
        must not follow them.
        """
        found = _NEXT.search(answer.headers.get("link", ""))
        if found:
            return dict(parse_qsl(urlsplit(found.group(1)).query)) or None
        if "link" not in answer.headers and len(briefs) >= PAGE_SIZE:
            return {"limit": str(PAGE_SIZE), "max_id": briefs[-1].key}
        return None

    # ---------------------------------------------------------------- threads

    def _roots_of(self, briefs: list[Brief]) -> dict[str, str | None]:
        """For the account's own replies on a page: the own post at the top of the thread, or None if another's.

        The same reply shows again in its thread; both sightings must agree, or it would seem edited in every run.
        """
        for brief in briefs:
            if brief.parent is None:
                self._root_of[brief.key] = brief.key
                self._replies_of[brief.key] = brief.replies
        replies = [brief for brief in briefs if brief.parent is not None]
        for brief in reversed(replies):  # oldest first: their roots answer for the younger ones
            if brief.key not in self._root_of:
                parent = brief.parent or ""
                self._root_of[brief.key] = self._root_of[parent] if parent in self._root_of else self._climb(brief.key)
        return {brief.key: self._root_of[brief.key] for brief in replies}

    def _climb(self, key: str) -> str | None:
        answer = self._ask(f"/api/v1/statuses/{quote(key, safe='')}/context")
        ancestors = [] if answer.status in _GONE else briefs_of(answer, "ancestors")
        top = ancestors[0] if ancestors else None
        own = self._account["id"] if self._account else None
        root = top.key if top is not None and top.parent is None and top.author == own else None
        self._root_of.update((ancestor.key, root) for ancestor in ancestors)
        return root

    def _was_cut(self, briefs: list[Brief], start: str) -> bool:
        if self._token:
            return len(briefs) >= SIGNED_THREAD
        return len(briefs) >= OPEN_THREAD or depth_of(briefs, start) >= OPEN_DEPTH

    def _shortfall(self, root: str, shown: dict[str, Brief], cut: bool) -> str | None:
        """Why this thread is known to be incomplete, or None."""
        direct = sum(1 for brief in shown.values() if brief.parent == root)
        withheld = direct < self._replies_of.get(root, 0)
        if cut and (withheld or unshown(shown)):
            return "thread_limit"
        return "replies_withheld" if withheld else None

    def _sighting(self, native_id: str, answer: Answer, page: Page) -> Sighting:
        states: dict[int, State] = {401: "inaccessible", 403: "inaccessible"}
        state = states.get(answer.status, "missing_unconfirmed")
        if answer.status in _GONE and _is_api_error(answer):
            state = "deleted"
        if answer.status != 200:
            return Sighting(native_id=native_id, state=state, page=page)
        try:
            answer.json_bytes()
            found = next(iter(self.records(page)), None)
        except Unintelligible:
            return Sighting(native_id=native_id, state="missing_unconfirmed", page=page)
        if isinstance(found, Observation) and found.native_id == native_id:
            return Sighting(native_id=native_id, state="present", page=page, observation=found)
        return Sighting(native_id=native_id, state="missing_unconfirmed", page=page)


def _natives(page: Page) -> list[bytes]:
    if page.kind in ("item", "profile"):
        return [page.body]
    if page.kind == "posts":
        return strict_json.items(page.body)
    members = strict_json.members(page.body)
    if "descendants" not in members:
        raise strict_json.BadJson("no_descendants")
    return strict_json.items(members["descendants"])


def _is_api_error(answer: Answer) -> bool:
    """Is this "not found" the API's own (JSON with an `error`), and not a page of some proxy's?"""
    try:
        body = answer.json()
    except Unintelligible:
        return False
    return isinstance(body, dict) and "error" in body


def _server_in(handle: str) -> str:
    _, _, server = handle.strip().lstrip("@").partition("@")
    return server
