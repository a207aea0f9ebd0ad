"""Facebook: what its lists, its silences and its throttles may be taken for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from social_archive.errors import (
    AccountGone,
    CursorLoop,
    LoginExpired,
    PlatformError,
    ScopeLost,
    Throttled,
    Unintelligible,
)
from social_archive.platforms.base import Page, Scale
from social_archive.platforms.facebook import POST_FIELDS
from social_archive.record import Observation, evidential_digest, now_micros, parse_time
from tests.social_archive.platforms.answering import Asked, Reply, Server, json_reply, serving
from tests.social_archive.platforms.graph_script import (
    COMMENT,
    EMPTY,
    NO_SUCH,
    PAGE,
    POST,
    SCOPES,
    SECRET,
    THE_PAGE,
    TOKEN,
    adapter,
    comment,
    in_turn,
    inspected,
    listed,
    post,
    refusal,
    routed,
)

BUC = "X_Business_Use_Case_Usage"


def ids(pages: Iterator[Page], at: Server | None = None) -> list[str]:
    parser = adapter(at)
    return [found.native_id for page in pages for found in parser.records(page) if isinstance(found, Observation)]


def paths(server: Server) -> list[str]:
    return [asked.path.removeprefix("/v26.0/") for asked in server.asked]


# --------------------------------------------------------------------------- may the token's silence be believed?


def test_a_persons_token_is_refused_before_its_empty_lists_are_believed() -> None:
    with serving(answer=routed({"/debug_token": inspected(type="USER", profile_id=None)})) as server:
        with pytest.raises(ScopeLost, match=r"kind USER.*empty lists of comments, without an error") as lost:
            list(adapter(server).thread(POST))
        assert "/me/accounts" in lost.value.remedy
        assert paths(server) == ["debug_token"]


@pytest.mark.parametrize("missing", ["pages_read_engagement", "pages_read_user_content"])
def test_a_missing_permission_is_named_with_what_stays_unseen(missing: str) -> None:
    scopes = [scope for scope in SCOPES if scope != missing]
    with serving(answer=routed({"/debug_token": inspected(scopes=scopes)})) as server:
        with pytest.raises(ScopeLost, match=missing):
            list(adapter(server).posts(None))
        [problem] = adapter(server).check()
        assert missing in problem.what
        assert missing in problem.remedy


def test_a_permission_for_another_page_is_none_for_this_one() -> None:
    granular = [{"scope": "pages_read_user_content", "target_ids": ["5"]}, {"scope": "pages_read_engagement"}]
    with (
        serving(answer=routed({"/debug_token": inspected(granular_scopes=granular)})) as server,
        pytest.raises(ScopeLost, match="pages_read_user_content"),
    ):
        list(adapter(server).profile())


def test_check_names_every_missing_permission_and_is_silent_when_all_is_well() -> None:
    with serving(answer=routed({"/debug_token": inspected(scopes=["pages_show_list"])})) as server:
        assert len(adapter(server).check()) == 2
    with serving(answer=routed({})) as server:
        assert adapter(server).check() == []
        assert paths(server)[-2:] == [f"{PAGE}/published_posts", f"{PAGE}/visitor_posts"]


@pytest.mark.parametrize(
    ("subcode", "why"),
    [(458, "the app was removed"), (460, "password was changed"), (463, "has expired"), (492, "no role"), (1, "190/1")],
)
def test_a_dead_token_says_why(subcode: int, why: str) -> None:
    dead = json_reply({"data": {"is_valid": False, "error": {"code": 190, "subcode": subcode, "message": "x"}}})
    with (
        serving(answer=routed({"/debug_token": dead})) as server,
        pytest.raises(LoginExpired, match=why),
    ):
        list(adapter(server).profile())
    with (
        serving(answer=routed({f"/{POST}/comments": refusal(190, subcode)})) as server,
        pytest.raises(LoginExpired, match=why),
    ):
        list(adapter(server).thread(POST))


def test_without_the_apps_secret_facebook_will_not_say_and_so_nothing_is_believed() -> None:
    with serving(answer=routed({"/debug_token": refusal(100)})) as server:
        [problem] = adapter(server, secret="").check()
        assert "app_secret" in problem.remedy
        assert server.asked[0].headers["authorization"] == f"Bearer {TOKEN}"
        with pytest.raises(LoginExpired, match="app id and app secret"):
            list(adapter(server).profile())


def test_every_request_is_signed_and_no_secret_stands_in_an_address_or_a_page() -> None:
    echoed = json_reply({**THE_PAGE, "about": f"token {TOKEN}"})
    with serving(answer=routed({f"/{PAGE}": echoed})) as server:
        pages = list(adapter(server).profile())
        inspection, *others = server.asked
        assert inspection.headers["authorization"] == f"Bearer 4711|{SECRET}"
        assert all(len(asked.query["appsecret_proof"]) == 64 for asked in others)
        assert all(asked.headers["authorization"] == f"Bearer {TOKEN}" for asked in others)
    proof = others[0].query["appsecret_proof"]
    for secret in (TOKEN, SECRET, proof):
        assert all(secret not in page.endpoint and secret.encode() not in page.body for page in pages)


def test_the_token_of_another_page_is_noticed_by_name_and_by_id() -> None:
    with serving(answer=routed({})) as server:
        assert ids(adapter(server, handle=PAGE).profile())[0] == PAGE
        assert ids(adapter(server, handle="@Larkspur").profile())[0] == PAGE
        with pytest.raises(ScopeLost, match="another Page"):
            list(adapter(server, handle="otherlibrary").profile())


def test_a_page_that_is_gone_and_a_login_that_was_never_given() -> None:
    with serving(answer=routed({f"/{PAGE}": NO_SUCH})) as server, pytest.raises(AccountGone):
        list(adapter(server).profile())
    assert "no Page token" in adapter(None, token="").check()[0].what


def test_a_person_is_told_two_weeks_before_a_token_or_its_access_dies() -> None:
    now = now_micros() // 1_000_000
    soon, later = now + 10 * 86_400, now + 20 * 86_400
    for more, dying in (
        ({"expires_at": soon}, ["Page token"]), ({"data_access_expires_at": soon}, ["access to data"]),
        ({"expires_at": later, "data_access_expires_at": later}, []), ({"expires_at": 0}, []),
    ):  # fmt: skip
        with serving(answer=routed({"/debug_token": inspected(**more)})) as server:
            reading = adapter(server)
            list(reading.profile())
            found = reading.warnings()
            assert [word for word, problem in zip(dying, found, strict=True) if word in problem.what] == dying


# --------------------------------------------------------------------------- lists


def test_ranked_lists_are_read_to_their_end_through_empty_pages() -> None:
    old, new = post(f"{PAGE}_1", created_time="2020-01-01T00:00:00+0000"), post(f"{PAGE}_2")
    pages = in_turn(listed(old, after="A"), listed(after="B"), listed(new))
    with serving(answer=routed({f"/{PAGE}/published_posts": pages})) as server:
        assert ids(adapter(server).posts(parse_time("2026-01-01T00:00:00Z"))) == [f"{PAGE}_1", f"{PAGE}_2"]
        asked = [a.query for a in server.asked if a.path.endswith("published_posts")]
    assert [query.get("after") for query in asked] == [None, "A", "B"]
    assert all(query["fields"] == POST_FIELDS and "access_token" not in query for query in asked)


def test_what_nothing_happened_to_since_is_left_out_and_a_late_comment_brings_a_post_back() -> None:
    quiet = post(f"{PAGE}_1", created_time="2020-01-01T00:00:00+0000", updated_time="2020-01-01T00:00:00+0000")
    woken = post(f"{PAGE}_2", created_time="2020-01-01T00:00:00+0000", updated_time="2026-02-02T00:00:00+0000")
    untold = post(f"{PAGE}_3", created_time="2020-01-01T00:00:00+0000", updated_time=None)
    with serving(answer=routed({f"/{PAGE}/published_posts": listed(quiet, woken, untold)})) as server:
        since = parse_time("2026-01-01T00:00:00Z")
        assert ids(adapter(server).posts(since)) == [f"{PAGE}_2", f"{PAGE}_3"]
        assert len(ids(adapter(server).posts(None))) == 3


def test_visitors_posts_are_read_and_marked() -> None:
    left = post(f"{PAGE}_9", **{"from": {"id": "77", "name": "Bram Invented"}})
    with serving(answer=routed({f"/{PAGE}/visitor_posts": listed(left)})) as server:
        reading = adapter(server)
        [found] = [o for page in reading.posts(None) for o in reading.records(page)]
    assert isinstance(found, Observation)
    assert (found.kind, found.author_is_account, found.flags) == ("post", False, ("visitor_post",))


def test_paging_in_circles_is_noticed() -> None:
    with (
        serving(answer=routed({f"/{POST}/comments": listed(comment(), after="A")})) as server,
        pytest.raises(CursorLoop),
    ):
        list(adapter(server).thread(POST))


def test_a_page_too_large_for_facebook_is_asked_for_in_halves() -> None:
    def answer(asked: Asked) -> Reply:
        if int(asked.query["limit"]) > 25:
            return refusal(1, status=500, message="Please reduce the amount of data you're asking for, then retry")
        return listed(post())

    with serving(answer=routed({f"/{PAGE}/published_posts": answer})) as server:
        assert ids(adapter(server).posts(None)) == [POST]
        assert [a.query["limit"] for a in server.asked if "published" in a.path] == ["100", "50", "25"]


def test_a_post_that_is_too_much_even_alone_ends_in_an_error_and_not_in_a_loop() -> None:
    too_much = refusal(1, status=500, message="Please reduce the amount of data you're asking for")
    with (
        serving(answer=routed({f"/{PAGE}/published_posts": too_much})) as server,
        pytest.raises(Unintelligible, match="more than Facebook can answer"),
    ):
        list(adapter(server).posts(None))


# --------------------------------------------------------------------------- what Facebook keeps back


def test_a_thread_that_is_empty_though_comments_are_counted_is_a_gap() -> None:
    with serving(answer=routed({f"/{POST}/comments": in_turn(listed(total=3), listed(total=0))})) as server:
        assert [page.shortfall for page in adapter(server).thread(POST)] == ["comments_withheld"]
        assert [page.shortfall for page in adapter(server).thread(POST)] == [None]


def test_fewer_posts_than_counted_and_a_years_cap_are_gaps_on_the_last_page_only() -> None:
    short = in_turn(listed(post(f"{PAGE}_1"), after="A", total=3), listed(post(f"{PAGE}_2"), total=3))
    with serving(answer=routed({f"/{PAGE}/published_posts": short})) as server:
        assert [page.shortfall for page in adapter(server).posts(None)] == [None, "posts_withheld", None]
    full = listed(*(post(f"{PAGE}_{n}") for n in range(600)), total=600)
    with serving(answer=routed({f"/{PAGE}/published_posts": full})) as server:
        assert [page.shortfall for page in adapter(server).posts(None)] == ["posts_of_a_year_capped", None]


def test_the_single_photos_of_an_album_have_comments_of_their_own() -> None:
    photos = [{"type": "photo", "target": {"id": photo}} for photo in ("31", "32")]
    album = post(attachments={"data": [{"type": "album", "subattachments": {"data": photos}}]})
    under_photo = comment("31_5")
    routes = {
        f"/{PAGE}/published_posts": listed(album), f"/{POST}/comments": listed(comment()),
        "/31/comments": listed(under_photo), "/32/comments": NO_SUCH,
    }  # fmt: skip
    with serving(answer=routed(routes)) as server:
        reading = adapter(server)
        list(reading.posts(None))
        found = [o for page in reading.thread(POST) for o in reading.records(page) if isinstance(o, Observation)]
    assert [(o.native_id, o.parent_native_id, o.root_native_id) for o in found] == [
        (COMMENT, POST, POST), ("31_5", POST, POST),
    ]  # fmt: skip


def test_blocked_people_are_one_record_a_page_and_each_says_how_many_there_are() -> None:
    pages = in_turn(listed({"id": "8", "name": "Vex"}, {"id": "7", "name": "Coinz"}, after="A"), listed({"id": "9"}))
    with serving(answer=routed({f"/{PAGE}/blocked": pages})) as server:
        reading = adapter(server)
        found = [o for page in reading.profile() for o in reading.records(page) if isinstance(o, Observation)]
    assert [(o.kind, o.native_id) for o in found[1:]] == [
        ("setting", f"{PAGE}/blocked"), ("setting", f"{PAGE}/blocked/2"),
    ]  # fmt: skip
    assert found[1].body == "Blocked from this Page: 3\nCoinz (7)\nVex (8)"


def test_a_list_of_the_blocked_that_is_refused_costs_only_itself_and_is_said() -> None:
    with serving(answer=routed({f"/{PAGE}/blocked": refusal(200, status=403)})) as server:
        reading = adapter(server)
        assert ids(reading.profile()) == [PAGE]
        assert "blocked" in reading.warnings()[0].what


# --------------------------------------------------------------------------- throttles


def usage(minutes: int = 0, percent: int = 5) -> str:
    return f'{{"{PAGE}":[{{"type":"pages","call_count":{percent},"estimated_time_to_regain_access":{minutes}}}]}}'


@pytest.mark.parametrize("status", [200, 400, 403])
@pytest.mark.parametrize("code", [4, 17, 32, 613, 80001])
def test_each_throttle_code_parks_until_the_time_that_facebook_gives(code: int, status: int) -> None:
    throttle = refusal(code, status=status, **{BUC: usage(90)})
    with serving(answer=routed({"/debug_token": throttle})) as server:
        reading = adapter(server)
        with pytest.raises(Throttled) as parked:
            list(reading.posts(None))
        assert len(server.asked) == 1
    waits = parked.value.regain_at.timestamp() - 1_800_000_000
    assert 5400 <= waits < 5401


def test_a_throttle_that_gives_no_time_is_waited_out_for_an_hour() -> None:
    with serving(answer=routed({"/debug_token": refusal(32, status=403)})) as server:
        with pytest.raises(Throttled) as parked:
            list(adapter(server).posts(None))
        assert len(server.asked) == 1
    assert 3600 <= parked.value.regain_at.timestamp() - 1_800_000_000 < 3601


@pytest.mark.parametrize(
    ("headers", "parks"),
    [
        ({"X_App_Usage": '{"call_count":95,"total_time":3,"total_cputime":3}'}, True),
        ({"X_App_Usage": '{"call_count":94,"total_time":3,"total_cputime":3}'}, False),
        ({BUC: usage(0, 97)}, True), ({BUC: usage(3)}, True), ({BUC: usage()}, False),
        ({"X_App_Usage": "not json", BUC: '{"1":[null,{"call_count":"99"}],"2":7}'}, False),
    ],
)  # fmt: skip
def test_a_nearly_spent_budget_keeps_the_answer_and_stops_before_a_block(headers: dict[str, str], parks: bool) -> None:
    good = json_reply(THE_PAGE, **headers)
    with serving(answer=routed({f"/{PAGE}": good})) as server:
        reading = adapter(server)
        pages = reading.profile()
        assert next(pages).body
        if parks:
            with pytest.raises(Throttled):
                next(pages)
        else:
            next(pages)
        assert len(server.asked) == (2 if parks else 3)


# --------------------------------------------------------------------------- by id


def test_only_no_such_object_is_deleted_and_the_token_is_proved_once_more_before() -> None:
    with serving(answer=routed({f"/{COMMENT}": NO_SUCH})) as server:
        reading = adapter(server)
        assert [reading.item(COMMENT).state for _ in range(2)] == ["deleted", "deleted"]
        assert paths(server).count("debug_token") == 2


def test_a_login_that_lost_its_rights_meanwhile_makes_nothing_deleted() -> None:
    inspections = in_turn(inspected(), inspected(scopes=["pages_read_engagement"]))
    with serving(answer=routed({"/debug_token": inspections, f"/{COMMENT}": NO_SUCH})) as server:
        reading = adapter(server)
        with pytest.raises(ScopeLost, match="pages_read_user_content"):
            reading.item(COMMENT)


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (json_reply(comment()), "present"), (json_reply(comment(is_hidden=True)), "hidden"),
        (json_reply(comment("1_1")), "missing_unconfirmed"), (json_reply({"message": "?"}), "missing_unconfirmed"),
        (refusal(10, status=403), "inaccessible"), (refusal(100), "inaccessible"), (refusal(803), "inaccessible"),
    ],
)  # fmt: skip
def test_any_other_answer_about_an_id_proves_no_deletion(reply: Reply, state: str) -> None:
    with serving(answer=routed({f"/{COMMENT}": reply})) as server:
        assert adapter(server).item(COMMENT).state == state


# --------------------------------------------------------------------------- bodies that are none


@pytest.mark.parametrize(
    "broken",
    [
        Reply(body=b"<html>We will be back</html>", headers={"Content-Type": "text/html"}), Reply(body=b""),
        Reply(body=b'{"data":[{"id":"1'), Reply(body=b"null"), json_reply({"success": True}), json_reply([1]),
        json_reply({"data": {"id": "1"}}), json_reply({"data": None}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", [f"/{PAGE}/published_posts", f"/{POST}/comments"])
def test_an_answer_that_is_no_list_is_an_error_and_never_an_empty_list(broken: Reply, path: str) -> None:
    with serving(answer=routed({path: broken})) as server:
        reading = adapter(server)
        with pytest.raises(PlatformError):
            list(reading.posts(None) if "posts" in path else reading.thread(POST))


def test_an_odd_item_hides_neither_its_neighbours_nor_the_next_page() -> None:
    body = b'{"data":[{"id":"1_2","n":NaN},{"id":"1_3","message":"x"}],"paging":{"next":"https://x.example/?after=A"}}'
    pages = in_turn(Reply(body=body), listed(comment("1_4")))
    with serving(answer=routed({f"/{POST}/comments": pages})) as server:
        assert ids(adapter(server).thread(POST)) == ["1_3", "1_4"]


# --------------------------------------------------------------------------- what it costs


def test_totals_are_facebooks_own_counts_and_the_estimate_says_what_it_rests_on() -> None:
    own = post(comments={"data": [], "summary": {"total_count": 4}})
    left = post(f"{PAGE}_9", comments={"data": [], "summary": {"total_count": 2}})
    routes: dict[str, Any] = {f"/{PAGE}/published_posts": listed(own, total=7), f"/{PAGE}/visitor_posts": listed(left)}
    with serving(answer=routed(routes)) as server:
        reading = adapter(server)
        list(reading.posts(None))
        assert reading.totals() == {"comments": 6, "posts": 8}
    estimate = reading.estimate(Scale(posts=250, comments=900, watched=40, first=False))
    assert estimate.requests == 5 + 3 + 40 + 9
    assert "4,800" in estimate.sentence


def test_a_profile_with_a_new_picture_is_another_and_with_a_new_signature_is_not() -> None:
    def seen(address: str) -> bytes:
        page = json_reply({**THE_PAGE, "picture": {"data": {"url": address}}})
        with serving(answer=routed({f"/{PAGE}": page, f"/{PAGE}/blocked": EMPTY})) as server:
            reading = adapter(server)
            found = next(reading.records(next(reading.profile())))
        assert isinstance(found, Observation)
        return evidential_digest(found)

    first = seen("https://scontent-a.xx.fbcdn.net/v/t39/1_n.jpg?oh=1")
    assert seen("https://scontent-b.xx.fbcdn.net/v/t39/1_n.jpg?oh=2") == first
    assert seen("https://scontent-a.xx.fbcdn.net/v/t39/2_n.jpg?oh=1") != first
