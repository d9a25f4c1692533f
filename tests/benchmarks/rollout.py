"""The time that a rollout's metrics and gate take, and how often the gate errs in simulations.

`python -m tests.benchmarks rollout [--json] [--repetitions N] [--only FIGURES] [--large]`

* `hundred`: 100,000 runs of one stage: the time for the metrics, and for the gate with all its rules.
* `million`: the same for 1,000,000 runs, which take a minute to write: `--large`.
* `worlds`: how often the gate errs, in 1,000 simulated worlds of each kind, with 50 or 500 audits per day. It takes
  minutes.
* `refresh`: the rate of recording one more run and its row in the read model, compared with an empty log.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

from store.log import EventLog
from tests.benchmarks._figure import Figure, compare, in_turn, measure
from tests.benchmarks._files import temporary_log
from tests.benchmarks._log_work import append_work, rate
from tests.benchmarks._rollout_log import fill_with_runs
from veritas.archive.archive import Archive
from veritas.rollout.gate import judge
from veritas.rollout.plan import DEFAULT_PLAN
from veritas.rollout.queries import read_gate_input, read_metrics
from veritas.rollout.simulation import Course, World, simulate
from veritas.rollout.thresholds import Thresholds

HUNDRED, MILLION, WORLDS = 100_000, 1_000_000, 1_000


def main(argv: list[str]) -> int:
    """Run the measurements and print the figures."""
    return measure(
        argv,
        name="rollout",
        doc=__doc__,
        measures={"hundred": hundred, "refresh": refresh, "worlds": worlds, "million": million},
        repetitions=5,
        optional=("million", "--large", "measure a million runs too"),
    )


def hundred(repetitions: int) -> Iterator[Figure]:
    """Measure the metrics and the gate of 100,000 runs."""
    yield from _metrics_and_gate(HUNDRED, repetitions, "<= 1")


def million(repetitions: int) -> Iterator[Figure]:
    """Measure the metrics and the gate of a million runs."""
    yield from _metrics_and_gate(MILLION, repetitions, "<= 5")


def worlds(repetitions: int) -> Iterator[Figure]:
    """Measure how often the gate errs; the number of worlds takes the place of repetitions."""
    for what, world, is_error, target in (
        ("equal, rolled back", World(audits=500), _rolled_back, "<= 0.01"),
        ("3 points worse, past 25%", World(audits=500, success_queue=0.94), _past_a_quarter, "<= 0.05"),
        ("1 of 10,000 lost, after 100", World(audits=50, loss=1e-4), _late, "<= 0.05"),
        ("draw 1.5 times, not caught", World(audits=500, draw=1.5), _uncaught, "<= 0.01"),
    ):
        simulation = simulate(world, plan=DEFAULT_PLAN, thresholds=Thresholds(), worlds=WORLDS, seed=7)
        yield Figure(what, sum(map(is_error, simulation.courses)) / WORLDS, "", target=target)


def refresh(repetitions: int) -> Iterator[Figure]:
    """Measure the rate of recording one more run."""
    with temporary_log() as full, temporary_log() as empty:
        fill_with_runs(full, HUNDRED)
        turns = in_turn(
            repetitions,
            {"full": lambda: rate(append_work(full, 100, 10)), "empty": lambda: rate(append_work(empty, 100, 10))},
        )
    yield compare("one more run, of 1,000 events", "/s", turns, "full", "empty", "an empty log", ">= 0.8")


def _metrics_and_gate(runs: int, repetitions: int, target: str) -> Iterator[Figure]:
    with temporary_log() as log:
        fill_with_runs(log, runs)
        metrics, gate = (
            statistics.median(_duration(work, log) for _ in range(repetitions)) for work in (read_metrics, _judge)
        )
    yield Figure(f"{runs:,} runs, metrics", metrics, "s", target=target)
    yield Figure(f"{runs:,} runs, gate", gate, "s", target=target)
    yield Figure(f"{runs:,} runs, both", metrics + gate, "s", target=target)


def _duration(work: Callable[[Archive, str], object], log: EventLog) -> float:
    start = time.perf_counter()
    work(Archive(log), "queue-ipc")
    return time.perf_counter() - start


def _judge(archive: Archive, name: str) -> object:
    return judge(read_gate_input(archive, name), Thresholds())


def _rolled_back(course: Course) -> bool:
    return course.end == "roll back"


def _past_a_quarter(course: Course) -> bool:
    return len(course.days) > 1


def _late(course: Course) -> bool:
    """Return whether the rollback came too late: never, or after a hundred audits had used the queue."""
    return course.end != "roll back" or course.over_queue >= 100


def _uncaught(course: Course) -> bool:
    return course.end != "cannot say"
