"""Checks of profile notices on the real store, with a real web server for what the profiles link to."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from social_archive.accession import Batch, commit
from social_archive.archive import Archive
from social_archive.audit import sweep
from social_archive.config import Account, StoreConfig
from social_archive.digest import digest
from social_archive.policy.notice import checks as notice_checks
from social_archive.policy.notice.checks import Checked, NoNotice, check, history, once, pinned_in, regression, told
from social_archive.policy.notice.page import Page, fetch
from social_archive.rebuild import rebuild
from social_archive.record import Observation, micros
from tests.social_archive.policy.web import Web, serving
from tests.social_archive.retention.scenes import another, library

WHOLE = "Anything posted here or submitted for posting is subject to public disclosure."
PART = "Comments are public records, open to public disclosure."
POLICY = """policy:
  title: Comments (invented)
  source: invented
  notices:
    - {requirement: Each page says so., allow_local: true}
"""
NOW = datetime(2026, 11, 24, 15, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def web() -> Iterator[Web]:
    with serving() as running:
        yield running


@pytest.fixture
def archive(tmp_path: Path, buckets: StoreConfig) -> Archive:
    made = library(tmp_path, buckets.bucket)
    (made.agency.folder / "policy.yaml").write_text(POLICY)
    return another(made, tmp_path)


class Told:
    """What the platform says of the account, one version after the other."""

    def __init__(self, archive: Archive) -> None:
        self.archive, self.times = archive, 0

    def __call__(self, bio: str, *links: str, state: str = "present") -> None:
        self.times += 1
        at = datetime.now(UTC) + timedelta(seconds=self.times)
        seen = Observation(
            kind="profile", native_id="p", native=b'{"id":"p"}', body=bio, links=links, author_is_account=True,
            permalink="https://social.example/@larkspur", platform="mastodon", account="larkspur", state=state,  # type: ignore[arg-type]
            observed_at=micros(at), http_date=format_datetime(at, usegmt=True), harvest_id=f"h{self.times}",
            adapter="scripted.1", endpoint="https://social.example/api",
        )  # fmt: skip
        commit(self.archive, Batch("mastodon", "larkspur", f"h{self.times}", [seen]))


@pytest.fixture
def profile(archive: Archive) -> Told:
    return Told(archive)


def looked(archive: Archive, days: int = 0) -> Checked:
    return check(archive, the_account(archive), now=NOW + days * DAY)


def the_account(archive: Archive) -> Account:
    return archive.account("larkspur")


def entries(archive: Archive) -> list[Any]:
    return [entry for entry in archive.ledger.entries() if entry.header["what"] == notice_checks.WHAT]


@pytest.mark.slow
def test_a_notice_in_the_profile_is_kept_with_its_words_and_none_of_them_is_in_the_ledger(
    archive: Archive, profile: Told, web: Web
) -> None:
    profile(f"Books. {WHOLE}", web.url)
    done = looked(archive)
    assert (done.verdict.result, done.verdict.quote, done.changed) == ("in_profile", WHOLE, True)
    assert web.asked == [], "the profile says all: no page is asked for"
    kept = told(archive, "mastodon", "larkspur")
    assert (kept["result"], kept["quote"]) == ("in_profile", WHOLE)
    assert kept["places"][0]["rid"] == archive.catalog.latest("mastodon", "larkspur", ["p"])["p"].rid
    (entry,) = entries(archive)
    assert b"posted" not in json.dumps(entry.header).encode()
    assert b"posted" not in b"".join(entry.leaves)
    located = archive.catalog.object(entry.header["objects"][0]["key"])
    assert located is not None
    assert archive.store.lock_state(located.key, located.version_id).hold


@pytest.mark.slow
def test_a_notice_on_a_linked_page_is_kept_with_the_page_as_it_was_served(
    archive: Archive, profile: Told, web: Web
) -> None:
    address = web.put("/policy", f"<nav>Menu</nav><p>{WHOLE}</p>")
    profile("Books.", address)
    assert looked(archive).verdict.result == "by_link"
    kept = told(archive, "mastodon", "larkspur")
    page = kept["places"][-1]["page"]
    body = archive.store.get(page["key"])
    assert (body, page["sha256"]) == (web.pages["/policy"].body, hashlib.sha256(body).hexdigest())
    assert kept["places"][-1]["captured_at"] > 0


@pytest.mark.slow
def test_a_part_is_named_and_nothing_at_all_is_absent(archive: Archive, profile: Told) -> None:
    profile(f"Books. {PART}")
    assert (looked(archive).verdict.result, looked(archive).verdict.missing) == ("partial", ("submitted",))
    profile("Books.")
    assert looked(archive).verdict.result == "absent"


@pytest.mark.slow
def test_what_could_not_be_read_is_not_called_absent(archive: Archive, profile: Told, web: Web) -> None:
    assert looked(archive).verdict.result == "unreadable", "the profile was never harvested"
    profile("Books.", f"{web.url}/gone")
    done = looked(archive)
    assert done.verdict.result == "unreadable"
    assert done.verdict.places[-1].code == "status_404"
    profile("Books.", state="account_gone")
    assert looked(archive).verdict.places[0].code == "account_gone"


@pytest.mark.slow
def test_the_same_seen_again_is_one_entry_a_day_without_an_object(archive: Archive, profile: Told) -> None:
    profile(WHOLE)
    assert [looked(archive, day).entry is not None for day in (0, 0, 1, 1, 2)] == [True, False, True, False, True]
    assert [len(entry.header["objects"]) for entry in entries(archive)] == [1, 0, 0]
    assert len(list(archive.store.versions("notices/"))) == 1
    assert told(archive, "mastodon", "larkspur")["quote"] == WHOLE


@pytest.mark.slow
def test_a_page_that_changes_around_the_notice_is_the_same_and_a_changed_notice_is_not(
    archive: Archive, profile: Told, web: Web
) -> None:
    profile("Books.", web.put("/policy", f"<p>{WHOLE}</p><p>Visitors today: 1"))
    looked(archive)
    web.put("/policy", f"<p>{WHOLE}</p><p>Visitors today: 2")
    assert not looked(archive).changed
    web.put("/policy", f"<p>{WHOLE.replace('here', 'anywhere')}</p>")
    assert looked(archive).changed


@pytest.mark.slow
def test_an_account_that_tells_less_than_before_is_a_matter_of_the_digest_until_it_tells_as_much_again(
    archive: Archive, profile: Told, web: Web
) -> None:
    def of_notices() -> list[Any]:
        return [matter for matter in digest(archive).matters if matter.code == "notice"]

    profile(WHOLE)
    looked(archive)
    assert of_notices() == []
    profile(PART)
    looked(archive)
    profile("Books.")
    looked(archive)
    (matter,) = of_notices()
    assert (matter.account, matter.detail, matter.new) == ("mastodon/larkspur", "absent", True)
    assert matter.since == datetime.fromisoformat(history(archive)[1]["time"]), "since it began, not since it got worse"
    assert WHOLE not in matter.what
    profile("Books.", web.put("/policy", WHOLE))
    looked(archive)
    assert of_notices() == [], "by a link is as good as in the profile"


def test_a_regression_lasts_until_the_account_tells_as_much_again() -> None:
    def after(*results: str) -> str | None:
        notes = [{"result": r, "time": f"2026-11-{day:02d}T00:00:00+00:00"} for day, r in enumerate(results, 1)]
        found = regression(notes)
        return f"{found.was}>{found.now}@{found.since.day}" if found is not None else None

    assert after("in_profile") is None
    assert after("in_profile", "partial", "partial", "absent") == "in_profile>absent@2"
    assert after("in_profile", "absent", "partial") == "in_profile>partial@2"
    assert after("in_profile", "absent", "by_link") is None
    assert after("partial", "absent", "partial", "absent") == "partial>absent@4"
    assert after("absent", "in_profile", "unreadable") == "in_profile>unreadable@3"
    assert after("unreadable", "absent") is None


@pytest.mark.slow
def test_another_host_and_a_rebuilt_catalog_know_what_was_seen(archive: Archive, profile: Told, tmp_path: Path) -> None:
    profile(WHOLE)
    looked(archive)
    other = another(archive, tmp_path)
    other.catalog.catch_up()
    assert told(other, "mastodon", "larkspur") == told(archive, "mastodon", "larkspur")
    assert not looked(other).changed
    rebuild(archive)
    archive.catalog.catch_up()
    assert history(archive) == history(other)


@pytest.mark.slow
def test_two_workers_that_see_the_same_at_once_leave_one_entry_and_one_copy(
    archive: Archive, profile: Told, web: Web, tmp_path: Path
) -> None:
    profile("Books.", web.put("/policy", WHOLE))
    other = another(archive, tmp_path)

    def while_the_other_checks(address: str, **how: Any) -> Page:
        looked(other)
        return fetch(address, **how)

    done = check(archive, the_account(archive), now=NOW, get=while_the_other_checks)
    assert (done.entry, done.changed, done.verdict.result) == (None, False, "by_link")
    assert len(entries(archive)) == 1
    assert len(list(archive.store.versions("notices/"))) == 2, "what was seen, and the page"


@pytest.mark.slow
def test_what_a_crash_left_is_collected_and_what_was_kept_stays(archive: Archive, profile: Told) -> None:
    profile(WHOLE)
    looked(archive)
    archive.store.put("notices/left-by-a-crash.html", b"<p>")
    assert sweep(archive, now=datetime.now(UTC) + 3 * DAY)["orphans_removed"] == 1
    assert told(archive, "mastodon", "larkspur")["quote"] == WHOLE


@pytest.mark.slow
def test_accounts_that_link_to_the_same_page_ask_for_it_once(archive: Archive, profile: Told, web: Web) -> None:
    profile("Books.", web.put("/policy", WHOLE), f"{web.url}/gone")
    get = once(fetch)
    for _ in range(2):
        check(archive, the_account(archive), now=NOW, get=get)
    assert web.asked == ["/policy"]


@pytest.mark.slow
def test_a_policy_that_asks_for_no_notice_is_said_so(archive: Archive, tmp_path: Path) -> None:
    (archive.agency.folder / "policy.yaml").write_text("policy: {title: t, source: s}\n")
    with pytest.raises(NoNotice, match="no notice"):
        looked(another(archive, tmp_path))


def test_only_blueskys_profile_names_its_pinned_post() -> None:
    native = b'{"did":"did:plc:a","pinnedPost":{"uri":"at://did:plc:a/app.bsky.feed.post/1","cid":"c"}}'
    assert pinned_in("bluesky", native) == "at://did:plc:a/app.bsky.feed.post/1"
    assert [pinned_in("mastodon", native), pinned_in("bluesky", b"{}"), pinned_in("bluesky", b"\xff")] == [None] * 3
