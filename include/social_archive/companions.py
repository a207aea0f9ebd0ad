"""Rows about a record that live and die with it: findings of the policy check, decisions, determinations.

Each is a row of Parquet in the folder of the record's own cohort, under a class of its own, and a leaf of the ledger
with a salted commitment. So it is moved, held and destroyed with its record, and is accounted for like one.
"""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from social_archive.accession import describe, seal
from social_archive.crash import crash_point
from social_archive.errors import ArchiveError, NotFound
from social_archive.leaves import TYPES
from social_archive.ledger import EMPTY, Draft, Entry, HeadMoved
from social_archive.record import canonical, new_secret

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.catalog import CatalogObject

COLUMNS: Final = (
    pa.field("id", pa.string(), nullable=False),  # 32 hex digits, random
    pa.field("rid", pa.string(), nullable=False),  # the record that it is about
    pa.field("version", pa.int32(), nullable=False),
    pa.field("platform", pa.string(), nullable=False),
    pa.field("account", pa.string(), nullable=False),
)
"""What every companion begins with; `schema` puts its own columns between these and the ones of evidence."""

_EVIDENCE: Final = (
    pa.field("series", pa.string(), nullable=False),
    pa.field("cutoff", pa.string(), nullable=False),
    pa.field("secret", pa.binary(32), nullable=False),
    pa.field("commitment", pa.binary(32), nullable=False),
)
NOT_COMMITTED: Final = frozenset({"series", "cutoff", "retain_until", "secret", "commitment"})


class SourceGone(ArchiveError):
    """The record was moved, is on a list for disposal, or was destroyed. Nothing was written."""

    remedy = "Run the command again; `archive disposal list` shows what is on a list."


class Place(NamedTuple):
    """The folder in which a record lies, and the object."""

    key: str
    version_id: str
    series: str
    cutoff: str
    platform: str
    account: str


def schema(*columns: pa.Field) -> pa.Schema:
    """The full schema of a class of companions from the columns that are its own."""
    return pa.schema([*COLUMNS, *columns, *_EVIDENCE])


def place_of(archive: Archive, rid: str, version: int | None = None) -> tuple[int, Place]:
    """(version, place) of one version of a record, the latest by default. Raises NotFound."""
    found = archive.catalog.where(rid)
    wanted = [one for one in found if version in (None, one[0])]
    if not wanted:
        raise NotFound("There is no such record in the archive.", remedy="`archive find` shows ids of records.")
    o = archive.catalog.object(wanted[-1][3])
    if o is None:
        raise SourceGone("The record was moved at this very moment. Nothing was written.")
    return wanted[-1][0], place(o)


def place(o: CatalogObject) -> Place:
    return Place(o.key, o.version_id, o.series, o.cutoff, o.platform, o.account)


# --------------------------------------------------------------------------- writing


def commit(
    archive: Archive, cls: str, rows: pa.Table, *, what: str, note: Mapping[str, Any], txn: Sequence[str],
    sources: Sequence[Place], check: Callable[[], None] | None = None,
) -> Entry:  # fmt: skip
    """Write rows of one class and the entry that takes them in; exactly once for the same `txn`.

    `rows`: in the class's schema; `series` and `cutoff` say where each lies, `secret` and `commitment` are filled here.
    `sources`: the objects of the records; at the head at which the entry is appended they must still be there and on
    no list for disposal, else SourceGone. `check` is asked at the same head. `note` must hold no personal data.
    """
    sealed = with_commitments(rows)
    written = [_put(archive, cls, folder, table) for folder, table in _folders(sealed)]
    crash_point("companions-written")
    leaves = [leaf for _, _, table in written for leaf in _leaves(cls, table)]
    draft = Draft(what, archive.txn(what, *txn), leaves=leaves, objects=[d for d, _, _ in written], note=dict(note))
    began = (archive.catalog.head or EMPTY).n
    while True:
        head = archive.catalog.catch_up()
        try:
            require_sources(archive, sources)
            if check is not None:
                check()
        except Exception:
            for described, _, _ in written:
                archive.store.delete_version(described["key"], described["version"])
            raise
        try:
            entry = archive.ledger.append(draft, head or EMPTY, since=began)
        except HeadMoved:
            continue
        break
    crash_point("companions-committed")
    _settle(archive, entry, written)
    return entry


def require_sources(archive: Archive, sources: Sequence[Place]) -> None:
    """Raises SourceGone unless all of these are live and on no list for disposal."""
    from social_archive.retention import disposal

    listed = disposal.reserved(archive) | set(archive.catalog.gone.claimed())
    for source in sources:
        now = archive.catalog.object(source.key)
        if now is None or now.version_id != source.version_id:
            raise SourceGone("The record was moved or destroyed meanwhile. Nothing was written.")
        if source.key in listed:
            raise SourceGone("The record is on a list for disposal. Nothing was written.",
                             remedy="Withdraw the disposal (`archive disposal withdraw`), or wait for it.")  # fmt: skip


def with_commitments(rows: pa.Table) -> pa.Table:
    """The rows with a fresh secret each and the commitment that follows from it."""
    secrets = [new_secret() for _ in range(rows.num_rows)]
    made = [commitment(row, secret) for row, secret in zip(_plain(rows), secrets, strict=True)]
    for name, values in (("secret", secrets), ("commitment", made)):
        index = rows.schema.get_field_index(name)
        kind = pa.field(name, pa.binary(32), nullable=False)
        column = pa.array(values, type=pa.binary(32))
        rows = rows.append_column(kind, column) if index < 0 else rows.set_column(index, kind, column)
    return rows


def commitment(row: Mapping[str, Any], secret: bytes) -> bytes:
    """SHA-256 of the secret and the canonical JSON of everything that the row says. Times as microseconds."""
    said = {name: value for name, value in row.items() if name not in NOT_COMMITTED}
    return hashlib.sha256(secret + canonical(said)).digest()


def recommit(table: pa.Table) -> list[bytes]:
    """What the rows of a stored object commit to, computed anew from their content."""
    return [
        commitment(row, secret) for row, secret in zip(_plain(table), table.column("secret").to_pylist(), strict=True)
    ]


def _plain(table: pa.Table) -> list[dict[str, Any]]:
    """Rows as JSON can hold them: times as integers, no bytes."""
    kept = table.select([name for name in table.column_names if name not in NOT_COMMITTED])
    for index, field in enumerate(kept.schema):
        if pa.types.is_timestamp(field.type):
            kept = kept.set_column(index, field.name, kept.column(index).cast(pa.int64()))
    rows: list[dict[str, Any]] = kept.to_pylist()
    return rows


def _folders(rows: pa.Table) -> list[tuple[tuple[str, str, str, str], pa.Table]]:
    names = ("series", "cutoff", "platform", "account")
    places = sorted(set(zip(*(rows.column(name).to_pylist() for name in names), strict=True))) if rows.num_rows else []
    parts = []
    for where in places:
        mask = None
        for name, value in zip(names, where, strict=True):
            same = pc.equal(rows.column(name), value)
            mask = same if mask is None else pc.and_(mask, same)
        parts.append((where, rows.filter(mask)))
    return parts


def _put(
    archive: Archive, cls: str, folder: tuple[str, str, str, str], table: pa.Table
) -> tuple[dict[str, Any], bytes, pa.Table]:
    series, cutoff, platform, account = folder
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    key = f"{cls}/series={series}/cutoff={cutoff}/platform={platform}/account={account}/{uuid.uuid4().hex}.parquet"
    ref = archive.store.put(key, sink.getvalue(), content_type="application/vnd.apache.parquet")
    until = archive.schedule.until(series, cutoff)
    return describe(ref, cls=cls, rows=table.num_rows, retain_until=until), sink.getvalue(), table


def _leaves(cls: str, table: pa.Table) -> list[bytes]:
    commitments = zip(table.column("id").to_pylist(), table.column("commitment").to_pylist(), strict=True)
    return [canonical({"t": TYPES[cls], "i": i, "c": c.hex()}) for i, c in commitments]


def _settle(archive: Archive, entry: Entry, written: Sequence[tuple[dict[str, Any], bytes, pa.Table]]) -> None:
    ours = {described["key"] for described, _, _ in written}
    if all(described["key"] in ours for described in entry.header["objects"]):
        for described, body, _ in written:
            archive.mirror.keep(described["key"], body)
        archive.catalog.apply(entry, [(described, table) for described, _, table in written])
    archive.catalog.catch_up()
    seal(archive, entry.header["objects"])


# --------------------------------------------------------------------------- reading


def table(
    archive: Archive, cls: str, of: pa.Schema, *, rid: str | None = None, platform: str | None = None,
    account: str | None = None,
) -> pa.Table:  # fmt: skip
    """All rows of a class (or those about one record, or one account), as far as the catalog has followed."""

    def read() -> pa.Table:
        objects = [o for o in archive.catalog.objects(cls)
                   if platform in (None, o.platform) and account in (None, o.account)]  # fmt: skip
        paths = archive.mirror.paths(objects)
        wanted = None if rid is None else [("rid", "=", rid)]
        parts = [pq.read_table(path, filters=wanted, partitioning=None).select(of.names) for path in paths]
        empty = of.empty_table()
        return pa.concat_tables([empty, *(part.cast(of).replace_schema_metadata(None) for part in parts)])

    return archive.catalog.reading(read)
