"""The shape of a Bluesky thread: walking its nested answer, and keeping count of what it shows and what it claims."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from social_archive.platforms.atproto import at_uri
from social_archive.platforms.strict_json import BadJson, items, members

_ABSURD: Final = 1 << 40

_skim = msgspec.json.Decoder(msgspec.Raw).decode


def walk(raw_thread: bytes) -> Iterator[tuple[bytes, dict[str, bytes] | None, list[bytes]]]:
    """Nodes of a thread, top-down: raw bytes, members (None: unreadable), raw replies. Without recursion.

    Cutting a chain node by node costs depth times size: an answer some hundreds of replies deep, many times what was
    asked for, is refused (BadJson, `too_deep`).
    """
    try:
        _skim(raw_thread)
    except RecursionError:
        raise BadJson("too_deep") from None
    except ValueError:
        pass  # one odd item: it will answer for itself
    stack = [raw_thread]
    while stack:
        raw = stack.pop()
        try:
            node = members(raw)
            replies = items(node["replies"]) if "replies" in node else []
        except BadJson:
            yield raw, None, []
            continue
        yield raw, node, replies
        stack.extend(reversed(replies))


class Branches:
    """What a thread shows against what it says it has: which branches to open, what was kept back."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.blocked: set[str] = set()
        self.cut_short = False
        self.video_makers: set[str] = set()  # whose videos it holds: only their own servers have the files
        self._claimed: dict[str, int] = {}  # post -> its reply count
        self._placed: set[str] = set()  # replies that were counted with their parents
        self._shown: dict[str, int] = {}  # post -> replies shown
        self._asked: set[str] = set()

    def add_thread(self, anchor: str, envelope: dict[str, bytes]) -> None:
        """Take in an answer of getPostThread."""
        self.answered(anchor)
        for raw, node, _ in walk(envelope.get("thread", b"{}")):
            if node is None:
                continue
            if "post" in node:
                self.add_post(node["post"])
            elif node.get("blocked") == b"true":
                self._add_blocked(raw)

    def add_others(self, envelope: dict[str, bytes]) -> set[str]:
        """Take in an answer of getPostThreadOtherV2; returns the posts that nothing before it has shown."""
        before = set(self._claimed)
        for raw in items(envelope.get("thread", b"[]")):
            try:
                self.add_post(members(members(raw)["value"])["post"])
            except (BadJson, KeyError):
                continue
        return self._claimed.keys() - before

    def answered(self, anchor: str) -> None:
        self._asked.add(anchor)

    def unopened(self) -> list[str]:
        """Posts that say they have replies, show none, and were not asked about themselves."""
        return [
            uri for uri, count in self._claimed.items() if count and not self._shown.get(uri) and uri not in self._asked
        ]

    def not_shown(self) -> dict[str, int]:
        """How many replies each post has beyond those that were shown."""
        missing = {uri: count - self._shown.get(uri, 0) for uri, count in self._claimed.items()}
        return {uri: count for uri, count in missing.items() if count > 0}

    def shortfall(self) -> str | None:
        if self.cut_short:
            return "thread_too_large"
        if self.blocked:
            return "blocked_replies"
        return "replies_not_shown" if self.not_shown() else None

    def add_post(self, raw_post: bytes) -> None:
        """Take in one post that was shown: a view (`record`) or a bare record (`value`)."""
        post = _peek(raw_post)
        if post is None or not isinstance(post.uri, str):
            return
        self.blocked.discard(post.uri)
        claimed = post.reply_count
        self._claimed[post.uri] = claimed if isinstance(claimed, int) and 0 < claimed < _ABSURD else 0
        record = post.record or post.value
        if "app.bsky.embed.video" in _embed_types(record) and (name := at_uri(post.uri)) is not None:
            self.video_makers.add(name.did)
        parent = _text_at(record, "reply", "parent", "uri")
        if parent is not None and post.uri not in self._placed and post.uri != self.root:
            self._placed.add(post.uri)
            self._shown[parent] = self._shown.get(parent, 0) + 1

    def _add_blocked(self, raw: bytes) -> None:
        post = _peek(raw)
        if post is not None and isinstance(post.uri, str):
            self.blocked.add(post.uri)


class _Post(msgspec.Struct, rename="camel"):
    """As much of a post as counting needs. The types are whatever was sent: `records` judges, this only counts."""

    uri: Any = None
    reply_count: Any = None
    record: Any = None
    value: Any = None


_post_of = msgspec.json.Decoder(_Post).decode


def _peek(raw: bytes) -> _Post | None:
    try:
        return _post_of(raw)
    except (ValueError, RecursionError):
        return None


def _embed_types(record: Any) -> tuple[str | None, str | None]:
    return _text_at(record, "embed", "$type"), _text_at(record, "embed", "media", "$type")


def _text_at(value: Any, *path: str) -> str | None:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None
