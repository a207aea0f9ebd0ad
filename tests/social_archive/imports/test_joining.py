"""What was imported without ids and what a harvest finds are one thing, whichever came first."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from social_archive import harvest
from social_archive.accession import Batch, commit
from social_archive.archive import Archive
from social_archive.config import Account, StoreConfig
from social_archive.imports import intake
from social_archive.joining import is_idless, match_of
from social_archive.rebuild import rebuild
from social_archive.record import Media, Observation, now_micros
from tests.agencies import ScriptedArchive, agency_folder, scripted_archive
from tests.scripted import Item, Script
from tests.social_archive.imports.conftest import rows

pytestmark = pytest.mark.slow

Zipped = Callable[[str, Mapping[str, str | bytes]], Path]

AT = 1_780_315_200
POSTS = "activity/posts/profile_posts_1.json"
COMMENTS = "activity/comments_and_reactions/comments.json"


def download(zipped: Zipped, *posts: tuple[int, str], comments: tuple[tuple[int, str], ...] = ()) -> Path:
    return zipped("f.zip", {
        POSTS: json.dumps([{"timestamp": at, "data": [{"post": text}]} for at, text in posts]),
        COMMENTS: json.dumps({"comments_v2": [
            {"timestamp": at, "data": [{"comment": {"timestamp": at, "comment": text}}]} for at, text in comments
        ]}),
    })  # fmt: skip


def take(archive: Archive, path: Path) -> intake.ImportReport:
    return intake.run(archive, archive.account("larkspur", "facebook"), path)


def seen(native_id: str, text: str, *, at: int = AT, kind: Any = "post", own: bool = True, **more: Any) -> Observation:
    """As a harvest sees it."""
    return Observation(
        kind=kind, native_id=native_id, native=b"{}", body=text, platform="facebook", account="larkspur",
        author_id="page-1" if own else "somebody", author_is_account=own, created_at=at * 10**6, harvest_id="h",
        adapter="facebook/1", observed_at=now_micros(), **more,
    )  # fmt: skip


def harvested(archive: Archive, *observations: Observation) -> None:
    archive.catalog.catch_up()
    commit(archive, Batch("facebook", "larkspur", "h", list(observations)))


def things(archive: Archive) -> dict[str, str]:
    """Native id -> rid of everything but gaps, as the catalog knows it now."""
    found = archive.catalog._db.execute("SELECT native_id, hex(rid) FROM things WHERE kind != 'gap'")
    return {native_id: rid.lower() for native_id, rid in found}


def test_a_harvest_gives_an_imported_post_its_real_id(archive: Archive, zipped: Zipped) -> None:
    take(archive, download(zipped, (AT, "The  mural\nis finished"), (AT + 60, "Closed")))
    before = things(archive)
    harvested(archive, seen("1_100", "The mural is finished"))
    first, second = (row for row in rows(archive) if "mural" in (row["body"] or ""))
    assert is_idless(second["native_id"]) or is_idless(first["native_id"])
    assert first["rid"] == second["rid"]
    assert {first["version"], second["version"]} == {1, 2}
    after = things(archive)
    assert after["1_100"] in before.values()
    assert len(after) == len(before) == 2  # one row per thing: the id that we made up is forgotten


def test_a_joined_thing_goes_on_under_its_real_id(archive: Archive, zipped: Zipped) -> None:
    path = download(zipped, (AT, "The mural"))
    take(archive, path)
    harvested(archive, seen("1_100", "The mural"))
    harvested(archive, seen("1_100", "The mural, mended"))
    assert take(archive, path).new == 0  # its first text is still known
    assert [(row["version"], row["body"]) for row in rows(archive) if row["native_id"] == "1_100"] == [
        (2, "The mural"), (3, "The mural, mended"),
    ]  # fmt: skip
    assert list(things(archive)) == ["1_100"]


def test_what_was_harvested_before_is_already_there(archive: Archive, zipped: Zipped) -> None:
    harvested(archive, seen("1_100", "The mural"), seen("c1", "Thanks!", kind="comment", at=AT + 5))
    report = take(archive, download(zipped, (AT, "The mural"), (AT, "Another"), comments=((AT + 5, "Thanks!"),)))
    assert (report.new, report.unchanged) == (1, 2)


@pytest.mark.parametrize(
    "other",
    [
        {"text": "The mural!"},
        {"at": AT + 1},
        {"kind": "comment"},
        {"own": False},
    ],
    ids=["other words", "other second", "a comment", "somebody else's"],
)
def test_what_only_resembles_it_is_another_thing(archive: Archive, zipped: Zipped, other: dict[str, Any]) -> None:
    take(archive, download(zipped, (AT, "The mural")))
    harvested(archive, seen("1_100", other.pop("text", "The mural"), **other))
    assert len(set(things(archive).values())) == 2


def test_twins_of_one_second_are_joined_one_to_one(archive: Archive, zipped: Zipped) -> None:
    take(archive, download(zipped, (AT, "Same"), comments=((AT, "Same"),)))
    harvested(archive, seen("a", "Same"), seen("b", "Same"), seen("c", "Same", kind="reply"))
    found = things(archive)
    assert set(found) == {"a", "b", "c"}
    assert len(set(found.values())) == 3


def test_without_a_text_the_number_of_pictures_decides() -> None:
    assert match_of("post", AT, None, 2) == match_of("story", AT, " \n", 2)
    assert match_of("post", AT, None, 2) != match_of("post", AT, None, 1)
    assert match_of("post", AT, "x", 2) == match_of("post", AT, "x", 0)
    assert match_of("post", None, "x", 0) is None
    assert match_of("gap", AT, "x", 0) is None


def test_a_picture_post_joins_by_count(archive: Archive, zipped: Zipped) -> None:
    post = {"timestamp": AT, "attachments": [{"data": [{"media": {"uri": "a.jpg"}}, {"media": {"uri": "b.jpg"}}]}]}
    take(archive, zipped("f.zip", {POSTS: json.dumps([post])}))
    pictures = (Media(id="1", url="https://cdn.example/1"), Media(id="2", url="https://cdn.example/2"))
    harvested(archive, seen("1_100", "", media=pictures))
    assert list(things(archive)) == ["1_100"]


def test_an_account_has_one_profile(archive: Archive, zipped: Zipped) -> None:
    def profile(about: str) -> Path:
        named = {"name": {"full_name": "Larkspur"}, "about_me": about}
        return zipped("f.zip", {
            POSTS: "[]", "profile_information/profile_information.json": json.dumps({"profile_v2": named}),
        })  # fmt: skip

    take(archive, profile("Books"))
    page = seen("page-1", "Books and tools", kind="profile")
    page.created_at = None
    harvested(archive, page)
    assert list(things(archive)) == ["page-1"]
    assert take(archive, profile("Seeds")).new == 0  # a harvest knows better what the profile says


def test_a_threads_export_does_not_say_what_was_a_reply_and_joins_all_the_same(
    archive: Archive, zipped: Zipped
) -> None:
    text = {"media": [{"uri": "", "creation_timestamp": AT, "title": "Fridays at four"}]}
    path = zipped("t.zip", {"threads/threads_and_replies.json": json.dumps({"text_post_app_text_posts": [text]})})
    account = archive.account("larkspur", "threads")
    intake.run(archive, account, path)
    reply = seen("17", "Fridays at four", kind="reply", parent_native_id="16", root_native_id="15")
    reply.platform = "threads"
    commit(archive, Batch("threads", "larkspur", "h", [reply]))
    assert list(things(archive)) == ["17"]
    assert intake.run(archive, account, path).new == 0


def test_a_catalog_made_anew_says_the_same(archive: Archive, zipped: Zipped) -> None:
    take(archive, download(zipped, (AT, "The mural"), (AT + 9, "Other")))
    harvested(archive, seen("1_100", "The mural"))
    query = "SELECT * FROM things ORDER BY native_id"
    before = archive.catalog._db.execute(query).fetchall()
    own = archive.catalog._db.execute("SELECT * FROM own ORDER BY match, native_id").fetchall()
    rebuild(archive)
    assert archive.catalog._db.execute(query).fetchall() == before
    assert archive.catalog._db.execute("SELECT * FROM own ORDER BY match, native_id").fetchall() == own


def test_a_harvest_never_asks_the_platform_by_an_id_of_ours(
    buckets: StoreConfig, tmp_path: Path, zipped: Zipped
) -> None:
    """Everything that was imported is absent from the harvest; only what has a real id is asked for."""
    script = Script(Item(id="p1", text="Still here"))
    archive = scripted_archive(agency_folder(tmp_path / "agency", buckets.bucket), tmp_path / "state", script)
    as_facebook = Account(name="larkspur", platform="facebook", handle="larkspur")
    own = archive.agency.accounts[0].model_copy(update={"platform": "facebook"})
    agency = archive.agency.model_copy(update={"accounts": [own]})
    archive = ScriptedArchive(agency, archive.state)
    archive.script = script
    asked: list[str] = []
    adapter = archive.adapter(as_facebook)
    item = type(adapter).item

    def listening(self: Any, native_id: str) -> Any:
        asked.append(native_id)
        return item(self, native_id)

    intake.run(archive, own, download(zipped, (AT, "Long ago"), comments=((AT, "A comment"),)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(adapter), "item", listening)
        for full in (False, True):
            report = harvest.run(archive, own, full=full)
            assert report.outcome == "ok"
    assert not any(is_idless(native_id) for native_id in [*asked, *script.asked])
    states = {row["native_id"]: row["state"] for row in rows(archive) if row["kind"] in ("post", "comment")}
    assert set(states.values()) == {"present"}
    gap = next(row for row in rows(archive) if row["gap_reason"] == "import_limits")
    assert gap["state"] == "inaccessible"  # and no harvest closes what an export could not contain


def test_an_import_never_overrules_a_harvest(archive: Archive, tmp_path: Path) -> None:
    """The same id, in an export that was made later: what a harvest saw stays the latest version."""
    harvested(archive, seen("1_100", "As harvested"))
    table = tmp_path / "vendor.csv"
    table.write_text("id,text,when\n1_100,As exported,2026-06-01T12:00:00Z\n1_200,Only here,2026-06-02T12:00:00Z\n")
    mapping = tmp_path / "m.yaml"
    mapping.write_text("mapping:\n  columns: {native_id: id, body: text, created_at: when}\n")
    account = archive.account("larkspur", "facebook")
    report = intake.run(archive, account, table, mapping=mapping)
    assert (report.new, report.unchanged) == (1, 1)
    harvested(archive, seen("1_200", "Only here, seen again", own=False))
    assert [(row["version"], row["adapter"]) for row in rows(archive) if row["native_id"] == "1_200"] == [
        (1, "import.mapped/1"), (2, "facebook/1"),
    ]  # fmt: skip
