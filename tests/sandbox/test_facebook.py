"""The stand-in for the Graph API: that it pages, hides, withholds and refuses as the real one, within the contract."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.control import Control, running
from sandbox.platforms.facebook import APP_ID, APP_SECRET, page_token_of, user_token_of
from sandbox.platforms.facebook_fields import parsed, projected
from social_archive.platforms.base import Target
from social_archive.platforms.facebook import COMMENT_FIELDS, PAGE_FIELDS, POST_FIELDS, Facebook
from social_archive.platforms.http import Http
from social_archive.record import Observation, evidential_digest
from tests.contracts import facebook as contract
from tests.sandbox.conftest import Client, Inside

TOKEN = page_token_of("larkspur")
STREAM = {"fields": COMMENT_FIELDS, "filter": "stream", "order": "chronological", "limit": "100", "summary": "true"}


@pytest.fixture
def client(inside: Inside) -> Client:
    return inside("facebook")


def ask(client: Client, path: str, token: str = TOKEN, **query: str) -> Any:
    return client.get(f"/v26.0/{path}", params=query, headers={"Authorization": f"Bearer {token}"})


def truth(client: Client) -> list[dict[str, Any]]:
    return client.get("/_sandbox/truth").json()


def busiest(client: Client) -> str:
    """The post with the most comments that are shown."""
    roots = [item["root"] for item in truth(client) if item["parent"] and item["state"] != "deleted"]
    return max(set(roots), key=roots.count)


def everything(client: Client, path: str, **query: str) -> tuple[list[Any], list[int]]:
    """All items of a list by its `next`, and how many each page held."""
    items: list[Any] = []
    sizes: list[int] = []
    address: str | None = f"/v26.0/{path}"
    params: dict[str, str] | None = query
    while address:
        body = client.get(address, params=params, headers={"Authorization": f"Bearer {TOKEN}"}).json()
        items += body["data"]
        sizes.append(len(body["data"]))
        address, params = body.get("paging", {}).get("next"), None
    return items, sizes


# --------------------------------------------------------------------------- lists


def test_posts_are_ranked_and_after_the_first_page_comes_an_empty_one(client: Client) -> None:
    posts, sizes = everything(client, "larkspur/published_posts", fields="id,created_time", limit="10")
    assert sizes[:3] == [10, 0, 10]
    times = [post["created_time"] for post in posts]
    assert times != sorted(times, reverse=True)
    own = {i["id"] for i in truth(client) if not i["parent"] and i["author"] == "larkspur" and i["state"] != "deleted"}
    assert {post["id"] for post in posts} == own


def test_a_next_address_holds_the_token_as_on_the_real_api(client: Client) -> None:
    body = ask(client, "larkspur/published_posts", limit="5").json()
    assert f"access_token={TOKEN}" in body["paging"]["next"]


def test_hidden_posts_come_only_when_asked_for(client: Client) -> None:
    post = next(i["id"] for i in truth(client) if not i["parent"] and i["author"] == "larkspur")
    client.post("/_sandbox/hide", content=json.dumps({"id": post}))
    assert post not in {p["id"] for p in everything(client, "larkspur/published_posts")[0]}
    assert post in {p["id"] for p in everything(client, "larkspur/published_posts", include_hidden="true")[0]}


def test_only_a_stream_shows_answers_and_only_the_fields_that_were_asked_for_come(client: Client) -> None:
    root = busiest(client)
    stream, _ = everything(client, f"{root}/comments", **{**STREAM, "limit": "2"})
    top, _ = everything(client, f"{root}/comments", fields="id,parent")
    assert {c["id"] for c in stream if "parent" not in c} == {c["id"] for c in top}
    assert len(top) < len(stream)
    assert {c["id"] for c in stream} == {
        i["id"] for i in truth(client) if i["root"] == root and i["parent"] and i["state"] != "deleted"
    }
    assert ask(client, root, fields="message").json().keys() == {"id", "message"}


def test_visitors_posts_stand_apart(client: Client) -> None:
    left, _ = everything(client, "larkspur/visitor_posts", fields="id,from{id}")
    assert {post["id"] for post in left} == {
        i["id"] for i in truth(client) if not i["parent"] and i["author"] != "larkspur"
    }
    assert len(left) == 2


def test_under_an_album_every_second_thread_stands_under_its_second_photo(client: Client) -> None:
    album = {"account": "larkspur", "text": "Two cats. (invented)", "image": "A cat.", "form": "album"}
    made = client.post("/_sandbox/post", content=json.dumps(album)).json()
    for number in range(4):
        remark = {"to": made["id"], "author": "mara", "text": f"Cat {number}! (invented)"}
        client.post("/_sandbox/reply", content=json.dumps(remark))
    post = ask(client, made["id"], fields="attachments{type,subattachments{target{id}}}").json()
    [shown] = post["attachments"]["data"]
    first, second = (part["target"]["id"] for part in shown["subattachments"]["data"])
    counts = [len(ask(client, f"{node}/comments", **STREAM).json()["data"]) for node in (made["id"], first, second)]
    assert counts == [2, 0, 2]


# --------------------------------------------------------------------------- silences and refusals


@pytest.mark.parametrize("token", [user_token_of("larkspur"), page_token_of("larkspur", "pages_read_user_content")])
def test_the_wrong_login_gets_empty_lists_without_an_error_and_no_comment_by_id(client: Client, token: str) -> None:
    root = busiest(client)
    comment = next(i["id"] for i in truth(client) if i["root"] == root and i["parent"] and i["state"] == "present")
    empty = ask(client, f"{root}/comments", token, **STREAM)
    assert (empty.status_code, empty.json()["data"]) == (200, [])
    assert ask(client, "larkspur/visitor_posts", token).json()["data"] == []
    error = ask(client, comment, token).json()["error"]
    assert (error["code"], error["error_subcode"]) == (100, 33)


def test_posts_need_a_permission_of_their_own(client: Client) -> None:
    refused = ask(client, "larkspur/published_posts", page_token_of("larkspur", "pages_read_engagement"))
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, 10)


def test_a_token_is_inspected_with_the_apps_own_and_a_dead_one_is_told(client: Client) -> None:
    app = f"{APP_ID}|{APP_SECRET}"
    assert ask(client, "debug_token", TOKEN, input_token=TOKEN).status_code == 400
    assert ask(client, "debug_token", app, input_token=TOKEN).json()["data"]["type"] == "PAGE"
    assert ask(client, "debug_token", app, input_token=user_token_of("larkspur")).json()["data"]["type"] == "USER"
    client.post("/_sandbox/expire_tokens", content=json.dumps({"account": "larkspur"}))
    dead = ask(client, "debug_token", app, input_token=TOKEN).json()["data"]
    assert (dead["is_valid"], dead["error"]["code"], dead["error"]["subcode"]) == (False, 190, 463)
    assert ask(client, "larkspur/published_posts").json()["error"]["code"] == 190


def test_a_proof_may_be_left_out_but_not_be_wrong(client: Client) -> None:
    right = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
    assert ask(client, "me", appsecret_proof=right).status_code == 200
    assert ask(client, "me", appsecret_proof="0" * 64).json()["error"]["code"] == 100


def test_what_is_gone_and_what_never_was_get_the_same_answer(client: Client) -> None:
    gone = next(i["id"] for i in truth(client) if i["state"] == "deleted")
    for name in (gone, "1_2"):
        answer = ask(client, name)
        assert (answer.status_code, answer.json()["error"]["error_subcode"]) == (400, 33)


def test_usage_stands_in_headers_and_a_throttle_says_for_how_many_minutes(client: Client) -> None:
    headers = ask(client, "me").headers
    assert json.loads(headers["x-app-usage"])["call_count"] == 0
    [usage] = json.loads(headers["x-business-use-case-usage"]).values()
    assert (usage[0]["type"], usage[0]["estimated_time_to_regain_access"]) == ("pages", 0)
    client.post("/_sandbox/fault", content=json.dumps({"kind": "throttle", "retry_after": 7200}))
    throttled = ask(client, "me")
    assert (throttled.status_code, throttled.json()["error"]["code"]) == (400, 80001)
    told = json.loads(throttled.headers.get_list("x-business-use-case-usage")[0])
    assert next(iter(told.values()))[0]["estimated_time_to_regain_access"] == 120


# --------------------------------------------------------------------------- field expansion, contract


def test_an_expansion_is_read_and_applied() -> None:
    one, two = parsed("from{id},comments.filter(stream).limit(0).summary(true)")
    assert (one.name, [inner.name for inner in one.fields]) == ("from", ["id"])
    assert two.modifiers == {"filter": "stream", "limit": "0", "summary": "true"}
    entity = {"id": "1", "from": {"id": "2", "name": "x"}, "picture": {"data": {"url": "u", "height": 1}}, "likes": 3}
    assert projected(entity, parsed("from{id},picture{url}")) == {
        "id": "1", "from": {"id": "2"}, "picture": {"data": {"url": "u"}},
    }  # fmt: skip
    with pytest.raises(ValueError, match="brackets"):
        parsed("from{id")


def test_what_the_adapter_asks_for_is_in_metas_specifications() -> None:
    posts = {"fields": POST_FIELDS, "limit": "100", "include_hidden": "true", "show_expired": "true"}
    assert contract.unknown_parameters("/v26.0/1/published_posts", posts) == []
    assert contract.unknown_parameters("/v26.0/1_2/comments", {**STREAM, "live_filter": "no_filter"}) == []
    assert contract.unknown_parameters("/v26.0/1", {"fields": PAGE_FIELDS}) == []


@pytest.mark.parametrize(
    ("path", "query", "wrong"),
    [
        ("/v26.0/1_2/comments", {"filter": "everything"}, "filter=everything"),
        ("/v26.0/1_2/comments", {"until": "1"}, "until"), ("/v26.0/1_2/likers", {}, "no such edge: likers"),
        ("/v26.0/1_2/comments", {"fields": "id,mood"}, "field mood"), ("/v26.0/1", {"since": "1"}, "since"),
        ("/v26.0/1/published_posts", {"fields": "attachments{media{glow}}"}, "field glow"),
        ("/v26.0/1/published_posts", {"include_hidden": "maybe"}, "include_hidden=maybe"),
    ],
)  # fmt: skip
def test_the_contract_finds_what_meta_does_not_know(path: str, query: dict[str, str], wrong: str) -> None:
    assert contract.unknown_parameters(path, query) == [wrong]


@pytest.mark.parametrize(
    ("spoilt", "found"),
    [
        ({"mood": 1}, "data/0/mood: unknown"), ({"like_count": "3"}, "data/0/like_count: unsigned int expected"),
        ({"is_hidden": None}, "data/0/is_hidden: bool expected"), ({"parent": "1"}, "data/0/parent: no Comment"),
        ({"user_likes": True}, "data/0/user_likes: not asked for"),
        ({"attachment": {"media": {"glow": 1}}}, "data/0/attachment/media/glow: unknown"),
    ],
)  # fmt: skip
def test_the_contract_finds_a_field_that_is_unknown_mistyped_or_was_not_asked_for(
    client: Client, spoilt: dict[str, Any], found: str
) -> None:
    path = f"/v26.0/{busiest(client)}/comments"
    body = ask(client, path.removeprefix("/v26.0/"), **STREAM).json()
    assert contract.problems_of(path, STREAM, body) == []
    body["data"][0] |= spoilt
    assert found in contract.problems_of(path, STREAM, body)


def test_pages_for_the_benchmark_hold_two_thousand_records(client: Client) -> None:
    reading = Facebook(Target("main", "larkspur"), Http(base_url=Facebook.home, pace=Facebook.pace))
    found = [record for page in contract.pages_for_bench(client.front.stand_in) for record in reading.records(page)]
    assert len(found) == contract.BENCH_RECORDS
    assert all(isinstance(record, Observation) for record in found)


# --------------------------------------------------------------------------- the adapter against it, over real HTTP


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Control]:
    folder: Path = tmp_path_factory.mktemp("facebook")
    with running(folder, only=["facebook"]) as urls:
        yield Control(urls["facebook"])


def reading(control: Control, token: str = TOKEN) -> Facebook:
    settings = {"server": control.url, "insecure_local": True, "app_id": APP_ID}
    secrets = {"token": token, "app_secret": APP_SECRET}
    target = Target("larkspur-facebook", "larkspur", settings, secrets)
    return Facebook(target, Http(base_url=control.url, pace=Facebook.pace, secrets=secrets.values()))


@pytest.mark.slow
def test_a_thing_is_the_same_in_a_list_and_by_its_id_and_every_run(control: Control) -> None:
    adapter = reading(control)
    posts = [o for page in adapter.posts(None) for o in adapter.records(page) if isinstance(o, Observation)]
    photo = next(o for o in posts if o.media)
    visitor = next(o for o in posts if o.flags == ("visitor_post",))
    threads = (o for post in posts for page in adapter.thread(post.native_id) for o in adapter.records(page))
    some = [next(threads) for _ in range(30)]
    for seen in (photo, visitor, *some):
        assert isinstance(seen, Observation)
        sighting = adapter.item(seen.native_id)
        again = sighting.observation
        assert again is not None
        if seen.kind != "post":  # where it stands is what the walk knows
            again.parent_native_id, again.root_native_id = seen.parent_native_id, seen.root_native_id
        assert evidential_digest(seen) == evidential_digest(again), seen.native_id


@pytest.mark.slow
def test_the_comments_under_an_albums_photos_are_read_with_the_album(control: Control) -> None:
    album = control.post("larkspur", "Two cats. (invented)", image="A cat.", form="album")
    remarks = {control.reply(album["id"], "mara", f"Cat {number}! (invented)")["id"] for number in range(4)}
    adapter = reading(control)
    list(adapter.posts(None))
    found = [o for page in adapter.thread(album["id"]) for o in adapter.records(page) if isinstance(o, Observation)]
    assert {o.native_id for o in found} == remarks
    assert {(o.parent_native_id, o.root_native_id) for o in found} == {(album["id"], album["id"])}


@pytest.mark.slow
def test_the_wrong_token_is_found_out_before_anything_is_read(control: Control) -> None:
    assert reading(control).check() == []
    [of_a_person] = reading(control, user_token_of("larkspur")).check()
    assert "USER" in of_a_person.what
    [lacking] = reading(control, page_token_of("larkspur", "pages_read_user_content")).check()
    assert "pages_read_user_content" in lacking.what
    [unknown] = reading(control, "sandbox-no-token-at-all").check()
    assert "no longer accepts" in unknown.what
