"""Why a record is kept until when: what is told is what the schedule does."""

from __future__ import annotations

from pathlib import Path

import pytest

from social_archive.archive import Archive
from social_archive.config import StoreConfig
from social_archive.errors import NotFound
from social_archive.leaves import ranges
from social_archive.retention import assignment, tags
from social_archive.retention.why import cutoff, selectors, trigger, until, why
from tests.social_archive.cli.conftest import Run, run  # noqa: F401 - a fixture
from tests.social_archive.retention.settled_library import (
    History,
    append,
    approve,
    day,
    library,
    rid_of,
    seen,
    take,
)  # fmt: skip

pytestmark = pytest.mark.slow

ZONE = "America/Chicago"


@pytest.fixture
def archive(buckets: StoreConfig, tmp_path: Path) -> Archive:
    return library(tmp_path / "agency", buckets.bucket, tmp_path / "state")


def test_every_rule_that_matches_is_told_and_the_longest_decides(archive: Archive) -> None:
    take(archive, seen("r1", day("2024-02-02"), kind="reply", created=day("2024-02-01")))
    take(archive, seen("r1", day("2024-03-02"), kind="reply", created=day("2024-02-01"), state="hidden"))
    take(archive, seen("r1", day("2024-04-02"), kind="reply", created=day("2024-02-01"), state="deleted"))
    told = why(archive, rid_of(archive, "r1"))
    (answer,) = told.answers
    assert answer.versions == (1, 2, 3)
    assert [(a.number, selectors(a.rule), until(a, ZONE), a.decides) for a in answer.applied] == [
        (2, "state=hidden", "2030-01-01", True),
        (3, "kind=reply", "2027-05-01", False),
    ]
    decided = answer.decided
    assert decided.rule.reason == "Why it was hidden may be asked for five years (invented)."
    assert trigger(decided.item, answer.facts, ZONE, dated=answer.dated) == "posted on 2024-02-01"
    assert cutoff(decided.item, decided.cohort.cutoff) == "the end of December 2024, the end of its calendar year"
    assert (told.tags, told.holds) == ((), ())
    assert (told.schedule.version, told.schedule.n) == ("1", None)


@pytest.mark.parametrize(
    ("kind", "versions", "expected"),
    [
        ("reply", [("2024-02-02", "present")], [("waits until it is seen deleted on the platform", "no end yet")]),
        ("reply", [("2024-02-02", "deleted")], [("withdrawn from publication on 2024-02-02", "2027-03-01")]),
        ("post", [("2024-02-02", "present")], [("first seen on 2024-02-02", "2026-03-01")]),
        (
            "profile", [("2024-02-02", "present"), ("2024-03-03", "present")],
            [("replaced by the next version on 2024-03-03", "2025-05-01"),
             ("waits until another version replaces it", "no end yet")],
        ),
    ],
)  # fmt: skip
def test_the_trigger_is_told_or_what_it_waits_for(
    archive: Archive, kind: str, versions: list[tuple[str, str]], expected: list[tuple[str, str]]
) -> None:
    history = History("x", kind, None, [(day(at), state) for at, state in versions])
    for o in history.observations():
        take(archive, o)
    answers = why(archive, rid_of(archive, "x")).answers
    told = [(trigger(a.decided.item, a.facts, ZONE, dated=a.dated), until(a.decided, ZONE)) for a in answers]
    assert told == expected


def test_it_says_what_settling_will_do_and_what_the_store_has_locked(archive: Archive) -> None:
    take(archive, seen("c1", day("2024-02-02"), created=day("2024-02-01")))
    take(archive, seen("c1", day("2024-03-02"), created=day("2024-02-01"), state="hidden"))
    rid = rid_of(archive, "c1")
    (before,) = why(archive, rid).answers
    assert (before.settled, len(before.kept)) == (False, 2)
    assignment.settle(archive)
    (after,) = why(archive, rid).answers
    assert after.settled
    assert after.decided == before.decided
    for kept in after.kept:
        o = archive.catalog.object(kept.key)
        assert o is not None
        assert kept.lock == archive.store.lock_state(o.key, o.version_id)
        assert kept.lock.hold


def test_tags_and_the_approved_schedule_are_named_with_their_entries(archive: Archive) -> None:
    take(archive, seen("c1", day("2024-02-02"), created=day("2024-02-01")))
    rid = rid_of(archive, "c1")
    tagged = tags.add(archive, [rid], "local-history", by="records", reason="in the exhibition")
    entry = approve(archive, archive.schedule)
    told = why(archive, rid)
    assert [(t.tag, t.by, t.reason, t.n) for t in told.tags] == [
        ("local-history", "records", "in the exhibition", tagged.entry)
    ]
    assert (told.schedule.version, told.schedule.n) == ("1", entry.n)
    assert until(told.answers[0].decided, ZONE) == "permanent"


def test_a_record_that_is_not_there(archive: Archive) -> None:
    take(archive, seen("c1", day("2024-02-02"), created=day("2024-02-01")))
    with pytest.raises(NotFound):
        why(archive, "0" * 32)


def test_on_the_command_line(archive: Archive, run: Run) -> None:  # noqa: F811 - the fixture
    take(archive, seen("c1", day("2020-02-02"), created=day("2020-02-01")))
    take(archive, seen("r1", day("2024-02-02"), kind="reply", created=day("2024-02-01")))
    rid = rid_of(archive, "c1")
    agency = ("--agency", str(archive.agency.folder))
    shown = run(*agency, "why", rid[:10])
    assert (shown.code, shown.err) == (0, "")
    for words in (
        "Kept until 2022-03-01", "That day has come. It stays until its disposal is approved.",
        "10  Posts and comments", "2 years", "posted on 2020-02-01", "the end of February 2020",
        "2022-03-01 00:00:00 CST",
        "2022-03-01 06:00:00 UTC", "series=social-media/cutoff=2020-02", "legal hold", "everything else",
        "No rule with a selector matches", "retention.yaml as it stands",
    ):  # fmt: skip
        assert words in shown.out
    told = run(*agency, "why", rid, "--json").json
    assert told["answers"][0]["retain_until"] == "2022-03-01T06:00:00Z"
    assert told["answers"][0]["rules"] == [
        {"rule": 5, "selectors": {}, "item": "10", "period": "2 years", "until": "2022-03-01T06:00:00Z",
         "reason": None, "decides": True}
    ]  # fmt: skip
    assert "its clock has not started" in run(*agency, "why", "r1").out
    assert f"archive why {rid[:12]}" in run(*agency, "show", rid[:10]).out


def test_a_record_that_was_disposed_of_says_so(archive: Archive, run: Run) -> None:  # noqa: F811 - the fixture
    take(archive, seen("c1", day("2020-02-02"), created=day("2020-02-01")))
    rid = rid_of(archive, "c1")
    (o,) = archive.catalog.objects("records")
    leaves = ranges(archive.catalog.leaves_of(o.key).tolist())
    gone = {"key": o.key, "version": o.version_id, "leaves": leaves}
    append(archive, "disposal.destroyed", {"disposal": "d-invented", "batch": 1, "objects": [gone], "released": []})
    shown = run("--agency", str(archive.agency.folder), "why", rid)
    assert shown.code == 0
    assert "d-invented" in shown.out
    assert run("--agency", str(archive.agency.folder), "why", rid, "--json").json["disposed"]["rid"] == rid
