"""A Mastodon 4.4 server as far as a harvest sees it.

Entities follow https://docs.joinmastodon.org/entities/ and are parsed by Mastodon.py in tests. As on the real server:
ids are snowflakes beyond 2^53; a deleted status is 404 by id and its replies lose their `in_reply_to_id`; `/context`
shows 60 descendants down to depth 20 without a token and 4,096 with one, and does not say that it cut.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.picture import HEIGHT, WIDTH, png
from sandbox.platforms.base import StandIn, Twin, answer, loops, whole
from sandbox.world import Account, Item, Person

VERSION = "4.4.0"
_REFUSALS = {
    401: "The access token is invalid",
    403: "This action is not allowed",
    404: "Record not found",
    410: "Gone",
    422: "Validation failed",
    429: "Too many requests",
    503: "Service temporarily unavailable",
}
_TOKEN = re.compile(r"(https?://[^\s<>\"]+|#\w+)")
_PUBLIC_DESCENDANTS, _PUBLIC_DEPTH, _TOKEN_DESCENDANTS = 60, 20, 4096


def token_of(account: str) -> str:
    """The access token of one of the library's accounts. It opens nothing but the sandbox."""
    return f"sandbox-token-{account}"


class Mastodon(StandIn):
    name = "mastodon"
    port = 18100
    limit = (7500, 300)

    @classmethod
    def environment(cls) -> dict[str, str]:
        return {
            "SANDBOX_MASTODON_TOKEN": token_of("larkspur"),
            "SANDBOX_MASTODON_ARCHIVE_TOKEN": token_of("larkspur-archive"),
        }

    def routes(self) -> list[BaseRoute]:
        def get(path: str, endpoint: Callable[[Request], Response]) -> Route:
            async def checked(request: Request) -> Response:
                self._check_token(request)
                return endpoint(request)

            return Route(path, checked, methods=["GET"])

        return [
            get("/api/v1/instance", self._instance_v1),
            get("/api/v2/instance", self._instance_v2),
            get("/api/v1/accounts/verify_credentials", self._verify_credentials),
            get("/api/v1/accounts/lookup", self._lookup),
            get("/api/v1/accounts/{id}", self._account),
            get("/api/v1/accounts/{id}/statuses", self._account_statuses),
            get("/api/v1/statuses", self._statuses),
            get("/api/v1/statuses/{id}", self._status),
            get("/api/v1/statuses/{id}/context", self._context),
            get("/api/v1/statuses/{id}/history", self._history),
            get("/media/{name}.png", self._picture),
            get("/@{handle}/{id}", self._page),
        ]

    # ------------------------------------------------------------------ names

    def native(self, item: Item) -> str:
        milliseconds = int(item.created.timestamp() * 1000)
        return str(milliseconds << 16 | crc32(item.key.encode()) & 0xFFFF)

    def native_account(self, author: str) -> str:
        return str(109_000_000_000_000_000 + crc32(author.encode()))

    def refusal(self, status: int) -> Response:
        return answer({"error": _REFUSALS.get(status, "Something went wrong")}, status)

    def limit_headers(self, limit: int, remaining: int, reset: float, window: int) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": datetime.fromtimestamp(reset, UTC).isoformat(timespec="microseconds")[:-6] + "Z",
        }

    # ------------------------------------------------------------------ who asks

    def _check_token(self, request: Request) -> None:
        """A wrong or dead token is refused even where none is needed, as the real server does."""
        if "authorization" in request.headers and self._owner(request) is None:
            raise HTTPException(401)

    def _owner(self, request: Request) -> str | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
        return next((a for a in self.world.accounts if token == token_of(a) and a not in self.world.expired), None)

    # ------------------------------------------------------------------ endpoints

    def _verify_credentials(self, request: Request) -> Response:
        owner = self._owner(request)
        if owner is None:
            raise HTTPException(401)
        account = self.world.accounts[owner]
        fields = [{"name": name, "value": value, "verified_at": None} for name, value in account.fields]
        source = {
            "privacy": "public", "sensitive": False, "language": "en", "note": account.bio, "fields": fields,
            "follow_requests_count": 0, "hide_collections": False, "discoverable": True, "indexable": True,
            "attribution_domains": [], "quote_policy": "public",
        }  # fmt: skip
        role = {"id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": False}
        return answer({**self.account_entity(owner), "source": source, "role": role})

    def _lookup(self, request: Request) -> Response:
        wanted = request.query_params.get("acct", "").removeprefix("@").lower()
        host = self.url.removeprefix("http://")
        for key in (*self.world.accounts, *self.world.people):
            acct = self.acct(key).lower()
            if wanted in (acct, f"{acct}@{host}"):
                return answer(self.account_entity(key))
        raise HTTPException(404)

    def _account(self, request: Request) -> Response:
        return answer(self.account_entity(self._author(request.path_params["id"])))

    def _account_statuses(self, request: Request) -> Response:
        author = self._author(request.path_params["id"])
        query = request.query_params
        limit = whole(query.get("limit"), 20, 40)
        items = [i for i in self.world.by(author) if self._wanted(i, query)]  # newest first; none of a suspended author
        cursors = (query.get(name, "") for name in ("max_id", "since_id", "min_id"))
        older, since, after = (int(cursor) if cursor.isdigit() else None for cursor in cursors)
        if older is not None and not loops(request):
            items = [i for i in items if int(self.native(i)) < older]
        if since is not None:
            items = [i for i in items if int(self.native(i)) > since]
        if after is not None:
            items = [i for i in items if int(self.native(i)) > after][-limit:]
        page = items[:limit]
        return answer([self.status_entity(i, request) for i in page], headers=self._link(request, page, limit))

    @staticmethod
    def _wanted(item: Item, query: Any) -> bool:
        if query.get("exclude_reblogs") in ("true", "1") and item.boosts:
            return False
        if query.get("only_media") in ("true", "1") and not item.image:
            return False
        return not (query.get("exclude_replies") in ("true", "1") and item.parent)

    def _link(self, request: Request, page: list[Item], limit: int) -> dict[str, str]:
        """The Link header: `next` only from a full page, `prev` from any that is not empty."""
        if not page:
            return {}
        keep = {k: v for k, v in request.query_params.items() if k not in ("max_id", "min_id", "since_id")}

        def link(cursor: str, value: str, rel: str) -> str:
            return f'<{self.url}{request.url.path}?{urlencode({**keep, cursor: value})}>; rel="{rel}"'

        oldest, newest = self.native(page[-1]), self.native(page[0])
        links = [link("max_id", oldest, "next")] if len(page) == limit or loops(request) else []
        return {"Link": ", ".join([*links, link("min_id", newest, "prev")])}

    def _statuses(self, request: Request) -> Response:
        """Several by id (`id[]=`, at most 20): those that are gone are simply not in the list."""
        asked = [self.find(id) for id in request.query_params.getlist("id[]")[:20]]
        return answer([self.status_entity(i, request) for i in asked if i is not None and self.world.alive(i)])

    def _status(self, request: Request) -> Response:
        return answer(self.status_entity(self._item(request), request))

    def _context(self, request: Request) -> Response:
        item = self._item(request)
        signed_in = self._owner(request) is not None
        depth, most = (10_000, _TOKEN_DESCENDANTS) if signed_in else (_PUBLIC_DEPTH, _PUBLIC_DESCENDANTS)
        below = (i for i in self.world.descendants(item, depth) if not i.hidden)
        return answer(
            {
                "ancestors": [self.status_entity(i, request) for i in self.world.ancestors(item)],
                "descendants": [self.status_entity(i, request) for i in islice(below, most)],
            }
        )

    def _history(self, request: Request) -> Response:
        item = self._item(request)
        return answer(
            [
                {
                    "content": self.html(item, revision.text), "spoiler_text": "", "sensitive": False,
                    "created_at": stamp(revision.at), "account": self.account_entity(item.author),
                    "media_attachments": self._attachments(item), "emojis": [],
                }
                for revision in item.revisions
            ]
        )  # fmt: skip

    def _picture(self, request: Request) -> Response:
        return Response(png(request.path_params["name"]), media_type="image/png")

    def _page(self, request: Request) -> Response:
        """The permalink, for a person who follows it."""
        item = self._item(request)
        name = html.escape(self.world.author(item.author).name)
        body = self.html(item, item.text).encode("utf-8", "replace").decode()
        head = f"<!doctype html><meta charset=utf-8><title>{name}</title><h1>{name}</h1>"
        return HTMLResponse(f"{head}{body}<p>Invented, served by the sandbox.</p>")

    def _item(self, request: Request) -> Item:
        item = self.find(request.path_params["id"])
        if item is None or not self.world.alive(item):
            raise HTTPException(404)
        return item

    def _author(self, id: str) -> str:
        for key in (*self.world.accounts, *self.world.people):
            if self.native_account(key) == id:
                return key
        raise HTTPException(404)

    # ------------------------------------------------------------------ entities

    def acct(self, author: str) -> str:
        who = self.world.author(author)
        if isinstance(who, Account):
            return who.key
        return f"{who.handle}@{who.server}" if who.server else who.handle

    def _home(self, author: str) -> str:
        who = self.world.author(author)
        if isinstance(who, Person) and who.server:
            return f"https://{who.server}/@{who.handle}"
        return f"{self.url}/@{self.acct(author)}"

    def account_entity(self, author: str) -> dict[str, Any]:
        who = self.world.author(author)
        gone = author in self.world.gone
        written = self.world.by(author)
        fields = who.fields if isinstance(who, Account) and not gone else ()
        entity = {
            "id": self.native_account(author), "username": self.acct(author).split("@")[0], "acct": self.acct(author),
            "display_name": "" if gone else who.name, "locked": False, "bot": False, "discoverable": True,
            "indexable": False, "group": False, "created_at": "2019-03-04T00:00:00.000Z",
            "note": "" if gone else paragraphs(who.bio, self.url), "url": self._home(author), "uri": self._home(author),
            "avatar": f"{self.url}/media/avatar-{author}.png", "avatar_static": f"{self.url}/media/avatar-{author}.png",
            "header": f"{self.url}/media/header-{author}.png", "header_static": f"{self.url}/media/header-{author}.png",
            "followers_count": crc32(author.encode()) % 900, "following_count": crc32(author.encode()) % 70,
            "statuses_count": len(written),
            "last_status_at": written[0].created.date().isoformat() if written else None,
            "hide_collections": False, "noindex": False, "emojis": [], "roles": [],
            "fields": [{"name": n, "value": linked(v, self.url), "verified_at": None} for n, v in fields],
        }  # fmt: skip
        return {**entity, "suspended": True} if gone else entity

    def status_entity(self, item: Item, request: Request | None = None) -> dict[str, Any]:
        parent = self.world.items[item.parent] if item.parent else None
        home = self._home(item.author)
        boosted = self._boosted(item)
        entity: dict[str, Any] = {
            "id": self.native(item), "created_at": stamp(item.created),
            "in_reply_to_id": self.native(parent) if parent and not parent.deleted else None,
            "in_reply_to_account_id": self.native_account(parent.author) if parent else None,
            "sensitive": False, "spoiler_text": "", "visibility": "public",
            "language": None if boosted else item.language,
            "uri": f"{home}/statuses/{self.native(item)}", "url": f"{home}/{self.native(item)}",
            "replies_count": len(self.world.replies(item)), "reblogs_count": item.shares,
            "favourites_count": item.likes, "quotes_count": 0,
            "edited_at": stamp(item.edited) if item.edited else None,
            "content": "" if boosted else self.html(item, item.text), "reblog": boosted,
            "account": self.account_entity(item.author), "media_attachments": self._attachments(item),
            "mentions": [self._mention(parent.author)] if parent and parent.author != item.author else [],
            "tags": [
                {"name": tag.lower(), "url": f"{self.url}/tags/{tag.lower()}"}
                for tag in dict.fromkeys(re.findall(r"#(\w+)", item.text))
            ],
            "emojis": [], "quote": None, "card": None, "poll": None,
        }  # fmt: skip
        if item.author in self.world.accounts:
            entity["application"] = {"name": "Web", "website": None}
        if request is not None and self._owner(request):
            entity |= dict.fromkeys(("favourited", "reblogged", "muted", "bookmarked"), False) | {"filtered": []}
        return malformed(entity, item.malformed)

    def _boosted(self, item: Item) -> dict[str, Any] | None:
        """The shared post inside a boost: somebody else's, a day older."""
        if not item.boosts:
            return None
        original = Item(f"{item.key}!", item.page, item.boosts, item.created, item.revisions[:1], likes=3)
        return self.status_entity(original)

    def _attachments(self, item: Item) -> list[dict[str, Any]]:
        if item.image is None:
            return []
        url = f"{self.url}/media/{item.key.replace('/', '-')}.png"
        size = {"width": WIDTH, "height": HEIGHT, "size": f"{WIDTH}x{HEIGHT}", "aspect": WIDTH / HEIGHT}
        return [
            {
                "id": str(int(self.native(item)) - 1), "type": "image", "url": url, "preview_url": url,
                "remote_url": None, "preview_remote_url": None, "text_url": None,
                "meta": {"original": size, "small": size, "focus": {"x": 0.0, "y": 0.0}},
                "description": item.image, "blurhash": "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH",
            }
        ]  # fmt: skip

    def _mention(self, author: str) -> dict[str, Any]:
        name = self.acct(author)
        user = name.split("@")[0]
        return {"id": self.native_account(author), "username": user, "url": self._home(author), "acct": name}

    def html(self, item: Item, text: str) -> str:
        """Status text as Mastodon renders it: the mention of whom it answers, then escaped paragraphs."""
        parent = self.world.items[item.parent] if item.parent else None
        mention = ""
        if parent and parent.author != item.author:
            who = self._mention(parent.author)
            mention = (
                f'<span class="h-card" translate="no"><a href="{who["url"]}" class="u-url mention">'
                f'@<span>{who["username"]}</span></a></span> '
            )
        return paragraphs(text, self.url, mention)

    # ------------------------------------------------------------------ the instance

    def _instance_v2(self, request: Request) -> Response:
        return answer(
            {
                "domain": self.url.removeprefix("http://"), "title": "Larkspur sandbox (invented)", "version": VERSION,
                "source_url": "https://github.com/mastodon/mastodon",
                "description": "A stand-in. Everything here is invented.",
                "usage": {"users": {"active_month": len(self.world.accounts)}},
                "thumbnail": {
                    "url": f"{self.url}/media/thumbnail.png", "description": "A patchwork of colours.",
                    "blurhash": "UBL_:rOpGG-oBUNG,qRj2so|=eE1w^n4S5NH", "versions": {},
                },
                "icon": [], "languages": ["en"], "configuration": self._configuration() | {
                    "urls": {"streaming": ""}, "vapid": {"public_key": ""}, "translation": {"enabled": False},
                },
                "registrations": {
                    "enabled": False, "approval_required": False, "reason_required": False, "message": None,
                    "min_age": None, "url": None,
                },
                "api_versions": {"mastodon": 7},
                "contact": {"email": "records@larkspur.example", "account": self.account_entity("larkspur")},
                "rules": [],
            }
        )  # fmt: skip

    def _instance_v1(self, request: Request) -> Response:
        return answer(
            {
                "uri": self.url.removeprefix("http://"), "title": "Larkspur sandbox (invented)",
                "short_description": "A stand-in.", "description": "A stand-in. Everything here is invented.",
                "email": "records@larkspur.example", "version": VERSION, "urls": {"streaming_api": ""},
                "stats": {
                    "user_count": len(self.world.accounts), "status_count": len(self.world.items), "domain_count": 9,
                },
                "thumbnail": f"{self.url}/media/thumbnail.png", "languages": ["en"], "registrations": False,
                "approval_required": False, "invites_enabled": False, "configuration": self._configuration(),
                "contact_account": self.account_entity("larkspur"), "rules": [],
            }
        )  # fmt: skip

    @staticmethod
    def _configuration() -> dict[str, Any]:
        images = ["image/jpeg", "image/png", "image/gif", "image/webp"]
        return {
            "accounts": {"max_featured_tags": 10, "max_pinned_statuses": 5, "max_profile_fields": 4},
            "statuses": {"max_characters": 50_000, "max_media_attachments": 4, "characters_reserved_per_url": 23},
            "media_attachments": {
                "supported_mime_types": images, "image_size_limit": 16_777_216, "image_matrix_limit": 33_177_600,
                "video_size_limit": 103_809_024, "video_frame_rate_limit": 120, "video_matrix_limit": 8_294_400,
                "description_limit": 1500,
            },
            "polls": {
                "max_options": 4, "max_characters_per_option": 50, "min_expiration": 300, "max_expiration": 2_629_746,
            },
        }  # fmt: skip


def stamp(moment: datetime) -> str:
    """Milliseconds and a Z, as Mastodon writes times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def linked(text: str, server: str) -> str:
    """Escaped text with its URLs and hashtags as links."""

    def link(part: str) -> str:
        shown = html.escape(part)
        if part.startswith("http"):
            return f'<a href="{shown}" target="_blank" rel="nofollow noopener" translate="no">{shown}</a>'
        if part.startswith("#") and len(part) > 1:
            tag = f"{server}/tags/{part[1:].lower()}"
            return f'<a href="{tag}" class="mention hashtag" rel="tag">#<span>{shown[1:]}</span></a>'
        return shown

    return "".join(link(part) if _TOKEN.fullmatch(part) else html.escape(part) for part in _TOKEN.split(text))


def paragraphs(text: str, server: str, before: str = "") -> str:
    """Plain text as Mastodon's HTML: `<p>` for blank lines, `<br />` for line ends."""
    blocks = [linked(block, server).replace("\n", "<br />") for block in re.split(r"\n{2,}", text)]
    return f"<p>{before}{'</p><p>'.join(blocks)}</p>"


def malformed(entity: dict[str, Any], how: str | None) -> dict[str, Any]:
    """The same entity as a broken server would send it."""
    if how == "duplicate_key":
        return {**entity, Twin("content"): "<p>a second content under the same key</p>"}
    if how == "year_9999":
        return {**entity, "created_at": "9999-12-31T23:59:59.999Z"}
    if how == "float_id":
        return {**entity, "id": float(entity["id"])}
    if how == "missing_id":
        return {k: v for k, v in entity.items() if k != "id"}
    return entity
