"""Flickr's export of an account (Settings → Your Flickr data), all its zips unpacked into one folder.

    photo_<id>.json                  one photograph each, with all comments under it, other people's too
    photos_comments_part001.json     what the account wrote under photographs, its own and others'
    account_profile.json
    <title>_<id>_o.jpg               the files, in zips of their own (data-download-1.zip, …)

A comment under an own photograph goes by the number that ends the API's id of it; `joining.py` knows them as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from social_archive.config import Account
from social_archive.imports.base import Importer, Item, unreadable, whole
from social_archive.imports.source import Source
from social_archive.joining import idless_id, unknown_to_api
from social_archive.platforms import text
from social_archive.platforms.strict_json import BadJson, items, load_item, members
from social_archive.record import Media, Observation, State, parse_time

_PHOTO: Final = re.compile(r"(?:^|/)photo_\d+\.json$")
_OWN_COMMENTS: Final = re.compile(r"(?:^|/)photos_comments_part\d+\.json$")
_FILE: Final = re.compile(r"(?:^|_)(\d{4,20})(?=[_.])")
_ORIGINAL: Final = re.compile(r"/(\d+)_([0-9a-f]+)_o\.\w+$")
_ANCHOR: Final = re.compile(r"#comment([\w-]+)$")


class Flickr(Importer):
    name: ClassVar[str] = "flickr"
    title: ClassVar[str] = "Flickr (your Flickr data)"
    platform: ClassVar[str] = "flickr"
    looks_for: ClassVar[str] = "photo_<number>.json files, or account_profile.json with an nsid"
    shortcomings: ClassVar[tuple[str, ...]] = (
        "A Flickr export has no deleted photographs or comments, and no earlier texts of edited ones.",
        "Its times name no time zone and are read as UTC; of a commenter it names only the account's number.",
        "Comments on albums and galleries are not taken in; they are in the kept file.",
    )

    def recognises(self, source: Source) -> bool:
        if any(b'"photopage"' in source.peek(name, 1 << 14) for name in _matching(source, _PHOTO)[:3]):
            return True
        return any(b'"nsid"' in source.peek(name, 1 << 14) for name in source.names("account_profile.json"))

    def records(self, source: Source, account: Account) -> Iterator[Item]:
        owner = _owner(source, account)
        for name in source.names("account_profile.json"):
            yield source.stamp(_profile(source, name, owner), name)
        files = _files(source)
        photos, comments = set[str](), set[str]()
        for name in _matching(source, _PHOTO):
            for item in _photo(source, name, owner, files):
                if isinstance(item, Observation):
                    (photos if item.kind == "post" else comments).add(item.native_id)
                yield source.stamp(item, name)
        for name in _matching(source, _OWN_COMMENTS):
            for item in _said_elsewhere(source, name, owner, photos):
                if item is not None and getattr(item, "native_id", None) not in comments:
                    yield source.stamp(item, name)


def _matching(source: Source, pattern: re.Pattern[str]) -> list[str]:
    return [name for name in source.names(".json") if pattern.search(name)]


def _files(source: Source) -> dict[str, str]:
    """A photograph's id -> its file, whose name is `<title>_<id>_o.jpg`, `<id>_<secret>_o.jpg` or `<title>_<id>.mp4`.

    A title may be a number too, so a name stands for each number in it; the last ones count most.
    """
    found: dict[str, str] = {}
    for name in source.members:
        if not name.lower().endswith(".json"):
            for number in _FILE.findall(name.rsplit("/", 1)[-1]):
                found.setdefault(number, name)
    return found


# --------------------------------------------------------------------------- the account


@dataclass(frozen=True)
class _Owner:
    nsid: str | None
    name: str | None
    handle: str | None


def _owner(source: Source, account: Account) -> _Owner:
    for name in source.names("account_profile.json"):
        try:
            value, _ = load_item(source.read(name))
        except BadJson:
            continue
        if isinstance(value, dict):
            screen = _text(value.get("screen_name"))
            return _Owner(_text(value.get("nsid")), _text(value.get("real_name")) or screen,
                          _text(value.get("path_alias")) or screen)  # fmt: skip
    return _Owner(account.handle if "@N" in account.handle else None, None, account.handle.lstrip("@") or None)


def _profile(source: Source, name: str, owner: _Owner) -> Item:
    raw = source.read(name)
    try:
        value, _ = load_item(raw)
    except BadJson as bad:
        return whole(source, name, raw, bad.code)
    if not isinstance(value, dict):
        return whole(source, name, raw, "not_an_object")
    markup = _text(value.get("description")) or ""
    body, website = text.plain(markup), _text(value.get("website_url"))
    joined = _text(value.get("join_date")) or _text(value.get("joined_date"))
    o = Observation(
        kind="profile", native_id=owner.nsid or "", native=raw, author_id=owner.nsid, author_name=owner.name,
        author_handle=owner.handle, author_is_account=True, permalink=_text(value.get("profile_url")),
        body=body, body_html=markup if markup != body else None, created_at=parse_time(joined), created_at_text=joined,
        links=tuple(dict.fromkeys((*_links(markup, body), *((website,) if website else ())))),
    )  # fmt: skip
    o.native_id = o.native_id or idless_id(o)
    return o


# --------------------------------------------------------------------------- photographs


def _photo(source: Source, name: str, owner: _Owner, files: dict[str, str]) -> Iterator[Item]:
    """A photograph, then the comments under it. Its own `native` leaves them out: each lives and dies by itself."""
    raw = source.read(name)
    try:
        parts = members(raw)
        said = items(parts["comments"]) if parts.get("comments", b"null") != b"null" else []
        alone = raw.replace(parts["comments"], b"[]", 1) if said else raw
        value, repaired = load_item(alone)
    except BadJson as bad:
        yield whole(source, name, raw, bad.code)
        return
    native_id = _id(value.get("id"))
    if native_id is None:
        yield whole(source, name, raw, "native_id_missing")
        return
    photo = _photograph(native_id, alone, value, owner, files)
    if repaired:
        photo.flags = (*photo.flags, "text_repaired")
    yield photo
    for comment in said:
        yield _comment(source, name, comment, native_id, owner)


def _photograph(native_id: str, raw: bytes, value: dict[str, Any], owner: _Owner, files: dict[str, str]) -> Observation:
    """Title, description and tags in the order in which the adapter writes them."""
    title, markup = text.plain(_text(value.get("name")) or ""), _text(value.get("description")) or ""
    description = text.plain(markup)
    tags = " ".join(f"#{tag}" for tag in _tags(value.get("tags")))
    posted = _text(value.get("date_imported"))
    state, audience = _audience(_text(value.get("privacy")))
    return Observation(
        kind="post", native_id=native_id, native=raw, author_id=owner.nsid, author_name=owner.name,
        author_handle=owner.handle, author_is_account=True, state=state, flags=(audience,) if audience else (),
        permalink=f"https://www.flickr.com/photos/{owner.nsid}/{native_id}/" if owner.nsid
        else _text(value.get("photopage")),
        body="\n\n".join(part for part in (title, description, tags) if part),
        body_html=markup if markup != description else None, created_at=parse_time(posted), created_at_text=posted,
        media=(_picture(native_id, value, files),), links=_links(markup, description),
        replies=_count(value.get("count_comments")), likes=_count(value.get("count_faves")),
    )  # fmt: skip


def _picture(native_id: str, value: dict[str, Any], files: dict[str, str]) -> Media:
    """Its id, as the adapter's, changes when the owner replaces the picture: it holds the original's secret."""
    original = _text(value.get("original")) or ""
    match = _ORIGINAL.search(original)
    secret = match[2] if match and match[1] == native_id else None
    return Media(id=f"{native_id}/{secret}" if secret else native_id, url=files.get(native_id, original))


def _tags(value: Any) -> list[str]:
    """Tags in Flickr's normal form: small letters and digits, without machine tags (`geo:lat=1`)."""
    tags = [_text(each.get("tag") if isinstance(each, dict) else each) for each in _list(value)]
    normal = ("".join(char for char in tag.lower() if char.isalnum()) for tag in tags if tag and "=" not in tag)
    return sorted({tag for tag in normal if tag})


def _audience(privacy: str | None) -> tuple[State, str]:
    """What the public may not see is hidden; the flag says who may."""
    if privacy in (None, "public"):
        return "present", ""
    friends, family = "friend" in privacy, "family" in privacy
    named = {(True, True): "friends_and_family", (True, False): "friends", (False, True): "family"}
    return "hidden", named.get((friends, family), "private")


# --------------------------------------------------------------------------- comments


def _comment(source: Source, name: str, raw: bytes, photo: str, owner: _Owner) -> Item:
    """`{"id", "date", "user", "comment", "url"}`, under an own photograph."""
    value = _object(source, name, raw)
    if not isinstance(value, dict):
        return value
    url = _text(value.get("url"))
    native_id = _comment_id(_text(value.get("id")), url, photo)
    if native_id is None:
        return unreadable(source, name, raw, "native_id_missing")
    author = _text(value.get("user"))
    own = author is not None and author == owner.nsid
    return _said(native_id, raw, value, photo, url, author, _text(value.get("date")), own, owner)


def _said_elsewhere(source: Source, name: str, owner: _Owner, photos: set[str]) -> Iterator[Item]:
    """`{"photo_id", "photo_url", "comment", "comment_url", "created"}`, all by the account itself.

    Under somebody else's photograph no harvest ever sees it: the API lists no comments by their author.
    """
    body = source.read(name)
    try:
        raws = items(body if body.lstrip().startswith(b"[") else members(body).get("comments", b"[]"))
    except BadJson as bad:
        yield whole(source, name, body, bad.code)
        return
    for raw in raws:
        value = _object(source, name, raw)
        if not isinstance(value, dict):
            yield value
            continue
        url, photo = _text(value.get("comment_url")), _id(value.get("photo_id"))
        native_id = _comment_id(_text(value.get("comment_id")), url, photo) if photo else None
        if native_id is None or photo is None:
            yield unreadable(source, name, raw, "native_id_missing")
            continue
        said = _text(value.get("created")) or _text(value.get("date"))
        root = photo if photo in photos else unknown_to_api("photo", photo)
        yield _said(native_id, raw, value, root, url, owner.nsid, said, True, owner)


def _said(
    native_id: str, raw: bytes, value: dict[str, Any], photo: str, url: str | None, author: str | None,
    said: str | None, own: bool, owner: _Owner,
) -> Observation:  # fmt: skip
    markup = _text(value.get("comment")) or ""
    body = text.plain(markup)
    return Observation(
        kind="comment", native_id=native_id, native=raw, parent_native_id=photo, root_native_id=photo, permalink=url,
        author_id=author, author_name=owner.name if own else None, author_handle=owner.handle if own else None,
        author_is_account=own, body=body, body_html=markup if markup != body else None, created_at=parse_time(said),
        created_at_text=said, links=_links(markup, body),
    )  # fmt: skip


def _comment_id(given: str | None, url: str | None, photo: str) -> str | None:
    """The API's id is `<owner>-<photograph>-<number>`. An export has the number, in `id` or at the end of the address;
    the owner's part is not in it, so the id is one of ours until a harvest brings the whole."""
    if given and given.count("-") == 2:
        return given
    match = _ANCHOR.search(url or "")
    number = given or (match[1] if match else None)
    if number and number.count("-") == 2:
        return number
    return unknown_to_api("comment", f"{photo}-{number}") if number else None


# --------------------------------------------------------------------------- values


def _object(source: Source, name: str, raw: bytes) -> dict[str, Any] | Item:
    try:
        value, _ = load_item(raw)
    except BadJson as bad:
        return unreadable(source, name, raw, bad.code)
    return value if isinstance(value, dict) else unreadable(source, name, raw, "not_an_object")


def _links(markup: str, body: str) -> tuple[str, ...]:
    if "://" not in markup:
        return ()
    return tuple(dict.fromkeys((*text.links(markup), *text.addresses(body))))


def _id(value: Any) -> str | None:
    if type(value) is int:
        return str(value)
    return value if isinstance(value, str) and value.isascii() and value.isdigit() else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: Any) -> int | None:
    """Counts are texts."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return value if type(value) is int and 0 <= value < 1 << 62 else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
