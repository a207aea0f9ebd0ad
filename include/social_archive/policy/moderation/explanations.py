"""What somebody says afterwards about a removal that nobody had decided on record: who did it, when, for which clause.

An explanation is no decision: it does not make a removal one that was decided before it. It answers the question in the
moderation ledger, with a name and a reason. A later one about the same event stands in front of it; both stay.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from social_archive import companions
from social_archive.errors import ArchiveError, NotFound
from social_archive.policy.moderation.causes import CAUSES, Cause
from social_archive.record import UTC_MICROS, micros, new_rid
from social_archive.retention.people import acting

if TYPE_CHECKING:
    from social_archive.archive import Archive
    from social_archive.policy.moderation.events import Event

CLASS: Final = "explanations"
WHAT: Final = "policy.explained"
SHORTEST: Final = 10
"""Characters of a reason that another person can follow."""

SCHEMA: Final = companions.schema(  # `version`: the version of the record at which the event begins
    pa.field("cause", pa.string(), nullable=False),
    pa.field("clause", pa.string()),  # of policy.yaml; only where it was us
    pa.field("removed_on", pa.string()),  # yyyy-mm-dd, as the person says; only where it was us
    pa.field("reason", pa.string(), nullable=False),
    pa.field("by", pa.string(), nullable=False),  # user name
    pa.field("via", pa.string(), nullable=False),  # `cli` (declared), `airflow` (authenticated)
    pa.field("policy", pa.string(), nullable=False),  # version of policy.yaml
    pa.field("explained_at", UTC_MICROS, nullable=False),
)


class NotExplained(ArchiveError):
    """The explanation is not complete, or there is nothing to explain. Nothing was written."""

    remedy = "`archive moderation list` shows the events of a record; `archive moderation explain --help` an example."


def explain(
    archive: Archive, rid: str, cause: Cause, reason: str, *, by: str, via: str, clause: str | None = None,
    removed_on: date | None = None, at: datetime | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Explain the last event of a record. Returns the row. Raises NotExplained, NotFound, companions.SourceGone.

    The ledger's note says whom, what and when in ids; clause and reason die with the record.
    """
    event = _event(archive, rid)
    by = acting(archive, by, NotExplained)
    policy = _require(archive, cause, reason, clause, removed_on)
    _, place = companions.place_of(archive, rid, event.version)
    identity = new_rid()
    row = {
        "id": identity, "rid": rid, "version": event.version, "platform": place.platform, "account": place.account,
        "series": place.series, "cutoff": place.cutoff, "cause": cause, "clause": clause,
        "removed_on": removed_on.isoformat() if removed_on else None, "reason": reason.strip(), "by": by, "via": via,
        "policy": policy, "explained_at": micros(at or datetime.now(UTC)),
    }  # fmt: skip
    kept = pa.schema([field for field in SCHEMA if field.name not in ("secret", "commitment")])
    note = {"explanation": identity, "rid": rid, "by": by, "via": via, "policy": policy}
    companions.commit(archive, CLASS, pa.Table.from_pylist([row], schema=kept), what=WHAT, note=note,
                      txn=(identity,), sources=[place])  # fmt: skip
    return row


def _event(archive: Archive, rid: str) -> Event:
    from social_archive.policy.moderation import events as moderation

    found = [event for event in moderation.events(archive) if event.rid == rid]
    if not found:
        archive.catalog.where(rid)
        raise NotFound("The harvests saw no removal of this record, so there is nothing to explain.",
                       remedy="`archive moderation list` shows what was seen to disappear.")  # fmt: skip
    return found[-1]


def _require(archive: Archive, cause: str, reason: str, clause: str | None, removed_on: date | None) -> str:
    """Everything that an explanation owes; returns the version of the policy."""
    if cause not in CAUSES:
        raise NotExplained(f"There is no cause {cause!r}; there are {', '.join(CAUSES)}.")
    if len(reason.strip()) < SHORTEST:
        raise NotExplained(f"A reason of at least {SHORTEST} characters is needed, so that others can follow it.")
    if cause != "us" and (clause or removed_on):
        raise NotExplained("Only what we removed ourselves has a clause and a day of removal.")
    policy = archive.agency.policy
    clauses = [one.id for one in policy.clauses] if policy else []
    if clause is not None and clause not in clauses:
        raise NotExplained(f"The policy has no clause {clause!r}.",
                           remedy=f"One of: {', '.join(clauses)}." if clauses else NotExplained.remedy)  # fmt: skip
    return policy.version if policy else "none"


def read(
    archive: Archive, *, rid: str | None = None, platform: str | None = None, account: str | None = None
) -> pa.Table:
    """Explanations in SCHEMA, all of them; as far as the catalog has followed the ledger."""
    return companions.table(archive, CLASS, SCHEMA, rid=rid, platform=platform, account=account)
