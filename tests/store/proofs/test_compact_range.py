"""Any leaves, with the roots that cover the gaps between them, give the root of the whole tree; other roots do not."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from store.proofs.merkle import CompactRange, cover, inclusion_proof, node_hash, root, root_from_inclusion

LEAVES = [sha256(bytes([number])).digest() for number in range(100)]

sizes_and_leaves = st.integers(1, 100).flatmap(
    lambda size: st.tuples(st.just(size), st.sets(st.integers(0, size - 1), min_size=1))
)


def proofs_of(size: int, chosen: list[int]) -> list[list[bytes]]:
    """Return the roots that cover each gap; the last gap is the one after the last leaf."""
    starts, stops = [0, *(index + 1 for index in chosen)], [*chosen, size]
    return [
        [root(LEAVES[first : first + leaves]) for first, leaves in cover(start, stop)]
        for start, stop in zip(starts, stops, strict=True)
    ]


def root_of(size: int, chosen: list[int], proofs: list[list[bytes]]) -> bytes | None:
    """Return the root that leaves and proofs lead to; None if a proof does not cover its gap."""
    tree = CompactRange()
    for index, proof in zip([*chosen, size], proofs, strict=True):
        if not tree.append_subtrees(index, proof):
            return None
        if index < size:
            tree.append(LEAVES[index])
    return tree.root()


@given(sizes_and_leaves)
def test_leaves_and_gaps_lead_to_the_root(drawn: tuple[int, set[int]]) -> None:
    size, chosen = drawn[0], sorted(drawn[1])
    assert root_of(size, chosen, proofs_of(size, chosen)) == root(LEAVES[:size])


@given(st.integers(1, 100), st.data())
def test_the_gaps_around_a_leaf_give_an_inclusion_proof_of_rfc_6962(size: int, data: st.DataObject) -> None:
    """The standard proof can be created from the same hashes, and holds."""
    index = data.draw(st.integers(0, size - 1))
    before, after = proofs_of(size, [index])
    known = {(start, start + leaves): hash for (start, leaves), hash in zip(cover(0, index), before, strict=True)}
    known |= {(s, s + leaves): hash for (s, leaves), hash in zip(cover(index + 1, size), after, strict=True)}

    def subtree_root(start: int, stop: int) -> bytes:
        if (start, stop) in known:
            return known[start, stop]
        middle = start + (1 << ((stop - start - 1).bit_length() - 1))
        return node_hash(subtree_root(start, middle), subtree_root(middle, stop))

    proof = inclusion_proof(index, size, subtree_root)
    assert root_from_inclusion(index, size, LEAVES[index], proof) == root(LEAVES[:size])


@given(sizes_and_leaves, st.data())
def test_a_different_hash_in_a_gap_or_too_many_or_too_few_lead_to_another_root(
    drawn: tuple[int, set[int]], data: st.DataObject
) -> None:
    size, chosen = drawn[0], sorted(drawn[1])
    proofs = proofs_of(size, chosen)
    gap = data.draw(st.integers(0, len(proofs) - 1))
    changed = list(proofs[gap])
    match data.draw(st.sampled_from(["more", "fewer", "other"] if changed else ["more"])):
        case "more":
            changed.append(bytes(32))
        case "fewer":
            changed.pop()
        case "other":
            changed[data.draw(st.integers(0, len(changed) - 1))] = bytes(32)
    assert root_of(size, chosen, [*proofs[:gap], changed, *proofs[gap + 1 :]]) != root(LEAVES[:size])


@given(st.integers(0, 2**63), st.integers(0, 2**63))
def test_a_gap_is_covered_by_consecutive_complete_subtrees(start: int, stop: int) -> None:
    """However large the gap, they are few."""
    subtrees = list(cover(start, stop))
    assert len(subtrees) <= 126
    at = start
    for first, leaves in subtrees:
        assert first == at and leaves & (leaves - 1) == 0 and first % leaves == 0
        at += leaves
    assert at == max(start, stop)
