"""Threads' JSON as observations. Pure: bytes in, records out; any field may be missing, null or of a new type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from social_archive.errors import Unintelligible
from social_archive.platforms import strict_json, text
from social_archive.platforms.base import Page
from social_archive.platforms.http import Answer
from social_archive.platforms.reading import Drift, bad_id, exact_id, finished, load_object, named
from social_archive.record import Kind, Media, Observation, State, Unreadable, parse_time

_HIDDEN: Final[dict[Any, tuple[State, tuple[str, ...]]]] = {
    None: ("present", ()), "NOT_HUSHED": ("present", ()), "UNHUSHED": ("present", ()), "HIDDEN": ("hidden", ()),
    "COVERED": ("hidden", ("covered",)), "BLOCKED": ("hidden", ("blocked",)),
    "RESTRICTED": ("hidden", ("restricted",)),
}  # fmt: skip
_WITH_MEDIA: Final = frozenset({"IMAGE", "VIDEO", "AUDIO", "CAROUSEL_ALBUM"})
_ATTACHED: Final = frozenset({"children", "media_url", "gif_url"})
_OPTIONS: Final = ("option_a", "option_b", "option_c", "option_d")

Item = Observation | Unreadable


# --------------------------------------------------------------------------- pages


def read(page: Page) -> Iterator[Item]:
    """Everything on a page, in its order. Raises `Unintelligible` when the page itself is not what was promised."""
    reader = Reader(page)
    if page.kind in ("item", "profile"):
        yield reader.alone(page.body)
        return
    try:
        natives = strict_json.items(strict_json.members(page.body)["data"])
    except (strict_json.BadJson, KeyError):
        raise Unintelligible(f"{page.endpoint} answered JSON of another shape than a list.") from None
    for native in natives:
        yield reader.alone(native)


class Reader:
    """Reads the items of one page."""

    def __init__(self, page: Page) -> None:
        self._is_profile = page.kind == "profile"
        self._owner: str | None = page.context.get("owner")
        self._username: str | None = page.context.get("username")
        self._root: str | None = page.context.get("root")
        self._pending = page.context.get("queue") == "pending"

    def alone(self, native: bytes) -> Item:
        loaded = load_object(native)
        if isinstance(loaded, Unreadable):
            return loaded
        item, repaired = loaded
        native_id = exact_id(item.get("id"))
        if native_id is None:
            return bad_id(native, item.get("id"))
        drift = Drift()
        if self._is_profile:
            found = self._profile(native_id, item, native, drift)
        elif self._root is not None or item.get("is_reply") is True or "root_post" in item:
            found = self._reply(native_id, item, native, drift)
        else:
            found = self._post(native_id, item, native, drift)
        return finished(found, drift, repaired=repaired)

    # ---------------------------------------------------------------- a reply

    def _reply(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        """A reply at any depth. Alternative texts and polls count for posts only: a conversation does not show them."""
        root = _id_in(item.get("root_post"), drift) or self._root
        parent = _id_in(item.get("replied_to"), drift) or root
        username = drift.text(item.get("username"))
        ours = drift.truth(item.get("is_reply_owned_by_me")) or (username is not None and username == self._username)
        body = drift.text(item.get("text")) or ""
        created = drift.text(item.get("timestamp"))
        state, flags = self._state_of(item, drift)
        kind: Kind = "comment" if parent == root else "reply"
        return Observation(
            kind=kind,
            native_id=native_id,
            native=native,
            parent_native_id=parent,
            root_native_id=root,
            permalink=drift.text(item.get("permalink")),
            author_id=self._owner if ours else None,
            author_handle=username,
            author_is_account=ours,
            body=body,
            created_at=drift.time(created),
            created_at_text=created,
            state=state,
            flags=(*flags, *_flags(item, drift)),
            media=_media(native_id, item, drift, described=False),
            links=text.addresses(body),
        )

    def _state_of(self, item: dict[str, Any], drift: Drift) -> tuple[State, tuple[str, ...]]:
        if self._pending:
            approval = (drift.text(item.get("reply_approval_status")) or "").lower()
            return "held_for_review", named((approval, approval not in ("", "pending")))
        status = drift.text(item.get("hide_status"))
        if status not in _HIDDEN:
            drift.seen = True
        return _HIDDEN.get(status, _HIDDEN[None])

    # ---------------------------------------------------------------- a post

    def _post(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        username = drift.text(item.get("username"))
        owner = _id_in(item.get("owner"), drift)
        ours = owner == self._owner if owner else username is not None and username == self._username
        options = _options(drift.object(item.get("poll_attachment")), drift)
        body = "\n".join([drift.text(item.get("text")) or "", *(f"○ {option}" for option in options)]).strip("\n")
        attached = drift.text(item.get("link_attachment_url"))
        created = drift.text(item.get("timestamp"))
        return Observation(
            kind="post",
            native_id=native_id,
            native=native,
            permalink=drift.text(item.get("permalink")),
            author_id=self._owner if ours else owner,
            author_handle=username,
            author_is_account=ours,
            body=body,
            created_at=drift.time(created),
            created_at_text=created,
            media=_media(native_id, item, drift, described=True),
            links=tuple(dict.fromkeys((*text.addresses(body), *([attached] if attached else ())))),
            flags=(*_flags(item, drift), *named(("poll", bool(options)))),
        )

    # ---------------------------------------------------------------- the account itself

    def _profile(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        username = drift.text(item.get("username"))
        biography = drift.text(item.get("threads_biography")) or ""
        picture = drift.text(item.get("threads_profile_picture_url"))
        return Observation(
            kind="profile",
            native_id=native_id,
            native=native,
            permalink=f"https://www.threads.com/@{username}" if username else None,
            author_id=native_id,
            author_name=drift.text(item.get("name")),
            author_handle=username,
            author_is_account=True,
            body=biography,
            media=(Media(id=f"{native_id}/avatar/{_file_in(picture)}", url=picture),) if picture else (),
            links=text.addresses(biography),
            flags=named(("verified", drift.truth(item.get("is_verified")))),
        )


def _id_in(node: Any, drift: Drift) -> str | None:
    """The id of `{"id": …}`, or of a bare id (the documentation says one and shows the other)."""
    if type(node) is dict and type(found := node.get("id")) is str and found:
        return found
    return drift.id(drift.object(node).get("id")) if node is None or type(node) is dict else drift.id(node)


def _flags(item: dict[str, Any], drift: Drift) -> tuple[str, ...]:
    kind = drift.text(item.get("media_type"))
    if kind == "TEXT_POST" and item.get("is_quote_post") is False:
        return ()
    return named(
        ("quote", drift.truth(item.get("is_quote_post"))),
        ("repost", kind == "REPOST_FACADE"),
        ("media_withheld", kind in _WITH_MEDIA and not item.get("media_url") and not item.get("children")),
    )


def _options(poll: dict[str, Any], drift: Drift) -> list[str]:
    """A poll's choices; how many chose them changes, and is in the native bytes."""
    return [option for name in _OPTIONS if (option := drift.text(poll.get(name)))]


def _media(native_id: str, item: dict[str, Any], drift: Drift, *, described: bool) -> tuple[Media, ...]:
    """Pictures, videos and a GIF. Their names stay, while their addresses are signed anew in each answer."""
    if not _ATTACHED & item.keys():
        return ()
    found: list[Media] = []
    for child in drift.objects(drift.object(item.get("children")).get("data")):
        url, child_id = drift.text(child.get("media_url")), drift.id(child.get("id"))
        if url and child_id:
            found.append(Media(id=child_id, url=url, alt=drift.text(child.get("alt_text")) if described else None))
    url = drift.text(item.get("media_url"))
    if url and not found:
        alt = drift.text(item.get("alt_text")) if described else None
        found.append(Media(id=f"{native_id}/media", url=url, alt=alt))
    gif = drift.text(item.get("gif_url"))
    if gif:
        found.append(Media(id=f"{native_id}/gif", url=gif))
    return tuple(found)


def _file_in(url: str) -> str:
    """The last part of an address's path: the name of a profile picture, which the host in front and the signature
    behind leave alone."""
    return url.split("?", 1)[0].rstrip("/").rpartition("/")[2]


# --------------------------------------------------------------------------- the little that fetching must know


@dataclass(frozen=True)
class Listed:
    """What fetching must know of one item in a list. `at` is microseconds; None: it did not say."""

    id: str
    at: int | None
    has_replies: bool
    is_strangers: bool


class _Page(msgspec.Struct):
    data: list[msgspec.Raw]
    paging: dict[str, Any] = {}


class _Entry(msgspec.Struct):
    id: str
    timestamp: Any = None
    has_replies: Any = None
    is_reply_owned_by_me: Any = None


_DECODE_PAGE: Final = msgspec.json.Decoder(_Page).decode
_DECODE_ENTRY: Final = msgspec.json.Decoder(_Entry).decode


def _page_of(answer: Answer) -> _Page:
    try:
        return _DECODE_PAGE(answer.json_bytes())
    except (ValueError, RecursionError):
        pass
    try:  # one odd item must not hide where the next page is
        members = strict_json.members(answer.body)
        paging = strict_json.load_item(members["paging"])[0] if "paging" in members else {}
        natives = [msgspec.Raw(native) for native in strict_json.items(members["data"])]
        return _Page(natives, paging if isinstance(paging, dict) else {})
    except (strict_json.BadJson, KeyError):
        raise Unintelligible(f"{answer.url} answered JSON of another shape than Threads' API promises.") from None


def listed(answer: Answer) -> list[Listed]:
    """The items of a page whose ids can be read. An odd one is left to `read`, which quarantines it."""
    found = []
    for native in _page_of(answer).data:
        try:
            entry = _DECODE_ENTRY(native)
        except (ValueError, RecursionError):
            continue
        at = parse_time(entry.timestamp) if isinstance(entry.timestamp, str) else None
        found.append(Listed(entry.id, at, entry.has_replies is True, entry.is_reply_owned_by_me is False))
    return found


def next_page(answer: Answer, *, full: int) -> str | None:
    """The cursor of the page after this one. A page of `full` items is not believed to be the last one."""
    page = _page_of(answer)
    drift = Drift()
    after = drift.text(drift.object(page.paging.get("cursors")).get("after"))
    return after if after and (page.paging.get("next") or len(page.data) >= full) else None


def object_of(answer: Answer) -> dict[str, Any]:
    body = answer.json()
    if not isinstance(body, dict):
        raise Unintelligible(f"{answer.url} answered something that is no object.")
    return body


def whose(answer: Answer) -> dict[str, str]:
    """Id and username of the account that a token belongs to."""
    loaded = load_object(answer.json_bytes())
    if isinstance(loaded, Unreadable):
        raise Unintelligible(f"{answer.url} answered an account that cannot be read ({loaded.reason}).")
    native_id, username = exact_id(loaded[0].get("id")), loaded[0].get("username")
    if native_id is None or not isinstance(username, str) or not username:
        raise Unintelligible(f"{answer.url} answered an account without id or username.")
    return {"id": native_id, "username": username}


@dataclass(frozen=True)
class GraphError:
    """An error as Meta's Graph APIs word it; zeros where it has none."""

    code: int = 0
    subcode: int = 0
    is_transient: bool = False
    names_a_field: bool = False

    @property
    def is_unknown_object(self) -> bool:
        """`Object does not exist, cannot be loaded due to missing permissions, or does not support this` (100/33), or
        `The requested resource does not exist` (24, unverified)."""
        return (self.code == 100 and self.subcode == 33) or self.code == 24

    @property
    def is_about_the_object(self) -> bool:
        """The thing asked for is not there, or has no such list."""
        return (self.code == 100 and not self.names_a_field) or self.code == 24


def error_of(answer: Answer) -> GraphError:
    try:
        body = answer.json()
    except Unintelligible:
        return GraphError()
    drift = Drift()
    error = drift.object(drift.object(body).get("error"))
    code, subcode = drift.count(error.get("code")) or 0, drift.count(error.get("error_subcode")) or 0
    names_a_field = "nonexisting field" in (drift.text(error.get("message")) or "")
    return GraphError(code, subcode, error.get("is_transient") is True, names_a_field)
