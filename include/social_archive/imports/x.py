"""X's archive of an account (Settings → Your account → Download an archive of your data), in its layouts since 2013.

    data/tweets.js, tweets-part1.js, …   window.YTD.tweets.part0 = [{"tweet": {…}}]      (until 2022: tweet.js)
    data/deleted-tweets.js               the same, each with `deleted_at`: what the account deleted shortly before
    data/community-tweet.js              the same, said in a community
    data/note-tweet.js                   the whole text of long posts, whose tweets hold its beginning only
    data/account.js, profile.js, manifest.js
    data/tweets_media/<tweet>-<file>     pictures and films, named after the post that shows them
    data/js/tweets/2016_03.js            the first layout: Grailbird.data.tweets_2016_03 = [{…}]

An edited post is several tweets that name each other; here they are versions of one thing, whose id is the first's.
"""

from __future__ import annotations

import html
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from social_archive.config import Account
from social_archive.imports.base import Importer, Item, unreadable, whole
from social_archive.imports.own_threads import put_in_threads
from social_archive.imports.source import Source
from social_archive.joining import idless_id
from social_archive.platforms.strict_json import BadJson, items, load_item
from social_archive.record import Media, Observation, micros, parse_time, storable

_TWEETS: Final = re.compile(r"(?:^|/)(?:tweets?|community-tweets?)(?:-part\d+)?\.js$|(?:^|/)js/tweets/\d{4}_\d\d\.js$")
_DELETED: Final = re.compile(r"(?:^|/)deleted-tweets?(?:-part\d+)?\.js$")
_NOTES: Final = re.compile(r"(?:^|/)note-tweets?(?:-part\d+)?\.js$")
_TIME: Final = re.compile(r"\w{3} (\w{3}) (\d\d) (\d\d):(\d\d):(\d\d) \+0000 (\d{4})")
_ID: Final = re.compile(r"[1-9]\d{0,19}")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_EPOCH: Final = 1_288_834_974_657  # milliseconds: ids count from here
_FIRST_DATED_ID: Final = 29_700_859_247  # older ids are plain numbers and tell no time
_NOTE_SPAN: Final = 5_000  # milliseconds between a long text and the post that shows it
_REMNANT: Final = re.compile(r"(?:…|\.\.\.)?\s*https://t\.co/\w+$")


class X(Importer):
    name: ClassVar[str] = "x"
    title: ClassVar[str] = "X (archive of your data)"
    platform: ClassVar[str] = "x"
    looks_for: ClassVar[str] = "data/tweets.js, or js/tweets/….js of the first archives"
    shortcomings: ClassVar[tuple[str, ...]] = (
        "An X archive holds only what the account itself posted: no reply by anybody else.",
        "Of deleted posts it has only those that were deleted in the weeks before it was made.",
        "Of a repost it has only the beginning of the text; to what a reply replied it names by its id.",
    )

    def recognises(self, source: Source) -> bool:
        return any(_is_ours(source.peek(name, 256)) for name in source.names(".js") if _TWEETS.search(name))

    def made_at(self, source: Source) -> int | None:
        info = _manifest(source).get("archiveInfo")
        return parse_time(_text(info.get("generationDate"))) if isinstance(info, dict) else None

    def records(self, source: Source, account: Account) -> Iterator[Item]:
        owner = _owner(source, account)
        yield from _profiles(source, owner)
        reading = _Reading(source, owner)
        found: list[Item] = []
        for pattern, deleted in ((_TWEETS, False), (_DELETED, True)):
            for name in source.names(".js"):
                if pattern.search(name):
                    found += reading.tweets(name, deleted=deleted)
        found += reading.notes()
        posts = [item for item in found if isinstance(item, Observation)]
        for o in posts:
            o.parent_native_id = reading.first_of.get(o.parent_native_id or "", o.parent_native_id)
        put_in_threads(posts)
        _put_in_order(posts)
        yield from found


# --------------------------------------------------------------------------- the documents


def _is_ours(start: bytes) -> bool:
    return b"window.YTD." in start or b"Grailbird.data." in start


def _entries(source: Source, name: str, *keys: str) -> Iterator[tuple[bytes, dict[str, Any]] | Item]:
    """The items of a script that assigns one list. Newer ones are wrapped: `{"tweet": {…}}`."""
    body = source.read(name)
    _, assigned, rest = body.partition(b"=")
    try:
        raws = items((rest if assigned else body).strip().removesuffix(b";").rstrip())
    except BadJson as bad:
        yield whole(source, name, body, bad.code)
        return
    for raw in raws:
        try:
            value, _ = load_item(raw)
        except BadJson as bad:
            yield unreadable(source, name, raw, bad.code)
            continue
        for key in keys:
            if isinstance(value, dict) and isinstance(value.get(key), dict):
                value = value[key]
        yield (raw, value) if isinstance(value, dict) else unreadable(source, name, raw, "not_an_object")


def _named(source: Source, file: str) -> list[str]:
    return [name for name in source.names(file) if name.rsplit("/", 1)[-1] == file]


def _one(source: Source, file: str, key: str) -> tuple[str, bytes, dict[str, Any]] | None:
    """The one item of a script like account.js, if it can be read."""
    for name in _named(source, file):
        for entry in _entries(source, name, key):
            if isinstance(entry, tuple):
                return name, *entry
    return None


def _manifest(source: Source) -> dict[str, Any]:
    for name in _named(source, "manifest.js"):
        _, _, rest = source.read(name).partition(b"=")
        try:
            value, _ = load_item(rest.strip().removesuffix(b";"))
        except BadJson:
            continue
        if isinstance(value, dict):
            return value
    return {}


# --------------------------------------------------------------------------- the account


@dataclass(frozen=True)
class _Owner:
    id: str | None
    handle: str | None
    name: str | None
    created: str | None


def _owner(source: Source, account: Account) -> _Owner:
    found = _one(source, "account.js", "account")
    value = found[2] if found else {}
    info = _manifest(source).get("userInfo")
    also = info if isinstance(info, dict) else {}
    return _Owner(
        id=_id(value.get("accountId")) or _id(also.get("accountId")),
        handle=_text(value.get("username")) or _text(also.get("userName")) or account.handle.lstrip("@") or None,
        name=_text(value.get("accountDisplayName")) or _text(also.get("displayName")),
        created=_text(value.get("createdAt")),
    )


def _profiles(source: Source, owner: _Owner) -> Iterator[Item]:
    """Name and handle stand in account.js, beside an e-mail address that is nobody's business: that stays there."""
    found = _one(source, "profile.js", "profile")
    if found is None:
        return
    name, raw, value = found
    about = value.get("description")
    texts = about if isinstance(about, dict) else {}
    website = _text(texts.get("website"))
    o = Observation(
        kind="profile", native_id=owner.id or "", native=raw, author_id=owner.id, author_name=owner.name,
        author_handle=owner.handle, author_is_account=True, author_avatar=_text(value.get("avatarMediaUrl")),
        permalink=f"https://x.com/{owner.handle}" if owner.handle else None, body=_text(texts.get("bio")),
        links=(website,) if website else (), created_at=parse_time(owner.created), created_at_text=owner.created,
        media=tuple(_pictures(source, owner, value)),
    )  # fmt: skip
    o.native_id = o.native_id or idless_id(o)
    yield source.stamp(o, name)


def _pictures(source: Source, owner: _Owner, value: dict[str, Any]) -> Iterator[Media]:
    for key in ("avatarMediaUrl", "headerMediaUrl"):
        if url := _text(value.get(key)):
            file = f"{owner.id}-{url.rsplit('/', 1)[-1]}"
            lies = next((name for name in source.members if name.rsplit("/", 1)[-1].split(".")[0] == file), None)
            lies = lies or source.resolve(f"profile_media/{file}")
            yield Media(id=url, url=lies or url)


# --------------------------------------------------------------------------- posts


class _Reading:
    """The posts of one archive, and what is needed to read one of them."""

    def __init__(self, source: Source, owner: _Owner) -> None:
        self.source, self.owner = source, owner
        self.files = {name.rsplit("/", 1)[-1]: name for name in source.members if "_media/" in name}
        self.first_of: dict[str, str] = {}  # a tweet that edited an earlier one -> the thing's id
        self.by_moment: defaultdict[int, list[tuple[int, Observation]]] = defaultdict(list)

    def tweets(self, name: str, *, deleted: bool) -> Iterator[Item]:
        for entry in _entries(self.source, name, "tweet"):
            if not isinstance(entry, tuple):
                yield entry
                continue
            raw, value = entry
            tweet_id = _id(value.get("id_str")) or _id(value.get("id"))
            if tweet_id is None:
                yield unreadable(self.source, name, raw, "native_id_missing")
                continue
            o = self._tweet(tweet_id, raw, value)
            o.state = "deleted" if deleted else "present"
            if moment := _milliseconds(tweet_id):
                self.by_moment[moment // _NOTE_SPAN].append((moment, o))
            yield self.source.stamp(o, name)

    def _tweet(self, tweet_id: str, raw: bytes, value: dict[str, Any]) -> Observation:
        first = _first_of_chain(value) or tweet_id
        said_text = _text(value.get("created_at"))
        said_at = _time(said_text)
        body = storable(_unescaped(_text(value.get("full_text")) or _text(value.get("text")) or ""))
        edited = first != tweet_id
        if edited:
            self.first_of[tweet_id] = first
        created_at = _of_id(first) if edited else said_at
        return Observation(
            kind="post", native_id=first, native=raw,
            parent_native_id=_id(value.get("in_reply_to_status_id_str")) or _id(value.get("in_reply_to_status_id")),
            permalink=f"https://x.com/{self.owner.handle or 'i'}/status/{tweet_id}", author_id=self.owner.id,
            author_name=self.owner.name, author_handle=self.owner.handle, author_is_account=True, body=body,
            language=_text(value.get("lang")), created_at=created_at, created_at_text=None if edited else said_text,
            edited_at=said_at if edited else None, edited_at_text=said_text if edited else None,
            media=tuple(self._media(tweet_id, value)), links=tuple(_links(value.get("entities"), "expanded_url")),
            likes=_count(value.get("favorite_count")), shares=_count(value.get("retweet_count")),
            flags=tuple(_flags(body or "", value)),
        )  # fmt: skip

    def _media(self, tweet_id: str, value: dict[str, Any]) -> Iterator[Media]:
        """Attachments under the keys that the API gives them; their files carry the post's id in front."""
        shown = {}
        for holder in (value.get("extended_entities"), value.get("entities")):
            for medium in _objects(holder.get("media") if isinstance(holder, dict) else None):
                key = _media_key(medium)
                if key and key not in shown:
                    shown[key] = medium
        for key, medium in shown.items():
            addresses = [*_variants(medium), _text(medium.get("media_url_https")) or _text(medium.get("media_url"))]
            names = [f"{tweet_id}-{url.split('?')[0].rsplit('/', 1)[-1]}" for url in addresses if url]
            lies = next((self.files[name] for name in names if name in self.files), None)
            yield Media(id=key, url=lies or addresses[0] or "", alt=_text(medium.get("ext_alt_text")))

    # ---------------------------------------------------------------- long posts

    def notes(self) -> Iterator[Item]:
        """Long texts are put where they belong. One whose post is not in the archive is a post by itself."""
        for name in self.source.names(".js"):
            if not _NOTES.search(name):
                continue
            for entry in _entries(self.source, name, "noteTweet"):
                if not isinstance(entry, tuple):
                    yield entry
                    continue
                item = self._note(name, *entry)
                if item is not None:
                    yield item

    def _note(self, name: str, raw: bytes, value: dict[str, Any]) -> Item | None:
        core = value.get("core")
        body = storable(_text(core.get("text"))) if isinstance(core, dict) else None
        if body is None:
            return unreadable(self.source, name, raw, "nothing_known_in_it")
        links = tuple(_links(core, "expandedUrl"))
        post = self._post_of(_id(value.get("noteTweetId")), body)
        if post is not None:
            post.body, post.flags = body, (*post.flags, "note_tweet")
            post.links = tuple(dict.fromkeys((*links, *post.links)))
            post.native = b"[" + post.native + b"," + raw + b"]"  # both as they stood
            return None
        created = _text(value.get("createdAt"))
        o = Observation(
            kind="post", native_id="", native=raw, author_id=self.owner.id, author_name=self.owner.name,
            author_handle=self.owner.handle, author_is_account=True, body=body, links=links,
            created_at=parse_time(created), created_at_text=created, flags=("note_tweet",),
        )  # fmt: skip
        o.native_id = idless_id(o)
        return self.source.stamp(o, name)

    def _post_of(self, note_id: str | None, body: str) -> Observation | None:
        """The nearest post of about the same moment that begins like the long text. Notes have ids of their own."""
        moment = _milliseconds(note_id) if note_id else None
        if moment is None:
            return None
        near = [
            (abs(at - moment), o)
            for slot in (-1, 0, 1) for at, o in self.by_moment.get(moment // _NOTE_SPAN + slot, ())
            if "note_tweet" not in o.flags and _begins(body, o.body or "")
        ]  # fmt: skip
        return min(near, key=lambda each: each[0])[1] if near else None


def _put_in_order(posts: list[Observation]) -> None:
    """Versions of one post, the oldest first; that it was deleted comes last."""
    versions: defaultdict[str, list[Observation]] = defaultdict(list)
    for o in posts:
        versions[o.native_id].append(o)
    for several in versions.values():
        several.sort(key=lambda o: (o.state == "deleted", o.edited_at or 0))
        created = next((o.created_at_text for o in several if o.created_at_text), None)
        for place, o in enumerate(several):
            o.observed_at = place - len(several) + 1
            if created is not None:
                o.created_at, o.created_at_text = _time(created), created


# --------------------------------------------------------------------------- values


def _first_of_chain(value: dict[str, Any]) -> str | None:
    """The first tweet of an edited post, from either form: of the first tweet itself, and of its edits."""
    info = value.get("edit_info")
    info = info if isinstance(info, dict) else {}
    edit, initial = info.get("edit"), info.get("initial")
    if isinstance(edit, dict):
        control = edit.get("editControlInitial")
        chain = control.get("editTweetIds") if isinstance(control, dict) else None
        return _id(edit.get("initialTweetId")) or (_id(chain[0]) if isinstance(chain, list) and chain else None)
    chain = initial.get("editTweetIds") if isinstance(initial, dict) else None
    return _id(chain[0]) if isinstance(chain, list) and chain else None


def _media_key(medium: dict[str, Any]) -> str | None:
    """`3_…` a picture, `16_…` a moving one, `7_…` a film, `13_…` a film of the studio."""
    number = _id(medium.get("id_str")) or _id(medium.get("id"))
    if number is None:
        return None
    kind = medium.get("type")
    if kind == "video":
        studio = "amplify_video" in (_text(medium.get("media_url_https")) or "")
        return f"13_{number}" if studio else f"7_{number}"
    return f"16_{number}" if kind == "animated_gif" else f"3_{number}"


def _variants(medium: dict[str, Any]) -> list[str]:
    """A film's addresses, the best first."""
    info = medium.get("video_info")
    variants = _objects(info.get("variants") if isinstance(info, dict) else None)
    ranked = sorted(variants, key=lambda variant: _count(variant.get("bitrate")) or 0, reverse=True)
    return [url for variant in ranked if (url := _text(variant.get("url")))]


def _links(holder: Any, key: str) -> Iterator[str]:
    seen = set()
    for each in _objects(holder.get("urls") if isinstance(holder, dict) else None):
        url = _text(each.get(key))
        if url and url not in seen:
            seen.add(url)
            yield url


def _flags(body: str, value: dict[str, Any]) -> Iterator[str]:
    if body.startswith("RT @"):
        yield "repost"
    if value.get("possibly_sensitive") is True:
        yield "sensitive"


def _begins(long: str, short: str) -> bool:
    """Is the short text the beginning of the long one? It ends in an address of the whole."""
    stub = " ".join(_REMNANT.sub("", short).split())
    return bool(stub) and " ".join(long.split()).startswith(stub)


def _unescaped(text: str) -> str:
    return html.unescape(text) if "&" in text else text


def _time(text: str | None) -> int | None:
    """`Wed Oct 10 20:19:24 +0000 2018`; ISO in the first archives."""
    match = _TIME.fullmatch(text) if text else None
    if match is None:
        return parse_time(text.replace(" +0000", "+00:00")) if text else None
    day, hour, minute, second, year = map(int, match.group(2, 3, 4, 5, 6))
    try:
        moment = datetime(year, _MONTHS.index(match[1]) + 1, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return micros(moment)


def _milliseconds(tweet_id: str) -> int | None:
    """When an id was given out (milliseconds since 1970); None for the plain numbers of the first years."""
    number = int(tweet_id)
    return (number >> 22) + _EPOCH if number > _FIRST_DATED_ID else None


def _of_id(tweet_id: str) -> int | None:
    moment = _milliseconds(tweet_id)
    return None if moment is None else moment // 1_000 * 1_000_000


def _id(value: Any) -> str | None:
    """An id digit for digit; a float has lost some."""
    text = str(value) if type(value) is int else value
    return text if isinstance(text, str) and _ID.fullmatch(text) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: Any) -> int | None:
    """Counts are texts."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return value if type(value) is int and 0 <= value < 1 << 62 else None


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
