"""The stand-in of LinkedIn."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from sandbox.platforms.linkedin import CLIENT_ID, CLIENT_SECRET, escaped, refresh_token_of
from social_archive.platforms.linkedin_records import plain
from tests.sandbox.conftest import Client, Inside
from tests.sandbox.test_front import order


@pytest.fixture
def client(inside: Inside) -> Client:
    return inside("linkedin")


def granted(client: Client, refresh_token: str, secret: str = CLIENT_SECRET) -> Any:
    form = f"grant_type=refresh_token&refresh_token={refresh_token}&client_id={CLIENT_ID}&client_secret={secret}"
    return client.post("/oauth/v2/accessToken", content=form)


def login(client: Client, kind: str = "full") -> dict[str, str]:
    token = granted(client, refresh_token_of("larkspur", kind)).json()["access_token"]
    return {"Authorization": f"Bearer {token}", "LinkedIn-Version": "202607", "X-Restli-Protocol-Version": "2.0.0"}


def get(client: Client, path: str, kind: str = "full", **query: Any) -> Any:
    return client.get(path, params=query or None, headers=login(client, kind))


def truth(client: Client) -> list[dict[str, Any]]:
    return list(client.get("/_sandbox/truth", params={"account": "larkspur"}).json())


def posts(client: Client, kind: str = "full", **query: Any) -> Any:
    author = client.front.stand_in.native_account("larkspur")
    return get(client, "/rest/posts", kind, q="author", author=author, sortBy="LAST_MODIFIED", **query).json()


def thread(urn: str) -> str:
    return f"/rest/socialActions/{quote(urn, safe='')}/comments"


def test_a_refresh_token_gives_an_access_token_until_it_is_revoked(client: Client) -> None:
    grant = granted(client, refresh_token_of("larkspur")).json()
    assert grant["refresh_token"] == refresh_token_of("larkspur")
    assert grant["refresh_token_expires_in"] < 365 * 86_400
    assert granted(client, refresh_token_of("larkspur"), "wrong").json()["error"] == "invalid_client"
    form = f"token={grant['access_token']}&client_id={CLIENT_ID}&client_secret={CLIENT_SECRET}"
    assert client.post("/oauth/v2/introspectToken", content=form).json()["active"] is True
    order(client, "expire_tokens", account="larkspur")
    assert granted(client, refresh_token_of("larkspur")).json()["error"] == "invalid_grant"
    assert client.post("/oauth/v2/introspectToken", content=form).json() == {"active": False}


def test_the_version_and_the_protocol_must_be_named(client: Client) -> None:
    headers = login(client)
    assert client.get("/rest/organizationAcls", headers=headers).status_code == 200
    for name, value, status in (("LinkedIn-Version", "202401", 426), ("X-Restli-Protocol-Version", "1.0.0", 400),
                                ("Authorization", "Bearer x", 401)):  # fmt: skip
        assert client.get("/rest/organizationAcls", headers={**headers, name: value}).status_code == status


def test_without_a_role_every_list_is_empty_and_without_the_scope_it_is_refused(client: Client) -> None:
    urn = posts(client)["elements"][0]["id"]
    assert get(client, "/rest/organizationAcls", "roleless").json()["elements"] == []
    assert posts(client, "roleless")["elements"] == []
    assert get(client, thread(urn), "roleless").json()["elements"] == []
    refused = get(client, thread(urn), "narrow")
    assert (refused.status_code, refused.json()["code"]) == (403, "ACCESS_DENIED")


def test_paging_shows_every_post_once_the_last_changed_first(client: Client) -> None:
    found, start = [], 0
    while True:
        page = posts(client, count=7, start=start)
        found += page["elements"]
        if not page["paging"]["links"]:
            break
        start += 7
    changed = [post["lastModifiedAt"] for post in found]
    assert changed == sorted(changed, reverse=True)
    shown = [t["id"] for t in truth(client) if not t["parent"] and t["state"] == "present"]
    assert sorted(post["id"] for post in found) == sorted(shown)
    oldest = found[-1]["id"]
    order(client, "edit", id=oldest, text="Mended [again] (invented)")
    first = posts(client)["elements"][0]
    assert (first["id"], first["lifecycleStateInfo"]) == (oldest, {"isEditedByAuthor": True})
    assert first["commentary"] == r"Mended \[again\] \(invented\)"


def test_little_text_survives_both_ways() -> None:
    text = r"a|b {c} @[d](e) <f> #g \h *i* _j_ ~k~ 📚"
    assert plain(escaped(text)) == text


def test_replies_hang_on_the_comment_at_the_top_and_go_with_it(client: Client) -> None:
    everything = truth(client)
    reply = next(t for t in everything if t["parent"] not in (None, t["root"]) and t["state"] == "present")
    top = get(client, thread(reply["root"]), count=100).json()["elements"]
    assert reply["id"] not in [c["commentUrn"] for c in top]
    parent = next(c for c in top if c["commentUrn"] == reply["parent"])
    assert parent["commentsSummary"]["totalFirstLevelComments"] > 0
    under = get(client, thread(reply["parent"]), count=100).json()["elements"]
    assert reply["id"] in [c["commentUrn"] for c in under]
    by_id = f"{thread(parent['object'])}/{reply['id'].rpartition(',')[2].rstrip(')')}"
    assert get(client, by_id).json()["commentUrn"] == reply["id"]
    order(client, "delete", id=reply["parent"])
    assert get(client, by_id).status_code == 404
    assert next(t for t in truth(client) if t["id"] == reply["id"])["state"] == "deleted"


def test_a_picture_has_an_address_for_who_asks(client: Client) -> None:
    post = next(p for p in posts(client, count=100)["elements"] if "content" in p)
    told = get(client, f"/rest/images/{quote(post['content']['media']['id'], safe='')}").json()
    assert client.get(told["downloadUrl"]).headers["content-type"] == "image/png"
    assert get(client, "/rest/images/urn%3Ali%3Aimage%3Ax").status_code == 404


def test_the_days_calls_are_refused_without_a_time(client: Client) -> None:
    order(client, "fault", kind="throttle", retry_after=60)
    refused = client.get("/rest/organizationAcls")
    assert (refused.status_code, refused.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    assert "retry-after" not in refused.headers


def test_a_comment_can_be_spoilt_in_every_way(client: Client) -> None:
    comment = next(t for t in truth(client) if t["parent"] and t["parent"] == t["root"] and t["state"] == "present")
    path = thread(comment["root"])
    whole = get(client, path).text
    for kind in client.front.stand_in.malformations:
        order(client, "malform", id=comment["id"], kind=kind)
        assert get(client, path).text != whole, kind
    order(client, "malform", id=comment["id"], kind=None)
    assert json.loads(get(client, path).text) == json.loads(whole)
