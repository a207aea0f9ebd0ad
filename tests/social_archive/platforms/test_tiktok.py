"""TikTok: what is particular to it. That archive and platform agree is in test_every_platform.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sandbox.control import Control, running
from sandbox.platforms.tiktok import APP, APP_SECRET, refresh_token_of
from social_archive.errors import CursorLoop, LoginExpired, PlatformError, ScopeLost, Throttled, Unintelligible
from social_archive.platforms.base import Page, PageKind, Target
from social_archive.platforms.http import Http
from social_archive.platforms.tiktok import TikTok
from social_archive.record import Observation, Unreadable, evidential_digest, now_micros
from tests.social_archive.platforms.answering import Asked, Clock, Reply, Server, json_reply, serving

OWNER, VIDEO, COMMENT = "_000larkspur", "7001", "7101"
SCOPES = "user.info.basic,user.info.username,user.info.profile,user.info.stats,video.list,comment.list"
ME = {"username": "larkspur", "display_name": "Larkspur (invented)", "bio_description": "Books.", "videos_count": 12}
GRANT = {
    "access_token": "an-access-token", "expires_in": 86_400, "refresh_token": "the-refresh-token", "open_id": OWNER,
    "refresh_token_expires_in": 300 * 86_400, "scope": SCOPES, "token_type": "Bearer",
}  # fmt: skip


def fine(data: Any) -> Reply:
    return json_reply({"code": 0, "message": "OK", "request_id": "r", "data": data})


def failed(code: int, status: int = 200) -> Reply:
    return json_reply({"code": code, "message": "no", "request_id": "r", "data": {}}, status=status)


def video(**changes: Any) -> dict[str, Any]:
    said = {
        "item_id": VIDEO, "caption": "Shelving, fast.", "create_time": "1772359200", "comments": 2, "likes": 9,
        "share_url": f"https://www.tiktok.com/@larkspur/video/{VIDEO}?utm_source=1", "media_type": "VIDEO",
        "thumbnail_url": "https://p16-sign-va.tiktokcdn.com/a~c5.jpeg?x-expires=1",
    }  # fmt: skip
    return {**said, **changes}


def comment(**changes: Any) -> dict[str, Any]:
    said = {
        "comment_id": COMMENT, "video_id": VIDEO, "create_time": "1772362800", "text": "At last!", "replies": 0,
        "likes": 1, "owner": False, "status": "PUBLIC", "username": "ada.invented", "unique_identifier": "+ada",
        "user_id": "old-ada", "display_name": "Ada", "pinned": False,
    }  # fmt: skip
    return {**said, **changes}


def page_of(name: str, *items: Any, more: bool = False, cursor: Any = 0) -> Reply:
    return fine({name: list(items), "has_more": more, "cursor": cursor})


Answers = dict[str, Reply | Callable[[Asked], Reply]]


@contextmanager
def reading(
    answers: Answers, *, handle: str = "larkspur", keep: Callable[[str, str], bool] | None = None,
    clock: Clock | None = None, **settings: Any,
) -> Iterator[tuple[TikTok, Server]]:
    """The adapter in front of a server that gives these answers by path (a good login unless told otherwise)."""
    usual: Answers = {
        "tt_user/oauth2/refresh_token": fine(GRANT), "business/get": fine(ME),
        "business/video/list": page_of("videos", video()), "business/comment/list": page_of("comments", comment()),
        "business/comment/reply/list": page_of("comments"),
    }  # fmt: skip

    def answer(asked: Asked) -> Reply:
        found = (usual | answers).get(asked.path.removeprefix("/open_api/v1.3/").rstrip("/"), failed(40002))
        return found(asked) if callable(found) else found

    with serving(answer=answer) as server, opened(server.url, "the-refresh-token", handle, keep, clock, settings) as it:
        yield it, server


@contextmanager
def opened(
    url: str, token: str, handle: str = "larkspur", keep: Callable[[str, str], bool] | None = None,
    clock: Clock | None = None, settings: dict[str, Any] | None = None,
) -> Iterator[TikTok]:
    secrets = {"refresh_token": token, "client_secret": APP_SECRET}
    known = {"server": url, "insecure_local": True, "client_id": APP, **(settings or {})}
    kept = {"keep": keep} if keep else {}
    target = Target("library", handle, known, {name: value for name, value in secrets.items() if value}, **kept)
    times: dict[str, Any] = {"clock": clock.monotonic, "sleep": clock.sleep, "wall": clock.wall} if clock else {}
    with Http(base_url=url, pace=TikTok.pace, secrets=tuple(secrets.values()), budget_seconds=0, **times) as http:
        yield TikTok(target, http)


def parsed(kind: PageKind, body: Any, of: str = "comments", **context: Any) -> list[Observation | Unreadable]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    page = Page(
        kind=kind, endpoint="https://business-api.tiktok.com/x", body=raw, response_sha256="00", http_date=None,
        observed_at=1, context={"owner": OWNER, "of": of, **context},
    )  # fmt: skip
    return list(TikTok.__new__(TikTok).records(page))


def one(kind: PageKind, item: dict[str, Any], of: str = "comments") -> Observation:
    (found,) = parsed(kind, {"code": 0, "data": {of: [item]}}, of)
    assert isinstance(found, Observation)
    return found


def asked_for(server: Server, path: str) -> list[dict[str, str]]:
    return [asked.query for asked in server.asked if asked.path == f"/open_api/v1.3/{path}/"]


# --------------------------------------------------------------------------- reading


def test_a_thing_is_the_same_in_a_list_by_its_id_and_out_of_quarantine() -> None:
    for item, of in ((video(), "videos"), (comment(image_url="https://p16.tiktokcdn.com/i.jpeg"), "comments")):
        later = json.loads(json.dumps(item).replace("x-expires=1", "x-expires=2")) | {"likes": 99}
        digests = {evidential_digest(one(kind, thing, of)) for kind, thing in (("thread", item), ("item", later))}
        (bare,) = parsed("item", item, of)
        assert isinstance(bare, Observation)
        assert digests == {evidential_digest(bare)}


def test_who_speaks_where_and_in_what_state() -> None:
    top = one("thread", comment(status="HIDDEN"))
    assert (top.kind, top.parent_native_id, top.state) == ("comment", VIDEO, "hidden")
    assert (top.author_id, top.author_is_account, top.author_handle) == ("+ada", False, "ada.invented")
    answer = one("thread", comment(comment_id="7102", parent_comment_id=COMMENT, owner=True))
    assert (answer.kind, answer.parent_native_id, answer.root_native_id) == ("reply", COMMENT, VIDEO)
    assert (answer.author_id, answer.author_is_account) == (OWNER, True)
    assert one("thread", comment(unique_identifier=None)).author_id == "old-ada"
    odd = one("thread", comment(status="NEXT_YEARS"))
    assert (odd.state, odd.flags) == ("present", ("schema_drift",))


def test_a_post_has_its_cover_its_caption_and_a_link_without_tracking() -> None:
    found = one("posts", video(media_type="PHOTO"), "videos")
    assert found.permalink == f"https://www.tiktok.com/@larkspur/video/{VIDEO}"
    assert [m.id for m in found.media] == [f"{VIDEO}/cover"]
    assert (found.body, found.created_at, found.replies) == ("Shelving, fast.", 1_772_359_200_000_000, 2)
    assert found.flags == ("photo",)
    assert one("posts", video(create_time=1772359200), "videos").created_at == found.created_at


def test_the_profile_changes_with_its_picture_and_not_with_host_size_or_signature() -> None:
    def pictured(url: str) -> bytes:
        (found,) = parsed("profile", {"code": 0, "data": {**ME, "profile_image": url}})
        assert isinstance(found, Observation)
        assert found.native_id == OWNER
        return evidential_digest(found)

    first = pictured("https://p16.tiktokcdn.com/tos/face~c5_168x168.jpeg?x-expires=1")
    assert first == pictured("https://p77.tiktokcdn.com/tos/face~c5_720x720.jpeg?x-expires=2")
    assert first != pictured("https://p16.tiktokcdn.com/tos/other~c5_168x168.jpeg?x-expires=1")


def test_ids_keep_every_digit_and_odd_items_harm_nobody_beside_them() -> None:
    body = (
        b'{"code":0,"data":{"comments":[{"comment_id":18446744073709551617,"text":"big"},{"comment_id":7e18},{"text":"x"},'
        b'{"comment_id":"5","text":"a","text":"b"},{"comment_id":"6","x":NaN},7,'
        b'{"comment_id":"8","text":"lone \\ud83d"},{"comment_id":"9","text":"nul \\u0000 in it","owner":"yes"}]}}'
    )
    found = parsed("thread", body, root=VIDEO)
    readable = [f for f in found if isinstance(f, Observation)]
    assert [f.native_id for f in readable] == ["18446744073709551617", "8", "9"]
    assert [f.reason for f in found if isinstance(f, Unreadable)] == [
        "id_not_exact", "id_missing", "duplicate_key", "not_finite", "not_an_object",
    ]  # fmt: skip
    assert readable[1].flags == ("text_repaired",)
    assert b"\\ud83d" in readable[1].native
    assert (readable[2].flags, readable[2].root_native_id) == (("schema_drift",), VIDEO)


@pytest.mark.parametrize(
    "answer",
    [Reply(200, b"<html>maintenance</html>", {"Content-Type": "text/html"}), Reply(200, b""), json_reply([]),
     json_reply({"data": {"videos": []}}), fine({"videos": {"no": "list"}}), Reply(200, b'{"code":0,"data":{"vid'),
     Reply(200, b'{"code":0,"code":0,"data":{}}'), page_of("videos", video(), more=True, cursor=None),
     page_of("videos", video(), more=True, cursor=1.5)],
)  # fmt: skip
def test_a_body_that_is_no_list_is_never_an_empty_one(answer: Reply) -> None:
    with reading({"business/video/list": answer}) as (tiktok, _), pytest.raises(PlatformError):
        [list(tiktok.records(page)) for page in tiktok.posts(None)]


# --------------------------------------------------------------------------- paging


def test_videos_are_read_backwards_in_time_also_over_an_empty_page() -> None:
    pages = {
        None: page_of("videos", video(), more=True, cursor=3000),
        "3000": page_of("videos", more=True, cursor="2000"),
        "2000": page_of("videos", video(item_id="7000"), cursor=1000),
    }
    with reading({"business/video/list": lambda asked: pages[asked.query.get("cursor")]}) as (tiktok, server):
        found = [o.native_id for p in tiktok.posts(None) for o in tiktok.records(p) if isinstance(o, Observation)]
        assert found == [VIDEO, "7000"]
        assert [q["max_count"] for q in asked_for(server, "business/video/list")] == ["20"] * 3
        assert tiktok.totals() == {"posts": 12, "comments": 4}


def test_videos_end_where_everything_on_a_page_is_older() -> None:
    with reading({"business/video/list": page_of("videos", video(), more=True, cursor=3000)}) as (tiktok, _):
        assert len(list(tiktok.posts(now_micros()))) == 1


def test_a_cursor_that_comes_again_ends_the_walk() -> None:
    turning = page_of("comments", comment(), more=True, cursor=20)
    with reading({"business/comment/list": turning}) as (tiktok, _), pytest.raises(CursorLoop):
        list(tiktok.thread(VIDEO))


def test_hidden_comments_are_asked_for_and_replies_where_there_are_some() -> None:
    top = (comment(replies=2), comment(comment_id="7103"), comment(comment_id="7104", replies=None))
    answers: Answers = {"business/comment/list": page_of("comments", *top)}
    answers["business/comment/reply/list"] = lambda asked: page_of(
        "comments", comment(comment_id=f"{asked.query['comment_id']}9", parent_comment_id=asked.query["comment_id"])
    )
    with reading(answers) as (tiktok, server):
        found = [o.native_id for p in tiktok.thread(VIDEO) for o in tiktok.records(p) if isinstance(o, Observation)]
        assert found == [COMMENT, "7103", "7104", f"{COMMENT}9", "71049"]
        replies = asked_for(server, "business/comment/reply/list")
        assert [q["comment_id"] for q in replies] == [COMMENT, "7104"], "one did not say how many it has"
        everything = replies + asked_for(server, "business/comment/list")
        assert {(q["status"], q["sort_field"], q["sort_order"]) for q in everything} == {("ALL", "create_time", "asc")}


def test_repetitions_beyond_500_comments_are_a_shortfall() -> None:
    def listed(asked: Asked) -> Reply:
        start = int(asked.query.get("cursor", "0"))
        ids = range(start, start + 30) if start < 510 else range(30)
        comments = [comment(comment_id=str(8000 + n)) for n in ids]
        return page_of("comments", *comments, more=start < 540, cursor=start + 30)

    with reading({"business/comment/list": listed}) as (tiktok, _):
        shortfalls = [page.shortfall for page in tiktok.thread(VIDEO)]
    assert shortfalls == [None] * 17 + ["comments_beyond_500", None]


def test_a_video_that_went_in_between_has_no_thread_and_another_error_is_one() -> None:
    with reading({"business/comment/list": failed(40007)}) as (tiktok, _):
        assert list(tiktok.thread(VIDEO)) == []
    with reading({"business/comment/list": failed(40002)}) as (tiktok, _), pytest.raises(Unintelligible):
        list(tiktok.thread(VIDEO))


# --------------------------------------------------------------------------- gone, or not to be seen


def filtering(*there: str) -> Callable[[Asked], Reply]:
    """Answers with what is there of the ids asked for; without a filter with everything."""

    def answer(asked: Asked) -> Reply:
        ids = json.loads(asked.query.get("comment_ids", "null"))
        return page_of("comments", *(comment(comment_id=i) for i in there if ids is None or i in ids))

    return answer


def test_a_missing_comment_is_deleted_only_when_the_filter_still_finds_another() -> None:
    with reading({"business/comment/list": filtering(COMMENT)}) as (tiktok, server):
        assert tiktok.item_under("7109", VIDEO).state == "missing_unconfirmed", "none was seen, so nothing is proved"
        list(tiktok.thread(VIDEO))
        sighting = tiktok.item_under("7109", VIDEO)
        assert sighting.state == "deleted"
        assert json.loads(sighting.page.body)["data"]["comments"] == [], "no other comment's words in the evidence"
        assert tiktok.item_under("7110", VIDEO).state == "deleted"
        asked = [q["comment_ids"] for q in asked_for(server, "business/comment/list") if "comment_ids" in q]
        assert asked == ['["7109"]', '["7109"]', f'["{COMMENT}"]', '["7110"]']
    unfiltered = page_of("comments")
    answers = iter([page_of("comments", comment()), *[unfiltered] * 9])
    with reading({"business/comment/list": lambda asked: next(answers)}) as (tiktok, _):
        list(tiktok.thread(VIDEO))
        assert tiktok.item_under("7109", VIDEO).state == "missing_unconfirmed", "the filter finds nothing at all"


def test_a_missing_video_likewise_and_what_tiktok_says_is_not_there_at_once() -> None:
    def videos(asked: Asked) -> Reply:
        wanted = json.loads(asked.query.get("filters", "{}")).get("video_ids", [VIDEO])
        return page_of("videos", *([video()] if VIDEO in wanted else []))

    with reading({"business/video/list": videos}) as (tiktok, _):
        assert tiktok.item("7009").state == "missing_unconfirmed"
        list(tiktok.posts(None))
        assert tiktok.item("7009").state == "deleted"
        assert tiktok.item_under(VIDEO, VIDEO).state == "present"
    with reading({"business/comment/list": failed(40007)}) as (tiktok, _):
        assert tiktok.item_under(COMMENT, VIDEO).state == "deleted"


def test_what_is_there_by_id_comes_with_its_state() -> None:
    with reading({"business/comment/list": page_of("comments", comment(status="HIDDEN"))}) as (tiktok, _):
        assert tiktok.item_under(COMMENT, VIDEO).state == "hidden"
    with reading({"business/comment/list": fine({})}) as (tiktok, _), pytest.raises(Unintelligible):
        tiktok.item_under(COMMENT, VIDEO)


def test_a_list_may_be_left_out_where_it_is_empty_but_not_called_by_another_name() -> None:
    with reading({"business/comment/list": fine({"has_more": False, "cursor": 0})}) as (tiktok, _):
        assert [list(tiktok.records(page)) for page in tiktok.thread(VIDEO)] == [[]]
        assert tiktok.item_under(COMMENT, VIDEO).state == "missing_unconfirmed"
    renamed = fine({"has_more": False, "cursor": 0, "comment_list": [comment()]})
    with reading({"business/comment/list": renamed}) as (tiktok, _), pytest.raises(Unintelligible):
        [list(tiktok.records(page)) for page in tiktok.thread(VIDEO)]


# --------------------------------------------------------------------------- the login


def test_the_access_token_goes_in_its_header_and_the_secrets_in_the_body() -> None:
    with reading({}) as (tiktok, server):
        list(tiktok.profile())
        login, me = server.asked
        assert (login.query, login.headers.get("access-token")) == ({}, None)
        assert (me.headers["access-token"], me.headers.get("authorization")) == ("an-access-token", None)
        assert me.query["business_id"] == OWNER


def test_a_missing_permission_is_named_before_anything_is_read() -> None:
    lesser = fine({**GRANT, "scope": "user.info.basic,user.info.username,user.info.profile,user.info.stats,video.list"})
    with reading({"tt_user/oauth2/refresh_token": lesser}) as (tiktok, server):
        with pytest.raises(ScopeLost, match=r"comment\.list \(Comments and replies"):
            list(tiktok.posts(None))
        assert len(server.asked) == 1
        assert [p.what.split(". ")[0] for p in tiktok.check()] == ["The consent lacks comment.list"]


def test_scopes_that_the_login_does_not_tell_are_asked_for() -> None:
    silent = fine({name: value for name, value in GRANT.items() if name not in ("scope", "open_id")})
    told = fine({"app_id": APP, "creator_id": OWNER, "scope": SCOPES})
    with reading({"tt_user/oauth2/refresh_token": silent, "tt_user/token_info/get": told}) as (tiktok, server):
        assert tiktok.check() == []
        assert server.asked[-1].query["business_id"] == OWNER
    mute = fine({"app_id": APP, "creator_id": OWNER})
    with reading({"tt_user/oauth2/refresh_token": silent, "tt_user/token_info/get": mute}) as (tiktok, _):
        assert len(tiktok.check()) == len(TikTok.scopes), "what is not told is not granted"


@pytest.mark.parametrize(
    ("told", "failure"),
    [(failed(40105), LoginExpired), (failed(40102), LoginExpired), (failed(50000), Unintelligible),
     (fine({"access_token": ""}), Unintelligible), (json_reply({"code": 0}), Unintelligible),
     (Reply(200, b"<html>", {"Content-Type": "text/html"}), Unintelligible)],
)  # fmt: skip
def test_a_login_that_proves_nothing_reads_nothing(told: Reply, failure: type[PlatformError]) -> None:
    with reading({"tt_user/oauth2/refresh_token": told}) as (tiktok, _), pytest.raises(failure):
        list(tiktok.posts(None))


def test_a_login_of_another_account_is_refused() -> None:
    with reading({}, handle="elsewhere") as (tiktok, _), pytest.raises(ScopeLost, match="another account"):
        list(tiktok.profile())
    for handle in ("@Larkspur", OWNER):
        with reading({}, handle=handle) as (tiktok, _):
            assert tiktok.check() == []


def test_what_the_entry_lacks_is_named() -> None:
    with opened("http://127.0.0.1:9", "", settings={"client_id": ""}) as tiktok:
        (problem,) = tiktok.check()
    assert "lacks refresh_token and client_id" in problem.what


REPLACED = {"tt_user/oauth2/refresh_token": fine({**GRANT, "refresh_token": "the-next-refresh-token"})}


def test_a_replaced_refresh_token_is_stored_before_anything_else_is_asked() -> None:
    kept: list[tuple[str, str, int]] = []
    with reading(dict(REPLACED), keep=lambda n, v: not kept.append((n, v, len(server.asked)))) as (tiktok, server):
        list(tiktok.profile())
        assert kept == [("refresh_token", "the-next-refresh-token", 1)]
        assert tiktok.warnings() == []


def test_a_replaced_refresh_token_that_cannot_be_stored_is_told_at_once() -> None:
    with reading(dict(REPLACED)) as (tiktok, _):
        list(tiktok.profile())
        (warning,) = tiktok.warnings()
        assert "could not be stored" in warning.what
        assert "refresh-token" not in repr(warning)


@pytest.mark.parametrize(("days", "warned"), [(13, 1), (15, 0)])
def test_a_refresh_token_that_dies_is_told_14_days_before(days: int, warned: int) -> None:
    dying = fine({**GRANT, "refresh_token_expires_in": days * 86_400})
    with reading({"tt_user/oauth2/refresh_token": dying}) as (tiktok, _):
        list(tiktok.profile())
        assert len(tiktok.warnings()) == warned


# --------------------------------------------------------------------------- codes inside HTTP 200


def test_a_throttle_inside_http_200_parks_the_account() -> None:
    clock = Clock()
    with reading({"business/video/list": failed(40100)}, clock=clock, throttle_pause=1800) as (tiktok, server):
        with pytest.raises(Throttled) as caught:
            list(tiktok.posts(None))
        assert len(asked_for(server, "business/video/list")) == 1
        assert abs(caught.value.regain_at.timestamp() - clock.wall() - 1800) < 2


def test_the_table_of_codes_grows_by_the_settings() -> None:
    for setting, code, failure in (("throttle_codes", 40133, Throttled), ("login_codes", 40190, LoginExpired),
                                   ("scope_codes", 40191, ScopeLost)):  # fmt: skip
        answers: Answers = {"business/video/list": failed(code)}
        with reading(answers) as (tiktok, _), pytest.raises(Unintelligible):
            list(tiktok.posts(None))
        with reading(answers, **{setting: f"1, {code}"}) as (tiktok, _), pytest.raises(failure):
            list(tiktok.posts(None))
    with reading({"business/comment/list": failed(40192)}, unknown_codes="40192") as (tiktok, _):
        assert list(tiktok.thread(VIDEO)) == []


def test_refusals_have_their_names_whatever_http_says() -> None:
    for code, status, failure in ((40105, 200, LoginExpired), (40105, 401, LoginExpired), (40001, 200, ScopeLost),
                                  (40001, 403, ScopeLost), (40002, 400, Unintelligible)):  # fmt: skip
        with reading({"business/video/list": failed(code, status)}) as (tiktok, _), pytest.raises(failure):
            list(tiktok.posts(None))


# --------------------------------------------------------------------------- against the stand-in


@pytest.fixture(scope="module")
def stand_in() -> Iterator[str]:
    with running(only=["tiktok"]) as urls:
        yield urls["tiktok"]


@pytest.mark.slow
def test_permissions_and_replaced_tokens_at_the_stand_in(stand_in: str) -> None:
    with opened(stand_in, refresh_token_of("larkspur", "basic")) as tiktok, pytest.raises(ScopeLost):
        list(tiktok.posts(None))
    kept: list[str] = []
    with opened(stand_in, refresh_token_of("larkspur", "rotating"), keep=lambda n, v: not kept.append(v)) as tiktok:
        assert len(list(tiktok.posts(None))) > 1
    with opened(stand_in, kept[0]) as tiktok:
        assert tiktok.check() == []
    with opened(stand_in, refresh_token_of("larkspur", "dying")) as tiktok:
        assert tiktok.check() == []
        assert "dies on" in tiktok.warnings()[0].what


@pytest.mark.slow
def test_a_reply_is_read_and_missed_under_its_video(stand_in: str) -> None:
    control = Control(stand_in)
    root = control.post("larkspur", "A new shelf. (invented)")["id"]
    top = control.reply(root, "mara", "Straight? (invented)")["id"]
    answer = control.reply(top, "larkspur", "By the spirit level. (invented)")["id"]
    control.hide(answer)
    with opened(stand_in, refresh_token_of("larkspur")) as tiktok:
        found = [o for page in tiktok.thread(root) for o in tiktok.records(page) if isinstance(o, Observation)]
        assert [(o.native_id, o.state) for o in found] == [(top, "present"), (answer, "hidden")]
        control.delete(answer)
        assert tiktok.item_under(answer, root).state == "deleted"
