"""Two writers, edits, crashes and a store that loses answers, in any order that Hypothesis can think of.

The level is `accession.commit`: each writer looks at the platform, and takes in what it saw now or much later. Whatever
happens in between, every version is there once, in the order it was seen, and what was taken in last is the latest
version unless somebody else saw a newer one.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from social_archive import accession
from social_archive.accession import Batch, commit
from social_archive.archive import Archive
from social_archive.config import Agency, load_agency
from social_archive.errors import StoreError
from social_archive.ledger import Ledger
from social_archive.record import Observation, now_micros
from social_archive.store import LockState, ObjectRef, Store
from tests.agencies import agency_folder
from tests.faults.memory_store import LIST_FAULTS, PUT_FAULTS, Bucket, Crash, MemoryStore

WRITERS = (0, 1)
THINGS = ("c1", "c2", "c3")
POINTS = ("before-objects", "between-objects", "after-objects", "after-ledger", "before-catalog", "before-seal")
CONTENT_FAULTS = ("ok", "lost_reply", "lost_request", "crash_before", "crash_after")


class ContentStore(MemoryStore):
    """The content bucket in memory: as the ledger's, and objects can be sealed."""

    def seal(self, ref: ObjectRef, *, retain_until: datetime | None, mode: str = "GOVERNANCE",
             hold: bool = False) -> None:  # fmt: skip
        for stored in self.shared.versions[ref.key]:
            if stored.version_id == ref.version_id:
                stored.lock = LockState(mode, retain_until, hold)


class MemoryArchive(Archive):
    """An archive on two buckets in memory, with a plan of faults for each."""

    content: Bucket
    entries: Bucket
    rival: Callable[[], None] | None = None

    @cached_property
    def store(self) -> Store:
        return ContentStore(self.content)

    @cached_property
    def ledger_store(self) -> MemoryStore:
        return MemoryStore(self.entries, rival=self.rival)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.ledger_store, self.signer, self.agency.ledger.origin, sleep=lambda _: None)


class Harvesters(RuleBasedStateMachine):
    """`truth` is the platform; `seen` is what a writer has looked at and not taken in yet."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(self.enter(tempfile.TemporaryDirectory(prefix="writers-")))
        self.agency: Agency = load_agency(agency_folder(self.folder / "agency", "in-memory"))
        self.content, self.entries = Bucket(), Bucket()
        self.truth = dict.fromkeys(THINGS, "A")
        self.start = now_micros()
        self.clock = itertools.count(self.start)
        self.generations = itertools.count()
        self.archives: dict[int, MemoryArchive] = {}
        self.states: dict[int, Path] = {}
        self.seen: dict[int, list[list[Observation]]] = {w: [] for w in WRITERS}
        self.busy: set[int] = set()

    def enter(self, context: contextlib.AbstractContextManager[str]) -> str:
        self.stack = contextlib.ExitStack()
        return self.stack.enter_context(context)

    # ------------------------------------------------------------------ what happens

    @rule(writer=st.sampled_from(WRITERS), edits=st.dictionaries(st.sampled_from(THINGS), st.sampled_from("AB")))
    def look(self, writer: int, edits: dict[str, str]) -> None:
        """Some things are edited, and then a writer looks at all of them."""
        self.truth |= edits
        at = next(self.clock)
        self.seen[writer].append([self.observed(thing, text, at) for thing, text in self.truth.items()])

    @rule(
        writer=st.sampled_from(WRITERS),
        puts=st.just([]) | st.lists(st.sampled_from(CONTENT_FAULTS), max_size=2),
        appends=st.sampled_from([[], ["rival"]]) | st.lists(st.sampled_from(PUT_FAULTS + LIST_FAULTS), max_size=3),
        point=st.none() | st.none() | st.sampled_from(POINTS),
    )
    def take_in(self, writer: int, puts: list[str], appends: list[str], point: str | None) -> None:
        self.attempt(writer, puts, appends, point)

    @rule(writer=st.sampled_from(WRITERS))
    def lose_the_caches(self, writer: int) -> None:
        self.restart(writer)
        self.states.pop(writer, None)

    @rule()
    def what_was_in_flight_arrives(self) -> None:
        self.entries.arrive()

    # ------------------------------------------------------------------ how it happens

    def observed(self, thing: str, text: str, at: int) -> Observation:
        return Observation(
            kind="comment", native_id=thing, native=text.encode(), body=text, platform="mastodon", account="larkspur",
            root_native_id="p1", created_at=self.start - self.start % 86_400_000_000, observed_at=at, harvest_id="h",
            adapter="machine",
        )  # fmt: skip

    def attempt(self, writer: int, puts: list[str], appends: list[str], point: str | None) -> None:
        """Take in the writer's oldest look, unless something happens."""
        if not self.seen[writer] or writer in self.busy:
            return
        archive = self.archive(writer)
        archive.store.plan, archive.ledger_store.plan = list(puts), list(appends)  # type: ignore[attr-defined]
        look = self.seen[writer][0]
        self.busy.add(writer)
        try:
            with crashing(point):
                commit(archive, batch(look))
        except Crash:
            self.restart(writer)
            return
        except StoreError:  # the store never gave a clear answer: the run fails, and is repeated
            return
        finally:
            self.busy.discard(writer)
            for store in (archive.store, archive.ledger_store):
                store.plan = []  # type: ignore[attr-defined]
        self.seen[writer].remove(look)
        versions = self.versions()
        for o in look:
            _version, body, seen_at = versions[o.native_id][-1]
            assert body == o.body or seen_at > o.observed_at, "what was taken in is the latest, unless a newer look is"

    def archive(self, writer: int) -> MemoryArchive:
        if writer not in self.archives:
            state = self.states.setdefault(writer, self.folder / f"writer-{writer}-{next(self.generations)}")
            self.archives[writer] = self.opened(state)
            other = WRITERS[1 - writer]
            self.archives[writer].rival = lambda: self.attempt(other, [], [], None)
        return self.archives[writer]

    def opened(self, state: Path) -> MemoryArchive:
        archive = MemoryArchive(self.agency, state)
        archive.content, archive.entries = self.content, self.entries
        return archive

    def restart(self, writer: int) -> None:
        """The process is gone; what it had on disk stays."""
        archive = self.archives.pop(writer, None)
        if archive is not None:
            archive.close()

    # ------------------------------------------------------------------ what must hold

    @invariant()
    def each_version_is_there_once_in_the_order_it_was_seen(self) -> None:
        for thing, bodies in self.versions().items():
            assert [v for v, _, _ in bodies] == list(range(1, len(bodies) + 1)), "numbered without a gap or a double"
            assert all(a[1] != b[1] for a, b in itertools.pairwise(bodies)), "a version differs from the one before it"
            assert [at for _, _, at in bodies] == sorted(at for _, _, at in bodies), f"{thing} went back in time"

    def versions(self) -> dict[str, list[tuple[int, str, int]]]:
        """(version, text, when it was seen) of each thing, read from the ledger and the objects it names alone."""
        found: dict[str, list[tuple[int, str, int]]] = {}
        store = ContentStore(self.content)
        for entry in Ledger(MemoryStore(self.entries), None, self.agency.ledger.origin).entries():
            for o in entry.header["objects"]:
                body = store.get(o["key"], o["version"], sha256=o["sha256"])
                for thing, version, text, seen_at in _rows(body):
                    found.setdefault(thing, []).append((version, text, seen_at))
        return {thing: sorted(some) for thing, some in found.items()}

    def teardown(self) -> None:
        """Every run is repeated until it succeeds; then one more look makes the archive say what the platform says."""
        self.entries.arrive()
        for writer in WRITERS:
            while self.seen[writer]:
                before = len(self.seen[writer])
                self.attempt(writer, [], [], None)
                assert len(self.seen[writer]) < before, "a run without faults must succeed"
        fresh = self.opened(self.folder / "fresh")
        for entries in (1, 0):
            last = [self.observed(thing, text, next(self.clock)) for thing, text in self.truth.items()]
            done = commit(fresh, batch(last))
            assert (done.entry is not None) <= entries, "the second of two equal looks adds nothing"
        self.each_version_is_there_once_in_the_order_it_was_seen()
        assert {thing: some[-1][1] for thing, some in self.versions().items()} == self.truth
        assert fresh.ledger.verify().findings == []
        fresh.close()
        for writer in WRITERS:
            self.restart(writer)
        self.stack.close()


def batch(look: list[Observation]) -> Batch:
    return Batch("mastodon", "larkspur", "h", list(look))


@functools.lru_cache(maxsize=1_000)
def _rows(body: bytes) -> list[tuple[str, int, str, int]]:
    """(thing, version, text, when it was seen) of each row. The same bytes are asked for after every step."""
    table = pq.read_table(pa.BufferReader(body), columns=["native_id", "version", "body", "observed_at"])
    return [
        (row["native_id"], row["version"], row["body"], int(row["observed_at"].timestamp() * 1_000_000))
        for row in table.to_pylist()
    ]


@contextlib.contextmanager
def crashing(point: str | None) -> Iterator[None]:
    """Die (as an exception that nothing of ours may catch) at this crash point."""

    def at(name: str) -> None:
        if name == point:
            raise Crash

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accession, "crash_point", at)
        yield


Harvesters.TestCase.settings = settings(
    max_examples=60, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestHarvesters = pytest.mark.slow(Harvesters.TestCase)
