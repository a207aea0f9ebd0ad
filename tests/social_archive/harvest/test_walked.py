"""What a harvest leaves behind about itself: counts and codes, in the ledger when there is something to say."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from social_archive import looks
from social_archive.errors import CursorLoop, LoginExpired, Throttled
from social_archive.harvest import HarvestReport, accession, pull, run, validate
from social_archive.harvest.walked import template
from social_archive.rebuild import rebuild
from tests.agencies import ScriptedArchive
from tests.scripted import Item, Script

Library = Callable[[Script], ScriptedArchive]
WHERE = ("mastodon", "larkspur")


# --------------------------------------------------------------------------- addresses without persons


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://social.example/api/v1/accounts/109372843/statuses?limit=40&max_id=9",
         "https://social.example/api/v1/accounts/{id}/statuses"),
        ("https://social.example/api/v1/accounts/verify_credentials",
         "https://social.example/api/v1/accounts/verify_credentials"),
        ("https://social.example/xrpc/app.bsky.unspecced.getPostThreadOtherV2?anchor=at://did:plc:x/y/z",
         "https://social.example/xrpc/app.bsky.unspecced.getPostThreadOtherV2"),
        ("https://social.example/v26.0/1234567_890/comments", "https://social.example/v26.0/{id}/comments"),
        ("https://social.example/youtube/v3/commentThreads?videoId=a", "https://social.example/youtube/v3/commentThreads"),
        ("https://social.example/2/users/by/username/Larkspur", "https://social.example/2/users/by/username/{id}"),
        ("https://social.example/users/jane.doe.example", "https://social.example/users/{id}"),
        ("https://social.example/api/v1/statuses/AXxqKbvHzWNpFyRtdc/context",
         "https://social.example/api/v1/statuses/{id}/context"),
        ("https://social.example/rest/posts/urn%3Ali%3Ashare%3A70", "https://social.example/rest/posts/{id}"),
        ("https://janes-own-server.example/xrpc/com.atproto.repo.getRecord?repo=did:plc:jane",
         "https://{server}/xrpc/com.atproto.repo.getRecord"),
    ],
)  # fmt: skip
def test_an_address_keeps_the_words_of_the_api_and_nothing_that_leads_to_a_person(url: str, kept: str) -> None:
    assert template(url, {"social.example"}, "larkspur") == kept


# --------------------------------------------------------------------------- on the real store


@pytest.fixture
def script() -> Script:
    return Script(
        Item(id="p1", text="Summer reading CANARY"),
        Item(id="p2", text="Closed on Monday"),
        Item(id="c1", text="Lovely!", parent="p1", root="p1", author="canary-person"),
        Item(id="r1", text="Agreed", parent="c1", root="p1"),
    )


def harvest(archive: ScriptedArchive) -> HarvestReport:
    return run(archive, archive.account("larkspur"))


def kept(archive: ScriptedArchive) -> list[dict[str, object]]:
    """The looks that the ledger holds, oldest first."""
    return archive.catalog.walks.of(*WHERE)


def what(archive: ScriptedArchive) -> list[str]:
    return [entry.header["what"] for entry in archive.ledger.entries()]


@pytest.mark.slow
def test_the_last_commit_of_a_harvest_names_the_record_of_its_walk(library: Library, script: Script) -> None:
    script.totals = {"posts": 3, "comments_and_replies": 2}
    archive = library(script)
    report = harvest(archive)

    [stored] = archive.catalog.objects("coverage")
    told = json.loads(archive.store.get(stored.key, stored.version_id, sha256=stored.sha256))

    assert stored.n == report.entries[-1]
    assert report.walked is not None
    assert told == report.walked.to_dict() == kept(archive)[0]
    assert (told["outcome"], told["full"], told["since"], told["posts"], told["threads"]) == ("ok", True, None, 2, 2)
    assert told["seen"] == {"profile": 1, "post": 2, "comment": 1, "reply": 1}
    assert told["asked"] == [
        {"kind": "posts", "endpoint": "https://scripted.example/posts", "pages": 1, "items": 2},
        {"kind": "profile", "endpoint": "https://scripted.example/profile", "pages": 1, "items": 1},
        {"kind": "thread", "endpoint": "https://scripted.example/thread", "pages": 2, "items": 2},
    ]
    assert told["platform_totals"] == script.totals
    assert told["stored"] == {"posts": 2, "posts_and_replies": 2, "comments": 1, "comments_and_replies": 2}
    for canary in ("CANARY", "canary", "Lovely", '"c1"'):
        assert canary not in json.dumps(told)


@pytest.mark.slow
def test_what_did_not_show_is_counted_by_what_the_platform_says_of_it(library: Library, script: Script) -> None:
    archive = library(script)
    harvest(archive)
    script.delete("r1")
    script.vanished.add("p2")
    report = harvest(archive)
    assert report.walked is not None
    assert (report.walked.absent, report.walked.full) == ({"deleted": 1, "present": 1}, False)
    assert kept(archive)[-1]["stored"] == report.walked.stored
    assert report.walked.stored["comments_and_replies"] == 1


@pytest.mark.slow
def test_quiet_looks_are_kept_now_and_then_and_when_something_is_otherwise(
    library: Library, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = library(script)
    first = harvest(archive)
    quiet = harvest(archive)
    assert (quiet.entries, len(kept(archive))) == ([], 1)
    assert quiet.walked is not None  # told to whoever watches, all the same
    assert quiet.walked.harvest_id != first.harvest_id

    script.warnings = ["The token of larkspur ends on 2026-12-01."]
    assert harvest(archive).entries == [1]
    assert harvest(archive).entries == []
    assert kept(archive)[-1]["warnings"] == script.warnings

    monkeypatch.setattr(looks, "QUIET", timedelta(0))
    assert harvest(archive).entries == [2]
    assert what(archive) == ["accession", "look", "look"]
    assert archive.ledger.verify().ok


@pytest.mark.slow
def test_a_look_that_fails_says_why_and_a_rebuilt_catalog_knows_all_of_them(library: Library, script: Script) -> None:
    archive = library(script)
    harvest(archive)
    script.fail_before["posts"] = LoginExpired("The token of larkspur was refused.")
    harvest(archive)
    script.fail_before = {"p2": CursorLoop("The same page twice.")}
    harvest(archive)
    script.fail_before.clear()
    script.shortfall["p1"] = "thread_limit"
    harvest(archive)

    told = kept(archive)
    assert [(t["outcome"], t["reason"]) for t in told] == [
        ("ok", None), ("paused", "login_expired"), ("partial", "cursor_loop"), ("ok", None),
    ]  # fmt: skip
    assert told[-1]["shortfalls"] == {"thread_limit": 1}
    rebuild(archive)
    assert kept(archive) == told


@pytest.mark.slow
def test_a_scheduled_harvest_keeps_its_record_once_however_often_its_last_step_runs(
    library: Library, script: Script
) -> None:
    archive = library(script)
    account = archive.account("larkspur")
    validated = validate(archive, pull(archive, account))
    report = accession(archive, validated)
    again = accession(archive, validated)
    assert (len(kept(archive)), again.entries) == (1, [])
    assert report.walked is not None
    assert report.walked.to_dict() == kept(archive)[0]

    script.fail_before["p2"] = Throttled("Slow down.", regain_at=datetime.now(UTC) + timedelta(minutes=5))
    with pytest.raises(Throttled):
        pull(archive, account)
    assert kept(archive)[-1]["reason"] == "throttled"
