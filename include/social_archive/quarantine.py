"""What could not become a record: kept with its bytes and the reasons, committed to, tried again later.

A quarantined item is personal data like any record: it lives in a cohort's Parquet object and dies with it. The
ledger holds its random `qid` and a salted commitment, made as for records but under field names of its own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from social_archive.record import (
    KINDS,
    SCHEMA_VERSION,
    STATES,
    UTC_MICROS,
    Observation,
    Unreadable,
    combine,
    encode_value,
    field_commitment,
    micros,
    new_rid,
    new_secret,
    salt_of,
    storable,
)

if TYPE_CHECKING:
    from social_archive.platforms.base import Platform
    from social_archive.validation import Rejected

QUARANTINE_SCHEMA: Final = pa.schema(
    [
        pa.field("qid", pa.string(), nullable=False),
        pa.field("platform", pa.string(), nullable=False),
        pa.field("account", pa.string(), nullable=False),
        pa.field("kind", pa.string()),
        pa.field("native_id", pa.string()),
        pa.field("reasons", pa.list_(pa.string()), nullable=False),
        pa.field("detail", pa.string()),  # for a person; names fields, quotes nothing
        pa.field("native", pa.binary(), nullable=False),
        pa.field("native_sha256", pa.string(), nullable=False),  # the same item again, run after run
        pa.field("context", pa.string()),  # JSON: what the adapter knew from around the item, for the next attempt
        pa.field("observed_at", UTC_MICROS),
        pa.field("harvest_id", pa.string(), nullable=False),
        pa.field("endpoint", pa.string()),
        pa.field("response_sha256", pa.string()),
        pa.field("http_date", pa.string()),
        pa.field("adapter", pa.string(), nullable=False),
        pa.field("schema", pa.string(), nullable=False),
        pa.field("series", pa.string()),
        pa.field("cutoff", pa.string()),
        pa.field("secret", pa.binary(32), nullable=False),
        pa.field("commitment", pa.binary(32), nullable=False),
    ]
)

COMMITTED: Final = (
    "account", "context", "detail", "kind", "native", "native_id", "observed_at", "platform", "provenance", "reasons",
)  # fmt: skip
"""Fields that are committed one by one. Each is hashed under `quarantine.<name>`: no record's field is called so."""

_PROVENANCE: Final = ("harvest_id", "endpoint", "response_sha256", "http_date", "adapter", "schema")
_CONTEXT: Final = ("kind", "state", "parent_native_id", "root_native_id")
_LAST_MOMENT: Final = 253_402_300_799_999_999  # end of the year 9999


# --------------------------------------------------------------------------- into quarantine


def quarantine_rows(
    rejected: Iterable[Rejected],
    unreadable: Iterable[Unreadable],
    *,
    platform: str,
    account: str,
    harvest_id: str,
    adapter: str,
    series: str | None = None,
    cutoff: str | None = None,
) -> list[dict[str, Any]]:
    """Full rows of items that failed validation and of items that could not be parsed, each with its commitment.

    Nothing is taken on trust: whatever type a field has, the row can be stored. `series` and `cutoff` (the cohort)
    are not committed and may be set later.
    """
    items: list[tuple[Observation | Unreadable, list[str], str]] = [
        *((one.observation, one.reasons, one.detail) for one in rejected),
        *((one, [one.reason], one.detail) for one in unreadable),
    ]
    return [
        _row(
            item, reasons, detail, platform=platform, account=account, harvest_id=harvest_id, adapter=adapter,
            series=series, cutoff=cutoff,
        )
        for item, reasons, detail in items
    ]  # fmt: skip


def _row(item: Observation | Unreadable, reasons: list[str], detail: str, **given: str | None) -> dict[str, Any]:
    native = _bytes(item.native)
    row: dict[str, Any] = {
        **given,
        "qid": new_rid(),
        "kind": _text(getattr(item, "kind", None)),
        "native_id": _text(getattr(item, "native_id", None)),
        "reasons": [storable(reason) for reason in reasons],
        "detail": _text(detail),
        "native": native,
        "native_sha256": hashlib.sha256(native).hexdigest(),
        "context": _context(item),
        "observed_at": _moment(item.observed_at),
        "endpoint": _text(item.endpoint),
        "response_sha256": _text(item.response_sha256),
        "http_date": _text(item.http_date),
        "schema": SCHEMA_VERSION,
        "secret": new_secret(),
    }
    row["commitment"] = commit_quarantine(row)
    return row


def _bytes(native: Any) -> bytes:
    if isinstance(native, (bytes, bytearray, memoryview)):
        return bytes(native)
    return str(native).encode("utf-8", "surrogatepass")


def _text(value: Any) -> str | None:
    return storable(value) or None if isinstance(value, str) else None


def _moment(value: Any) -> int | None:
    return value if type(value) is int and 0 < value <= _LAST_MOMENT else None


def _context(item: Observation | Unreadable) -> str | None:
    known: dict[str, Any] = {name: _text(getattr(item, name, None)) for name in _CONTEXT}
    known = {name: value for name, value in known.items() if value}
    if isinstance(item, Unreadable):
        known |= item.context
    if getattr(item, "author_is_account", None) is True:
        known["author_is_account"] = True
    return json.dumps(known, sort_keys=True) if known else None


# --------------------------------------------------------------------------- commitment


def quarantine_values(row: dict[str, Any]) -> list[tuple[str, Any]]:
    """The non-null committed fields under their domain-separated names, in the order in which they are hashed."""
    values = []
    for name in COMMITTED:
        value = row.get(name)
        if name == "provenance":
            value = {part: row[part] for part in _PROVENANCE if row.get(part) is not None}
        elif isinstance(value, datetime):
            value = micros(value)
        if value is not None and value != []:
            values.append((f"quarantine.{name}", value))
    return values


def commit_quarantine(row: dict[str, Any]) -> bytes:
    secret = row["secret"]
    return combine(
        (name, field_commitment(salt_of(secret, name), name, encode_value(value)))
        for name, value in quarantine_values(row)
    )


def verify_quarantine_row(row: dict[str, Any]) -> bool:
    """Does the row (as made here or as read from Parquet) still hash to the commitment that it carries?"""
    sha256 = hashlib.sha256(row["native"]).hexdigest()
    return sha256 == row["native_sha256"] and commit_quarantine(row) == row["commitment"]


def quarantine_table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Rows as one Arrow table of `QUARANTINE_SCHEMA`."""
    columns = [pa.array([row[field.name] for row in rows], type=field.type) for field in QUARANTINE_SCHEMA]
    return pa.Table.from_arrays(columns, schema=QUARANTINE_SCHEMA)


# --------------------------------------------------------------------------- out of quarantine


@dataclass(frozen=True)
class Recovered:
    """A quarantined item that today's adapter can read. It still has to pass validation."""

    qid: str
    observation: Observation


@dataclass(frozen=True)
class StillBad:
    """A quarantined item that stays where it is, and the code of what is wrong with it now."""

    qid: str
    reason: str


def retry(rows: Iterable[dict[str, Any]], platform: Platform) -> tuple[list[Recovered], list[StillBad]]:
    """Parse quarantined items again with the adapter as it is now. Pure: nothing is fetched, nothing is written."""
    recovered: list[Recovered] = []
    still_bad: list[StillBad] = []
    for row in rows:
        read = _read_again(row, platform)
        if isinstance(read, Observation):
            recovered.append(Recovered(row["qid"], read))
        else:
            still_bad.append(StillBad(row["qid"], read))
    return recovered, still_bad


def _read_again(row: dict[str, Any], platform: Platform) -> Observation | str:
    from social_archive.platforms.base import Page

    context = json.loads(row["context"]) if row["context"] else {}
    observed_at = row["observed_at"]
    page = Page(
        kind="profile" if context.get("kind") == "profile" else "item",
        endpoint=row["endpoint"] or "",
        body=row["native"],
        response_sha256=row["response_sha256"] or "",
        http_date=row["http_date"],
        observed_at=micros(observed_at) if isinstance(observed_at, datetime) else observed_at or 0,
        context=context,
    )
    try:
        item = platform.reparse(row["native"], page)
    except Exception:  # one item that trips the adapter must not keep the others in quarantine
        return "adapter_failed"
    if isinstance(item, Unreadable):
        return item.reason
    item.platform, item.account, item.harvest_id = row["platform"], row["account"], row["harvest_id"]
    item.adapter = platform.adapter
    item.endpoint, item.response_sha256 = row["endpoint"], row["response_sha256"]
    _restore(item, context)
    return item


def _restore(item: Observation, context: dict[str, Any]) -> None:
    """What stood around the item in its response (its thread, whose it was, that it was hidden): its bytes lack it."""
    item.parent_native_id = item.parent_native_id or context.get("parent_native_id")
    item.root_native_id = item.root_native_id or context.get("root_native_id")
    item.author_is_account = item.author_is_account or context.get("author_is_account") is True
    kind, state = context.get("kind"), context.get("state")
    if kind in KINDS:
        item.kind = kind
    if item.state == "present" and state in STATES:
        item.state = state
