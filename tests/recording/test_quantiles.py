"""A quantile sketch's percentiles are within its relative error."""

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from veritas.recording.quantiles import RELATIVE_ERROR, QuantileSketch


@given(st.lists(st.floats(1e-6, 1e6), min_size=1), st.sampled_from([1, 50, 95, 99, 100]))
def test_a_percentile_is_within_one_percent(times: list[float], percent: int) -> None:
    """The true percentile is the time that so many percent of the times do not exceed."""
    sketch = QuantileSketch()
    for time in times:
        sketch.add(time)
    true = sorted(times)[ceil(percent / 100 * len(times)) - 1]
    assert sketch.percentile(percent) == pytest.approx(true, rel=RELATIVE_ERROR * 1.001)
    assert (sketch.count, sketch.longest) == (len(times), max(times))


def test_a_negative_time_is_ignored() -> None:
    """It results from a clock that was set back in between."""
    sketch = QuantileSketch()
    sketch.add(-0.5)
    assert sketch.count == 0
    assert sketch.percentile(50) is None


def test_a_percentile_of_times_below_a_microsecond_does_not_exceed_the_longest() -> None:
    sketch = QuantileSketch()
    sketch.add(0.0)
    assert sketch.percentile(50) == 0.0
