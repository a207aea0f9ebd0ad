from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
import xdk

from sandbox.platforms.x import BEARER, CLIENT_SECRET, SCOPE, X, refresh_token_of
from tests.contracts import x as contract
from tests.sandbox.conftest import Client, Inside
from tests.sandbox.test_front import order

TWEET = {"tweet.fields": "created_at", "max_results": "100"}
POST = {"post.fields": "created_at", "max_results": "100"}
BEGINNING = "2010-11-06T00:00:00Z"
APP = {"Authorization": f"Bearer {BEARER}"}
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Basic c2FuZGJveA=="}


@pytest.fixture
def client(inside: Inside) -> Client:
    return inside("x")


def stand_in(client: Client) -> X:
    found = client.front.stand_in
    assert isinstance(found, X)
    return found


def truth(client: Client) -> dict[str, dict[str, Any]]:
    return {item["id"]: item for item in client.get("/_sandbox/truth", params={"account": "larkspur"}).json()}


def own(client: Client) -> str:
    return client.get("/2/users/by/username/larkspur", headers=APP).json()["data"]["id"]


def everything(client: Client, path: str, **params: str) -> Iterator[dict[str, Any]]:
    """All posts of a list, page by page."""
    token: str | None = ""
    while token is not None:
        asked = TWEET | params | ({"pagination_token": token} if token else {})
        body = client.get(path, params=asked, headers=APP).json()
        assert contract.problems_of(path, asked, body) == []
        yield from body.get("data", [])
        token = body["meta"].get("next_token")


def log_in(client: Client, refresh: str = refresh_token_of("larkspur")) -> Any:
    return client.post("/2/oauth2/token", content=f"grant_type=refresh_token&refresh_token={refresh}", headers=FORM)


def search(client: Client, root: str, where: str = "all", **params: str) -> list[str]:
    found = everything(client, f"/2/tweets/search/{where}", query=f"conversation_id:{root}", **params)
    return [post["edit_history_tweet_ids"][0] for post in found]


def test_the_timeline_shows_every_own_post_and_answer_once_newest_first(client: Client) -> None:
    shown = list(everything(client, f"/2/users/{own(client)}/tweets", exclude="retweets", max_results="7"))
    ids = [post["edit_history_tweet_ids"][0] for post in shown]
    assert ids == sorted(ids, key=int, reverse=True)
    assert set(ids) == {i for i, t in truth(client).items() if t["author"] == "larkspur" and t["state"] == "present"}


def test_mentions_are_what_others_wrote_below_and_elsewhere(client: Client) -> None:
    shown = {p["edit_history_tweet_ids"][0]: p for p in everything(client, f"/2/users/{own(client)}/mentions")}
    real = {i: t for i, t in truth(client).items() if t["author"] != "larkspur" and t["state"] == "present"}
    assert set(shown) == set(real)
    elsewhere = [i for i, t in real.items() if t["parent"] is None]
    assert len(elsewhere) == 3
    assert all(shown[i]["conversation_id"] == i for i in elsewhere)


def test_a_conversation_by_search_holds_what_stands_also_under_what_went(client: Client) -> None:
    deleted = client.get("/_sandbox/state").json()["roles"]["deletable_middle_reply"]
    root = truth(client)[deleted]["root"]
    before = search(client, root, start_time=BEGINNING)
    order(client, "delete", id=deleted)
    assert search(client, root, start_time=BEGINNING) == [i for i in before if i != deleted]
    whole = everything(client, "/2/tweets/search/all", query=f"conversation_id:{root}", start_time=BEGINNING)
    below = next(p for p in whole if p["referenced_tweets"][0]["id"] == deleted)
    assert truth(client)[below["id"]]["parent"] == deleted


def test_search_reaches_back_a_week_and_the_archive_a_month_unless_told_from_when(client: Client) -> None:
    post = order(client, "post", account="larkspur", text="New. (invented)")["id"]
    reply = order(client, "reply", to=post, author="mara", text="Quite new. (invented)")["id"]
    assert search(client, post, "recent") == [reply]
    below = [t for t in truth(client).values() if t["parent"] and t["state"] == "present"]
    old = next(t["root"] for t in below if t["created"] < "2026-01-01")
    assert search(client, old, "recent") == search(client, old, "all") == []
    assert search(client, old, "all", start_time=BEGINNING) != []


def test_every_version_of_an_edited_post_answers_by_its_own_id_until_one_is_deleted(client: Client) -> None:
    first = order(client, "post", account="larkspur", text="Furst. (invented)")["id"]
    order(client, "edit", id=first, text="First. (invented)")
    shown = next(everything(client, f"/2/users/{own(client)}/tweets"))
    chain = shown["edit_history_tweet_ids"]
    assert (shown["id"], shown["text"], chain[0], len(chain)) == (chain[1], "First. (invented)", first, 2)
    assert shown["conversation_id"] == first
    old = client.get(f"/2/tweets/{first}", headers=APP).json()["data"]
    assert (old["text"], old["edit_history_tweet_ids"]) == ("Furst. (invented)", chain)
    order(client, "delete", id=chain[1])
    for version in chain:
        body = client.get(f"/2/tweets/{version}", headers=APP).json()
        assert "data" not in body
        assert body["errors"][0]["type"].endswith("/resource-not-found")
        assert contract.problems_of(f"/2/tweets/{version}", {}, body) == []


def test_hiding_shows_nowhere(client: Client) -> None:
    comment = next(i for i, t in truth(client).items() if t["parent"] == t["root"] and t["state"] == "present")
    before = client.get(f"/2/tweets/{comment}", headers=APP).content
    assert order(client, "hide", id=comment)["state"] == "present"
    assert client.get(f"/2/tweets/{comment}", headers=APP).content == before


def test_links_are_short_and_entities_escaped_and_long_text_is_in_a_note(client: Client) -> None:
    text = "Fish & chips <3 https://larkspur.example/a. " + "Long. " * 60 + "(invented)"
    made = order(client, "post", account="larkspur", text=text, image="A fish & a chip.")["id"]
    body = client.get(f"/2/tweets/{made}", headers=APP, params=TWEET).json()
    post, (medium,) = body["data"], body["includes"]["media"]
    assert contract.problems_of(f"/2/tweets/{made}", TWEET, body) == []
    assert len(post["text"]) == 280
    assert post["note_tweet"]["text"].startswith("Fish &amp; chips &lt;3 https://t.co/")
    assert [u["expanded_url"].partition("/status/")[0] for u in post["entities"]["urls"]] == [
        "https://larkspur.example/a", "https://x.com/i",
    ]  # fmt: skip
    assert (medium["media_key"], medium["alt_text"]) == (post["attachments"]["media_keys"][0], "A fish & a chip.")
    assert client.get(medium["url"]).headers["content-type"] == "image/png"


def test_both_dialects_are_spoken_as_asked(client: Client) -> None:
    path = f"/2/users/{own(client)}/mentions"
    old = client.get(path, params=TWEET, headers=APP).json()
    new = client.get(path, params=POST, headers=APP).json()
    assert contract.problems_of(path, TWEET, old) == contract.problems_of(path, POST, new) == []
    assert contract.problems_of(path, POST, old) != []
    assert "referenced_tweets" in json.dumps(old)
    assert "tweet" not in json.dumps(new).replace("tweets/", "")


def test_xs_own_client_reads_the_whole_account(urls: dict[str, str]) -> None:
    client = xdk.Client(base_url=urls["x"], bearer_token=BEARER)
    user = client.users.get_by_username("larkspur", user_fields=["public_metrics"]).data
    assert user is not None
    pages = list(client.users.get_posts(user.id, max_results=20, exclude=["retweets"], post_fields=["created_at"]))
    posts = [post for page in pages for post in page.data or []]
    assert len(pages) > 3
    assert len({post.id for post in posts}) == len(posts) > 80
    assert all(datetime.fromisoformat(post.created_at).date() <= date.today() for post in posts)
    searched = client.posts.search_all(f"conversation_id:{posts[-1].id}", start_time=BEGINNING)
    assert all(reply.conversation_id == posts[-1].id for page in searched for reply in page.data or [])


# --------------------------------------------------------------------------- who asks


def test_a_token_opens_its_own_account_until_it_is_renewed_or_dead(client: Client) -> None:
    granted = log_in(client).json()
    bearer = {"Authorization": f"Bearer {granted['access_token']}"}
    assert (granted["scope"], granted["token_type"]) == (SCOPE, "bearer")
    assert client.get("/2/users/me", headers=bearer).json()["data"]["username"] == "larkspur"
    assert client.get("/2/users/me", headers=APP).status_code == 403
    assert client.get("/2/users/me").status_code == 401
    order(client, "expire_tokens", account="larkspur", hard=False)
    assert client.get("/2/users/me", headers=bearer).status_code == 401
    assert log_in(client).status_code == 200
    order(client, "expire_tokens", account="larkspur")
    assert log_in(client).json()["error"] == "invalid_request"
    assert CLIENT_SECRET not in log_in(client).text


def test_where_tokens_rotate_one_is_good_for_one_use(client: Client) -> None:
    stand_in(client).rotates = True
    renewed = log_in(client).json()["refresh_token"]
    assert log_in(client).status_code == 400
    assert log_in(client, renewed).status_code == 200


def test_without_a_scope_x_refuses(client: Client) -> None:
    stand_in(client).scope = "users.read offline.access"
    bearer = {"Authorization": f"Bearer {log_in(client).json()['access_token']}"}
    assert client.get("/2/users/me", headers=bearer).status_code == 200
    refused = client.get(f"/2/users/{own(client)}/tweets", headers=bearer)
    assert (refused.status_code, refused.json()["title"]) == (403, "Forbidden")


def test_a_throttle_says_when_in_its_own_headers_and_no_others(client: Client) -> None:
    path = "/2/users/by/username/larkspur"
    assert client.get(path, headers=APP).headers["x-rate-limit-limit"] == "9000"
    order(client, "fault", kind="throttle", retry_after=7200)
    limited = client.get(path, headers=APP)
    assert limited.status_code == 429
    assert limited.headers.get_list("x-rate-limit-remaining") == ["0"]
    reset = float(limited.headers["x-rate-limit-reset"]) - datetime.now().timestamp()
    assert reset == pytest.approx(7200, abs=5)
    assert "retry-after" not in limited.headers
