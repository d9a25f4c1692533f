"""The time of `veritas list` and `veritas metrics` on a log with 100,000 audits.

`python -m tests.benchmarks list [--json] [--repetitions N] [--only FIGURES]`

* `page`: one page of 50 of 100,000 runs, with each filter and in each order.
* `million`: the same of 1,000,000 runs, which take a minute to write: `--large`.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

from store.log import EventLog, RunFilter, RunOrder
from store.read_model.run_filter import NEWEST_FIRST, ORDERS
from tests.benchmarks._figure import Figure, measure
from tests.benchmarks._files import temporary_log
from tests.run_rows import EVERY, START, fill
from veritas.archive.archive import Archive
from veritas.archive.liveness import list_runs
from veritas.projections.url_key import url_filter

HUNDRED, MILLION, PAGE = 100_000, 1_000_000, 50
FILTERS = {
    "all": RunFilter(),
    "a host": RunFilter(url=url_filter("shop7.example")),
    "a tag": RunFilter(tags=("eu",)),
    "a status": RunFilter(statuses=("failed",)),
    "since": RunFilter(since=START + EVERY * HUNDRED / 2),
    "risky": RunFilter(risks=("high_risk", "likely_fraudulent")),
    "a batch": RunFilter(batches=(f"btch_{7:016x}",)),
    "a kind": RunFilter(kinds=("hidden_cost",)),
    "nothing": RunFilter(tags=("eu",), kinds=("hidden_cost",), statuses=("failed",)),
}


def main(argv: list[str]) -> int:
    """Run the measurements and print the figures."""
    return measure(
        argv,
        name="list",
        doc=__doc__,
        measures={"page": page, "million": million},
        repetitions=5,
        optional=("million", "--large", "measure a million runs too"),
    )


def page(repetitions: int) -> Iterator[Figure]:
    """Measure one page of 100,000 runs with each filter, and in each order."""
    yield from _pages(HUNDRED, repetitions, "<= 0.3")


def million(repetitions: int) -> Iterator[Figure]:
    """Measure one page of a million runs."""
    yield from _pages(MILLION, repetitions, None)


def _pages(runs: int, repetitions: int, target: str | None) -> Iterator[Figure]:
    with temporary_log() as log:
        fill(log, runs)
        for name, wanted in FILTERS.items():
            seconds = _median(repetitions, log, wanted, NEWEST_FIRST)
            yield Figure(f"a page of {runs:,} runs, {name}", seconds, "s", target=target)
        for by in ORDERS:
            seconds = _median(repetitions, log, RunFilter(), RunOrder(by))
            yield Figure(f"a page of {runs:,} runs, by {by}", seconds, "s", target=target)


def _median(repetitions: int, log: EventLog, wanted: RunFilter, order: RunOrder) -> float:
    return statistics.median(
        _duration(lambda: list_runs(Archive(log), wanted, order=order, limit=PAGE)) for _ in range(repetitions)
    )


def _duration(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
