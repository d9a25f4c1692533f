"""The dates under a plot have room, and everything is within its frame."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from veritas.report.plot import LEFT, RIGHT, WIDTH, dates_of, x_of, y_of

_CHARACTERS = 20  # of a date with its time
_CHARACTER = 6.3  # units per character on a wide page

_DATE = "2025-11-22 08:26:40Z"


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_dates_are_in_order_and_do_not_overlap(shares: list[float]) -> None:
    """The first one is always there."""
    places = sorted(map(x_of, shares))
    dates = dates_of([(x, _DATE) for x in places])
    assert dates[0].x == places[0]
    width = _CHARACTERS * _CHARACTER
    starts = [date.x - {"start": 0, "middle": width / 2, "end": width}[date.anchor] for date in dates]
    assert all(after - before >= width for before, after in pairwise(starts))


def test_a_narrow_page_has_the_first_and_the_last_date() -> None:
    dates = dates_of([(x_of(share), _DATE) for share in (0, 0.25, 0.5, 0.75, 1)])
    assert [date.spare for date in dates] == [False, True, False]


def test_a_share_has_its_place_within_the_margins() -> None:
    assert (x_of(0), x_of(1)) == (LEFT, WIDTH - RIGHT)
    assert 0 < y_of(1, 260) < y_of(0, 260) < 260
