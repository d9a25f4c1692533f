"""The gate in worlds whose truth is known, with fixed seeds; the benchmark `rollout` has a thousand of each."""

from __future__ import annotations

import pytest

from veritas.rollout.plan import DEFAULT_PLAN
from veritas.rollout.simulation import HOLDING, REACHED, Simulation, World, simulate
from veritas.rollout.thresholds import Thresholds

SEED = 7


def simulated(worlds: int, limit: int = 365, **truth: float) -> Simulation:
    return simulate(World(**truth), plan=DEFAULT_PLAN, thresholds=Thresholds(), worlds=worlds, seed=SEED, limit=limit)


def ends(found: Simulation) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(course.end, course.stage, course.rules) for course in found.courses}


def test_equal_modes_reach_the_end() -> None:
    found = simulated(20, audits=500.0)
    assert ends(found) == {(REACHED, "100%", ())}
    assert [found.days(number).size for number in range(5)] == [20, 20, 20, 20, 0]


def test_a_queue_that_loses_events_is_rolled_back_before_a_hundred_audits_over_it() -> None:
    """One event in 10,000, where an audit emits 500: the loss of one is enough."""
    found = simulated(200, loss=1e-4)
    assert ends(found) <= {("roll back", "10%", ("loss",)), ("roll back", "25%", ("loss",))}
    assert sum(course.over_queue >= 100 for course in found.courses) <= 0.02 * 200


def test_a_queue_on_which_three_points_more_fail_does_not_get_past_a_quarter() -> None:
    found = simulated(20, audits=500.0, success_queue=0.94)
    assert found.days(1).size <= 0.05 * 20  # the plan's second stage is 25%


def test_a_slow_queue_is_rolled_back() -> None:
    assert ends(simulated(20, latency_queue=0.1)) == {("roll back", "10%", ("latency",))}


def test_a_broken_draw_is_caught() -> None:
    assert ends(simulated(20, draw=1.5)) == {("cannot say", "10%", ("sample ratio",))}


def test_too_few_audits_hold() -> None:
    assert ends(simulated(3, limit=30, audits=2.0)) == {(HOLDING, "10%", ())}


def test_the_same_seed_draws_the_same_worlds() -> None:
    assert simulated(3, limit=10) == simulated(3, limit=10)


@pytest.mark.parametrize("worlds", [1, 3])
def test_it_is_told_in_json(worlds: int) -> None:
    told = simulated(worlds, latency_queue=0.1).as_dict()
    assert told["ends"] == [{"end": "roll back", "stage": "10%", "rules": "latency", "worlds": worlds}]
    assert told["stages"][0] == {"stage": "10%", "left": 0, "days_p50": None, "days_p90": None}
    assert told["audits"]["p90"] >= told["over_queue"]["p90"] > 0
