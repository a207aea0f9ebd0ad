"""Taking judged steps in, in order; for a large harvest in a second process, while the first goes on reading.

Reading (fetch, parse, validate) and keeping (commit, Parquet, locks, ledger) are both work for a whole core. A small
harvest stays in one process: starting another one costs a second or two.
"""

from __future__ import annotations

import gc
import multiprocessing
from collections import Counter, deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

import msgspec

from social_archive import garbage
from social_archive.accession import Accessioned, Batch, commit
from social_archive.config import Account
from social_archive.errors import ArchiveError
from social_archive.harvest.report import Judged

if TYPE_CHECKING:
    from social_archive.archive import Archive

LARGE: Final = 4_000  # rows in one step from which a second process pays
_WAITING: Final = 2  # steps on their way to the second process: bounds memory


class Tally(msgspec.Struct):
    """What one commit did, as counts: `kinds` are (kind, new|changed|deleted) -> versions."""

    entry: int | None
    kinds: dict[str, int]
    quarantined: int
    unchanged: int


class Committer:
    """Commits the steps of one harvest. Use as a context manager; read `tallies()` as they come and at the end."""

    def __init__(self, archive: Archive, account: Account, harvest_id: str) -> None:
        self._archive = archive
        self._account = account
        self._harvest_id = harvest_id
        self._pool: ProcessPoolExecutor | None = None
        self._running: deque[Future[bytes]] = deque()
        self._done: list[Tally] = []

    def take(self, judged: Judged) -> None:
        """Commit one step, or hand it to the second process. Errors of earlier steps are raised here."""
        if len(judged.observations) >= LARGE:
            self.warm()
        if self._pool is None:
            self._done.append(commit_judged(self._archive, self._account, self._harvest_id, judged))
            return
        if len(self._running) >= _WAITING:
            self._collect()
        place = (str(self._archive.agency.folder), str(self._archive.state))
        name = f"{self._account.platform}/{self._account.name}"
        piece = msgspec.msgpack.encode(judged)
        self._running.append(self._pool.submit(_commit_elsewhere, *place, name, self._harvest_id, piece))

    def warm(self) -> None:
        """Start the second process now: that takes a second or two, and whoever calls is sure to need it."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
            self._pool.submit(_archive_elsewhere, str(self._archive.agency.folder), str(self._archive.state))

    def tallies(self) -> Iterator[Tally]:
        """What every commit of this harvest did, in order; waits for those that are still running."""
        while self._running:
            self._collect()
        yield from self._done

    def _collect(self) -> None:
        try:
            finished = self._running.popleft().result()
        except BrokenProcessPool as broken:
            raise ArchiveError(
                "The second process of this harvest was ended from outside. What it had committed is archived.",
                remedy="Run the harvest again: it takes in what is missing. If it recurs, look for a memory limit.",
            ) from broken
        self._done.append(msgspec.msgpack.decode(finished, type=Tally))

    def __enter__(self) -> Committer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=error is not None)


def commit_judged(archive: Archive, account: Account, harvest_id: str, judged: Judged) -> Tally:
    """Commit one step in this process."""
    batch = Batch(
        platform=account.platform,
        account=account.name,
        harvest_id=harvest_id,
        observations=judged.observations,
        quarantined=judged.quarantined,
        media=judged.media,
        evidence=judged.evidence,
        cursor=judged.cursor,
        walked=judged.walked.to_dict() if judged.walked else None,
        imported=judged.imported,
        kept=judged.kept,
        resolved=judged.resolved,
    )
    return _tally(commit(archive, batch))


def _tally(done: Accessioned) -> Tally:
    kinds: Counter[str] = Counter()
    for v in done.versions:
        gone = v.observation.state in ("deleted", "account_gone")
        kinds[f"{v.observation.kind} {'deleted' if gone else 'new' if v.version == 1 else 'changed'}"] += 1
    return Tally(done.entry.n if done.entry else None, dict(kinds), done.quarantined, done.unchanged)


# --------------------------------------------------------------------------- in the second process


_archives: dict[tuple[str, str], Archive] = {}  # of the second process: one, opened at its first step


def _archive_elsewhere(agency: str, state: str) -> None:
    from social_archive.archive import open_archive

    gc.set_threshold(*garbage.FEW)
    if (agency, state) not in _archives:
        _archives[agency, state] = open_archive(Path(agency), state=Path(state))


def _commit_elsewhere(agency: str, state: str, account: str, harvest_id: str, judged: bytes) -> bytes:
    _archive_elsewhere(agency, state)
    archive = _archives[agency, state]
    piece = msgspec.msgpack.decode(judged, type=Judged)
    return msgspec.msgpack.encode(commit_judged(archive, archive.account(account), harvest_id, piece))
