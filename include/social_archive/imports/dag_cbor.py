"""DAG-CBOR, the form in which the AT Protocol stores and signs records: https://ipld.io/specs/codecs/dag-cbor/spec/.

Read strictly: there is one way to write a value, and anything else is refused, because the bytes are evidence and their
hash is their name. Lengths are checked against what is left before anything is taken.
"""

from __future__ import annotations

import base64
import math
import struct
from typing import Any, Final

MAX_DEPTH: Final = 128

_LINK: Final = 42  # the one tag
_SHA256: Final = bytes((1, 0x71, 0x12, 32))  # CIDv1, DAG-CBOR, SHA-256, 32 bytes follow
_RAW_SHA256: Final = bytes((1, 0x55, 0x12, 32))  # the same of raw bytes: pictures, films
CID_SIZE: Final = 36


class BadBlock(ValueError):
    """`code` goes to quarantine with the block: not_dag_cbor, truncated, too_deep."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Cid(bytes):
    """A link: the binary form of a CIDv1 over SHA-256, 36 bytes."""

    __slots__ = ()

    def __str__(self) -> str:
        return "b" + base64.b32encode(self).decode().lower().rstrip("=")

    @property
    def sha256(self) -> bytes:
        return self[4:]

    @property
    def is_record(self) -> bool:
        """Does it name DAG-CBOR, not raw bytes?"""
        return self.startswith(_SHA256)


def cid(raw: bytes) -> Cid:
    """Raises BadBlock for a CID of another version, codec or hash: it could not be checked."""
    if len(raw) != CID_SIZE or not raw.startswith((_SHA256, _RAW_SHA256)):
        raise BadBlock("not_dag_cbor")
    return Cid(raw)


def decode(block: bytes) -> Any:
    """The one value in a block: None, bool, int, finite float, str, bytes, Cid, list, dict. Raises BadBlock."""
    value, end = _value(block, 0, MAX_DEPTH)
    if end != len(block):
        raise BadBlock("not_dag_cbor")
    return value


def decode_first(data: bytes) -> tuple[Any, int]:
    """The value that `data` begins with, and where it ends."""
    return _value(data, 0, MAX_DEPTH)


def as_json(value: Any) -> Any:
    """The value as the protocol writes it in JSON: links as `{"$link"}`, bytes as `{"$bytes"}`."""
    if isinstance(value, dict):
        return {key: as_json(child) for key, child in value.items()}
    if isinstance(value, list):
        return [as_json(child) for child in value]
    if isinstance(value, Cid):
        return {"$link": str(value)}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode().rstrip("=")}
    return value


# --------------------------------------------------------------------------- one value

_SIZES: Final = {24: (1, 24), 25: (2, 1 << 8), 26: (4, 1 << 16), 27: (8, 1 << 32)}  # bytes, smallest honest number
_SIMPLE: Final = {20: False, 21: True, 22: None}


def _value(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    if depth < 0:
        raise BadBlock("too_deep")
    if at >= len(data):
        raise BadBlock("truncated")
    major, low = data[at] >> 5, data[at] & 31
    if major == 7:
        return _simple(data, at, low)
    number, at = _number(data, at + 1, low)
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if major == 2:
        return _slice(data, at, number), at + number
    if major == 3:
        return _text(_slice(data, at, number)), at + number
    if major == 4:
        return _list(data, at, number, depth)
    if major == 5:
        return _dict(data, at, number, depth)
    return _link(data, at, number)


def _number(data: bytes, at: int, low: int) -> tuple[int, int]:
    if low < 24:
        return low, at
    if low not in _SIZES:
        raise BadBlock("not_dag_cbor")  # of indefinite length, or reserved
    size, least = _SIZES[low]
    number = int.from_bytes(_slice(data, at, size), "big")
    if number < least:
        raise BadBlock("not_dag_cbor")
    return number, at + size


def _slice(data: bytes, at: int, size: int) -> bytes:
    if size > len(data) - at:
        raise BadBlock("truncated")
    return data[at : at + size]


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise BadBlock("not_utf8") from None


def _list(data: bytes, at: int, count: int, depth: int) -> tuple[list[Any], int]:
    if count > len(data) - at:
        raise BadBlock("truncated")
    found = []
    for _ in range(count):
        value, at = _value(data, at, depth - 1)
        found.append(value)
    return found, at


def _dict(data: bytes, at: int, count: int, depth: int) -> tuple[dict[str, Any], int]:
    """Keys are texts, each once, shorter ones first, then by their bytes."""
    if 2 * count > len(data) - at:
        raise BadBlock("truncated")
    found: dict[str, Any] = {}
    before: tuple[int, bytes] = (-1, b"")
    for _ in range(count):
        if at >= len(data):
            raise BadBlock("truncated")
        if data[at] >> 5 != 3:
            raise BadBlock("not_dag_cbor")
        size, at = _number(data, at + 1, data[at] & 31)
        raw = _slice(data, at, size)
        if (size, raw) <= before:
            raise BadBlock("duplicate_key" if raw == before[1] else "not_dag_cbor")
        before = (size, raw)
        found[_text(raw)], at = _value(data, at + size, depth - 1)
    return found, at


def _link(data: bytes, at: int, tag: int) -> tuple[Cid, int]:
    if tag != _LINK:
        raise BadBlock("not_dag_cbor")
    if at >= len(data):
        raise BadBlock("truncated")
    if data[at] >> 5 != 2:
        raise BadBlock("not_dag_cbor")
    size, at = _number(data, at + 1, data[at] & 31)
    raw = _slice(data, at, size)
    if not raw.startswith(b"\0"):
        raise BadBlock("not_dag_cbor")
    return cid(raw[1:]), at + size


def _simple(data: bytes, at: int, low: int) -> tuple[Any, int]:
    if low in _SIMPLE:
        return _SIMPLE[low], at + 1
    if low != 27:
        raise BadBlock("not_dag_cbor")  # undefined, half and single precision, anything unassigned
    (number,) = struct.unpack(">d", _slice(data, at + 1, 8))
    if not math.isfinite(number):
        raise BadBlock("not_finite")
    return number, at + 9
