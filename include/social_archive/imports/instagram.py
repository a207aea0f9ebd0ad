"""Instagram, "Download your information" as JSON.

    your_instagram_activity/media/posts_1.json, reels.json, igtv_videos.json, stories.json, archived_posts.json
    your_instagram_activity/comments/post_comments_1.json, reels_comments.json
    personal_information/personal_information/personal_information.json

Older downloads lack the first folder (`content/posts_1.json`), so files are known by their names and keys alone. The
keys inside `string_map_data` are in the language of whoever asked: there, values are known by their shape.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Final

from social_archive.config import Account
from social_archive.imports.base import Importer, Item, unreadable
from social_archive.imports.meta import entries, medium, said, seconds, text
from social_archive.imports.source import Source
from social_archive.record import Media, Observation

Reader = Callable[[bytes, dict[str, Any]], Observation | str]

_POSTS: Final = re.compile(r"(?:^|/)(?:media|content)/posts_\d+\.json$", re.IGNORECASE)
_ARCHIVED: Final = re.compile(r"(?:^|/)archived_posts\.json$", re.IGNORECASE)
_FILMS: Final = re.compile(r"(?:^|/)(?:reels|igtv_videos)\.json$", re.IGNORECASE)
_STORIES: Final = re.compile(r"(?:^|/)stories\.json$", re.IGNORECASE)
_COMMENTS: Final = re.compile(r"(?:^|/)(?:post_comments(?:_\d+)?|reels_comments)\.json$", re.IGNORECASE)
_PROFILE: Final = re.compile(r"(?:^|/)personal_information\.json$", re.IGNORECASE)


class Instagram(Importer):
    name: ClassVar[str] = "instagram"
    title: ClassVar[str] = "Instagram (Download your information, JSON)"
    platform: ClassVar[str] = "instagram"
    looks_for: ClassVar[str] = "media/posts_1.json, stories.json, reels.json or comments/post_comments_1.json"
    shortcomings: ClassVar[tuple[str, ...]] = (
        "An Instagram download holds only what the account itself posted: no comment by anybody else.",
        "It names no ids and no addresses, so a caption that was edited later counts as another post.",
        "It does not say under which post the account's own comments stood.",
    )

    def recognises(self, source: Source) -> bool:
        names = source.names(".json")
        if any(_POSTS.search(name) or _COMMENTS.search(name) for name in names):
            return True
        return any(
            (_STORIES.search(name) or _FILMS.search(name)) and b'"ig_' in source.peek(name) for name in names
        )

    def records(self, source: Source, account: Account) -> Iterator[Item]:
        for pattern, keys, read in (
            (_PROFILE, ("profile_user",), _profile),
            (_POSTS, (), _post),
            (_ARCHIVED, ("ig_archived_post_media",), _archived),
            (_FILMS, ("ig_reels_media", "ig_igtv_media"), _post),
            (_STORIES, ("ig_stories",), _story),
            (_COMMENTS, ("comments_media_comments", "comments_reels_comments"), _comment),
        ):
            for name in source.names(".json"):
                if pattern.search(name):
                    yield from _document(source, name, keys, read)


def _document(source: Source, name: str, keys: tuple[str, ...], read: Reader) -> Iterator[Item]:
    for entry in entries(source, name, *keys):
        if not isinstance(entry, tuple):
            yield entry
            continue
        o = read(*entry)
        yield unreadable(source, name, entry[0], o) if isinstance(o, str) else source.stamp(o, name)


def _post(raw: bytes, value: dict[str, Any]) -> Observation | str:
    """One picture carries the caption and the date itself; several have them beside the list."""
    shown = value.get("media")
    pictures = [each for each in shown if isinstance(each, dict)] if isinstance(shown, list) else [value]
    media = tuple(one for each in pictures if (one := medium(each)))
    created_at = seconds(value.get("creation_timestamp")) or _first_date(pictures)
    body = text(value.get("title")) or next((words for each in pictures if (words := text(each.get("title")))), None)
    if not media and not body:
        return "nothing_known_in_it"
    return said("post", raw, created_at=created_at, body=body, media=media)


def _archived(raw: bytes, value: dict[str, Any]) -> Observation | str:
    """What the account took out of the public's sight itself."""
    o = _post(raw, value)
    if isinstance(o, Observation):
        o.state = "hidden"
    return o


def _story(raw: bytes, value: dict[str, Any]) -> Observation | str:
    one = medium(value)
    if one is None:
        return "nothing_known_in_it"
    return said("story", raw, created_at=seconds(value.get("creation_timestamp")), body=text(value.get("title")),
                media=(one,))  # fmt: skip


def _comment(raw: bytes, value: dict[str, Any]) -> Observation | str:
    cells = _cells(value)
    created_at = next((at for each in cells.values() if (at := seconds(each.get("timestamp")))), None)
    named = cells.get("Comment") or next((each for each in cells.values() if text(each.get("value"))), {})
    body = text(named.get("value"))
    shown = value.get("media_list_data")
    media: tuple[Media, ...] = tuple(one for each in shown if (one := medium(each))) if isinstance(shown, list) else ()
    if not body and not media:
        return "nothing_known_in_it"
    return said("comment", raw, created_at=created_at, body=body, media=media)


def _profile(raw: bytes, value: dict[str, Any]) -> Observation | str:
    cells = _cells(value)
    words = {key.casefold(): text(each.get("value")) for key, each in cells.items()}
    o = said("profile", raw, created_at=None, body=words.get("bio"))
    o.author_name, o.author_handle = words.get("name"), words.get("username")
    o.links = tuple(filter(None, (words.get("website"),)))
    return o if o.author_handle or o.author_name or o.body else "nothing_known_in_it"


def _cells(value: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = value.get("string_map_data")
    return {key: each for key, each in found.items() if isinstance(each, dict)} if isinstance(found, dict) else {}


def _first_date(pictures: list[dict[str, Any]]) -> int | None:
    return next((at for each in pictures if (at := seconds(each.get("creation_timestamp")))), None)
