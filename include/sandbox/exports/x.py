"""X's archive of an invented account: scripts that assign lists, pictures named after their posts."""

from __future__ import annotations

import html
import json
from datetime import datetime
from typing import Any

from sandbox.exports import Names, own
from sandbox.picture import png
from sandbox.world import Item, World


def members(world: World, account: str, names: Names) -> dict[str, bytes]:
    posts, replies = own(world, account)
    page = world.accounts[account]
    owner = names.native_account(account)
    said = sorted((*posts, *replies), key=lambda item: item.created)
    user = {"accountId": owner, "userName": account, "displayName": page.name}
    day = f"{max(item.created for item in said):%Y-%m-%dT%H:%M:%S}.000Z"
    made = {
        "data/manifest.js": b"window.__THAR_CONFIG = " + _json(
            {"userInfo": user, "archiveInfo": {"generationDate": day, "isPartialArchive": False}, "dataTypes": {}}
        ),
        "data/account.js": _script("account", [{"account": {
            "email": "web@larkspur.example", "createdVia": "web", "username": account, "accountId": owner,
            "createdAt": "2015-03-04T00:00:00.000Z", "accountDisplayName": page.name,
        }}]),
        "data/profile.js": _script("profile", [{"profile": {"description": {
            "bio": page.bio, "website": "https://larkspur.example", "location": "Nowhere",
        }}}]),
        "data/tweets.js": _script("tweets", [{"tweet": _tweet(world, item, names)} for item in said]),
        "data/deleted-tweets.js": _script("deleted_tweets", []),
    }  # fmt: skip
    return made | {_file(item, names): png(item.key) for item in said if item.image is not None}


def _tweet(world: World, item: Item, names: Names) -> dict[str, Any]:
    native = names.native(item)
    tweet: dict[str, Any] = {
        "edit_info": {"initial": {"editTweetIds": [native], "editsRemaining": "5", "isEditEligible": False}},
        "retweeted": False, "source": '<a href="https://x.com" rel="nofollow">X</a>',
        "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []},
        "favorite_count": str(item.likes), "id_str": native, "id": native, "truncated": False,
        "retweet_count": str(item.shares), "created_at": _time(item.created), "favorited": False,
        "full_text": html.escape(item.text, quote=False), "lang": item.language,
    }  # fmt: skip
    if item.parent:
        parent = names.native(world.items[item.parent])
        tweet |= {"in_reply_to_status_id_str": parent, "in_reply_to_status_id": parent}
    if item.image is not None:
        url = f"https://pbs.example/media/{native}.png"
        medium = {"id_str": native, "id": native, "type": "photo", "media_url_https": url, "ext_alt_text": item.image}
        tweet["extended_entities"] = {"media": [medium]}
    return tweet


def _file(item: Item, names: Names) -> str:
    native = names.native(item)
    return f"data/tweets_media/{native}-{native}.png"


def _time(moment: datetime) -> str:
    """`Wed Oct 10 20:19:24 +0000 2018`, whatever the machine's language."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{days[moment.weekday()]} {months[moment.month - 1]} {moment:%d %H:%M:%S} +0000 {moment.year}"


def _script(name: str, entries: list[dict[str, Any]]) -> bytes:
    return f"window.YTD.{name}.part0 = ".encode() + _json(entries)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace")
