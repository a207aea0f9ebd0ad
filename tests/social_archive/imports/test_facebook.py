"""Facebook's downloads, of a Page and of a person."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from social_archive.imports.facebook import Facebook
from social_archive.joining import is_idless
from social_archive.record import Observation, Unreadable
from tests.social_archive.imports.conftest import parse

Zipped = Callable[[str, Mapping[str, str | bytes]], Path]

PAGE = "this_profile's_activity_across_facebook"
PERSON = "your_facebook_activity"
AT = 1_780_315_200


def moji(text: str) -> str:
    """A text as Facebook's exporter breaks it."""
    return text.encode().decode("latin-1")


@pytest.mark.parametrize(
    "name", [f"{PAGE}/posts/profile_posts_1.json", f"{PERSON}/posts/your_posts__check_ins__photos_and_videos_1.json"]
)
def test_a_post_has_its_text_its_pictures_and_its_links(zipped: Zipped, name: str) -> None:
    post = {
        "timestamp": AT, "title": moji("Larkspur posted"),
        "data": [{"update_timestamp": AT + 60}, {"post": moji("Café “Fern” öffnet 🦊")}],
        "attachments": [{"data": [
            {"media": {"uri": f"{PAGE}/posts/media/9_n.jpg", "creation_timestamp": AT, "title": "x"}},
            {"external_context": {"url": "https://larkspur.example/mural"}},
        ]}],
    }  # fmt: skip
    raw = json.dumps(post)
    (o,) = parse(Facebook(), zipped("f.zip", {name: f"[{raw}]"}))
    assert isinstance(o, Observation)
    assert (o.kind, o.body) == ("post", "Café “Fern” öffnet 🦊")
    assert (o.created_at, o.edited_at) == (AT * 10**6, (AT + 60) * 10**6)
    assert (o.media[0].id, o.media[0].outcome, o.links) == ("9_n.jpg", "pending", ("https://larkspur.example/mural",))
    assert o.native == raw.encode()  # the broken text is what Facebook handed out
    assert o.author_is_account
    assert is_idless(o.native_id)


def test_own_comments_the_profile_and_albums(zipped: Zipped) -> None:
    shown = f"{PAGE}/posts/media/1_n.jpg"
    comment = {"timestamp": AT, "comment": moji("Thé at 4"), "author": "Larkspur"}
    profile = {"name": {"full_name": "Larkspur Public Library"}, "username": "larkspur", "about_me": "Books."}
    path = zipped("f.zip", {
        f"{PAGE}/comments_and_reactions/comments.json": json.dumps({"comments_v2": [
            {"timestamp": AT, "title": "x", "data": [{"comment": comment}]},
        ]}),
        f"{PAGE}/profile_information/profile_information.json": json.dumps({"profile_v2": profile}),
        f"{PAGE}/posts/profile_posts_1.json": json.dumps([
            {"timestamp": AT, "data": [{"post": "Look"}], "attachments": [{"data": [{"media": {"uri": shown}}]}]},
        ]),
        f"{PAGE}/posts/album/0.json": json.dumps({"name": "Mural", "photos": [
            {"uri": shown, "creation_timestamp": AT},
            {"uri": f"{PAGE}/posts/media/2_n.jpg", "creation_timestamp": AT + 9, "description": "Second"},
        ]}),
        f"{PAGE}/posts/your_videos.json": json.dumps({"videos_v2": [
            {"uri": f"{PAGE}/posts/media/3.mp4", "creation_timestamp": AT + 10, "description": "Film"},
        ]}),
    })  # fmt: skip
    page, post, said, film, second = (o for o in parse(Facebook(), path) if isinstance(o, Observation))
    assert (page.kind, page.author_name, page.author_handle, page.body) == (
        "profile", "Larkspur Public Library", "larkspur", "Books.",
    )  # fmt: skip
    assert (said.kind, said.body) == ("comment", "Thé at 4")
    assert [post.body, film.body, second.body] == ["Look", "Film", "Second"]  # the album does not repeat the post's


def test_the_same_moment_without_a_text_is_told_apart_by_its_picture(zipped: Zipped) -> None:
    photos = [{"uri": f"media/{n}_n.jpg", "creation_timestamp": AT} for n in range(3)]
    path = zipped("f.zip", {
        f"{PAGE}/posts/profile_posts_1.json": "[]", f"{PAGE}/posts/album/0.json": json.dumps({"photos": photos}),
    })  # fmt: skip
    items = [o for o in parse(Facebook(), path) if isinstance(o, Observation)]
    assert len({o.native_id for o in items}) == 3


def test_odd_items_go_to_quarantine_each_by_itself(zipped: Zipped) -> None:
    odd = b'{"timestamp":1,"timestamp":2,"data":[]}, {"data":[]}, "words"'
    body = b'[%s, {"timestamp":%d,"data":[{"post":"ok"}]}]' % (odd, AT)
    items = parse(Facebook(), zipped("f.zip", {f"{PAGE}/posts/profile_posts_1.json": body}))
    reasons = [o.reason for o in items if isinstance(o, Unreadable)]
    assert reasons == ["duplicate_key", "nothing_known_in_it", "not_an_object"]
    assert [o.body for o in items if isinstance(o, Observation)] == ["ok"]


def test_a_document_that_is_cut_off_goes_to_quarantine_whole(zipped: Zipped) -> None:
    (item,) = parse(Facebook(), zipped("f.zip", {f"{PAGE}/posts/profile_posts_1.json": '[{"timestamp": 17'}))
    assert isinstance(item, Unreadable)
    assert (item.reason, item.native) == ("not_json", b'[{"timestamp": 17')


def test_numbers_that_are_no_times_leave_a_post_undated(zipped: Zipped) -> None:
    times = [0, -5, 10**13, "x", None]
    body = json.dumps([{"timestamp": value, "data": [{"post": f"n{n}"}]} for n, value in enumerate(times)])
    items = parse(Facebook(), zipped("f.zip", {f"{PAGE}/posts/profile_posts_1.json": body}))
    assert {o.created_at for o in items if isinstance(o, Observation)} == {None}
    assert len({o.native_id for o in items if isinstance(o, Observation)}) == 5
