"""`validate`: part what may become records from what goes to quarantine, and keep the evidence of how."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from social_archive.record import Observation
from social_archive.validation import frame as frames
from social_archive.validation import suite
from social_archive.validation.frame import KnownIds
from social_archive.validation.suite import DAY, SUITE_NAME, SUITE_VERSION, Outcome

FLAGS: Final = ("orphan", "undated", "versions_in_batch")
"""Codes that mark an accepted observation instead of refusing it."""


@dataclass
class Rejected:
    """An observation for quarantine. `reasons` are codes of `suite.CHECKS`; `detail` names fields, never values."""

    observation: Observation
    reasons: list[str]
    detail: str = ""


@dataclass
class Verdict:
    """What became of a batch: accepted + rejected + collapsed duplicates = observed, always.

    `shortfalls` maps the root of a thread to the number of replies that the platform states but the batch lacks.
    `evidence` holds codes, counts and severities only: it is stored, shown in Data Docs and may be published.
    """

    accepted: list[Observation]
    rejected: list[Rejected]
    evidence: dict[str, Any]
    counts: dict[str, int]
    shortfalls: dict[str, int] = field(default_factory=dict)

    @property
    def success(self) -> bool:
        """No row was refused."""
        return not self.rejected


def validate(
    observations: list[Observation],
    *,
    known_ids: KnownIds,
    expected_replies: Mapping[str, int],
    now: int,
) -> Verdict:
    """Judge a batch. Rows are judged one by one: a bad one never refuses its neighbours.

    `known_ids` (a set, or a function that is given only the ids in question) tells which parents the archive holds.
    `expected_replies` (root → the platform's number) must name only threads that are whole in this batch. `now` is in
    microseconds. Observations are returned as they came, except for added `flags`; sightings of one id are put in the
    order in which they were made. Raises `SuiteBroken` if Great Expectations itself fails.
    """
    started = time.perf_counter()
    if not observations and not expected_replies:
        return Verdict([], [], _evidence([], now, _counts(0, 0, 0, {}, {}), started), _counts(0, 0, 0, {}, {}))
    columns = frames.columns_of(observations)
    mistyped = frames.mistyped_rows(columns)
    table = frames.frame_of(observations, columns, mistyped, known_ids)
    outcomes = suite.ask("rows", table, now + DAY)
    threads = frames.threads_of(columns, expected_replies)
    if threads:
        outcomes += suite.ask("threads", frames.thread_frame(threads), now + DAY)

    found = {outcome.check.code: outcome.unexpected for outcome in outcomes}
    reasons = _reasons(outcomes, len(observations))
    repeats = _repeats(observations, table, found["duplicate"], reasons)
    rejected = [
        Rejected(observations[row], codes, ", ".join(mistyped.get(row, ()))) for row, codes in sorted(reasons.items())
    ]
    _flag(observations, found, reasons)
    order = _in_order(observations, table, found["versions_in_batch"])
    accepted = [observations[row] for row in order if row not in reasons and row not in repeats]
    shortfalls = {root: total - seen for root, seen, total in threads if seen < total}
    counts = _counts(len(accepted), len(rejected), len(repeats), found, shortfalls)
    return Verdict(accepted, rejected, _evidence(outcomes, now, counts, started), counts, shortfalls)


def _reasons(outcomes: Iterable[Outcome], rows: int) -> dict[int, list[str]]:
    """Row → codes of the critical expectations that it did not meet."""
    reasons: defaultdict[int, list[str]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.check.severity == "critical" and not outcome.success:
            for row in outcome.unexpected or range(rows):  # an expectation about the table refuses all of it
                reasons[row].append(outcome.check.code)
    return dict(reasons)


def _repeats(
    observations: Sequence[Observation], table: Any, duplicates: Iterable[int], reasons: Mapping[int, list[str]]
) -> set[int]:
    """Among rows that repeat an (id, version), all but the first that may be accepted."""
    columns = [table[name].tolist() for name in ("platform", "account", "native_id", "version")]
    seen: set[tuple[Any, ...]] = set()
    repeats = set()
    candidates = [row for row in duplicates if row not in reasons]
    for row in sorted(candidates, key=lambda row: frames.order_of(observations[row], row)):
        key = tuple(column[row] for column in columns)
        if key in seen:
            repeats.add(row)
        seen.add(key)
    return repeats


def _flag(
    observations: Sequence[Observation], found: Mapping[str, tuple[int, ...]], refused: Mapping[int, list[str]]
) -> None:
    for code in FLAGS:
        for row in found[code]:
            flags = observations[row].flags
            if row not in refused and code not in flags:
                observations[row].flags = (*flags, code)


def _in_order(observations: Sequence[Observation], table: Any, several: Sequence[int]) -> list[int]:
    """Rows as they came, but the sightings of an id that has several versions in their order, in their places."""
    order = list(range(len(observations)))
    if several:
        names = {name: table[name].tolist() for name in ("platform", "account", "native_id")}
        groups: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
        for row in sorted(several):
            groups[names["platform"][row], names["account"][row], names["native_id"][row]].append(row)
        for places in groups.values():
            by_time = sorted(places, key=lambda row: frames.order_of(observations[row], row))
            for place, row in zip(places, by_time, strict=True):
                order[place] = row
    return order


def _counts(
    accepted: int, rejected: int, collapsed: int, found: Mapping[str, Sequence[int]], shortfalls: Mapping[str, int]
) -> dict[str, int]:
    return {
        "observed": accepted + rejected + collapsed,
        "accepted": accepted,
        "rejected": rejected,
        "collapsed": collapsed,
        **{code: len(found.get(code, ())) for code in FLAGS},
        "threads_short": len(shortfalls),
        "replies_missing": sum(shortfalls.values()),
    }


def merge_evidence(batches: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The evidence of a run from that of its batches: counts added up, an expectation met if met in every batch."""
    if len(batches) == 1:
        return batches[0]
    expectations: dict[str, dict[str, Any]] = {}
    counts: defaultdict[str, int] = defaultdict(int)
    for batch in batches:
        for name, number in batch["counts"].items():
            counts[name] += number
        for one in batch["expectations"]:
            merged = expectations.setdefault(
                one["code"], {**one, "success": True, "element_count": 0, "unexpected_count": 0}
            )
            merged["success"] = merged["success"] and one["success"]
            merged["element_count"] += one["element_count"]
            merged["unexpected_count"] += one["unexpected_count"]
    latest = max(batches, key=lambda batch: batch["run_at"])
    return {
        **latest,
        "great_expectations": next((b["great_expectations"] for b in batches if b["great_expectations"]), None),
        "seconds": round(sum(batch["seconds"] for batch in batches), 3),
        "success": all(batch["success"] for batch in batches),
        "counts": dict(counts),
        "statistics": _statistics([one["success"] for one in expectations.values()]),
        "expectations": list(expectations.values()),
    }


def _statistics(met: Sequence[bool]) -> dict[str, Any]:
    return {
        "evaluated_expectations": len(met),
        "successful_expectations": sum(met),
        "unsuccessful_expectations": len(met) - sum(met),
        "success_percent": round(100 * sum(met) / len(met), 2) if met else None,
    }


def _evidence(outcomes: Sequence[Outcome], now: int, counts: dict[str, int], started: float) -> dict[str, Any]:
    """The run's validation result without anything that came from a platform. JSON-able."""
    return {
        "suite": SUITE_NAME,
        "suite_version": SUITE_VERSION,
        "great_expectations": suite.library_version() if outcomes else None,
        "run_at": (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=now)).isoformat().replace("+00:00", "Z"),
        "seconds": round(time.perf_counter() - started, 3),
        "success": counts["rejected"] == 0,
        "counts": dict(counts),
        "statistics": _statistics([outcome.success for outcome in outcomes]),
        "expectations": [
            {
                "code": outcome.check.code,
                "type": outcome.type,
                "table": outcome.check.table,
                "severity": outcome.check.severity,
                "success": outcome.success,
                "element_count": outcome.element_count,
                "unexpected_count": len(outcome.unexpected),
            }
            for outcome in outcomes
        ],
    }
