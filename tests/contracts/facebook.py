"""Meta's own field specifications (in facebook_business) as judge: fields, their types, and the parameters of edges.

The package describes nodes and edges. What it leaves out stands here by hand, from Meta's pages on paged results,
field expansion, attachments and `debug_token`, and is marked unverified.
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import httpx
import msgspec
from facebook_business.adobjects.comment import Comment
from facebook_business.adobjects.page import Page as GraphPage
from facebook_business.adobjects.pagepost import PagePost
from facebook_business.adobjects.profile import Profile
from starlette.applications import Starlette

from sandbox.platforms import StandIn
from sandbox.platforms.facebook import page_token_of
from sandbox.platforms.facebook_fields import Wanted, parsed
from social_archive.platforms.base import Page
from social_archive.platforms.facebook import COMMENT_FIELDS

# Parameters of every call and of every paged edge. Unverified: the package knows them outside its specifications.
_COMMON = {"access_token", "appsecret_proof", "fields"}
_PAGING = {"limit", "after", "before", "summary"}
_EDGES = {
    "published_posts": (GraphPage.get_published_posts, PagePost), "blocked": (GraphPage.get_blocked, Profile),
    "visitor_posts": (GraphPage.get_visitor_posts, PagePost), "comments": (PagePost.get_comments, Comment),
}  # fmt: skip

# Not in the package; by hand from Meta's pages. Unverified.
_BY_HAND: dict[str, dict[str, Any]] = {
    "attachments": {"data": "list<StoryAttachment>"},
    "StoryAttachment": {
        "type": "string", "media_type": "string", "title": "string", "description": "string", "url": "string",
        "unshimmed_url": "string", "target": "Target", "media": "Media", "subattachments": "attachments",
    },
    "Target": {"id": "string", "url": "string"},
    "Media": {"image": "Image", "source": "string"},
    "Image": {"src": "string", "height": "unsigned int", "width": "unsigned int"},
    "counted": {"data": "list<Object>", "summary": "Object"},
    "picture": {"data": "ProfilePictureSource"},
    "debug": {
        "app_id": "string", "application": "string", "type": "string", "is_valid": "bool", "expires_at": "unsigned int",
        "issued_at": "unsigned int", "data_access_expires_at": "unsigned int", "scopes": "list<string>",
        "granular_scopes": "list<Object>", "user_id": "string", "profile_id": "string", "error": "Object",
    },
}  # fmt: skip
_EXPANDED = {
    "PagePost": {"attachments": "attachments", "comments": "counted", "reactions": "counted"},
    "Comment": {"attachment": "StoryAttachment"},
    "Page": {"picture": "picture"},
}  # edges that an expansion of fields turns into members


def concerns(method: str, path: str) -> bool:
    """Is this a call of the Graph API (and not of a picture's host)?"""
    return method == "GET" and not path.startswith("/pictures/")


# --------------------------------------------------------------------------- answers


def problems_of(path: str, query: dict[str, str], body: Any) -> list[str]:
    """What is wrong with an answer: unknown or mistyped fields, fields that nobody asked for. Empty: nothing."""
    place, spec = _place(path)
    if place == "debug_token":
        return [*_unknown(body, {"data"}, ""), *_wrong(body.get("data"), _BY_HAND["debug"], "debug", "data")]
    if "data" not in body and place == "node":
        spec = spec or (GraphPage if "name" in body else PagePost if "comments" in body else Comment)
        return [*_wrong_node(body, spec, "", parsed(query.get("fields", "id")))]
    wrong = _unknown(body, {"data", "paging", "summary"}, "")
    if spec is None or not isinstance(body.get("data"), list):
        return [*wrong, f"no list: {path}"]
    wanted = parsed(query.get("fields", "id"))
    for number, item in enumerate(body["data"]):
        wrong += _wrong_node(item, spec, f"data/{number}", wanted if "fields" in query else [])
    return wrong + _unknown(body.get("paging", {}), {"cursors", "next", "previous"}, "paging")


def _place(path: str) -> tuple[str, Any]:
    """(what kind of address, the specification of what is there)."""
    parts = path.strip("/").split("/")
    if parts[-1] == "debug_token":
        return "debug_token", None
    if len(parts) == 3:
        return "edge", _EDGES[parts[2]][1] if parts[2] in _EDGES else None
    return "node", None


def _wrong_node(item: Any, spec: Any, where: str, wanted: Iterable[Wanted]) -> list[str]:
    name = spec.__name__
    types = {**spec._field_types, **_EXPANDED.get(name, {})}
    wrong = _wrong(item, types, name, where)
    asked = {one.name for one in wanted}
    if asked and isinstance(item, dict):
        wrong += [f"{where}/{name}: not asked for" for name in item if name not in asked | {"id"}]
    return wrong


def _wrong(value: Any, types: dict[str, Any], name: str, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where}: no {name}"]
    wrong = _unknown(value, types, where)
    for member, inner in value.items():
        if member in types:
            wrong += _mistyped(inner, types[member], f"{where}/{member}")
    return wrong


def _unknown(value: dict[str, Any], known: Iterable[str], where: str) -> list[str]:
    return [f"{where}/{member}: unknown" for member in value if member not in known]


_SIMPLE: dict[str, Callable[[Any], bool]] = {
    "string": lambda v: isinstance(v, str), "datetime": lambda v: isinstance(v, str),
    "bool": lambda v: isinstance(v, bool), "float": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
    "unsigned int": lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 0,
    "int": lambda v: isinstance(v, int) and not isinstance(v, bool), "list": lambda v: isinstance(v, list),
    "Object": lambda v: isinstance(v, dict),
}  # fmt: skip


def _mistyped(value: Any, kind: str, where: str) -> list[str]:
    if kind in _SIMPLE:
        return [] if _SIMPLE[kind](value) else [f"{where}: {kind} expected"]
    outer, _, inner = kind.removesuffix(">").partition("<")
    if outer == "list":
        if not isinstance(value, list):
            return [f"{where}: a list expected"]
        return [problem for n, one in enumerate(value) for problem in _mistyped(one, inner, f"{where}/{n}")]
    if outer == "map":
        return [] if isinstance(value, dict) else [f"{where}: a map expected"]
    return _wrong(value, _types(kind), kind, where)


@cache
def _types(kind: str) -> dict[str, Any]:
    """The members of a type that the package or the tables above know; an unknown type is a mistake of ours."""
    if kind in _BY_HAND:
        return _BY_HAND[kind]
    module = importlib.import_module(f"facebook_business.adobjects.{kind.lower()}")
    found: dict[str, Any] = getattr(module, kind)._field_types
    return found


# --------------------------------------------------------------------------- questions


def unknown_parameters(path: str, query: dict[str, str]) -> list[str]:
    """Parameters, values of enumerations and fields that Meta's specification of this address does not have."""
    parts = path.strip("/").split("/")
    if parts[-1] == "debug_token":
        return [name for name in query if name not in {"input_token", *_COMMON}]
    if len(parts) == 2:
        return [*(n for n in query if n not in _COMMON), *_unknown_fields(query, _node_spec(query))]
    if parts[2] not in _EDGES:
        return [f"no such edge: {parts[2]}"]
    method, spec = _EDGES[parts[2]]
    types, enums = _signature(method)
    wrong = [name for name in query if name not in {*types, *_COMMON, *_PAGING}]
    for name, value in query.items():
        allowed = enums.get(types.get(name, ""))
        if allowed is not None and value not in allowed:
            wrong.append(f"{name}={value}")
        if types.get(name) == "bool" and value not in ("true", "false"):
            wrong.append(f"{name}={value}")
    return wrong + _unknown_fields(query, spec)


def _node_spec(query: dict[str, str]) -> Any:
    names = {one.name for one in parsed(query.get("fields", "id"))}
    return GraphPage if "about" in names else PagePost if "attachments" in names else Comment


def _unknown_fields(query: dict[str, str], spec: Any) -> list[str]:
    """Fields of an expansion that the node lacks, and edges in it that the node lacks."""
    return list(_strangers(parsed(query.get("fields", "id")), spec._field_types, spec))


def _strangers(wanted: Iterable[Wanted], types: dict[str, Any], spec: Any = None) -> Iterator[str]:
    for one in wanted:
        kind = (_EXPANDED.get(spec.__name__, {}) if spec else {}).get(one.name) or types.get(one.name)
        if kind is None or (spec and one.name not in types and not hasattr(spec, f"get_{one.name}")):
            yield f"field {one.name}"
        elif one.fields and kind not in ("Object", "counted"):
            inner = _types(kind)
            if set(inner) == {"data"}:  # the envelope of an edge
                inner = _types(inner["data"].removeprefix("list<").removesuffix(">"))
            yield from _strangers(one.fields, inner)


@cache
def _signature(method: Callable[..., Any]) -> tuple[dict[str, str], dict[str, set[str]]]:
    """The parameter types and enumerations of an edge, as the package would check them before it sends anything."""
    checker = method(_Node(id="1"), pending=True)._param_checker
    enums = {name: {v for v in values if isinstance(v, str)} for name, values in checker._enum_data.items()}
    return dict(checker._type_check_info), enums


class _Node(dict[str, str]):
    """All that an edge's method wants of its node before it is sent."""

    _api = None


# --------------------------------------------------------------------------- pages for the benchmark

BENCH_RECORDS = 2_000


def pages_for_bench(stand_in: StandIn) -> Iterator[Page]:
    """Pages of comments as the stand-in writes them, at least 2,000 records in all, a hundred to a page."""
    natives: list[msgspec.Raw] = []
    for post in stand_in.world.items.values():
        if post.is_post and stand_in.shows(post) and stand_in.world.alive(post):
            natives += msgspec.json.decode(_thread(stand_in, stand_in.native(post)), type=_Natives).data
    natives = (natives * (BENCH_RECORDS // len(natives) + 1))[:BENCH_RECORDS]
    own = stand_in.native_account("larkspur")
    for start in range(0, len(natives), 100):
        body = b'{"data":[' + b",".join(bytes(n) for n in natives[start : start + 100]) + b'],"paging":{"cursors":{}}}'
        yield Page(
            kind="thread", endpoint="https://graph.facebook.com/v26.0/1/comments", body=body, response_sha256="0" * 64,
            http_date=None, observed_at=1_772_000_000_000_000,
            context={"edge": "comments", "page": own, "root": f"{own}_1"},
        )  # fmt: skip


class _Natives(msgspec.Struct):
    data: list[msgspec.Raw]


def _thread(stand_in: StandIn, post: str) -> bytes:
    async def asked() -> bytes:
        transport = httpx.ASGITransport(Starlette(routes=stand_in.routes()))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            query = {"fields": COMMENT_FIELDS, "filter": "stream", "order": "chronological", "limit": "100"}
            login = {"Authorization": f"Bearer {page_token_of('larkspur')}"}
            return (await client.get(f"/v26.0/{post}/comments", params=query, headers=login)).content

    return asyncio.run(asked())
