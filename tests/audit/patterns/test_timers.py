"""Clock faces are read in every form that shops draw them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.audit.patterns.timers import read_clock


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:14:59", 899),
        ("Sale ends in 14:59!", 899),
        ("02 : 13 : 45", 8_025),
        ("1:02:03:04", 93_784),
        ("1d 02:03:04", 93_784),
        ("2 days 3 hours 0 minutes", 183_600),
        ("3 hrs 25 mins 22 sec", 12_322),
        ("00DAYS00HOURS14MINUTES21SECONDS", 861),
        ("0 0 days 0 4 hours 1 0 min 5 9 sec", 15_059),
        ("00 02 13 45 Days Hrs Mins Secs", 8_025),
        ("02 13 45 hours minutes seconds", 8_025),
        ("59 seconds left", 59),
        ("5m 3s", 303),
    ],
)
def test_time_left_is_read(text: str, seconds: int) -> None:
    """The seconds that a face shows are found amid other words."""
    clock = read_clock(text)
    assert clock is not None
    assert clock.seconds == seconds


@pytest.mark.parametrize("text", ["", None, "3 items", "$12.50", "30 November", "9:00 am", "1,234", "v1.2.3", "2 days"])
def test_other_figures_are_no_clock(text: str | None) -> None:
    """Prices, dates, times of day and counts are not read as time left."""
    assert read_clock(text) is None


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59))
def test_both_notations_agree(hours: int, minutes: int, seconds: int) -> None:
    """Hours, minutes and seconds give the same time with colons and with names."""
    colons = read_clock(f"{hours:02}:{minutes:02}:{seconds:02}")
    names = read_clock(f"{hours} hours {minutes} minutes {seconds} seconds")
    assert colons is not None
    assert names is not None
    assert colons.seconds == names.seconds == hours * 3600 + minutes * 60 + seconds
