"""Every place where a copy of a record can lie, and how each is shown to be free of it.

A disposal is pending until each place says `gone`. What nobody can look into from here (the media of a cloud provider)
says `not_verifiable` and stands among the certificate's exceptions; it is never called gone. A new kind of copy is a
new class here and in `places`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from social_archive.errors import ArchiveError, NotFound, StoreError
from social_archive.stack import seaweed
from social_archive.store import ObjectRef, Store, Version

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.config import Replica

Result = Literal["gone", "pending", "not_verifiable"]
Gone = dict[str, Any]
"""One destroyed object: at least `key` and `version`."""

EMBEDDED: Final = "ARCHIVE_EMBEDDED_STORE"
"""Environment variable: the state folder of an embedded store that is not in this archive's own state folder."""

_WORKERS: Final = 8
_STAGED: Final = timedelta(days=2)
_QUEUE: Final = 3.0  # seconds; the store deletes the bytes of a version a second or so after it says so
_PATIENCE: Final = 40.0
_PAUSE: Final = 1.0  # seconds between two compactions, where one left something


@dataclass(frozen=True)
class Look:
    """What was found at one place: how many copies were looked for, and the answer in words."""

    place: str
    title: str
    result: Result
    checked: int
    detail: str

    def note(self) -> dict[str, Any]:
        return {"place": self.place, "result": self.result, "checked": self.checked, "detail": self.detail}


class Place(Protocol):
    """`look` removes what copies it may remove itself, then looks whether any is left."""

    name: str
    title: str

    def look(self, archive: Archive, gone: Sequence[Gone]) -> Look: ...


def places(archive: Archive) -> Iterator[Place]:
    """All places of this archive."""
    yield Versions()
    yield from (InReplica(replica) for replica in archive.agency.store.replicas)
    yield LocalCopies()
    yield Staged()
    yield Disk()


def title_of(archive: Archive, name: str) -> str:
    return next((place.title for place in places(archive) if place.name == name), name)


class Versions:
    """The content bucket: no version answers, and none is listed, under any key that was destroyed."""

    name = "store"
    title = "Object store: every version, by HEAD and in the version list"

    def look(self, archive: Archive, gone: Sequence[Gone]) -> Look:
        left = still_there(archive.store, [(one["key"], one["version"]) for one in gone])
        listed = _listed(archive.store, {one["key"] for one in gone})
        if left or listed:
            return self._said("pending", gone, f"{max(left, len(listed)):,} versions are still there")
        return self._said("gone", gone, "HEAD answers 404 for each, and no version list names one")

    def _said(self, result: Result, gone: Sequence[Gone], detail: str) -> Look:
        return Look(self.name, self.title, result, len(gone), detail)


class InReplica:
    """A copy of the bucket that is kept elsewhere under the same keys: destroyed there too, then looked for."""

    def __init__(self, replica: Replica) -> None:
        self.name = f"replica-{replica.name}"
        self.title = f"Replica {replica.name}: every version of every key"
        self._replica = replica

    def look(self, archive: Archive, gone: Sequence[Gone]) -> Look:
        try:
            store = _replica_store(archive, self._replica)
            removed = _remove_all(store, gone)
            left = len(_listed(store, {one["key"] for one in gone}))
        except ArchiveError as error:
            return Look(self.name, self.title, "pending", len(gone), f"it could not be read: {type(error).__name__}")
        if left:
            return Look(self.name, self.title, "pending", len(gone), f"{left:,} versions are still there")
        return Look(self.name, self.title, "gone", len(gone), f"{removed:,} versions removed, none left in the list")


class LocalCopies:
    """The verified copies that searches read, and the catalog. Other hosts drop theirs as they follow the ledger."""

    name = "caches"
    title = "Caches: local copies of Parquet and the catalog"

    def look(self, archive: Archive, gone: Sequence[Gone]) -> Look:
        keys = [one["key"] for one in gone]
        live = {o.key for o in archive.catalog.objects()}
        archive.mirror.drop_all(keys, keep=live)
        left = sum((archive.mirror.folder / key).exists() for key in keys)
        known = sum(key in live for key in keys)
        if left or known:
            detail = f"{left:,} copies, {known:,} catalog rows are left"
            return Look(self.name, self.title, "pending", len(gone), detail)
        return Look(self.name, self.title, "gone", len(gone), "no copy and no row is left on this host")


class Staged:
    """Batches of harvests that were never taken in; nothing may lie there for longer than two days."""

    name = "staging"
    title = "Staging: batches between the steps of a harvest"

    def look(self, archive: Archive, gone: Sequence[Gone]) -> Look:
        limit = datetime.now(UTC) - _STAGED
        try:
            staged = list(archive.staging.versions("staging/"))
            old = [v for v in staged if v.modified < limit]
            for version in old:
                archive.staging.delete_plain(version.key)
            left = sum(v.modified < limit for v in archive.staging.versions("staging/"))
        except NotFound:
            return Look(self.name, self.title, "gone", 0, "there is no staging bucket")
        if left:
            return Look(self.name, self.title, "pending", len(staged), f"{left:,} old batches are still there")
        return Look(self.name, self.title, "gone", len(staged), "no batch is older than two days")


class Disk:
    """The embedded store's own files: deleted bytes stay in a volume until it is compacted, so that is forced."""

    name = "disk"
    title = "Disk: bytes behind the object store"

    def look(self, archive: Archive, gone: Sequence[Gone]) -> Look:
        folder = embedded(archive)
        if folder is None:
            detail = "the store runs elsewhere; its operator answers for erasing its media"
            return Look(self.name, self.title, "not_verifiable", 0, detail)
        bucket = archive.agency.store.bucket
        try:
            time.sleep(_QUEUE)
            deadline = time.monotonic() + _PATIENCE
            while True:
                seaweed.shell(folder, f"volume.vacuum -garbageThreshold=0.00001 -collection={bucket}")
                volumes = seaweed.deleted_bytes(folder, bucket)
                garbage = sum(volumes)
                if not garbage or time.monotonic() > deadline:
                    break
                time.sleep(_PAUSE)
        except StoreError as error:
            return Look(self.name, self.title, "pending", 0, f"compaction failed: {error}"[:200])
        if garbage:
            detail = f"{garbage:,} deleted bytes are not compacted yet"
            return Look(self.name, self.title, "pending", len(volumes), detail)
        return Look(self.name, self.title, "gone", len(volumes), "volumes compacted; none holds a deleted byte")


# --------------------------------------------------------------------------- looking


def embedded(archive: Archive) -> Path | None:
    """The state folder of the embedded store that holds this archive; None if the store is another one."""
    for folder in (archive.state, Path(os.environ[EMBEDDED]) if EMBEDDED in os.environ else None):
        if folder is not None and (folder / "seaweed" / "ports.json").exists():
            store = seaweed.running(folder)
            if store is not None and archive.store.address.startswith(store.endpoint + "/"):
                return folder
    return None


def still_there(store: Store, versions: Sequence[tuple[str, str]]) -> int:
    """How many of these (key, version id) a HEAD or the version list of their folder still knows."""

    def answers(one: tuple[str, str]) -> bool:
        try:
            store.lock_state(*one)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(_WORKERS) as pool:
        found = {one for one, there in zip(versions, pool.map(answers, versions), strict=True) if there}
    listed = {(v.key, v.version_id) for v in _listed(store, {key for key, _ in versions})}
    return len(found | (listed & set(versions)))


def _listed(store: Store, keys: Collection[str]) -> list[Version]:
    """Versions and delete markers under these keys, from one listing of each of their folders."""
    folders = sorted({key.rpartition("/")[0] + "/" for key in keys})
    with ThreadPoolExecutor(_WORKERS) as pool:
        found = pool.map(lambda folder: [v for v in store.versions(folder) if v.key in keys], folders)
        return [version for some in found for version in some]


def _remove_all(store: Store, gone: Sequence[Gone]) -> int:
    versions = _listed(store, {one["key"] for one in gone})
    for v in versions:
        if v.delete_marker:
            store.delete_version(v.key, v.version_id)
        else:
            store.destroy(ObjectRef(v.key, v.version_id, v.size, ""), bypass_governance=True)
    return len(versions)


def _replica_store(archive: Archive, replica: Replica) -> Store:
    config = archive.agency.store.model_copy(
        update={"bucket": replica.bucket, "endpoint_url": replica.endpoint_url, "region": replica.region,
                "access_key": replica.access_key, "secret_key": replica.secret_key}
    )  # fmt: skip
    return Store.connect(config)
