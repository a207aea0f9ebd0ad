"""Statements from a real archive: what they count is what was walked and stored; the same position, the same bytes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from social_archive.config import StoreConfig
from social_archive.coverage import Asked, NothingToState, Statement, Statements, encode
from social_archive.errors import LoginExpired
from social_archive.harvest import run
from social_archive.rebuild import rebuild
from social_archive.record import now_micros
from tests.agencies import ScriptedArchive, agency_folder, scripted_archive
from tests.scripted import Item, Script

pytestmark = pytest.mark.slow

HOUR = 3_600_000_000


@pytest.fixture
def script() -> Script:
    return Script(
        Item(id="p1", text="Summer reading CANARY"),
        Item(id="p2", text="Closed on Monday"),
        Item(id="c1", text="Lovely!", parent="p1", root="p1", author="canary-person"),
        Item(id="r1", text="Agreed", parent="c1", root="p1"),
    )


@pytest.fixture
def archive(buckets: StoreConfig, tmp_path: Path, script: Script) -> ScriptedArchive:
    return scripted_archive(agency_folder(tmp_path / "agency", buckets.bucket), tmp_path / "state", script)


@contextmanager
def stating(archive: ScriptedArchive) -> Iterator[Callable[[Asked], Statement]]:
    statements = Statements(archive)
    try:
        yield lambda asked: statements.of(archive.account("larkspur"), asked)
    finally:
        statements.close()


def stated(archive: ScriptedArchive, asked: Asked | None = None) -> Statement:
    with stating(archive) as state:
        return state(asked or Asked())


def story(archive: ScriptedArchive, script: Script) -> None:
    """A full look, a deletion, a dead login, a thread shown in part, an item that cannot be read."""
    account = archive.account("larkspur")
    script.totals = {"posts": 3, "comments_and_replies": 2, "made_up": 7}
    script.malformed = [b'{"id": NaN}']
    run(archive, account)
    script.delete("r1")
    run(archive, account)
    script.fail_before["posts"] = LoginExpired("The token of larkspur was refused.")
    run(archive, account)
    script.fail_before.clear()
    script.totals = {"posts": 2}
    script.shortfall["p1"] = "thread_limit"
    run(archive, account)


def test_a_statement_counts_what_was_walked_stored_missed_and_lost(archive: ScriptedArchive, script: Script) -> None:
    story(archive, script)
    s = stated(archive)

    assert s["looks"]["outcomes"] == {"ok": 3, "paused": 1}
    assert (s["looks"]["kept"], s["looks"]["full"], len(s["looks"]["times"])) == (4, 1, 4)
    assert s["looks"]["longest_interval_seconds"] is not None
    endpoints = {one["kind"]: (one["looks"], one["pages"]) for one in s["asked"]}
    assert endpoints == {"item": (1, 1), "posts": (3, 3), "profile": (4, 4), "thread": (3, 6)}
    assert [(t["name"], t["platform"], t["stored"]) for t in s["totals"]] == [
        ("comments_and_replies", 2, 1), ("made_up", 7, None), ("posts", 2, 2),
    ]  # fmt: skip
    assert s["records"]["created"]["reply"] == {"deleted": 1}
    assert s["records"]["observed"]["reply"] == {"deleted": 1, "present": 1}
    assert s["absent"] == {"deleted": 1}
    assert [(g["reason"], g["scope"], g["closed"]) for g in s["gaps"]] == [
        ("login_expired", "account", True), ("thread_limit", "thread", False),
    ]  # fmt: skip
    assert s["quarantine"] == {"open": 1}
    assert s["read_up_to"] is not None
    assert s["period"]["from"] <= s["read_up_to"] <= s["period"]["to"]
    assert s["ledger"]["root"] == archive.ledger.head().root.hex()
    assert "Not covered: 1 span in which the login had expired." in s["claim"]["cannot"]


def test_it_quotes_nobody_and_names_ids_only_when_it_is_asked_to(archive: ScriptedArchive, script: Script) -> None:
    story(archive, script)
    told = json.dumps(stated(archive))
    for canary in ("CANARY", "canary", "Lovely", '"r1"', '"c1"'):
        assert canary not in told
    [absent] = stated(archive, Asked(ids=True))["absent_ids"]
    assert (absent["id"], absent["kind"], absent["state"]) == ("r1", "reply", "deleted")


def test_the_same_position_gives_the_same_bytes_also_from_a_rebuilt_cache(
    archive: ScriptedArchive, script: Script
) -> None:
    story(archive, script)
    before = encode(stated(archive))
    assert encode(stated(archive)) == before
    rebuild(archive)
    assert encode(stated(archive)) == before


def test_a_period_counts_only_what_falls_into_it(archive: ScriptedArchive, script: Script) -> None:
    script.items["p2"].age = 400 * 24 * HOUR
    run(archive, archive.account("larkspur"))
    now = now_micros()
    early = stated(archive, Asked(since=now - 500 * 24 * HOUR, until=now - 300 * 24 * HOUR))
    assert early["records"] == {"created": {"post": {"present": 1}}, "observed": {}}
    assert (early["looks"]["kept"], early["looks"]["first_complete"], early["asked"]) == (0, None, [])
    assert "no completeness is claimed" in early["claim"]["can"][0]
    late = stated(archive, Asked(since=now - HOUR))
    assert "post" not in late["records"]["created"]
    assert late["records"]["observed"]["post"] == {"present": 2}
    whole = stated(archive)
    assert datetime.fromisoformat(whole["period"]["from"]) < datetime.fromtimestamp(now / 1e6 - 399 * 86_400, UTC)


def test_there_is_nothing_to_state_of_an_empty_ledger_or_an_empty_period(
    archive: ScriptedArchive, script: Script
) -> None:
    with pytest.raises(NothingToState, match="empty"):
        Statements(archive)
    run(archive, archive.account("larkspur"))
    with pytest.raises(NothingToState, match="ends before"):
        stated(archive, Asked(since=now_micros(), until=now_micros() - HOUR))
