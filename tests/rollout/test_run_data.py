"""Every run is in one period, and there are only as many periods as are useful."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from veritas.rollout.run_data import DrawnRuns, periods_of

START = 1_700_000_000.0
moments = st.lists(st.floats(START, START + 3e7), max_size=50)
drawn = st.lists(st.tuples(moments, st.booleans(), st.booleans(), st.sampled_from([0.1, 0.5, 1.0])), max_size=4)


def periods(*runs: tuple[list[float], bool, bool, float]) -> list[tuple[float, float, int, int, int, float]]:
    periods = periods_of([DrawnRuns(np.array(requested, dtype=float), *kind) for requested, *kind in runs])
    return [
        (each.at - START, each.length, each.queue, each.stdout, each.fell_back, round(each.wanted, 6))
        for each in periods
    ]


@given(drawn)
def test_every_run_is_in_one_period(runs: list[tuple[list[float], bool, bool, float]]) -> None:
    periods = periods_of([DrawnRuns(np.array(requested, dtype=float), *kind) for requested, *kind in runs])
    assert sum(each.queue for each in periods) == sum(len(requested) for requested, queue, *_ in runs if queue)
    assert sum(each.stdout for each in periods) == sum(len(requested) for requested, queue, *_ in runs if not queue)
    fell = [len(requested) for requested, queue, fell_back, _ in runs if queue and fell_back]
    assert sum(each.fell_back for each in periods) == sum(fell)
    for requested, *_ in runs:
        for moment in requested:
            assert sum(each.at <= moment < each.at + each.length for each in periods) == 1
    assert len(periods) <= 61 and [each.at for each in periods] == sorted({each.at for each in periods})


def test_periods_are_minutes_for_a_short_rollout_and_days_for_a_long_one() -> None:
    assert periods(
        ([START, START + 70], True, False, 0.5), ([START + 1], True, True, 0.5), ([START + 75], False, False, 0.25)
    ) == [(-20.0, 60.0, 2, 0, 1, 0.5), (40.0, 60.0, 1, 1, 0, 0.375)]
    (first, last) = periods(([START, START + 30 * 86_400], True, False, 0.5))
    assert (first[1], last[1]) == (86_400.0, 86_400.0)


def test_without_runs_there_are_no_periods() -> None:
    assert periods() == periods(([], True, False, 0.5)) == []
