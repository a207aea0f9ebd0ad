"""Pinterest's own generated client (OpenAPI 5.14.0): the parameters of its endpoints and the fields of its models."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import cache
from typing import Any

from openapi_generated.pinterest_client import ApiClient
from openapi_generated.pinterest_client.api.boards_api import BoardsApi
from openapi_generated.pinterest_client.api.pins_api import PinsApi
from openapi_generated.pinterest_client.api.user_account_api import UserAccountApi
from openapi_generated.pinterest_client.model.board import Board
from openapi_generated.pinterest_client.model.board_owner import BoardOwner
from openapi_generated.pinterest_client.model.pin import Pin
from openapi_generated.pinterest_client.model.pin_media import PinMedia

from sandbox.platforms import pinterest as sandbox
from sandbox.platforms.base import StandIn, dumps
from social_archive.platforms.base import Page

_ITEMS = {"/pins": Pin, "/boards": Board}  # lists are untyped in the client; their items are not
_WRAPPED = {"owner": BoardOwner, "board_owner": BoardOwner}  # `allOf`, which the generator flattened to any object


def concerns(method: str, path: str) -> bool:
    return method == "GET" and path.startswith("/v5/")


@cache
def _endpoints() -> list[Any]:
    client = ApiClient()
    apis = (PinsApi(client), BoardsApi(client), UserAccountApi(client))
    return [e for api in apis for name, e in vars(api).items() if name.endswith("_endpoint")]


def _endpoint(path: str) -> Any:
    """The GET endpoint behind a path; None for one that the client does not have."""
    asked = path.removeprefix("/v5")
    for endpoint in _endpoints():
        pattern = re.sub(r"\{\w+\}", r"\\d+", endpoint.settings["endpoint_path"])
        if endpoint.settings["http_method"] == "GET" and re.fullmatch(pattern, asked):
            return endpoint
    return None


def unknown_parameters(path: str, query: dict[str, str]) -> list[str]:
    endpoint = _endpoint(path)
    if endpoint is None:
        return [f"no such endpoint: {path}"]
    in_query = {n for name, where in endpoint.location_map.items() if where == "query"
                for n in (endpoint.attribute_map[name],)}  # fmt: skip
    wrong = [name for name in query if name not in in_query]
    for (name,), rules in endpoint.validations.items():
        least, most = rules.get("inclusive_minimum"), rules.get("inclusive_maximum")
        if name in query and least is not None and not least <= int(query[name]) <= most:
            wrong.append(f"{name}={query[name]}")
    for (name,), values in endpoint.allowed_values.items():
        wrong += [f"{name}={query[name]}"] if name in query and query[name] not in values.values() else []
    for name, types in endpoint.openapi_types.items():
        if types == (bool,) and query.get(name) not in (None, "true", "false"):
            wrong.append(f"{name}={query[name]}")
    return wrong


def problems_of(path: str, query: dict[str, str], body: Any) -> list[str]:
    """What is wrong with a 200: by the endpoint's model, or for a list by the model of its items."""
    endpoint = _endpoint(path)
    if endpoint is None:
        return [f"no such endpoint: {path}"]
    declared = endpoint.settings["response_type"][0]
    if hasattr(declared, "openapi_types"):
        return list(_judged(path, declared, body))
    model = _ITEMS[endpoint.settings["endpoint_path"]]
    if set(body) != {"items", "bookmark"} or not isinstance(body["bookmark"], str | None):
        return [f"a list has items and a bookmark, not {sorted(body)}"]
    return [problem for n, item in enumerate(body["items"]) for problem in _judged(f"items/{n}", model, item)]


def _judged(where: str, model: Any, value: Any) -> Iterator[str]:
    """Unknown and mistyped members, and values outside an enumeration or against a pattern, at every depth."""
    if not isinstance(value, dict):
        yield f"{where} is {type(value).__name__}, not {model.__name__}"
        return
    types = {model.attribute_map[name]: kinds for name, kinds in _types(model).items()}
    for name, member in value.items():
        inside = f"{where}/{name}"
        if name not in types:
            yield f"{inside} is unknown"
        elif name == "media" and model is Pin:
            chosen = PinMedia.discriminator["media_type"].get(member.get("media_type"))
            yield from _judged(inside, chosen, member) if chosen else [f"{inside} has no such media_type"]
        elif name in _WRAPPED:
            yield from _judged(inside, _WRAPPED[name], member)
        else:
            yield from _fits(inside, types[name], member)
    for (name,), allowed in model.allowed_values.items():
        if name in value and value[name] not in allowed.values():
            yield f"{where}/{name} may not be {value[name]!r}"
    for (name,), rules in model.validations.items():
        pattern = rules.get("regex", {}).get("pattern")
        if pattern and isinstance(value.get(name), str) and not re.search(pattern, value[name]):
            yield f"{where}/{name} is not like {pattern}"


def _types(model: Any) -> dict[str, Any]:
    found: dict[str, Any] = model.openapi_types() if callable(model.openapi_types) else model.openapi_types
    return found


def _fits(where: str, kinds: tuple[Any, ...], value: Any) -> Iterator[str]:
    if value is None:
        if type(None) not in kinds:
            yield f"{where} is null"
        return
    for kind in kinds:
        if hasattr(kind, "openapi_types"):
            yield from _judged(where, kind, value)
            return
        if isinstance(kind, list):
            if not isinstance(value, list):
                yield f"{where} is no list"
                return
            for n, one in enumerate(value):
                yield from _fits(f"{where}/{n}", tuple(kind), one)
            return
        if isinstance(kind, dict) and isinstance(value, dict):
            return
        if kind is datetime and isinstance(value, str):
            datetime.fromisoformat(value)
            return
        if isinstance(kind, type) and isinstance(value, kind) and (kind is not int or not isinstance(value, bool)):
            return
    yield f"{where} is {type(value).__name__}"


def pages_for_bench(stand_in: StandIn) -> Iterable[Page]:
    """2,000 pins in pages of 250, out of the stand-in's own answers."""
    from starlette.requests import Request

    assert isinstance(stand_in, sandbox.Pinterest)
    asked = Request({"type": "http", "query_string": b"pin_metrics=true", "headers": []})
    pins = [stand_in._told(i, asked) for i in stand_in._shown("larkspur", frozenset(sandbox.SCOPES)) if not i.malformed]
    context = {"account": stand_in.native_account("larkspur"), "username": "larkspur"}
    for number in range(8):
        page = [pins[(number * 250 + n) % len(pins)] for n in range(250)]
        yield Page(kind="posts", endpoint="https://api.pinterest.com/v5/pins", response_sha256="0" * 64, observed_at=1,
                   body=dumps({"items": page, "bookmark": None}), http_date=None, context=context)  # fmt: skip
