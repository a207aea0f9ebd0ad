"""x: what is asked in which dialect, what is made of the answers, and what an absence may be taken for."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import pytest

from social_archive.errors import (
    AccountGone,
    ConfigError,
    CursorLoop,
    LoginExpired,
    PlatformError,
    ScopeLost,
    Throttled,
    Unintelligible,
)
from social_archive.platforms.base import Page, Scale, Target
from social_archive.platforms.http import Http
from social_archive.platforms.x import X
from social_archive.platforms.x_records import moment_of
from social_archive.record import Media, Observation, Unreadable, evidential_digest, now_micros, parse_time
from tests.contracts import x as contract
from tests.social_archive.platforms.answering import Asked, Clock, Reply, Server, json_reply, serving

REFRESH, SECRET, ACCESS = "CANARY-x-refresh", "CANARY-x-secret", "CANARY-x-access"
OWN, OTHER = "900100", "900200"
ALL_SCOPES = "tweet.read users.read offline.access"
PROBLEM = "https://api.x.com/2/problems/"
USER = {
    "id": OWN, "name": "Larkspur", "username": "larkspur", "description": "Books. https://t.co/aaaaaaaaaa",
    "url": "https://t.co/bbbbbbbbbb", "location": "Larkspur", "created_at": "2011-05-06T07:08:09.000Z",
    "profile_image_url": "https://pbs.twimg.com/p_normal.png?x=1", "public_metrics": {"tweet_count": 12},
    "entities": {
        "description": {"urls": [{"url": "https://t.co/aaaaaaaaaa", "expanded_url": "https://larkspur.example/p"}]},
        "url": {"urls": [{"url": "https://t.co/bbbbbbbbbb", "expanded_url": "https://larkspur.example"}]},
    },
}  # fmt: skip
AUTHORS = [
    {"id": OWN, "name": "Larkspur", "username": "larkspur"}, {"id": OTHER, "name": "Mara", "username": "maraq"},
]  # fmt: skip


def snowflake(at: str, number: int = 0) -> str:
    return str(((parse_time(at) or 0) // 1000 - 1_288_834_974_657 << 22) + number)


AT, LATER = "2026-05-01T10:00:00.000Z", "2026-05-01T10:20:00.000Z"
ROOT, EDITED = snowflake(AT), snowflake(LATER)
NOW_ISH = snowflake("2070-01-01T00:00:00Z")  # younger than any week


def post(native_id: object = ROOT, *, by: str = OWN, at: str = AT, **more: Any) -> dict[str, Any]:
    return {
        "id": native_id, "text": "invented", "author_id": by, "created_at": at, "conversation_id": native_id,
        "edit_history_tweet_ids": [native_id], **more,
    }  # fmt: skip


def reply(native_id: object, to: str = ROOT, *, by: str = OTHER, root: str = ROOT, **more: Any) -> dict[str, Any]:
    referenced = [{"type": "replied_to", "id": to}]
    return {**post(native_id, by=by), "conversation_id": root, "referenced_tweets": referenced, **more}


def listing(*posts: Any, next_token: str | None = None, **includes: Any) -> dict[str, Any]:
    meta = {"result_count": len(posts)} | ({"next_token": next_token} if next_token else {})
    return {"meta": meta} | ({"data": list(posts), "includes": {"users": AUTHORS, **includes}} if posts else {})


def newer(body: Any) -> Any:
    """The same in the newer dialect."""
    text = json.dumps(body)
    for old, new in (
        ("edit_history_tweet_ids", "edit_history_post_ids"), ("referenced_tweets", "referenced_posts"),
        ("note_tweet", "note_post"), ('"tweets"', '"posts"'), ("retweet_count", "repost_count"),
    ):  # fmt: skip
        text = text.replace(old, new)
    return json.loads(text)


def adapter(at: Server | None = None, *, secrets: Mapping[str, str] | None = None, clock: Clock | None = None,
            keep: Callable[[str, str], bool] = lambda name, value: True, handle: str = "@larkspur",
            **settings: Any) -> X:  # fmt: skip
    own = {"server": at.url, "insecure_local": True} if at else {}
    secrets = {"refresh_token": REFRESH, "client_secret": SECRET} if secrets is None else secrets
    target = Target("main", handle, {"client_id": "client", **own, **settings}, secrets, keep)
    clock = clock or Clock()
    http = Http(base_url=X.base_url(target), pace=X.pace, secrets=tuple(secrets.values()), clock=clock.monotonic,
                sleep=clock.sleep, wall=clock.wall)  # fmt: skip
    return X(target, http)


def routed(routes: Mapping[str, Any], **granted: Any) -> Callable[[Asked], Reply]:
    """A server from paths (without /2) to bodies, replies, or functions of what was asked; the login works."""
    grant = {"access_token": ACCESS, "scope": ALL_SCOPES, "expires_in": 7200, "refresh_token": "renewed", **granted}
    known = {
        "/oauth2/token": grant, "/users/me": {"data": USER}, f"/users/{OWN}/tweets": listing(),
        f"/users/{OWN}/mentions": listing(), "/tweets/search/recent": listing(), "/tweets/search/all": listing(),
        **routes,
    }  # fmt: skip

    def answer(asked: Asked) -> Reply:
        found = known.get(asked.path.removeprefix("/2"), json_reply({"title": "Not Found"}, status=404))
        found = found(asked) if callable(found) else found
        return found if isinstance(found, Reply) else json_reply(found)

    return answer


def page_of(body: Any, kind: str = "thread", **context: Any) -> Page:
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Page(kind=kind, endpoint="https://api.x.com/2/x", body=raw, response_sha256="aa", http_date=None,  # type: ignore[arg-type]
                observed_at=7, context={"own": OWN, **context})  # fmt: skip


def parsed(body: Any, kind: str = "thread", **context: Any) -> list[Observation | Unreadable]:
    return list(adapter(secrets={"bearer_token": "b"}).records(page_of(body, kind, **context)))


def one(body: Any, kind: str = "thread") -> Observation:
    (found,) = parsed(body, kind)
    assert isinstance(found, Observation)
    return found


# --------------------------------------------------------------------------- parsing: what a post is


def test_own_posts_comments_replies_and_mentions_are_told_apart() -> None:
    found = [o for o in parsed(listing(
        post(), reply("101"), reply("102", "101"), post("103", by=OTHER), reply("104", "77", root="70"),
        reply("105", root="70", to="70"), reply("106", "101", by=OWN), post("107", quote=1, referenced_tweets=[
            {"type": "quoted", "id": "5"}]),
    )) if isinstance(o, Observation)]  # fmt: skip
    assert [(o.kind, o.parent_native_id, o.root_native_id) for o in found] == [
        ("post", None, None), ("comment", ROOT, ROOT), ("reply", "101", ROOT),
        ("comment", None, None),  # names us in a thread of its own: a comment without a root of ours
        ("reply", "77", "70"), ("comment", "70", "70"), ("reply", "101", ROOT), ("post", None, None),
    ]  # fmt: skip
    assert [o.author_is_account for o in found] == [True, False, False, False, False, False, True, True]
    assert (found[1].author_handle, found[1].permalink) == ("maraq", "https://x.com/maraq/status/101")
    assert found[7].flags == ("quote",)


def test_all_versions_of_an_edited_post_are_one_thing_named_by_the_first_id() -> None:
    whole = one(listing(post(EDITED, at=LATER, conversation_id=ROOT, edit_history_tweet_ids=[ROOT, EDITED])))
    assert (whole.kind, whole.native_id) == ("post", ROOT)
    assert (whole.created_at, whole.edited_at) == (parse_time(AT), parse_time(LATER))
    assert (whole.created_at_text, whole.edited_at_text) == (None, LATER)
    before = one(listing(post()))
    assert before.edited_at is None
    assert before.created_at == whole.created_at == moment_of(ROOT), "an edit moves nothing to another month"
    dated_otherwise = one(listing(post(EDITED, at=AT, edit_history_tweet_ids=[ROOT, EDITED])))
    assert (dated_otherwise.created_at_text, dated_otherwise.edited_at) == (AT, parse_time(LATER))


def test_a_chain_that_does_not_hold_the_post_itself_is_not_believed() -> None:
    found = one(listing(post("5", edit_history_tweet_ids=["3", "4"])))
    assert (found.native_id, found.flags) == ("5", ("schema_drift",))
    assert one(listing(post("5", edit_history_tweet_ids="5"))).flags == ("schema_drift",)


def test_a_reply_to_an_earlier_version_belongs_to_the_same_thing() -> None:
    shown = {"id": EDITED, "edit_history_tweet_ids": [ROOT, EDITED]}
    found = one(listing(reply("101", EDITED), tweets=[shown]))
    assert (found.kind, found.parent_native_id) == ("comment", ROOT)


def test_both_dialects_read_the_same() -> None:
    body = listing(
        reply("101", EDITED, public_metrics={"retweet_count": 3, "like_count": 2, "reply_count": 1},
              note_tweet={"text": "long"}), tweets=[{"id": EDITED, "edit_history_tweet_ids": [ROOT, EDITED]}],
    )  # fmt: skip
    old, new = one(body), one(newer(body))
    assert evidential_digest(old) == evidential_digest(new)
    assert (old.likes, old.replies, old.shares) == (new.likes, new.replies, new.shares) == (2, 1, 3)
    assert b"edit_history_post_ids" in new.native


def test_reposts_are_left_out_and_the_rest_of_the_page_stays() -> None:
    repost = post("9", text="RT @x: y", referenced_tweets=[{"type": "retweeted", "id": "5"}])
    assert [o.native_id for o in parsed(listing(post(), repost)) if isinstance(o, Observation)] == [ROOT]
    assert one(listing(post(text='they wrote "retweeted"'))).body == 'they wrote "retweeted"'


# --------------------------------------------------------------------------- parsing: text and attachments


def test_text_is_spelled_out_as_a_person_reads_it() -> None:
    photo = "https://x.com/a/status/1/photo/1"
    urls = [
        {"url": "https://t.co/1111111111", "expanded_url": "https://larkspur.example/a?b=1&c=2"},
        {"url": "https://t.co/2222222222", "expanded_url": photo, "media_key": "3_1"},
    ]
    found = one(listing(post(
        text="Fish &amp; chips &lt;3 &amp;amp; https://t.co/1111111111 https://t.co/2222222222",
        entities={"urls": urls},
    )))  # fmt: skip
    assert found.body == "Fish & chips <3 &amp; https://larkspur.example/a?b=1&c=2"
    assert found.links == ("https://larkspur.example/a?b=1&c=2",)


def test_long_text_comes_out_of_the_note_with_the_notes_own_links() -> None:
    urls = [{"url": "https://t.co/1111111111", "expanded_url": "https://larkspur.example"}]
    note = {"text": "long " * 100 + "https://t.co/1111111111", "entities": {"urls": urls}}
    found = one(listing(post(text="long…", note_tweet=note)))
    assert found.body is not None
    assert found.body.endswith("long https://larkspur.example")
    assert one(listing(post(note_tweet={"text": 5}))).body == "invented"
    assert one(listing(post(note_tweet={"text": 5}))).flags == ("schema_drift",)


def test_a_polls_options_belong_to_the_post_and_its_votes_do_not() -> None:
    def asked(votes: int) -> Observation:
        poll = {"id": "7", "options": [{"position": 1, "label": "Foxes", "votes": votes}, {"label": "Ferns"}]}
        return one(listing(post(attachments={"poll_ids": ["7"]}), polls=[poll]))

    assert asked(1).body == "invented\n- Foxes\n- Ferns"
    assert evidential_digest(asked(1)) == evidential_digest(asked(900))


def test_media_are_the_picture_the_best_film_or_recorded_as_missing() -> None:
    media = [
        {"media_key": "3_1", "type": "photo", "url": "https://pbs.twimg.com/1.jpg", "alt_text": "A fox."},
        {"media_key": "7_2", "type": "video", "preview_image_url": "https://pbs.twimg.com/2.jpg", "variants": [
            {"content_type": "application/x-mpegURL", "url": "https://video.twimg.com/2.m3u8"},
            {"content_type": "video/mp4", "bit_rate": 256000, "url": "https://video.twimg.com/small.mp4"},
            {"content_type": "video/mp4", "bit_rate": 2176000, "url": "https://video.twimg.com/large.mp4"}]},
    ]  # fmt: skip
    found = one(listing(post(attachments={"media_keys": ["3_1", "7_2", "3_9"]}), media=media))
    assert found.media == (
        Media(id="3_1", url="https://pbs.twimg.com/1.jpg", alt="A fox."),
        Media(id="7_2", url="https://video.twimg.com/large.mp4", mime="video/mp4"),
        Media(id="3_9", url="", outcome="missing"),
    )


def test_the_profile_is_a_record_with_its_links_spelled_out() -> None:
    found = one({"data": {**USER, "profile_banner_url": "https://pbs.twimg.com/b"}}, kind="profile")
    assert found.body == "Books. https://larkspur.example/p\n\nLocation: Larkspur\nWebsite: https://larkspur.example"
    assert [m.id for m in found.media] == [f"{OWN}/avatar", f"{OWN}/banner"]
    assert (found.kind, found.author_handle, found.author_is_account) == ("profile", "larkspur", True)


# --------------------------------------------------------------------------- parsing: what cannot be trusted


@pytest.mark.parametrize(("native", "reason"), [
    (b'{"id":"1","text":"a","text":"b"}', "duplicate_key"), (b'{"id":1.5e18,"text":"a"}', "id_not_exact"),
    (b'{"text":"a"}', "id_missing"), (b'{"id":"1","x":NaN}', "not_finite"), (b'{"id":"1","x":1e999}', "not_finite"),
    (b'["1"]', "not_an_object"),
])  # fmt: skip
def test_an_item_that_cannot_be_trusted_goes_to_quarantine_alone(native: bytes, reason: str) -> None:
    good = msgspec.json.encode(post())
    bad, fine = parsed(b'{"data":[' + native + b"," + good + b'],"meta":{"result_count":2}}')
    assert isinstance(bad, Unreadable)
    assert (bad.reason, bad.native) == (reason, native)
    assert isinstance(fine, Observation)
    assert fine.native == good


def test_ids_keep_every_digit_also_as_numbers() -> None:
    number = 2**60 + 12345
    found = one(listing(reply(number, edit_history_tweet_ids=[number])))
    assert (found.native_id, found.native_id in found.native.decode()) == (str(number), True)


@pytest.mark.parametrize(("written", "body", "flags"), [
    ('"a\\u0000b"', "a\x00b", ()), ('"half \\ud83d"', "half \ufffd", ("text_repaired",)), ("{}", "", ("schema_drift",)),
    ("null", "", ()),
])  # fmt: skip
def test_odd_text_is_kept(written: str, body: str, flags: tuple[str, ...]) -> None:
    found = one(f'{{"data":[{{"id":"1","text":{written},"conversation_id":"2"}}]}}'.encode())
    assert (found.body, found.flags) == (body, flags)


def test_a_spoilt_author_costs_the_name_and_no_post() -> None:
    includes = b'{"users":[{"id":"%s","name":NaN},{"id":7,"username":"seven"}]}' % OTHER.encode()
    natives = msgspec.json.encode(reply("101")) + b',{"id":"102","author_id":7,"text":"x"}'
    first, second = parsed(b'{"data":[' + natives + b'],"includes":' + includes + b"}")
    assert isinstance(first, Observation)
    assert (first.author_id, first.author_name) == (OTHER, None)
    assert isinstance(second, Observation)
    assert (second.author_id, second.author_handle) == ("7", "seven")


def test_an_item_out_of_quarantine_is_read_with_what_stood_around_it() -> None:
    medium = {"media_key": "3_1", "type": "photo", "url": "https://pbs.twimg.com/1.jpg", "alt_text": "A fox."}
    item = reply("101", EDITED, attachments={"media_keys": ["3_1"]})
    around = {"media": [medium, {**medium, "media_key": "3_2"}], "tweets": [
        {"id": EDITED, "edit_history_tweet_ids": [ROOT, EDITED]}]}  # fmt: skip
    whole = msgspec.json.encode(listing(item, **around))
    fine = msgspec.json.encode(item)
    (bad,) = parsed(whole.replace(fine, fine[:-1] + b',"text":"twice"}'))
    assert isinstance(bad, Unreadable)
    assert "3_2" not in str(bad.context["includes"]), "nothing of the neighbours is kept with it"
    again = adapter(secrets={"bearer_token": "b"}).reparse(fine, page_of(b"", "item", **bad.context))
    assert isinstance(again, Observation)
    assert evidential_digest(again) == evidential_digest(one(whole))
    assert again.author_handle == "maraq"


@pytest.mark.parametrize("body", [b'{"data":5}', b'{"data":"x"}', b"[]", b'{"data":[}', b'{"data":[1'])
def test_a_page_of_another_shape_is_no_page(body: bytes) -> None:
    with pytest.raises(Unintelligible):
        parsed(body)


# --------------------------------------------------------------------------- logging in


def test_the_login_is_renewed_and_its_successor_stored_before_anything_is_read() -> None:
    kept: list[tuple[str, str]] = []
    with serving(answer=routed({})) as server:
        own = adapter(server, keep=lambda name, value: kept.append((name, value)) or True)
        (page,) = own.profile()
        assert kept == [("refresh_token", "renewed")]
        assert server.asked[0].headers["authorization"].startswith("Basic ")
        assert server.asked[1].headers["authorization"] == f"Bearer {ACCESS}"
    assert page.context == {"own": OWN}
    assert own.warnings() == []


def test_a_token_for_one_use_is_not_used_where_its_successor_could_not_be_stored() -> None:
    own = adapter(keep=lambda name, value: False)  # at api.x.com, which must not be asked
    with pytest.raises(LoginExpired, match="still good"):
        list(own.profile())
    assert "Airflow connection" in own.check()[0].remedy


def test_a_successor_that_got_lost_is_told_at_once() -> None:
    with serving(answer=routed({})) as server:
        own = adapter(server, keep=lambda name, value: False)
        list(own.profile())
    assert "could not be stored" in own.warnings()[0].what
    assert "renewed" not in repr([w.what.replace("X renewed", "") for w in own.warnings()])


def test_a_person_is_told_fourteen_days_before_a_token_dies() -> None:
    for days, told in ((13, 1), (15, 0)):
        with serving(answer=routed({}, refresh_token_expires_in=days * 86_400)) as server:
            own = adapter(server)
            list(own.profile())
            assert len(own.warnings()) == told


@pytest.mark.parametrize("scope", ["tweet.read", "users.read", "offline.access"])
def test_a_missing_scope_is_named_before_an_empty_list_is_believed(scope: str) -> None:
    with serving(answer=routed({}, scope=ALL_SCOPES.replace(scope, ""))) as server:
        own = adapter(server)
        with pytest.raises(ScopeLost, match=scope):
            list(own.posts(None))
        assert len(server.asked) == 1


def test_the_login_of_another_account_is_no_login() -> None:
    with serving(answer=routed({})) as server, pytest.raises(ScopeLost, match="another account"):
        list(adapter(server, handle="@somebody").profile())


def test_a_spent_refresh_token_is_a_dead_login() -> None:
    refused = json_reply({"error": "invalid_request", "error_description": REFRESH}, status=400)
    with serving(answer=routed({"/oauth2/token": refused})) as server:
        (problem,) = adapter(server).check()
    assert "invalid_request" in problem.what
    assert REFRESH not in problem.what + problem.remedy


def test_a_run_longer_than_its_token_logs_in_again_with_the_successor() -> None:
    kept: list[str] = []
    lists = iter([json_reply({"title": "Unauthorized"}, status=401), json_reply(listing(post()))])
    with serving(answer=routed({f"/users/{OWN}/tweets": lambda asked: next(lists)})) as server:
        pages = list(adapter(server, keep=lambda name, value: kept.append(value) or True).posts(None))
        assert [asked.path for asked in server.asked].count("/2/oauth2/token") == 2
    assert len(pages) == 2
    assert kept == ["renewed"]


def test_an_apps_token_reads_what_the_public_sees() -> None:
    routes = {"/users/by/username/larkspur": {"data": USER}}
    with serving(answer=routed(routes)) as server:
        assert adapter(server, secrets={"bearer_token": "app"}).check() == []
        assert {asked.headers["authorization"] for asked in server.asked} == {"Bearer app"}
    assert "neither" in adapter(secrets={}).check()[0].what


@pytest.mark.parametrize(("reply_of", "error"), [
    ({"errors": [{"type": f"{PROBLEM}resource-not-found", "value": "larkspur"}]}, AccountGone),
    (json_reply({"errors": [{"code": 64, "message": "Your account is suspended"}]}, status=403), AccountGone),
    (json_reply({"title": "Forbidden", "type": f"{PROBLEM}client-forbidden"}, status=403), ScopeLost),
    (json_reply({"title": "Unauthorized", "type": "about:blank"}, status=401), LoginExpired),
    ({"data": {"username": "larkspur"}}, Unintelligible), ({}, Unintelligible),
])  # fmt: skip
def test_who_is_gone_who_is_shut_out_and_who_is_unclear(reply_of: Any, error: type[PlatformError]) -> None:
    with serving(answer=routed({"/users/me": reply_of})) as server, pytest.raises(error):
        list(adapter(server).profile())


def test_settings_that_mean_nothing_are_refused() -> None:
    with pytest.raises(ConfigError, match="dialect"):
        adapter(dialect="toot")
    with pytest.raises(ConfigError, match="search"):
        adapter(search="some")


# --------------------------------------------------------------------------- lists


def test_posts_then_mentions_from_our_own_watermark_on() -> None:
    with serving(answer=routed({f"/users/{OWN}/mentions": listing(reply("101"))})) as server:
        pages = list(adapter(server).posts(parse_time("2026-05-01T10:00:00.5Z")))
        lists = [a for a in server.asked if a.path.startswith(f"/2/users/{OWN}/")]
    assert [a.path.rpartition("/")[2] for a in lists] == ["tweets", "mentions"]
    assert {a.query["start_time"] for a in lists} == {"2026-05-01T10:00:00Z"}
    assert lists[0].query["exclude"] == "retweets"
    assert [page.shortfall for page in pages] == [None, None]


@pytest.mark.parametrize("dialect", ["tweet", "post"])
def test_everything_that_is_asked_is_in_xs_contract(dialect: str) -> None:
    with serving(answer=routed({"/tweets/7": {"data": post("7")}})) as server:
        for search in ("recent", "all"):
            own = adapter(server, dialect=dialect, search=search)
            _ = [list(own.profile()), list(own.posts(None)), list(own.posts(now_micros())), list(own.thread(ROOT))]
            own.item("7")
        asked = [a for a in server.asked if a.path != "/2/oauth2/token"]
    assert all(contract.unknown_parameters(a.path, a.query) == [] for a in asked)
    assert len({a.path for a in asked}) == 6
    assert all((f"{dialect}.fields" in a.query) == (not a.path.endswith("/me")) for a in asked)


def test_the_contract_notices_what_x_does_not_know() -> None:
    path = f"/2/users/{OWN}/tweets"
    assert contract.unknown_parameters(path, {"exclude": "retweets,cats", "before": "1"}) == ["exclude=cats", "before"]
    assert contract.unknown_parameters(path, {"post.fields": "author_id"}) == ["post.fields=author_id"]
    assert contract.unknown_parameters("/2/unheard/of", {}) == ["/2/unheard/of"]
    assert contract.problems_of(path, {}, {"data": [{"id": 5}]}) != []
    assert contract.problems_of(path, {}, {"data": [{"id": "5", "note_tweet": {"text": "x", "mood": 1}}]}) == [
        "/data/0/note_post/mood: unknown"
    ]
    assert contract.problems_of(path, {"post.fields": "x"}, {"data": [{"note_tweet": {}}]}) != []


def test_the_newest_3200_posts_and_800_mentions_are_all_that_x_shows() -> None:
    def pages(first: int) -> Callable[[Asked], Any]:
        def answer(asked: Asked) -> Any:
            number = int(asked.query.get("pagination_token", "0"))
            posts = [reply(str(10**6 + number * 100 + n)) for n in range(100)]
            return listing(*posts, next_token=str(number + 1) if number + 1 < first else None)

        return answer

    with serving(answer=routed({f"/users/{OWN}/tweets": pages(32), f"/users/{OWN}/mentions": pages(8)})) as server:
        found = list(adapter(server).posts(parse_time(AT)))
    assert [page.shortfall for page in found if page.shortfall] == ["newest_3200_tweets", "newest_800_mentions"]
    assert found[31].shortfall is not None
    assert found[-1].shortfall is not None


def test_an_account_that_sent_more_than_x_shows_is_never_read_whole() -> None:
    sent = {"data": {**USER, "public_metrics": {"tweet_count": 3201}}}
    with serving(answer=routed({"/users/me": sent, f"/users/{OWN}/tweets": listing(post())})) as server:
        assert [p.shortfall for p in adapter(server).posts(None)] == ["newest_3200_tweets", None]
        own = adapter(server)
        assert [p.shortfall for p in own.posts(parse_time(AT))] == [None, None], "the window was read whole"
        assert own.totals() == {"posts_and_replies": 3201}


def test_totals_are_what_x_counts_and_a_sum_only_if_all_was_listed() -> None:
    mine = post(public_metrics={"reply_count": 3}), reply("101", by=OWN, public_metrics={"reply_count": 9})
    with serving(answer=routed({f"/users/{OWN}/tweets": listing(*mine)})) as server:
        own = adapter(server)
        list(own.posts(None))
        assert own.totals() == {"posts_and_replies": 12, "comments": 3}


@pytest.mark.parametrize("body", [
    {"meta": {}}, {}, {"meta": {"result_count": 3}}, {"data": {}}, {"errors": [{"type": f"{PROBLEM}internal-error"}]},
    Reply(body=b"<html>", headers={"Content-Type": "text/html"}), Reply(body=b""), Reply(body=b'{"data":[{"id":'),
])  # fmt: skip
def test_an_answer_that_is_none_is_never_no_posts(body: Any) -> None:
    with serving(answer=routed({f"/users/{OWN}/tweets": body})) as server, pytest.raises(PlatformError):
        list(adapter(server).posts(None))


def test_paging_in_circles_is_noticed() -> None:
    with (
        serving(answer=routed({f"/users/{OWN}/tweets": listing(post(), next_token="same")})) as server,
        pytest.raises(CursorLoop),
    ):
        list(adapter(server).posts(None))


def test_one_broken_post_hides_neither_the_next_page_nor_its_neighbours() -> None:
    first = b'{"data":[{"id":NaN},%s],"meta":{"result_count":2,"next_token":"b"}}' % msgspec.json.encode(post())

    def answer(asked: Asked) -> Reply:
        return Reply(body=first) if "pagination_token" not in asked.query else json_reply(listing(post("5")))

    with serving(answer=routed({f"/users/{OWN}/tweets": answer})) as server:
        own = adapter(server)
        found = [o for page in own.posts(None) for o in own.records(page)]
    assert [getattr(o, "native_id", getattr(o, "reason", "")) for o in found] == ["not_finite", ROOT, "5"]


# --------------------------------------------------------------------------- threads


@pytest.mark.parametrize(("root", "replies", "settings", "shortfall"), [
    (ROOT, 2, {}, "searched_7_days"), (ROOT, None, {}, "searched_7_days"), (ROOT, 0, {}, None),
    (ROOT, 2, {"search": "all"}, None), (NOW_ISH, 2, {}, None),
])  # fmt: skip
def test_search_reaches_back_seven_days_unless_the_archive_is_asked(
    root: str, replies: int | None, settings: dict[str, Any], shortfall: str | None
) -> None:
    metrics = {} if replies is None else {"public_metrics": {"reply_count": replies}}
    with serving(answer=routed({f"/users/{OWN}/tweets": listing(post(root, **metrics))})) as server:
        own = adapter(server, **settings)
        list(own.posts(None))
        pages = list(own.thread(root))
        asked = server.asked[-1]
    assert [page.shortfall for page in pages] == [shortfall]
    assert asked.query["query"] == f"conversation_id:{root}"
    assert asked.path.endswith(settings.get("search", "recent"))


def test_the_full_archive_is_asked_from_the_post_on_and_once_a_second() -> None:
    clock = Clock()
    with serving(answer=routed({})) as server:
        own = adapter(server, clock=clock, search="all")
        _ = [list(own.thread(ROOT)), list(own.thread(EDITED)), list(own.thread("12"))]
        starts = [a.query["start_time"] for a in server.asked if "start_time" in a.query]
    assert starts == ["2026-04-30T10:00:00Z", "2026-04-30T10:20:00Z", "2010-11-06T00:00:00Z"]
    assert sum(clock.naps) >= 2


# --------------------------------------------------------------------------- one by its id


def problem(name: str, about: str, **more: Any) -> dict[str, Any]:
    error = {"type": PROBLEM + name, "resource_id": about, "value": about, "title": "x", "detail": "x", **more}
    return {"errors": [error]}


@pytest.mark.parametrize(("body", "state"), [
    (problem("resource-not-found", "7"), "deleted"),
    (json_reply(problem("resource-not-found", "7"), status=404), "deleted"),
    (problem("resource-not-found", "7", detail="User has been suspended: [7]."), "account_gone"),
    (problem("not-authorized-for-resource", "7"), "inaccessible"),
    (problem("resource-not-found", "8"), "missing_unconfirmed"),  # about another post
    (json_reply({"title": "Not Found", "type": "about:blank"}, status=404), "missing_unconfirmed"),
    ({"errors": [], "meta": {}}, "missing_unconfirmed"), ({"data": post("8")}, "missing_unconfirmed"),
    ({"data": post("7"), **problem("resource-not-found", "7")}, "present"),  # an error beside the post is of a part
])  # fmt: skip
def test_only_xs_own_word_about_this_id_makes_a_state(body: Any, state: str) -> None:
    with serving(answer=routed({"/tweets/7": body})) as server:
        sighting = adapter(server).item("7")
    assert (sighting.state, sighting.native_id) == (state, "7")
    assert (sighting.observation is not None) == (state == "present")
    assert sighting.page.body


def test_an_edited_post_is_asked_for_again_by_its_newest_id() -> None:
    chain = {"edit_history_tweet_ids": [ROOT, EDITED]}
    routes = {f"/tweets/{ROOT}": {"data": post(ROOT, text="old", **chain)},
              f"/tweets/{EDITED}": {"data": post(EDITED, text="new", conversation_id=ROOT, **chain)}}  # fmt: skip
    with serving(answer=routed(routes)) as server:
        sighting = adapter(server).item(ROOT)
        listed = one(listing(post(EDITED, text="new", conversation_id=ROOT, **chain)))
    assert sighting.observation is not None
    assert (sighting.state, sighting.observation.body) == ("present", "new")
    assert evidential_digest(sighting.observation) == evidential_digest(listed)


def test_what_the_run_has_been_shown_is_not_asked_and_paid_for_again() -> None:
    with serving(answer=routed({f"/users/{OWN}/mentions": listing(reply("101"))})) as server:
        own = adapter(server)
        list(own.posts(None))
        before = len(server.asked)
        sighting = own.item("101")
        assert len(server.asked) == before
    assert (sighting.state, sighting.page.kind) == ("present", "posts")


# --------------------------------------------------------------------------- limits and money


def test_429_is_waited_for_until_the_reset_that_its_headers_name() -> None:
    clock = Clock()
    limited = json_reply({"title": "Too Many Requests"}, status=429, x_rate_limit_remaining="0",
                         x_rate_limit_reset=str(int(time.time()) + 7200))  # fmt: skip
    with serving(answer=routed({f"/users/{OWN}/tweets": limited})) as server:
        own = adapter(server, clock=clock)
        with pytest.raises(Throttled) as parked:
            list(own.posts(None))
        assert sum(a.path.endswith("/tweets") for a in server.asked) == 1
    assert parked.value.regain_at.timestamp() - clock.wall() == pytest.approx(7200, abs=5)


@pytest.mark.parametrize(("status", "body"), [
    (429, {"title": "UsageCapExceeded", "type": f"{PROBLEM}usage-capped"}),
    (403, {"title": "UsageCapExceeded", "type": "https://api.twitter.com/2/problems/usage-capped"}),
    (402, {"title": "CreditsDepleted", "type": f"{PROBLEM}credits"}), (402, {}),
])  # fmt: skip
def test_a_spent_budget_parks_for_a_day_and_tells_a_person(status: int, body: dict[str, Any]) -> None:
    clock = Clock()
    refused = json_reply(body, status=status, x_rate_limit_reset=str(int(clock.wall()) + 900))
    with serving(answer=routed({f"/users/{OWN}/tweets": refused})) as server:
        own = adapter(server, clock=clock)
        with pytest.raises(Throttled) as parked:
            list(own.posts(None))
        assert sum(a.path.endswith("/tweets") for a in server.asked) == 1
    assert parked.value.regain_at.timestamp() - clock.wall() == pytest.approx(86_400, abs=5)
    assert "console" in own.warnings()[0].remedy
    assert own.check()[0].what


def test_a_run_is_priced_before_it_starts() -> None:
    scale = Scale(posts=1_000, comments=5_000, watched=100, first=False)
    spent = adapter().estimate(scale)
    assert spent.dollars == pytest.approx(100 * 0.001 + 500 * 0.005)
    assert "unverified" in spent.sentence
    assert adapter(owned_read_price="0.01", post_read_price=0).estimate(scale).dollars == pytest.approx(1.0)
    assert adapter(secrets={"bearer_token": "b"}).estimate(scale).dollars == pytest.approx(600 * 0.005)
    assert adapter(search="all").estimate(scale).requests < spent.requests
    first = adapter(post_read_price="free").estimate(Scale(posts=0, comments=0, watched=0, first=True))
    assert "least" in first.sentence


def test_media_come_from_xs_own_hosts_only() -> None:
    assert adapter().media_hosts() == frozenset({".twimg.com"})
