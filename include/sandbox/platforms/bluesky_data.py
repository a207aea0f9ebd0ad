"""The world as the AT Protocol holds and shows it: names, records with their true CIDs, and the AppView's views."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Any
from zlib import crc32

from sandbox.atproto_data import cid_of_blob, cid_of_record, did, tid
from sandbox.picture import HEIGHT, WIDTH, png
from sandbox.platforms.base import StandIn, Twin
from sandbox.world import Account, Item

POST, REPOST, GATE, PROFILE = (
    "app.bsky.feed.post", "app.bsky.feed.repost", "app.bsky.feed.threadgate", "app.bsky.actor.profile",
)  # fmt: skip
_RICH = re.compile(r"https?://[^\s<>\"]+|#\w+")


class BlueskyData(StandIn):
    """Everything but the endpoints, which `bluesky.py` adds."""

    # ------------------------------------------------------------------ names

    def native(self, item: Item) -> str:
        return f"at://{did(item.author)}/{REPOST if item.boosts else POST}/{self.rkey(item)}"

    def native_account(self, author: str) -> str:
        return did(author)

    def rkey(self, item: Item) -> str:
        return tid(item.created, crc32(item.key.encode()))

    def handle(self, author: str) -> str:
        who = self.world.author(author)
        return f"{who.key if isinstance(who, Account) else who.handle.replace('_', '-')}.test"

    def author_of(self, actor: str) -> str | None:
        """An author key by DID or handle."""
        for key in (*self.world.accounts, *self.world.people):
            if actor in (did(key), self.handle(key)):
                return key
        return None

    # ------------------------------------------------------------------ records

    def record(self, item: Item, revision: int = -1) -> dict[str, Any]:
        """The record as its author's repository holds it, after the given revision."""
        if item.boosts:
            original = self.original(item)
            subject = {"uri": self.native(original), "cid": self.cid(original)}
            return {"$type": REPOST, "subject": subject, "createdAt": stamp(item.created)}
        text = item.revisions[revision].text
        record: dict[str, Any] = {
            "$type": POST, "text": text, "createdAt": stamp(item.created), "langs": [item.language],
        }  # fmt: skip
        if facets := list(_facets(text)):
            record["facets"] = facets
        if item.parent:
            record["reply"] = {
                "root": self._ref(self.world.items[item.root]), "parent": self._ref(self.world.items[item.parent]),
            }  # fmt: skip
        if item.image is not None:
            picture = {"alt": item.image, "image": _blob(item.key), "aspectRatio": {"width": WIDTH, "height": HEIGHT}}
            record["embed"] = {"$type": "app.bsky.embed.images", "images": [picture]}
        return record

    @cached_property
    def _cids(self) -> dict[tuple[str, int], str]:
        return {}

    def cid(self, item: Item, revision: int = -1) -> str:
        number = revision % len(item.revisions)
        known = self._cids.get((item.key, number))
        if known is None:
            known = self._cids[item.key, number] = cid_of_record(self.record(item, number))
        return known

    def _ref(self, item: Item) -> dict[str, str]:
        """A strong reference as it was written when the reply was: to the first revision."""
        return {"uri": self.native(item), "cid": self.cid(item, 0)}

    def original(self, item: Item) -> Item:
        """The post inside a repost: somebody else's."""
        return Item(f"{item.key}!", item.page, item.boosts or "", item.created, item.revisions[:1], likes=3)

    def profile_record(self, author: str) -> dict[str, Any]:
        who = self.world.author(author)
        return {
            "$type": PROFILE, "displayName": who.name, "description": who.bio,
            "avatar": _blob(f"avatar-{author}"), "banner": _blob(f"banner-{author}"),
        }  # fmt: skip

    def stored_record(self, item: Item) -> dict[str, Any]:
        record = self.record(item)
        if item.malformed == "duplicate_key":
            return {**record, Twin("text"): "a second text under the same key"}
        if item.malformed == "year_9999":
            return {**record, "createdAt": "9999-12-31T23:59:59.999Z"}
        return record

    def pictures(self, author: str) -> dict[str, str]:
        """CID → name of every picture in an author's repository."""
        names = [i.key for i in self.world.by(author) if i.image is not None]
        return {picture_cid(name): name for name in (*names, f"avatar-{author}", f"banner-{author}")}

    # ------------------------------------------------------------------ views

    def profile_basic(self, author: str) -> dict[str, Any]:
        return {
            "did": did(author), "handle": self.handle(author), "displayName": self.world.author(author).name,
            "avatar": self._cdn("avatar", author, f"avatar-{author}"), "labels": [],
            "createdAt": "2023-07-01T00:00:00.000Z",
        }  # fmt: skip

    def profile_detailed(self, author: str) -> dict[str, Any]:
        return {
            **self.profile_basic(author), "description": self.world.author(author).bio,
            "banner": self._cdn("banner", author, f"banner-{author}"),
            "followersCount": crc32(author.encode()) % 900, "followsCount": crc32(author.encode()) % 70,
            "postsCount": len(self.world.by(author)), "indexedAt": "2023-07-01T00:00:00.000Z",
            "associated": {"lists": 0, "feedgens": 0, "starterPacks": 0, "labeler": False},
        }  # fmt: skip

    def post_view(self, item: Item) -> dict[str, Any]:
        replies = [self.world.items[key] for key in self.world.children.get(item.key, ())]
        view: dict[str, Any] = {
            "uri": self.native(item), "cid": self.cid(item), "author": self.profile_basic(item.author),
            "record": self.stored_record(item), "bookmarkCount": 0,
            "replyCount": sum(not reply.deleted for reply in replies),
            "repostCount": item.shares, "likeCount": item.likes, "quoteCount": 0,
            "indexedAt": stamp(item.created), "labels": [],
        }  # fmt: skip
        if item.image is not None:
            picture = {
                "thumb": self._cdn("feed_thumbnail", item.author, item.key),
                "fullsize": self._cdn("feed_fullsize", item.author, item.key),
                "alt": item.image, "aspectRatio": {"width": WIDTH, "height": HEIGHT},
            }  # fmt: skip
            view["embed"] = {"$type": "app.bsky.embed.images#view", "images": [picture]}
        if item.is_post and not item.boosts and (gate := self.gate_view(item)):
            view["threadgate"] = gate
        if item.malformed == "float_id":
            return {**view, "uri": 1.5e300}
        if item.malformed == "missing_id":
            return {k: v for k, v in view.items() if k != "uri"}
        return view

    def feed_view(self, item: Item) -> dict[str, Any]:
        if item.boosts:
            reason = {
                "$type": "app.bsky.feed.defs#reasonRepost", "by": self.profile_basic(item.author),
                "uri": self.native(item), "cid": self.cid(item), "indexedAt": stamp(item.created),
            }  # fmt: skip
            return {"post": self.post_view(self.original(item)), "reason": reason}
        view: dict[str, Any] = {"post": self.post_view(item)}
        if item.parent:
            root, parent = self.world.items[item.root], self.world.items[item.parent]
            view["reply"] = {"root": self.view_or_gap(root), "parent": self.view_or_gap(parent)}
            if parent.parent and self.world.alive(parent):
                view["reply"]["grandparentAuthor"] = self.profile_basic(self.world.items[parent.parent].author)
        return view

    def view_or_gap(self, item: Item) -> dict[str, Any]:
        if self.world.alive(item):
            return {"$type": "app.bsky.feed.defs#postView", **self.post_view(item)}
        return {"$type": "app.bsky.feed.defs#notFoundPost", "uri": self.native(item), "notFound": True}

    def thread_view(self, item: Item, depth: int, above: int = 0) -> dict[str, Any]:
        view: dict[str, Any] = {
            "$type": "app.bsky.feed.defs#threadViewPost", "post": self.post_view(item), "threadContext": {},
        }  # fmt: skip
        if depth > 0:
            view["replies"] = [self.thread_view(reply, depth - 1) for reply in self.world.replies(item)]
        if item.parent and above > 0:
            parent = self.world.items[item.parent]
            alive = self.world.alive(parent)
            view["parent"] = self.thread_view(parent, 0, above - 1) if alive else self.view_or_gap(parent)
        return view

    def below(self, item: Item, depth: int, level: int = 1) -> Iterator[tuple[Item, int]]:
        if level > depth:
            return
        for reply in self.world.replies(item):
            if not reply.hidden:
                yield reply, level
                yield from self.below(reply, depth, level + 1)

    def thread_item(self, item: Item, depth: int) -> dict[str, Any]:
        value = {
            "$type": "app.bsky.unspecced.defs#threadItemPost", "post": self.post_view(item), "moreParents": False,
            "moreReplies": 0, "opThread": item.author == item.page, "hiddenByThreadgate": item.hidden,
            "mutedByViewer": False,
        }  # fmt: skip
        kind = "app.bsky.unspecced.getPostThreadV2#threadItem"
        return {"$type": kind, "uri": self.native(item), "depth": depth, "value": value}

    def gate_view(self, root: Item) -> dict[str, Any] | None:
        hidden = [i for i in self.world.items.values() if i.root == root.key and i.hidden]
        if not hidden:
            return None
        record = {
            "$type": GATE, "post": self.native(root), "createdAt": stamp(root.created),
            "hiddenReplies": [self.native(i) for i in hidden],
        }  # fmt: skip
        uri = f"at://{did(root.author)}/{GATE}/{self.rkey(root)}"
        return {"uri": uri, "cid": cid_of_record(record), "record": record, "lists": []}

    def _cdn(self, preset: str, author: str, name: str) -> str:
        return f"{self.url}/img/{preset}/plain/{did(author)}/{picture_cid(name)}@png"


def stamp(moment: datetime) -> str:
    """Milliseconds and a Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _blob(name: str) -> dict[str, Any]:
    return {"$type": "blob", "ref": {"$link": picture_cid(name)}, "mimeType": "image/png", "size": len(png(name))}


@cache
def picture_cid(name: str) -> str:
    return cid_of_blob(png(name))


def _facets(text: str) -> Iterator[dict[str, Any]]:
    """Links and tags with their UTF-8 byte ranges."""
    for match in _RICH.finditer(text):
        start = len(text[: match.start()].encode("utf-8", "replace"))
        index = {"byteStart": start, "byteEnd": start + len(match[0].encode("utf-8", "replace"))}
        if match[0].startswith("#"):
            feature = {"$type": "app.bsky.richtext.facet#tag", "tag": match[0][1:]}
        else:
            feature = {"$type": "app.bsky.richtext.facet#link", "uri": match[0]}
        yield {"index": index, "features": [feature]}
