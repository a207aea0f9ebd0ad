"""Reading Bluesky's JSON: pages into observations. Pure: no network, no clock.

What counts as evidence (text, links, attachments, parent) is taken from the author's record alone, so that a post
reads the same in a feed, in a thread, by its id and in the repository. Views add names, counts and labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

from social_archive.platforms.atproto import AtUri, at_uri
from social_archive.platforms.base import Page
from social_archive.platforms.bluesky_thread import walk
from social_archive.platforms.strict_json import BadJson, items, load_item, members
from social_archive.record import Kind, Media, Observation, State, Unreadable, parse_time

POSTS: Final = "app.bsky.feed.post"
_LINK: Final = "app.bsky.richtext.facet#link"
_LARGEST: Final = 1 << 62

Item = Observation | Unreadable


def read(page: Page, handle: str) -> Iterator[Item]:
    """The items of a page by the shape that its context names."""
    try:
        yield from _READERS[page.context["shape"]](page, handle)
    except (BadJson, KeyError) as problem:  # the envelope itself: keep the whole answer
        reason = getattr(problem, "code", "wrong_envelope")
        yield Unreadable(native=page.body, reason=reason, detail=f"The answer as a whole ({page.kind}).")


# --------------------------------------------------------------------------- pages


def _feed(page: Page, handle: str) -> Iterator[Item]:
    for raw in items(members(page.body)["feed"]):
        try:
            entry = members(raw)
            reason = _dict(load_item(entry["reason"])[0]) if "reason" in entry else {}
            if str(reason.get("$type", "")).endswith("#reasonRepost"):
                continue  # somebody else's words
            yield _view(entry["post"], page, hidden=_gate_over(entry.get("reply")))
        except (BadJson, KeyError) as problem:
            yield Unreadable(native=raw, reason=getattr(problem, "code", "no_post"))


def _gate_over(raw_reply: bytes | None) -> list[str]:
    """What the thread gate of the thread hides that an own reply stands in."""
    if raw_reply is None:
        return []
    try:
        root = _dict(_dict(load_item(raw_reply)[0]).get("root"))
    except BadJson:
        return []
    return _strings(_dict(_dict(root.get("threadgate")).get("record")).get("hiddenReplies"))


def _records(page: Page, handle: str) -> Iterator[Item]:
    """Records as the account's own server lists them; only those that the feed did not show."""
    only = set(page.context["only"])
    for raw in items(members(page.body)["records"]):
        item = _bare(raw, page, handle)
        if isinstance(item, Unreadable) or item.native_id in only:
            yield item


def _record(page: Page, handle: str) -> Iterator[Item]:
    yield _bare(page.body, page, handle, hidden=page.context.get("hidden", ()))


def _posts(page: Page, handle: str) -> Iterator[Item]:
    for raw in items(members(page.body)["posts"]):
        yield _view(raw, page, hidden=page.context.get("hidden", ()))


def _thread(page: Page, handle: str) -> Iterator[Item]:
    """Everything below the post that was asked for. Blocked and missing posts hold no words."""
    hidden = frozenset(page.context["hidden"])
    for raw, node, _ in walk(members(page.body)["thread"]):
        if node is None:
            yield Unreadable(native=raw, reason="bad_node")
        elif "post" in node:
            item = _view(node["post"], page, hidden=hidden)
            if isinstance(item, Unreadable) or item.native_id != page.context["anchor"]:
                yield item


def _others(page: Page, handle: str) -> Iterator[Item]:
    """Replies kept out of the thread proper; only those that it did not show all the same."""
    only = set(page.context["only"])
    hidden = frozenset(page.context["hidden"])
    for raw in items(members(page.body)["thread"]):
        try:
            entry = members(raw)
            value = members(entry["value"])
            if "post" not in value:
                continue
            by_gate = value.get("hiddenByThreadgate") == b"true"
            item = _view(value["post"], page, hidden=hidden, surely_hidden=by_gate)
            if isinstance(item, Unreadable) or item.native_id in only:
                yield item
        except (BadJson, KeyError) as problem:
            yield Unreadable(native=raw, reason=getattr(problem, "code", "no_value"))


def _profile(page: Page, handle: str) -> Iterator[Item]:
    view, repaired = load_item(page.body)
    did = view.get("did") if isinstance(view, dict) else None
    if not isinstance(did, str) or not did.startswith("did:"):
        yield Unreadable(native=page.body, reason="no_id")
        return
    pictures = [_picture(view.get(name)) for name in ("avatar", "banner")]
    yield Observation(
        kind="profile",
        native_id=did,
        native=page.body,
        permalink=f"https://bsky.app/profile/{did}",
        author_id=did,
        author_name=_text(view.get("displayName")),
        author_handle=_text(view.get("handle")),
        author_is_account=did == page.context["did"],
        author_avatar=_text(view.get("avatar")),
        body=_text(view.get("description")),
        created_at=parse_time(_text(view.get("createdAt"))),
        created_at_text=_text(view.get("createdAt")),
        flags=_flags(view, {}, repaired),
        # The pinned post is part of what a profile shows; as a link, another pin makes another version.
        links=tuple(link for link in (_text(view.get("website")), _pinned(view)) if link),
        media=tuple(picture for picture in pictures if picture),
    )


def _pinned(view: dict[str, Any]) -> str | None:
    """The address of the pinned post (`pinnedPost` of app.bsky.actor.defs#profileViewDetailed)."""
    name = at_uri(_dict(view.get("pinnedPost")).get("uri"))
    return _address(name) if name is not None else None


def _address(name: AtUri) -> str:
    return f"https://bsky.app/profile/{name.did}/post/{name.rkey}"


def _evidence(page: Page, handle: str) -> Iterator[Item]:
    """An answer that proves a state and holds no words."""
    return iter(())


_READERS: Final = {
    "profile": _profile, "feed": _feed, "records": _records, "record": _record,
    "posts": _posts, "thread": _thread, "others": _others, "evidence": _evidence,
}  # fmt: skip


# --------------------------------------------------------------------------- one post


def _view(raw: bytes, page: Page, *, hidden: Any = (), surely_hidden: bool = False) -> Item:
    """A post as a service shows it (`app.bsky.feed.defs#postView`)."""
    try:
        view, repaired = load_item(raw)
    except BadJson as problem:
        return Unreadable(native=raw, reason=problem.code)
    if not isinstance(view, dict):
        return Unreadable(native=raw, reason="not_an_object")
    o = _post(raw, view, view.get("record"), page, repaired)
    if isinstance(o, Unreadable):
        return o
    author = _dict(view.get("author"))
    if author.get("did") == o.author_id:
        o.author_name = _text(author.get("displayName"))
        o.author_handle = _text(author.get("handle"))
        o.author_avatar = _text(author.get("avatar"))
    o.likes = _count(view.get("likeCount"))
    o.replies = _count(view.get("replyCount"))
    shares = [_count(view.get(name)) for name in ("repostCount", "quoteCount")]
    o.shares = sum(n for n in shares if n is not None) if any(n is not None for n in shares) else None
    o.state = _state(o.native_id, hidden, surely_hidden)
    return o


def _bare(raw: bytes, page: Page, handle: str, *, hidden: Any = ()) -> Item:
    """A post as a repository holds it: `{uri, cid, value}`."""
    try:
        entry, repaired = load_item(raw)
    except BadJson as problem:
        return Unreadable(native=raw, reason=problem.code)
    if not isinstance(entry, dict):
        return Unreadable(native=raw, reason="not_an_object")
    o = _post(raw, entry, entry.get("value"), page, repaired)
    if isinstance(o, Observation):
        o.state = _state(o.native_id, hidden, False)
        if o.author_is_account and not handle.startswith("did:"):
            o.author_handle = handle.lstrip("@")
    return o


def in_repository(block: bytes, uri: str, record: Any, did: str, hidden: Any = ()) -> Item:
    """A record out of an account's exported repository, `block` being its bytes there, read as a server would show it.

    Attachments are named by their blobs; the caller knows where their files are.
    """
    page = Page(kind="posts", endpoint="", body=b"", response_sha256="", http_date=None, observed_at=0,
                context={"did": did, "pds": ""})  # fmt: skip
    item = _post(block, {"uri": uri}, record, page, False)
    if isinstance(item, Observation):
        item.state = _state(uri, hidden, False)
    return item


def _state(uri: str, hidden: Any, surely_hidden: bool) -> State:
    return "hidden" if surely_hidden or uri in hidden else "present"


def _post(raw: bytes, outer: dict[str, Any], record: Any, page: Page, repaired: bool) -> Item:
    uri = outer.get("uri")
    name = at_uri(uri)
    if name is None or not isinstance(uri, str):
        return Unreadable(native=raw, reason="no_id", detail="`uri` is missing or is not an at:// URI.")
    if not isinstance(record, dict):
        return Unreadable(native=raw, reason="no_record")
    own = page.context["did"]
    reply = _dict(record.get("reply"))
    parent, root = (_text(_dict(reply.get(end)).get("uri")) for end in ("parent", "root"))
    created, created_text, flags = _created(record, outer)
    if not isinstance(record.get("text"), str):
        flags = (*flags, "schema_drift")
    return Observation(
        kind=_kind(parent, root, own),
        native_id=uri,
        native=raw,
        parent_native_id=parent,
        root_native_id=root,
        permalink=_address(name),
        author_id=name.did,
        author_is_account=name.did == own,
        body=_text(record.get("text")),
        language=next(iter(_strings(record.get("langs"))), None),
        created_at=created,
        created_at_text=created_text,
        flags=(*_flags(outer, record, repaired), *flags),
        media=tuple(_media(record, outer, name, page.context)) if "embed" in record else (),
        links=tuple(_links(record)) if "embed" in record or "facets" in record else (),
    )


def _kind(parent: str | None, root: str | None, own: str) -> Kind:
    if parent is None and root is None:
        return "post"
    root_name = at_uri(root)
    return "comment" if parent == root and root_name is not None and root_name.did == own else "reply"


def _created(record: dict[str, Any], outer: dict[str, Any]) -> tuple[int | None, str | None, tuple[str, ...]]:
    """The time that the author's client declared; the service's own only when that is no time at all."""
    text = _text(record.get("createdAt"))
    declared = parse_time(text)
    if declared is not None:
        return declared, text, ()
    indexed = parse_time(_text(outer.get("indexedAt")))
    return indexed, text, ("created_at_from_index",) if indexed is not None else ("created_at_unusable",)


def _flags(outer: dict[str, Any], record: dict[str, Any], repaired: bool) -> tuple[str, ...]:
    """Labels put on it by moderators (`label:spam`) or by its author, and repairs to its text."""
    labels = [*_dicts(outer.get("labels")), *_dicts(_dict(record.get("labels")).get("values"))]
    values = {_text(label.get("val")) for label in labels if label.get("neg") is not True}
    return (*sorted(f"label:{value}" for value in values if value), *(("text_repaired",) if repaired else ()))


# --------------------------------------------------------------------------- links and attachments


def _links(record: dict[str, Any]) -> Iterator[str]:
    found: dict[str, None] = {}  # in order, once each
    for facet in _dicts(record.get("facets")):
        for feature in _dicts(facet.get("features")):
            if feature.get("$type") == _LINK and (uri := _text(feature.get("uri"))):
                found[uri] = None
    embed = _dict(record.get("embed"))
    for part in (embed, _dict(embed.get("media"))):
        if uri := _text(_dict(part.get("external")).get("uri")):
            found[uri] = None
    quoted = _dict(embed.get("record"))
    if uri := _text(quoted.get("uri")) or _text(_dict(quoted.get("record")).get("uri")):
        found[uri] = None
    yield from found


def _media(record: dict[str, Any], outer: dict[str, Any], name: AtUri, context: dict[str, Any]) -> Iterator[Media]:
    """Attachments by the hash of their blob. Own ones come as uploaded from the own server, others' from the CDN."""
    embed = _dict(record.get("embed"))
    shown = _shown_urls(_dict(outer.get("embed")))
    for part in (embed, _dict(embed.get("media"))):
        for image in _dicts(part.get("images")):
            yield from _blob(image.get("image"), _text(image.get("alt")), name, context, shown)
        yield from _blob(part.get("video"), _text(part.get("alt")), name, context, shown)
        for caption in _dicts(part.get("captions")):
            yield from _blob(caption.get("file"), None, name, context, shown)
        yield from _blob(_dict(part.get("external")).get("thumb"), None, name, context, shown)


def _blob(blob: Any, alt: str | None, name: AtUri, context: dict[str, Any], shown: dict[str, str]) -> Iterator[Media]:
    blob = _dict(blob)
    cid = _text(_dict(blob.get("ref")).get("$link")) or _text(blob.get("cid"))
    if cid is None:
        return
    home = context["pds"] if name.did == context["did"] else _dict(context.get("homes")).get(name.did)
    if home:
        url = f"{home}/xrpc/com.atproto.sync.getBlob?did={quote(name.did, safe=':')}&cid={quote(cid)}"
    else:
        url = shown.get(cid) or f"https://cdn.bsky.app/img/feed_fullsize/plain/{name.did}/{quote(cid)}"
    yield Media(id=cid, url=url, alt=alt or None, mime=_text(blob.get("mimeType")))


def _shown_urls(embed: dict[str, Any]) -> dict[str, str]:
    """Where the service shows each attachment, by blob: its URLs end in the blob's hash."""
    urls: list[str | None] = []
    for part in (embed, _dict(embed.get("media"))):
        urls += [_text(image.get("fullsize")) for image in _dicts(part.get("images"))]
        urls.append(_text(_dict(part.get("external")).get("thumb")))
    return {_cid_in(url): url for url in urls if url}


def _cid_in(url: str) -> str:
    return url.split("?", 1)[0].rpartition("/")[2].partition("@")[0]


def _picture(url: Any) -> Media | None:
    return Media(id=_cid_in(url), url=url) if isinstance(url, str) and url else None


# --------------------------------------------------------------------------- thread gates and roots


def hidden_in_gate(raw: bytes) -> list[str]:
    """URIs that a thread gate hides: of its view (`record`) or of its record (`value`)."""
    try:
        gate = _dict(load_item(raw)[0])
    except BadJson:
        return []
    return _strings(_dict(gate.get("record") or gate.get("value")).get("hiddenReplies"))


def root_of(raw_record: bytes) -> str | None:
    """The root of the thread that a bare record (`{uri, cid, value}`) replies in."""
    try:
        value = _dict(_dict(load_item(raw_record)[0]).get("value"))
    except BadJson:
        return None
    return _text(_dict(_dict(value.get("reply")).get("root")).get("uri"))


# --------------------------------------------------------------------------- what a value must be


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _strings(value: Any) -> list[str]:
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def _count(value: Any) -> int | None:
    """A count as Parquet can hold it; counts are context, so an odd one is dropped, not quarantined."""
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST else None
