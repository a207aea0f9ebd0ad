"""What the archive says of a Mastodon server, after each thing that people and misfortune do to it.

Server: `mastodon_mock`. Driver: Mastodon.py. Store: a real SeaweedFS.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from social_archive.archive import Archive, open_archive
from social_archive.config import StoreConfig
from social_archive.errors import LoginExpired, PlatformError, Throttled
from social_archive.harvest import HarvestReport, run
from social_archive.platforms.base import Target
from social_archive.platforms.http import Http
from social_archive.platforms.mastodon import Mastodon
from social_archive.record import Observation, verify_row
from tests.agencies import agency_folder
from tests.interop.bluesky_network import real_comments
from tests.interop.mastodon_server import MastodonServer, running, token_of

pytestmark = [pytest.mark.interop, pytest.mark.slow]

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


@pytest.fixture(scope="module")
def started() -> Iterator[MastodonServer]:
    with running() as server:
        yield server


@pytest.fixture
def server(started: MastodonServer) -> MastodonServer:
    started.reset()
    return started


# --------------------------------------------------------------------------- people


@dataclass
class Person:
    """Somebody on the server, acting through the official client."""

    client: Any

    def post(self, text: str, parent: str | None = None, **more: Any) -> str:
        return str(self.client.status_post(text, in_reply_to_id=parent, **more)["id"])

    def edit(self, native_id: str, text: str) -> None:
        self.client.status_update(native_id, status=text)

    def delete(self, native_id: str) -> None:
        self.client.status_delete(native_id)


@pytest.fixture
def library(server: MastodonServer) -> Person:
    return Person(server.client("larkspur"))


@pytest.fixture
def ada(server: MastodonServer) -> Person:
    return Person(server.client("ada_invented"))


@pytest.fixture
def ben(server: MastodonServer) -> Person:
    return Person(server.client("ben_invented"))


# --------------------------------------------------------------------------- the adapter alone


def adapter(server: MastodonServer, token: str = "", **options: Any) -> Mastodon:
    secrets = {"token": token} if token else {}
    target = Target("larkspur", "@larkspur", {"server": server.url, "insecure_local": True}, secrets)
    return Mastodon(target, Http(base_url=server.url, pace=Mastodon.pace, secrets=tuple(secrets.values()), **options))


def shown(mastodon: Mastodon, root: str) -> dict[str, Observation]:
    items = [item for page in mastodon.thread(root) for item in mastodon.records(page)]
    return {item.native_id: item for item in items if isinstance(item, Observation)}


def posts(mastodon: Mastodon) -> dict[str, Observation]:
    items = [item for page in mastodon.posts(None) for item in mastodon.records(page)]
    return {item.native_id: item for item in items if isinstance(item, Observation)}


def test_a_branch_that_vanishes_with_its_middle_comes_out_by_id(
    server: MastodonServer, library: Person, ada: Person, ben: Person
) -> None:
    root = library.post("Which book next?")
    top = ada.post("Something short", root)
    middle = ben.post("No, something long", top)
    bottom = ada.post("Medium, then", middle)
    mastodon = adapter(server)
    assert list(shown(mastodon, root)) == [top, middle, bottom]
    ben.delete(middle)
    assert list(shown(mastodon, root)) == [top], "the whole branch is out of sight"
    assert {i: mastodon.item(i).state for i in (top, middle, bottom)} == {
        top: "present", middle: "deleted", bottom: "present",
    }  # fmt: skip
    assert json.loads(mastodon.item(middle).page.body) == {"error": "Record not found"}


def test_a_hundred_posts_are_paged_through_the_link_header(server: MastodonServer, library: Person) -> None:
    made = [library.post(f"Post {n}") for n in range(100)]
    pages = list(adapter(server).posts(None))
    assert len(pages) == 3
    assert list(posts(adapter(server))) == made[::-1]


def test_polls_warnings_pictures_and_boosts_are_read(server: MastodonServer, library: Person, ada: Person) -> None:
    picture = library.client.media_post(PNG, mime_type="image/png", description="A shelf")
    illustrated = library.post("Look", media_ids=[picture], spoiler_text="Dust", sensitive=True)
    poll = library.post("When?", poll=library.client.make_poll(["Tuesday", "Thursday"], expires_in=3600))
    told = ada.post("The storytelling was lovely")
    boost = str(library.client.status_reblog(told)["id"])
    found = posts(adapter(server))
    assert found[illustrated].body == "CW: Dust\n\nLook"
    assert [(m.alt, m.outcome) for m in found[illustrated].media] == [("A shelf", "pending")]
    assert found[poll].body == "When?\n( ) Tuesday\n( ) Thursday"
    assert found[boost].flags == ("reblog",)
    assert found[boost].body == "Boost of @ada_invented:\n\nThe storytelling was lovely"


@pytest.mark.parametrize("fault", [{"type": "status", "status": 503}, {"type": "malformed", "truncate": True}])
def test_a_passing_fault_changes_nothing(server: MastodonServer, library: Person, fault: dict[str, Any]) -> None:
    made = library.post("Still here")
    server.fault("/api/v1/accounts/*/statuses", count=2, **fault)
    naps: list[float] = []
    assert list(posts(adapter(server, sleep=naps.append))) == [made]
    assert len(naps) == 2


@pytest.mark.parametrize("fault", [{"type": "status", "status": 500}, {"type": "malformed", "truncate": False}])
def test_a_lasting_fault_is_an_error_never_an_empty_list(
    server: MastodonServer, library: Person, fault: dict[str, Any]
) -> None:
    library.post("Still here")
    server.fault("/api/v1/accounts/*/statuses", **fault)
    with pytest.raises(PlatformError):
        posts(adapter(server, sleep=lambda _: None))


def test_a_429_with_an_iso_reset_is_handed_on_with_its_time(server: MastodonServer, library: Person) -> None:
    library.post("Still here")
    reset = (datetime.now(UTC) + timedelta(minutes=4)).replace(microsecond=0)
    headers = {"X-RateLimit-Reset": reset.isoformat().replace("+00:00", "Z"), "Retry-After": ""}
    server.fault("/api/v1/accounts/*/statuses", type="ratelimit", headers=headers)
    with pytest.raises(Throttled) as told:
        posts(adapter(server, budget_seconds=60))
    assert abs((told.value.regain_at - reset).total_seconds()) < 5


def test_a_server_that_hangs_is_given_up_on_and_asked_again(server: MastodonServer, library: Person) -> None:
    import httpx

    made = library.post("Still here")
    server.fault("/api/v1/accounts/*/statuses", count=1, type="timeout")
    impatient = adapter(server, timeouts=httpx.Timeout(1.0), sleep=lambda _: None)
    assert list(posts(impatient)) == [made]


def test_a_wrong_token_is_a_dead_login_though_the_server_would_show_public_posts(server: MastodonServer) -> None:
    with pytest.raises(LoginExpired):
        posts(adapter(server, "token-of-nobody"))


def test_check_is_content_with_a_good_account_and_names_a_bad_one(server: MastodonServer) -> None:
    assert adapter(server).check() == []
    assert adapter(server, token_of("larkspur")).check() == []
    assert "token" in adapter(server, "token-of-nobody").check()[0].what
    lost = Target("x", "@nobody_here", {"server": server.url, "insecure_local": True})
    [problem] = Mastodon(lost, Http(base_url=server.url, pace=Mastodon.pace)).check()
    assert "not known" in problem.what


# --------------------------------------------------------------------------- all the way into the archive


@dataclass
class Kept:
    """An archive of the library's account, and what a test asks of it."""

    archive: Archive

    def harvest(self, *, full: bool = False) -> HarvestReport:
        return run(self.archive, self.archive.account("larkspur"), full=full)

    def rows(self) -> list[dict[str, Any]]:
        paths = self.archive.mirror.paths(self.archive.catalog.objects("records"))
        return [row for path in paths for row in pq.read_table(path, partitioning=None).to_pylist()]

    def history(self, native_id: str) -> list[tuple[str, str | None]]:
        versions = sorted((r for r in self.rows() if r["native_id"] == native_id), key=lambda r: int(r["version"]))
        return [(r["state"], r["body"]) for r in versions]

    def latest(self, native_id: str) -> dict[str, Any]:
        return max((r for r in self.rows() if r["native_id"] == native_id), key=lambda r: int(r["version"]))


@pytest.fixture
def kept(server: MastodonServer, buckets: StoreConfig, tmp_path: Path) -> Iterator[Callable[[], Kept]]:
    opened: list[Archive] = []

    def archive() -> Kept:
        folder = agency_folder(tmp_path / "agency", buckets.bucket, server=server.url)
        opened.append(open_archive(folder, state=tmp_path / "state"))
        return Kept(opened[-1])

    yield archive
    for each in opened:
        each.close()


def test_a_thread_to_every_depth_is_archived_as_it_was_written(
    library: Person, ada: Person, ben: Person, kept: Callable[[], Kept]
) -> None:
    words = iter(real_comments(20))
    root = library.post("What did you read this summer?")
    said = {root: "What did you read this summer?"}
    parent = root
    for who in (ada, ben, library, ada):
        text = next(words)
        parent = who.post(text, parent)
        said[parent] = text
    archive = kept()
    report = archive.harvest()
    assert (report.outcome, report.posts, report.comments, report.replies, report.profiles) == ("ok", 1, 1, 3, 1)
    found = {r["native_id"]: " ".join(r["body"].split()) for r in archive.rows() if r["kind"] != "profile"}
    assert found == {native_id: " ".join(text.split()) for native_id, text in said.items()}
    assert all(verify_row(row) for row in archive.rows())
    assert {r["root_native_id"] for r in archive.rows() if r["kind"] in ("comment", "reply")} == {root}
    assert archive.harvest().wrote == 0, "a second run with nothing new writes nothing"
    assert archive.harvest(full=True).wrote == 0, "nor does a full one"
    assert archive.archive.ledger.verify().ok


def test_an_edit_and_its_undoing_are_three_versions(library: Person, kept: Callable[[], Kept]) -> None:
    post, archive = library.post("Open until 8"), kept()
    archive.harvest()
    for text in ("Open until 9", "Open until 8"):
        library.edit(post, text)
        assert archive.harvest().changed == 1
    assert [body for _, body in archive.history(post)] == ["Open until 8", "Open until 9", "Open until 8"]
    assert archive.latest(post)["edited_at"] is not None


def test_a_deleted_reply_is_deleted_and_the_replies_under_it_stay(
    library: Person, ada: Person, ben: Person, kept: Callable[[], Kept]
) -> None:
    root = library.post("Book club?")
    top = ada.post("Yes please", root)
    middle = ben.post("On Tuesdays", top)
    bottom = ada.post("Thursdays are better", middle)
    archive = kept()
    archive.harvest()
    ben.delete(middle)
    report = archive.harvest()
    assert (report.deleted, report.changed) == (1, 0)
    assert [state for state, _ in archive.history(middle)] == ["present", "deleted"]
    assert json.loads(archive.latest(middle)["native"]) == {"error": "Record not found"}
    assert [state for state, _ in archive.history(bottom)] == ["present"]
    assert archive.harvest().wrote == 0


def test_a_deleted_post_is_deleted_and_its_comments_stay(
    library: Person, ada: Person, kept: Callable[[], Kept]
) -> None:
    root = library.post("Closed on Friday")
    comment = ada.post("Why?", root)
    archive = kept()
    archive.harvest()
    library.delete(root)
    archive.harvest()
    assert [state for state, _ in archive.history(root)] == ["present", "deleted"]
    assert [state for state, _ in archive.history(comment)] == ["present"]


def test_a_changed_bio_is_a_new_version_of_the_profile(library: Person, kept: Callable[[], Kept]) -> None:
    library.client.account_update_credentials(note="Books and seeds")
    archive = kept()
    archive.harvest()
    library.client.account_update_credentials(note="Books, seeds and saws")
    assert archive.harvest().changed == 1
    [profile] = {r["native_id"] for r in archive.rows() if r["kind"] == "profile"}
    assert [body for _, body in archive.history(profile)] == ["Books and seeds", "Books, seeds and saws"]


def test_what_could_not_be_seen_is_a_gap_which_the_next_good_run_closes(
    server: MastodonServer, library: Person, kept: Callable[[], Kept]
) -> None:
    library.post("Before")
    archive = kept()
    archive.harvest()
    server.fault("/api/v1/accounts/*/statuses", type="status", status=403)
    report = archive.harvest()
    assert report.outcome != "ok"
    assert [gap.reason for gap in report.gaps] == ["scope_lost"]
    server.mend()
    missed = library.post("Meanwhile")
    report = archive.harvest()
    assert report.outcome == "ok"
    assert [gap.closed for gap in report.gaps] == [True]
    assert [state for state, _ in archive.history(missed)] == ["present"]


def test_an_own_reply_elsewhere_is_archived_once_without_a_root(
    library: Person, ada: Person, kept: Callable[[], Kept]
) -> None:
    question = ada.post("Does the library lend tools?")
    reply = library.post("It does", question)
    root = library.post("Our tools")
    within = library.post("And also ladders", root)
    archive = kept()
    archive.harvest()
    row = archive.latest(reply)
    assert (row["kind"], row["parent_native_id"], row["root_native_id"]) == ("reply", question, None)
    assert archive.latest(within)["root_native_id"] == root
    assert archive.harvest(full=True).wrote == 0
