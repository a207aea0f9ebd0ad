"""Instagram's download."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from social_archive.imports.instagram import Instagram
from social_archive.record import Observation
from tests.social_archive.imports.conftest import parse

Zipped = Callable[[str, Mapping[str, str | bytes]], Path]

AT = 1_780_315_200


@pytest.mark.parametrize("folder", ["your_instagram_activity/media", "content"])
def test_posts_reels_and_stories(zipped: Zipped, folder: str) -> None:
    path = zipped("i.zip", {
        f"{folder}/posts_1.json": json.dumps([
            {"media": [{"uri": "media/posts/202606/1.jpg", "creation_timestamp": AT, "title": "Un caf\u00c3\u00a9"}]},
            {"media": [{"uri": "a.jpg", "creation_timestamp": AT, "title": ""}, {"uri": "b.jpg"}],
             "title": "Two pictures", "creation_timestamp": AT + 5},
        ]),
        f"{folder}/reels.json": json.dumps({"ig_reels_media": [
            {"media": [{"uri": "r.mp4", "creation_timestamp": AT + 6, "title": "A reel"}]},
        ]}),
        f"{folder}/stories.json": json.dumps({"ig_stories": [
            {"uri": "s.jpg", "creation_timestamp": AT + 7, "title": ""},
        ]}),
        f"{folder}/archived_posts.json": json.dumps({"ig_archived_post_media": [
            {"media": [{"uri": "o.jpg", "creation_timestamp": AT + 8, "title": "Withdrawn"}]},
        ]}),
    })  # fmt: skip
    one, two, withdrawn, reel, story = (o for o in parse(Instagram(), path) if isinstance(o, Observation))
    assert (one.body, one.created_at, [m.id for m in one.media]) == ("Un café", AT * 10**6, ["1.jpg"])
    assert (two.body, two.created_at, len(two.media)) == ("Two pictures", (AT + 5) * 10**6, 2)
    assert (withdrawn.state, reel.body, reel.kind) == ("hidden", "A reel", "post")
    assert (story.kind, story.body, story.media[0].url) == ("story", None, "s.jpg")


@pytest.mark.parametrize("words", [("Comment", "Media Owner", "Time"), ("Kommentar", "Besitzer", "Zeit")])
def test_own_comments_in_any_language(zipped: Zipped, words: tuple[str, str, str]) -> None:
    said, owner, time = words
    comment = {"media_list_data": [{"uri": ""}], "string_map_data": {
        said: {"value": "Danke sch\u00c3\u00b6n"}, owner: {"value": "someone_invented"}, time: {"timestamp": AT},
    }}  # fmt: skip
    path = zipped("i.zip", {"your_instagram_activity/comments/post_comments_1.json": json.dumps([comment])})
    (o,) = parse(Instagram(), path)
    assert isinstance(o, Observation)
    assert (o.kind, o.body, o.created_at, o.media) == ("comment", "Danke schön", AT * 10**6, ())


def test_the_profile(zipped: Zipped) -> None:
    words = {"Username": "larkspur", "Name": "Larkspur", "Bio": "Books"}
    user = {"string_map_data": {key: {"value": value} for key, value in words.items()}}
    path = zipped("i.zip", {
        "content/posts_1.json": "[]",
        "personal_information/personal_information/personal_information.json": json.dumps({"profile_user": [user]}),
    })  # fmt: skip
    (o,) = parse(Instagram(), path)
    assert isinstance(o, Observation)
    assert (o.kind, o.author_handle, o.author_name, o.body) == ("profile", "larkspur", "Larkspur", "Books")
