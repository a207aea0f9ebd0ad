"""Stored rows without a store: made as an accession makes them. Everything in them is invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from social_archive.foia.dispositions import Cut, Hit, Item, Outcome, Row
from social_archive.foia.matching import Matcher
from social_archive.foia.media import Attachments
from social_archive.record import Observation, accessioned, evidential_digest, table

CODE = "7(1)(c)"


def stored(observation: Observation, *, rid: str = "ab" * 16, version: int = 1) -> Row:
    """The row of `observation`, with times in microseconds, as `shown.stored_rows` gives it."""
    made = accessioned(observation, rid=rid, version=version, series="20", cutoff="2026-01", retain_until=None,
                       digest=evidential_digest(observation))  # fmt: skip
    rows = table([made])
    for index, column in enumerate(rows.schema):
        if pa.types.is_timestamp(column.type):
            rows = rows.set_column(index, column.name, rows.column(index).cast(pa.int64()))
    row: Row = rows.to_pylist()[0]
    return row


def item(
    *, outcome: Outcome = "redacted", cuts: Sequence[Cut] = (), fields: Mapping[str, str] | None = None,
    media: Mapping[tuple[int, int], str] | None = None,
) -> Item:  # fmt: skip
    hit = Hit(1, "ab" * 16, (1,))
    return Item(hit, "LPL-2026-1-0001", outcome, (CODE,), cuts=tuple(cuts), withheld_fields=dict(fields or {}),
                media=dict(media or {}))  # fmt: skip


def nothing_attached() -> Attachments:
    return Attachments({}, Matcher([]))
