"""What Meta's documentation says of the Threads API, as tables by hand: unverified, for no package holds a contract.

Sources: the pages "Media Retrieval", "User", "Reply Management", "Debug" and "Long-Lived Access Tokens" of the Threads
API's reference (2026).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from typing import Any

import httpx
from starlette.applications import Starlette

from sandbox.platforms.threads import Threads as StandIn
from sandbox.platforms.threads import token_of
from social_archive.platforms import threads as adapter
from social_archive.platforms.base import Page

no_contract = "No package holds a contract of the Threads API; tests/sandbox/test_threads.py holds it to tables."

_MEDIA: dict[str, type | tuple[type, ...]] = {
    "id": str, "media_product_type": str, "media_type": str, "media_url": str, "permalink": str, "username": str,
    "text": str, "timestamp": str, "shortcode": str, "thumbnail_url": str, "children": dict, "is_quote_post": bool,
    "quoted_post": dict, "reposted_post": dict, "has_replies": bool, "reply_audience": str, "gif_url": str,
    "topic_tag": str,
}  # fmt: skip
_OF_POSTS = {"owner": dict, "alt_text": str, "link_attachment_url": str, "poll_attachment": dict}
_OF_REPLIES = {
    "root_post": dict, "replied_to": dict, "is_reply": bool, "is_reply_owned_by_me": bool, "hide_status": str,
}  # fmt: skip
_OF_PENDING = {"alt_text": str, "reply_approval_status": str}
_PROFILE = {
    "id": str, "username": str, "name": str, "threads_profile_picture_url": str, "threads_biography": str,
    "is_verified": bool,
}  # fmt: skip
_TOKEN = {
    "type": str, "application": str, "data_access_expires_at": int, "expires_at": int, "is_valid": bool,
    "issued_at": int, "scopes": list, "user_id": str,
}  # fmt: skip
_GRANT = {"access_token": str, "token_type": str, "expires_in": int}
_CURSORS = {"before", "after"}

# path, its fields, its parameters, is it a list
_EDGES: list[tuple[str, dict[str, Any], set[str], bool]] = [
    (r"/debug_token", _TOKEN, {"input_token"}, False),
    (r"/refresh_access_token", _GRANT, {"grant_type"}, False),
    (r"/v1\.0/me", _PROFILE, {"fields"}, False),
    (r"/v1\.0/me/threads", _MEDIA | _OF_POSTS, {"fields", "since", "until", "limit"} | _CURSORS, True),
    (r"/v1\.0/\d+/conversation", _MEDIA | _OF_REPLIES, {"fields", "reverse"} | _CURSORS, True),
    (r"/v1\.0/\d+/pending_replies", _MEDIA | _OF_REPLIES | _OF_PENDING,
     {"fields", "reverse", "approval_status"} | _CURSORS, True),
    (r"/v1\.0/\d+", _MEDIA | _OF_POSTS | _OF_REPLIES, {"fields"}, False),
]  # fmt: skip
_VALUES = {
    "hide_status": {"NOT_HUSHED", "UNHUSHED", "HIDDEN", "COVERED", "BLOCKED", "RESTRICTED"},
    "media_type": {"TEXT_POST", "IMAGE", "VIDEO", "CAROUSEL_ALBUM", "AUDIO", "REPOST_FACADE"},
    "reply_audience": {
        "EVERYONE", "ACCOUNTS_YOU_FOLLOW", "MENTIONED_ONLY", "PARENT_POST_AUTHOR_ONLY", "FOLLOWERS_ONLY",
    },
}  # fmt: skip


def concerns(method: str, path: str) -> bool:
    return not path.startswith("/pictures/")


def problems_of(path: str, query: dict[str, str], body: Any) -> list[str]:
    """Unknown or mistyped members of an answer, by the tables above. Empty: nothing."""
    edge = _edge(path)
    if edge is None:
        return [f"no such path: {path}"]
    _, fields, _, is_list = edge
    if not is_list:
        return _of_object(body["data"] if path == "/debug_token" else body, fields)
    unknown = [f"envelope: {name}" for name in body if name not in ("data", "paging")]
    return unknown + [problem for item in body["data"] for problem in _of_object(item, fields)]


def _of_object(item: dict[str, Any], fields: dict[str, Any]) -> list[str]:
    return [f"{name}: {value!r:.60}" for name, value in item.items() if not _fits(name, value, fields)]


def _fits(name: str, value: Any, fields: dict[str, Any]) -> bool:
    if name not in fields or not isinstance(value, fields[name]):
        return False
    return name not in _VALUES or value in _VALUES[name]


def unknown_parameters(path: str, query: dict[str, str]) -> list[str]:
    """Parameters, and fields among `fields`, that the documentation of this path does not name."""
    edge = _edge(path)
    if edge is None:
        return [f"no such path: {path}"]
    _, known, parameters, _ = edge
    wrong = [name for name in query if name not in parameters | {"access_token"}]
    asked = re.sub(r"\{[^}]*\}", "", query.get("fields", "")).split(",") if "fields" in query else []
    return wrong + [f"fields={name}" for name in asked if name not in known]


def _edge(path: str) -> tuple[str, dict[str, Any], set[str], bool] | None:
    return next((edge for edge in _EDGES if re.fullmatch(edge[0], path)), None)


def pages_for_bench(stand_in: StandIn) -> Iterable[Page]:
    """Pages of 200 replies, 2,400 in all, from the stand-in's own conversations."""
    root, replies = asyncio.run(_conversations(stand_in))
    for start in range(0, 2_400, 200):
        shown = [replies[(start + n) % len(replies)] for n in range(200)]
        body = json.dumps({"data": shown}, ensure_ascii=False, separators=(",", ":"))
        yield Page(
            kind="thread", endpoint="bench", body=body.encode(), response_sha256="", http_date=None, observed_at=0,
            context={"root": root, "owner": "77", "username": "larkspur"},
        )  # fmt: skip


async def _conversations(stand_in: StandIn) -> tuple[str, list[Any]]:
    transport = httpx.ASGITransport(Starlette(routes=stand_in.routes()))
    query = {"access_token": token_of("larkspur"), "fields": adapter.REPLY_FIELDS, "reverse": "false"}
    root, replies = "", []
    async with httpx.AsyncClient(transport=transport, base_url="http://stand-in") as client:
        for item in [i for i in stand_in.world.by("larkspur") if i.is_post and stand_in.shows(i)]:
            root = stand_in.native(item)
            replies += (await client.get(f"/v1.0/{root}/conversation", params=query)).json()["data"]
    return root, replies
