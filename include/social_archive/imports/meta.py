"""What Meta's downloads (Facebook, Instagram, Threads) have in common: broken text, no ids, media by path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from social_archive.imports.base import Item, unreadable, whole
from social_archive.imports.source import Source
from social_archive.imports.text import mended
from social_archive.joining import idless_id
from social_archive.platforms.strict_json import BadJson, items, load_item, members
from social_archive.record import Kind, Media, Observation, storable

_SECOND: Final = 1_000_000
_LATEST: Final = 253_402_300_799


def entries(source: Source, name: str, *keys: str) -> Iterator[tuple[bytes, dict[str, Any]] | Item]:
    """The items of one document, each with its own bytes; what cannot be read, for quarantine.

    A document is a list, or an object that holds one under one of `keys` (the first that is there), or one item.
    """
    body = source.read(name)
    try:
        raws = _list_in(body, keys)
    except BadJson as bad:
        yield whole(source, name, body, bad.code)
        return
    for raw in raws:
        try:
            value, _ = load_item(raw)
        except BadJson as bad:
            yield unreadable(source, name, raw, bad.code)
            continue
        if not isinstance(value, dict):
            yield unreadable(source, name, raw, "not_an_object")
            continue
        yield raw, value


def _list_in(body: bytes, keys: tuple[str, ...]) -> list[bytes]:
    body = body.removeprefix(b"\xef\xbb\xbf").strip()
    if body.startswith(b"["):
        return items(body)
    found = members(body)
    for key in keys:
        if key in found:
            inner = found[key]
            return items(inner) if inner.startswith(b"[") else [inner]
    return [body]


def seconds(value: Any) -> int | None:
    """Meta's timestamps (whole seconds) as microseconds; None for anything else, and for milliseconds."""
    if type(value) is not int or not 0 < value <= _LATEST:
        return None
    return value * _SECOND


def text(value: Any) -> str | None:
    """Words, mended; None for nothing and for what is no text."""
    return storable(mended(value)) if isinstance(value, str) and value else None


def medium(value: Any) -> Media | None:
    """An attachment from `{uri, title, description, ...}`. Its id is the file's name: folders change, names do not."""
    uri = text(value.get("uri")) if isinstance(value, dict) else None
    if uri is None:
        return None
    return Media(id=uri.rsplit("/", 1)[-1] or uri, url=uri)


def said(kind: Kind, raw: bytes, *, created_at: int | None, body: str | None, media: tuple[Media, ...] = (),
         links: tuple[str, ...] = (), **more: Any) -> Observation:  # fmt: skip
    """Something that the account said, under an id of our own."""
    o = Observation(
        kind=kind, native_id="", native=raw, author_is_account=True, body=body, created_at=created_at, media=media,
        links=links, created_at_text=None if created_at is None else str(created_at // _SECOND), **more,
    )  # fmt: skip
    o.native_id = idless_id(o, media[0].id if media else "")
    return o
