"""The Graph API's field expansion: `id,from{id,name},comments.limit(0).summary(true)` asks for these and no others."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Wanted:
    """One field: its name, its modifiers (`limit(0)`) and the fields of what it leads to (none: all of it)."""

    name: str
    modifiers: dict[str, str] = field(default_factory=dict)
    fields: list[Wanted] = field(default_factory=list)


def parsed(text: str) -> list[Wanted]:
    """The fields of an expansion. Raises `ValueError` for brackets that do not close."""
    found: list[Wanted] = []
    for part in _split(text, ","):
        head, brace, inner = part.partition("{")
        if brace and not inner.endswith("}"):
            raise ValueError(f"no end of {part!r}")
        name, *modifiers = _split(head, ".")
        given = {m.partition("(")[0]: m.partition("(")[2].removesuffix(")") for m in modifiers}
        found.append(Wanted(name.strip(), given, parsed(inner[:-1]) if brace else []))
    return found


def _split(text: str, mark: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for at, sign in enumerate(text):
        depth += (sign in "({") - (sign in ")}")
        if sign == mark and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    if depth:
        raise ValueError(f"brackets do not close in {text!r}")
    return [*parts, text[start:]]


def projected(entity: dict[str, Any], wanted: Iterable[Wanted]) -> dict[str, Any]:
    """Only what was asked for, and the id, which always comes; through the envelope (`data`) of an edge."""
    shown = {"id": entity["id"]} if "id" in entity else {}
    return shown | {one.name: _part(entity[one.name], one.fields) for one in wanted if one.name in entity}


def _part(value: Any, fields: list[Wanted]) -> Any:
    if not fields:
        return value
    if isinstance(value, list):
        return [_part(one, fields) for one in value]
    if isinstance(value, dict) and "data" in value:
        return {**value, "data": _part(value["data"], fields)}
    return projected(value, fields) if isinstance(value, dict) else value
