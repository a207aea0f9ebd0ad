"""Instagram (Graph API): one professional account's posts and stories, the comments under them and their replies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from social_archive.errors import ConfigError, LoginExpired, PlatformError, ScopeLost
from social_archive.platforms import instagram_graph, instagram_login, instagram_records
from social_archive.platforms.base import (
    Field,
    Pace,
    Page,
    Platform,
    Problem,
    Scope,
    Sighting,
    Target,
    require_https,
)
from social_archive.platforms.http import Answer, Http
from social_archive.platforms.instagram_graph import Edge, Graph
from social_archive.platforms.reading import count
from social_archive.record import Observation, Unreadable

VERSION: Final = "v26.0"
MEDIA_CAP: Final = 10_000
COMMENT_CAP: Final = 50
_CHILDREN: Final = "children{id,media_type,media_url,thumbnail_url,alt_text}"
_STORY_FIELDS: Final = (
    "id,caption,alt_text,media_type,media_product_type,media_url,thumbnail_url,permalink,timestamp,username,like_count"
)
_MEDIA_FIELDS: Final = f"{_STORY_FIELDS},comments_count,is_comment_enabled,{_CHILDREN}"
_REPLY_FIELDS: Final = "id,text,timestamp,username,from,hidden,like_count,parent_id"
_THREAD_FIELDS: Final = f"{_REPLY_FIELDS},replies.limit({COMMENT_CAP}){{{_REPLY_FIELDS}}}"
_COMMENT_FIELDS: Final = f"{_REPLY_FIELDS},media{{id}}"


class Instagram(Platform):
    """Reads one Instagram professional account.

    **What it reads.** The profile (name, biography, website, picture); every post (caption, pictures, films, each part
    of an album with its description); stories while they are shown; under each watched post all comments and the
    replies to them, hidden ones too where Instagram lists them. Instagram dates no edits: a comment that reads
    otherwise than before is a new version.

    **Limits.** The newest 10,000 posts. Stories are shown for 24 hours, so harvest at least twice a day: what ended
    unseen is lost; what was seen stays, and its end is not taken for a deletion. 50 comments a page; where Instagram
    ends a full page without a next one, a gap says so. 4,800 calls in 24 hours for each time that the account was
    seen: next to nothing for a new one. The usage headers are heeded, and a block is waited out, because asking again
    would lengthen it.

    **Traps.** Silently left out are comments of restricted people, those on media with an age limit, those on a live
    film after its end, and those on advertisements. A comment that vanished is `deleted` only when Instagram says of
    its id that it is not there, to a login whose permissions are proved. A post that the owner has put into
    Instagram's own archive looks deleted (unverified). Replies to a reply stand under the comment at the top. A story
    that is taken down early looks like one that has ended. `/stories` may ask for a permission of its own
    (`instagram_manage_insights`, unverified): if it is refused, a gap says so and the rest is read.

    **Token.** `login: instagram` (Instagram Login, scopes `instagram_business_basic` and
    `instagram_business_manage_comments`): lives for 60 days and is renewed in every run when it is a day old, provided
    that it is kept in an Airflow connection. `login: facebook` (Facebook Login, scopes `instagram_basic`,
    `instagram_manage_comments`, `pages_show_list`, `pages_read_engagement`): the token of a person who manages the
    linked Page, or better that Page's own, which has no end. Neither needs a review by Meta for one's own account.
    """

    name: ClassVar[str] = "instagram"
    title: ClassVar[str] = "Instagram"
    version: ClassVar[str] = "1"
    pace: ClassVar[Pace] = Pace(requests=300, seconds=60)
    home: ClassVar[str] = instagram_login.InstagramLogin.home
    credentials: ClassVar[tuple[Field, ...]] = (
        Field("token", "Access token", "Long-lived: of the account itself (Instagram Login), or of the linked Page or "
              "a person who manages it (Facebook Login).", secret=True, required=True,
              example="connection:library_instagram"),
        Field("login", "Login", "How the token was made: `instagram` (the default) or `facebook`.",
              example="instagram"),
        Field("token_issued", "Issued on", "Day on which an Instagram Login token was made, for the warning before it "
              "dies; not needed where the token is kept in a connection and renewed.", example="2026-05-31"),
        Field("api_version", "API version", f"Of the Graph API (default {VERSION}).", example=VERSION),
    )  # fmt: skip
    scopes: ClassVar[tuple[Scope, ...]] = (
        *instagram_login.InstagramLogin.scopes, *instagram_login.FacebookLogin.scopes,
    )  # fmt: skip
    legal_basis: ClassVar[str] = "The body's own account and what the public writes under its posts."
    storage_terms: ClassVar[str] = (
        "Meta's Platform Terms let data be kept as long as the purpose needs it, and ask to delete it on request "
        "unless law requires keeping it (unverified here). A records law is such a law: let counsel decide."
    )

    @classmethod
    def base_url(cls, target: Target) -> str:
        return str(target.settings.get("server") or instagram_login.chosen(target).home)

    def __init__(self, target: Target, http: Http) -> None:
        super().__init__(target, http)
        require_https(target, self.base_url(target))
        graph = Graph(http, str(target.settings.get("api_version") or VERSION), target.name)
        self._graph = graph
        self._login = instagram_login.chosen(target)(target, graph)
        self._account: dict[str, Any] = {}
        self._context: dict[str, str] = {}
        self._profile_page: Page | None = None
        self._comment_counts: dict[str, int] = {}
        self._shown_comments = False

    def media_hosts(self) -> frozenset[str]:
        if self.target.settings.get("insecure_local"):
            return frozenset({self.http.base_url.partition("://")[2]})
        return frozenset({".cdninstagram.com", ".fbcdn.net"})

    # ---------------------------------------------------------------- fetching

    def profile(self) -> Iterator[Page]:
        self._own()
        if self._profile_page is not None:
            yield self._profile_page

    def posts(self, since: int | None) -> Iterator[Page]:
        """Stories first: they are the ones that will not be there tomorrow."""
        account_id = self._own()
        yield from self._stories(account_id)
        shown = 0
        query = {"fields": _MEDIA_FIELDS, "limit": "100"}
        for answer, edge in self._graph.pages(f"{account_id}/media", query, needs=self._login.scopes[0].name):
            rows = instagram_records.listed(edge) if edge else []
            self._comment_counts.update({post: number for post, _, number in rows if post and number is not None})
            shown += len(edge.data) if edge else 0
            last = edge is None or edge.next_query is None
            yield self._page("posts", answer, "media", shortfall=self._posts_kept_back(shown) if last else None)
            if since is not None and rows and all(at is not None and at < since for _, at, _ in rows):
                return

    def thread(self, root: str) -> Iterator[Page]:
        self._own()
        shown = 0
        for answer, edge in self._comments(f"{root}/comments", _THREAD_FIELDS):
            shown += len(edge.data)
            self._shown_comments = self._shown_comments or shown > 0
            further, capped = instagram_records.cut_short(edge, COMMENT_CAP)
            kept_back = self._comments_kept_back(root, edge, shown)
            yield self._page(
                "thread", answer, "comment", shortfall=kept_back or ("replies_cap_50" if capped else None), root=root
            )
            for parent, following in further:
                yield from self._replies(root, parent, following)

    def item(self, native_id: str) -> Sighting:
        self._own()
        what = "comment"
        answer, refusal = self._graph.attempt(native_id, {"fields": _COMMENT_FIELDS})
        if refusal is not None and refusal.is_unknown_field:  # a post has no such fields
            what = "media"
            answer, refusal = self._graph.attempt(native_id, {"fields": _MEDIA_FIELDS})
        page = self._page("item", answer, what)
        if refusal is None:
            return self.sighted(native_id, page)
        if refusal.is_no_such_thing and self._may_see_comments:
            return Sighting(native_id=native_id, state="deleted", page=page)
        state = "inaccessible" if refusal.is_missing_permission else "missing_unconfirmed"
        return Sighting(native_id=native_id, state=state, page=page)  # type: ignore[arg-type]

    def check(self) -> list[Problem]:
        try:
            self._own()
        except (PlatformError, ConfigError) as failure:
            missing = self._login.missing()
            if missing and isinstance(failure, ScopeLost):
                return [Problem(f"The login lacks {scope.name}. {scope.why}", failure.remedy) for scope in missing]
            return [Problem(str(failure.args[0]), failure.remedy)]
        return []

    # ---------------------------------------------------------------- parsing

    def records(self, page: Page) -> Iterator[Observation | Unreadable]:
        for found in instagram_records.read(page):
            yield self.stamped(found, page)

    # ---------------------------------------------------------------- limits, ends, numbers

    def pause_asked(self, answer: Answer) -> float | None:
        pause = instagram_graph.throttle_seconds(answer)
        if pause is None and answer.status < 300:
            held = instagram_graph.hold_seconds(answer)
            if held:
                self.http.hold_back(held)
        return pause

    def warnings(self) -> list[Problem]:
        return self._login.warnings()

    def totals(self) -> dict[str, int]:
        """Posts as the account counts them, and comments as the posts do that were listed in this walk."""
        posts = count(self._account.get("media_count"))
        found = {"posts": posts} if posts is not None else {}
        return {**found, "comments": sum(self._comment_counts.values())} if self._comment_counts else found

    # ---------------------------------------------------------------- who we are reading

    def _own(self) -> str:
        """The account's id, asked for once a run, after making sure of what the login may see."""
        if self._profile_page is None:
            token = self.target.secrets.get("token")
            if not token:
                raise LoginExpired(
                    f"The account {self.target.name} has no access token.",
                    remedy="Add `token` to its secrets in accounts.yaml.",
                )
            instagram_login.authorize(self._graph, token)
            self._login.prove()
            missing = self._login.missing()
            if missing:
                raise ScopeLost(
                    f"The login of {self.target.name} lacks {', '.join(scope.name for scope in missing)}. "
                    f"{missing[0].why}",
                    remedy="Log in again and allow this; without it Instagram answers with empty lists.",
                )
            answer, self._account, account_id = self._login.account()
            self._context = {"account_id": account_id, "username": str(self._account.get("username") or "")}
            self._profile_page = self._page("profile", answer, "profile")
        return self._context["account_id"]

    @property
    def _may_see_comments(self) -> bool:
        """Proved by what the platform said of the token, or by what it has shown in this run."""
        return self._login.granted is not None or self._shown_comments

    # ---------------------------------------------------------------- asking

    def _page(self, kind: Any, answer: Answer, what: str, *, shortfall: str | None = None, **more: Any) -> Page:
        return self.page(kind, answer, shortfall=shortfall, what=what, **self._context, **more)

    def _stories(self, account_id: str) -> Iterator[Page]:
        found = self._graph.pages(
            f"{account_id}/stories", {"fields": f"{_STORY_FIELDS},{_CHILDREN}"},
            tolerated=lambda refusal: refusal.is_missing_permission,
        )  # fmt: skip
        for answer, edge in found:
            if edge is None:
                yield self._page("posts", answer, "media", shortfall="stories_not_permitted", refused=True)
            else:
                yield self._page("posts", answer, "media")

    def _comments(
        self, path: str, fields: str, start: dict[str, str] | None = None
    ) -> Iterator[tuple[Answer, Edge]]:
        """The pages of a list of comments; none when what they stand under went in between."""
        found = self._graph.pages(
            path, {"fields": fields, "limit": str(COMMENT_CAP)}, needs=self._login.comments_scope,
            tolerated=lambda refusal: refusal.is_no_such_thing, start=start,
        )  # fmt: skip
        for answer, edge in found:
            if edge is not None:
                yield answer, edge

    def _replies(self, root: str, parent: str, following: dict[str, str]) -> Iterator[Page]:
        """The replies that did not fit into their comment."""
        for answer, edge in self._comments(f"{parent}/replies", _REPLY_FIELDS, following):
            capped = edge.next_query is None and len(edge.data) >= COMMENT_CAP
            shortfall = "replies_cap_50" if capped else None
            yield self._page("thread", answer, "comment", shortfall=shortfall, root=root, parent=parent)

    # ---------------------------------------------------------------- what was kept back

    def _posts_kept_back(self, shown: int) -> str | None:
        if shown >= MEDIA_CAP:
            return "media_cap_10000"
        if shown == 0 and count(self._account.get("media_count")):
            return self._silence("posts", self._login.granted is not None, self._login.scopes[0])
        return None

    def _comments_kept_back(self, root: str, edge: Edge, shown: int) -> str | None:
        if edge.next_query is not None:
            return None
        if len(edge.data) >= COMMENT_CAP:
            return "comments_cap_50"
        if shown == 0 and self._comment_counts.get(root):
            return self._silence("comments", self._may_see_comments, self._login.scopes[1])
        return None

    def _silence(self, what: str, proved: bool, scope: Scope) -> str:
        """An empty list where Instagram itself counts some: a gap, or with an unproved login no answer at all."""
        if not proved:
            raise ScopeLost(
                f"Instagram counts {what} of {self.target.name} and shows none; it does not say whether the login has "
                f"{scope.name}. {scope.why}",
                remedy="Log in again and allow this; an empty list from this login proves nothing.",
            )
        return f"{what}_not_shown"
