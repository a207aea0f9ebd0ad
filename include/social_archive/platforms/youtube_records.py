"""YouTube's JSON as observations. Pure: bytes in, records out; any field may be missing, null or of a new type."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from social_archive.errors import Unintelligible
from social_archive.platforms import strict_json, text
from social_archive.platforms.base import Page
from social_archive.platforms.http import Answer
from social_archive.platforms.reading import Drift, bad_id, count, exact_id, finished, load_object, named
from social_archive.record import Media, Observation, State, Unreadable, parse_time

_VIDEO_ID: Final = re.compile(r"[A-Za-z0-9_-]{11}")
_STATES: Final[dict[Any, tuple[State, tuple[str, ...]]]] = {
    None: ("present", ()), "published": ("present", ()), "heldForReview": ("held_for_review", ()),
    "likelySpam": ("held_for_review", ("likely_spam",)), "rejected": ("hidden", ("rejected",)),
}  # fmt: skip
_SIZES: Final = ("maxres", "standard", "high", "medium", "default")

Item = Observation | Unreadable


def is_video(native_id: str) -> bool:
    """A video's id has eleven characters, a comment's more."""
    return _VIDEO_ID.fullmatch(native_id) is not None


# --------------------------------------------------------------------------- pages


def read(page: Page) -> Iterator[Item]:
    """Everything on a page, in its order. Raises `Unintelligible` when the page itself is not what was promised."""
    reader = Reader(page)
    try:
        natives = strict_json.items(strict_json.members(page.body)["items"])
    except (strict_json.BadJson, KeyError):
        if page.kind in ("item", "profile"):  # one item without its envelope: out of quarantine
            yield reader.alone(page.body)
            return
        raise Unintelligible(f"{page.endpoint} answered JSON of another shape than a list.") from None
    for native in natives:
        if page.kind == "thread" and page.context.get("queue") != "replies":
            yield from reader.thread(native)
        else:
            yield reader.alone(native)


class Reader:
    """Reads the items of one page."""

    def __init__(self, page: Page) -> None:
        self._kind = page.kind
        self._channel: str | None = page.context.get("channel")
        self._root: str | None = page.context.get("root")
        self._queue: str | None = page.context.get("queue")

    def thread(self, native: bytes) -> Iterator[Item]:
        """A comment and the replies that its thread shows. The envelope holds nothing that they do not."""
        try:
            envelope = strict_json.members(native)
            top = strict_json.members(envelope["snippet"])["topLevelComment"]
            shown = strict_json.members(envelope["replies"]).get("comments", b"[]") if "replies" in envelope else b"[]"
            replies = strict_json.items(shown)
        except (strict_json.BadJson, KeyError) as problem:
            yield Unreadable(native=native, reason=getattr(problem, "code", "no_comment"))
            return
        yield self.alone(top, self._queue)
        for reply in replies:
            yield self.alone(reply)

    def alone(self, native: bytes, queue: str | None = None) -> Item:
        """One item. `queue` is the list that a comment at the top of a thread stood in."""
        loaded = load_object(native)
        if isinstance(loaded, Unreadable):
            return loaded
        item, repaired = loaded
        native_id = exact_id(item.get("id"))
        if native_id is None:
            return bad_id(native, item.get("id"))
        drift = Drift()
        match item.get("kind"):
            case "youtube#channel":
                found = self._profile(native_id, item, native, drift)
            case "youtube#video":
                found = self._video(native_id, item, native, drift)
            case "youtube#comment":
                found = self._comment(native_id, item, native, drift, queue)
            case _:
                return Unreadable(native=native, reason="unknown_kind")
        return finished(found, drift, repaired=repaired)

    # ---------------------------------------------------------------- a comment

    def _comment(
        self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift, queue: str | None
    ) -> Observation:
        snippet = drift.object(item.get("snippet"))
        author = drift.object(snippet.get("authorChannelId")).get("value")
        author_id = drift.text(author) or _channel_in(drift.text(snippet.get("authorChannelUrl")))
        video = drift.text(snippet.get("videoId")) or self._root
        parent = drift.text(snippet.get("parentId"))
        created, updated = drift.text(snippet.get("publishedAt")), drift.text(snippet.get("updatedAt"))
        edited = updated if updated != created else None
        body = drift.text(snippet.get("textOriginal"))
        if body is None:
            body = drift.text(snippet.get("textDisplay")) or ""
        state, flags = _state(drift.text(snippet.get("moderationStatus")) or queue, drift)
        picture = drift.text(snippet.get("imageUrl"))
        return Observation(
            kind="reply" if parent else "comment",
            native_id=native_id,
            native=native,
            parent_native_id=parent or video,
            root_native_id=video,
            permalink=f"https://www.youtube.com/watch?v={video}&lc={native_id}" if video else None,
            author_id=author_id,
            author_name=drift.text(snippet.get("authorDisplayName")),
            author_is_account=author_id is not None and author_id == self._channel,
            author_avatar=drift.text(snippet.get("authorProfileImageUrl")),
            body=body,
            created_at=drift.time(created),
            created_at_text=created,
            edited_at=drift.time(edited),
            edited_at_text=edited,
            state=state,
            flags=flags,
            media=(Media(id=f"{native_id}/image", url=picture),) if picture else (),
            links=text.addresses(body),
            likes=count(snippet.get("likeCount")),
        )

    # ---------------------------------------------------------------- a video

    def _video(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        snippet, status = drift.object(item.get("snippet")), drift.object(item.get("status"))
        statistics = drift.object(item.get("statistics"))
        title, description = drift.text(snippet.get("title")) or "", drift.text(snippet.get("description")) or ""
        created = drift.text(snippet.get("publishedAt"))
        channel = drift.text(snippet.get("channelId"))
        privacy = drift.text(status.get("privacyStatus"))
        return Observation(
            kind="post",
            native_id=native_id,
            native=native,
            permalink=f"https://www.youtube.com/watch?v={native_id}",
            author_id=channel,
            author_name=drift.text(snippet.get("channelTitle")),
            author_is_account=channel is not None and channel == self._channel,
            body="\n\n".join(part for part in (title, description) if part),
            language=drift.text(snippet.get("defaultAudioLanguage")) or drift.text(snippet.get("defaultLanguage")),
            created_at=drift.time(created),
            created_at_text=created,
            media=_thumbnail(native_id, drift.object(snippet.get("thumbnails")), drift),
            links=text.addresses(description),
            likes=count(statistics.get("likeCount")),
            replies=count(statistics.get("commentCount")),
            flags=named(
                (str(privacy), privacy in ("private", "unlisted")),
                ("live", drift.text(snippet.get("liveBroadcastContent")) in ("live", "upcoming")),
                ("made_for_kids", status.get("madeForKids") is True),
            ),
        )

    # ---------------------------------------------------------------- the channel itself

    def _profile(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        snippet = drift.object(item.get("snippet"))
        branding = drift.object(item.get("brandingSettings"))
        description = drift.text(snippet.get("description")) or ""
        created = drift.text(snippet.get("publishedAt"))
        avatar = _thumbnail(f"{native_id}/avatar", drift.object(snippet.get("thumbnails")), drift)
        banner = drift.text(drift.object(branding.get("image")).get("bannerExternalUrl"))
        pictures = (*avatar, *((Media(id=f"{native_id}/banner", url=banner),) if banner else ()))
        moderated = drift.object(branding.get("channel")).get("moderateComments")
        return Observation(
            kind="profile",
            native_id=native_id,
            native=native,
            permalink=f"https://www.youtube.com/channel/{native_id}",
            author_id=native_id,
            author_name=drift.text(snippet.get("title")),
            author_handle=drift.text(snippet.get("customUrl")),
            author_is_account=native_id == self._channel,
            author_avatar=avatar[0].url if avatar else None,
            body=description,
            language=drift.text(snippet.get("defaultLanguage")),
            created_at=drift.time(created),
            created_at_text=created,
            media=pictures,
            links=text.addresses(description),
            flags=named(("comments_moderated", drift.truth(moderated))),
        )


def _state(said: str | None, drift: Drift) -> tuple[State, tuple[str, ...]]:
    """By what the comment says of itself, else by the list it was in."""
    if said not in _STATES:
        drift.seen = True
    return _STATES.get(said, _STATES[None])


def _thumbnail(name: str, thumbnails: dict[str, Any], drift: Drift) -> tuple[Media, ...]:
    """The largest picture that there is."""
    for size in _SIZES:
        url = drift.text(drift.object(thumbnails.get(size)).get("url"))
        if url:
            return (Media(id=f"{name}/thumbnail" if "/" not in name else name, url=url),)
    return ()


def _channel_in(url: str | None) -> str | None:
    """The channel's id in `http://www.youtube.com/channel/UC…`, for comments that lack `authorChannelId`."""
    _, _, found = (url or "").partition("/channel/")
    return found or None


# --------------------------------------------------------------------------- the little that fetching must know


class _Page(msgspec.Struct):
    nextPageToken: Any = None
    items: list[msgspec.Raw] = []


class _Listed(msgspec.Struct):
    contentDetails: dict[str, Any] = {}


class _Counted(msgspec.Struct):
    id: str = ""
    statistics: dict[str, Any] = {}


class _ThreadSnippet(msgspec.Struct, frozen=True):
    totalReplyCount: Any = 0


class _Replies(msgspec.Struct, frozen=True):
    comments: list[msgspec.Raw] = []


class _Thread(msgspec.Struct):
    id: str = ""
    snippet: _ThreadSnippet = _ThreadSnippet()
    replies: _Replies = _Replies()


def _page_of(answer: Answer) -> _Page:
    try:
        return msgspec.json.decode(answer.json_bytes(), type=_Page)
    except (ValueError, RecursionError):
        pass
    try:  # one odd item must not hide where the next page is
        members = strict_json.members(answer.body)
        token = strict_json.load_item(members["nextPageToken"])[0] if "nextPageToken" in members else None
        return _Page(token, [msgspec.Raw(native) for native in strict_json.items(members["items"])])
    except (strict_json.BadJson, KeyError):
        raise Unintelligible(f"{answer.url} answered JSON of another shape than YouTube's API promises.") from None


def next_page(answer: Answer) -> str | None:
    token = _page_of(answer).nextPageToken
    return token if isinstance(token, str) and token else None


def is_empty_list(answer: Answer) -> bool:
    """Does this well-formed list hold nothing? (What is no list is no answer about an id.)"""
    try:
        members = strict_json.members(answer.body)
        return members.get("kind", b"").endswith(b'ListResponse"') and strict_json.items(members["items"]) == []
    except (strict_json.BadJson, KeyError):
        return False


def only_item(answer: Answer) -> dict[str, Any] | None:
    """The one item of a list, None if it is empty. Raises `Unintelligible` for one without a usable id."""
    items = _page_of(answer).items
    if not items:
        return None
    loaded = load_object(bytes(items[0]))
    if isinstance(loaded, Unreadable) or exact_id(loaded[0].get("id")) is None:
        raise Unintelligible(f"{answer.url} answered a channel without a usable id.")
    return loaded[0]


def uploads_of(channel: dict[str, Any]) -> str | None:
    """The playlist that holds all of a channel's videos."""
    drift = Drift()
    lists = drift.object(drift.object(channel.get("contentDetails")).get("relatedPlaylists"))
    return drift.text(lists.get("uploads"))


def listed_videos(answer: Answer) -> list[tuple[str, int | None]]:
    """(video id, published at in microseconds) of a page of a playlist."""
    found = []
    for native in _page_of(answer).items:
        try:
            details = msgspec.json.decode(native, type=_Listed).contentDetails
        except (ValueError, RecursionError):
            continue
        video, at = details.get("videoId"), details.get("videoPublishedAt")
        if isinstance(video, str) and video:
            found.append((video, parse_time(at) if isinstance(at, str) else None))
    return found


def comment_counts(answer: Answer) -> dict[str, int]:
    """Video id → comments as YouTube counts them; videos with comments switched off have no number."""
    found: dict[str, int] = {}
    for native in _page_of(answer).items:
        try:
            video = msgspec.json.decode(native, type=_Counted)
        except (ValueError, RecursionError):
            continue
        number = count(video.statistics.get("commentCount"))
        if number is not None:
            found[video.id] = number
    return found


def threads_cut_short(answer: Answer) -> list[str]:
    """Comments that have more replies than their thread shows."""
    found = []
    for native in _page_of(answer).items:
        try:
            thread = msgspec.json.decode(native, type=_Thread)
        except (ValueError, RecursionError):
            continue
        if (count(thread.snippet.totalReplyCount) or 0) > len(thread.replies.comments) and thread.id:
            found.append(thread.id)
    return found


def reason_of(answer: Answer) -> str:
    """The reason in YouTube's error (`error.errors[0].reason`, else `error.status`); empty if it gave none."""
    try:
        body = answer.json()
    except Unintelligible:
        return ""
    drift = Drift()
    error = drift.object(drift.object(body).get("error"))
    for one in drift.objects(error.get("errors")):
        return drift.text(one.get("reason")) or ""
    return drift.text(error.get("status")) or ""
