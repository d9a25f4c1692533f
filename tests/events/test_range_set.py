"""A RangeSet is a set of numbers, kept as intervals."""

from hypothesis import given
from hypothesis import strategies as st

from veritas.events.range_set import RangeSet

small = st.integers(1, 40)


@given(st.lists(small))
def test_it_agrees_with_a_set(numbers):
    """Membership, size and the last number are those of an ordinary set of the same numbers."""
    sequence, plain = RangeSet(), set()
    for number in numbers:
        assert sequence.add(number) == (number not in plain)
        plain.add(number)
    assert sum(high - low + 1 for low, high in sequence.intervals()) == len(plain)
    assert all((number in sequence) == (number in plain) for number in range(45))
    assert sequence.last == max(plain, default=0)


@given(st.lists(st.tuples(small, st.integers(0, 9))))
def test_numbers_in_a_row_are_added_at_once(intervals):
    """It comes to the same as to add each of them, and tells whether one of them was new."""
    sequence, one_by_one = RangeSet(), RangeSet()
    for first, more in intervals:
        new = [one_by_one.add(number) for number in range(first, first + more + 1)]
        assert sequence.add_all(first, first + more) == any(new)
        assert list(sequence.intervals()) == list(one_by_one.intervals())


@given(st.permutations(range(1, 30)))
def test_a_full_sequence_is_one_interval_in_any_order(numbers):
    """Memory grows with the gaps, not with the numbers."""
    sequence = RangeSet()
    for number in numbers:
        sequence.add(number)
    assert list(sequence.intervals()) == [(1, 29)]
