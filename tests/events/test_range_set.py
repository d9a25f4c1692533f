"""A RangeSet is a set of numbers, stored as ranges."""

from hypothesis import given
from hypothesis import strategies as st

from veritas.events.range_set import RangeSet

small = st.integers(1, 40)


@given(st.lists(small))
def test_a_range_set_agrees_with_an_ordinary_set(numbers):
    """Membership, size and the last number are those of an ordinary set of the same numbers."""
    range_set, plain = RangeSet(), set()
    for number in numbers:
        assert range_set.add(number) == (number not in plain)
        plain.add(number)
    assert sum(high - low + 1 for low, high in range_set.ranges()) == len(plain)
    assert all((number in range_set) == (number in plain) for number in range(45))
    assert range_set.last == max(plain, default=0)


@given(st.lists(st.tuples(small, st.integers(0, 9))))
def test_adding_a_range_is_the_same_as_adding_each_number(ranges):
    """The result is the same, and `add_all` returns whether one of the numbers was new."""
    range_set, one_by_one = RangeSet(), RangeSet()
    for first, more in ranges:
        new = [one_by_one.add(number) for number in range(first, first + more + 1)]
        assert range_set.add_all(first, first + more) == any(new)
        assert list(range_set.ranges()) == list(one_by_one.ranges())


@given(st.permutations(range(1, 30)))
def test_a_sequence_without_gaps_is_one_range_in_any_order(numbers):
    """Memory grows with the gaps, not with the numbers."""
    range_set = RangeSet()
    for number in numbers:
        range_set.add(number)
    assert list(range_set.ranges()) == [(1, 29)]
