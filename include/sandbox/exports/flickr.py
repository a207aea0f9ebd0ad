"""Flickr's export of an invented account: a file for each photograph with the comments under it, and the pictures.

Every post of the world is a photograph; comments are flat. Of a comment's id the export holds the last part only.
"""

from __future__ import annotations

import hashlib
import html
import json
from datetime import UTC, datetime
from typing import Any

from sandbox.exports import Names, own
from sandbox.picture import png
from sandbox.world import Item, World


def members(world: World, account: str, names: Names) -> dict[str, bytes]:
    photos, comments = own(world, account)
    page = world.accounts[account]
    made = {
        "account_profile.json": _json({
            "real_name": page.name, "join_date": "2010-05-06 07:08:09", "description": html.escape(page.bio),
            "city": "Larkspur", "email": "web@larkspur.example", "website_url": "https://larkspur.example",
            "profile_url": f"https://www.flickr.com/people/{account}/", "nsid": names.native_account(account),
            "path_alias": account, "screen_name": page.name, "pro_user": "yes", "stats": {},
        }),
        "photos_comments_part001.json": _json({
            "comments": [_own_comment(world, item, names) for item in comments]
        }),
        "albums.json": _json({"albums": []}),
    }  # fmt: skip
    for item in photos:
        made[f"photo_{names.native(item)}.json"] = _json(_photo(world, item, names))
        made[f"{item.key.replace('/', '-')}_{names.native(item)}_o.png"] = png(item.key)
    return made


def _photo(world: World, item: Item, names: Names) -> dict[str, Any]:
    first = item.text.split("\n", maxsplit=1)[0]
    title = first if len(first) <= 100 else first[:99] + "…"
    native, address = names.native(item), _address(item, names)
    under = (each for each in world.items.values() if each.root == item.key and not each.is_post)
    said = sorted((each for each in under if world.alive(each)), key=lambda each: each.created)
    return {
        "id": native, "name": title, "description": html.escape(item.text, quote=False),
        "count_views": str(item.likes * 17), "count_faves": str(item.likes), "count_comments": str(len(said)),
        "date_taken": _time(item.created), "date_imported": _time(item.created), "photopage": address,
        "original": f"https://live.staticflickr.example/65535/{native}_{_secret(item)}_o.png",
        "license": "All Rights Reserved", "geo": [], "groups": [], "albums": [],
        "tags": [{"tag": tag, "user": address, "date_create": _time(item.created)} for tag in ("Larkspur", "Invented")],
        "people": [], "notes": [], "privacy": "private" if item.hidden else "public", "safety": "safe",
        "comments": [
            {
                "id": _number(each, names), "date": _time(each.created), "user": names.native_account(each.author),
                "comment": html.escape(each.text, quote=False), "url": f"{address}#comment{_number(each, names)}",
            }
            for each in said
        ],
    }  # fmt: skip


def _own_comment(world: World, item: Item, names: Names) -> dict[str, Any]:
    photo = world.items[item.root]
    address = _address(photo, names)
    return {
        "photo_id": names.native(photo), "photo_url": address, "comment": html.escape(item.text, quote=False),
        "comment_url": f"{address}#comment{_number(item, names)}", "created": _time(item.created),
    }  # fmt: skip


def _address(photo: Item, names: Names) -> str:
    return f"https://www.flickr.com/photos/{photo.page}/{names.native(photo)}/"


def _number(comment: Item, names: Names) -> str:
    return names.native(comment).rpartition("-")[2]


def _secret(item: Item) -> str:
    return hashlib.sha256(f"flickr/original {item.key}".encode()).hexdigest()[:10]


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace")
