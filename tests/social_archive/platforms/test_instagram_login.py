"""instagram: the two ways in, what each must prove, and when its token dies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from social_archive.errors import (
    AccountGone,
    ConfigError,
    LoginExpired,
    PlatformError,
    ScopeLost,
    Unintelligible,
)
from social_archive.platforms.base import Target
from social_archive.platforms.instagram import Instagram
from social_archive.record import Observation, evidential_digest
from tests.social_archive.platforms.answering import Reply, json_reply, serving
from tests.social_archive.platforms.instagram_answers import (
    ACCOUNT,
    BASIC,
    GONE,
    HTML,
    MANAGE,
    ME,
    NEW_TOKEN,
    REFUSED,
    TOKEN,
    Answers,
    adapter,
    error,
    listed,
    media,
    only,
    renewal,
    routed,
)

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
