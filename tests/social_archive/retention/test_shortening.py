"""What could let a record go earlier is found in the rules, whether or not such a record is stored."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_archive.config_schedule import Retention, RetentionItem, RetentionRule
from social_archive.record import KINDS, micros
from social_archive.retention.shortening import shortenings
from social_archive.series import NEVER, Facts, Schedule


def schedule(*items: dict[str, Any], rules: list[dict[str, Any]] | None = None, **more: Any) -> Retention:
    usual = {"title": "t", "citation": "invented"}
    made = [RetentionItem(**{"series": f"s{item['id']}", **usual, **item}) for item in items]
    given_rules = [RetentionRule(**rule) for rule in rules or [{"item": items[0]["id"]}]]
    return Retention(version="1", effective=date(2026, 1, 1), items=made, rules=given_rules, **more)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"years": 3}, {"years": 2}),
        ({"years": 2}, {"days": 730}),  # a leap year makes two years longer
        ({"months": 12}, {"days": 365}),
        ({"permanent": True}, {"years": 100}),
        ({"permanent": True}, {}),  # unscheduled is not permanent
        ({}, {"years": 100}),  # what had no period could not go at all
        ({"years": 3, "cutoff": "calendar_year"}, {"years": 3}),
        ({"years": 3, "cutoff": "fiscal_year"}, {"years": 3, "cutoff": "calendar_year"}),  # for July to December
        ({"years": 1, "trigger": "withdrawn"}, {"years": 5}),
        ({"years": 5}, {"years": 1, "trigger": "withdrawn"}),  # for what is withdrawn soon
        ({"years": 2, "trigger": "withdrawn"}, {"years": 1, "trigger": "withdrawn"}),
    ],
)
def test_a_shorter_item_is_named(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert shortenings(schedule({"id": "1", **old}), schedule({"id": "1", **new}))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({"years": 2}, {"years": 3}),
        ({"years": 2}, {"months": 24}),
        ({"years": 2}, {"days": 800}),
        ({"years": 2}, {"permanent": True}),
        ({"years": 2}, {}),
        ({}, {"permanent": True}),
        ({"years": 3}, {"years": 3, "cutoff": "calendar_year"}),
        ({"years": 3}, {"years": 3, "trigger": "withdrawn"}),
        ({"years": 3}, {"years": 3, "title": "another title"}),
    ],
)
def test_a_longer_item_is_not(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert shortenings(schedule({"id": "1", **old}), schedule({"id": "1", **new})) == []


SHORT, LONG = {"id": "1", "years": 1}, {"id": "2", "years": 2}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ([{"item": "2", "kind": "comment"}, {"item": "1"}], [{"item": "1"}], "comment"),
        ([{"item": "2"}], [{"item": "1", "state": "hidden"}, {"item": "2"}], "once hidden"),
        ([{"item": "2"}], [{"item": "1", "tag": "council"}, {"item": "2"}], "tagged council"),
        ([{"item": "2", "account": "kids"}, {"item": "1"}], [{"item": "2", "account": "teens"}, {"item": "1"}],
         "account kids"),
        ([{"item": "2"}], [{"item": "2", "platform": "x"}, {"item": "1"}], "post"),
    ],
)  # fmt: skip
def test_a_rule_that_leads_to_a_shorter_item_says_for_whom(old: Any, new: Any, said: str) -> None:
    found = shortenings(schedule(SHORT, LONG, rules=old), schedule(SHORT, LONG, rules=new))
    assert len(found) == 1
    assert said in found[0]
    assert "item 2 (2 years)" in found[0]
    assert "item 1 (1 year)" in found[0]


def test_another_rule_for_a_longer_item_and_another_order_shorten_nothing() -> None:
    rules = [{"item": "1", "kind": "comment"}, {"item": "2", "tag": "council"}, {"item": "2"}]
    more = [{"item": "2", "tag": "council"}, {"item": "1", "kind": "comment"}, {"item": "2", "state": "hidden"},
            {"item": "2"}]  # fmt: skip
    assert shortenings(schedule(SHORT, LONG, rules=rules), schedule(SHORT, LONG, rules=more)) == []


def test_exchanged_series_are_seen_though_the_rules_lead_nowhere_earlier() -> None:
    """Quarantine and imported files do not move: they go by their folder's series."""
    rules = [{"item": "2"}]
    old = schedule({**SHORT, "series": "a"}, {**LONG, "series": "b"}, rules=rules)
    new = schedule({**SHORT, "series": "b"}, {**LONG, "series": "a"}, rules=rules)
    assert shortenings(old, new) == ["Item 2, b: 2 years becomes 1 year."]


def test_another_time_zone_moves_every_month() -> None:
    item = {"id": "1", "years": 1}
    assert "time zone" in shortenings(schedule(item), schedule(item, time_zone="America/Chicago"))[0]


# --------------------------------------------------------------------------- any two schedules

_ITEMS = st.builds(
    dict,
    period=st.sampled_from([{}, {"permanent": True}, {"years": 1}, {"years": 2}, {"months": 20}, {"days": 700}]),
    trigger=st.sampled_from(["created", "created", "withdrawn", "superseded"]),
    cutoff=st.sampled_from(["month", "calendar_year", "fiscal_year"]),
)
_RULES = st.fixed_dictionaries(
    {"item": st.sampled_from(["0", "1", "2"])},
    optional={"platform": st.just("x"), "account": st.just("kids"), "kind": st.sampled_from(["post", "comment"]),
              "state": st.sampled_from(["hidden", "deleted"]), "tag": st.sampled_from(["council", "history"])},
)  # fmt: skip


@st.composite
def schedules(draw: st.DrawFn) -> Retention:
    items = [{"id": str(n), "trigger": one["trigger"], "cutoff": one["cutoff"], **one["period"]}
             for n, one in enumerate(draw(st.tuples(_ITEMS, _ITEMS, _ITEMS)))]  # fmt: skip
    rules = [rule for rule in draw(st.lists(_RULES, max_size=3)) if len(rule) > 1]
    return schedule(*items, rules=[*rules, {"item": draw(st.sampled_from(["0", "1", "2"]))}])


@st.composite
def changes(draw: st.DrawFn) -> tuple[Retention, Retention]:
    """A schedule and the next one: an item longer or otherwise cut off, a rule more or less."""
    old = draw(schedules())
    items, rules = list(old.items), list(old.rules)
    n = draw(st.integers(0, len(items) - 1))
    longer = {"years": 4, "months": None, "days": None, "permanent": False}
    items[n] = items[n].model_copy(update=draw(st.sampled_from([{}, longer, longer | {"trigger": "created"},
                                                                 {"cutoff": "month"}, {"cutoff": "calendar_year"}])))
    if draw(st.booleans()):
        rules.insert(0, RetentionRule(**draw(_RULES.filter(lambda rule: len(rule) > 1))))
    if len(rules) > 1 and draw(st.booleans()):
        del rules[draw(st.integers(0, len(rules) - 2))]
    return old, old.model_copy(update={"items": items, "rules": rules})


_MOMENT = st.datetimes(datetime(2020, 1, 1), datetime(2034, 1, 1)).map(lambda at: micros(at.replace(tzinfo=UTC)))
_FACTS = st.builds(
    Facts, platform=st.sampled_from(["x", "flickr"]), account=st.sampled_from(["kids", "main"]),
    kind=st.sampled_from(KINDS), started=_MOMENT,
    states=st.frozensets(st.sampled_from(["present", "hidden", "deleted"])),
    tags=st.frozensets(st.sampled_from(["council", "history"])), withdrawn=st.none() | _MOMENT,
    superseded=st.none() | _MOMENT,
)  # fmt: skip


@settings(max_examples=60)
@given(change=changes(), things=st.lists(_FACTS, min_size=20, max_size=30))
def test_where_nothing_is_said_no_record_ends_earlier(change: tuple[Retention, Retention], things: list[Facts]) -> None:
    old, new = change
    if shortenings(old, new):
        return
    before, after = Schedule(old, "UTC"), Schedule(new, "UTC")
    for facts in things:
        assert end(after, facts) >= end(before, facts)


@settings(max_examples=40)
@given(one=schedules())
def test_a_schedule_does_not_shorten_itself(one: Retention) -> None:
    assert shortenings(one, one) == []


def end(schedule: Schedule, facts: Facts) -> int:
    until = schedule.assign(facts).cohort.retain_until
    return NEVER if until is None else until
