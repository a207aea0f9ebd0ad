"""Facebook's Graph API as far as a harvest sees it, held to Meta's own field specifications by tests.

As on the real API: lists of posts are ranked, not dated, and a page of them may be empty and yet have a next one; only
the fields that were asked for come back; comments are flat (`filter=stream`) and name the comment that they answer;
to the token of a person, or without `pages_read_user_content`, lists of comments are empty and no error is said.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.picture import png
from sandbox.platforms.base import SPOILINGS, StandIn, answer, loops, spoiled, whole
from sandbox.platforms.facebook_fields import Wanted, parsed, projected
from sandbox.world import Account, Item, World

APP_ID: Final = "4711000000000017"
APP_SECRET: Final = "sandbox-facebook-app-secret"
SCOPES: Final = ("pages_show_list", "pages_read_engagement", "pages_read_user_content")
_POSTS_A_PAGE: Final = 20
_BLOCKED: Final = ("vex", "coinz")
_CODES: Final = {400: (100, None), 401: (190, 463), 403: (10, None), 404: (100, 33), 429: (4, None), 503: (2, None)}


def page_token_of(account: str, without: str = "") -> str:
    """The token of an account's Page, on request without one of its permissions."""
    return f"sandbox-facebook-page-{account}" + (f"-without-{without}" if without else "")


def user_token_of(account: str) -> str:
    """The token of the person who runs the Page: good for much, but not for comments."""
    return f"sandbox-facebook-user-{account}"


class GraphError(Exception):
    def __init__(self, status: int, code: int, subcode: int | None = None, message: str = "") -> None:
        super().__init__(message or f"(#{code}) Invented error of the sandbox.")
        self.status, self.code, self.subcode = status, code, subcode


class Facebook(StandIn):
    name = "facebook"
    port = 18102
    limit = (6000, 60)
    malformations = SPOILINGS

    def __init__(self, world: World, url: str) -> None:
        super().__init__(world, url)
        self._signatures = 0

    @classmethod
    def environment(cls) -> dict[str, str]:
        return {"SANDBOX_FACEBOOK_TOKEN": page_token_of("larkspur"), "SANDBOX_FACEBOOK_APP_SECRET": APP_SECRET}

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/pictures/{name:path}", self._picture, methods=["GET"]),
            Route("/{version}/debug_token", self._guarded(self._debug_token), methods=["GET"]),
            Route("/{version}/{node}", self._guarded(self._node), methods=["GET"]),
            Route("/{version}/{node}/{edge}", self._guarded(self._edge), methods=["GET"]),
        ]

    # ------------------------------------------------------------------ names

    def native(self, item: Item) -> str:
        if item.is_post:
            return f"{self.native_account(item.page)}_{_digits(item.key)}"
        return f"{_digits(item.root)}_{_digits(item.key)}"

    def native_account(self, author: str) -> str:
        return _digits(f"author/{author}")

    def shows(self, item: Item) -> bool:
        return not self.world.items[item.root].boosts  # what others posted is not the Page's own

    def _is_there(self, item: Item) -> bool:
        """A deleted comment takes what stands under it along; so does an author who leaves."""
        parent = self.world.items[item.parent] if item.parent else None
        return self.world.alive(item) and (parent is None or self._is_there(parent))

    def truth_of(self, item: Item) -> dict[str, Any]:
        state = "hidden" if item.hidden or item.held else "present"
        return {**super().truth_of(item), "state": state if self._is_there(item) else "deleted"}

    # ------------------------------------------------------------------ who asks

    def _guarded(self, endpoint: Callable[[Request], Response]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            try:
                self._prove(request)
                return endpoint(request)
            except GraphError as problem:
                return self._error(problem.status, problem.code, problem.subcode, str(problem))

        return guarded

    def _prove(self, request: Request) -> None:
        """`appsecret_proof` may be left out, but not be wrong."""
        given = request.query_params.get("appsecret_proof")
        wanted = hmac.new(APP_SECRET.encode(), _token(request).encode(), hashlib.sha256).hexdigest()
        if given is not None and given != wanted:
            raise GraphError(400, 100, None, "Invalid appsecret_proof provided in the API argument")

    def _login(self, token: str) -> tuple[str, str, set[str]]:
        """(account, kind of token, its permissions). Raises for a token that is none or is dead."""
        for account in self.world.accounts:
            page, _, without = token.partition("-without-")
            if page in (page_token_of(account), user_token_of(account)):
                if self.world.expired.get(account) == "dead":
                    raise GraphError(400, 190, 463, "Error validating access token: Session has expired.")
                return account, "USER" if page == user_token_of(account) else "PAGE", {*SCOPES} - {without}
        raise GraphError(400, 190, None, "Invalid OAuth access token - Cannot parse access token")

    def _debug_token(self, request: Request) -> Response:
        if _token(request) != f"{APP_ID}|{APP_SECRET}":
            raise GraphError(400, 100, None, "(#100) You must provide an app access token, or a user access token that "
                             "is an owner or developer of the app")  # fmt: skip
        about: dict[str, Any] = {"app_id": APP_ID, "application": "Sandbox archive (invented)"}
        try:
            account, kind, scopes = self._login(request.query_params.get("input_token", ""))
        except GraphError as problem:
            error = {"code": problem.code, "message": str(problem), "subcode": problem.subcode}
            return answer({"data": {**about, "error": error, "is_valid": False, "scopes": []}})
        page = self.native_account(account)
        about |= {
            "type": kind, "is_valid": True, "expires_at": 0, "issued_at": 1_767_225_600, "user_id": _digits("staff"),
            "data_access_expires_at": int(time.time()) + 80 * 86_400, "scopes": sorted(scopes),
            "granular_scopes": [{"scope": scope, "target_ids": [page]} for scope in sorted(scopes)],
        }  # fmt: skip
        return answer({"data": about | ({"profile_id": page} if kind == "PAGE" else {})})

    def _may(self, request: Request, scope: str) -> bool:
        _, kind, scopes = self._login(_token(request))
        return kind == "PAGE" and scope in scopes

    # ------------------------------------------------------------------ one node

    def _node(self, request: Request) -> Response:
        account, kind, scopes = self._login(_token(request))
        wanted = parsed(request.query_params.get("fields") or "id")
        name = request.path_params["node"]
        if name == "me" and kind == "USER":
            return answer(projected({"id": _digits("staff"), "name": "A person (invented)"}, wanted))
        if name in ("me", account, self.native_account(account)):
            if account in self.world.gone:
                raise _missing(name)
            return answer(projected(self._page(self.world.accounts[account]), wanted))
        item = self.find(name)
        if item is None or not self._is_there(item) or not self.shows(item):
            raise _missing(name)
        if item.is_post:
            self._must_read_posts(scopes)
            return answer(self._post(item, wanted, request))
        if not self._may(request, "pages_read_user_content"):
            raise _missing(name)
        return answer(self._comment(item, wanted))

    @staticmethod
    def _must_read_posts(scopes: set[str]) -> None:
        if "pages_read_engagement" not in scopes:
            raise GraphError(403, 10, None, "(#10) This endpoint requires the 'pages_read_engagement' permission")

    # ------------------------------------------------------------------ lists

    def _edge(self, request: Request) -> Response:
        account, _, scopes = self._login(_token(request))
        node, edge = request.path_params["node"], request.path_params["edge"]
        wanted = parsed(request.query_params.get("fields") or "id")
        of_page = node in ("me", account, self.native_account(account))
        if of_page and edge == "published_posts":
            self._must_read_posts(scopes)
            own = [i for i in self.world.by(account) if i.is_post and self._in_list(i, request)]
            return self._ranked(own, wanted, request)
        if of_page and edge == "visitor_posts":
            left = [i for i in self._posts() if i.page == account != i.author and self._in_list(i, request)]
            return self._ranked(left if self._may(request, "pages_read_user_content") else [], wanted, request)
        if of_page and edge == "blocked":
            return answer({"data": [self._who(person) for person in _BLOCKED]})
        if edge == "comments":
            return self._comments(node, wanted, request)
        raise GraphError(400, 100, None, f"(#100) Tried accessing nonexisting field ({edge})")

    def _posts(self) -> list[Item]:
        return [i for i in self.world.items.values() if i.is_post and self.world.alive(i)]

    def _in_list(self, item: Item, request: Request) -> bool:
        return self.shows(item) and (not item.hidden or request.query_params.get("include_hidden") == "true")

    def _ranked(self, posts: list[Item], wanted: list[Wanted], request: Request) -> Response:
        """By rank; after the first page comes an empty one that has a next."""
        posts = sorted(posts, key=lambda post: _digits(f"rank/{post.key}"))
        size = whole(request.query_params.get("limit"), 25, _POSTS_A_PAGE)
        after = request.query_params.get("after", "")
        start = int(after[4:]) if after[4:].isdigit() else 0
        shown = [] if after.startswith("HOLE") else posts[start : start + size]
        end = start if after.startswith("HOLE") else start + size
        more = end < len(posts)
        body: dict[str, Any] = {"data": [self._post(post, wanted, request) for post in shown]}
        if request.query_params.get("summary"):
            body["summary"] = {"total_count": len(posts)}
        return self._paged(body, f"{'HOLE' if start == 0 else 'RANK'}{end}" if more else None, request)

    def _comments(self, node: str, wanted: list[Wanted], request: Request) -> Response:
        post, photo = self._post_or_photo(node)
        if post is None or not self._is_there(post):
            raise _missing(node)
        found = self._stream(post, photo) if self._may(request, "pages_read_user_content") else []
        if request.query_params.get("filter") != "stream":
            found = [comment for comment in found if comment.parent == post.key]
        found = sorted(found, key=lambda c: (c.created, c.key))
        if request.query_params.get("order") != "chronological":
            found.reverse()
        size = whole(request.query_params.get("limit"), 25, 100)
        after = request.query_params.get("after", "")
        start = int(after[4:]) if after[4:].isdigit() else 0
        body: dict[str, Any] = {"data": [self._comment(c, wanted) for c in found[start : start + size]]}
        if request.query_params.get("summary"):
            body["summary"] = {"order": "chronological", "total_count": len(found), "can_comment": True}
        return self._paged(body, f"NEXT{start + size}" if start + size < len(found) else None, request)

    def _paged(self, body: dict[str, Any], after: str | None, request: Request) -> Response:
        """With the address of the next page, in which the token stands, as on the real API."""
        after = "NEXT0" if loops(request) else after
        if body["data"] or after:
            body["paging"] = {"cursors": {"before": "QVFIUsandbox", "after": after or "QVFIUend"}}
        if after:
            query = {**request.query_params, "after": after, "access_token": _token(request)}
            body["paging"]["next"] = f"{self.url}{request.url.path}?{urlencode(query)}"
        return answer(body)

    # ------------------------------------------------------------------ streams of comments

    def _post_or_photo(self, node: str) -> tuple[Item | None, int]:
        """The post of this id, or the post that a photo of this id belongs to; and which photo (0: the post)."""
        for post in self._posts():
            if node == self.native(post):
                return post, 0
            for number in range(1, self._photo_count(post) + 1):
                if node == self._photo_id(post, number):
                    return post, number
        return None, 0

    @staticmethod
    def _photo_count(post: Item) -> int:
        """An album has two photos."""
        return 0 if post.image is None else 2 if post.form == "album" else 1

    @staticmethod
    def _photo_id(post: Item, number: int) -> str:
        return _digits(f"photo/{post.key}/{number}")

    def _stream(self, post: Item, photo: int = 0) -> list[Item]:
        """The comments on a post; on a photo of an album, those that stand under that photo and nowhere else."""
        there = [i for i in self.world.items.values() if i.root == post.key and not i.is_post and self._is_there(i)]
        return [comment for comment in there if self._place(comment, post) == photo or (photo and post.form != "album")]

    def _place(self, comment: Item, post: Item) -> int:
        """Every second thread under an album stands under its second photo."""
        while comment.parent != post.key:
            comment = self.world.items[comment.parent or ""]
        threads = self.world.children.get(post.key, [])
        return 2 if post.form == "album" and threads.index(comment.key) % 2 else 0

    # ------------------------------------------------------------------ resources

    def _page(self, account: Account) -> dict[str, Any]:
        fields = dict(account.fields)
        id = self.native_account(account.key)
        return {
            "id": id, "name": account.name, "username": account.key, "about": account.bio, "category": "Library",
            "website": fields.get("Website", "https://larkspur.example"), "phone": fields.get("Telephone", "555-0100"),
            "emails": [fields.get("Records requests", "records@larkspur.example")],
            "hours": {"mon_1_open": "10:00", "mon_1_close": "20:00"},
            "single_line_address": "1 Invented Square, Larkspur", "link": f"https://www.facebook.com/{account.key}",
            "is_published": True, "verification_status": "not_verified", "followers_count": 312,
            "cover": {"id": _digits(f"cover/{account.key}"), "source": self._signed(f"banner-{account.key}")},
            "picture": {"data": {"url": self._signed(f"avatar-{account.key}"), "is_silhouette": False}},
        }  # fmt: skip

    def _post(self, item: Item, wanted: Iterable[Wanted], request: Request) -> dict[str, Any]:
        comments = self._stream(item) if self._may(request, "pages_read_user_content") else []
        touched = [item.edited or item.created, *(comment.created for comment in self._stream(item))]
        body: dict[str, Any] = {
            "id": self.native(item), "message": item.text, "created_time": stamp(item.created),
            "updated_time": stamp(max(touched)), "from": self._who(item.author),
            "permalink_url": f"https://www.facebook.com/{self.native(item).replace('_', '/posts/')}",
            "status_type": "added_photos" if item.image else "mobile_status_update",
            "is_hidden": item.hidden, "is_published": True, "is_expired": False,
            "comments": _counted(len(comments), order="chronological", can_comment=True),
            "reactions": _counted(item.likes, viewer_reaction="NONE"),
        }  # fmt: skip
        if item.shares:
            body["shares"] = {"count": item.shares}
        if item.image:
            body["attachments"] = {"data": [self._attachment(item)]}
        return projected(body, wanted)

    def _comment(self, item: Item, wanted: Iterable[Wanted]) -> dict[str, Any]:
        answers = [self.world.items[key] for key in self.world.children.get(item.key, ())]
        body: dict[str, Any] = {
            "id": self.native(item), "message": item.text, "created_time": stamp(item.created),
            "from": self._who(item.author), "is_hidden": item.hidden or item.held, "is_private": False,
            "like_count": item.likes, "comment_count": sum(self._is_there(a) for a in answers),
            "permalink_url": f"https://www.facebook.com/{_digits(item.root)}?comment_id={_digits(item.key)}",
        }  # fmt: skip
        if item.parent and item.parent != item.root:
            body["parent"] = {"id": self.native(self.world.items[item.parent]), "created_time": stamp(item.created)}
        if item.image:
            body["attachment"] = self._photo(item, 1)
        return _spoiled(projected(body, wanted), item.malformed)

    def _who(self, author: str) -> dict[str, str]:
        return {"id": self.native_account(author), "name": self.world.author(author).name}

    def _attachment(self, post: Item) -> dict[str, Any]:
        if post.form != "album":
            return self._photo(post, 1)
        photos = [self._photo(post, number) for number in range(1, self._photo_count(post) + 1)]
        album = {"type": "album", "media_type": "album", "title": "Photos", "media": photos[0]["media"]}
        return {**album, "url": photos[0]["url"], "target": photos[0]["target"], "subattachments": {"data": photos}}

    def _photo(self, item: Item, number: int) -> dict[str, Any]:
        id = self._photo_id(item, number)
        name = item.key.replace("/", "-") + (f"-{number}" if number > 1 else "")
        where = f"https://www.facebook.com/photo.php?fbid={id}"
        image = {"src": self._signed(name), "height": 64, "width": 96}
        return {
            "type": "photo", "media_type": "photo", "description": item.image, "url": where,
            "target": {"id": id, "url": where}, "media": {"image": image},
        }  # fmt: skip

    def _signed(self, name: str) -> str:
        """A picture's address: signed anew each time that it is told."""
        self._signatures += 1
        return f"{self.url}/pictures/{name}.png?_nc_cat=1&oh=sandbox{self._signatures}&oe=69AA0000"

    async def _picture(self, request: Request) -> Response:
        return Response(png(request.path_params["name"].removesuffix(".png")), media_type="image/png")

    # ------------------------------------------------------------------ saying no

    def refusal(self, status: int) -> Response:
        code, subcode = _CODES.get(status, (1, None))
        return self._error(status, code, subcode, f"(#{code}) Invented error of the sandbox.")

    def throttled(self, seconds: float) -> Response:
        """The Page's budget is spent: HTTP 400, and only a header says for how many minutes."""
        refused = self._error(400, 80001, 2446079, "(#80001) There have been too many calls to this Page account.")
        refused.headers["X-Business-Use-Case-Usage"] = self._usage(100, -(-seconds // 60))
        return refused

    def _error(self, status: int, code: int, subcode: int | None, message: str) -> Response:
        error: dict[str, Any] = {
            "message": message, "type": "GraphMethodException" if subcode == 33 else "OAuthException", "code": code,
            "fbtrace_id": "AsandboxTrace",
        }  # fmt: skip
        return answer({"error": error | ({"error_subcode": subcode} if subcode else {})}, status)

    def limit_headers(self, limit: int, remaining: int, reset: float, window: int) -> dict[str, str]:
        used = round(100 * (limit - remaining) / limit)
        minutes = 0.0 if remaining else max(1.0, -(-(reset - time.time()) // 60))
        app = {"call_count": used, "total_time": used // 2, "total_cputime": used // 3}
        return {"X-App-Usage": json.dumps(app), "X-Business-Use-Case-Usage": self._usage(used, minutes)}

    def _usage(self, percent: int, minutes: float) -> str:
        page = self.native_account(next(iter(self.world.accounts)))
        one = {
            "type": "pages", "call_count": percent, "total_cputime": percent // 2, "total_time": percent // 2,
            "estimated_time_to_regain_access": int(minutes),
        }  # fmt: skip
        return json.dumps({page: [one]})


def _token(request: Request) -> str:
    named = request.headers.get("authorization", "").removeprefix("Bearer ")
    return named or request.query_params.get("access_token", "")


def _missing(name: str) -> GraphError:
    return GraphError(
        400, 100, 33, f"Unsupported get request. Object with ID '{name}' does not exist, cannot be loaded due to "
        "missing permissions, or does not support this operation.",
    )  # fmt: skip


def _spoiled(comment: dict[str, Any], how: str | None) -> dict[str, Any]:
    """A comment has nothing but its text, and without one it is none; so what goes missing is its author."""
    text = {"missing_field": "from", "mistyped_field": "permalink_url"}.get(how or "", "message")
    return spoiled(comment, how, id="id", time="created_time", text=text)


def _counted(total: int, **more: Any) -> dict[str, Any]:
    return {"data": [], "summary": {**more, "total_count": total}}


def stamp(moment: datetime) -> str:
    """To the second, with an offset without a colon, as Facebook writes times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _digits(name: str) -> str:
    """Fifteen to sixteen digits that depend on the name alone."""
    return str(10**14 + int(hashlib.sha256(f"facebook/{name}".encode()).hexdigest()[:13], 16))
