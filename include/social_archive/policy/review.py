"""The review queue: records with findings that nobody has decided about, and all that a person needs to decide.

A record waits as long as it has a finding that no decision lists; so a finding that comes after a decision brings its
record back. Nothing is ranked but by age and nothing is proposed: the queue shows evidence, and what it cannot tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, get_args

import pyarrow as pa
import pyarrow.compute as pc

from social_archive import companions
from social_archive.config_policy import Clause
from social_archive.policy import decisions, findings, revisions
from social_archive.policy.criterion import Strength
from social_archive.policy.decisions import Decision
from social_archive.policy.suite import Check, Suite, suite_of
from social_archive.search import Row, Search, Thread

if TYPE_CHECKING:
    from social_archive.archive import Archive

STRENGTHS: Final[tuple[str, ...]] = get_args(Strength)  # from the weakest
_OF_FINDING: Final = (
    "id", "rid", "version", "field", "criterion", "clause", "rule", "rule_version", "policy", "start", "end", "quote",
    "evidence", "strength", "explanation", "found_at",
)  # fmt: skip


@dataclass(frozen=True)
class Wanted:
    """Which records of the queue to show: those with a waiting finding for which all of this holds.

    `strength`: at least this one.
    """

    criterion: str | None = None
    clause: str | None = None
    platform: str | None = None
    account: str | None = None
    strength: Strength | None = None

    @property
    def of_findings(self) -> bool:
        """Does it ask for something that only a finding has?"""
        return any(one is not None for one in (self.criterion, self.clause, self.strength))


@dataclass(frozen=True)
class Finding:
    """One finding, as a reviewer needs it. `found_at`: microseconds UTC.

    `in_force`: would the rules of today look for this? `covered_by`: the last decision that lists it; None: it waits.
    """

    id: str
    rid: str
    version: int
    field: str
    criterion: str
    clause: str | None
    rule: str
    rule_version: int
    policy: str
    start: int
    end: int
    quote: str
    evidence: str
    strength: Strength
    explanation: str
    found_at: int
    in_force: bool
    covered_by: str | None


@dataclass(frozen=True)
class Item:
    """A record that waits, and its findings, oldest first. `since`: when the first of them was found, microseconds UTC.

    In the queue: the findings that nobody decided about. In the list for counsel: all of them, `referred` is the
    decision that referred it, `since` when.
    """

    rid: str
    platform: str
    account: str
    since: int
    findings: tuple[Finding, ...]
    referred: Decision | None = None


@dataclass(frozen=True)
class Waiting:
    """How many wait because of one criterion: records, findings, and since when the oldest (microseconds UTC)."""

    criterion: str
    clause: str | None
    records: int
    findings: int
    oldest: int


@dataclass(frozen=True)
class Queue:
    """A page of the queue, oldest first. `records` and `findings` count all that match; `oldest`: microseconds UTC."""

    records: int
    findings: int
    oldest: int | None
    by_criterion: tuple[Waiting, ...]
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Warned:
    """What a reviewer keeps in mind about one criterion. `found`: it found something in the record at hand."""

    criterion: str
    title: str
    clause: str | None
    note: str
    on: bool
    found: bool


@dataclass(frozen=True)
class Dossier:
    """One record with everything around it. `record`: its latest state with the last text that was seen.

    `findings`: all of them, waiting or covered, oldest first. `on_list`: it is on a list for disposal, so nothing can
    be decided about it.
    """

    record: Row
    versions: tuple[Row, ...]
    findings: tuple[Finding, ...]
    decisions: tuple[Decision, ...]
    thread: Thread
    warnings: tuple[Warned, ...]
    clauses: tuple[Clause, ...]
    on_list: bool

    @property
    def waiting(self) -> tuple[Finding, ...]:
        return tuple(finding for finding in self.findings if finding.covered_by is None)

    def text_of(self, finding: Finding) -> str | None:
        """The text in which it was found, as it was posted: `finding.start` and `finding.end` count its characters.

        None: that version is not in the archive any more.
        """
        of_version = next((row for row in self.versions if row["version"] == finding.version), None)
        return None if of_version is None else findings.text_in(of_version, finding.field)

    @property
    def latest_version(self) -> int:
        return int(self.versions[-1]["version"])


# --------------------------------------------------------------------------- the queue


def queue(archive: Archive, wanted: Wanted | None = None, *, limit: int | None = 50, offset: int = 0) -> Queue:
    """Records that wait for a decision, oldest finding first; as far as the catalog has followed the ledger."""
    wanted = wanted or Wanted()
    found = findings.read(archive, platform=wanted.platform, account=wanted.account)
    decided = decisions.read(archive, platform=wanted.platform, account=wanted.account)
    waiting = uncovered(found, decided)
    matching = waiting.filter(_matches(waiting, wanted))
    waiting = waiting.filter(pc.is_in(waiting.column("rid"), matching.column("rid").combine_chunks()))
    ranked = waiting.group_by("rid").aggregate([("found_at", "min")])
    ranked = ranked.sort_by([("found_at_min", "ascending"), ("rid", "ascending")])
    page = ranked.column("rid").slice(offset, limit).to_pylist()
    return Queue(
        ranked.num_rows, waiting.num_rows,
        ranked.column("found_at_min").cast(pa.int64())[0].as_py() if ranked.num_rows else None,
        _by_criterion(matching), tuple(_items(archive, waiting, page)),
    )  # fmt: skip


def uncovered(found: pa.Table, decided: pa.Table) -> pa.Table:
    """The findings that no decision lists."""
    listed = pc.list_flatten(decided.column("findings").combine_chunks())
    return found.filter(pc.invert(pc.is_in(found.column("id"), value_set=listed)))


def referred(archive: Archive, wanted: Wanted | None = None) -> list[Item]:
    """Records whose last decision refers them to counsel, the longest referred first; with all of their findings.

    A record that never had a finding may be among them: somebody referred it on his or her own.
    """
    wanted = wanted or Wanted()
    standing = decisions.standing(archive, platform=wanted.platform, account=wanted.account)
    to_counsel = {rid: decision for rid, decision in standing.items() if decision.verdict == "counsel"}
    found = findings.read(archive, platform=wanted.platform, account=wanted.account)
    found = found.filter(pc.is_in(found.column("rid"), pa.array(list(to_counsel), pa.string())))
    if wanted.of_findings:
        matching = set(found.filter(_matches(found, wanted)).column("rid").to_pylist())
        to_counsel = {rid: decision for rid, decision in to_counsel.items() if rid in matching}
    seen = _seen(archive, found, {finding: d.id for d in to_counsel.values() for finding in d.findings})
    return [
        Item(d.rid, d.platform, d.account, d.decided_at, tuple(seen.get(d.rid, ())), d)
        for d in sorted(to_counsel.values(), key=lambda d: (d.decided_at, d.rid))
    ]


def _matches(found: pa.Table, wanted: Wanted) -> pa.ChunkedArray:
    """Which findings are asked for, as a column of booleans."""
    mask = pa.chunked_array([pa.array([True] * found.num_rows, pa.bool_())])
    for name, value in (("criterion", wanted.criterion), ("clause", wanted.clause)):
        if value is not None:
            mask = pc.and_(mask, pc.fill_null(pc.equal(found.column(name), value), False))
    if wanted.strength is not None:
        enough = STRENGTHS[STRENGTHS.index(wanted.strength) :]
        mask = pc.and_(mask, pc.is_in(found.column("strength"), pa.array(enough)))
    return mask


def _by_criterion(found: pa.Table) -> tuple[Waiting, ...]:
    """What waits by criterion and clause, the most records first."""
    counted = found.group_by(["criterion", "clause"]).aggregate(
        [("rid", "count_distinct"), ("id", "count"), ("found_at", "min")]
    )
    counted = counted.set_column(
        counted.schema.get_field_index("found_at_min"), "found_at_min", counted.column("found_at_min").cast(pa.int64())
    )
    rows = [Waiting(row["criterion"], row["clause"], row["rid_count_distinct"], row["id_count"], row["found_at_min"])
            for row in counted.to_pylist()]  # fmt: skip
    return tuple(sorted(rows, key=lambda one: (-one.records, one.criterion, one.clause or "")))


def _items(archive: Archive, waiting: pa.Table, page: Sequence[str]) -> Iterable[Item]:
    """The records of one page with what waits of each."""
    some = waiting.filter(pc.is_in(waiting.column("rid"), pa.array(page, pa.string())))
    places = {row["rid"]: row for row in some.select(["rid", "platform", "account"]).to_pylist()}
    seen = _seen(archive, some, {})
    for rid in page:
        yield Item(rid, places[rid]["platform"], places[rid]["account"], seen[rid][0].found_at, tuple(seen[rid]))


def _seen(archive: Archive, found: pa.Table, covered: dict[str, str]) -> dict[str, list[Finding]]:
    """rid -> findings as a reviewer sees them, oldest first. `covered`: finding -> the decision that lists it."""
    suite = suite_of(archive.agency)
    rules = {(rule.id, rule.version) for check in suite.active for rule in check.criterion.rules}
    by_rid: dict[str, list[Finding]] = {}
    for row in revisions.micros_of(found.select(list(_OF_FINDING))):
        in_force = (row["rule"], row["rule_version"]) in rules
        finding = Finding(**row, in_force=in_force, covered_by=covered.get(row["id"]))
        by_rid.setdefault(finding.rid, []).append(finding)
    for some in by_rid.values():
        some.sort(key=lambda one: (one.found_at, one.version, one.field, one.start, one.rule, one.id))
    return by_rid


# --------------------------------------------------------------------------- one record


def dossier(archive: Archive, search: Search, rid: str) -> Dossier:
    """All that a person needs to decide about one record. Raises NotFound."""
    record = search.thing(rid)
    history = decisions.history(archive, rid)
    covered = {finding: decision.id for decision in history for finding in decision.findings}
    found = _seen(archive, findings.read(archive, rid=rid), covered).get(rid, [])
    policy = archive.agency.policy
    return Dossier(
        record, tuple(search.versions(rid)), tuple(found), tuple(history), search.thread(rid),
        tuple(around(suite_of(archive.agency), {one.criterion for one in found},
                     {one.clause for one in found if one.clause is not None})),
        tuple(policy.clauses) if policy else (),
        _on_list(archive, rid),
    )  # fmt: skip


def _on_list(archive: Archive, rid: str) -> bool:
    try:
        companions.require_sources(archive, [companions.place_of(archive, rid)[1]])
    except companions.SourceGone:
        return True
    return False


def around(suite: Suite, criteria: Collection[str], clauses: Collection[str]) -> list[Warned]:
    """The notes of the criteria that found something, then those of all others that are about the same clauses."""
    known = warnings(suite, criteria)
    return [one for one in known if one.found] + [one for one in known if not one.found and one.clause in clauses]


def warnings(suite: Suite, found: Iterable[str] = ()) -> list[Warned]:
    """What every criterion of an agency tells its reviewers, in alphabetical order. `found`: criteria to be marked."""
    marked = set(found)
    return [_warned(check, check.name in marked) for check in suite.checks]


def _warned(check: Check, found: bool) -> Warned:
    criterion = check.criterion
    return Warned(check.name, criterion.title, check.clause, check.note, check.on, found)
