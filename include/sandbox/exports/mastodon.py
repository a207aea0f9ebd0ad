"""Mastodon's archive of an invented account: outbox, actor, attachments."""

from __future__ import annotations

import json
from typing import Any

from sandbox.exports import Names, own
from sandbox.picture import png
from sandbox.platforms.mastodon import Mastodon, stamp
from sandbox.world import Item, World

_PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def members(world: World, account: str, names: Names) -> dict[str, bytes]:
    stand_in = names if isinstance(names, Mastodon) else Mastodon(world, "https://mastodon.example")
    posts, replies = own(world, account)
    said = sorted((*posts, *replies), key=lambda item: item.created)
    outbox = {
        "@context": "https://www.w3.org/ns/activitystreams", "id": "outbox.json", "type": "OrderedCollection",
        "totalItems": len(said), "orderedItems": [_activity(stand_in, item) for item in said],
    }  # fmt: skip
    page = world.accounts[account]
    actor = {
        "@context": ["https://www.w3.org/ns/activitystreams"], "id": _home(stand_in, account), "type": "Person",
        "preferredUsername": account, "name": page.name, "summary": stand_in.account_entity(account)["note"],
        "url": f"{stand_in.url}/@{account}", "published": "2019-03-04T00:00:00Z",
        "attachment": [
            {"type": "PropertyValue", "name": row["name"], "value": row["value"]}
            for row in stand_in.account_entity(account)["fields"]
        ],
        "icon": {"type": "Image", "mediaType": "image/png", "url": "avatar.png"},
        "image": {"type": "Image", "mediaType": "image/png", "url": "header.png"},
        "outbox": "outbox.json", "likes": "likes.json", "bookmarks": "bookmarks.json",
    }  # fmt: skip
    made = {
        "outbox.json": _json(outbox), "actor.json": _json(actor),
        "avatar.png": png(f"avatar-{account}"), "header.png": png(f"header-{account}"),
        "likes.json": _json({"id": "likes.json", "type": "OrderedCollection", "totalItems": 0, "orderedItems": []}),
    }  # fmt: skip
    return made | {_file(stand_in, item).lstrip("/"): png(item.key) for item in said if item.image is not None}


def _activity(stand_in: Mastodon, item: Item) -> dict[str, Any]:
    home = _home(stand_in, item.author)
    address = f"{home}/statuses/{stand_in.native(item)}"
    parent = stand_in.world.items[item.parent] if item.parent else None
    content = stand_in.html(item, item.text)
    note: dict[str, Any] = {
        "id": address, "type": "Note", "summary": None, "inReplyTo": _address(stand_in, parent) if parent else None,
        "published": _second(item.created), "url": f"{stand_in.url}/@{item.author}/{stand_in.native(item)}",
        "attributedTo": home, "to": [_PUBLIC], "cc": [f"{home}/followers"], "sensitive": False, "content": content,
        "contentMap": {item.language: content}, "attachment": [], "tag": [],
    }  # fmt: skip
    if item.edited:
        note["updated"] = _second(item.edited)
    if item.image is not None:
        note["attachment"] = [
            {"type": "Document", "mediaType": "image/png", "url": _file(stand_in, item), "name": item.image}
        ]
    return {
        "id": f"{address}/activity", "type": "Create", "actor": home, "published": note["published"],
        "to": note["to"], "cc": note["cc"], "object": note,
    }  # fmt: skip


def _home(stand_in: Mastodon, author: str) -> str:
    return f"{stand_in.url}/users/{author}"


def _address(stand_in: Mastodon, item: Item) -> str:
    """Of a post that was answered: on its author's own server, where it has another number."""
    server = "" if item.author in stand_in.world.accounts else stand_in.world.people[item.author].server
    home = f"https://{server}/users" if server else f"{stand_in.url}/users"
    return f"{home}/{item.author}/statuses/{stand_in.native(item)}"


def _file(stand_in: Mastodon, item: Item) -> str:
    """Attachments lie in folders that spell their ids, three digits each."""
    digits = str(int(stand_in.native(item)) - 1)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    folders = "/".join(digits[at : at + 3] for at in range(0, len(digits), 3))
    return f"/media_attachments/files/{folders}/original/{item.key.replace('/', '-')}.png"


def _second(moment: Any) -> str:
    return stamp(moment)[:-5] + "Z"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
