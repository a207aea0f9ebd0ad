"""What a reader sees of the records, in the order in which people read: by account, threads in context.

One place decides it for paper, page and load files, from the ShownItems alone. Every hit has its entry, a withheld one
too: it stands where the search has it, and says nothing but its number and its exemption.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from social_archive.foia.bundle.model import Contents
from social_archive.foia.bundle.native import media_path
from social_archive.foia.dispositions import Item, Outcome, Row, ShownItem, ShownMedia, ShownVersion, token
from social_archive.foia.media import NEEDS_A_PERSON
from social_archive.threads import Node, Thread, tree

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

STATES: Final = {
    "hidden": "hidden on the platform when it was captured",
    "held_for_review": "held for review, not published when it was captured",
    "missing_unconfirmed": "not seen any more; whether it was removed is not confirmed",
    "deleted": "removed from the platform",
    "account_gone": "its account is gone from the platform",
    "inaccessible": "could not be reached any more",
}
_NOT_HERE: Final = {
    "pending": "not fetched yet", "missing": "the platform no longer had it", "blocked": "could not be fetched",
    "too_large": "too large to be fetched", "failed": "could not be fetched",
}  # fmt: skip


@dataclass(frozen=True)
class Attachment:
    """One attachment. `file`: its name in the bundle's folder `media`, "" if it is not there; `remark` says why."""

    number: int
    file: str
    mime: str
    size: int
    alt: str
    remark: str


@dataclass(frozen=True)
class Said:
    """One version. `posted`, `edited`, `captured`: local time with its zone, and UTC; empty where nobody said.

    `codes`: of the cuts of this version; only their tokens are marks, whatever else somebody may have typed.
    """

    version: int
    who: str
    handle: str
    official: bool
    posted: tuple[str, str]
    edited: tuple[str, str]
    captured: tuple[str, str]
    state: str
    text: str = field(repr=False)
    codes: tuple[str, ...]
    links: tuple[str, ...]
    permalink: str
    attachments: tuple[Attachment, ...]
    removed: str


@dataclass(frozen=True)
class Entry:
    """One hit, at its depth in its thread. `answers` says so where what it answers is not here."""

    control: str
    outcome: Outcome
    codes: tuple[str, ...]
    kind: str
    depth: int
    answers: str
    versions: tuple[Said, ...] = field(repr=False)
    certificate: str = ""

    @property
    def ending(self) -> str:
        """What became of one of which nothing is shown."""
        if self.outcome == "withheld":
            return f"withheld, {', '.join(self.codes)}"
        return f"destroyed on schedule before this answer, certificate {self.certificate or 'pending'}"


@dataclass(frozen=True)
class Group:
    """What there is of one account. `platform` is empty for hits of which nothing may be said."""

    platform: str
    account: str
    title: str
    entries: tuple[Entry, ...] = field(repr=False)


def groups(contents: Contents) -> list[Group]:
    """Every hit once, by account in the order of the search, its threads put together. Made once for all writers."""
    items, known = contents.shared.get("groups", (None, []))
    if items is not contents.items:
        known = _groups(contents)
        contents.shared["groups"] = (contents.items, known)
    return known


def _groups(contents: Contents) -> list[Group]:
    zone = ZoneInfo(contents.agency.body.time_zone)
    return [Group(platform, account, account_title(contents, platform, account), tuple(_entries(items, zone)))
            for (platform, account), items in _by_account(contents.items).items()]  # fmt: skip


def account_title(contents: Contents, platform: str, account: str) -> str:
    """What an account is called: its platform and its handle there."""
    known = next((a for a in contents.agency.accounts if (a.platform, a.name) == (platform, account)), None)
    handle = known.handle if known is not None and known.handle else account
    return f"{_platform(platform)} · {handle}" if platform else "Records of which nothing is shown"


@lru_cache(maxsize=64)
def _platform(name: str) -> str:
    from social_archive import platforms

    known = platforms.registry().get(name)
    return known.title if known is not None else name


def media_name(item: Item, version: ShownVersion, media: ShownMedia) -> str:
    """The name of an attachment's file in the bundle's folder `media`; "" if it is not there."""
    return (media_path(item, version, media) or "").rpartition("/")[2]


# --------------------------------------------------------------------------- the order


def _by_account(items: Sequence[ShownItem]) -> dict[tuple[str, str], list[ShownItem]]:
    """Items by account, accounts and items in the order of the search."""
    accounts = _accounts(items)
    placed: dict[tuple[str, str], list[ShownItem]] = {}
    for item in items:
        placed.setdefault(accounts[item.item.control], []).append(item)
    return placed


def _accounts(items: Sequence[ShownItem]) -> dict[str, tuple[str, str]]:
    """Control number -> (platform, account). One that shows nothing is where its thread is, or else its neighbour."""
    found: dict[str, tuple[str, str]] = {}
    for item in items:
        if item.versions:
            row = item.versions[0].row
            found[item.item.control] = (row.get("platform") or "", row.get("account") or "")
    for item in (*items, *reversed(items)):
        own, above = item.item.control, item.answers or ""
        if above in found and own not in found:
            found[own] = found[above]
        elif above and above not in found and own in found:
            found[above] = found[own]
    last = next(iter(found.values()), ("", ""))
    for item in items:
        last = found.setdefault(item.item.control, last)
    return found


def _entries(items: Sequence[ShownItem], zone: ZoneInfo) -> Iterator[Entry]:
    """Threads in the order in which the search has their first hit, each with all that answers it."""
    by_control = {item.item.control: item for item in items}
    for depth, node in Thread("", tree([_node(item) for item in items]), len(items), []).walk():
        yield _entry(by_control[node.item["native_id"]], depth, node.orphan, zone)


_ELSEWHERE: Final = "a record that is no hit"
_CUT: Final = "what it answers is cut"


def _node(item: ShownItem) -> Node:
    """Threads go by control numbers, which are there also where the platform's ids are cut."""
    parent = item.answers
    if parent is None and item.versions:
        rows = [version.row for version in item.versions]
        if any(row.get("parent_native_id") for row in rows):
            parent = _ELSEWHERE
        elif rows[0].get("kind") not in _TOP and any("identity" in version.cut for version in item.versions):
            parent = _CUT
    return Node({"rid": item.item.hit.rid, "native_id": item.item.control, "parent_native_id": parent}, [])


_TOP: Final = ("post", "profile", "story", "setting")
"""Kinds that answer nothing."""


def _answers(item: ShownItem, orphan: bool) -> str:
    if not orphan:
        return ""
    if _node(item).item["parent_native_id"] == _CUT:
        return "what it answers is redacted"
    return "answers a post or comment that is not part of this answer"


# --------------------------------------------------------------------------- one entry


def _entry(item: ShownItem, depth: int, orphan: bool, zone: ZoneInfo) -> Entry:
    one = item.item
    if not item.versions:
        return Entry(one.control, one.outcome, one.codes, "", depth, "", (), one.certificate or "")
    said: list[Said] = []
    for version in item.versions:
        said.append(_said(one, version, zone, said[-1] if said else None))
    kind = item.versions[0].row.get("kind") or "record"
    return Entry(one.control, one.outcome, one.codes, kind, depth, _answers(item, orphan), tuple(said))


def _said(item: Item, version: ShownVersion, zone: ZoneInfo, before: Said | None) -> Said:
    """One that only says that something is gone names nobody and no time of posting: those are as they were before."""
    row, cut = version.row, version.cut
    gone = before is not None and row.get("body") is None and not (row.get("author_id") or row.get("author_name"))
    return Said(
        version=version.version, who=before.who if gone and before else _who(row, cut),
        handle=before.handle if gone and before else _handle(row), official=bool(row.get("author_is_account")),
        posted=before.posted if gone and before and not row.get("created_at") else moment(row.get("created_at"), zone),
        edited=moment(row.get("edited_at"), zone),
        captured=moment(row.get("observed_at"), zone), state=STATES.get(row.get("state") or "", ""),
        text=row.get("body") or (_tokens(cut["body"]) if "body" in cut else ""),
        codes=tuple(sorted({code for codes in cut.values() for code in codes})),
        links=tuple(row.get("links") or ()), permalink=row.get("permalink") or "",
        attachments=tuple(_attachment(item, version, media) for media in version.media),
        removed=_removed(cut),
    )  # fmt: skip


def _who(row: Row, cut: dict[str, tuple[str, ...]]) -> str:
    if name := row.get("author_name") or row.get("author_handle") or row.get("author_id"):
        return str(name)
    return _tokens(cut["author"]) if "author" in cut else "nobody is named"


def _handle(row: Row) -> str:
    handle = row.get("author_handle") if row.get("author_name") else None
    return "" if not handle else handle if handle.startswith(("@", "[")) else f"@{handle}"


def _tokens(codes: Sequence[str]) -> str:
    return " ".join(token(code) for code in codes)


FIELDS: Final = {
    "author": "the author", "body": "words of the text", "context": "language and counts", "gap": "a gap",
    "identity": "its number and address on the platform", "links": "links", "media": "details of attachments",
    "origin": "its account", "provenance": "where it was fetched", "state": "its state", "times": "its times",
    "native": "the platform's own data", "body_html": "the text's markup",
}  # fmt: skip
"""The committed fields, as a reader knows them."""

REPEATS: Final = frozenset({"native", "body_html"})
"""What repeats other fields, and so goes with them."""


def field_words(name: str) -> str:
    kind, _, number = name.partition(":")
    if kind == "alt":
        return f"the description of attachment {int(number) + 1}" if number.isdigit() else "a description"
    return FIELDS.get(name, name)


def _removed(cut: dict[str, tuple[str, ...]]) -> str:
    """What is cut of a version, in words: not what only repeats it, unless nothing else is cut."""
    names = [name for name in sorted(cut) if name not in REPEATS] or sorted(cut)
    return "; ".join(f"{field_words(name)}, {', '.join(cut[name])}" for name in names)


def _attachment(item: Item, version: ShownVersion, media: ShownMedia) -> Attachment:
    name = media_name(item, version, media)
    remark = ""
    if media.code is not None:
        unsure = "; a machine could not look into it" if media.outcome == NEEDS_A_PERSON else ""
        remark = f"withheld, {media.code}{unsure}"
    elif not name:
        remark = f"not in the archive: {_NOT_HERE.get(media.outcome, media.outcome)}"
    elif media.derivative is not None:
        remark = "without the file's hidden data"
    return Attachment(media.number, name, media.mime, media.size, media.alt or "", remark)


# --------------------------------------------------------------------------- times


def moment(value: Any, zone: ZoneInfo) -> tuple[str, str]:
    """A time as people write it: on the body's own clock with the zone, and in UTC. Empty for none."""
    if value is None:
        return "", ""
    at = value.astimezone(UTC) if isinstance(value, datetime) else _EPOCH + timedelta(microseconds=value)
    return _local(at.replace(microsecond=0), zone)


@lru_cache(maxsize=65_536)
def _local(at: datetime, zone: ZoneInfo) -> tuple[str, str]:
    there = at.astimezone(zone)
    return f"{there.isoformat(' ')[:19]} {there.tzname()}", f"{at.isoformat(' ')[:19]} UTC"
