"""The figures of a policy report, counted on the real store. Everything in it is invented."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import typer

from social_archive.archive import Archive, open_archive
from social_archive.cli.policy_report import span
from social_archive.config import StoreConfig
from social_archive.ledger import EMPTY, Draft
from social_archive.policy.report import NOTICE, NothingToReport, figures
from social_archive.stack.seaweed import Seaweed
from tests.social_archive.cli.conftest import Run, run  # noqa: F401 - a fixture
from tests.social_archive.policy.moderating import FACEBOOK, POLICY, as_json, decided, found, seen
from tests.social_archive.retention.scenes import library
from tests.stores import fresh_buckets

pytestmark = pytest.mark.slow
AT = datetime(2026, 12, 1, 8, tzinfo=UTC)
NOVEMBER = (date(2026, 11, 1), date(2026, 12, 1))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, object_store: StoreConfig, weed: Seaweed) -> Archive:
    """One for all tests here, which only read it."""
    config = fresh_buckets(weed, object_store)
    tmp_path = tmp_path_factory.mktemp("report")
    folder = library(tmp_path, config.bucket).agency.folder
    (folder / "accounts.yaml").write_text(FACEBOOK)
    (folder / "policy.yaml").write_text(POLICY)
    return open_archive(folder, state=tmp_path / "state-agency")


def november(archive: Archive) -> dict[str, Any]:
    return figures(archive, *NOVEMBER, at=AT)


@pytest.fixture(scope="module")
def told(archive: Archive) -> dict[str, Any]:
    """A November: a post, four comments (one edited, one of October), decisions, a removal that nobody decided."""
    seen(archive, "p1", 1, kind="post", own=True, created=1)
    rids = [seen(archive, f"c{n}", 1, created=(-40, 1, 8, 9)[n], text="CANARY (invented)") for n in range(4)]
    seen(archive, "c1", 2, created=1, text="CANARY edited (invented)")
    shown = [found(archive, rid, 2) for rid in rids]
    found(archive, rids[3], 2, clause=None, rule="foia.named", criterion="foia-request", strength="strong")
    decided(archive, rids[0], 4, shown=[shown[0]])  # after 2 days
    decided(archive, rids[1], 12, "no_violation", shown=[shown[1]])  # after 10
    seen(archive, "c2", 20, state="hidden", created=8)
    for result in ("absent", "by_link"):
        note = {"platform": "facebook", "account": "larkspur", "result": result}
        head = archive.catalog.catch_up() or EMPTY
        archive.ledger.append(Draft(NOTICE, archive.txn(NOTICE, result), note=note), head)
    return november(archive)


def test_things_are_counted_once_by_the_week_in_which_they_were_posted(told: dict[str, Any]) -> None:
    assert told["volumes"]["totals"] == {"post": 1, "comment": 3, "reply": 0}
    weeks = {week["from"]: (week["post"], week["comment"]) for week in told["volumes"]["weeks"]}
    assert weeks == {"2026-11-01": (0, 0), "2026-11-02": (1, 1), "2026-11-09": (0, 2), "2026-11-16": (0, 0),
                     "2026-11-23": (0, 0), "2026-11-30": (0, 0)}  # fmt: skip
    assert told["volumes"]["platforms"] == [{"platform": "facebook", "post": 1, "comment": 3, "reply": 0}]


def test_findings_decisions_and_removals_are_counted(told: dict[str, Any]) -> None:
    assert [(row["criterion"], row["records"], row["moderate"], row["strong"]) for row in told["findings"]] == [
        ("advertising", 4, 4, 0), ("foia-request", 1, 0, 1)
    ]  # fmt: skip
    assert (told["pointed"], told["requests"]) == (4, 1)
    assert told["decisions"] == {"total": 2, "verdicts": {"no_violation": 1, "violation": 1, "counsel": 0},
                                 "violations": {"advertising": 1}}  # fmt: skip
    assert told["moderation"]["causes"] == {"us": {"unmatched": 1}}
    assert told["consistency"][0]["removals"] == {"unmatched": 1}


def test_the_time_to_a_decision_runs_from_the_finding_and_what_waits_is_counted_to_the_end(
    told: dict[str, Any],
) -> None:
    timing = told["timing"]
    assert (timing["timed"], timing["median_days"], timing["p90_days"]) == (2, 6.0, 9.2)
    assert (timing["decided_by_age"]["1 to 3 days"], timing["decided_by_age"]["7 to 14 days"]) == (1, 1)
    assert (timing["waiting"], timing["waiting_by_age"]["longer"]) == (2, 2), "a possible request is not reviewed here"
    assert timing["oldest_waiting_days"] == pytest.approx(27.9, abs=0.1)


def test_nobody_is_named_and_nothing_quoted(told: dict[str, Any]) -> None:
    said = as_json(told)
    assert not any(word in said for word in ("CANARY", "ada-invented", "remark", "Names a price", "Reasons"))
    assert json.loads(said) == told, "plain data"


def test_the_last_check_of_a_profile_counts(told: dict[str, Any]) -> None:
    assert [(one["account"], one["result"]) for one in told["notices"]] == [("facebook/larkspur", "by_link")]


def test_the_same_archive_and_time_give_the_same_figures_and_a_period_must_be_one(
    archive: Archive, told: dict[str, Any]
) -> None:
    assert november(archive) == told
    october = figures(archive, date(2026, 10, 1), NOVEMBER[0], at=AT)
    assert (october["pointed"], october["decisions"]["total"], october["notices"]) == (0, 0, None)
    with pytest.raises(NothingToReport):
        figures(archive, NOVEMBER[1], NOVEMBER[0], at=AT)


def test_the_command_writes_three_files_that_it_can_write_again(
    archive: Archive, told: dict[str, Any], tmp_path: Path, run: Run  # noqa: F811
) -> None:  # fmt: skip
    agency = ("--agency", str(archive.agency.folder), "--state", str(archive.state))
    for folder in ("one", "two"):
        ran = run(*agency, "policy", "report", "--month", "2026-11", "--out", str(tmp_path / folder),
                  "--made", "2026-12-01T08:00:00Z")  # fmt: skip
        assert (ran.code, "November 2026" in ran.out) == (0, True)
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / folder).iterdir()} for folder in ("one", "two"))
    assert sorted(one) == [f"policy-report-2026-11-01-to-2026-11-30.{end}" for end in ("html", "json", "pdf")]
    assert one == two
    assert json.loads(one["policy-report-2026-11-01-to-2026-11-30.json"]) == told


@pytest.mark.parametrize(
    ("month", "since", "until", "is_"),
    [
        ("2026-12", None, None, (date(2026, 12, 1), date(2027, 1, 1))),
        (None, None, None, (date(2026, 2, 1), date(2026, 3, 1))),
        (None, datetime(2026, 1, 5), datetime(2026, 1, 6), (date(2026, 1, 5), date(2026, 1, 7))),
    ],
)
def test_the_period_is_a_month_or_two_days_or_the_last_whole_month(
    month: str | None, since: datetime | None, until: datetime | None, is_: tuple[date, date]
) -> None:
    assert span(month, since, until, today=date(2026, 3, 9)) == is_


@pytest.mark.parametrize("given", [("2026-13", None, None), ("2026-11", datetime(2026, 1, 1), None)])
def test_what_is_no_period_is_refused(given: tuple[Any, Any, Any]) -> None:
    with pytest.raises(typer.BadParameter):
        span(*given, today=date(2026, 3, 9))
