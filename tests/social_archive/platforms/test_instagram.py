"""instagram: what is asked, how far a list is believed, and what an absence may be taken for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from social_archive.errors import CursorLoop, PlatformError, ScopeLost, Throttled
from social_archive.record import Observation
from tests.social_archive.platforms.answering import Asked, Clock, Reply, json_reply, serving
from tests.social_archive.platforms.instagram_answers import (
    ACCOUNT,
    BASIC,
    EMPTY,
    HTML,
    MANAGE,
    ME,
    POST,
    REFUSED,
    REPLY,
    SINCE_1970,
    TOKEN,
    TOP,
    UNKNOWN_FIELD,
    Answers,
    adapter,
    comment,
    error,
    listed,
    media,
    renewal,
    routed,
    shortfalls,
)

# --------------------------------------------------------------------------- an empty list


def test_an_empty_list_is_believed_when_nothing_is_counted_or_the_permission_is_proved() -> None:
    with serving(answer=routed({"/me": json_reply({**ME, "media_count": 0}), f"/{POST}/comments": EMPTY})) as server:
        reading = adapter(server)
        assert [*shortfalls(reading.posts(None)), *shortfalls(reading.thread(POST))] == []


def test_an_empty_list_of_a_login_with_unproved_permissions_is_no_answer() -> None:
    routes: Answers = {f"/{ACCOUNT}/media": listed(media()), f"/{POST}/comments": EMPTY}
    with serving(answer=routed(routes)) as server:
        reading = adapter(server)
        list(reading.posts(None))
        with pytest.raises(ScopeLost, match=MANAGE):
            list(reading.thread(POST))
    with serving(answer=routed({})) as server, pytest.raises(ScopeLost, match=BASIC):
        list(adapter(server).posts(None))


def test_an_empty_list_against_instagrams_own_count_is_a_gap_for_a_proved_login() -> None:
    routes: Answers = {
        "/refresh_access_token": renewal(), f"/{ACCOUNT}/media": listed(media()), f"/{POST}/comments": EMPTY,
    }  # fmt: skip
    with serving(answer=routed(routes)) as server:
        reading = adapter(server)
        list(reading.posts(None))
        assert shortfalls(reading.thread(POST)) == ["comments_not_shown"]
    with serving(answer=routed({"/refresh_access_token": renewal()})) as server:
        assert shortfalls(adapter(server).posts(None)) == ["posts_not_shown"]


# --------------------------------------------------------------------------- pages and caps


def test_pages_are_followed_to_their_end_also_over_an_empty_one_and_never_by_their_own_address() -> None:
    place = {"": listed(media("1"), following=f"https://elsewhere.example/x?after=A&access_token={TOKEN}"),
             "A": listed(following="https://elsewhere.example/x?after=B"), "B": listed(media("2"))}  # fmt: skip
    with serving(answer=routed({f"/{ACCOUNT}/media": lambda asked: place[asked.query.get("after", "")]})) as server:
        found = [o.native_id for p in adapter(server).posts(None) for o in adapter().records(p)]  # type: ignore[union-attr]
    assert found == ["1", "2"]
    assert all(asked.query["access_token"] == TOKEN for asked in server.asked)


def test_paging_in_circles_is_noticed() -> None:
    circle = listed(media(), following="https://graph.instagram.com/x?after=A")
    with serving(answer=routed({f"/{ACCOUNT}/media": circle})) as server, pytest.raises(CursorLoop):
        list(adapter(server).posts(None))


def test_posts_are_read_back_to_the_watermark_and_no_further() -> None:
    older = media("2", timestamp="2020-01-01T00:00:00+0000")
    pages = {"": listed(media("1"), older, following="https://x/?after=A"),
             "A": listed(older, following="https://x/?after=B"), "B": listed(older)}  # fmt: skip
    with serving(answer=routed({f"/{ACCOUNT}/media": lambda asked: pages[asked.query.get("after", "")]})) as server:
        since = (datetime(2025, 1, 1, tzinfo=UTC) - SINCE_1970) // timedelta(microseconds=1)
        assert len(list(adapter(server).posts(since))) == 3  # the stories, and two pages of posts
        assert len(list(adapter(server).posts(None))) == 4


def test_the_newest_ten_thousand_are_not_all() -> None:
    def hundred(asked: Asked) -> Reply:
        start = int(asked.query.get("after", 0))
        items = [{"id": str(start + n), "timestamp": "2026-05-01T09:00:00+0000"} for n in range(1_000)]
        return listed(*items, following=f"https://x/?after={start + 1_000}" if start < 9_000 else None)

    with serving(answer=routed({f"/{ACCOUNT}/media": hundred})) as server:
        pages = list(adapter(server).posts(None))
    assert [p.shortfall for p in pages] == [None] * 10 + ["media_cap_10000"]


def test_a_full_page_of_comments_without_a_next_one_is_a_gap() -> None:
    fifty = [comment(str(n)) for n in range(50)]
    with serving(answer=routed({f"/{POST}/comments": listed(*fifty)})) as server:
        assert shortfalls(adapter(server).thread(POST)) == ["comments_cap_50"]
    pages = {"": listed(*fifty, following="https://x/?after=A"), "A": listed(comment())}
    with serving(answer=routed({f"/{POST}/comments": lambda a: pages[a.query.get("after", "")]})) as server:
        assert shortfalls(adapter(server).thread(POST)) == []


def test_replies_that_did_not_fit_are_asked_for_and_their_cap_is_a_gap_too() -> None:
    def replies(count: int, **paging: Any) -> dict[str, Any]:
        return {"data": [comment(f"{n}", parent_id=TOP) for n in range(count)], **paging}

    more = {"paging": {"next": "https://x/?after=A"}}
    routes: Answers = {
        f"/{POST}/comments": listed({**comment(), "replies": replies(3, **more)}),
        f"/{TOP}/replies": listed(*replies(50)["data"]),
    }
    with serving(answer=routed(routes)) as server:
        pages = list(adapter(server).thread(POST))
    assert shortfalls(pages) == ["replies_cap_50"]
    assert server.asked[-1].query["after"] == "A"
    found = list(adapter().records(pages[1]))
    assert all(isinstance(o, Observation) and o.parent_native_id == TOP for o in found)
    with serving(answer=routed({f"/{POST}/comments": listed({**comment(), "replies": replies(50)})})) as server:
        assert shortfalls(adapter(server).thread(POST)) == ["replies_cap_50"]


def test_a_post_that_went_in_between_has_no_comments_left_to_list() -> None:
    with serving(answer=routed({})) as server:
        assert list(adapter(server).thread(POST)) == []


def test_stories_come_first_and_a_refusal_of_them_is_a_gap_that_costs_nothing_else() -> None:
    routes: Answers = {f"/{ACCOUNT}/stories": REFUSED, f"/{ACCOUNT}/media": listed(media())}
    with serving(answer=routed(routes)) as server:
        reading = adapter(server)
        stories, posts = list(reading.posts(None))
    assert (stories.shortfall, posts.shortfall) == ("stories_not_permitted", None)
    assert list(reading.records(stories)) == []
    assert len(list(reading.records(posts))) == 1


@pytest.mark.parametrize(
    "broken",
    [Reply(body=b"<html>", headers=HTML), Reply(body=b""), Reply(body=b'{"data":[{"id":"1'),
     json_reply({}), json_reply({"data": None}), json_reply([])],
)  # fmt: skip
def test_an_answer_that_is_none_is_never_no_comments(broken: Reply) -> None:
    routes: Answers = {f"/{POST}/comments": broken}
    with serving(answer=routed(routes)) as server, pytest.raises(PlatformError):
        list(adapter(server).thread(POST))


# --------------------------------------------------------------------------- one item by its id


def test_deleted_is_what_instagram_says_of_an_id_to_a_login_that_may_see_it() -> None:
    with serving(answer=routed({"/refresh_access_token": renewal()})) as server:
        sighting = adapter(server).item(TOP)
    assert (sighting.state, sighting.observation) == ("deleted", None)
    assert json.loads(sighting.page.body)["error"]["error_subcode"] == 33


def test_without_proof_the_same_answer_proves_nothing_until_comments_were_shown() -> None:
    with serving(answer=routed({f"/{POST}/comments": listed(comment(REPLY))})) as server:
        reading = adapter(server)
        assert reading.item(TOP).state == "missing_unconfirmed"
        list(reading.thread(POST))
        assert reading.item(TOP).state == "deleted"


def test_a_hidden_comment_that_lists_leave_out_is_found_by_its_id() -> None:
    with serving(answer=routed({f"/{TOP}": json_reply({**comment(hidden=True), "media": {"id": POST}})})) as server:
        sighting = adapter(server).item(TOP)
    assert sighting.state == "hidden"
    assert sighting.observation is not None
    assert sighting.observation.parent_native_id == POST


def test_a_post_is_asked_for_again_as_a_post() -> None:
    def as_post(asked: Asked) -> Reply:
        return UNKNOWN_FIELD if ",text," in asked.query["fields"] else json_reply(media())

    with serving(answer=routed({f"/{POST}": as_post})) as server:
        sighting = adapter(server).item(POST)
    assert sighting.observation is not None
    assert (sighting.state, sighting.observation.kind) == ("present", "post")


@pytest.mark.parametrize(
    ("answer", "state"),
    [(REFUSED, "inaccessible"), (error(2), "missing_unconfirmed"), (json_reply(comment("1")), "missing_unconfirmed"),
     (UNKNOWN_FIELD, "missing_unconfirmed"), (json_reply({"text": "no id"}), "missing_unconfirmed")],
)  # fmt: skip
def test_any_other_answer_about_an_id_is_no_deletion(answer: Reply, state: str) -> None:
    with serving(answer=routed({"/refresh_access_token": renewal(), f"/{TOP}": answer})) as server:
        assert adapter(server).item(TOP).state == state


# --------------------------------------------------------------------------- throttles


def business(minutes: int, percent: int = 100) -> str:
    one = {"type": "instagram", "call_count": percent, "total_cputime": 1, "total_time": 1}
    return json.dumps({ACCOUNT: [{**one, "estimated_time_to_regain_access": minutes}]})


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (error(80002, 2446079, 403, X_Business_Use_Case_Usage=business(90)), 5400),
        (error(80002, status=400), 3600), (error(4, status=403), 3600), (error(17, status=400), 3600),
        (json_reply({"error": {"code": 613}}, X_Business_Use_Case_Usage=business(7)), 420),
        (error(4, status=403, X_App_Usage="not JSON", X_Business_Use_Case_Usage="[1]"), 3600),
    ],
)
def test_a_throttle_parks_until_instagram_gives_access_again(answer: Reply, seconds: int) -> None:
    clock = Clock()
    with serving(answer=routed({f"/{ACCOUNT}/media": answer})) as server:
        reading = adapter(server, clock=clock)
        with pytest.raises(Throttled) as throttled:
            list(reading.posts(None))
    assert 0 <= throttled.value.regain_at.timestamp() - clock.wall() - seconds < 2
    assert len(server.asked) == 4, "asking again would lengthen the block"


@pytest.mark.parametrize("header", [
    {"X_Business_Use_Case_Usage": business(30, 100)}, {"X_App_Usage": '{"call_count":100,"total_time":3}'},
])  # fmt: skip
def test_a_budget_that_is_used_up_is_heeded_before_it_becomes_a_block(header: dict[str, str]) -> None:
    full = json_reply({"data": [], "paging": {"next": "https://x/?after=A"}}, **header)
    with serving(answer=routed({f"/{ACCOUNT}/media": full})) as server:
        reading = adapter(server)
        with pytest.raises(Throttled):
            list(reading.posts(None))
    assert len(server.asked) == 4


def test_a_budget_with_room_left_holds_nothing_back() -> None:
    clock = Clock()
    easy = json_reply({"data": [media()]}, X_App_Usage='{"call_count":28}', X_Business_Use_Case_Usage=business(0, 99))
    with serving(answer=routed({f"/{ACCOUNT}/media": easy})) as server:
        list(adapter(server, clock=clock).posts(None))
    assert clock.naps == []
