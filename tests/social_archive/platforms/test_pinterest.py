"""pinterest: pins, boards, and the comments that its API does not show."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from social_archive.config import StoreConfig
from social_archive.errors import AccountGone, CursorLoop, LoginExpired, PlatformError, ScopeLost, Throttled
from social_archive.platforms.base import Page, Scale, Target
from social_archive.platforms.http import Http
from social_archive.platforms.pinterest import Pinterest
from social_archive.record import Observation, Unreadable, evidential_digest
from tests.contracts import pinterest as contract
from tests.faults.soundness import rows_of
from tests.social_archive.platforms.answering import Asked, Clock, Reply, Server, json_reply, serving
from tests.social_archive.platforms.living import living

SECRETS = {"refresh_token": "CANARY-pinterest-refresh", "client_secret": "CANARY-pinterest-app-secret"}
ACCOUNT = {
    "account_type": "BUSINESS", "id": "849351", "username": "lark", "about": "Pins. https://larkspur.example",
    "business_name": "Larkspur Public Library", "website_url": "https://larkspur.example/start", "pin_count": 2,
    "profile_image": "https://i.pinimg.com/280x280_RS/a/b/face.jpg",
}  # fmt: skip
ALL = "user_accounts:read boards:read boards:read_secret pins:read pins:read_secret"
HTML = {"Content-Type": "text/html"}
NOT_FOUND = json_reply({"code": 50, "message": "Pin not found."}, status=404)


def grant(scope: str | None = ALL, **more: Any) -> Reply:
    told = {"access_token": "CANARY-pinterest-access", "token_type": "bearer", "expires_in": 2592000, **more}
    return json_reply({**told, **({"scope": scope} if scope is not None else {})})


def pin(native_id: object, **more: Any) -> dict[str, Any]:
    return {
        "id": native_id, "created_at": "2026-05-20T08:30:00", "link": None, "title": f"Pin {native_id}",
        "description": "invented", "alt_text": "A cat.", "board_id": "7", "is_owner": True,
        "board_owner": {"username": "lark"},
        "media": {"media_type": "image", "images": {
            "600x": {"width": 600, "height": 9, "url": "https://i.pinimg.com/600x/a.jpg"},
            "1200x": {"width": 1200, "height": 9, "url": "https://i.pinimg.com/1200x/a.jpg"}}},
        "pin_metrics": {"lifetime_metrics": {"reaction": 10, "comment": 2, "save": 3}}, **more,
    }  # fmt: skip


def listed(*items: dict[str, Any], bookmark: str | None = None) -> Reply:
    return json_reply({"items": list(items), "bookmark": bookmark})


def routed(routes: Mapping[str, Reply | Callable[[Asked], Reply]]) -> Callable[[Asked], Reply]:
    known = {"/oauth/token": grant(), "/user_account": json_reply(ACCOUNT), "/boards": listed(), **routes}

    def answer(asked: Asked) -> Reply:
        reply = known.get(asked.path.removeprefix("/v5"), NOT_FOUND)
        return reply if isinstance(reply, Reply) else reply(asked)

    return answer


def adapter(at: Server | None, handle: str = "@Lark", keep: Callable[[str, str], bool] | None = None,
            secrets: Mapping[str, str] = SECRETS, **settings: Any) -> Pinterest:  # fmt: skip
    server = at.url if at else "http://127.0.0.1:9"
    settings = {"server": server, "insecure_local": True, "client_id": "1234", **settings}
    target = Target("main", handle, settings, secrets, keep or (lambda name, value: False))
    clock = Clock()
    return Pinterest(target, Http(base_url=server, pace=Pinterest.pace, secrets=tuple(secrets.values()),
                                  clock=clock.monotonic, sleep=clock.sleep, wall=clock.wall))  # fmt: skip


def parsed(*items: object, kind: str = "posts") -> list[Observation | Unreadable]:
    body = json.dumps({"items": items, "bookmark": None}).encode()
    context = {"account": "849351", "username": "lark", "list": True}
    page = Page(kind=kind, endpoint="https://api.pinterest.com/v5/pins", body=body, response_sha256="aa",
                http_date=None, observed_at=7, context=context)  # type: ignore[arg-type]  # fmt: skip
    return list(adapter(None).records(page))


# --------------------------------------------------------------------------- parsing


def test_a_pin_is_a_post_with_its_picture_link_and_numbers() -> None:
    (found,) = parsed(pin("813744226420795884", link="https://larkspur.example/cat"))
    assert isinstance(found, Observation)
    assert (found.kind, found.body, found.author_is_account) == ("post", "Pin 813744226420795884\n\ninvented", True)
    assert found.created_at == 1_779_265_800_000_000, "a time without a zone is UTC"
    assert [(m.id, m.url, m.alt) for m in found.media] == [
        ("813744226420795884/image", "https://i.pinimg.com/1200x/a.jpg", "A cat.")
    ]
    assert (found.links, found.likes, found.shares, found.replies) == (("https://larkspur.example/cat",), 10, 3, None)


def test_a_video_several_pictures_and_a_mixture_keep_their_order() -> None:
    image = {"images": {"150x150": {"url": "https://i.pinimg.com/150/b.jpg"}}}
    video = {"cover_image_url": "https://i.pinimg.com/c.jpg", "video_url": "https://v.pinimg.com/c.mp4"}
    unseen = {"cover_image_url": "https://i.pinimg.com/d.jpg", "video_url": None}
    media = [{"media_type": "video", **video}, {"media_type": "video", **unseen},
             {"media_type": "multiple_mixed", "items": [image, video]}]  # fmt: skip
    found = [o for o in parsed(*(pin(str(n), media=m) for n, m in enumerate(media))) if isinstance(o, Observation)]
    assert [[m.id for m in o.media] for o in found] == [
        ["0/video", "0/image"], ["1/image"], ["2/0/image", "2/1/video", "2/1/image"],
    ]  # fmt: skip
    assert [o.flags for o in found] == [("video",), ("video",), ()]


def test_a_board_is_a_setting_and_a_secret_one_is_hidden() -> None:
    board = {"id": "7", "name": "News", "description": "Of us.", "owner": {"username": "lark"}, "privacy": "PUBLIC"}
    public, secret = parsed(board, {**board, "id": "8", "privacy": "SECRET"}, kind="profile")
    assert isinstance(public, Observation)
    assert isinstance(secret, Observation)
    assert (public.kind, public.native_id, public.body, public.state) == (
        "setting", "board:7", "News\n\nOf us.", "present",
    )  # fmt: skip
    assert (secret.state, secret.flags) == ("hidden", ("secret",))


def test_a_pin_in_the_list_and_by_its_id_is_the_same_record() -> None:
    with serving(answer=routed({"/pins": listed(pin("1")), "/pins/1": json_reply(pin("1"))})) as server:
        ours = adapter(server)
        (one,) = [o for p in ours.posts(None) for o in ours.records(p)]
        two = ours.item("1").observation
    assert isinstance(one, Observation)
    assert two is not None
    assert evidential_digest(one) == evidential_digest(two)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [(b'{"id":"1","id":"1","media":{}}', "duplicate_key"), (b'{"id":1.5e18,"media":{}}', "id_not_exact"),
     (b'{"media":{}}', "id_missing"), (b'{"id":"1","media":NaN}', "not_finite"), (b'{"id":"1"}', "unknown_kind")],
)  # fmt: skip
def test_one_bad_pin_goes_to_quarantine_alone(raw: bytes, reason: str) -> None:
    good = json.dumps(pin("2", title="a\x00b \ud83d")).encode()
    page = Page(kind="posts", endpoint="x", body=b'{"items":[' + raw + b"," + good + b'],"bookmark":null}',
                response_sha256="aa", http_date=None, observed_at=7, context={"account": "849351"})  # fmt: skip
    ours = adapter(None)
    bad, fine = ours.records(page)
    assert isinstance(bad, Unreadable)
    assert (bad.reason, bad.native) == (reason, raw)
    assert isinstance(fine, Observation)
    assert (fine.native, fine.body) == (good, "a\x00b \ufffd\n\ninvented")
    again = ours.reparse(good, Page(kind="item", endpoint="x", body=b"", response_sha256="aa", http_date=None,
                                    observed_at=7, context={"account": "849351"}))  # fmt: skip
    assert isinstance(again, Observation)
    assert evidential_digest(again) == evidential_digest(fine)


def test_an_id_beyond_a_float_keeps_every_digit() -> None:
    (found,) = parsed(pin(9223372036854775807123))
    assert isinstance(found, Observation)
    assert found.native_id == "9223372036854775807123"


# --------------------------------------------------------------------------- no comments, and it says so


def test_the_last_page_of_pins_says_that_comments_are_never_shown() -> None:
    def pins(asked: Asked) -> Reply:
        first = "bookmark" not in asked.query
        return listed(pin("1"), pin("2"), bookmark="NEXT") if first else listed()  # an empty page is no error

    with serving(answer=routed({"/pins": pins})) as server:
        ours = adapter(server)
        assert [p.shortfall for p in ours.posts(None)] == [None, "no_comment_endpoint"]
        assert list(ours.thread("1")) == []
        assert ours.totals() == {"posts": 2, "comments": 4}
        asked = [a.query for a in server.asked if a.path == "/v5/pins"]
    assert asked[0] == {"page_size": "250", "include_protected_pins": "true", "pin_metrics": "true"}
    assert asked[1]["bookmark"] == "NEXT"
    assert "comment" in (Pinterest.__doc__ or "")


def test_an_account_without_pins_says_it_too() -> None:
    with serving(answer=routed({"/pins": listed()})) as server:
        assert [p.shortfall for p in adapter(server).posts(5)] == ["no_comment_endpoint"]


def test_bookmarks_that_go_in_circles_are_noticed() -> None:
    with serving(answer=routed({"/pins": listed(pin("1"), bookmark="AGAIN")})) as server, pytest.raises(CursorLoop):
        list(adapter(server).posts(None))


# --------------------------------------------------------------------------- one by its id


@pytest.mark.parametrize(
    ("scope", "state"),
    [(ALL, "deleted"), (ALL.removesuffix(" pins:read_secret"), "missing_unconfirmed"), (None, "missing_unconfirmed")],
)
def test_not_found_is_a_deletion_only_for_who_sees_secret_boards(scope: str | None, state: str) -> None:
    with serving(answer=routed({"/oauth/token": grant(scope)})) as server:
        assert adapter(server).item("1").state == state


def test_a_refusal_is_no_deletion() -> None:
    with serving(answer=routed({"/pins/1": json_reply({"code": 29, "message": "x"}, status=403)})) as server:
        assert adapter(server).item("1").state == "inaccessible"


# --------------------------------------------------------------------------- the login


def test_the_token_is_asked_for_with_the_apps_own_login() -> None:
    with serving(answer=routed({})) as server:
        ours = adapter(server)
        list(ours.profile())
        basic = base64.b64encode(b"1234:CANARY-pinterest-app-secret").decode()
        assert server.asked[0].headers["authorization"] == f"Basic {basic}"
        assert {a.headers["authorization"] for a in server.asked[1:]} == {"Bearer CANARY-pinterest-access"}
        assert ours.http.clean(f"x {basic} CANARY-pinterest-access") == "x [removed] [removed]"


def test_a_renewed_refresh_token_is_kept_or_it_is_said_that_it_cannot_be() -> None:
    kept: dict[str, str] = {}
    renewed = grant(refresh_token="CANARY-pinterest-new", refresh_token_expires_in=5_184_000)
    with serving(answer=routed({"/oauth/token": renewed})) as server:
        ours = adapter(server, keep=lambda name, value: kept.update({name: value}) is None)
        list(ours.profile())
        assert (kept, ours.warnings()) == ({"refresh_token": "CANARY-pinterest-new"}, [])
        lost = adapter(server)
        list(lost.profile())
        (problem,) = lost.warnings()
        assert "cannot be written to" in problem.what
        assert "CANARY" not in problem.what + problem.remedy


@pytest.mark.parametrize(("days", "warned"), [(13, 1), (15, 0)])
def test_a_refresh_token_that_dies_within_a_fortnight_is_warned_of(days: int, warned: int) -> None:
    with serving(answer=routed({"/oauth/token": grant(refresh_token_expires_in=days * 86_400)})) as server:
        ours = adapter(server)
        list(ours.profile())
        assert len(ours.warnings()) == warned


@pytest.mark.parametrize(
    ("routes", "error", "word"),
    [
        ({"/oauth/token": json_reply({"code": 2, "message": "x"}, status=401)}, LoginExpired, "login"),
        ({"/oauth/token": grant("user_accounts:read boards:read")}, ScopeLost, "pins:read"),
        ({"/user_account": json_reply({"code": 2}, status=401)}, LoginExpired, "login"),
        ({"/user_account": json_reply({"code": 29}, status=403)}, ScopeLost, "refuses"),
        ({"/user_account": NOT_FOUND}, AccountGone, "no account"),
        ({"/user_account": json_reply({**ACCOUNT, "username": "other"})}, ScopeLost, "another account"),
    ],
)
def test_a_login_that_does_not_do_is_told_from_the_others(
    routes: dict[str, Reply], error: type[Exception], word: str
) -> None:
    with serving(answer=routed(routes)) as server:
        ours = adapter(server)
        with pytest.raises(error, match=word):
            list(ours.posts(None))
        (problem,) = ours.check()
        assert problem.remedy


def test_what_is_missing_is_said_one_by_one() -> None:
    problems = adapter(None, secrets={}, client_id="").check()
    assert [p.what.split("`")[1] for p in problems] == ["refresh_token", "client_secret", "client_id"]


# --------------------------------------------------------------------------- throttles and non-answers


def test_a_throttle_is_parked_until_the_headers_time() -> None:
    refused = json_reply({"code": 8, "message": "x"}, status=429, X_RateLimit_Remaining="0", X_RateLimit_Reset="900")
    with serving(answer=routed({"/pins": refused})) as server:
        with pytest.raises(Throttled) as caught:
            list(adapter(server).posts(None))
        assert len(server.asked) == 3
    assert caught.value.regain_at.timestamp() == pytest.approx(1_800_000_900, abs=2)


def test_a_budget_that_is_used_up_is_waited_for_before_the_next_request() -> None:
    used_up = json_reply(ACCOUNT, X_RateLimit_Remaining="0", X_RateLimit_Reset="30")
    with serving(answer=routed({"/user_account": used_up, "/pins": listed()})) as server:
        ours = adapter(server)
        list(ours.posts(None))
        assert ours.http._sleep.__self__.naps == [30.0]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "reply",
    [Reply(200, b"<html>", HTML), Reply(200, b""), Reply(200, b'{"items":[{"id":'), Reply(200, b'{"items":NaN}'),
     Reply(200, b'{"items":{},"bookmark":null}'), Reply(200, b'{"items":[],"items":[],"bookmark":null}'),
     Reply(200, b'{"bookmark":null}'), Reply(200, b'{"items":[],"bookmark":7}'), Reply(500, b"oops", HTML)],
)  # fmt: skip
def test_an_answer_that_is_none_is_never_no_pins(reply: Reply) -> None:
    with serving(answer=routed({"/pins": reply})) as server:
        ours = adapter(server)
        with pytest.raises(PlatformError):
            [record for page in ours.posts(None) for record in ours.records(page)]


def test_an_estimate_says_requests() -> None:
    found = adapter(None).estimate(Scale(posts=5000, comments=0, watched=10, first=False))
    assert (found.requests, found.unit) == (24, "requests")


def test_the_contract_notices_what_it_must() -> None:
    path, good = "/v5/pins", json.loads(listed(pin("1")).body)
    assert contract.problems_of(path, {}, good) == []
    media = {"media_type": "image", "images": {"600x": {"url": 7}}}
    for wrong in ({"likes": 1}, {"id": 1}, {"id": "x"}, {"media": media}, {"media": {"media_type": "hologram"}},
                  {"is_owner": "yes"}, {"board_owner": {"name": "x"}}):  # fmt: skip
        assert contract.problems_of(path, {}, {"items": [pin("1") | wrong], "bookmark": None}), wrong
    assert contract.unknown_parameters(path, {"page_size": "250", "pin_metrics": "true"}) == []
    assert contract.unknown_parameters(path, {"since": "1"}) == ["since"]
    assert contract.unknown_parameters(path, {"page_size": "251"}) == ["page_size=251"]
    assert contract.unknown_parameters(path, {"pin_metrics": "1"}) == ["pin_metrics=1"]
    assert contract.unknown_parameters("/v5/pins/1/comments", {}) == ["no such endpoint: /v5/pins/1/comments"]


# --------------------------------------------------------------------------- a whole harvest


@pytest.mark.slow
def test_the_missing_comments_are_one_gap_for_ever_and_boards_are_kept(
    buckets: StoreConfig, tmp_path: Path
) -> None:
    with living("pinterest", buckets, tmp_path) as place:
        assert [g.reason for g in place.harvest().gaps] == ["no_comment_endpoint"]
        rows = rows_of(place.archive)
        assert [row["state"] for row in rows if row["kind"] == "gap"] == ["inaccessible"]
        (still_open,) = place.archive.catalog.open_gaps("pinterest", place.account)
        assert still_open.reason == "no_comment_endpoint"
        boards = [row["body"].split("\n")[0] for row in rows if row["kind"] == "setting"]
        assert sorted(boards) == ["Collections", "Drafts", "News"]
        assert not [row for row in rows if row["kind"] in ("comment", "reply")]
