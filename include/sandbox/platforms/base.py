"""What a stand-in owes: routes, its names for things, and how its platform says no."""

from __future__ import annotations

import abc
import json
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from sandbox.world import Item, UnknownThing, World


class StandIn(abc.ABC):
    """One platform, serving one world at `url`. Subclasses are found by import (see `platforms/__init__.py`)."""

    name: ClassVar[str]
    port: ClassVar[int]  # fixed, so that the sample agency's files can name it
    limit: ClassVar[tuple[int, int]]  # requests per seconds; really enforced
    malformations: ClassVar[tuple[str, ...]] = ("duplicate_key", "year_9999", "float_id", "missing_id")

    def __init__(self, world: World, url: str) -> None:
        self.world, self.url = world, url
        self._by_native: dict[str, Item] = {}

    @abc.abstractmethod
    def routes(self) -> list[BaseRoute]:
        """The platform's own endpoints."""

    @abc.abstractmethod
    def native(self, item: Item) -> str:
        """The platform's id of an item."""

    @abc.abstractmethod
    def native_account(self, author: str) -> str:
        """The platform's id of an author."""

    @abc.abstractmethod
    def refusal(self, status: int) -> Response:
        """An error as this platform words it."""

    @abc.abstractmethod
    def limit_headers(self, limit: int, remaining: int, reset: float, window: int) -> dict[str, str]:
        """What the platform says about its rate limit; `reset` is seconds since the epoch."""

    # ------------------------------------------------------------------ where this platform differs from the world

    @classmethod
    def environment(cls) -> dict[str, str]:
        """The secrets that the sample agency's accounts on this platform refer to. They open nothing else."""
        return {}

    def throttled(self, seconds: float) -> Response:
        """A throttle in the platform's own dialect (fault `throttle`); HTTP 429 where it has none."""
        refused = self.refusal(429)
        refused.headers["Retry-After"] = str(max(0, round(seconds)))
        return refused

    def shows(self, item: Item) -> bool:
        """Does this platform's API show such an item at all? (Pinterest, for one, shows no comments.)"""
        return True

    def truth_of(self, item: Item) -> dict[str, Any]:
        """Where an archive that saw everything would place an item: its `parent` and `root` (native ids), `state`."""
        parent = self.world.items[item.parent] if item.parent else None
        return {
            "parent": self.native(parent) if parent else None,
            "root": self.native(self.world.items[item.root]),
            "state": self.world.state(item),
        }

    def find(self, name: str) -> Item | None:
        """An item by its native id or its key in the world, deleted ones included."""
        if name in self.world.items:
            return self.world.items[name]
        if len(self._by_native) != len(self.world.items):
            self._by_native = {self.native(item): item for item in self.world.items.values()}
        return self._by_native.get(name)

    def must_find(self, name: str) -> Item:
        item = self.find(name)
        if item is None:
            raise UnknownThing(f"There is no item {name!r} on {self.name}.")
        return item


class Twin(str):
    """A key that writes the same as another and yet is not it: how a dict comes to hold a duplicate JSON key."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


SPOILINGS = (
    "duplicate_key", "year_9999", "float_id", "missing_id", "number_id", "missing_field", "mistyped_field",
    "extra_field", "nan", "nul", "lone_surrogate",
)  # fmt: skip


def spoiled(entity: dict[str, Any], how: str | None, *, id: str, time: str, text: str) -> dict[str, Any]:
    """The same entity as a broken server would send it (`SPOILINGS`). `id`, `time` and `text` name its members.

    `number_id`: beyond 2^53, exact as it stands and ruined by every reader that takes numbers for floats.
    """
    match how:
        case "duplicate_key":
            return {**entity, Twin(text): "a second text under the same key"}
        case "year_9999":
            late = 253_402_300_799 if isinstance(entity[time], int) else "9999-12-31T23:59:59.000Z"
            return {**entity, time: late}
        case "float_id":
            return {**entity, id: 1.5e18}
        case "number_id":
            return {**entity, id: int("".join(filter(str.isdigit, str(entity[id])))[:18] or 7) + 2**60}
        case "missing_id":
            return {name: value for name, value in entity.items() if name != id}
        case "missing_field":
            return {name: value for name, value in entity.items() if name != text}
        case "mistyped_field":
            return {**entity, text: {"unexpected": ["object"]}}
        case "extra_field":
            return {**entity, "field_of_next_year": {"value": 1}}
        case "nan":
            return {**entity, "field_of_next_year": float("nan")}
        case "nul":
            return {**entity, text: f"{entity[text]}\x00after the NUL"}
        case "lone_surrogate":
            return {**entity, text: f"{entity[text]} \ud83d"}
    return entity


def dumps(value: Any) -> bytes:
    """JSON as the platforms send it: compact, UTF-8; only a lone surrogate stays an escape."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(dumps(value), status, headers, media_type="application/json; charset=utf-8")


async def form_of(request: Request) -> dict[str, str]:
    """The fields of an `application/x-www-form-urlencoded` body, as token endpoints get it."""
    return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))


def loops(request: Request) -> bool:
    """Was a cursor loop asked for (fault `cursor_loop`)? Then the page must point to itself."""
    return bool(request.scope.get("sandbox.cursor_loop"))


def whole(text: str | None, default: int, most: int) -> int:
    """A page size out of a query string: default when absent or absurd, capped like the platform caps it."""
    return min(int(text), most) if text and text.isdigit() and int(text) > 0 else default
