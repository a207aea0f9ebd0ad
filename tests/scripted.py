"""A platform whose every answer is written down in the test: for what the walk must make of answers.

It is not a stand-in for a real platform (the sandbox and the interop tests are); it says exactly what a test wants
said, down to a cursor loop or a login that dies between two pages.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from social_archive.platforms.base import VISITOR_POST, Field, Pace, Page, Platform, Problem, Sighting
from social_archive.record import Observation, State, Unreadable, now_micros

MONTH = 30 * 86_400_000_000


class Item(msgspec.Struct, kw_only=True):
    """One post or comment of the script. `parent` None: the account's own post."""

    id: str
    text: str
    parent: str | None = None
    root: str | None = None
    author: str = "ada-invented"
    age: int = MONTH  # microseconds
    state: State = "present"
    visitor: bool = False  # a post that somebody else left on the account's page


class Script:
    """The platform's side of the story; change it between two harvests."""

    def __init__(self, *items: Item) -> None:
        self.items = {i.id: i for i in items}
        self.bio = "An invented library."
        self.vanished: set[str] = set()  # not shown in lists, though alive
        self.fail_before: dict[str, Exception] = {}  # "profile" | "posts" | thread root -> what happens there
        self.shortfall: dict[str, str] = {}
        self.malformed: list[bytes] = []
        self.page_size = 3
        self.totals: dict[str, int] = {}
        self.warnings: list[str] = []
        self.asked: list[str] = []

    def say(self, native_id: str, text: str) -> None:
        self.items[native_id].text = text

    def delete(self, native_id: str) -> None:
        del self.items[native_id]


class Scripted(Platform):
    """Answers from a script."""

    name = "mastodon"  # an account's platform must exist; the adapter is put in its place by the test
    title = "Scripted"
    version = "1"
    pace = Pace(1000, 1)
    credentials: tuple[Field, ...] = ()
    script: Script

    def __init__(self, script: Script) -> None:
        self.script = script

    def profile(self) -> Iterator[Page]:
        self._maybe_fail("profile")
        yield self._page("profile", [{"kind": "profile", "id": "larkspur", "text": self.script.bio}])

    def posts(self, since: int | None) -> Iterator[Page]:
        self._maybe_fail("posts")
        posts = [i for i in self.script.items.values() if i.parent is None and i.id not in self.script.vanished]
        for start in range(0, len(posts), self.script.page_size):
            some = [_native(i) for i in posts[start : start + self.script.page_size]]
            yield self._page("posts", some, shortfall=self.script.shortfall.get("posts"))

    def thread(self, root: str) -> Iterator[Page]:
        self._maybe_fail(root)
        self.script.asked.append(root)
        under = [i for i in self.script.items.values() if i.root == root and i.id not in self.script.vanished]
        yield self._page("thread", [_native(i) for i in under], shortfall=self.script.shortfall.get(root))

    def item(self, native_id: str) -> Sighting:
        self._maybe_fail("item")
        found = self.script.items.get(native_id)
        page = self._page("item", [_native(found)] if found else [])
        if found is None:
            return Sighting(native_id=native_id, state="deleted", page=page)
        observation = next(self.records(page))
        assert isinstance(observation, Observation)
        return Sighting(native_id=native_id, state="present", page=page, observation=observation)

    def records(self, page: Page) -> Iterator[Observation | Unreadable]:
        for raw in json.loads(page.body):
            created = page.observed_at - raw.get("age", 0)
            yield self.stamped(
                Observation(
                    kind=raw["kind"],
                    native_id=raw["id"],
                    native=json.dumps(raw).encode(),
                    body=raw["text"],
                    parent_native_id=raw.get("parent"),
                    root_native_id=raw.get("root"),
                    state=raw.get("state", "present"),
                    author_id=raw.get("author", "larkspur"),
                    author_is_account=raw["kind"] in ("post", "profile") and not raw.get("visitor"),
                    flags=(VISITOR_POST,) if raw.get("visitor") else (),
                    created_at=created - created % 86_400_000_000,
                ),
                page,
            )
        if page.kind == "profile":
            for native in self.script.malformed:
                yield self.stamped(Unreadable(native=native, reason="not_json"), page)

    def check(self) -> list[Problem]:
        return []

    def media_hosts(self) -> frozenset[str]:
        return frozenset()

    def totals(self) -> dict[str, int]:
        return self.script.totals

    def warnings(self) -> list[Problem]:
        return [Problem(what, "Renew it.") for what in self.script.warnings]

    def _maybe_fail(self, where: str) -> None:
        failure = self.script.fail_before.get(where)
        if failure is not None:
            raise failure

    def _page(self, kind: Any, items: list[dict[str, Any]], shortfall: str | None = None) -> Page:
        body = json.dumps(items).encode()
        return Page(
            kind=kind, endpoint=f"https://scripted.example/{kind}", body=body, shortfall=shortfall,
            response_sha256=hashlib.sha256(body).hexdigest(), http_date=None, observed_at=now_micros(),
        )  # fmt: skip


def _native(i: Item) -> dict[str, Any]:
    kind = "post" if i.parent is None else "comment" if i.parent == i.root else "reply"
    return {**msgspec.to_builtins(i), "kind": kind, "author": "larkspur" if kind == "post" else i.author}
