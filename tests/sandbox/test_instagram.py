"""The stand-in of Instagram: what it shows to whom, in which shape, and for how long."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.control import running
from sandbox.platforms.instagram_tokens import token_of
from sandbox.story import build
from sandbox.world import Chronicle
from social_archive.config import StoreConfig
from social_archive.platforms.base import Target
from social_archive.platforms.http import Http
from social_archive.platforms.instagram import Instagram
from social_archive.record import Observation, evidential_digest
from social_archive.stack.seaweed import Seaweed
from social_archive.store import ensure_buckets
from tests.contracts import instagram as contract
from tests.faults.sandbox_library import Place
from tests.faults.soundness import latest, rows_of
from tests.sandbox.conftest import ANCHOR, Client, Inside

DAY = 86_400
DEBUG_TOKEN = {
    "app_id": str, "type": str, "application": str, "data_access_expires_at": int, "expires_at": int, "is_valid": bool,
    "issued_at": int, "scopes": list, "user_id": str,
}  # fmt: skip
"""Fields of debug_token by Meta's reference page. Written by hand and unverified: no package has them."""


def ask(client: Client, path: str, token: str | None = None, **query: str) -> httpx.Response:
    return client.get(path, params={"access_token": token or token_of("larkspur"), **query})


def data(client: Client, path: str, token: str | None = None, **query: str) -> Any:
    response = ask(client, path, token, **query)
    assert response.status_code == 200, response.text
    return response.json()["data"]


def own_id(client: Client) -> str:
    return str(ask(client, "/v26.0/me", fields="user_id").json()["user_id"])


@pytest.fixture
def instagram(inside: Inside) -> Client:
    return inside("instagram")


@pytest.fixture
def busiest(instagram: Client) -> str:
    """The post with the most comments."""
    posts = data(instagram, f"/v26.0/{own_id(instagram)}/media", fields="id,comments_count", limit="100")
    return str(max(posts, key=lambda post: post["comments_count"])["id"])


# --------------------------------------------------------------------------- fields and pages


def test_only_what_was_asked_for_is_answered_and_the_id(instagram: Client, busiest: str) -> None:
    assert set(ask(instagram, f"/v26.0/{busiest}").json()) == {"id"}
    asked_for = ask(instagram, f"/v26.0/{busiest}", fields="caption,permalink").json()
    assert list(asked_for) == ["caption", "permalink", "id"]


@pytest.mark.parametrize("fields", ["id,no_such_field", "id,children{", "id}", "id;caption", "text"])
def test_fields_that_there_are_not_are_an_error_without_subcode(instagram: Client, busiest: str, fields: str) -> None:
    answer = ask(instagram, f"/v26.0/{busiest}", fields=fields)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], "error_subcode" in error) == (400, 100, False)


def test_posts_come_newest_first_in_pages_whose_link_carries_the_token(instagram: Client) -> None:
    path, after, seen = f"/v26.0/{own_id(instagram)}/media", "", []
    for _ in range(10):
        body = ask(instagram, path, fields="id,timestamp", limit="100", after=after).json()
        seen += body["data"]
        if "next" not in body["paging"]:
            break
        assert f"access_token={token_of('larkspur')}" in body["paging"]["next"]
        after = body["paging"]["cursors"]["after"]
    times = [post["timestamp"] for post in seen]
    assert times == sorted(times, reverse=True)
    assert len({post["id"] for post in seen}) == len(seen) > 50
    assert len(seen) == ask(instagram, "/v26.0/me", fields="media_count").json()["media_count"]


def test_comments_come_newest_first_with_some_of_their_replies_inside(instagram: Client, busiest: str) -> None:
    fields = "id,timestamp,replies.limit(50){id,parent_id}"
    comments = data(instagram, f"/v26.0/{busiest}/comments", fields=fields, limit="500")
    times = [comment["timestamp"] for comment in comments]
    assert times == sorted(times, reverse=True)
    inside = [c for c in comments if "replies" in c]
    assert inside
    for comment in inside:
        assert {reply["parent_id"] for reply in comment["replies"]["data"]} == {comment["id"]}
        every = data(instagram, f"/v26.0/{comment['id']}/replies", fields="id")
        assert ("paging" in comment["replies"]) is (len(every) > len(comment["replies"]["data"]))


def test_albums_films_and_stories_are_what_they_are(inside: Inside, chronicle: Chronicle) -> None:
    made = datetime.now(UTC).isoformat()
    chronicle.operations["instagram"] = [
        {"op": "post", "at": made, "account": "larkspur", "text": form, "key": f"live/{form}", "form": form}
        for form in ("carousel", "reel", "story")
    ]
    client = inside("instagram")
    fields = "id,media_type,media_product_type,thumbnail_url,children{id,media_url,alt_text}"
    reel, carousel = sorted(
        data(client, f"/v26.0/{own_id(client)}/media", fields=fields)[:2], key=lambda m: "children" in m
    )
    assert (reel["media_type"], reel["media_product_type"]) == ("VIDEO", "REELS")
    assert client.get(reel["thumbnail_url"]).content.startswith(b"\x89PNG")
    assert carousel["media_type"] == "CAROUSEL_ALBUM"
    assert [set(child) for child in carousel["children"]["data"]] == [{"id", "media_url", "alt_text"}] * 2
    story = data(client, f"/v26.0/{own_id(client)}/stories", fields=fields)
    assert [s["media_product_type"] for s in story] == ["STORY"]
    problems = contract.problems_of("/v26.0/1/media", {"fields": fields}, {"data": [reel, carousel, *story]})
    assert problems == []


def test_a_story_is_listed_for_24_hours_and_its_end_is_no_deletion(inside: Inside, chronicle: Chronicle) -> None:
    now = datetime.now(UTC)
    chronicle.operations["instagram"] = [
        {"op": "post", "at": (now - timedelta(hours=hours)).isoformat(), "account": "larkspur", "text": "A story.",
         "key": f"live/{hours}", "form": "story"} for hours in (23, 25)
    ]  # fmt: skip
    client = inside("instagram")
    truth = {item["key"]: item for item in client.get("/_sandbox/truth").json()}
    listed = data(client, f"/v26.0/{own_id(client)}/stories")
    assert [story["id"] for story in listed] == [truth["live/23"]["id"]]
    assert [truth[key]["state"] for key in ("live/23", "live/25")] == ["present", "present"]
    assert ask(client, f"/v26.0/{truth['live/25']['id']}").json()["error"]["error_subcode"] == 33


# --------------------------------------------------------------------------- who asks


@pytest.mark.parametrize(
    "token", ["", "nonsense", token_of("nobody"), token_of("larkspur", issued=1_600_000_000),
              token_of("larkspur", "user", issued=1_600_000_000)],
)  # fmt: skip
def test_a_token_that_is_none_or_dead_opens_nothing(instagram: Client, token: str) -> None:
    answer = instagram.get("/v26.0/me", params={"access_token": token})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 190)


def test_without_the_permission_comments_are_an_empty_list_and_no_error(instagram: Client, busiest: str) -> None:
    for kind, lacks in (("ig", "instagram_business_manage_comments"), ("page", "instagram_manage_comments")):
        blind = token_of("larkspur", kind, lacks=lacks)
        assert data(instagram, f"/v26.0/{busiest}/comments", blind) == []
        assert data(instagram, f"/v26.0/{busiest}/comments", token_of("larkspur", kind)) != []


def test_instagram_logins_own_id_lists_nothing(instagram: Client) -> None:
    me = ask(instagram, "/v26.0/me", fields="id,user_id,username").json()
    assert me["id"] != me["user_id"]
    assert ask(instagram, f"/v26.0/{me['id']}/media").json()["error"]["code"] == 100


def test_a_token_is_renewed_once_a_day(instagram: Client) -> None:
    query = {"grant_type": "ig_refresh_token"}
    old = token_of("larkspur", issued=int(time.time()) - 2 * DAY)
    renewed = ask(instagram, "/refresh_access_token", old, **query).json()
    assert contract.problems_of("/refresh_access_token", query, renewed) == []
    assert renewed["access_token"] != old
    assert ask(instagram, "/v26.0/me", renewed["access_token"]).status_code == 200
    assert ask(instagram, "/refresh_access_token", renewed["access_token"], **query).status_code == 400
    in_place = ask(instagram, "/refresh_access_token", **query).json()
    assert in_place["access_token"] == token_of("larkspur")


def test_facebook_tells_of_its_tokens_and_the_page_of_the_account(instagram: Client) -> None:
    for kind in ("user", "page"):
        token = token_of("larkspur", kind)
        told = data(instagram, "/v26.0/debug_token", token, input_token=token)
        assert {name: type(value) for name, value in told.items()} == DEBUG_TOKEN
        assert told["type"] == kind.upper()
    fields = "id,instagram_business_account{id,username}"
    pages = data(instagram, "/v26.0/me/accounts", token_of("larkspur", "user"), fields=fields)
    linked = [page for page in pages if len(page) > 1]
    assert linked == [ask(instagram, "/v26.0/me", token_of("larkspur", "page"), fields=fields).json()]
    assert linked[0]["instagram_business_account"]["id"] == own_id(instagram)


def test_usage_and_throttles_are_told_in_the_headers(instagram: Client) -> None:
    answer = ask(instagram, "/v26.0/me", fields="username")
    assert json.loads(answer.headers["x-app-usage"])["call_count"] < 100
    instagram.post("/_sandbox/fault", content=json.dumps({"kind": "throttle", "retry_after": 5400}))
    throttled = ask(instagram, "/v26.0/me")
    usage = json.loads(throttled.headers["x-business-use-case-usage"])[own_id(instagram)][0]
    assert (throttled.status_code, throttled.json()["error"]["code"]) == (403, 80002)
    assert usage["estimated_time_to_regain_access"] == 90


# --------------------------------------------------------------------------- the contract itself


def test_the_contract_refuses_what_the_package_does_not_know() -> None:
    path = "/v26.0/1/comments"
    assert contract.unknown_parameters(path, {"fields": "id,text,replies.limit(50){id,user}", "limit": "50"}) == []
    assert contract.unknown_parameters(path, {"order": "newest", "fields": "id"}) == ["order"]
    assert contract.unknown_parameters(path, {"fields": "id,edited_at"}) == ["edited_at of IGComment"]
    assert contract.unknown_parameters("/v26.0/1/media", {"fields": "id,children{id,mood}", "since": "1"}) != []
    assert contract.problems_of(path, {}, {"data": [{"id": "1", "like_count": "2"}]}) != []
    assert contract.problems_of(path, {}, {"data": [{"id": "1", "mood": "good"}]}) != []
    assert contract.problems_of(path, {}, {"data": [], "total": 0}) != []


# --------------------------------------------------------------------------- read by the adapter, by every login


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("instagram")
    Chronicle(folder / "world.json", ANCHOR).save()
    with running(folder, only=["instagram"]) as urls:
        yield urls["instagram"]


def everything(url: str, token: str, login: str) -> dict[str, bytes]:
    """Evidential digests of all that a login sees, by id."""
    target = Target("larkspur", "larkspur", {"server": url, "insecure_local": True, "login": login}, {"token": token})
    with Http(base_url=url, pace=Instagram.pace, secrets=(token,)) as http:
        adapter = Instagram(target, http)
        found = [o for page in adapter.profile() for o in adapter.records(page)]
        posts = [o for page in adapter.posts(None) for o in adapter.records(page)]
        for post in posts[:25]:
            assert isinstance(post, Observation)
            found += [o for page in adapter.thread(post.native_id) for o in adapter.records(page)]
    seen = [o for o in (*found, *posts) if isinstance(o, Observation)]
    assert len(seen) == len(found) + len(posts)
    return {o.native_id: evidential_digest(o) for o in seen}


@pytest.mark.slow
def test_every_login_sees_the_same(url: str) -> None:
    by_instagram = everything(url, token_of("larkspur"), "instagram")
    assert len(by_instagram) > 100
    assert everything(url, token_of("larkspur", "user"), "facebook") == by_instagram
    assert everything(url, token_of("larkspur", "page"), "facebook") == by_instagram


def small_world(folder: Path) -> None:
    """Today's world with its three newest posts only."""
    chronicle = Chronicle.open(folder)
    items = build("instagram", chronicle.anchor).items.values()
    posts = sorted((item for item in items if item.is_post), key=lambda post: post.created)
    chronicle.operations["instagram"] = [
        {"op": "delete", "at": datetime.now(UTC).isoformat(), "id": post.key} for post in posts[:-3]
    ]
    chronicle.save()


@pytest.mark.slow
def test_a_story_that_ended_stays_in_the_archive_as_it_was(
    object_store: StoreConfig, weed: Seaweed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is seen, then its day is over: nothing is written about it, least of all a tombstone."""
    config = object_store.model_copy(update={"bucket": "t-instagram-story"})
    ensure_buckets(config, client=weed.client("admin"))
    monkeypatch.setenv("SANDBOX_INSTAGRAM_TOKEN", token_of("larkspur"))
    small_world(tmp_path / "sandbox")
    with running(tmp_path / "sandbox", only=["instagram"]) as urls:
        place = Place.made(tmp_path, urls, config.bucket, "larkspur-instagram")
        story = place.control.post("larkspur", "Only today: cake. (invented)", form="story")["id"]
        assert place.harvest().outcome == "ok"
    world = json.loads((tmp_path / "sandbox" / "world.json").read_text())
    world["operations"]["instagram"][-1]["at"] = (datetime.now(UTC) - timedelta(hours=25)).isoformat()
    (tmp_path / "sandbox" / "world.json").write_text(json.dumps(world))
    with running(tmp_path / "sandbox", only=["instagram"]) as urls:
        place = Place.made(tmp_path, urls, config.bucket, "larkspur-instagram")
        later = place.harvest()
        asked = [request["path"] for request in place.control.requests()]
    assert (later.outcome, later.wrote, later.deleted) == ("ok", 0, 0)
    assert not any(path.endswith(story) for path in asked)
    thing = latest(rows_of(place.archive))[story]
    assert (thing["kind"], thing["state"], thing["version"]) == ("story", "present", 1)
    assert "shown_24_hours" in thing["flags"]
    assert [medium["outcome"] for medium in thing["media"]] == ["stored"]
