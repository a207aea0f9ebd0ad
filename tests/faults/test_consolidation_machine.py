"""Any sequence of commits, consolidations and splits: every answer is the one that the commits alone would give."""

from __future__ import annotations

import tempfile
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from social_archive.config import load_agency
from social_archive.errors import NotFound
from social_archive.proof import verify_proof
from social_archive.proving import prove
from social_archive.retention.consolidation import consolidate, split
from social_archive.search import Query, Search
from social_archive.store import LockState, Store
from tests.agencies import agency_folder
from tests.faults.memory_store import Bucket
from tests.faults.test_accession_machine import ContentStore, MemoryArchive
from tests.social_archive.filled import answers, take_in, told

THINGS = ("c1", "c2", "c3")
TEXTS = st.dictionaries(st.sampled_from(THINGS), st.sampled_from(("A", "B")), min_size=1)
STEPS = st.one_of(
    st.tuples(st.just("commit"), TEXTS, st.lists(st.binary(min_size=1, max_size=3), max_size=1)),
    st.tuples(st.just("consolidate"), st.integers(0, 7)),
    st.tuples(st.just("split"), st.integers(0, 20), st.lists(st.booleans(), min_size=12, max_size=12)),
    st.tuples(st.just("lag")),
)


class Versioned(ContentStore):
    """The content bucket in memory, where old versions can be removed."""

    def lock_state(self, key: str, version_id: str | None = None) -> LockState:
        return self.read(key, version_id)[1]

    def lift_hold(self, key: str, version_id: str) -> None:
        self.read(key, version_id)

    def delete_version(self, key: str, version_id: str, *, bypass_governance: bool = False) -> str:
        kept = self.shared.versions.get(key, [])
        kept[:] = [stored for stored in kept if stored.version_id != version_id]
        return "request"


class Rewritable(MemoryArchive):
    @cached_property
    def store(self) -> Store:
        return Versioned(self.content)

    @cached_property
    def disposer(self) -> Store:
        return Versioned(self.content)


class Play:
    """One archive that is acted on, one that follows now and then, and what the commits alone say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.agency = load_agency(agency_folder(folder / "agency", "in-memory"))
        self.content, self.entries = Bucket(), Bucket()
        self.acting, self.following = self.opened("acting"), self.opened("following")
        self.said: dict[str, list[str]] = {}

    def opened(self, name: str) -> Rewritable:
        archive = Rewritable(self.agency, self.folder / name)
        archive.content, archive.entries = self.content, self.entries
        return archive

    def commit(self, texts: dict[str, str], bad: list[bytes]) -> None:
        take_in(self.acting, texts, bad)
        for thing, text in texts.items():
            bodies = self.said.setdefault(thing, [])
            if not bodies or bodies[-1] != text:
                bodies.append(text)

    def consolidate(self, left: int) -> None:
        keys = [o.key for o in self.acting.catalog.objects("records")]
        consolidate(self.acting, leave=keys[:left] if left < 3 else ())

    def split(self, which: int, held: list[bool]) -> None:
        objects = [o for cls in ("records", "quarantine") for o in self.acting.catalog.objects(cls)]
        if objects:
            o = objects[which % len(objects)]
            split(self.acting, o.key, np.array((held * o.rows)[: o.rows]))

    def lag(self) -> None:
        """The other host catches up now; what happens until the next time it meets as history."""
        self.following.catalog.catch_up()

    def check(self) -> None:
        search = Search.of(self.acting)
        rows = search.find(Query(all_versions=True, limit=1000)).rows
        found: dict[str, list[str]] = {}
        for row in sorted(rows, key=lambda row: row["version"]):
            found.setdefault(row["native_id"], []).append(row["body"])
        search.close()
        assert found == self.said
        for row in rows:
            assert verify_proof(prove(self.acting, row["rid"], version=row["version"])).problems == []


@given(steps=st.lists(STEPS, max_size=12))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@pytest.mark.slow
def test_where_rows_lie_changes_no_answer(steps: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory(prefix="rewrites-") as folder:
        play = Play(Path(folder))
        for name, *arguments in steps:
            getattr(play, name)(*arguments)
        play.check()
        fresh = play.opened("fresh")
        assert answers(fresh) == answers(play.following) == answers(play.acting)
        assert told(fresh) == told(play.following) == told(play.acting)
        stored = {key for key, kept in play.content.versions.items() if kept and key.startswith(("rec", "quar"))}
        assert stored == {o.key for o in fresh.catalog.objects() if o.cls in ("records", "quarantine")}
        for archive in (fresh, play.acting, play.following):
            archive.close()


def test_the_store_in_memory_forgets_what_is_removed() -> None:
    store = Versioned(Bucket())
    ref = store.put("a", b"x", retain_until=datetime.now())
    store.delete_version("a", ref.version_id)
    with pytest.raises(NotFound):
        store.lock_state("a", ref.version_id)
