"""Reading the whole ledger as a sceptic: every entry, every version, every lock; and naming what is wrong.

Bad data never stops the audit. After a damaged entry the chain is taken up again at the next entry that agrees with
itself and carries a good signature, so one forged entry is one finding, not a thousand.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Final

from social_archive.entry import (
    EMPTY,
    PREFIX,
    BadEntry,
    Entry,
    Head,
    check_signature,
    entry_key,
    entry_number,
    next_key,
    parse,
    problems_after,
)
from social_archive.errors import ArchiveError
from social_archive.note import BadNote, open_checkpoint
from social_archive.store import COMPLIANCE, LockState, Store, Version

ERROR: Final = "error"
WARNING: Final = "warning"

_KEEP: Final = "Keep the bucket as it is; compare with a replica or a witness's copy."
REMEDIES: Final[dict[str, str]] = {
    "missing": "Restore the entry from a replica: it must have the SHA-256 that the next entry's `prev` names.",
    "unreadable": "Try again; if it persists, restore the entry from a replica.",
    "overwritten": "The oldest version is the truth and is used; find out who wrote the later one (access log).",
    "delete_marker": "The entry is still there and is used; find out who deleted (access log), then remove the marker.",
    "foreign_key": "Nothing but entries belongs here; find out who wrote it.",
    "truncated": "Entries at the end were removed. Restore them from a replica, and stop harvests until then.",
    "fork": "History was rewritten since that checkpoint was made. Stop harvests and compare with a replica.",
    "not_locked": "Its content was not altered. Run the audit (the DAG `audit`): it locks what is not locked.",
    "lock_ended": "Its content was not altered. Run the audit (the DAG `audit`): it locks what is not locked.",
    "time_back": "A writer's clock was wrong, or the entry was made later than it says. Check NTP on the hosts.",
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `n` is the entry's number, None if it concerns the whole ledger."""

    n: int | None
    key: str
    code: str
    message: str
    severity: str = ERROR

    def to_dict(self) -> dict[str, Any]:
        return {"n": self.n, "key": self.key, "code": self.code, "message": self.message, "severity": self.severity}


@dataclass(frozen=True)
class LedgerReport:
    """What the audit saw. `keys`: (from entry, verifier key)."""

    entries: int
    leaves: int
    head: Head
    findings: list[Finding] = field(default_factory=list)
    keys: list[tuple[int, str]] = field(default_factory=list)
    checkpoint: str = ""  # the tail's signed note: what to give to a witness

    @property
    def ok(self) -> bool:
        """No finding that touches the truth of the ledger (warnings are about its protection)."""
        return not any(f.severity == ERROR for f in self.findings)


def oldest_first(versions: Iterable[Version]) -> Iterator[tuple[int | None, list[Version]]]:
    """(number, versions oldest first) for each key of a version listing; number None for names that are no entry's."""
    for key, group in groupby(versions, key=lambda v: v.key):
        yield entry_number(key), list(group)[::-1]


def audit(store: Store, origin: str, *, pinned: str | None, current: str | None, since: Head | str | None,
          now: datetime, progress: Callable[[int, int], None] | None = None) -> LedgerReport:  # fmt: skip
    """Replay the ledger in `store`. `pinned`: key that must sign entry 0; `current`: key that must sign the tail."""
    return _Audit(store, origin, pinned, now).run(current, since, progress)


class _Audit:
    def __init__(self, store: Store, origin: str, pinned: str | None, now: datetime) -> None:
        self.store = store
        self.origin = origin
        self.pinned = pinned
        self.now = now.astimezone(UTC)
        self.findings: list[Finding] = []
        self.head: Head | None = EMPTY  # None: unknown, the entry before was damaged
        self.last_good: Head = EMPTY
        self.keys: list[tuple[int, str]] = []
        self.roots: dict[int, bytes] = {0: EMPTY.root}  # tree size after an entry -> root
        self.checkpoint = ""
        self.count = 0
        self.expected = 0  # number of the entry that must come next

    def run(self, current: str | None, since: Head | str | None,
            progress: Callable[[int, int], None] | None) -> LedgerReport:  # fmt: skip
        numbered = self._listing()
        total = max(numbered, default=-1) + 1
        for n, answer in self._fetched(numbered):
            self._gap_before(n)
            self.count += 1
            self._entry(n, answer)
            if progress is not None:
                progress(n + 1, total)
        if current is not None and self.keys and self.keys[-1][1] != current:
            self._find(None, "wrong_key", "The ledger is not signed by the key of this installation.")
        if since is not None:
            self._continues(since)
        self.findings.sort(key=lambda f: (f.n is None, f.n or 0))
        head = self.head or self.last_good
        return LedgerReport(self.count, head.size, head, self.findings, self.keys, self.checkpoint)

    # ----------------------------------------------------------------- versions

    def _listing(self) -> dict[int, Version]:
        """The oldest version of every entry; findings for everything else that lies there."""
        numbered: dict[int, Version] = {}
        for n, versions in oldest_first(self.store.versions(PREFIX)):
            if n is None:
                self._find(None, "foreign_key", "This is not a ledger entry.", key=versions[0].key)
                continue
            real = [v for v in versions if not v.delete_marker]
            if len(real) < len(versions):
                self._find(n, "delete_marker", f"Somebody deleted entry {n} (a delete marker lies over it).")
            if len(real) > 1:
                times = ", ".join(v.modified.astimezone(UTC).isoformat(timespec="seconds") for v in real[1:4])
                self._find(n, "overwritten", f"Entry {n} has {len(real) - 1} later version(s), written {times}.")
            if real:
                numbered[n] = real[0]
        return numbered

    def _fetched(self, numbered: dict[int, Version]) -> Iterator[tuple[int, tuple[bytes, LockState] | ArchiveError]]:
        """Entries in order, a few read ahead of the hashing."""
        waiting: deque[tuple[int, Future[Any]]] = deque()
        with ThreadPoolExecutor(4) as pool:
            for n in sorted(numbered):
                waiting.append((n, pool.submit(self._fetch, numbered[n])))
                if len(waiting) > 6:
                    yield _result(waiting.popleft())
            while waiting:
                yield _result(waiting.popleft())

    def _fetch(self, version: Version) -> tuple[bytes, LockState] | ArchiveError:
        try:
            return self.store.read(version.key, version.version_id)
        except ArchiveError as error:
            return error

    # ----------------------------------------------------------------- one entry

    def _gap_before(self, n: int) -> None:
        first, self.expected = self.expected, n + 1
        if first == n:
            return
        which = f"Entry {first} is" if n == first + 1 else f"Entries {first} to {n - 1} are"
        self._find(first, "missing", f"{which} missing.")
        self.head = None

    def _entry(self, n: int, answer: tuple[bytes, LockState] | ArchiveError) -> None:
        if isinstance(answer, ArchiveError):
            self._find(n, "unreadable", f"Entry {n} could not be read.")
            self.head = None
            return
        body, lock = answer
        self._lock(n, lock)
        try:
            entry = parse(body, n, self.origin)
            self._signature(entry)
        except BadEntry as bad:
            self._find(n, bad.code, f"Entry {n} is not valid: {bad}.")
            self.head = None
            return
        problems = list(problems_after(entry, self.head)) if self.head is not None else []
        for problem in problems:
            self._find(n, problem.code, f"Entry {n} is not valid: {problem}.")
        self.head = self.last_good = entry.head
        self.checkpoint = entry.checkpoint
        if not problems:
            self.roots[entry.head.size] = entry.head.root

    def _signature(self, entry: Entry) -> None:
        """Check against the key in force; entry 0 names the first one, a rotation the next."""
        named = entry.header.get("vkey")
        if entry.n == 0 and self.pinned not in (None, named):
            self._find(0, "wrong_key", "Entry 0 names another key than the one that was given.")
        if not self.keys:
            if not isinstance(named, str) and self.pinned is None:
                raise BadEntry("wrong_key", "the entry that names the ledger's key is missing or damaged")
            self.keys.append((entry.n, named if isinstance(named, str) else str(self.pinned)))
            try:
                check_signature(entry, self.keys[-1][1])
            except (BadEntry, BadNote):
                self.keys.pop()
                raise
            return
        key = self.keys[-1][1]
        check_signature(entry, key)
        if next_key(entry, key) != key:
            self.keys.append((entry.n + 1, next_key(entry, key)))

    def _lock(self, n: int, lock: LockState) -> None:
        if lock.mode != COMPLIANCE or lock.retain_until is None:
            self._find(n, "not_locked", f"Entry {n} is not under a COMPLIANCE lock.", severity=WARNING)
        elif lock.retain_until < self.now:
            self._find(n, "lock_ended", f"The lock on entry {n} ended {lock.retain_until:%Y-%m-%d}.", severity=WARNING)

    # ----------------------------------------------------------------- against what somebody kept

    def _continues(self, since: Head | str) -> None:
        try:
            size, root = self._kept(since)
        except BadNote as bad:
            self._find(None, "bad_checkpoint", f"The checkpoint to compare with is not this ledger's: {bad.args[0]}")
            return
        if size > max(self.roots):
            self._find(None, "truncated", f"The ledger once had {size} leaves; {max(self.roots)} are left.")
        elif self.roots.get(size) != root:
            self._find(None, "fork", f"The first {size} leaves are not those that the checkpoint was made of.")

    def _kept(self, since: Head | str) -> tuple[int, bytes]:
        if isinstance(since, Head):
            return since.size, since.root
        checkpoint = open_checkpoint(since, [key for _, key in self.keys] or ([self.pinned] if self.pinned else []))
        if checkpoint.origin != self.origin:
            raise BadNote("it is of another ledger")
        return checkpoint.size, checkpoint.root

    def _find(self, n: int | None, code: str, message: str, *, key: str | None = None, severity: str = ERROR) -> None:
        where = key if key is not None else (entry_key(n) if n is not None else PREFIX)
        self.findings.append(Finding(n, where, code, f"{message} {REMEDIES.get(code, _KEEP)}", severity))


def _result(item: tuple[int, Future[Any]]) -> tuple[int, Any]:
    return item[0], item[1].result()
