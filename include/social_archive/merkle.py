"""The Merkle tree of RFC 9162 (the same tree as RFC 6962) over SHA-256: appends, proofs, verification.

Hashes are 32 raw bytes. A *frontier* is what an append needs to know of the past: the roots of the perfect subtrees
that the first `size` leaves form, largest (leftmost) first, one for every 1 in the binary form of `size`.

Everything here is a pure function of its arguments and does no I/O.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from typing import Final

HASH_SIZE: Final = 32
Frontier = tuple[bytes, ...]

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
_sha256 = hashlib.sha256


def leaf_hash(leaf: bytes) -> bytes:
    return _sha256(b"\x00" + leaf).digest()


def leaf_hashes(leaves: Iterable[bytes]) -> list[bytes]:
    return [_sha256(b"\x00" + leaf).digest() for leaf in leaves]


def node_hash(left: bytes, right: bytes) -> bytes:
    return _sha256(b"\x01" + left + right).digest()


# --------------------------------------------------------------------------- growing


def extend(frontier: Frontier, size: int, hashes: Sequence[bytes]) -> Frontier:
    """The frontier after `hashes` (leaf hashes) follow the first `size` leaves. O(len(hashes) + log size)."""
    if len(frontier) != size.bit_count():
        raise ValueError(f"a tree of {size} leaves has {size.bit_count()} subtrees, not {len(frontier)}")
    waiting = list(frontier)  # smallest subtree last
    row: list[bytes] = list(hashes)
    grown: list[bytes] = []  # smallest first
    while row or waiting:
        if size & 1:
            row.insert(0, waiting.pop())
        if len(row) & 1:
            grown.append(row.pop())
        pairs = iter(row)
        row = [_sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]
        size >>= 1
    return tuple(reversed(grown))


def root_of(frontier: Frontier) -> bytes:
    """The root of the tree that a frontier stands for."""
    if not frontier:
        return EMPTY_ROOT
    root = frontier[-1]
    for left in reversed(frontier[:-1]):
        root = node_hash(left, root)
    return root


def root(leaves: Iterable[bytes]) -> bytes:
    """MTH of the leaves' data (not of their hashes)."""
    return root_of(extend((), 0, leaf_hashes(leaves)))


_EDGES: Final = 4096
"""Subtrees at the edge that are remembered: proofs under one root share them."""


class TreeReader:
    """All leaf hashes of a tree, from which any root and proof is made.

    `hashes`: a sequence of 32-byte hashes, or all of them in one bytes-like (as a cache file holds them). Inner
    rows are made once, on first use: 64 MB for a million leaves, and proofs then take O(log n).
    """

    def __init__(self, hashes: Sequence[bytes] | bytes | bytearray = ()) -> None:
        blob = bytearray(hashes) if isinstance(hashes, (bytes, bytearray)) else bytearray().join(hashes)
        if len(blob) % HASH_SIZE:
            raise ValueError("leaf hashes are 32 bytes each")
        self._rows = [blob]  # row h holds the roots of the perfect subtrees of 2**h leaves
        self._edges: dict[tuple[int, int], bytes] = {}  # other subtrees: those at the right edge of a tree

    @property
    def size(self) -> int:
        return len(self._rows[0]) // HASH_SIZE

    def append(self, hashes: Iterable[bytes]) -> None:
        """Add leaf hashes; rows above grow by what is new."""
        self._rows[0] += b"".join(hashes)

    def leaf(self, index: int) -> bytes:
        return self._node(0, index)

    def root(self, size: int | None = None) -> bytes:
        """The root of the first `size` leaves."""
        size = self._checked(size)
        return self._hash_of(0, size) if size else EMPTY_ROOT

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        """PATH(index, D[size]) of RFC 9162 2.1.3.1: the proof that leaf `index` is in the first `size` leaves."""
        size = self._checked(size)
        if not 0 <= index < size:
            raise ValueError(f"leaf {index} is not in a tree of {size}")
        return list(self.inclusions([index], size)[index])

    def inclusions(self, indices: Iterable[int], size: int | None = None) -> dict[int, tuple[bytes, ...]]:
        """PATH of many leaves: what their paths share is looked up once for all of them."""
        size, wanted = self._checked(size), sorted(set(indices))
        if wanted and not 0 <= wanted[0] <= wanted[-1] < size:
            raise ValueError(f"not all of these leaves are in a tree of {size}")
        found: dict[int, tuple[bytes, ...]] = {}
        waiting: list[tuple[int, int, int, int, tuple[bytes, ...]]] = [(0, size, 0, len(wanted), ())] if wanted else []
        while waiting:
            low, high, first, last, path = waiting.pop()
            if high - low == 1:
                found[low] = path
                continue
            middle = low + _split(high - low)
            cut = bisect_left(wanted, middle, first, last)
            if first < cut:
                waiting.append((low, middle, first, cut, (self._hash_of(middle, high), *path)))
            if cut < last:
                waiting.append((middle, high, cut, last, (self._hash_of(low, middle), *path)))
        return found

    def consistency(self, old: int, size: int | None = None) -> list[bytes]:
        """PROOF(old, D[size]) of RFC 9162 2.1.4.1: the tree of `size` leaves begins with the tree of `old` leaves."""
        size = self._checked(size)
        if not 0 < old <= size:
            raise ValueError(f"no consistency proof from {old} to {size} leaves")
        proof: list[bytes] = []
        low, high, whole = 0, size, True  # whole: the subtree is one that the old tree's owner knows
        while old != high:
            middle = low + _split(high - low)
            if old <= middle:
                proof.append(self._hash_of(middle, high))
                high = middle
            else:
                proof.append(self._hash_of(low, middle))
                low, whole = middle, False
        return ([] if whole else [self._hash_of(low, high)]) + proof[::-1]

    def _checked(self, size: int | None) -> int:
        if size is None:
            return self.size
        if not 0 <= size <= self.size:
            raise ValueError(f"this tree has {self.size} leaves, not {size}")
        return size

    def _hash_of(self, low: int, high: int) -> bytes:
        """MTH(D[low:high]) where `low` is a multiple of the largest power of two below `high - low`."""
        count = high - low
        if count & (count - 1) == 0:
            height = count.bit_length() - 1
            return self._node(height, low >> height)
        known = self._edges.get((low, high))
        if known is None:
            middle = low + _split(count)
            known = node_hash(self._hash_of(low, middle), self._hash_of(middle, high))
            if len(self._edges) >= _EDGES:
                self._edges.clear()
            self._edges[low, high] = known
        return known

    def _node(self, height: int, index: int) -> bytes:
        start = index * HASH_SIZE
        row = self._rows[height] if height < len(self._rows) else b""
        if len(row) < start + HASH_SIZE:
            row = self._row(height)
        return bytes(row[start : start + HASH_SIZE])

    def _row(self, height: int) -> bytearray:
        while len(self._rows) <= height:
            self._rows.append(bytearray())
        for above in range(1, height + 1):
            below, row = self._rows[above - 1], self._rows[above]
            ready = len(below) // (2 * HASH_SIZE) * (2 * HASH_SIZE)
            if len(row) * 2 < ready:
                view = bytes(below[len(row) * 2 : ready])
                row += b"".join(
                    [_sha256(b"\x01" + view[i : i + 64]).digest() for i in range(0, len(view), 2 * HASH_SIZE)]
                )
        return self._rows[height]


def _split(count: int) -> int:
    """The largest power of two smaller than `count` (count > 1)."""
    return 1 << ((count - 1).bit_length() - 1)


# --------------------------------------------------------------------------- verifying


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], expected_root: bytes) -> bool:
    """RFC 9162 2.1.3.2: is the leaf with this *hash* at `index` in the tree of `size` leaves with `expected_root`?"""
    if not _whole_numbers(index, size) or not 0 <= index < size or not _all_hashes((leaf, expected_root, *path)):
        return False
    fn, sn, r = index, size - 1, leaf
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn != 0:
                fn >>= 1
                sn >>= 1
        else:
            r = node_hash(r, p)
        fn >>= 1
        sn >>= 1
    return sn == 0 and r == expected_root


def verify_consistency(old: int, size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """RFC 9162 2.1.4.2: does the tree of `size` leaves begin with the tree of `old` leaves?"""
    if not _whole_numbers(old, size) or not 0 <= old <= size or not _all_hashes((old_root, new_root, *proof)):
        return False
    if old == size:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof)
    if old & (old - 1) == 0:
        path.insert(0, old_root)
    if not path:
        return False
    fn, sn = old - 1, size - 1
    while fn & 1:
        fn >>= 1
        sn >>= 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr = node_hash(c, fr)
            sr = node_hash(c, sr)
            while not fn & 1 and fn != 0:
                fn >>= 1
                sn >>= 1
        else:
            sr = node_hash(sr, c)
        fn >>= 1
        sn >>= 1
    return sn == 0 and fr == old_root and sr == new_root


def _whole_numbers(*values: object) -> bool:
    return all(type(v) is int for v in values)


def _all_hashes(values: Iterable[object]) -> bool:
    return all(isinstance(v, bytes) and len(v) == HASH_SIZE for v in values)
