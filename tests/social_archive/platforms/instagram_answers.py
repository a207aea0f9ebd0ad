"""Instagram's answers written by hand, a server that gives them, and the adapter in front of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from social_archive.platforms.base import Page, Target
from social_archive.platforms.http import Http
from social_archive.platforms.instagram import Instagram
from social_archive.record import Observation, Unreadable
from tests.social_archive.platforms.answering import Asked, Clock, Reply, Server, json_reply

TOKEN = "CANARY-instagram-token"
NEW_TOKEN = "CANARY-renewed-one"
ACCOUNT, POST, TOP, REPLY = "17841405822304914", "17912345678901234", "17870913679156914", "17873440459141021"
SEEN_AS = {"what": "comment", "account_id": ACCOUNT, "username": "larkspur", "root": POST}
ME = {"id": "26000000000000001", "user_id": ACCOUNT, "username": "larkspur", "name": "Larkspur (invented)",
      "biography": "Books. https://larkspur.example/policy", "website": "https://larkspur.example",
      "media_count": 1, "profile_picture_url": "https://scontent-a.cdninstagram.com/v/7_n.jpg?oh=a&oe=b"}  # fmt: skip
BASIC, MANAGE = "instagram_business_basic", "instagram_business_manage_comments"
SINCE_1970 = datetime(1970, 1, 1, tzinfo=UTC)
Answers = dict[str, Reply | Callable[[Asked], Reply]]


def error(code: int, subcode: int = 0, status: int = 400, **headers: str) -> Reply:
    told = {"message": "CANARY-message of somebody", "type": "OAuthException", "code": code, "error_subcode": subcode}
    return json_reply({"error": told}, status=status, **headers)


GONE, UNKNOWN_FIELD, REFUSED = error(100, 33), error(100), error(10, status=403)
TOO_YOUNG = error(100)
EMPTY = json_reply({"data": []})
HTML = {"Content-Type": "text/html"}


def renewal(token: str = NEW_TOKEN, permissions: str | None = f"{BASIC},{MANAGE}") -> Reply:
    told = {"access_token": token, "token_type": "bearer", "expires_in": 5_183_944, "permissions": permissions}
    return json_reply({name: value for name, value in told.items() if value is not None})


def comment(native_id: Any = TOP, text: str = "Lovely. (invented)", **more: Any) -> dict[str, Any]:
    return {"id": native_id, "text": text, "timestamp": "2026-05-01T10:00:00+0000", "username": "mara",
            "from": {"id": "8123", "username": "mara"}, "hidden": False, "like_count": 2, **more}  # fmt: skip


def media(native_id: str = POST, **more: Any) -> dict[str, Any]:
    return {"id": native_id, "caption": "A window. (invented)", "media_type": "IMAGE", "media_product_type": "FEED",
            "media_url": f"https://scontent-b.cdninstagram.com/v/{native_id}.jpg?oh=1", "username": "larkspur",
            "permalink": "https://www.instagram.com/p/Cx/", "timestamp": "2026-05-01T09:00:00+0000", "like_count": 3,
            "comments_count": 1, "is_comment_enabled": True, "alt_text": "A window.", **more}  # fmt: skip


def listed(*items: Any, following: str | None = None) -> Reply:
    paging = {"cursors": {"after": "x"}, **({"next": following} if following else {})}
    return json_reply({"data": list(items), "paging": paging})


def routed(routes: Answers) -> Callable[[Asked], Reply]:
    """A server from paths (without the version) to replies. What is not named is not there."""
    known: Answers = {
        "/refresh_access_token": TOO_YOUNG, "/me": json_reply(ME), f"/{ACCOUNT}/stories": EMPTY,
        f"/{ACCOUNT}/media": EMPTY, **routes,
    }  # fmt: skip

    def answer(asked: Asked) -> Reply:
        reply = known.get(asked.path.removeprefix("/v26.0"), GONE)
        return reply if isinstance(reply, Reply) else reply(asked)

    return answer


def adapter(
    at: Server | None = None, *, keep: Callable[[str, str], bool] = lambda name, value: False,
    handle: str = "@larkspur", clock: Clock | None = None, **settings: Any,
) -> Instagram:  # fmt: skip
    own = {"server": at.url, "insecure_local": True} if at else {}
    target = Target("main", handle, {**own, **settings}, {"token": TOKEN}, keep)
    clock = clock or Clock()
    http = Http(base_url=Instagram.base_url(target), pace=Instagram.pace, secrets=(TOKEN,),
                clock=clock.monotonic, sleep=clock.sleep, wall=clock.wall)  # fmt: skip
    return Instagram(target, http)


def page(body: Any, kind: str = "thread", **context: Any) -> Page:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Page(kind=kind, endpoint="https://graph.instagram.com/x", body=raw, response_sha256="aa", http_date=None,
                observed_at=7, context={**SEEN_AS, **context})  # type: ignore[arg-type]  # fmt: skip


def parsed(body: Any, kind: str = "thread", **context: Any) -> list[Observation | Unreadable]:
    return list(adapter().records(page(body, kind, **context)))


def only(body: Any, kind: str = "item", **context: Any) -> Observation:
    found = parsed(body, kind, **context)
    assert len(found) == 1
    assert isinstance(found[0], Observation)
    return found[0]


def shortfalls(pages: Any) -> list[str]:
    return [p.shortfall for p in pages if p.shortfall]
