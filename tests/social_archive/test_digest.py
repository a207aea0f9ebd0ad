"""The digest: who needs a person, since when; new first; told once a day, and never with anybody's words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from social_archive.config import StoreConfig
from social_archive.digest import Digest, Matter, digest, record, was_sent
from social_archive.digest_letter import age, html, lines, subject
from social_archive.errors import AccountGone, LoginExpired, ScopeLost, Throttled
from social_archive.harvest import run
from social_archive.rebuild import rebuild
from tests.agencies import ScriptedArchive, agency_folder, scripted_archive
from tests.scripted import Item, Script

DAY = timedelta(days=1)


@pytest.fixture
def script() -> Script:
    return Script(Item(id="p1", text="Open CANARY"), Item(id="c1", text="Good", parent="p1", root="p1"))


@pytest.fixture
def archive(buckets: StoreConfig, tmp_path: Path, script: Script) -> ScriptedArchive:
    return scripted_archive(agency_folder(tmp_path / "agency", buckets.bucket), tmp_path / "state", script)


def harvest(archive: ScriptedArchive) -> None:
    run(archive, archive.account("larkspur"))


def codes(found: Digest) -> list[tuple[str, bool]]:
    return [(matter.code, matter.new) for matter in found.matters]


@pytest.mark.slow
@pytest.mark.parametrize("failure", [LoginExpired, ScopeLost, AccountGone])
def test_an_account_that_only_a_person_can_help_is_named_with_what_to_do_until_it_is_helped(
    archive: ScriptedArchive, script: Script, failure: type[LoginExpired]
) -> None:
    harvest(archive)
    assert digest(archive).matters == []
    began = datetime.now(UTC)
    script.fail_before["posts"] = failure("The token of larkspur was refused.")
    harvest(archive)
    harvest(archive)
    [matter] = digest(archive).matters
    assert (matter.account, matter.code, matter.remedy) == ("mastodon/larkspur", failure.gap_reason, failure.remedy)
    assert matter.since is not None
    assert began <= matter.since <= began + timedelta(seconds=30)  # of the first failure, not of the last
    script.fail_before.clear()
    harvest(archive)
    assert digest(archive).matters == []


@pytest.mark.slow
def test_an_account_that_nobody_looks_at_is_missed_after_three_of_its_days(archive: ScriptedArchive) -> None:
    assert codes(digest(archive)) == [("never_looked_at", True)]
    harvest(archive)
    now = datetime.now(UTC)
    assert digest(archive, now=now + 2 * DAY).matters == []
    [matter] = digest(archive, now=now + 4 * DAY).matters
    assert (matter.code, matter.account) == ("not_looked_at", "mastodon/larkspur")
    assert matter.since is not None
    assert now + 2 * DAY < matter.since < now + 4 * DAY
    archive.agency.accounts[0] = archive.agency.accounts[0].model_copy(update={"schedule": "@once"})
    assert digest(archive, now=now + 400 * DAY).matters == []


@pytest.mark.slow
def test_three_throttled_harvests_in_a_row_and_a_token_about_to_die_are_named(
    archive: ScriptedArchive, script: Script
) -> None:
    script.fail_before["posts"] = Throttled("Slow down.", regain_at=datetime.now(UTC) + timedelta(minutes=5))
    for _ in range(2):
        harvest(archive)
    assert digest(archive).matters == []
    harvest(archive)
    assert codes(digest(archive)) == [("throttled", True)]
    script.fail_before.clear()
    script.warnings = ["The token of larkspur ends on 2026-12-01."]
    harvest(archive)
    [matter] = digest(archive).matters
    assert (matter.code, matter.what) == ("warning", script.warnings[0])


@pytest.mark.slow
def test_a_day_has_one_notice_and_the_next_one_tells_what_is_new_first(
    archive: ScriptedArchive, script: Script
) -> None:
    script.malformed = [b'{"id": NaN}']
    harvest(archive)
    today = datetime.now(UTC)
    first = digest(archive, now=today)
    assert (codes(first), first.calls) == ([("quarantine", True)], True)
    assert not was_sent(archive, first.day)
    record(archive, first)
    record(archive, first)
    notices = [entry for entry in archive.ledger.entries() if entry.header["what"] == "notice"]
    assert [entry.header["note"] for entry in notices] == [
        {"day": first.day, "matters": [["mastodon/larkspur", "quarantine", "1"]]}
    ]
    assert was_sent(archive, first.day)
    assert codes(digest(archive, now=today)) == [("quarantine", True)]  # the same digest on the same day

    tomorrow = digest(archive, now=today + DAY)
    assert (codes(tomorrow), tomorrow.calls) == ([("quarantine", False)], False)  # old, and no news by itself
    script.fail_before["posts"] = LoginExpired("The token of larkspur was refused.")
    harvest(archive)
    tomorrow = digest(archive, now=today + DAY)
    assert (codes(tomorrow), tomorrow.calls) == ([("login_expired", True), ("quarantine", False)], True)
    rebuild(archive)
    assert digest(archive, now=today + DAY) == tomorrow
    assert was_sent(archive, first.day)
    assert archive.ledger.verify().ok


@pytest.mark.slow
def test_nothing_that_somebody_wrote_is_in_the_letter(archive: ScriptedArchive, script: Script) -> None:
    script.malformed = [b'{"id": "CANARY", "text": NaN}']
    script.fail_before["p1"] = LoginExpired("The token of larkspur was refused.")
    harvest(archive)
    found = digest(archive)
    assert len(found.matters) == 2
    assert "CANARY" not in html(found) + " ".join(lines(found)) + subject(found)


# --------------------------------------------------------------------------- in words

NOW = datetime(2026, 11, 24, 13, tzinfo=UTC)


def matter(**other: object) -> Matter:
    given: dict[str, object] = {"account": "mastodon/larkspur", "code": "warning", "what": "Something.",
                                "remedy": "Do it.", "since": NOW - 3 * DAY}  # fmt: skip
    return Matter(**{**given, **other})  # type: ignore[arg-type]


def letter(*matters: Matter) -> Digest:
    return Digest("2026-11-24", NOW, "Larkspur <b>Library</b>", "America/Chicago", list(matters))


def test_the_subject_counts_accounts_and_names_none() -> None:
    assert subject(letter(matter())) == "Social records: 1 account needs a person (1 new)"
    two = letter(matter(), matter(code="quarantine"), matter(account="bluesky/larkspur", new=False))
    assert subject(two) == "Social records: 2 accounts need a person (2 new)"
    assert subject(letter(matter(new=False))) == "Social records: 1 account needs a person"


def test_the_letter_tells_new_matters_first_with_their_age_and_escapes_everything() -> None:
    written = html(letter(matter(what="Token <script>&{{ ti }}"), matter(account="bluesky/larkspur", new=False)))
    assert written.index("<h3>New</h3>") < written.index("<h3>Still so</h3>") < written.index("bluesky/larkspur")
    assert "Larkspur &lt;b&gt;Library" in written
    assert "Token &lt;script&gt;&amp;{{ ti }}" in written
    assert "Since 2026-11-21, 3 days." in written


def test_ages_in_words() -> None:
    assert age(matter(since=None), NOW) == "Since when is not known."
    assert age(matter(since=NOW - timedelta(hours=2)), NOW) == "Since 2026-11-24."
    assert age(matter(since=NOW - DAY), NOW) == "Since 2026-11-23, 1 day."
