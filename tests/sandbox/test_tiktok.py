"""TikTok's stand-in behaves as is written of its API, and stays within the tables drawn from that by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from sandbox.control import running
from sandbox.platforms.tiktok import APP, APP_SECRET, refresh_token_of
from social_archive.platforms.base import Target
from social_archive.platforms.http import Http
from social_archive.platforms.tiktok import TikTok
from social_archive.record import Observation
from tests.contracts import tiktok as contract
from tests.sandbox.conftest import Client, Inside
from tests.sandbox.test_front import order

API = "/open_api/v1.3/"


@pytest.fixture
def client(inside: Inside) -> Client:
    return inside("tiktok")


def grant(client: Client, kind: str = "full") -> dict[str, Any]:
    body = {"client_id": APP, "client_secret": APP_SECRET, "refresh_token": refresh_token_of("larkspur", kind)}
    told: dict[str, Any] = client.post(f"{API}tt_user/oauth2/refresh_token/", content=json.dumps(body)).json()
    return told["data"]


def ask(client: Client, path: str, kind: str = "full", **query: str) -> dict[str, Any]:
    login = grant(client, kind)
    answer = client.get(
        f"{API}{path}/", params={"business_id": login["open_id"], **query},
        headers={"Access-Token": login["access_token"]},
    )  # fmt: skip
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def test_videos_page_backwards_in_time_to_the_first(client: Client) -> None:
    found: list[str] = []
    cursors: list[int] = []
    query: dict[str, str] = {}
    while True:
        data = ask(client, "business/video/list", fields='["item_id","create_time"]', max_count="7", **query)["data"]
        found += [v["item_id"] for v in data["videos"]]
        cursors.append(data["cursor"])
        if not data["has_more"]:
            break
        query = {"cursor": str(data["cursor"])}
    truth = [t for t in client.get("/_sandbox/truth").json() if not t["parent"] and t["state"] == "present"]
    assert sorted(found) == sorted(t["id"] for t in truth)
    assert cursors == sorted(cursors, reverse=True)


def test_hidden_comments_are_in_all_and_not_in_public(client: Client) -> None:
    truth = client.get("/_sandbox/truth").json()
    hidden = next(t for t in truth if t["parent"] == t["root"] and t["state"] == "present")
    order(client, "hide", id=hidden["id"])
    for status, shown in (("ALL", ["HIDDEN"]), ("PUBLIC", [])):
        only = json.dumps([hidden["id"]])
        told = ask(client, "business/comment/list", video_id=hidden["root"], status=status, comment_ids=only)
        assert [c["status"] for c in told["data"]["comments"]] == shown


def test_errors_come_with_http_200_and_a_code(client: Client) -> None:
    root = next(t["id"] for t in client.get("/_sandbox/truth").json() if not t["parent"] and t["state"] == "present")
    assert ask(client, "business/comment/list", video_id="1")["code"] == 40007
    assert ask(client, "business/comment/list", "basic", video_id=root)["code"] == 40001
    assert ask(client, "business/video/list", fields='["secrets"]')["code"] == 40002
    assert client.get(f"{API}business/get/", headers={"Access-Token": "none"}).json()["code"] == 40105
    order(client, "fault", kind="throttle")
    throttled = client.get(f"{API}business/get/")
    assert (throttled.status_code, throttled.json()["code"]) == (200, 40100)


# --------------------------------------------------------------------------- the tables


class Listening(httpx.HTTPTransport):
    """Real HTTP, and a note of everything that went over it."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, str, dict[str, str], Any]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        content = response.read()
        parts = urlsplit(str(request.url))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.heard.append((request.method, parts.path, query, json.loads(content)))
        return httpx.Response(response.status_code, headers=response.headers, stream=httpx.ByteStream(content))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(only=["tiktok"]) as urls:
        yield urls["tiktok"]


@pytest.mark.slow
def test_everything_that_adapter_and_stand_in_say_is_in_the_tables(url: str) -> None:
    wire = Listening()
    secrets = {"refresh_token": refresh_token_of("larkspur"), "client_secret": APP_SECRET}
    target = Target("library", "larkspur", {"server": url, "insecure_local": True, "client_id": APP}, secrets)
    with Http(base_url=url, pace=TikTok.pace, secrets=tuple(secrets.values()), transport=wire) as http:
        tiktok = TikTok(target, http)
        pages = [*tiktok.profile(), *tiktok.posts(None)]
        posts = [o for page in pages for o in tiktok.records(page) if isinstance(o, Observation) and o.kind == "post"]
        for one in posts[:15]:
            for page in tiktok.thread(one.native_id):
                for said in tiktok.records(page):
                    assert isinstance(said, Observation)
                    assert tiktok.item_under(said.native_id, one.native_id).state == said.state
        assert tiktok.item(posts[0].native_id).state == "present"
        assert tiktok.totals()["posts"] == len(posts)
    assert {path.removeprefix(API) for _, path, _, _ in wire.heard} == {
        "tt_user/oauth2/refresh_token/", "business/get/", "business/video/list/", "business/comment/list/",
        "business/comment/reply/list/",
    }  # fmt: skip
    for method, path, query, body in wire.heard:
        assert contract.concerns(method, path)
        assert contract.unknown_parameters(path, query) == [], path
        assert contract.problems_of(path, query, body) == [], path


def test_the_tables_notice_what_they_are_for() -> None:
    path = f"{API}business/comment/list/"
    assert contract.unknown_parameters(path, {"limit": "9"}) == ["limit"]
    assert contract.unknown_parameters(path, {"status": "HELD"}) == ["status=HELD"]
    assert contract.unknown_parameters(path, {"max_count": "100"}) == ["max_count=100"]
    assert contract.unknown_parameters(f"{API}business/get/", {"fields": '["age"]'}) == ["fields=age"]
    good = {"code": 0, "message": "OK", "request_id": "r"}
    assert contract.problems_of(path, {}, {**good, "data": {"comments": [{"comment_id": 7}]}}) == ["comment_id: 7"]
    assert contract.problems_of(path, {}, {"code": "0"}) == ["code: '0'"]
    assert contract.problems_of(f"{API}business/x/", {}, {}) == [f"no such path: {API}business/x/"]
