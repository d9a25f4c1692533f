"""Alignment of sequences."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from veritas.diff.alignment import align

_sequences = st.lists(st.sampled_from([b"a", b"b", b"c", b"d"]), max_size=12)
_long = st.lists(st.integers(0, 400).map(lambda n: b"%d" % n), max_size=60)


def longest_common(a: list[bytes], b: list[bytes]) -> int:
    """Return the length of a longest common subsequence, by the textbook's table."""
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@given(_sequences | _long, _sequences | _long)
def test_every_item_has_one_place(a: list[bytes], b: list[bytes]) -> None:
    found = align((a, [b""] * len(a)), (b, [b""] * len(b)))
    pairs = [*found.equal, *found.moved, *found.similar]
    assert sorted([*(i for i, _ in pairs), *found.only_a]) == list(range(len(a)))
    assert sorted([*(j for _, j in pairs), *found.only_b]) == list(range(len(b)))


@given(_sequences | _long, _sequences | _long)
def test_equal_and_moved_items_are_equal_and_what_is_left_is_not(a: list[bytes], b: list[bytes]) -> None:
    found = align((a,), (b,))
    assert all(a[i] == b[j] for i, j in [*found.equal, *found.moved])
    assert not {a[i] for i in found.only_a} & {b[j] for j in found.only_b}


@given(_sequences | _long, _sequences | _long)
def test_what_is_in_order_does_not_cross(a: list[bytes], b: list[bytes]) -> None:
    found = align((a, [b""] * len(a)), (b, [b""] * len(b)))
    pairs = sorted([*found.equal, *found.similar])
    assert [j for _, j in pairs] == sorted(j for _, j in pairs)


@given(_sequences, _sequences)
def test_it_is_the_same_from_either_side(a: list[bytes], b: list[bytes]) -> None:
    assert align((a, [b"x"] * len(a)), (b, [b"x"] * len(b))).reversed() == align(
        (b, [b"x"] * len(b)), (a, [b"x"] * len(a))
    )


@given(_long, _long)
def test_items_that_occur_once_are_matched_as_often_as_can_be(a: list[bytes], b: list[bytes]) -> None:
    a, b = list(dict.fromkeys(a)), list(dict.fromkeys(b))
    assert len(align((a,), (b,)).equal) == longest_common(a, b)
