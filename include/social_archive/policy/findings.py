"""Findings: what a check saw in one version of a record, with the exact words, the rule, and how sure it is.

A finding is evidence for a person, not a verdict. It quotes the record, so it lies in the record's own cohort and is
destroyed with it. Findings of an older version of the rules stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from social_archive import companions
from social_archive.policy.criterion import Hit
from social_archive.policy.suite import Check
from social_archive.record import UTC_MICROS, canonical, new_rid

if TYPE_CHECKING:
    from social_archive.archive import Archive

CLASS: Final = "findings"
LONGEST: Final = 500
"""Characters of a quotation; the span says how long it really is."""

SCHEMA: Final = companions.schema(
    pa.field("kind", pa.string(), nullable=False),  # of the record
    pa.field("field", pa.string(), nullable=False),  # `body`, or `alt:N` for the text of the N-th attachment
    pa.field("criterion", pa.string(), nullable=False),
    pa.field("clause", pa.string()),  # of policy.yaml; null for what belongs to no clause
    pa.field("rule", pa.string(), nullable=False),
    pa.field("rule_version", pa.int32(), nullable=False),
    pa.field("policy", pa.string(), nullable=False),  # what policy.yaml calls its version
    pa.field("rules", pa.string(), nullable=False),  # SHA-256 of the rules as they were (`Suite.digest`)
    pa.field("start", pa.int64(), nullable=False),  # characters of the field as it was posted
    pa.field("end", pa.int64(), nullable=False),
    pa.field("quote", pa.string(), nullable=False),
    pa.field("evidence", pa.string(), nullable=False),  # JSON
    pa.field("strength", pa.string(), nullable=False),
    pa.field("explanation", pa.string(), nullable=False),
    pa.field("found_at", UTC_MICROS, nullable=False),
)

SAME: Final = ("rid", "field", "rule", "rule_version", "start", "end", "quote")
"""Two findings that agree in these say the same, whatever version of the record or of the policy they came from."""


def row_of(
    check: Check, hit: Hit, *, policy: str, rules: str, at: int, text: str, span: tuple[int, int]
) -> dict[str, Any]:
    """What a hit says, as a finding; which record it is about is the caller's to add."""
    start, end = span
    return {
        "id": new_rid(), "criterion": check.name, "clause": check.clause, "rule": hit.rule.id,
        "rule_version": hit.rule.version, "policy": policy, "rules": rules, "start": start, "end": end,
        "quote": text[start : min(end, start + LONGEST)], "evidence": canonical(dict(hit.evidence)).decode(),
        "strength": hit.strength or hit.rule.strength, "explanation": hit.sentence(), "found_at": at,
    }  # fmt: skip


def table_of(rows: Iterable[dict[str, Any]]) -> pa.Table:
    """Rows as a table in SCHEMA but for `secret` and `commitment`, which the commit fills."""
    kept = pa.schema([field for field in SCHEMA if field.name not in ("secret", "commitment")])
    return pa.Table.from_pylist(list(rows), schema=kept)


def read(
    archive: Archive, *, rid: str | None = None, platform: str | None = None, account: str | None = None
) -> pa.Table:
    """Findings in SCHEMA, as far as the catalog has followed the ledger."""
    return companions.table(archive, CLASS, SCHEMA, rid=rid, platform=platform, account=account)
