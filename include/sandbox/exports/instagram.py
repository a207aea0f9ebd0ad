"""Instagram's download of an invented account: posts with a picture, own comments, the profile."""

from __future__ import annotations

import json
from typing import Any

from sandbox.exports import Names, broken, own, seconds
from sandbox.picture import png
from sandbox.world import Item, World

_TOP = "your_instagram_activity"


def members(world: World, account: str, names: Names) -> dict[str, bytes]:
    """Instagram has no post without a picture; every post gets one."""
    posts, comments = own(world, account)
    page = world.accounts[account]
    words = {"Username": account, "Name": page.name, "Bio": page.bio}
    cells = {key: {"href": "", "value": broken(value), "timestamp": 0} for key, value in words.items()}
    written: dict[str, Any] = {
        f"{_TOP}/media/posts_1.json": [_post(item, names) for item in posts],
        f"{_TOP}/comments/post_comments_1.json": [_comment(item, account) for item in comments],
        "personal_information/personal_information/personal_information.json": {
            "profile_user": [{"string_map_data": cells}]
        },
    }
    found = {name: json.dumps(value, indent=2).encode() for name, value in written.items()}
    return found | {_picture(item, names): png(item.key) for item in posts}


def _post(item: Item, names: Names) -> dict[str, Any]:
    medium = {"uri": _picture(item, names), "creation_timestamp": seconds(item), "title": broken(item.text)}
    return {"media": [medium]}


def _comment(item: Item, owner: str) -> dict[str, Any]:
    return {"media_list_data": [{"uri": ""}], "string_map_data": {
        "Comment": {"href": "", "value": broken(item.text), "timestamp": 0},
        "Media Owner": {"href": "", "value": owner, "timestamp": 0},
        "Time": {"href": "", "value": "", "timestamp": seconds(item)},
    }}  # fmt: skip


def _picture(item: Item, names: Names) -> str:
    return f"media/posts/{item.created:%Y%m}/{names.native(item)}.png"
