"""OAuth 1.0a signatures: the RFC's own examples, and a library that we did not write."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlencode

import pytest

from social_archive.platforms.oauth1 import Keys, authorization, base_string, signature

RFC = Keys("dpf43f3p2l4k3l03", "kd94hf93k423kf44", "nnch734d00sl2jdk", "pfkkdhi9sl3r4s00")


def parts(header: str) -> dict[str, str]:
    return {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', header)}


def test_the_photograph_of_rfc_5849_section_1_2() -> None:
    header = authorization(
        RFC, "GET", "http://photos.example.net/photos", [("file", "vacation.jpg"), ("size", "original")],
        nonce="chapoH", timestamp=137131202, version=False,
    )  # fmt: skip
    assert parts(header)["oauth_signature"] == "MdpQcU8iPSUjWoN/UDMsK2sui9I="
    assert "kd94hf93k423kf44" not in header
    assert "pfkkdhi9sl3r4s00" not in header


def test_the_base_string_of_rfc_5849_section_3_4_1_1() -> None:
    query = parse_qsl("b5=%3D%253D&a3=a&c%40=&a2=r%20b&c2&a3=2+q", keep_blank_values=True)
    oauth = [
        ("oauth_consumer_key", "9djdj82h48djs9d2"), ("oauth_token", "kkk9d7dh3k39sjv7"),
        ("oauth_signature_method", "HMAC-SHA1"), ("oauth_timestamp", "137131201"), ("oauth_nonce", "7d8f3e4a"),
    ]  # fmt: skip
    assert base_string("post", "http://example.com/request", [*query, *oauth]) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540"
        "%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method"
        "%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


@pytest.mark.parametrize(
    "query", [[("method", "flickr.test.login")], [("q", "a b+c~d/é?&=%"), ("q", "again"), ("empty", "")]]
)
def test_another_implementation_signs_alike(query: list[tuple[str, str]]) -> None:
    oauthlib = pytest.importorskip("oauthlib.oauth1")  # comes with the package that holds Flickr's contract
    client = oauthlib.Client(
        RFC.client, client_secret=RFC.client_secret, resource_owner_key=RFC.token,
        resource_owner_secret=RFC.token_secret, nonce="n0nce", timestamp="1700000000",
    )  # fmt: skip
    url = "https://api.flickr.com/services/rest/"
    _, headers, _ = client.sign(f"{url}?{urlencode(query)}", "GET")
    ours = authorization(RFC, "GET", url, query, nonce="n0nce", timestamp=1700000000)
    assert parts(headers["Authorization"]) == parts(ours)


def test_every_request_has_a_nonce_of_its_own_and_each_part_counts() -> None:
    url, query = "https://api.flickr.com/services/rest/", [("a", "1")]
    first, second = (parts(authorization(RFC, "GET", url, query)) for _ in range(2))
    assert first["oauth_nonce"] != second["oauth_nonce"]
    signatures = {
        signature(RFC, "GET", url, query), signature(RFC, "POST", url, query), signature(RFC, "GET", url + "x", query),
        signature(RFC, "GET", url, [("a", "2")]), signature(Keys("a", "b", "c", "d"), "GET", url, query),
    }  # fmt: skip
    assert len(signatures) == 5
