"""Graph's field expansion, `id,text,replies.limit(50){id,text}`: what is asked for, and that much of a thing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_PART = re.compile(r"(\w+)|\.(\w+)\(([^()]*)\)|([{},])")


class UnreadableFields(ValueError):
    """The expression is not in Graph's language, or names what the thing does not have."""


@dataclass
class Wanted:
    """One field: arguments like `limit`, and what of its inside is wanted (empty: what comes by default)."""

    arguments: dict[str, str] = field(default_factory=dict)
    fields: Fields = field(default_factory=dict)


Fields = dict[str, Wanted]

NODES: dict[str, str] = {
    "account": "id username name biography website profile_picture_url media_count followers_count follows_count "
    "account_type user_id",
    "login": "id name instagram_business_account",
    "media": "id caption alt_text media_type media_product_type media_url thumbnail_url permalink shortcode timestamp "
    "username owner like_count comments_count is_comment_enabled children",
    "comment": "id text timestamp username from hidden like_count parent_id media replies",
}


def parsed(text: str) -> Fields:
    """The fields of an expression. Raises UnreadableFields."""
    root: Fields = {}
    stack = [root]
    last: Wanted | None = None
    position = 0
    for part in _PART.finditer(text):
        if part.start() != position:
            raise UnreadableFields(f"Syntax error at character {position} of the fields.")
        position = part.end()
        if part[1]:
            last = stack[-1].setdefault(part[1], Wanted())
        elif part[2] and last is not None:
            last.arguments[part[2]] = part[3]
        elif part[4] == "{" and last is not None:
            stack.append(last.fields)
        elif part[4] == "}" and len(stack) > 1:
            stack.pop()
        elif part[4] != ",":
            raise UnreadableFields(f"Syntax error at character {part.start()} of the fields.")
    if position != len(text) or len(stack) != 1:
        raise UnreadableFields("The fields end too early.")
    return root


def chosen(body: dict[str, Any], fields: Fields, node: str) -> dict[str, Any]:
    """What was asked for, in that order, and always the id. A field that no such `node` has is an error."""
    known = NODES[node].split()
    for name in fields:
        if name not in known:
            raise UnreadableFields(f"Tried accessing nonexisting field ({name})")
    found = {name: _inside(body[name], wanted) for name, wanted in fields.items() if name in body}
    return found if "id" in found else {**found, "id": body["id"]}


def _inside(value: Any, wanted: Wanted) -> Any:
    if not wanted.fields:
        return value
    if isinstance(value, dict) and "data" in value:
        return {**value, "data": [_only(one, wanted.fields) for one in value["data"]]}
    return _only(value, wanted.fields) if isinstance(value, dict) else value


def _only(body: dict[str, Any], fields: Fields) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name in fields or name == "id"}
