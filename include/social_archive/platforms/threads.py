"""Threads (Meta's Threads API): one account's posts and every reply under them, hidden and held ones included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from social_archive.errors import (
    ConfigError,
    CursorLoop,
    LoginExpired,
    PlatformError,
    ScopeLost,
    Unintelligible,
)
from social_archive.platforms import threads_records, threads_token
from social_archive.platforms.base import (
    Estimate,
    Field,
    Pace,
    Page,
    Platform,
    Problem,
    Scale,
    Scope,
    Sighting,
    Target,
    require_https,
)
from social_archive.platforms.http import Answer, Http
from social_archive.platforms.reading import count
from social_archive.record import Observation, State, Unreadable

API: Final = "https://graph.threads.net"
_MEDIA: Final = (
    "id,media_product_type,media_type,media_url,permalink,username,text,timestamp,shortcode,thumbnail_url,"
    "children{id,media_type,media_url,thumbnail_url,alt_text},is_quote_post,quoted_post,reposted_post,has_replies,"
    "reply_audience,gif_url,topic_tag"
)
_OF_POSTS: Final = (
    ",owner,alt_text,link_attachment_url,poll_attachment{option_a,option_b,option_c,option_d,total_votes,"
    "expiration_timestamp}"
)
_OF_REPLIES: Final = ",root_post,replied_to,is_reply,is_reply_owned_by_me,hide_status"
POST_FIELDS: Final = _MEDIA + _OF_POSTS
REPLY_FIELDS: Final = _MEDIA + _OF_REPLIES
ITEM_FIELDS: Final = _MEDIA + _OF_POSTS + _OF_REPLIES
PENDING_FIELDS: Final = REPLY_FIELDS + ",reply_approval_status"
PROFILE_FIELDS: Final = "id,username,name,threads_profile_picture_url,threads_biography,is_verified"
_POSTS_PER_PAGE: Final = 100
_FULL_PAGE: Final = 25  # the documented default, for lists that take no `limit`

# Threads documents no throttle code; these are the Graph API's (unverified for Threads).
_TOO_MUCH: Final = frozenset({4, 17, 32, 613})
_DEAD_LOGIN: Final = frozenset({102, 190})
_TOO_MUCH_PAUSE: Final = 3600
_PASSING_PAUSE: Final = 60.0


class Threads(Platform):
    """Reads one Threads account with a token of its owner.

    **What it reads.** The profile (name, biography, picture); every post of the account (text, pictures, videos,
    carousels, polls, quotes); under each watched post the whole conversation, flattened, at all depths, with those
    replies that the account or Threads has hidden; and, where a post asks for approval of replies, those that wait for
    it or were passed over.

    **Limits.** Threads allows 4,800 calls a day for each impression of the account, and 48,000 at the least; it says
    nowhere how many are left. The adapter counts its own and stops before `daily_calls` (40,000 unless set). Threads
    documents no code for a throttle: the Graph API's codes 4, 17, 32 and 613 count as one (unverified), and the account
    rests for `throttle_pause` seconds (3,600 unless set).

    **Traps.** Without `threads_read_replies` every conversation is empty, and no error says so: the token's permissions
    are asked for first. Nothing says that a post was edited: its text is compared. A reply that is gone, one whose
    author closed the account or made it private, and one that this app may not see all get the same answer by id. It
    counts as `deleted` only after another person's reply was readable by id in the same run; else it is
    `missing_unconfirmed`. Other people have no id here, only a username, which can change hands. What the account
    writes under other people's posts is not read.

    **Token.** A long-lived token (60 days) of the account with `threads_basic` and `threads_read_replies`. From 30 days
    before its end on it is renewed and stored where it came from; where that place cannot be written to, a warning
    comes 14 days before. The account must be a tester of the app, or Threads will not tell what the token may do.
    """

    name: ClassVar[str] = "threads"
    title: ClassVar[str] = "Threads"
    version: ClassVar[str] = "1"
    pace: ClassVar[Pace] = Pace(requests=600, seconds=60)
    home: ClassVar[str] = API
    credentials: ClassVar[tuple[Field, ...]] = (
        Field("token", "Access token", "Long-lived token of the account, with threads_basic and threads_read_replies.",
              secret=True, required=True, example="connection:library_threads"),
        Field("daily_calls", "Calls", "API calls that one run may make (default 40000).", example="40000"),
        Field("throttle_pause", "Pause", "Seconds to rest after a throttle (default 3600).", example="3600"),
        Field("api_version", "API version", "Of the Threads API (default v1.0).", example="v1.0"),
    )  # fmt: skip
    scopes: ClassVar[tuple[Scope, ...]] = (
        Scope("threads_basic", "The account's own posts and profile."),
        Scope("threads_read_replies", "Every reply; without it Threads shows empty conversations, not an error."),
    )
    legal_basis: ClassVar[str] = "The body's own account and what the public replies to it."
    storage_terms: ClassVar[str] = (
        "Meta's platform terms ask to keep data only as long as needed and to delete it when asked (unverified here). "
        "A records law that binds the body may go against that: let counsel decide."
    )

    def __init__(self, target: Target, http: Http) -> None:
        super().__init__(target, http)
        require_https(target, self.base_url(target))
        self._token = threads_token.Token(target, http, self._get)
        self._me: dict[str, Any] | None = None
        self._me_page: Page | None = None
        self._stranger: str | None = None  # a reply of somebody else that this run has seen
        self._strangers_readable: bool | None = None
        self._has_replies: set[str] = set()
        self._held_refused = 0  # the code with which Threads refused to list replies that wait for approval
        self.calls = 0

    def media_hosts(self) -> frozenset[str]:
        if self.target.settings.get("insecure_local"):
            return frozenset({self.http.base_url.partition("://")[2]})
        return frozenset({".cdninstagram.com", ".fbcdn.net", ".giphy.com", ".tenor.com"})

    # ---------------------------------------------------------------- fetching

    def profile(self) -> Iterator[Page]:
        self._own()
        if self._me_page is not None:
            yield self._me_page

    def posts(self, since: int | None) -> Iterator[Page]:
        self._own()
        found = self._pages("me/threads", fields=POST_FIELDS, limit=str(_POSTS_PER_PAGE))
        for answer in found:
            listed = threads_records.listed(answer)
            self._has_replies |= {post.id for post in listed if post.has_replies}
            yield self.page("posts", answer, **self._context())
            if since is not None and listed and all(post.at is not None and post.at < since for post in listed):
                return

    def thread(self, root: str) -> Iterator[Page]:
        self._own()
        shown = 0
        for answer in self._pages(f"{root}/conversation", fields=REPLY_FIELDS, reverse="false", tolerated=True):
            if answer.status != 200:
                if not threads_records.error_of(answer).is_unknown_object:
                    raise self._refused(answer)
                return  # the post went in between; each known reply is asked for by id
            replies = threads_records.listed(answer)
            shown += len(replies)
            self._notice_stranger(replies)
            withheld = not shown and root in self._has_replies
            yield self.page("thread", answer, root=root, **self._context(),
                            shortfall="replies_withheld" if withheld else None)  # fmt: skip
        yield from self._held(root)

    def _held(self, root: str) -> Iterator[Page]:
        """Replies that wait for the account's approval. A post that does not ask for approval answers with an error.

        Which one is not documented. So no error here stops the harvest, but one that is not about the post is told.
        """
        asked = self._pages(f"{root}/pending_replies", fields=PENDING_FIELDS, reverse="false", tolerated=True)
        for answer in asked:
            error = threads_records.error_of(answer) if answer.status != 200 else None
            if error is not None:
                self._held_refused = self._held_refused or (0 if error.is_about_the_object else error.code)
                return
            if threads_records.listed(answer):
                yield self.page("thread", answer, root=root, queue="pending", **self._context())

    def item(self, native_id: str) -> Sighting:
        self._own()
        answer = self._get(self._path(native_id), fields=ITEM_FIELDS)
        page = self.page("item", answer, **self._context())
        if answer.status != 200:
            if not threads_records.error_of(answer).is_unknown_object:
                raise self._refused(answer)
            state: State = "deleted" if self._may_read_strangers() else "missing_unconfirmed"
            return Sighting(native_id=native_id, state=state, page=page)
        return self.sighted(native_id, page)

    def check(self) -> list[Problem]:
        try:
            missing = self._token.missing_scopes(self.scopes)
            if missing:
                remedy = "Give consent again with this permission, make the token long-lived, and store it."
                return [Problem(f"The token lacks {scope.name}. {scope.why}", remedy) for scope in missing]
            self._own()
        except (PlatformError, ConfigError) as failure:
            return [Problem(str(failure.args[0]), failure.remedy)]
        return []

    # ---------------------------------------------------------------- parsing

    def records(self, page: Page) -> Iterator[Observation | Unreadable]:
        for found in threads_records.read(page):
            yield self.stamped(found, page)

    # ---------------------------------------------------------------- what it costs

    def estimate(self, scale: Scale) -> Estimate:
        calls = 3 + scale.posts // _POSTS_PER_PAGE + 2 * scale.watched + scale.comments // _FULL_PAGE
        so_far = "; nothing is known of this account yet, so this is the least" if scale.first else ""
        return Estimate(
            requests=calls, units=float(calls), unit="calls",
            sentence=f"About {calls:,} of the {self._daily_calls:,} calls that a day allows{so_far}.",
        )  # fmt: skip

    def pause_asked(self, answer: Answer) -> float | None:
        if answer.status not in (400, 403, 429):
            return None
        error = threads_records.error_of(answer)
        if error.code in _TOO_MUCH or (answer.status == 429 and "retry-after" not in answer.headers):
            return float(count(self.target.settings.get("throttle_pause")) or _TOO_MUCH_PAUSE)
        return _PASSING_PAUSE if error.is_transient else None

    def warnings(self) -> list[Problem]:
        if not self._held_refused:
            return self._token.warnings()
        unseen = Problem(
            f"Threads refuses to list what waits for approval by {self.target.name} (code {self._held_refused}).",
            "Nothing else is missing. Look for them in the Threads app until this message ends.",
        )
        return [*self._token.warnings(), unseen]

    def totals(self) -> dict[str, int]:
        """Threads tells no totals of posts or replies: nothing to compare with."""
        return {}

    @property
    def _daily_calls(self) -> int:
        return count(self.target.settings.get("daily_calls")) or 40_000

    # ---------------------------------------------------------------- who we are reading

    def _own(self) -> dict[str, Any]:
        """The account, asked for once a run, after its token's permissions were proved."""
        if self._me is None:
            missing = self._token.missing_scopes(self.scopes)
            if missing:
                raise ScopeLost(
                    f"The token of {self.target.name} lacks "
                    + " and ".join(f"{scope.name} ({scope.why.rstrip('.')})" for scope in missing) + ".",
                    remedy="Give consent again with these permissions; without them Threads answers with empty lists.",
                )  # fmt: skip
            self._token.renew_if_due()
            answer = self._get(self._path("me"), fields=PROFILE_FIELDS)
            if answer.status != 200:
                raise self._refused(answer)
            me = threads_records.whose(answer)
            if self.target.handle.lstrip("@").lower() not in (me["username"].lower(), me["id"]):
                raise ScopeLost(
                    f"The token of {self.target.name} belongs to another account than its handle names.",
                    remedy="Give consent as this very account, or correct `handle` in accounts.yaml.",
                )
            self._me = me
            self._me_page = self.page("profile", answer, **self._context())
        return self._me

    def _context(self) -> dict[str, str]:
        me = self._me or {}
        return {"owner": me.get("id", ""), "username": me.get("username", "")}

    # ---------------------------------------------------------------- what an unknown id means

    def _notice_stranger(self, replies: list[threads_records.Listed]) -> None:
        if self._stranger is None:
            self._stranger = next((r.id for r in replies if r.is_strangers), None)

    def _may_read_strangers(self) -> bool:
        """Can this app read other people's replies by id? Without that, no answer about one proves anything.

        Without advanced access for `threads_basic` only testers' posts can be had by id. So a reply of somebody else
        that the conversation has just shown is asked for, once a run.
        """
        if self._strangers_readable is None:
            if self._stranger is None:
                return False
            self._strangers_readable = self._get(self._path(self._stranger), fields="id").status == 200
        return self._strangers_readable

    # ---------------------------------------------------------------- asking

    def _path(self, node: str) -> str:
        return f"/{self.target.settings.get('api_version') or 'v1.0'}/{node}"

    def _pages(self, edge: str, *, tolerated: bool = False, **parameters: str) -> Iterator[Answer]:
        """The pages of a list. `tolerated`: a refusal comes back too, as the last one, for the caller to judge."""
        after: str | None = None
        given: set[str] = set()
        while True:
            answer = self._get(self._path(edge), **(parameters | ({"after": after} if after else {})))
            if answer.status != 200:
                if not tolerated:
                    raise self._refused(answer)
                yield answer
                return
            yield answer
            after = threads_records.next_page(answer, full=count(parameters.get("limit")) or _FULL_PAGE)
            if after is None:
                return
            if after in given:
                raise CursorLoop(f"{self.target.name}: Threads' paging of {edge} goes in circles.")
            given.add(after)

    def _get(self, path: str, **parameters: str) -> Answer:
        if self.calls >= self._daily_calls:
            raise self.http.throttled_for(float(_TOO_MUCH_PAUSE))
        self.calls += 1
        answer = self.http.get_json(path, parameters)
        if answer.status != 200 and threads_records.error_of(answer).code in _DEAD_LOGIN:
            raise LoginExpired(f"Threads no longer accepts the token of {self.target.name} (code 190).")
        return answer

    def _refused(self, answer: Answer) -> PlatformError:
        error = threads_records.error_of(answer)
        if error.code == 10 or 200 <= error.code < 300:
            names = " or ".join(scope.name for scope in self.scopes)
            return ScopeLost(
                f"Threads refuses {answer.url} to {self.target.name} (code {error.code}): a permission is missing.",
                remedy=f"Give consent again with {names}.",
            )
        if answer.status == 401:
            return LoginExpired(f"Threads no longer accepts the token of {self.target.name} (HTTP 401).")
        return Unintelligible(f"{answer.url} answered HTTP {answer.status} (code {error.code}/{error.subcode}).")
