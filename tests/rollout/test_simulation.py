"""The gate decides correctly in simulated worlds with fixed seeds; the benchmark `rollout` has a thousand of each."""

from __future__ import annotations

import pytest

from veritas.rollout.plan import DEFAULT_PLAN
from veritas.rollout.simulation import HOLDING, REACHED, Simulation, World, simulate
from veritas.rollout.thresholds import Thresholds

SEED = 7


def simulated(worlds: int, limit: int = 365, **truth: float) -> Simulation:
    return simulate(World(**truth), plan=DEFAULT_PLAN, thresholds=Thresholds(), worlds=worlds, seed=SEED, limit=limit)


def ends(simulation: Simulation) -> set[tuple[str, str, tuple[str, ...]]]:
    return {(course.end, course.stage, course.rules) for course in simulation.courses}


def test_equal_modes_reach_the_end() -> None:
    simulation = simulated(20, audits=500.0)
    assert ends(simulation) == {(REACHED, "100%", ())}
    assert [simulation.days(number).size for number in range(5)] == [20, 20, 20, 20, 0]


def test_a_queue_that_loses_events_is_rolled_back_before_a_hundred_audits_over_it() -> None:
    """It loses one event in 10,000, and an audit emits 500: one loss is enough."""
    simulation = simulated(200, loss=1e-4)
    assert ends(simulation) <= {("roll back", "10%", ("loss",)), ("roll back", "25%", ("loss",))}
    assert sum(course.over_queue >= 100 for course in simulation.courses) <= 0.02 * 200


def test_a_queue_with_three_points_more_failures_does_not_get_past_25_percent() -> None:
    """Of the benchmark's thousand worlds, one in twenty at most may."""
    simulation = simulated(5, audits=500.0, success_queue=0.94)
    assert simulation.days(1).size == 0  # the plan's second stage is 25%


def test_a_slow_queue_is_rolled_back() -> None:
    assert ends(simulated(20, latency_queue=0.1)) == {("roll back", "10%", ("latency",))}


def test_a_broken_draw_is_caught() -> None:
    assert ends(simulated(20, draw=1.5)) == {("cannot say", "10%", ("sample ratio",))}


def test_too_few_audits_hold() -> None:
    assert ends(simulated(3, limit=30, audits=2.0)) == {(HOLDING, "10%", ())}


def test_the_same_seed_draws_the_same_worlds() -> None:
    assert simulated(3, limit=10) == simulated(3, limit=10)


@pytest.mark.parametrize("worlds", [1, 3])
def test_it_can_be_written_as_json(worlds: int) -> None:
    result = simulated(worlds, latency_queue=0.1).as_dict()
    assert result["ends"] == [{"end": "roll back", "stage": "10%", "rules": "latency", "worlds": worlds}]
    assert result["stages"][0] == {"stage": "10%", "left": 0, "days_p50": None, "days_p90": None}
    assert result["audits"]["p90"] >= result["over_queue"]["p90"] > 0
