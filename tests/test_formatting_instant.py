"""Moments are written in UTC, and only where there is such a moment."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.formatting import elapsed, iso_time


def test_a_moment_is_written_with_microseconds_and_its_zone() -> None:
    assert iso_time(1_763_800_000.25) == "2025-11-22T08:26:40.250000Z"


@pytest.mark.parametrize("seconds", [None, 1e300, -1e300, math.inf, math.nan, 10**400])
def test_what_no_calendar_holds_is_unknown(seconds: float | None) -> None:
    assert iso_time(seconds) is None


@given(st.floats() | st.integers())
def test_any_number_has_an_outcome(seconds: float) -> None:
    text = iso_time(seconds)
    assert text is None or text.endswith("Z")


def test_time_that_ran_backwards_has_no_length() -> None:
    assert elapsed(2.0, 5.0) == 3.0
    assert elapsed(5.0, 2.0) is None
    assert elapsed(-1e308, 1e308) is None
    assert elapsed(None, 2.0) is None
    assert elapsed(2.0, None) is None
