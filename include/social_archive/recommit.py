"""What the rows of an object commit to, computed from their content anew; for many rows in several processes.

Nothing that a row says of itself is believed: its `commitment` column is not read.
"""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from social_archive import companions
from social_archive import leaves as leaf_map
from social_archive.errors import ArchiveError
from social_archive.quarantine import commit_quarantine
from social_archive.record import SCHEMA, Media, Observation, commitment_of

T = TypeVar("T")

MANY: Final = 50_000
"""Rows from which other processes pay for their start."""

_NESTED: Final = ("media", "flags", "links")
_PLAIN: Final = tuple(name for name in Observation.__struct_fields__ if name not in _NESTED)


class Recommitted(NamedTuple):
    """Of each row in order: 32 bytes of commitment, 16 of its id, its version; as packed bytes.

    `leaves`: what the footer names, packed int64; None if it names none. `broken`: the bytes are no table of the class.
    """

    rows: int = 0
    commitments: bytes = b""
    ids: bytes = b""
    versions: bytes = b""
    leaves: bytes | None = None
    broken: bool = False


def recommit(body: bytes, cls: str) -> Recommitted:
    """The rows of a Parquet object of one of the classes of `leaves.TYPES`. Never raises on bad bytes."""
    try:
        table = pq.read_table(io.BytesIO(body), partitioning=None)
        named = leaf_map.of_table(table)
        commitments = _COMMIT[cls](table)
        ids = "".join(table.column(_IDS.get(cls, "id")).to_pylist())
        versions = table.column("version").to_pylist() if cls == "records" else [0] * table.num_rows
        done = Recommitted(
            table.num_rows, b"".join(commitments), bytes.fromhex(ids), np.array(versions, np.int64).tobytes(),
            None if named is None else named.tobytes(),
        )  # fmt: skip
    except Exception:  # whatever somebody put in the place of a record: it is not one
        return Recommitted(broken=True)
    whole = len(done.commitments) == 32 * done.rows and len(done.ids) == 16 * done.rows
    return done if whole else Recommitted(broken=True)


def footer(body: bytes) -> bytes | None:
    """The leaves that a Parquet object's footer names, packed int64; None if it names none or is not Parquet."""
    try:
        metadata = pq.read_schema(io.BytesIO(body)).metadata or {}
        named = metadata.get(leaf_map.METADATA)
        return None if named is None else leaf_map.decode(named).tobytes()
    except Exception:  # not what was committed
        return None


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _records(table: pa.Table) -> Iterator[bytes]:
    columns = [_values(table, name) for name in _PLAIN]
    media, flags, links = (_values(table, name) for name in _NESTED)
    secrets = _values(table, "secret")
    for row, m, f, k, secret in zip(zip(*columns, strict=True), media, flags, links, secrets, strict=True):
        observation = Observation(
            **dict(zip(_PLAIN, row, strict=True)), media=tuple(Media(**one) for one in m) if m else (),
            flags=tuple(f) if f else (), links=tuple(k) if k else (),
        )  # fmt: skip
        yield commitment_of(observation, secret)


def _quarantined(table: pa.Table) -> Iterator[bytes]:
    return (commit_quarantine(row) for row in table.to_pylist())


_IDS: Final = {"records": "rid", "quarantine": "qid"}
"""Columns whose values stand in the leaves; companions have `id`."""

_COMMIT: Final[dict[str, Callable[[pa.Table], Iterable[bytes]]]] = {
    "records": _records, "quarantine": _quarantined, **dict.fromkeys(leaf_map.COMPANIONS, companions.recommit),
}  # fmt: skip


def _values(table: pa.Table, name: str) -> list[Any]:
    """A column as Python values, times as integers."""
    column = table.column(name)
    if column.null_count == len(column):
        return [None] * len(column)
    if pa.types.is_timestamp(SCHEMA.field(name).type):
        column = column.cast(SCHEMA.field(name).type).cast(pa.int64())
    values: list[Any] = column.to_pylist()
    return values


# --------------------------------------------------------------------------- many


def recommit_all(
    bodies: Iterable[tuple[T, str, bytes]], *, rows: int, processes: int | None = None
) -> Iterator[tuple[T, Recommitted]]:
    """(tag, rows' commitments) for each (tag, class, body), in order. `rows`: about how many there are in all.

    `processes`: how many to use; default: one for few rows, else as many as there are cores.
    """
    count = processes if processes is not None else (os.cpu_count() or 1) if rows > MANY else 1
    if count <= 1:
        yield from ((tag, recommit(body, cls)) for tag, cls, body in bodies)
        return
    with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context("spawn")) as pool:
        waiting: deque[tuple[T, Future[Recommitted]]] = deque()
        for tag, cls, body in bodies:
            waiting.append((tag, pool.submit(recommit, body, cls)))
            if len(waiting) > 2 * count:  # bounds memory
                yield _finished(waiting.popleft())
        while waiting:
            yield _finished(waiting.popleft())


def _finished(one: tuple[T, Future[Recommitted]]) -> tuple[T, Recommitted]:
    try:
        return one[0], one[1].result()
    except BrokenProcessPool as broken:
        raise ArchiveError(
            "A helping process of this check was ended from outside. Nothing was changed.",
            remedy="Run the command again. If it recurs, look for a memory limit.",
        ) from broken
