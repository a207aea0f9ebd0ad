"""What X answers beside its posts: `includes` holds authors, attachments and the posts that others refer to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import msgspec

from social_archive.platforms import strict_json
from social_archive.platforms.reading import Drift, exact_id, load_object
from social_archive.record import Unreadable

_NAMES: Final = {"users": "id", "media": "media_key", "polls": "id", "tweets": "id", "posts": "id"}


class _Version(msgspec.Struct):
    id: Any = None
    edit_history_tweet_ids: Any = None
    edit_history_post_ids: Any = None


class Author(NamedTuple):
    """What a record says of who wrote it. `drifted`: some of it was of another type than X promises."""

    name: str | None = None
    handle: str | None = None
    avatar: str | None = None
    drifted: bool = False


UNKNOWN: Final = Author()


@dataclass
class Includes:
    """The parts by their ids. `first_ids` leads from a version of a referred-to post to the first of its chain."""

    authors: dict[str, Author] = field(default_factory=dict)
    media: dict[str, dict[str, Any]] = field(default_factory=dict)
    polls: dict[str, dict[str, Any]] = field(default_factory=dict)
    first_ids: dict[str, str] = field(default_factory=dict)
    raw: dict[str, list[bytes]] = field(default_factory=dict)

    @classmethod
    def of(cls, source: bytes | str | None) -> Includes:
        """Read `includes`. A part that cannot be trusted is left out, alone."""
        if not source:
            return NOTHING
        raw = _lists(source.encode("utf-8", "replace") if isinstance(source, str) else source)
        made = cls(raw=raw)
        users, made.media, made.polls = (_by_id(raw.get(n, []), _NAMES[n]) for n in ("users", "media", "polls"))
        made.authors = {name: _author(user) for name, user in users.items()}
        for native in [*raw.get("tweets", []), *raw.get("posts", [])]:
            made._learn(native)
        return made

    def _learn(self, native: bytes) -> None:
        try:
            version = msgspec.json.decode(native, type=_Version)
        except (ValueError, RecursionError):
            return
        chain = version.edit_history_tweet_ids or version.edit_history_post_ids
        shown, first = exact_id(version.id), exact_id(chain[0]) if isinstance(chain, list) and chain else None
        if shown and first and first != shown:
            self.first_ids[shown] = first

    def excerpt(self, native: bytes) -> str:
        """Only the parts whose id stands in this item, as JSON text; empty if there are none."""
        kept = {name: [one for one in found if _is_named_in(one, name, native)] for name, found in self.raw.items()}
        lists = [f'"{name}":[{b",".join(found).decode("utf-8", "replace")}]' for name, found in kept.items() if found]
        return "{" + ",".join(lists) + "}" if lists else ""


NOTHING: Final = Includes()


def _author(user: dict[str, Any]) -> Author:
    drift = Drift()
    name, handle, avatar = (drift.text(user.get(part)) for part in ("name", "username", "profile_image_url"))
    return Author(name, handle, avatar, drift.seen)


def _lists(source: bytes) -> dict[str, list[bytes]]:
    try:
        members = strict_json.members(source)
    except strict_json.BadJson:
        return {}
    found: dict[str, list[bytes]] = {}
    for name in _NAMES:
        try:
            found[name] = strict_json.items(members[name]) if name in members else []
        except strict_json.BadJson:
            continue
    return found


def _by_id(natives: list[bytes], key: str) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for native in natives:
        loaded = load_object(native)
        if not isinstance(loaded, Unreadable) and (name := exact_id(loaded[0].get(key))) is not None:
            found[name] = loaded[0]
    return found


def _is_named_in(part: bytes, name: str, native: bytes) -> bool:
    loaded = load_object(part)
    own = None if isinstance(loaded, Unreadable) else exact_id(loaded[0].get(_NAMES[name]))
    return own is not None and own.encode() in native
