"""Steps are taken in once and in order, whether this process does it or a second one that works ahead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from social_archive.accession import Batch, commit, prepare
from social_archive.harvest import committer
from social_archive.harvest.committer import Committer
from social_archive.harvest.report import Judged
from social_archive.record import Observation, now_micros
from tests.agencies import ScriptedArchive
from tests.scripted import Script

pytestmark = pytest.mark.slow

Library = Callable[[Script], ScriptedArchive]


def said(native_id: str, text: str) -> Observation:
    moment = now_micros()
    return Observation(
        kind="comment", native_id=native_id, native=text.encode(), body=text, platform="mastodon", account="larkspur",
        parent_native_id="p1", root_native_id="p1", created_at=moment, observed_at=moment, harvest_id="h",
        adapter="s/1",
    )  # fmt: skip


def batch(*observations: Observation) -> Batch:
    return Batch(platform="mastodon", account="larkspur", harvest_id="h", observations=list(observations))


def test_a_second_process_takes_steps_in_order_and_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committer, "LARGE", 2)
    archive = library(Script())
    account = archive.account("larkspur")
    steps = [[said("c1", "A"), said("c2", "x")], [said("c1", "B")], [said("c1", "A"), said("c3", "y")]]
    with Committer(archive, account, "h") as taking:
        for observations in steps:
            taking.take(Judged(observations=observations))
        told = list(taking.tallies())
    assert [t.entry for t in told] == [0, 1, 2]
    assert [t.kinds for t in told] == [
        {"comment new": 2},
        {"comment changed": 1},
        {"comment changed": 1, "comment new": 1},
    ]
    archive.catalog.catch_up()
    assert archive.catalog.latest("mastodon", "larkspur", ["c1"])["c1"].version == 3
    assert archive.ledger.verify().ok


def test_what_another_writer_took_in_after_the_preparation_is_not_taken_in_twice(library: Library) -> None:
    archive = library(Script())
    mine = batch(said("c1", "A"), said("c2", "x"))
    prepared = prepare(archive, mine)
    assert prepared is not None
    commit(archive, batch(said("c1", "A")))
    done = commit(archive, mine, prepared)
    assert [v.observation.native_id for v in done.versions] == ["c2"]
    assert archive.ledger.verify().ok


def test_a_preparation_that_still_fits_is_used_as_it_is(library: Library) -> None:
    archive = library(Script())
    mine = batch(said("c1", "A"))
    prepared = prepare(archive, mine)
    assert prepared is not None
    done = commit(archive, mine, prepared)
    assert done.entry is not None
    assert done.entry.header["objects"] == prepared.written.described
    assert prepare(archive, mine) is None
