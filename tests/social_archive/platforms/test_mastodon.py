"""mastodon: what is asked, what is made of the answers, and what an absence may be taken for."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

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
from social_archive.platforms.base import Page, Target
from social_archive.platforms.http import Http
from social_archive.platforms.mastodon import OPEN_THREAD, PAGE_SIZE, Mastodon
from social_archive.record import Observation, Unreadable, evidential_digest, micros, parse_time, storable
from tests.social_archive.platforms.answering import Asked, Clock, Reply, Server, json_reply, serving

RECORDINGS = Path(__file__).parent / "mastodon"
TOKEN = "CANARY-mastodon-token"


def recording(name: str) -> bytes:
    return (RECORDINGS / f"{name}.json").read_bytes()


ACCOUNT = json.loads(recording("account"))
NOT_FOUND = json_reply({"error": "Record not found"}, status=404)
HTML = {"Content-Type": "text/html"}


def routed(routes: Mapping[str, Reply | Callable[[Asked], Reply]]) -> Callable[[Asked], Reply]:
    """A server from paths to replies; `/api/v1` is left out, and everything else is not found."""
    known = {"/accounts/lookup": Reply(body=recording("account")), **routes}

    def answer(asked: Asked) -> Reply:
        reply = known.get(asked.path.removeprefix("/api/v1"), NOT_FOUND)
        return reply if isinstance(reply, Reply) else reply(asked)

    return answer


def adapter(at: Server | None, *, token: str = "", handle: str = "@larkspur", **settings: Any) -> Mastodon:
    own = {"server": at.url, "insecure_local": True} if at else {"server": "https://social.example"}
    target = Target("main", handle, {**own, **settings}, {"token": token} if token else {})
    clock = Clock()
    http = Http(base_url=Mastodon.base_url(target), pace=Mastodon.pace, secrets=tuple(target.secrets.values()),
                clock=clock.monotonic, sleep=clock.sleep, wall=clock.wall)  # fmt: skip
    return Mastodon(target, http)


def status(
    native_id: object, parent: object = None, *, replies: int = 0, by: str = "9002", **more: Any
) -> dict[str, Any]:
    return {
        "id": native_id, "in_reply_to_id": parent, "account": {"id": by, "acct": "x"}, "content": "<p>invented</p>",
        "created_at": "2026-05-01T10:00:00.000Z", "replies_count": replies, "visibility": "public", **more,
    }  # fmt: skip


def parsed(name: str, kind: str, **context: Any) -> list[Observation | Unreadable]:
    page = Page(kind=kind, endpoint="https://social.example/x", body=recording(name), response_sha256="aa",
                http_date="Fri, 01 May 2026 10:00:00 GMT", observed_at=7, context={"account_id": "9001", **context})  # type: ignore[arg-type]  # fmt: skip
    return list(adapter(None).records(page))


def seen(name: str, kind: str, **context: Any) -> dict[str, Observation]:
    return {o.native_id: o for o in parsed(name, kind, **context) if isinstance(o, Observation)}


# --------------------------------------------------------------------------- parsing


def test_a_post_becomes_text_links_and_times() -> None:
    post = seen("statuses", "posts", roots={"104": None, "103": "101"})["101"]
    assert post.kind == "post"
    assert post.author_is_account
    assert post.body == (
        "Summer reading starts on Monday.\nAll about it: https://larkspur.example/summer?a=1&b=2 #reading\n\n"
        "See you there 📚"
    )
    assert post.links == ("https://larkspur.example/summer?a=1&b=2",)
    assert (post.created_at, post.created_at_text) == (micros_of("2026-05-01T10:00:00Z"), "2026-05-01T10:00:00.000Z")
    assert (post.likes, post.replies, post.shares, post.language) == (2, 2, 0, "en")
    assert post.permalink == "https://social.example/@larkspur/101"
    assert (post.parent_native_id, post.root_native_id, post.flags, post.edited_at) == (None, None, (), None)
    assert (post.endpoint, post.response_sha256, post.observed_at) == ("https://social.example/x", "aa", 7)


def micros_of(text: str) -> int:
    moment = parse_time(text)
    assert moment is not None
    return moment


def test_native_is_the_items_bytes_exactly_as_received() -> None:
    body = recording("statuses")
    for post in seen("statuses", "posts").values():
        assert post.native in body
        assert b"\\u003cp\\u003e" in post.native
        assert json.loads(post.native)["id"] == post.native_id


def test_a_content_warning_is_the_first_line_and_attachments_keep_their_text() -> None:
    post = seen("statuses", "posts")["102"]
    assert post.body == "CW: Flooding\n\nWater in the basement: the local history room is closed today."
    assert "sensitive" in post.flags
    assert post.edited_at == micros_of("2026-05-02T08:30:00.123Z")
    assert post.edited_at_text == "2026-05-02T08:30:00.123Z"
    assert [(m.id, m.url, m.alt, m.outcome) for m in post.media] == [
        ("6", "https://files.social.example/m/6.jpg?X-Sig=aaa", None, "pending"),
        ("7", "https://elsewhere.example/7.mp4", "The stairs under water", "pending"),
    ]


def test_a_poll_and_a_boost_are_in_the_text() -> None:
    posts = seen("statuses", "posts")
    assert posts["106"].body == "Poll: which evening?\n( ) Tuesday\n( ) Thursday"
    assert posts["106"].flags == ("poll",)
    boost = posts["105"]
    assert boost.body == "Boost of @ben_invented@elsewhere.example:\n\nThe bookbinding class was lovely."
    assert (boost.kind, boost.flags) == ("post", ("reblog",))
    assert boost.media[0].alt == "A half-bound book"


def test_comments_and_replies_know_their_parent_and_root() -> None:
    thread = seen("context", "thread", root="101")
    assert {i: (o.kind, o.parent_native_id, o.root_native_id) for i, o in thread.items()} == {
        "201": ("comment", "101", "101"),
        "103": ("reply", "201", "101"),
        "202": ("reply", "103", "101"),
        "203": ("comment", "101", "101"),
    }
    assert thread["201"].body == "@larkspur Also on Saturdays?"
    assert thread["201"].links == ()
    assert thread["202"].body == "مرحبا, see <you> there \u202etxet\u202c 👩‍👩‍👧"
    assert thread["103"].author_is_account
    assert thread["203"].flags == ("private",)
    assert thread["202"].author_handle == "ben_invented@elsewhere.example"


def test_an_own_reply_is_the_same_on_the_list_of_posts_and_in_its_thread() -> None:
    listed = seen("statuses", "posts", roots={"104": None, "103": "101"})
    threaded = seen("context", "thread", root="101")
    assert evidential_digest(listed["103"]) == evidential_digest(threaded["103"])
    assert (listed["104"].kind, listed["104"].parent_native_id, listed["104"].root_native_id) == ("reply", "88", None)


def test_a_profile_is_a_record_with_its_table_and_pictures() -> None:
    [profile] = parsed("account", "profile")
    assert isinstance(profile, Observation)
    assert profile.kind == "profile"
    assert profile.native_id == "9001"
    assert profile.author_is_account
    assert profile.body == "Books, talks & a seed library.\n\nHours: Mon–Sat 9–20\nCatalogue: catalogue"
    assert profile.links == ("https://larkspur.example", "https://catalogue.larkspur.example")
    assert profile.author_avatar == "https://files.social.example/avatars/larkspur.png?v=1"
    assert [m.id for m in profile.media] == [
        "https://files.social.example/avatars/larkspur.png",
        "https://files.social.example/headers/larkspur.jpg",
    ]


def test_likes_and_preview_cards_are_no_new_version() -> None:
    before = seen("statuses", "posts")["101"]
    native = json.loads(before.native)
    native["favourites_count"] = 99
    native["card"] = {"url": "https://larkspur.example/summer", "title": "added later by the server"}
    native["account"]["display_name"] = "Larkspur"
    page = Page(kind="posts", endpoint="", body=json.dumps([native]).encode(), response_sha256="", http_date=None,
                observed_at=8, context={"account_id": "9001"})  # fmt: skip
    [after] = adapter(None).records(page)
    assert isinstance(after, Observation)
    assert after.likes == 99
    assert evidential_digest(after) == evidential_digest(before)


def test_an_odd_item_goes_to_quarantine_with_its_bytes_and_the_rest_goes_on() -> None:
    found = parsed("odd_context", "thread", root="101")
    refused = [item for item in found if isinstance(item, Unreadable)]
    assert [item.reason for item in refused] == [
        "id_not_exact", "duplicate_key", "not_finite", "id_missing", "not_an_object",
    ]  # fmt: skip
    body = recording("odd_context")
    assert all(item.native in body and item.endpoint and item.observed_at == 7 for item in refused)
    kept = {item.native_id: item for item in found if isinstance(item, Observation)}
    assert list(kept) == ["301", "305", "306", "307", "12345678901234567890123", "308", "309"]
    assert (kept["301"].parent_native_id, kept["301"].kind) == ("101", "comment")
    assert kept["305"].body == "@larkspur half \ufffd a smile \x00 nul"
    assert "text_repaired" in kept["305"].flags
    assert b"\\ud83d" in kept["305"].native
    assert "schema_drift" in kept["306"].flags
    assert (kept["306"].body, kept["306"].author_id) == ("", None)
    assert (kept["308"].created_at, kept["308"].created_at_text) == (None, "last Tuesday")
    assert kept["309"].created_at == micros_of("2026-05-01T10:00:00Z")
    for item in kept.values():
        assert storable(item.body) == item.body
        evidential_digest(item)


@pytest.mark.parametrize("field", sorted(json.loads(recording("statuses"))[0]))
@pytest.mark.parametrize("value", [None, 7, 1.5, True, "text", [], {}, [None], {"x": [1]}, "absent"])
def test_any_field_may_be_missing_or_of_another_type(field: str, value: object) -> None:
    native = json.loads(recording("statuses"))[4]
    native[field] = value
    if value == "absent":
        del native[field]
    page = Page(kind="posts", endpoint="", body=json.dumps([native]).encode(), response_sha256="", http_date=None,
                observed_at=8, context={"account_id": "9001"})  # fmt: skip
    [item] = adapter(None).records(page)
    if isinstance(item, Unreadable):
        assert field == "id"
    else:
        assert json.loads(item.native) == native
        evidential_digest(item)


@pytest.mark.parametrize("body", [b'{"error":"x"}', b"null", b"[", b"<html>"])
def test_a_stored_page_of_another_shape_is_unintelligible(body: bytes) -> None:
    page = Page(kind="posts", endpoint="", body=body, response_sha256="", http_date=None, observed_at=8)
    with pytest.raises(Unintelligible):
        list(adapter(None).records(page))


# --------------------------------------------------------------------------- posts


def paged(total: int) -> Callable[[Asked], Reply]:
    """Posts `total`..1, one a day, paged by a Link header that names the server as a proxy would."""

    def answer(asked: Asked) -> Reply:
        newest = int(asked.query.get("max_id", total + 1)) - 1
        numbers = range(newest, max(newest - PAGE_SIZE, 0), -1)
        days = [f"2026-{1 + n // 28:02}-{1 + n % 28:02}T00:00:00Z" for n in numbers]
        body = [status(str(n), by="9001", created_at=day) for n, day in zip(numbers, days, strict=True)]
        link = f'<http://wrong-host.example/api/v1/x?limit=40&max_id={numbers[-1]}>; rel="next"' if body else ""
        before = '<http://wrong-host.example/api/v1/x?min_id=999>; rel="prev"'
        return json_reply(body, Link=", ".join(part for part in (link, before) if part))

    return answer


def test_all_pages_are_read_through_the_link_header_on_our_own_server() -> None:
    with serving(answer=routed({"/accounts/9001/statuses": paged(95)})) as server:
        mastodon = adapter(server)
        items = [item for page in mastodon.posts(None) for item in mastodon.records(page)]
    found = [item.native_id for item in items if isinstance(item, Observation)]
    assert found == [str(n) for n in range(95, 0, -1)]
    assert all(asked.headers["host"] == f"127.0.0.1:{server.port}" for asked in server.asked)


def test_reading_stops_after_the_page_with_nothing_newer() -> None:
    since = micros_of("2026-03-01T00:00:00Z")
    with serving(answer=routed({"/accounts/9001/statuses": paged(200)})) as server:
        mastodon = adapter(server)
        found = [o for page in mastodon.posts(since) for o in mastodon.records(page) if isinstance(o, Observation)]
    newer = [o for o in found if (o.created_at or 0) > since]
    assert len(newer) == 200 - 56
    assert len(found) < 200 - 56 + 2 * PAGE_SIZE


def test_a_server_without_link_headers_is_paged_by_the_last_id() -> None:
    def without_link(asked: Asked) -> Reply:
        reply = paged(85)(asked)
        return Reply(body=reply.body)

    with serving(answer=routed({"/accounts/9001/statuses": without_link})) as server:
        assert [len(json.loads(page.body)) for page in adapter(server).posts(None)] == [40, 40, 5]


@pytest.mark.parametrize("ids", [["7"], ["7", "8", "7"]])
def test_paging_that_comes_back_is_a_cursor_loop(ids: list[str]) -> None:
    turns = iter(ids * 3)

    def looping(_: Asked) -> Reply:
        return json_reply([status("9", by="9001")], Link=f'<https://x.example/?max_id={next(turns)}>; rel="next"')

    with serving(answer=routed({"/accounts/9001/statuses": looping})) as server, pytest.raises(CursorLoop):
        list(adapter(server).posts(None))
    assert len(server.asked) <= 5


def test_no_posts_where_the_server_counts_some_is_a_shortfall_not_silence() -> None:
    with serving(answer=routed({"/accounts/9001/statuses": json_reply([])})) as server:
        assert [page.shortfall for page in adapter(server).posts(None)] == ["posts_withheld"]
    none = json_reply({**ACCOUNT, "statuses_count": 0})
    with serving(answer=routed({"/accounts/lookup": none, "/accounts/9001/statuses": json_reply([])})) as server:
        assert [page.shortfall for page in adapter(server).posts(None)] == [None]


def test_totals_are_what_the_server_counts_and_a_sum_only_over_all_posts() -> None:
    listing = [{**status("3", by="9001"), "replies_count": 4}, {**status("2", by="9001"), "replies_count": 1}]
    with serving(answer=routed({"/accounts/9001/statuses": json_reply(listing)})) as server:
        mastodon = adapter(server)
        assert mastodon.totals() == {}
        list(mastodon.profile())
        counted = {"posts_and_replies": ACCOUNT["statuses_count"]}
        assert mastodon.totals() == counted
        list(mastodon.posts(since=1))
        assert mastodon.totals() == counted  # a watch window is not everything
        list(mastodon.posts(None))
        assert mastodon.totals() == {**counted, "comments": 5}
    uncounted = json_reply({**ACCOUNT, "statuses_count": "many"})
    with serving(answer=routed({"/accounts/lookup": uncounted})) as server:
        mastodon = adapter(server)
        list(mastodon.profile())
        assert mastodon.totals() == {}


def test_own_replies_learn_their_thread_with_as_few_questions_as_possible() -> None:
    listing = [status("6", "5", by="9001"), status("5", "4", by="9001"), status("4", "2", by="9001"),
               status("3", "88", by="9001"), status("1", by="9001")]  # fmt: skip
    routes = {
        "/accounts/9001/statuses": json_reply(listing),
        "/statuses/4/context": json_reply({"ancestors": [status("1", by="9001"), status("2", "1")], "descendants": []}),
        "/statuses/3/context": json_reply({"ancestors": [status("88")], "descendants": []}),
    }
    with serving(answer=routed(routes)) as server:
        [page] = adapter(server).posts(None)
    assert page.context["roots"] == {"6": "1", "5": "1", "4": "1", "3": None}
    assert sum("context" in asked.path for asked in server.asked) == 2


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (json_reply({"error": "The access token is invalid"}, status=401), LoginExpired),
        (json_reply({"error": "outside the authorized scopes"}, status=403), ScopeLost),
        (NOT_FOUND, AccountGone),
        (json_reply({"error": "Gone"}, status=410), AccountGone),
        (Reply(404, b"<h1>nginx</h1>", HTML), Unintelligible),
        (Reply(200, b"<html>log in</html>", HTML), Unintelligible),
        (json_reply({"error": "maintenance"}), Unintelligible),
        (json_reply(None), PlatformError),
        (Reply(429, b"{}", {"Retry-After": "3600"}), Throttled),
        (json_reply({"error": "odd"}, status=422), Unintelligible),
    ],
)
def test_every_refusal_has_its_type(reply: Reply, error: type[PlatformError]) -> None:
    routes = {"/accounts/9001/statuses": reply, "/accounts/verify_credentials": Reply(body=recording("account"))}
    with serving(answer=routed(routes)) as server, pytest.raises(error) as told:
        list(adapter(server, token=TOKEN).posts(None))
    assert TOKEN not in str(told.value)
    assert told.value.remedy


def test_a_dead_token_is_noticed_even_where_the_server_would_go_on_without_it() -> None:
    routes = {
        "/accounts/verify_credentials": json_reply({"error": "revoked"}, status=401),
        "/accounts/9001/statuses": json_reply([]),
    }
    with serving(answer=routed(routes)) as server, pytest.raises(LoginExpired):
        list(adapter(server, token=TOKEN).posts(None))


def test_a_token_that_dies_between_two_pages_keeps_the_first_page() -> None:
    def dying(asked: Asked) -> Reply:
        return paged(95)(asked) if "max_id" not in asked.query else json_reply({"error": "revoked"}, status=401)

    routes = {"/accounts/9001/statuses": dying, "/accounts/verify_credentials": Reply(body=recording("account"))}
    with serving(answer=routed(routes)) as server:
        pages = adapter(server, token=TOKEN).posts(None)
        assert len(json.loads(next(pages).body)) == PAGE_SIZE
        with pytest.raises(LoginExpired):
            next(pages)


def test_a_suspended_account_is_gone() -> None:
    routes = {"/accounts/lookup": json_reply({**ACCOUNT, "suspended": True})}
    with serving(answer=routed(routes)) as server, pytest.raises(AccountGone, match="suspended"):
        list(adapter(server).profile())


# --------------------------------------------------------------------------- threads


def context(*descendants: dict[str, Any]) -> Reply:
    return json_reply({"ancestors": [], "descendants": list(descendants)})


def thread_of(mastodon: Mastodon, root: str) -> tuple[set[str], list[str | None]]:
    pages = list(mastodon.thread(root))
    ids = {o.native_id for page in pages for o in mastodon.records(page) if isinstance(o, Observation)}
    return ids, [page.shortfall for page in pages]


def test_a_thread_that_the_server_cut_is_asked_for_further_down() -> None:
    chain = [status(str(n), str(n - 1), replies=int(n < 29)) for n in range(2, 30)]
    routes = {
        "/statuses/1/context": context(*chain[:20]),  # 20 levels, as without a login
        "/statuses/21/context": context(*chain[20:]),
    }
    with serving(answer=routed(routes)) as server:
        ids, shortfalls = thread_of(adapter(server), "1")
    assert ids == {str(n) for n in range(2, 30)}
    assert shortfalls == [None, None]


def test_what_cannot_be_had_even_so_is_a_shortfall() -> None:
    flat = [status(str(n), "1") for n in range(2, 2 + OPEN_THREAD)]
    posts = json_reply([status("1", by="9001", replies=100)])
    with serving(answer=routed({"/accounts/9001/statuses": posts, "/statuses/1/context": context(*flat)})) as server:
        mastodon = adapter(server)
        list(mastodon.posts(None))
        assert thread_of(mastodon, "1")[1] == ["thread_limit"]


def test_fewer_direct_replies_than_the_server_counts_is_a_shortfall() -> None:
    posts = json_reply([status("1", by="9001", replies=2)])
    routes = {"/accounts/9001/statuses": posts, "/statuses/1/context": context(status("2", "1"), status("3", "2"))}
    with serving(answer=routed(routes)) as server:
        mastodon = adapter(server)
        list(mastodon.posts(None))
        assert thread_of(mastodon, "1")[1] == ["replies_withheld"]


def test_a_thread_with_an_unreadable_item_is_still_read() -> None:
    with serving(answer=routed({"/statuses/101/context": Reply(body=recording("odd_context"))})) as server:
        mastodon = adapter(server)
        [page] = mastodon.thread("101")
        assert len(list(mastodon.records(page))) == 12


def test_a_thread_whose_root_is_gone_shows_nothing() -> None:
    with serving(answer=routed({})) as server:
        assert list(adapter(server).thread("1")) == []


@pytest.mark.parametrize("body", [b'{"error":"x"}', b"[]", b'{"ancestors":[]}', b'{"descendants":{}}'])
def test_a_thread_of_another_shape_is_unintelligible(body: bytes) -> None:
    with serving(answer=routed({"/statuses/1/context": Reply(body=body)})) as server, pytest.raises(Unintelligible):
        list(adapter(server).thread("1"))


# --------------------------------------------------------------------------- one item


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (json_reply(status("5")), "present"),
        (NOT_FOUND, "deleted"),
        (json_reply({"error": "Gone"}, status=410), "deleted"),
        (json_reply({"error": "no"}, status=401), "inaccessible"),
        (json_reply({"error": "no"}, status=403), "inaccessible"),
        (Reply(404, b"<h1>not here</h1>", HTML), "missing_unconfirmed"),
        (Reply(404, b"", HTML), "missing_unconfirmed"),
        (Reply(410, b'"gone"'), "missing_unconfirmed"),
        (Reply(200, b"<h1>hello</h1>", HTML), "missing_unconfirmed"),
        (Reply(200, b'{"error":"odd"}'), "missing_unconfirmed"),
        (json_reply(status("6")), "missing_unconfirmed"),
        (Reply(302, b"", {"Location": "/login"}), "missing_unconfirmed"),
        (json_reply({"error": "teapot"}, status=418), "missing_unconfirmed"),
    ],
)
def test_only_the_servers_own_not_found_is_a_deletion(reply: Reply, state: str) -> None:
    with serving(answer=routed({"/statuses/5": reply})) as server:
        sighting = adapter(server).item("5")
    assert sighting.state == state
    assert (sighting.observation is not None) == (state == "present")
    assert sighting.page.body == reply.body


def test_a_not_found_with_a_login_is_checked_without_it() -> None:
    """A server says 404 to somebody whom the author has blocked, while everybody else sees the post."""

    def blocking(asked: Asked) -> Reply:
        return NOT_FOUND if "authorization" in asked.headers else json_reply(status("5"))

    routes = {"/statuses/5": blocking, "/accounts/verify_credentials": Reply(body=recording("account"))}
    with serving(answer=routed(routes)) as server:
        mastodon = adapter(server, token=TOKEN)
        assert mastodon.item("5").state == "present"
        assert mastodon.item("6").state == "deleted"


def test_a_dead_token_says_nothing_about_an_item() -> None:
    routes = {
        "/accounts/verify_credentials": Reply(body=recording("account")),
        "/statuses/5": json_reply({"error": "revoked"}, status=401),
    }
    with serving(answer=routed(routes)) as server, pytest.raises(LoginExpired):
        adapter(server, token=TOKEN).item("5")


def test_an_id_cannot_lead_to_another_path() -> None:
    with serving(answer=routed({})) as server:
        adapter(server).item("../accounts/1?x=")
    assert server.asked[-1].path == "/api/v1/statuses/..%2Faccounts%2F1%3Fx%3D"


# --------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("handle", "server", "asked"),
    [
        ("@larkspur", "https://social.example", "larkspur"),
        ("larkspur@social.example", "social.example/", "larkspur"),
        ("@larkspur@social.example", "", "larkspur"),
        ("@larkspur@other.example", "https://social.example", "larkspur@other.example"),
    ],
)
def test_the_handle_may_be_written_in_every_usual_way(handle: str, server: str, asked: str) -> None:
    mastodon = adapter(None, handle=handle, server=server)
    assert mastodon.http.base_url == "https://social.example"
    assert mastodon._acct() == asked


@pytest.mark.parametrize(
    "settings",
    [
        {"server": "http://social.example"},
        {"server": "http://social.example", "insecure_local": True},
        {"server": "http://127.0.0.1:3000"},
        {"server": ""},
    ],
)
def test_a_token_never_travels_in_the_clear(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        adapter(None, **settings)


def test_media_come_from_the_server_its_subdomains_and_the_named_hosts() -> None:
    mastodon = adapter(None, media_hosts=["cdn.elsewhere.example"])
    assert mastodon.media_hosts() == {"social.example", ".social.example", "cdn.elsewhere.example"}
    with serving(NOT_FOUND) as server:
        assert adapter(server).media_hosts() == {f"127.0.0.1:{server.port}"}


def test_check_finds_nothing_wrong_with_a_readable_account_on_either_version_of_the_instance_api() -> None:
    for path in ("/api/v2/instance", "/instance"):
        with serving(answer=routed({path: json_reply({"version": "4.6.0"})})) as server:
            assert adapter(server).check() == []


@pytest.mark.parametrize(
    ("routes", "token", "what"),
    [
        ({}, "", "does not speak"),
        ({"/instance": json_reply({}), "/accounts/lookup": NOT_FOUND}, "", "not known to its server"),
        ({"/instance": json_reply({}), "/accounts/lookup": json_reply({}, status=401)}, "", "without a login"),
        ({"/instance": json_reply({}), "/accounts/verify_credentials": json_reply({}, status=401)}, TOKEN, "token"),
        ({"/instance": json_reply({}), "/accounts/verify_credentials": json_reply({}, status=403)}, TOKEN, "refuses"),
        ({"/instance": Reply(200, b"<html>", HTML)}, "", "not JSON"),
    ],
)
def test_check_names_the_problem_and_the_way_out(routes: dict[str, Reply], token: str, what: str) -> None:
    with serving(answer=routed(routes)) as server:
        [problem] = adapter(server, token=token).check()
    assert what in problem.what
    assert problem.remedy
    assert TOKEN not in problem.what


def test_check_says_when_nobody_answers() -> None:
    with serving(NOT_FOUND) as server:
        mastodon = adapter(server)
    [problem] = mastodon.check()
    assert "no usable answer" in problem.what


def test_observed_times_are_exact() -> None:
    from datetime import UTC, datetime

    assert micros_of("2026-05-02T08:30:00.123456Z") == micros(datetime(2026, 5, 2, 8, 30, 0, 123456, UTC))


# --------------------------------------------------------------------------- a second look at what was quarantined


def test_an_unreadable_comment_remembers_its_thread_for_the_second_look() -> None:
    """Once it can be read (a mended adapter, here: mended bytes), it is the same comment as in its thread."""
    body = json.dumps({"ancestors": [], "descendants": [status("5", "1") | {"id": 5.0}]}).encode()
    thread = Page(kind="thread", endpoint="https://social.example/x", body=body, response_sha256="aa", http_date=None,
                  observed_at=7, context={"account_id": "9001", "root": "1"})  # fmt: skip
    [unreadable] = adapter(None).records(thread)
    assert isinstance(unreadable, Unreadable)
    assert unreadable.context == {"account_id": "9001", "root": "1"}
    mended = unreadable.native.replace(b"5.0", b'"5"')
    alone = Page(kind="item", endpoint="", body=mended, response_sha256="", http_date=None, observed_at=7,
                 context=dict(unreadable.context))  # fmt: skip
    again = adapter(None).reparse(mended, alone)
    assert isinstance(again, Observation)
    assert (again.native_id, again.kind, again.root_native_id) == ("5", "comment", "1")
