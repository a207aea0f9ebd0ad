"""Attachments, fetched in the run that first sees them: an edit or a deletion may destroy them the next minute."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from social_archive.accession import Disposed, describe
from social_archive.config import Account
from social_archive.errors import NotFound
from social_archive.platforms import Platform
from social_archive.record import Media, Observation, evidential_digest

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.platforms.media import MediaFetcher
    from social_archive.series import Schedule


class MediaStep:
    """Fetches what is new; an attachment that an earlier version already holds is taken over from it."""

    def __init__(self, archive: Archive, account: Account, adapter: Platform) -> None:
        self._archive = archive
        self._where = (account.platform, account.name)
        self._adapter = adapter
        self._insecure_local = bool(account.settings.get("insecure_local"))

    @cached_property
    def _schedule(self) -> Schedule:
        return self._archive.schedule

    @cached_property
    def _fetcher(self) -> MediaFetcher:
        from social_archive.platforms.media import MediaFetcher

        return MediaFetcher(hosts=self._adapter.media_hosts(), insecure_local=self._insecure_local)

    def fetch(self, observations: Iterable[Observation]) -> list[dict[str, object]]:
        """Fill in the media of these observations; returns the objects that were written, for the ledger."""
        waiting = [o for o in observations if any(m.outcome == "pending" for m in o.media)]
        if not waiting:
            return []
        known = self._archive.catalog.latest(*self._where, [o.native_id for o in waiting])
        disposed = Disposed(self._archive)
        written: list[dict[str, object]] = []
        for o in waiting:
            before = known.get(o.native_id)
            if before is None and disposed.covers(o):
                continue  # it will not be taken in, so nothing of it may be stored
            if before is not None and before.digest == evidential_digest(o):
                continue  # nothing new: this observation will not be written
            held = held_media(self._archive, before.rid) if before is not None and before.has_media else {}
            for medium in o.media:
                earlier = held.get(medium.id or medium.url)
                if earlier is not None:
                    take_over(medium, earlier)
                else:
                    written += self._fetch(o, medium)
        return written

    def _fetch(self, o: Observation, medium: Media) -> list[dict[str, object]]:
        got = self._fetcher.fetch(medium.url)
        medium.outcome = got.outcome
        if got.outcome != "stored" or got.body is None:
            return []
        cohort = self._schedule.cohort_of(o)
        ref = self._archive.store.put(
            f"{cohort.media_prefix()}{uuid.uuid4().hex}", got.body, content_type=got.mime or "application/octet-stream"
        )
        medium.key, medium.sha256, medium.bytes, medium.mime = ref.key, ref.sha256, ref.size, got.mime
        return [describe(ref, cls="media", rows=0, retain_until=cohort.retain_until)]


def held_media(archive: Archive, rid: str) -> dict[str, Media]:
    """The stored attachments of the versions of one thing, by the platform's id for them."""
    return archive.catalog.reading(lambda: _held_media(archive, rid))


def _held_media(archive: Archive, rid: str) -> dict[str, Media]:
    held: dict[str, Media] = {}
    catalog, mirror = archive.catalog, archive.mirror
    for _version, _n, _leaf, key in catalog.where(rid):
        located = catalog.object(key)
        if located is None:
            raise NotFound("The object that held this record was moved.")
        rows = pq.read_table(mirror.path(located), columns=["rid", "media"], filters=[("rid", "=", rid)],
                             partitioning=None).to_pylist()  # fmt: skip
        for medium in (m for row in rows for m in row["media"] or ()):
            if medium["outcome"] == "stored":
                held[medium["id"] or medium["url"]] = Media(**medium)
    return held


def take_over(medium: Media, earlier: Media) -> None:
    """The attachment that an earlier version holds is this one's too."""
    medium.outcome = "stored"
    medium.key, medium.sha256, medium.bytes, medium.mime = earlier.key, earlier.sha256, earlier.bytes, earlier.mime
