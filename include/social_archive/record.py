"""One observed version of a post, comment, profile or gap: its columns, its digest, its commitment.

Three hashes, three jobs:

* `digest` (evidential): did the thing change since we last saw it? Likes and expiring URLs do not count.
* `commitment` (salted): what the ledger holds. It says nothing about the record to anyone without the row's
  `secret`, and each field can be revealed alone, so a redacted export still proves what it shows.
* leaf: the canonical line in the ledger that carries the commitment (see `ledger.py`).
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from operator import attrgetter
from typing import Any, Final, Literal

import msgspec
import pyarrow as pa

SCHEMA_VERSION: Final = "1"

Kind = Literal["post", "comment", "reply", "profile", "story", "setting", "gap"]
KINDS: Final[tuple[str, ...]] = ("post", "comment", "reply", "profile", "story", "setting", "gap")

State = Literal[
    "present", "hidden", "held_for_review", "missing_unconfirmed", "deleted", "account_gone", "inaccessible"
]
STATES: Final[tuple[str, ...]] = (
    "present", "hidden", "held_for_review", "missing_unconfirmed", "deleted", "account_gone", "inaccessible",
)  # fmt: skip

UTC_MICROS: Final = pa.timestamp("us", tz="UTC")

MEDIA_TYPE: Final = pa.struct(
    [
        ("id", pa.string()),  # the platform's own name for it: stable, unlike its signed URL
        ("url", pa.string()),  # as given, secrets stripped
        ("key", pa.string()),  # object key in the archive, null unless outcome is `stored`
        ("sha256", pa.string()),
        ("bytes", pa.int64()),
        ("mime", pa.string()),
        ("alt", pa.string()),
        ("outcome", pa.string()),  # stored | pending | missing | blocked | too_large | failed
    ]
)

SCHEMA: Final = pa.schema(
    [
        pa.field("rid", pa.string(), nullable=False),
        pa.field("version", pa.int32(), nullable=False),
        pa.field("platform", pa.string(), nullable=False),
        pa.field("account", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("native_id", pa.string(), nullable=False),
        pa.field("parent_native_id", pa.string()),
        pa.field("root_native_id", pa.string()),
        pa.field("permalink", pa.string()),
        pa.field("author_id", pa.string()),
        pa.field("author_name", pa.string()),
        pa.field("author_handle", pa.string()),
        pa.field("author_is_account", pa.bool_(), nullable=False),
        pa.field("author_avatar", pa.string()),
        pa.field("body", pa.string()),
        pa.field("body_html", pa.string()),
        pa.field("language", pa.string()),
        pa.field("created_at", UTC_MICROS),
        pa.field("created_at_text", pa.string()),
        pa.field("edited_at", UTC_MICROS),
        pa.field("edited_at_text", pa.string()),
        pa.field("observed_at", UTC_MICROS, nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("flags", pa.list_(pa.string())),
        pa.field("media", pa.list_(MEDIA_TYPE)),
        pa.field("links", pa.list_(pa.string())),
        pa.field("likes", pa.int64()),
        pa.field("replies", pa.int64()),
        pa.field("shares", pa.int64()),
        pa.field("gap_reason", pa.string()),
        pa.field("gap_from", UTC_MICROS),
        pa.field("gap_to", UTC_MICROS),
        pa.field("native", pa.binary(), nullable=False),
        pa.field("harvest_id", pa.string(), nullable=False),
        pa.field("endpoint", pa.string()),
        pa.field("response_sha256", pa.string()),
        pa.field("http_date", pa.string()),
        pa.field("adapter", pa.string(), nullable=False),
        pa.field("schema", pa.string(), nullable=False),
        pa.field("series", pa.string(), nullable=False),
        pa.field("cutoff", pa.string(), nullable=False),
        pa.field("retain_until", UTC_MICROS),
        pa.field("digest", pa.binary(32), nullable=False),
        pa.field("secret", pa.binary(32), nullable=False),
        pa.field("commitment", pa.binary(32), nullable=False),
    ]
)


class Media(msgspec.Struct, gc=False):
    """One attachment. `outcome` stays `pending` until the media step has tried to fetch it."""

    id: str
    url: str
    alt: str | None = None
    mime: str | None = None
    key: str | None = None
    sha256: str | None = None
    bytes: int | None = None
    outcome: str = "pending"


class Observation(msgspec.Struct, kw_only=True, gc=False):
    """What an adapter read out of one item: everything but identity, cohort and evidence.

    Times are microseconds since the epoch, UTC; `*_text` keeps the platform's own string. `native` is the
    item's bytes exactly as they stood in the response. The last block is filled by the harvest.
    """

    kind: Kind
    native_id: str
    native: bytes
    parent_native_id: str | None = None
    root_native_id: str | None = None
    permalink: str | None = None
    author_id: str | None = None
    author_name: str | None = None
    author_handle: str | None = None
    author_is_account: bool = False
    author_avatar: str | None = None
    body: str | None = None
    body_html: str | None = None
    language: str | None = None
    created_at: int | None = None
    created_at_text: str | None = None
    edited_at: int | None = None
    edited_at_text: str | None = None
    state: State = "present"
    flags: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    links: tuple[str, ...] = ()
    likes: int | None = None
    replies: int | None = None
    shares: int | None = None
    gap_reason: str | None = None
    gap_from: int | None = None
    gap_to: int | None = None

    platform: str = ""
    account: str = ""
    observed_at: int = 0
    harvest_id: str = ""
    endpoint: str | None = None
    response_sha256: str | None = None
    http_date: str | None = None
    adapter: str = ""


class Unreadable(msgspec.Struct, kw_only=True, gc=False):
    """An item that could not become an Observation. It goes to quarantine with its bytes, never away."""

    native: bytes
    context: dict[str, str | int | bool] = {}  # what its page knew around it (thread, whose account), for a retry
    reason: str  # a short code, e.g. `duplicate_key`, `not_json`, `id_not_exact`
    detail: str = ""  # for a person; holds no content
    endpoint: str | None = None
    response_sha256: str | None = None
    http_date: str | None = None
    observed_at: int = 0


# --------------------------------------------------------------------------- text and time

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def storable(text: str | None) -> str | None:
    """Text that UTF-8 can hold: lone surrogates become U+FFFD. The item's `native` bytes keep the original."""
    if text is None or text.isascii():
        return text
    return _LONE_SURROGATE.sub("\ufffd", text)


def micros(moment: datetime) -> int:
    """Microseconds since the epoch of an aware datetime (exact: no float in between)."""
    delta = moment.astimezone(UTC) - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(text: str | None) -> int | None:
    """Microseconds since the epoch from an ISO 8601 string; naive times are taken as UTC; None if not a time."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
        return micros(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        return None


def http_date(text: str | None) -> int | None:
    """Microseconds since the epoch from a Date header (RFC 9110); None if there is none that can be read."""
    try:
        return micros(parsedate_to_datetime(text)) if text else None
    except (ValueError, TypeError, OverflowError):
        return None


def now_micros() -> int:
    return micros(datetime.now(UTC))


def new_rid() -> str:
    """A random id that says nothing about the thing it names."""
    return os.urandom(16).hex()


def new_secret() -> bytes:
    """The 32 bytes from which a row's salts are derived. It dies with the row, and with it every guess."""
    return os.urandom(32)


# --------------------------------------------------------------------------- canonical bytes

_CANONICAL = msgspec.json.Encoder(order="sorted")


def canonical(value: Any) -> bytes:
    """JSON with sorted keys, no white space, non-ASCII as it is. Ids and times never pass through it as floats."""
    return _CANONICAL.encode(value)


# --------------------------------------------------------------------------- evidential digest


def _without_query(url: str) -> str:
    return url.split("?", 1)[0].split("#", 1)[0]


def evidential_digest(o: Observation) -> bytes:
    """SHA-256 of what makes two sightings of one thing the same sighting.

    Counts, the author's display name, permalinks and signed media URLs change without the record changing and
    are left out; a profile is its own name and handle, so there they count.
    """
    evidence: list[Any] = [
        o.kind, o.parent_native_id, o.root_native_id, o.author_id, o.body, o.body_html, o.edited_at, o.state,
        [(m.id or _without_query(m.url), m.alt) for m in o.media] if o.media else None,
        o.links, o.gap_reason, o.gap_from, o.gap_to,
    ]  # fmt: skip
    if o.kind in ("profile", "setting"):
        evidence += [o.author_name, o.author_handle, o.author_avatar and _without_query(o.author_avatar)]
    return hashlib.sha256(b"evidence/v1\n" + _CANONICAL.encode(evidence)).digest()


# --------------------------------------------------------------------------- commitment

COMMITTED: Final[tuple[str, ...]] = (
    "author", "body", "body_html", "context", "gap", "identity", "links", "media", "native", "origin", "provenance",
    "state", "times",
)  # fmt: skip
"""Fields that are committed one by one, in the order in which they are hashed. Some stand for several columns:
a reader who may see one of a group's columns may see them all."""

_SALT_PERSON: Final = b"sra/salt/v1"


def salt_of(secret: bytes, name: str) -> bytes:
    """The 32-byte salt of one field: keyed BLAKE2b of its name. Revealing it reveals no other field's salt."""
    return hashlib.blake2b(name.encode(), key=secret, digest_size=32, person=_SALT_PERSON).digest()


def encode_value(value: Any) -> bytes:
    """A value with its type in front, so that no two different values share their bytes."""
    if isinstance(value, str):
        return b"s" + value.encode("utf-8")
    if isinstance(value, bytes):
        return b"b" + value
    return b"j" + canonical(value)


def field_commitment(salt: bytes, name: str, encoded: bytes) -> bytes:
    return hashlib.sha256(salt + name.encode() + b"\0" + encoded).digest()


def combine(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """The record's commitment from its fields' commitments, in the order of the fields' names."""
    return hashlib.sha256(b"record/v1\n" + b"".join([name.encode() + b"\0" + c for name, c in parts])).digest()


def committed_values(o: Observation) -> list[tuple[str, Any]]:
    """The committed fields that have a value, sorted by name: text, bytes, or JSON of a group of columns.

    Times are integers (microseconds). An empty field is absent, so that a field added later changes no
    old commitment. Ids and permalink are one field because each of them leads to the post.
    """
    values: list[tuple[str, Any]] = []
    if o.author_id is not None or o.author_name is not None or o.author_handle is not None:
        author = [o.author_id, o.author_name, o.author_handle, o.author_is_account, o.author_avatar]
        values.append(("author", author))
    if o.body is not None:
        values.append(("body", o.body))
    if o.body_html is not None:
        values.append(("body_html", o.body_html))
    if o.language is not None or o.likes is not None or o.replies is not None or o.shares is not None:
        values.append(("context", [o.language, o.likes, o.replies, o.shares]))
    if o.gap_reason is not None:
        values.append(("gap", [o.gap_reason, o.gap_from, o.gap_to]))
    values.append(("identity", [o.native_id, o.parent_native_id, o.root_native_id, o.permalink]))
    if o.links:
        values.append(("links", o.links))
    if o.media:
        values.append(("media", [msgspec.to_builtins(m) for m in o.media]))
    values.append(("native", o.native))
    values.append(("origin", [o.platform, o.account, o.kind]))
    provenance = [
        o.harvest_id, o.endpoint, o.response_sha256, o.http_date, o.observed_at, o.adapter, SCHEMA_VERSION,
    ]  # fmt: skip
    values.append(("provenance", provenance))
    values.append(("state", [o.state, o.flags]))
    if any(at is not None for at in (o.created_at, o.created_at_text, o.edited_at, o.edited_at_text)):
        values.append(("times", [o.created_at, o.created_at_text, o.edited_at, o.edited_at_text]))
    return values


def commitment_of(o: Observation, secret: bytes) -> bytes:
    """What the ledger's leaf holds of this record.

    The same as `combine` over `field_commitment`s of `committed_values`, written out because every record of every
    harvest passes here.
    """
    blake2b, sha256, as_json = hashlib.blake2b, hashlib.sha256, _CANONICAL.encode
    parts = [b"record/v1\n"]
    for name, value in committed_values(o):
        bare, label = _LABELS[name]
        if type(value) is str:
            typed = label + b"s" + value.encode()
        elif type(value) is bytes:
            typed = label + b"b" + value
        else:
            typed = label + b"j" + as_json(value)
        parts.append(label)
        parts.append(sha256(blake2b(bare, key=secret, digest_size=32, person=_SALT_PERSON).digest() + typed).digest())
    return sha256(b"".join(parts)).digest()


_LABELS: Final = {name: (name.encode(), name.encode() + b"\0") for name in COMMITTED}


# --------------------------------------------------------------------------- rows and tables


class Version(msgspec.Struct, kw_only=True, gc=False):
    """One accessioned version: what was observed, plus identity, cohort and evidence. One row of `SCHEMA`."""

    observation: Observation
    rid: str
    version: int
    series: str
    cutoff: str
    retain_until: int | None
    digest: bytes
    secret: bytes
    commitment: bytes


def accessioned(o: Observation, *, rid: str, version: int, series: str, cutoff: str, retain_until: int | None,
                digest: bytes) -> Version:  # fmt: skip
    """Give an observation its identity, a fresh secret, and its commitment."""
    secret = new_secret()
    return Version(
        observation=o, rid=rid, version=version, series=series, cutoff=cutoff, retain_until=retain_until,
        digest=digest, secret=secret, commitment=commitment_of(o, secret),
    )  # fmt: skip


_OF_VERSION: Final = frozenset(Version.__struct_fields__) - {"observation"}
_NESTED: Final = frozenset({"media", "flags", "links"})
_OBSERVED: Final = tuple(name for name in Observation.__struct_fields__ if name not in _NESTED)
_MOMENTS: Final = tuple(f.name for f in SCHEMA if f.type == UTC_MICROS)


def table(versions: Sequence[Version]) -> pa.Table:
    """Versions as one Arrow table of `SCHEMA`, built column by column."""
    observations = [v.observation for v in versions]
    columns = []
    for f in SCHEMA:
        values: list[Any]
        if f.name == "schema":
            values = [SCHEMA_VERSION] * len(versions)
        elif f.name in _OF_VERSION:
            values = list(map(attrgetter(f.name), versions))
        elif f.name == "media":
            values = [[msgspec.to_builtins(m) for m in o.media] if o.media else None for o in observations]
        elif f.name in _NESTED:
            values = [value or None for value in map(attrgetter(f.name), observations)]
        else:
            values = list(map(attrgetter(f.name), observations))
        columns.append(pa.array(values, type=f.type))
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def from_row(row: dict[str, Any]) -> Version:
    """A row as Parquet gives it (times as aware datetimes) back as a Version."""
    plain: dict[str, Any] = row
    if aware := {k: micros(row[k]) for k in _MOMENTS if isinstance(row[k], datetime)}:
        plain = row | aware
    observed: dict[str, Any] = {k: plain[k] for k in _OBSERVED}
    observation = Observation(
        **observed,
        media=tuple(Media(**m) for m in plain.get("media") or ()),
        flags=tuple(plain.get("flags") or ()),
        links=tuple(plain.get("links") or ()),
    )
    identity: dict[str, Any] = {k: plain[k] for k in _OF_VERSION}
    return Version(observation=observation, **identity)


def verify_row(row: dict[str, Any]) -> bool:
    """Does the row still hash to the commitment that it carries?"""
    version = from_row(row)
    return commitment_of(version.observation, version.secret) == version.commitment
