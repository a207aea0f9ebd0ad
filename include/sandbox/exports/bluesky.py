"""The repository of an invented Bluesky account as a server exports it: CAR v1, a tree of records under a commit.

The commit's signature is invented too: nobody's key made it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import Any

from sandbox.atproto_data import cid_of_record, dag_cbor, did, tid
from sandbox.exports import Names, own
from sandbox.picture import png
from sandbox.platforms.bluesky import Bluesky
from sandbox.platforms.bluesky_data import GATE, PROFILE, BlueskyData
from sandbox.world import World


def members(world: World, account: str, names: Names) -> dict[str, bytes]:
    stand_in = names if isinstance(names, BlueskyData) else Bluesky(world, "http://127.0.0.1")
    posts, replies = own(world, account)
    records = {stand_in.native(item).split("/", 3)[3]: stand_in.record(item) for item in (*posts, *replies)}
    records[f"{PROFILE}/self"] = stand_in.profile_record(account)
    for item in posts:
        if gate := stand_in.gate_view(item):
            records[f"{GATE}/{stand_in.rkey(item)}"] = gate["record"]
    newest = max(item.created for item in (*posts, *replies))
    made: dict[str, bytes] = {"repo.car": car(did(account), records, tid(newest, 0))}
    for cid, key in stand_in.pictures(account).items():
        made[f"blobs/{cid}.png"] = png(key)
    return made


def car(owner: str, records: Mapping[str, Any], rev: str) -> bytes:
    """A whole repository. `records` by collection/key, in the protocol's JSON form."""
    values = {key: cid_of_record(record) for key, record in records.items()}
    nodes: dict[str, Any] = {}
    top = _tree(sorted((key.encode(), cid) for key, cid in values.items()), nodes)
    signature = hashlib.sha512(f"invented/{owner}/{rev}".encode()).digest()
    commit = {"did": owner, "version": 3, "data": {"$link": top}, "rev": rev, "prev": None, "sig": signature}
    root = cid_of_record(commit)
    blocks = {root: commit, **nodes, **{values[key]: record for key, record in records.items()}}
    return written(root, ((cid, dag_cbor(block)) for cid, block in blocks.items()))


def written(root: str, blocks: Iterable[tuple[str, bytes]]) -> bytes:
    """Blocks as a CAR file, each under its CID."""
    header = dag_cbor({"roots": [{"$link": root}], "version": 1})
    return b"".join([counted(header), *(counted(binary(cid) + block) for cid, block in blocks)])


def binary(cid: str) -> bytes:
    """A CID's 36 bytes."""
    return base64.b32decode(cid[1:].upper() + "=" * (-len(cid[1:]) % 8))


def counted(body: bytes) -> bytes:
    """Bytes with their number in front, as a CAR file has its blocks."""
    number, prefix = len(body), bytearray()
    while number >= 0x80:
        prefix.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*prefix, number]) + body


def _tree(entries: Sequence[tuple[bytes, str]], nodes: dict[str, Any]) -> str:
    """The Merkle search tree over sorted keys: CID of its top; its nodes are put into `nodes`."""
    return _node(entries, max((_layer(key) for key, _ in entries), default=0), nodes)


def _node(entries: Sequence[tuple[bytes, str]], layer: int, nodes: dict[str, Any]) -> str:
    """Keys of this layer stand in the node; what lies between them in subtrees one layer down."""
    node: dict[str, Any] = {"l": None, "e": []}
    below: list[tuple[bytes, str]] = []
    before = b""

    def hang() -> None:
        if not below:
            return
        subtree = {"$link": _node(tuple(below), layer - 1, nodes)}
        if node["e"]:
            node["e"][-1]["t"] = subtree
        else:
            node["l"] = subtree
        below.clear()

    for key, value in entries:
        if _layer(key) < layer:
            below.append((key, value))
            continue
        hang()
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, key, strict=False)))
        node["e"].append({"p": shared, "k": key[shared:], "v": {"$link": value}, "t": None})
        before = key
    hang()
    cid = cid_of_record(node)
    nodes[cid] = node
    return cid


def _layer(key: bytes) -> int:
    """How many pairs of zero bits the key's hash begins with."""
    return (256 - int.from_bytes(hashlib.sha256(key).digest(), "big").bit_length()) // 2
