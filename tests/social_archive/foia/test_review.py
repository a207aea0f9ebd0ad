"""The review as a replay: whatever people decide, take back and put back, every hit ends one way and the sums agree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from social_archive.foia.dispositions import OUTCOMES, Reviewed
from social_archive.foia.request_file import Event, RequestFile
from social_archive.foia.review import actions, confirmation, replay
from social_archive.record import canonical

START = datetime(2026, 3, 1, tzinfo=UTC)
HITS = 5
Does = dict[str, Any]


def rid(place: int) -> str:
    return f"{place:032x}"


def event(
    n: int, what: str, told: dict[str, Any], details: dict[str, Any], *, by: str = "records", id: str = ""
) -> Event:
    body = canonical({"details": details, "files": []})
    return Event(
        id or f"{n:032x}", "ab" * 16, what, n, START + timedelta(minutes=n), by, "cli", told, f"{n:064x}", body
    )


def searched(n: int = 1, versions: Sequence[int] = (1, 2)) -> Event:
    hits = [{"rid": rid(place), "versions": list(versions)} for place in range(1, HITS + 1)]
    details = {"terms": {}, "position": 1, "size": 9, "searched": 9, "excluded": 0, "quarantined": 0, "hold": None,
               "gaps": [], "disposed": [], "hits": hits}  # fmt: skip
    return event(n, "searched", {"hits": HITS, "position": 1, "hold": None, "holds": []}, details)


def file_of(steps: Sequence[Event]) -> RequestFile:
    received = event(0, "received", {"number": "26-1", "received": "2026-03-01", "how": "email"}, {"text": "x"})
    return RequestFile((received, searched(), *steps))


def reviewed(steps: Sequence[Event], **more: Any) -> Reviewed:
    return replay(file_of(steps), prefix="LPL", **more)


# --------------------------------------------------------------------------- what people do


def decided(
    outcome: str, places: Sequence[int], codes: Sequence[str] = (), *, unless: bool = False, seen: int = 2
) -> Does:
    hits = [[rid(place), seen] for place in places]
    return {"action": "x", "decided": [{"outcome": outcome, "hits": hits, "codes": list(codes),
                                        "unless_decided": unless}],
            "reasons": {code: f"Basis of {code}." for code in codes}}  # fmt: skip


def cut(place: int, start: int, code: str = "b", *, version: int = 1, action: str | None = None) -> Does:
    return {"action": "x", "cuts": [[rid(place), version, "body", start, start + 3, code, action]],
            "reasons": {code: f"Basis of {code}."}}  # fmt: skip


def entered(does: Sequence[Does]) -> list[Event]:
    return [event(n, "disposition", {"action": one["action"]}, one) for n, one in enumerate(does, 10)]


def turned(what: str, of: Event, n: int) -> Event:
    return event(n, what, {"action": of.id}, {"action": of.id})


places = st.lists(st.integers(1, HITS + 1), min_size=1, max_size=3, unique=True)  # the last one is no hit
something = st.one_of(
    st.builds(decided, st.just("released"), places, unless=st.booleans()),
    st.builds(decided, st.just("withheld"), places, st.lists(st.sampled_from("abc"), min_size=1, unique=True)),
    st.builds(cut, st.integers(1, HITS + 1), st.integers(0, 9), st.sampled_from("abc"), version=st.integers(1, 3)),
    st.builds(lambda place, code: {"action": "x", "fields": [[rid(place), "author", code]]},
              st.integers(1, HITS), st.sampled_from("abc")),
    st.builds(lambda place, code: {"action": "x", "touched": [[rid(place), "links", code, None]]},
              st.integers(1, HITS), st.sampled_from("abc")),
    st.builds(lambda place: {"action": "x", "shown_again": [rid(place)]}, st.integers(1, HITS)),
    st.builds(lambda text: {"action": "x", "terms": [[text, "b"]]}, st.sampled_from(["ann", "bo"])),
)  # fmt: skip


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Decisions, and which of them were undone and redone, in any order."""
    events = entered(draw(st.lists(something, max_size=8)))
    turns = draw(st.lists(st.tuples(st.sampled_from(events), st.sampled_from(["undone", "redone"])), max_size=6)
                 if events else st.just([]))  # fmt: skip
    return events + [turned(what, of, n) for n, (of, what) in enumerate(turns, 100)]


@given(histories(), st.sets(st.integers(1, HITS)))
def test_every_hit_ends_one_way_and_the_totals_reconcile(steps: list[Event], destroyed: set[int]) -> None:
    seen = reviewed(steps, gone={rid(place): "C-1" for place in destroyed})
    assert [item.hit.place for item in seen.items] == list(range(1, HITS + 1))
    totals = seen.totals
    assert sum(totals[outcome] for outcome in (*OUTCOMES, "undecided")) == totals["hits"] == HITS
    assert seen.reconciles == (totals["undecided"] == 0)
    for item in seen.items:
        taken = bool(item.cuts or item.withheld_fields or item.media)
        claims = bool(item.codes) and item.outcome != "withheld"
        assert (item.outcome == "disposed") == (item.hit.place in destroyed)
        assert item.outcome != "released" or not (taken or claims)
        assert item.outcome != "redacted" or claims
        assert item.outcome in ("undecided", "redacted") or not taken  # what is withheld as a whole has no cuts
        assert not taken or claims
        assert set(item.reasons) <= set(item.codes)
        assert all(one.version in item.hit.versions for one in item.cuts)


@given(histories(), st.data())
def test_undo_and_redo_leave_everything_as_it_was(steps: list[Event], data: st.DataObject) -> None:
    standing = [one for one in actions(file_of(steps)) if one.standing]
    if not standing:
        return
    wanted = data.draw(st.sampled_from([one.id for one in standing]))
    chosen = next(step for step in steps if step.id == wanted)
    before = reviewed(steps)
    undone = [*steps, turned("undone", chosen, 200)]
    assert [one.id for one in actions(file_of(undone)) if one.standing] == [o.id for o in standing if o.id != chosen.id]
    without = [step for step in steps if chosen.id not in (step.id, step.told["action"])]
    assert reviewed(undone).plan == reviewed(without).plan
    assert reviewed([*undone, turned("redone", chosen, 201)]) == before


ANN, BO = ({"action": "x", "terms": [[text, "b"]]} for text in ("ann", "bo"))
UNRELATED = [decided("released", [1]), decided("withheld", [2], ["c"]), cut(3, 0), cut(3, 7, "a"), ANN, BO]


@given(st.permutations(UNRELATED))
def test_the_order_of_unrelated_actions_says_nothing(does: list[Does]) -> None:
    assert reviewed(entered(does)).plan == reviewed(entered(UNRELATED)).plan


def outcomes(*does: Does) -> list[str]:
    return [item.outcome for item in reviewed(entered(does)).items]


def test_of_what_contradicts_itself_the_later_action_wins() -> None:
    assert outcomes(decided("released", [1]), decided("withheld", [1], ["a"]))[0] == "withheld"
    assert outcomes(decided("withheld", [1], ["a"]), decided("released", [1]))[0] == "released"
    assert outcomes(decided("withheld", [1], ["a"]), decided("released", [1], unless=True))[0] == "withheld"


def test_words_that_are_taken_out_decide_nothing_until_the_rest_is_released() -> None:
    assert outcomes(cut(1, 0))[0] == "undecided"
    assert outcomes(cut(1, 0), decided("released", [1]))[0] == "redacted"
    assert outcomes(decided("released", [1]), cut(1, 0))[0] == "redacted"
    assert outcomes(cut(1, 0), {"action": "x", "shown_again": [rid(1)]}, decided("released", [1]))[0] == "released"


def test_what_a_term_took_out_of_later_records_comes_back_when_the_term_is_undone() -> None:
    term = event(10, "disposition", {"action": "term"}, {"action": "term", "terms": [["ann", "b"]]})
    later = event(11, "disposition", {"action": "release"},
                  {**decided("released", [1]), **cut(1, 0, action=term.id)})  # fmt: skip
    assert reviewed([term, later]).items[0].outcome == "redacted"
    after = reviewed([term, later, turned("undone", term, 12)])
    assert (after.items[0].outcome, after.terms) == ("released", ())


def test_a_version_that_nobody_saw_makes_a_released_hit_undecided_and_leaves_a_withheld_one() -> None:
    steps = entered([decided("released", [1, 2]), decided("withheld", [2], ["a"])])
    again = reviewed([*steps, searched(50, versions=(1, 2, 3))])
    assert [item.outcome for item in again.items[:2]] == ["undecided", "withheld"]


def test_a_confirmation_stands_until_anything_is_done() -> None:
    steps = entered([decided("released", [1])])
    confirmed = event(50, "confirmed", {"plan": "p"}, {}, by="director")
    assert confirmation(file_of([*steps, confirmed])) == confirmed
    for later in (turned("undone", steps[0], 60), searched(60), *entered([cut(1, 0)])[:1]):
        assert confirmation(file_of([*steps, confirmed, later])) is None
