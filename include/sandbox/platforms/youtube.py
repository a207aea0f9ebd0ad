"""YouTube's Data API v3 as far as a harvest sees it, held to Google's discovery document by tests.

Posts of the world are videos. As on the real API: `commentThreads` shows at most two replies of a thread, the rest is
in `comments`; comments held for review are only in their own list and only for the owner; replies answer to the comment
at the top of their thread, whatever they replied to; what is asked for by id and is gone is left out of the list.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.picture import png
from sandbox.platforms.base import SPOILINGS, StandIn, answer, form_of, loops, spoiled, whole
from sandbox.world import Account, Item

CLIENT_ID = "sandbox.apps.googleusercontent.example"
CLIENT_SECRET = "sandbox-youtube-client-secret"
SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"
INLINE_REPLIES = 2
_REASONS = {
    400: "badRequest", 401: "authError", 403: "forbidden", 404: "notFound", 429: "rateLimitExceeded",
    500: "backendError", 503: "backendError",
}  # fmt: skip


def refresh_token_of(account: str) -> str:
    return f"sandbox-youtube-refresh-{account}"


class YouTubeError(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


class YouTube(StandIn):
    name = "youtube"
    port = 18105
    limit = (6000, 60)
    malformations = SPOILINGS

    @classmethod
    def environment(cls) -> dict[str, str]:
        return {
            "SANDBOX_YOUTUBE_REFRESH_TOKEN": refresh_token_of("larkspur"),
            "SANDBOX_YOUTUBE_CLIENT_SECRET": CLIENT_SECRET,
        }

    def routes(self) -> list[BaseRoute]:
        lists: dict[str, Callable[[Request], Response]] = {
            "channels": self._channels, "playlistItems": self._playlist_items, "videos": self._videos,
            "commentThreads": self._comment_threads, "comments": self._comments,
        }  # fmt: skip
        return [
            *(Route(f"/youtube/v3/{name}", self._guarded(lists[name]), methods=["GET"]) for name in lists),
            Route("/token", self._token, methods=["POST"]),
            Route("/pictures/{name:path}", self._picture, methods=["GET"]),
        ]

    # ------------------------------------------------------------------ names

    def native(self, item: Item) -> str:
        if item.is_post:
            return _short(item.key, 11)
        if item is self._top(item):
            return f"Ug{_short(item.key, 22)}AaABAg"
        return f"{self.native(self._top(item))}.{_short(item.key, 22)}"

    def native_account(self, author: str) -> str:
        return f"UC{_short(author, 22)}"

    def _top(self, item: Item) -> Item:
        """The comment at the top of a reply's thread."""
        while item.parent and not self.world.items[item.parent].is_post:
            item = self.world.items[item.parent]
        return item

    def _is_there(self, item: Item) -> bool:
        """A deleted comment takes its replies with it; one of a terminated channel is as good as deleted."""
        chain = [item] if item.is_post else [item, self._top(item), self.world.items[item.root]]
        return all(self.world.alive(one) for one in chain)

    def shows(self, item: Item) -> bool:
        return not self.world.items[item.root].boosts  # nothing is shared on here

    def truth_of(self, item: Item) -> dict[str, Any]:
        parent = None if item.is_post else self.world.items[item.root] if item is self._top(item) else self._top(item)
        held = (item.held or item.hidden) and item is self._top(item)  # YouTube holds threads back, not replies
        state = "deleted" if not self._is_there(item) else "held_for_review" if held else "present"
        return {
            "parent": self.native(parent) if parent else None, "root": self.native(self.world.items[item.root]),
            "state": state,
        }  # fmt: skip

    # ------------------------------------------------------------------ who asks

    async def _token(self, request: Request) -> Response:
        form = await form_of(request)
        account = next((a for a in self.world.accounts if form.get("refresh_token") == refresh_token_of(a)), None)
        if form.get("client_secret") != CLIENT_SECRET or account is None or self.world.expired.get(account) == "dead":
            return answer({"error": "invalid_grant", "error_description": "Token has been expired or revoked."}, 400)
        return answer(
            {
                "access_token": self._access_token(account), "expires_in": 3599, "scope": SCOPE, "token_type": "Bearer",
            }
        )  # fmt: skip

    def _access_token(self, account: str) -> str:
        return f"sandbox-youtube-access-{account}-{self.world.token_rounds.get(account, 0)}"

    def _owner(self, request: Request) -> str | None:
        """Whose login this is; None for an API key. Raises for anything else."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token:
            for account in self.world.accounts:
                if token == self._access_token(account):
                    return account
            raise YouTubeError(401, "authError")
        if request.query_params.get("key"):
            return None
        raise YouTubeError(403, "forbidden")

    def _guarded(self, endpoint: Callable[[Request], Response]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            try:
                self._owner(request)
                return endpoint(request)
            except YouTubeError as problem:
                return self._error(problem.status, problem.reason)

        return guarded

    # ------------------------------------------------------------------ lists

    def _channels(self, request: Request) -> Response:
        query = request.query_params
        found = list(self.world.accounts)
        if query.get("mine") == "true":
            found = [a for a in found if a == self._owner(request)]
        elif query.get("id"):
            found = [a for a in found if self.native_account(a) in query["id"].split(",")]
        else:
            found = [a for a in found if a == query.get("forHandle", "").lstrip("@").lower()]
        return self._list("channel", [self._channel(self.world.accounts[a]) for a in found], request)

    def _playlist_items(self, request: Request) -> Response:
        wanted = request.query_params.get("playlistId")
        account = next((a for a in self.world.accounts if self._uploads(a) == wanted), None)
        if account is None:
            raise YouTubeError(404, "playlistNotFound")
        videos = [i for i in self.world.by(account) if i.is_post and self.shows(i)]
        return self._list("playlistItem", [self._playlist_item(v, n) for n, v in enumerate(videos)], request, page=5)

    def _videos(self, request: Request) -> Response:
        wanted = request.query_params.get("id", "").split(",")
        if len(wanted) > 50:
            raise YouTubeError(400, "invalidFilters")
        known = [item for name in wanted if (item := self.find(name)) and item.is_post]
        found = [item for item in known if self._is_there(item) and self.shows(item)]
        return self._list("video", [self._video(item) for item in found], request, page=50)

    def _comment_threads(self, request: Request) -> Response:
        video = self.find(request.query_params.get("videoId", ""))
        if video is None or not video.is_post or not self._is_there(video):
            raise YouTubeError(404, "videoNotFound")
        queue = request.query_params.get("moderationStatus", "published")
        if queue != "published" and self._owner(request) != video.author:
            raise YouTubeError(403, "forbidden")
        tops = [c for c in self._under(video) if c is self._top(c)]
        wanted = {
            "published": [c for c in tops if not c.held and not c.hidden],
            "heldForReview": [c for c in tops if c.hidden], "likelySpam": [c for c in tops if c.held],
        }[queue]  # fmt: skip
        newest_first = sorted(wanted, key=lambda c: (c.created, c.key), reverse=True)
        return self._list("commentThread", [self._thread(c, queue) for c in newest_first], request, page=20)

    def _comments(self, request: Request) -> Response:
        query = request.query_params
        if query.get("parentId"):
            top = self.find(query["parentId"])
            if top is None or not self._is_there(top):
                raise YouTubeError(404, "commentNotFound")
            return self._list("comment", [self._comment(r) for r in self._replies(top)], request, page=20)
        found = [item for name in query.get("id", "").split(",") if (item := self.find(name)) and not item.is_post]
        return self._list("comment", [self._comment(c) for c in found if self._is_there(c)], request, page=20)

    def _under(self, video: Item) -> list[Item]:
        """Every comment under a video that is still there."""
        return [i for i in self.world.items.values() if i.root == video.key and not i.is_post and self._is_there(i)]

    def _replies(self, top: Item) -> list[Item]:
        mine = [c for c in self._under(self.world.items[top.root]) if c is not top and self._top(c) is top]
        return sorted(mine, key=lambda c: (c.created, c.key))

    def _list(self, kind: str, items: list[dict[str, Any]], request: Request, page: int = 5) -> Response:
        """One page of a list, with the token of the next."""
        size = whole(request.query_params.get("maxResults"), page, 100 if "comment" in kind else 50)
        token = request.query_params.get("pageToken", "")
        start = int(token.removeprefix("PAGE")) if token.removeprefix("PAGE").isdigit() else 0
        body: dict[str, Any] = {
            "kind": f"youtube#{kind}ListResponse", "etag": _short(f"{kind}{start}", 27),
            "pageInfo": {"totalResults": len(items), "resultsPerPage": size}, "items": items[start : start + size],
        }  # fmt: skip
        if loops(request):
            body["nextPageToken"] = "PAGE0"
        elif start + size < len(items):
            body["nextPageToken"] = f"PAGE{start + size}"
        return answer(body)

    # ------------------------------------------------------------------ resources

    def _channel(self, account: Account) -> dict[str, Any]:
        videos = [i for i in self.world.by(account.key) if i.is_post and self.shows(i)]
        id = self.native_account(account.key)
        return {
            "kind": "youtube#channel", "etag": _short(f"c{account.bio}", 27), "id": id,
            "snippet": {
                "title": account.name, "description": account.bio, "customUrl": f"@{account.key}",
                "publishedAt": "2014-05-06T07:08:09Z", "thumbnails": self._thumbnails(f"avatar-{account.key}"),
                "localized": {"title": account.name, "description": account.bio}, "country": "US",
            },
            "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": self._uploads(account.key)}},
            "statistics": {
                "viewCount": "4711", "subscriberCount": "312", "hiddenSubscriberCount": False,
                "videoCount": str(len(videos)),
            },
            "status": {"privacyStatus": "public", "isLinked": True, "longUploadsStatus": "allowed"},
            "brandingSettings": {
                "channel": {"title": account.name, "description": account.bio, "moderateComments": False},
                "image": {"bannerExternalUrl": f"{self.url}/pictures/banner-{account.key}.png"},
            },
        }  # fmt: skip

    def _uploads(self, account: str) -> str:
        return f"UU{self.native_account(account)[2:]}"

    def _playlist_item(self, video: Item, position: int) -> dict[str, Any]:
        id = self.native(video)
        return {
            "kind": "youtube#playlistItem", "etag": _short(f"p{id}", 27), "id": f"UU{_short(id, 40)}",
            "contentDetails": {"videoId": id, "videoPublishedAt": stamp(video.created)},
            "status": {"privacyStatus": "public"},
        }  # fmt: skip

    def _video(self, item: Item) -> dict[str, Any]:
        title, description = titled(item.text)
        account = self.world.accounts[item.author]
        snippet = {
            "publishedAt": stamp(item.created), "channelId": self.native_account(item.author), "title": title,
            "description": description, "thumbnails": self._thumbnails(item.key.replace("/", "-")),
            "channelTitle": account.name, "tags": ["library", "invented"], "categoryId": "27",
            "liveBroadcastContent": "none", "localized": {"title": title, "description": description},
            "defaultAudioLanguage": item.language,
        }  # fmt: skip
        return {
            "kind": "youtube#video", "etag": _short(f"v{item.key}{item.text}", 27), "id": self.native(item),
            "snippet": snippet,
            "contentDetails": {
                "duration": "PT2M3S", "dimension": "2d", "definition": "hd", "caption": "false",
                "licensedContent": False, "contentRating": {}, "projection": "rectangular",
            },
            "status": {
                "uploadStatus": "processed", "privacyStatus": "public", "license": "youtube", "embeddable": True,
                "publicStatsViewable": True, "madeForKids": False,
            },
            "statistics": {
                "viewCount": str(item.likes * 31), "likeCount": str(item.likes), "favoriteCount": "0",
                "commentCount": str(len(self._under(item))),
            },
        }  # fmt: skip

    def _thread(self, top: Item, queue: str) -> dict[str, Any]:
        replies = self._replies(top)
        video = self.native(self.world.items[top.root])
        body = {
            "kind": "youtube#commentThread", "etag": _short(f"t{top.key}", 27), "id": self.native(top),
            "snippet": {
                "channelId": self.native_account(top.page), "videoId": video,
                "topLevelComment": self._comment(top, queue), "canReply": True,
                "totalReplyCount": len(replies), "isPublic": queue == "published",
            },
        }  # fmt: skip
        if replies:
            body["replies"] = {"comments": [self._comment(r) for r in replies[:INLINE_REPLIES]]}
        return body

    def _comment(self, item: Item, queue: str = "") -> dict[str, Any]:
        who, author = self.world.author(item.author), self.native_account(item.author)
        top = self._top(item)
        snippet: dict[str, Any] = {
            "channelId": self.native_account(item.page), "videoId": self.native(self.world.items[item.root]),
            "textDisplay": item.text, "textOriginal": item.text,
            "authorDisplayName": f"@{who.key if isinstance(who, Account) else who.handle}",
            "authorProfileImageUrl": f"{self.url}/pictures/avatar-{item.author}.png",
            "authorChannelUrl": f"http://www.youtube.com/channel/{author}", "authorChannelId": {"value": author},
            "canRate": True, "viewerRating": "none", "likeCount": item.likes, "publishedAt": stamp(item.created),
            "updatedAt": stamp(item.edited or item.created),
        }  # fmt: skip
        if top is not item:
            snippet["parentId"] = self.native(top)
        if queue in ("heldForReview", "likelySpam"):
            snippet["moderationStatus"] = queue
        if item.image:
            snippet["imageUrl"] = f"{self.url}/pictures/{item.key.replace('/', '-')}.png?expire=6h&signature=sandbox"
        comment = {
            "kind": "youtube#comment", "etag": _short(f"{item.key}{item.text}", 27), "id": self.native(item),
            "snippet": snippet,
        }  # fmt: skip
        return _spoiled(comment, item.malformed)

    def _thumbnails(self, name: str) -> dict[str, Any]:
        return {"default": {"url": f"{self.url}/pictures/{name}.png", "width": 120, "height": 90}}

    async def _picture(self, request: Request) -> Response:
        return Response(png(request.path_params["name"].removesuffix(".png")), media_type="image/png")

    # ------------------------------------------------------------------ saying no

    def refusal(self, status: int) -> Response:
        return self._error(status, _REASONS.get(status, "backendError"))

    def throttled(self, seconds: float) -> Response:
        """The day's quota is spent: 403, and no header that says until when."""
        return self._error(403, "quotaExceeded")

    def _error(self, status: int, reason: str) -> Response:
        message = f"The request cannot be completed ({reason})."
        one = {"message": message, "domain": "youtube.quota" if "quota" in reason else "youtube.api", "reason": reason}
        return answer({"error": {"code": status, "message": message, "errors": [one]}}, status)

    def limit_headers(self, limit: int, remaining: int, reset: float, window: int) -> dict[str, str]:
        return {}  # YouTube says nothing of its limits


def _spoiled(comment: dict[str, Any], how: str | None) -> dict[str, Any]:
    """What is wrong with a comment is wrong with its own members, but for its id."""
    if how in ("float_id", "missing_id", "number_id"):
        return spoiled(comment, how, id="id", time="", text="")
    snippet = spoiled(comment["snippet"], how, id="", time="publishedAt", text="textOriginal")
    return {**comment, "snippet": snippet}


def titled(text: str) -> tuple[str, str]:
    """A post's text as a video's title (its first sentence, at most 100 characters) and description."""
    first = text.split("\n", maxsplit=1)[0]
    title = first if len(first) <= 100 else first[:99] + "…"
    return title, text


def stamp(moment: datetime) -> str:
    """To the second, with a Z, as YouTube writes times."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _short(text: str, length: int) -> str:
    """Letters and digits that depend on `text` alone."""
    digits = hashlib.sha256(f"youtube/{text}".encode()).hexdigest() + hashlib.sha256(text.encode()).hexdigest()
    return digits[:length]
