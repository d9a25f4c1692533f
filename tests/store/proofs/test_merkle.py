"""The tree is that of RFC 6962; true proofs hold, and false ones do not."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.proofs.merkle import (
    EMPTY_ROOT,
    CompactRange,
    SubtreeRoot,
    consistency_proof,
    inclusion_proof,
    is_consistent,
    node_hash,
    root,
    root_from_inclusion,
)

# The test vectors of Certificate Transparency: these leaves, the roots of the first 1 to 8 of them, and some proofs.
LEAVES = [
    sha256(b"\x00" + bytes.fromhex(data)).digest()
    for data in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
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
INCLUSION = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
CONSISTENCY = {
    (1, 8): INCLUSION[0, 8],
    (2, 8): INCLUSION[0, 8][1:],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}

sizes = st.integers(1, 70)


def leaves(size: int) -> list[bytes]:
    """Return *size* different leaves."""
    return [sha256(b"\x00%d" % number).digest() for number in range(size)]


def subtree_roots(hashes: list[bytes]) -> SubtreeRoot:
    """Return a function that computes the roots of the subtrees over these leaves."""
    return lambda start, stop: root(hashes[start:stop])


def tree_hash(hashes: list[bytes]) -> bytes:
    """Return the root as RFC 6962 defines it, word for word."""
    if len(hashes) == 1:
        return hashes[0]
    half = 1
    while half * 2 < len(hashes):
        half *= 2
    return node_hash(tree_hash(hashes[:half]), tree_hash(hashes[half:]))


def test_an_empty_tree_has_the_hash_of_nothing() -> None:
    assert root([]) == CompactRange().root() == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_the_published_roots_are_ours(size: int) -> None:
    assert root(LEAVES[:size]).hex() == ROOTS[size - 1]


def test_the_published_proofs_are_ours() -> None:
    for (index, size), proof in INCLUSION.items():
        assert [hash.hex() for hash in inclusion_proof(index, size, subtree_roots(LEAVES))] == proof
    for (first, second), proof in CONSISTENCY.items():
        assert [hash.hex() for hash in consistency_proof(first, second, subtree_roots(LEAVES))] == proof


@given(st.integers(1, 600))
def test_the_root_matches_the_definition(size: int) -> None:
    assert root(leaves(size)) == tree_hash(leaves(size))


@given(st.lists(st.integers(0, 9), max_size=60))
def test_a_compact_range_has_the_same_root(exponents: list[int]) -> None:
    """It grows leaf by leaf, and by complete subtrees wherever one fits."""
    grown, hashes = CompactRange(), leaves(0)
    every = leaves(60 * 512)
    for exponent in exponents:
        count = 1 << exponent
        while grown.size % count:
            count //= 2
        batch = every[grown.size : grown.size + count]
        grown.append(root(batch), count)
        hashes += batch
        assert (grown.size, grown.root()) == (len(hashes), root(hashes))


@pytest.mark.parametrize("count", [0, -1, 3, 2])
def test_an_incomplete_subtree_cannot_be_appended(count: int) -> None:
    grown = CompactRange()
    grown.append(LEAVES[0])
    with pytest.raises(ValueError, match="not a complete subtree"):
        grown.append(LEAVES[1], count)


@given(sizes, st.data())
def test_every_inclusion_proof_holds_and_a_wrong_one_does_not(size: int, data: st.DataObject) -> None:
    """A wrong one has a changed bit, a hash more or less, a different place or a different leaf."""
    hashes = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, subtree_roots(hashes))
    assert root_from_inclusion(index, size, hashes[index], proof) == root(hashes)
    for wrong in wrong_proofs(proof, data):
        assert root_from_inclusion(index, size, hashes[index], wrong) != root(hashes)
    other = data.draw(st.integers(-1, size))
    if other != index:
        assert root_from_inclusion(other, size, hashes[index], proof) != root(hashes)
    assert root_from_inclusion(index, size, sha256(b"other").digest(), proof) != root(hashes)


@given(sizes, st.data())
def test_every_consistency_proof_holds_and_a_wrong_one_does_not(second: int, data: st.DataObject) -> None:
    hashes = leaves(second)
    first = data.draw(st.integers(1, second))
    first_root, second_root = root(hashes[:first]), root(hashes)
    proof = consistency_proof(first, second, subtree_roots(hashes))
    assert is_consistent(first, second, first_root, second_root, proof)
    for wrong in wrong_proofs(proof, data):
        assert not is_consistent(first, second, first_root, second_root, wrong)
    forged = sha256(b"other").digest()
    assert not is_consistent(first, second, forged, second_root, proof)
    assert not is_consistent(first, second, first_root, forged, proof)


def wrong_proofs(proof: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    """Return proofs that differ from *proof* by one change."""
    wrong = [[*proof, sha256(b"more").digest()]]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        changed = bytes([proof[at][0] ^ 1]) + proof[at][1:]
        wrong += [[*proof[:at], changed, *proof[at + 1 :]], proof[:at] + proof[at + 1 :]]
    return wrong


def test_every_tree_begins_with_the_empty_tree() -> None:
    assert consistency_proof(0, 5, subtree_roots(LEAVES)) == []
    assert is_consistent(0, 5, EMPTY_ROOT, root(LEAVES[:5]), [])
    assert is_consistent(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    assert not is_consistent(0, 5, EMPTY_ROOT, root(LEAVES[:5]), [LEAVES[0]])
    assert not is_consistent(0, 5, LEAVES[0], root(LEAVES[:5]), [])
    assert not is_consistent(0, 0, LEAVES[0], LEAVES[0], [])


def test_there_is_no_proof_of_missing_leaves() -> None:
    for index, size in ((8, 8), (-1, 8), (0, 0)):
        with pytest.raises(ValueError, match="is not in a tree"):
            inclusion_proof(index, size, subtree_roots(LEAVES))
        assert root_from_inclusion(index, size, LEAVES[0], []) is None
    for first, second in ((5, 4), (-1, 3)):
        with pytest.raises(ValueError, match="does not begin"):
            consistency_proof(first, second, subtree_roots(LEAVES))
        assert not is_consistent(first, second, LEAVES[0], LEAVES[0], [])
