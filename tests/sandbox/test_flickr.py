"""The stand-in of Flickr, asked with a signature that another library made."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from sandbox.platforms.flickr import API_KEY, API_SECRET, narrow_token_of, token_of, token_secret_of
from tests.sandbox.conftest import Client, Inside
from tests.sandbox.test_front import order

oauthlib = pytest.importorskip("oauthlib.oauth1")
REST = "http://testserver/services/rest/"


@pytest.fixture
def client(inside: Inside) -> Client:
    return inside("flickr")


def call(client: Client, method: str, *, token: str = "", secret: str = "", **parameters: Any) -> dict[str, Any]:
    signer = oauthlib.Client(
        API_KEY, client_secret=secret or API_SECRET, resource_owner_key=token or token_of("larkspur"),
        resource_owner_secret=token_secret_of("larkspur"),
    )  # fmt: skip
    query = urlencode({"method": method, "format": "json", "nojsoncallback": "1", **parameters})
    url, headers, _ = signer.sign(f"{REST}?{query}", "GET")
    answered = client.get(url, headers=headers)
    assert answered.status_code == 200
    return dict(answered.json())


def truth(client: Client) -> list[dict[str, Any]]:
    return list(client.get("/_sandbox/truth", params={"account": "larkspur"}).json())


def test_a_signature_is_checked_and_a_token_has_permissions(client: Client) -> None:
    assert call(client, "flickr.test.login")["user"]["path_alias"] == "larkspur"
    assert call(client, "flickr.test.login", secret="wrong")["code"] == 96
    assert call(client, "flickr.test.login", token="unknown")["code"] == 98
    assert call(client, "flickr.test.login", token=narrow_token_of("larkspur"))["code"] == 99
    order(client, "expire_tokens", account="larkspur")
    assert call(client, "flickr.test.login")["code"] == 98
    order(client, "renew_tokens")
    assert call(client, "flickr.test.login")["stat"] == "ok"


def test_paging_shows_every_photograph_once_newest_first(client: Client) -> None:
    first = call(client, "flickr.people.getPhotos", user_id="me", per_page=7, extras="date_upload")["photos"]
    found = list(first["photo"])
    for page in range(2, first["pages"] + 1):
        found += call(client, "flickr.people.getPhotos", user_id="me", per_page=7, page=page,
                      extras="date_upload")["photos"]["photo"]  # fmt: skip
    posted = [int(photo["dateupload"]) for photo in found]
    assert posted == sorted(posted, reverse=True)
    shown = [t["id"] for t in truth(client) if not t["parent"] and t["state"] == "present"]
    assert sorted(photo["id"] for photo in found) == sorted(shown)
    assert first["total"] == len(shown)
    newest = call(client, "flickr.people.getPhotos", user_id="me", min_upload_date=posted[3])["photos"]
    assert newest["total"] == 4


def test_comments_are_flat_html_in_order_and_a_photograph_without_any_has_no_list(client: Client) -> None:
    everything = truth(client)
    for photo in [t for t in everything if not t["parent"] and t["state"] == "present"][:20]:
        body = call(client, "flickr.photos.comments.getList", photo_id=photo["id"])["comments"]
        under = [t for t in everything if t["parent"] == photo["id"] and t["state"] == "present"]
        assert ("comment" in body) == bool(under)
        assert sorted(c["id"] for c in body.get("comment", [])) == sorted(t["id"] for t in under)
        dates = [int(c["datecreate"]) for c in body.get("comment", []) if str(c["datecreate"]).isdigit()]
        assert dates == sorted(dates)
    assert call(client, "flickr.photos.comments.getList", photo_id="1") == {
        "stat": "fail", "code": 1, "message": "Photo not found",
    }  # fmt: skip


def test_a_comment_makes_its_photograph_recently_updated(client: Client) -> None:
    oldest = call(client, "flickr.people.getPhotos", user_id="me", per_page=500)["photos"]["photo"][-1]["id"]
    order(client, "reply", to=oldest, author="mara", text="Still lovely & true: https://larkspur.example (invented)")
    found = call(client, "flickr.photos.recentlyUpdated", min_date=1, per_page=1)["photos"]["photo"]
    assert [photo["id"] for photo in found] == [oldest]
    last = call(client, "flickr.photos.comments.getList", photo_id=oldest)["comments"]["comment"][-1]
    assert re.search(r'lovely &amp; true: <a href="https://larkspur.example" rel="[a-z ]+">', last["_content"])


def test_a_withdrawn_photograph_is_shown_to_its_owner_alone(client: Client) -> None:
    photo = call(client, "flickr.people.getPhotos", user_id="me")["photos"]["photo"][0]["id"]
    order(client, "hide", id=photo)
    seen = call(client, "flickr.photos.getInfo", photo_id=photo)["photo"]
    assert seen["visibility"]["ispublic"] == 0
    public = {"method": "flickr.photos.getInfo", "photo_id": photo, "format": "json", "nojsoncallback": "1"}
    assert client.get(REST, params={**public, "api_key": API_KEY}).json()["code"] == 1
    assert client.get(REST, params=public).json()["code"] == 100


def test_who_does_not_ask_for_json_gets_none_and_a_throttle_is_a_page(client: Client) -> None:
    assert client.get(REST, params={"method": "flickr.test.login"}).headers["content-type"].startswith("text/xml")
    order(client, "fault", kind="throttle", retry_after=60)
    refused = client.get(REST)
    assert (refused.status_code, "retry-after" in refused.headers) == (429, False)
    assert "Too Many Requests" in refused.text


def test_a_comment_can_be_spoilt_in_every_way(client: Client) -> None:
    comment = next(t for t in truth(client) if t["parent"] and t["state"] == "present" and not t["malformed"])
    query = {"method": "flickr.photos.comments.getList", "photo_id": comment["parent"], "format": "json",
             "nojsoncallback": "1", "api_key": API_KEY}  # fmt: skip
    whole = client.get(REST, params=query).text
    for kind in client.front.stand_in.malformations:
        order(client, "malform", id=comment["id"], kind=kind)
        assert client.get(REST, params=query).text != whole, kind
    order(client, "malform", id=comment["id"], kind=None)
    assert json.loads(client.get(REST, params=query).text) == json.loads(whole)
