"""An alignment of two sequences matches equal items first, then similar ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from veritas.diff.alignment import align

_sequences = st.lists(st.sampled_from([b"a", b"b", b"c", b"d"]), max_size=12)
_long = st.lists(st.integers(0, 400).map(lambda n: b"%d" % n), max_size=60)


def longest_common(a: list[bytes], b: list[bytes]) -> int:
    """Return the length of a longest common subsequence, by the textbook algorithm."""
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@given(_sequences | _long, _sequences | _long)
def test_every_item_is_in_one_group(a: list[bytes], b: list[bytes]) -> None:
    alignment = align((a, [b""] * len(a)), (b, [b""] * len(b)))
    pairs = [*alignment.equal, *alignment.moved, *alignment.similar]
    assert sorted([*(i for i, _ in pairs), *alignment.only_a]) == list(range(len(a)))
    assert sorted([*(j for _, j in pairs), *alignment.only_b]) == list(range(len(b)))


@given(_sequences | _long, _sequences | _long)
def test_equal_and_moved_items_are_equal_and_remaining_items_are_not(a: list[bytes], b: list[bytes]) -> None:
    alignment = align((a,), (b,))
    assert all(a[i] == b[j] for i, j in [*alignment.equal, *alignment.moved])
    assert not {a[i] for i in alignment.only_a} & {b[j] for j in alignment.only_b}


@given(_sequences | _long, _sequences | _long)
def test_matches_in_order_do_not_cross(a: list[bytes], b: list[bytes]) -> None:
    alignment = align((a, [b""] * len(a)), (b, [b""] * len(b)))
    pairs = sorted([*alignment.equal, *alignment.similar])
    assert [j for _, j in pairs] == sorted(j for _, j in pairs)


@given(_sequences, _sequences)
def test_it_does_not_depend_on_which_sequence_is_first(a: list[bytes], b: list[bytes]) -> None:
    assert align((a, [b"x"] * len(a)), (b, [b"x"] * len(b))).reversed() == align(
        (b, [b"x"] * len(b)), (a, [b"x"] * len(a))
    )


@given(_long, _long)
def test_as_many_unique_items_as_possible_are_matched(a: list[bytes], b: list[bytes]) -> None:
    a, b = list(dict.fromkeys(a)), list(dict.fromkeys(b))
    assert len(align((a,), (b,)).equal) == longest_common(a, b)
