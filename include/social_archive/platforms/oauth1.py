"""OAuth 1.0a signatures (RFC 5849, HMAC-SHA1): a request is signed with two secrets that never leave this machine.

Only signing is here. The token is given once, by a person in a browser; it has no date of expiry.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Final
from urllib.parse import quote

_METHOD: Final = "HMAC-SHA1"


@dataclass(frozen=True)
class Keys:
    """What an application and an account's owner were given (RFC 5849: client and token credentials)."""

    client: str
    client_secret: str = field(repr=False)
    token: str = field(repr=False)
    token_secret: str = field(repr=False)


def authorization(
    keys: Keys,
    method: str,
    url: str,
    parameters: Iterable[tuple[str, str]],
    *,
    nonce: str | None = None,
    timestamp: int | None = None,
    version: bool = True,
) -> str:
    """The `Authorization` header of one request. `url` has no query; `parameters` are all that the request has, as
    plain text. `nonce` and `timestamp` are for tests: each request needs its own."""
    own = [
        ("oauth_consumer_key", keys.client),
        ("oauth_token", keys.token),
        ("oauth_signature_method", _METHOD),
        ("oauth_timestamp", str(int(time.time()) if timestamp is None else timestamp)),
        ("oauth_nonce", nonce or secrets.token_hex(16)),
        *([("oauth_version", "1.0")] if version else []),
    ]
    signed = [*own, ("oauth_signature", signature(keys, method, url, [*parameters, *own]))]
    return "OAuth " + ", ".join(f'{name}="{_encoded(value)}"' for name, value in signed)


def signature(keys: Keys, method: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """Base64 of the HMAC-SHA1 over the base string (RFC 5849 section 3.4.2)."""
    key = f"{_encoded(keys.client_secret)}&{_encoded(keys.token_secret)}".encode()
    return base64.b64encode(hmac.digest(key, base_string(method, url, parameters).encode(), sha1)).decode()


def base_string(method: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """What is signed: method, address and the sorted parameters, each encoded on its own (RFC 5849 section 3.4.1)."""
    pairs = sorted((_encoded(name), _encoded(value)) for name, value in parameters)
    normalized = "&".join(f"{name}={value}" for name, value in pairs)
    return "&".join((method.upper(), _encoded(url), _encoded(normalized)))


def _encoded(text: str) -> str:
    """Everything but letters, digits, `-`, `.`, `_`, `~` (RFC 5849 section 3.6)."""
    return quote(text, safe="~")
