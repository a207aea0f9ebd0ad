"""Any table (CSV) or JSON lines, by a mapping file: for what another archiving vendor hands over.

    mapping:
      title: Export of our former vendor      # for people
      columns:                                # ours: theirs
        native_id: Post ID
        kind: {column: Type, values: {Post: post, Comment: comment, Reply: reply}}
        body: Message
        created_at: Date
        author_name: Author
      own: {column: Author, values: [Larkspur Public Library]}
      time_zone: America/Chicago              # of times that name none
      shortcomings: [The vendor kept no pictures.]

In JSON lines a column is a path: `author.name`. Columns that are not mapped stay in the record's native bytes: the
header and the row as they stood.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from social_archive.config import Account, Model, TimeZone, load_file
from social_archive.imports.base import Importer, Item, unreadable
from social_archive.imports.csv_rows import BadRow, cells, table
from social_archive.imports.source import Source
from social_archive.joining import idless_id
from social_archive.platforms.strict_json import BadJson, load_item
from social_archive.record import KINDS, STATES, Media, Observation, micros, parse_time, storable

_TEXTS: Final = (
    "native_id", "kind", "body", "body_html", "parent_native_id", "root_native_id", "permalink", "author_id",
    "author_name", "author_handle", "state", "language",
)  # fmt: skip
_TIMES: Final = ("created_at", "edited_at")
_COUNTS: Final = ("likes", "replies", "shares")
_LISTS: Final = ("media", "links")
FIELDS: Final = (*_TEXTS, *_TIMES, *_COUNTS, *_LISTS)
_ALLOWED: Final = {"kind": KINDS, "state": STATES}

Values = dict[str, str]


class Column(Model):
    """Where a field comes from: a column (its values translated if `values` is given), or a constant."""

    column: str | None = None
    values: dict[str, str] = Field(default_factory=dict)
    constant: str | None = None
    separator: str = ";"

    @model_validator(mode="after")
    def _one_origin(self) -> Column:
        if (self.column is None) == (self.constant is None):
            raise ValueError("needs either `column` or `constant`")
        return self


class Own(Model):
    """Which rows the account itself wrote."""

    column: str
    values: Annotated[list[str], Field(min_length=1)]


class Mapping(Model):
    """One mapping file. `member` picks the files inside a zip or folder."""

    title: str = "a mapped table"
    format: Literal["csv", "jsonl"] | None = None
    member: str = "*"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    columns: dict[str, str | Column]
    own: Own | None = None
    time_zone: TimeZone = "UTC"
    time_format: str | None = None
    shortcomings: Annotated[tuple[str, ...], Field(min_length=1, strict=False)] = (
        "What the former archive left out of this export is unknown to us.",
    )

    @model_validator(mode="after")
    def _known_fields(self) -> Mapping:
        unknown = sorted(set(self.columns) - set(FIELDS))
        if unknown:
            raise ValueError(f"there is no field {unknown[0]!r}; there are {', '.join(FIELDS)}")
        if "body" not in self.columns and "body_html" not in self.columns:
            raise ValueError("a mapping says at least where the body comes from")
        for field, allowed in _ALLOWED.items():
            column = self.columns.get(field)
            for value in _outcomes(column) if isinstance(column, Column) else ():
                if value not in allowed:
                    raise ValueError(f"{field}: {value!r} must be one of {', '.join(allowed)}")
        return self


def _outcomes(column: Column) -> list[str]:
    return [*column.values.values(), *([column.constant] if column.constant is not None else [])]


class _MappingFile(Model):
    mapping: Mapping


class Mapped(Importer):
    name: ClassVar[str] = "mapped"
    title: ClassVar[str] = "A table or JSON lines, described by a mapping file"
    platform: ClassVar[str] = ""
    looks_for: ClassVar[str] = "nothing by itself: it is told by --mapping FILE"
    shortcomings: ClassVar[tuple[str, ...]] = ("What the mapping file says is missing from the table.",)

    def __init__(self, mapping: Mapping | None = None) -> None:
        self.mapping = mapping
        if mapping is not None:
            self.shortcomings = tuple(mapping.shortcomings)  # type: ignore[misc]

    @classmethod
    def described_by(cls, path: Path) -> Mapped:
        """The importer that a mapping file describes. Raises ConfigError with file, line and reason."""
        return cls(load_file(path, _MappingFile).mapping)

    def recognises(self, source: Source) -> bool:
        return False  # a table alone says nothing of what its columns mean

    def records(self, source: Source, account: Account) -> Iterator[Item]:
        assert self.mapping is not None
        read = _reader(self.mapping)
        for name in sorted(source.members):
            if not fnmatch.fnmatch(name, self.mapping.member):
                continue
            rows = _json_rows if _is_json(self.mapping, name) else _csv_rows
            for raw, values in rows(source, name, self.mapping):
                if isinstance(values, str):
                    yield unreadable(source, name, raw, values)
                    continue
                o = read(raw, values)
                yield unreadable(source, name, raw, o) if isinstance(o, str) else source.stamp(o, name)


# --------------------------------------------------------------------------- rows


def _is_json(mapping: Mapping, name: str) -> bool:
    by_name = name.lower().endswith((".jsonl", ".ndjson", ".json"))
    return mapping.format == "jsonl" or (mapping.format is None and by_name)


def _csv_rows(source: Source, name: str, mapping: Mapping) -> Iterator[tuple[bytes, Values | str]]:
    """(header and row as they stood, the row's values by column) or (…, what is wrong with it)."""
    body = source.read(name)
    found = table(body) if mapping.delimiter == "," else None
    rows = found.rows if found else table(body).rows
    first = body.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].removesuffix(b"\r")
    try:
        header = [column.strip() for column in (found.header if found else cells(first, mapping.delimiter))]
    except BadRow as bad:
        yield first, bad.code
        return
    for row in rows:
        raw = first + b"\r\n" + row
        try:
            values = cells(row, mapping.delimiter)
        except BadRow as bad:
            yield raw, bad.code
            continue
        if len(values) != len(header):
            yield raw, "columns_differ"
            continue
        yield raw, dict(zip(header, values, strict=True))


def _json_rows(source: Source, name: str, mapping: Mapping) -> Iterator[tuple[bytes, Values | str]]:
    for line in source.read(name).split(b"\n"):
        raw = line.strip(b" \t\r\xef\xbb\xbf") if line.startswith(b"\xef") else line.strip()
        if not raw:
            continue
        try:
            value, _ = load_item(raw)
        except BadJson as bad:
            yield raw, bad.code
            continue
        if not isinstance(value, dict):
            yield raw, "not_an_object"
            continue
        yield raw, dict(_flat(value))


def _flat(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from _flat(inner, f"{prefix}{key}.")
        elif isinstance(inner, list):
            yield f"{prefix}{key}", ";".join(str(each) for each in inner if isinstance(each, str | int))
        elif isinstance(inner, bool):
            yield f"{prefix}{key}", "true" if inner else "false"
        elif inner is not None:
            yield f"{prefix}{key}", str(inner)


# --------------------------------------------------------------------------- one row


def _reader(mapping: Mapping) -> Callable[[bytes, Values], Observation | str]:
    """A function from a row to what it says; a code when the mapping does not know what to make of it."""
    columns = {field: c if isinstance(c, Column) else Column(column=c) for field, c in mapping.columns.items()}
    zone = ZoneInfo(mapping.time_zone)

    def read(raw: bytes, row: Values) -> Observation | str:
        found: dict[str, Any] = {}
        for field, column in columns.items():
            value = _value(row, column)
            if value is None:
                continue
            if field in _ALLOWED and value not in _ALLOWED[field]:
                return f"{field}_not_mapped"
            if field in _LISTS:
                found[field] = tuple(part.strip() for part in value.split(column.separator) if part.strip())
            elif field in _COUNTS:
                found[field] = int(value) if value.isascii() and value.isdigit() and len(value) < 19 else None
            elif field in _TIMES:
                found[field] = _moment(value, mapping.time_format, zone)
                found[f"{field}_text"] = value
                if found[field] is None:
                    return f"{field}_unreadable"
            else:
                found[field] = value
        found["media"] = tuple(Media(id=uri.rsplit("/", 1)[-1], url=uri) for uri in found.get("media", ()))
        own = mapping.own
        found["author_is_account"] = own is not None and row.get(own.column) in own.values
        found.setdefault("kind", "post" if found["author_is_account"] else "comment")
        native_id = found.pop("native_id", None)
        o = Observation(native_id=native_id or "", native=raw, **found)
        if not native_id:
            o.native_id = idless_id(o, (o.author_id or o.author_name or "") + "".join(m.id for m in o.media[:1]))
        return o

    return read


def _value(row: Values, column: Column) -> str | None:
    if column.constant is not None:
        return column.constant
    value = row.get(column.column or "")
    if value is None or value == "":
        return None
    return storable(column.values.get(value, value))


def _moment(value: str, form: str | None, zone: ZoneInfo) -> int | None:
    """A time as the mapping says it is written: by `time_format`, in ISO 8601, or in seconds since the epoch."""
    if form is None and value.isascii() and value.isdigit() and len(value) in (9, 10):
        return int(value) * 1_000_000
    try:
        moment = datetime.strptime(value, form) if form else datetime.fromisoformat(value)
    except ValueError:
        return None
    try:
        return micros(moment if moment.tzinfo else moment.replace(tzinfo=zone))
    except (ValueError, OverflowError):
        return parse_time(value)
