"""Bluesky: an account's repository as its server exports it (`repo.car`), with its pictures beside it if there are any.

    repo.car                  com.atproto.sync.getRepo: profile, posts, replies, thread gates, likes, follows
    blobs/<CID>[.jpeg]        com.atproto.sync.getBlob, one file each, wherever they lie

Each record's `native` is its block in the repository: its SHA-256 is the record's CID, which the signed tree names.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from social_archive.config import Account
from social_archive.imports.base import Importer, Item, unreadable
from social_archive.imports.dag_cbor import BadBlock, Cid, as_json, decode
from social_archive.imports.repository import BadRepository, Repository, repository
from social_archive.imports.source import ImportRefused, Source
from social_archive.platforms.atproto import tid_micros
from social_archive.platforms.bluesky_views import POSTS, in_repository
from social_archive.record import Media, Observation, canonical, parse_time

_PROFILE: Final = "app.bsky.actor.profile/self"
_GATES: Final = "app.bsky.feed.threadgate/"
_FIRST: Final = 1_650_000_000_000_000  # before the protocol had a repository
_NAMED: Final = 1_000  # CIDs that a report of unused blocks spells out


class Bluesky(Importer):
    name: ClassVar[str] = "bluesky"
    title: ClassVar[str] = "Bluesky (repository export, repo.car)"
    platform: ClassVar[str] = "bluesky"
    looks_for: ClassVar[str] = "a .car file with a repository in it"
    shortcomings: ClassVar[tuple[str, ...]] = (
        "A Bluesky repository holds only what the account itself wrote: no reply by anybody else.",
        "What was deleted, and what a text was before it was edited, is no longer in it.",
        "Pictures and films are separate downloads; those that were not put beside it are missing.",
    )

    def __init__(self) -> None:
        self._found: list[tuple[str, Repository]] | None = None  # of the one source that it is asked about

    def recognises(self, source: Source) -> bool:
        return any(_begins_like_one(source.peek(name, 256)) for name in source.names(".car"))

    def made_at(self, source: Source) -> int | None:
        """The moment of its newest commit: since then, until the download, nothing had changed."""
        moments = [tid_micros(repo.rev) or 0 for _, repo in self._repositories(source)]
        return newest if (newest := max(moments, default=0)) > _FIRST else None

    def records(self, source: Source, account: Account) -> Iterator[Item]:
        found = self._repositories(source)
        _require_one_account([repo for _, repo in found], account)
        for place, (name, repo) in enumerate(found):
            for item in _Reading(source, name, repo, account).items():
                item.observed_at = place - len(found) + 1
                yield item

    def _repositories(self, source: Source) -> list[tuple[str, Repository]]:
        if self._found is None:
            self._found = _repositories(source)
        return self._found


def _begins_like_one(start: bytes) -> bool:
    return b"eroots" in start[:64] and b"gversion" in start


def _repositories(source: Source) -> list[tuple[str, Repository]]:
    """Every repository in the source, the oldest state first. All of each is checked before anything is taken in."""
    found = []
    for name in source.names(".car"):
        if _begins_like_one(source.peek(name, 256)):
            try:
                found.append((name, repository(source.read(name))))
            except BadRepository as bad:
                raise ImportRefused(
                    f"{name} is no sound repository: {bad}.",
                    remedy="Nothing was stored. Download the repository again (com.atproto.sync.getRepo).",
                ) from None
    return sorted(found, key=lambda each: (each[1].rev, each[0]))


def _require_one_account(found: list[Repository], account: Account) -> None:
    owners = sorted({repo.did for repo in found})
    wanted = account.handle if account.handle.startswith("did:") else owners[0]
    if owners != [wanted]:
        raise ImportRefused(
            f"The repository is that of {' and '.join(owners)}, and the account {account.name} is {wanted}."
            if len(owners) == 1 else f"There are repositories of {len(owners)} accounts in it: {', '.join(owners)}.",
            remedy="Nothing was stored. Import each repository for the account that it belongs to.",
        )  # fmt: skip


class _Reading:
    """One repository, record by record."""

    def __init__(self, source: Source, name: str, repo: Repository, account: Account) -> None:
        self.source, self.name, self.repo = source, name, repo
        self.handle = None if account.handle.startswith("did:") else account.handle.lstrip("@") or None
        self.files = {member.rsplit("/", 1)[-1].split(".")[0]: member for member in source.members}
        self.hidden = set(self._hidden())

    def items(self) -> Iterator[Item]:
        for key, link in self.repo.records:
            if key == _PROFILE or key.startswith(f"{POSTS}/"):
                yield self.source.stamp(self._item(key, link), self.name)
        if self.repo.unused:
            yield self._unused()

    def _item(self, key: str, link: Cid) -> Item:
        block = self.repo.blocks.get(link)
        if block is None:
            return self._without(key, link)
        try:
            record = decode(block)
        except BadBlock as bad:
            return unreadable(self.source, self.name, block, bad.code)
        value = as_json(record)
        if key == _PROFILE:
            return self._profile(block, value)
        item = in_repository(block, f"at://{self.repo.did}/{key}", value, self.repo.did, self.hidden)
        if isinstance(item, Observation):
            item.author_handle = self.handle
            item.media = tuple(self._placed(medium) for medium in item.media)
        return item

    def _without(self, key: str, link: Cid) -> Item:
        """The tree names a record whose block is not there, or is not what its hash says."""
        name = canonical({"cid": str(link), "key": key})
        if link in self.repo.altered:
            return unreadable(self.source, self.name, self.repo.altered[link] or name, "hash_differs")
        return unreadable(self.source, self.name, name, "block_missing")

    def _unused(self) -> Item:
        """Blocks that the commit does not vouch for are not taken in; which ones they are is kept."""
        links = sorted(str(link) for link in self.repo.unused)
        native = canonical({"blocks": len(links), "cids": links[:_NAMED]})
        return unreadable(self.source, self.name, native, "not_in_tree", f"{len(links):,} blocks belong to no record")

    def _profile(self, block: bytes, value: Any) -> Item:
        if not isinstance(value, dict):
            return unreadable(self.source, self.name, block, "not_an_object")
        created, website = _text(value.get("createdAt")), _text(value.get("website"))
        pictures = [self._picture(value.get(name)) for name in ("avatar", "banner")]
        return Observation(
            kind="profile", native_id=self.repo.did, native=block, author_id=self.repo.did,
            permalink=f"https://bsky.app/profile/{self.repo.did}", author_name=_text(value.get("displayName")),
            author_handle=self.handle, author_is_account=True, body=_text(value.get("description")),
            created_at=parse_time(created), created_at_text=created, links=(website,) if website else (),
            media=tuple(picture for picture in pictures if picture),
        )  # fmt: skip

    def _picture(self, blob: Any) -> Media | None:
        ref = blob.get("ref") if isinstance(blob, dict) else None
        link = ref.get("$link") if isinstance(ref, dict) else None
        if not isinstance(link, str):
            return None
        return self._placed(Media(id=link, url=link, mime=_text(blob.get("mimeType"))))

    def _placed(self, medium: Media) -> Media:
        """The same attachment with the file that holds its blob, if there is one."""
        medium.url = self.files.get(medium.id, medium.url)
        return medium

    def _hidden(self) -> Iterator[str]:
        """What the account's thread gates hide; among it may be replies of its own."""
        for key, link in self.repo.records:
            if not key.startswith(_GATES) or link not in self.repo.blocks:
                continue
            try:
                gate = decode(self.repo.blocks[link])
            except BadBlock:
                continue
            replies = gate.get("hiddenReplies") if isinstance(gate, dict) else None
            yield from (uri for uri in replies if isinstance(uri, str)) if isinstance(replies, list) else ()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
