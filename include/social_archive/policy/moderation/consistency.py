"""Is each clause applied evenly? Counts per clause: what was pointed at, decided, removed, and left up.

Aggregates only: no names, no words, no viewpoint. A clause whose records are mostly removed without a decision, or of
which one rule's records are removed here and left up there, shows in these counts; what it means, people say.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from social_archive.policy import decisions, findings
from social_archive.policy.moderation.events import Event, events

if TYPE_CHECKING:
    from social_archive.archive import Archive

NOT_REMOVALS: Final = frozenset({"not_ours", "with_thread", "released", "before"})
"""Of an event: nothing that the body could have decided."""


@dataclass(frozen=True)
class OfRule:
    """Records that one rule pointed at: how many were removed, how many are still up."""

    rule: str
    records: int
    removed: int
    left_up: int


@dataclass(frozen=True)
class OfClause:
    """One clause of policy.yaml. `clause` None: decisions and removals that belong to none.

    `records`: that findings point at. `decisions`: those in force, by verdict. `removals`: events by `matched`,
    `explained`, `unmatched`. `left_up`: records with findings that are still there for all to see.
    """

    clause: str | None
    text: str
    findings: int
    records: int
    decisions: dict[str, int]
    removals: dict[str, int]
    left_up: int
    rules: list[OfRule] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def consistency(
    archive: Archive, *, since: int | None = None, until: int | None = None, seen: Sequence[Event] | None = None
) -> list[OfClause]:
    """Counts of each clause, in the policy's order. Findings, decisions and events of [since, until), microseconds UTC.

    `seen`: the events, if the caller has them already.
    """
    removed = [e for e in (events(archive) if seen is None else seen)
               if e.status not in NOT_REMOVALS and _in_period(e.since, since, until)]  # fmt: skip
    every = findings.read(archive)
    found = within(every, "found_at", since, until)
    decided = in_force(within(decisions.read(archive), "decided_at", since, until))
    pointed = _pointed(found)
    up = _still_up(archive, {rid for rids in pointed.values() for rid in rids})
    gone = Counter(e.rid for e in removed if not e.is_over)
    by_decision = _decisions_by_clause(decided, every)
    by_removal = _removals_by_clause(removed, _pointed(every))
    counted = Counter(found.column("clause").to_pylist())

    def of(clause: str | None, text: str) -> OfClause:
        mine = {rule: rids for (one, rule), rids in pointed.items() if one == clause}
        records = set().union(*mine.values()) if clause is not None else set()
        return OfClause(
            clause, text, counted[clause] if clause is not None else 0, len(records), dict(by_decision[clause]),
            dict(by_removal[clause]), len(records & up),
            [OfRule(rule, len(rids), sum(rid in gone for rid in rids), len(rids & up))
             for rule, rids in sorted(mine.items()) if clause is not None],
        )  # fmt: skip

    policy = archive.agency.policy
    rows = [of(clause.id, clause.text) for clause in (policy.clauses if policy else [])]
    none = of(None, "Of no clause")
    return [*rows, none] if none.decisions or none.removals else rows


def _in_period(at: int, since: int | None, until: int | None) -> bool:
    return (since is None or at >= since) and (until is None or at < until)


def within(table: pa.Table, at: str, since: int | None, until: int | None) -> pa.Table:
    """The rows of [since, until), in microseconds UTC."""
    moments = table.column(at).cast(pa.int64())
    for bound, holds in ((since, pc.greater_equal), (until, pc.less)):
        if bound is not None:
            table = table.filter(holds(moments, bound))
            moments = table.column(at).cast(pa.int64())
    return table


def in_force(decided: pa.Table) -> list[dict[str, Any]]:
    """The last decision about each record."""
    rows = decided.select(["rid", "verdict", "clause", "findings", "decided_at", "id"]).to_pylist()
    return list({row["rid"]: row for row in sorted(rows, key=lambda row: (row["decided_at"], row["id"]))}.values())


def _pointed(found: pa.Table) -> dict[tuple[str | None, str], set[str]]:
    """(clause, rule) -> records that it points at."""
    grouped = found.group_by(["clause", "rule"]).aggregate([("rid", "distinct")])
    return {(row["clause"], row["rule"]): set(row["rid_distinct"]) for row in grouped.to_pylist()}


def _decisions_by_clause(
    decided: Iterable[Mapping[str, Any]], found: pa.Table
) -> defaultdict[str | None, Counter[str]]:
    """A violation counts for its clause; another verdict for the clauses whose findings the person was shown."""
    shown = {i for row in decided for i in row["findings"]}
    some = found.filter(pc.is_in(found.column("id"), pa.array(sorted(shown), pa.string())))
    clause_of = dict(zip(some.column("id").to_pylist(), some.column("clause").to_pylist(), strict=True))
    counts: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
    for row in decided:
        clauses = {clause_of.get(i) for i in row["findings"]} - {None}
        for clause in [row["clause"]] if row["verdict"] == "violation" else clauses or [None]:
            counts[clause][row["verdict"]] += 1
    return counts


def _removals_by_clause(
    removed: Iterable[Event], pointed: Mapping[tuple[str | None, str], set[str]]
) -> defaultdict[str | None, Counter[str]]:
    """By the clause that people named; else by all to which findings of the record point; else by none."""
    clauses_of: defaultdict[str, set[str]] = defaultdict(set)
    for (clause, _), rids in pointed.items():
        for rid in rids if clause is not None else ():
            clauses_of[rid].add(clause or "")
    counts: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
    for event in removed:
        of: Iterable[str | None] = {event.clause} if event.clause else clauses_of.get(event.rid) or {None}
        for clause in of:
            counts[clause][event.status] += 1
    return counts


def _still_up(archive: Archive, rids: set[str]) -> set[str]:
    """Which of these records were present when they were last seen."""
    if not rids:
        return set()
    import duckdb

    def read() -> set[str]:
        paths = [str(path) for path in archive.mirror.paths(archive.catalog.objects("records"))]
        with duckdb.connect(config={"threads": 2}) as db:
            db.register("asked", pa.table({"rid": pa.array(sorted(rids))}))
            try:
                rows = db.execute(_UP, {"paths": paths}).fetchall() if paths else []
            except duckdb.IOException as moved:
                raise FileNotFoundError("An object was moved while it was read.") from moved
        return {row[0] for row in rows}

    return archive.catalog.reading(read)


_UP: Final = (
    "SELECT rid FROM read_parquet($paths, union_by_name = true, hive_partitioning = false) SEMI JOIN asked USING (rid)"
    " GROUP BY rid HAVING arg_max(state, (observed_at, version)) = 'present'"
)
