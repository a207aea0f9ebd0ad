"""A repository's file: every block hashed, records only from the tree, and forged or broken files refused."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.atproto_data import cid_of_record, dag_cbor, did
from sandbox.exports.bluesky import binary, car, written
from social_archive.imports.dag_cbor import Cid, as_json, decode
from social_archive.imports.repository import MAX_TREE_DEPTH, BadRepository, repository

libipld = pytest.importorskip("libipld")

ME = did("larkspur")
POST = "app.bsky.feed.post"


def posts(count: int) -> dict[str, Any]:
    return {f"{POST}/3k{n:011d}": {"$type": POST, "text": f"Post {n}", "createdAt": "2026-05-01T00:00:00Z"}
            for n in range(count)}  # fmt: skip


def commit_of(data: str, **more: Any) -> dict[str, Any]:
    return {"did": ME, "version": 3, "data": {"$link": data}, "rev": "3k22222222222", "prev": None,
            "sig": bytes(64), **more}  # fmt: skip


def made(*blocks: dict[str, Any], commit: dict[str, Any] | None = None) -> bytes:
    """A file of hand-made blocks; the commit names the last of them as the top of the tree."""
    top = commit or commit_of(cid_of_record(blocks[-1]))
    return written(cid_of_record(top), ((cid_of_record(b), dag_cbor(b)) for b in (top, *blocks)))


def refusal(body: bytes) -> str:
    with pytest.raises(BadRepository) as refused:
        repository(body)
    return str(refused.value)


def node(*entries: tuple[int, bytes, str, str | None], left: str | None = None) -> dict[str, Any]:
    return {
        "l": {"$link": left} if left else None,
        "e": [
            {"p": p, "k": k, "v": {"$link": v}, "t": {"$link": t} if t else None} for p, k, v, t in entries
        ],
    }  # fmt: skip


LEAF = {"$type": POST, "text": "hello"}
LEAF_CID = cid_of_record(LEAF)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 300), st.integers(0, 10**6))
def test_every_record_is_found_under_its_key_as_the_official_reader_has_its_block(count: int, salt: int) -> None:
    records = {key: {**value, "salt": salt} for key, value in posts(count).items()}
    body = car(ME, records, "3k22222222222")
    read = repository(body)
    assert [key for key, _ in read.records] == sorted(records)
    assert {key: as_json(decode(read.blocks[link])) for key, link in read.records} == records
    _, official = libipld.decode_car(body)
    assert {libipld.encode_cid(link) for link in official} == {str(link) for link in read.blocks}
    assert (read.did, read.rev, read.unused, read.altered) == (ME, "3k22222222222", [], {})


def test_a_file_that_was_cut_off_anywhere_is_refused() -> None:
    body = car(ME, posts(9), "3k22222222222")
    assert len(repository(body).records) == 9
    for end in range(len(body)):
        try:
            read = repository(body[:end])
        except BadRepository:
            continue
        assert any(link not in read.blocks for _, link in read.records)  # cut between two blocks: known to lack


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_byte_can_be_changed_unnoticed(data: st.DataObject) -> None:
    """A changed byte is refused, or the block that it is in is no longer counted as sound."""
    body = car(ME, posts(5), "3k22222222222")
    at = data.draw(st.integers(0, len(body) - 1))
    changed = body[:at] + bytes([body[at] ^ data.draw(st.integers(1, 255))]) + body[at + 1 :]
    before = repository(body)
    try:
        after = repository(changed)
    except BadRepository:
        return
    assert after.records == before.records
    assert set(after.blocks) < set(before.blocks)
    assert all(hashlib.sha256(block).digest() == link.sha256 for link, block in after.blocks.items())


def test_a_record_whose_bytes_are_not_what_its_hash_says_is_set_apart() -> None:
    body = car(ME, posts(5), "3k22222222222")
    changed = body.replace(b"Post 3", b"Post X")
    read = repository(changed)
    assert len(read.records) == 5
    (link,) = read.altered
    assert b"Post X" in read.altered[link]
    assert link not in read.blocks


def test_a_block_that_stands_there_twice_counts_if_one_of_them_is_right() -> None:
    body = car(ME, posts(2), "3k22222222222")
    wrong = binary(LEAF_CID) + b"not it"
    right = binary(LEAF_CID) + dag_cbor(LEAF)
    read = repository(body + bytes([len(wrong)]) + wrong + bytes([len(right)]) + right)
    assert read.altered == {}
    assert [str(link) for link in read.unused] == [LEAF_CID]


def test_blocks_that_the_commit_does_not_vouch_for_are_named() -> None:
    foreign = {"$type": POST, "text": "planted"}
    top = node((0, f"{POST}/3kaaaaaaaaaaa".encode(), LEAF_CID, None))
    read = repository(made(foreign, LEAF, top))
    assert [key for key, _ in read.records] == [f"{POST}/3kaaaaaaaaaaa"]
    assert [str(link) for link in read.unused] == [cid_of_record(foreign)]


def test_a_record_that_is_not_in_the_file_keeps_its_name() -> None:
    top = node((0, f"{POST}/3kaaaaaaaaaaa".encode(), LEAF_CID, None))
    read = repository(made(top))
    assert [(key, str(link)) for key, link in read.records] == [(f"{POST}/3kaaaaaaaaaaa", LEAF_CID)]
    assert Cid(binary(LEAF_CID)) not in read.blocks


KEY = f"{POST}/3kaaaaaaaaaaa".encode()
NEXT = f"{POST}/3kaaaaaaaaaab".encode()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "cut off in the header"),
        (b"\x00", "the header claims 0 bytes"),
        (b"\xff" * 20, "larger than any"),
        (b"\xff\xff\xff\xff\x07" + b"x" * 50, "4,096 are allowed"),
        (b"\x03abc", "does not begin like a CAR file"),
        (b"\x81\x00a", "not written the one right way"),
        (written(cid_of_record(LEAF), []), "the commit is not in the file"),
        (made(LEAF, commit=LEAF), "no commit of a repository"),
        (made(node(), commit=commit_of(cid_of_record(node()), sig=b"short")), "not signed"),
        (made(node(), commit=commit_of(cid_of_record(node()), did="larkspur")), "whose repository"),
        (made(node(), commit=commit_of(cid_of_record(node()), version=9)), "no commit of a repository"),
        (made(commit=commit_of(LEAF_CID)), "a part of the tree of records is not in the file"),
        (made(LEAF), "of an unknown form"),
        (made(node((0, NEXT, LEAF_CID, None), (0, KEY, LEAF_CID, None))), "not in order"),
        (made(node((0, KEY, LEAF_CID, None), (0, KEY, LEAF_CID, None))), "not in order"),
        (made(node((5, KEY, LEAF_CID, None))), "of an unknown form"),
        (made(node((0, b"../../etc/passwd", LEAF_CID, None))), "a key in its tree of records is none"),
        (made(node((0, b"no-slash", LEAF_CID, None))), "a key in its tree of records is none"),
    ]
)
def test_a_file_that_is_no_sound_repository_is_refused(body: bytes, says: str) -> None:
    assert says in refusal(body)


def test_two_roots_are_no_repository() -> None:
    header = dag_cbor({"roots": [{"$link": LEAF_CID}, {"$link": LEAF_CID}], "version": 1})
    assert "names 2" in refusal(bytes([len(header)]) + header)


def test_a_block_under_another_hash_is_refused() -> None:
    body = car(ME, posts(1), "3k22222222222")
    block = b"\x01\x71\x13\x40" + bytes(64) + b"x"
    assert "cannot be checked" in refusal(body + bytes([len(block)]) + block)
    assert "too short" in refusal(body + b"\x02ab")


def test_a_tree_that_uses_a_part_twice_is_refused() -> None:
    """A true circle cannot be made (its hash would have to hold itself); the same part in two places can."""
    empty = node()
    name = cid_of_record(empty)
    top = {**node((0, KEY, LEAF_CID, name)), "l": {"$link": name}}
    assert "in a circle" in refusal(made(LEAF, empty, top))


def test_a_forged_circle_is_refused() -> None:
    """Parts that name each other under hashes that they do not have: found out by the hash, before any walk."""
    one = node(left=LEAF_CID)
    top = commit_of(LEAF_CID)
    forged = written(cid_of_record(top), [(cid_of_record(top), dag_cbor(top)), (LEAF_CID, dag_cbor(one))])
    assert "not what its hash says" in refusal(forged)


def test_a_tree_without_end_is_refused_quickly() -> None:
    blocks, name = [], None
    for _ in range(MAX_TREE_DEPTH + 10):
        blocks.append(node(left=name))
        name = cid_of_record(blocks[-1])
    started = time.perf_counter()
    assert f"deeper than {MAX_TREE_DEPTH}" in refusal(made(*blocks))
    assert time.perf_counter() - started < 2


def test_a_commit_that_is_nested_without_end_is_refused() -> None:
    block = b"\x81" * 100_000 + b"\x00"
    name = "b" + str(Cid(bytes((1, 0x71, 0x12, 32)) + hashlib.sha256(block).digest()))[1:]
    assert "cannot be read (too_deep)" in refusal(written(name, [(name, block)]))
