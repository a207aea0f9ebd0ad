"""The tree of RFC 9162: known roots, and agreement with a reference written straight from the RFC's definitions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_archive import merkle
from social_archive.merkle import TreeReader, verify_consistency, verify_inclusion

# The eight classic inputs of RFC 6962's reference implementation (certificate-transparency-go) and their roots.
INPUTS = [
    bytes.fromhex(h)
    for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
# (leaf, size, path) from the same source; leaves counted from 0.
PATHS = [
    (0, 1, []),
    (0, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (5, 8, ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 3, ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
]  # fmt: skip
CONSISTENCY = [
    (1, 1, []),
    (1, 8, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (6, 8, ["0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
    (2, 5, ["5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"]),
]  # fmt: skip


def reference_root(leaves: list[bytes]) -> bytes:
    """MTH, word for word from RFC 9162 2.1.1."""
    if not leaves:
        return merkle.EMPTY_ROOT
    if len(leaves) == 1:
        return merkle.leaf_hash(leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return merkle.node_hash(reference_root(leaves[:k]), reference_root(leaves[k:]))


def hashed(count: int) -> list[bytes]:
    return merkle.leaf_hashes(b"%d" % i for i in range(count))


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    assert merkle.root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_public_vectors(size: int) -> None:
    assert merkle.root(INPUTS[:size]).hex() == ROOTS[size - 1]
    assert TreeReader(merkle.leaf_hashes(INPUTS)).root(size).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("leaf", "size", "path"), PATHS)
def test_inclusion_paths_are_those_of_the_public_vectors(leaf: int, size: int, path: list[str]) -> None:
    assert [h.hex() for h in TreeReader(merkle.leaf_hashes(INPUTS)).inclusion(leaf, size)] == path
    proof = [bytes.fromhex(h) for h in path]
    assert verify_inclusion(merkle.leaf_hash(INPUTS[leaf]), leaf, size, proof, bytes.fromhex(ROOTS[size - 1]))


@pytest.mark.parametrize(("old", "size", "path"), CONSISTENCY)
def test_consistency_paths_are_those_of_the_public_vectors(old: int, size: int, path: list[str]) -> None:
    assert [h.hex() for h in TreeReader(merkle.leaf_hashes(INPUTS)).consistency(old, size)] == path
    roots = (bytes.fromhex(ROOTS[old - 1]), bytes.fromhex(ROOTS[size - 1]))
    assert verify_consistency(old, size, *roots, [bytes.fromhex(h) for h in path])


@given(st.lists(st.binary(max_size=3), max_size=70), st.data())
def test_a_tree_grown_in_steps_is_the_tree_of_the_definition(leaves: list[bytes], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(leaves)))
    hashes = merkle.leaf_hashes(leaves)
    grown = merkle.extend(merkle.extend((), 0, hashes[:cut]), cut, hashes[cut:])
    assert merkle.root_of(grown) == reference_root(leaves)
    assert len(grown) == len(leaves).bit_count()
    reader = TreeReader(hashes[:cut])
    reader.root()  # rows above are made, then must grow
    reader.append(hashes[cut:])
    assert reader.root() == reference_root(leaves)
    assert TreeReader(b"".join(hashes)).root() == reference_root(leaves)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 33])
def test_every_proof_of_a_tree_verifies_and_no_altered_one_does(size: int) -> None:
    hashes = hashed(size)
    reader = TreeReader(hashes)
    root = reader.root()
    for index in range(size):
        path = reader.inclusion(index)
        assert verify_inclusion(hashes[index], index, size, path, root)
        wrong = hashes[index][:-1] + bytes([hashes[index][-1] ^ 1])
        assert not verify_inclusion(wrong, index, size, path, root)
        assert not verify_inclusion(hashes[index], index, size, path, wrong)
        assert not verify_inclusion(hashes[index], index, size, [*path, wrong], root)
        assert not verify_inclusion(hashes[index], size, size, path, root)
        assert not verify_inclusion(hashes[index], -1, size, path, root)
        for other in range(size):
            assert other == index or not verify_inclusion(hashes[index], other, size, path, root)
        for place in range(len(path)):
            assert not verify_inclusion(hashes[index], index, size, path[:place] + path[place + 1 :], root)
            assert not verify_inclusion(hashes[index], index, size, [*path[:place], wrong, *path[place + 1 :]], root)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 6, 7, 8, 15, 16, 21])
def test_every_consistency_proof_verifies_and_no_altered_one_does(size: int) -> None:
    hashes = hashed(size)
    reader = TreeReader(hashes)
    new = reader.root()
    other = merkle.leaf_hash(b"other")
    for old in range(1, size + 1):
        was, proof = reader.root(old), reader.consistency(old)
        assert verify_consistency(old, size, was, new, proof)
        assert not verify_consistency(old, size, other, new, proof)
        assert not verify_consistency(old, size, was, other, proof)
        assert not verify_consistency(old, size, was, new, [*proof, other])
        assert not verify_consistency(size + 1, size, was, new, proof)
        assert not verify_consistency(-old, size, was, new, proof)
        for place in range(len(proof)):
            assert not verify_consistency(old, size, was, new, proof[:place] + proof[place + 1 :])
            assert not verify_consistency(old, size, was, new, [*proof[:place], other, *proof[place + 1 :]])


def test_a_rewritten_past_is_not_consistent() -> None:
    honest, forged = hashed(12), hashed(12)
    forged[3] = merkle.leaf_hash(b"forged")
    was = TreeReader(honest).root(8)
    reader = TreeReader(forged)
    assert not verify_consistency(8, 12, was, reader.root(), reader.consistency(8))


@pytest.mark.parametrize(("index", "size"), [(True, 2), (0.0, 2), ("0", 2), (0, 2.0), (0, 0)])
def test_numbers_of_another_type_are_refused(index: object, size: object) -> None:
    hashes = hashed(2)
    assert not verify_inclusion(hashes[0], index, size, [hashes[1]], TreeReader(hashes).root())  # type: ignore[arg-type]


@pytest.mark.parametrize("path", [[b"short"], ["text"], [None]])
def test_paths_of_something_else_than_hashes_are_refused(path: list[object]) -> None:
    hashes = hashed(2)
    assert not verify_inclusion(hashes[0], 0, 2, path, TreeReader(hashes).root())  # type: ignore[arg-type]


def test_a_leaf_is_never_taken_for_a_node() -> None:
    left, right = hashed(2)
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)


def test_a_frontier_that_does_not_fit_the_size_is_refused() -> None:
    with pytest.raises(ValueError, match="subtrees"):
        merkle.extend((), 3, [])
    with pytest.raises(ValueError, match="32 bytes"):
        TreeReader(b"x" * 33)
    for bad in (-1, 2):
        with pytest.raises(ValueError, match="not"):
            TreeReader(hashed(1)).inclusion(bad)
    with pytest.raises(ValueError, match="consistency"):
        TreeReader(hashed(1)).consistency(0)


@given(st.integers(1, 70).flatmap(lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1)))))
def test_the_paths_of_many_leaves_are_those_of_each(some: tuple[int, set[int]]) -> None:
    size, wanted = some
    reader = TreeReader(hashed(80))
    paths = reader.inclusions(wanted, size)
    assert {leaf: list(path) for leaf, path in paths.items()} == {leaf: reader.inclusion(leaf, size) for leaf in wanted}
    with pytest.raises(ValueError, match="not all"):
        reader.inclusions([size], size)
