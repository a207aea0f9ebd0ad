"""TikTok's JSON as observations. Pure: bytes in, records out; any field may be missing, null or of a new type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from social_archive.errors import Unintelligible
from social_archive.platforms import strict_json, text
from social_archive.platforms.base import Page
from social_archive.platforms.http import Answer
from social_archive.platforms.reading import Drift, bad_id, count, exact_id, finished, load_object, named
from social_archive.record import Media, Observation, State, Unreadable

_STATES: Final[dict[Any, State]] = {None: "present", "PUBLIC": "present", "HIDDEN": "hidden"}

Item = Observation | Unreadable


# --------------------------------------------------------------------------- pages


def read(page: Page) -> Iterator[Item]:
    """Everything on a page, in its order. Raises `Unintelligible` when the page itself is not what was promised."""
    reader = Reader(page)
    try:
        data = strict_json.members(page.body)["data"]
    except (strict_json.BadJson, KeyError):
        data = None
    if page.kind == "profile":
        yield reader.profile(page.body if data is None else data)
        return
    if data is None and page.kind == "item":  # one item without its envelope: out of quarantine
        yield reader.alone(page.body)
        return
    try:
        natives = _listed(data or b"", reader.of)
    except (strict_json.BadJson, KeyError):
        raise Unintelligible(f"{page.endpoint} answered JSON of another shape than a list.") from None
    for native in natives:
        yield reader.alone(native)


def _listed(data: bytes, name: str) -> list[bytes]:
    """The items of a list. It may be left out where it is empty; a page with anything unknown in its place is not."""
    members = strict_json.members(data)
    is_left_out = members.get(name, b"null") == b"null" and members.keys() <= {name, "has_more", "cursor"}
    if is_left_out and members.get("has_more") == b"false":
        return []
    return strict_json.items(members[name])


class Reader:
    """Reads the items of one page."""

    def __init__(self, page: Page) -> None:
        self.of: str = page.context.get("of", "comments")
        self._owner: str | None = page.context.get("owner")
        self._root: str | None = page.context.get("root")

    def alone(self, native: bytes) -> Item:
        loaded = load_object(native)
        if isinstance(loaded, Unreadable):
            return loaded
        item, repaired = loaded
        name = "item_id" if self.of == "videos" else "comment_id"
        native_id = exact_id(item.get(name))
        if native_id is None:
            return bad_id(native, item.get(name))
        drift = Drift()
        found = (self._video if self.of == "videos" else self._comment)(native_id, item, native, drift)
        return finished(found, drift, repaired=repaired)

    # ---------------------------------------------------------------- a comment

    def _comment(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        video = drift.id(item.get("video_id")) or self._root
        parent = drift.id(item.get("parent_comment_id"))
        ours = drift.truth(item.get("owner"))
        author = drift.text(item.get("unique_identifier")) or drift.text(item.get("user_id"))
        status = drift.text(item.get("status"))
        if status not in _STATES:
            drift.seen = True
        body = drift.text(item.get("text")) or ""
        created = item.get("create_time")
        picture = drift.text(item.get("image_url"))
        return Observation(
            kind="reply" if parent else "comment",
            native_id=native_id,
            native=native,
            parent_native_id=parent or video,
            root_native_id=video,
            author_id=self._owner if ours else author,
            author_name=drift.text(item.get("display_name")),
            author_handle=drift.text(item.get("username")),
            author_is_account=ours,
            author_avatar=drift.text(item.get("profile_image")),
            body=body,
            created_at=drift.epoch(created),
            created_at_text=_said(created),
            state=_STATES.get(status, "present"),
            media=(Media(id=f"{native_id}/image", url=picture),) if picture else (),
            links=text.addresses(body),
            likes=count(item.get("likes")),
            replies=count(item.get("replies")),
            flags=("pinned",) if item.get("pinned") is True else (),
        )

    # ---------------------------------------------------------------- a post

    def _video(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        caption = drift.text(item.get("caption")) or ""
        created = item.get("create_time")
        cover, share = drift.text(item.get("thumbnail_url")), drift.text(item.get("share_url"))
        return Observation(
            kind="post",
            native_id=native_id,
            native=native,
            permalink=share.split("?", 1)[0] if share else None,
            author_id=self._owner,
            author_is_account=True,
            body=caption,
            created_at=drift.epoch(created),
            created_at_text=_said(created),
            media=(Media(id=f"{native_id}/cover", url=cover),) if cover else (),
            links=text.addresses(caption),
            likes=count(item.get("likes")),
            replies=count(item.get("comments")),
            shares=count(item.get("shares")),
            flags=named(("photo", drift.text(item.get("media_type")) == "PHOTO")),
        )

    # ---------------------------------------------------------------- the account itself

    def profile(self, native: bytes) -> Item:
        """The account. TikTok gives it no id here: it is the one that the login belongs to."""
        loaded = load_object(native)
        if isinstance(loaded, Unreadable):
            return loaded
        item, repaired = loaded
        if not self._owner:
            return bad_id(native, None)
        drift = Drift()
        biography = drift.text(item.get("bio_description")) or ""
        picture, username = drift.text(item.get("profile_image")), drift.text(item.get("username"))
        found = Observation(
            kind="profile",
            native_id=self._owner,
            native=native,
            permalink=f"https://www.tiktok.com/@{username}" if username else None,
            author_id=self._owner,
            author_name=drift.text(item.get("display_name")),
            author_handle=username,
            author_is_account=True,
            body=biography,
            media=(Media(id=f"{self._owner}/avatar/{_file_in(picture)}", url=picture),) if picture else (),
            links=text.addresses(biography),
            flags=named(("verified", drift.truth(item.get("is_verified")))),
        )
        return finished(found, drift, repaired=repaired)


def _said(seconds: Any) -> str | None:
    """The time as TikTok wrote it: seconds since the epoch, as digits or as a number."""
    return str(seconds) if type(seconds) in (int, str) else None


def _file_in(url: str) -> str:
    """The last part of an address's path: the name of a picture, while host, size and signature change around it."""
    return url.split("?", 1)[0].rstrip("/").rpartition("/")[2].partition("~")[0]


# --------------------------------------------------------------------------- the little that fetching must know


class Video(msgspec.Struct):
    item_id: str | int
    create_time: Any = None
    comments: Any = None

    @property
    def id(self) -> str:
        return str(self.item_id)

    @property
    def at(self) -> int | None:
        """Microseconds since the epoch; None when it did not say."""
        return Drift().epoch(self.create_time)


class Comment(msgspec.Struct):
    comment_id: str | int
    replies: Any = None

    @property
    def id(self) -> str:
        return str(self.comment_id)


class _Envelope(msgspec.Struct):
    code: Any = None
    data: msgspec.Raw = msgspec.Raw(b"null")


class _Data(msgspec.Struct):
    has_more: Any = None
    cursor: Any = None
    videos: list[msgspec.Raw] | None = None
    comments: list[msgspec.Raw] | None = None


_DECODE_ENVELOPE: Final = msgspec.json.Decoder(_Envelope).decode
_DECODE_DATA: Final = msgspec.json.Decoder(_Data).decode
_DECODE_VIDEO: Final = msgspec.json.Decoder(Video).decode
_DECODE_COMMENT: Final = msgspec.json.Decoder(Comment).decode


def _envelope_of(answer: Answer) -> _Envelope | None:
    """Code and data, also around an item that no strict reader would take. None: not TikTok's envelope."""
    try:
        return _DECODE_ENVELOPE(answer.body)
    except (ValueError, RecursionError):
        pass
    try:
        members = strict_json.members(answer.body)
        code = strict_json.load_item(members["code"])[0]
        return _Envelope(code, msgspec.Raw(members.get("data", b"null")))
    except (strict_json.BadJson, KeyError):
        return None


def code_of(answer: Answer) -> int | None:
    """TikTok's own code in an answer: 0 is success, whatever HTTP says of the others. None: it has none."""
    envelope = _envelope_of(answer)
    return count(envelope.code) if envelope is not None else None


def _data_of(answer: Answer) -> _Data:
    envelope = _envelope_of(answer)
    data = bytes(envelope.data) if envelope is not None else b""
    try:
        return _DECODE_DATA(data)
    except (ValueError, RecursionError):
        pass
    try:  # one odd item must not hide where the next page is
        members = strict_json.members(data)
        scalars = {n: strict_json.load_item(members[n])[0] for n in ("has_more", "cursor") if n in members}
        lists = {
            n: [msgspec.Raw(native) for native in strict_json.items(members[n])] for n in ("videos", "comments")
            if n in members
        }  # fmt: skip
        return _Data(**scalars, **lists)
    except strict_json.BadJson:
        raise Unintelligible(f"{answer.url} answered JSON of another shape than TikTok's API promises.") from None


def next_cursor(answer: Answer) -> str | None:
    """The cursor of the page after this one. Raises `Unintelligible` when there is more and no way to it."""
    data = _data_of(answer)
    if data.has_more is not True:
        return None
    cursor = exact_id(data.cursor)
    if cursor is None:
        raise Unintelligible(f"{answer.url} says that there is more, and not where.")
    return cursor


def videos(answer: Answer) -> list[Video]:
    """The videos of a page whose ids can be read. An odd one is left to `read`, which quarantines it."""
    found = []
    for native in _data_of(answer).videos or ():
        try:
            found.append(_DECODE_VIDEO(native))
        except (ValueError, RecursionError):
            continue
    return found


def comments(answer: Answer) -> list[Comment]:
    """The comments of a page whose ids can be read."""
    found = []
    for native in _data_of(answer).comments or ():
        try:
            found.append(_DECODE_COMMENT(native))
        except (ValueError, RecursionError):
            continue
    return found


def is_empty_list(answer: Answer) -> bool:
    """Does this well-formed list hold nothing? (An answer without a list is no answer about an id.)"""
    data = _data_of(answer)
    shown = data.videos if data.comments is None else data.comments
    return shown is not None and not shown


def account(answer: Answer) -> dict[str, Any]:
    """The account's own data. Raises `Unintelligible` when it cannot be read."""
    envelope = _envelope_of(answer)
    loaded = load_object(bytes(envelope.data)) if envelope is not None else None
    if loaded is None or isinstance(loaded, Unreadable):
        raise Unintelligible(f"{answer.url} answered an account that cannot be read.")
    return loaded[0]
