"""DAG-CBOR, read strictly: what the official decoder reads is read alike, and what is not canonical is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from social_archive.imports.dag_cbor import MAX_DEPTH, BadBlock, Cid, as_json, cid, decode

libipld = pytest.importorskip("libipld")

RAW = bytes((1, 0x55, 0x12, 32)) + bytes(range(32))

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text() | st.binary()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=25,
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(values)
def test_it_reads_what_the_official_library_writes(value: Any) -> None:
    assert decode(libipld.encode_dag_cbor(value)) == value


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | values.map(libipld.encode_dag_cbor).flatmap(
    lambda written: st.tuples(st.just(written), st.integers(0, max(len(written) - 1, 0)), st.integers(0, 255))
    .map(lambda cut: cut[0][: cut[1]] + bytes([cut[2]]) + cut[0][cut[1] + 1 :])
))  # fmt: skip
def test_what_it_accepts_is_the_one_way_to_write_it(data: bytes) -> None:
    """Whatever the bytes are: an error of ours, or a value that the official library writes as these very bytes."""
    try:
        value = decode(data)
    except BadBlock:
        return
    assert libipld.encode_dag_cbor(plain(value)) == data


def plain(value: Any) -> Any:
    """As the official library takes it: links are bytes there, so a value with one is compared by reading."""
    if isinstance(value, Cid):
        reject()
    if isinstance(value, dict):
        return {key: plain(child) for key, child in value.items()}
    return [plain(child) for child in value] if isinstance(value, list) else value


def test_a_link_is_the_text_that_the_protocol_writes() -> None:
    link = decode(b"\xd8\x2a\x58\x25\x00" + RAW)
    assert isinstance(link, Cid)
    assert str(link) == libipld.encode_cid(RAW)
    assert as_json({"ref": link, "sig": b"\x01\x02"}) == {"ref": {"$link": str(link)}, "sig": {"$bytes": "AQI"}}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "truncated"),
        (b"\x18\x17", "not_dag_cbor"),  # 23 written in two bytes
        (b"\x19\x00\xff", "not_dag_cbor"),
        (b"\x5f\x41a\xff", "not_dag_cbor"),  # of indefinite length
        (b"\x9f\xff", "not_dag_cbor"),
        (b"\xf9\x3c\x00", "not_dag_cbor"),  # half precision
        (b"\xfb\x7f\xf8\0\0\0\0\0\0", "not_finite"),  # NaN
        (b"\xf7", "not_dag_cbor"),  # undefined
        (b"\xc1\x00", "not_dag_cbor"),  # another tag
        (b"\xa2\x61b\x00\x61a\x00", "not_dag_cbor"),  # keys out of order
        (b"\xa2\x61a\x00\x61a\x01", "duplicate_key"),
        (b"\xa1\x00\x00", "not_dag_cbor"),  # a key that is no text
        (b"\x62\xff\xfe", "not_utf8"),
        (b"\x00\x00", "not_dag_cbor"),  # something behind the value
        (b"\x1b" + b"\xff" * 7, "truncated"),
        (b"\x9b" + b"\xff" * 8, "truncated"),  # a list of 2^64 things
        (b"\xbb" + b"\xff" * 8, "truncated"),
        (b"\x7b" + b"\xff" * 8 + b"abc", "truncated"),
        (b"\xd8\x2a\x41\x00", "not_dag_cbor"),  # a link to nothing
        (b"\x81" * (MAX_DEPTH + 2) + b"\x00", "too_deep"),
        (b"\x81" * 5_000_000, "too_deep"),
        (b"\xa1\x61a" * 100_000, "too_deep"),
    ],
)
def test_what_is_not_canonical_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(BadBlock) as refused:
        decode(data)
    assert refused.value.code == code


def test_a_hash_that_cannot_be_checked_is_no_link() -> None:
    assert cid(RAW).sha256 == RAW[4:]
    for other in (RAW[:-1], b"\x01\x55\x13\x20" + RAW[4:], b"\x12\x20" + RAW[4:], b""):
        with pytest.raises(BadBlock):
            cid(other)
