"""YouTube (Data API v3): one channel's videos, the comments under them, also those that wait for review."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final, Literal
from zoneinfo import ZoneInfo

from social_archive.errors import (
    AccountGone,
    ConfigError,
    CursorLoop,
    LoginExpired,
    PlatformError,
    ScopeLost,
    Unintelligible,
)
from social_archive.platforms import oauth, youtube_records
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
from social_archive.record import Observation, Unreadable

API: Final = "https://www.googleapis.com"
TOKENS: Final = "https://oauth2.googleapis.com/token"
FORCE_SSL: Final = "https://www.googleapis.com/auth/youtube.force-ssl"
_VIDEO_PARTS: Final = "snippet,contentDetails,statistics,status,liveStreamingDetails"
_CHANNEL_PARTS: Final = "snippet,contentDetails,brandingSettings,statistics,status"
_PACIFIC: Final = ZoneInfo("America/Los_Angeles")
_SPENT: Final = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_TOO_FAST: Final = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RESOURCE_EXHAUSTED"})
_TOO_FAST_PAUSE: Final = 60.0

Moderation = Literal["published", "heldForReview", "likelySpam"]
_QUEUES: Final[tuple[Moderation, ...]] = ("published", "heldForReview", "likelySpam")


class YouTube(Platform):
    """Reads one YouTube channel.

    **What it reads.** The channel (title, description, pictures, comment settings); every video of its uploads list
    (title, description, tags, thumbnail, privacy, live details); under each watched video all comment threads: those
    that are published and, with the owner's consent, those that YouTube or a moderator holds for review and those that
    it takes for spam. Replies beyond the few that a thread shows are asked for one thread at a time. A picture in a
    comment is fetched at once: its address dies after six hours.

    **Limits.** 10,000 units a day for the whole Google Cloud project; every list call is one. The adapter counts what
    it spends and stops before `daily_units` (9,000 unless set), so that nobody else's share is eaten; YouTube's own
    `quotaExceeded` is waited out until midnight in California. `archive accounts estimate` plans a run.

    **Traps.** Comments that a moderator has rejected are in no list: they become `deleted` by their id, because that is
    what YouTube answers. A video whose comments are switched off says so, and has none. Community posts have no
    reading endpoint: import them from Takeout. `textOriginal` is complete for the owner only.

    **Token.** A Google Cloud project with the YouTube Data API, an OAuth client, and the consent of the channel's owner
    for the scope `youtube.force-ssl` (comments are not readable with less). While the app is in testing, its refresh
    token dies after seven days: publish the app. With an `api_key` alone only what the public sees is read.
    """

    name: ClassVar[str] = "youtube"
    title: ClassVar[str] = "YouTube"
    version: ClassVar[str] = "1"
    pace: ClassVar[Pace] = Pace(requests=600, seconds=60)
    home: ClassVar[str] = API
    credentials: ClassVar[tuple[Field, ...]] = (
        Field("refresh_token", "Refresh token", "Of the channel owner's consent for the scope youtube.force-ssl.",
              secret=True, example="connection:library_youtube"),
        Field("client_secret", "Client secret", "Of the OAuth client that the consent was given to.",
              secret=True, example="connection:library_youtube#client_secret"),
        Field("api_key", "API key", "Instead of the two above: only what the public sees.", secret=True,
              example="env:YOUTUBE_API_KEY"),
        Field("client_id", "Client id", "Of the OAuth client; it is no secret.",
              example="1234-abc.apps.googleusercontent.com"),
        Field("daily_units", "Quota", "Units of the project's 10,000 a day that one run may spend (default 9000).",
              example="9000"),
    )  # fmt: skip
    scopes: ClassVar[tuple[Scope, ...]] = (
        Scope(FORCE_SSL, "Comments, those held for review and those taken for spam; without it YouTube shows none."),
    )
    legal_basis: ClassVar[str] = "The body's own channel and what the public writes under it."
    storage_terms: ClassVar[str] = (
        "YouTube's API policies ask to delete or refresh stored data after 30 days (unverified here). A records law "
        "that binds the body goes against that: let counsel decide."
    )

    def __init__(self, target: Target, http: Http) -> None:
        super().__init__(target, http)
        require_https(target, self.base_url(target))
        self._key = target.secrets.get("api_key") or ""
        self._refresh = target.secrets.get("refresh_token") or ""
        self._grant: oauth.Grant | None = None
        self._channel: dict[str, Any] | None = None
        self._channel_page: Page | None = None
        self._comment_counts: dict[str, int] = {}
        self._read_all = False  # videos: a sum over some of them would be no total
        self.units = 0

    def media_hosts(self) -> frozenset[str]:
        if self.target.settings.get("insecure_local"):
            return frozenset({self.http.base_url.partition("://")[2]})
        return frozenset({".ytimg.com", ".ggpht.com", ".googleusercontent.com"})

    # ---------------------------------------------------------------- fetching

    def profile(self) -> Iterator[Page]:
        self._own()
        if self._channel_page is not None:
            yield self._channel_page

    def posts(self, since: int | None) -> Iterator[Page]:
        channel = self._own()
        uploads = youtube_records.uploads_of(channel)
        if uploads is None:
            raise Unintelligible("YouTube answered the channel without its list of uploads.")
        for answer in self._pages("playlistItems", playlistId=uploads, part="contentDetails,status", maxResults="50"):
            listed = youtube_records.listed_videos(answer)
            if listed:
                videos = self._list(
                    "videos", id=",".join(video for video, _ in listed), part=_VIDEO_PARTS, maxResults="50"
                )
                self._comment_counts.update(youtube_records.comment_counts(videos))
                yield self.page("posts", videos, channel=channel["id"])
            if since is not None and listed and all(at is not None and at < since for _, at in listed):
                return
        self._read_all = True

    def thread(self, root: str) -> Iterator[Page]:
        channel = self._own()
        for queue in _QUEUES if self._is_owner else _QUEUES[:1]:
            kind = {"moderationStatus": queue} if queue != "published" else {}
            found = self._pages(
                "commentThreads", videoId=root, part="snippet,replies", maxResults="100", order="time",
                textFormat="plainText", tolerated=frozenset({"commentsDisabled", "videoNotFound"}), **kind,
            )  # fmt: skip
            for answer in found:
                if answer.status != 200:
                    return  # comments are switched off, or the video went in between: each known one is asked for by id
                yield self.page("thread", answer, channel=channel["id"], root=root, queue=queue)
                for parent in youtube_records.threads_cut_short(answer):
                    yield from self._replies(parent, root)

    def item(self, native_id: str) -> Sighting:
        channel = self._own()
        of_video = youtube_records.is_video(native_id)
        if of_video:
            answer = self._list("videos", frozenset({"videoNotFound"}), id=native_id, part=_VIDEO_PARTS)
        else:
            asked = {"id": native_id, "part": "snippet", "textFormat": "plainText"}
            answer = self._list("comments", frozenset({"commentNotFound"}), **asked)
        page = self.page("item", answer, channel=channel["id"])
        if answer.status == 404 or (answer.status == 200 and youtube_records.is_empty_list(answer)):
            sure = self._is_owner or not of_video  # to others a private video looks like a deleted one
            return Sighting(native_id=native_id, state="deleted" if sure else "missing_unconfirmed", page=page)
        if answer.status != 200:
            return Sighting(native_id=native_id, state="inaccessible", page=page)
        return self.sighted(native_id, page)

    def check(self) -> list[Problem]:
        try:
            self._own()
        except (PlatformError, ConfigError) as failure:
            return [Problem(str(failure.args[0]), failure.remedy)]
        return []

    # ---------------------------------------------------------------- parsing

    def records(self, page: Page) -> Iterator[Observation | Unreadable]:
        for found in youtube_records.read(page):
            yield self.stamped(found, page)

    # ---------------------------------------------------------------- what it costs

    def estimate(self, scale: Scale) -> Estimate:
        lists = 1 + 2 * (1 + scale.posts // 50)
        queues = len(_QUEUES) if self._refresh else 1
        threads = scale.watched * queues + scale.comments // 100
        units = lists + threads
        days = -(-units // self._daily_units)
        so_far = "; nothing is known of this channel yet, so this is the least" if scale.first else ""
        spread = f", so it takes {days} days" if days > 1 else ""
        return Estimate(
            requests=units, units=float(units), unit="units of quota",
            sentence=f"About {units:,} of the {self._daily_units:,} units that a day allows{spread}{so_far}.",
        )  # fmt: skip

    def pause_asked(self, answer: Answer) -> float | None:
        if answer.status not in (403, 429):
            return None
        reason = youtube_records.reason_of(answer)
        if reason in _SPENT:
            return self._until_midnight()
        return _TOO_FAST_PAUSE if reason in _TOO_FAST else None

    def warnings(self) -> list[Problem]:
        expires_at = self._grant.refresh_expires_at if self._grant else None
        remedy = "Publish the Google Cloud app (one in testing gives tokens for seven days), then give consent again."
        return oauth.dies_soon(self.target.name, "refresh token", expires_at, remedy)

    def totals(self) -> dict[str, int]:
        """Videos as the channel counts them; comments as the videos do, when this walk read every video."""
        videos = count(((self._channel or {}).get("statistics") or {}).get("videoCount"))
        found = {"posts": videos} if videos is not None else {}
        return {**found, "comments_and_replies": sum(self._comment_counts.values())} if self._read_all else found

    @property
    def _daily_units(self) -> int:
        return count(self.target.settings.get("daily_units")) or 9_000

    @staticmethod
    def _until_midnight() -> float:
        """Seconds until the quota is given anew: midnight in California."""
        now = datetime.now(_PACIFIC)
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return (midnight - now).total_seconds()

    # ---------------------------------------------------------------- who we are reading

    @property
    def _is_owner(self) -> bool:
        return bool(self._refresh)

    def _own(self) -> dict[str, Any]:
        """The channel, asked for once a run; with the owner's login, after making sure that it may see comments."""
        if self._channel is None:
            self._log_in()
            wanted = {"mine": "true"} if self._is_owner else _channel_parameter(self.target.handle)
            answer = self._list("channels", frozenset(), part=_CHANNEL_PARTS, **wanted)
            channel = youtube_records.only_item(answer)
            if channel is None:
                raise AccountGone(f"YouTube knows no channel for {self.target.name}.")
            if self._is_owner and not _is_named(channel, self.target.handle):
                raise ScopeLost(
                    f"The login of {self.target.name} belongs to another channel than its handle names.",
                    remedy="Give consent as the owner of this very channel, or correct `handle` in accounts.yaml.",
                )
            self._channel = channel
            self._channel_page = self.page("profile", answer, channel=channel["id"])
        return self._channel

    def _log_in(self) -> None:
        if not self._is_owner:
            if not self._key:
                raise LoginExpired(
                    f"The account {self.target.name} has neither a refresh token nor an API key.",
                    remedy="Add `refresh_token` and `client_secret` (or `api_key`) to its secrets in accounts.yaml.",
                )
            self.http.authorize_by(lambda method, url, parameters: ({"key": self._key}, {}))
            return
        self._grant = oauth.exchange(
            self.http, self.base_url(self.target) + "/token" if self.target.settings.get("insecure_local") else TOKENS,
            {
                "grant_type": "refresh_token", "refresh_token": self._refresh,
                "client_id": str(self.target.settings.get("client_id") or ""),
                "client_secret": self.target.secrets.get("client_secret") or "",
            },
            who=self.target.name,
        )  # fmt: skip
        missing = oauth.missing_scopes(self.scopes, self._grant.scopes)
        if missing:
            raise ScopeLost(
                f"The login of {self.target.name} lacks {missing[0].name}. {missing[0].why}",
                remedy="Give consent again for this scope; without it YouTube answers with empty lists.",
            )
        self.http.authorize(self._grant.access_token)

    # ---------------------------------------------------------------- asking

    def _replies(self, parent: str, root: str) -> Iterator[Page]:
        found = self._pages("comments", parentId=parent, part="snippet", maxResults="100", textFormat="plainText",
                            tolerated=frozenset({"commentNotFound"}))  # fmt: skip
        for answer in found:
            if answer.status == 200:
                yield self.page("thread", answer, channel=self._own()["id"], root=root, queue="replies")

    def _pages(self, resource: str, tolerated: frozenset[str] = frozenset(), **parameters: str) -> Iterator[Answer]:
        token: str | None = None
        given: set[str] = set()
        while True:
            answer = self._list(resource, tolerated, **(parameters | ({"pageToken": token} if token else {})))
            yield answer
            token = youtube_records.next_page(answer) if answer.status == 200 else None
            if token is None:
                return
            if token in given:
                raise CursorLoop(f"{self.target.name}: YouTube's paging of {resource} goes in circles.")
            given.add(token)

    def _list(self, resource: str, tolerated: frozenset[str] = frozenset(), **parameters: str) -> Answer:
        """One list call (one unit). An error whose reason is `tolerated` comes back for the caller to judge."""
        if self.units >= self._daily_units:
            raise self.http.throttled_for(self._until_midnight())
        self.units += 1
        answer = self.http.get_json(f"/youtube/v3/{resource}", parameters)
        if answer.status == 200:
            return answer
        reason = youtube_records.reason_of(answer)
        if reason in tolerated:
            return answer
        raise self._refused(answer, reason)

    def _refused(self, answer: Answer, reason: str) -> PlatformError:
        if answer.status == 401 or reason in ("authError", "keyInvalid", "keyExpired", "API_KEY_INVALID"):
            return LoginExpired(f"YouTube no longer accepts the login of {self.target.name} ({reason or 401}).")
        if reason in ("channelClosed", "channelSuspended", "accountDelegationForbidden"):
            return AccountGone(f"YouTube says of the channel {self.target.name}: {reason}.")
        if answer.status == 403:
            return ScopeLost(f"YouTube refuses {answer.url} to {self.target.name} ({reason or 403}).")
        return Unintelligible(f"{answer.url} answered HTTP {answer.status} ({reason or 'no reason'}).")


def _channel_parameter(handle: str) -> dict[str, str]:
    return {"id": handle} if handle.startswith("UC") and len(handle) == 24 else {"forHandle": handle}


def _is_named(channel: dict[str, Any], handle: str) -> bool:
    """Is this the channel that accounts.yaml means, by its id or its @handle?"""
    snippet = channel.get("snippet")
    custom = snippet.get("customUrl") if isinstance(snippet, dict) else None
    names = {str(channel.get("id")), str(custom or "").lstrip("@").lower()}
    return handle in names or handle.lstrip("@").lower() in names
