"""The data layer of the AT Protocol, as far as records that can be checked need it: DAG-CBOR, CIDs, TIDs, DIDs.

https://atproto.com/specs/data-model, https://ipld.io/specs/codecs/dag-cbor/spec/. Records get their true CIDs, so a
harvest that recomputes them finds them right. Tests compare with `libipld`, which the official client uses.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from datetime import datetime
from functools import cache
from typing import Any

_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"
_DAG_CBOR, _RAW, _SHA256 = 0x71, 0x55, b"\x12\x20"


def dag_cbor(value: Any) -> bytes:
    """Canonical DAG-CBOR. `{"$link": cid}` becomes a link. TypeError for floats and anything else JSON-foreign."""
    match value:
        case None | bool():
            return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
        case int():
            return _head(0, value) if value >= 0 else _head(1, -1 - value)
        case str():
            raw = value.encode("utf-8", "replace")
            return _head(3, len(raw)) + raw
        case bytes():
            return _head(2, len(value)) + value
        case list():
            return _head(4, len(value)) + b"".join(map(dag_cbor, value))
        case {"$link": str() as cid} if len(value) == 1:
            raw = b"\0" + _unbase32(cid[1:])
            return b"\xd8\x2a" + _head(2, len(raw)) + raw
        case dict():
            members = sorted((dag_cbor(str(k)), dag_cbor(v)) for k, v in value.items())
            return _head(5, len(members)) + b"".join(k + v for k, v in members)
    raise TypeError(f"{type(value).__name__} has no place in a record.")


def _head(major: int, n: int) -> bytes:
    if n < 24:
        return bytes([major << 5 | n])
    for code, form, limit in ((24, ">B", 1 << 8), (25, ">H", 1 << 16), (26, ">I", 1 << 32), (27, ">Q", 1 << 64)):
        if n < limit:
            return bytes([major << 5 | code]) + struct.pack(form, n)
    raise OverflowError(n)


def cid_of_record(record: dict[str, Any]) -> str:
    return _cid(_DAG_CBOR, dag_cbor(record))


def cid_of_blob(body: bytes) -> str:
    return _cid(_RAW, body)


def _cid(codec: int, body: bytes) -> str:
    """CIDv1, SHA-256, base32 lower case."""
    return "b" + _base32(bytes([1, codec]) + _SHA256 + hashlib.sha256(body).digest())


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode().lower().rstrip("=")


def _unbase32(text: str) -> bytes:
    return base64.b32decode(text.upper() + "=" * (-len(text) % 8))


def tid(moment: datetime, clock: int) -> str:
    """A record key that sorts by time: 53 bits of microseconds, 10 bits of clock id."""
    number = int(moment.timestamp() * 1_000_000) << 10 | clock & 0x3FF
    return "".join(_SORTABLE[number >> shift & 31] for shift in range(60, -1, -5))


@cache
def did(name: str) -> str:
    """A did:plc that depends on the name alone."""
    return "did:plc:" + _base32(hashlib.sha256(name.encode()).digest())[:24]
