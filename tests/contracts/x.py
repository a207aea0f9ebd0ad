"""The models and the client of X's own Python package (xdk), generated from its OpenAPI document, as a contract.

The package knows the newer dialect only (`post.fields`, `note_post`); what is said in the older one, as X's prose
documentation still does, is renamed first by the table below. The models allow extra members, so unknown ones are
looked for by hand.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import typing
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Literal, get_args, get_origin

import pydantic
from xdk import schemas
from xdk.posts.client import PostsClient
from xdk.users.client import UsersClient

from sandbox.platforms.x import BEARER, X
from social_archive.platforms.base import Page

_NEWER = {
    "edit_history_tweet_ids": "edit_history_post_ids", "referenced_tweets": "referenced_posts", "tweets": "posts",
    "note_tweet": "note_post", "retweet_count": "repost_count", "tweet_count": "post_count",
    "referenced_tweets.id": "referenced_posts", "tweet.fields": "post.fields",
}  # fmt: skip
# The older dialect asks for these as fields, the newer one gets them with an expansion. In the models they are members.
_FIELDS_OF_OLD = {"author_id", "in_reply_to_user_id", "referenced_posts", "edit_history_post_ids"}

_METHODS: list[tuple[str, Any, Any]] = [
    (r"/2/users/me", UsersClient.get_me, schemas.GetUsersMeResponse),
    (r"/2/users/by/username/[^/]+", UsersClient.get_by_username, schemas.GetUsersByUsernameResponse),
    (r"/2/users/\d+/tweets", UsersClient.get_posts, schemas.GetUsersPostsResponse),
    (r"/2/users/\d+/mentions", UsersClient.get_mentions, schemas.GetUsersMentionsResponse),
    (r"/2/tweets/search/recent", PostsClient.search_recent, schemas.SearchPostsRecentResponse),
    (r"/2/tweets/search/all", PostsClient.search_all, schemas.SearchPostsAllResponse),
    (r"/2/tweets/\d+", PostsClient.get_by_id, schemas.GetPostsByIdResponse),
]


def concerns(method: str, path: str) -> bool:
    """Every GET of the API; the token endpoint is no part of the models. What no method knows must fail."""
    return method == "GET" and path.startswith("/2/")


def problems_of(path: str, query: dict[str, str], body: Any) -> list[str]:
    """What is wrong with an answer by the model of its endpoint: unknown members, wrong types. Empty: nothing."""
    found = _method(path)
    if found is None:
        return [f"no method of X's answers {path}"]
    if "post.fields" not in query:
        body = _renamed(body)
    try:
        return list(_unknown(found[1].model_validate(body, strict=True), ""))
    except pydantic.ValidationError as problem:
        return [f"{'/'.join(map(str, e['loc']))}: {e['msg']}" for e in problem.errors()]


def unknown_parameters(path: str, query: dict[str, str]) -> list[str]:
    """Parameters that the method behind this path does not have, or values that its enumerations lack."""
    found = _method(path)
    if found is None:
        return [path]
    known = _parameters(found[0])
    old = "tweet.fields" in query
    wrong = []
    for name, value in query.items():
        newer = _NEWER.get(name, name) if old else name
        if newer not in known:
            wrong.append(name)
            continue
        allowed = known[newer]
        if allowed is not None:
            more = _FIELDS_OF_OLD if old and newer == "post.fields" else set()
            values = [_NEWER.get(one, one) if old else one for one in value.split(",")]
            wrong += [f"{name}={one}" for one in values if one not in allowed | more]
    return wrong


def _method(path: str) -> tuple[Any, Any] | None:
    return next(((method, model) for pattern, method, model in _METHODS if re.fullmatch(pattern, path)), None)


@cache
def _parameters(method: Any) -> dict[str, frozenset[str] | None]:
    """The query parameters of a method; with the values that they may have, where these are enumerated."""
    hints = typing.get_type_hints(method, {**vars(typing), **vars(inspect.getmodule(method)), "schemas": schemas})
    return {
        name.replace("_fields", ".fields"): frozenset(_literals(hints[name])) or None
        for name in inspect.signature(method).parameters if name not in ("self", "id", "username")
    }  # fmt: skip


def _literals(hint: Any) -> Iterator[str]:
    if get_origin(hint) is Literal:
        yield from get_args(hint)
    else:
        for part in get_args(hint):
            yield from _literals(part)


def _unknown(value: Any, where: str) -> Iterator[str]:
    """Members that the models do not have, at any depth."""
    if isinstance(value, pydantic.BaseModel):
        yield from (f"{where}/{name}: unknown" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from _unknown(getattr(value, name), f"{where}/{name}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from _unknown(one, f"{where}/{number}")


def _renamed(body: Any) -> Any:
    if isinstance(body, dict):
        return {_NEWER.get(name, name): _renamed(value) for name, value in body.items()}
    return [_renamed(one) for one in body] if isinstance(body, list) else body


# --------------------------------------------------------------------------- for the benchmark


def pages_for_bench(stand_in: X) -> Iterable[Page]:
    """Pages of a hundred replies each, as search answers them, at least 2,000 records in all."""
    from starlette.requests import Request

    account = next(iter(stand_in.world.accounts))
    own = stand_in.native_account(account)
    endpoint = next(r.endpoint for r in stand_in.routes() if getattr(r, "path", "") == "/2/users/{id}/mentions")
    pages: list[Page] = []
    start = 0
    while True:
        query = f"max_results=100&pagination_token=page{start}".encode()
        scope = {"type": "http", "method": "GET", "path": f"/2/users/{own}/mentions", "query_string": query,
                 "headers": [(b"authorization", f"Bearer {BEARER}".encode())], "path_params": {"id": own}}  # fmt: skip
        body = bytes(asyncio.run(endpoint(Request(scope))).body)
        records = json.loads(body)["meta"]["result_count"]
        if not records:
            return [page for _ in range(2000 // start + 1) for page in pages]
        pages.append(Page(kind="thread", endpoint="bench", body=body, response_sha256="", http_date=None, observed_at=0,
                          context={"own": own}))  # fmt: skip
        start += records
