"""TikTok's API for Business (Accounts) as far as a harvest sees it. No package holds its contract: field tables by hand
are in the tests.

As on the real API: every answer is HTTP 200 with a code of its own, errors too; videos are listed backwards in time by
a cursor in milliseconds; a reply answers to the comment at the top of its thread; what a filter by id does not find is
left out of the list; hidden comments are shown to the owner with `status=ALL`.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.picture import png
from sandbox.platforms.base import SPOILINGS, StandIn, answer, loops, spoiled, whole
from sandbox.world import Item

APP, APP_SECRET = "sandbox-tiktok-app", "sandbox-tiktok-app-secret"
_DAY = 86_400
_COMMENTS = 10  # a page, so that real paging happens
_SCOPES = (
    "user.info.basic", "user.info.username", "user.info.profile", "user.info.stats", "video.list", "comment.list",
)  # fmt: skip
_KINDS = {"full": _SCOPES, "basic": _SCOPES[:-1], "dying": _SCOPES, "rotating": _SCOPES}
_CODES = {400: 40002, 401: 40105, 403: 40001, 404: 40007, 429: 40100}
_MESSAGES = {
    40001: "No permission to operate.", 40002: "Invalid parameter.", 40007: "The object does not exist.",
    40100: "Too many requests.", 40105: "Access token is incorrect or has been revoked.", 50000: "System error.",
}  # fmt: skip


def refresh_token_of(account: str, kind: str = "full") -> str:
    """`basic` may not read comments, `dying` has ten days left, `rotating` is replaced each time it is used."""
    return f"sandbox-tiktok-refresh-{kind}-{account}"


class TikTokError(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


@dataclass(frozen=True)
class Login:
    account: str
    kind: str


class TikTok(StandIn):
    name = "tiktok"
    port = 18108
    limit = (6000, 60)
    malformations = SPOILINGS

    @classmethod
    def environment(cls) -> dict[str, str]:
        return {
            "SANDBOX_TIKTOK_REFRESH_TOKEN": refresh_token_of("larkspur"), "SANDBOX_TIKTOK_CLIENT_SECRET": APP_SECRET,
        }  # fmt: skip

    def routes(self) -> list[BaseRoute]:
        lists = {
            "business/get": self._account, "business/video/list": self._videos,
            "business/comment/list": self._comments, "business/comment/reply/list": self._replies_of,
        }  # fmt: skip
        bodies = {"tt_user/oauth2/refresh_token": self._refresh, "tt_user/token_info/get": self._token_info}
        return [
            *(Route(f"/open_api/v1.3/{path}/", self._guarded(lists[path]), methods=["GET"]) for path in lists),
            *(Route(f"/open_api/v1.3/{path}/", self._answered(bodies[path]), methods=["POST"]) for path in bodies),
            Route("/pictures/{name:path}", self._picture, methods=["GET"]),
        ]

    # ------------------------------------------------------------------ names

    def native(self, item: Item) -> str:
        return f"7{_digits(item.key, 18)}"

    def native_account(self, author: str) -> str:
        """The account's open id (its `business_id`); of others the identifier that all of TikTok's APIs share."""
        return f"{'_000' if author in self.world.accounts else '+'}{_letters(author, 32)}"

    def shows(self, item: Item) -> bool:
        return not self.world.items[item.root].boosts

    def _top(self, item: Item) -> Item:
        """The comment at the top of a reply's thread."""
        while item.parent and not self.world.items[item.parent].is_post:
            item = self.world.items[item.parent]
        return item

    def _is_there(self, item: Item) -> bool:
        """A deleted comment takes its replies with it."""
        chain = [item] if item.is_post else [item, self._top(item), self.world.items[item.root]]
        return all(self.world.alive(one) for one in chain)

    def truth_of(self, item: Item) -> dict[str, Any]:
        parent = None if item.is_post else self.world.items[item.root] if item is self._top(item) else self._top(item)
        hidden = not item.is_post and (item.hidden or item.held)
        state = "deleted" if not self._is_there(item) else "hidden" if hidden else "present"
        root = self.native(self.world.items[item.root])
        return {"parent": self.native(parent) if parent else None, "root": root, "state": state}

    # ------------------------------------------------------------------ who asks

    def _answered(self, endpoint: Callable[[dict[str, Any]], Response]) -> Callable[[Request], Any]:
        async def answered(request: Request) -> Response:
            try:
                return endpoint(json.loads(await request.body()))
            except (TikTokError, ValueError) as problem:
                return _failed(problem.code if isinstance(problem, TikTokError) else 40002)

        return answered

    def _refresh(self, body: dict[str, Any]) -> Response:
        login = self._login_of(str(body.get("refresh_token", "")).removesuffix("-next"), refresh_token_of)
        if body.get("client_id") != APP or body.get("client_secret") != APP_SECRET or login is None:
            raise TikTokError(40105)
        refresh = refresh_token_of(login.account, login.kind)
        return _fine(
            {
                "access_token": self._access_token(login.account, login.kind), "expires_in": _DAY,
                "refresh_token": f"{refresh}-next" if login.kind == "rotating" else refresh,
                "refresh_token_expires_in": (10 if login.kind == "dying" else 300) * _DAY,
                "open_id": self.native_account(login.account), "scope": ",".join(_KINDS[login.kind]),
                "token_type": "Bearer",
            }
        )  # fmt: skip

    def _token_info(self, body: dict[str, Any]) -> Response:
        login = self._login_of(str(body.get("access_token", "")), self._access_token)
        if body.get("app_id") != APP or login is None:
            raise TikTokError(40105)
        owner = self.native_account(login.account)
        return _fine({"app_id": APP, "creator_id": owner, "scope": ",".join(_KINDS[login.kind])})

    def _access_token(self, account: str, kind: str) -> str:
        return f"sandbox-tiktok-access-{kind}-{account}-{self.world.token_rounds.get(account, 0)}"

    def _login_of(self, token: str, named: Callable[[str, str], str]) -> Login | None:
        return next(
            (Login(account, kind) for account in self.world.accounts for kind in _KINDS
             if token == named(account, kind) and not self.world.expired.get(account)), None,
        )  # fmt: skip

    def _guarded(self, endpoint: Callable[[Request, Login], Response]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            try:
                login = self._login_of(request.headers.get("access-token", ""), self._access_token)
                if login is None:
                    raise TikTokError(40105)
                if request.query_params.get("business_id") != self.native_account(login.account):
                    raise TikTokError(40001)
                return endpoint(request, login)
            except (TikTokError, ValueError) as problem:
                return _failed(problem.code if isinstance(problem, TikTokError) else 40002)

        return guarded

    # ------------------------------------------------------------------ lists

    def _account(self, request: Request, login: Login) -> Response:
        account = self.world.accounts[login.account]
        everything = {
            "username": account.key, "display_name": account.name, "bio_description": account.bio,
            "profile_image": f"{self.url}/pictures/avatar-{account.key}~c5_168x168.png?x-expires={_soon()}",
            "profile_deep_link": f"https://www.tiktok.com/@{account.key}", "is_verified": False,
            "followers_count": 512, "following_count": 3, "total_likes": 4711,
            "videos_count": len(self._videos_of(login.account)),
        }  # fmt: skip
        return _fine({name: everything[name] for name in _fields(request, everything)})

    def _videos_of(self, account: str) -> list[Item]:
        return [i for i in self.world.by(account) if i.is_post and self.shows(i)]

    def _videos(self, request: Request, login: Login) -> Response:
        query = request.query_params
        wanted = json.loads(query.get("filters", "{}")).get("video_ids")
        videos = self._videos_of(login.account)
        if wanted is not None:
            found = [self._video(v, request) for v in videos if self.native(v) in wanted]
            return _fine({"videos": found, "has_more": False, "cursor": _millis(datetime.now(UTC))})
        before = whole(query.get("cursor"), _millis(datetime.now(UTC)) + 1, 2**62)
        older = [v for v in videos if _millis(v.created) < before]
        page = older[: whole(query.get("max_count"), 10, 20)]
        if page:  # what shares its moment with the last one must not fall between two pages
            page = [v for v in older if _millis(v.created) >= _millis(page[-1].created)]
        last = _millis(page[-1].created) if page else before
        return _fine(
            {
                "videos": [self._video(v, request) for v in page],
                "has_more": loops(request) or len(page) < len(older), "cursor": before if loops(request) else last,
            }
        )  # fmt: skip

    def _comments(self, request: Request, login: Login) -> Response:
        video = self._asked_for(request, login, "video_id")
        under = [c for c in self._under(video) if self._is_shown(c, request)]
        wanted = json.loads(request.query_params.get("comment_ids", "null"))
        if wanted is not None:
            found = [self._comment(c) for c in under if self.native(c) in wanted]
            return _fine({"comments": found, "has_more": False, "cursor": 0})
        return self._list([c for c in under if c is self._top(c)], request)

    def _replies_of(self, request: Request, login: Login) -> Response:
        self._asked_for(request, login, "video_id")
        top = self._asked_for(request, login, "comment_id")
        return self._list([r for r in self._replies(top) if self._is_shown(r, request)], request)

    def _asked_for(self, request: Request, login: Login, name: str) -> Item:
        if "comment.list" not in _KINDS[login.kind]:
            raise TikTokError(40001)
        item = self.find(request.query_params.get(name, ""))
        if item is None or not self.shows(item) or not self._is_there(item):
            raise TikTokError(40007)
        return item

    @staticmethod
    def _is_shown(comment: Item, request: Request) -> bool:
        return request.query_params.get("status", "ALL") == "ALL" or not (comment.hidden or comment.held)

    def _under(self, video: Item) -> list[Item]:
        """Every comment and reply under a video that is there."""
        return [i for i in self.world.items.values() if i.root == video.key and not i.is_post and self._is_there(i)]

    def _replies(self, top: Item) -> list[Item]:
        return [c for c in self._under(self.world.items[top.root]) if c is not top and self._top(c) is top]

    def _list(self, comments: list[Item], request: Request) -> Response:
        """One page of comments, in the order of time when that was asked for."""
        query = request.query_params
        down = query.get("sort_order") == "desc"
        if query.get("sort_field") == "create_time":
            comments = sorted(comments, key=lambda c: (c.created, c.key), reverse=down)
        start = whole(query.get("cursor"), 0, 10**9)
        end = start + min(whole(query.get("max_count"), 20, 30), _COMMENTS)
        return _fine(
            {
                "comments": [self._comment(c) for c in comments[start:end]],
                "has_more": loops(request) or end < len(comments), "cursor": start if loops(request) else end,
            }
        )  # fmt: skip

    # ------------------------------------------------------------------ one thing

    def _video(self, item: Item, request: Request) -> dict[str, Any]:
        id, name = self.native(item), item.key.replace("/", "-")
        page = f"https://www.tiktok.com/@{item.author}/video/{id}"
        everything = {
            "item_id": id, "media_type": "VIDEO", "caption": item.text,
            "create_time": str(int(item.created.timestamp())),
            "thumbnail_url": f"{self.url}/pictures/{name}.png?x-expires={_soon()}&x-signature=sandbox",
            "share_url": f"{page}?utm_campaign=tt4d_open_api", "embed_url": f"https://www.tiktok.com/player/v1/{id}",
            "video_duration": 20.001, "likes": item.likes, "comments": len(self._under(item)), "shares": item.shares,
            "video_views": item.likes * 31, "favorites": 0, "reach": item.likes * 20,
        }  # fmt: skip
        chosen = {name: everything[name] for name in _fields(request, everything)}
        return _spoiled(chosen, item.malformed, id="item_id", text="caption", beside="share_url")

    def _comment(self, item: Item) -> dict[str, Any]:
        who, top = self.world.author(item.author), self._top(item)
        comment: dict[str, Any] = {
            "comment_id": self.native(item), "video_id": self.native(self.world.items[item.root]),
            "create_time": str(int(item.created.timestamp())), "text": item.text, "likes": item.likes,
            "replies": len(self._replies(item)) if item is top else 0, "liked": False, "pinned": False,
            "owner": item.author == item.page, "status": "HIDDEN" if item.hidden or item.held else "PUBLIC",
            "username": getattr(who, "handle", "") or who.key, "display_name": who.name,
            "profile_image": f"{self.url}/pictures/avatar-{item.author}~c5.png?x-expires={_soon()}",
            "unique_identifier": f"+{_letters(item.author, 63)}", "user_id": _letters(f"old/{item.author}", 64),
        }  # fmt: skip
        if item is not top:
            comment["parent_comment_id"] = self.native(top)
        if item.image:
            comment["image_url"] = f"{self.url}/pictures/{item.key.replace('/', '-')}.png"
        return _spoiled(comment, item.malformed, id="comment_id", text="text", beside="username")

    async def _picture(self, request: Request) -> Response:
        return Response(png(request.path_params["name"].partition(".png")[0]), media_type="image/png")

    # ------------------------------------------------------------------ saying no

    def refusal(self, status: int) -> Response:
        """429 and TikTok's own troubles come as such from what stands before the API; the rest is HTTP 200."""
        return _failed(_CODES.get(status, 50000), status)

    def throttled(self, seconds: float) -> Response:
        """Too many queries: HTTP 200, and nothing that says until when."""
        return _failed(40100)

    def limit_headers(self, limit: int, remaining: int, reset: float, window: int) -> dict[str, str]:
        return {}  # TikTok says nothing of its limits


def _fine(data: dict[str, Any]) -> Response:
    return answer({"code": 0, "message": "OK", "request_id": f"sandbox{time.time_ns()}", "data": data})


def _failed(code: int, status: int = 200) -> Response:
    message = _MESSAGES.get(code, "Error.")
    return answer({"code": code, "message": message, "request_id": f"sandbox{time.time_ns()}", "data": {}}, status)


def _fields(request: Request, known: dict[str, Any]) -> list[str]:
    """The fields asked for, a JSON list; an unknown one is an invalid parameter."""
    asked: list[str] = json.loads(request.query_params.get("fields", "[]"))
    if not set(asked) <= known.keys():
        raise TikTokError(40002)
    return asked


def _spoiled(entity: dict[str, Any], how: str | None, *, id: str, text: str, beside: str) -> dict[str, Any]:
    """A text is all that a comment has: the drift of a field happens to the one beside it. Times are digits here."""
    if how == "year_9999":
        return {**entity, "create_time": "253402300799"}
    drifting = beside if how in ("mistyped_field", "missing_field") else text
    return spoiled(entity, how, id=id, time="create_time", text=drifting)


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _soon() -> int:
    """The end of a signed address, later in each answer."""
    return int(time.time()) + 3600


def _digits(text: str, length: int) -> str:
    return str(int(hashlib.sha256(f"tiktok/{text}".encode()).hexdigest(), 16))[:length]


def _letters(text: str, length: int) -> str:
    return hashlib.sha256(f"tiktok/{text}".encode()).hexdigest()[:length]
