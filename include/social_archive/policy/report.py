"""The figures of a policy report: what was posted, pointed at, decided and removed in a period, as counts.

Aggregates only: no name of anybody who posted, no words, no id of a record. The same ledger position and period give
the same figures. The pages for people are made of them in `documents/policy_report.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from social_archive.errors import ArchiveError
from social_archive.policy import decisions, findings
from social_archive.policy.criteria import registry
from social_archive.policy.moderation.consistency import consistency, within
from social_archive.policy.moderation.events import Event, events
from social_archive.policy.suite import suite_of
from social_archive.record import micros

if TYPE_CHECKING:
    from social_archive.archive import Archive

FORMAT: Final = "social-records-archive/policy-report/v1"
REQUEST: Final = "foia-request"
"""The criterion whose findings are possible requests for records; they are answered elsewhere, not reviewed here."""

STRENGTHS: Final = ("strong", "moderate", "weak")
AGES: Final = (("the same day", 1), ("1 to 3 days", 3), ("3 to 7 days", 7), ("7 to 14 days", 14), ("longer", None))
"""Time from a finding to its decision, in days of 24 hours; the end of each span."""

_DAY: Final = 86_400_000_000

NOTICE: Final = "policy.notice"
"""What the ledger entry of a check of a profile's notice is called."""

Figures = dict[str, Any]


class NothingToReport(ArchiveError):
    """The period is empty or has not begun."""

    remedy = "Give a period that ends after it begins, such as --month 2026-11."


def figures(archive: Archive, since: date, until: date, *, at: datetime) -> Figures:
    """The figures of [since, until), days on the body's own calendar. Raises NothingToReport.

    `at`: when the report is made; of a period that is not over yet, what waits is counted up to then. `notices` is None
    where no profile was ever checked.
    """
    if since >= until:
        raise NothingToReport("The period ends before it begins.")
    head = archive.catalog.catch_up()
    zone = ZoneInfo(archive.agency.body.time_zone)
    start, end = (_instant(day, zone) for day in (since, until))
    found, decided = findings.read(archive), decisions.read(archive)
    seen = events(archive)
    return {
        "format": FORMAT,
        "body": archive.agency.body.name,
        "period": {"from": since.isoformat(), "to": (until - timedelta(days=1)).isoformat(), "time_zone": zone.key},
        "ledger": {"entries": head.n, "root": head.root.hex(), "time": head.time} if head else None,
        "rules": _rules(archive),
        "volumes": _volumes(archive, since, until, zone.key),
        "pointed": pc.count_distinct(within(found, "found_at", start, end).column("rid")).as_py(),
        "findings": _findings(found, start, end),
        "decisions": _decisions(decided, start, end),
        "timing": _timing(found, decided, start, min(end, max(micros(at), start))),
        "moderation": _moderation(seen, start, end),
        "consistency": [row.to_dict() for row in consistency(archive, since=start, until=end, seen=seen)],
        "notices": _notices(archive, end),
        "requests": _requests(found, start, end),
        "gaps": _gaps(archive, start, end),
    }


def _instant(day: date, zone: ZoneInfo) -> int:
    return micros(datetime(day.year, day.month, day.day, tzinfo=zone))


def _rules(archive: Archive) -> dict[str, Any]:
    suite, policy = suite_of(archive.agency), archive.agency.policy
    return {
        "title": policy.title if policy else None, "version": suite.version, "digest": suite.digest,
        "active": [check.name for check in suite.active],
        "off": [check.name for check in suite.checks if not check.on],
    }  # fmt: skip


# --------------------------------------------------------------------------- what was posted


def _volumes(archive: Archive, since: date, until: date, zone: str) -> dict[str, Any]:
    """Things by the week and the platform on which they were posted, however often they were seen or changed."""
    rows = archive.catalog.reading(lambda: _posted(archive, since, until, zone))
    weeks = list(_weeks(since, until))
    by_week: Counter[tuple[str, str]] = Counter()
    by_platform: Counter[tuple[str, str]] = Counter()
    for week, platform, kind, count in rows:
        by_week[max(week, since).isoformat(), kind] += count
        by_platform[platform, kind] += count
    kinds = ("post", "comment", "reply")
    return {
        "weeks": [{"from": week.isoformat(), **{kind: by_week[week.isoformat(), kind] for kind in kinds}}
                  for week in weeks],
        "platforms": [{"platform": name, **{kind: by_platform[name, kind] for kind in kinds}}
                      for name in sorted({platform for platform, _ in by_platform})],
        "totals": {kind: sum(n for (_, k), n in by_platform.items() if k == kind) for kind in kinds},
    }  # fmt: skip


def _weeks(since: date, until: date) -> Iterator[date]:
    """The first day and the Mondays of a period."""
    day = since
    while day < until:
        yield day
        day += timedelta(days=7 - day.weekday())


def _posted(archive: Archive, since: date, until: date, zone: str) -> list[tuple[date, str, str, int]]:
    import duckdb

    paths = [str(path) for path in archive.mirror.paths(archive.catalog.objects("records"))]
    if not paths:
        return []
    with duckdb.connect(config={"threads": 2}) as db:
        db.execute("SET TimeZone = $zone", {"zone": zone})
        try:
            return db.execute(_POSTED, {"paths": paths, "since": since, "until": until}).fetchall()
        except duckdb.IOException as moved:
            raise FileNotFoundError("An object was moved while it was read.") from moved


_POSTED: Final = (
    "WITH things AS (SELECT rid, any_value(platform) AS platform, any_value(kind) AS kind,"
    "   CAST(min(created_at) AS DATE) AS day"
    "  FROM read_parquet($paths, union_by_name = true, hive_partitioning = false)"
    "  WHERE kind IN ('post', 'comment', 'reply') AND created_at IS NOT NULL GROUP BY rid)"
    " SELECT CAST(date_trunc('week', day) AS DATE), platform, kind, count(*) FROM things"
    " WHERE day >= $since AND day < $until GROUP BY ALL ORDER BY ALL"
)


# --------------------------------------------------------------------------- what was pointed at and decided


def _findings(found: pa.Table, start: int, end: int) -> list[dict[str, Any]]:
    """Each criterion that found something: findings by strength, and the records that they point at."""
    titles = {name: cls.title for name, cls in registry().items()}
    rows = within(found, "found_at", start, end)
    counts = {
        (row["criterion"], row["strength"]): row["id_count"]
        for row in rows.group_by(["criterion", "strength"]).aggregate([("id", "count")]).to_pylist()
    }
    records = {
        row["criterion"]: row["rid_count_distinct"]
        for row in rows.group_by(["criterion"]).aggregate([("rid", "count_distinct")]).to_pylist()
    }
    return [
        {"criterion": name, "title": titles.get(name, name), "records": records[name],
         **{strength: counts.get((name, strength), 0) for strength in STRENGTHS}}
        for name in sorted(records, key=lambda name: (-records[name], name))
    ]  # fmt: skip


def _decisions(decided: pa.Table, start: int, end: int) -> dict[str, Any]:
    """Decisions made in the period, also those that a later one replaced; by verdict, violations by clause."""
    rows = within(decided, "decided_at", start, end)
    verdicts = Counter(rows.column("verdict").to_pylist())
    violations = rows.filter(pc.equal(rows.column("verdict"), "violation"))
    return {
        "total": rows.num_rows,
        "verdicts": {name: verdicts[name] for name in ("no_violation", "violation", "counsel")},
        "violations": dict(sorted(Counter(violations.column("clause").to_pylist()).items())),
    }


def _timing(found: pa.Table, decided: pa.Table, start: int, end: int) -> dict[str, Any]:
    """From the first finding that a person was shown to the decision; and what waits at the end of the period."""
    found = found.filter(pc.not_equal(found.column("criterion"), REQUEST))
    when = dict(zip(found.column("id").to_pylist(), found.column("found_at").cast(pa.int64()).to_pylist(), strict=True))
    took: list[float] = []
    covered: set[str] = set()
    rows = within(decided, "decided_at", None, end)
    moments = rows.column("decided_at").cast(pa.int64()).to_pylist()
    for at, shown in sorted(zip(moments, rows.column("findings").to_pylist(), strict=True)):
        first = min((when[i] for i in shown if i in when and i not in covered), default=None)
        covered.update(shown)
        if at >= start and first is not None:
            took.append(max(0, at - first) / _DAY)
    waiting = _waiting(within(found, "found_at", None, end), covered, end)
    return {
        "timed": len(took),
        "median_days": _quantile(took, 0.5), "p90_days": _quantile(took, 0.9),
        "decided_by_age": _by_age(took), "waiting": len(waiting), "waiting_by_age": _by_age(waiting),
        "oldest_waiting_days": round(max(waiting), 2) if waiting else None,
    }  # fmt: skip


def _waiting(found: pa.Table, covered: set[str], end: int) -> list[float]:
    """For each record with a finding that no decision lists: the days that its oldest one waits."""
    left = found.filter(pc.invert(pc.is_in(found.column("id"), pa.array(sorted(covered), pa.string()))))
    oldest = left.group_by(["rid"]).aggregate([("found_at", "min")]).column("found_at_min").cast(pa.int64())
    return [(end - at) / _DAY for at in oldest.to_pylist()]


def _quantile(days: Sequence[float], share: float) -> float | None:
    return round(float(np.quantile(days, share)), 2) if days else None


def _by_age(days: Sequence[float]) -> dict[str, int]:
    counts = dict.fromkeys((name for name, _ in AGES), 0)
    for value in days:
        counts[next(name for name, end in AGES if end is None or value < end)] += 1
    return counts


def _requests(found: pa.Table, start: int, end: int) -> int:
    """Records that may be requests for public records."""
    rows = within(found, "found_at", start, end)
    return len(set(rows.filter(pc.equal(rows.column("criterion"), REQUEST)).column("rid").to_pylist()))


# --------------------------------------------------------------------------- what disappeared, what nobody saw


def _moderation(seen: Sequence[Event], start: int, end: int) -> dict[str, Any]:
    """Events that were first seen in the period: cause -> status -> number; and what is open by the end of it."""
    mine = [event for event in seen if start <= event.since < end]
    causes: dict[str, Counter[str]] = {}
    for event in mine:
        causes.setdefault(event.cause, Counter())[event.status] += 1
    return {
        "events": len(mine), "back": sum(event.is_over for event in mine),
        "causes": {cause: dict(sorted(counts.items())) for cause, counts in sorted(causes.items())},
        "unmatched": sum(event.status == "unmatched" for event in mine),
        "unmatched_before": sum(event.status == "unmatched" and event.since < start for event in seen),
    }  # fmt: skip


def _notices(archive: Archive, end: int) -> list[dict[str, str]] | None:
    """What the last check of each account before the end of the period came to."""
    last = {
        f"{note['platform']}/{note['account']}": {"result": note["result"], "checked": note["time"]}
        for note in archive.catalog.walks.notes(NOTICE) if micros(datetime.fromisoformat(note["time"])) < end
    }  # fmt: skip
    return [{"account": account, **last[account]} for account in sorted(last)] or None


def _gaps(archive: Archive, start: int, end: int) -> list[dict[str, Any]]:
    """Spans in which an account could not be read, and threads of which only a part was shown, as numbers."""
    from contextlib import closing

    from social_archive.search import Query, Search

    with closing(Search.of(archive)) as search:
        found = search.gaps(Query(since=start, until=end))
    whole = [
        {"account": f"{g.platform}/{g.account}", "reason": g.reason, "from": _time(g.start), "to": _time(g.end),
         "closed": g.closed, "threads": 0}
        for g in found if g.root_native_id is None
    ]  # fmt: skip
    threads = Counter((f"{g.platform}/{g.account}", g.reason) for g in found if g.root_native_id is not None)
    parts = [{"account": account, "reason": reason, "from": None, "to": None, "closed": False, "threads": count}
             for (account, reason), count in sorted(threads.items())]  # fmt: skip
    return sorted(whole, key=lambda g: (g["from"] or "", g["account"], g["reason"])) + parts


def _time(at: int | None) -> str | None:
    return None if at is None else f"{datetime.fromtimestamp(at // 1_000_000, UTC):%Y-%m-%dT%H:%M:%SZ}"
