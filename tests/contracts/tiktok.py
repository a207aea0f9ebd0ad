"""What is written publicly of TikTok's API for Business (Accounts, v1.3), as tables by hand: unverified, for no package
holds a contract.

Sources: the portal's pages on `business/get`, `business/video/list`, `business/comment/list`,
`business/comment/reply/list`, `tt_user/oauth2/refresh_token`, `tt_user/token_info/get`, as public clients quote them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from typing import Any

import httpx
from starlette.applications import Starlette

from sandbox.platforms.tiktok import TikTok as StandIn
from social_archive.platforms.base import Page

no_contract = "No package holds a contract of TikTok's API; tests/sandbox/test_tiktok.py holds it to tables."

_PREFIX = "/open_api/v1.3/"
_PROFILE: dict[str, Any] = {
    "username": str, "display_name": str, "bio_description": str, "profile_image": str, "profile_deep_link": str,
    "is_verified": bool, "is_business_account": bool, "followers_count": int, "following_count": int,
    "total_likes": int, "videos_count": int,
}  # fmt: skip
_VIDEO: dict[str, Any] = {
    "item_id": str, "media_type": str, "is_ad": bool, "thumbnail_url": str, "share_url": str, "embed_url": str,
    "caption": str, "video_duration": float, "create_time": str, "likes": int, "comments": int, "shares": int,
    "favorites": int, "reach": int, "video_views": int,
}  # fmt: skip
_COMMENT: dict[str, Any] = {
    "comment_id": str, "video_id": str, "create_time": str, "text": str, "likes": int, "replies": int, "liked": bool,
    "pinned": bool, "owner": bool, "status": str, "username": str, "display_name": str, "profile_image": str,
    "unique_identifier": str, "user_id": str, "parent_comment_id": str, "image_url": str,
}  # fmt: skip
_GRANT: dict[str, Any] = {
    "access_token": str, "expires_in": int, "refresh_token": str, "refresh_token_expires_in": int, "open_id": str,
    "scope": str, "token_type": str,
}  # fmt: skip
_TOKEN: dict[str, Any] = {"app_id": str, "creator_id": str, "scope": str}
_PAGE = {"has_more": bool, "cursor": int}
_OF_COMMENTS = {"business_id", "video_id", "status", "sort_field", "sort_order", "cursor", "max_count"}

# path: fields of one thing, parameters, the name of its list
_ENDPOINTS: dict[str, tuple[dict[str, Any], set[str], str | None]] = {
    "business/get/": (_PROFILE, {"business_id", "fields", "start_date", "end_date"}, None),
    "business/video/list/": (_VIDEO, {"business_id", "fields", "filters", "cursor", "max_count"}, "videos"),
    "business/comment/list/": (_COMMENT, _OF_COMMENTS | {"comment_ids", "include_replies"}, "comments"),
    "business/comment/reply/list/": (_COMMENT, _OF_COMMENTS | {"comment_id"}, "comments"),
    "tt_user/oauth2/refresh_token/": (_GRANT, set(), None),
    "tt_user/token_info/get/": (_TOKEN, set(), None),
}  # fmt: skip
_VALUES = {
    "status": {"PUBLIC", "ALL", "HIDDEN"}, "sort_field": {"likes", "replies", "create_time"},
    "sort_order": {"asc", "desc", "smart"}, "media_type": {"VIDEO", "PHOTO"}, "token_type": {"Bearer"},
}  # fmt: skip
_MOST = {"business/video/list/": 20, "business/comment/list/": 30, "business/comment/reply/list/": 30}


def concerns(method: str, path: str) -> bool:
    return not path.startswith("/pictures/")


def problems_of(path: str, query: dict[str, str], body: Any) -> list[str]:
    """Unknown or mistyped members of an answer, by the tables above. Empty: nothing."""
    known = _ENDPOINTS.get(path.removeprefix(_PREFIX))
    if known is None:
        return [f"no such path: {path}"]
    fields, _, listed = known
    wrong = _misfits(body, {"code": int, "message": str, "request_id": str, "data": dict})
    if wrong or body["code"] != 0:
        return wrong
    if listed is None:
        return _misfits(body["data"], fields)
    items = [problem for item in body["data"].get(listed, ()) for problem in _misfits(item, fields)]
    return items + _misfits(body["data"], {**_PAGE, listed: list})


def _misfits(thing: dict[str, Any], fields: dict[str, Any]) -> list[str]:
    return [f"{name}: {value!r:.60}" for name, value in thing.items() if not _fits(name, value, fields)]


def _fits(name: str, value: Any, fields: dict[str, Any]) -> bool:
    if name not in fields or not isinstance(value, fields[name]):
        return False
    return name not in _VALUES or value in _VALUES[name]


def unknown_parameters(path: str, query: dict[str, str]) -> list[str]:
    """Parameters, values of enumerations and fields among `fields` that the documentation does not name."""
    name = path.removeprefix(_PREFIX)
    if name not in _ENDPOINTS:
        return [f"no such path: {path}"]
    fields, parameters, _ = _ENDPOINTS[name]
    wrong = [one for one in query if one not in parameters]
    wrong += [f"{one}={value}" for one, value in query.items() if one in _VALUES and value not in _VALUES[one]]
    wrong += [f"fields={one}" for one in json.loads(query.get("fields", "[]")) if one not in fields]
    if int(query.get("max_count", 1)) > _MOST.get(name, 0) and "max_count" in query:
        wrong.append(f"max_count={query['max_count']}")
    return wrong


def pages_for_bench(stand_in: StandIn) -> Iterable[Page]:
    """Pages of 200 comments, 2,400 in all, from the stand-in's own lists."""
    root, comments = asyncio.run(_comments(stand_in))
    for start in range(0, 2_400, 200):
        shown = [comments[(start + n) % len(comments)] for n in range(200)]
        data = {"comments": shown, "has_more": False, "cursor": 0}
        answer = {"code": 0, "message": "OK", "request_id": "bench", "data": data}
        body = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
        yield Page(
            kind="thread", endpoint="bench", body=body, response_sha256="", http_date=None, observed_at=0,
            context={"of": "comments", "root": root, "owner": "_000"},
        )  # fmt: skip


async def _comments(stand_in: StandIn) -> tuple[str, list[Any]]:
    transport = httpx.ASGITransport(Starlette(routes=stand_in.routes()))
    headers = {"Access-Token": stand_in._access_token("larkspur", "full")}
    root, found = "", []
    async with httpx.AsyncClient(transport=transport, base_url="http://stand-in", headers=headers) as client:
        for item in [i for i in stand_in.world.by("larkspur") if i.is_post and stand_in.shows(i)]:
            root = stand_in.native(item)
            query = {"business_id": stand_in.native_account("larkspur"), "video_id": root}
            found += (await client.get(f"{_PREFIX}business/comment/list/", params=query)).json()["data"]["comments"]
    return root, found
