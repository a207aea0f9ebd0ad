"""A comment or a message that may be a request for public records, and the clock that may be running already.

The criterion `foia-request` finds the words. This module says of each such record when it was received and by when an
answer is owed, and which of them nobody has judged yet. Whether one is a request, the FOIA officer says
(`foia/answers.py`).

Received is when it was posted: the words were before the public body from then on, whenever somebody read them. That
is the earliest day that anybody could hold against it. When the archive first saw it is told beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from social_archive.foia.clock import Due, received_on

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.foia.clock import Clock

CRITERION: Final = "foia-request"

Status = Literal["open", "request", "no_request"]
Row = dict[str, Any]

_TOLD: Final = ("id", "rid", "version", "platform", "account", "kind", "field", "criterion", "rule", "strength",
                "quote", "explanation", "found_at")  # fmt: skip


@dataclass(frozen=True)
class Seen:
    """When a record was posted (None: the platform gives no time) and first archived; microseconds UTC."""

    created: int | None
    observed: int

    @property
    def received(self) -> int:
        """The earlier of the two: a platform's clock may run ahead of ours."""
        return self.observed if self.created is None else min(self.created, self.observed)


@dataclass(frozen=True)
class Alert:
    """One record that may be a request. `finding` is the id that a person answers to, `findings` are all of its.

    `received` and `first_seen` are days on the agency's calendar; `due.date` and `due.safe` follow from `received`, and
    are None where the jurisdiction's law on requests is not written down. `answer` is what a person said last of these
    very words, None while nobody has.
    """

    finding: str
    rid: str
    version: int
    platform: str
    account: str
    kind: str
    strength: str
    quote: str
    explanation: str
    seen: Seen
    received: date
    first_seen: date
    due: Due | None
    findings: tuple[str, ...]
    answer: Row | None = None

    @property
    def status(self) -> Status:
        return "open" if self.answer is None else self.answer["verdict"]

    def days_left(self, today: date) -> int | None:
        """Calendar days until the safe date; negative when it has passed."""
        return None if self.due is None else (self.due.safe - today).days


def alerts(
    findings: pa.Table, answers: pa.Table, seen: Mapping[str, Seen], *, clock: Clock | None, time_zone: str
) -> list[Alert]:
    """One alert a record, the one that is due first on top. A pure function of what was found and what was answered.

    `findings` and `answers` in the columns of `policy/findings.py` and `foia/answers.py`; `seen` says of each
    record when it was posted and first archived (records that are not there any more give no alert). An answer closes
    the findings that the person was shown, and all of the same record with the same words; words that an edit brings in
    later open it again.
    """
    ours = findings.filter(pc.equal(findings.column("criterion"), CRITERION)).select(list(_TOLD)).to_pylist()
    ours.sort(key=lambda row: (row["version"], row["found_at"], row["id"]))
    said = _said(ours, answers.to_pylist())
    by_record: dict[str, list[Row]] = {}
    for row in ours:
        if row["rid"] in seen:
            by_record.setdefault(row["rid"], []).append(row)
    found = [_alert(rows, said, seen[rid], clock, time_zone) for rid, rows in by_record.items()]
    return sorted(found, key=lambda alert: (alert.received, alert.seen.received, alert.rid))


def _said(findings: Iterable[Row], answers: Iterable[Row]) -> dict[tuple[str, str], Row]:
    """(record, words) -> the last answer about them."""
    words = {row["id"]: (row["rid"], row["quote"]) for row in findings}
    in_order = sorted(answers, key=lambda answer: (answer["answered_at"], answer["id"]))
    return {words[one]: answer for answer in in_order for one in answer["findings"] if one in words}


def _alert(
    rows: list[Row], said: Mapping[tuple[str, str], Row], seen: Seen, clock: Clock | None, time_zone: str
) -> Alert:
    unanswered = [row for row in rows if (row["rid"], row["quote"]) not in said]
    shown = (unanswered or rows[-1:])[0]
    received = received_on(seen.received, time_zone)
    return Alert(
        finding=shown["id"], findings=tuple(row["id"] for row in rows), seen=seen, received=received,
        first_seen=received_on(seen.observed, time_zone), due=clock.due(received) if clock is not None else None,
        answer=None if unanswered else said[shown["rid"], shown["quote"]],
        **{name: shown[name] for name in ("rid", "version", "platform", "account", "kind", "strength", "quote",
                                          "explanation")},
    )  # fmt: skip


# --------------------------------------------------------------------------- of an archive


def of_archive(archive: Archive) -> list[Alert]:
    """All alerts of an archive, answered ones too, as far as the catalog has followed the ledger."""
    from social_archive.errors import ConfigError
    from social_archive.foia import answers as foia_answers
    from social_archive.foia.clock import Clock
    from social_archive.law_foia import load_foia_law
    from social_archive.policy import findings

    found = findings.read(archive)
    found = found.filter(pc.equal(found.column("criterion"), CRITERION))
    if not found.num_rows:
        return []
    try:
        clock = Clock.of(load_foia_law(archive.agency))
    except ConfigError:  # nobody wrote this jurisdiction's law down; `archive foia due` says what to do
        clock = None
    moments = times_of(archive, found.column("rid").unique())
    zone = archive.agency.body.time_zone
    return alerts(found, foia_answers.read(archive), moments, clock=clock, time_zone=zone)


def times_of(archive: Archive, rids: pa.Array) -> dict[str, Seen]:
    """When these records were posted and first archived, over all of their versions."""
    columns = ["rid", "created_at", "observed_at"]

    def read() -> pa.Table:
        parts = [pq.read_table(path, columns=columns, filters=pc.field("rid").isin(rids), partitioning=None)
                 for path in archive.mirror.paths(archive.catalog.objects("records"))]  # fmt: skip
        return pa.concat_tables(part.replace_schema_metadata(None) for part in parts)

    rows = archive.catalog.reading(read)
    grouped = rows.group_by("rid").aggregate([("created_at", "min"), ("observed_at", "min")])
    created, observed = (grouped.column(name).cast(pa.int64()).to_pylist()
                         for name in ("created_at_min", "observed_at_min"))  # fmt: skip
    return {rid: Seen(c, o) for rid, c, o in zip(grouped.column("rid").to_pylist(), created, observed, strict=True)}
