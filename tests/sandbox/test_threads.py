"""Threads' stand-in behaves as its documentation says, and stays within the tables drawn from it by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from sandbox.control import Control, running
from sandbox.platforms.threads import token_of
from social_archive.platforms import threads as adapter
from social_archive.platforms.base import Target
from social_archive.platforms.http import Http
from social_archive.platforms.threads import Threads
from social_archive.record import Observation
from tests.contracts import threads as contract
from tests.sandbox.conftest import Client, Inside
from tests.sandbox.test_front import order


@pytest.fixture
def client(inside: Inside) -> Client:
    return inside("threads")


def ask(client: Client, path: str, kind: str = "full", **query: str) -> httpx.Response:
    return client.get(path, params={"access_token": token_of("larkspur", kind), **query})


def busiest(client: Client) -> str:
    """A post with more than a page of replies."""
    roots = [t["root"] for t in client.get("/_sandbox/truth").json() if t["parent"] and t["state"] == "present"]
    return max(roots, key=roots.count)


def test_a_conversation_is_flat_and_pages_to_its_end_in_both_directions(client: Client) -> None:
    root = busiest(client)
    for reverse in ("false", "true"):
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            query = {"fields": "id,timestamp,replied_to", "reverse": reverse, **cursor}
            body = ask(client, f"/v1.0/{root}/conversation", **query).json()
            found += body["data"]
            if "next" not in body.get("paging", {}):
                break
            cursor = {"after": body["paging"]["cursors"]["after"]}
        truth = [t for t in client.get("/_sandbox/truth").json() if t["root"] == root and t["parent"]]
        assert sorted(r["id"] for r in found) == sorted(t["id"] for t in truth if t["state"] != "deleted")
        assert {r["replied_to"]["id"] for r in found} > {root}, "replies to replies are in it"
        times = [r["timestamp"] for r in found]
        assert times == sorted(times, reverse=reverse == "true")


def test_without_the_permission_a_conversation_is_empty_and_no_error(client: Client) -> None:
    answer = ask(client, f"/v1.0/{busiest(client)}/conversation", "basic", fields="id")
    assert (answer.status_code, answer.json()) == (200, {"data": []})


def test_hiding_a_reply_hides_what_answers_it(client: Client) -> None:
    truth = client.get("/_sandbox/truth").json()
    nested = next(t for t in truth if t["parent"] and t["parent"] != t["root"] and t["state"] == "present")
    order(client, "hide", id=nested["parent"])
    answer = ask(client, f"/v1.0/{nested['id']}", fields="id,hide_status")
    assert answer.json() == {"id": nested["id"], "hide_status": "HIDDEN"}


def test_an_unknown_field_and_an_unknown_thing_are_refused_as_the_graph_does(client: Client) -> None:
    refused = ask(client, f"/v1.0/{busiest(client)}", fields="id,likes")
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, 100)
    gone = ask(client, "/v1.0/1", fields="id").json()["error"]
    assert (gone["code"], gone["error_subcode"]) == (100, 33)
    dead = client.get("/v1.0/me", params={"access_token": "no-such-token"})
    assert dead.json()["error"]["code"] == 190


# --------------------------------------------------------------------------- the tables


class Listening(httpx.HTTPTransport):
    """Real HTTP, and a note of everything that went over it."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, str, dict[str, str], int, Any]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        response.read()
        parts = urlsplit(str(request.url))
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        body = json.loads(response.content)
        self.heard.append((request.method, parts.path, query, response.status_code, body))
        heard = httpx.ByteStream(response.content)
        return httpx.Response(response.status_code, headers=response.headers, stream=heard)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running(only=["threads"]) as urls:
        yield urls["threads"]


@pytest.mark.slow
def test_everything_that_adapter_and_stand_in_say_is_in_the_tables(url: str) -> None:
    wire, control = Listening(), Control(url)
    root = control.post("larkspur", "Two pictures. (invented)", image="A window.")["id"]
    held = control.reply(root, "mara", "Held. (invented)")["id"]
    control.hold(held)
    secrets = {"token": token_of("larkspur", "dying")}
    target = Target("library", "larkspur", {"server": url, "insecure_local": True}, secrets)
    with Http(base_url=url, pace=Threads.pace, secrets=tuple(secrets.values()), transport=wire) as http:
        threads = Threads(target, http)
        pages = [*threads.profile(), *threads.posts(None)]
        posts = [o for page in pages for o in threads.records(page) if isinstance(o, Observation) and o.kind == "post"]
        for one in posts[:12]:
            found = [o for page in threads.thread(one.native_id) for o in threads.records(page)]
            for reply in found[:2]:
                assert isinstance(reply, Observation)
                assert threads.item(reply.native_id).state == reply.state or reply.state == "held_for_review"
    assert {path.rpartition("/")[2] for _, path, _, _, _ in wire.heard} >= {
        "debug_token", "refresh_access_token", "me", "threads", "conversation", "pending_replies",
    }  # fmt: skip
    for method, path, query, status, body in wire.heard:
        assert contract.concerns(method, path)
        assert contract.unknown_parameters(path, query) == [], path
        if status == 200:
            assert contract.problems_of(path, query, body) == [], path


def test_the_tables_notice_what_they_are_for() -> None:
    assert contract.unknown_parameters("/v1.0/17/conversation", {"limit": "100"}) == ["limit"]
    assert contract.unknown_parameters("/v1.0/17/conversation", {"fields": "id,alt_text"}) == ["fields=alt_text"]
    assert contract.unknown_parameters("/v1.0/17/conversation", {"fields": adapter.REPLY_FIELDS}) == []
    assert contract.problems_of("/v1.0/17/conversation", {}, {"data": [{"id": 17}]}) == ["id: 17"]
    assert contract.problems_of("/v1.0/17", {}, {"id": "17", "hide_status": "MAYBE"}) == ["hide_status: 'MAYBE'"]
    assert contract.problems_of("/v1.0/17/likes", {}, {}) == ["no such path: /v1.0/17/likes"]
