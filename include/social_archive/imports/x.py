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

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from social_archive.config import Account
from social_archive.imports.base import Importer, Item, unreadable, whole
from social_archive.imports.own_threads import put_in_threads
from social_archive.imports.source import Source
from social_archive.imports.x_values import (
    begins,
    count_of,
    first_of_chain,
    flags_of,
    id_of,
    media_key,
    milliseconds,
    moment_of,
    objects_in,
    said_in,
    spelled_out,
    text_of,
    thing_of,
    time_of,
    urls_in,
    variants_of,
)
from social_archive.joining import idless_id
from social_archive.platforms.strict_json import BadJson, items, load_item
from social_archive.record import Media, Observation, parse_time, storable

_TWEETS: Final = re.compile(r"(?:^|/)(?:tweets?|community-tweets?)(?:-part\d+)?\.js$|(?:^|/)js/tweets/\d{4}_\d\d\.js$")
_DELETED: Final = re.compile(r"(?:^|/)deleted-tweets?(?:-part\d+)?\.js$")
_NOTES: Final = re.compile(r"(?:^|/)note-tweets?(?:-part\d+)?\.js$")
_NOTE_SPAN: Final = 5_000  # milliseconds between a long text and the post that shows it


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
        return parse_time(text_of(info.get("generationDate"))) if isinstance(info, dict) else None

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
        id=id_of(value.get("accountId")) or id_of(also.get("accountId")),
        handle=text_of(value.get("username")) or text_of(also.get("userName")) or account.handle.lstrip("@") or None,
        name=text_of(value.get("accountDisplayName")) or text_of(also.get("displayName")),
        created=text_of(value.get("createdAt")),
    )


def _profiles(source: Source, owner: _Owner) -> Iterator[Item]:
    """Name and handle stand in account.js, beside an e-mail address that is nobody's business: that stays there."""
    found = _one(source, "profile.js", "profile")
    if found is None:
        return
    name, raw, value = found
    about = value.get("description")
    texts = about if isinstance(about, dict) else {}
    website, location = text_of(texts.get("website")), text_of(texts.get("location"))
    rows = "\n".join(f"{title}: {said}" for title, said in (("Location", location), ("Website", website)) if said)
    o = Observation(
        kind="profile", native_id=owner.id or "", native=raw, author_id=owner.id, author_name=owner.name,
        author_handle=owner.handle, author_is_account=True, author_avatar=text_of(value.get("avatarMediaUrl")),
        permalink=f"https://x.com/{owner.handle}" if owner.handle else None,
        body="\n\n".join(part for part in (text_of(texts.get("bio")), rows) if part),
        links=(website,) if website else (), created_at=parse_time(owner.created), created_at_text=owner.created,
        media=tuple(_pictures(source, owner, value)),
    )  # fmt: skip
    o.native_id = o.native_id or idless_id(o)
    yield source.stamp(o, name)


def _pictures(source: Source, owner: _Owner, value: dict[str, Any]) -> Iterator[Media]:
    for key, named in (("avatarMediaUrl", "avatar"), ("headerMediaUrl", "banner")):
        if url := text_of(value.get(key)):
            file = f"{owner.id}-{url.rsplit('/', 1)[-1]}"
            lies = next((name for name in source.members if name.rsplit("/", 1)[-1].split(".")[0] == file), None)
            lies = lies or source.resolve(f"profile_media/{file}")
            yield Media(id=f"{owner.id}/{named}", url=lies or url)


# --------------------------------------------------------------------------- posts


class _Reading:
    """The posts of one archive, and what is needed to read one of them."""

    def __init__(self, source: Source, owner: _Owner) -> None:
        self.source, self.owner = source, owner
        self.files = {name.rsplit("/", 1)[-1]: name for name in source.members if "_media/" in name}
        self.first_of: dict[str, str] = {}  # a tweet that edited an earlier one -> the thing's id
        self.by_moment: defaultdict[int, list[tuple[int, str, Observation]]] = defaultdict(list)

    def tweets(self, name: str, *, deleted: bool) -> Iterator[Item]:
        for entry in _entries(self.source, name, "tweet"):
            if not isinstance(entry, tuple):
                yield entry
                continue
            raw, value = entry
            tweet_id = id_of(value.get("id_str")) or id_of(value.get("id"))
            if tweet_id is None:
                yield unreadable(self.source, name, raw, "native_id_missing")
                continue
            o = self._tweet(tweet_id, raw, value)
            o.state = "deleted" if deleted else "present"
            if moment := milliseconds(tweet_id):
                self.by_moment[moment // _NOTE_SPAN].append((moment, said_in(value), o))
            yield self.source.stamp(o, name)

    def _tweet(self, tweet_id: str, raw: bytes, value: dict[str, Any]) -> Observation:
        first = first_of_chain(value) or tweet_id
        said_text = text_of(value.get("created_at"))
        said_at = time_of(said_text)
        body = storable(spelled_out(said_in(value), urls_in(value)))
        edited = first != tweet_id
        if edited:
            self.first_of[tweet_id] = first
        created_at = moment_of(first) if edited else said_at
        return Observation(
            kind="post", native_id=thing_of(first, value), native=raw,
            parent_native_id=id_of(value.get("in_reply_to_status_id_str")) or id_of(value.get("in_reply_to_status_id")),
            permalink=f"https://x.com/{self.owner.handle or 'i'}/status/{tweet_id}", author_id=self.owner.id,
            author_name=self.owner.name, author_handle=self.owner.handle, author_is_account=True, body=body,
            language=text_of(value.get("lang")), created_at=created_at, created_at_text=None if edited else said_text,
            edited_at=moment_of(tweet_id) or said_at if edited else None, edited_at_text=said_text if edited else None,
            media=tuple(self._media(tweet_id, value)),
            links=tuple(dict.fromkeys(full for _, full in urls_in(value) if full)),
            likes=count_of(value.get("favorite_count")), shares=count_of(value.get("retweet_count")),
            flags=tuple(flags_of(value)),
        )  # fmt: skip

    def _media(self, tweet_id: str, value: dict[str, Any]) -> Iterator[Media]:
        """Attachments under the keys that the API gives them; their files carry the post's id in front."""
        shown = {}
        for holder in (value.get("extended_entities"), value.get("entities")):
            for medium in objects_in(holder.get("media") if isinstance(holder, dict) else None):
                key = media_key(medium)
                if key and key not in shown:
                    shown[key] = medium
        for key, medium in shown.items():
            still = text_of(medium.get("media_url_https")) or text_of(medium.get("media_url"))
            addresses = [*variants_of(medium), still]
            names = [f"{tweet_id}-{url.split('?')[0].rsplit('/', 1)[-1]}" for url in addresses if url]
            lies = next((self.files[name] for name in names if name in self.files), None)
            yield Media(id=key, url=lies or addresses[0] or "", alt=text_of(medium.get("ext_alt_text")))

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
        core = core if isinstance(core, dict) else {}
        said = text_of(core.get("text"))
        if said is None:
            return unreadable(self.source, name, raw, "nothing_known_in_it")
        named = objects_in(core.get("urls"))
        pairs = ((text_of(each.get("shortUrl")), text_of(each.get("expandedUrl"))) for each in named)
        leading = [(short, full) for short, full in pairs if short and full]
        body, links = storable(spelled_out(said, leading)), tuple(dict.fromkeys(full for _, full in leading))
        post = self._post_of(id_of(value.get("noteTweetId")), said)
        if post is not None:
            post.body, post.flags = body, (*post.flags, "note_tweet")
            post.links = tuple(dict.fromkeys((*links, *post.links)))
            post.native = b"[" + post.native + b"," + raw + b"]"  # both as they stood
            return None
        created = text_of(value.get("createdAt"))
        o = Observation(
            kind="post", native_id="", native=raw, author_id=self.owner.id, author_name=self.owner.name,
            author_handle=self.owner.handle, author_is_account=True, body=body, links=links,
            created_at=parse_time(created), created_at_text=created, flags=("note_tweet",),
        )  # fmt: skip
        o.native_id = idless_id(o)
        return self.source.stamp(o, name)

    def _post_of(self, note_id: str | None, said: str) -> Observation | None:
        """The nearest post of about the same moment that begins like the long text. Notes have ids of their own."""
        moment = milliseconds(note_id) if note_id else None
        if moment is None:
            return None
        near = [
            (abs(at - moment), o)
            for slot in (-1, 0, 1) for at, short, o in self.by_moment.get(moment // _NOTE_SPAN + slot, ())
            if "note_tweet" not in o.flags and begins(said, short)
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
                o.created_at, o.created_at_text = time_of(created), created
