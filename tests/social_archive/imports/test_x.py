"""X's archive in its layouts: edit chains, long posts, deleted ones, files named after their posts."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from social_archive.archive import Archive
from social_archive.imports import intake
from social_archive.imports.source import opened
from social_archive.imports.x import X
from social_archive.joining import is_idless
from social_archive.record import Observation, Unreadable, micros
from tests.social_archive.imports.conftest import parse, rows

Zipped = Callable[[str, Mapping[str, str | bytes]], Path]

ACCOUNT = {"account": {"email": "a@b.example", "username": "larkspur", "accountId": "42", "createdVia": "web",
                       "createdAt": "2015-03-04T05:06:07.000Z", "accountDisplayName": "Larkspur Library"}}  # fmt: skip


def id_at(moment: datetime, low: int = 0) -> str:
    """An id that was given out at this moment."""
    return str((micros(moment) // 1_000 - 1_288_834_974_657) << 22 | low)


NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
FIRST, SECOND, THIRD = (id_at(NOON.replace(minute=m)) for m in (0, 5, 9))


def tweet(
    tweet_id: str, text: str = "Hello", at: str = "Fri May 01 12:00:00 +0000 2026", **more: Any
) -> dict[str, Any]:  # fmt: skip
    return {"tweet": {
        "edit_info": {"initial": {"editTweetIds": [tweet_id], "editsRemaining": "5", "isEditEligible": False}},
        "id_str": tweet_id, "id": tweet_id, "full_text": text, "created_at": at, "lang": "en", "favorite_count": "3",
        "retweet_count": "1", "entities": {"urls": []}, **more,
    }}  # fmt: skip


def edit(tweet_id: str, text: str, at: str, chain: list[str]) -> dict[str, Any]:
    info = {"edit": {"initialTweetId": chain[0], "editControlInitial": {"editTweetIds": chain, "editsRemaining": "4"}}}
    return tweet(tweet_id, text, at, edit_info=info)


def script(name: str, *entries: Any) -> str:
    return f"window.YTD.{name}.part0 = {json.dumps(list(entries), indent=2, ensure_ascii=False)}"


def read(zipped: Zipped, members: Mapping[str, str | bytes]) -> list[Observation | Unreadable]:
    return parse(X(), zipped("x.zip", {"data/account.js": script("account", ACCOUNT), **members}))


def observed(items: list[Observation | Unreadable]) -> list[Observation]:
    assert all(isinstance(item, Observation) for item in items), items
    return [item for item in items if isinstance(item, Observation)]


def test_a_post(zipped: Zipped) -> None:
    said = tweet(
        FIRST, "Foxes &amp; ferns &lt;3 https://t.co/abc — naïve ☕",
        entities={"urls": [{"url": "https://t.co/abc", "expanded_url": "https://larkspur.example/foxes"}]},
        possibly_sensitive=True,
    )  # fmt: skip
    (o,) = observed(read(zipped, {"data/tweets.js": script("tweets", said)}))
    assert (o.kind, o.native_id) == ("post", FIRST)
    assert o.body == "Foxes & ferns <3 https://larkspur.example/foxes — naïve ☕"
    assert (o.author_id, o.author_handle, o.author_name) == ("42", "larkspur", "Larkspur Library")
    assert o.links == ("https://larkspur.example/foxes",)
    assert (o.created_at, o.likes, o.shares, o.flags) == (micros(NOON), 3, 1, ("sensitive",))
    assert o.permalink == f"https://x.com/larkspur/status/{FIRST}"
    assert json.loads(o.native) == said


def test_an_edited_post_is_one_thing_in_several_versions(zipped: Zipped) -> None:
    chain = [FIRST, SECOND, THIRD]
    items = observed(read(zipped, {"data/tweets.js": script(
        "tweets",
        edit(THIRD, "three", "Fri May 01 12:09:00 +0000 2026", chain),
        edit(SECOND, "two", "Fri May 01 12:05:00 +0000 2026", chain),
        tweet(FIRST, "one", edit_info={"initial": {"editTweetIds": chain}}),
        tweet(id_at(NOON.replace(hour=13)), "a reply to an edit", in_reply_to_status_id_str=SECOND),
    )}))  # fmt: skip
    versions = sorted((o for o in items if o.native_id == FIRST), key=lambda o: o.observed_at)
    assert [(o.body, o.observed_at) for o in versions] == [("one", -2), ("two", -1), ("three", 0)]
    assert [o.edited_at_text for o in versions] == [
        None, "Fri May 01 12:05:00 +0000 2026", "Fri May 01 12:09:00 +0000 2026",
    ]  # fmt: skip
    assert {o.created_at for o in versions} == {micros(NOON)}
    reply = next(o for o in items if o.native_id != FIRST)
    assert (reply.parent_native_id, reply.root_native_id, reply.kind) == (FIRST, FIRST, "comment")


def test_an_edit_alone_tells_when_the_first_was_said(zipped: Zipped) -> None:
    (o,) = observed(read(zipped, {"data/tweets.js": script(
        "tweets", edit(SECOND, "two", "Fri May 01 12:05:00 +0000 2026", [FIRST, SECOND])
    )}))  # fmt: skip
    assert (o.native_id, o.created_at, o.created_at_text) == (FIRST, micros(NOON), None)


def test_what_was_deleted_says_so_itself(zipped: Zipped) -> None:
    gone = tweet(FIRST, "Sorry", deleted_at="2026-05-20T10:11:12.000Z")
    kept = tweet(SECOND, "Here")
    items = observed(read(zipped, {
        "data/tweets.js": script("tweets", kept), "data/deleted-tweets.js": script("deleted_tweets", gone),
    }))  # fmt: skip
    states = {o.native_id: o.state for o in items}
    assert states == {FIRST: "deleted", SECOND: "present"}
    assert b"2026-05-20T10:11:12.000Z" in next(o.native for o in items if o.native_id == FIRST)


def test_the_same_post_in_both_files_is_first_there_and_then_deleted(zipped: Zipped) -> None:
    items = observed(read(zipped, {
        "data/tweets.js": script("tweets", tweet(FIRST)),
        "data/deleted-tweets.js": script("deleted_tweets", tweet(FIRST)),
    }))  # fmt: skip
    assert sorted((o.observed_at, o.state) for o in items) == [(-1, "present"), (0, "deleted")]


def test_a_long_text_is_put_into_its_post(zipped: Zipped) -> None:
    long = "It was a long story. " * 30
    note = {"noteTweet": {"noteTweetId": id_at(NOON.replace(second=1), 77), "createdAt": "2026-05-01T12:00:00.000Z",
                          "core": {"text": long, "urls": [{"shortUrl": "https://t.co/z",
                                                           "expandedUrl": "https://larkspur.example"}]}}}  # fmt: skip
    lost = {"noteTweet": {"noteTweetId": id_at(NOON.replace(hour=20)), "createdAt": "2026-05-01T20:00:00.000Z",
                          "core": {"text": "Nobody's text"}}}  # fmt: skip
    items = observed(read(zipped, {
        "data/tweets.js": script(
            "tweets", tweet(FIRST, long[:270] + "… https://t.co/abc123"),
            tweet(id_at(NOON, 5), "Another at that moment"),
        ),
        "data/note-tweet.js": script("note_tweet", note, lost),
    }))  # fmt: skip
    post, other, alone = items
    assert (post.native_id, post.body, post.flags) == (FIRST, long, ("note_tweet",))
    assert post.links == ("https://larkspur.example",)
    both = json.loads(post.native)
    assert (both[0]["tweet"]["id_str"], both[1]) == (FIRST, note)
    assert (other.body, other.flags) == ("Another at that moment", ())
    assert (alone.body, is_idless(alone.native_id)) == ("Nobody's text", True)


def test_files_carry_the_id_of_their_post(zipped: Zipped) -> None:
    photo = {"id_str": "900", "type": "photo", "url": "https://t.co/own", "media_url_https": "https://pbs.twimg.com/media/Fox.jpg"}
    film = {
        "id_str": "901", "type": "video", "media_url_https": "https://pbs.twimg.com/ext_tw_video_thumb/901/t.jpg",
        "video_info": {"variants": [
            {"bitrate": "256000", "content_type": "video/mp4", "url": "https://video.twimg.com/a/small.mp4?tag=12"},
            {"content_type": "application/x-mpegURL", "url": "https://video.twimg.com/a/list.m3u8"},
            {"bitrate": "832000", "content_type": "video/mp4", "url": "https://video.twimg.com/a/large.mp4?tag=12"},
        ]},
    }  # fmt: skip
    lost = {"id_str": "902", "type": "animated_gif", "media_url_https": "https://pbs.twimg.com/tweet_video_thumb/g.jpg"}
    (o,) = observed(read(zipped, {
        "data/tweets.js": script("tweets", tweet(
            FIRST, "Look https://t.co/own", entities={"media": [photo], "urls": []},
            extended_entities={"media": [photo, film, lost]},
        )),
        f"data/tweets_media/{FIRST}-Fox.jpg": b"jpg", f"data/tweets_media/{FIRST}-large.mp4": b"mp4",
    }))  # fmt: skip
    assert o.body == "Look"
    assert [(m.id, m.url) for m in o.media] == [
        ("3_900", f"data/tweets_media/{FIRST}-Fox.jpg"), ("7_901", f"data/tweets_media/{FIRST}-large.mp4"),
        ("16_902", "https://pbs.twimg.com/tweet_video_thumb/g.jpg"),
    ]  # fmt: skip


def test_parts_old_names_and_the_first_layout(zipped: Zipped) -> None:
    grailbird = [{"id": 300, "id_str": "300", "text": "2013", "created_at": "2013-04-05 06:07:08 +0000"}]
    items = observed(read(zipped, {
        "data/tweets.js": script("tweets", tweet(FIRST)), "data/tweets-part1.js": script("tweets", tweet(SECOND)),
        "data/tweet.js": "window.YTD.tweet.part0 = " + json.dumps([tweet("500")["tweet"]]),
        "data/js/tweets/2013_04.js": f"Grailbird.data.tweets_2013_04 = \n {json.dumps(grailbird)}",
    }))  # fmt: skip
    assert {o.native_id for o in items} == {FIRST, SECOND, "500", "300"}
    first = next(o for o in items if o.native_id == "300")
    assert (first.body, first.created_at) == ("2013", micros(datetime(2013, 4, 5, 6, 7, 8, tzinfo=UTC)))


def test_reposts_are_flagged_and_replies_named(zipped: Zipped) -> None:
    repost, reply = observed(read(zipped, {"data/tweets.js": script(
        "tweets", tweet(FIRST, "RT @mara: Foxes…"), tweet(SECOND, "@mara Yes", in_reply_to_status_id_str="777"),
    )}))  # fmt: skip
    assert (repost.flags, repost.native_id) == (("repost",), f"import:repost/{FIRST}")  # the adapter leaves them out
    assert (reply.kind, reply.parent_native_id, reply.root_native_id) == ("reply", "777", None)


def test_the_profile_without_the_owners_mail_address(zipped: Zipped) -> None:
    profile = {"profile": {"description": {"bio": "Books.", "website": "https://larkspur.example", "location": "X"},
                           "avatarMediaUrl": "https://pbs.twimg.com/profile_images/1/fox.jpg"}}  # fmt: skip
    o, _ = observed(read(zipped, {
        "data/profile.js": script("profile", profile), "data/tweets.js": script("tweets", tweet(FIRST)),
        "data/profile_media/42-fox.jpg": b"jpg",
    }))  # fmt: skip
    assert (o.kind, o.native_id, o.author_name, o.body) == (
        "profile", "42", "Larkspur Library", "Books.\n\nLocation: X\nWebsite: https://larkspur.example",
    )  # fmt: skip
    assert (o.links, o.media[0].url) == (("https://larkspur.example",), "data/profile_media/42-fox.jpg")
    assert b"a@b.example" not in o.native


def test_the_manifest_says_when_the_archive_was_made(zipped: Zipped) -> None:
    manifest = {"userInfo": {"accountId": "42"}, "archiveInfo": {"generationDate": "2026-06-07T08:09:10.000Z"}}
    path = zipped("x.zip", {
        "data/tweets.js": script("tweets", tweet(FIRST)),
        "data/manifest.js": f"window.__THAR_CONFIG = {json.dumps(manifest)}",
    })  # fmt: skip
    with opened(path) as source:
        assert X().made_at(source) == micros(datetime(2026, 6, 7, 8, 9, 10, tzinfo=UTC))
    assert observed(parse(X(), path))[0].author_id == "42"


def test_a_broken_item_hides_no_other(zipped: Zipped) -> None:
    good = [json.dumps(tweet(FIRST)).encode(), json.dumps(tweet(SECOND)).encode()]
    bad = [b'{"tweet": {"id_str": "1", "id_str": "2"}}', b'{"tweet": {"full_text": "\xff\xfe", "id_str": "3"}}',
           b'{"tweet": {"full_text": "no id"}}', b'{"tweet": {"id": 1.5e18, "full_text": "x"}}', b"17"]  # fmt: skip
    body = b"\xef\xbb\xbfwindow.YTD.tweets.part0 = [" + b",\n".join([good[0], *bad, good[1]]) + b"];\n"
    items = read(zipped, {"data/tweets.js": body})
    assert [o.native_id for o in items if isinstance(o, Observation)] == [FIRST, SECOND]
    reasons = [o.reason for o in items if isinstance(o, Unreadable)]
    assert reasons == ["duplicate_key", "not_utf8", "native_id_missing", "native_id_missing", "not_an_object"]


@pytest.mark.parametrize("body", ["window.YTD.tweets.part0 = [{", "window.YTD.tweets.part0 = {}", "window.YTD.tweets"])
def test_a_script_that_is_no_list_goes_to_quarantine_whole(zipped: Zipped, body: str) -> None:
    name = {"data/tweets.js": script("tweets", tweet(FIRST)), "data/tweets-part1.js": body}
    items = read(zipped, name)
    assert [o.native for o in items if isinstance(o, Unreadable)] == [body.encode()]


@pytest.mark.slow
def test_versions_and_the_deletion_stand_in_the_archive_in_order(archive: Archive, zipped: Zipped) -> None:
    chain = [FIRST, SECOND]
    path = zipped("x.zip", {
        "data/account.js": script("account", ACCOUNT),
        "data/tweets.js": script(
            "tweets", tweet(FIRST, "one", edit_info={"initial": {"editTweetIds": chain}}),
            edit(SECOND, "two", "Fri May 01 12:05:00 +0000 2026", chain),
        ),
        "data/deleted-tweets.js": script(
            "deleted_tweets", edit(SECOND, "two", "Fri May 01 12:05:00 +0000 2026", chain)
        ),
    })  # fmt: skip
    account = archive.account("larkspur", "x")
    report = intake.run(archive, account, path, batch=2)
    assert report.quarantined == 0
    history = [(row["version"], row["body"], row["state"]) for row in rows(archive) if row["kind"] == "post"]
    assert history == [(1, "one", "present"), (2, "two", "present"), (3, "two", "deleted")]
    assert intake.run(archive, account, path).new == 0
    assert len([row for row in rows(archive) if row["kind"] == "post"]) == 3
