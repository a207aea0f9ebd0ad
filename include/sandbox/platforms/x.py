"""X's API v2 as far as a harvest sees it, held to the models of X's own Python package by tests.

Both dialects are answered in the one that was asked (`tweet.fields` or `post.fields`). As on the real API: each version
of an edited post has an id of its own, and asking for an old id shows the old text with the whole chain; deletion of
one deletes all; replies stay when what they reply to goes; links are t.co links and `&` is an entity; long text is in a
note; search reaches back seven days, the full archive only from `start_time` on; hiding a reply shows nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.picture import HEIGHT, WIDTH, png
from sandbox.platforms.base import SPOILINGS, StandIn, answer, form_of, loops, spoiled, whole
from sandbox.platforms.x_data import Version, post_of, renamed, user_of, version_id
from sandbox.world import Item, World

CLIENT_ID = "sandbox-x-client"
CLIENT_SECRET = "sandbox-x-client-secret"
BEARER = "sandbox-x-bearer"
SCOPE = "tweet.read users.read offline.access"
POSTS_SHOWN, MENTIONS_SHOWN = 3200, 800
PROBLEMS = "https://api.x.com/2/problems/"
_TITLES = {
    400: "Invalid Request", 401: "Unauthorized", 402: "CreditsDepleted", 403: "Forbidden", 404: "Not Found Error",
    429: "Too Many Requests", 500: "Internal Server Error", 503: "Service Unavailable",
}  # fmt: skip
_TYPES = {400: "invalid-request", 402: "credits"}


def refresh_token_of(account: str) -> str:
    return f"sandbox-x-refresh-{account}"


class XError(Exception):
    def __init__(self, status: int, detail: str = "") -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


class X(StandIn):
    name = "x"
    port = 18106
    limit = (9000, 900)
    malformations = SPOILINGS

    scope = SCOPE
    rotates = False  # the real X gives a new refresh token each time; the sample agency has nowhere to keep it

    def __init__(self, world: World, url: str) -> None:
        super().__init__(world, url)
        self._versions: dict[str, Version] = {}

    @classmethod
    def environment(cls) -> dict[str, str]:
        return {
            "SANDBOX_X_REFRESH_TOKEN": refresh_token_of("larkspur"),
            "SANDBOX_X_CLIENT_SECRET": CLIENT_SECRET,
        }

    def routes(self) -> list[BaseRoute]:
        gets: dict[str, Callable[[Request], dict[str, Any]]] = {
            "/2/users/me": self._me, "/2/users/by/username/{name}": self._by_name, "/2/users/{id}/tweets": self._tweets,
            "/2/users/{id}/mentions": self._mentions, "/2/tweets/search/recent": self._recent,
            "/2/tweets/search/all": self._all, "/2/tweets/{id}": self._tweet,
        }  # fmt: skip
        return [
            *(Route(path, self._guarded(gets[path]), methods=["GET"]) for path in gets),
            Route("/2/oauth2/token", self._token, methods=["POST"]),
            Route("/pictures/{name:path}", self._picture, methods=["GET"]),
        ]

    # ------------------------------------------------------------------ names

    def native(self, item: Item) -> str:
        return version_id(item, 0)

    def native_account(self, author: str) -> str:
        return str(900_000_000 + sum(ord(letter) * 131**n for n, letter in enumerate(author)) % 99_999_999)

    def shows(self, item: Item) -> bool:
        return not self.world.items[item.root].boosts

    def truth_of(self, item: Item) -> dict[str, Any]:
        """A reply outlives what it replies to; that somebody left looks like a deletion; hiding shows nowhere."""
        root = self.world.items[item.root]
        return {
            "parent": self.native(self.world.items[item.parent]) if item.parent else None, "root": self.native(root),
            "state": "present" if self.world.alive(item) else "deleted",
        }  # fmt: skip

    def find(self, name: str) -> Item | None:
        version = self._version(name)
        return version.item if version else self.world.items.get(name)

    def _version(self, post_id: str) -> Version | None:
        """One version of a post by its own id."""
        items = self.world.items.values()
        if len(self._versions) != sum(len(i.revisions) for i in items):
            self._versions = {version_id(i, n): Version(i, n) for i in items for n in range(len(i.revisions))}
        return self._versions.get(post_id)

    # ------------------------------------------------------------------ who asks

    async def _token(self, request: Request) -> Response:
        form = await form_of(request)
        account = next((a for a in self.world.accounts if form.get("refresh_token") == self._refresh(a)), None)
        if "authorization" not in request.headers and not form.get("client_id"):
            what = "Missing valid authorization header"
            return answer({"error": "unauthorized_client", "error_description": what}, 401)
        if account is None or self.world.expired.get(account) == "dead":
            what = "Value passed for the token was invalid."
            return answer({"error": "invalid_request", "error_description": what}, 400)
        if self.rotates:
            self.world.token_rounds[account] = self.world.token_rounds.get(account, 0) + 1
        return answer(
            {
                "token_type": "bearer", "expires_in": 7200, "access_token": self._access(account), "scope": self.scope,
                "refresh_token": self._refresh(account),
            }
        )  # fmt: skip

    def _refresh(self, account: str) -> str:
        used = self.world.token_rounds.get(account, 0) if self.rotates else 0
        return refresh_token_of(account) + (f"-{used}" if used else "")

    def _access(self, account: str) -> str:
        return f"sandbox-x-access-{account}-{self.world.token_rounds.get(account, 0)}"

    def _owner(self, request: Request) -> str | None:
        """Whose login this is; None for the app's own token. Raises for anything else."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token == BEARER:
            return None
        found = next((a for a in self.world.accounts if token == self._access(a)), None)
        if found is None:
            raise XError(401)
        return found

    def _guarded(self, endpoint: Callable[[Request], dict[str, Any]]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            try:
                owner = self._owner(request)
                needed = "users.read" if request.url.path.startswith("/2/users/me") else "tweet.read"
                if owner is not None and needed not in self.scope.split():
                    raise XError(403)
                body = endpoint(request)
                return answer(renamed(body) if _speaks_post(request) else body)
            except XError as problem:
                return self._error(problem.status, problem.detail)

        return guarded

    # ------------------------------------------------------------------ users

    def _me(self, request: Request) -> dict[str, Any]:
        owner = self._owner(request)
        if owner is None:
            raise XError(403, "Authenticating with an app's token is forbidden for this endpoint.")
        return {"data": self._user(owner, whole=True)}

    def _by_name(self, request: Request) -> dict[str, Any]:
        name = request.path_params["name"]
        if name not in self.world.accounts:
            return {"errors": [self._not_found("user", "username", name)]}
        return {"data": self._user(name, whole=True)}

    def _user(self, author: str, *, whole: bool = False) -> dict[str, Any]:
        sent = sum(not i.deleted for i in self.world.items.values() if i.author == author)
        return user_of(self.world.author(author), self.native_account(author), self.url, sent if whole else None)

    def _account(self, request: Request) -> str:
        found = [a for a in self.world.accounts if self.native_account(a) == request.path_params["id"]]
        if not found:
            raise XError(400, "The `id` query parameter value is not valid.")
        return found[0]

    # ------------------------------------------------------------------ lists of posts

    def _tweets(self, request: Request) -> dict[str, Any]:
        mine = self.world.by(self._account(request))[:POSTS_SHOWN]
        kept = [i for i in mine if not i.boosts or "retweets" not in request.query_params.get("exclude", "")]
        return self._list(kept, request, most=100)

    def _mentions(self, request: Request) -> dict[str, Any]:
        """Everything by others that stands under the account's posts (a reply mentions by itself) or names it."""
        account = self._account(request)
        found = [i for i in self._alive() if i.page == account and i.author != account]
        return self._list(found[:MENTIONS_SHOWN], request, most=100)

    def _recent(self, request: Request) -> dict[str, Any]:
        return self._searched(request, datetime.now(UTC) - timedelta(days=7), most=100)

    def _all(self, request: Request) -> dict[str, Any]:
        month = datetime.now(UTC) - timedelta(days=30)
        return self._searched(request, month if "start_time" not in request.query_params else None, most=500)

    def _searched(self, request: Request, since: datetime | None, most: int) -> dict[str, Any]:
        query = request.query_params.get("query", "")
        if not query.startswith("conversation_id:"):
            raise XError(400, "There were errors processing your request: no viable alternative.")
        root = self.find(query.removeprefix("conversation_id:"))
        found = [i for i in self._alive() if root is not None and i.root == root.key and not i.is_post]
        return self._list([i for i in found if since is None or i.created >= since], request, most)

    def _alive(self) -> list[Item]:
        """All that is still there, newest first."""
        found = [i for i in self.world.items.values() if self.world.alive(i) and self.shows(i)]
        return sorted(found, key=lambda i: (i.created, i.key), reverse=True)

    def _list(self, items: list[Item], request: Request, most: int) -> dict[str, Any]:
        """One page of a list. Without posts there is no `data` at all."""
        query = request.query_params
        start_time = datetime.fromisoformat(query["start_time"]) if query.get("start_time") else None
        shown = [i for i in items if start_time is None or i.created >= start_time]
        size = whole(query.get("max_results"), 10, most)
        token = query.get("pagination_token") or query.get("next_token") or ""
        start = int(token.removeprefix("page")) if token.removeprefix("page").isdigit() else 0
        page = [Version(i, len(i.revisions) - 1) for i in shown[start : start + size]]
        meta: dict[str, Any] = {"result_count": len(page)}
        if loops(request):
            meta["next_token"] = "page0"
        elif start + size < len(shown):
            meta["next_token"] = f"page{start + size}"
        if not page:
            return {"meta": meta}
        meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
        return {"data": [self._post(v) for v in page], "includes": self._includes(page), "meta": meta}

    def _tweet(self, request: Request) -> dict[str, Any]:
        post_id = request.path_params["id"]
        version = self._version(post_id)
        if version is None or not self.world.alive(version.item) or not self.shows(version.item):
            return {"errors": [self._not_found("tweet", "id", post_id)]}
        return {"data": self._post(version), "includes": self._includes([version])}

    # ------------------------------------------------------------------ resources

    def _post(self, version: Version) -> dict[str, Any]:
        item = version.item
        seen = self._replied_to(item)
        made = post_of(
            version, author=self.native_account(item.author), root=self.native(self.world.items[item.root]),
            replied_to=seen.id if seen else None,
            replied_to_user=self.native_account(seen.item.author) if seen else None,
            replies=sum(self.world.alive(self.world.items[k]) for k in self.world.children.get(item.key, ())),
        )  # fmt: skip
        # A post without any text is none; what drifts is a member that a post can lose.
        text = "lang" if item.malformed in ("missing_field", "mistyped_field") else "text"
        return spoiled(made, item.malformed, id="id", time="created_at", text=text)

    def _replied_to(self, item: Item) -> Version | None:
        """What a reply answers: the version that stood when it was written."""
        if item.parent is None:
            return None
        parent = self.world.items[item.parent]
        return Version(parent, max(n for n, r in enumerate(parent.revisions) if n == 0 or r.at <= item.created))

    def _includes(self, page: list[Version]) -> dict[str, Any]:
        authors = dict.fromkeys(v.item.author for v in page)
        parents = {seen.id: seen for v in page if (seen := self._replied_to(v.item))}
        shown = [v for v in parents.values() if self.world.alive(v.item)]
        found = {
            "users": [self._user(a) for a in authors],
            "tweets": [self._post(one) for one in shown],
            "media": [self._medium(v.item) for v in page if v.item.image],
        }  # fmt: skip
        return {name: parts for name, parts in found.items() if parts}

    def _medium(self, item: Item) -> dict[str, Any]:
        return {
            "media_key": f"3_{self.native(item)}", "type": "photo", "alt_text": item.image, "width": WIDTH,
            "height": HEIGHT, "url": f"{self.url}/pictures/{item.key.replace('/', '-')}.png",
        }  # fmt: skip

    async def _picture(self, request: Request) -> Response:
        return Response(png(request.path_params["name"].removesuffix(".png")), media_type="image/png")

    # ------------------------------------------------------------------ saying no

    @staticmethod
    def _not_found(kind: str, parameter: str, value: str) -> dict[str, Any]:
        return {
            "value": value, "detail": f"Could not find {kind} with {parameter}: [{value}].",
            "title": "Not Found Error", "resource_type": kind, "parameter": parameter, "resource_id": value,
            "type": f"{PROBLEMS}resource-not-found",
        }  # fmt: skip

    def refusal(self, status: int) -> Response:
        return self._error(status)

    def throttled(self, seconds: float) -> Response:
        """429, and until when in seconds since the epoch; no Retry-After."""
        refused = self._error(429)
        refused.headers.update(self.limit_headers(300, 0, datetime.now(UTC).timestamp() + seconds, 900))
        return refused

    def _error(self, status: int, detail: str = "") -> Response:
        title = _TITLES.get(status, "Error")
        kind = f"{PROBLEMS}{_TYPES[status]}" if status in _TYPES else "about:blank"
        return answer({"title": title, "type": kind, "status": status, "detail": detail or title}, status)

    def limit_headers(self, limit: int, remaining: int, reset: float, window: int) -> dict[str, str]:
        return {
            "x-rate-limit-limit": str(limit), "x-rate-limit-remaining": str(remaining),
            "x-rate-limit-reset": str(int(reset)),
        }  # fmt: skip


def _speaks_post(request: Request) -> bool:
    """The newer dialect: who asks in it, and X's own client, which knows no other."""
    return "post.fields" in request.query_params or request.headers.get("user-agent", "").startswith("xdk")
