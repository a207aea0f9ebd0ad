"""The stand-in of Pinterest."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.control import Control, running
from sandbox.platforms.pinterest import (
    CLIENT_ID,
    CLIENT_SECRET,
    continuous_refresh_token_of,
    narrow_refresh_token_of,
    refresh_token_of,
    tiny_refresh_token_of,
)
from tests.sandbox.conftest import Client, Inside
from tests.sandbox.test_front import order

BASIC = {"Authorization": "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()}


@pytest.fixture
def client(inside: Inside) -> Client:
    return inside("pinterest")


def granted(client: Client, refresh_token: str, headers: dict[str, str] = BASIC) -> Any:
    return client.post("/v5/oauth/token", content=f"grant_type=refresh_token&refresh_token={refresh_token}",
                       headers=headers)  # fmt: skip


def login(client: Client, refresh_token: str = refresh_token_of("larkspur")) -> dict[str, str]:
    return {"Authorization": f"Bearer {granted(client, refresh_token).json()['access_token']}"}


def truth(client: Client) -> list[dict[str, Any]]:
    return list(client.get("/_sandbox/truth", params={"account": "larkspur"}).json())


def test_a_refresh_token_gives_an_access_token_and_the_newer_kind_another_refresh_token(client: Client) -> None:
    renewed = granted(client, continuous_refresh_token_of("larkspur")).json()["refresh_token"]
    assert granted(client, renewed).json()["refresh_token_expires_in"] == 5_184_000
    grant = granted(client, refresh_token_of("larkspur")).json()
    assert "refresh_token" not in grant
    assert granted(client, refresh_token_of("larkspur"), {}).status_code == 401
    assert granted(client, "unknown").json() == {"code": 2, "message": "Authentication failed."}
    old = {"Authorization": f"Bearer {grant['access_token']}"}
    assert client.get("/v5/user_account", headers=old).json()["username"] == "larkspur"
    order(client, "expire_tokens", account="larkspur")
    assert granted(client, refresh_token_of("larkspur")).status_code == 401
    assert client.get("/v5/user_account", headers=old).status_code == 401


def test_bookmarks_lead_through_every_pin_once(client: Client) -> None:
    headers, found, bookmark = login(client), [], None
    while True:
        query = {"page_size": "7", **({"bookmark": bookmark} if bookmark else {})}
        page = client.get("/v5/pins", params=query, headers=headers).json()
        found += [pin["id"] for pin in page["items"]]
        bookmark = page["bookmark"]
        if bookmark is None:
            break
    shown = [t["id"] for t in truth(client) if t["state"] == "present"]
    assert sorted(found) == sorted(shown)
    assert len(set(found)) == len(found) == client.get("/v5/user_account", headers=headers).json()["pin_count"]
    assert all(int(native_id) > 2**53 for native_id in found)
    assert all(t["parent"] is None for t in truth(client)), "there are no comments"


def test_comments_are_a_number_in_the_metrics_and_nothing_else(client: Client) -> None:
    headers = login(client)
    pins = client.get("/v5/pins", params={"page_size": "250", "pin_metrics": "true"}, headers=headers).json()["items"]
    assert sum(pin["pin_metrics"]["lifetime_metrics"]["comment"] for pin in pins) > 50
    plain = client.get("/v5/pins", headers=headers).json()["items"]
    assert len(plain) == 25
    assert plain[0]["pin_metrics"] is None
    assert client.get(f"/v5/pins/{pins[0]['id']}/comments", headers=headers).status_code == 404


def test_a_pin_on_a_secret_board_needs_the_scope(client: Client) -> None:
    pin = truth(client)[0]["id"]
    order(client, "hide", id=pin)
    path = f"/v5/pins/{pin}"
    assert client.get(path, headers=login(client)).status_code == 200
    narrow = login(client, narrow_refresh_token_of("larkspur"))
    assert client.get(path, headers=narrow).json() == {"code": 50, "message": "Pin not found."}
    assert [b["privacy"] for b in client.get("/v5/boards", headers=narrow).json()["items"]] == ["PUBLIC", "PUBLIC"]
    assert len(client.get("/v5/boards", headers=login(client)).json()["items"]) == 3
    tiny = login(client, tiny_refresh_token_of("larkspur"))
    assert client.get("/v5/pins", headers=tiny).status_code == 403


def test_a_deleted_pin_is_not_found_and_the_limit_is_told(client: Client) -> None:
    headers, pin = login(client), truth(client)[0]["id"]
    order(client, "delete", id=pin)
    answered = client.get(f"/v5/pins/{pin}", headers=headers)
    assert answered.status_code == 404
    assert int(answered.headers["x-ratelimit-remaining"]) > 0
    order(client, "fault", kind="throttle", retry_after=60)
    refused = client.get("/v5/pins", headers=headers)
    assert (refused.status_code, refused.json()["code"], refused.headers["retry-after"]) == (429, 8, "60")


def test_a_pin_can_be_spoilt_in_every_way(client: Client) -> None:
    headers, pin = login(client), truth(client)[0]["id"]
    whole = client.get(f"/v5/pins/{pin}", headers=headers).text
    for kind in client.front.stand_in.malformations:
        order(client, "malform", id=pin, kind=kind)
        assert client.get(f"/v5/pins/{pin}", headers=headers).text != whole, kind
    order(client, "malform", id=pin, kind=None)
    assert json.loads(client.get(f"/v5/pins/{pin}", headers=headers).text) == json.loads(whole)


@pytest.mark.slow
def test_pinterests_own_client_reads_the_same_pins(tmp_path: Path) -> None:
    """The client that Pinterest generates from its contract, with its checks of types and formats."""
    from openapi_generated.pinterest_client import ApiClient, Configuration
    from openapi_generated.pinterest_client.api.boards_api import BoardsApi
    from openapi_generated.pinterest_client.api.pins_api import PinsApi
    from openapi_generated.pinterest_client.api.user_account_api import UserAccountApi

    with running(tmp_path, only=["pinterest"]) as urls:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token_of("larkspur")}
        grant = httpx.post(f"{urls['pinterest']}/v5/oauth/token", data=form, headers=BASIC).json()
        theirs = ApiClient(Configuration(host=f"{urls['pinterest']}/v5", access_token=grant["access_token"]))
        account = UserAccountApi(theirs).user_account_get()
        listed = PinsApi(theirs).pins_list(page_size=250, include_protected_pins=True, pin_metrics=True)
        pins = [PinsApi(theirs).pins_get(pin["id"]) for pin in listed["items"][:5]]
        boards = BoardsApi(theirs).boards_list()
        shown = [t["id"] for t in Control(urls["pinterest"]).truth("larkspur") if t["state"] == "present"]
    assert (account.username, account.pin_count) == ("larkspur", len(shown))
    assert sorted(pin["id"] for pin in listed["items"]) == sorted(shown)
    assert [pin.id for pin in pins] == [pin["id"] for pin in listed["items"][:5]]
    assert all(pin.media["media_type"] == "image" for pin in pins)
    assert len(boards["items"]) == 3
