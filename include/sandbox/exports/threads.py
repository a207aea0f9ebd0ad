"""Threads' part of a download of an invented account."""

from __future__ import annotations

import json
from typing import Any

from sandbox.exports import Names, broken, own, seconds
from sandbox.picture import png
from sandbox.world import Item, World


def members(world: World, account: str, names: Names) -> dict[str, bytes]:
    posts, replies = own(world, account)
    written = {"text_post_app_text_posts": [_text(item, names) for item in (*posts, *replies)]}
    found = {"your_instagram_activity/threads/threads_and_replies.json": json.dumps(written, indent=2).encode()}
    return found | {_picture(item, names): png(item.key) for item in posts if item.image}


def _text(item: Item, names: Names) -> dict[str, Any]:
    """A text without a picture stands in a medium with an empty address."""
    uri = _picture(item, names) if item.image else ""
    return {"media": [{"uri": uri, "creation_timestamp": seconds(item), "title": broken(item.text)}]}


def _picture(item: Item, names: Names) -> str:
    return f"media/posts/{item.created:%Y%m}/{names.native(item)}.png"
