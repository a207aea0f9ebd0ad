"""An account's repository as the AT Protocol exports it (`repo.car`): CAR v1, blocks by hash, a tree of records.

https://ipld.io/specs/transport/car/carv1/, https://atproto.com/specs/repository. Every block is hashed; the records are
those that the tree under the signed commit names. The signature itself is kept but cannot be checked: the key that
made it stands in the network's identity directory, not in the file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from social_archive.imports.dag_cbor import CID_SIZE, BadBlock, Cid, cid, decode

MAX_HEADER: Final = 4 << 10
MAX_BLOCK: Final = 4 << 20  # servers take records of 1 MB and less
MAX_TREE_DEPTH: Final = 64  # a tree of a billion records has about 15 levels
MAX_KEY: Final = 1_024

_KEY: Final = re.compile(rb"[A-Za-z0-9.-]{1,317}/[A-Za-z0-9._:~-]{1,512}")
_DID: Final = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,2000}")
_REV: Final = re.compile(r"[2-7a-z]{13}")


class BadRepository(ValueError):
    """The file as a whole cannot be trusted. The message says where, in words for people; it holds no content."""


@dataclass
class Repository:
    """`records` are (key, CID) in the order of their keys. `blocks` holds what hashes to its name, and only that.

    `altered` are blocks whose bytes do not: of no use, but their bytes are kept for whoever looks into it. `unused` are
    blocks that nothing under the commit names.
    """

    did: str
    rev: str
    records: list[tuple[str, Cid]]
    blocks: dict[Cid, bytes]
    altered: dict[Cid, bytes] = field(default_factory=dict)
    unused: list[Cid] = field(default_factory=list)


def repository(body: bytes) -> Repository:
    """Read and check a whole `repo.car`. Raises BadRepository."""
    root, blocks, altered = _blocks(body)
    commit = _part(root, blocks, altered, "the commit")
    did, rev, top = _commit(commit)
    used = {root}
    records = list(_records(top, blocks, altered, used))
    used.update(link for _, link in records)
    unused = [link for link in (*blocks, *altered) if link not in used]
    return Repository(did, rev, records, blocks, altered, unused)


# --------------------------------------------------------------------------- the container


def _blocks(body: bytes) -> tuple[Cid, dict[Cid, bytes], dict[Cid, bytes]]:
    """The root, and all blocks: those that are what their names say, and those that are not."""
    size, at = _length(body, 0, MAX_HEADER, "the header")
    root = _root(body[at : at + size])
    at += size
    sound: dict[Cid, bytes] = {}
    altered: dict[Cid, bytes] = {}
    while at < len(body):
        size, start = _length(body, at, MAX_BLOCK, f"the block at byte {at:,}")
        if size < CID_SIZE:
            raise BadRepository(f"the block at byte {at:,} is too short to name itself")
        try:
            name = cid(body[start : start + CID_SIZE])
        except BadBlock:
            raise BadRepository(f"the block at byte {at:,} is named by a hash that cannot be checked") from None
        block = body[start + CID_SIZE : start + size]
        if hashlib.sha256(block).digest() == name.sha256:
            sound[name] = block
        else:
            altered[name] = block
        at = start + size
    for name in sound.keys() & altered.keys():  # it stands there twice, once as it should
        del altered[name]
    return root, sound, altered


def _root(header: bytes) -> Cid:
    try:
        found = decode(header)
    except BadBlock:
        found = None
    if not isinstance(found, dict) or found.get("version") != 1 or not isinstance(found.get("roots"), list):
        raise BadRepository("it does not begin like a CAR file of version 1")
    roots = found["roots"]
    if len(roots) != 1 or not isinstance(roots[0], Cid):
        raise BadRepository(f"a repository has one root, this file names {len(roots):,}")
    return roots[0]


def _length(body: bytes, at: int, most: int, what: str) -> tuple[int, int]:
    """An unsigned LEB128 number that says how many bytes follow; they must be there."""
    number, shift, start = 0, 0, at
    while True:
        if at >= len(body):
            raise BadRepository(f"it is cut off in {what}")
        byte = body[at]
        number |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            break
        if shift > 28:
            raise BadRepository(f"{what} claims to be larger than any")
    if byte == 0 and at - start > 1:
        raise BadRepository(f"the length of {what} is not written the one right way")
    if not 0 < number <= most:
        raise BadRepository(f"{what} claims {number:,} bytes; {most:,} are allowed")
    if number > len(body) - at:
        raise BadRepository(f"it is cut off in {what}")
    return number, at


# --------------------------------------------------------------------------- the commit and the tree


def _part(link: Cid, blocks: dict[Cid, bytes], altered: dict[Cid, bytes], what: str) -> dict[str, Any]:
    """A block that everything else hangs on."""
    if link not in blocks:
        raise BadRepository(f"{what} is {'not what its hash says' if link in altered else 'not in the file'}")
    try:
        value = decode(blocks[link])
    except BadBlock as bad:
        raise BadRepository(f"{what} cannot be read ({bad.code})") from None
    if not isinstance(value, dict):
        raise BadRepository(f"{what} is no object")
    return value


def _commit(commit: dict[str, Any]) -> tuple[str, str, Cid]:
    did, rev, top, signature = (commit.get(name) for name in ("did", "rev", "data", "sig"))
    if commit.get("version") not in (2, 3) or not isinstance(top, Cid):
        raise BadRepository("its root is no commit of a repository")
    if not isinstance(did, str) or not _DID.fullmatch(did):
        raise BadRepository("its commit does not say whose repository it is")
    if not isinstance(signature, bytes) or len(signature) != 64:
        raise BadRepository("its commit is not signed")
    return did, rev if isinstance(rev, str) and _REV.fullmatch(rev) else "", top


_Step = tuple[bytes | None, Cid, int]  # key (None: a subtree), what it names, how deep


def _records(
    top: Cid, blocks: dict[Cid, bytes], altered: dict[Cid, bytes], used: set[Cid]
) -> Iterator[tuple[str, Cid]]:
    """Walk the tree in the order of its keys. What would make it no tree is refused: loops, disorder, depth."""
    last = b""
    todo: list[_Step] = [(None, top, 0)]
    while todo:
        key, link, depth = todo.pop()
        if key is None:
            if link in used:
                raise BadRepository("its tree of records runs in a circle")
            if depth > MAX_TREE_DEPTH:
                raise BadRepository(f"its tree of records is deeper than {MAX_TREE_DEPTH} levels")
            used.add(link)
            todo += reversed(list(_steps(_part(link, blocks, altered, "a part of the tree of records"), depth)))
            continue
        if key <= last:
            raise BadRepository("the keys in its tree of records are not in order")
        last = key
        yield key.decode("ascii"), link


def _steps(node: dict[str, Any], depth: int) -> Iterator[_Step]:
    """What a node holds, left to right."""
    left, entries = node.get("l"), node.get("e")
    if not isinstance(entries, list) or not (left is None or isinstance(left, Cid)):
        raise BadRepository("a part of its tree of records is of an unknown form")
    if left is not None:
        yield None, left, depth + 1
    key = b""
    for entry in entries:
        if not isinstance(entry, dict):
            raise BadRepository("a part of its tree of records is of an unknown form")
        shared, rest, value, right = (entry.get(name) for name in "pkvt")
        if type(shared) is not int or not isinstance(rest, bytes) or not isinstance(value, Cid):
            raise BadRepository("a part of its tree of records is of an unknown form")
        if not (right is None or isinstance(right, Cid)) or not 0 <= shared <= len(key):
            raise BadRepository("a part of its tree of records is of an unknown form")
        key = key[:shared] + rest
        if len(key) > MAX_KEY or not _KEY.fullmatch(key):
            raise BadRepository("a key in its tree of records is none")
        yield key, value, depth
        if right is not None:
            yield None, right, depth + 1
