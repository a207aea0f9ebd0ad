"""Moving rows into other objects without touching the records: consolidation, splitting, a change of cohort, rescue.

A row is never altered. New objects are written and read back, one ledger entry (`rewrite`) makes them the place where
the records lie, and only then the old versions are removed. Leaves are per record and stay where they are in the tree,
so every proof stays as it is; the new object's footer names the leaf of each row (`leaves.py`).

Crash-safe like an accession: before the entry the new objects are garbage, after it the old ones are. The audit
collects both.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from social_archive import leaves as leaf_map
from social_archive.accession import describe, seal
from social_archive.commitments import Commitments, column_of
from social_archive.crash import crash_point
from social_archive.errors import ArchiveError, ConfigError, LedgerError, NotFound
from social_archive.ledger import EMPTY, Draft, Entry, HeadMoved
from social_archive.record import canonical
from social_archive.store import COMPLIANCE, LockState, ObjectRef, Refused, Store

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject

Why = Literal["consolidate", "split", "settle", "rescue"]

WHAT: Final = "rewrite"
_ROW_GROUP: Final = 10_000
_WORKERS: Final = 8
_IN_MEMORY: Final = 64_000_000
"""Bytes up to which a copy goes through this process; larger ones the store makes by itself."""


class SourcesChanged(ArchiveError):
    """Another run moved, claimed or destroyed what was to be rewritten. Nothing was changed."""

    remedy = "Run the command again: it works on what is there now."


@dataclass(frozen=True)
class Target:
    """A new object: its folder, its rows (of the sources, none altered but for their cohort), the leaf of each row."""

    prefix: str
    table: pa.Table
    leaves: leaf_map.Leaves
    retain_until: int | None
    cls: str = "records"


@dataclass(frozen=True)
class Copied:
    """An object without rows (media, the file of a request) that moves to another folder; rows go on naming its old
    key."""

    source: CatalogObject
    prefix: str
    retain_until: int | None


@dataclass(frozen=True)
class Rewritten:
    """`objects` as the ledger names them, in the order of the targets; `left`: old versions still to be removed."""

    entry: Entry
    objects: list[dict[str, Any]]
    removed: int
    left: int


class OldVersion(Protocol):
    """An object version that was a record's place."""

    @property
    def key(self) -> str: ...
    @property
    def version_id(self) -> str: ...


@dataclass
class _Plan:
    sources: Sequence[CatalogObject]
    targets: Sequence[Target]
    copies: Sequence[Copied]
    why: Why
    may: Callable[[], None] | None
    commitments: Commitments
    written: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[tuple[str, bytes]] = field(default_factory=list)
    tables: list[tuple[dict[str, Any], pa.Table]] = field(default_factory=list)


def read(archive: Archive, source: CatalogObject) -> tuple[pa.Table, leaf_map.Leaves]:
    """All rows of a live object, and the leaf of each. Raises NotFound, Corrupt.

    The copy on this disk is hashed once more: what is read here becomes the record, and the original goes.
    """
    body = archive.mirror.path(source).read_bytes()
    if hashlib.sha256(body).hexdigest() != source.sha256:
        body = archive.store.get(source.key, source.version_id, sha256=source.sha256)
        archive.mirror.keep(source.key, body)
    return pq.ParquetFile(pa.BufferReader(body)).read(), archive.catalog.leaves_of(source.key)


def rewrite(
    archive: Archive,
    sources: Sequence[CatalogObject],
    targets: Sequence[Target],
    *,
    why: Why,
    copies: Sequence[Copied] = (),
    may: Callable[[], None] | None = None,
    remove: bool = True,
    unlocked: bool = False,
    commitments: Commitments | None = None,
) -> Rewritten:
    """Put the rows of `sources` into `targets`, every row exactly once, and remove the sources.

    `may` is asked at every head before the commit and raises if it must not happen any more. `copies` are media that
    go along; their sources count among what is removed. Raises SourcesChanged, LedgerError (a row is not what the
    ledger committed), StoreError. `remove=False` leaves the old versions to a later call of `remove_old`. `unlocked`:
    the caller has seen that no source is under a COMPLIANCE lock.
    `commitments`: what was read of the ledger so far, where one run rewrites many objects.
    """
    plan = _Plan(sources, targets, copies, why, may, commitments or Commitments(archive))
    _check_rows(archive, plan)
    _write(archive, plan)
    crash_point("rewrite-written")
    entry = _commit(archive, plan)
    crash_point("rewrite-committed")
    _settle(archive, plan, entry)
    old = [*sources, *(copy.source for copy in copies)]
    removed = remove_old(archive, old, unlocked=unlocked) if remove else 0
    return Rewritten(entry, list(entry.header["objects"]), removed, len(old) - removed)


# --------------------------------------------------------------------------- before the commit


def _check_rows(archive: Archive, plan: _Plan) -> None:
    """Every leaf of the sources is in exactly one target, and each row's commitment is what the ledger holds there."""
    owed = [archive.catalog.leaves_of(source.key) for source in plan.sources]
    given = [target.leaves for target in plan.targets]
    if not np.array_equal(np.sort(_joined(owed)), np.sort(_joined(given))):
        raise LedgerError("The rows to be moved are not the rows that are there. Nothing was changed.")
    for target in plan.targets:
        committed = plan.commitments.of(target.leaves, target.cls)
        if not np.array_equal(committed, column_of(target.table)):
            raise LedgerError(
                "A stored row is not the one that the ledger committed. Nothing was changed.",
                remedy="Run `archive ledger verify` and `archive audit`; the row's object may be damaged.",
            )


def _joined(parts: Sequence[leaf_map.Leaves]) -> leaf_map.Leaves:
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def _write(archive: Archive, plan: _Plan) -> None:
    """Put the new objects, and read the Parquet back: what will be the record must be what was there."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        put = list(pool.map(lambda target: _put_rows(archive, target), plan.targets))
        copied = list(pool.map(lambda copy: _put_copy(archive, copy), plan.copies))
    for described, body, table in put:
        plan.written.append(described)
        plan.bodies.append((described["key"], body))
        plan.tables.append((described, table))
    plan.written += copied


def _put_rows(archive: Archive, target: Target) -> tuple[dict[str, Any], bytes, pa.Table]:
    table = leaf_map.with_leaves(target.table, target.leaves)
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", compression_level=3, row_group_size=_ROW_GROUP,
                   write_statistics=True)  # fmt: skip
    body = sink.getvalue()
    back = pq.ParquetFile(pa.BufferReader(body)).read()
    named = leaf_map.of_table(back)
    if not back.equals(table) or named is None or not np.array_equal(named, target.leaves):
        raise LedgerError("The rewritten rows do not read back as they were. Nothing was changed.")
    key = f"{target.prefix}{uuid.uuid4().hex}.parquet"
    ref = archive.store.put(key, body, content_type="application/vnd.apache.parquet")
    return describe(ref, cls=target.cls, rows=table.num_rows, retain_until=target.retain_until), body, table


def _put_copy(archive: Archive, copy: Copied) -> dict[str, Any]:
    source = copy.source
    if source.size > _IN_MEMORY:
        ref = archive.store.copy(ObjectRef(source.key, source.version_id, source.size, source.sha256),
                                 f"{copy.prefix}{uuid.uuid4().hex}")  # fmt: skip
        return describe(ref, cls=source.cls, rows=0, retain_until=copy.retain_until)
    body = archive.store.get(copy.source.key, copy.source.version_id, sha256=copy.source.sha256)
    ref = archive.store.put(f"{copy.prefix}{uuid.uuid4().hex}", body)
    return describe(ref, cls=copy.source.cls, rows=0, retain_until=copy.retain_until)


# --------------------------------------------------------------------------- the commit and after


def _commit(archive: Archive, plan: _Plan) -> Entry:
    old = [*plan.sources, *(copy.source for copy in plan.copies)]
    gone = [[source.key, source.version_id] for source in old]
    moved = [[copy.source.key, made["key"]]
             for copy, made in zip(plan.copies, plan.written[len(plan.targets):], strict=True)]  # fmt: skip
    leaf = {"t": WHAT, "from": sorted(key for key, _ in gone), "to": sorted(d["key"] for d in plan.written)}
    draft = Draft(WHAT, archive.txn(WHAT, *leaf["from"], *leaf["to"]), leaves=[canonical(leaf)], objects=plan.written,
                  note={"why": plan.why, "from": gone, "moved": moved})  # fmt: skip
    began = (archive.catalog.head or EMPTY).n
    while True:
        head = archive.catalog.catch_up()
        try:
            _require_sources(archive, old, plan.why)
            if plan.may is not None:
                plan.may()
        except Exception:
            _take_back(archive, plan)
            raise
        try:
            return archive.ledger.append(draft, head or EMPTY, since=began)
        except HeadMoved:
            continue


def _take_back(archive: Archive, plan: _Plan) -> None:
    """Remove what was written and will never be a record: it may be the last copy of something destroyed since."""
    for described in plan.written:
        archive.store.delete_version(described["key"], described["version"])


def _require_sources(archive: Archive, old: Iterable[CatalogObject], why: Why) -> None:
    """Still records, and (but for a rescue) not about to be destroyed by a disposal that has claimed them."""
    for source in old:
        now = archive.catalog.object(source.key)
        if now is None or now.version_id != source.version_id:
            raise SourcesChanged("What was to be moved is no longer where it was. Nothing was changed.")
    if why != "rescue" and archive.catalog.gone.claimed([source.key for source in old]):
        raise SourcesChanged("A disposal has claimed what was to be moved. Nothing was changed.")


def _settle(archive: Archive, plan: _Plan, entry: Entry) -> None:
    ours = {described["key"] for described in plan.written}
    if all(described["key"] in ours for described in entry.header["objects"]):
        for key, body in plan.bodies:
            archive.mirror.keep(key, body)
        archive.catalog.apply(entry, plan.tables)
    archive.catalog.catch_up()
    seal(archive, entry.header["objects"])


def remove_old(archive: Archive, old: Sequence[OldVersion], *, unlocked: bool = False) -> int:
    """Destroy old versions that the ledger no longer names; how many are gone. Idempotent.

    A version under a COMPLIANCE lock stays until the lock ends (`unlocked`: there is none, it was looked for), and
    without the disposer's keys all stay: the audit says how many, and a later call removes them.
    """
    try:
        store = archive.disposer
    except ConfigError:
        return 0
    for source in old:
        now = archive.catalog.object(source.key)
        if now is not None and now.version_id == source.version_id:
            raise LedgerError("An object that the ledger names was to be removed. Nothing was removed.")

    def one(source: OldVersion) -> None:
        if unlocked or not _is_locked(store, source):
            _remove(store, source)
        archive.mirror.drop(source.key)
        crash_point("rewrite-removed-one")

    with ThreadPoolExecutor(_WORKERS) as pool:
        list(pool.map(one, old))
    return len(old) - len(_still_there(store, old))


def _is_locked(store: Store, source: OldVersion) -> bool:
    try:
        return is_immovable(store.lock_state(source.key, source.version_id))
    except NotFound:
        return False


def _remove(store: Store, source: OldVersion) -> None:
    try:
        with contextlib.suppress(NotFound):
            store.lift_hold(source.key, source.version_id)
        store.delete_version(source.key, source.version_id, bypass_governance=True)
    except Refused:  # it stays, as it was
        store.seal(ObjectRef(source.key, source.version_id, 0, ""), retain_until=None, hold=True)


def _still_there(store: Store, old: Sequence[OldVersion]) -> set[tuple[str, str]]:
    """Which of these versions the store still lists: its answer to a deletion proves nothing."""
    wanted = {(source.key, source.version_id) for source in old}
    folders = {source.key.rpartition("/")[0] + "/" for source in old}
    listed = ((v.key, v.version_id) for folder in folders for v in store.versions(folder))
    return {place for place in listed if place in wanted}


def is_immovable(lock: LockState) -> bool:
    """Is a version under a lock that nobody may lift before its time?"""
    return lock.mode == COMPLIANCE and lock.retain_until is not None and lock.retain_until > datetime.now(UTC)


def cohort_columns(table: pa.Table, values: Mapping[str, Any]) -> pa.Table:
    """The table with `series`, `cutoff` and `retain_until` (microseconds or None) of another cohort in every row.

    These three are not among the committed fields: they say where a record is kept, not what it is. A column that rows
    of this class do not have (companions know no `retain_until`) is left out.
    """
    for name, value in values.items():
        index = table.schema.get_field_index(name)
        if index < 0:
            continue
        kind = table.schema.field(index)
        column = pa.array([value] * table.num_rows, type=kind.type)
        table = table.set_column(index, kind, column)
    return table
