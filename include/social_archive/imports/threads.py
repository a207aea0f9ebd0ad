"""Threads, as part of Instagram's "Download your information": `threads/threads_and_replies.json`.

    {"text_post_app_text_posts": [{"media": [{"uri": "", "creation_timestamp": 1688601600, "title": "the text"}]}]}

A text without a picture stands in a medium with an empty address.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from social_archive.config import Account
from social_archive.imports.base import Importer, Item, unreadable
from social_archive.imports.meta import entries, medium, said, seconds, text
from social_archive.imports.source import Source
from social_archive.record import Observation


class Threads(Importer):
    name: ClassVar[str] = "threads"
    title: ClassVar[str] = "Threads (Download your information, JSON)"
    platform: ClassVar[str] = "threads"
    looks_for: ClassVar[str] = "threads/threads_and_replies.json"
    shortcomings: ClassVar[tuple[str, ...]] = (
        "A Threads download holds only what the account itself wrote: no reply by anybody else.",
        "It names no ids and no addresses, and it does not say which texts were replies or to what.",
    )

    def recognises(self, source: Source) -> bool:
        return bool(source.names("threads_and_replies.json"))

    def records(self, source: Source, account: Account) -> Iterator[Item]:
        for name in source.names("threads_and_replies.json"):
            for entry in entries(source, name, "text_post_app_text_posts"):
                if not isinstance(entry, tuple):
                    yield entry
                    continue
                o = _text_post(*entry)
                yield unreadable(source, name, entry[0], o) if isinstance(o, str) else source.stamp(o, name)


def _text_post(raw: bytes, value: dict[str, Any]) -> Observation | str:
    shown = value.get("media")
    parts = [each for each in shown if isinstance(each, dict)] if isinstance(shown, list) else []
    body = text(value.get("title")) or next((words for each in parts if (words := text(each.get("title")))), None)
    created_at = seconds(value.get("creation_timestamp")) or next(
        (at for each in parts if (at := seconds(each.get("creation_timestamp")))), None
    )
    media = tuple(one for each in parts if (one := medium(each)))
    if not body and not media:
        return "nothing_known_in_it"
    return said("post", raw, created_at=created_at, body=body, media=media)
