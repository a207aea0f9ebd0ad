"""Mastodon's JSON as observations. Pure: bytes in, records out; any field may be missing, null or of a new type."""

from __future__ import annotations

from typing import Any, Final

from social_archive.platforms import strict_json, text
from social_archive.platforms.base import Page
from social_archive.platforms.reading import Drift, count, exact_id, named
from social_archive.record import Kind, Media, Observation, Unreadable

_OPEN: Final = frozenset({"public", "unlisted", "local"})
_KNOWN_VISIBILITY: Final = _OPEN | {"private", "direct"}


class Reader:
    """Reads the items of one page."""

    def __init__(self, page: Page) -> None:
        self._kind = page.kind
        self._own: str | None = page.context.get("account_id")
        self._thread: str | None = page.context.get("root")
        self._roots: dict[str, str | None] = page.context.get("roots") or {}

    def read(self, native: bytes) -> Observation | Unreadable:
        try:
            item, repaired = strict_json.load_item(native)
        except strict_json.BadJson as problem:
            return Unreadable(native=native, reason=problem.code)
        if type(item) is not dict:
            return Unreadable(native=native, reason="not_an_object")
        native_id = exact_id(item.get("id"))
        if native_id is None:
            reason = "id_missing" if item.get("id") in (None, "") else "id_not_exact"
            return Unreadable(native=native, reason=reason)
        found = (
            self._profile(native_id, item, native) if self._kind == "profile" else self._status(native_id, item, native)
        )
        if repaired:
            found.flags = (*found.flags, "text_repaired")
        return found

    # ---------------------------------------------------------------- a status

    def _status(self, native_id: str, item: dict[str, Any], native: bytes) -> Observation:
        drift = Drift()
        author = drift.object(item.get("account"))
        boosted = drift.object(item.get("reblog"))
        said = boosted or item
        markup = drift.text(said.get("content")) or ""
        author_id = exact_id(author.get("id"))
        parent = exact_id(item.get("in_reply_to_id"))
        own = author_id is not None and author_id == self._own
        root = self._root(native_id, parent)
        created, edited = drift.text(item.get("created_at")), drift.text(said.get("edited_at"))
        return Observation(
            kind=_kind(parent, root, own),
            native_id=native_id,
            native=native,
            parent_native_id=parent,
            root_native_id=root,
            permalink=drift.text(item.get("url")) or drift.text(item.get("uri")),
            author_id=author_id,
            author_name=drift.text(author.get("display_name")) or drift.text(author.get("username")),
            author_handle=drift.text(author.get("acct")),
            author_is_account=own,
            author_avatar=drift.text(author.get("avatar")),
            body=_body(said, markup, boosted, drift),
            body_html=markup or None,
            language=drift.text(said.get("language")),
            created_at=drift.time(created),
            created_at_text=created,
            edited_at=drift.time(edited),
            edited_at_text=edited,
            media=_media(said.get("media_attachments"), drift),
            # Not the preview card: the server adds it minutes later, and that is nobody's edit.
            links=text.links(markup),
            likes=count(item.get("favourites_count")),
            replies=count(item.get("replies_count")),
            shares=count(item.get("reblogs_count")),
            flags=_flags(item, boosted, drift),
        )

    def _root(self, native_id: str, parent: str | None) -> str | None:
        if self._thread is not None:
            return self._thread
        if parent is None:
            return None
        return self._roots.get(native_id)

    # ---------------------------------------------------------------- the account itself

    def _profile(self, native_id: str, item: dict[str, Any], native: bytes) -> Observation:
        drift = Drift()
        note = drift.text(item.get("note")) or ""
        rows = [row for row in drift.array(item.get("fields")) if isinstance(row, dict)]
        values = [(drift.text(row.get("name")) or "", drift.text(row.get("value")) or "") for row in rows]
        table = "\n".join(f"{text.plain(name)}: {text.plain(value)}" for name, value in values)
        created = drift.text(item.get("created_at"))
        avatar = drift.text(item.get("avatar"))
        markups = (note, *(value for _, value in values))
        return Observation(
            kind="profile",
            native_id=native_id,
            native=native,
            permalink=drift.text(item.get("url")) or drift.text(item.get("uri")),
            author_id=native_id,
            author_name=drift.text(item.get("display_name")) or drift.text(item.get("username")),
            author_handle=drift.text(item.get("acct")),
            author_is_account=native_id == self._own,
            author_avatar=avatar,
            body="\n\n".join(part for part in (text.plain(note), table) if part),
            body_html=note or None,
            created_at=drift.time(created),
            created_at_text=created,
            media=_pictures(item, drift),
            links=tuple(dict.fromkeys(link for markup in markups for link in text.links(markup))),
            flags=named(
                ("moved", bool(item.get("moved"))), ("bot", item.get("bot") is True), ("schema_drift", drift.seen)
            ),
        )


def _kind(parent: str | None, root: str | None, own: bool) -> Kind:
    if parent is None:
        return "post" if own or root is None else "comment"
    return "comment" if parent == root else "reply"


def _body(said: dict[str, Any], markup: str, boosted: dict[str, Any], drift: Drift) -> str:
    """What a reader sees, top-down: who is boosted, the content warning, the text, the poll's options."""
    body = text.plain(markup) if markup else ""
    warning = drift.text(said.get("spoiler_text"))
    if warning:
        body = f"CW: {warning}\n\n{body}"
    if said.get("poll") is not None:
        options = drift.array(drift.object(said["poll"]).get("options"))
        titles = [drift.text(option.get("title")) or "" for option in options if isinstance(option, dict)]
        body = "\n".join([body, *(f"( ) {title}" for title in titles)])
    if boosted:
        body = f"Boost of @{drift.text(drift.object(boosted.get('account')).get('acct')) or 'unknown'}:\n\n{body}"
    return body


def _media(attachments: Any, drift: Drift) -> tuple[Media, ...]:
    if not attachments:
        return ()
    found = []
    for part in drift.array(attachments):
        attachment = drift.object(part)
        native_id = exact_id(attachment.get("id")) or ""
        url = drift.text(attachment.get("url")) or drift.text(attachment.get("remote_url")) or ""
        if native_id or url:
            alt = drift.text(attachment.get("description"))
            found.append(Media(id=native_id, url=url, alt=alt, outcome="pending" if url else "missing"))
    return tuple(found)


def _pictures(account: dict[str, Any], drift: Drift) -> tuple[Media, ...]:
    """Avatar and header. Their address without its query is their id: it changes exactly when the picture does."""
    found = []
    for name in ("avatar", "header"):
        url = drift.text(account.get(name))
        if url and url.startswith("http"):
            found.append(Media(id=url.split("?", 1)[0], url=url, alt=drift.text(account.get(f"{name}_description"))))
    return tuple(found)


def _flags(item: dict[str, Any], boosted: dict[str, Any], drift: Drift) -> tuple[str, ...]:
    visibility = drift.text(item.get("visibility"))
    if visibility in _OPEN and not boosted and not drift.seen and item.get("sensitive") is not True:
        return ("poll",) if item.get("poll") else ()
    closed = visibility in _KNOWN_VISIBILITY and visibility not in _OPEN
    return named(
        (str(visibility), closed),
        ("reblog", bool(boosted)),
        ("sensitive", item.get("sensitive") is True),
        ("poll", bool(item.get("poll"))),
        ("schema_drift", drift.seen or (visibility is not None and visibility not in _KNOWN_VISIBILITY)),
    )
