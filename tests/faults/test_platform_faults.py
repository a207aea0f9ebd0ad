"""What platforms do on bad days, through the real HTTP client, walk and store: nothing lost, nothing twice, and said.

After every case: the archive is sound as somebody sees it who has only the bucket, the cursor has not moved past what
was not seen, the next good day completes it and closes the gap, and no secret lies anywhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sandbox.control import Control, running
from sandbox.folder import environment
from social_archive.config import StoreConfig
from social_archive.harvest import HarvestReport
from social_archive.platforms.http import Http
from tests.faults import canary
from tests.faults.sandbox_library import SMALL, Place, secrets
from tests.faults.soundness import assert_sound, latest

pytestmark = pytest.mark.slow

ALWAYS = 10_000
_FOLDERS = itertools.count()


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    with running(only=("mastodon", "bluesky")) as found:
        yield found


@pytest.fixture
def place(
    urls: dict[str, str], buckets: StoreConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Place]]:
    """Makes the place of one account; the sandbox is calm before and after."""
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    controls = [Control(url) for url in urls.values()]
    for control in controls:
        control.calm()

    def made(account: str = SMALL) -> Place:
        place = Place.made(tmp_path, urls, buckets.bucket, account)
        monkeypatch.setattr("social_archive.archive.Http", partial(Http, clock=place.clock, sleep=place.clock.sleep))
        return place

    Control(urls["mastodon"]).renew_tokens(SMALL)  # its login is dead in the story
    yield made
    for control in controls:
        control.calm()
        control.renew_tokens()


def sound(place: Place) -> list[dict[str, Any]]:
    rows = assert_sound(place.archive, place.folder / f"fresh-{next(_FOLDERS)}")
    assert canary.found(secrets(), canary.in_buckets(place.archive)) == []
    assert canary.found(secrets(), canary.in_folder(place.folder / "state")) == []
    return rows


def complete(place: Place) -> None:
    """A harvest on a good day: everything that the platform shows is there, and no gap stays open."""
    report = place.harvest()
    assert (report.outcome, report.message) == ("ok", "")
    rows = sound(place)
    things = {i: r for i, r in latest(rows).items() if r["kind"] not in ("gap", "profile")}
    assert {i for i, r in things.items() if r["state"] == "present"} == place.visible()
    assert [g.native_id for g in place.archive.catalog.open_gaps(place.platform, place.account)] == []
    assert place.cursor() is not None


def failed(place: Place, report: HarvestReport, reason: str, outcome: str = "partial") -> None:
    """The failure is said, is a gap on record, and has not moved the cursor."""
    assert (report.outcome, [g.reason for g in report.gaps]) == (outcome, [reason])
    assert report.message
    assert place.cursor() is None
    rows = sound(place)
    assert [(r["gap_reason"], r["state"]) for r in rows if r["kind"] == "gap"] == [(reason, "inaccessible")]


# --------------------------------------------------------------------------- bad moments, survived


@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_a_short_throttle_is_waited_out_as_long_as_the_platform_says(
    place: Callable[..., Place], as_date: bool
) -> None:
    here = place()
    here.control.fault("ratelimit", retry_after=7, as_date=as_date, path="/context", after=2)
    complete(here)
    assert 6 <= sum(here.clock.waits) <= 9  # a date has whole seconds, and there is some jitter
    assert here.control.state()["faults"] == []


def test_a_limit_without_retry_after_is_read_from_the_rate_headers(place: Callable[..., Place]) -> None:
    here = place()
    here.control.limit(7500, 60)
    here.control.fault("status", status=429)
    complete(here)
    assert 20 <= sum(here.clock.waits) <= 62


def test_a_storm_of_short_troubles_is_waited_out_and_leaves_no_gap(place: Callable[..., Place]) -> None:
    """In one harvest: bursts of 5xx, bodies cut off with and without a sign of it, empty bodies, a throttle."""
    here = place()
    order = here.control.fault
    order("status", status=502, count=3)
    order("empty", path="/statuses")
    order("status", status=503, retry_after=9, path="/context")
    order("truncate", count=2, path="/context", after=2)
    order("ratelimit", retry_after=4, path="/context", after=3)
    order("truncate", clean=True, path="/context", after=4)
    order("garbage", path="/context", after=5)
    complete(here)
    assert here.control.state()["faults"] == []
    assert len(here.clock.waits) >= 10
    assert sum(here.clock.waits) > 13


# --------------------------------------------------------------------------- bad days, recorded


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"kind": "status", "status": 500}, "platform_error"),
        ({"kind": "garbage"}, "platform_error"),
        ({"kind": "html"}, "unintelligible"),
    ],
    ids=["500", "garbage", "html"],
)
def test_a_platform_that_cannot_be_read_leaves_what_was_seen_and_a_gap(
    place: Callable[..., Place], fault: dict[str, Any], reason: str
) -> None:
    """The trouble begins in the middle of the walk."""
    here = place()
    here.control.fault(**fault, path="/context", after=3, count=ALWAYS)
    report = here.harvest()
    failed(here, report, reason)
    assert (report.posts, report.profiles) == (8, 1)
    here.control.calm()
    complete(here)


def test_a_throttle_beyond_the_budget_ends_the_run_and_says_when_to_come_back(place: Callable[..., Place]) -> None:
    here = place()
    here.control.fault("ratelimit", retry_after=1_000, path="/context", after=2, count=ALWAYS)
    report = here.harvest()
    failed(here, report, "throttled")
    assert report.regain_at is not None
    wait = datetime.fromisoformat(report.regain_at) - datetime.now(UTC)
    assert timedelta(seconds=900) < wait < timedelta(seconds=1_060)
    assert here.clock.waits == []
    here.control.calm()
    complete(here)


def test_paging_that_goes_in_circles_is_stopped_and_said(place: Callable[..., Place]) -> None:
    here = place()
    here.control.fault("cursor_loop", path="/statuses", count=ALWAYS)
    failed(here, here.harvest(), "cursor_loop")
    assert len(here.control.requests()) < 1_000
    here.control.calm()
    complete(here)


@pytest.mark.parametrize(("status", "reason"), [(401, "login_expired"), (403, "scope_lost")])
def test_a_login_that_dies_in_the_middle_pauses_the_account(
    place: Callable[..., Place], status: int, reason: str
) -> None:
    here = place()
    here.control.fault("status", status=status, path="/context", after=3, count=ALWAYS)
    failed(here, here.harvest(), reason, outcome="paused")
    here.control.calm()
    complete(here)


def test_an_expired_token_pauses_until_it_is_renewed(place: Callable[..., Place]) -> None:
    here = place()
    here.control.expire_tokens(SMALL)
    failed(here, here.harvest(), "login_expired", outcome="paused")
    again = here.harvest()
    assert (again.outcome, again.wrote, len(again.entries)) == ("paused", 0, 1)
    here.control.renew_tokens(SMALL)
    complete(here)


def test_a_failure_after_good_days_keeps_the_cursor_where_it_was(place: Callable[..., Place]) -> None:
    here = place()
    complete(here)
    reached = here.cursor()
    posted = here.control.post(SMALL, "An invented post on the day the platform broke.")
    here.control.fault("html", path="/context", count=ALWAYS)
    report = here.harvest()
    assert (report.outcome, here.cursor()) == ("partial", reached)
    here.control.calm()
    complete(here)
    assert here.history(posted["id"])[0][0] == "present"
    assert here.cursor() != reached


# --------------------------------------------------------------------------- the world moves


def test_malformed_items_are_quarantined_alone_and_taken_in_when_they_are_mended(place: Callable[..., Place]) -> None:
    here = place()
    comments = [i["id"] for i in here.control.truth(SMALL) if i["parent"] and i["state"] == "present"]
    kinds = ("duplicate_key", "year_9999", "float_id", "missing_id")
    broken = dict(zip(comments, kinds, strict=False))
    try:
        for item, kind in broken.items():
            here.control.malform(item, kind)
        report = here.harvest()
        rows = sound(here)
    finally:
        for item in broken:
            here.control.malform(item, None)
    assert (report.outcome, report.quarantined) == ("ok", len(kinds))
    assert not broken.keys() & {r["native_id"] for r in rows}
    assert len({r["native_id"] for r in rows if r["kind"] in ("comment", "reply")}) == len(comments) - len(kinds)
    complete(here)


def test_a_deactivated_author_is_a_new_state_and_the_words_before_it_stay(place: Callable[..., Place]) -> None:
    here = place()
    complete(here)
    mine = [i for i in here.control.truth(SMALL) if i["parent"] and i["state"] == "present"]
    parents = {i["parent"] for i in mine}
    comment = next(i for i in mine if i["id"] not in parents and i["author"] != SMALL)
    here.control.deactivate(comment["author"])
    try:
        here.harvest()
        gone = here.history(comment["id"])
        sound(here)
    finally:
        here.control.deactivate(comment["author"], back=True)
    assert gone[0] == ("present", gone[0][1])
    assert gone[-1][0] in ("deleted", "account_gone")
    complete(here)
    assert [state for state, _ in here.history(comment["id"])] == ["present", gone[-1][0], "present"]


def test_an_account_that_is_closed_pauses_and_deletes_nothing(place: Callable[..., Place]) -> None:
    here = place()
    complete(here)
    here.control.deactivate(SMALL)
    try:
        report = here.harvest()
        rows = sound(here)
    finally:
        here.control.deactivate(SMALL, back=True)
    assert (report.outcome, report.deleted) == ("paused", 0)
    assert [g.reason for g in report.gaps] == ["account_gone"]
    assert {r["state"] for r in rows if r["kind"] in ("comment", "reply")} == {"present"}
    complete(here)


def test_a_picture_that_is_not_there_is_said_and_stops_nothing(place: Callable[..., Place]) -> None:
    here = place()
    here.control.fault("status", status=404, path="/media", count=ALWAYS)
    assert here.harvest().outcome == "ok"
    outcomes = {m["outcome"] for row in sound(here) for m in row["media"] or ()}
    assert outcomes == {"missing"}


def test_an_edit_there_and_back_around_a_running_harvest_is_three_versions(place: Callable[..., Place]) -> None:
    """The first edit comes when the list of posts was read already and the threads were not."""
    here = place()
    post = max((i for i in here.control.truth(SMALL) if not i["parent"] and i["state"] == "present"),
               key=lambda i: i["created"])  # fmt: skip
    edits = iter(["Invented words of the second look."])

    def edit_between(stage: str, _count: int) -> None:
        if stage == "posts" and (text := next(edits, None)):
            here.control.edit(post["id"], text)

    here.harvest(progress=edit_between)
    here.harvest()
    here.control.edit(post["id"], post["text"])
    here.harvest()
    sound(here)
    bodies = [body for _, body in here.history(post["id"])]
    assert len(bodies) == 3
    assert bodies[0] == bodies[2] != bodies[1] == "Invented words of the second look."


def test_posts_that_arrive_while_pages_are_read_are_neither_lost_nor_doubled(place: Callable[..., Place]) -> None:
    here = place("larkspur-kids")
    came: list[str] = []

    def post_meanwhile(stage: str, _count: int) -> None:
        if stage == "posts" and len(came) < 3:
            came.append(here.control.post(here.account, f"Invented post {len(came)} during the reading.")["id"])

    here.harvest(progress=post_meanwhile)
    sound(here)
    here.harvest()
    rows = latest(sound(here))
    assert {i for i in came if i in rows} == set(came)
    posts = {i["id"] for i in here.control.truth(here.account) if not i["parent"] and i["state"] == "present"}
    assert posts <= set(rows)


def test_a_session_that_dies_in_the_middle_is_opened_again_or_said(place: Callable[..., Place]) -> None:
    """Bluesky: first an access token that can be refreshed, then an app password that was revoked."""
    here = place("larkspur-bluesky")
    soft = iter([True])

    def expire(stage: str, count: int) -> None:
        if stage == "threads" and count > 20 and next(soft, False):
            here.control.expire_tokens("larkspur", hard=False)

    report = here.harvest(progress=expire)
    assert (report.outcome, [g for g in report.gaps if g.reason == "login_expired"]) == ("ok", [])
    reached = here.cursor()
    here.control.expire_tokens("larkspur", hard=True)
    assert here.harvest().outcome == "paused"
    assert here.cursor() == reached
    sound(here)
