"""Instagram's side of the Graph API as far as a harvest sees it, for both logins, held to Meta's own package by tests.

As on the real API: only the fields that were asked for are answered; comments come newest first, replies inside them or
one comment at a time, and a reply to a reply stands under the comment at the top; a login that lacks the permission for
comments sees empty lists and no error; a story is listed for 24 hours, and nowhere afterwards. Every post has a
picture, because on Instagram there is no other kind. Its forms: `carousel`, `reel`, `story`.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.picture import png
from sandbox.platforms.base import SPOILINGS, StandIn, answer, dumps, loops, spoiled, whole
from sandbox.platforms.instagram_fields import Fields, UnreadableFields, chosen, parsed
from sandbox.platforms.instagram_tokens import FACEBOOK_SCOPES, LIFE, GraphError, Token, read, token_of
from sandbox.world import Account, Item, Person

COMMENT_CAP = 50
PAGE_CAP = 25  # Graph may send fewer than were asked for, and here it does
INLINE_REPLIES = 3
STORY_LIFE = timedelta(hours=24)
_CODES = {400: 100, 401: 190, 403: 10, 404: 100, 429: 4, 500: 1, 503: 2}


class Instagram(StandIn):
    name = "instagram"
    port = 18103
    limit = (6000, 60)
    malformations = SPOILINGS

    @classmethod
    def environment(cls) -> dict[str, str]:
        return {"SANDBOX_INSTAGRAM_TOKEN": token_of("larkspur")}

    def routes(self) -> list[BaseRoute]:
        edges: dict[str, Callable[[Request], Response]] = {
            "media": self._media_edge, "stories": self._stories_edge, "comments": self._comments_edge,
            "replies": self._replies_edge,
        }  # fmt: skip
        return [
            Route("/pictures/{name:path}", self._picture, methods=["GET"]),
            Route("/refresh_access_token", self._guarded(self._refresh), methods=["GET"]),
            Route("/{version}/debug_token", self._guarded(self._debug_token), methods=["GET"]),
            Route("/{version}/me", self._guarded(self._me), methods=["GET"]),
            Route("/{version}/me/accounts", self._guarded(self._pages_of_me), methods=["GET"]),
            Route("/{version}/me/permissions", self._guarded(self._permissions), methods=["GET"]),
            Route("/{version}/{id}", self._guarded(self._node), methods=["GET"]),
            *(Route(f"/{{version}}/{{id}}/{name}", self._guarded(edges[name]), methods=["GET"]) for name in edges),
        ]

    # ------------------------------------------------------------------ names

    def native(self, item: Item) -> str:
        return _digits("179" if item.is_post else "178", item.key, 17)

    def native_account(self, author: str) -> str:
        """The account's own id; people who comment have one that is scoped to the app."""
        return _digits("17841", author, 17) if author in self.world.accounts else _digits("8", author, 16)

    def app_scoped(self, account: str) -> str:
        """What Instagram Login calls `id`: of no use for anything else."""
        return _digits("26", f"scoped/{account}", 17)

    def _top(self, item: Item) -> Item:
        """The comment at the top of a reply's thread."""
        while item.parent and not self.world.items[item.parent].is_post:
            item = self.world.items[item.parent]
        return item

    def _is_there(self, item: Item) -> bool:
        """A deleted comment takes its replies with it; one of a closed account is as good as deleted."""
        if item.form == "story" and datetime.now(UTC) - item.created >= STORY_LIFE:
            return False
        chain = [item] if item.is_post else [item, self._top(item), self.world.items[item.root]]
        return all(self.world.alive(one) for one in chain)

    def shows(self, item: Item) -> bool:
        return not self.world.items[item.root].boosts  # nothing is shared on here

    def truth_of(self, item: Item) -> dict[str, Any]:
        parent = None if item.is_post else self.world.items[item.root] if item is self._top(item) else self._top(item)
        there = self._is_there(item) or (item.form == "story" and self.world.alive(item))  # its end is no deletion
        state = "deleted" if not there else "hidden" if item.hidden else "present"
        return {
            "parent": self.native(parent) if parent else None, "root": self.native(self.world.items[item.root]),
            "state": state,
        }  # fmt: skip

    # ------------------------------------------------------------------ who asks

    def _caller(self, request: Request) -> Token:
        return read(request.query_params.get("access_token", ""), self.world)

    def _guarded(self, endpoint: Callable[[Request], Response]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            try:
                self._caller(request)
                return endpoint(request)
            except GraphError as problem:
                return self._error(problem.status, problem.code, problem.subcode, str(problem))
            except UnreadableFields as problem:
                return self._error(400, 100, 0, f"(#100) {problem}")

        return guarded

    def _refresh(self, request: Request) -> Response:
        token = self._caller(request)
        if token.kind != "ig" or request.query_params.get("grant_type") != "ig_refresh_token":
            raise GraphError(400, 100, message="Unsupported get request.")
        if token.is_too_young:
            raise GraphError(400, 100, message="The token is less than 24 hours old.")
        body = {"access_token": token.renewed(), "token_type": "bearer", "expires_in": LIFE - 60}
        return answer({**body, "permissions": ",".join(token.scopes)})

    def _debug_token(self, request: Request) -> Response:
        token = read(request.query_params.get("input_token", ""), self.world)
        if token.kind == "ig":
            raise GraphError(400, 100, message="Unsupported get request.")
        issued = token.issued or int(time.time()) - 86_400
        data = {
            "app_id": "1234567890", "type": token.kind.upper(), "application": "Sandbox", "is_valid": True,
            "data_access_expires_at": issued + 90 * 86_400, "issued_at": issued,
            "expires_at": 0 if token.kind == "page" else issued + LIFE, "scopes": list(token.scopes),
            "user_id": _digits("1022", token.account, 17),
        }  # fmt: skip
        return answer({"data": data})

    def _permissions(self, request: Request) -> Response:
        token = self._caller(request)
        if token.kind != "user":
            raise GraphError(400, 100, message="(#100) Tried accessing nonexisting field (permissions)")
        scopes = [{"permission": s, "status": "granted" if s in token.scopes else "declined"} for s in FACEBOOK_SCOPES]
        return answer({"data": scopes})

    # ------------------------------------------------------------------ nodes

    def _me(self, request: Request) -> Response:
        token, fields = self._caller(request), _fields(request)
        if token.kind == "page":
            return answer(chosen(self._page_of(token.account), fields, "login"))
        if token.kind == "user":
            return answer(chosen({"id": _digits("1022", token.account, 17), "name": "Sandbox staff"}, fields, "login"))
        if token.account in self.world.gone:
            raise _no_such_thing()
        own = self._account(self.world.accounts[token.account])
        numbers = {"user_id": own["id"], "id": self.app_scoped(token.account), "account_type": "BUSINESS"}
        return answer(chosen({**own, **numbers}, fields, "account"), headers=self._usage(token.account))

    def _pages_of_me(self, request: Request) -> Response:
        token = self._caller(request)
        if token.kind != "user":
            raise GraphError(400, 100, message="(#100) Tried accessing nonexisting field (accounts)")
        pages = [self._page_of(token.account)] if "pages_show_list" in token.scopes else []
        other = {"id": _digits("1033", "another page", 15), "name": "A page without Instagram (invented)"}
        return self._list(request, [chosen(page, _fields(request), "login") for page in [other, *pages]])

    def _page_of(self, account: str) -> dict[str, Any]:
        linked = {"id": self.native_account(account), "username": account}
        return {"id": _digits("1033", account, 15), "name": "Larkspur (invented)", "instagram_business_account": linked}

    def _node(self, request: Request) -> Response:
        token, name, fields = self._caller(request), request.path_params["id"], _fields(request)
        account = self._account_named(name)
        if account is not None:
            return answer(chosen(self._account(account), fields, "account"), headers=self._usage(account.key))
        item = self._found(name)
        if item.is_post:
            return answer(self._media(item, fields), headers=self._usage(item.page))
        if not token.sees_comments:
            raise _no_such_thing()
        return answer(self._comment(item, fields), headers=self._usage(item.page))

    def _account_named(self, name: str) -> Account | None:
        there = (a for a in self.world.accounts.values() if a.key not in self.world.gone)
        return next((a for a in there if self.native_account(a.key) == name), None)

    def _found(self, name: str) -> Item:
        item = self.find(name)
        if item is None or not self._is_there(item) or not self.shows(item):
            raise _no_such_thing()
        return item

    # ------------------------------------------------------------------ edges

    def _media_edge(self, request: Request) -> Response:
        return self._own_posts(request, stories=False)

    def _stories_edge(self, request: Request) -> Response:
        return self._own_posts(request, stories=True)

    def _own_posts(self, request: Request, *, stories: bool) -> Response:
        account = self._account_named(request.path_params["id"])
        if account is None:
            raise _no_such_thing()
        mine = (i for i in self.world.by(account.key) if i.is_post and self.shows(i) and self._is_there(i))
        fields, shown = _fields(request), [i for i in mine if (i.form == "story") is stories]
        return self._list(request, [self._media(i, fields) for i in shown], account.key)

    def _comments_edge(self, request: Request) -> Response:
        """Top-level comments, newest first. Without the permission: an empty list, and no error."""
        post, fields = self._found(request.path_params["id"]), _fields(request)
        if not post.is_post:
            raise GraphError(400, 100, message="(#100) Tried accessing nonexisting field (comments)")
        tops = [c for c in self._under(post) if c is self._top(c)]
        newest_first = sorted(tops, key=lambda c: (c.created, c.key), reverse=True)
        shown = newest_first if self._caller(request).sees_comments else []
        return self._list(request, [self._comment(c, fields) for c in shown], post.page, COMMENT_CAP)

    def _replies_edge(self, request: Request) -> Response:
        top, fields = self._found(request.path_params["id"]), _fields(request)
        shown = self._replies(top) if self._caller(request).sees_comments else []
        return self._list(request, [self._comment(r, fields) for r in shown], top.page, COMMENT_CAP)

    def _under(self, post: Item) -> Iterator[Item]:
        return (i for i in self.world.items.values() if i.root == post.key and not i.is_post and self._is_there(i))

    def _replies(self, top: Item) -> list[Item]:
        mine = [c for c in self._under(self.world.items[top.root]) if c is not top and self._top(c) is top]
        return sorted(mine, key=lambda c: (c.created, c.key))

    def _list(
        self, request: Request, items: list[dict[str, Any]], account: str | None = None, cap: int = PAGE_CAP
    ) -> Response:
        """One page of a list. The link to the next carries the token, as Graph's do."""
        size = whole(request.query_params.get("limit"), PAGE_CAP, cap)
        start = _place(request.query_params.get("after", ""))
        shown = items[start : start + size]
        more = loops(request) or start + size < len(items)
        headers = self._usage(account) if account else {}
        body = {"data": shown, **self._paging(request, 0 if loops(request) else start, len(shown), more=more)}
        return answer(body, headers=headers)

    def _paging(self, request: Request, start: int, shown: int, *, more: bool) -> dict[str, Any]:
        if not shown and not more:
            return {}
        after = _cursor(start + shown)
        paging: dict[str, Any] = {"cursors": {"before": _cursor(start), "after": after}}
        if more:
            query = {**dict(request.query_params), "after": after}
            paging["next"] = f"{self.url}{request.url.path}?{urlencode(query)}"
        return {"paging": paging}

    # ------------------------------------------------------------------ resources

    def _account(self, account: Account) -> dict[str, Any]:
        posts = [i for i in self.world.by(account.key) if i.is_post and self.shows(i) and i.form != "story"]
        return {
            "id": self.native_account(account.key), "username": account.key, "name": account.name,
            "biography": account.bio, "website": dict(account.fields).get("Website", ""),
            "profile_picture_url": f"{self.url}/pictures/avatar-{account.key}.png?oh=sandbox&oe=6f",
            "media_count": len(posts), "followers_count": 312, "follows_count": 47,
        }  # fmt: skip

    def _media(self, item: Item, fields: Fields) -> dict[str, Any]:
        id, shortcode = self.native(item), _short(item.key, 11)
        story = item.form == "story"
        address = f"{self.url}/pictures/{item.key.replace('/', '-')}"
        body: dict[str, Any] = {
            "id": id, "caption": item.text, "media_type": "IMAGE", "media_product_type": "STORY" if story else "FEED",
            "media_url": f"{address}.png?oh=sandbox&oe=6f", "shortcode": shortcode, "timestamp": stamp(item.created),
            "permalink": f"https://www.instagram.com/{'stories/' + item.page if story else 'p'}/{shortcode}/",
            "username": item.page, "owner": {"id": self.native_account(item.page)}, "like_count": item.likes,
            "is_comment_enabled": True, "comments_count": sum(1 for _ in self._under(item)),
        }  # fmt: skip
        if item.image:
            body["alt_text"] = item.image
        if item.form == "carousel":
            body["media_type"] = "CAROUSEL_ALBUM"
            children = [self._child(item, n, f"{address}-{n}.png?oh=sandbox&oe=6f") for n in (1, 2)]
            body["children"] = {"data": children}
        if item.form == "reel":
            still = f"{address}-still.png?oh=sandbox&oe=6f"
            body |= {"media_type": "VIDEO", "media_product_type": "REELS", "thumbnail_url": still}
        return _spoiled(chosen(body, fields, "media"), item.malformed, text="caption")

    def _child(self, item: Item, number: int, url: str) -> dict[str, Any]:
        id, alt = _digits("179", f"{item.key}#{number}", 17), f"{item.image or 'A picture'} ({number})"
        return {"id": id, "media_type": "IMAGE", "media_url": url, "alt_text": alt}

    def _comment(self, item: Item, fields: Fields) -> dict[str, Any]:
        who, top = self.world.author(item.author), self._top(item)
        username = who.handle if isinstance(who, Person) else who.key
        body: dict[str, Any] = {
            "id": self.native(item), "text": item.text, "timestamp": stamp(item.created), "username": username,
            "from": {"id": self.native_account(item.author), "username": username}, "hidden": item.hidden,
            "like_count": item.likes, "media": {"id": self.native(self.world.items[item.root])},
        }  # fmt: skip
        if top is not item:
            body["parent_id"] = self.native(top)
        replies = self._replies(item) if "replies" in fields and top is item else []
        if replies:
            inner = fields["replies"]
            size = whole(inner.arguments.get("limit"), PAGE_CAP, INLINE_REPLIES)
            shown = [self._comment(r, inner.fields) for r in replies[:size]]
            body["replies"] = {"data": shown, **self._inner_paging(item, len(shown), more=len(replies) > size)}
        return _spoiled(chosen(body, fields, "comment"), item.malformed, text="text")

    def _inner_paging(self, top: Item, shown: int, *, more: bool) -> dict[str, Any]:
        link = f"{self.url}/v26.0/{self.native(top)}/replies?{urlencode({'after': _cursor(shown)})}"
        return {"paging": {"cursors": {"after": _cursor(shown)}, "next": link}} if more else {}

    async def _picture(self, request: Request) -> Response:
        return Response(png(request.path_params["name"].removesuffix(".png")), media_type="image/png")

    # ------------------------------------------------------------------ saying no

    def refusal(self, status: int) -> Response:
        return self._error(status, _CODES.get(status, 1), 0, "The request could not be processed.")

    def throttled(self, seconds: float) -> Response:
        """The account's share is spent: code 80002, and the minutes until there is more in the usage header."""
        refused = self._error(403, 80002, 2446079, "There have been too many calls to this Instagram account.")
        refused.headers.update(self._usage(next(iter(self.world.accounts)), 100, -(-int(seconds) // 60)))
        return refused

    def _error(self, status: int, code: int, subcode: int, message: str) -> Response:
        error: dict[str, Any] = {"message": message, "type": "OAuthException", "code": code}
        if subcode:
            error["error_subcode"] = subcode
        return answer({"error": {**error, "fbtrace_id": "ASandboxTrace"}}, status)

    def _usage(self, account: str, percent: int = 1, minutes: int = 0) -> dict[str, str]:
        one = {
            "type": "instagram", "call_count": percent, "total_cputime": 1, "total_time": 1,
            "estimated_time_to_regain_access": minutes,
        }  # fmt: skip
        return {"X-Business-Use-Case-Usage": dumps({self.native_account(account): [one]}).decode()}

    def limit_headers(self, limit: int, remaining: int, reset: float, window: int) -> dict[str, str]:
        used = 100 * (limit - remaining) // limit
        return {"X-App-Usage": dumps({"call_count": used, "total_cputime": 1, "total_time": 1}).decode()}


def _spoiled(entity: dict[str, Any], how: str | None, *, text: str) -> dict[str, Any]:
    """Broken only where all of what could be broken was asked for. Without its text a comment would be nothing: it is
    the name that goes missing or is mistyped."""
    if how in ("missing_field", "mistyped_field"):
        text = "username"
    whole_entity = {"id", "timestamp", text} <= entity.keys()
    return spoiled(entity, how, id="id", time="timestamp", text=text) if whole_entity else entity


def _no_such_thing() -> GraphError:
    message = "Unsupported get request. Object does not exist, cannot be loaded due to missing permissions, or does not"
    return GraphError(400, 100, 33, f"{message} support this operation.")


def _fields(request: Request) -> Fields:
    return parsed(request.query_params.get("fields", "id"))


def stamp(moment: datetime) -> str:
    """To the second, with the offset as Graph writes it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}+0000"


def _cursor(place: int) -> str:
    return f"QVFIUsandbox{place}ZD"


def _place(cursor: str) -> int:
    digits = cursor.removeprefix("QVFIUsandbox").removesuffix("ZD")
    return int(digits) if digits.isdigit() else 0


def _digits(prefix: str, text: str, length: int) -> str:
    """A number of so many digits that depends on `text` alone."""
    number = int(hashlib.sha256(f"instagram/{text}".encode()).hexdigest(), 16)
    return (prefix + str(number))[:length]


def _short(text: str, length: int) -> str:
    return "C" + hashlib.sha256(f"instagram/{text}".encode()).hexdigest()[: length - 1]
