"""Mastodon's archive of an account (Preferences → Import and export → Data export).

    outbox.json                              every post, reply and boost as an ActivityStreams activity
    actor.json   avatar.png   header.png     the profile
    media_attachments/files/109/…/original/  attachments, in folders that spell their ids

Ids are those of the server's API: the last part of each post's address. An account's own id is not in older archives.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

from social_archive.config import Account
from social_archive.imports.base import Importer, Item, unreadable, whole
from social_archive.imports.own_threads import put_in_threads
from social_archive.imports.source import Source
from social_archive.joining import idless_id, unknown_to_api
from social_archive.platforms import text
from social_archive.platforms.strict_json import BadJson, items, load_item, members
from social_archive.record import Media, Observation, parse_time

_STATUS: Final = re.compile(r"/statuses/([0-9A-Za-z]{1,40})(?:/activity)?$")
_ACCOUNT: Final = re.compile(r"/ap/users/(\d{1,20})(?:/|$)")
_FILE: Final = re.compile(r"(?:^|/)media_attachments/files/((?:\d{1,3}/)+)original/")
_PUBLIC: Final = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})


class Mastodon(Importer):
    name: ClassVar[str] = "mastodon"
    title: ClassVar[str] = "Mastodon (data export)"
    platform: ClassVar[str] = "mastodon"
    looks_for: ClassVar[str] = "outbox.json with orderedItems in it"
    shortcomings: ClassVar[tuple[str, ...]] = (
        "A Mastodon archive holds only what the account itself posted: no reply by anybody else.",
        "It has no deleted posts, no earlier texts of edited ones, and no counts; of a boost only the address.",
        "Under which post a reply to somebody else stood is named by its address on that server only.",
    )

    def recognises(self, source: Source) -> bool:
        return any(b"OrderedCollection" in source.peek(name, 1 << 14) for name in source.names("outbox.json"))

    def records(self, source: Source, account: Account) -> Iterator[Item]:
        for name in source.names("actor.json"):
            yield source.stamp(_profile(source, name), name)
        for name in source.names("outbox.json"):
            found = list(_outbox(source, name))
            put_in_threads(item for item in found if isinstance(item, Observation))
            yield from found


def _outbox(source: Source, name: str) -> Iterator[Item]:
    body = source.read(name)
    try:
        activities = items(members(body.removeprefix(b"\xef\xbb\xbf"))["orderedItems"])
    except (BadJson, KeyError) as bad:
        yield whole(source, name, body, getattr(bad, "code", "wrong_envelope"))
        return
    for raw in activities:
        try:
            value, repaired = load_item(raw)
        except BadJson as bad:
            yield unreadable(source, name, raw, bad.code)
            continue
        o = _activity(raw, value)
        if isinstance(o, str):
            yield unreadable(source, name, raw, o)
            continue
        if repaired:
            o.flags = (*o.flags, "text_repaired")
        yield source.stamp(o, name)


def _activity(raw: bytes, value: Any) -> Observation | str:
    if not isinstance(value, dict):
        return "not_an_object"
    readers = {"Create": _status, "Announce": _boost}
    kind = value.get("type")
    reader = readers.get(kind) if isinstance(kind, str) else None
    return reader(raw, value) if reader else "activity_unknown"


def _status(raw: bytes, activity: dict[str, Any]) -> Observation | str:
    said = activity.get("object")
    if not isinstance(said, dict):
        return "no_object"
    native_id = _status_id(said.get("id")) or _status_id(activity.get("id"))
    if native_id is None:
        return "native_id_missing"
    home = _text(said.get("attributedTo")) or _text(activity.get("actor")) or ""
    markup = _text(said.get("content")) or ""
    created = _text(said.get("published")) or _text(activity.get("published"))
    updated = _text(said.get("updated"))
    return Observation(
        kind="post", native_id=native_id, native=raw, parent_native_id=_parent(said.get("inReplyTo"), home),
        permalink=_text(said.get("url")) or _text(said.get("id")), author_id=_account_id(home),
        author_handle=_name(home), author_is_account=True, body=_body(said, markup), body_html=markup or None,
        language=_language(said.get("contentMap")), created_at=parse_time(created), created_at_text=created,
        edited_at=parse_time(updated), edited_at_text=updated,
        media=tuple(_media(said.get("attachment"))), links=text.links(markup), flags=tuple(_flags(said)),
    )  # fmt: skip


def _boost(raw: bytes, activity: dict[str, Any]) -> Observation | str:
    """A boost: what was boosted is named by its address; its words are somebody else's and not in the archive."""
    native_id = _status_id(activity.get("id"))
    boosted = activity.get("object")
    address = _text(boosted.get("id") if isinstance(boosted, dict) else boosted)
    if native_id is None or address is None:
        return "native_id_missing" if native_id is None else "no_object"
    home, created = _text(activity.get("actor")) or "", _text(activity.get("published"))
    return Observation(
        kind="post", native_id=native_id, native=raw, author_id=_account_id(home), author_handle=_name(home),
        author_is_account=True, body=f"Boost of {address}", created_at=parse_time(created), created_at_text=created,
        links=(address,), flags=("reblog", *_visibility(activity)), permalink=_text(activity.get("id")),
    )  # fmt: skip


def _profile(source: Source, name: str) -> Item:
    raw = source.read(name)
    try:
        actor, _ = load_item(raw.removeprefix(b"\xef\xbb\xbf"))
    except BadJson as bad:
        return whole(source, name, raw, bad.code)
    if not isinstance(actor, dict):
        return whole(source, name, raw, "not_an_object")
    note, created = _text(actor.get("summary")) or "", _text(actor.get("published"))
    rows = [row for row in _objects(actor.get("attachment")) if row.get("type") == "PropertyValue"]
    values = [(_text(row.get("name")) or "", _text(row.get("value")) or "") for row in rows]
    table = "\n".join(f"{text.plain(title)}: {text.plain(value)}" for title, value in values)
    markups = (note, *(value for _, value in values))
    account_id = _account_id(_text(actor.get("id")) or "")
    o = Observation(
        kind="profile", native_id=account_id or "", native=raw, author_id=account_id, author_is_account=True,
        permalink=_text(actor.get("url")) or _text(actor.get("id")),
        author_name=_text(actor.get("name")) or _text(actor.get("preferredUsername")),
        author_handle=_text(actor.get("preferredUsername")),
        body="\n\n".join(part for part in (text.plain(note), table) if part), body_html=note or None,
        created_at=parse_time(created), created_at_text=created,
        media=tuple(one for each in (actor.get("icon"), actor.get("image")) for one in _media([each])),
        links=tuple(dict.fromkeys(link for markup in markups for link in text.links(markup))),
    )  # fmt: skip
    o.native_id = o.native_id or idless_id(o)
    return o


# --------------------------------------------------------------------------- parts


def _body(said: dict[str, Any], markup: str) -> str:
    """As the adapter writes it: the content warning, the text, the poll's options."""
    body = text.plain(markup)
    if warning := _text(said.get("summary")):
        body = f"CW: {warning}\n\n{body}"
    titles = [_text(option.get("name")) or "" for option in _options(said)]
    return "\n".join([body, *(f"( ) {title}" for title in titles)])


def _options(said: dict[str, Any]) -> list[dict[str, Any]]:
    return _objects(said.get("oneOf")) or _objects(said.get("anyOf"))


def _media(attached: Any) -> Iterator[Media]:
    """Attachments by the id that their folders spell: `files/109/876/…/original/` is 109876…"""
    for each in _objects(attached):
        url = _text(each.get("url"))
        if url:
            folders = _FILE.search(url)
            native_id = folders[1].replace("/", "").lstrip("0") if folders else url.rsplit("/", 1)[-1]
            yield Media(id=native_id or url, url=url, alt=_text(each.get("name")), mime=_text(each.get("mediaType")))


def _flags(said: dict[str, Any]) -> Iterator[str]:
    yield from _visibility(said)
    if said.get("sensitive") is True:
        yield "sensitive"
    if _options(said):
        yield "poll"


def _visibility(said: dict[str, Any]) -> Iterator[str]:
    """What the public cannot see is named: `private` is for followers, `direct` for those whom it mentions."""
    to, cc = _addressees(said.get("to")), _addressees(said.get("cc"))
    if (to or cc) and not _PUBLIC & {*to, *cc}:
        yield "private" if any(each.endswith("/followers") for each in to) else "direct"


def _addressees(value: Any) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [each for each in listed if isinstance(each, str)]


def _parent(address: Any, home: str) -> str | None:
    """A reply's parent by the server's own id; one on another server only has an address that this server's API
    does not take."""
    if not isinstance(address, str) or not address:
        return None
    here = urlsplit(address).netloc == urlsplit(home).netloc
    found = _status_id(address)
    return found if here and found else unknown_to_api("remote", address)


def _language(content_map: Any) -> str | None:
    languages = [key for key in content_map if key != "und"] if isinstance(content_map, dict) else []
    return languages[0] if len(languages) == 1 else None


def _status_id(address: Any) -> str | None:
    match = _STATUS.search(address) if isinstance(address, str) else None
    return match[1] if match else None


def _account_id(home: str) -> str | None:
    match = _ACCOUNT.search(home)
    return match[1] if match else None


def _name(home: str) -> str | None:
    return None if _ACCOUNT.search(home) else home.rstrip("/").rsplit("/", 1)[-1].lstrip("@") or None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
