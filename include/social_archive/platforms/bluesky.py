"""Bluesky: reads an account's posts, and everything said under them, through the AT Protocol's public methods."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Final
from urllib.parse import urlsplit

import msgspec

from social_archive.errors import AccountGone, CursorLoop, LoginExpired, PlatformError, Unintelligible
from social_archive.platforms import atproto, bluesky_views
from social_archive.platforms.base import Field, Pace, Page, PageKind, Platform, Problem, Sighting, Target
from social_archive.platforms.bluesky_thread import Branches
from social_archive.platforms.bluesky_views import POSTS
from social_archive.platforms.strict_json import BadJson, items, load_item, members
from social_archive.record import Observation, State, Unreadable, parse_time

if TYPE_CHECKING:
    from social_archive.platforms.http import Answer, Http

PAGE: Final = 100  # what one page of a feed or of a repository may hold
MAX_PAGES: Final = 10_000
THREAD_DEPTH: Final = 60  # levels in one answer (its JSON nests twice as deep); deeper ones are asked for from there
MAX_ANCHORS: Final = 2_000  # questions about one thread
MAX_BLOCKED: Final = 200  # blocked replies of one thread that are asked for one by one
_CDN: Final = frozenset({"cdn.bsky.app", "video.bsky.app", "video.cdn.bsky.app", ".bsky.network"})


class Bluesky(Platform):
    """Reads a Bluesky account: profile, own posts and replies, and every comment at every depth under its posts.

    Works without credentials. Posts come from the author feed and are checked against the list of records on the
    account's own server (PDS), which shows what the feed leaves out. A comment that vanished is asked for on its
    author's own server: only that server's word makes it `deleted`; a closed account makes it `account_gone`, and
    comments that the account's thread gate hides are `hidden`. Replies across a block are shown to nobody: they
    stay `present` while their record exists, and a thread that shows fewer replies than it counts leaves a gap.

    Recover: run the DAG again. If the handle was changed, put the DID (did:plc:…) into accounts.yaml.
    """

    name: ClassVar[str] = "bluesky"
    title: ClassVar[str] = "Bluesky"
    version: ClassVar[str] = "1"
    pace: ClassVar[Pace] = Pace(requests=3_000, seconds=300)
    home: ClassVar[str] = atproto.PUBLIC_SERVICE
    credentials: ClassVar[tuple[Field, ...]] = (
        Field(
            "service",
            "Service",
            "The server that shows posts. The public one needs no login.",
            example="https://public.api.bsky.app",
        ),
        Field(
            "pds",
            "Personal data server",
            "Where the account's records are kept. Found by itself when left out.",
            example="https://pds.example.org",
        ),
        Field(
            "plc",
            "Identity directory",
            "The directory that knows everybody's server. Only for closed networks.",
            example="https://plc.directory",
        ),
        Field("identifier", "Login name", "Handle or DID to sign in with; by default the account's."),
        Field(
            "password",
            "App password",
            "Made in Bluesky's settings under Privacy and Security, App Passwords. Not the account's own password.",
            secret=True,
        ),
    )
    legal_basis: ClassVar[str] = "Public records of the body's own account; all content is public by protocol."
    storage_terms: ClassVar[str] = "No limit on keeping public records is known."

    def __init__(self, target: Target, http: Http) -> None:
        super().__init__(target, http)
        self.net = atproto.Network(http, target.settings, target.secrets, target.handle)
        self._gates: dict[str, list[str]] = {}
        self._counted: int | None = None  # posts and replies, as the service counts them

    # ---------------------------------------------------------------- fetching

    def profile(self) -> Iterator[Page]:
        answer = self.net.query(self.net.views, "app.bsky.actor.getProfile", actor=self.net.did)
        if answer.status != 200:
            raise self._refusal(answer, "reading the profile")
        self._counted = _posts_count(answer)
        yield self._page("profile", "profile", answer)

    def posts(self, since: int | None) -> Iterator[Page]:
        shown: set[str] = set()
        for answer, envelope in self._walk(
            self.net.views, "app.bsky.feed.getAuthorFeed", "feed",
            actor=self.net.did, filter="posts_with_replies", limit=PAGE,
        ):  # fmt: skip
            uris, newest = _feed_page(envelope["feed"])
            shown |= uris
            yield self._page("posts", "feed", answer, shortfall=envelope.get("shortfall"))
            if since is not None and newest is not None and newest <= since:
                break
        yield from self._left_out(shown, since)

    def thread(self, root: str) -> Iterator[Page]:
        branches = Branches(root)
        held_back: Page | None = None  # the last page carries what the whole thread kept back
        for page in self._thread_pages(root, branches):
            if held_back is not None:
                yield held_back
            held_back = page
        if held_back is not None:
            held_back.shortfall = branches.shortfall()
            held_back.context["not_shown"] = branches.not_shown()
            yield held_back

    def item(self, native_id: str) -> Sighting:
        name = atproto.at_uri(native_id)
        if name is None:
            if native_id == self.net.did:
                return self._own_profile()
            raise PlatformError(f"{self.name} has no items with ids of this form.")
        answer, authority = self._record(name)
        if answer.status == 200:
            return self._present(native_id, name, answer)
        state: State = "missing_unconfirmed"
        if authority and atproto.error_name(answer) == "RecordNotFound":
            state = "deleted"
        elif (closed := self._closed_account(name.did, answer)) is not None:
            answer, status = closed
            return self._sighting(native_id, "account_gone", answer, status=status)
        elif answer.status in (401, 403):
            state = "inaccessible"
        return self._sighting(native_id, state, answer)

    def records(self, page: Page) -> Iterator[Observation | Unreadable]:
        for item in bluesky_views.read(page, self.target.handle):
            yield self.stamped(item, page)

    def check(self) -> list[Problem]:
        problems = []
        try:
            self.net.sign_in()
        except LoginExpired as refused:
            problems.append(Problem(refused.args[0], "Put a new app password into the account's connection."))
        except PlatformError as failure:
            return [Problem(failure.args[0], failure.remedy)]
        try:
            if not problems:
                next(self.profile())
            atproto.document(
                self.http.get_json(f"{self.net.pds}/xrpc/com.atproto.repo.describeRepo", {"repo": self.net.did}),
                "looking at the account's repository",
            )
        except PlatformError as failure:
            problems.append(Problem(failure.args[0], failure.remedy))
        return problems

    def media_hosts(self) -> frozenset[str]:
        servers = [self.net.service]
        with contextlib.suppress(PlatformError):  # the harvest will say so itself
            servers.append(self.net.pds)
        if self.net.local:
            return frozenset(urlsplit(server).netloc for server in servers)
        return _CDN | {host for server in servers if (host := urlsplit(server).hostname)}

    def reparse(self, native: bytes, page: Page) -> Observation | Unreadable:
        """A quarantined item stands alone: a post's view, or a record as its server lists it, or a profile."""
        context = {"did": self.net.did, "pds": self.net.pds, **page.context}
        if page.kind == "profile":
            alone = msgspec.structs.replace(page, body=native, context={**context, "shape": "profile"})
        elif b'"value"' in native and b'"record"' not in native:
            alone = msgspec.structs.replace(page, body=native, context={**context, "shape": "record"})
        else:
            body = b'{"posts":[' + native + b"]}"
            alone = msgspec.structs.replace(page, body=body, context={**context, "shape": "posts"})
        return super().reparse(alone.body, alone)

    def totals(self) -> dict[str, int]:
        """The service's `postsCount`: posts and own replies, without reposts."""
        return {} if self._counted is None else {"posts_and_replies": self._counted}

    # ---------------------------------------------------------------- pages

    def _page(self, kind: PageKind, shape: str, answer: Answer, *, shortfall: str | None = None, **more: Any) -> Page:
        context = {"shape": shape, "did": self.net.did, "pds": self.net.pds, **more}
        return Page(
            kind=kind, endpoint=answer.url, body=answer.body, response_sha256=answer.sha256, http_date=answer.date,
            observed_at=answer.observed_at, context=context, shortfall=shortfall,
        )  # fmt: skip

    def _walk(self, host: str, method: str, listed: str, **params: Any) -> Iterator[tuple[Answer, dict[str, Any]]]:
        """Answers of a paged method with their envelopes: `cursor`, the list's raw bytes, maybe a `shortfall`."""
        cursor: str | None = None
        given: set[str] = set()
        for number in range(1, MAX_PAGES + 1):
            answer = self.net.query(host, method, cursor=cursor, **params)
            if answer.status != 200:
                raise self._refusal(answer, f"reading {listed}")
            envelope = _envelope(answer, listed)
            cursor = envelope["cursor"]
            if number == MAX_PAGES and cursor:
                envelope["shortfall"] = "page_cap"
            yield answer, envelope
            if not cursor:
                return
            if cursor in given:
                raise CursorLoop(f"{atproto.origin(answer.url)} handed out the same cursor twice for {method}.")
            given.add(cursor)

    def _left_out(self, shown: set[str], since: int | None) -> Iterator[Page]:
        """Records on the account's own server that the feed did not show (back-dated, filtered, not yet indexed)."""
        for answer, envelope in self._walk(
            self.net.pds, "com.atproto.repo.listRecords", "records",
            repo=self.net.did, collection=POSTS, limit=PAGE,
        ):  # fmt: skip
            uris = _uris(envelope["records"])
            missed = [uri for uri in uris if uri not in shown]
            if missed:
                shortfall = envelope.get("shortfall")
                yield self._page("posts", "records", answer, shortfall=shortfall, only=missed)
            times = [atproto.tid_micros(uri.rpartition("/")[2]) for uri in uris]
            if since is not None and times and all(time is not None and time <= since for time in times):
                return

    def _thread_pages(self, root: str, branches: Branches) -> Iterator[Page]:
        waiting = deque([root])
        asked: set[str] = set()
        hidden_asked = False
        while waiting:
            anchor = waiting.popleft()
            if anchor in asked:
                continue
            if len(asked) >= MAX_ANCHORS:
                branches.cut_short = True
                return
            asked.add(anchor)
            answer = self.net.query(
                self.net.views, "app.bsky.feed.getPostThread", uri=anchor, depth=THREAD_DEPTH, parentHeight=0
            )
            branches.answered(anchor)
            if answer.status == 200:
                envelope = _members(answer)
                try:
                    branches.add_thread(anchor, envelope)
                except BadJson as problem:
                    raise _unreadable(answer, problem) from None
                if anchor == root:
                    self._gates[root] = bluesky_views.hidden_in_gate(envelope.get("threadgate", b"{}"))
                yield self._thread_page("thread", answer, branches, anchor=anchor)
            elif atproto.error_name(answer) != "NotFound":
                raise self._refusal(answer, "reading a thread")
            waiting.extend(branches.unopened())
            if not waiting and not hidden_asked and branches.not_shown():
                hidden_asked = True
                yield from self._other_replies(branches)
                waiting.extend(branches.unopened())
        yield from self._blocked_replies(branches)

    def _thread_page(self, shape: str, answer: Answer, branches: Branches, **more: Any) -> Page:
        root = branches.root
        homes = {did: self.net.home_of(did) for did in sorted(branches.video_makers - {self.net.did})}
        return self._page("thread", shape, answer, root=root, hidden=self._gates.get(root, []), homes=homes, **more)

    def _other_replies(self, branches: Branches) -> Iterator[Page]:
        """Replies that the service keeps out of the thread proper, where it has the (unspecced) method for them."""
        answer = self.net.query(self.net.views, "app.bsky.unspecced.getPostThreadOtherV2", anchor=branches.root)
        if answer.status == 200:
            new = branches.add_others(_members(answer))
            if new:
                yield self._thread_page("others", answer, branches, only=sorted(new))

    def _blocked_replies(self, branches: Branches) -> Iterator[Page]:
        """Replies named but not shown because of a block: their authors' servers still have them."""
        for uri in sorted(branches.blocked)[:MAX_BLOCKED]:
            name = atproto.at_uri(uri)
            if name is None or name.collection != POSTS:
                continue
            answer, _ = self._record(name)
            if answer.status == 200:
                branches.add_post(answer.body)
                yield self._page("item", "record", answer, hidden=self._gates.get(branches.root, []))

    # ---------------------------------------------------------------- one item by its id

    def _record(self, name: atproto.AtUri) -> tuple[Answer, bool]:
        """The record from its author's own server, and True; else what the service says, and False."""
        home = self.net.home_of(name.did)
        params = {"repo": name.did, "collection": name.collection, "rkey": name.rkey}
        if home is not None:
            try:
                return self.net.query(home, "com.atproto.repo.getRecord", **params), True
            except PlatformError:
                if name.did == self.net.did:
                    raise
                self.net.unreachable(home)  # a stranger's broken server must not end the harvest
        return self.net.query(self.net.service, "com.atproto.repo.getRecord", **params), False

    def _present(self, native_id: str, name: atproto.AtUri, answer: Answer) -> Sighting:
        """The view of a record that exists, if the service shows this very version; else the record itself."""
        hidden = self._hidden_under(answer)
        page = self._page("item", "record", answer, hidden=hidden)
        if name.collection == POSTS:
            view = self.net.query(self.net.views, "app.bsky.feed.getPosts", uris=native_id)
            if view.status == 200 and _cids(view) == _cids(answer):
                page = self._page("item", "posts", view, hidden=hidden)
        found = next(iter(self.records(page)), None)
        if not isinstance(found, Observation):
            return Sighting(native_id=native_id, state="missing_unconfirmed", page=page)
        return Sighting(native_id=native_id, state=found.state, page=page, observation=found)

    def _hidden_under(self, answer: Answer) -> list[str]:
        """What the account's thread gate hides in the thread that this record belongs to, if it is the account's."""
        root = bluesky_views.root_of(answer.body)
        name = atproto.at_uri(root)
        if root is None or name is None or name.did != self.net.did:
            return []
        if root not in self._gates:
            gate = self.net.query(
                self.net.pds, "com.atproto.repo.getRecord",
                repo=name.did, collection="app.bsky.feed.threadgate", rkey=name.rkey,
            )  # fmt: skip
            self._gates[root] = bluesky_views.hidden_in_gate(gate.body) if gate.status == 200 else []
        return self._gates[root]

    def _own_profile(self) -> Sighting:
        answer = self.net.query(self.net.views, "app.bsky.actor.getProfile", actor=self.net.did)
        page = self._page("profile", "profile", answer)
        if answer.status == 200 and isinstance(found := next(self.records(page), None), Observation):
            return Sighting(native_id=self.net.did, state="present", page=page, observation=found)
        closed = self._closed_account(self.net.did, answer)
        return self._sighting(self.net.did, "account_gone" if closed else "missing_unconfirmed", answer)

    def _closed_account(self, did: str, answer: Answer) -> tuple[Answer, str] | None:
        """The answer that says positively that an account is closed, and how; None if nobody says so."""
        if (named := atproto.GONE.get(atproto.error_name(answer))) is not None:
            return answer, named
        home = self.net.home_of(did)
        if home is not None:
            try:
                status = self.net.query(home, "com.atproto.sync.getRepoStatus", did=did)
                if status.status == 200:
                    told = atproto.document(status, "asking for an account's status")
                    return (status, str(told.get("status") or "inactive")) if told.get("active") is False else None
            except PlatformError:
                self.net.unreachable(home)
        identity = self.net.did_document(did)
        return (identity, "deleted") if identity is not None and identity.status == 410 else None

    def _sighting(self, native_id: str, state: State, answer: Answer, **context: Any) -> Sighting:
        return Sighting(native_id=native_id, state=state, page=self._page("item", "evidence", answer, **context))

    def _refusal(self, answer: Answer, doing: str) -> PlatformError:
        """What an unexpected answer about the account itself means; asks whether the account is closed."""
        refusal = atproto.failure(answer, doing)
        if type(refusal) is PlatformError and answer.status == 400:
            closed = self._closed_account(self.net.did, answer)
            if closed is not None:
                return AccountGone(f"The account's own server says that it is {closed[1]}.")
        return refusal


# --------------------------------------------------------------------------- envelopes


def _members(answer: Answer) -> dict[str, bytes]:
    try:
        return members(answer.body)
    except BadJson as problem:
        raise _unreadable(answer, problem) from None


def _unreadable(answer: Answer, problem: BadJson) -> Unintelligible:
    return Unintelligible(f"{atproto.origin(answer.url)} answered JSON that cannot be read ({problem.code}).")


def _envelope(answer: Answer, listed: str) -> dict[str, Any]:
    found = _members(answer)
    cursor: Any = None
    try:
        if "cursor" in found:
            cursor, _ = load_item(found["cursor"])
        if listed not in found or not found[listed].startswith(b"["):
            raise BadJson("no_list")
    except BadJson as problem:
        raise Unintelligible(
            f"{atproto.origin(answer.url)} answered without a usable list of {listed} ({problem.code})."
        ) from None
    return {"cursor": cursor if isinstance(cursor, str) else None, listed: found[listed]}


def _loaded(raw_list: bytes) -> Iterator[dict[str, Any]]:
    """The elements that can be read at all; the others are for `records` to report."""
    for raw in items(raw_list):
        try:
            item, _ = load_item(raw)
        except BadJson:
            continue
        if isinstance(item, dict):
            yield item


def _feed_page(raw_list: bytes) -> tuple[set[str], int | None]:
    """URIs of the posts on a feed page, and the newest time it is sorted by (the earlier of posted and indexed)."""
    uris: set[str] = set()
    newest: int | None = None
    for item in _loaded(raw_list):
        post = item.get("post")
        if not isinstance(post, dict) or item.get("reason"):
            continue
        uris.add(str(post.get("uri")))
        record = post.get("record")
        created = parse_time(_text(record.get("createdAt"))) if isinstance(record, dict) else None
        times = [time for time in (created, parse_time(_text(post.get("indexedAt")))) if time is not None]
        if times:
            newest = min(times) if newest is None else max(newest, min(times))
    return uris, newest


def _uris(raw_list: bytes) -> list[str]:
    return [item["uri"] for item in _loaded(raw_list) if isinstance(item.get("uri"), str)]


def _cids(answer: Answer) -> list[Any]:
    """The cid of a record, or those of a list of views."""
    body = answer.json()
    if not isinstance(body, dict):
        return []
    posts = body.get("posts", [body])
    return [post.get("cid") for post in posts if isinstance(post, dict)] if isinstance(posts, list) else []


def _posts_count(answer: Answer) -> int | None:
    """Read for itself alone: a profile that cannot be read is for `records` to report."""
    with contextlib.suppress(PlatformError):
        profile = answer.json()
        counted = profile.get("postsCount") if isinstance(profile, dict) else None
        return counted if type(counted) is int and counted >= 0 else None
    return None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
