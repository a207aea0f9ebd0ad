"""Taking records into the archive, exactly once.

Objects are written first, under random keys, with their hashes. Then one conditional PUT of ledger entry N makes
them part of the archive, together with the harvest's cursor. Before it they are garbage that the sweeper collects;
after it they are records, and `seal` puts the lock on them (the sweeper repeats that too). So a crash at any line
of this file loses nothing and doubles nothing: the next run compares with the ledger and takes in what is missing.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from social_archive import looks
from social_archive.crash import crash_point
from social_archive.joining import is_idless, twins
from social_archive.ledger import EMPTY, Draft, Entry, HeadMoved
from social_archive.quarantine import quarantine_table
from social_archive.record import (
    Observation,
    Version,
    accessioned,
    canonical,
    evidential_digest,
    new_rid,
    table,
)
from social_archive.series import Cohort
from social_archive.store import ObjectRef

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import Known

_WRITERS: Final = 8
_AT_LEAST: Final = timedelta(days=1)
_ROW_GROUP: Final = 10_000


@dataclass
class Batch:
    """What one step of a harvest wants to take in. `media` objects were written by the pull, not yet in the ledger.

    `walked`, with the last step, is the record of the walk (`harvest.walked.Walked` as a dictionary).
    `imported`: it comes from an export, which never overrules what a harvest saw. `kept` are objects that are worth
    an entry of their own (the export itself), even if no record is new.
    """

    platform: str
    account: str
    harvest_id: str
    observations: list[Observation]
    quarantined: list[dict[str, Any]] = field(default_factory=list)
    resolved: list[dict[str, Any]] = field(default_factory=list)
    media: list[dict[str, Any]] = field(default_factory=list)
    evidence: dict[str, Any] | None = None
    cursor: dict[str, Any] | None = None
    walked: dict[str, Any] | None = None
    imported: bool = False
    kept: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Accessioned:
    """What became of a batch. `entry` is None when there was nothing new, and then nothing was written."""

    entry: Entry | None
    versions: list[Version]
    quarantined: int
    unchanged: int


@dataclass
class _Change:
    observation: Observation
    digest: bytes
    rid: str
    version: int


@dataclass
class _Written:
    """Objects of one attempt: descriptions for the ledger, and the tables for the catalog, in the same order."""

    described: list[dict[str, Any]]
    tables: list[tuple[dict[str, Any], pa.Table]]
    bodies: list[tuple[str, bytes]]
    record_leaves: list[bytes]
    quarantine_leaves: list[bytes]


@dataclass
class _Attempt:
    """What one attempt compared, committed to and wrote. Until the ledger names its objects they are garbage."""

    signature: list[tuple[str, int, bytes]]
    quarantined: list[dict[str, Any]]
    versions: list[Version]
    written: _Written
    look: bool

    def fits(self, changes: Sequence[_Change], quarantined: Sequence[dict[str, Any]], look: bool) -> bool:
        """Is this still what has to be taken in? (Another writer may have taken some of it in since.)"""
        same = self.signature == _signature(changes) and len(self.quarantined) == len(quarantined)
        return same and self.look == look


def commit(archive: Archive, batch: Batch) -> Accessioned:
    """Take a batch in, or as much of it as is new when it is this process's turn to append."""
    head = archive.catalog.catch_up()
    began = head.n if head else 0
    attempt: _Attempt | None = None
    while True:
        changes = _changes(archive, batch)
        pending = _not_yet_quarantined(archive, batch)
        cursor = _moved_cursor(archive, batch)
        brought = bool(changes or pending or batch.resolved or batch.kept or cursor is not None)
        look = batch.walked is not None and looks.is_kept(archive.catalog, batch.walked, brought=brought)
        if not brought and not look:
            return Accessioned(None, [], 0, len(batch.observations))
        if attempt is None or not attempt.fits(changes, pending, look):
            attempt = _attempt(archive, batch, changes, pending, look)
        try:
            draft = _draft(archive, batch, attempt, cursor, what="accession" if brought else "look")
            entry = archive.ledger.append(draft, head or EMPTY, since=began)
        except HeadMoved:
            head = archive.catalog.catch_up()
            continue
        crash_point("after-ledger")
        _settle(archive, entry, attempt.written)
        return Accessioned(entry, attempt.versions, len(pending), len(batch.observations) - len(changes))


def _attempt(
    archive: Archive, batch: Batch, changes: Sequence[_Change], quarantined: list[dict[str, Any]], look: bool
) -> _Attempt:
    versions = _versions(archive, changes)
    crash_point("before-objects")
    written = _write(archive, batch, versions, quarantined)
    if look:
        _add_walked(archive, batch, changes, written)
    crash_point("after-objects")
    return _Attempt(_signature(changes), quarantined, versions, written, look)


# --------------------------------------------------------------------------- what is new


def news(archive: Archive, batch: Batch) -> list[Observation]:
    """The observations of a batch that would become versions, as the catalog knows the archive now."""
    return [change.observation for change in _changes(archive, batch)]


def _changes(archive: Archive, batch: Batch) -> list[_Change]:
    """Observations that differ from the latest accessioned version, in order, with the version each becomes.

    Compared with the *latest* version, not with all: A, B, A is three versions. An observation older than that
    version is stale (its writer slept while another went on) and would turn the thing's history round.
    """
    known = archive.catalog.latest(batch.platform, batch.account, [o.native_id for o in batch.observations])
    latest = {native_id: (k.digest, k.rid, k.version, k.observed_at) for native_id, k in known.items()}
    joined = twins(archive.catalog, batch.platform, batch.account, batch.observations, known)
    disposed = Disposed(archive)
    changes = []
    for o in batch.observations:
        digest = evidential_digest(o)
        before = latest.get(o.native_id)
        if before is None and disposed.covers(o):
            continue
        if before is None:
            twin = joined.get(o.native_id)
            if twin is not None and not _joins(o, twin, batch):
                continue
            change = _Change(o, digest, twin.rid if twin else new_rid(), twin.version + 1 if twin else 1)
        elif batch.imported and o.native_id in known and not _outdates(o, known[o.native_id]):
            continue
        elif before[0] != digest and o.observed_at >= before[3]:
            change = _Change(o, digest, before[1], before[2] + 1)
        else:
            continue
        latest[o.native_id] = (digest, change.rid, change.version, o.observed_at)
        changes.append(change)
    return changes


class Disposed:
    """Is a thing that the archive does not know one that it had, kept to the end of its time, and destroyed?

    Such a post may still stand on the platform. Taking it in again would undo the disposal, so what belongs to a
    cohort that was disposed of stays outside.
    """

    def __init__(self, archive: Archive) -> None:
        cohorts = archive.catalog.gone.disposed_cohorts()
        self._cohorts = {(c.series, c.cutoff, c.platform, c.account) for c in cohorts}
        self._schedule = archive.schedule if cohorts else None

    def covers(self, o: Observation) -> bool:
        if self._schedule is None:
            return False
        cohort = self._schedule.cohort_of(o)
        return (cohort.series, cohort.cutoff, o.platform, o.account) in self._cohorts


def _joins(o: Observation, twin: Known, batch: Batch) -> bool:
    """Does an observation give a thing without an id its real one? (Else the archive has it already.)"""
    return not is_idless(o.native_id) and (twin.imported or not batch.imported)


def _outdates(o: Observation, known: Known) -> bool:
    """May an export make a new version of this? Only if another, older export is all that we had.

    A harvest saw more. And the same export again says nothing new, in whatever order it tells its versions.
    """
    return known.imported and o.observed_at > known.observed_at


def _signature(changes: Sequence[_Change]) -> list[tuple[str, int, bytes]]:
    return [(c.observation.native_id, c.version, c.digest) for c in changes]


def _not_yet_quarantined(archive: Archive, batch: Batch) -> list[dict[str, Any]]:
    """One row for the same bytes, however often they were shown (in a list and in a thread, run after run)."""
    rows: dict[str, dict[str, Any]] = {}
    for row in batch.quarantined:
        rows.setdefault(row["native_sha256"], row)
    already = archive.catalog.quarantined(batch.platform, batch.account, list(rows))
    return [row for native_sha256, row in rows.items() if native_sha256 not in already]


def _moved_cursor(archive: Archive, batch: Batch) -> dict[str, Any] | None:
    """The cursor for the ledger; None if it does not reach further than the one that is there."""
    if batch.cursor is None:
        return None
    before = archive.catalog.cursor(batch.platform, batch.account) or {}
    if before.get("seen_until") is not None and before["seen_until"] >= (batch.cursor.get("seen_until") or 0):
        return None
    return {"platform": batch.platform, "account": batch.account, "value": batch.cursor}


def _versions(archive: Archive, changes: Sequence[_Change]) -> list[Version]:
    versions = []
    schedule = archive.schedule
    for change in changes:
        cohort = schedule.cohort_of(change.observation)
        versions.append(
            accessioned(
                change.observation,
                rid=change.rid,
                version=change.version,
                series=cohort.series,
                cutoff=cohort.cutoff,
                retain_until=cohort.retain_until,
                digest=change.digest,
            )
        )
    return versions


# --------------------------------------------------------------------------- objects


def _write(
    archive: Archive, batch: Batch, versions: Sequence[Version], quarantined: Sequence[dict[str, Any]]
) -> _Written:
    """Write all Parquet objects of a batch, one per cohort, several at a time."""
    jobs: list[tuple[str, str, int | None, pa.Table]] = []
    record_leaves: list[bytes] = []
    for cohort, members in _by_cohort(versions):
        key = f"{cohort.prefix('records', batch.platform, batch.account)}{uuid.uuid4().hex}.parquet"
        jobs.append(("records", key, cohort.retain_until, table(members)))
        record_leaves += [_record_leaf(v) for v in members]
    quarantine_leaves: list[bytes] = []
    for cohort_path, retain_until, rows in _quarantine_cohorts(archive, batch, quarantined):
        jobs.append(("quarantine", f"{cohort_path}{uuid.uuid4().hex}.parquet", retain_until, quarantine_table(rows)))
        quarantine_leaves += [canonical({"t": "quarantine", "q": r["qid"], "c": r["commitment"].hex()}) for r in rows]

    with ThreadPoolExecutor(_WRITERS) as pool:
        done = list(pool.map(lambda job: _put_table(archive, *job), jobs))
    described = [d for d, _ in done]
    if batch.evidence is not None:
        described.append(_put_evidence(archive, batch))
    described += batch.media + batch.kept
    return _Written(
        described=described,
        tables=[(d, job[3]) for (d, _), job in zip(done, jobs, strict=True)],
        bodies=[(d["key"], body) for d, body in done],
        record_leaves=record_leaves,
        quarantine_leaves=quarantine_leaves,
    )


def _by_cohort(versions: Sequence[Version]) -> Iterator[tuple[Cohort, list[Version]]]:
    groups: dict[Cohort, list[Version]] = {}
    for v in versions:
        groups.setdefault(Cohort(v.series, v.cutoff, v.retain_until), []).append(v)
    yield from groups.items()


def _quarantine_cohorts(
    archive: Archive, batch: Batch, rows: Sequence[dict[str, Any]]
) -> Iterator[tuple[str, int | None, list[dict[str, Any]]]]:
    """Quarantined items have no date to be trusted: their clock starts when they were observed."""
    groups: dict[Cohort, list[dict[str, Any]]] = {}
    schedule = archive.schedule
    for row in rows:
        stand_in = Observation(
            kind=row.get("kind") or "comment", native_id="", native=b"", platform=batch.platform,
            account=batch.account, observed_at=row["observed_at"],
        )  # fmt: skip
        cohort = schedule.cohort_of(stand_in)
        row.update(series=cohort.series, cutoff=cohort.cutoff)
        groups.setdefault(cohort, []).append(row)
    for cohort, members in groups.items():
        yield cohort.prefix("quarantine", batch.platform, batch.account), cohort.retain_until, members


def _record_leaf(v: Version) -> bytes:
    """Canonical by construction: sorted keys, and no value that needs escaping."""
    return b'{"c":"%s","rid":"%s","series":"%s","t":"record","ver":%d}' % (
        v.commitment.hex().encode(), v.rid.encode(), v.series.encode(), v.version,
    )  # fmt: skip


def _put_table(
    archive: Archive, cls: str, key: str, retain_until: int | None, rows: pa.Table
) -> tuple[dict[str, Any], bytes]:
    sink = io.BytesIO()
    pq.write_table(rows, sink, compression="zstd", compression_level=1, row_group_size=_ROW_GROUP)
    body = sink.getvalue()
    ref = archive.store.put(key, body, content_type="application/vnd.apache.parquet")
    crash_point("between-objects")
    return describe(ref, cls=cls, rows=rows.num_rows, retain_until=retain_until), body


def _put_evidence(archive: Archive, batch: Batch) -> dict[str, Any]:
    """The validation result: counts and codes only, so it may outlive the records it speaks of."""
    body = canonical(batch.evidence)
    key = f"validation/{datetime.now(UTC):%Y-%m}/{uuid.uuid4().hex}.json"
    ref = archive.store.put(key, body, content_type="application/json")
    return describe(ref, cls="validation", rows=0, retain_until=None)


def _add_walked(archive: Archive, batch: Batch, changes: Sequence[_Change], written: _Written) -> None:
    """The record of the walk, with what the archive holds once this batch is in: counts and codes only."""
    stored = looks.after(archive.catalog.stored(batch.platform, batch.account), _moves(archive, batch, changes))
    body = canonical({**(batch.walked or {}), "stored": looks.totals(stored)})
    key = f"coverage/{datetime.now(UTC):%Y-%m}/{uuid.uuid4().hex}.json"
    ref = archive.store.put(key, body, content_type="application/json")
    written.described.append(describe(ref, cls="coverage", rows=0, retain_until=None))
    written.bodies.append((key, body))


def _moves(
    archive: Archive, batch: Batch, changes: Sequence[_Change]
) -> Iterator[tuple[looks.Counted | None, looks.Counted]]:
    """For each thing that changes: where it was counted before, and where it is counted from now on."""
    last = {c.observation.native_id: c.observation for c in changes}
    known = archive.catalog.latest(batch.platform, batch.account, list(last))
    for native_id, o in last.items():
        before = known.get(native_id)
        yield (before.kind, before.state, before.own) if before else None, (o.kind, o.state, o.author_is_account)


def describe(ref: ObjectRef, *, cls: str, rows: int, retain_until: int | None) -> dict[str, Any]:
    """An object as the ledger names it. `retain_until` is microseconds UTC, None for no fixed end."""
    return {
        "key": ref.key, "version": ref.version_id, "size": ref.size, "sha256": ref.sha256, "rows": rows,
        "class": cls, "retain_until": retain_until,
    }  # fmt: skip


# --------------------------------------------------------------------------- the ledger entry


def _draft(archive: Archive, batch: Batch, attempt: _Attempt, cursor: dict[str, Any] | None, *, what: str) -> Draft:
    resolved = [canonical({"t": "quarantine.resolved", "q": r["qid"], "as": r["as"]}) for r in batch.resolved]
    written = attempt.written
    return Draft(
        what=what,
        txn=archive.txn(batch.platform, batch.account, _fingerprint(batch, attempt, cursor)),
        leaves=written.record_leaves + written.quarantine_leaves + resolved,
        objects=written.described,
        cursor=cursor,
        harvest=batch.harvest_id,
        note=None,
    )


def _fingerprint(batch: Batch, attempt: _Attempt, cursor: dict[str, Any] | None) -> str:
    """What makes two attempts the same transaction: the same versions of the same things, cursor, and walk."""
    content = hashlib.sha256()
    for native_id, version, digest in sorted(attempt.signature):
        content.update(b"%d\0%s\0%s\0" % (version, native_id.encode("utf-8", "replace"), digest))
    for row in batch.quarantined:
        content.update(row["native_sha256"].encode())
    for row in batch.resolved:
        content.update(row["qid"].encode())
    for described in batch.kept:
        content.update(described["sha256"].encode())
    content.update(canonical(cursor))
    if attempt.look:
        content.update(hashlib.sha256(canonical(batch.walked)).digest())
    return content.hexdigest()


def _settle(archive: Archive, entry: Entry, written: _Written) -> None:
    """After the commit: lock what was committed and bring the caches up to date. All of it can be repeated.

    If another process won with the same transaction, its objects count and ours are garbage: then the catalog
    reads the entry like any foreign one.
    """
    crash_point("before-catalog")
    ours = {d["key"] for d in written.described}
    if all(d["key"] in ours for d in entry.header["objects"]):
        for key, body in written.bodies:
            archive.mirror.keep(key, body)
        archive.catalog.apply(entry, written.tables)
    archive.catalog.catch_up()
    crash_point("before-seal")
    seal(archive, entry.header["objects"])


def seal(archive: Archive, objects: Sequence[dict[str, Any]], tick: Callable[[], None] | None = None) -> None:
    """Lock the objects of a committed entry: retention until the schedule's date, and a legal hold. Idempotent.

    An old post may be past its date when it is taken in. S3 refuses a lock that ends in the past, so it gets a short
    one; the hold keeps it until somebody disposes of it.
    """
    now = datetime.now(UTC)
    rolling = now + timedelta(days=archive.agency.store.default_lock_days)

    def one(described: dict[str, Any]) -> None:
        ref = ObjectRef(described["key"], described["version"], described["size"], described["sha256"])
        until = described["retain_until"]
        archive.store.seal(
            ref,
            retain_until=max(datetime.fromtimestamp(until / 1_000_000, UTC), now + _AT_LEAST) if until else rolling,
            mode=archive.agency.store.lock_mode.upper(),
            hold=True,
        )
        crash_point("between-seals")
        if tick:
            tick()

    with ThreadPoolExecutor(_WRITERS) as pool:
        list(pool.map(one, objects))
