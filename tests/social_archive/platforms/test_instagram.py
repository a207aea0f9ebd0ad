"""instagram: what is asked by either login, what is made of the answers, and what an absence may be taken for."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
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
from social_archive.platforms.instagram import Instagram
from social_archive.record import Observation, Unreadable, evidential_digest
from tests.social_archive.platforms.answering import Asked, Clock, Reply, Server, json_reply, serving

TOKEN = "CANARY-instagram-token"
NEW_TOKEN = "CANARY-renewed-one"
ACCOUNT, POST, TOP, REPLY = "17841405822304914", "17912345678901234", "17870913679156914", "17873440459141021"
SEEN_AS = {"what": "comment", "account_id": ACCOUNT, "username": "larkspur", "root": POST}
ME = {"id": "26000000000000001", "user_id": ACCOUNT, "username": "larkspur", "name": "Larkspur (invented)",
      "biography": "Books. https://larkspur.example/policy", "website": "https://larkspur.example",
      "media_count": 1, "profile_picture_url": "https://scontent-a.cdninstagram.com/v/7_n.jpg?oh=a&oe=b"}  # fmt: skip
BASIC, MANAGE = "instagram_business_basic", "instagram_business_manage_comments"
SINCE_1970 = datetime(1970, 1, 1, tzinfo=UTC)
Answers = dict[str, Reply | Callable[[Asked], Reply]]


def error(code: int, subcode: int = 0, status: int = 400, **headers: str) -> Reply:
    told = {"message": "CANARY-message of somebody", "type": "OAuthException", "code": code, "error_subcode": subcode}
    return json_reply({"error": told}, status=status, **headers)


GONE, UNKNOWN_FIELD, REFUSED = error(100, 33), error(100), error(10, status=403)
TOO_YOUNG = error(100)
EMPTY = json_reply({"data": []})
HTML = {"Content-Type": "text/html"}


def renewal(token: str = NEW_TOKEN, permissions: str | None = f"{BASIC},{MANAGE}") -> Reply:
    told = {"access_token": token, "token_type": "bearer", "expires_in": 5_183_944, "permissions": permissions}
    return json_reply({name: value for name, value in told.items() if value is not None})


def comment(native_id: Any = TOP, text: str = "Lovely. (invented)", **more: Any) -> dict[str, Any]:
    return {"id": native_id, "text": text, "timestamp": "2026-05-01T10:00:00+0000", "username": "mara",
            "from": {"id": "8123", "username": "mara"}, "hidden": False, "like_count": 2, **more}  # fmt: skip


def media(native_id: str = POST, **more: Any) -> dict[str, Any]:
    return {"id": native_id, "caption": "A window. (invented)", "media_type": "IMAGE", "media_product_type": "FEED",
            "media_url": f"https://scontent-b.cdninstagram.com/v/{native_id}.jpg?oh=1", "username": "larkspur",
            "permalink": "https://www.instagram.com/p/Cx/", "timestamp": "2026-05-01T09:00:00+0000", "like_count": 3,
            "comments_count": 1, "is_comment_enabled": True, "alt_text": "A window.", **more}  # fmt: skip


def listed(*items: Any, following: str | None = None) -> Reply:
    paging = {"cursors": {"after": "x"}, **({"next": following} if following else {})}
    return json_reply({"data": list(items), "paging": paging})


def routed(routes: Answers) -> Callable[[Asked], Reply]:
    """A server from paths (without the version) to replies. What is not named is not there."""
    known: Answers = {
        "/refresh_access_token": TOO_YOUNG, "/me": json_reply(ME), f"/{ACCOUNT}/stories": EMPTY,
        f"/{ACCOUNT}/media": EMPTY, **routes,
    }  # fmt: skip

    def answer(asked: Asked) -> Reply:
        reply = known.get(asked.path.removeprefix("/v26.0"), GONE)
        return reply if isinstance(reply, Reply) else reply(asked)

    return answer


def adapter(
    at: Server | None = None, *, keep: Callable[[str, str], bool] = lambda name, value: False,
    handle: str = "@larkspur", clock: Clock | None = None, **settings: Any,
) -> Instagram:  # fmt: skip
    own = {"server": at.url, "insecure_local": True} if at else {}
    target = Target("main", handle, {**own, **settings}, {"token": TOKEN}, keep)
    clock = clock or Clock()
    http = Http(base_url=Instagram.base_url(target), pace=Instagram.pace, secrets=(TOKEN,),
                clock=clock.monotonic, sleep=clock.sleep, wall=clock.wall)  # fmt: skip
    return Instagram(target, http)


def page(body: Any, kind: str = "thread", **context: Any) -> Page:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Page(kind=kind, endpoint="https://graph.instagram.com/x", body=raw, response_sha256="aa", http_date=None,
                observed_at=7, context={**SEEN_AS, **context})  # type: ignore[arg-type]  # fmt: skip


def parsed(body: Any, kind: str = "thread", **context: Any) -> list[Observation | Unreadable]:
    return list(adapter().records(page(body, kind, **context)))


def only(body: Any, kind: str = "item", **context: Any) -> Observation:
    found = parsed(body, kind, **context)
    assert len(found) == 1
    assert isinstance(found[0], Observation)
    return found[0]


def shortfalls(pages: Any) -> list[str]:
    return [p.shortfall for p in pages if p.shortfall]


# --------------------------------------------------------------------------- parsing: comments


def test_a_comment_and_its_replies_are_records_of_their_own_with_their_own_bytes() -> None:
    inner = {"data": [comment(REPLY, "No, mine.", parent_id=TOP)]}
    body = json.dumps({"data": [{**comment(), "replies": inner}]}, separators=(",", ":")).encode()
    top, reply = parsed(body)
    assert isinstance(top, Observation)
    assert isinstance(reply, Observation)
    assert (top.kind, top.parent_native_id, top.root_native_id) == ("comment", POST, POST)
    assert (reply.kind, reply.parent_native_id, reply.root_native_id) == ("reply", TOP, POST)
    assert (top.author_id, top.author_handle, top.author_is_account, top.likes) == ("8123", "mara", False, 2)
    assert top.created_at_text == "2026-05-01T10:00:00+0000"
    assert top.created_at == (datetime(2026, 5, 1, 10, tzinfo=UTC) - SINCE_1970) // timedelta(microseconds=1)
    assert reply.native in body
    assert b"No, mine." not in top.native
    assert json.loads(top.native) == comment()
    assert body.startswith(b'{"data":[' + top.native[:-1])  # what is left is byte for byte what came


def test_a_comment_parses_alike_wherever_it_is_seen() -> None:
    """Else it would seem edited whenever it is met in another way."""
    reply = comment(REPLY, parent_id=TOP)
    thread = parsed({"data": [{**comment(), "replies": {"data": [reply]}}]})
    alone = [only({**comment(), "media": {"id": POST}}, root=None), only({**reply, "media": {"id": POST}}, root=None)]
    of_replies = parsed({"data": [reply]}, parent=TOP)
    digests = [evidential_digest(o) for o in thread if isinstance(o, Observation)]
    assert digests == [evidential_digest(o) for o in alone]
    assert isinstance(of_replies[0], Observation)
    assert digests[1] == evidential_digest(of_replies[0])


def test_the_account_is_known_by_its_name_because_ids_of_authors_are_scoped() -> None:
    ours = comment(username="larkspur", **{"from": {"id": "8999", "username": "larkspur"}})
    assert only(ours).author_is_account
    assert not only(comment()).author_is_account


def test_a_hidden_comment_says_so() -> None:
    assert only(comment(hidden=True)).state == "hidden"
    assert only(comment()).state == "present"


@pytest.mark.parametrize("native_id", [17870913679156914, 2**63 + 11])
def test_an_id_that_comes_as_a_number_keeps_every_digit(native_id: int) -> None:
    assert only(comment(native_id)).native_id == str(native_id)


@pytest.mark.parametrize(
    ("native", "reason"),
    [
        (json.dumps(comment())[:-1] + ',"text":"another"}', "duplicate_key"),
        (json.dumps(comment())[:-1] + ',"score":NaN}', "not_finite"),
        (json.dumps(comment(1.5e18)), "id_not_exact"),
        (json.dumps({k: v for k, v in comment().items() if k != "id"}), "id_missing"),
        ('"a text"', "not_an_object"),
    ],
)
def test_what_cannot_be_trusted_is_quarantined_and_hides_nothing(native: str, reason: str) -> None:
    found = parsed(f'{{"data":[{native},{json.dumps(comment(REPLY))}]}}'.encode())
    assert isinstance(found[0], Unreadable)
    assert (found[0].reason, found[0].native) == (reason, native.encode())
    assert isinstance(found[1], Observation)
    assert found[1].native_id == REPLY


def test_replies_inside_a_comment_that_cannot_be_trusted_are_read_all_the_same() -> None:
    replies = json.dumps({"data": [comment(REPLY)]})
    native = json.dumps(comment())[:-1] + f',"text":"another","replies":{replies}}}'
    broken, reply = parsed(f'{{"data":[{native}]}}'.encode())
    assert isinstance(broken, Unreadable)
    assert broken.reason == "duplicate_key"
    assert isinstance(reply, Observation)
    assert (reply.native_id, reply.parent_native_id) == (REPLY, TOP)


def test_drift_costs_its_field_only() -> None:
    odd = only(comment(text={"unexpected": ["object"]}, username=7, hidden="no"))
    assert (odd.body, odd.author_handle, odd.state) == ("", "mara", "present")
    assert odd.flags == ("schema_drift",)
    repaired = parsed(b'{"data":[' + json.dumps(comment()).replace("Lovely.", "\\ud83d \\u0000").encode() + b"]}")[0]
    assert isinstance(repaired, Observation)
    assert repaired.body == "\ufffd \x00 (invented)"
    assert repaired.flags == ("text_repaired",)


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"data":{}}', b'{"data":[],"data":[]}'])
def test_a_page_of_another_shape_is_never_an_empty_one(body: bytes) -> None:
    with pytest.raises(Unintelligible):
        parsed(body)


def test_a_quarantined_comment_can_be_read_again_from_its_bytes() -> None:
    native = json.dumps(comment(REPLY, parent_id=TOP)).encode()
    again = adapter().reparse(native, page(b"", kind="item"))
    assert isinstance(again, Observation)
    assert (again.native_id, again.kind, again.root_native_id) == (REPLY, "reply", POST)


# --------------------------------------------------------------------------- parsing: posts, stories, the profile


def test_a_post_has_its_picture_under_an_id_that_no_signature_changes() -> None:
    one, other = (only(media(media_url=f"https://scontent-{n}.cdninstagram.com/v/a.jpg?oh={n}"), what="media")
                  for n in (1, 2))  # fmt: skip
    assert evidential_digest(one) == evidential_digest(other)
    assert [(m.id, m.alt) for m in one.media] == [(POST, "A window.")]
    assert (one.kind, one.author_id, one.author_is_account, one.replies) == ("post", ACCOUNT, True, 1)
    assert one.permalink == "https://www.instagram.com/p/Cx/"


def test_an_album_is_kept_part_by_part_and_a_film_with_its_still() -> None:
    parts = [{"id": n, "media_url": f"https://x.cdninstagram.com/{n}", "alt_text": n} for n in "12"]
    album = only(media(media_type="CAROUSEL_ALBUM", children={"data": parts}), what="media")
    assert [(m.id, m.alt) for m in album.media] == [("1", "1"), ("2", "2")]
    film = only(media(media_type="VIDEO", thumbnail_url="https://x.cdninstagram.com/still"), what="media")
    assert [m.id for m in film.media] == [POST, f"{POST}/thumbnail"]


def test_a_post_whose_media_instagram_withholds_says_so() -> None:
    withheld = {k: v for k, v in media(is_comment_enabled=False).items() if k != "media_url"}
    assert only(withheld, what="media").flags == ("comments_off", "media_withheld")


def test_a_story_is_a_story_and_says_that_it_ends() -> None:
    story = only(media(media_product_type="STORY"), what="media")
    assert (story.kind, story.flags, story.state) == ("story", ("shown_24_hours",), "present")


def test_a_post_that_somebody_else_made_is_not_the_accounts() -> None:
    theirs = only(media(username="other_library"), what="media")
    assert (theirs.author_is_account, theirs.author_id, theirs.author_handle) == (False, None, "other_library")


def test_the_profile_changes_with_its_picture_and_not_with_its_address() -> None:
    def seen(url: str) -> Observation:
        return only({**ME, "profile_picture_url": url}, "profile", what="profile")

    first = seen("https://scontent-a.cdninstagram.com/v/7_n.jpg?oh=a")
    assert first.native_id == ACCOUNT
    assert first.links == ("https://larkspur.example", "https://larkspur.example/policy")
    assert evidential_digest(first) == evidential_digest(seen("https://scontent-b.cdninstagram.com/w/7_n.jpg?oh=b"))
    assert evidential_digest(first) != evidential_digest(seen("https://scontent-a.cdninstagram.com/v/8_n.jpg?oh=a"))


# --------------------------------------------------------------------------- Instagram Login


def test_the_account_is_read_by_its_user_id_and_the_token_never_shows() -> None:
    with serving(answer=routed({f"/{ACCOUNT}/media": listed(media())})) as server:
        reading = adapter(server)
        pages = [*reading.profile(), *reading.posts(None)]
    assert all(asked.query["access_token"] == TOKEN for asked in server.asked)
    assert f"/v26.0/{ME['id']}/media" not in {asked.path for asked in server.asked}
    assert all(TOKEN not in repr(p) for p in pages)
    assert reading.totals() == {"posts": 1, "comments": 1}


def test_a_token_is_renewed_kept_and_used() -> None:
    kept: dict[str, str] = {}

    def keep(name: str, value: str) -> bool:
        kept[name] = value
        return True

    with serving(answer=routed({"/refresh_access_token": renewal()})) as server:
        reading = adapter(server, keep=keep)
        list(reading.profile())
    assert kept == {"token": NEW_TOKEN}
    assert [a.query["access_token"] for a in server.asked] == [TOKEN, NEW_TOKEN]
    assert server.asked[0].query["grant_type"] == "ig_refresh_token"
    assert reading.warnings() == []
    assert NEW_TOKEN not in reading.http.clean(f"… {NEW_TOKEN} …")


@pytest.mark.parametrize(("age", "warned"), [(10, False), (50, True)])
def test_a_token_that_cannot_be_kept_is_warned_of_14_days_before_its_end(age: int, warned: bool) -> None:
    issued = (datetime.now(UTC) - timedelta(days=age)).date()
    with serving(answer=routed({"/refresh_access_token": renewal()})) as server:
        reading = adapter(server, token_issued=issued.isoformat())
        list(reading.profile())
    problems = reading.warnings()
    assert bool(problems) is warned
    assert all(f"{issued + timedelta(days=60)}" in p.what and p.remedy for p in problems)


def test_without_any_date_the_warning_says_that_nobody_knows() -> None:
    with serving(answer=routed({"/refresh_access_token": renewal()})) as server:
        reading = adapter(server)
        list(reading.profile())
    assert "nobody knows" in reading.warnings()[0].what
    assert "token_issued" in reading.warnings()[0].remedy


def test_a_token_that_is_renewed_in_place_needs_no_keeping() -> None:
    with serving(answer=routed({"/refresh_access_token": renewal(TOKEN)})) as server:
        reading = adapter(server)
        list(reading.profile())
    assert reading.warnings() == []
    assert server.asked[-1].query["access_token"] == TOKEN


def test_a_token_too_young_for_renewal_is_used_as_it_is() -> None:
    with serving(answer=routed({})) as server:
        reading = adapter(server)
        assert len(list(reading.profile())) == 1
    assert reading.warnings() == []


def test_missing_permissions_are_named_one_by_one() -> None:
    others = renewal(permissions="instagram_business_content_publish")
    with serving(answer=routed({"/refresh_access_token": others})) as server:
        with pytest.raises(ScopeLost, match=f"{BASIC}, {MANAGE}"):
            list(adapter(server).posts(None))
        problems = adapter(server).check()
    assert [p.what.split()[3].rstrip(".") for p in problems] == [BASIC, MANAGE]
    assert "comments" in problems[1].what


@pytest.mark.parametrize(("subcode", "why"), [(463, "expired"), (460, "password"), (458, "removed"), (0, "code 190")])
def test_a_dead_login_says_why_as_far_as_instagram_does(subcode: int, why: str) -> None:
    dead = error(190, subcode)
    with serving(answer=routed({"/refresh_access_token": dead, "/me": dead})) as server:
        with pytest.raises(LoginExpired, match=why):
            list(adapter(server).profile())
        problems = adapter(server).check()
    assert why in problems[0].what
    assert "CANARY" not in repr(problems)


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (json_reply({**ME, "username": "another"}), ScopeLost), (json_reply({"id": "26"}), Unintelligible),
        (GONE, AccountGone), (error(24, 2207050), AccountGone), (REFUSED, ScopeLost), (error(1), Unintelligible),
        (json_reply([]), Unintelligible), (Reply(body=b"<html>", headers=HTML), Unintelligible),
        (Reply(body=b""), PlatformError), (Reply(body=b'{"user_id":"1', framed=False), PlatformError),
        (Reply(body=b'{"user_id":NaN}'), Unintelligible),
    ],
)  # fmt: skip
def test_an_account_that_does_not_answer_as_it_should_is_an_error_of_its_kind(
    answer: Reply, raised: type[Exception]
) -> None:
    with serving(answer=routed({"/me": answer})) as server, pytest.raises(raised):
        list(adapter(server).posts(None))


def test_settings_that_make_no_sense_are_refused_with_the_way_out() -> None:
    with pytest.raises(ConfigError, match="login: facebook"):
        adapter(login="email")
    with pytest.raises(ConfigError, match="2026-05-31"):
        adapter(token_issued="last spring")
    with pytest.raises(ConfigError, match="https"):
        adapter(server="http://graph.example")


def test_each_login_has_its_own_address() -> None:
    assert Instagram.base_url(Target("a", "b", {})) == "https://graph.instagram.com"
    assert Instagram.base_url(Target("a", "b", {"login": "facebook"})) == "https://graph.facebook.com"


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


# --------------------------------------------------------------------------- Facebook Login

SCOPES = ["instagram_basic", "instagram_manage_comments", "pages_show_list", "pages_read_engagement"]
LINKED = {"id": "103", "instagram_business_account": {"id": ACCOUNT, "username": "larkspur"}}


def told(**more: Any) -> Reply:
    return json_reply({"data": {"type": "USER", "is_valid": True, "scopes": SCOPES, "expires_at": 0, **more}})


def by_facebook(**routes: Any) -> Answers:
    profile = {k: v for k, v in ME.items() if k != "user_id"} | {"id": ACCOUNT}
    known: Answers = {
        "/debug_token": told(), "/me/accounts": listed({"id": "102"}, LINKED), f"/{ACCOUNT}": json_reply(profile),
    }
    return known | {f"/{name.replace('__', '/')}": reply for name, reply in routes.items()}


def test_the_account_is_found_through_the_page_that_it_is_linked_with() -> None:
    with serving(answer=routed(by_facebook())) as server:
        found = [o for p in adapter(server, login="facebook").profile() for o in adapter().records(p)]
    assert [asked.path for asked in server.asked] == ["/v26.0/debug_token", "/v26.0/me/accounts", f"/v26.0/{ACCOUNT}"]
    assert isinstance(found[0], Observation)
    assert (found[0].native_id, found[0].author_handle) == (ACCOUNT, "larkspur")
    ours = only(ME, "profile", what="profile")
    assert evidential_digest(found[0]) == evidential_digest(ours), "both logins see one profile"


def test_a_pages_own_token_and_a_handle_that_is_an_id_need_no_list_of_pages() -> None:
    with serving(answer=routed(by_facebook(debug_token=told(type="PAGE"), me=json_reply(LINKED)))) as server:
        assert len(list(adapter(server, login="facebook").profile())) == 1
    with serving(answer=routed(by_facebook(me__accounts=REFUSED))) as server:
        assert len(list(adapter(server, login="facebook", handle=ACCOUNT).profile())) == 1


@pytest.mark.parametrize(
    ("routes", "raised", "says"),
    [
        ({"debug_token": told(type="APP")}, ScopeLost, "that of an app"),
        ({"debug_token": told(is_valid=False)}, LoginExpired, "not valid"),
        ({"debug_token": told(scopes=SCOPES[:1] + SCOPES[2:])}, ScopeLost, "instagram_manage_comments"),
        ({"me__accounts": listed({"id": "102"})}, ScopeLost, "linked"),
        ({"me__accounts": REFUSED}, ScopeLost, "pages_show_list"),
        ({ACCOUNT: GONE}, AccountGone, "no longer knows"),
        ({"debug_token": error(190, 460)}, LoginExpired, "password"),
    ],
)  # fmt: skip
def test_what_keeps_a_facebook_login_from_seeing_is_said(
    routes: dict[str, Reply], raised: type[Exception], says: str
) -> None:
    with serving(answer=routed(by_facebook(**routes))) as server:
        with pytest.raises(raised, match=says):
            list(adapter(server, login="facebook").profile())
        problems = adapter(server, login="facebook").check()
    assert says in problems[0].what
    assert problems[0].remedy


def test_where_the_token_may_not_be_looked_into_the_list_of_permissions_proves_it() -> None:
    granted = [{"permission": scope, "status": "granted"} for scope in SCOPES]
    listing = {"me__permissions": json_reply({"data": granted})}
    with serving(answer=routed(by_facebook(debug_token=error(100), **listing))) as server:
        assert adapter(server, login="facebook").check() == []
    granted[1]["status"] = "declined"
    listing = {"me__permissions": json_reply({"data": granted})}
    with serving(answer=routed(by_facebook(debug_token=error(100), **listing))) as server:
        problems = adapter(server, login="facebook").check()
    assert [SCOPES[1] in p.what for p in problems] == [True]


def test_the_end_of_a_facebook_token_and_of_its_access_to_data_is_warned_of() -> None:
    soon = int((datetime.now(UTC) + timedelta(days=9)).timestamp())
    later = soon + 30 * 86_400
    for ends, warned in (({"expires_at": soon}, ["token"]), ({"data_access_expires_at": soon}, ["access to the data"]),
                         ({"expires_at": later, "data_access_expires_at": later}, [])):  # fmt: skip
        with serving(answer=routed(by_facebook(debug_token=told(**ends)))) as server:
            reading = adapter(server, login="facebook")
            list(reading.profile())
        found = reading.warnings()
        assert len(found) == len(warned)
        assert all(word in problem.what for word, problem in zip(warned, found, strict=True))
