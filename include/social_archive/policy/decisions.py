"""What people decided about records under the comment policy, and why.

A decision says what somebody found after looking: no violation, a violation of one clause, or a question for counsel.
It carries a name, a reason and a date. It changes nothing else: not how long the record is kept, not whether it is
found or disclosed, and nothing acts on a platform. A later decision supersedes an earlier one; both stay.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import pyarrow as pa

from social_archive import companions
from social_archive.record import UTC_MICROS

if TYPE_CHECKING:
    from social_archive.archive import Archive

CLASS: Final = "decisions"
WHAT: Final = "policy.decided"

Verdict = Literal["no_violation", "violation", "counsel"]

SCHEMA: Final = companions.schema(
    pa.field("verdict", pa.string(), nullable=False),
    pa.field("clause", pa.string()),  # of policy.yaml; null but for a violation
    pa.field("rationale", pa.string(), nullable=False),
    pa.field("findings", pa.list_(pa.string()), nullable=False),  # ids of the findings that the person was shown
    pa.field("by", pa.string(), nullable=False),  # user name
    pa.field("name", pa.string()),  # as agency.yaml has it
    pa.field("title", pa.string()),
    pa.field("via", pa.string(), nullable=False),  # how the name is known: `cli` (declared), `airflow` (authenticated)
    pa.field("policy", pa.string(), nullable=False),  # version of policy.yaml
    pa.field("supersedes", pa.string()),  # id of the decision about this record that it replaces
    pa.field("decided_at", UTC_MICROS, nullable=False),
)


def read(
    archive: Archive, *, rid: str | None = None, platform: str | None = None, account: str | None = None
) -> pa.Table:
    """Decisions in SCHEMA, all of them, superseded ones too; as far as the catalog has followed the ledger."""
    return companions.table(archive, CLASS, SCHEMA, rid=rid, platform=platform, account=account)
