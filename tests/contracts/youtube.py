"""Google's discovery document (in google-api-python-client) as JSON Schema, and the parameters of its list methods."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema

from sandbox.platforms.base import dumps
from social_archive.platforms.base import Page

_TYPES = {"any": {}, "string": {"type": "string"}, "boolean": {"type": "boolean"}, "integer": {"type": "integer"},
          "number": {"type": "number"}}  # fmt: skip
_COMMON = {"key", "alt", "fields", "prettyPrint", "quotaUser", "oauth_token", "access_token"}


@cache
def _document() -> dict[str, Any]:
    folder = files("googleapiclient.discovery_cache") / "documents"
    found: dict[str, Any] = json.loads((folder / "youtube.v3.json").read_text())
    return found


@cache
def _schema() -> dict[str, Any]:
    return {"$defs": {name: _converted(one) for name, one in _document()["schemas"].items()}}


@cache
def _judge(name: str) -> jsonschema.Draft202012Validator | None:
    """The validator of one schema; it carries only what that schema refers to, or each check would take a second."""
    everything = _schema()["$defs"]
    needed: dict[str, Any] = {}
    waiting = [name]
    while waiting:
        one = waiting.pop()
        if one in everything and one not in needed:
            needed[one] = everything[one]
            waiting += re.findall(r'"#/\$defs/(\w+)"', json.dumps(everything[one]))
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{name}", "$defs": needed}) if needed else None


def _converted(one: dict[str, Any]) -> dict[str, Any]:
    """One discovery schema as JSON Schema 2020-12; objects allow no member that they do not name."""
    if "$ref" in one:
        return {"$ref": f"#/$defs/{one['$ref']}"}
    if one.get("type") == "array":
        return {"type": "array", "items": _converted(one["items"])}
    if one.get("type") == "object":
        if "additionalProperties" in one:
            return {"type": "object", "additionalProperties": _converted(one["additionalProperties"])}
        members = {name: _converted(member) for name, member in one.get("properties", {}).items()}
        return {"type": "object", "properties": members, "additionalProperties": False}
    enum = {"enum": one["enum"]} if "enum" in one else {}
    return {**_TYPES[one.get("type", "any")], **enum}


def concerns(method: str, path: str) -> bool:
    """Is this a call of the Data API (and not of the token endpoint)?"""
    return method == "GET" and path.startswith("/youtube/v3/")


def problems_of(path: str, query: dict[str, str], body: Any) -> list[str]:
    """What is wrong with a list response, by Google's schema of the kind that it says it is. Empty: nothing."""
    kind = str(body.get("kind", "")).removeprefix("youtube#")
    name = kind[:1].upper() + kind[1:]
    judge = _judge(name)
    if judge is None:
        return [f"no such kind of response: {kind}"]
    return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:200]}" for e in judge.iter_errors(body)]


def unknown_parameters(path: str, query: dict[str, str]) -> list[str]:
    """Parameters of a GET that the method behind this path does not have, or values that its enumeration lacks."""
    resource = path.rstrip("/").rpartition("/")[2]
    parameters = _document()["resources"][resource]["methods"]["list"]["parameters"]
    wrong = [name for name in query if name not in parameters and name not in _COMMON]
    return wrong + [
        f"{name}={value}" for name, value in query.items()
        if "enum" in parameters.get(name, {}) and value not in parameters[name]["enum"]
    ]  # fmt: skip


def pages_for_bench(stand_in: Any) -> Iterator[Page]:
    """Full pages of comment threads out of the stand-in's own world, for `make bench`."""
    tops = [c for c in stand_in.world.items.values() if not c.is_post and stand_in.shows(c) and c is stand_in._top(c)]
    threads = [stand_in._thread(c, "published") for c in tops if stand_in._is_there(c)]
    for start in range(0, len(threads), 100):
        body = dumps({"kind": "youtube#commentThreadListResponse", "items": threads[start : start + 100]})
        yield Page(
            kind="thread", endpoint="https://www.googleapis.com/youtube/v3/commentThreads", body=body,
            response_sha256="", http_date=None, observed_at=0,
            context={"channel": stand_in.native_account("larkspur"), "root": "x", "queue": "published"},
        )  # fmt: skip
