"""Facebook's JSON as observations. Pure: bytes in, records out; any field may be missing, null or of a new type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from social_archive.errors import Unintelligible
from social_archive.platforms import strict_json, text
from social_archive.platforms.base import VISITOR_POST, Page
from social_archive.platforms.reading import Drift, bad_id, exact_id, finished, load_object, named
from social_archive.record import Media, Observation, Unreadable, parse_time

Item = Observation | Unreadable

_EDGE_OF_KIND: Final = {"post": "posts", "profile": "page", "setting": "blocked"}  # an item out of quarantine
_LISTS: Final = ("posts", "thread")


# --------------------------------------------------------------------------- pages


def read(page: Page) -> Iterator[Item]:
    """Everything on a page, in its order. Raises `Unintelligible` when the page itself is not what was promised.

    `context` has `edge` (what is listed), `page` (the Page's id), `root` (of comments) and `since` (of posts).
    """
    reader = Reader(page)
    match page.context.get("edge") or _EDGE_OF_KIND.get(page.context.get("kind", ""), "comments"):
        case "page":
            yield reader.profile(page.body)
        case "blocked":
            yield reader.blocked(page.body)
        case "posts":
            yield from reader.posts([page.body] if page.kind not in _LISTS else _data(page))
        case _:
            for native in [page.body] if page.kind not in _LISTS else _data(page):
                yield reader.comment(native)


def _data(page: Page) -> list[bytes]:
    try:
        return strict_json.items(strict_json.members(page.body)["data"])
    except (strict_json.BadJson, KeyError):
        raise Unintelligible(f"{page.endpoint} answered JSON of another shape than a list.") from None


class Reader:
    """Reads the items of one page."""

    def __init__(self, page: Page) -> None:
        self._page_id: str | None = page.context.get("page")
        self._root: str | None = page.context.get("root") or page.context.get("root_native_id")
        self._since: int | None = page.context.get("since")
        self._context = page.context

    # ---------------------------------------------------------------- a comment

    def comment(self, native: bytes) -> Item:
        loaded = load_object(native)
        if isinstance(loaded, Unreadable):
            return loaded
        item, repaired = loaded
        native_id = exact_id(item.get("id"))
        if native_id is None:
            return bad_id(native, item.get("id"))
        drift = Drift()
        author = drift.object(item.get("from"))
        author_id = drift.id(author.get("id"))
        parent = drift.id(drift.object(item.get("parent")).get("id"))
        created = drift.text(item.get("created_time"))
        body = drift.text(item.get("message")) or ""
        attachment = item.get("attachment")
        media: tuple[Media, ...] = ()
        links = text.addresses(body)
        if attachment is not None:
            shown = Attachments(native_id, [drift.object(attachment)], body, drift)
            media, links = shown.media, _once((*links, *shown.links))
        found = Observation(
            kind="reply" if parent else "comment",
            native_id=native_id,
            native=native,
            parent_native_id=parent or self._root,
            root_native_id=self._root,
            permalink=drift.text(item.get("permalink_url")),
            author_id=author_id,
            author_name=drift.text(author.get("name")),
            author_is_account=author_id is not None and author_id == self._page_id,
            body=body,
            created_at=drift.time(created),
            created_at_text=created,
            state="hidden" if drift.truth(item.get("is_hidden")) else "present",
            flags=("private",) if drift.truth(item.get("is_private")) else (),
            media=media,
            links=links,
            likes=drift.count(item.get("like_count")),
            replies=drift.count(item.get("comment_count")),
        )
        return finished(found, drift, repaired=repaired)

    # ---------------------------------------------------------------- a post

    def posts(self, natives: Iterable[bytes]) -> Iterator[Item]:
        """Posts; in a list those that nothing has happened to since `since` are left out: they are known.

        Facebook lists by rank and not by time, so every run reads every list to its end. `updated_time` is the moment
        of the last edit or comment; a post without a readable one is never left out.
        """
        for native in natives:
            found, touched = self._post(native)
            if self._since is None or touched is None or touched >= self._since:
                yield found

    def _post(self, native: bytes) -> tuple[Item, int | None]:
        loaded = load_object(native)
        if isinstance(loaded, Unreadable):
            return loaded, None
        item, repaired = loaded
        native_id = exact_id(item.get("id"))
        if native_id is None:
            return bad_id(native, item.get("id")), None
        drift = Drift()
        author = drift.object(item.get("from"))
        author_id = drift.id(author.get("id"))
        is_own = author_id is not None and author_id == self._page_id
        created, updated = drift.text(item.get("created_time")), drift.text(item.get("updated_time"))
        body = drift.text(item.get("message"))
        if body is None:  # "… updated their cover photo": Facebook's own sentence stands in for a text
            body = drift.text(item.get("story")) or ""
        listed = drift.objects(drift.object(item.get("attachments")).get("data"))
        shown = Attachments(native_id, listed, body, drift)
        found = Observation(
            kind="post",
            native_id=native_id,
            native=native,
            permalink=drift.text(item.get("permalink_url")),
            author_id=author_id,
            author_name=drift.text(author.get("name")),
            author_is_account=is_own,
            body=body,
            created_at=drift.time(created),
            created_at_text=created,
            state="hidden" if drift.truth(item.get("is_hidden")) else "present",
            flags=named(
                (VISITOR_POST, not is_own),
                ("unpublished", item.get("is_published") is False),
                ("expired", drift.truth(item.get("is_expired"))),
            ),
            media=shown.media,
            links=_once((*text.addresses(body), *shown.links)),
            likes=_total(item.get("reactions"), drift),
            replies=_total(item.get("comments"), drift),
            shares=drift.count(drift.object(item.get("shares")).get("count")),
        )
        moments = [moment for moment in (found.created_at, drift.time(updated)) if moment is not None]
        return finished(found, drift, repaired=repaired), max(moments) if updated and len(moments) == 2 else None

    # ---------------------------------------------------------------- the Page itself

    def profile(self, native: bytes) -> Item:
        loaded = load_object(native)
        if isinstance(loaded, Unreadable):
            return loaded
        item, repaired = loaded
        native_id = exact_id(item.get("id"))
        if native_id is None:
            return bad_id(native, item.get("id"))
        drift = Drift()
        body = "\n\n".join([*_texts(item, drift), *filter(None, ["\n".join(_facts(item, drift))])])
        website = drift.text(item.get("website"))
        found = Observation(
            kind="profile",
            native_id=native_id,
            native=native,
            permalink=drift.text(item.get("link")),
            author_id=native_id,
            author_name=drift.text(item.get("name")),
            author_handle=drift.text(item.get("username")),
            author_is_account=native_id == self._page_id,
            body=body,
            media=_pictures(native_id, item, drift),  # no `author_avatar`: its host changes from day to day
            links=_once((*text.addresses(body), *([website] if website and "://" in website else []))),
            flags=named(("unpublished", item.get("is_published") is False)),
        )
        return finished(found, drift, repaired=repaired)

    def blocked(self, native: bytes) -> Item:
        """One page of the list of people and Pages that may not comment here, as one record."""
        if self._page_id is None:
            return Unreadable(native=native, reason="page_unknown")
        try:
            entries = strict_json.items(strict_json.members(native)["data"])
        except (strict_json.BadJson, KeyError) as problem:
            return Unreadable(native=native, reason=getattr(problem, "code", "no_list"))
        drift = Drift()
        lines = sorted(_blocked_one(entry, drift) for entry in entries)
        number = self._context.get("number", 1)
        found = Observation(
            kind="setting",
            native_id=f"{self._page_id}/blocked" + (f"/{number}" if number > 1 else ""),
            native=native,
            author_id=self._page_id,
            author_is_account=True,
            body="\n".join([f"Blocked from this Page: {self._context.get('total', len(lines))}", *lines]),
        )
        return finished(found, drift)


def _blocked_one(native: bytes, drift: Drift) -> str:
    loaded = load_object(native)
    if isinstance(loaded, Unreadable):
        drift.seen = True
        return f"(unreadable: {loaded.reason})"
    return f"{drift.text(loaded[0].get('name')) or ''} ({drift.id(loaded[0].get('id')) or 'no id'})".strip()


# --------------------------------------------------------------------------- attachments


class Attachments:
    """The pictures, films and links of a post or comment."""

    def __init__(self, owner: str, listed: Iterable[dict[str, Any]], body: str, drift: Drift) -> None:
        self._owner, self._body, self._drift = owner, body, drift
        self._media: list[Media] = []
        self._links: list[str] = []
        for one in listed:
            self._take(one)
        self.media, self.links = tuple(self._media), tuple(self._links)

    def _take(self, one: dict[str, Any]) -> None:
        drift = self._drift
        parts = list(drift.objects(drift.object(one.get("subattachments")).get("data")))
        if parts:  # an album's own picture is its first one's
            for part in parts:
                self._take(part)
            return
        kind = drift.text(one.get("type")) or ""
        if kind.startswith("share"):
            self._link(one)
        media = drift.object(one.get("media"))
        picture = drift.text(drift.object(media.get("image")).get("src"))
        film = drift.text(media.get("source"))
        name = self._name(one, kind)
        caption = drift.text(one.get("description"))
        alt = caption if caption and caption != self._body and not kind.startswith("share") else None
        if film:
            self._media.append(Media(id=name, url=film, alt=alt))
        if picture:
            self._media.append(Media(id=f"{name}/poster" if film else name, url=picture, alt=None if film else alt))

    def _name(self, one: dict[str, Any], kind: str) -> str:
        """The photo's or film's own id; its address is signed anew every day."""
        target = self._drift.id(self._drift.object(one.get("target")).get("id"))
        return target if target and not kind.startswith("share") else f"{self._owner}/{len(self._media) + 1}"

    def _link(self, one: dict[str, Any]) -> None:
        """Where a shared link really leads: Facebook's own detour has a new signature each time."""
        address = self._drift.text(one.get("unshimmed_url")) or self._drift.text(one.get("url")) or ""
        parts = urlsplit(address) if "://" in address else None
        if parts and parts.hostname in ("l.facebook.com", "lm.facebook.com"):
            address = parse_qs(parts.query).get("u", [""])[0]
        if address:
            self._links.append(address)


def _once(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(addresses))


def _total(edge: Any, drift: Drift) -> int | None:
    """`summary.total_count` of an edge that was asked for its count only."""
    return drift.count(drift.object(drift.object(edge).get("summary")).get("total_count"))


# --------------------------------------------------------------------------- parts of the Page's own record

_TEXTS: Final = ("about", "bio", "description", "mission", "general_info", "company_overview", "impressum")
_FACTS: Final = (
    ("Category", "category"), ("Website", "website"), ("Telephone", "phone"), ("Address", "single_line_address"),
)  # fmt: skip


def _texts(item: dict[str, Any], drift: Drift) -> Iterator[str]:
    said: set[str] = set()
    for name in _TEXTS:
        value = drift.text(item.get(name))
        if value and value not in said:
            said.add(value)
            yield value


def _facts(item: dict[str, Any], drift: Drift) -> Iterator[str]:
    """What the public reads beside the texts, a line each."""
    for title, name in _FACTS:
        value = drift.text(item.get(name))
        if value:
            yield f"{title}: {value}"
    emails = [email for email in drift.array(item.get("emails")) if isinstance(email, str)]
    if emails:
        yield f"E-mail: {', '.join(sorted(emails))}"
    hours = drift.object(item.get("hours"))
    if hours:
        yield "Hours: " + ", ".join(f"{name} {value}" for name, value in sorted(hours.items()))


def _pictures(native_id: str, item: dict[str, Any], drift: Drift) -> tuple[Media, ...]:
    """The Page's picture and its cover; a picture's file name is what stays when its address is signed anew."""
    found = []
    avatar = drift.text(drift.object(drift.object(item.get("picture")).get("data")).get("url"))
    if avatar:
        found.append(Media(id=f"{native_id}/avatar/{_file_name(avatar)}", url=avatar))
    cover = drift.object(item.get("cover"))
    source = drift.text(cover.get("source"))
    if source:
        found.append(Media(id=drift.id(cover.get("id")) or f"{native_id}/cover/{_file_name(source)}", url=source))
    return tuple(found)


def _file_name(address: str) -> str:
    return urlsplit(address).path.rpartition("/")[2]


# --------------------------------------------------------------------------- the little that fetching must know


class _Brief(msgspec.Struct):
    id: str = ""
    created_time: str = ""
    comments: dict[str, Any] = {}
    attachments: dict[str, Any] = {}


class Listed(msgspec.Struct, frozen=True):
    """What fetching must know of a post in a list: its year, its comments by Facebook's count, its photos."""

    id: str
    year: str
    comments: int | None
    photos: tuple[str, ...]


def listed_posts(natives: Iterable[msgspec.Raw]) -> Iterator[Listed]:
    """Each post of a list that can be read. `photos` are those of an album: each has comments of its own."""
    for native in natives:
        try:
            brief = msgspec.json.decode(native, type=_Brief)
        except (ValueError, RecursionError):
            continue
        drift = Drift()
        total = _total(brief.comments, drift)
        at = parse_time(brief.created_time)
        photos = [
            photo
            for one in drift.objects(brief.attachments.get("data"))
            for part in drift.objects(drift.object(one.get("subattachments")).get("data"))
            if (photo := exact_id(drift.object(part.get("target")).get("id")))
        ]
        yield Listed(brief.id, brief.created_time[:4] if at is not None else "", total, tuple(dict.fromkeys(photos)))
