"""Disappearances out of versions, whatever order and mixture of states harvests saw."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive.policy.moderation.sightings import Disappeared, Sightings
from social_archive.record import SCHEMA, STATES

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
WHERE = ("facebook", "larkspur")

histories = st.lists(st.lists(st.sampled_from(STATES), min_size=1, max_size=8), min_size=1, max_size=5)


def row(thing: int, version: int, state: str) -> dict[str, Any]:
    at = BEGIN + timedelta(days=version, seconds=thing)
    return {"rid": f"{thing:032x}", "version": version, "platform": WHERE[0], "account": WHERE[1], "kind": "comment",
            "native_id": f"c{thing}", "root_native_id": "p1", "author_is_account": False, "created_at": BEGIN,
            "observed_at": at, "state": state, "flags": []}  # fmt: skip


def disappeared(told: list[list[str]]) -> list[Disappeared]:
    """What is read out of one file that holds the versions of some things, newest first."""
    rows = [row(thing, version, state) for thing, states in enumerate(told) for version, state in enumerate(states, 1)]
    names = [*rows[0], "parent_native_id", "gap_from", "gap_to"]
    schema = pa.schema([SCHEMA.field(name) for name in names])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "records.parquet"
        pq.write_table(pa.Table.from_pylist(rows[::-1], schema=schema), path)
        with Sightings([path], {}) as sightings:
            return sightings.disappeared()


@pytest.mark.slow
@settings(max_examples=25)
@given(histories)
def test_each_run_of_sightings_that_were_not_present_is_one_disappearance_inside_its_neighbours(
    told: list[list[str]],
) -> None:
    found = disappeared(told)
    for thing, states in enumerate(told):
        visible = [(number, state) for number, state in enumerate(states, 1) if state != "inaccessible"]
        runs = [list(run) for up, run in groupby(visible, key=lambda seen: seen[1] == "present") if not up]
        mine = [one for one in found if one.rid == f"{thing:032x}"]
        assert [[(s.version, s.state) for s in one.steps] for one in mine] == runs
        for one in mine:
            first, last = one.steps[0].seen, one.steps[-1].seen
            assert one.last_seen is None or one.last_seen < first
            assert one.back is None or one.back > last
            was_there = any(state == "present" for number, state in visible if number < one.steps[0].version)
            assert (one.last_seen is not None) == was_there
