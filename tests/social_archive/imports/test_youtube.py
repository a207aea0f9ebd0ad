"""Google Takeout, in its languages and years."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from social_archive.imports.source import opened
from social_archive.imports.youtube import YouTube
from social_archive.joining import is_idless
from social_archive.record import Observation, Unreadable, micros
from tests.social_archive.imports.conftest import parse

Zipped = Callable[[str, Mapping[str, str | bytes]], Path]

NEW = (
    "Comment ID,Channel ID,Comment Create Timestamp,Price,Parent Comment ID,Post ID,Video ID,Comment Text,"
    "Top-Level Comment ID\r\n"
)
OLD = "Comment ID,Channel ID,Comment create timestamp,Price,Parent comment ID,Video ID,Comment text\r\n"


def only(items: list[Observation | Unreadable]) -> Observation:
    assert len(items) == 1
    assert isinstance(items[0], Observation)
    return items[0]


def test_a_comment_is_under_its_video_and_a_reply_under_its_comment(zipped: Zipped) -> None:
    path = zipped("t.zip", {"Takeout/YouTube/comments/comments.csv": (
        NEW
        + 'UgA,UClark,2026-02-03T04:05:06.789+00:00,0,,,vid00000001,"{""text"":""Hello""}",\r\n'
        + 'UgA.B,UClark,2026-02-03T05:00:00+00:00,0,UgA,,vid00000001,"{""text"":""And you""}",UgA\r\n'
        + 'UgC,UClark,2026-02-03T05:00:00+00:00,0,,UgkPost,,"{""text"":""On a post""}",\r\n'
    )})  # fmt: skip
    top, reply, on_post = (o for o in parse(YouTube(), path) if isinstance(o, Observation))
    assert (top.kind, top.native_id, top.parent_native_id) == ("comment", "UgA", "vid00000001")
    assert top.root_native_id == "vid00000001"
    assert (reply.kind, reply.parent_native_id, reply.root_native_id) == ("reply", "UgA", "vid00000001")
    assert (on_post.kind, on_post.parent_native_id) == ("comment", "import:post/UgkPost")
    assert top.created_at == micros(datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=UTC))
    assert (top.author_id, top.author_is_account, top.body) == ("UClark", True, "Hello")
    assert top.native == b'UgA,UClark,2026-02-03T04:05:06.789+00:00,0,,,vid00000001,"{""text"":""Hello""}",'


@pytest.mark.parametrize(
    ("cell", "body"),
    [
        ("Plain words", "Plain words"),
        ('"With ""quotes"", a comma"', 'With "quotes", a comma'),
        ('"{""takeoutSegments"":[{""text"":""Old ""},{""text"":""form""}]}"', "Old form"),
        ('"{""text"":""@mara"",""mention"":{""externalChannelId"":""UCx""}},{""text"":"" thanks""}"', "@mara thanks"),
        ('"{""text"":""two\r\nlines""}"', "two\r\nlines"),
        ('"{""text"":""cut o"', '{"text":"cut o'),  # not JSON after all: kept as it stands
        ('"{""text"":""two\\nlines""}"', "two\nlines"),
        ("{smile}", "{smile}"),
        ("2026", "2026"),
    ],
)
def test_a_text_has_had_several_forms(zipped: Zipped, cell: str, body: str) -> None:
    path = zipped("t.zip", {"c.csv": OLD + f"UgA,UClark,2026-02-03T04:05:06Z,0,,vid00000001,{cell}\r\n"})
    assert only(parse(YouTube(), path)).body == body


def test_folders_in_any_language_are_known_by_their_tables(zipped: Zipped) -> None:
    path = zipped("t.zip", {
        "Takeout/YouTube y YouTube Music/comentarios/comentarios.csv":
            OLD + "UgA,UClark,2026-02-03T04:05:06Z,0,,v,Hola\r\n",
        "Takeout/YouTube y YouTube Music/historial/visto.csv": "Nombre,Fecha\r\nA,B\r\n",
    })  # fmt: skip
    assert only(parse(YouTube(), path)).body == "Hola"


def test_videos_posts_live_chats_and_the_channel(zipped: Zipped) -> None:
    path = zipped("t.zip", {
        "Takeout/YouTube/video metadata/videos.csv": (
            "Video ID,Approx Duration (ms),Video Audio Language,Video Category,Video Description (Original),Channel ID,"
            "Video Title (Original),Privacy,Video State,Video Create Timestamp,Video Publish Timestamp\r\n"
            'vid00000001,90000,en,People,About foxes,UClark,"The mural: a film",Unlisted,Processed,'
            "2026-01-02T03:04:05+00:00,2026-01-03T03:04:05+00:00\r\n"
        ),
        "Takeout/YouTube/videos/The mural_ a film.mp4": b"film",
        "Takeout/YouTube/posts/posts.csv": (
            'Post ID,Channel ID,Post Create Timestamp,Post Text,Image name 1\r\n'
            'Ugk1,UClark,2026-03-01T00:00:00Z,"{""text"":""New tables""}",Ugk1_image.png\r\n'
        ),
        "Takeout/YouTube/posts/Ugk1_image.png": b"png",
        "Takeout/YouTube/live chats/live chats.csv": (
            "Live Chat ID,Channel ID,Live Chat Create Timestamp,Price,Currency code,Video ID,Live Chat Text\r\n"
            'Chat1,UClark,2026-03-01T10:00:00Z,0,,vid00000001,"{""text"":""Welcome""}"\r\n'
        ),
        "Takeout/YouTube/channels/channel.csv": (
            "Channel ID,Channel Title (Original),Channel Visibility\r\nUClark,Larkspur Public Library,Public\r\n"
        ),
    })  # fmt: skip
    profile, video, post, chat = (o for o in parse(YouTube(), path) if isinstance(o, Observation))
    assert (profile.kind, profile.native_id, profile.author_name) == ("profile", "UClark", "Larkspur Public Library")
    assert (video.kind, video.body, video.flags) == ("post", "The mural: a film\n\nAbout foxes", ("unlisted",))
    assert (video.created_at_text, video.media[0].url) == (
        "2026-01-03T03:04:05+00:00", "Takeout/YouTube/videos/The mural_ a film.mp4",
    )  # fmt: skip
    with opened(path) as source:
        assert source.resolve(post.media[0].url) == "Takeout/YouTube/posts/Ugk1_image.png"
    assert (post.kind, post.body) == ("post", "New tables")
    assert (chat.kind, chat.parent_native_id, chat.flags) == ("comment", "vid00000001", ("live_chat",))
    assert is_idless(post.native_id)  # the API knows neither: a harvest that asked would be told "deleted"
    assert is_idless(chat.native_id)
    assert post.permalink == "https://www.youtube.com/post/Ugk1"


def test_the_page_of_comments_that_takeout_once_wrote(zipped: Zipped) -> None:
    page = (
        "<html><body><ul><li>You added a "
        "<a href='http://www.youtube.com/watch?v=vid00000001&amp;lc=UgA'>comment</a> on "
        "<a href='http://www.youtube.com/watch?v=vid00000001'>The mural</a> at 2016-05-06 07:08:09 UTC.<br/>"
        "Foxes &amp; ferns</li></ul></body></html>"
    )
    o = only(parse(YouTube(), zipped("t.zip", {"Takeout/YouTube/my-comments/my-comments.html": page})))
    assert (o.native_id, o.body, o.root_native_id) == ("UgA", "Foxes & ferns", "vid00000001")
    assert o.created_at == micros(datetime(2016, 5, 6, 7, 8, 9, tzinfo=UTC))


def test_a_row_that_cannot_be_read_hides_no_other(zipped: Zipped) -> None:
    body = NEW.encode() + (
        b"UgA,UClark,2026-02-03T04:05:06Z,0,,,v,fine,\r\n"
        b"UgB,UClark,2026-02-03T04:05:06Z,0,,,v,\xff\xfe,\r\n"
        b",UClark,2026-02-03T04:05:06Z,0,,,v,no id,\r\n"
        b"UgC,UClark,2026-02-03T04:05:06Z,0,,,v,too,many,columns,here\r\n"
        b'UgD,UClark,2026-02-03T04:05:06Z,0,,,v,"never closed,\r\n'
        b"UgE,UClark,2026-02-03T04:05:06Z,0,,,v,also fine,\r\n"
    )
    items = parse(YouTube(), zipped("t.zip", {"comments.csv": body}))
    assert [o.native_id for o in items if isinstance(o, Observation)] == ["UgA", "UgE"]
    reasons = [o.reason for o in items if isinstance(o, Unreadable)]
    assert reasons == ["not_utf8", "native_id_missing", "columns_differ", "not_csv"]


def test_text_in_several_lines_is_one_row(zipped: Zipped) -> None:
    path = zipped("t.zip", {"comments.csv": OLD + 'UgA,UClark,2026-02-03T04:05:06Z,0,,v,"one\n\ntwo, ""three"""\r\n'})
    o = only(parse(YouTube(), path))
    assert o.body == 'one\n\ntwo, "three"'
    assert o.native.endswith(b'"one\n\ntwo, ""three"""')
