from __future__ import annotations

import json
import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.control import Control, ControlError, running
from sandbox.front import FAULTS
from sandbox.world import Chronicle
from tests.sandbox.conftest import Client, Inside

LOOKUP = "/api/v1/accounts/lookup?acct=larkspur"


def order(client: Client, name: str, **body: Any) -> Any:
    answer = client.post(f"/_sandbox/{name}", content=json.dumps(body))
    assert answer.status_code == 200, answer.text
    return answer.json()


def role(client: Client, name: str) -> str:
    return client.get("/_sandbox/state").json()["roles"][name]


# --------------------------------------------------------------------------- faults


def test_a_status_fault_comes_as_often_as_ordered_in_the_platforms_words(inside: Inside) -> None:
    client = inside("mastodon")
    order(client, "fault", kind="status", status=503, count=2, retry_after=7)
    answers = [client.get(LOOKUP) for _ in range(3)]
    assert [a.status_code for a in answers] == [503, 503, 200]
    assert answers[0].json() == {"error": "Service temporarily unavailable"}
    assert answers[0].headers["Retry-After"] == "7"


def test_a_fault_waits_for_its_path_and_lets_the_first_requests_pass(inside: Inside) -> None:
    client = inside("mastodon")
    order(client, "fault", kind="status", status=401, path="/lookup", after=1)
    assert client.get("/api/v2/instance").status_code == 200
    assert [client.get(LOOKUP).status_code for _ in range(3)] == [200, 401, 200]


def test_bluesky_words_its_rate_limit_its_own_way(inside: Inside) -> None:
    client = inside("bluesky")
    order(client, "fault", kind="ratelimit", retry_after=90, as_date=True)
    answer = client.get("/xrpc/_health")
    assert answer.status_code == 429
    assert answer.json() == {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
    assert 60 < parsedate_to_datetime(answer.headers["Retry-After"]).timestamp() - time.time() < 120
    assert int(answer.headers["RateLimit-Reset"]) > time.time()
    assert answer.headers["RateLimit-Policy"] == "3000;w=300"


def test_a_limit_is_really_enforced_and_its_reset_is_an_iso_date_on_mastodon(inside: Inside) -> None:
    client = inside("mastodon")
    order(client, "limit", requests=2, seconds=60)
    answers = [client.get(LOOKUP) for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert [a.headers["X-RateLimit-Remaining"] for a in answers] == ["1", "0", "0"]
    assert datetime.fromisoformat(answers[2].headers["X-RateLimit-Reset"]).timestamp() > time.time()
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60
    order(client, "calm")
    assert client.get(LOOKUP).status_code == 200


@pytest.mark.parametrize(
    ("kind", "body"), [("html", b"<!doctype html>"), ("garbage", b'{"feed":[{"id":NaN'), ("empty", b"")]
)
def test_faults_that_answer_200_with_something_else(inside: Inside, kind: str, body: bytes) -> None:
    client = inside("bluesky")
    order(client, "fault", kind=kind)
    answer = client.get("/xrpc/_health")
    assert answer.status_code == 200
    assert answer.content.startswith(body)
    assert bool(answer.content) == bool(body)


def test_a_clean_truncation_ends_in_the_middle_of_the_json(inside: Inside) -> None:
    client = inside("mastodon")
    whole = client.get(LOOKUP).content
    order(client, "fault", kind="truncate", clean=True)
    assert client.get(LOOKUP).content == whole[: len(whole) // 2]


def test_a_cursor_loop_leads_back_to_the_same_page(inside: Inside) -> None:
    client = inside("mastodon")
    statuses = f"/api/v1/accounts/{client.get(LOOKUP).json()['id']}/statuses"
    order(client, "fault", kind="cursor_loop", count=9)
    first = client.get(statuses)
    again = client.get(first.links["next"]["url"])
    assert again.json() == first.json()
    assert again.links["next"]["url"] == first.links["next"]["url"]


def test_an_unknown_fault_is_refused_with_the_known_ones(inside: Inside) -> None:
    answer = inside("mastodon").post("/_sandbox/fault", content='{"kind": "earthquake"}')
    assert answer.status_code == 400
    assert all(kind in answer.json()["error"] for kind in FAULTS)


# --------------------------------------------------------------------------- changes


def test_an_edit_shows_in_the_status_and_in_its_history(inside: Inside) -> None:
    client = inside("mastodon")
    comment = role(client, "editable_comment")
    order(client, "edit", id=comment, text="Found them, sorry!")
    status = client.get(f"/api/v1/statuses/{comment}").json()
    assert status["content"].endswith("Found them, sorry!</p>")
    assert status["edited_at"] is not None
    history = client.get(f"/api/v1/statuses/{comment}/history").json()
    assert [("Which seven kinds" in h["content"]) for h in history] == [True, False]


def test_a_deleted_middle_reply_takes_its_descendants_out_of_the_thread(inside: Inside) -> None:
    client = inside("mastodon")
    middle, under = role(client, "deletable_middle_reply"), role(client, "under_deletable")
    root = next(t["root"] for t in client.get("/_sandbox/truth").json() if t["id"] == middle)

    def shown() -> set[str]:
        return {s["id"] for s in client.get(f"/api/v1/statuses/{root}/context").json()["descendants"]}

    assert {middle, under} <= shown()
    order(client, "delete", id=middle)
    assert not {middle, under} & shown()
    assert client.get(f"/api/v1/statuses/{middle}").status_code == 404
    orphan = client.get(f"/api/v1/statuses/{under}").json()
    assert orphan["in_reply_to_id"] is None
    assert orphan["in_reply_to_account_id"] is not None


def test_new_posts_and_replies_appear_at_the_top(inside: Inside) -> None:
    client = inside("mastodon")
    post = order(client, "post", account="larkspur", text="Open house on Sunday!")
    reply = order(client, "reply", to=post["id"], author="mara", text="I will bring cake.")
    account = client.get(LOOKUP).json()["id"]
    assert client.get(f"/api/v1/accounts/{account}/statuses?limit=1").json()[0]["id"] == post["id"]
    below = client.get(f"/api/v1/statuses/{post['id']}/context").json()["descendants"]
    assert [s["id"] for s in below] == [reply["id"]]


@pytest.mark.parametrize("kind", ["duplicate_key", "year_9999", "float_id", "missing_id"])
@pytest.mark.parametrize("platform", ["mastodon", "bluesky"])
def test_every_malformation_changes_the_bytes_of_one_item(inside: Inside, platform: str, kind: str) -> None:
    client = inside(platform)
    comment = role(client, "editable_comment")
    path = f"/api/v1/statuses/{comment}" if platform == "mastodon" else f"/xrpc/app.bsky.feed.getPosts?uris={comment}"
    before = client.get(path).content
    order(client, "malform", id=comment, kind=kind)
    broken = client.get(path).content
    assert broken != before
    if kind == "duplicate_key":
        key = b'"content":' if platform == "mastodon" else b'"text":'
        assert broken.count(key) == before.count(key) + 1
    order(client, "malform", id=comment, kind=None)
    assert client.get(path).content == before


def test_what_does_not_exist_is_refused_by_name(inside: Inside) -> None:
    client = inside("bluesky")
    for name, body in (("edit", {"id": "at://nowhere", "text": ""}), ("post", {"account": "x", "text": ""})):
        answer = client.post(f"/_sandbox/{name}", content=json.dumps(body))
        assert answer.status_code == 404
        assert "There is no item" in answer.text or "has no account" in answer.text


# --------------------------------------------------------------------------- persistence


def test_a_restart_keeps_anchor_edits_and_new_items(inside: Inside, chronicle: Chronicle) -> None:
    client = inside("mastodon")
    comment = role(client, "editable_comment")
    order(client, "edit", id=comment, text="once \ud800 more")
    order(client, "post", account="larkspur", text="new")
    order(client, "deactivate", author="mara")
    order(client, "expire_tokens", account="larkspur")
    truth = client.get("/_sandbox/truth").content
    saved = Chronicle.open(chronicle.path.parent)
    assert saved == chronicle
    assert inside("mastodon").get("/_sandbox/truth").content == truth


def test_reset_begins_a_new_world(tmp_path: Path) -> None:
    old = Chronicle.open(tmp_path)
    old.record("mastodon", {"op": "delete"})
    assert Chronicle.open(tmp_path).operations
    assert not Chronicle.open(tmp_path, reset=True).operations


def test_a_refused_operation_leaves_no_trace_in_the_chronicle(inside: Inside, chronicle: Chronicle) -> None:
    client = inside("mastodon")
    unknown = json.dumps({"to": "larkspur/000", "author": "nobody", "text": ""})
    assert client.post("/_sandbox/reply", content=unknown).status_code == 404
    assert chronicle.operations == {}


@pytest.mark.slow
def test_a_restarted_process_serves_the_same_bytes_and_keeps_changes(tmp_path: Path) -> None:
    with running(tmp_path) as urls:
        control = Control(urls["bluesky"])
        post = control.post("larkspur", "kept")
        truth = control.truth()
        with pytest.raises(ControlError, match="There is no item"):
            control.delete("at://nowhere")
    with running(tmp_path) as urls:
        control = Control(urls["bluesky"])
        assert control.truth() == truth
        assert post["id"] in {t["id"] for t in truth}


@pytest.mark.slow
def test_a_truncated_answer_breaks_the_connection(urls: dict[str, str]) -> None:
    Control(urls["mastodon"]).fault("truncate")
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(urls["mastodon"] + LOOKUP)
    assert httpx.get(urls["mastodon"] + LOOKUP).status_code == 200


@pytest.mark.slow
def test_the_control_client_names_the_parts_and_the_requests(urls: dict[str, str]) -> None:
    control = Control(urls["mastodon"])
    httpx.get(urls["mastodon"] + LOOKUP)
    assert control.requests()[-1] == {
        "method": "GET", "path": "/api/v1/accounts/lookup", "query": "acct=larkspur", "status": 200,
    }  # fmt: skip
    assert control.role("editable_comment").isdigit()
    with pytest.raises(ControlError, match="editable_comment"):
        control.role("no_such_part")
