"""The control API of one stand-in, under `/_sandbox/`: change the world, order faults, ask for the truth.

Changes are operations of the chronicle and survive a restart; items may be named by native id or world key.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sandbox.front import Fault, Front, Limit
from sandbox.platforms import StandIn
from sandbox.platforms.base import answer
from sandbox.world import Chronicle, Item, UnknownThing

Operation = Callable[[dict[str, Any]], Any]


class Backstage:
    """Handlers over one stand-in. `app` is the ASGI application that `Front` mounts."""

    def __init__(self, stand_in: StandIn, chronicle: Chronicle) -> None:
        self.stand_in, self.world, self.chronicle = stand_in, stand_in.world, chronicle
        operations: dict[str, Operation] = {
            "edit": self._named("edit"), "delete": self._named("delete"), "hide": self._named("hide"),
            "hold": self._named("hold"), "malform": self._malform, "post": self._post, "reply": self._reply,
            "deactivate": self._plain("deactivate"), "describe": self._plain("describe"),
            "expire_tokens": self._plain("expire_tokens"), "renew_tokens": self._plain("renew_tokens"),
            "fault": self._fault, "calm": self._calm, "limit": self._limit,
        }  # fmt: skip
        reports: dict[str, Operation] = {
            "state": self._state, "truth": self._truth, "requests": lambda _: list(self.front.seen),
        }  # fmt: skip
        self.app = Starlette(
            routes=[
                *(Route(f"/_sandbox/{name}", _posted(do), methods=["POST"]) for name, do in operations.items()),
                *(Route(f"/_sandbox/{name}", _asked(do), methods=["GET"]) for name, do in reports.items()),
            ]
        )

    @property
    def front(self) -> Front:
        return self.app.state.front

    # ------------------------------------------------------------------ the world changes

    def _perform(self, op: str, arguments: dict[str, Any]) -> Any:
        entry = {"op": op, "at": datetime.now(UTC).isoformat(), **arguments}
        result = self.world.apply(entry)
        self.chronicle.record(self.stand_in.name, entry)
        return result

    def _named(self, op: str) -> Operation:
        """An operation on one item, `{"id": …}`."""

        def perform(body: dict[str, Any]) -> dict[str, Any]:
            item = self.stand_in.must_find(body.pop("id"))
            self._perform(op, {"id": item.key, **body})
            return self._described(item)

        return perform

    def _plain(self, op: str) -> Operation:
        def perform(body: dict[str, Any]) -> dict[str, Any]:
            self._perform(op, body)
            return {"done": op, **body}

        return perform

    def _malform(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("kind") not in (None, *self.stand_in.malformations):
            raise ValueError(f"Kinds are: {', '.join(self.stand_in.malformations)}; null mends.")
        return self._named("malform")(body)

    def _post(self, body: dict[str, Any]) -> dict[str, Any]:
        return self._described(self._perform("post", {**body, "key": self._new_key()}))

    def _reply(self, body: dict[str, Any]) -> dict[str, Any]:
        parent = self.stand_in.must_find(body.pop("to"))
        return self._described(self._perform("reply", {**body, "to": parent.key, "key": self._new_key()}))

    def _new_key(self) -> str:
        return f"live/{len(self.world.items)}"

    # ------------------------------------------------------------------ the platform misbehaves

    def _fault(self, body: dict[str, Any]) -> dict[str, Any]:
        self.front.faults.append(Fault(**body))
        return {"faults": len(self.front.faults)}

    def _calm(self, _: dict[str, Any]) -> dict[str, Any]:
        """No more faults, and the limit as it was."""
        self.front.faults.clear()
        self.front.limit = Limit(*self.stand_in.limit)
        return {"faults": 0}

    def _limit(self, body: dict[str, Any]) -> dict[str, Any]:
        self.front.limit = Limit(int(body["requests"]), int(body["seconds"]))
        return body

    # ------------------------------------------------------------------ the truth

    def _state(self, _: dict[str, Any]) -> dict[str, Any]:
        """Counts per account and the ids of items by the part they play."""
        roles: dict[str, list[str]] = {}
        for item in self.world.items.values():
            if item.role and self.stand_in.shows(item):
                roles.setdefault(item.role, []).append(self.stand_in.native(item))
        return {
            "platform": self.stand_in.name, "url": self.stand_in.url, "anchor": self.world.anchor.isoformat(),
            "accounts": {key: self._counts(key) for key in self.world.accounts},
            "roles": {name: ids[0] for name, ids in roles.items()}, "all_roles": roles,
            "gone": sorted(self.world.gone), "expired": self.world.expired,
            "faults": [vars(f) for f in self.front.faults], "served": self.front.served,
        }  # fmt: skip

    def _counts(self, account: str) -> dict[str, Any]:
        mine = [i for i in self.world.items.values() if i.page == account and self.stand_in.shows(i)]
        comments = [i for i in mine if not i.is_post]
        return {
            "native_id": self.stand_in.native_account(account),
            "posts": sum(i.is_post and not i.boosts and not i.deleted for i in mine),
            "boosts": sum(bool(i.boosts) for i in mine),
            "comments": len(comments),
            "by_state": dict(Counter(self.stand_in.truth_of(i)["state"] for i in comments)),
            "edited": sum(i.edited is not None for i in mine),
            "malformed": sum(i.malformed is not None for i in mine),
            "media": sum(i.image is not None for i in mine),
        }

    def _truth(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        """Every item of one account (or all), with its real state."""
        wanted = query.get("account")
        shown = (i for i in self.world.items.values() if self.stand_in.shows(i))
        return [self._described(i) for i in shown if wanted in (None, i.page)]

    def _described(self, item: Item) -> dict[str, Any]:
        return {
            "id": self.stand_in.native(item), "key": item.key, "account": item.page, "author": item.author,
            "author_id": self.stand_in.native_account(item.author),
            **self.stand_in.truth_of(item), "created": item.created.isoformat(),
            "edited": item.edited.isoformat() if item.edited else None,
            "boost": bool(item.boosts), "malformed": item.malformed, "category": item.category, "role": item.role,
            "image": item.image, "text": item.text,
        }  # fmt: skip


def _posted(operation: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        raw = await request.body()
        return _run(operation, json.loads(raw) if raw else {})

    return handle


def _asked(report: Operation) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        return _run(report, dict(request.query_params))

    return handle


def _run(operation: Operation, body: dict[str, Any]) -> Response:
    try:
        return answer(operation(body))
    except UnknownThing as reason:
        return answer({"error": str(reason)}, 404)
    except (KeyError, TypeError, ValueError) as reason:
        return answer({"error": f"{type(reason).__name__}: {reason}"}, 400)
