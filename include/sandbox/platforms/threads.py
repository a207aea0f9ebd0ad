"""Meta's Threads API as far as a harvest sees it. No package holds its contract: field tables by hand are in the tests.

As on the real API: a conversation is flattened and says of each reply what it answers to; without the permission
`threads_read_replies` it is empty and no error says so; what is gone by id is refused with code 100, subcode 33; a
field that nobody knows is refused; other people have a username and no id.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.picture import png
from sandbox.platforms.base import SPOILINGS, StandIn, answer, loops, spoiled, whole
from sandbox.world import Item

_DAY = 86_400
_POSTS, _REPLIES = 20, 10  # a page, so that real paging happens
_FIELD = re.compile(r"(\w+)(?:\{([^}]*)\})?")
_CODES = {400: 100, 401: 190, 403: 10, 404: 100, 429: 4, 500: 2, 503: 2}
_KINDS = {
    "full": ("threads_basic", "threads_read_replies"), "basic": ("threads_basic",),
    "dying": ("threads_basic", "threads_read_replies"), "untested": (),
}  # fmt: skip


def token_of(account: str, kind: str = "full") -> str:
    """A long-lived token. `basic` may read no replies, `dying` has ten days left, `untested` is not to be inspected."""
    return f"sandbox-threads-{kind}-{account}"


class ThreadsError(Exception):
    def __init__(self, status: int, code: int, subcode: int = 0, message: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.subcode, self.message = status, code, subcode, message


@dataclass(frozen=True)
class Login:
    """Who a token belongs to, and what it may do."""

    account: str
    kind: str
    scopes: tuple[str, ...]
    days_left: int
    days_old: int


class Threads(StandIn):
    name = "threads"
    port = 18104
    limit = (6000, 60)
    malformations = SPOILINGS
    known: ClassVar[frozenset[str]] = frozenset(
        (
            "id", "media_product_type", "media_type", "media_url", "permalink", "owner", "username", "text",
            "timestamp", "shortcode", "thumbnail_url", "children", "is_quote_post", "quoted_post", "reposted_post",
            "alt_text", "link_attachment_url", "has_replies", "is_reply", "is_reply_owned_by_me", "root_post",
            "replied_to", "hide_status", "reply_audience", "gif_url", "poll_attachment", "topic_tag",
        )
    )  # fmt: skip

    @classmethod
    def environment(cls) -> dict[str, str]:
        return {"SANDBOX_THREADS_TOKEN": token_of("larkspur")}

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/debug_token", self._guarded(self._debug), methods=["GET"]),
            Route("/refresh_access_token", self._guarded(self._refresh), methods=["GET"]),
            Route("/v1.0/me", self._guarded(self._profile), methods=["GET"]),
            Route("/v1.0/me/threads", self._guarded(self._posts), methods=["GET"]),
            Route("/v1.0/{id}", self._guarded(self._item), methods=["GET"]),
            Route("/v1.0/{id}/conversation", self._guarded(self._conversation), methods=["GET"]),
            Route("/v1.0/{id}/pending_replies", self._guarded(self._pending), methods=["GET"]),
            Route("/pictures/{name:path}", self._picture, methods=["GET"]),
        ]

    # ------------------------------------------------------------------ names

    def native(self, item: Item) -> str:
        return f"18{_digits(item.key, 15)}"

    def native_account(self, author: str) -> str:
        """Of the account; other people's ids are never shown."""
        return f"77{_digits(author, 14)}"

    def shows(self, item: Item) -> bool:
        return not self.world.items[item.root].boosts

    def truth_of(self, item: Item) -> dict[str, Any]:
        there = self._is_there(item)
        state = "held_for_review" if item.held else "hidden" if self._is_hidden(item) else "present"
        return {**super().truth_of(item), "state": state if there else "deleted"}

    def _is_there(self, item: Item) -> bool:
        """Replies outlive the reply that they answer, but not the post."""
        return self.world.alive(item) and self.world.alive(self.world.items[item.root])

    def _is_hidden(self, item: Item) -> bool:
        """Hiding a reply hides what stands under it."""
        while item.parent:
            if item.hidden:
                return True
            item = self.world.items[item.parent]
        return False

    # ------------------------------------------------------------------ who asks

    def _login(self, token: str | None) -> Login | None:
        for account in self.world.accounts:
            for kind, scopes in _KINDS.items():
                if token in (token_of(account, kind), token_of(account, f"{kind}-renewed")):
                    if self.world.expired.get(account):
                        return None
                    renewed = token != token_of(account, kind)
                    left = 10 if kind == "dying" and not renewed else 60 if renewed else 50
                    return Login(account, kind, scopes, left, 60 - left)
        return None

    def _guarded(self, endpoint: Callable[[Request, Login], Response]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            try:
                login = self._login(request.query_params.get("access_token"))
                if login is None:
                    raise ThreadsError(400, 190, 463, "Error validating access token: Session has expired.")
                return endpoint(request, login)
            except ThreadsError as problem:
                return _error(problem.status, problem.code, problem.subcode, problem.message)

        return guarded

    def _debug(self, request: Request, login: Login) -> Response:
        told = self._login(request.query_params.get("input_token"))
        if told is None:
            return answer({"data": {"type": "USER", "is_valid": False, "scopes": []}})
        if not told.scopes:
            raise ThreadsError(400, 100, 0, "The access token must belong to a tester of the app.")
        now = int(time.time())
        return answer(
            {
                "data": {
                    "type": "USER", "application": "Larkspur archive (invented)", "is_valid": True,
                    "issued_at": now - told.days_old * _DAY, "expires_at": now + told.days_left * _DAY,
                    "data_access_expires_at": now + 80 * _DAY, "scopes": list(told.scopes),
                    "user_id": self.native_account(told.account),
                }
            }
        )  # fmt: skip

    def _refresh(self, request: Request, login: Login) -> Response:
        if request.query_params.get("grant_type") != "th_refresh_token" or login.days_old < 1:
            raise ThreadsError(400, 100, 0, "The access token cannot be refreshed.")
        token = token_of(login.account, f"{login.kind}-renewed")
        return answer({"access_token": token, "token_type": "bearer", "expires_in": 60 * _DAY})

    # ------------------------------------------------------------------ lists

    def _profile(self, request: Request, login: Login) -> Response:
        account = self.world.accounts[login.account]
        return answer(
            {
                "id": self.native_account(account.key), "username": account.key, "name": account.name,
                "threads_profile_picture_url": f"{self.url}/pictures/avatar-{account.key}.png?oh=sandbox",
                "threads_biography": account.bio, "is_verified": False,
            }
        )  # fmt: skip

    def _posts(self, request: Request, login: Login) -> Response:
        posts = [i for i in self.world.by(login.account) if i.is_post and self.shows(i)]
        size = whole(request.query_params.get("limit"), 25, _POSTS)
        return self._list(posts, request, login, self.known - {"is_reply", "root_post", "replied_to"}, size)

    def _conversation(self, request: Request, login: Login) -> Response:
        root = self._asked_for(request)
        replies = [i for i in self._under(root) if not i.held]
        if "threads_read_replies" not in login.scopes:
            replies = []  # no error: that is the trap
        if request.query_params.get("reverse") != "false":
            replies.reverse()
        of_posts = {"owner", "alt_text", "link_attachment_url", "poll_attachment"}
        return self._list(replies, request, login, self.known - of_posts, _REPLIES)

    def _pending(self, request: Request, login: Login) -> Response:
        root = self._asked_for(request)
        waiting = [i for i in self._under(root) if i.held]
        if not waiting:
            raise ThreadsError(400, 100, 0, "Reply approvals are not enabled for this post.")
        known = self.known - {"owner", "link_attachment_url", "poll_attachment"} | {"reply_approval_status"}
        return self._list(waiting, request, login, known, _REPLIES)

    def _item(self, request: Request, login: Login) -> Response:
        item = self._asked_for(request)
        return answer(self._media(item, _fields_of(request, self.known), login.account))

    def _asked_for(self, request: Request) -> Item:
        item = self.find(request.path_params["id"])
        if item is None or not self.shows(item) or not self._is_there(item):
            raise ThreadsError(
                400, 100, 33,
                f"Unsupported get request. Object with ID '{request.path_params['id']}' does not exist, cannot be "
                "loaded due to missing permissions, or does not support this operation.",
            )  # fmt: skip
        return item

    def _under(self, root: Item) -> list[Item]:
        """All replies under a post that are there, at every depth, oldest first."""
        found = [i for i in self.world.items.values() if i.root == root.key and not i.is_post and self._is_there(i)]
        return sorted(found, key=lambda i: (i.created, i.key))

    def _list(self, items: list[Item], request: Request, login: Login, known: frozenset[str], size: int) -> Response:
        """One page of a list: cursors always, `next` only where there is more."""
        fields = _fields_of(request, known)
        cursor = request.query_params.get("after", "")
        start = int(cursor[4:]) if cursor[4:].isdigit() else 0
        shown = [self._media(i, fields, login.account) for i in items[start : start + size]]
        body: dict[str, Any] = {"data": shown}
        if shown:
            after = f"QVFI{0 if loops(request) else start + len(shown)}"
            body["paging"] = {"cursors": {"before": f"QVFI{start}", "after": after}}
            if loops(request) or start + size < len(items):
                again = request.url.include_query_params(after=after)
                body["paging"]["next"] = f"{self.url}{again.path}?{again.query}"  # it holds the token, as Meta's do
        return answer(body)

    # ------------------------------------------------------------------ one thing

    def _media(self, item: Item, fields: dict[str, str], reader: str) -> dict[str, Any]:
        whole_item = self._post(item) if item.is_post else self._reply(item, reader)
        drifting = "username" if item.malformed in ("mistyped_field", "missing_field") else "text"
        spoilt = spoiled(whole_item, item.malformed, id="id", time="timestamp", text=drifting)
        return {name: value for name, value in spoilt.items() if name in fields or name not in whole_item}

    def _post(self, item: Item) -> dict[str, Any]:
        return {
            **self._common(item), "owner": {"id": self.native_account(item.author)}, "reply_audience": "EVERYONE",
            **({"alt_text": item.image} if item.image else {}),
        }  # fmt: skip

    def _reply(self, item: Item, reader: str) -> dict[str, Any]:
        parent, root = self.world.items[item.parent or ""], self.world.items[item.root]
        return {
            **self._common(item), "is_reply": True, "is_reply_owned_by_me": item.author == reader,
            "root_post": {"id": self.native(root)}, "replied_to": {"id": self.native(parent)},
            "hide_status": "HIDDEN" if self._is_hidden(item) else "NOT_HUSHED",
            **({"reply_approval_status": "PENDING"} if item.held else {}),
        }  # fmt: skip

    def _common(self, item: Item) -> dict[str, Any]:
        id = self.native(item)
        author = self.world.author(item.author)
        username = getattr(author, "handle", "") or author.key
        code = hashlib.sha256(id.encode()).hexdigest()[:11]
        replies = [i for i in self.world.replies(item) if not i.held]
        return {
            "id": id, "media_product_type": "THREADS", "media_type": "TEXT_POST", "username": username,
            "permalink": f"https://www.threads.com/@{username}/post/{code}", "text": item.text, "shortcode": code,
            "timestamp": item.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000"), "is_quote_post": False,
            "has_replies": bool(replies), **self._pictures(item),
        }  # fmt: skip

    def _pictures(self, item: Item) -> dict[str, Any]:
        """One picture, or of every third item a carousel of two, at addresses that are signed anew each second."""
        if not item.image:
            return {}
        name, signature = item.key.replace("/", "-"), f"?oh=sandbox&oe={int(datetime.now(UTC).timestamp()):x}"
        urls = [f"{self.url}/pictures/{name}{part}.png{signature}" for part in ("", "-b")]
        if int(self.native(item)) % 3:
            return {"media_type": "IMAGE", "media_url": urls[0]}
        children = [
            {"id": f"{self.native(item)}{n}", "media_type": "IMAGE", "media_url": url, "alt_text": item.image}
            for n, url in enumerate(urls)
        ]
        return {"media_type": "CAROUSEL_ALBUM", "media_url": urls[0], "children": {"data": children}}

    async def _picture(self, request: Request) -> Response:
        return Response(png(request.path_params["name"].removesuffix(".png")), media_type="image/png")

    # ------------------------------------------------------------------ saying no

    def refusal(self, status: int) -> Response:
        return _error(status, _CODES.get(status, 2), 0, "The request cannot be completed.")

    def throttled(self, seconds: float) -> Response:
        """Too many calls: 403 with code 4, and nothing that says until when."""
        return _error(403, 4, 0, "Application request limit reached")

    def limit_headers(self, limit: int, remaining: int, reset: float, window: int) -> dict[str, str]:
        return {}  # Threads says nothing of its limits


def _fields_of(request: Request, known: frozenset[str]) -> dict[str, str]:
    """The fields asked for with their expansions; only the id without any. Unknown ones are refused."""
    fields = dict(_FIELD.findall(request.query_params.get("fields", "id")))
    for name in fields:
        if name not in known:
            raise ThreadsError(400, 100, 0, f"Tried accessing nonexisting field ({name})")
    return fields


def _error(status: int, code: int, subcode: int, message: str) -> Response:
    error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Asandbox"}
    if subcode:
        error["error_subcode"] = subcode
    if code in (2, 4):
        error["is_transient"] = True
    return answer({"error": error}, status)


def _digits(text: str, length: int) -> str:
    """Digits that depend on `text` alone."""
    return str(int(hashlib.sha256(f"threads/{text}".encode()).hexdigest(), 16))[:length]
