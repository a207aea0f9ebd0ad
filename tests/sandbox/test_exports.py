"""The sandbox's exports say what its world says, and the importers read all of it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sandbox import exports, story
from sandbox.world import World
from social_archive.config import Account
from social_archive.imports import importer
from social_archive.imports.source import opened
from social_archive.record import Observation, storable

FORMATS = ("bluesky", "facebook", "flickr", "instagram", "mastodon", "threads", "x", "youtube")
TITLED = ("flickr", "youtube")  # whose posts have a title, too


@pytest.fixture(scope="module")
def world() -> World:
    return story.build("mastodon", date(2026, 9, 1))


@pytest.mark.parametrize("format", FORMATS)
def test_every_own_item_of_the_world_is_in_the_export_once(world: World, tmp_path: Path, format: str) -> None:
    path = exports.write(format, world, "larkspur", tmp_path / "export.zip")
    reader = importer(format)()
    with opened(path) as source:
        assert reader.recognises(source)
        source.verify()
        account = Account(name="larkspur", platform=reader.platform, handle="larkspur")
        found = list(reader.records(source, account))
        assert all(isinstance(o, Observation) for o in found)
        said = [o for o in found if isinstance(o, Observation) and o.kind != "profile" and o.author_is_account]
        assert all(source.resolve(m.url) for o in said for m in o.media)
    posts, comments = exports.own(world, "larkspur")
    assert len({o.native_id for o in said}) == len(said) == len(posts) + len(comments)
    seconds = sorted(int(item.created.timestamp()) for item in (*posts, *comments))
    assert sorted((o.created_at or 0) // 10**6 for o in said) == seconds
    wanted = {storable(item.text) for item in (comments if format in TITLED else (*posts, *comments))}
    found_texts = {o.body or "" for o in said if o.kind != "post" or format not in TITLED}
    if format == "mastodon":  # which puts the name of whoever is answered in front
        found_texts = {text.split(" ", 1)[1] if text.startswith("@") else text for text in found_texts}
    assert found_texts == wanted


def test_an_export_is_the_same_whenever_it_is_written(world: World, tmp_path: Path) -> None:
    one, two = (exports.write("facebook", world, "larkspur", tmp_path / name) for name in ("a.zip", "b.zip"))
    assert one.read_bytes() == two.read_bytes()


def test_an_export_says_that_it_is_invented(world: World, tmp_path: Path) -> None:
    import zipfile

    path = exports.write("youtube", world, "larkspur", tmp_path / "a.zip")
    assert b"does not exist" in zipfile.ZipFile(path).read("INVENTED.txt")
