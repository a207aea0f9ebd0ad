"""TikTok (API for Business, Accounts): one account's videos and the comments under them, also the hidden ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from social_archive.errors import ConfigError, CursorLoop, LoginExpired, PlatformError, ScopeLost, Unintelligible
from social_archive.platforms import tiktok_login, tiktok_records
from social_archive.platforms.base import (
    Field,
    Pace,
    Page,
    PageKind,
    Platform,
    Problem,
    Scope,
    Sighting,
    Target,
    require_https,
)
from social_archive.platforms.http import Answer, Http
from social_archive.platforms.reading import count
from social_archive.record import Observation, Unreadable

API: Final = "https://business-api.tiktok.com"
PREFIX: Final = "/open_api/v1.3/"
VIDEO_FIELDS: Final = (
    "item_id", "media_type", "thumbnail_url", "share_url", "embed_url", "caption", "video_duration", "create_time",
    "likes", "comments", "shares", "video_views",
)  # fmt: skip
PROFILE_FIELDS: Final = (
    "username", "display_name", "bio_description", "profile_image", "profile_deep_link", "is_verified",
    "followers_count", "videos_count",
)  # fmt: skip
_VIDEOS_PER_PAGE: Final = 20
_COMMENTS_PER_PAGE: Final = 30
_IN_ORDER_UNTIL: Final = 500  # TikTok sorts anew and repeats comments beyond so many

# No package holds a table of TikTok's codes; these are from third parties' notes (unverified): settings can add more.
_CODES: Final[dict[str, frozenset[int]]] = {
    "throttle_codes": frozenset({40100}),
    "login_codes": frozenset({40102, 40104, 40105}),
    "scope_codes": frozenset({40001}),
    "unknown_codes": frozenset({40007}),
}
_TOO_MUCH_PAUSE: Final = 900


class TikTok(Platform):
    """Reads one TikTok account through the API for Business Accounts.

    **What it reads.** The profile (name, biography, picture, counts); every post that the account's own list shows
    (caption, cover picture, counts); under each watched post all comments and replies with `status=ALL`, so that those
    which the account or TikTok has hidden are there too, with their state; pictures in comments.

    **Limits.** TikTok counts queries per second, minute and day, tells none of them and answers every error with HTTP
    200 and a code. 40100 is the throttle; it does not say for how long, so the account rests for `throttle_pause`
    seconds (900 unless set). The table of codes is unverified: `throttle_codes`, `login_codes`, `scope_codes` and
    `unknown_codes` in the settings add to it.

    **Traps.** The list of videos goes backwards in time by a cursor in milliseconds, and a page may hold fewer than
    asked for. Beyond 500 comments TikTok changes their order and repeats some: a gap says so. A comment can only be
    asked for by the video that it stands under. What is missing counts as `deleted` only when the same filter still
    finds another one in the same run. TikTok hands out no video file, only the cover: keep the originals. Nothing
    says that a caption or comment was edited: texts are compared.

    **Token.** An app for the TikTok Accounts API (its own approval), and the consent of the account's owner. An access
    token lives 24 hours and is made anew in each run from the refresh token (365 days), which TikTok may replace each
    time: the new one is stored where the old one came from. Where that place cannot be written to, a warning says so at
    once, and in any case 14 days before the end.
    """

    name: ClassVar[str] = "tiktok"
    title: ClassVar[str] = "TikTok"
    version: ClassVar[str] = "1"
    pace: ClassVar[Pace] = Pace(requests=600, seconds=60)
    home: ClassVar[str] = API
    credentials: ClassVar[tuple[Field, ...]] = (
        Field("refresh_token", "Refresh token", "Of the owner's consent to the app; TikTok may replace it in each run.",
              secret=True, required=True, example="connection:library_tiktok"),
        Field("client_secret", "App secret", "Of the app that the consent was given to.", secret=True, required=True,
              example="connection:library_tiktok#client_secret"),
        Field("client_id", "App id", "Of the app; it is no secret.", required=True, example="7123456789012345678"),
        Field("throttle_pause", "Pause", "Seconds to rest after a throttle (default 900).", example="900"),
        Field("throttle_codes", "Throttle codes", "Further codes that are throttles, with commas.", example="40133"),
        Field("login_codes", "Login codes", "Further codes of a dead login, with commas.", example="40101"),
        Field("scope_codes", "Permission codes", "Further codes of a missing permission.", example="40006"),
        Field("unknown_codes", "Not-found codes", "Further codes of a thing that is not there.", example="40008"),
    )  # fmt: skip
    scopes: ClassVar[tuple[Scope, ...]] = (
        Scope("user.info.basic", "The account itself."),
        Scope("user.info.username", "The account's username, to be sure that it is the right one."),
        Scope("user.info.profile", "The biography; without it no change of it is seen."),
        Scope("user.info.stats", "How many videos there are, to compare with what is archived."),
        Scope("video.list", "The account's posts."),
        Scope("comment.list", "Comments and replies, the hidden ones included."),
    )
    legal_basis: ClassVar[str] = "The body's own account and what the public writes under its posts."
    storage_terms: ClassVar[str] = (
        "TikTok's developer terms ask to delete data when the account holder or TikTok asks for it (unverified here). "
        "A records law that binds the body may go against that: let counsel decide."
    )

    def __init__(self, target: Target, http: Http) -> None:
        super().__init__(target, http)
        require_https(target, self.base_url(target))
        self._login = tiktok_login.Login(target, http, PREFIX, self.scopes)
        self._me: dict[str, Any] | None = None
        self._me_page: Page | None = None
        self._comment_counts: dict[str, int] = {}
        self._witness_video: str | None = None  # of things that this run has seen, to prove that a filter finds them
        self._witness_comment: tuple[str, str] | None = None
        self._filters_work: dict[str, bool] = {}

    def media_hosts(self) -> frozenset[str]:
        if self.target.settings.get("insecure_local"):
            return frozenset({self.http.base_url.partition("://")[2]})
        return frozenset({".tiktokcdn.com", ".tiktokcdn-us.com", ".tiktokcdn-eu.com", ".ibyteimg.com"})

    # ---------------------------------------------------------------- fetching

    def profile(self) -> Iterator[Page]:
        self._own()
        if self._me_page is not None:
            yield self._me_page

    def posts(self, since: int | None) -> Iterator[Page]:
        self._own()
        found = self._pages("business/video/list", fields=_listed(VIDEO_FIELDS), max_count=str(_VIDEOS_PER_PAGE))
        for answer in found:
            videos = tiktok_records.videos(answer)
            self._comment_counts.update({v.id: n for v in videos if (n := count(v.comments)) is not None})
            self._witness_video = self._witness_video or next((v.id for v in videos), None)
            yield self._page("posts", answer, of="videos")
            if since is not None and videos and all(v.at is not None and v.at < since for v in videos):
                return

    def thread(self, root: str) -> Iterator[Page]:
        self._own()
        seen: set[str] = set()
        shown, told = 0, False
        about = {"video_id": root, **_COMMENTS}
        for answer in self._pages("business/comment/list", tolerated=True, **about):
            if self._code(answer) != 0:
                return  # the video went in between; each known comment is asked for by id
            comments = tiktok_records.comments(answer)
            shown += len(comments)
            seen |= {c.id for c in comments}
            self._notice(root, comments)
            repeated = not told and shown > _IN_ORDER_UNTIL and len(seen) < shown
            told = told or repeated
            yield self._page("thread", answer, of="comments", root=root,
                             shortfall="comments_beyond_500" if repeated else None)  # fmt: skip
            for comment in comments:
                if count(comment.replies) != 0:  # also when TikTok did not say how many
                    yield from self._replies(root, comment.id)

    def _replies(self, root: str, comment: str) -> Iterator[Page]:
        about = {"video_id": root, "comment_id": comment, **_COMMENTS}
        for answer in self._pages("business/comment/reply/list", tolerated=True, **about):
            if self._code(answer) != 0:
                return
            yield self._page("thread", answer, of="comments", root=root)

    def _notice(self, root: str, comments: list[tiktok_records.Comment]) -> None:
        if self._witness_comment is None and comments:
            self._witness_comment = (root, comments[0].id)

    def item(self, native_id: str) -> Sighting:
        return self.item_under(native_id, None)

    def item_under(self, native_id: str, root: str | None) -> Sighting:
        """A video, or a comment under the video `root`: TikTok finds no comment without its video."""
        self._own()
        is_video = root is None or root == native_id
        answer = self._video(native_id) if is_video else self._comment(root or "", native_id)
        page = self._page("item", answer, of="videos" if is_video else "comments", root=None if is_video else root)
        if self._code(answer) == 0:
            for found in self.records(page):
                if isinstance(found, Observation) and found.native_id == native_id:
                    return Sighting(native_id=native_id, state=found.state, page=page, observation=found)
            if not tiktok_records.is_empty_list(answer) or not self._is_filter_proved(is_video):
                return Sighting(native_id=native_id, state="missing_unconfirmed", page=page)
        return Sighting(native_id=native_id, state="deleted", page=page)

    def _video(self, native_id: str) -> Answer:
        filters = json.dumps({"video_ids": [native_id]}, separators=(",", ":"))
        return self._get("business/video/list", tolerated=True, fields=_listed(VIDEO_FIELDS), filters=filters)

    def _comment(self, video: str, native_id: str) -> Answer:
        about = {"video_id": video, "comment_ids": _listed((native_id,)), **_COMMENTS}
        return self._get("business/comment/list", tolerated=True, **about)

    def _is_filter_proved(self, is_video: bool) -> bool:
        """Does the filter by id find something that this run has just seen? Only then is finding nothing an answer."""
        what = "video" if is_video else "comment"
        if what not in self._filters_work:
            if is_video and self._witness_video is not None:
                found = [v.id for v in tiktok_records.videos(self._video(self._witness_video))]
                self._filters_work[what] = self._witness_video in found
            elif not is_video and self._witness_comment is not None:
                video, witness = self._witness_comment
                seen = [c.id for c in tiktok_records.comments(self._comment(video, witness))]
                self._filters_work[what] = witness in seen
        return self._filters_work.get(what, False)

    def check(self) -> list[Problem]:
        try:
            missing = self._login.missing_scopes()
            if missing:
                remedy = "Add this permission to the app, and let the account's owner give consent again."
                return [Problem(f"The consent lacks {scope.name}. {scope.why}", remedy) for scope in missing]
            self._own()
        except (PlatformError, ConfigError) as failure:
            return [Problem(str(failure.args[0]), failure.remedy)]
        return []

    # ---------------------------------------------------------------- parsing

    def records(self, page: Page) -> Iterator[Observation | Unreadable]:
        for found in tiktok_records.read(page):
            yield self.stamped(found, page)

    # ---------------------------------------------------------------- throttles, warnings, totals

    def pause_asked(self, answer: Answer) -> float | None:
        """A throttle is a code inside HTTP 200; a bare 429 without Retry-After is taken for the same."""
        bare = answer.status == 429 and "retry-after" not in answer.headers
        if bare or self._code(answer) in self._codes("throttle_codes"):
            return float(count(self.target.settings.get("throttle_pause")) or _TOO_MUCH_PAUSE)
        return None

    def warnings(self) -> list[Problem]:
        return self._login.warnings()

    def totals(self) -> dict[str, int]:
        """Public videos as the account counts them, and comments as the videos read in this walk do (a day late)."""
        videos = count((self._me or {}).get("videos_count"))
        found = {"posts": videos} if videos is not None else {}
        return {**found, "comments": sum(self._comment_counts.values())} if self._comment_counts else found

    # ---------------------------------------------------------------- who we are reading

    def _own(self) -> dict[str, Any]:
        """The account, asked for once a run, after the consent's permissions were proved."""
        if self._me is None:
            missing = self._login.missing_scopes()
            if missing:
                lacking = " and ".join(f"{scope.name} ({scope.why.rstrip('.')})" for scope in missing)
                raise ScopeLost(
                    f"The consent of {self.target.name} lacks {lacking}.",
                    remedy="Add these permissions to the app, and let the account's owner give consent again.",
                )
            answer = self._get("business/get", fields=_listed(PROFILE_FIELDS))
            me = tiktok_records.account(answer)
            handle = self.target.handle.lstrip("@").lower()
            if handle not in (str(me.get("username")).lower(), self._login.business_id.lower()):
                raise ScopeLost(
                    f"The consent of {self.target.name} belongs to another account than its handle names.",
                    remedy="Let the owner of this very account give consent, or correct `handle` in accounts.yaml.",
                )
            self._me = me
            self._me_page = self._page("profile", answer)
        return self._me

    def _page(self, kind: PageKind, answer: Answer, *, shortfall: str | None = None, **context: Any) -> Page:
        known = {"owner": self._login.business_id, **{k: v for k, v in context.items() if v is not None}}
        return self.page(kind, answer, shortfall=shortfall, **known)

    # ---------------------------------------------------------------- asking

    def _pages(self, path: str, *, tolerated: bool = False, **parameters: str) -> Iterator[Answer]:
        """The pages of a list; a short or even an empty page is not the last one while `has_more` says so."""
        cursor: str | None = None
        given: set[str] = set()
        while True:
            more = {"cursor": cursor} if cursor is not None else {}
            answer = self._get(path, tolerated=tolerated, **parameters, **more)
            yield answer
            cursor = tiktok_records.next_cursor(answer) if self._code(answer) == 0 else None
            if cursor is None:
                return
            if cursor in given:
                raise CursorLoop(f"{self.target.name}: TikTok's paging of {path} goes in circles.")
            given.add(cursor)

    def _get(self, path: str, *, tolerated: bool = False, **parameters: str) -> Answer:
        """One call. `tolerated`: an answer that the thing is not there comes back for the caller to judge."""
        answer = self.http.get_json(f"{PREFIX}{path}/", {"business_id": self._login.business_id, **parameters})
        code = self._code(answer)
        if answer.status == 200 and (code == 0 or (tolerated and code in self._codes("unknown_codes"))):
            return answer
        raise self._refused(answer, code)

    def _refused(self, answer: Answer, code: int | None) -> PlatformError:
        if code in self._codes("login_codes") or (code is None and answer.status == 401):
            return LoginExpired(f"TikTok no longer accepts the login of {self.target.name} (code {code}).")
        if code in self._codes("scope_codes"):
            names = ", ".join(scope.name for scope in self.scopes)
            return ScopeLost(
                f"TikTok refuses {answer.url} to {self.target.name} (code {code}): a permission is missing.",
                remedy=f"Let the account's owner give consent again with {names}.",
            )
        return Unintelligible(f"{answer.url} answered HTTP {answer.status} with code {code}.")

    @staticmethod
    def _code(answer: Answer) -> int | None:
        return tiktok_records.code_of(answer)

    def _codes(self, name: str) -> frozenset[int]:
        """The table's codes and those that the settings add."""
        added = str(self.target.settings.get(name) or "").replace(",", " ").split()
        return _CODES[name] | {int(code) for code in added if code.isascii() and code.isdigit()}


_COMMENTS: Final = {
    "status": "ALL", "sort_field": "create_time", "sort_order": "asc", "max_count": str(_COMMENTS_PER_PAGE),
}  # fmt: skip


def _listed(values: tuple[str, ...]) -> str:
    """A list as TikTok takes it in a query: JSON."""
    return json.dumps(values, separators=(",", ":"))
