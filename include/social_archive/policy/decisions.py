"""What people decided about records under the comment policy, and why.

A decision says what somebody found after looking: no violation, a violation of one clause, or a question for counsel.
It carries a name, a reason and a date. It changes nothing else: not how long the record is kept, not whether it is
found or disclosed, and nothing acts on a platform. A later decision supersedes an earlier one; both stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc

from social_archive import companions
from social_archive.errors import ArchiveError
from social_archive.policy import findings as found
from social_archive.policy import revisions
from social_archive.policy.suite import suite_of
from social_archive.record import UTC_MICROS
from social_archive.yaml_lines import suggestion

if TYPE_CHECKING:
    from social_archive.archive import Archive

CLASS: Final = "decisions"
WHAT: Final = "policy.decided"

Verdict = Literal["no_violation", "violation", "counsel"]
VERDICTS: Final[tuple[str, ...]] = get_args(Verdict)
LEAST: Final = 10
"""Characters of a rationale. It does not make a reason good; it keeps "ok" from being one."""

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


class DecisionRefused(ArchiveError):
    """The decision is not in order. Nothing was written."""

    remedy = "See `archive review decide --help` for examples."


@dataclass(frozen=True)
class Decision:
    """One decision. `findings`: those it covers. `decided_at`: microseconds UTC. `version`: of the record, the latest
    when it was decided. `supersedes`: the decision about this record before it."""

    id: str
    rid: str
    version: int
    platform: str
    account: str
    verdict: Verdict
    clause: str | None
    rationale: str
    findings: tuple[str, ...]
    by: str
    name: str | None
    title: str | None
    via: str
    policy: str
    supersedes: str | None
    decided_at: int

    @classmethod
    def of(cls, row: dict[str, Any]) -> Decision:
        """From a row of SCHEMA whose times are integers."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__} | {"findings": tuple(row["findings"])})


@dataclass(frozen=True)
class Decided:
    """What `decide` did. `entry`: its ledger entry; None if a decision with this id was there already."""

    decision: Decision
    entry: int | None


def read(
    archive: Archive, *, rid: str | None = None, platform: str | None = None, account: str | None = None
) -> pa.Table:
    """Decisions in SCHEMA, all of them, superseded ones too; as far as the catalog has followed the ledger."""
    return companions.table(archive, CLASS, SCHEMA, rid=rid, platform=platform, account=account)


def history(archive: Archive, rid: str) -> list[Decision]:
    """Every decision about a record, oldest first; the last one stands."""
    return [Decision.of(row) for row in _chain(archive, rid)]


def standing(archive: Archive, *, platform: str | None = None, account: str | None = None) -> dict[str, Decision]:
    """rid -> the decision that stands: the last one about it."""
    decided = read(archive, platform=platform, account=account)
    times = decided.select(["id", "rid", "decided_at"])
    newest = times.group_by("rid").aggregate([("decided_at", "max")])
    last = times.join(newest, ["rid", "decided_at"], ["rid", "decided_at_max"], join_type="left semi")
    rows = decided.filter(pc.is_in(decided.column("id"), last.column("id").combine_chunks()))
    return {row["rid"]: Decision.of(row) for row in revisions.micros_of(rows)}


def decide(
    archive: Archive, rid: str, verdict: Verdict, *, rationale: str, by: str, via: str, clause: str | None = None,
    findings: Sequence[str] | None = None, id: str | None = None,
) -> Decided:  # fmt: skip
    """Record what a person decided about a record. The record itself is left as it is, in every respect.

    `clause`: of policy.yaml, for a violation and only for one. `findings`: ids of those that the person was shown;
    None: all that the record has now. `via`: `cli` or `airflow`. `id` (32 hex digits): a second call with it decides
    nothing new. The ledger is told who decided which way, never the clause or the reason: those go with the record.
    Raises DecisionRefused, NotFound, or SourceGone for a record on a list for disposal; then nothing was written.
    """
    archive.catalog.catch_up()
    _check_verdict(archive, verdict, clause)
    said = {
        "verdict": verdict, "clause": clause,
        "rationale": revisions.words(rationale, "rationale", LEAST, DecisionRefused),
        "findings": _covered(archive, rid, findings), **revisions.decider(archive, by, DecisionRefused), "via": via,
        "policy": suite_of(archive.agency).version,
    }  # fmt: skip
    row, entry = revisions.revise(
        archive, CLASS, SCHEMA, rid, said, chain=lambda: _chain(archive, rid), what=WHAT, note=_note, id=id
    )
    return Decided(Decision.of(row), entry)


def _note(row: revisions.Row) -> dict[str, Any]:
    return {"decision": row["id"], **{name: row[name] for name in ("rid", "verdict", "by", "via", "policy")}}


def _chain(archive: Archive, rid: str) -> list[revisions.Row]:
    return revisions.in_order(revisions.micros_of(read(archive, rid=rid)))


def _covered(archive: Archive, rid: str, asked: Sequence[str] | None) -> list[str]:
    there = found.read(archive, rid=rid).column("id").to_pylist()
    if asked is None:
        return sorted(there)
    if strangers := sorted(set(asked) - set(there)):
        raise DecisionRefused(f"The record has no finding {strangers[0]!r}. Nothing was decided.",
                              remedy="`archive review show RID` lists its findings with their ids.")  # fmt: skip
    return sorted(set(asked))


def _check_verdict(archive: Archive, verdict: str, clause: str | None) -> None:
    if verdict not in VERDICTS:
        raise DecisionRefused(f"There is no verdict {verdict!r}{suggestion(verdict, VERDICTS)}.",
                              remedy=f"There are {', '.join(VERDICTS)}.")  # fmt: skip
    if verdict != "violation":
        if clause is not None:
            raise DecisionRefused("Only a violation names a clause. Nothing was decided.",
                                  remedy="Leave the clause out, or decide that there is a violation.")  # fmt: skip
        return
    clauses = [one.id for one in archive.agency.policy.clauses] if archive.agency.policy else []
    if clause not in clauses:
        about = f"policy.yaml has no clause {clause!r}{suggestion(clause, clauses)}." if clause else \
            "A violation is one of a clause of the policy: say which."  # fmt: skip
        raise DecisionRefused(f"{about} Nothing was decided.", remedy="`archive review policy` shows the clauses.")
