"""Facebook, "Download your information" as JSON: of a Page and of a person; both layouts, by their files' names.

    this_profile's_activity_across_facebook/posts/profile_posts_1.json        a Page's posts
    your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.json   a person's
    …/posts/album/0.json   …/posts/your_photos.json   …/posts/your_videos.json (videos_v2)
    …/comments_and_reactions/comments.json (comments_v2)   profile_information/profile_information.json
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

_POSTS: Final = re.compile(r"(?:^|/)(?:profile_posts|your_posts(?:__[^/]*)?|page_posts)(?:_\d+)?\.json$", re.IGNORECASE)
_ALBUM: Final = re.compile(r"(?:^|/)album/\d+\.json$", re.IGNORECASE)
_PHOTOS: Final = re.compile(r"(?:^|/)(?:your_)?(?:uncategorized_)?photos\.json$", re.IGNORECASE)
_VIDEOS: Final = re.compile(r"(?:^|/)(?:your_)?videos\.json$", re.IGNORECASE)
_COMMENTS: Final = re.compile(r"(?:^|/)comments(?:_\d+)?\.json$", re.IGNORECASE)
_PROFILE: Final = re.compile(r"(?:^|/)(?:profile_information|page_information)\.json$", re.IGNORECASE)

Reader = Callable[[bytes, dict[str, Any]], Observation | str]


class Facebook(Importer):
    name: ClassVar[str] = "facebook"
    title: ClassVar[str] = "Facebook (Download your information, JSON)"
    platform: ClassVar[str] = "facebook"
    looks_for: ClassVar[str] = "posts/profile_posts_1.json or posts/your_posts…_1.json, or comments.json beside them"
    shortcomings: ClassVar[tuple[str, ...]] = (
        "A Facebook download holds only what the account itself posted: no comment by anybody else.",
        "It names no ids and no addresses, so a text that was edited later counts as another post.",
        "What was hidden or deleted before the download is not in it.",
    )

    def recognises(self, source: Source) -> bool:
        return any(_POSTS.search(name) for name in source.names(".json")) or any(
            _COMMENTS.search(name) and b"comments_v2" in source.peek(name) for name in source.names(".json")
        )

    def records(self, source: Source, account: Account) -> Iterator[Item]:
        shown: set[str] = set()  # attachments of posts: albums list them again
        for pattern, keys, read in (
            (_PROFILE, ("profile_v2", "page_v2"), _profile),
            (_POSTS, ("posts", "page_posts"), _post),
            (_COMMENTS, ("comments_v2", "comments"), _comment),
            (_VIDEOS, ("videos_v2", "videos"), _file),
            (_ALBUM, ("photos",), _file),
            (_PHOTOS, ("other_photos_v2", "other_photos", "photos"), _file),
        ):
            for name in source.names(".json"):
                if pattern.search(name):
                    yield from _document(source, name, keys, read, shown)


def _document(source: Source, name: str, keys: tuple[str, ...], read: Reader, shown: set[str]) -> Iterator[Item]:
    for entry in entries(source, name, *keys):
        if not isinstance(entry, tuple):
            yield entry
            continue
        o = read(*entry)
        if isinstance(o, str):
            yield unreadable(source, name, entry[0], o)
            continue
        if read is _file and o.media and o.media[0].url in shown:
            continue
        shown.update(each.url for each in o.media)
        yield source.stamp(o, name)


def _post(raw: bytes, value: dict[str, Any]) -> Observation | str:
    created_at = seconds(value.get("timestamp"))
    body = _first(value.get("data"), "post")
    attached = list(_attached(value))
    media = _media(attached)
    links = tuple(url for each in attached if (url := _address(each)))
    if not body and not media and not links:
        body = text(value.get("title"))  # "… updated her cover photo."
    if created_at is None and body is None and not media and not links:
        return "nothing_known_in_it"
    return said("post", raw, created_at=created_at, body=body or _first_description(attached), media=media, links=links,
                **_edited(value))  # fmt: skip


def _comment(raw: bytes, value: dict[str, Any]) -> Observation | str:
    inner = _first(value.get("data"), "comment")
    if not isinstance(inner, dict):
        return "nothing_known_in_it"
    created_at = seconds(inner.get("timestamp")) or seconds(value.get("timestamp"))
    attached = list(_attached(value))
    links = tuple(url for each in attached if (url := _address(each)))
    return said("comment", raw, created_at=created_at, body=text(inner.get("comment")), media=_media(attached),
                links=links)  # fmt: skip


def _file(raw: bytes, value: dict[str, Any]) -> Observation | str:
    """A photo or video that is listed for itself, in an album or in videos.json."""
    one = medium(value)
    if one is None:
        return "nothing_known_in_it"
    return said("post", raw, created_at=seconds(value.get("creation_timestamp")), body=text(value.get("description")),
                media=(one,))  # fmt: skip


def _profile(raw: bytes, value: dict[str, Any]) -> Observation | str:
    name = value.get("name")
    named = text(name.get("full_name") if isinstance(name, dict) else name)
    about = [text(value.get(key)) for key in ("about", "description", "bio", "intro_bio", "about_me")]
    o = said("profile", raw, created_at=None, body="\n\n".join(part for part in about if part) or None)
    o.author_name, o.author_handle = named, text(value.get("username"))
    o.links = tuple(url for url in _websites(value.get("websites")) if url)
    return o if o.author_name or o.body else "nothing_known_in_it"


# --------------------------------------------------------------------------- parts


def _objects(data: Any) -> Iterator[dict[str, Any]]:
    yield from (each for each in data if isinstance(each, dict)) if isinstance(data, list) else ()


def _first(data: Any, key: str) -> Any:
    """`data` is a list of one-key objects in no fixed order."""
    found = next((each[key] for each in _objects(data) if key in each), None)
    return text(found) if isinstance(found, str) else found


def _attached(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for attachment in _objects(value.get("attachments")):
        yield from _objects(attachment.get("data"))


def _media(attached: list[dict[str, Any]]) -> tuple[Media, ...]:
    found = {one.url: one for each in attached if (one := medium(each.get("media")))}
    return tuple(found.values())


def _address(attached: dict[str, Any]) -> str | None:
    context = attached.get("external_context")
    return text(context.get("url")) if isinstance(context, dict) else None


def _first_description(attached: list[dict[str, Any]]) -> str | None:
    """A photo post's words may stand with the photo only."""
    media = (each["media"] for each in attached if isinstance(each.get("media"), dict))
    return next((words for each in media if (words := text(each.get("description")))), None)


def _edited(value: dict[str, Any]) -> dict[str, Any]:
    found = [seconds(each.get("update_timestamp")) for each in _objects(value.get("data"))]
    at = next((moment for moment in found if moment), None)
    created = seconds(value.get("timestamp"))
    if at is None or created is None or at <= created:
        return {}
    return {"edited_at": at, "edited_at_text": str(at // 1_000_000)}


def _websites(value: Any) -> Iterator[str | None]:
    for each in value if isinstance(value, list) else ():
        yield text(each.get("address") if isinstance(each, dict) else each)
