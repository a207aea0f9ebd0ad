"""Steps are taken in once and in order, whether this process does it or a second one that works ahead."""

from __future__ import annotations

from collections.abc import Callable

import pytest

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
