"""Checking the accounts' profile notices, and keeping what was seen.

Each check that saw something new leaves one object of class `notice` (what every place said, word for word), beside it
the bytes of the page that it read, and one entry `policy.notice` of the ledger. A check that saw the same leaves an
entry once a day, so that the ledger shows that somebody looked. The entry names account, result and counts, no words.

Everything here follows from the ledger and the objects that it names: any worker comes to the same answer.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import pyarrow.compute as pc
import pyarrow.parquet as pq

from social_archive.accession import describe, seal
from social_archive.errors import ArchiveError, NotFound
from social_archive.ledger import EMPTY, Draft, HeadMoved
from social_archive.policy.notice.page import Page, Unread, fetch
from social_archive.policy.notice.verdict import RANK, Place, Result, Verdict, Where, judge, pages_to_read
from social_archive.policy.notice.wording import Requirement, read
from social_archive.record import canonical, micros

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.config import Account

CLASS: Final = "notice"
WHAT: Final = "policy.notice"

Note = dict[str, Any]

SAYS: Final[dict[Result, str]] = {
    "in_profile": "stands in the profile", "by_link": "stands on a page that the profile links to",
    "partial": "says only a part of what it must", "absent": "is absent", "unreadable": "could not be read",
}  # fmt: skip
"""The results as ends of a sentence that begins with "The notice"."""


class NoNotice(ArchiveError):
    """The agency's policy asks its profiles for no notice."""

    remedy = "Add `notices:` to policy.yaml, as docs/policy.md shows. Nothing was looked at."


@dataclass(frozen=True)
class Checked:
    """One check of one account. `entry` is the ledger's; None if the same was seen today already."""

    platform: str
    account: str
    verdict: Verdict
    entry: int | None
    changed: bool
    was: Result | None  # the result of the check before


@dataclass(frozen=True)
class Regression:
    """An account that told the public more than it tells now. `since` is when that was first seen."""

    was: Result
    now: Result
    since: datetime


# --------------------------------------------------------------------------- checking


def check(
    archive: Archive, account: Account, *, now: datetime | None = None, get: Callable[..., Page] = fetch
) -> Checked:
    """Look at one account's profile as the archive has it, and at what it links to; keep what is new.

    A page that cannot be read is part of the answer. Raises NoNotice, StoreError.
    """
    requirement = requirement_of(archive)
    now = now or datetime.now(UTC)
    archive.catalog.catch_up()
    pages: dict[str, Page] = {}
    verdict = judge(list(_places(archive, account, requirement, pages, get)))
    return _keep(archive, account, verdict, pages, now)


def requirement_of(archive: Archive) -> Requirement:
    """What the agency's profiles have to say. Raises NoNotice."""
    policy = archive.agency.policy
    requirement = Requirement.of(policy) if policy is not None else None
    if requirement is None:
        raise NoNotice("policy.yaml asks the profiles for no notice.")
    return requirement


def _places(
    archive: Archive, account: Account, requirement: Requirement, pages: dict[str, Page], get: Callable[..., Page]
) -> Iterable[Place]:
    """The places in the order in which a visitor meets them, until one says all."""
    profile = archive.catalog.reading(lambda: _profile(archive, account))
    if profile is None:
        yield Place("profile", None, problem="The archive has no profile of this account.", code="no_profile")
        return
    if profile["state"] != "present":
        said = f"The profile is not shown any more ({profile['state'].replace('_', ' ')})."
        yield Place("profile", profile["observed_at"], problem=said, code=profile["state"], rid=profile["rid"])
        return
    seen = _place("profile", profile, requirement)
    yield seen
    if seen.is_whole:
        return
    pinned = _pinned(archive, account, profile, requirement)
    if pinned is not None:
        yield pinned
        if pinned.is_whole:
            return
    known = [place.address for place in (seen, pinned) if place is not None and place.address]
    for link in pages_to_read(profile["links"] or (), not_these=known):
        yield (place := _page(link, requirement, pages, get))
        if place.is_whole:
            return


def _place(where: Where, row: dict[str, Any], requirement: Requirement) -> Place:
    """A record that was read."""
    return Place(where, row["observed_at"], read(row["body"] or "", requirement), address=row["permalink"] or "",
                 rid=row["rid"], version=row["version"])  # fmt: skip


def once(get: Callable[..., Page] = fetch) -> Callable[..., Page]:
    """`get` that asks for each page once, for a run over many accounts that link to the same page."""
    known: dict[str, Page | Unread] = {}

    def remembered(address: str, **how: Any) -> Page:
        if address not in known:
            try:
                known[address] = get(address, **how)
            except Unread as unread:
                known[address] = unread
        found = known[address]
        if isinstance(found, Unread):
            raise found
        return found

    return remembered


def _page(link: str, requirement: Requirement, pages: dict[str, Page], get: Callable[..., Page]) -> Place:
    try:
        page = get(link, allow_local=requirement.allow_local)
    except Unread as unread:
        return Place("page", None, problem=unread.said, code=unread.code, address=link)
    pages[link] = page
    return Place("page", page.fetched_at, read(page.text, requirement), address=link)


_PROFILE: Final = [
    "rid", "version", "native_id", "state", "body", "links", "permalink", "observed_at", "author_is_account", "native",
    "adapter",
]  # fmt: skip


def _profile(archive: Archive, account: Account) -> dict[str, Any] | None:
    """The version of the account's own profile that stands: the one that was seen last."""
    rows = _rows(archive, account, pc.field("kind") == "profile")
    return max(rows, key=lambda row: (row["author_is_account"], row["observed_at"], row["version"]), default=None)


def _rows(archive: Archive, account: Account, wanted: pc.Expression) -> list[dict[str, Any]]:
    objects = [o for o in archive.catalog.objects("records")
               if (o.platform, o.account) == (account.platform, account.name)]  # fmt: skip
    tables = (pq.read_table(path, columns=_PROFILE, filters=wanted, partitioning=None)
              for path in archive.mirror.paths(objects))  # fmt: skip
    rows = [row for table in tables for row in table.to_pylist()]
    return [{**row, "observed_at": micros(row["observed_at"])} for row in rows]


def _pinned(archive: Archive, account: Account, profile: dict[str, Any], requirement: Requirement) -> Place | None:
    """The pinned post, where the platform's answer on the profile names one. Bluesky's does; no other one's does."""
    native_id = pinned_in(account.platform, profile["native"])
    if native_id is None:
        return None
    posts = archive.catalog.reading(lambda: _rows(archive, account, pc.field("native_id") == native_id))
    post = max(posts, key=lambda row: row["version"], default=None)
    if post is None or post["state"] != "present":
        return Place("pinned", None, problem="The archive does not have the pinned post.", code="no_post")
    return _place("pinned", post, requirement)


def pinned_in(platform: str, native: bytes) -> str | None:
    """The id of the pinned post that a profile's own bytes name (`pinnedPost` of app.bsky.actor.defs)."""
    if platform != "bluesky":
        return None
    try:
        uri = json.loads(native)["pinnedPost"]["uri"]
    except (ValueError, KeyError, TypeError):
        return None
    return uri if isinstance(uri, str) else None


# --------------------------------------------------------------------------- keeping


def _keep(archive: Archive, account: Account, verdict: Verdict, pages: dict[str, Page], now: datetime) -> Checked:
    """Write what was seen, at a head at which nobody else has written the same."""
    seen, day = fingerprint(verdict), _day(archive, now)
    made: _Written | None = None
    began = (archive.catalog.head or EMPTY).n
    while True:
        head = archive.catalog.catch_up()
        notes = history(archive, account.platform, account.name)
        last = notes[-1] if notes else None
        was = last["result"] if last else None
        changed = last is None or last["seen"] != seen
        if not changed and last is not None and last["day"] == day:
            _drop(archive, made)
            return Checked(account.platform, account.name, verdict, None, changed=False, was=was)
        if changed and made is None:
            made = _write(archive, account, verdict, pages, now)
        note = _note(account, verdict, seen, day, made.key if changed and made else None)
        objects = made.described if changed and made else []
        draft = Draft(WHAT, archive.txn(WHAT, account.platform, account.name, seen, day), objects=objects,
                      note=note)  # fmt: skip
        try:
            entry = archive.ledger.append(draft, head or EMPTY, since=began)
        except HeadMoved:
            continue
        archive.catalog.catch_up()
        if changed:
            seal(archive, entry.header["objects"])
        else:
            _drop(archive, made)
        return Checked(account.platform, account.name, verdict, entry.n, changed=changed, was=was)


@dataclass(frozen=True)
class _Written:
    key: str
    described: list[dict[str, Any]]


def _write(archive: Archive, account: Account, verdict: Verdict, pages: dict[str, Page], now: datetime) -> _Written:
    name = uuid.uuid4().hex
    described, kept = [], {}
    for number, (link, page) in enumerate(pages.items()):
        key = f"notices/{name}{f'-{number}' if number else ''}.html"
        ref = archive.store.put(key, page.body, content_type=page.mime)
        described.append(describe(ref, cls=CLASS, rows=0, retain_until=None))
        kept[link] = {"key": key, "sha256": page.sha256, "address": page.address, "mime": page.mime}
    told = {
        "platform": account.platform, "account": account.name, "checked_at": now.astimezone(UTC).isoformat(),
        "result": verdict.result, "missing": list(verdict.missing), "quote": verdict.quote,
        "places": [{**asdict(place), "page": kept.get(place.address)} for place in verdict.places],
    }  # fmt: skip
    ref = archive.store.put(f"notices/{name}.json", canonical(told), content_type="application/json")
    return _Written(ref.key, [describe(ref, cls=CLASS, rows=0, retain_until=None), *described])


def _drop(archive: Archive, made: _Written | None) -> None:
    """Take back what was written for nothing: another worker was faster."""
    for one in made.described if made else ():
        archive.store.delete_version(one["key"], one["version"])


def _note(account: Account, verdict: Verdict, seen: str, day: str, key: str | None) -> Note:
    note = {
        "platform": account.platform, "account": account.name, "result": verdict.result,
        "missing": list(verdict.missing), "places": len(verdict.places),
        "unread": sum(place.reading is None for place in verdict.places), "seen": seen,
        "day": day,
    }  # fmt: skip
    return {**note, "key": key} if key else note


def fingerprint(verdict: Verdict) -> str:
    """SHA-256 of what a check came to. The rest of a page may change from day to day; the notice is what counts."""
    places = [[p.where, p.address, p.reading.quote if p.reading else None, p.code] for p in verdict.places]
    return hashlib.sha256(canonical([verdict.result, list(verdict.missing), places])).hexdigest()


def _day(archive: Archive, moment: datetime) -> str:
    """The day on the body's calendar."""
    return f"{moment.astimezone(ZoneInfo(archive.agency.body.time_zone)):%Y-%m-%d}"


# --------------------------------------------------------------------------- what was seen


def history(archive: Archive, platform: str | None = None, account: str | None = None) -> list[Note]:
    """The notes of all checks (of one account), oldest first, each with its entry's `n` and `time`."""
    notes = archive.catalog.walks.notes(WHAT)
    return [note for note in notes if platform in (None, note["platform"]) and account in (None, note["account"])]


def histories(archive: Archive) -> dict[tuple[str, str], list[Note]]:
    """(platform, account) -> the notes of its checks, oldest first."""
    found: dict[tuple[str, str], list[Note]] = {}
    for note in history(archive):
        found.setdefault((note["platform"], note["account"]), []).append(note)
    return found


def told(archive: Archive, platform: str, account: str) -> dict[str, Any]:
    """The last full account of a check: what every place said, word for word. Raises NotFound."""
    kept = [note["key"] for note in history(archive, platform, account) if note.get("key")]
    located = archive.catalog.object(kept[-1]) if kept else None
    if located is None:
        raise NotFound("The profile notice of this account was never checked.",
                       remedy=f"archive notice check {platform}/{account}")  # fmt: skip
    found: dict[str, Any] = json.loads(archive.mirror.path(located).read_bytes())
    return found


def regression(notes: Iterable[Note]) -> Regression | None:
    """Does an account tell the public less than it did? Of the checks of one account, oldest first.

    It stays one until the account tells as much again as before.
    """
    lost: tuple[Result, Note] | None = None
    before: Result | None = None
    for note in notes:
        result: Result = note["result"]
        if lost is not None and RANK[result] >= RANK[lost[0]]:
            lost = None
        if lost is None and before is not None and RANK[result] < RANK[before]:
            lost = before, note
        before = result
    if lost is None or before is None:
        return None
    return Regression(lost[0], before, datetime.fromisoformat(lost[1]["time"]))
