"""X's JSON as observations. Pure: bytes in, records out; any field may be missing, null or of a new type.

X speaks two dialects of one API: the older says tweet, the newer says post (`note_tweet` / `note_post`). Both are read.
An edited post has a new id for each version; the chain of them is one thing, named by its first id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from social_archive.errors import Unintelligible
from social_archive.platforms import strict_json
from social_archive.platforms.base import Page
from social_archive.platforms.reading import Drift, bad_id, count, exact_id, finished, load_object, named
from social_archive.platforms.x_includes import NOTHING, UNKNOWN, Includes
from social_archive.record import Kind, Media, Observation, Unreadable

Item = Observation | Unreadable
_SNOWFLAKE_EPOCH: Final = 1_288_834_974_657  # milliseconds; ids of posts carry their time since November 2010
_FIRST_SNOWFLAKE: Final = 1 << 35
_OWN_LINKS: Final = ("/photo/", "/video/")


def read(page: Page) -> Iterator[Item]:
    """Everything on a page but reposts, in its order. Raises `Unintelligible` when the page is not what is promised."""
    try:
        members = strict_json.members(page.body)
    except strict_json.BadJson as problem:
        if page.kind in ("item", "profile"):  # one item without its envelope, broken still: out of quarantine
            yield Unreadable(native=page.body, reason=problem.code)
            return
        raise Unintelligible(f"{page.endpoint} answered JSON of another shape than X's API promises.") from None
    if "data" not in members and page.kind in ("item", "profile") and not {"errors", "meta", "includes"} & set(members):
        yield Reader(page, Includes.of(page.context.get("includes"))).alone(page.body)
        return
    includes = Includes.of(members.get("includes"))
    reader = Reader(page, includes)
    reposts = b'"retweeted"' in page.body
    for native in _natives(members.get("data"), page):
        if not (reposts and _is_repost(native)):
            yield reader.alone(native)


def related(page: Page, native: bytes) -> str:
    """What stood around one item on its page (author, attachments, parent), as JSON text, for reading it again."""
    try:
        members = strict_json.members(page.body)
    except strict_json.BadJson:
        return str(page.context.get("includes") or "")
    return Includes.of(members.get("includes")).excerpt(native) or str(page.context.get("includes") or "")


def _natives(data: bytes | None, page: Page) -> list[bytes]:
    if data is None:
        return []
    if data[:1] == b"{":
        return [data]
    try:
        return strict_json.items(data)
    except strict_json.BadJson:
        raise Unintelligible(f"{page.endpoint} answered data that is no list.") from None


def _is_repost(native: bytes) -> bool:
    """A repost has no text of its own; what it shows is somebody else's. (It is not asked for, and can still come.)"""
    loaded = load_object(native)
    return not isinstance(loaded, Unreadable) and "retweeted" in _references(loaded[0], Drift())


class Reader:
    """Reads the items of one page."""

    def __init__(self, page: Page, includes: Includes = NOTHING) -> None:
        self._profile_page = page.kind == "profile"
        self._own: str | None = page.context.get("own")
        self._around = includes

    def alone(self, native: bytes) -> Item:
        loaded = load_object(native)
        if isinstance(loaded, Unreadable):
            return loaded
        item, repaired = loaded
        native_id = exact_id(item.get("id"))
        if native_id is None:
            return bad_id(native, item.get("id"))
        drift = Drift()
        make = self._profile if self._profile_page else self._post
        return finished(make(native_id, item, native, drift), drift, repaired=repaired)

    # ---------------------------------------------------------------- a post, or an answer to one

    def _post(self, shown_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        chain = chain_of(shown_id, item, drift)
        author_id = drift.id(item.get("author_id"))
        name, handle, avatar, drifted = self._around.authors.get(author_id or "", UNKNOWN)
        drift.seen = drift.seen or drifted
        own = author_id is not None and author_id == self._own
        references = _references(item, drift)
        conversation = drift.id(item.get("conversation_id"))
        kind, parent, root = self._place(chain, conversation, references.get("replied_to"), own)
        said, urls = _said(item, drift)
        attached = drift.object(item.get("attachments"))
        metrics = drift.object(item.get("public_metrics"))
        created, created_text, edited, edited_text = _times(chain, shown_id, drift.text(item.get("created_at")), drift)
        return Observation(
            kind=kind,
            native_id=chain[0],
            native=native,
            parent_native_id=parent,
            root_native_id=root,
            permalink=f"https://x.com/{handle or 'i'}/status/{shown_id}",
            author_id=author_id,
            author_name=name,
            author_handle=handle,
            author_is_account=own,
            author_avatar=avatar,
            body=_with_poll(spelled_out(said, urls), attached, self._around, drift),
            language=drift.text(item.get("lang")),
            created_at=created,
            created_at_text=created_text,
            edited_at=edited,
            edited_at_text=edited_text,
            media=_media(attached, self._around, drift),
            links=_links(urls),
            likes=count(metrics.get("like_count")),
            replies=count(metrics.get("reply_count")),
            shares=count(_either(metrics, "retweet_count", "repost_count")),
            flags=_flags(item, references, drift),
        )

    def _place(
        self, chain: Sequence[str], conversation: str | None, replied_to: str | None, own: bool
    ) -> tuple[Kind, str | None, str | None]:
        """Kind, parent and root. Somebody else's post that mentions the account is a comment without a root of ours."""
        parent = self._around.first_ids.get(replied_to, replied_to) if replied_to else None
        if conversation in chain or (conversation is None and parent is None):
            return ("post" if own else "comment"), None, None
        return ("comment" if parent in (None, conversation) else "reply"), parent, conversation

    # ---------------------------------------------------------------- the account itself

    def _profile(self, native_id: str, item: dict[str, Any], native: bytes, drift: Drift) -> Observation:
        entities = drift.object(item.get("entities"))
        in_bio = _urls({"entities": entities.get("description")}, drift)
        in_field = _urls({"entities": entities.get("url")}, drift)
        bio = spelled_out(drift.text(item.get("description")) or "", in_bio)
        website = spelled_out(drift.text(item.get("url")) or "", in_field)
        location = drift.text(item.get("location"))
        rows = "\n".join(f"{name}: {value}" for name, value in (("Location", location), ("Website", website)) if value)
        handle, created = drift.text(item.get("username")), drift.text(item.get("created_at"))
        avatar, banner = drift.text(item.get("profile_image_url")), drift.text(item.get("profile_banner_url"))
        pictures = {"avatar": avatar, "banner": banner}
        return Observation(
            kind="profile",
            native_id=native_id,
            native=native,
            permalink=f"https://x.com/{handle}" if handle else None,
            author_id=native_id,
            author_name=drift.text(item.get("name")),
            author_handle=handle,
            author_is_account=native_id == self._own,
            author_avatar=avatar,
            body="\n\n".join(part for part in (bio, rows) if part),
            created_at=drift.time(created),
            created_at_text=created,
            media=tuple(Media(id=f"{native_id}/{name}", url=url) for name, url in pictures.items() if url),
            links=_links([*in_bio, *in_field]),
            flags=named(
                ("protected", drift.truth(item.get("protected"))), ("verified", drift.truth(item.get("verified")))
            ),
        )


# --------------------------------------------------------------------------- versions of one post


def chain_of(shown_id: str, item: dict[str, Any], drift: Drift) -> list[str]:
    """Ids of all versions of a post, oldest first; its own id alone when X says nothing, or nothing that fits."""
    given = _either(item, "edit_history_tweet_ids", "edit_history_post_ids")
    if given is None:
        return [shown_id]
    if type(given) is list and len(given) == 1 and given[0] == shown_id:  # nearly always
        return given
    ids = [found for one in drift.array(given) if (found := drift.id(one)) is not None]
    if shown_id in ids:
        return ids
    drift.seen = True
    return [shown_id]


def moment_of(post_id: str) -> int | None:
    """When a post was made, to the second as X writes it, out of its id. Microseconds UTC."""
    if not (post_id.isascii() and post_id.isdigit()) or not _FIRST_SNOWFLAKE < int(post_id) < 2**63:
        return None
    return ((int(post_id) >> 22) + _SNOWFLAKE_EPOCH) // 1000 * 1_000_000


def _times(
    chain: Sequence[str], shown_id: str, said: str | None, drift: Drift
) -> tuple[int | None, str | None, int | None, str | None]:
    """Created and edited, each with X's own words for it. X dates a version, and has no field for "edited"."""
    moment = drift.time(said)
    if len(chain) == 1 or shown_id == chain[0]:
        return moment, said, None, None
    created, edited = moment_of(chain[0]), moment_of(shown_id)
    if created is None or edited is None:
        return moment, said, moment, said
    return created, said if moment == created else None, edited, said if moment == edited else None


# --------------------------------------------------------------------------- text, links, attachments


def _said(item: dict[str, Any], drift: Drift) -> tuple[str, list[tuple[str, str | None]]]:
    """A post's text, whole where X keeps the whole in a note beside it, and what the links in it lead to."""
    short, note = drift.text(item.get("text")) or "", _either(item, "note_tweet", "note_post")
    if note is None:
        return short, _urls(item, drift)
    whole = drift.text(drift.object(note).get("text"))
    return (short, _urls(item, drift)) if whole is None else (whole, _urls(note, drift))


def spelled_out(text: str, urls: Sequence[tuple[str, str | None]]) -> str:
    """Text as a person reads it: entities decoded, t.co links as what they lead to, the links to its own media gone."""
    for short, full in urls:
        if full is None:
            text = text.removesuffix(short).rstrip() if text.endswith(short) else text.replace(short, "")
        else:
            text = text.replace(short, full)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if "&" in text else text


def _urls(holder: dict[str, Any], drift: Drift) -> list[tuple[str, str | None]]:
    """(t.co link, what it leads to) of a text's entities; None for the link by which a post shows its own media."""
    entities = holder.get("entities")
    if not entities:
        return []
    found: list[tuple[str, str | None]] = []
    for one in drift.objects(drift.object(entities).get("urls")):
        short, full = drift.text(one.get("url")), drift.text(one.get("expanded_url"))
        if short and full:
            own = one.get("media_key") is not None or ("/status/" in full and any(part in full for part in _OWN_LINKS))
            found.append((short, None if own else full))
    return found


def _links(urls: Sequence[tuple[str, str | None]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(full for _, full in urls if full)) if urls else ()


def _media(attached: dict[str, Any], around: Includes, drift: Drift) -> tuple[Media, ...]:
    keys = attached.get("media_keys")
    if not keys:
        return ()
    return tuple(_medium(key, around.media.get(key), drift) for one in drift.array(keys) if (key := drift.id(one)))


def _medium(key: str, shown: dict[str, Any] | None, drift: Drift) -> Media:
    """A picture, or the best copy of a film. What X names and does not show is missing, and is recorded so."""
    if shown is None:
        return Media(id=key, url="", outcome="missing")
    alt = drift.text(shown.get("alt_text"))
    copies = [v for v in drift.objects(shown.get("variants")) if v.get("url") and count(v.get("bit_rate")) is not None]
    if copies:
        best = max(copies, key=lambda v: count(v.get("bit_rate")) or 0)
        return Media(id=key, url=drift.text(best.get("url")) or "", alt=alt, mime=drift.text(best.get("content_type")))
    url = drift.text(shown.get("url")) or drift.text(shown.get("preview_image_url"))
    return Media(id=key, url=url, alt=alt) if url else Media(id=key, url="", alt=alt, outcome="missing")


def _with_poll(body: str, attached: dict[str, Any], around: Includes, drift: Drift) -> str:
    """A poll's question is the text; its options belong to it. Votes are counts, and left out."""
    if not attached.get("poll_ids"):
        return body
    polls = [around.polls.get(drift.id(one) or "") or {} for one in drift.array(attached["poll_ids"])]
    labels = [drift.text(option.get("label")) for poll in polls for option in drift.objects(poll.get("options"))]
    return "\n".join([body, *(f"- {label}" for label in labels if label)])


def _references(item: dict[str, Any], drift: Drift) -> dict[str, str | None]:
    """What a post refers to, by how: `replied_to`, `quoted` or `retweeted`, and the id of the post that it means."""
    given = _either(item, "referenced_tweets", "referenced_posts")
    if given is None:
        return _NO_REFERENCES
    return {how: drift.id(r.get("id")) for r in drift.objects(given) if (how := drift.text(r.get("type")))}


_NO_REFERENCES: Final[dict[str, str | None]] = {}


def _flags(item: dict[str, Any], references: dict[str, str | None], drift: Drift) -> tuple[str, ...]:
    settings, sensitive = item.get("reply_settings"), item.get("possibly_sensitive")
    quotes, withheld = "quoted" in references, item.get("withheld") is not None
    if settings in ("everyone", None) and not (sensitive or quotes or withheld):  # nearly always
        return ()
    settings = drift.text(settings) or "everyone"
    return named(
        ("quote", quotes), ("sensitive", drift.truth(sensitive)), ("withheld", withheld),
        (f"replies_{settings}", settings != "everyone"),
    )  # fmt: skip


def _either(holder: dict[str, Any], older: str, newer: str) -> Any:
    """A member under its name in either dialect."""
    found = holder.get(older)
    return holder.get(newer) if found is None else found
