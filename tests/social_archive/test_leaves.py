"""Which leaf a row is travels with the row's object, however the rows are ordered."""

from __future__ import annotations

import io
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive import leaves as leaf_map

LEAVES = st.lists(st.integers(0, 2**62), max_size=200, unique=True)


@given(LEAVES)
@settings(max_examples=60)
def test_leaves_come_back_in_the_order_of_the_rows(some: list[int]) -> None:
    given_leaves = np.array(some, dtype=np.int64)
    assert leaf_map.decode(leaf_map.encode(given_leaves)).tolist() == some


@given(LEAVES)
@settings(max_examples=30)
def test_they_survive_parquet_and_a_selection_of_columns(some: list[int]) -> None:
    table = leaf_map.with_leaves(pa.table({"a": some, "b": some}), np.array(some, dtype=np.int64))
    file = io.BytesIO()
    pq.write_table(table, file)
    found = leaf_map.of_table(pq.read_table(file, columns=["a"]))
    assert found is not None
    assert found.tolist() == some


def test_a_harvests_own_object_names_no_leaves() -> None:
    assert leaf_map.of_table(pa.table({"a": [1]})) is None


def test_other_metadata_stays_and_new_leaves_replace_old_ones() -> None:
    table = pa.table({"a": [1, 2]}).replace_schema_metadata({b"other": b"kept"})
    once = leaf_map.with_leaves(table, np.array([7, 8]))
    twice = leaf_map.with_leaves(once, np.array([8, 7]))
    assert twice.schema.metadata[b"other"] == b"kept"
    assert leaf_map.of_table(twice).tolist() == [8, 7]  # type: ignore[union-attr]


def test_neighbours_take_next_to_no_room() -> None:
    assert len(leaf_map.encode(np.arange(100_000))) < 2_000


@given(LEAVES)
@settings(max_examples=60)
def test_ranges_hold_each_leaf_once(some: list[int]) -> None:
    near = [leaf % 300 for leaf in some]
    found = leaf_map.ranges(near)
    assert [leaf for first, last in found for leaf in range(first, last + 1)] == sorted(set(near))
    assert leaf_map.count(found) == len(set(near))
    assert all(b[0] > a[1] + 1 for a, b in pairwise(found))
