"""X's resources out of the world's items: posts in the older dialect, users, and the same in the newer dialect."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zlib import crc32

from sandbox.world import Account, Item, Person

SHORT: Final = 280
_EPOCH: Final = 1_288_834_974_657
_LINK: Final = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)]")
_RENAMED: Final = {
    "edit_history_tweet_ids": "edit_history_post_ids", "referenced_tweets": "referenced_posts", "tweets": "posts",
    "note_tweet": "note_post", "retweet_count": "repost_count", "tweet_count": "post_count",
}  # fmt: skip


@dataclass(frozen=True)
class Version:
    """One version of a post: its text, its time and its id."""

    item: Item
    number: int

    @property
    def id(self) -> str:
        return version_id(self.item, self.number)

    @property
    def at(self) -> datetime:
        return self.item.revisions[self.number].at


def version_id(item: Item, number: int) -> str:
    """A snowflake: milliseconds since X's own epoch, and what tells apart within one."""
    milliseconds = int(item.revisions[number].at.timestamp() * 1000) - _EPOCH
    return str((milliseconds << 22) | (crc32(f"x/{item.key}/{number}".encode()) & 0x3FFFFF))


def post_of(
    version: Version, *, author: str, root: str, replied_to: str | None, replied_to_user: str | None, replies: int
) -> dict[str, Any]:
    item = version.item
    written, urls = _shortened(item.revisions[version.number].text)
    picture = f"3_{version_id(item, 0)}"
    if item.image:
        link = _short_link(picture)
        written, start = f"{written} {link}", len(written) + 1
        urls.append({
            "start": start, "end": start + len(link), "url": link, "media_key": picture, "display_url": "pic.x.com/…",
            "expanded_url": f"https://x.com/i/status/{version_id(item, 0)}/photo/1",
        })  # fmt: skip
    is_long = len(written) > SHORT
    edits = len(item.revisions) - 1
    post: dict[str, Any] = {
        "id": version.id, "text": written[: SHORT - 1] + "…" if is_long else written, "author_id": author,
        "created_at": stamp(version.at), "conversation_id": root, "lang": item.language, "possibly_sensitive": False,
        "reply_settings": "everyone", "edit_history_tweet_ids": [version_id(item, n) for n in range(edits + 1)],
        "edit_controls": {
            "edits_remaining": max(5 - edits, 0), "is_edit_eligible": item.is_post,
            "editable_until": stamp(item.created + timedelta(hours=1)),
        },
        "public_metrics": {
            "retweet_count": item.shares, "reply_count": replies, "like_count": item.likes, "quote_count": 0,
            "bookmark_count": 0, "impression_count": item.likes * 31,
        },
    }  # fmt: skip
    if urls:
        post["entities"] = {"urls": urls}
    if is_long:
        post["note_tweet"] = {"text": written} | ({"entities": {"urls": _of_note(urls)}} if urls else {})
    if item.image:
        post["attachments"] = {"media_keys": [picture]}
    if replied_to is not None:
        post |= {
            "in_reply_to_user_id": replied_to_user, "referenced_tweets": [{"type": "replied_to", "id": replied_to}],
        }  # fmt: skip
    return post


def _of_note(urls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    known = ("start", "end", "url", "expanded_url", "display_url")
    return [{name: url[name] for name in known if name in url} for url in urls]


def _shortened(text: str) -> tuple[str, list[dict[str, Any]]]:
    """Text with entities and t.co links as X sends it, and the entities that say what the links lead to."""
    pieces: list[str] = []
    urls: list[dict[str, Any]] = []
    end = 0
    for match in _LINK.finditer(text):
        pieces.append(_escaped(text[end : match.start()]))
        start = sum(map(len, pieces))
        link = _short_link(match.group())
        urls.append({
            "start": start, "end": start + len(link), "url": link, "expanded_url": match.group(),
            "display_url": match.group().partition("://")[2],
        })  # fmt: skip
        pieces.append(link)
        end = match.end()
    return "".join([*pieces, _escaped(text[end:])]), urls


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _short_link(target: str) -> str:
    return f"https://t.co/{hashlib.sha256(target.encode()).hexdigest()[:10]}"


def user_of(who: Account | Person, native_id: str, url: str, sent: int | None) -> dict[str, Any]:
    """A user as beside posts; whole (with what they sent in all) as by the users' endpoints."""
    handle = who.key if isinstance(who, Account) else who.handle
    user: dict[str, Any] = {
        "id": native_id, "name": who.name, "username": handle,
        "profile_image_url": f"{url}/pictures/avatar-{who.key}_normal.png",
    }  # fmt: skip
    if sent is None:
        return user
    bio, in_bio = _shortened(who.bio)
    fields = dict(who.fields) if isinstance(who, Account) else {}
    website = fields.get("Website")
    entities: dict[str, Any] = {"description": {"urls": in_bio}} if in_bio else {}
    if website:
        link = _short_link(website)
        user["url"] = link
        entities["url"] = {"urls": [{"start": 0, "end": len(link), "url": link, "expanded_url": website}]}
    return user | {
        "description": bio, "created_at": "2011-05-06T07:08:09.000Z", "location": "Larkspur (invented)",
        "protected": False, "verified": False, "entities": entities,
        "profile_banner_url": f"{url}/pictures/banner-{who.key}.png",
        "public_metrics": {
            "followers_count": 1204, "following_count": 87, "tweet_count": sent, "listed_count": 12, "like_count": 400,
        },
    }  # fmt: skip


def renamed(body: Any) -> Any:
    """The same answer in the newer dialect. (A spoiled object's twin keys are equal to nothing, and stay.)"""
    if isinstance(body, dict):
        return {_RENAMED.get(name, name): renamed(value) for name, value in body.items()}
    return [renamed(one) for one in body] if isinstance(body, list) else body


def stamp(moment: datetime) -> str:
    """To the second with three zeros, as X writes times."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
