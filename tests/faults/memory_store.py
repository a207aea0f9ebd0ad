"""A versioned object store in memory with the semantics that the ledger rests on, and faults by plan.

One `Bucket` is shared by any number of `MemoryStore`s (one per writer). A store takes the next fault from its plan at
every conditional PUT and every listing; an empty plan means that all works.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from social_archive.errors import NotFound, PreconditionFailed, StoreError
from social_archive.store import LockState, ObjectRef, Store, Version

PUT_FAULTS = ("ok", "lost_reply", "lost_request", "conflict", "late", "crash_before", "crash_after", "rival")
LIST_FAULTS = ("stale", "down")


class Crash(BaseException):
    """The process is gone: no handler of ours may catch this."""


@dataclass
class Stored:
    version_id: str
    body: bytes
    lock: LockState
    marker: bool = False


@dataclass
class Bucket:
    """Versions of each key, oldest first; PUTs that left a writer but have not arrived yet."""

    versions: dict[str, list[Stored]] = field(default_factory=dict)
    in_flight: list[Callable[[], None]] = field(default_factory=list)
    counter: int = 0

    def add(self, key: str, body: bytes, lock: LockState, *, if_absent: bool, marker: bool = False) -> Stored | None:
        """None if the key is taken (a marker on top counts as free, as in S3)."""
        kept = self.versions.setdefault(key, [])
        if if_absent and kept and not kept[-1].marker:
            return None
        self.counter += 1
        kept.append(Stored(f"v{self.counter}", body, lock, marker))
        return kept[-1]

    def arrive(self) -> None:
        """Everything that was in flight arrives now."""
        while self.in_flight:
            self.in_flight.pop(0)()


class MemoryStore(Store):
    """`plan`: names of faults, first one first.

    PUT: ok, lost_reply, lost_request, conflict, late (arrives later), crash_before, crash_after, rival (another
    writer is faster). Listing: stale (the newest key is not seen yet), down.
    """

    def __init__(self, bucket: Bucket, plan: list[str] | None = None, rival: Callable[[], None] | None = None) -> None:
        super().__init__(client=None, bucket="memory")
        self.shared = bucket
        self.plan = plan if plan is not None else []
        self.rival = rival
        self.fresh: set[str] = set()  # keys that a stale listing does not show
        self.puts = 0

    def _next(self, kinds: tuple[str, ...]) -> str:
        return self.plan.pop(0) if self.plan and self.plan[0] in kinds else "ok"

    def put(self, key: str, body: bytes, *, content_type: str = "", if_absent: bool = False, mode: str = "GOVERNANCE",
            retain_until: datetime | None = None, hold: bool = False) -> ObjectRef:  # fmt: skip
        self.puts += 1
        lock = LockState(mode if retain_until else None, retain_until, hold)
        fault = self._next(PUT_FAULTS)
        if fault == "rival" and self.rival is not None:
            self.rival()
        if fault == "crash_before":
            raise Crash
        if fault in ("lost_request", "conflict"):
            raise PreconditionFailed("the request was lost")
        if fault == "late":
            self.shared.in_flight.append(lambda: self.shared.add(key, body, lock, if_absent=if_absent))
            raise PreconditionFailed("no answer")
        done = self.shared.add(key, body, lock, if_absent=if_absent)
        if fault == "crash_after":
            raise Crash
        if done is None:
            raise PreconditionFailed("412")
        if fault == "lost_reply":
            self.fresh = {key}
            raise PreconditionFailed("no answer")
        return ObjectRef(key, done.version_id, len(body), hashlib.sha256(body).hexdigest())

    def read(self, key: str, version_id: str | None = None) -> tuple[bytes, LockState]:
        for stored in reversed(self.shared.versions.get(key, [])):
            if version_id in (None, stored.version_id) and not stored.marker:
                return stored.body, stored.lock
        raise NotFound(f"{key} is not there.")

    def versions(self, prefix: str, *, after: str | None = None, page_size: int = 1000) -> Iterator[Version]:
        fault = self._next(LIST_FAULTS)
        if fault == "down":
            raise StoreError("503")
        hidden = self.fresh if fault == "stale" else set()
        found = [
            Version(key, s.version_id, len(s.body), s is kept[-1], s.marker, datetime(2026, 1, 1, tzinfo=UTC))
            for key, kept in sorted(self.shared.versions.items())
            if key.startswith(prefix) and key > (after or "") and key not in hidden
            for s in reversed(kept)
        ]
        return iter(found)
