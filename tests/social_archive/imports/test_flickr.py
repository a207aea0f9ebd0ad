"""Flickr's export: photographs, what anybody wrote under them, and what the account wrote elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from social_archive.accession import Batch, commit
from social_archive.archive import Archive
from social_archive.imports import intake
from social_archive.imports.flickr import Flickr
from social_archive.joining import is_idless
from social_archive.record import Observation, Unreadable, micros, now_micros
from tests.social_archive.imports.conftest import parse, rows

Zipped = Callable[[str, Mapping[str, str | bytes]], Path]

NSID = "12345678@N01"
PROFILE = {"real_name": "Larkspur Library", "join_date": "2010-05-06 07:08:09", "description": "Books &amp; more.",
           "profile_url": "https://www.flickr.com/people/larkspur/", "nsid": NSID, "path_alias": "larkspur",
           "screen_name": "LarkspurPL", "website_url": "https://larkspur.example"}  # fmt: skip
ADDRESS = "https://www.flickr.com/photos/larkspur/53000000001/"


def photo(number: int = 53000000001, **more: Any) -> dict[str, Any]:
    return {
        "id": str(number), "name": "Foxes", "description": 'At <a href="https://larkspur.example/dusk">dusk</a>',
        "count_views": "9", "count_faves": "2", "count_comments": "1", "date_taken": "2026-04-30 20:00:00",
        "date_imported": "2026-05-01 12:00:00", "photopage": ADDRESS, "geo": [], "albums": [], "privacy": "public",
        "original": f"https://live.staticflickr.com/65535/{number}_abcdef0123_o.jpg",
        "tags": [{"tag": "Red Fox"}, {"tag": "dusk"}, {"tag": "geo:lat=1"}], "comments": [], **more,
    }  # fmt: skip


def comment(number: str, user: str, text: str = "Lovely!", **more: Any) -> dict[str, Any]:
    return {"id": number, "date": "2026-05-02 10:00:00", "user": user, "comment": text,
            "url": f"{ADDRESS}#comment{number}", **more}  # fmt: skip


def export(*photos: dict[str, Any], **members: str | bytes) -> dict[str, str | bytes]:
    made = {f"export/photo_{each['id']}.json": json.dumps(each, indent=2) for each in photos}
    return {"export/account_profile.json": json.dumps(PROFILE), **made, **members}


def read(zipped: Zipped, *photos: dict[str, Any], **members: str | bytes) -> list[Observation]:
    items = parse(Flickr(), zipped("f.zip", export(*photos, **members)))
    assert all(isinstance(item, Observation) for item in items), items
    return [item for item in items if isinstance(item, Observation)]


def test_a_photograph(zipped: Zipped) -> None:
    profile, o = read(zipped, photo(), **{"data-download-1/foxes_53000000001_o.jpg": b"jpg"})
    assert (o.kind, o.native_id, o.body) == ("post", "53000000001", "Foxes\n\nAt dusk\n\n#dusk #redfox")
    assert o.links == ("https://larkspur.example/dusk",)
    assert (o.author_id, o.author_is_account, o.state, o.likes) == (NSID, True, "present", 2)
    assert o.permalink == f"https://www.flickr.com/photos/{NSID}/53000000001/"
    assert o.created_at == micros(datetime(2026, 5, 1, 12, tzinfo=UTC))
    assert [(m.id, m.url) for m in o.media] == [
        ("53000000001/abcdef0123", "data-download-1/foxes_53000000001_o.jpg")
    ]
    assert (profile.kind, profile.native_id, profile.body) == ("profile", NSID, "Books & more.")
    assert (profile.author_name, profile.author_handle) == ("Larkspur Library", "larkspur")


@pytest.mark.parametrize(
    "name",
    ["2024_trip_53000000001_o.jpg", "53000000001_abcdef0123_o.jpg", "a-film_53000000001.mp4", "_53000000001_o.png"],
)
def test_files_are_found_under_all_their_names(zipped: Zipped, name: str) -> None:
    _, o = read(zipped, photo(), **{name: b"file", "other_53000000002_o.jpg": b"other"})
    assert o.media[0].url == name


def test_a_photograph_whose_file_lies_in_another_zip_is_missing(zipped: Zipped) -> None:
    _, o = read(zipped, photo())
    assert o.media[0].url == "https://live.staticflickr.com/65535/53000000001_abcdef0123_o.jpg"


@pytest.mark.parametrize(
    ("privacy", "state", "flags"),
    [
        ("public", "present", ()), ("private", "hidden", ("private",)), ("friends", "hidden", ("friends",)),
        ("family", "hidden", ("family",)), ("friends & family", "hidden", ("friends_and_family",)),
    ],
)  # fmt: skip
def test_what_the_public_cannot_see(zipped: Zipped, privacy: str, state: str, flags: tuple[str, ...]) -> None:
    _, o = read(zipped, photo(privacy=privacy))
    assert (o.state, o.flags) == (state, flags)


def test_comments_by_anybody_stand_under_their_photograph(zipped: Zipped) -> None:
    _, top, hers, ours = read(zipped, photo(comments=[
        comment("72157700000000001", "99999999@N02", "Who &lt;3 foxes?"), comment("72157700000000002", NSID, "We do."),
    ]))  # fmt: skip
    assert (hers.kind, hers.parent_native_id, hers.root_native_id) == ("comment", top.native_id, top.native_id)
    assert (hers.body, hers.author_id, hers.author_is_account) == ("Who <3 foxes?", "99999999@N02", False)
    assert (ours.author_is_account, ours.author_name) == (True, "Larkspur Library")
    assert hers.native_id == "import:comment/53000000001-72157700000000001"
    assert b"foxes?" in hers.native
    assert b"foxes?" not in top.native  # it lives and dies by itself
    assert json.loads(top.native)["comments"] == []


def test_a_comment_whose_whole_id_is_given_has_it(zipped: Zipped) -> None:
    _, _, o = read(zipped, photo(comments=[comment("6065-53000000001-72157700000000001", "99999999@N02")]))
    assert o.native_id == "6065-53000000001-72157700000000001"


def test_own_comments_elsewhere_and_each_own_comment_once(zipped: Zipped) -> None:
    here = {"photo_id": "53000000001", "photo_url": ADDRESS, "comment": "We do.", "created": "2026-05-02 10:00:00",
            "comment_url": f"{ADDRESS}#comment72157700000000002"}  # fmt: skip
    there = {**here, "photo_id": "99", "comment": "Nice.", "comment_url": "https://www.flickr.com/photos/x/99/#comment5"}
    items = read(zipped, photo(comments=[comment("72157700000000002", NSID, "We do.")]), **{
        "export/photos_comments_part001.json": json.dumps({"comments": [here, there]}),
    })  # fmt: skip
    said = [o for o in items if o.kind == "comment"]
    assert [(o.body, o.author_is_account) for o in said] == [("We do.", True), ("Nice.", True)]
    assert (said[1].native_id, said[1].root_native_id) == ("import:comment/99-5", "import:photo/99")
    assert is_idless(said[1].root_native_id or "")  # no harvest looks there


def test_a_broken_file_hides_no_other(zipped: Zipped) -> None:
    bad = comment("1", NSID, "BROKEN")
    members = export(photo(), photo(53000000002, comments=[bad, {"id": "", "comment": "no id"}]), **{
        "export/photo_53000000003.json": '{"id": "53000000003", "photopage": "x", "name"',
        "export/photo_53000000004.json": '{"photopage": "x"}',
        "export/photos_comments_part001.json": "<html>",
    })  # fmt: skip
    broken = str(members["export/photo_53000000002.json"]).encode().replace(b"BROKEN", b"\xff\xfe")
    items = parse(Flickr(), zipped("f.zip", {**members, "export/photo_53000000002.json": broken}))
    assert [o.native_id for o in items if isinstance(o, Observation)] == [NSID, "53000000001", "53000000002"]
    assert [o.reason for o in items if isinstance(o, Unreadable)] == [
        "not_utf8", "native_id_missing", "not_json", "native_id_missing", "not_json",
    ]  # fmt: skip


# --------------------------------------------------------------------------- joining


FULL = "12340000-53000000001-72157700000000001"


def harvested(archive: Archive, **more: Any) -> None:
    """As a harvest sees a stranger's comment: under the API's whole id."""
    o = Observation(
        kind="comment", native_id=FULL, native=b"{}", platform="flickr", account="larkspur",
        parent_native_id="53000000001", root_native_id="53000000001", author_id="99999999@N02",
        created_at=micros(datetime(2026, 5, 2, 10, tzinfo=UTC)), harvest_id="h",
        adapter="flickr/1", observed_at=now_micros(), **{"body": "Lovely!", **more},
    )  # fmt: skip
    archive.catalog.catch_up()
    commit(archive, Batch("flickr", "larkspur", "h", [o]))


@pytest.mark.slow
@pytest.mark.parametrize("first", ["import", "harvest"])
def test_a_strangers_comment_is_one_thing_by_the_end_of_its_id(archive: Archive, zipped: Zipped, first: str) -> None:
    path = zipped("f.zip", export(photo(comments=[comment("72157700000000001", "99999999@N02")])))
    account = archive.account("larkspur", "flickr")
    if first == "harvest":
        harvested(archive)
    intake.run(archive, account, path)
    if first == "import":
        harvested(archive, author_name="Mara")
    intake.run(archive, account, path)
    harvested(archive, body="Lovely! (edited)")
    said = [row for row in rows(archive) if row["kind"] == "comment"]
    assert len({row["rid"] for row in said}) == 1
    assert [row["version"] for row in sorted(said, key=lambda row: row["version"])][-1] == len(said)
    assert max(said, key=lambda row: row["version"])["native_id"] == FULL
    names = {name for (name,) in archive.catalog._db.execute("SELECT native_id FROM things WHERE kind = 'comment'")}
    assert names == {FULL}
