"""One platform's share of the invented world: people, accounts, items, and what happened to them.

A world is built from the content files (see `story.py`) and an anchor day, then the chronicle's operations are
replayed on it, so that the same state folder always gives the same world. Nothing here knows a platform's API.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any


class UnknownThing(LookupError):
    """The control API named an item, account or person that this world does not have."""


@dataclass(frozen=True)
class Person:
    """Somebody invented who comments. `server` is the Mastodon server they live on, empty for the local one."""

    key: str
    name: str
    handle: str
    server: str = ""
    bio: str = ""
    language: str = "en"


@dataclass(frozen=True)
class Account:
    """One account of the library. Its key doubles as its handle and as its author key."""

    key: str
    name: str
    bio: str
    stream: str
    fields: tuple[tuple[str, str], ...] = ()
    dead_login: bool = False


@dataclass(frozen=True)
class Revision:
    """The text from `at` on."""

    at: datetime
    text: str


@dataclass
class Item:
    """One post or comment. `page` is the account under whose post it stands; `author` an account or person key."""

    key: str
    page: str
    author: str
    created: datetime
    revisions: list[Revision]
    parent: str | None = None
    root: str = ""
    language: str = "en"
    image: str | None = None  # alt text of the one attached picture
    boosts: str | None = None  # the person whose post was shared on (a boost or repost has no text of its own)
    likes: int = 0
    shares: int = 0
    deleted: bool = False
    hidden: bool = False
    held: bool = False  # waits for a moderator's review, where a platform has that
    form: str = ""  # a platform's own kind of post, e.g. `story`
    malformed: str | None = None
    category: str = ""
    role: str = ""

    @property
    def text(self) -> str:
        return self.revisions[-1].text

    @property
    def edited(self) -> datetime | None:
        return self.revisions[-1].at if len(self.revisions) > 1 else None

    @property
    def is_post(self) -> bool:
        return self.parent is None


class World:
    """Accounts, people and items of one platform. Mutations raise `UnknownThing` for unknown keys."""

    def __init__(self, platform: str, anchor: date, accounts: list[Account], people: list[Person]) -> None:
        self.platform = platform
        self.anchor = anchor
        self.accounts = {a.key: a for a in accounts}
        self.people = {p.key: p for p in people}
        self.items: dict[str, Item] = {}
        self.children: dict[str, list[str]] = {}
        self.gone: set[str] = set()  # deactivated authors
        self.expired: dict[str, str] = {a.key: "dead" for a in accounts if a.dead_login}  # account → soft | dead
        self.token_rounds: dict[str, int] = {}  # by account; a session's tokens of an earlier round have expired

    def add(self, item: Item) -> Item:
        if item.key in self.items:
            raise ValueError(f"Two items are called {item.key!r}.")
        item.root = self.items[item.parent].root if item.parent else item.key
        self.items[item.key] = item
        if item.parent:
            self.children.setdefault(item.parent, []).append(item.key)
        return item

    def item(self, key: str) -> Item:
        try:
            return self.items[key]
        except KeyError:
            raise UnknownThing(f"There is no item {key!r} on {self.platform}.") from None

    def author(self, key: str) -> Account | Person:
        try:
            return self.accounts.get(key) or self.people[key]
        except KeyError:
            raise UnknownThing(f"There is nobody called {key!r} on {self.platform}.") from None

    # ------------------------------------------------------------------ reading

    def by(self, author: str) -> list[Item]:
        """Everything that stands under one author's name, newest first; nothing if the author left."""
        if author in self.gone:
            return []
        mine = [i for i in self.items.values() if i.author == author and not i.deleted]
        return sorted(mine, key=lambda i: (i.created, i.key), reverse=True)

    def alive(self, item: Item) -> bool:
        """Does the platform still answer for this item by its id?"""
        return not item.deleted and item.author not in self.gone

    def replies(self, item: Item) -> list[Item]:
        """Direct replies that a thread view shows. What stands under a vanished reply vanishes with it."""
        found = (self.items[key] for key in self.children.get(item.key, ()))
        return sorted((i for i in found if self.alive(i)), key=lambda i: (i.created, i.key))

    def descendants(self, item: Item, depth: int = 10_000) -> Iterator[Item]:
        """All shown replies, depth first, down to `depth` levels."""
        if depth < 1:
            return
        for reply in self.replies(item):
            yield reply
            yield from self.descendants(reply, depth - 1)

    def ancestors(self, item: Item) -> list[Item]:
        """From the root down to the parent; cut where a parent is gone."""
        chain: list[Item] = []
        while item.parent:
            item = self.items[item.parent]
            if not self.alive(item):
                break
            chain.append(item)
        return chain[::-1]

    def state(self, item: Item) -> str:
        """The truth about an item, for tests: what an archive that saw everything would say."""
        if item.deleted:
            return "deleted"
        if item.author in self.gone:
            return "account_gone"
        if item.held:
            return "held_for_review"
        if item.hidden:
            return "hidden"
        return "present" if self.reachable(item) else "unreachable"

    def reachable(self, item: Item) -> bool:
        """Would a walk over threads come across it?"""
        return self.alive(item) and (item.parent is None or self.reachable(self.items[item.parent]))

    def role(self, name: str) -> list[Item]:
        return [i for i in self.items.values() if i.role == name]

    # ------------------------------------------------------------------ changing

    def apply(self, op: dict[str, Any]) -> Any:
        """Perform one operation of the chronicle: `{"op": name, "at": ISO time, ...arguments}`."""
        arguments = {k: v for k, v in op.items() if k not in ("op", "at")}
        return getattr(self, f"do_{op['op']}")(datetime.fromisoformat(op["at"]), **arguments)

    def do_edit(self, at: datetime, id: str, text: str) -> Item:
        item = self.item(id)
        item.revisions.append(Revision(at, text))
        return item

    def do_delete(self, at: datetime, id: str) -> Item:
        item = self.item(id)
        item.deleted = True
        return item

    def do_hide(self, at: datetime, id: str, hidden: bool = True) -> Item:
        item = self.item(id)
        item.hidden = hidden
        return item

    def do_hold(self, at: datetime, id: str, held: bool = True) -> Item:
        item = self.item(id)
        item.held = held
        return item

    def do_malform(self, at: datetime, id: str, kind: str | None) -> Item:
        item = self.item(id)
        item.malformed = kind
        return item

    def do_post(
        self, at: datetime, account: str, text: str, key: str, image: str | None = None, form: str = ""
    ) -> Item:
        if account not in self.accounts:
            raise UnknownThing(f"The library has no account {account!r} on {self.platform}.")
        return self.add(Item(key, account, account, at, [Revision(at, text)], image=image, form=form))

    def do_reply(self, at: datetime, to: str, author: str, text: str, key: str) -> Item:
        parent = self.item(to)
        self.author(author)
        return self.add(Item(key, parent.page, author, at, [Revision(at, text)], parent=parent.key))

    def do_describe(self, at: datetime, account: str, bio: str) -> None:
        if account not in self.accounts:
            raise UnknownThing(f"The library has no account {account!r} on {self.platform}.")
        self.accounts[account] = replace(self.accounts[account], bio=bio)

    def do_deactivate(self, at: datetime, author: str, back: bool = False) -> None:
        self.author(author)
        self.gone.discard(author) if back else self.gone.add(author)

    def do_expire_tokens(self, at: datetime, account: str | None = None, hard: bool = True) -> None:
        for key in [account] if account else list(self.accounts):
            self.author(key)
            self.token_rounds[key] = self.token_rounds.get(key, 0) + 1
            self.expired[key] = "dead" if hard else "soft"

    def do_renew_tokens(self, at: datetime, account: str | None = None) -> None:
        for key in [account] if account else list(self.accounts):
            self.author(key)
            self.expired.pop(key, None)


@dataclass
class Chronicle:
    """What makes a world reproducible: its anchor day and every operation since, in `DIR/world.json`.

    The file is replaced as a whole (write, fsync, rename) after each operation; a crash leaves the old or the new.
    """

    path: Path
    anchor: date
    operations: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, *, reset: bool = False) -> Chronicle:
        path = folder / "world.json"
        if path.exists() and not reset:
            saved = json.loads(path.read_text())
            return cls(path, date.fromisoformat(saved["anchor"]), saved["operations"])
        folder.mkdir(parents=True, exist_ok=True)
        new = cls(path, datetime.now(UTC).date())
        new.save()
        return new

    def record(self, platform: str, op: dict[str, Any]) -> None:
        self.operations.setdefault(platform, []).append(op)
        self.save()

    def save(self) -> None:
        draft = self.path.with_suffix(".tmp")
        with draft.open("w") as file:
            json.dump({"anchor": self.anchor.isoformat(), "operations": self.operations}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self.path)


def midnight(anchor: date) -> datetime:
    """The world's latest moment before anybody touches it: the start of the anchor day, UTC."""
    return datetime(anchor.year, anchor.month, anchor.day, tzinfo=UTC)


def span(text: str) -> timedelta:
    """`40m`, `3h`, `2d` as a time span."""
    unit = {"m": "minutes", "h": "hours", "d": "days"}[text[-1]]
    return timedelta(**{unit: float(text[:-1])})
