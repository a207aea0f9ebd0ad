"""Runs of letters of one kind in bytes, found by columns: in a file of proofs, hashes and salts stand by the hundred
thousand.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np

Places = np.ndarray[Any, np.dtype[np.int64]]

_LONG: Final = 24
"""Letters from which on a run of base64 is looked into."""

_SHORT: Final = 100

_SHA256: Final = 64
_SHA512: Final = 128
"""Hexadecimal digits of a hash."""

_SPACE: Final = 0x20
_NO_HEX: Final = re.compile(rb"[^0-9a-f]")
_PIECE: Final = 1 << 20


def _kind(letters: bytes) -> np.ndarray[Any, np.dtype[np.bool_]]:
    found = np.zeros(256, np.bool_)
    found[list(letters)] = True
    return found


_DIGITS: Final = b"0123456789"
_HEX_DIGITS: Final = _DIGITS + b"abcdef"
_HEX: Final = _kind(_HEX_DIGITS)
_BASE64: Final = _kind(_DIGITS + b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz+/_-")
_PRINTABLE: Final = bytes(range(32, 127))
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")


def without_hashes(body: bytes) -> bytes:
    """Each hash as one space."""
    return b"".join(map(_without_hashes, _pieces(body)))


def _pieces(body: bytes) -> Iterator[bytes]:
    """The body in pieces between which no hash goes on."""
    at = 0
    while at < len(body):
        found = _NO_HEX.search(body, at + _PIECE)
        end = found.start() if found else len(body)
        yield body[at:end]
        at = end


def _without_hashes(body: bytes) -> bytes:
    starts, ends = _runs(_HEX[np.frombuffer(body, np.uint8)])
    sizes = ends - starts
    hashes = (sizes == _SHA256) | (sizes == _SHA512)
    if not hashes.any():
        return body
    starts, ends = starts[hashes], ends[hashes]
    kept = np.frombuffer(body, np.uint8).copy()
    kept[starts] = _SPACE
    edges = np.zeros(len(body) + 1, np.int8)
    edges[starts + 1], edges[ends] = 1, -1
    said: bytes = kept[np.cumsum(edges[:-1], dtype=np.int8) == 0].tobytes()
    return said


def base64_runs(body: bytes, *, hashes: bool = True) -> Iterator[bytes]:
    """Runs that may be base64; without `hashes` none that is of small hexadecimal digits alone."""
    return (run for _, run in base64_places(body, hashes=hashes))


def base64_places(body: bytes, *, hashes: bool = True) -> Iterator[tuple[int, bytes]]:
    """The same, each with the place where it begins."""
    starts, ends = _runs(_BASE64[np.frombuffer(body, np.uint8)])
    long = ends - starts >= _LONG
    for start, end in zip(starts[long].tolist(), ends[long].tolist(), strict=True):
        run = body[start:end]
        if hashes or run.translate(None, _HEX_DIGITS):
            yield start, run


def decoded(run: bytes) -> Sequence[str]:
    """What a run of base64 says, if it says text; it may start at any of four letters."""
    return _decoded_before(run) if len(run) <= _SHORT else tuple(_decoded(run))


@lru_cache(maxsize=1 << 15)
def _decoded_before(run: bytes) -> tuple[str, ...]:
    """The names of a bundle's files look like base64, and stand in many of them."""
    return tuple(_decoded(run))


def _decoded(run: bytes) -> Iterator[str]:
    plain = run.rstrip(b"=").translate(_URL_SAFE)
    for skip in range(4):
        part = plain[skip:]
        try:
            said = binascii.a2b_base64(part[: len(part) - (len(part) % 4 == 1)] + b"==")
        except binascii.Error:
            continue
        first = said[:64]
        if len(first.translate(None, _PRINTABLE)) <= 0.2 * len(first):
            yield said.decode("utf-8", "replace")


def _runs(belongs: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[Places, Places]:
    """Where runs begin, and where they end."""
    edges = np.flatnonzero(belongs[1:] != belongs[:-1]) + 1
    first = [0] if len(belongs) and belongs[0] else []
    last = [len(belongs)] if len(belongs) and belongs[-1] else []
    edges = np.concatenate([np.array(first, np.int64), edges, np.array(last, np.int64)])
    return edges[::2], edges[1::2]
