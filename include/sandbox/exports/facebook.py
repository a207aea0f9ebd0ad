"""Facebook's download of an invented Page: posts with their pictures, own comments, the profile."""

from __future__ import annotations

import json
from typing import Any

from sandbox.exports import Names, broken, own, seconds
from sandbox.picture import png
from sandbox.world import Item, World

_TOP = "this_profile's_activity_across_facebook"


def members(world: World, account: str, names: Names) -> dict[str, bytes]:
    posts, comments = own(world, account)
    page = world.accounts[account]
    written: dict[str, Any] = {
        f"{_TOP}/posts/profile_posts_1.json": [_post(item, page.name, names) for item in posts],
        f"{_TOP}/comments_and_reactions/comments.json": {
            "comments_v2": [_comment(item, page.name) for item in comments]
        },
        "profile_information/profile_information.json": {
            "profile_v2": {"name": {"full_name": broken(page.name)}, "about_me": broken(page.bio)}
        },
    }
    found = {name: json.dumps(value, indent=2).encode() for name, value in written.items()}
    return found | {_picture(item, names): png(item.key) for item in posts if item.image}


def _post(item: Item, page: str, names: Names) -> dict[str, Any]:
    data: list[dict[str, Any]] = [{"post": broken(item.text)}]
    if item.edited:
        data.insert(0, {"update_timestamp": int(item.edited.timestamp())})
    post: dict[str, Any] = {"timestamp": seconds(item), "data": data, "title": broken(f"{page} updated their status.")}
    if item.image:
        medium = {"uri": _picture(item, names), "creation_timestamp": seconds(item), "title": ""}
        post["attachments"] = [{"data": [{"media": medium}]}]
    return post


def _comment(item: Item, page: str) -> dict[str, Any]:
    said = {"timestamp": seconds(item), "comment": broken(item.text), "author": broken(page)}
    return {"timestamp": seconds(item), "title": broken(f"{page} commented."), "data": [{"comment": said}]}


def _picture(item: Item, names: Names) -> str:
    return f"{_TOP}/posts/media/{names.native(item)}_n.png"
