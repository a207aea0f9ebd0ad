"""Bluesky's repository: records under their at:// names, attachments by their blobs, nothing without a tree."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sandbox import exports, story
from sandbox.atproto_data import cid_of_blob, cid_of_record, dag_cbor, did
from sandbox.exports.bluesky import binary, car, counted
from sandbox.picture import png
from social_archive.archive import Archive
from social_archive.config import Account
from social_archive.imports import intake
from social_archive.imports.bluesky import Bluesky
from social_archive.imports.source import ImportRefused, opened
from social_archive.platforms.atproto import tid_micros
from social_archive.record import Observation, Unreadable
from tests.social_archive.imports.conftest import parse, rows

Zipped = Callable[[str, Mapping[str, str | bytes]], Path]

ME = did("larkspur")
POST, GATE = "app.bsky.feed.post", "app.bsky.feed.threadgate"
REV = "3mabcdefghij2"
PICTURE = png("a picture")


def post(text: str, **more: Any) -> dict[str, Any]:
    return {"$type": POST, "text": text, "createdAt": "2026-05-01T10:00:00.000Z", "langs": ["en"], **more}


def reply_to(root: str, parent: str | None = None) -> dict[str, Any]:
    return {"root": {"uri": root, "cid": cid_of_blob(b"")}, "parent": {"uri": parent or root, "cid": cid_of_blob(b"")}}


def image(body: bytes, alt: str) -> dict[str, Any]:
    blob = {"$type": "blob", "ref": {"$link": cid_of_blob(body)}, "mimeType": "image/png", "size": len(body)}
    return {"$type": "app.bsky.embed.images", "images": [{"alt": alt, "image": blob}]}


def uri(rkey: str) -> str:
    return f"at://{ME}/{POST}/{rkey}"


def only(items: list[Observation | Unreadable]) -> Observation:
    (item,) = items
    assert isinstance(item, Observation)
    return item


def test_a_post_has_the_name_text_and_links_that_a_harvest_gives_it(zipped: Zipped) -> None:
    facet = {
        "index": {"byteStart": 0, "byteEnd": 4},
        "features": [{"$type": "app.bsky.richtext.facet#link", "uri": "https://larkspur.example/foxes"}],
    }  # fmt: skip
    body = car(ME, {f"{POST}/3kaaaaaaaaaaa": post("Foxes at dusk 🦊", facets=[facet])}, REV)
    o = only(parse(Bluesky(), zipped("b.zip", {"repo.car": body})))
    assert (o.kind, o.native_id, o.body, o.language) == ("post", uri("3kaaaaaaaaaaa"), "Foxes at dusk 🦊", "en")
    assert (o.author_id, o.author_is_account, o.author_handle) == (ME, True, "larkspur")
    assert (o.created_at_text, o.links) == ("2026-05-01T10:00:00.000Z", ("https://larkspur.example/foxes",))
    assert o.permalink == f"https://bsky.app/profile/{ME}/post/3kaaaaaaaaaaa"


def test_native_is_the_signed_block_itself(zipped: Zipped) -> None:
    body = car(ME, {f"{POST}/3kaaaaaaaaaaa": post("Foxes")}, REV)
    o = only(parse(Bluesky(), zipped("b.zip", {"repo.car": body})))
    assert o.native in body
    assert bytes((1, 0x71, 0x12, 32)) + hashlib.sha256(o.native).digest() in body  # its CID, which the tree names


def test_a_single_file_will_do(tmp_path: Path) -> None:
    path = tmp_path / "repo.car"
    path.write_bytes(car(ME, {f"{POST}/3kaaaaaaaaaaa": post("Foxes")}, REV))
    assert only(parse(Bluesky(), path)).body == "Foxes"
    with opened(path) as source:
        assert Bluesky().made_at(source) == tid_micros(REV)


def test_pictures_are_found_by_the_hash_of_their_blob(zipped: Zipped) -> None:
    cid, lost = cid_of_blob(PICTURE), cid_of_blob(b"lost")
    body = car(ME, {
        f"{POST}/3kaaaaaaaaaaa": post("With it", embed=image(PICTURE, "A fox.")),
        f"{POST}/3kaaaaaaaaaab": post("Without", embed=image(b"lost", "")),
    }, REV)  # fmt: skip
    there, missing = parse(Bluesky(), zipped("b.zip", {"repo.car": body, f"some/blobs/{cid}.jpeg": PICTURE}))
    assert isinstance(there, Observation)
    assert isinstance(missing, Observation)
    (found,) = there.media
    assert (found.id, found.url, found.alt, found.mime) == (cid, f"some/blobs/{cid}.jpeg", "A fox.", "image/png")
    assert missing.media[0].id == lost
    assert missing.media[0].outcome == "pending"


def test_replies_stand_where_the_record_says_and_gates_hide(zipped: Zipped) -> None:
    stranger = f"at://{did('stranger')}/{POST}/3kzzzzzzzzzzz"
    body = car(ME, {
        f"{POST}/3kaaaaaaaaaaa": post("Top"),
        f"{POST}/3kaaaaaaaaaab": post("Under it", reply=reply_to(uri("3kaaaaaaaaaaa"))),
        f"{POST}/3kaaaaaaaaaac": post("Further down", reply=reply_to(uri("3kaaaaaaaaaaa"), uri("3kaaaaaaaaaab"))),
        f"{POST}/3kaaaaaaaaaad": post("To somebody", reply=reply_to(stranger)),
        f"{GATE}/3kaaaaaaaaaaa": {"$type": GATE, "post": uri("3kaaaaaaaaaaa"), "createdAt": "2026-05-01T10:00:00Z",
                                  "hiddenReplies": [uri("3kaaaaaaaaaac")]},
        "app.bsky.feed.like/3kaaaaaaaaaaa": {"$type": "app.bsky.feed.like", "createdAt": "2026-05-01T10:00:00Z"},
    }, REV)  # fmt: skip
    top, under, down, away = (o for o in parse(Bluesky(), zipped("b.zip", {"repo.car": body}))
                              if isinstance(o, Observation))  # fmt: skip
    assert [o.kind for o in (top, under, down, away)] == ["post", "comment", "reply", "reply"]
    assert (down.parent_native_id, down.root_native_id) == (uri("3kaaaaaaaaaab"), uri("3kaaaaaaaaaaa"))
    assert away.root_native_id == stranger
    assert [o.state for o in (top, under, down, away)] == ["present", "present", "hidden", "present"]


def test_the_profile(zipped: Zipped) -> None:
    avatar = image(PICTURE, "")["images"][0]["image"]
    profile = {"$type": "app.bsky.actor.profile", "displayName": "Larkspur", "description": "Books.", "avatar": avatar}
    o = only(parse(Bluesky(), zipped("b.zip", {
        "repo.car": car(ME, {"app.bsky.actor.profile/self": profile}, REV), f"{cid_of_blob(PICTURE)}": PICTURE,
    })))  # fmt: skip
    assert (o.kind, o.native_id, o.author_name, o.body) == ("profile", ME, "Larkspur", "Books.")
    assert o.media[0].url == cid_of_blob(PICTURE)


def test_a_changed_record_goes_to_quarantine_and_hides_no_other(zipped: Zipped) -> None:
    records = {f"{POST}/3kaaaaaaaaaa{letter}": post(f"Post {letter}") for letter in "abc"}
    body = car(ME, records, REV).replace(b"Post b", b"Past b")
    first, changed, third, unused = parse(Bluesky(), zipped("b.zip", {"repo.car": body + planted()}))
    assert isinstance(first, Observation)
    assert isinstance(third, Observation)
    assert isinstance(changed, Unreadable)
    assert (changed.reason, b"Past b" in changed.native) == ("hash_differs", True)
    assert isinstance(unused, Unreadable)
    assert (unused.reason, unused.detail) == ("not_in_tree", "1 blocks belong to no record")


def planted() -> bytes:
    """A block of a repository that no tree names."""
    record = post("never said")
    return counted(binary(cid_of_record(record)) + dag_cbor(record))


def test_a_later_repository_beside_it_brings_the_later_text(zipped: Zipped) -> None:
    key = f"{POST}/3kaaaaaaaaaaa"
    items = parse(Bluesky(), zipped("b.zip", {
        "a.car": car(ME, {key: post("second")}, "3mabcdefghij3"), "b.car": car(ME, {key: post("first")}, REV),
    }))  # fmt: skip
    assert [(o.body, o.observed_at) for o in items if isinstance(o, Observation)] == [("first", -1), ("second", 0)]


def test_a_damaged_repository_is_refused_as_a_whole(zipped: Zipped) -> None:
    body = car(ME, {f"{POST}/3kaaaaaaaaaa{letter}": post(letter) for letter in "abc"}, REV)
    with pytest.raises(ImportRefused, match="no sound repository: it is cut off") as refused:
        parse(Bluesky(), zipped("b.zip", {"repo.car": body[:-3]}))
    assert "Nothing was stored" in refused.value.remedy


def test_it_must_be_the_accounts_own(zipped: Zipped) -> None:
    path = zipped("b.zip", {"repo.car": car(ME, {f"{POST}/3kaaaaaaaaaaa": post("Foxes")}, REV)})
    assert parse(Bluesky(), path, Account(name="larkspur", platform="bluesky", handle=ME))
    other = Account(name="larkspur", platform="bluesky", handle=did("somebody"))
    with pytest.raises(ImportRefused, match="is that of did:plc:"):
        parse(Bluesky(), path, other)
    two = zipped("two.zip", {
        "a.car": car(ME, {f"{POST}/3kaaaaaaaaaaa": post("a")}, REV),
        "b.car": car(did("somebody"), {f"{POST}/3kaaaaaaaaaaa": post("b")}, REV),
    })  # fmt: skip
    with pytest.raises(ImportRefused, match="of 2 accounts"):
        parse(Bluesky(), two)


def test_the_official_reader_reads_the_sandboxs_repository(tmp_path: Path) -> None:
    atproto = pytest.importorskip("atproto")
    path = exports.write("bluesky", story.build("bluesky", date(2026, 9, 1)), "larkspur", tmp_path / "b.zip")
    with opened(path) as source:
        official = atproto.CAR.from_bytes(source.read("repo.car"))
    own = {o.body for o in parse(Bluesky(), path) if isinstance(o, Observation) and o.kind != "profile"}
    written = {block["text"] for block in official.blocks.values() if block.get("$type") == POST}
    assert own == written


@pytest.mark.slow
def test_a_repository_is_taken_in_once(archive: Archive, zipped: Zipped) -> None:
    path = zipped("b.zip", {
        "repo.car": car(ME, {f"{POST}/3kaaaaaaaaaaa": post("Foxes", embed=image(PICTURE, "A fox."))}, REV),
        f"blobs/{cid_of_blob(PICTURE)}": PICTURE,
    })  # fmt: skip
    account = archive.account("larkspur", "bluesky")
    report = intake.run(archive, account, path)
    assert (report.new, report.media_stored, report.quarantined) == (1, 1, 0)
    assert intake.run(archive, account, path).new == 0
    row = next(row for row in rows(archive) if row["kind"] == "post")
    assert row["media"][0]["sha256"] == hashlib.sha256(PICTURE).hexdigest()
    assert row["adapter"] == "import.bluesky/1"
    with pytest.raises(ImportRefused):
        intake.run(archive, account, zipped("cut.zip", {"repo.car": path.read_bytes()[:100]}))
