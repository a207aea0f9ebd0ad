"""The policy check: new records through the suite, findings into their cohorts, and the ledger knows what was read.

What is read is an accession: its ledger entry. For each version of the rules the ledger remembers which entries were
read (`policy.checked`), so a run goes on where the last one stopped, and new rules read everything once more. Findings
that are there already are not said again; old ones stay.

Records on a list for disposal are not read: what would be found could not go with them any more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from social_archive import companions
from social_archive.companions import Place, SourceGone
from social_archive.policy import findings
from social_archive.policy.batch import Batch
from social_archive.policy.suite import Suite, suite_of
from social_archive.record import micros
from social_archive.retention import disposal

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject

WHAT: Final = "policy.checked"
READ: Final = ("post", "comment", "reply", "story")
"""Kinds of records that are checked. Profiles have a check of their own (`policy/notice/verdict.py`)."""

AT_ONCE: Final = 20_000
"""Rows of one job: what is read, checked and committed together."""

_COLUMNS: Final = [
    "rid", "version", "platform", "account", "kind", "native_id", "root_native_id", "author_id", "author_is_account",
    "body", "links", "media",
]  # fmt: skip
_TRIES: Final = 4


@dataclass(frozen=True)
class Job:
    """Ledger entries of one account that were not read yet under the rules in force."""

    platform: str
    account: str
    entries: tuple[int, ...]
    rows: int


@dataclass(frozen=True)
class Checked:
    """What one job did. `entry` is None if there was nothing to say (all of it was read meanwhile)."""

    platform: str
    account: str
    records: int
    findings: int
    entry: int | None
    by_criterion: dict[str, int] = field(default_factory=dict)


def pending(archive: Archive, *, platform: str | None = None, account: str | None = None) -> list[Job]:
    """What the rules in force have not read yet, in jobs of about AT_ONCE rows; the oldest first."""
    archive.catalog.catch_up()
    suite = suite_of(archive.agency)
    done = _done(archive, suite)
    waiting: dict[tuple[str, str], dict[int, int]] = {}
    for o in _readable(archive, platform, account):
        for n, rows in _entries_in(archive, o).items():
            if n not in done:
                counted = waiting.setdefault((o.platform, o.account), {})
                counted[n] = counted.get(n, 0) + rows
    return [Job(*where, *part) for where, counted in sorted(waiting.items()) for part in _parts(counted)]


def check(archive: Archive, job: Job) -> Checked:
    """Read one job. Idempotent; safe beside harvests, consolidation and disposal. Raises SourceGone, StoreError."""
    suite = suite_of(archive.agency)
    for attempt in range(_TRIES):
        archive.catalog.catch_up()
        left = sorted(set(job.entries) - _done(archive, suite))
        if not left:
            return Checked(job.platform, job.account, 0, 0, None)
        try:
            return _check(archive, suite, job, left)
        except SourceGone:
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


def run(archive: Archive, *, platform: str | None = None, account: str | None = None) -> list[Checked]:
    """Read everything that is pending, one job after the other."""
    return [check(archive, job) for job in pending(archive, platform=platform, account=account)]


def _check(archive: Archive, suite: Suite, job: Job, entries: Sequence[int]) -> Checked:
    rows, sources = archive.catalog.reading(lambda: _rows(archive, job, set(entries)))
    texts = _texts(rows)
    found = _new(archive, job, _find(archive, suite, job, rows, texts))
    told = {"platform": job.platform, "account": job.account, "policy": suite.version, "rules": suite.digest,
            "entries": list(entries), "records": rows.num_rows, "findings": found.num_rows}  # fmt: skip
    entry = companions.commit(
        archive, findings.CLASS, found, what=WHAT, note=told, sources=sources,
        txn=(suite.digest, job.platform, job.account, *map(str, entries)),
    )  # fmt: skip
    counts = pc.value_counts(found.column("criterion")).to_pylist()
    return Checked(job.platform, job.account, rows.num_rows, found.num_rows, entry.n,
                   {one["values"]: one["counts"] for one in counts})  # fmt: skip


# --------------------------------------------------------------------------- what to read


def _done(archive: Archive, suite: Suite) -> set[int]:
    notes = archive.catalog.walks.notes(WHAT)
    return {n for note in notes if note["rules"] == suite.digest for n in note["entries"]}


def _readable(archive: Archive, platform: str | None, account: str | None) -> list[CatalogObject]:
    """Objects of records that are on no list for disposal."""
    listed = disposal.reserved(archive) | set(archive.catalog.gone.claimed())
    return [
        o for o in archive.catalog.objects("records")
        if platform in (None, o.platform) and account in (None, o.account) and o.key not in listed
    ]  # fmt: skip


def _entries_in(archive: Archive, o: CatalogObject) -> dict[int, int]:
    """entry number -> rows of it in an object; rewritten ones hold rows of several."""
    what, _, _ = archive.catalog.walks.entry_at(o.n)
    if what != "rewrite":
        return {o.n: o.rows}
    numbers, counts = np.unique(archive.catalog.walks.numbers_of(archive.catalog.leaves_of(o.key)), return_counts=True)
    return dict(zip(numbers.tolist(), counts.tolist(), strict=True))


def _parts(counted: dict[int, int]) -> Iterator[tuple[tuple[int, ...], int]]:
    part: list[int] = []
    rows = 0
    for n in sorted(counted):
        if part and rows + counted[n] > AT_ONCE:
            yield tuple(part), rows
            part, rows = [], 0
        part.append(n)
        rows += counted[n]
    if part:
        yield tuple(part), rows


def _rows(archive: Archive, job: Job, entries: Collection[int]) -> tuple[pa.Table, list[Place]]:
    """The rows of these entries, with the folder in which each lies, and the objects that they came from."""
    parts, sources = [], []
    for o in _readable(archive, job.platform, job.account):
        inside = _entries_in(archive, o)
        if not inside.keys() & entries:
            continue
        table = pq.read_table(archive.mirror.path(o), columns=_COLUMNS, partitioning=None).replace_schema_metadata(None)
        if not inside.keys() <= set(entries):
            numbers = archive.catalog.walks.numbers_of(archive.catalog.leaves_of(o.key))
            table = table.filter(pa.array(np.isin(numbers, list(entries))))
        table = table.append_column("series", pa.array([o.series] * table.num_rows, pa.string()))
        table = table.append_column("cutoff", pa.array([o.cutoff] * table.num_rows, pa.string()))
        parts.append(table.filter(pc.is_in(table.column("kind"), pa.array(READ))))
        sources.append(companions.place(o))
    return (pa.concat_tables(parts, promote_options="permissive") if parts else _nothing()), sources


def _nothing() -> pa.Table:
    from social_archive.record import SCHEMA

    cohort = [pa.field("series", pa.string()), pa.field("cutoff", pa.string())]
    return pa.schema([*(SCHEMA.field(name) for name in _COLUMNS), *cohort]).empty_table()


# --------------------------------------------------------------------------- reading it


@dataclass(frozen=True)
class _Texts:
    """The texts of records: each row of records gives its body and the alternative texts of its attachments."""

    rows: list[int]
    fields: list[str]
    texts: list[str]


def _texts(rows: pa.Table) -> _Texts:
    found = _Texts([], [], [])

    def add(row: int, name: str, text: str | None) -> None:
        if text:
            found.rows.append(row)
            found.fields.append(name)
            found.texts.append(text)

    for row, (body, media) in enumerate(
        zip(rows.column("body").to_pylist(), rows.column("media").to_pylist(), strict=True)
    ):
        add(row, "body", body)
        for number, one in enumerate(media or ()):
            add(row, f"alt:{number}", one["alt"])
    return found


def _find(archive: Archive, suite: Suite, job: Job, rows: pa.Table, texts: _Texts) -> Iterator[dict[str, Any]]:
    if not texts.texts:
        return
    taken = rows.take(pa.array(texts.rows)).drop_columns(["body", "media"])
    around = _around(archive, job, taken, texts.texts)
    batch = Batch.of(
        texts.texts, is_own=taken.column("author_is_account").to_pylist(), kinds=taken.column("kind").to_pylist(),
        authors=taken.column("author_id").to_pylist(),
        links=[links or () for links in taken.column("links").to_pylist()], thread=around[0], copies=around[1],
    )  # fmt: skip
    about = taken.select(["rid", "version", "platform", "account", "kind", "series", "cutoff"]).to_pylist()
    at = micros(datetime.now(UTC))
    for one, hit in suite.find(batch):
        span = batch.folded[hit.row].span(hit.start, hit.end)
        row = findings.row_of(one, hit, policy=suite.version, rules=suite.digest, at=at,
                              text=texts.texts[hit.row], span=span)  # fmt: skip
        yield {**about[hit.row], "field": texts.fields[hit.row], **row}


def _around(archive: Archive, job: Job, taken: pa.Table, texts: Sequence[str]) -> tuple[list[str | None], list[int]]:
    """For each text: the text at the top of its thread, and in how many other threads of the account it stands."""
    objects = [o for o in archive.catalog.objects("records")
               if (o.platform, o.account) == (job.platform, job.account)]  # fmt: skip
    asked = pa.table({
        "i": pa.array(range(len(texts))), "text": pa.array(texts), "native_id": taken.column("native_id"),
        "root": pc.coalesce(taken.column("root_native_id"), taken.column("native_id")),
    })  # fmt: skip
    with duckdb.connect() as db:
        db.register("asked", asked)
        db.execute(_EVERYWHERE, {"paths": [str(path) for path in archive.mirror.paths(objects)]})
        rows = db.execute(_AROUND).fetchall()
    return [row[0] for row in rows], [row[1] for row in rows]


_EVERYWHERE: Final = (
    "CREATE TEMP TABLE everywhere AS SELECT native_id, coalesce(root_native_id, native_id) AS root, version, body"
    " FROM read_parquet($paths, union_by_name = true, hive_partitioning = false) WHERE body IS NOT NULL"
)
_AROUND: Final = (
    "WITH tops AS (SELECT native_id, max_by(body, version) AS body FROM everywhere WHERE native_id = root"
    "   AND native_id IN (SELECT root FROM asked) GROUP BY 1),"
    " copies AS (SELECT lower(trim(body)) AS said, count(DISTINCT root) AS threads FROM everywhere"
    "   WHERE length(body) >= 20 GROUP BY 1 HAVING count(DISTINCT root) > 1)"
    " SELECT CASE WHEN asked.root <> asked.native_id THEN tops.body END, coalesce(copies.threads - 1, 0) FROM asked"
    " LEFT JOIN tops ON tops.native_id = asked.root LEFT JOIN copies ON copies.said = lower(trim(asked.text))"
    " ORDER BY i"
)


def _new(archive: Archive, job: Job, found: Iterable[dict[str, Any]]) -> pa.Table:
    """Findings that are not there yet, each said once."""
    already = findings.read(archive, platform=job.platform, account=job.account).select(list(findings.SAME))
    known = {tuple(row.values()) for row in already.to_pylist()}
    kept: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in found:
        kept.setdefault(tuple(row[name] for name in findings.SAME), row)
    return findings.table_of(row for key, row in kept.items() if key not in known)
