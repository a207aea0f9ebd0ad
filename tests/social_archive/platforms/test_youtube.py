"""youtube: consent and scopes, quota, moderation queues, and what an answer may be taken for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from social_archive.errors import AccountGone, CursorLoop, LoginExpired, ScopeLost, Throttled, Unintelligible
from social_archive.platforms.base import Page, Scale, Target
from social_archive.platforms.http import Http
from social_archive.platforms.youtube import FORCE_SSL, YouTube
from social_archive.record import Observation, Unreadable, evidential_digest
from tests.social_archive.platforms.answering import Asked, Clock, Reply, Server, json_reply, serving

REFRESH, SECRET, ACCESS = "CANARY-refresh-token", "CANARY-client-secret", "CANARY-access-token"
CHANNEL = {
    "kind": "youtube#channel", "id": "UC" + "c" * 22,
    "snippet": {"title": "Larkspur", "description": "Invented.", "customUrl": "@larkspur"},
    "contentDetails": {"relatedPlaylists": {"uploads": "UU" + "c" * 22}}, "statistics": {"videoCount": "2"},
}  # fmt: skip
GRANT = {"access_token": ACCESS, "expires_in": 3599, "scope": FORCE_SSL, "token_type": "Bearer"}
VIDEO = "vid_eo-0001"


def lists(kind: str, *items: Any, **more: Any) -> dict[str, Any]:
    return {"kind": f"youtube#{kind}ListResponse", "items": list(items), **more}


def refusal(status: int, reason: str) -> Reply:
    return json_reply({"error": {"code": status, "errors": [{"reason": reason}]}}, status=status)


def comment(native_id: str = "Ug1", text: str = "Lovely.", **snippet: Any) -> dict[str, Any]:
    return {
        "kind": "youtube#comment", "id": native_id,
        "snippet": {
            "videoId": VIDEO, "textDisplay": text, "textOriginal": text, "authorDisplayName": "@mara",
            "authorChannelId": {"value": "UCmara"}, "likeCount": 2, "publishedAt": "2026-01-02T03:04:05Z",
            "updatedAt": "2026-01-02T03:04:05Z", **snippet,
        },
    }  # fmt: skip


def routed(**replies: Reply | Callable[[Asked], Reply]) -> Callable[[Asked], Reply]:
    """A server from the names of resources to replies. The token and the channel are in order unless given."""
    known = {"token": json_reply(GRANT), "channels": json_reply(lists("channel", CHANNEL)), **replies}

    def answer(asked: Asked) -> Reply:
        reply = known[asked.path.rpartition("/")[2]]
        return reply if isinstance(reply, Reply) else reply(asked)

    return answer


def adapter(
    at: Server, *, secrets: dict[str, str] | None = None, handle: str = "@larkspur", **settings: Any
) -> YouTube:
    given = {"refresh_token": REFRESH, "client_secret": SECRET} if secrets is None else secrets
    target = Target("main", handle, {"server": at.url, "insecure_local": True, "client_id": "id", **settings}, given)
    clock = Clock()
    http = Http(base_url=YouTube.base_url(target), pace=YouTube.pace, secrets=tuple(given.values()),
                clock=clock.monotonic, sleep=clock.sleep, wall=clock.wall)  # fmt: skip
    return YouTube(target, http)


def page_of(body: Any, **context: Any) -> Page:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    given = {"channel": CHANNEL["id"], "root": VIDEO, "queue": "published", **context}
    return Page(
        kind="thread", endpoint="e", body=raw, response_sha256="s", http_date=None, observed_at=1, context=given
    )  # fmt: skip


def thread_of(top: dict[str, Any], *replies: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    count = len(replies) if total is None else total
    return {"kind": "youtube#commentThread", "id": top["id"], "replies": {"comments": list(replies)},
            "snippet": {"videoId": VIDEO, "topLevelComment": top, "totalReplyCount": count}}  # fmt: skip


def read(page: Page) -> list[Observation | Unreadable]:
    with serving(json_reply({})) as server:
        return list(adapter(server).records(page))


# --------------------------------------------------------------------------- consent


def test_a_refresh_token_becomes_a_token_of_this_run_and_no_secret_is_shown() -> None:
    with serving(answer=routed()) as server:
        page = next(iter(adapter(server).profile()))
        assert [asked.path for asked in server.asked] == ["/token", "/youtube/v3/channels"]
        assert server.asked[1].headers["authorization"] == f"Bearer {ACCESS}"
        assert "authorization" not in server.asked[0].headers
    assert ACCESS not in page.endpoint


@pytest.mark.parametrize(
    ("replies", "error", "words"),
    [
        ({"token": json_reply({"error": "invalid_grant"}, status=400)}, LoginExpired, "invalid_grant"),
        ({"token": json_reply({**GRANT, "scope": "https://www.googleapis.com/auth/youtube"})}, ScopeLost, "force-ssl"),
        ({"channels": json_reply(lists("channel"))}, AccountGone, "no channel"),
        ({"channels": refusal(401, "authError")}, LoginExpired, "authError"),
        ({"channels": refusal(403, "channelClosed")}, AccountGone, "channelClosed"),
        ({"channels": refusal(403, "insufficientPermissions")}, ScopeLost, "insufficientPermissions"),
        ({"channels": json_reply(lists("channel", {**CHANNEL, "id": 1e18}))}, Unintelligible, "usable id"),
    ],
)
def test_what_keeps_a_channel_from_being_read_is_said(
    replies: dict[str, Reply], error: type[Exception], words: str
) -> None:
    with serving(answer=routed(**replies)) as server:
        with pytest.raises(error, match=words):
            list(adapter(server).posts(None))
        problems = adapter(server).check()
    assert len(problems) == 1
    assert problems[0].remedy
    assert not any(secret in repr(problems) for secret in (REFRESH, SECRET, ACCESS))


def test_the_consent_of_another_channels_owner_is_refused() -> None:
    with serving(answer=routed()) as server, pytest.raises(ScopeLost, match="another channel"):
        list(adapter(server, handle="@somebody-else").profile())
    with serving(answer=routed()) as server:
        assert list(adapter(server, handle=str(CHANNEL["id"])).profile())


def test_a_key_alone_shows_what_the_public_sees_and_is_in_no_address() -> None:
    replies = {"commentThreads": json_reply(lists("commentThread", thread_of(comment())))}
    with serving(answer=routed(**replies)) as server:
        pages = list(adapter(server, secrets={"api_key": "CANARY-key"}).thread(VIDEO))
        assert [a.path.rpartition("/")[2] for a in server.asked] == ["channels", "commentThreads"]
        assert server.asked[0].query["forHandle"] == "@larkspur"
        assert server.asked[1].query["key"] == "CANARY-key"
        assert "moderationStatus" not in server.asked[1].query
    assert all("CANARY" not in page.endpoint for page in pages)


def test_neither_token_nor_key_is_a_login_that_is_missing() -> None:
    with serving(answer=routed()) as server:
        assert "neither" in adapter(server, secrets={}).check()[0].what


def test_a_token_for_seven_days_is_warned_of() -> None:
    for days, warned in ((7, 1), (20, 0)):
        grant = {**GRANT, "refresh_token_expires_in": days * 86_400}
        with serving(answer=routed(token=json_reply(grant))) as server:
            one = adapter(server)
            list(one.profile())
        assert len(one.warnings()) == warned


# --------------------------------------------------------------------------- quota


def test_a_spent_quota_parks_until_midnight_in_california() -> None:
    with serving(answer=routed(playlistItems=refusal(403, "quotaExceeded"))) as server:
        with pytest.raises(Throttled) as caught:
            list(adapter(server).posts(None))
        assert sum(a.path.endswith("playlistItems") for a in server.asked) == 1, "nothing is asked again before"
    assert timedelta(0) < caught.value.regain_at - datetime.fromtimestamp(1_800_000_000, UTC) <= timedelta(days=1)


def test_too_fast_is_waited_out() -> None:
    replies = [refusal(403, "rateLimitExceeded"), json_reply(lists("playlistItem"))]
    with serving(answer=routed(playlistItems=lambda _: replies.pop(0))) as server:
        one = adapter(server)
        assert list(one.posts(None)) == []
        assert len([a for a in server.asked if a.path.endswith("playlistItems")]) == 2


def test_a_run_stops_at_its_share_of_the_day() -> None:
    with serving(answer=routed(playlistItems=json_reply(lists("playlistItem")))) as server:
        one = adapter(server, daily_units=1)
        with pytest.raises(Throttled):
            list(one.posts(None))
        assert one.units == 1


def test_a_run_is_planned_before_it_starts() -> None:
    with serving(answer=routed()) as server:
        plan = adapter(server).estimate(Scale(posts=118, comments=640, watched=8, first=False))
        first = adapter(server).estimate(Scale(posts=0, comments=0, watched=0, first=True))
        large = adapter(server).estimate(Scale(posts=9_000, comments=100, watched=9_000, first=False))
    assert plan.units == 1 + 2 * 3 + 8 * 3 + 6
    assert "least" in first.sentence
    assert "days" in large.sentence


# --------------------------------------------------------------------------- threads


def test_every_queue_is_asked_and_replies_beyond_the_inline_ones() -> None:
    top, first, second = comment("Ug1"), comment("Ug1.a", parentId="Ug1"), comment("Ug1.b", parentId="Ug1")
    held = comment("Ug2", moderationStatus="heldForReview")
    queues = {
        "published": lists("commentThread", thread_of(top, first, total=2)),
        "heldForReview": lists("commentThread", thread_of(held)), "likelySpam": lists("commentThread"),
    }  # fmt: skip
    replies = {
        "commentThreads": lambda asked: json_reply(queues[asked.query.get("moderationStatus", "published")]),
        "comments": json_reply(lists("comment", first, second)),
    }
    with serving(answer=routed(**replies)) as server:
        one = adapter(server)
        found = {o.native_id: o for page in one.thread(VIDEO) for o in one.records(page) if isinstance(o, Observation)}
        assert [a.query.get("parentId") for a in server.asked if a.path.endswith("comments")] == ["Ug1"]
    assert {i: (o.kind, o.parent_native_id, o.state) for i, o in found.items()} == {
        "Ug1": ("comment", VIDEO, "present"), "Ug1.a": ("reply", "Ug1", "present"),
        "Ug1.b": ("reply", "Ug1", "present"), "Ug2": ("comment", VIDEO, "held_for_review"),
    }  # fmt: skip


def test_comments_that_are_switched_off_are_no_failure() -> None:
    with serving(answer=routed(commentThreads=refusal(403, "commentsDisabled"))) as server:
        assert list(adapter(server).thread(VIDEO)) == []


def test_paging_that_comes_back_is_stopped() -> None:
    endless = json_reply(lists("commentThread", thread_of(comment()), nextPageToken="AGAIN"))
    with serving(answer=routed(commentThreads=endless)) as server, pytest.raises(CursorLoop):
        list(adapter(server).thread(VIDEO))


# --------------------------------------------------------------------------- one item by its id


@pytest.mark.parametrize(
    ("native_id", "reply", "state"),
    [
        ("Ug1", json_reply(lists("comment", comment("Ug1"))), "present"),
        ("Ug1", json_reply(lists("comment")), "deleted"),
        ("Ug1", refusal(404, "commentNotFound"), "deleted"),
        ("Ug1", json_reply(lists("comment", comment("Ug-other"))), "missing_unconfirmed"),
        ("Ug1", json_reply({"kind": "youtube#commentListResponse"}), "missing_unconfirmed"),
        (VIDEO, json_reply(lists("video")), "deleted"),
    ],
)
def test_only_the_platforms_positive_answer_makes_something_deleted(native_id: str, reply: Reply, state: str) -> None:
    with serving(answer=routed(comments=reply, videos=reply)) as server:
        sighting = adapter(server).item(native_id)
    assert (sighting.native_id, sighting.state) == (native_id, state)
    assert sighting.page.body == reply.body


def test_without_the_owners_login_a_missing_video_may_be_a_private_one() -> None:
    with serving(answer=routed(videos=json_reply(lists("video")))) as server:
        assert adapter(server, secrets={"api_key": "k" * 9}).item(VIDEO).state == "missing_unconfirmed"


# --------------------------------------------------------------------------- parsing


def test_a_comment_reads_the_same_in_a_thread_in_replies_and_by_its_id() -> None:
    reply = comment("Ug1.a", parentId="Ug1", updatedAt="2026-01-03T00:00:00Z")
    pages = [
        page_of(lists("commentThread", thread_of(comment(), reply))),
        page_of(lists("comment", reply), queue="replies"),
        msgspec.structs.replace(page_of(lists("comment", reply)), kind="item", context={"channel": CHANNEL["id"]}),
    ]
    found = [next(o for o in read(page) if isinstance(o, Observation) and o.native_id == "Ug1.a") for page in pages]
    assert len({evidential_digest(o) for o in found}) == 1
    assert found[0].edited_at_text == "2026-01-03T00:00:00Z"
    assert found[0].native == msgspec.json.encode(reply)


def test_a_picture_in_a_comment_is_named_by_the_comment_not_by_its_dying_address() -> None:
    one, other = (comment(imageUrl=f"https://yt3.ggpht.com/x?expire={n}") for n in (1, 2))
    first, second = (read(page_of(lists("comment", c), queue="replies"))[0] for c in (one, other))
    assert isinstance(first, Observation)
    assert isinstance(second, Observation)
    assert first.media[0].id == "Ug1/image"
    assert evidential_digest(first) == evidential_digest(second)


def test_likely_spam_is_held_with_a_flag_and_an_unknown_status_is_drift() -> None:
    spam, odd = comment("Ug1", moderationStatus="likelySpam"), comment("Ug2", moderationStatus="sanctified")
    first, second = read(page_of(lists("commentThread", thread_of(spam), thread_of(odd))))
    assert isinstance(first, Observation)
    assert isinstance(second, Observation)
    assert (first.state, first.flags) == ("held_for_review", ("likely_spam",))
    assert (second.state, second.flags) == ("present", ("schema_drift",))


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda raw: raw.replace(b'"id":"Ug1.a"', b'"id":1.5e18'), "id_not_exact"),
        (lambda raw: raw.replace(b'"id":"Ug1.a",', b""), "id_missing"),
        (lambda raw: raw.replace(b'"likeCount":2', b'"likeCount":NaN', 2), "not_finite"),
        (lambda raw: raw.replace(b'"kind":"youtube#comment"', b'"kind":"youtube#riddle"'), "unknown_kind"),
        (lambda raw: raw.replace(b'"textDisplay"', b'"likeCount":3,"textDisplay"', 2), "duplicate_key"),
    ],
)
def test_one_bad_reply_never_hides_its_neighbours(spoil: Callable[[bytes], bytes], reason: str) -> None:
    bad = spoil(msgspec.json.encode(comment("Ug1.a", parentId="Ug1")))
    good = msgspec.json.encode(comment("Ug1.b", parentId="Ug1"))
    whole = msgspec.json.encode(lists("commentThread", thread_of(comment(), {"bad": 1}, {"good": 1})))
    found = read(page_of(whole.replace(b'{"bad":1}', bad).replace(b'{"good":1}', good)))
    assert [o.native_id for o in found if isinstance(o, Observation)] == ["Ug1", "Ug1.b"]
    assert [(u.reason, u.native) for u in found if isinstance(u, Unreadable)] == [(reason, bad)]


def test_a_thread_with_two_comments_at_its_top_is_kept_whole() -> None:
    twice = b'{"snippet":{"topLevelComment":{"id":"a"},"topLevelComment":{"id":"b"}}}'
    found = read(page_of(b'{"items":[' + twice + b"]}"))
    assert found == [Unreadable(native=twice, reason="duplicate_key", context=found[0].context, endpoint="e",  # type: ignore[union-attr]
                                response_sha256="s", observed_at=1)]  # fmt: skip


def test_words_that_look_like_keys_do_not_disturb() -> None:
    words = '"topLevelComment" and "replies": {"comments": []} \\'
    sly = comment(text=words)
    found = read(page_of(lists("commentThread", thread_of(sly))))
    assert [o.body for o in found if isinstance(o, Observation)] == [words]


@pytest.mark.parametrize("body", [b"[]", b'{"items":{}}', b'{"kind":"youtube#x"}', b'{"items":[{]}'])
def test_a_page_that_is_no_list_is_unintelligible(body: bytes) -> None:
    with pytest.raises(Unintelligible):
        read(page_of(body))


def test_an_item_out_of_quarantine_is_read_bare() -> None:
    bare = msgspec.structs.replace(page_of(comment("Ug9")), kind="item")
    with serving(json_reply({})) as server:
        found = adapter(server).reparse(bare.body, bare)
    assert isinstance(found, Observation)
    assert found.native_id == "Ug9"
