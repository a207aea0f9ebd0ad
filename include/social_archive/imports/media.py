"""Attachments that lie in the export, kept as objects of their own like those that a harvest fetches."""

from __future__ import annotations

import mimetypes
import threading
import uuid
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

from social_archive.accession import describe
from social_archive.config import Account
from social_archive.harvest.media import held_media, take_over
from social_archive.imports.source import Source, spooled
from social_archive.record import Media, Observation
from social_archive.store import LARGEST

if TYPE_CHECKING:
    from social_archive.archive import Archive

_WRITERS: Final = 8


class MediaKeeper:
    """Puts attachments into the store, each file of the export once however many items show it."""

    def __init__(self, archive: Archive, source: Source, account: Account) -> None:
        self._archive = archive
        self._where = (account.platform, account.name)
        self._source = source
        self._schedule = archive.schedule
        self._reading = threading.Lock()  # a zip is one file with one position
        self.stored = 0
        self.missing = 0

    def keep(self, observations: Iterable[Observation]) -> list[dict[str, Any]]:
        """Fill in the media of these observations; returns the objects that were written, for the ledger."""
        jobs: list[tuple[Observation, Media, str]] = []
        showing = [o for o in observations if o.media]
        known = self._archive.catalog.latest(*self._where, [o.native_id for o in showing])
        for o in showing:
            before = known.get(o.native_id)
            held = held_media(self._archive, before.rid) if before is not None and before.has_media else {}
            for medium in (medium for medium in o.media if medium.outcome == "pending"):
                name = self._source.resolve(medium.url)
                earlier = held.get(medium.id or medium.url)
                if earlier is not None:
                    take_over(medium, earlier)
                elif name is None:
                    medium.outcome = "missing"
                    self.missing += 1
                else:
                    jobs.append((o, medium, name))
        if not jobs:
            return []
        with ThreadPoolExecutor(_WRITERS) as pool:
            written = list(pool.map(lambda job: self._put(*job), jobs))
        return [described for described in written if described is not None]

    def _put(self, o: Observation, medium: Media, name: str) -> dict[str, Any] | None:
        size, sha256 = self._source.members[name].size, self._source.hash_of(name)
        if size > LARGEST:
            medium.outcome = "too_large"
            return None
        mime = medium.mime or mimetypes.guess_type(name)[0] or "application/octet-stream"
        cohort = self._schedule.cohort_of(o)
        key = f"{cohort.media_prefix()}{uuid.uuid4().hex}"
        with self._reading, spooled(self._source, name) as copy:
            body = copy.read() if size <= 1 << 20 else None
            if body is None:
                ref = self._archive.store.put_file(key, copy, size=size, sha256=sha256, content_type=mime)
        if body is not None:
            ref = self._archive.store.put(key, body, content_type=mime)
        medium.outcome, medium.mime = "stored", mime
        medium.key, medium.sha256, medium.bytes = ref.key, ref.sha256, ref.size
        self.stored += 1
        return describe(ref, cls="media", rows=0, retain_until=cohort.retain_until)
