"""The ledger: entry N is one conditional PUT, and that PUT is the commit point of everything the archive does.

Readers find the tail by listing (no head pointer is believed) and take the *oldest* version of each key as the truth,
so that a delete marker or a later version on top of an entry changes nothing but raises an alarm in `verify`.
Writers resolve every unclear outcome by reading back: S3 reports 412 for our own PUT when its first answer was lost.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile, zip_longest
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from social_archive import ledger_audit
from social_archive.entry import (
    EMPTY,
    PREFIX,
    SKEW,
    BadEntry,
    Draft,
    Entry,
    Head,
    check_signature,
    compose,
    entry_key,
    entry_number,
    moment,
    next_key,
    parse,
    problems_after,
    rotation,
)
from social_archive.errors import ArchiveError, ConfigError, LedgerError, StoreError
from social_archive.ledger_audit import Finding, LedgerReport, oldest_first
from social_archive.note import Signer, txn_id
from social_archive.store import COMPLIANCE, ObjectRef, Refused, Store, Version

__all__ = [
    "EMPTY", "Draft", "Entry", "Finding", "Head", "HeadMoved", "Ledger", "LedgerReport", "OutcomeUnknown", "Signer",
    "entry_key", "entry_number", "txn_id",
]  # fmt: skip

T = TypeVar("T")
R = TypeVar("R")

_PAUSES: Final = (0.05, 0.2, 0.5, 1.0, 2.0, 4.0)  # between tries of one append, jittered
_TURN_PATIENCE: Final = 10.0
_PAGE: Final = 1000
_AHEAD: Final = 4  # entries fetched before they are needed
_MANY: Final = 8  # the same, where they are small and there are many


class _Seen(NamedTuple):
    sha256: str
    txn: str
    next_key: str  # must sign the entry after it


class HeadMoved(ArchiveError):
    """Another writer committed entry N first. Nothing of ours was committed."""

    remedy = "Take the new head, compare again with what is archived now, and append once more."


class OutcomeUnknown(StoreError):
    """The store would not say whether the entry was committed."""

    remedy = (
        "Run the same command again: if the entry was committed it is recognised, else it is written; never twice. "
        "Do not delete any object in the meantime."
    )


class Ledger:
    """One ledger in one bucket.

    `signer` None: read-only. `vkey` pins the key that must have signed entry 0. `lock_file` is a courtesy between the
    processes of one host (the store backs off for seconds when two write one key); correctness never rests on it.
    `may_write` is asked before every append, and raises if nothing may be written now.
    """

    def __init__(self, store: Store, signer: Signer | None, origin: str, *, vkey: str | None = None,
                 lock_days: int = 365, lock_file: Path | None = None, may_write: Callable[[], None] | None = None,
                 now: Callable[[], datetime] = lambda: datetime.now(UTC),
                 sleep: Callable[[float], None] = time.sleep) -> None:  # fmt: skip
        if signer is not None and signer.name != origin:
            raise ConfigError(f"The signing key is for the ledger {signer.name}, but this one is {origin}.")
        self.store = store
        self.signer = signer
        self.origin = origin
        self.lock_days = lock_days
        self.lock_file = lock_file
        self._may_write = may_write
        self._pinned = vkey
        self._key: str | None = signer.vkey if signer else None  # the key that signs the tail, once known
        self._seen: dict[int, _Seen] = {}  # entries that this object has read
        self._now = now
        self._sleep = sleep

    # ----------------------------------------------------------------- read

    def head(self, after: Head | None = None) -> Head:
        """The tail, its signature checked. `after` (a head seen before) makes this one small listing.

        Raises LedgerError if the tail does not verify or if `after` is no longer there.
        """
        known = after or EMPTY
        last = self._last_number(known)
        if last is None:
            return known
        head = self.read(last).head
        if head.size <= known.size:
            raise LedgerError(f"Entry {last} of the ledger has a smaller tree than entry {known.n - 1} before it.")
        return head

    def entries(self, start: int = 0, *, after: Head | None = None) -> Iterator[Entry]:
        """Entries from `start` (or after a head seen before), each verified against the one before it.

        Raises LedgerError, naming the entry.
        """
        head = after if after is not None else self.read(start - 1).head if start else EMPTY
        start = head.n
        key = self._pinned
        for entry in self._parsed(head):
            if key is None or entry.n == start > 0:
                key = self._key_of(entry)
            key = self._checked(entry, key, head)
            head = entry.head
            yield entry

    def read(self, n: int) -> Entry:
        """One entry, its signature checked, not its chain. Raises LedgerError, NotFound."""
        body = self._oldest(n)
        if body is None:
            raise LedgerError(f"Entry {n} of the ledger is missing.")
        return self._opened(n, body)

    def _opened(self, n: int, body: bytes) -> Entry:
        entry = parse_or_raise(body, n, self.origin)
        try:
            check_signature(entry, self._tail_key())
        except BadEntry:
            return self._replay(n)[0]  # the key was changed since, or the entry is forged: a replay decides
        self._seen[n] = _Seen(entry.sha256, entry.txn, next_key(entry, self._tail_key()))
        return entry

    def read_many(self, numbers: Sequence[int]) -> Iterator[Entry]:
        """Some entries, in order, each checked as by `read`; with few listings if they stand near each other.

        Raises LedgerError, NotFound.
        """
        wanted = sorted(set(numbers))
        if not wanted or wanted[-1] - wanted[0] > _PAGE * len(wanted):
            yield from map(self.read, wanted)
            return
        after = entry_key(wanted[0] - 1) if wanted[0] else None
        some = set(wanted)
        firsts = (
            (n, version)
            for n, versions in takewhile(
                lambda found: found[0] is None or found[0] <= wanted[-1],
                oldest_first(self.store.versions(PREFIX, after=after)),
            )
            if n in some
            for version in islice((v for v in versions if not v.delete_marker), 1)
        )
        bodies = ahead(lambda f: (f[0], self.store.get(f[1].key, f[1].version_id)), firsts, depth=_MANY)
        for expected, (n, body) in zip_longest(wanted, bodies, fillvalue=(None, b"")):
            if n != expected:
                raise LedgerError(f"Entry {expected} of the ledger is missing.")
            yield self._opened(n, body)

    def verify(self, since: Head | str | None = None, *,
               progress: Callable[[int, int], None] | None = None) -> LedgerReport:  # fmt: skip
        """Replay everything and name what is wrong; never raises on bad data.

        `since`: a head or a signed checkpoint that somebody kept: the ledger must be a continuation of it.
        """
        return ledger_audit.audit(
            self.store, self.origin, pinned=self._pinned, current=self.signer.vkey if self.signer else None,
            since=since, now=self._now(), progress=progress,
        )  # fmt: skip

    # ----------------------------------------------------------------- write

    def append(self, draft: Draft, head: Head, *, since: int | None = None) -> Entry:
        """Commit `draft` as entry `head.n`; exactly once per `draft.txn`, however often it is called.

        The entry returned is the one in the ledger: on a re-run it is what the earlier run committed (its objects,
        not the draft's). `since`: the number of entries when this work began; entries from there to the tail are
        searched for our `txn` (default: the tail entry). Raises HeadMoved (rebase and call again), OutcomeUnknown
        (run again), LedgerError (the tail is not what `head` says), Refused.
        """
        if self.signer is None:
            raise ConfigError("This ledger was opened for reading: there is no signing key.")
        if self._may_write is not None:
            self._may_write()
        with self._turn():
            done = self._committed_already(draft.txn, head, since)
            if done is not None:
                return done
            now = self._now()
            if head.time and now < moment(head.time) - SKEW:
                raise LedgerError(
                    f"This host's clock is behind the ledger's last entry ({head.time}). Nothing was written.",
                    remedy="Set the clock (NTP) and run the command again.",
                )
            body, entry = compose(draft, head, self.signer, now)
            return self._put(body, entry, now + timedelta(days=self.lock_days))

    def rotate(self, new: Signer, head: Head) -> Entry:
        """Change the signing key: the old key signs an entry that names the new one, which signs from then on."""
        if self.signer is None or new.name != self.origin:
            raise ConfigError("The old key and a new key of the same origin are needed to change keys.")
        entry = self.append(rotation(new, self.signer.txn_id("key.rotated", new.vkey)), head)
        self.signer, self._key = new, new.vkey
        return entry

    def keep_locked(self) -> int:
        """Lock entries again whose lock is missing or has passed its half; how many. Never shortens a lock."""
        now, days = self._now(), timedelta(days=self.lock_days)
        again = 0
        for n, versions in oldest_first(self.store.versions(PREFIX)):
            first = next((v for v in versions if not v.delete_marker), None)
            if n is None or first is None:
                continue
            lock = self.store.lock_state(first.key, first.version_id)
            if lock.mode != COMPLIANCE or lock.retain_until is None or lock.retain_until < now + days / 2:
                ref = ObjectRef(first.key, first.version_id, first.size, "")
                self.store.seal(ref, retain_until=now + days, mode=COMPLIANCE)
                again += 1
        return again

    def _put(self, body: bytes, entry: Entry, retain_until: datetime) -> Entry:
        for pause in (*_PAUSES, None):
            try:
                self.store.put(entry.key, body, content_type="application/jsonl", if_absent=True,
                               retain_until=retain_until, mode=COMPLIANCE)  # fmt: skip
                return self._remembered(entry)
            except StoreError as error:
                committed = self._read_back(entry, error)
            if committed is not None:
                return committed
            if pause is not None:
                self._sleep(pause * random.uniform(0.5, 1.5))
        raise OutcomeUnknown(f"The store did not say whether entry {entry.n} of the ledger was committed.")

    def _read_back(self, ours: Entry, error: StoreError) -> Entry | None:
        """After an unclear PUT: our entry if it is there; None if the key is free or the store is silent.

        Raises HeadMoved if the key is somebody else's, and the refusal itself if there was one.
        """
        try:
            body = self._oldest(ours.n)
        except StoreError:
            return None
        if body is None:
            if isinstance(error, Refused):
                raise error
            return None
        if hashlib.sha256(body).hexdigest() == ours.sha256:
            return self._remembered(ours)
        found = parse_or_raise(body, ours.n, self.origin)
        if found.txn != ours.txn:
            raise HeadMoved(f"Another run committed entry {ours.n} first.")
        self._checked(found, self._tail_key(), None)
        return found

    def _committed_already(self, txn: str, head: Head, since: int | None) -> Entry | None:
        """Look for `txn` in the entries from `since` to the tail; make sure that `head` is the tail's."""
        first = max(0, min(head.n - 1 if since is None else since, head.n - 1))
        for n in range(head.n - 1, first - 1, -1):
            if n not in self._seen:
                self.read(n)
            if n == head.n - 1:
                self._require_tail(self._seen[n], head)
            if self._seen[n].txn == txn:
                return self.read(n)
        return None

    def _require_tail(self, tail: _Seen, head: Head) -> None:
        """The tail must be the one that `head` is of, and it must be our turn to sign."""
        if tail.sha256 != head.prev:
            n = head.n - 1
            raise LedgerError(f"Entry {n} of the ledger is not the one that this run knows. Nothing was written.")
        if self.signer is not None and tail.next_key != self.signer.vkey:
            raise ConfigError(
                "The ledger's signing key was changed, and this installation has the old one. Nothing was written.",
                remedy="Put the new key where agency.yaml says (`ledger: signing_key:`).",
            )

    def _remembered(self, ours: Entry) -> Entry:
        self._seen[ours.n] = _Seen(ours.sha256, ours.txn, next_key(ours, self._tail_key()))
        return ours

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait for the other writers of this host, but not for ever (one of them may be stopped)."""
        if self.lock_file is None:
            yield
            return
        self.lock_file.parent.mkdir(parents=True, exist_ok=True)
        with self.lock_file.open("a") as file:
            deadline = time.monotonic() + _TURN_PATIENCE
            while time.monotonic() < deadline:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    time.sleep(0.01)
            yield

    # ----------------------------------------------------------------- keys and versions

    def _checked(self, entry: Entry, key: str, head: Head | None) -> str:
        """Check signature and place; remember the entry; return the key for the next one. Raises LedgerError."""
        try:
            check_signature(entry, key)
            for problem in problems_after(entry, head) if head is not None else ():
                raise problem
        except BadEntry as bad:
            raise LedgerError(f"Entry {entry.n} of the ledger is not valid: {bad}.") from None
        following = next_key(entry, key)
        self._seen[entry.n] = _Seen(entry.sha256, entry.txn, following)
        return following

    def _tail_key(self) -> str:
        """The key that is expected to sign now: our own, or (read-only) the one that entry 0 names."""
        if self._key is None:
            body = self._oldest(0)
            if body is None:
                raise LedgerError("Entry 0 of the ledger, which names its key, is missing.")
            named = str(parse_or_raise(body, 0, self.origin).header.get("vkey"))
            if self._pinned not in (None, named):
                raise LedgerError("Entry 0 of the ledger names another key than the one that was given.")
            self._key = named
        return self._key

    def _key_of(self, entry: Entry) -> str:
        """The key that must have signed this entry, which is the first that is read."""
        if entry.n == 0:
            return str(entry.header.get("vkey"))
        try:
            check_signature(entry, self._tail_key())
        except BadEntry:
            return self._replay(entry.n - 1)[1]
        return self._tail_key()

    def _replay(self, n: int) -> tuple[Entry, str]:
        """Entry `n` as a replay from 0 sees it, and the key in force after it (slow: after a change of key)."""
        head, key = EMPTY, self._pinned
        for entry in self._parsed(EMPTY, until=n):
            key = self._checked(entry, key or str(entry.header.get("vkey")), head)
            head = entry.head
        if head.n != n + 1 or key is None:
            raise LedgerError(f"Entry {n} of the ledger is missing.")
        if self.signer is None:
            self._key = key
        return entry, key

    def _oldest(self, n: int) -> bytes | None:
        """The bytes of the oldest version of entry `n`; None if there never was one."""
        key = entry_key(n)
        versions = [v for v in self.store.versions(key) if v.key == key and not v.delete_marker]
        return self.store.get(key, versions[-1].version_id) if versions else None

    def _parsed(self, head: Head, until: int | None = None) -> Iterator[Entry]:
        """Entries after `head` in order without a gap, fetched a few ahead; nothing but their form is checked."""
        after = entry_key(head.n - 1) if head.n else None
        firsts = (
            (n, version)
            for n, versions in oldest_first(self.store.versions(PREFIX, after=after))
            if n is not None and (until is None or n <= until)
            for version in islice((v for v in versions if not v.delete_marker), 1)
        )
        bodies = ahead(lambda f: (f[0], self.store.get(f[1].key, f[1].version_id)), firsts)
        for expected, (n, body) in enumerate(bodies, head.n):
            if n != expected:
                raise LedgerError(f"Entry {expected} of the ledger is missing; entry {n} is there.")
            yield parse_or_raise(body, n, self.origin)

    def _last_number(self, known: Head) -> int | None:
        """The number of the last entry, None if there is none after `known`. Raises LedgerError if that is gone."""
        mark = entry_key(known.n - 2) if known.n > 1 else None
        page = list(islice(self.store.versions(PREFIX, after=mark), _PAGE))
        numbers = _real_numbers(page)
        if known.n and known.n - 1 not in numbers:
            raise LedgerError(f"Entry {known.n - 1} of the ledger, which was there before, is gone.")
        last = max(numbers, default=-1)
        if len(page) == _PAGE:
            last = self._search(last)
        return last if last >= known.n else None

    def _search(self, low: int) -> int:
        """The last number, by galloping and bisection over "is there a key after this one?" (gaps do not mislead)."""
        step = _PAGE
        while (found := self._next_after(low + step)) is not None:
            low, step = found, step * 2
        high = low + step
        while high - low > _PAGE // 2:
            middle = (low + high) // 2
            found = self._next_after(middle)
            low, high = (found, high) if found is not None else (low, middle)
        return max((low, *_real_numbers(self.store.versions(PREFIX, after=entry_key(low)))))

    def _next_after(self, n: int) -> int | None:
        versions = self.store.versions(PREFIX, after=entry_key(n), page_size=2)
        return next((number for v in versions if not v.delete_marker and (number := entry_number(v.key)) is not None),
                    None)  # fmt: skip


def _real_numbers(versions: Iterator[Version] | list[Version]) -> set[int]:
    return {n for v in versions if not v.delete_marker and (n := entry_number(v.key)) is not None}


def parse_or_raise(body: bytes, n: int, origin: str) -> Entry:
    try:
        return parse(body, n, origin)
    except BadEntry as bad:
        raise LedgerError(f"Entry {n} of the ledger is not valid: {bad}.") from None


def ahead(work: Callable[[T], R], items: Iterator[T], depth: int = _AHEAD) -> Iterator[R]:
    """map() that keeps a few results in the making while the consumer is busy. A single item starts no thread."""
    first = list(islice(items, max(depth, 2)))
    if len(first) < 2:
        yield from map(work, first)
        return
    with ThreadPoolExecutor(depth) as pool:
        waiting = [pool.submit(work, item) for item in first]
        try:
            while waiting:
                result = waiting.pop(0).result()
                waiting.extend(pool.submit(work, item) for item in islice(items, 1))
                yield result
        finally:
            for future in waiting:
                future.cancel()
