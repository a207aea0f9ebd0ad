"""Holds JSON to Mastodon.py's return types: unknown fields, missing ones, and wrong types, each by its path."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from mastodon import types_base

NEWER = {  # what only servers after 4.4 send
    "avatar_description", "header_description", "show_media", "show_media_replies", "show_featured", "feature_approval",
    "tagged_collections", "max_featured_collections", "quote_policy", "timelines_access", "limited_federation",
    "about", "privacy_policy", "terms_of_service", "max_display_name_length", "max_note_length", "collection_limit",
    "max_avatar_description_length", "max_header_description_length", "profile_field_name_limit",
    "profile_field_value_limit",
}  # fmt: skip

UNSHOWN = {"id", "vapid_key", "redirect_uri", "redirect_uris", "scopes"}  # a status names its Application, no more


def disagreements(cls: Any, value: Any, path: str = "") -> Iterator[str]:
    """Where `value` is not what the type says."""
    origin = typing.get_origin(cls) or (cls if isinstance(cls, type) and issubclass(cls, list) else None)
    if origin in (typing.Union, types.UnionType):
        choices = [c for c in typing.get_args(cls) if c is not type(None)]
        if value is None and len(choices) < len(typing.get_args(cls)):
            return
        tried = [list(disagreements(choice, value, path)) for choice in choices]
        yield from min(tried, key=len)
    elif origin is not None and issubclass(origin, list):
        if not isinstance(value, list):
            yield f"{path}: no list"
            return
        for n, element in enumerate(value):
            yield from disagreements((*typing.get_args(cls), Any)[0], element, f"{path}[{n}]")
    elif isinstance(cls, type) and issubclass(cls, types_base.Entity) and cls is not types_base.AttribAccessDict:
        yield from _entity(cls, value, path)
    elif not _fits(cls, value):
        yield f"{path}: {value!r} is no {cls.__name__}"


def _fits(cls: Any, value: Any) -> bool:
    """Of a type that holds no others; types we do not know fit."""
    if cls is datetime:
        return isinstance(value, str) and _is_time(value)
    if cls in (types_base.MaybeSnowflakeIdType, types_base.IdType):
        return isinstance(value, str) and value.lstrip("-").isdigit()
    if cls is float:
        return isinstance(value, int | float)
    return cls not in (str, int, bool) or type(value) is cls


def _entity(cls: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: no object"
        return
    known = _fields(cls)
    for name in value.keys() - known.keys():
        yield f"{path}.{name}: unknown to {cls.__name__}"
    for name, hint in known.items():
        if name in value:
            yield from disagreements(hint, value[name], f"{path}.{name}")
        elif cls.__name__ == "Application" and name in UNSHOWN:
            continue
        elif type(None) not in typing.get_args(hint) and name not in NEWER:
            yield f"{path}.{name}: missing from {cls.__name__}"


@cache
def _fields(cls: Any) -> dict[str, Any]:
    """Field name as the server writes it → its type."""
    renamed = getattr(cls, "_rename_map", {})
    return {renamed.get(n, n): hint for n, hint in typing.get_type_hints(cls).items() if not n.startswith("_")}


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
