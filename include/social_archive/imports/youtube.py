"""Google Takeout, "YouTube and YouTube Music": a channel's videos, posts, comments and live chat messages as tables.

Folders and files are named in the language of whoever asked, so tables are recognised by their headers. Headers differ
in case and by year: `Comment Create Timestamp`, `Comment create timestamp`; `Post ID` and `Top-Level Comment ID` since
2024. A text is plain, `{"takeoutSegments":[{"text":…}]}`, or objects in a row, `{"text":…},{"mention":…}`.
Older still is `my-comments.html` (layout from memory, unverified).
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator
from typing import ClassVar, Final

from social_archive.config import Account
from social_archive.imports.base import Importer, Item, unreadable, whole
from social_archive.imports.csv_rows import BadRow, cells, table
from social_archive.imports.source import Source
from social_archive.joining import unknown_to_api
from social_archive.record import Media, Observation, parse_time, storable

Row = dict[str, str]

_TABLES: Final = {
    "comment": ("comment id", "channel id", "comment text"),
    "live_chat": ("live chat id", "channel id", "live chat text"),
    "post": ("post id", "post text"),
    "video": ("video id", "video title (original)"),
    "channel": ("channel id", "channel title (original)"),
}  # what a table must have to be one; first match wins
_STATES: Final = {"public": "present", "unlisted": "present", "private": "hidden"}
_OLD_COMMENT: Final = re.compile(rb"<li>(?:(?!</li>).)*?[?&;]lc=(?:(?!</li>).)*?</li>", re.DOTALL | re.IGNORECASE)
_OLD_IDS: Final = re.compile(r"[?&]v=([\w-]{11})[^\"']*?[?&]lc=([\w.-]+)")
_OLD_TIME: Final = re.compile(r"\b(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(?: UTC|Z)?")
_TAG: Final = re.compile(r"<[^<>]*>")


class YouTube(Importer):
    name: ClassVar[str] = "youtube"
    title: ClassVar[str] = "YouTube (Google Takeout)"
    platform: ClassVar[str] = "youtube"
    looks_for: ClassVar[str] = "a table with the columns Comment ID, Video ID or Post ID, or my-comments.html"
    shortcomings: ClassVar[tuple[str, ...]] = (
        "A Takeout holds only what the account itself wrote: no comment of anybody else, and none that was deleted.",
        "It has no earlier versions of edited texts, and no counts of likes or replies.",
    )

    def recognises(self, source: Source) -> bool:
        if any(_kind_of(_header(source, name)) for name in source.names(".csv")):
            return True
        return any(b"lc=" in source.peek(name, 1 << 16) for name in source.names("my-comments.html"))

    def records(self, source: Source, account: Account) -> Iterator[Item]:
        readers: dict[str, Callable[[Row, bytes], Observation]] = {
            "comment": _comment, "live_chat": _live_chat, "post": _post, "video": _video(source), "channel": _channel,
        }  # fmt: skip
        for kind in ("channel", "video", "post", "comment", "live_chat"):
            for name in source.names(".csv"):
                if _kind_of(_header(source, name)) == kind:
                    yield from _table(source, name, readers[kind])
        for name in source.names("my-comments.html"):
            yield from _old_comments(source, name)


# --------------------------------------------------------------------------- tables


def _header(source: Source, name: str) -> list[str]:
    return [column.lower() for column in table(source.peek(name)).header]


def _kind_of(header: list[str]) -> str | None:
    return next((kind for kind, needed in _TABLES.items() if set(needed) <= set(header)), None)


def _table(source: Source, name: str, read: Callable[[Row, bytes], Observation]) -> Iterator[Item]:
    body = source.read(name)
    found = table(body)
    columns = [column.lower() for column in found.header]
    for raw in found.rows:
        try:
            values = cells(raw)
        except BadRow as bad:
            yield unreadable(source, name, raw, bad.code)
            continue
        if len(values) > len(columns) or len(values) < min(3, len(columns)):
            yield unreadable(source, name, raw, "columns_differ", f"{len(values)} values for {len(columns)} columns")
            continue
        o = read(dict(zip(columns, values, strict=False)), raw)
        if not o.native_id:
            yield unreadable(source, name, raw, "native_id_missing")
            continue
        yield source.stamp(o, name)


def _comment(row: Row, raw: bytes) -> Observation:
    text, links = _text(row["comment text"])
    video, post = row.get("video id", ""), row.get("post id", "")
    thread = video or (unknown_to_api("post", post) if post else None)
    parent = row.get("parent comment id") or row.get("top-level comment id") or None
    stamp = row.get("comment create timestamp") or None
    return Observation(
        kind="reply" if parent else "comment", native_id=row["comment id"], native=raw,
        parent_native_id=parent or thread, root_native_id=thread, author_id=row["channel id"] or None,
        author_is_account=True, body=text, links=links,
        created_at=parse_time(stamp), created_at_text=stamp,
        permalink=f"https://www.youtube.com/watch?v={video}&lc={row['comment id']}" if video else None,
    )  # fmt: skip


def _live_chat(row: Row, raw: bytes) -> Observation:
    text, links = _text(row["live chat text"])
    stamp = row.get("live chat create timestamp") or None
    video = row.get("video id") or None
    return Observation(
        kind="comment", native_id=_beside_api("live-chat", row["live chat id"]), native=raw,
        parent_native_id=video, root_native_id=video,
        author_id=row["channel id"] or None, author_is_account=True, body=text, links=links, flags=("live_chat",),
        created_at=parse_time(stamp), created_at_text=stamp,
    )  # fmt: skip


def _post(row: Row, raw: bytes) -> Observation:
    text, links = _text(row["post text"])
    stamp = row.get("post create timestamp") or None
    images = [row[column] for column in row if column.startswith("image name") and row[column]]
    return Observation(
        kind="post", native_id=_beside_api("post", row["post id"]), native=raw, author_id=row.get("channel id") or None,
        author_is_account=True, body=text, links=links, media=tuple(Media(id=name, url=name) for name in images),
        created_at=parse_time(stamp), created_at_text=stamp,
        permalink=f"https://www.youtube.com/post/{row['post id']}" if row["post id"] else None,
    )  # fmt: skip


def _beside_api(what: str, native_id: str) -> str:
    """YouTube's API has neither posts nor past live chats: they must not be asked for as if they were comments."""
    return unknown_to_api(what, native_id) if native_id else ""


def _video(source: Source) -> Callable[[Row, bytes], Observation]:
    """Video files are named after their titles, with what a file name cannot hold replaced, and cut short."""
    files = {_file_title(name): name for name in source.names(".mp4", ".webm", ".mov", ".avi", ".mkv", ".m4v")}

    def video(row: Row, raw: bytes) -> Observation:
        title, about = row["video title (original)"], row.get("video description (original)", "")
        stamp = row.get("video publish timestamp") or row.get("video create timestamp") or None
        privacy = row.get("privacy", "").lower()
        file = files.get(_letters(title)[:40])
        return Observation(
            kind="post", native_id=row["video id"], native=raw, author_id=row.get("channel id") or None,
            author_is_account=True, body=storable("\n\n".join(part for part in (title, about) if part)),
            language=row.get("video audio language") or None, created_at=parse_time(stamp), created_at_text=stamp,
            state=_STATES.get(privacy, "present"),  # type: ignore[arg-type]
            flags=("unlisted",) if privacy == "unlisted" else (),
            media=(Media(id=row["video id"], url=file),) if file else (),
            permalink=f"https://www.youtube.com/watch?v={row['video id']}",
        )  # fmt: skip

    return video


def _file_title(name: str) -> str:
    return _letters(name.rsplit("/", 1)[-1].rsplit(".", 1)[0])[:40]


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())


def _channel(row: Row, raw: bytes) -> Observation:
    title = storable(row["channel title (original)"])
    about = storable(row.get("channel description (original)") or row.get("channel description"))
    return Observation(
        kind="profile", native_id=row["channel id"], native=raw, author_id=row["channel id"] or None, author_name=title,
        author_is_account=True, body=about, permalink=f"https://www.youtube.com/channel/{row['channel id']}",
    )  # fmt: skip


# --------------------------------------------------------------------------- texts


def _text(cell: str) -> tuple[str, tuple[str, ...]]:
    """A text cell's words and its links, whichever of the three forms it has."""
    if not cell.startswith("{"):
        return storable(cell) or "", ()
    try:
        segments = json.loads(f"[{cell}]", strict=False)  # line breaks stand in it as they are
    except (ValueError, RecursionError):
        return storable(cell) or "", ()
    if len(segments) == 1 and isinstance(segments[0], dict) and isinstance(segments[0].get("takeoutSegments"), list):
        segments = segments[0]["takeoutSegments"]
    words, links = [], []
    for segment in segments:
        if not isinstance(segment, dict):
            return storable(cell) or "", ()
        words.append(segment["text"] if isinstance(segment.get("text"), str) else "")
        link = segment.get("link")
        url = link.get("linkUrl") if isinstance(link, dict) else None
        if isinstance(url, str):
            links.append(url)
    return storable("".join(words)) or "", tuple(links)


def _old_comments(source: Source, name: str) -> Iterator[Item]:
    """`my-comments.html`, as Takeout wrote it before its tables."""
    body = source.read(name)
    found = False
    for match in _OLD_COMMENT.finditer(body):
        found = True
        raw = match.group()
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            yield unreadable(source, name, raw, "not_utf8")
            continue
        ids, time = _OLD_IDS.search(html.unescape(text)), _OLD_TIME.search(text)
        if ids is None:
            yield unreadable(source, name, raw, "native_id_missing")
            continue
        video, comment = ids.groups()
        said = re.split(r"<br\s*/?>", text, maxsplit=1)[-1]
        o = Observation(
            kind="reply" if "." in comment else "comment", native_id=comment, native=raw, root_native_id=video,
            parent_native_id=comment.split(".")[0] if "." in comment else video, author_is_account=True,
            body=html.unescape(_TAG.sub("", said)).strip(), created_at=parse_time(time[1]) if time else None,
            created_at_text=time[0] if time else None,
            permalink=f"https://www.youtube.com/watch?v={video}&lc={comment}",
        )  # fmt: skip
        yield source.stamp(o, name)
    if not found and body.strip():
        yield whole(source, name, body, "layout_unknown")
