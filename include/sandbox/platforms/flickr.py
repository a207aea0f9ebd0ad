"""Flickr's REST API as far as a harvest sees it, held to Flickr's own method table by tests.

Every post of the world is a photograph. As on the real API: requests are signed (and the signature is really checked),
failures come with HTTP 200 and `stat: fail`, comments are flat and their text is HTML, a photograph without comments
has no list of them, a comment has no time of an edit and no endpoint of its own, an author who left stays named with
`author_is_deleted`, and a photograph that its owner withdrew is still there for the owner.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.picture import png
from sandbox.platforms.base import SPOILINGS, StandIn, answer, loops, spoiled, whole
from sandbox.platforms.youtube import titled
from sandbox.world import Account, Item

API_KEY = "sandbox-flickr-api-key"
API_SECRET = "sandbox-flickr-api-secret"
_THROTTLED = (
    "<html><body><h1>429 Too Many Requests</h1>\n"
    "You have sent too many requests in a given amount of time.\n</body></html>\n"
)
_MESSAGES = {
    1: "Photo not found", 2: "Unknown user", 96: "Invalid signature", 97: "Missing signature",
    98: "Login failed / Invalid auth token", 99: "User not logged in / Insufficient permissions",
    100: "Invalid API Key (Key has invalid format)", 105: "Service currently unavailable",
    112: "Method not found",
}  # fmt: skip
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


def token_of(account: str) -> str:
    return f"sandbox-flickr-token-{account}"


def token_secret_of(account: str) -> str:
    return f"sandbox-flickr-token-secret-{account}"


def narrow_token_of(account: str) -> str:
    """A token of a consent without any permission (its secret is the other's)."""
    return f"sandbox-flickr-narrow-token-{account}"


class FlickrError(Exception):
    def __init__(self, code: int, message: str | None = None) -> None:
        super().__init__(message or _MESSAGES[code])
        self.code = code


class Flickr(StandIn):
    name = "flickr"
    port = 18107
    limit = (3600, 60)  # the real one is for an hour
    malformations = SPOILINGS

    @classmethod
    def environment(cls) -> dict[str, str]:
        return {
            "SANDBOX_FLICKR_TOKEN": token_of("larkspur"),
            "SANDBOX_FLICKR_TOKEN_SECRET": token_secret_of("larkspur"),
            "SANDBOX_FLICKR_API_KEY": API_KEY,
            "SANDBOX_FLICKR_API_SECRET": API_SECRET,
        }

    def routes(self) -> list[BaseRoute]:
        self._methods: dict[str, tuple[bool, Callable[[Request, str], dict[str, Any]]]] = {
            "flickr.test.login": (True, self._test_login),
            "flickr.people.getInfo": (False, self._people_info),
            "flickr.people.getPhotos": (True, self._people_photos),
            "flickr.photos.recentlyUpdated": (True, self._recently_updated),
            "flickr.photos.getInfo": (False, self._photo_info),
            "flickr.photos.comments.getList": (False, self._comments),
        }
        return [
            Route("/services/rest/", self._rest, methods=["GET"]),
            Route("/services/rest", self._rest, methods=["GET"]),
            Route("/{server}/{name:path}", self._picture, methods=["GET"]),
        ]

    # ------------------------------------------------------------------ names

    def native(self, item: Item) -> str:
        if item.is_post:
            return f"53{_number(item.key, 9)}"
        owner = self.native_account(item.page).partition("@")[0]
        return f"{owner}-{self.native(self.world.items[item.root])}-7215{_number(item.key, 13)}"

    def native_account(self, author: str) -> str:
        return f"1{_number(author, 8)}@N0{1 + int(_number(author, 1)) % 8}"

    def shows(self, item: Item) -> bool:
        return not self.world.items[item.root].boosts

    def _is_there(self, item: Item) -> bool:
        """A photograph takes its comments with it. What somebody wrote who left the service since stays."""
        return not item.deleted and not self.world.items[item.root].deleted

    def truth_of(self, item: Item) -> dict[str, Any]:
        root = self.world.items[item.root]
        gone = "deleted" if root.deleted else "missing_unconfirmed"
        if item.is_post:
            state = "deleted" if item.deleted else "hidden" if item.hidden else "present"
            return {"parent": None, "root": self.native(item), "state": state}
        state = "present" if self._is_there(item) else gone
        return {"parent": self.native(root), "root": self.native(root), "state": state}

    # ------------------------------------------------------------------ who asks

    async def _rest(self, request: Request) -> Response:
        query = request.query_params
        if query.get("format") != "json" or query.get("nojsoncallback") != "1":
            return Response('<rsp stat="ok"></rsp>', media_type="text/xml")  # for those who do not ask for JSON
        try:
            needs_login, method = self._methods.get(query.get("method", ""), (False, self._unknown_method))
            caller = self._caller(request)
            if needs_login and not caller:
                raise FlickrError(99)
            return answer({**method(request, caller), "stat": "ok"})
        except FlickrError as problem:
            return self._failed(problem.code, str(problem))

    def _unknown_method(self, request: Request, caller: str) -> dict[str, Any]:
        raise FlickrError(112, f'Method "{request.query_params.get("method", "")}" not found')

    def _caller(self, request: Request) -> str:
        """The account whose token signed this request; empty for one that only names its key, or may not read."""
        header = request.headers.get("authorization", "")
        if not header.startswith("OAuth "):
            if request.query_params.get("api_key") != API_KEY:
                raise FlickrError(100)
            return ""
        given = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}
        if given.get("oauth_consumer_key") != API_KEY:
            raise FlickrError(100)
        token = given.get("oauth_token", "")
        account = next((a for a in self.world.accounts if token in (token_of(a), narrow_token_of(a))), None)
        if account is None or account in self.world.expired:
            raise FlickrError(98)
        if not hmac.compare_digest(given.pop("oauth_signature", ""), _signature(request, given, account)):
            raise FlickrError(96)
        return account if token == token_of(account) else ""

    # ------------------------------------------------------------------ methods

    def _test_login(self, request: Request, caller: str) -> dict[str, Any]:
        return {
            "user": {"id": self.native_account(caller), "username": {"_content": self.world.accounts[caller].name},
                     "path_alias": caller}
        }  # fmt: skip

    def _people_info(self, request: Request, caller: str) -> dict[str, Any]:
        account = self._account(request, 1)
        mine = self._photographs(account.key, caller)
        nsid = self.native_account(account.key)
        return {
            "person": {
                "id": nsid, "nsid": nsid, "ispro": 0, "can_buy_pro": 1, "iconserver": "65535", "iconfarm": 66,
                "path_alias": account.key, "has_stats": 1, "username": {"_content": account.name},
                "realname": {"_content": account.name}, "location": {"_content": "Larkspur (invented)"},
                "description": {"_content": _markup(account.bio)},
                "photosurl": {"_content": f"https://www.flickr.com/photos/{account.key}/"},
                "profileurl": {"_content": f"https://www.flickr.com/people/{account.key}/"},
                "mobileurl": {"_content": f"https://m.flickr.com/photostream.gne?id={_number(account.key, 8)}"},
                "photos": {
                    "firstdatetaken": {"_content": "2014-05-06 07:08:09"}, "firstdate": {"_content": "1399360089"},
                    "count": {"_content": len(mine)},
                },
            }
        }  # fmt: skip

    def _people_photos(self, request: Request, caller: str) -> dict[str, Any]:
        account = self._account(request, 2, caller)
        since = int(request.query_params.get("min_upload_date") or 0)
        found = [p for p in self._photographs(account.key, caller) if _epoch(p.created) >= since]
        return self._list(found, request)

    def _recently_updated(self, request: Request, caller: str) -> dict[str, Any]:
        since = request.query_params.get("min_date", "")
        if not since.isdigit():
            raise FlickrError(1 if not since else 2, "Required argument missing." if not since else "Not a valid date")
        mine = [p for p in self._photographs(caller, caller) if self._updated(p) >= int(since)]
        return self._list(sorted(mine, key=lambda p: (self._updated(p), p.key), reverse=True), request)

    def _photo_info(self, request: Request, caller: str) -> dict[str, Any]:
        item = self._photo(request, caller)
        title, description = titled(item.text)
        owner = self.world.accounts[item.author]
        address = f"https://www.flickr.com/photos/{owner.key}/{self.native(item)}/"
        return {
            "photo": {
                **self._names(item), "isfavorite": 0, "license": "0", "safety_level": "0", "rotation": 0,
                "owner": {
                    "nsid": self.native_account(item.author), "username": owner.name, "realname": owner.name,
                    "location": "", "iconserver": "65535", "iconfarm": 66, "path_alias": owner.key,
                },
                "title": {"_content": title}, "description": {"_content": _markup(description)},
                "visibility": {"ispublic": int(not item.hidden), "isfriend": 0, "isfamily": 0},
                "dates": {
                    "posted": str(_epoch(item.created)), "taken": _taken(item), "takengranularity": 0,
                    "takenunknown": "0", "lastupdate": str(self._updated(item)),
                },
                "views": str(item.likes * 17), "permissions": {"permcomment": 3, "permaddmeta": 2},
                "editability": {"cancomment": 1, "canaddmeta": 1},
                "comments": {"_content": str(len(self._under(item)))},
                "notes": {"note": []},
                "tags": {"tag": [
                    {"id": f"1-{self.native(item)}-{n}", "author": self.native_account(item.author), "raw": tag.title(),
                     "_content": tag, "machine_tag": 0}
                    for n, tag in enumerate(("larkspur", "invented"))
                ]},
                "urls": {"url": [{"type": "photopage", "_content": address}]},
                "media": "photo",
            }
        }  # fmt: skip

    def _comments(self, request: Request, caller: str) -> dict[str, Any]:
        photo = self._photo(request, caller)
        found = self._under(photo)
        size = whole(request.query_params.get("per_page"), len(found) or 1, 500)
        start = (whole(request.query_params.get("page"), 1, 10_000) - 1) * size
        body: dict[str, Any] = {"photo_id": self.native(photo)}
        shown = [self._comment(c) for c in found[start : start + size]]
        return {"comments": {**body, "comment": shown} if shown else body}

    # ------------------------------------------------------------------ what there is

    def _account(self, request: Request, unknown: int, caller: str = "") -> Account:
        wanted = request.query_params.get("user_id", "")
        names = {self.native_account(key): key for key in self.world.accounts if key not in self.world.gone}
        key = caller if wanted == "me" else names.get(wanted, "")
        if key in names.values():
            return self.world.accounts[key]
        raise FlickrError(unknown, "User not found" if unknown == 1 else None)

    def _photographs(self, account: str, caller: str) -> list[Item]:
        """Newest first; what is not public only for its owner."""
        mine = [i for i in self.world.by(account) if i.is_post and self.shows(i)]
        return [i for i in mine if account == caller or not i.hidden]

    def _photo(self, request: Request, caller: str) -> Item:
        item = self.find(request.query_params.get("photo_id", ""))
        if item is None or not item.is_post or not self.shows(item) or not self._is_there(item):
            raise FlickrError(1)
        if item.hidden and item.author != caller:
            raise FlickrError(1)
        return item

    def _under(self, photo: Item) -> list[Item]:
        """Oldest first."""
        mine = [i for i in self.world.items.values() if i.root == photo.key and not i.is_post and self._is_there(i)]
        return sorted(mine, key=lambda c: (c.created, c.key))

    def _updated(self, photo: Item) -> int:
        """When anything about a photograph last changed: itself, or a comment under it."""
        return max(_epoch(i.edited or i.created) for i in (photo, *self._under(photo)))

    # ------------------------------------------------------------------ how it is told

    def _list(self, photos: list[Item], request: Request) -> dict[str, Any]:
        size = whole(request.query_params.get("per_page"), 100, 500)
        pages = -(-len(photos) // size)
        page = 1 if loops(request) else whole(request.query_params.get("page"), 1, max(pages, 1))
        extras = set(request.query_params.get("extras", "").split(","))
        shown = [self._listed(p, extras) for p in photos[(page - 1) * size : page * size]]
        told = pages + 7 if loops(request) else pages
        return {"photos": {"page": page, "pages": told, "perpage": size, "total": len(photos), "photo": shown}}

    def _names(self, item: Item) -> dict[str, Any]:
        secret = _hex(f"secret {item.key}", 10)
        return {
            "id": self.native(item), "secret": secret, "server": "65535", "farm": 66,
            "originalsecret": _hex(f"original {item.key}", 10), "originalformat": "png",
        }  # fmt: skip

    def _listed(self, item: Item, extras: set[str]) -> dict[str, Any]:
        title, description = titled(item.text)
        names = self._names(item)
        original = f"{self.url}/65535/{names['id']}_{names['originalsecret']}_o.png"
        more: dict[str, dict[str, Any]] = {
            "description": {"description": {"_content": _markup(description)}},
            "license": {"license": "0"}, "date_upload": {"dateupload": str(_epoch(item.created))},
            "date_taken": {"datetaken": _taken(item), "datetakengranularity": 0, "datetakenunknown": "0"},
            "owner_name": {"ownername": self.world.accounts[item.author].name},
            "original_format": {name: names[name] for name in ("originalsecret", "originalformat")},
            "last_update": {"lastupdate": str(self._updated(item))}, "tags": {"tags": "larkspur invented"},
            "machine_tags": {"machine_tags": ""}, "media": {"media": "photo", "media_status": "ready"},
            "geo": {"latitude": 0, "longitude": 0, "accuracy": 0, "context": 0},
            "path_alias": {"pathalias": item.author},
            "url_o": {"url_o": original, "height_o": 64, "width_o": 96},
        }  # fmt: skip
        body = {
            "id": names["id"], "owner": self.native_account(item.author), "secret": names["secret"],
            "server": names["server"], "farm": names["farm"], "title": title, "ispublic": int(not item.hidden),
            "isfriend": 0, "isfamily": 0,
        }  # fmt: skip
        for extra, members in more.items():
            body |= members if extra in extras else {}
        return body

    def _comment(self, item: Item) -> dict[str, Any]:
        who = self.world.author(item.author)
        photo = self.native(self.world.items[item.root])
        alias = who.key if isinstance(who, Account) else who.handle
        comment = {
            "id": self.native(item), "author": self.native_account(item.author),
            "author_is_deleted": int(item.author in self.world.gone), "authorname": alias, "iconserver": "65535",
            "iconfarm": 66, "datecreate": _epoch(item.created),
            "permalink": f"https://www.flickr.com/photos/{item.page}/{photo}/#comment{self.native(item).rpartition('-')[2]}",
            "path_alias": alias, "realname": who.name, "_content": _markup(item.text),
        }  # fmt: skip
        # A comment has one text, and without it says nothing: what is merely of a new shape is its author's name.
        field = "realname" if item.malformed in ("missing_field", "mistyped_field") else "_content"
        told = spoiled(comment, item.malformed, id="id", time="datecreate", text=field)
        return _with(told, "datecreate", str)

    async def _picture(self, request: Request) -> Response:
        return Response(png(request.path_params["name"]), media_type="image/png")

    # ------------------------------------------------------------------ saying no

    def _failed(self, code: int, message: str) -> Response:
        return answer({"stat": "fail", "code": code, "message": message})

    def refusal(self, status: int) -> Response:
        """Flickr fails with HTTP 200; what comes with another status is its web server's, in HTML."""
        if status == 429:
            return HTMLResponse(_THROTTLED, 429)
        if status in (401, 404):
            return self._failed(98 if status == 401 else 112, _MESSAGES[98 if status == 401 else 112])
        return HTMLResponse(f"<html><body><h1>{status}</h1></body></html>", status)

    def throttled(self, seconds: float) -> Response:
        """A page in HTML that does not say until when."""
        return HTMLResponse(_THROTTLED, 429)

    def limit_headers(self, limit: int, remaining: int, reset: float, window: int) -> dict[str, str]:
        return {}  # Flickr says nothing of its limits


def _signature(request: Request, given: dict[str, str], account: str) -> str:
    """What the signature must be, by RFC 5849 section 3.4."""
    pairs = [*parse_qsl(request.url.query, keep_blank_values=True), *given.items()]
    encoded = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in pairs)
    url = f"{request.url.scheme}://{request.url.netloc}{request.url.path}"
    base = "&".join((request.method, quote(url, safe=""), quote("&".join(f"{n}={v}" for n, v in encoded), safe="")))
    key = f"{quote(API_SECRET, safe='~')}&{quote(token_secret_of(account), safe='~')}"
    return base64.b64encode(hmac.digest(key.encode(), base.encode(), hashlib.sha1)).decode()


def _with(entity: dict[str, Any], name: str, change: Callable[[Any], Any]) -> dict[str, Any]:
    """The same with one member changed; a spoilt entity may hold a key twice, so it is not copied by keys."""
    return {key: change(value) if key == name else value for key, value in entity.items()}


def _markup(text: str) -> str:
    """Text as Flickr's pages hold it: escaped, with its addresses as anchors."""
    escaped = html.escape(text, quote=False)
    return _ADDRESS.sub(lambda found: f'<a href="{found[0]}" rel="noreferrer nofollow">{found[0]}</a>', escaped)


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def _taken(item: Item) -> str:
    return f"{item.created:%Y-%m-%d %H:%M:%S}"


def _hex(text: str, length: int) -> str:
    return hashlib.sha256(f"flickr/{text}".encode()).hexdigest()[:length]


def _number(text: str, length: int) -> str:
    """Digits that depend on `text` alone, the first of them not 0."""
    least = 10 ** (length - 1)
    return str(least + int(hashlib.sha256(f"flickr/{text}".encode()).hexdigest(), 16) % (9 * least))
