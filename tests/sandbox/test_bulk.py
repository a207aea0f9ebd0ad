from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from sandbox.bulk import Bulk, serve_in_background

URL = "http://127.0.0.1:9"


def read(bulk: Bulk, target: str) -> Any:
    status, body, _ = bulk.answer(target)
    assert status == 200, target
    return json.loads(body)


@pytest.mark.parametrize(("comments", "posts"), [(3000, 3), (2500, 3), (1, 1), (2001, 7)])
def test_pages_and_threads_hold_the_same_comments_each_once(comments: int, posts: int) -> None:
    bulk = Bulk(URL, comments, posts)
    pages, page = [], 1
    while rows := read(bulk, f"/bulk/comments?page={page}"):
        assert len(rows) <= 1000
        pages += rows
        page += 1
    contexts = [read(bulk, f"/api/v1/statuses/{bulk.post_id(n)}/context") for n in range(posts)]
    threads = [status for context in contexts for status in context["descendants"]]
    assert pages == threads
    assert len({s["id"] for s in pages}) == comments


def test_the_account_is_walked_by_the_link_header() -> None:
    bulk = Bulk(URL, 90, 90)
    account = read(bulk, "/api/v1/accounts/lookup?acct=bulk")
    target: str | None = f"/api/v1/accounts/{account['id']}/statuses?limit=40"
    found: list[str] = []
    while target:
        _, body, extra = bulk.answer(target)
        found += [s["id"] for s in json.loads(body)]
        target = extra.partition("<" + URL)[2].partition(">")[0] or None
    assert found == sorted(found, key=int, reverse=True)
    assert len(found) == account["statuses_count"] == 90


def test_reply_counts_agree_with_the_replies() -> None:
    bulk = Bulk(URL, 500, 2)
    for n in range(2):
        root = read(bulk, f"/api/v1/statuses/{bulk.post_id(n)}")
        below = read(bulk, f"/api/v1/statuses/{root['id']}/context")["descendants"]
        for status in [root, *below]:
            assert status["replies_count"] == sum(s["in_reply_to_id"] == status["id"] for s in below)


def test_statuses_have_a_realistic_size_and_the_stand_ins_shape() -> None:
    pytest.importorskip("mastodon")
    from mastodon.return_types import Context

    from tests.sandbox.mastodon_contract import disagreements

    bulk = Bulk(URL, 1000, 1)
    _, body, _ = bulk.answer(f"/api/v1/statuses/{bulk.post_id(0)}/context")
    assert 1200 < len(body) / 1000 < 1600
    assert list(disagreements(Context, json.loads(body))) == []


def test_rendering_on_demand_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Bulk(URL, 2000, 2).answer("/bulk/comments?page=2")
    monkeypatch.setattr("sandbox.bulk._KEPT", 0)
    assert Bulk(URL, 2000, 2).answer("/bulk/comments?page=2") == kept


@pytest.mark.slow
def test_the_server_speaks_http_to_a_client() -> None:
    with serve_in_background(comments=2000, posts=2) as url, httpx.Client(base_url=url) as client:
        pages = [client.get("/bulk/comments", params={"page": page}).json() for page in (1, 2, 3)]
        assert [len(page) for page in pages] == [1000, 1000, 0]
        assert client.get("/nowhere").status_code == 404
        assert client.get("/api/v2/instance").json()["version"]
