"""Holds, edits, harvests, consolidations and liftings in any order: a record is held if and only if an active hold
matches it, whichever came first.

The model is a few lines of Python over texts; the archive is a real one on buckets in memory.
"""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from social_archive.accession import Batch, commit
from social_archive.archive import Archive
from social_archive.catalog import CatalogObject
from social_archive.config import load_agency
from social_archive.ledger import Ledger
from social_archive.record import Observation, now_micros
from social_archive.retention import holds
from social_archive.retention.holds import Scope
from social_archive.rewrite import Target, read, rewrite
from social_archive.store import LockState, Store
from tests.agencies import agency_folder
from tests.faults.memory_store import Bucket, MemoryStore
from tests.faults.test_accession_machine import ContentStore

ACCOUNTS = ("larkspur", "kids")
THINGS = ("p1", "c1", "c2", "p2", "c3")
ROOTS = {"p1": "p1", "c1": "p1", "c2": "p1", "p2": "p2", "c3": "p2"}
TEXTS = ("parking lot", "Parking full", "summer reading", "lot of thanks", None)
WORDS = ("parking", "lot", "reading", "PARKING LOT", "nowhere")
NOON = 1_772_625_600_000_000
DAY = 86_400_000_000


@dataclass(frozen=True)
class Thing:
    account: str
    name: str


class LockableStore(ContentStore):
    """The content bucket in memory, whose locks can be asked for."""

    def lock_state(self, key: str, version_id: str | None = None) -> LockState:
        return self.read(key, version_id)[1]

    def exists(self, key: str, version_id: str) -> bool:
        return any(s.version_id == version_id for s in self.shared.versions.get(key, []))


class InMemory(Archive):
    content: Bucket
    entries: Bucket

    @cached_property
    def store(self) -> Store:
        return LockableStore(self.content)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(MemoryStore(self.entries), self.signer, self.agency.ledger.origin, sleep=lambda _: None)


scopes = st.builds(
    Scope,
    text=st.sampled_from(("", *WORDS)), account=st.none() | st.sampled_from(ACCOUNTS), threads=st.booleans(),
    since=st.none() | st.sampled_from([NOON + n * DAY for n in range(3)]),
    until=st.none() | st.sampled_from([NOON + n * DAY for n in range(3, 6)]),
    kinds=st.just(()) | st.just(("comment",)),
).filter(lambda s: s != Scope() and s != Scope(threads=True))  # fmt: skip


class Holding(RuleBasedStateMachine):
    """`said`: every text that each thing ever had. `active`: the scopes in force by hold."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = contextlib.ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory(prefix="holding-")))
        self.agency = load_agency(agency_folder(folder / "agency", "in-memory"))
        self.folder = folder
        self.content, self.entries = Bucket(), Bucket()
        self.hosts = itertools.count()
        self.clock = itertools.count(now_micros())
        self.said: dict[Thing, list[str | None]] = {}
        self.active: dict[str, Scope] = {}
        self.archive = self.opened()

    def opened(self) -> InMemory:
        archive = InMemory(self.agency, self.folder / f"host-{next(self.hosts)}")
        archive.content, archive.entries = self.content, self.entries
        return archive

    # ------------------------------------------------------------------ what happens

    @rule(account=st.sampled_from(ACCOUNTS), seen=st.dictionaries(st.sampled_from(THINGS), st.sampled_from(TEXTS)))
    def harvest(self, account: str, seen: dict[str, str | None]) -> None:
        at = next(self.clock)
        commit(self.archive, Batch("mastodon", account, "h", [observed(account, n, t, at) for n, t in seen.items()]))
        for name, text in seen.items():
            texts = self.said.setdefault(Thing(account, name), [])
            if text not in texts[-1:]:
                texts.append(text)

    @rule(scope=scopes)
    def place(self, scope: Scope) -> None:
        placed = holds.place(
            self.archive, kind="audit", matter="m", mandate="m", scope=scope, by="records", via="cli",
            review=date.today() + timedelta(days=1),
        )  # fmt: skip
        self.active[placed.hold.id] = scope
        assert placed.records == sum(1 for thing in self.said if self.covers(scope, thing))
        assert placed.gone == []

    @precondition(lambda self: self.active)
    @rule(data=st.data())
    def lift(self, data: st.DataObject) -> None:
        lifted = data.draw(st.sampled_from(sorted(self.active)))
        holds.lift(self.archive, lifted, by="records", via="cli", reason="over")
        del self.active[lifted]

    @rule()
    def consolidate(self) -> None:
        """The objects of one folder become one."""
        folders: dict[str, list[CatalogObject]] = {}
        for o in self.archive.catalog.objects("records"):
            folders.setdefault(o.key.rpartition("/")[0], []).append(o)
        for folder, objects in folders.items():
            if len(objects) > 1:
                targets = [Target(f"{folder}/", *read(self.archive, o), o.retain_until) for o in objects]
                rewrite(self.archive, objects, targets, why="consolidate", remove=False)

    @rule()
    def another_host(self) -> None:
        self.archive.close()
        self.archive = self.opened()
        self.archive.catalog.catch_up()

    # ------------------------------------------------------------------ what must hold

    @invariant()
    def a_record_is_held_if_and_only_if_an_active_hold_matches_it(self) -> None:
        objects = self.archive.catalog.objects("records")
        found = holds.held(self.archive, objects)
        rows: dict[Thing, set[bool]] = {}
        for o in objects:
            names = pq.read_table(self.archive.mirror.path(o), columns=["native_id"], partitioning=None)["native_id"]
            held = set() if o.key not in found else set(found[o.key].rows.tolist())  # type: ignore[union-attr]
            for number, name in enumerate(names.to_pylist()):
                rows.setdefault(Thing(o.account, name), set()).add(number in held)
        wanted = {thing: any(self.covers(scope, thing) for scope in self.active.values()) for thing in self.said}
        assert rows == {thing: {held} for thing, held in wanted.items()}, "all versions of a record, or none"

    def covers(self, scope: Scope, thing: Thing) -> bool:
        if self.matches(scope, thing):
            return True
        beside = [other for other in self.said if other.account == thing.account and ROOTS[other.name] == ROOTS[
            thing.name]]  # fmt: skip
        return scope.threads and any(self.matches(scope, other) for other in beside)

    def matches(self, scope: Scope, thing: Thing) -> bool:
        made = NOON + THINGS.index(thing.name) * DAY
        words = scope.text.lower().split()
        return (
            scope.account in (None, thing.account)
            and (scope.since is None or made >= scope.since)
            and (scope.until is None or made < scope.until)
            and (not scope.kinds or thing.name.startswith("c"))
            and any(all(word in (text or "").lower() for word in words) for text in self.said[thing])
        )

    def teardown(self) -> None:
        self.archive.close()
        assert self.opened().ledger.verify().findings == []
        self.stack.close()


def observed(account: str, name: str, text: str | None, at: int) -> Observation:
    return Observation(
        kind="post" if name.startswith("p") else "comment", native_id=name, native=(text or "").encode(), body=text,
        platform="mastodon", account=account, root_native_id=None if ROOTS[name] == name else ROOTS[name],
        created_at=NOON + THINGS.index(name) * DAY, observed_at=at, harvest_id="h", adapter="machine",
    )  # fmt: skip


Holding.TestCase.settings = settings(
    max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestHolding = pytest.mark.slow(Holding.TestCase)
