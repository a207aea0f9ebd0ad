"""Answers of people about a record: each names who gave it and which it supersedes; none is ever changed.

The answers about one question form a chain. A new one is appended only at a head of the ledger at which the last one is
the one that it supersedes, so that two people who answer at the same moment leave a chain and no fork.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from social_archive import companions
from social_archive.companions import SourceGone
from social_archive.errors import ArchiveError
from social_archive.record import new_rid, now_micros
from social_archive.retention.people import acting

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.companions import Place

Row = dict[str, Any]

_TRIES: Final = 5
LONGEST: Final = 5_000
"""Characters of a rationale or a basis: two pages. What needs more is a paper of its own, and is named here."""


class _Overtaken(Exception):
    """Somebody else answered the same question meanwhile."""


def decider(archive: Archive, by: str, refusal: type[ArchiveError]) -> dict[str, str | None]:
    """{"by", "name", "title"}: a user name, and what agency.yaml says of the person. Raises `refusal` for nobody."""
    user = acting(archive, by, refusal)
    known = archive.agency.person(user)
    return {"by": user, "name": known.name if known else None, "title": known.title if known else None}


def words(text: str | None, what: str, least: int, refusal: type[ArchiveError]) -> str:
    """What a person wrote, without space around it. Raises `refusal` if it is shorter than `least`, or too long."""
    said = (text or "").strip()
    if not least <= len(said) <= LONGEST:
        raise refusal(f"The {what} has {len(said):,} characters; it takes {least} to {LONGEST:,}. Nothing was written.",
                      remedy="Say in a sentence or two what you saw and why it leads to this answer.")  # fmt: skip
    return said


def micros_of(table: pa.Table) -> list[Row]:
    """Rows of companions with times as integers (microseconds UTC), without secrets."""
    kept = table.drop_columns([name for name in ("secret", "commitment") if name in table.column_names])
    for index, field in enumerate(kept.schema):
        if pa.types.is_timestamp(field.type):
            kept = kept.set_column(index, field.name, kept.column(index).cast(pa.int64()))
    rows: list[Row] = kept.to_pylist()
    return rows


def in_order(rows: Iterable[Row]) -> list[Row]:
    """A chain, oldest first. `revise` lets no answer be dated before the one that it supersedes."""
    return sorted(rows, key=lambda row: (row["decided_at"], row["id"]))


def revise(
    archive: Archive, cls: str, of: pa.Schema, rid: str, said: Row, *,
    chain: Callable[[], Sequence[Row]], what: str, note: Callable[[Row], Mapping[str, Any]], id: str | None = None,
) -> tuple[Row, int | None]:  # fmt: skip
    """Append an answer about a record. (its row with times in microseconds, its ledger entry).

    `chain`: the answers to the same question so far, oldest first. `note`: what the ledger shall say of the row; it
    outlives the record, so no words of anybody. `id` (32 hex digits) makes a second call with it answer with the first
    one's row and None. Raises NotFound, SourceGone: then nothing was written.
    """
    for attempt in range(_TRIES):
        archive.catalog.catch_up()
        before = chain()
        if id is not None and (done := [row for row in before if row["id"] == id]):
            return done[0], None
        version, place = companions.place_of(archive, rid)
        companions.require_sources(archive, [place])  # it was there just now: what this refuses stays refused
        row = _row(rid, version, place, before[-1] if before else None, id or new_rid()) | said
        try:
            return row, _commit(archive, cls, of, row, place, chain, what, note(row))
        except (_Overtaken, SourceGone):
            if attempt == _TRIES - 1:
                raise SourceGone("Somebody else is deciding about this record at this moment. Nothing was written.",
                                 remedy="Look at what was decided, then decide again.") from None  # fmt: skip
    raise AssertionError("the last try answers or raises")


def _row(rid: str, version: int, place: Place, before: Row | None, identity: str) -> Row:
    at = max(now_micros(), before["decided_at"] + 1 if before else 0)  # whatever the clocks of two hosts say
    return {
        "id": identity, "rid": rid, "version": version, "platform": place.platform, "account": place.account,
        "series": place.series, "cutoff": place.cutoff, "supersedes": before["id"] if before else None,
        "decided_at": at,
    }  # fmt: skip


def _commit(
    archive: Archive, cls: str, of: pa.Schema, row: Row, place: Place, chain: Callable[[], Sequence[Row]], what: str,
    note: Mapping[str, Any],
) -> int:  # fmt: skip
    def check() -> None:
        now = chain()
        if (now[-1]["id"] if now else None) != row["supersedes"]:
            raise _Overtaken

    kept = pa.schema([field for field in of if field.name not in ("secret", "commitment")])
    rows = pa.Table.from_pylist([row], schema=kept)
    return companions.commit(archive, cls, rows, what=what, note=note, txn=(row["id"],), sources=[place], check=check).n
