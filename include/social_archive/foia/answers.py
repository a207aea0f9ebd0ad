"""What people said of possible requests for public records: it is one (with its number in the log), or it is none.

An answer is a row about the record, in the record's own cohort, and a leaf of the ledger. A later answer supersedes an
earlier one; both stay. The ledger's note holds no words of anybody.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal

import pyarrow as pa

from social_archive import companions
from social_archive.errors import ArchiveError, NotFound
from social_archive.foia.alerts import Alert, of_archive
from social_archive.record import UTC_MICROS, micros, new_rid
from social_archive.retention.people import acting

if TYPE_CHECKING:
    from social_archive.archive import Archive

CLASS: Final = "answers"
WHAT: Final = "foia.answered"
LONGEST: Final = 2_000

Verdict = Literal["request", "no_request"]

SCHEMA: Final = companions.schema(
    pa.field("findings", pa.list_(pa.string()), nullable=False),  # ids of the findings that the person was shown
    pa.field("verdict", pa.string(), nullable=False),
    pa.field("number", pa.string()),  # in the body's log of requests; null for no request
    pa.field("reason", pa.string(), nullable=False),
    pa.field("by", pa.string(), nullable=False),  # user name
    pa.field("name", pa.string()),  # as agency.yaml has it
    pa.field("title", pa.string()),
    pa.field("via", pa.string(), nullable=False),  # how the name is known: `cli` (declared), `airflow` (authenticated)
    pa.field("supersedes", pa.string()),  # id of the answer that it replaces
    pa.field("answered_at", UTC_MICROS, nullable=False),
)


class NotAnswered(ArchiveError):
    """An answer that cannot be taken. Nothing was written, and the clock goes on."""

    remedy = "See `archive foia alerts` for what waits, and `archive foia answer --help`."


def read(archive: Archive, *, rid: str | None = None) -> pa.Table:
    """Answers in SCHEMA, superseded ones too, as far as the catalog has followed the ledger."""
    return companions.table(archive, CLASS, SCHEMA, rid=rid)


def find(archive: Archive, finding: str) -> Alert:
    """The alert that a finding (or the first characters of its id) belongs to. Raises NotFound."""
    fitting = [alert for alert in of_archive(archive) if any(one.startswith(finding) for one in alert.findings)]
    if len(fitting) != 1 or not finding:
        raise NotFound(
            "There is no such possible request." if not fitting else "More than one possible request fits this id.",
            remedy="`archive foia alerts --all` shows them.",
        )
    return fitting[0]


def answer(
    archive: Archive, finding: str, *, verdict: Verdict, by: str, reason: str, via: str, number: str | None = None,
    now: datetime | None = None,
) -> Alert:  # fmt: skip
    """Write down what a person says of a possible request; the alert as it is then.

    Said twice in the same words it is written once. Raises NotAnswered, NotFound, SourceGone (the record is gone or on
    a list for disposal).
    """
    by = acting(archive, by, NotAnswered)
    reason, number = reason.strip(), (number or "").strip() or None
    if not reason or len(reason) > LONGEST:
        raise NotAnswered(f"An answer needs a reason of 1 to {LONGEST:,} characters.")
    if verdict == "request" and number is None:
        raise NotAnswered(
            "A request needs its number in the log of requests.",
            remedy="Open its file, which answers this too: `archive foia receive --comment RECORD`. If it has a number "
            "already: --is-request --number NUMBER.",
        )
    archive.catalog.catch_up()
    alert = find(archive, finding)
    before = alert.answer
    if before is not None and (before["verdict"], before["number"], before["reason"], before["by"]) == (
        verdict, number if verdict == "request" else None, reason, by,
    ):  # fmt: skip
        return alert
    _write(archive, alert, before, now or datetime.now(UTC),
           verdict=verdict, number=number if verdict == "request" else None, reason=reason, by=by, via=via)  # fmt: skip
    return find(archive, alert.finding)


def _write(archive: Archive, alert: Alert, before: dict[str, Any] | None, now: datetime, **said: Any) -> None:
    _, place = companions.place_of(archive, alert.rid, alert.version)
    person = archive.agency.person(said["by"])
    row = {
        "id": new_rid(), "rid": alert.rid, "version": alert.version, "platform": alert.platform,
        "account": alert.account, "findings": list(alert.findings), **said, "name": person.name if person else None,
        "title": person.title if person else None, "supersedes": before["id"] if before else None,
        "answered_at": micros(now), "series": place.series, "cutoff": place.cutoff,
    }  # fmt: skip
    kept = pa.schema([field for field in SCHEMA if field.name not in ("secret", "commitment")])
    note = {"finding": alert.finding, "answer": row["id"], "verdict": said["verdict"], "by": said["by"],
            "via": said["via"], "platform": alert.platform, "account": alert.account}  # fmt: skip

    def unchanged() -> None:
        now_said = find(archive, alert.finding).answer
        if (now_said or {}).get("id") != (before or {}).get("id"):
            raise NotAnswered("Somebody else has answered this one meanwhile. Nothing was written.")

    companions.commit(
        archive, CLASS, pa.Table.from_pylist([row], schema=kept), what=WHAT, note=note, txn=(row["id"],),
        sources=[place], check=unchanged,
    )  # fmt: skip
