"""Could a new schedule let any record go earlier than the old one?

Asked of the items and rules, not of what is stored, so that an empty archive cannot hide a shortening. All kinds of
record that the two sets of rules tell apart are tried on a calendar that has every month, leap years, and triggers
that come at once, very late, or never.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from social_archive.config_schedule import Retention, RetentionItem, RetentionRule
from social_archive.record import KINDS, micros
from social_archive.series import NEVER, Facts, Schedule

_OTHER: Final = ""  # a platform or account that no rule names
_YEARS: Final = (2023, 2024, 2025, 2026)  # a leap year among them
_LATE: Final = 2000  # years: later than any sum of two periods, and still on the calendar
_SHOWN: Final = 3

Items = tuple[RetentionItem, ...]


def shortenings(old: Retention, new: Retention) -> list[str]:
    """Sentences that say how records could become eligible earlier under `new`; empty if none could."""
    found = [*_of_the_calendar(old, new), *_of_items(old, new), *_of_rules(old, new)]
    return list(dict.fromkeys(found))


def _of_the_calendar(old: Retention, new: Retention) -> Iterator[str]:
    if old.time_zone != new.time_zone:
        yield f"The time zone changes from {old.time_zone} to {new.time_zone}; months begin at another instant."


# --------------------------------------------------------------------------- items


def _of_items(old: Retention, new: Retention) -> Iterator[str]:
    """By number and by series: what cannot be moved (quarantine, imported files) goes by its folder's series."""
    by_id, by_series = {item.id: item for item in new.items}, {item.series: item for item in new.items}
    for item in old.items:
        for now in (by_id.get(item.id), by_series.get(item.series)):
            if now is not None and _shrinks(item, now):
                yield f"Item {item.id}, {item.series}: {item.period} becomes {now.period}."


def _shrinks(old: RetentionItem, new: RetentionItem) -> bool:
    if old.permanent:
        return not new.permanent
    if not new.has_period:
        return False
    return not old.has_period or not _as_long(old, new)


def _as_long(old: RetentionItem, new: RetentionItem) -> bool:
    """Is the new period at least as long, from whatever day it is counted?"""
    before, after = _parts(old), _parts(new)
    in_parts = after[0] >= before[0] and after[1] >= before[1]
    shortest, longest = after[0] * 30.4 - 3 + after[1], before[0] * 30.5 + 3 + before[1]
    return in_parts or shortest >= longest


def _parts(item: RetentionItem) -> tuple[int, int]:
    return (item.years or 0) * 12 + (item.months or 0), item.days or 0


# --------------------------------------------------------------------------- rules


def _of_rules(old: Retention, new: Retention) -> Iterator[str]:
    before, after = Schedule(old, old.time_zone), Schedule(new, new.time_zone)
    told: dict[tuple[str, str], list[str]] = {}
    same_years = old.fiscal_year_starts == new.fiscal_year_starts and old.time_zone == new.time_zone
    seen: dict[tuple[Items, Items], tuple[RetentionItem, RetentionItem] | None] = {}
    for facts in _situations(old, new):
        pair = _items(before, facts), _items(after, facts)
        if pair[0] == pair[1] and same_years:
            continue
        if pair not in seen:
            seen[pair] = _earlier(before, after, *pair)
        if (how := seen[pair]) is not None and not (how[0].id == how[1].id and _shrinks(*how)):  # said of the item
            told.setdefault((_named(how[0]), _named(how[1])), []).append(_words(facts))
    for (was, becomes), whom in told.items():
        distinct = list(dict.fromkeys(whom))
        more = f" and {len(distinct) - _SHOWN} more" if len(distinct) > _SHOWN else ""
        yield f"Kept by {was}, then by {becomes}: {'; '.join(distinct[:_SHOWN])}{more}."


def _situations(old: Retention, new: Retention) -> Iterator[Facts]:
    """One thing of every kind that the rules tell apart and that could end earlier.

    For each pair of an old and a new rule (or none) the least that both match: whatever else a thing has can only
    bring in more rules, and more rules never let it go earlier than that pair does.
    """
    for a, b in itertools.product((None, *_selecting(old)), (None, *_selecting(new))):
        rules = [rule for rule in (a, b) if rule is not None]
        fixed = {name: {getattr(rule, name) for rule in rules} - {None} for name in ("platform", "account", "kind")}
        if any(len(values) > 1 for values in fixed.values()):
            continue
        platform, account = (next(iter(fixed[name]), _OTHER) for name in ("platform", "account"))
        states = frozenset(rule.state for rule in rules if rule.state is not None)
        tags = frozenset(rule.tag for rule in rules if rule.tag is not None)
        for kind in fixed["kind"] or KINDS:
            yield Facts(platform, account, kind, 0, states, tags)


def _selecting(retention: Retention) -> list[RetentionRule]:
    return [rule for rule in retention.rules if rule.selectors]


def _items(schedule: Schedule, facts: Facts) -> Items:
    """The items among which the longest wins, each once."""
    by_id = {item.id: item for item in schedule.retention.items}
    ids = dict.fromkeys(schedule.retention.rules[index].item for index in schedule.matching(facts))
    return tuple(by_id[one] for one in sorted(ids))


def _earlier(before: Schedule, after: Schedule, old: Items, new: Items) -> tuple[RetentionItem, RetentionItem] | None:
    """The items that decide where a record of `new` would go earlier than under `old`; None if it never does."""
    for facts in _moments({item.trigger for item in (*old, *new)}):
        was, old_end = _longest(before, old, facts)
        becomes, new_end = _longest(after, new, facts)
        if new_end < old_end:
            return was, becomes
    return None


def _longest(schedule: Schedule, items: Items, facts: Facts) -> tuple[RetentionItem, int]:
    ends = ((item, schedule.cohort_in(item, facts).retain_until) for item in items)
    return max(((item, NEVER if end is None else end) for item, end in ends), key=lambda found: found[1])


def _moments(triggers: set[str]) -> Iterator[Facts]:
    """Things that start in each month, with each of the triggers at once, late, or never."""
    names = sorted(triggers - {"created"})
    for year, month in itertools.product(_YEARS, range(1, 13)):
        start = micros(datetime(year, month, 15, 12, tzinfo=UTC))
        late = micros(datetime(year + _LATE, month, 15, 12, tzinfo=UTC))
        for when in itertools.product((start, late, None), repeat=len(names)):
            happened = dict(zip(names, when, strict=True))
            yield Facts(
                "", "", "", start, withdrawn=happened.get("withdrawn"), superseded=happened.get("superseded"),
                request_closed=happened.get("request_closed"),
            )  # fmt: skip


# --------------------------------------------------------------------------- words


def _named(item: RetentionItem) -> str:
    wait = "" if item.trigger == "created" else f", once {item.trigger.replace('_', ' ')}"
    end = "" if item.cutoff == "month" else f", from the end of the {item.cutoff.replace('_', ' ')}"
    return f"item {item.id} ({item.period}{wait}{end})"


def _words(facts: Facts) -> str:
    """`comment on mastodon, account library, once hidden, tagged council`."""
    parts: Sequence[str] = (
        facts.kind + (f" on {facts.platform}" if facts.platform else ""),
        f"account {facts.account}" if facts.account else "",
        *(f"once {state.replace('_', ' ')}" for state in sorted(facts.states)),
        *(f"tagged {tag}" for tag in sorted(facts.tags)),
    )
    return ", ".join(part for part in parts if part)
