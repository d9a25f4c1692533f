"""The simulation of rollouts with known probabilities: how long each stage takes, and how often the gate errs."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from veritas.rollout.gate import ADVANCE, judge
from veritas.rollout.gate_input import GateInput
from veritas.rollout.gate_rules import CANNOT_SAY, ROLL_BACK
from veritas.rollout.metrics import ModeMetrics, Population, Tally, Values
from veritas.rollout.plan import Plan
from veritas.rollout.thresholds import Thresholds

_DAY = 86_400.0
_SPREAD = 0.5  # of the logarithm of a latency

REACHED, HOLDING = "reached the end", "still holding"


@dataclass(frozen=True)
class World:
    """The true properties of the simulated audits.

    Attributes:
        audits: The mean number of audits a day.
        success_stdout: The probability that an audit over stdout completes, 0-1.
        success_queue: The same over the queue.
        latency_stdout: The median of the audits' p95 latencies over stdout, in seconds.
        latency_queue: The same over the queue.
        loss: The probability that the queue loses an event, 0-1.
        events: How many events an audit emits.
        draw: The factor by which more audits get the queue than should; 1 for a fair draw.
    """

    audits: float = 100.0
    success_stdout: float = 0.97
    success_queue: float = 0.97
    latency_stdout: float = 0.005
    latency_queue: float = 0.005
    loss: float = 0.0
    events: int = 500
    draw: float = 1.0


@dataclass(frozen=True)
class Course:
    """The course of one simulated rollout.

    Attributes:
        end: `reached the end`, `still holding`, `cannot say`, or `roll back`.
        rules: The rules that ended it with `cannot say` or `roll back`; empty for another end.
        stage: The stage at which it ended.
        days: How many days each completed stage took, in order.
        audits: The number of all audits.
        over_queue: How many of them used the queue.
    """

    end: str
    rules: tuple[str, ...]
    stage: str
    days: tuple[int, ...]
    audits: int
    over_queue: int


@dataclass(frozen=True)
class Simulation:
    """The courses of many simulated rollouts in the same world."""

    plan: Plan
    courses: tuple[Course, ...]

    def ends(self) -> dict[tuple[str, str, str], int]:
        """Return the number of courses by end, stage and rules, the most frequent first."""
        counts = Counter((course.end, course.stage, ", ".join(course.rules)) for course in self.courses)
        return dict(counts.most_common())

    def days(self, number: int) -> Values:
        """Return how many days the plan's stage with this number took, in each course that completed it."""
        return np.array([course.days[number] for course in self.courses if len(course.days) > number], dtype=float)

    def as_dict(self) -> dict[str, Any]:
        """Return the results as JSON values."""
        return {
            "worlds": len(self.courses),
            "ends": [
                {"end": end, "stage": stage, "rules": rules, "worlds": worlds}
                for (end, stage, rules), worlds in self.ends().items()
            ],
            "stages": [
                {
                    "stage": stage.name,
                    "left": self.days(number).size,
                    "days_p50": _quantile(self.days(number), 0.5),
                    "days_p90": _quantile(self.days(number), 0.9),
                }
                for number, stage in enumerate(self.plan.stages)
            ],
            **{
                name: {f"p{share:.0%}"[:-1]: _quantile(values, share) for share in (0.5, 0.9)}
                for name, values in (
                    ("audits", np.array([course.audits for course in self.courses], dtype=float)),
                    ("over_queue", np.array([course.over_queue for course in self.courses], dtype=float)),
                )
            },
        }


def simulate(
    world: World, *, plan: Plan, thresholds: Thresholds, worlds: int = 200, seed: int = 0, limit: int = 365
) -> Simulation:
    """Simulate many rollouts; the gate judges once a day, and its decision is carried out.

    Args:
        world: The true properties of the audits, the same in all rollouts.
        plan: The stages.
        thresholds: The gate's thresholds.
        worlds: How many rollouts to simulate.
        seed: The seed of the random numbers.
        limit: After how many days a rollout is ended.
    """
    seeds = np.random.SeedSequence(seed).spawn(worlds)
    return Simulation(
        plan, tuple(_course(world, plan, thresholds, np.random.default_rng(each), limit) for each in seeds)
    )


def _course(world: World, plan: Plan, thresholds: Thresholds, draw: np.random.Generator, limit: int) -> Course:
    audits = over_queue = today = 0
    days: list[int] = []
    for number, stage in enumerate(plan.stages):
        arms = (_Arm("queue"), _Arm("stdout"))
        began, following = today, plan.stages[number + 1] if number + 1 < len(plan.stages) else None
        while True:
            if today >= limit:
                return Course(HOLDING, (), stage.name, tuple(days), audits, over_queue)
            today += 1
            new = int(draw.poisson(world.audits))
            queue = int(draw.binomial(new, min(1.0, stage.share * world.draw)))
            audits, over_queue = audits + new, over_queue + queue
            arms[0].add(draw, queue, world.success_queue, world.latency_queue, world.loss * world.events)
            arms[1].add(draw, new - queue, world.success_stdout, world.latency_stdout, 0.0)
            modes = {arm.mode: arm.metrics() for arm in arms if arm.runs}
            if not modes:
                continue
            population = Population(stage.name, True, stage.share, began * _DAY, None, modes)
            verdict = judge(GateInput("simulated", population, following, (), today * _DAY), thresholds)
            rules = tuple(each.rule for each in verdict.rulings if each.outcome in (ROLL_BACK, CANNOT_SAY))
            if rules:
                return Course(verdict.decision, rules, stage.name, tuple(days), audits, over_queue)
            if verdict.decision == ADVANCE:
                days.append(today - began)
                break
            if following is None:
                return Course(REACHED, (), stage.name, tuple(days), audits, over_queue)
    raise AssertionError("unreachable: the last stage returns")


class _Arm:
    """The runs of one mode at one stage so far."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.runs = 0
        self._completed = self._lost = 0
        self._latency: list[Values] = []

    def add(self, draw: np.random.Generator, runs: int, success: float, latency: float, lost: float) -> None:
        """Simulate *runs* more runs."""
        self.runs += runs
        self._completed += int(draw.binomial(runs, success))
        self._lost += int(draw.poisson(runs * lost))
        self._latency.append(latency * np.exp(draw.normal(0.0, _SPREAD, runs)))

    def metrics(self) -> ModeMetrics:
        """Return the metrics that a log would have of these runs."""
        return ModeMetrics(
            self.mode,
            statuses={"completed": self._completed, "failed": self.runs - self._completed},
            lost=Tally(self._lost, min(self._lost, self.runs), self.runs),
            latency={95: np.concatenate(self._latency)},
        )


def _quantile(values: Values, share: float) -> float | None:
    return float(np.quantile(values, share)) if values.size else None
