"""LinkedIn's Community Management API as far as a harvest sees it, by hand-written field tables (there is no contract).

As on the real API: versions are asked for in a header; to a member without a role on the page every list is empty; a
comment names the activity behind a post; replies hang on the comment at the top of their thread; what is gone answers
404; a picture's address has to be asked for by its URN.
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
from sandbox.world import Item

CLIENT_ID = "86sandbox"
CLIENT_SECRET = "sandbox-linkedin-client-secret"
SCOPES = ("r_organization_social_feed", "rw_organization_admin")
_ERRORS = {
    400: ("ILLEGAL_ARGUMENT", 100), 401: ("EXPIRED_ACCESS_TOKEN", 65602), 403: ("ACCESS_DENIED", 100),
    404: ("NOT_FOUND", 100), 426: ("NONEXISTENT_VERSION", 100), 429: ("TOO_MANY_REQUESTS", 101),
    500: ("INTERNAL_SERVER_ERROR", 0),
}  # fmt: skip
_YEAR = 365 * 86_400


def refresh_token_of(account: str, kind: str = "full") -> str:
    """`full`; `narrow`: a consent without posts and comments; `roleless`: a member who has no role on the page."""
    return f"sandbox-linkedin-refresh-{kind}-{account}"


class LinkedInError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class LinkedIn(StandIn):
    name = "linkedin"
    port = 18109
    limit = (6000, 60)  # the real one is for a day, and much less
    malformations = SPOILINGS

    @classmethod
    def environment(cls) -> dict[str, str]:
        return {
            "SANDBOX_LINKEDIN_REFRESH_TOKEN": refresh_token_of("larkspur"),
            "SANDBOX_LINKEDIN_CLIENT_SECRET": CLIENT_SECRET,
        }

    def routes(self) -> list[BaseRoute]:
        gets: dict[str, Callable[[Request, str, str], Response]] = {
            "/rest/organizationAcls": self._acls, "/rest/organizations/{id}": self._organization,
            "/rest/posts": self._posts, "/rest/posts/{urn}": self._post, "/rest/images/{urn}": self._image,
            "/rest/socialActions/{urn}/comments": self._comments,
            "/rest/socialActions/{urn}/comments/{id}": self._comment_by_id,
        }  # fmt: skip
        return [
            *(Route(path, self._guarded(handler), methods=["GET"]) for path, handler in gets.items()),
            Route("/oauth/v2/accessToken", self._access, methods=["POST"]),
            Route("/oauth/v2/introspectToken", self._introspect, methods=["POST"]),
            Route("/pictures/{name:path}", self._picture, methods=["GET"]),
        ]

    # ------------------------------------------------------------------ names

    def native(self, item: Item) -> str:
        if item.is_post:
            return f"urn:li:share:7{_digits(item.key, 18)}"
        return f"urn:li:comment:({self._activity(self.world.items[item.root])},7{_digits(item.key, 18)})"

    def native_account(self, author: str) -> str:
        if author in self.world.accounts:
            return f"urn:li:organization:{_digits(author, 8)}"
        return f"urn:li:person:{_letters(author, 10)}"

    def _activity(self, post: Item) -> str:
        return f"urn:li:activity:7{_digits(f'activity {post.key}', 18)}"

    def _top(self, item: Item) -> Item:
        """The comment at the top of a reply's thread."""
        while item.parent and not self.world.items[item.parent].is_post:
            item = self.world.items[item.parent]
        return item

    def _is_there(self, item: Item) -> bool:
        """A deleted comment takes its replies with it, and so does the account of a member who left."""
        chain = [item] if item.is_post else [item, self._top(item), self.world.items[item.root]]
        return all(self.world.alive(one) for one in chain)

    def shows(self, item: Item) -> bool:
        return not self.world.items[item.root].boosts

    def truth_of(self, item: Item) -> dict[str, Any]:
        """A page can neither hide a comment nor hold it back: it can delete it."""
        root = self.native(self.world.items[item.root])
        top = self._top(item)
        parent = None if item.is_post else root if item is top else self.native(top)
        return {"parent": parent, "root": root, "state": "present" if self._is_there(item) else "deleted"}

    # ------------------------------------------------------------------ who asks

    async def _access(self, request: Request) -> Response:
        form = await form_of(request)
        found = self._consent(form.get("refresh_token", ""), refresh_token_of)
        if form.get("client_secret") != CLIENT_SECRET or form.get("client_id") != CLIENT_ID:
            return answer({"error": "invalid_client", "error_description": "Client authentication failed"}, 401)
        if found is None or self.world.expired.get(found[0]) == "dead":
            return answer({"error": "invalid_grant", "error_description": "The provided refresh token is revoked"}, 400)
        account, kind = found
        return answer(
            {
                "access_token": self.access_token_of(account, kind), "expires_in": 5_184_000,
                "refresh_token": form["refresh_token"], "refresh_token_expires_in": _YEAR - 40 * 86_400,
                "scope": ",".join(self._scopes(kind)), "token_type": "Bearer",
            }
        )  # fmt: skip

    async def _introspect(self, request: Request) -> Response:
        form = await form_of(request)
        found = self._consent(form.get("token", ""), self.access_token_of)
        if form.get("client_secret") != CLIENT_SECRET:
            return answer({"error": "invalid_client"}, 401)
        if found is None or found[0] in self.world.expired:
            return answer({"active": False})
        now = int(datetime.now(UTC).timestamp())
        return answer(
            {
                "active": True, "client_id": CLIENT_ID, "authorized_at": now - 86_400, "created_at": now - 86_400,
                "status": "active", "expires_at": now + 59 * 86_400, "scope": ",".join(self._scopes(found[1])),
                "auth_type": "3L",
            }
        )  # fmt: skip

    def access_token_of(self, account: str, kind: str = "full") -> str:
        return f"sandbox-linkedin-access-{kind}-{account}-{self.world.token_rounds.get(account, 0)}"

    def _consent(self, token: str, token_of: Callable[[str, str], str]) -> tuple[str, str] | None:
        kinds = ("full", "narrow", "roleless")
        return next(((a, k) for a in self.world.accounts for k in kinds if token == token_of(a, k)), None)

    @staticmethod
    def _scopes(kind: str) -> tuple[str, ...]:
        return SCOPES[1:] if kind == "narrow" else SCOPES

    def _guarded(self, endpoint: Callable[[Request, str, str], Response]) -> Callable[[Request], Any]:
        async def guarded(request: Request) -> Response:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            found = self._consent(token, self.access_token_of)
            version = request.headers.get("linkedin-version", "")
            try:
                if found is None:
                    raise LinkedInError(401)
                if request.headers.get("x-restli-protocol-version") != "2.0.0":
                    raise LinkedInError(400)
                if not (version.isdigit() and len(version) == 6 and version >= "202510"):
                    raise LinkedInError(426)
                return endpoint(request, *found)
            except LinkedInError as problem:
                return self.refusal(problem.status)

        return guarded

    # ------------------------------------------------------------------ endpoints

    def _acls(self, request: Request, caller: str, kind: str) -> Response:
        role = {
            "organization": self.native_account(caller), "roleAssignee": "urn:li:person:sandbox",
            "state": "APPROVED", "role": "ADMINISTRATOR",
        }  # fmt: skip
        return self._list(request, [] if kind == "roleless" else [role])

    def _organization(self, request: Request, caller: str, kind: str) -> Response:
        wanted = f"urn:li:organization:{request.path_params['id']}"
        account = next((a for k, a in self.world.accounts.items() if self.native_account(k) == wanted), None)
        if account is None or account.key in self.world.gone:
            raise LinkedInError(404)
        return answer(
            {
                "id": int(request.path_params["id"]), "$URN": wanted, "localizedName": account.name,
                "vanityName": account.key, "localizedDescription": account.bio,
                "localizedWebsite": "https://larkspur.example", "organizationType": "GOVERNMENT_AGENCY",
                "primaryOrganizationType": "NONE", "versionTag": "7",
                "name": {"localized": {"en_US": account.name}, "preferredLocale": {"country": "US", "language": "en"}},
                "description": {
                    "localized": {"en_US": account.bio}, "preferredLocale": {"country": "US", "language": "en"},
                },
                "locations": [], "specialties": [],
            }
        )  # fmt: skip

    def _posts(self, request: Request, caller: str, kind: str) -> Response:
        query = request.query_params
        if query.get("q") != "author" or not query.get("author"):
            raise LinkedInError(400)
        self._must_read(kind)
        own = kind != "roleless" and query["author"] == self.native_account(caller)
        mine = [i for i in self.world.by(caller) if i.is_post and self.shows(i)] if own else []
        mine.sort(key=lambda i: (i.edited or i.created, i.key), reverse=True)
        return self._list(request, [self._told(post) for post in mine])

    def _post(self, request: Request, caller: str, kind: str) -> Response:
        self._must_read(kind)
        return answer(self._told(self._item(request.path_params["urn"])))

    def _image(self, request: Request, caller: str, kind: str) -> Response:
        urn = request.path_params["urn"]
        item = next((i for i in self.world.items.values() if i.image and _image_urn(i) == urn), None)
        if item is None:
            raise LinkedInError(404)
        url = f"{self.url}/pictures/{item.key.replace('/', '-')}.png?e=1893456000&t=sandbox"
        expires = int(datetime.now(UTC).timestamp() * 1000) + 3_600_000
        return answer(
            {
                "owner": self.native_account(caller), "id": urn, "status": "AVAILABLE", "downloadUrl": url,
                "downloadUrlExpiresAt": expires,
            }
        )  # fmt: skip

    def _comments(self, request: Request, caller: str, kind: str) -> Response:
        self._must_read(kind)
        item = self._item(request.path_params["urn"])
        found = self._under(item) if kind != "roleless" else []
        return self._list(request, [self._comment(c) for c in found])

    def _comment_by_id(self, request: Request, caller: str, kind: str) -> Response:
        self._must_read(kind)
        item = self._item(f"urn:li:comment:({request.path_params['urn']},{request.path_params['id']})")
        return answer(self._comment(item))

    def _must_read(self, kind: str) -> None:
        if "r_organization_social_feed" not in self._scopes(kind):
            raise LinkedInError(403)

    def _item(self, urn: str) -> Item:
        item = self.find(urn)
        if item is None or not self.shows(item) or not self._is_there(item):
            raise LinkedInError(404)
        return item

    def _under(self, item: Item) -> list[Item]:
        """The comments of a post, or all replies of a comment, oldest first."""
        mine = [
            c for c in self.world.items.values()
            if c.root == item.root and not c.is_post and c is not item and self._is_there(c)
            and (c is self._top(c) if item.is_post else self._top(c) is item)
        ]  # fmt: skip
        return sorted(mine, key=lambda c: (c.created, c.key))

    def _list(self, request: Request, elements: list[dict[str, Any]]) -> Response:
        """One page by `start` and `count`, with a link to the next."""
        size = whole(request.query_params.get("count"), 10, 100)
        start = 0 if loops(request) else whole(request.query_params.get("start"), 0, 100_000)
        links = []
        if start + size < len(elements) or loops(request):
            links.append({"type": "application/json", "rel": "next", "href": f"?start={start + size}&count={size}"})
        paging = {"start": start, "count": size, "links": links, "total": len(elements)}
        return answer({"paging": paging, "elements": elements[start : start + size]})

    # ------------------------------------------------------------------ resources

    def _told(self, item: Item) -> dict[str, Any]:
        post: dict[str, Any] = {
            "id": self.native(item), "author": self.native_account(item.author), "commentary": escaped(item.text),
            "visibility": "PUBLIC", "lifecycleState": "PUBLISHED", "createdAt": _millis(item.created),
            "publishedAt": _millis(item.created), "lastModifiedAt": _millis(item.edited or item.created),
            "isReshareDisabledByAuthor": False, "lifecycleStateInfo": {"isEditedByAuthor": item.edited is not None},
            "distribution": {
                "feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": [],
            },
        }  # fmt: skip
        if item.image:
            post["content"] = {"media": {"id": _image_urn(item), "altText": item.image}}
        return post

    def _comment(self, item: Item) -> dict[str, Any]:
        actor, top = self.native_account(item.author), self._top(item)
        under = len(self._under(item)) if item is top else 0
        comment: dict[str, Any] = {
            "id": self.native(item).rpartition(",")[2].rstrip(")"), "commentUrn": self.native(item), "actor": actor,
            "object": self._activity(self.world.items[item.root]),
            "created": {"actor": actor, "time": _millis(item.created)},
            "lastModified": {"actor": actor, "time": _millis(item.edited or item.created)},
            "message": {"attributes": [], "text": item.text},
            "likesSummary": {
                "selectedLikes": [], "aggregatedTotalLikes": item.likes, "likedByCurrentUser": False,
                "totalLikes": item.likes,
            },
            "commentsSummary": {
                "selectedComments": [], "totalFirstLevelComments": under, "aggregatedTotalComments": under,
            },
        }  # fmt: skip
        if top is not item:
            comment["parentComment"] = self.native(top)
        if item.image:
            url = f"{self.url}/pictures/{item.key.replace('/', '-')}.png?e=1893456000&t=sandbox"
            comment["content"] = [{"entity": {"image": _image_urn(item)}, "type": "IMAGE", "url": url}]
        return _spoiled(comment, item.malformed)

    async def _picture(self, request: Request) -> Response:
        return Response(png(request.path_params["name"].removesuffix(".png")), media_type="image/png")

    # ------------------------------------------------------------------ saying no

    def refusal(self, status: int) -> Response:
        code, service = _ERRORS.get(status, _ERRORS[500])
        body = {"status": status, "code": code, "serviceErrorCode": service, "message": f"The sandbox says {code}."}
        return answer(body, status)

    def throttled(self, seconds: float) -> Response:
        """The day's calls are spent; no header says until when."""
        return self.refusal(429)

    def limit_headers(self, limit: int, remaining: int, reset: float, window: int) -> dict[str, str]:
        return {}  # LinkedIn says nothing of its limits


def _spoiled(comment: dict[str, Any], how: str | None) -> dict[str, Any]:
    """What is wrong is wrong with the URN, with the time, with the text in its object, or (where a comment without text
    would say nothing at all) with the thread it names."""
    match how:
        case "missing_id":
            return {name: value for name, value in comment.items() if name not in ("id", "commentUrn")}
        case "float_id" | "number_id" | "missing_field" | "mistyped_field" | "extra_field" | "nan":
            return spoiled(comment, how, id="commentUrn", time="", text="object")
        case "year_9999":
            return {**comment, "created": {**comment["created"], "time": 253_402_300_799_000}}
    return {**comment, "message": spoiled(comment["message"], how, id="", time="", text="text")}


def escaped(text: str) -> str:
    """Text as LinkedIn's "little text" holds it: a backslash before every reserved character."""
    return "".join(f"\\{c}" if c in "|{}@[]()<>#\\*_~" else c for c in text)


def _image_urn(item: Item) -> str:
    return f"urn:li:image:D4E10AQ{_letters(item.key, 12)}"


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _digits(text: str, length: int) -> str:
    """Digits that depend on `text` alone, the first of them not 0."""
    least = 10 ** (length - 1)
    return str(least + int(hashlib.sha256(f"linkedin/{text}".encode()).hexdigest(), 16) % (9 * least))


def _letters(text: str, length: int) -> str:
    return hashlib.sha256(f"linkedin/{text}".encode()).hexdigest()[:length]
