"""From the content files to a world: a year of posts, with the comments that people left under them.

Content comes in three forms. `posts_<stream>.yaml` holds posts with, here and there, a thread written by hand;
`comments.yaml` is a bank of remarks by category and topic from which the rest is drawn; `weekly` posts repeat with
a different filling. All choices come from a generator seeded with the platform's and account's names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from sandbox.world import Account, Item, Person, Revision, World, midnight, span

_CONTENT = Path(__file__).parent / "content"
_CODE_UNIT = re.compile("⟦([0-9a-f]{4})⟧")
_CHOICE = re.compile(r"\{([^{}]*\|[^{}]*)\}")


SITE = "https://larkspur.example"
"""The invented library's own web site. It does not exist; a stand-in serves its policy page itself (`front.py`)."""


def build(platform: str, anchor: date, site: str = SITE) -> World:
    """The world of one platform on its anchor day, before anything was changed by hand."""
    library = _load("library")
    filled = {"notice": library["notice"], "part": library["part"], "site": site}
    accounts = [_account(entry, filled) for entry in library["accounts"][platform]]
    people = [Person(**entry) for entry in _load("people")["people"]]
    world = World(platform, anchor, accounts, people)
    for account, entry in zip(accounts, library["accounts"][platform], strict=True):
        _Year(world, account).write()
        for number, left in enumerate(entry.get("visitors", ())):
            _visit(world, account, f"{account.key}/visitor-{number}", left)
    for key in _load("difficult")["deactivated"]:
        world.gone.add(key)
    for number, entry in enumerate(_load("mentions").get(platform, ())):
        _mention(world, f"mention/{number}", entry)
    return world


@cache
def _load(name: str) -> dict[str, Any]:
    return yaml.load((_CONTENT / f"{name}.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)


def _account(entry: dict[str, Any], filled: dict[str, str]) -> Account:
    return Account(
        key=entry["key"], name=entry["name"], bio=entry["bio"].format(**filled), stream=entry["stream"],
        fields=tuple((name, value.format(**filled)) for name, value in entry.get("fields", ())),
        dead_login=entry.get("dead_login", False),
    )  # fmt: skip


def _visit(world: World, account: Account, key: str, left: dict[str, Any]) -> None:
    """What somebody posted on the account's own page, where a platform has that, and the staff's answer."""
    at = midnight(world.anchor) - timedelta(days=left["day"]) + timedelta(hours=9)
    answered = at + timedelta(hours=2)
    world.add(Item(key, account.key, left["by"], at, [Revision(at, left["text"])], category="question"))
    answer = [Revision(answered, left["answer"])]
    world.add(Item(f"{key}.0", account.key, account.key, answered, answer, parent=key, category="answer"))


def _mention(world: World, key: str, entry: dict[str, Any]) -> None:
    """Somebody else's post that names the account, and what was answered to it there."""
    at = midnight(world.anchor) - timedelta(days=entry["day"]) + timedelta(hours=11)
    revisions = [Revision(at, entry["text"]), *(Revision(at + span(s), text) for s, text in entry.get("edits", ()))]
    world.add(Item(key, entry["account"], entry["by"], at, revisions, category="mention"))
    for number, reply in enumerate(entry.get("thread", ())):
        said = [Revision(at + timedelta(hours=number + 1), reply["text"])]
        world.add(
            Item(f"{key}.{number}", entry["account"], reply["by"], said[0].at, said, parent=key, category="mention")
        )


@dataclass(frozen=True)
class _Remark:
    category: str
    topics: frozenset[str]
    text: str
    by: str | None
    answer: str | None


@cache
def _bank() -> tuple[_Remark, ...]:
    """Every remark of comments.yaml; one without topics fits anywhere."""
    found = []
    for category, entries in _load("comments")["remarks"].items():
        for entry in entries:
            remark = {"text": entry} if isinstance(entry, str) else entry
            topics = frozenset(remark.get("on", ()))
            found.append(_Remark(category, topics, remark["text"], remark.get("by"), remark.get("answer")))
    return tuple(found)


class _Year:
    """Writes one account's year into the world."""

    def __init__(self, world: World, account: Account) -> None:
        self.world, self.account = world, account
        self.dice = Random(f"{world.platform}/{account.key}")
        self.end = midnight(world.anchor)
        self.said: set[str] = set()  # remarks already used under this account
        self.stream = _load(f"posts_{account.stream}")

    def write(self) -> None:
        for number, entry in enumerate(self._posts()):
            if entry.get("only", self.world.platform) == self.world.platform:
                self._post(f"{self.account.key}/{number:03d}", entry)

    def _posts(self) -> Iterator[dict[str, Any]]:
        yield from self.stream["posts"]
        for series in self.stream.get("weekly", ()):
            for week, filling in enumerate(series["fillings"]):
                day = series["last_day"] + week * series.get("every", 7)
                yield {**series, "day": day, "text": series["text"].format(filling)}

    def _post(self, key: str, entry: dict[str, Any]) -> None:
        minute = self.dice.randrange(60)
        created = self.end - timedelta(days=entry["day"]) + timedelta(hours=entry.get("hour", 15), minutes=minute)
        if created >= self.end:
            created -= timedelta(days=1)
        post = self._item(key, self.account.key, created, entry, likes=self.dice.randrange(2, 60))
        post.boosts = entry.get("boosts")
        for number, reply in enumerate(entry.get("thread", ())):
            self._thread(post, f"{key}.{number}", reply)
        for number, name in enumerate(entry.get("names", ())):
            self._thread(post, f"{key}.n{number}", {"by": self.dice.choice(self._regulars()), "text": f"{name}!"})
        busy = entry.get("busy", 2)
        if busy:
            self._remarks(post, self.dice.randint(max(0, busy - 2), busy + 1), set(entry.get("topics", ())))

    def _item(self, key: str, author: str, created: datetime, entry: dict[str, Any], likes: int = 0,
              parent: Item | None = None) -> Item:  # fmt: skip
        revisions = [Revision(created, entry["text"])]
        for later, text in entry.get("edits", ()):
            revisions.append(Revision(self._no_later(created, span(later)), text))
        return self.world.add(
            Item(
                key=key, page=self.account.key, author=author, created=created, revisions=revisions,
                parent=parent.key if parent else None, image=entry.get("image"), likes=likes,
                shares=likes // 5, deleted=entry.get("deleted", False), hidden=entry.get("hidden", False),
                malformed=entry.get("malformed"), category=entry.get("category", ""), role=entry.get("role", ""),
                language=entry.get("language", "en"),
            )
        )  # fmt: skip

    def _no_later(self, start: datetime, delay: timedelta) -> datetime:
        """`start + delay`, but still before the anchor day."""
        return start + min(delay, (self.end - start) * 0.9)

    def _thread(self, parent: Item, key: str, entry: dict[str, Any]) -> None:
        author = self.account.key if entry["by"] == "staff" else entry["by"]
        if entry.get("only", self.world.platform) != self.world.platform:
            return
        delay = span(entry["after"]) if "after" in entry else timedelta(minutes=self.dice.randrange(4, 400))
        category = entry.get("category") or ("answer" if entry["by"] == "staff" else "conversation")
        written = {**entry, "category": category, "text": _spelled_out(entry["text"])}
        item = self._item(key, author, self._no_later(parent.created, delay), written, self.dice.randrange(9), parent)
        for number, reply in enumerate(entry.get("replies", ())):
            self._thread(item, f"{key}.{number}", reply)

    def _remarks(self, post: Item, count: int, topics: set[str]) -> None:
        for number in range(count):
            remark = self._choose(topics)
            if remark is None:
                return
            author = remark.by or self.dice.choice(self._regulars())
            key = f"{post.key}:{number}"
            item = self._item(
                key, author, self._no_later(post.created, timedelta(minutes=int(self.dice.expovariate(1 / 500)) + 3)),
                {"text": self._filled(remark.text), "category": remark.category}, self.dice.randrange(6), post,
            )  # fmt: skip
            if remark.answer:
                self._answer(item, remark.answer)

    def _answer(self, item: Item, text: str) -> None:
        """Staff answer, and sometimes the patron says thank you."""
        created = self._no_later(item.created, timedelta(minutes=self.dice.randrange(15, 1500)))
        entry = {"text": self._filled(text), "category": "answer"}
        answer = self._item(f"{item.key}.a", self.account.key, created, entry, self.dice.randrange(5), item)
        if self.dice.random() < 0.45:
            thanks = {"text": self.dice.choice(_load("comments")["thanks"]), "category": "praise"}
            created = self._no_later(created, timedelta(minutes=self.dice.randrange(5, 900)))
            self._item(f"{item.key}.t", item.author, created, thanks, self.dice.randrange(3), answer)

    def _choose(self, topics: set[str]) -> _Remark | None:
        """A remark that fits and was not made before: twice out of three times on the topic, if there is one."""
        unsaid = [r for r in _bank() if r.text not in self.said]
        fitting = [r for r in unsaid if r.topics & topics]
        general = [r for r in unsaid if not r.topics]
        pool = fitting if fitting and (not general or self.dice.random() < 0.67) else general
        if not pool:
            self.said.clear()
            return None
        remark = self.dice.choice(pool)
        self.said.add(remark.text)
        return remark

    def _regulars(self) -> list[str]:
        return _load("comments")["regulars"]

    def _filled(self, text: str) -> str:
        """Resolve `{this|that}` by the dice."""
        return _CHOICE.sub(lambda match: self.dice.choice(match[1].split("|")), text)


def _spelled_out(text: str) -> str:
    """What YAML cannot hold or nobody wants to read: `§name` is a passage, ⟦d83d⟧ a lone surrogate."""
    if text.startswith("§"):
        passage = _load("difficult")["passages"][text[1:]]
        return "\n\n".join([passage["text"]] * passage["times"])
    return _CODE_UNIT.sub(lambda match: chr(int(match[1], 16)), text)
