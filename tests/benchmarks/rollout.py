"""How long a rollout's metrics and its gate take, from the read model of the runs.

`python -m tests.benchmarks rollout [--json] [--repetitions N] [--only FIGURES] [--large]`

* `hundred`: 100,000 runs of one stage: the metrics, and the gate with all its rules.
* `million`: 1,000,000 of them, which take a minute to write down: `--large`.
* `worlds`: the gate in 1,000 simulated worlds of a kind, with 50 or 500 audits a day: how often it errs. It takes
  minutes.
* `refresh`: how long it takes to record one run more, whose row the read model takes in with it, beside an empty log.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

from store.log import EventLog
from tests.benchmarks._figure import Figure, compared, in_turn, measure
from tests.benchmarks._files import new_log
from tests.benchmarks._log_work import appending, rate
from tests.benchmarks._rollout_log import fill_with_runs
from veritas.archive.archive import Archive
from veritas.rollout.gate import judge
from veritas.rollout.plan import DEFAULT_PLAN
from veritas.rollout.queries import read_gate_input, read_metrics
from veritas.rollout.simulation import Course, World, simulate
from veritas.rollout.thresholds import Thresholds

HUNDRED, MILLION, WORLDS = 100_000, 1_000_000, 1_000


def main(argv: list[str]) -> int:
    """Measure, and print what came of it."""
    return measure(
        argv,
        name="rollout",
        doc=__doc__,
        measures={"hundred": hundred, "refresh": refresh, "worlds": worlds, "million": million},
        repetitions=5,
        apart=("million", "--large", "measure a million runs too"),
    )


def hundred(repetitions: int) -> Iterator[Figure]:
    """Measure 100,000 runs."""
    yield from _told(HUNDRED, repetitions, "<= 1")


def million(repetitions: int) -> Iterator[Figure]:
    """Measure a million."""
    yield from _told(MILLION, repetitions, "<= 5")


def worlds(repetitions: int) -> Iterator[Figure]:
    """Count how often the gate errs; the repetitions are the simulation's own."""
    for what, world, err, target in (
        ("equal, rolled back", World(audits=500), _rolled_back, "<= 0.01"),
        ("3 points worse, past 25%", World(audits=500, success_queue=0.94), _past_a_quarter, "<= 0.05"),
        ("1 of 10,000 lost, after 100", World(audits=50, loss=1e-4), _late, "<= 0.05"),
        ("draw 1.5 times, not caught", World(audits=500, draw=1.5), _uncaught, "<= 0.01"),
    ):
        found = simulate(world, plan=DEFAULT_PLAN, thresholds=Thresholds(), worlds=WORLDS, seed=7)
        yield Figure(what, sum(map(err, found.courses)) / WORLDS, "", target=target)


def refresh(repetitions: int) -> Iterator[Figure]:
    """Measure the recording of one run more."""
    with new_log() as full, new_log() as empty:
        fill_with_runs(full, HUNDRED)
        turns = in_turn(
            repetitions,
            {"full": lambda: rate(appending(full, 100, 10)), "empty": lambda: rate(appending(empty, 100, 10))},
        )
    yield compared("a run more, of 1,000 events", "/s", turns, "full", "empty", "an empty log", ">= 0.8")


def _told(runs: int, repetitions: int, target: str) -> Iterator[Figure]:
    with new_log() as log:
        fill_with_runs(log, runs)
        metrics, gate = (
            statistics.median(_seconds(work, log) for _ in range(repetitions)) for work in (read_metrics, _judged)
        )
    yield Figure(f"{runs:,} runs, metrics", metrics, "s", target=target)
    yield Figure(f"{runs:,} runs, gate", gate, "s", target=target)
    yield Figure(f"{runs:,} runs, both", metrics + gate, "s", target=target)


def _seconds(work: Callable[[Archive, str], object], log: EventLog) -> float:
    start = time.perf_counter()
    work(Archive(log), "queue-ipc")
    return time.perf_counter() - start


def _judged(archive: Archive, name: str) -> object:
    return judge(read_gate_input(archive, name), Thresholds())


def _rolled_back(course: Course) -> bool:
    return course.end == "roll back"


def _past_a_quarter(course: Course) -> bool:
    return len(course.days) > 1


def _late(course: Course) -> bool:
    """Tell whether a hundred audits used the queue before it was rolled back."""
    return course.end != "roll back" or course.over_queue >= 100


def _uncaught(course: Course) -> bool:
    return course.end != "cannot say"
