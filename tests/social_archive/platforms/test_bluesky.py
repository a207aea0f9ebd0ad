"""The Bluesky adapter on answers of the reference network (recorded; all content is invented) and on hostile ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from social_archive.errors import AccountGone, ConfigError, CursorLoop, LoginExpired, PlatformError, Unintelligible
from social_archive.platforms import Page, Target, platform
from social_archive.platforms.atproto import at_uri, tid_micros
from social_archive.platforms.bluesky import Bluesky
from social_archive.platforms.http import Http
from social_archive.record import Observation, Unreadable, evidential_digest, parse_time
from tests.social_archive.platforms.answering import Asked, Reply, Server, json_reply, serving

RECORDED = Path(__file__).parent / "bluesky"
XRPC = "/xrpc/"
PROFILE, FEED, LIST = "app.bsky.actor.getProfile", "app.bsky.feed.getAuthorFeed", "com.atproto.repo.listRecords"
THREAD, OTHERS, POSTS = (
    "app.bsky.feed.getPostThread", "app.bsky.unspecced.getPostThreadOtherV2", "app.bsky.feed.getPosts",
)  # fmt: skip
RECORD, STATUS = "com.atproto.repo.getRecord", "com.atproto.sync.getRepoStatus"
SIGN_IN, RENEW = "com.atproto.server.createSession", "com.atproto.server.refreshSession"


def recorded(name: str) -> bytes:
    return (RECORDED / f"{name}.json").read_bytes()


LIBRARY = json.loads(recorded("profile"))["did"]
ROOT = json.loads(recorded("thread"))["thread"]["post"]["uri"]
HIDDEN = json.loads(recorded("gate"))["value"]["hiddenReplies"][0]
KNOWN = json.loads(recorded("record"))["uri"]  # a reply that exists
NOT_FOUND = Reply(400, recorded("record_not_found"))
NO_REPO = Reply(400, recorded("record_of_deactivated"))
EMPTY = {FEED: json_reply({"feed": []}), LIST: json_reply({"records": []})}

Answers = dict[str, Reply | Callable[[Asked], Reply]]


@contextmanager
def reading(
    answers: Answers, *, handle: str = LIBRARY, settings: dict[str, Any] | None = None, **secrets: str
) -> Iterator[tuple[Bluesky, Server]]:
    """The adapter in front of a server that answers these methods and 501 to every other."""

    def answer(asked: Asked) -> Reply:
        reply = answers.get(asked.path.removeprefix(XRPC))
        if reply is None:
            return json_reply({"error": "MethodNotImplemented"}, status=501)
        return reply(asked) if callable(reply) else reply

    with serving(answer=answer) as server:
        target = Target("larkspur", handle, {"service": server.url, **(settings or {})}, secrets)
        with Http(base_url=server.url, pace=Bluesky.pace, secrets=tuple(secrets.values()), budget_seconds=0) as http:
            yield Bluesky(target, http), server


def page(shape: str, body: bytes, **context: Any) -> Page:
    known = {"shape": shape, "did": LIBRARY, "pds": "https://pds.example", "hidden": [], "anchor": "", "only": []}
    return Page(
        kind="thread", endpoint="https://service.example/x", body=body, response_sha256="00", http_date=None,
        observed_at=1, context={**known, **context},
    )  # fmt: skip


def parsed(shape: str, body: bytes, **context: Any) -> list[Observation | Unreadable]:
    target = Target("larkspur", LIBRARY)
    with Http(base_url="https://service.example", pace=Bluesky.pace) as http:
        return list(Bluesky(target, http).records(page(shape, body, **context)))


def readable(shape: str, body: bytes, **context: Any) -> list[Observation]:
    found = parsed(shape, body, **context)
    assert all(isinstance(o, Observation) for o in found)
    return [o for o in found if isinstance(o, Observation)]


def one_post(**changes: Any) -> dict[str, Any]:
    """A post view by an invented person, directly under the library's post."""
    did = "did:plc:adainventedperson0000000"
    end = {"uri": ROOT, "cid": "bafyroot"}
    record: dict[str, Any] = {"$type": "app.bsky.feed.post", "text": "Hello", "createdAt": "2026-01-02T03:04:05Z"}
    record |= {"reply": {"parent": end, "root": end}, **changes.pop("record", {})}
    view = {
        "uri": f"at://{did}/app.bsky.feed.post/3kabcdefghi2p",
        "cid": "bafyview",
        "author": {"did": did},
        "record": {name: value for name, value in record.items() if value is not None},
        "indexedAt": "2026-01-02T03:04:06Z",
    }
    return {**view, **changes}


def posts_body(*views: Any) -> bytes:
    return json.dumps({"posts": list(views)}).encode()


# --------------------------------------------------------------------------- reading what was recorded


def test_the_platform_is_found_by_its_name() -> None:
    assert platform("bluesky") is Bluesky


def test_a_thread_is_read_at_every_depth_with_kinds_parents_and_states() -> None:
    found = readable("thread", recorded("thread"), anchor=ROOT, hidden=[HIDDEN])
    told = {o.body: (o.kind, o.state, o.author_handle, o.author_is_account) for o in found}
    assert told == {
        "We will be there! 🎉": ("comment", "present", "ada-invented.test", False),
        "So will we": ("reply", "present", "ben-invented.test", False),
        "See you then": ("reply", "present", "ada-invented.test", False),
        "Lovely!": ("reply", "present", "larkspur.test", True),
        "An invented rude remark": ("comment", "hidden", "ben-invented.test", False),
    }
    by_id = {o.native_id: o for o in found}
    assert all(o.root_native_id == ROOT for o in found)
    assert all(o.parent_native_id == ROOT or o.parent_native_id in by_id for o in found)
    assert "label:rude" in by_id[HIDDEN].flags


def test_native_bytes_are_a_slice_of_the_answer() -> None:
    for shape, name in (("thread", "thread"), ("feed", "feed"), ("posts", "posts")):
        body = recorded(name)
        assert all(o.native in body and json.loads(o.native)["uri"] == o.native_id for o in readable(shape, body))


def test_one_post_has_one_digest_whatever_it_was_read_from() -> None:
    in_thread = next(o for o in readable("thread", recorded("thread")) if o.native_id == KNOWN)
    (in_list,) = readable("posts", recorded("posts"))
    (in_repository,) = readable("record", recorded("record"))
    assert len({evidential_digest(o) for o in (in_thread, in_list, in_repository)}) == 1


def test_own_posts_read_the_same_from_the_feed_and_from_the_repository() -> None:
    in_feed = {o.native_id: o for o in readable("feed", recorded("feed"))}
    in_repository = readable("records", recorded("records"), only=list(in_feed))
    assert {o.native_id: evidential_digest(o) for o in in_repository} == {
        i: evidential_digest(o) for i, o in in_feed.items()
    }


def test_the_feed_leaves_out_reposts_and_keeps_links_quotes_and_pictures() -> None:
    found = {o.body: o for o in readable("feed", recorded("feed"))}
    assert all(o.author_is_account for o in found.values()), "a repost is somebody else's words"
    first = found["Summer reading starts on Monday: https://larkspur.example/summer"]
    assert (first.kind, first.links, first.language) == ("post", ("https://larkspur.example/summer",), "en")
    (picture,) = first.media
    assert picture.alt == "A heron, drawn"
    assert picture.url == f"https://pds.example/xrpc/com.atproto.sync.getBlob?did={LIBRARY}&cid={picture.id}"
    assert found["Our new catalogue"].links == ("https://larkspur.example/catalogue",)
    assert found["As we said"].links == (ROOT,)


def test_the_profile_is_a_record_of_its_bio_and_pictures() -> None:
    (profile,) = readable("profile", recorded("profile"))
    assert (profile.kind, profile.native_id, profile.author_is_account) == ("profile", LIBRARY, True)
    assert profile.body == "An invented library. Comments follow our policy."
    assert [m.url for m in profile.media] == [profile.author_avatar]
    assert profile.media[0].id.startswith("bafkrei")


def test_another_pinned_post_is_another_version_of_the_profile() -> None:
    view = json.loads(recorded("profile"))
    pinned = {**view, "pinnedPost": {"uri": f"at://{LIBRARY}/app.bsky.feed.post/3kabc", "cid": "bafyinvented"}}
    (before,), (after,) = (readable("profile", json.dumps(one).encode()) for one in (view, pinned))
    assert after.links == (*before.links, f"https://bsky.app/profile/{LIBRARY}/post/3kabc")
    assert evidential_digest(after) != evidential_digest(before)


def test_what_only_the_other_replies_hold_is_read_as_hidden() -> None:
    (found,) = readable("others", recorded("others"), only=[HIDDEN])
    assert (found.native_id, found.state) == (HIDDEN, "hidden")
    assert readable("others", recorded("others"), only=[]) == []


@pytest.mark.parametrize(
    ("counted", "totals"), [(7, {"posts_and_replies": 7}), ("seven", {}), (-1, {}), (None, {}), (True, {})]
)
def test_the_services_own_count_is_told_if_it_is_one(counted: object, totals: dict[str, int]) -> None:
    profile = json_reply({**json.loads(recorded("profile")), "postsCount": counted})
    with reading({PROFILE: profile}) as (bluesky, _):
        assert bluesky.totals() == {}
        list(bluesky.profile())
        assert bluesky.totals() == totals


# --------------------------------------------------------------------------- items that are not as they should be


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"uri":"at://did:plc:a/app.bsky.feed.post/1","uri":"at://did:plc:b/app.bsky.feed.post/1"}', "duplicate_key"),
        (b'{"cid":"c","record":{"text":"x"}}', "no_id"),
        (b'{"uri":"at://larkspur.test/app.bsky.feed.post/1","record":{"text":"x"}}', "no_id"),
        (b'{"uri":7,"record":{"text":"x"}}', "no_id"),
        (b'{"uri":"at://did:plc:a/app.bsky.feed.post/1","record":null}', "no_record"),
        (b'{"uri":"at://did:plc:a/app.bsky.feed.post/1","record":{"text":"x"},"likeCount":NaN}', "not_finite"),
        (b'"a string"', "not_an_object"),
    ],
)
def test_one_bad_post_is_set_aside_with_its_bytes_and_hides_no_other(bad: bytes, reason: str) -> None:
    good = json.dumps(one_post()).encode()
    found = parsed("posts", b'{"posts":[' + good + b"," + bad + b"," + good + b"]}")
    assert [type(o) for o in found] == [Observation, Unreadable, Observation]
    unreadable = found[1]
    assert isinstance(unreadable, Unreadable)
    assert (unreadable.native, unreadable.reason) == (bad, reason)


def test_a_page_without_its_list_is_kept_whole_as_unreadable() -> None:
    (found,) = parsed("posts", b'{"error":"InternalServerError"}')
    assert isinstance(found, Unreadable)
    assert (found.reason, found.native) == ("wrong_envelope", b'{"error":"InternalServerError"}')


def test_a_declared_time_is_kept_and_the_index_time_stands_in_only_for_no_time() -> None:
    declared, none, wrong = readable(
        "posts",
        posts_body(
            one_post(record={"createdAt": "1999-01-01T00:00:00Z"}),
            one_post(record={"createdAt": None}),
            one_post(record={"createdAt": "yesterday"}),
        ),
    )
    assert (declared.created_at, declared.flags) == (parse_time("1999-01-01T00:00:00Z"), ())
    for o in (none, wrong):
        assert (o.created_at, o.flags) == (parse_time("2026-01-02T03:04:06Z"), ("created_at_from_index",))
    assert wrong.created_at_text == "yesterday"


def test_a_text_that_is_no_text_is_flagged_and_kept() -> None:
    (found,) = readable("posts", posts_body(one_post(record={"text": {"new": "shape"}})))
    assert (found.body, found.flags) == (None, ("schema_drift",))


def test_lone_surrogates_are_repaired_in_the_text_and_kept_in_the_bytes() -> None:
    (found,) = readable("posts", posts_body(one_post(record={"text": "odd \ud83d end"})))
    assert (found.body, found.flags) == ("odd \ufffd end", ("text_repaired",))
    assert b"\\ud83d" in found.native


def test_labels_that_were_taken_back_are_no_flags() -> None:
    labels = [{"val": "spam"}, {"val": "rude", "neg": True}, {"val": None}, "odd"]
    (found,) = readable("posts", posts_body(one_post(labels=labels)))
    assert found.flags == ("label:spam",)


@pytest.mark.parametrize("value", [True, "3", 1 << 70, 2.5, None])
def test_a_count_that_is_no_count_is_left_out(value: Any) -> None:
    (found,) = readable("posts", posts_body(one_post(likeCount=value, repostCount=2, quoteCount=1)))
    assert (found.likes, found.shares) == (None, 3)


def test_pictures_and_videos_of_others_are_named_by_their_blob() -> None:
    blob = {"$type": "blob", "ref": {"$link": "bafyvideo"}, "mimeType": "video/mp4", "size": 9}
    image = {"alt": "", "image": {**blob, "ref": {"$link": "bafyimage"}, "mimeType": "image/jpeg"}}
    shown = {"images": [{"fullsize": "https://cdn.example/did/bafyimage@jpeg"}]}
    views = [
        one_post(record={"embed": {"$type": "app.bsky.embed.images", "images": [image]}}, embed=shown),
        one_post(record={"embed": {"$type": "app.bsky.embed.video", "video": blob, "alt": "A film"}}),
    ]
    homes = {"did:plc:adainventedperson0000000": "https://far.example"}
    seen, _ = readable("posts", posts_body(*views))
    _, film = readable("posts", posts_body(*views), homes=homes)
    assert [(m.id, m.url) for m in seen.media] == [("bafyimage", "https://cdn.example/did/bafyimage@jpeg")]
    (video,) = film.media
    assert (video.alt, video.mime) == ("A film", "video/mp4")
    assert video.url.startswith("https://far.example/xrpc/com.atproto.sync.getBlob?did=did:plc:ada")


# --------------------------------------------------------------------------- walking


def feed_of(*views: dict[str, Any], cursor: str | None = None) -> Reply:
    return json_reply({"feed": [{"post": view} for view in views], **({"cursor": cursor} if cursor else {})})


def test_an_empty_page_with_a_cursor_is_not_the_end() -> None:
    def feed(asked: Asked) -> Reply:
        return feed_of(one_post()) if asked.query.get("cursor") == "on" else feed_of(cursor="on")

    with reading({**EMPTY, FEED: feed}) as (adapter, _):
        assert [len(list(adapter.records(p))) for p in adapter.posts(None)] == [0, 1]


def test_a_cursor_that_comes_back_is_an_error_not_an_endless_walk() -> None:
    def feed(asked: Asked) -> Reply:
        return feed_of(cursor={"a": "b", "b": "a"}.get(asked.query.get("cursor", ""), "a"))

    with reading({**EMPTY, FEED: feed}) as (adapter, _), pytest.raises(CursorLoop):
        list(adapter.posts(None))


@pytest.mark.parametrize(
    "reply",
    [
        json_reply({"error": "InternalServerError"}),
        json_reply({"feed": None}),
        Reply(200, b"<html>Log in</html>", {"Content-Type": "text/html"}),
        Reply(200, b""),
    ],
)
def test_an_answer_without_a_feed_is_an_error_not_an_empty_account(reply: Reply) -> None:
    with reading({**EMPTY, FEED: reply}) as (adapter, _), pytest.raises(PlatformError):
        list(adapter.posts(None))


def test_the_walk_ends_at_a_page_with_nothing_newer_but_never_earlier() -> None:
    old = one_post(record={"createdAt": "2020-01-01T00:00:00Z"}, indexedAt="2020-01-01T00:00:00Z")

    def feed(asked: Asked) -> Reply:
        at = int(asked.query.get("cursor", "0"))
        return feed_of(*([one_post(), old] if at < 2 else [old]), cursor=str(at + 1))

    with reading({**EMPTY, FEED: feed}) as (adapter, _):
        assert len(list(adapter.posts(parse_time("2025-01-01T00:00:00Z")))) == 3


def test_records_that_the_feed_does_not_show_come_from_the_own_server() -> None:
    def listed(asked: Asked) -> Reply:
        return json_reply({"records": []}) if "cursor" in asked.query else Reply(200, recorded("records"))

    with reading({FEED: feed_of(), LIST: listed}) as (adapter, _):
        found = [o for p in adapter.posts(None) for o in adapter.records(p)]
    assert len(found) == len(json.loads(recorded("records"))["records"])
    with reading({FEED: Reply(200, recorded("feed").replace(b'"cursor"', b'"was"')), LIST: listed}) as (adapter, _):
        assert [p.context["shape"] for p in adapter.posts(None)] == ["feed"], "what the feed showed is not read twice"


def test_a_feed_longer_than_the_page_cap_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("social_archive.platforms.bluesky.MAX_PAGES", 3)

    def endless(asked: Asked) -> Reply:
        return feed_of(one_post(), cursor=str(int(asked.query.get("cursor", "0")) + 1))

    with reading({**EMPTY, FEED: endless}) as (adapter, _):
        assert [p.shortfall for p in adapter.posts(None)] == [None, None, "page_cap"]


def node(number: int, parent: int | None, replies: list[dict[str, Any]], claimed: int | None = None) -> dict[str, Any]:
    base = f"at://{LIBRARY}/app.bsky.feed.post/"
    record: dict[str, Any] = {"text": str(number), "createdAt": "2026-01-01T00:00:00Z"}
    if parent is not None:
        record["reply"] = {"root": {"uri": f"{base}0"}, "parent": {"uri": f"{base}{parent}"}}
    count = len(replies) if claimed is None else claimed
    view = {"uri": f"{base}{number}", "replyCount": count, "record": record}
    return {"$type": "app.bsky.feed.defs#threadViewPost", "post": view, "replies": replies}


def test_a_chain_of_a_thousand_replies_is_read_to_its_end() -> None:
    def chain(asked: Asked) -> Reply:
        start, depth = int(asked.query["uri"].rpartition("/")[2]), int(asked.query["depth"])
        below: dict[str, Any] | None = None
        for number in range(min(start + depth, 1_000), start - 1, -1):
            replies = [below] if below else []
            below = node(number, number - 1 if number else None, replies, claimed=int(number < 1_000))
        return json_reply({"thread": below})

    with reading({THREAD: chain}) as (adapter, server):
        pages = list(adapter.thread(f"at://{LIBRARY}/app.bsky.feed.post/0"))
        found = [o.body for p in pages for o in adapter.records(p) if isinstance(o, Observation)]
    assert found == [str(number) for number in range(1, 1_001)]
    assert pages[-1].shortfall is None
    assert len(server.asked) < 30


def test_an_answer_far_deeper_than_asked_is_refused() -> None:
    body = b'{"thread":' + b'{"post":{},"replies":[' * 5_000 + b"]}" * 5_000 + b"}"
    with reading({THREAD: Reply(200, body)}) as (adapter, _), pytest.raises(Unintelligible, match="too_deep"):
        list(adapter.thread(ROOT))
    (found,) = parsed("thread", body)
    assert isinstance(found, Unreadable)
    assert found.reason == "too_deep"


def test_replies_that_are_counted_and_not_shown_are_a_shortfall() -> None:
    root = f"at://{LIBRARY}/app.bsky.feed.post/0"
    with reading({THREAD: json_reply({"thread": node(0, None, [node(1, 0, [])], claimed=3)})}) as (adapter, _):
        pages = list(adapter.thread(root))
    assert [p.shortfall for p in pages] == ["replies_not_shown"]
    assert pages[0].context["not_shown"] == {root: 2}


def test_a_blocked_reply_is_read_from_its_authors_server() -> None:
    blocked = {"$type": "app.bsky.feed.defs#blockedPost", "uri": KNOWN, "blocked": True, "author": {"did": "did:plc:x"}}
    thread = json_reply({"thread": node(0, None, [blocked])})
    with reading({THREAD: thread, RECORD: Reply(200, recorded("record"))}) as (adapter, _):
        pages = list(adapter.thread(f"at://{LIBRARY}/app.bsky.feed.post/0"))
        found = [o for p in pages for o in adapter.records(p)]
    assert [o.native_id for o in found if isinstance(o, Observation)] == [KNOWN]


def test_a_blocked_reply_that_nobody_gives_is_a_shortfall() -> None:
    blocked = {"$type": "app.bsky.feed.defs#blockedPost", "uri": KNOWN, "blocked": True, "author": {"did": "did:plc:x"}}
    with reading({THREAD: json_reply({"thread": node(0, None, [blocked])}), RECORD: NOT_FOUND}) as (adapter, _):
        pages = list(adapter.thread(f"at://{LIBRARY}/app.bsky.feed.post/0"))
    assert pages[-1].shortfall == "blocked_replies"


def test_a_root_that_is_gone_shows_nothing_and_is_no_error() -> None:
    with reading({THREAD: json_reply({"error": "NotFound", "message": "Post not found"}, status=400)}) as (adapter, _):
        assert list(adapter.thread(ROOT)) == []


# --------------------------------------------------------------------------- one item by its id


def test_only_record_not_found_from_the_authors_own_server_is_a_deletion() -> None:
    with reading({RECORD: NOT_FOUND}) as (adapter, _):
        sighting = adapter.item(KNOWN)
    assert (sighting.state, sighting.page.body) == ("deleted", recorded("record_not_found"))


def test_the_services_not_found_alone_proves_nothing() -> None:
    answers: Answers = {RECORD: NOT_FOUND}
    with reading(answers, settings={"plc": "http://127.0.0.1:9"}) as (adapter, _):  # nobody tells whose server it is
        assert adapter.net.home_of(KNOWN.split("/")[2]) is None
        answer, authority = adapter._record(at_uri(KNOWN))  # type: ignore[arg-type]
    assert (answer.status, authority) == (400, False)


def test_a_closed_account_is_gone_and_the_status_is_the_evidence() -> None:
    answers: Answers = {RECORD: NO_REPO, STATUS: Reply(200, recorded("repo_status_deactivated"))}
    with reading(answers) as (adapter, _):
        sighting = adapter.item(KNOWN)
    assert (sighting.state, sighting.page.body) == ("account_gone", recorded("repo_status_deactivated"))
    assert sighting.page.context["status"] == "deactivated"
    assert list(adapter.records(sighting.page)) == []


def test_an_active_account_whose_repository_was_not_found_proves_nothing() -> None:
    with reading({RECORD: NO_REPO, STATUS: json_reply({"did": "did:plc:x", "active": True})}) as (adapter, _):
        assert adapter.item(KNOWN).state == "missing_unconfirmed"


@pytest.mark.parametrize(
    ("status", "state"), [(401, "inaccessible"), (403, "inaccessible"), (404, "missing_unconfirmed")]
)
def test_a_refusal_is_not_a_deletion(status: int, state: str) -> None:
    with reading({RECORD: json_reply({"error": "Odd"}, status=status), STATUS: NO_REPO}) as (adapter, _):
        assert adapter.item(KNOWN).state == state


def test_an_identity_that_was_given_up_is_an_account_gone() -> None:
    did = KNOWN.split("/")[2]

    def directory(asked: Asked) -> Reply:
        return json_reply({"message": "DID not available"}, status=410)

    with reading({RECORD: NO_REPO, f"/{did}": directory}) as (adapter, server):
        adapter.net.plc = server.url
        assert adapter.item(KNOWN).state == "account_gone"


def test_a_present_item_is_told_by_its_view_and_hidden_if_the_gate_says_so() -> None:
    body = recorded("record")
    answers: Answers = {POSTS: Reply(200, recorded("posts"))}
    answers[RECORD] = lambda asked: (
        Reply(200, recorded("gate").replace(HIDDEN.encode(), KNOWN.encode()))
        if asked.query["collection"].endswith("threadgate")
        else Reply(200, body)
    )
    with reading(answers) as (adapter, _):
        sighting = adapter.item(KNOWN)
    assert (sighting.state, sighting.page.context["shape"]) == ("hidden", "posts")
    assert sighting.observation is not None
    assert sighting.observation.author_handle == "ben-invented.test"


def test_a_view_older_than_the_record_gives_way_to_the_record() -> None:
    edited = recorded("record").replace(b"So will we", b"So won't we").replace(b'"cid":"bafy', b'"cid":"bafz', 1)
    answers: Answers = {POSTS: Reply(200, recorded("posts"))}
    answers[RECORD] = lambda asked: NOT_FOUND if "threadgate" in asked.query["collection"] else Reply(200, edited)
    with reading(answers) as (adapter, _):
        sighting = adapter.item(KNOWN)
    assert sighting.observation is not None
    assert (sighting.observation.body, sighting.page.context["shape"]) == ("So won't we", "record")


# --------------------------------------------------------------------------- whom to ask


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://pds.example", "https://127.0.0.1", "https://169.254.169.254", "https://[::1]", "https://10.0.0.8:8443",
        "https://user:pass@pds.example", "ftp://pds.example", "not a url", "https://[::ffff:127.0.0.1]",
    ],
)  # fmt: skip
def test_a_strangers_did_document_cannot_send_us_into_our_own_network(endpoint: str) -> None:
    with Http(base_url="https://public.api.bsky.app", pace=Bluesky.pace) as http:
        adapter = Bluesky(Target("larkspur", LIBRARY), http)
        assert adapter.net._may_ask(endpoint) is False


@pytest.mark.parametrize("server", ["http://pds.example", "http://127.example.org", "ftp://127.0.0.1.example"])
def test_a_login_is_never_sent_without_tls(server: str) -> None:
    target = Target("larkspur", LIBRARY, {"pds": server}, {"password": "x"})
    with Http(base_url="https://service.example", pace=Bluesky.pace) as http, pytest.raises(ConfigError):
        Bluesky(target, http)


def test_a_handle_that_leads_nowhere_says_what_to_do() -> None:
    unknown = json_reply({"error": "InvalidRequest", "message": "Unable to resolve handle"}, status=400)
    with reading({"com.atproto.identity.resolveHandle": unknown}, handle="gone.test") as (adapter, _):
        (problem,) = adapter.check()
    assert "DID" in problem.remedy


def test_the_own_account_being_closed_is_told_apart_from_a_wrong_address() -> None:
    refused = json_reply({"error": "InvalidRequest", "message": "Profile not found"}, status=400)
    closed = json_reply({"did": LIBRARY, "active": False, "status": "suspended"})
    with reading({PROFILE: refused, STATUS: closed}) as (adapter, _), pytest.raises(AccountGone, match="suspended"):
        list(adapter.profile())
    with reading({PROFILE: refused}) as (adapter, _), pytest.raises(PlatformError) as wrong:
        list(adapter.profile())
    assert not isinstance(wrong.value, AccountGone)


# --------------------------------------------------------------------------- signing in


def session(access: str, refresh: str = "refresh-canary") -> Reply:
    return json_reply({"accessJwt": access, "refreshJwt": refresh, "did": LIBRARY})


EXPIRED = json_reply({"error": "ExpiredToken", "message": "Token has expired"}, status=400)


def test_an_expired_token_is_renewed_once_and_the_question_asked_again() -> None:
    def profile(asked: Asked) -> Reply:
        return Reply(200, recorded("profile")) if asked.headers["authorization"] == "Bearer new-canary" else EXPIRED

    answers: Answers = {PROFILE: profile, SIGN_IN: session("old-canary"), RENEW: session("new-canary")}
    with reading(answers, password="password-canary") as (adapter, server):
        assert len(list(adapter.profile())) == 1
    asked = [a.path.removeprefix(XRPC) for a in server.asked]
    assert asked == [SIGN_IN, PROFILE, RENEW, PROFILE]
    assert server.asked[2].headers["authorization"] == "Bearer refresh-canary"


@pytest.mark.parametrize("again", [session("still-old"), EXPIRED, json_reply({"error": "InvalidToken"}, status=401)])
def test_a_login_that_stays_dead_is_a_login_expired_without_any_secret(again: Reply) -> None:
    answers: Answers = {PROFILE: EXPIRED, SIGN_IN: session("old-canary"), RENEW: again}
    with reading(answers, password="password-canary") as (adapter, _), pytest.raises(LoginExpired) as dead:
        list(adapter.profile())
    assert "canary" not in str(dead.value)


def test_a_refused_password_is_a_problem_that_check_names() -> None:
    refused = json_reply({"error": "AuthenticationRequired", "message": "Invalid identifier or password"}, status=401)
    describe = json_reply({"did": LIBRARY})
    answers: Answers = {SIGN_IN: refused, "com.atproto.repo.describeRepo": describe}
    with reading(answers, password="password-canary") as (adapter, _):
        (problem,) = adapter.check()
    assert "app password" in problem.remedy
    assert "canary" not in problem.what


def test_a_token_goes_to_the_server_that_issued_it_and_to_no_other() -> None:
    with serving(json_reply({"ok": True})) as other:
        answers: Answers = {SIGN_IN: session("access-canary"), PROFILE: Reply(200, recorded("profile"))}
        with reading(answers, password="password-canary") as (adapter, server):
            list(adapter.profile())
            adapter.net.query(other.url, STATUS, did=LIBRARY)
    assert server.asked[-1].headers["authorization"] == "Bearer access-canary"
    assert "authorization" not in other.asked[0].headers


def test_the_password_is_the_only_secret_because_a_login_name_stands_in_every_post() -> None:
    assert [f.name for f in Bluesky.credentials if f.secret] == ["password"]


# --------------------------------------------------------------------------- names


def test_a_record_key_tells_its_time_if_it_is_one() -> None:
    created = json.loads(recorded("record"))["value"]["createdAt"]
    micros = tid_micros(KNOWN.rpartition("/")[2])
    assert micros is not None
    assert abs(micros - (parse_time(created) or 0)) < 5_000_000
    assert tid_micros("self") is None
    assert tid_micros("3KABCDEFGHI2P") is None


@pytest.mark.parametrize("text", ["", "at://", "at://larkspur.test/app.bsky.feed.post/1", "https://x/y/z", None, 7])
def test_only_a_did_names_a_record_for_good(text: Any) -> None:
    assert at_uri(text) is None


# --------------------------------------------------------------------------- a second look at what was quarantined


@pytest.mark.parametrize(("shape", "recording"), [("posts", "posts"), ("record", "record"), ("profile", "profile")])
def test_a_quarantined_item_is_read_again_from_its_bytes_alone(shape: str, recording: str) -> None:
    first = readable(shape, recorded(recording))[0]
    around = msgspec.structs.replace(page(shape, first.native), kind="profile" if shape == "profile" else "item")
    with reading({}) as (bluesky, _):
        again = bluesky.reparse(first.native, around)
    assert isinstance(again, Observation)
    assert (again.native_id, again.native, again.body) == (first.native_id, first.native, first.body)
