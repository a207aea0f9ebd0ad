"""Pinterest's JSON as observations. Pure: bytes in, records out; any field may be missing, null or of a new type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from social_archive.errors import Unintelligible
from social_archive.platforms import strict_json, text
from social_archive.platforms.base import Page
from social_archive.platforms.http import Answer
from social_archive.platforms.reading import Drift, bad_id, count, exact_id, finished, load_object, named
from social_archive.record import Media, Observation, Unreadable

_SITE: Final = "https://www.pinterest.com"
_SIZES: Final = ("originals", "1200x", "600x", "400x300", "150x150")

Item = Observation | Unreadable


# --------------------------------------------------------------------------- pages


def read(page: Page) -> Iterator[Item]:
    """Everything on a page, in its order. Raises `Unintelligible` when the page itself is not what was promised."""
    reader = Reader(page)
    if page.kind in ("item", "profile") and "list" not in page.context:
        yield reader.item(page.body)
        return
    for native in natives(page.body, page.endpoint):
        yield reader.item(native)


def natives(body: bytes, endpoint: str) -> list[bytes]:
    """The items of a list as they stood in it."""
    try:
        return strict_json.items(strict_json.members(body)["items"])
    except (strict_json.BadJson, KeyError):
        raise Unintelligible(f"{endpoint} answered JSON of another shape than Pinterest's API promises.") from None


class Reader:
    """Reads the items of one page."""

    def __init__(self, page: Page) -> None:
        self._account: str | None = page.context.get("account")
        self._username: str | None = page.context.get("username")

    def item(self, native: bytes) -> Item:
        loaded = load_object(native)
        if isinstance(loaded, Unreadable):
            return loaded
        item, repaired = loaded
        native_id = exact_id(item.get("id"))
        if native_id is None:
            return bad_id(native, item.get("id"))
        drift = Drift()
        if "account_type" in item or "username" in item:
            found = self._profile(native_id, item, native, drift)
        elif "privacy" in item:
            found = self._board(native_id, item, native, drift)
        elif "media" in item or "board_id" in item:
            found = self._pin(native_id, item, native, drift)
        else:
            return Unreadable(native=native, reason="unknown_kind")
        return finished(found, drift, repaired=repaired)

    # ---------------------------------------------------------------- a pin

    def _pin(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        get, worded = item.get, drift.text
        title, description = worded(get("title")), worded(get("description"))
        body = f"{title}\n\n{description}" if title and description else title or description or ""
        link, created = worded(get("link")), worded(get("created_at"))
        is_own = get("is_owner") is not False
        owner = None if is_own else worded(drift.object(get("board_owner")).get("username"))
        metrics = drift.object(drift.object(get("pin_metrics")).get("lifetime_metrics"))
        media = drift.object(get("media"))
        return Observation(
            kind="post",
            native_id=native_id,
            native=native,
            permalink=f"{_SITE}/pin/{native_id}/",
            author_id=self._account if is_own else owner,
            author_handle=self._username if is_own else owner,
            author_is_account=is_own,
            body=body,
            created_at=drift.time(created),
            created_at_text=created,
            media=_pictures(native_id, media, worded(get("alt_text")), drift),
            links=_with_link(link, body),
            likes=count(metrics.get("reaction")),
            shares=count(metrics.get("save")),
            flags=_flags(item, media),
        )

    # ---------------------------------------------------------------- a board

    def _board(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        """A board is the setting in which pins stand: its name and description are the account's words."""
        name = drift.text(item.get("name"))
        description = drift.text(item.get("description"))
        body = "\n\n".join(part for part in (name, description) if part)
        created = drift.text(item.get("created_at"))
        owner = drift.text(drift.object(item.get("owner")).get("username"))
        privacy = drift.text(item.get("privacy")) or ""
        is_own = owner is None or owner == self._username
        return Observation(
            kind="setting",
            native_id=f"board:{native_id}",
            native=native,
            author_id=self._account if is_own else owner,
            author_name=name,
            author_handle=owner or self._username,
            author_is_account=is_own,
            body=body,
            created_at=drift.time(created),
            created_at_text=created,
            state="hidden" if privacy == "SECRET" else "present",
            links=text.addresses(body),
            flags=named(("secret", privacy == "SECRET"), ("protected", privacy == "PROTECTED")),
        )

    # ---------------------------------------------------------------- the account itself

    def _profile(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        username = drift.text(item.get("username"))
        about = drift.text(item.get("about")) or ""
        site, picture = drift.text(item.get("website_url")), drift.text(item.get("profile_image"))
        return Observation(
            kind="profile",
            native_id=native_id,
            native=native,
            permalink=f"{_SITE}/{username}/" if username else None,
            author_id=native_id,
            author_name=drift.text(item.get("business_name")) or username,
            author_handle=username,
            author_is_account=native_id == self._account,
            author_avatar=picture,
            body=about,
            media=(Media(id=f"{native_id}/avatar/{_file_name(picture)}", url=picture),) if picture else (),
            links=_with_link(site, about),
        )


def _flags(item: dict[str, Any], media: dict[str, Any]) -> tuple[str, ...]:
    saved, promoted = item.get("parent_pin_id"), item.get("has_been_promoted") is True
    video = media.get("media_type") in ("video", "multiple_videos")
    if not (saved or promoted or video):  # almost always
        return ()
    return named(("saved_from_another", bool(saved)), ("promoted", promoted), ("video", video))


def _with_link(link: str | None, body: str) -> tuple[str, ...]:
    """What a thing leads to: its own link first, then the addresses in its text."""
    in_text = text.addresses(body)
    if not link:
        return in_text
    return (link, *(address for address in in_text if address != link))


def _pictures(native_id: str, media: dict[str, Any], alt: str | None, drift: Drift) -> tuple[Media, ...]:
    """One picture, several, or a video with its cover, in their order."""
    if "items" not in media:
        return _picture(native_id, media, alt, drift)
    parts = enumerate(drift.objects(media["items"]))
    return tuple(found for n, part in parts for found in _picture(f"{native_id}/{n}", part, alt, drift))


def _picture(name: str, part: dict[str, Any], alt: str | None, drift: Drift) -> tuple[Media, ...]:
    video, cover = part.get("video_url"), part.get("cover_image_url")
    if type(cover) is not str or not cover:
        cover = drift.text(cover) or _largest(drift.object(part.get("images")), drift)
    video = drift.text(video)
    pictures = (Media(id=f"{name}/image", url=cover, alt=alt),) if cover else ()
    return (Media(id=f"{name}/video", url=video, alt=alt), *pictures) if video else pictures


def _largest(images: dict[str, Any], drift: Drift) -> str | None:
    for size in _SIZES:
        if size in images:
            url = drift.text(drift.object(images[size]).get("url"))
            if url:
                return url
    return None


def _file_name(url: str | None) -> str:
    """A profile's picture is another one when its file has another name."""
    return (url or "").partition("?")[0].rpartition("/")[2]


# --------------------------------------------------------------------------- the little that fetching must know


class _List(msgspec.Struct):
    bookmark: Any = None


class _Metrics(msgspec.Struct):
    pin_metrics: Any = None


def next_bookmark(answer: Answer) -> str | None:
    """The cursor of the next page; None at the end."""
    try:
        found = msgspec.json.decode(answer.json_bytes(), type=_List).bookmark
    except (ValueError, RecursionError):
        try:
            found = strict_json.load_item(strict_json.members(answer.body).get("bookmark", b"null"))[0]
        except strict_json.BadJson:
            raise Unintelligible(f"{answer.url} answered JSON that cannot be read.") from None
    if found is not None and not isinstance(found, str):
        raise Unintelligible(f"{answer.url} answered a bookmark that is none.")
    return found or None


def comments_counted(natives_of_page: list[bytes]) -> int:
    """Comments as Pinterest counts them in its metrics: the only trace of them that its API shows."""
    total = 0
    for native in natives_of_page:
        try:
            metrics = msgspec.json.decode(native, type=_Metrics).pin_metrics
        except (ValueError, RecursionError):
            continue
        lifetime = metrics.get("lifetime_metrics") if isinstance(metrics, dict) else None
        total += (count(lifetime.get("comment")) or 0) if isinstance(lifetime, dict) else 0
    return total


def account_in(answer: Answer) -> dict[str, Any]:
    """The account of `user_account`. Raises `Unintelligible` for one without a usable id or name."""
    account = answer.json()
    if (
        not isinstance(account, dict) or exact_id(account.get("id")) is None
        or not isinstance(account.get("username"), str)
    ):  # fmt: skip
        raise Unintelligible(f"{answer.url} answered an account without a usable id or name.")
    return account
