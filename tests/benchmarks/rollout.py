"""How long a rollout's metrics and its gate take, from the read model of the runs.

`python -m tests.benchmarks rollout [--json] [--repetitions N] [--only FIGURES] [--large]`

* `hundred`: 100,000 runs of one stage: the metrics, and the gate with all its rules.
* `million`: 1,000,000 of them, which take a minute to write down: `--large`.
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
from veritas.archive import Archive
from veritas.rollout.gate import judge
from veritas.rollout.reading import read_evidence, read_metrics
from veritas.rollout.thresholds import Thresholds

HUNDRED, MILLION = 100_000, 1_000_000


def main(argv: list[str]) -> int:
    """Measure, and print what came of it."""
    return measure(
        argv,
        name="rollout",
        doc=__doc__,
        measures={"hundred": hundred, "refresh": refresh, "million": million},
        repetitions=5,
        apart=("million", "--large", "measure a million runs too"),
    )


def hundred(repetitions: int) -> Iterator[Figure]:
    """Measure 100,000 runs."""
    yield from _told(HUNDRED, repetitions, "<= 1")


def million(repetitions: int) -> Iterator[Figure]:
    """Measure a million."""
    yield from _told(MILLION, repetitions, "<= 5")


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
    return judge(read_evidence(archive, name), Thresholds())
