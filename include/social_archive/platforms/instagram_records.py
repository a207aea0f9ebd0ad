"""Instagram's JSON as observations. Pure: bytes in, records out; any field may be missing, null or of a new type."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from social_archive.errors import Unintelligible
from social_archive.platforms import strict_json, text
from social_archive.platforms.base import Page
from social_archive.platforms.instagram_graph import Edge
from social_archive.platforms.reading import Drift, bad_id, count, exact_id, finished, load_object, named
from social_archive.record import Media, Observation, Unreadable, parse_time

Item = Observation | Unreadable

STORY: Final = "STORY"
_KNOWN_MEDIA: Final = frozenset({"IMAGE", "VIDEO", "CAROUSEL_ALBUM"})
_encode = msgspec.json.Encoder().encode


# --------------------------------------------------------------------------- pages


def read(page: Page) -> Iterator[Item]:
    """Everything on a page, in its order. Raises `Unintelligible` when the page itself is not what was promised."""
    if page.context.get("refused"):  # the evidence of a gap holds no items
        return
    reader = Reader(page)
    if page.kind in ("item", "profile"):
        yield reader.alone(page.body)
        return
    try:
        natives = strict_json.items(strict_json.members(page.body)["data"])
    except (strict_json.BadJson, KeyError):
        raise Unintelligible(f"{page.endpoint} answered JSON of another shape than a list.") from None
    for native in natives:
        if b'"replies"' in native and page.kind == "thread":
            yield from reader.with_replies(native)
        else:
            yield reader.alone(native)


class Reader:
    """Reads the items of one page. Its context tells whose page it is, and under which post and comment it stands."""

    def __init__(self, page: Page) -> None:
        context = page.context
        self._what: str = context.get("what") or "media"
        self._account: str | None = context.get("account_id")
        self._username: str = (context.get("username") or "").lower()
        self._root: str | None = context.get("root")
        self._parent: str | None = context.get("parent")

    def with_replies(self, native: bytes) -> Iterator[Item]:
        """A comment and the replies that came inside it: each is a record of its own, and holds its own bytes only."""
        try:
            members = strict_json.members(native)
        except strict_json.BadJson as problem:
            yield Unreadable(native=native, reason=problem.code)
            top, replies = _skimmed(native)
        else:
            yield self.alone(_without_replies(members))
            top = exact_id(_decoded(members.get("id", b"null")))
            replies = yield from _cut_out(members.get("replies", b"null"))
        for reply in replies:
            yield self.alone(reply, top)

    def alone(self, native: bytes, parent: str | None = None) -> Item:
        """One item. `parent` is the comment that a reply came in."""
        loaded = load_object(native)
        if isinstance(loaded, Unreadable):
            return loaded
        item, repaired = loaded
        native_id = exact_id(item.get("user_id") if self._what == "profile" and "user_id" in item else item.get("id"))
        if native_id is None:
            return bad_id(native, item.get("id"))
        drift = Drift()
        if self._what == "profile":
            found = self._profile(native_id, item, native, drift)
        elif self._what == "comment":
            found = self._comment(native_id, item, native, drift, parent or self._parent)
        else:
            found = self._media(native_id, item, native, drift)
        return finished(found, drift, repaired=repaired)

    # ---------------------------------------------------------------- a comment

    def _comment(
        self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift, parent: str | None
    ) -> Observation:
        author = drift.object(item.get("from"))
        author_id = drift.id(author.get("id"))
        username = drift.text(item.get("username")) or drift.text(author.get("username"))
        parent = drift.id(item.get("parent_id")) or parent
        root = self._root or drift.id(drift.object(item.get("media")).get("id"))
        created = drift.text(item.get("timestamp"))
        body = drift.text(item.get("text")) or ""
        return Observation(
            kind="reply" if parent else "comment",
            native_id=native_id,
            native=native,
            parent_native_id=parent or root,
            root_native_id=root,
            author_id=author_id,
            author_name=username,
            author_handle=username,
            author_is_account=self._is_account(username, author_id),
            body=body,
            created_at=drift.time(created),
            created_at_text=created,
            state="hidden" if drift.truth(item.get("hidden")) else "present",
            links=text.addresses(body),
            likes=count(item.get("like_count")),
        )

    def _is_account(self, username: str | None, author_id: str | None) -> bool:
        """The account itself? By its name first: the id that comes with a comment is scoped to the app."""
        if username is not None and self._username:
            return username.lower() == self._username
        return author_id is not None and author_id == self._account

    # ---------------------------------------------------------------- a post or a story

    def _media(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        username = drift.text(item.get("username"))
        is_own = username is None or not self._username or username.lower() == self._username
        is_story = drift.text(item.get("media_product_type")) == STORY
        created = drift.text(item.get("timestamp"))
        body = drift.text(item.get("caption")) or ""
        kind = drift.text(item.get("media_type"))
        if kind not in _KNOWN_MEDIA:
            drift.seen = drift.seen or kind is not None
        media = _pictures(native_id, item, drift)
        return Observation(
            kind="story" if is_story else "post",
            native_id=native_id,
            native=native,
            permalink=drift.text(item.get("permalink")),
            author_id=self._account if is_own else None,
            author_name=username,
            author_handle=username,
            author_is_account=is_own,
            body=body,
            created_at=drift.time(created),
            created_at_text=created,
            media=media,
            links=text.addresses(body),
            likes=count(item.get("like_count")),
            replies=count(item.get("comments_count")),
            flags=named(
                ("shown_24_hours", is_story),
                ("comments_off", item.get("is_comment_enabled") is False and not is_story),
                ("media_withheld", not media),
            ),
        )

    # ---------------------------------------------------------------- the account itself

    def _profile(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        username = drift.text(item.get("username"))
        biography, website = drift.text(item.get("biography")) or "", drift.text(item.get("website"))
        return Observation(
            kind="profile",
            native_id=native_id,
            native=native,
            permalink=f"https://www.instagram.com/{username}/" if username else None,
            author_id=native_id,
            author_name=drift.text(item.get("name")),
            author_handle=username,
            author_is_account=True,
            body=biography,
            media=_avatar(native_id, drift.text(item.get("profile_picture_url"))),
            links=tuple(dict.fromkeys((*((website,) if website else ()), *text.addresses(biography)))),
        )


def _avatar(native_id: str, url: str | None) -> tuple[Media, ...]:
    """Named by its file: server and signature of the address change from one answer to the next, the file does not."""
    if not url:
        return ()
    try:
        name = urlsplit(url).path.rpartition("/")[2]
    except ValueError:
        name = ""
    return (Media(id=f"{native_id}/avatar/{name}", url=url),)


def _pictures(native_id: str, item: dict[str, Any], drift: Drift) -> tuple[Media, ...]:
    """Picture or film with its still; those of an album one by one (the album's own is its first)."""
    children = item.get("children")
    if children is None:
        return _files(native_id, item, drift)
    found: list[Media] = []
    for child in drift.objects(drift.object(children).get("data")):
        child_id = drift.id(child.get("id"))
        if child_id is not None:
            found += _files(child_id, child, drift)
    return tuple(found) or _files(native_id, item, drift)


def _files(native_id: str, item: dict[str, Any], drift: Drift) -> tuple[Media, ...]:
    url, still = drift.text(item.get("media_url")), drift.text(item.get("thumbnail_url"))
    alt = drift.text(item.get("alt_text"))
    found = (Media(id=native_id, url=url, alt=alt),) if url else ()
    return (*found, Media(id=f"{native_id}/thumbnail", url=still)) if still else found


# --------------------------------------------------------------------------- replies inside a comment


def _without_replies(members: dict[str, bytes]) -> bytes:
    """A comment's own members, each byte for byte: what others wrote below it is not its record."""
    own = [_encode(name) + b":" + value for name, value in members.items() if name != "replies"]
    return b"{" + b",".join(own) + b"}"


class _Envelope(msgspec.Struct):
    """As much of a comment as paging needs. The types are whatever was sent."""

    id: Any = None
    replies: Edge | None = None


_envelope_of = msgspec.json.Decoder(_Envelope).decode


def _cut_out(inside: bytes) -> Generator[Unreadable, None, list[bytes]]:
    """The replies of a list inside a comment. A list of another shape is quarantined, for there may be some in it."""
    if inside == b"null":
        return []
    try:
        return strict_json.items(strict_json.members(inside)["data"])
    except (strict_json.BadJson, KeyError):
        yield Unreadable(native=inside, reason="replies_unreadable")
        return []


def _skimmed(native: bytes) -> tuple[str | None, list[bytes]]:
    """Id and replies of a comment that cannot be trusted itself: the replies answer for themselves."""
    try:
        comment = _envelope_of(native)
    except (ValueError, RecursionError):
        return None, []
    return exact_id(comment.id), [bytes(reply) for reply in comment.replies.data] if comment.replies else []


def _decoded(value: bytes) -> Any:
    try:
        return strict_json.load_item(value)[0]
    except strict_json.BadJson:
        return None


# --------------------------------------------------------------------------- the little that fetching must know


class _Listed(msgspec.Struct):
    id: Any = None
    timestamp: Any = None
    comments_count: Any = None


_listed_of = msgspec.json.Decoder(_Listed).decode


def listed(edge: Edge) -> list[tuple[str | None, int | None, int | None]]:
    """(id, time in microseconds, comments as Instagram counts them) of each post on a page that can be read."""
    found = []
    for native in edge.data:
        try:
            item = _listed_of(native)
        except (ValueError, RecursionError):
            continue
        at = parse_time(item.timestamp) if isinstance(item.timestamp, str) else None
        found.append((exact_id(item.id), at, count(item.comments_count)))
    return found


def cut_short(edge: Edge, cap: int) -> tuple[list[tuple[str, dict[str, str]]], bool]:
    """Comments that have further pages of replies, with the query of the next one; and is there a comment whose replies
    fill a page to the cap without a word of another?"""
    more, capped = [], False
    for native in edge.data:
        if b'"replies"' not in bytes(native):
            continue
        try:
            comment = _envelope_of(native)
        except (ValueError, RecursionError):
            continue
        top = exact_id(comment.id)
        if comment.replies is None or top is None:
            continue
        following = comment.replies.next_query
        if following is not None:
            more.append((top, following))
        elif len(comment.replies.data) >= cap:
            capped = True
    return more, capped
