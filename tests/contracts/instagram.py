"""Meta's own package (facebook-business) as judge: fields and their types, edges, parameters of edges.

What both logins share is held to the smaller of the two sets (`...ForIGOnlyAPI`, which is Instagram Login's).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import httpx
from facebook_business.adobjects.igcomment import IGComment
from facebook_business.adobjects.igcommentfromuser import IGCommentFromUser
from facebook_business.adobjects.igmedia import IGMedia
from facebook_business.adobjects.igmediaforigonlyapi import IGMediaForIGOnlyAPI
from facebook_business.adobjects.igrefreshaccesstokenforigonlyapi import IGRefreshAccessTokenForIGOnlyAPI
from facebook_business.adobjects.iguser import IGUser
from facebook_business.adobjects.iguserforigonlyapi import IGUserForIGOnlyAPI
from facebook_business.adobjects.page import Page as FacebookPage
from facebook_business.adobjects.permission import Permission
from facebook_business.adobjects.user import User
from starlette.applications import Starlette

from sandbox.platforms import StandIn
from social_archive.platforms.base import Page

Node = type[Any]

_COMMON = {"access_token", "fields", "limit", "after", "before"}  # of every node and edge, says Graph's guide
_EDGES: dict[str, tuple[Node, Node]] = {  # edge → whose it is, what it lists
    "media": (IGUserForIGOnlyAPI, IGMediaForIGOnlyAPI), "stories": (IGUserForIGOnlyAPI, IGMediaForIGOnlyAPI),
    "comments": (IGMediaForIGOnlyAPI, IGComment), "replies": (IGComment, IGComment),
    "children": (IGMediaForIGOnlyAPI, IGMediaForIGOnlyAPI), "accounts": (User, FacebookPage),
    "permissions": (User, Permission),
}  # fmt: skip
_INSIDE: dict[str, Node] = {"IGCommentFromUser": IGCommentFromUser, "IGMedia": IGMedia, "IGUser": IGUser}
_TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "int": (int,), "bool": (bool,), "datetime": (str,)}
_LINKS = {"cursors", "next", "previous"}


def concerns(method: str, path: str) -> bool:
    """Is this a call that the package knows? (It has no `debug_token`; see the table in the adapter's tests.)"""
    return method == "GET" and not path.endswith("/debug_token")


def problems_of(path: str, query: dict[str, str], body: Any) -> list[str]:
    """Fields of an answer that the package does not know or that have another type. Empty: none."""
    edge = path.rpartition("/")[2]
    if edge in _EDGES:
        return _list_problems(edge, body, edge)
    return _node_problems(_node_of(path, query, body), body, "")


def unknown_parameters(path: str, query: dict[str, str]) -> list[str]:
    """Parameters of a request, and fields named in it, that the package does not know."""
    edge = path.rpartition("/")[2]
    owner, listed = _EDGES.get(edge, (None, None))
    known = _COMMON | (_parameters(owner, edge) if owner else set())
    node = listed or _node_of(path, query, {})
    if node is IGRefreshAccessTokenForIGOnlyAPI:
        known |= {"grant_type"}
    wrong = [name for name in query if name not in known]
    return wrong + _unknown_fields(node, _parsed(query.get("fields", "")))


# --------------------------------------------------------------------------- what an address stands for


def _node_of(path: str, query: dict[str, str], body: Any) -> Node:
    """The kind of thing behind an id: by the fields that were asked for, because ids do not tell."""
    if path == "/refresh_access_token":
        return IGRefreshAccessTokenForIGOnlyAPI
    fields = set(_parsed(query.get("fields", "")))
    if "instagram_business_account" in fields:
        return FacebookPage
    if "biography" in fields:
        return IGUserForIGOnlyAPI if path.endswith("/me") else IGUser
    return IGComment if "text" in fields else IGMediaForIGOnlyAPI


def _parameters(owner: Node, edge: str) -> set[str]:
    """What the package lets one ask an edge for. An edge that it does not have is an error."""
    request = getattr(owner(fbid="1"), f"get_{edge}")(pending=True)
    return set(request._param_checker._type_check_info)


# --------------------------------------------------------------------------- answers


def _list_problems(edge: str, body: Any, where: str) -> list[str]:
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        return [f"{where}: no list"]
    wrong = [f"{where}: unknown member {name}" for name in body if name not in ("data", "paging")]
    wrong += [f"{where}: unknown link {name}" for name in body.get("paging", {}) if name not in _LINKS]
    for number, one in enumerate(body["data"]):
        wrong += _node_problems(_EDGES[edge][1], one, f"{where}/{number}")
    return wrong


def _node_problems(node: Node, body: Any, where: str) -> list[str]:
    wrong = []
    types = node._field_types
    for name, value in body.items():
        if name in types:
            wrong += _value_problems(types[name], name, value, f"{where}/{name}")
        elif name in _EDGES and _EDGES[name][0] is node:
            wrong += _list_problems(name, value, f"{where}/{name}")
        else:
            wrong.append(f"{where}/{name}: not a field of {node.__name__}")
    return wrong


def _value_problems(type_name: str, name: str, value: Any, where: str) -> list[str]:
    if type_name in _INSIDE:
        return _node_problems(_INSIDE[type_name], value, where) if isinstance(value, dict) else [f"{where}: no object"]
    if type_name == "int" and name.endswith("_id"):  # an id is written as a string, whatever its type is called
        return [] if isinstance(value, str) and value.isdigit() else [f"{where}: no id"]
    if type(value) not in _TYPES.get(type_name, (object,)):
        return [f"{where}: {type(value).__name__} where {type_name} is promised"]
    if type_name == "datetime":
        try:
            datetime.fromisoformat(value)
        except ValueError:
            return [f"{where}: no time"]
    return []


# --------------------------------------------------------------------------- fields that are asked for

_PART = re.compile(r"\w+(?=[,{}.]|$)|\.\w+\([^()]*\)|[{},]")


def _parsed(expression: str) -> dict[str, Any]:
    """`id,replies.limit(50){text}` as nested names."""
    root: dict[str, Any] = {}
    stack, last = [root], root
    for part in _PART.findall(expression):
        if part == "{":
            stack.append(last)
        elif part == "}":
            stack.pop()
        elif part != "," and not part.startswith("."):
            last = stack[-1].setdefault(part, {})
    return root


def _unknown_fields(node: Node, fields: dict[str, Any]) -> list[str]:
    wrong = []
    for name, inside in fields.items():
        if name in _EDGES and _EDGES[name][0] is node:
            wrong += _unknown_fields(_EDGES[name][1], inside)
        elif name not in node._field_types:
            wrong.append(f"{name} of {node.__name__}")
        elif inside:
            wrong += _unknown_fields(_INSIDE[node._field_types[name]], inside)
    return wrong


# --------------------------------------------------------------------------- for the benchmark


def pages_for_bench(stand_in: StandIn) -> Iterable[Page]:
    """Pages of 50 comments with their replies, as the adapter asks for them, at least 2,000 records in all."""
    from sandbox.platforms.instagram_tokens import token_of
    from social_archive.platforms.instagram import _THREAD_FIELDS

    posts = [item for item in stand_in.world.items.values() if item.is_post and not item.boosts]
    query = {"fields": _THREAD_FIELDS, "limit": "50", "access_token": token_of("larkspur")}

    async def asked() -> list[Any]:
        found: list[Any] = []
        transport = httpx.ASGITransport(Starlette(routes=stand_in.routes()))
        async with httpx.AsyncClient(transport=transport, base_url=stand_in.url) as client:
            for post in posts:
                answer = await client.get(f"/v26.0/{stand_in.native(post)}/comments", params=query)
                found += json.loads(answer.content)["data"]
        return found

    comments = asyncio.run(asked())
    records = sum(1 + len(one.get("replies", {}).get("data", [])) for one in comments)
    comments *= -(-2_000 // records)
    context = {
        "what": "comment", "account_id": stand_in.native_account("larkspur"), "username": "larkspur",
        "root": stand_in.native(posts[0]),
    }  # fmt: skip
    for start in range(0, len(comments), 50):
        body = json.dumps({"data": comments[start : start + 50]}, ensure_ascii=False, separators=(",", ":"))
        yield Page(
            kind="thread", endpoint=f"{stand_in.url}/v26.0/1/comments", body=body.encode(), response_sha256="0" * 64,
            http_date=None, observed_at=1, context=context,
        )  # fmt: skip
