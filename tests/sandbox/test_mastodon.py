from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.platforms.mastodon import token_of
from tests.sandbox.conftest import Client, Inside
from tests.sandbox.test_front import order, role

LARKSPUR = {"Authorization": f"Bearer {token_of('larkspur')}"}


@pytest.fixture
def client(inside: Inside) -> Client:
    return inside("mastodon")


def account(client: Client, name: str = "larkspur") -> str:
    return client.get("/api/v1/accounts/lookup", params={"acct": name}).json()["id"]


def everything(client: Client, name: str, **params: Any) -> list[dict[str, Any]]:
    """All statuses of an account by following the Link header."""
    found: list[dict[str, Any]] = []
    url: str | None = f"/api/v1/accounts/{account(client, name)}/statuses"
    while url:
        answer = client.get(url, params=params or None)
        found += answer.json()
        url, params = answer.links.get("next", {}).get("url"), {}
    return found


def test_paging_shows_every_post_and_own_reply_once_newest_first(client: Client) -> None:
    statuses = everything(client, "larkspur", limit=7)
    truth = client.get("/_sandbox/truth", params={"account": "larkspur"}).json()
    assert [s["id"] for s in statuses] == sorted((s["id"] for s in statuses), key=int, reverse=True)
    assert {s["id"] for s in statuses} == {t["id"] for t in truth if t["author"] == "larkspur"}


def test_exclude_replies_and_reblogs_leave_posts(client: Client) -> None:
    posts = everything(client, "larkspur", limit=40, exclude_replies="true", exclude_reblogs="true")
    assert all(p["in_reply_to_id"] is None and p["reblog"] is None for p in posts)
    assert len(posts) == client.get("/_sandbox/state").json()["accounts"]["larkspur"]["posts"]


def test_min_id_walks_upwards_and_since_id_starts_at_the_top(client: Client) -> None:
    all_ids = [s["id"] for s in everything(client, "larkspur", limit=40)]
    path = f"/api/v1/accounts/{account(client)}/statuses"
    assert [s["id"] for s in client.get(path, params={"min_id": all_ids[20], "limit": 3}).json()] == all_ids[17:20]
    assert [s["id"] for s in client.get(path, params={"since_id": all_ids[20], "limit": 3}).json()] == all_ids[:3]


def test_the_public_sees_sixty_descendants_and_a_token_all(client: Client) -> None:
    truth = client.get("/_sandbox/truth", params={"account": "larkspur-kids"}).json()
    root = next(t for t in truth if t["parent"] is None and "guinea pig" in t["text"])
    in_thread = [t for t in truth if t["root"] == root["id"] and t["parent"]]
    path = f"/api/v1/statuses/{root['id']}/context"
    assert len(client.get(path).json()["descendants"]) == 60
    assert len(client.get(path, headers=LARKSPUR).json()["descendants"]) == len(in_thread) > 60


def test_ids_lie_beyond_what_a_float_holds(client: Client) -> None:
    assert all(int(s["id"]) > 2**53 for s in everything(client, "larkspur-kids", limit=40))


def test_a_wrong_a_dead_and_no_token(client: Client) -> None:
    path = "/api/v1/accounts/verify_credentials"
    assert client.get(path, headers=LARKSPUR).json()["acct"] == "larkspur"
    for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": f"Bearer {token_of('larkspur-archive')}"}):
        refused = client.get(path, headers=headers)
        assert refused.status_code == 401
        assert refused.json() == {"error": "The access token is invalid"}
    assert client.get("/api/v2/instance", headers={"Authorization": "Bearer x"}).status_code == 401
    order(client, "renew_tokens", account="larkspur-archive")
    revived = client.get(path, headers={"Authorization": f"Bearer {token_of('larkspur-archive')}"})
    assert revived.json()["acct"] == "larkspur-archive"


def test_a_deactivated_commenter_is_suspended_and_gone_from_threads(client: Client) -> None:
    truth = client.get("/_sandbox/truth").json()
    gone = next(t for t in truth if t["author"] == "vex")
    profile = client.get(f"/api/v1/accounts/{gone['author_id']}").json()
    assert profile["suspended"] is True
    assert profile["note"] == profile["display_name"] == ""
    assert client.get(f"/api/v1/accounts/{gone['author_id']}/statuses").json() == []
    assert client.get(f"/api/v1/statuses/{gone['id']}").status_code == 404


def test_several_statuses_by_id_leave_out_the_deleted(client: Client) -> None:
    alive, dead = role(client, "editable_comment"), role(client, "deleted_comment")
    assert client.get("/api/v1/statuses", params={"id[]": [alive, dead]}).json()[0]["id"] == alive
    assert client.get(f"/api/v1/statuses/{dead}").json() == {"error": "Record not found"}


def test_a_hidden_status_is_out_of_the_thread_and_there_by_id(client: Client) -> None:
    hidden = order(client, "hide", id=role(client, "hideable_comment"))
    context = client.get(f"/api/v1/statuses/{hidden['root']}/context").json()
    assert hidden["id"] not in {s["id"] for s in context["descendants"]}
    assert client.get(f"/api/v1/statuses/{hidden['id']}").status_code == 200


def test_content_is_escaped_html_with_links_tags_and_the_mention(client: Client) -> None:
    nasty = client.get(f"/api/v1/statuses/{role(client, 'html_like')}").json()
    assert "<script>" not in nasty["content"]
    assert "&lt;script&gt;alert(&#x27;mat&#x27;)" in nasty["content"]
    assert nasty["content"].startswith('<p><span class="h-card"')
    assert nasty["mentions"][0]["acct"] == "larkspur"
    tagged = next(s for s in everything(client, "larkspur", limit=40) if s["tags"])
    assert f'#<span>{tagged["tags"][0]["name"]}' in tagged["content"]


def test_a_lone_surrogate_stays_an_escape_in_otherwise_plain_utf8(client: Client) -> None:
    raw = client.get(f"/api/v1/statuses/{role(client, 'lone_surrogate')}").content
    assert b"\\ud83d and half" in raw
    assert json.loads(raw)["content"].count("\ud83d") == 1
    assert "مرحبا".encode() in client.get(f"/api/v1/statuses/{role(client, 'rtl')}").content


def test_the_two_malformed_comments_are_what_they_say(client: Client) -> None:
    first, second = client.get("/_sandbox/state").json()["all_roles"]["malformed_comment"]
    assert client.get(f"/api/v1/statuses/{first}").content.count(b'"content":') == 2
    assert client.get(f"/api/v1/statuses/{second}").json()["created_at"].startswith("9999-")


def test_pictures_are_png_with_alt_text(client: Client) -> None:
    pictured = next(s for s in everything(client, "larkspur", limit=40) if s["media_attachments"])
    media = pictured["media_attachments"][0]
    assert len(media["description"]) > 10
    answer = client.get(media["url"])
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG\r\n\x1a\n")


def test_the_profile_carries_the_records_notice(client: Client) -> None:
    assert "public records" in client.get("/api/v1/accounts/lookup?acct=larkspur").json()["note"]


# --------------------------------------------------------------------------- the official client


def test_every_entity_is_what_mastodon_py_says_it_is(client: Client) -> None:
    returned = pytest.importorskip("mastodon.return_types")
    from tests.sandbox.mastodon_contract import disagreements

    found: list[str] = []
    for path, cls in (
        ("/api/v1/instance", returned.Instance),
        ("/api/v2/instance", returned.InstanceV2),
        ("/api/v1/accounts/lookup?acct=larkspur", returned.Account),
        ("/api/v1/accounts/verify_credentials", returned.Account),
    ):
        found += disagreements(cls, client.get(path, headers=LARKSPUR).json(), path)
    for item in client.get("/_sandbox/truth").json():
        if item["state"] in ("deleted", "account_gone"):
            continue
        base = f"/api/v1/statuses/{item['id']}"
        found += disagreements(returned.Status, client.get(base).json(), base)
        if item["edited"]:
            for edit in client.get(f"{base}/history").json():
                found += disagreements(returned.StatusEdit, edit, f"{base}/history")
    root = next(t["id"] for t in client.get("/_sandbox/truth").json() if "alphabet" in t["text"])
    context = client.get(f"/api/v1/statuses/{root}/context", headers=LARKSPUR).json()
    found += disagreements(returned.Context, context, "context")
    assert found == []


def test_the_contract_notices_unknown_missing_and_mistyped_fields(client: Client) -> None:
    returned = pytest.importorskip("mastodon.return_types")
    from tests.sandbox.mastodon_contract import disagreements

    good = client.get("/api/v1/accounts/lookup?acct=larkspur").json()
    bad = {**{k: v for k, v in good.items() if k != "acct"}, "locked": "no", "surprise": 1}
    named = sorted(line.split(":")[0] for line in disagreements(returned.Account, bad))
    assert named == [".acct", ".locked", ".surprise"]


@pytest.mark.slow
def test_mastodon_py_reads_the_whole_account(urls: dict[str, str]) -> None:
    mastodon = pytest.importorskip("mastodon")
    api = mastodon.Mastodon(access_token=token_of("larkspur"), api_base_url=urls["mastodon"])
    me = api.account_verify_credentials()
    posts = api.fetch_remaining(api.account_statuses(me.id, limit=40))
    assert len(posts) == me.statuses_count
    for post in posts[:40]:
        context = api.status_context(post.id)
        assert len(context.descendants) >= post.replies_count
        if post.edited_at:
            assert len(api.status_history(post.id)) == 2
    with pytest.raises(mastodon.MastodonNotFoundError):
        api.status(1)
    anonymous = mastodon.Mastodon(api_base_url=urls["mastodon"], access_token="wrong")
    with pytest.raises(mastodon.MastodonUnauthorizedError):
        anonymous.account_verify_credentials()
