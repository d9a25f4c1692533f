"""The time of `veritas list` and `veritas metrics` on a log with 100,000 audits.

`python -m tests.benchmarks list [--json] [--repetitions N] [--only FIGURES]`

* `page`: one page of 50 of 100,000 runs, with each filter and in each order.
* `postgresql`: the same on PostgreSQL.
* `metrics`: the metrics of 100,000 runs, on both.
* `million`: the same of 1,000,000 runs, which take a minute to write: `--large`.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

from store.log import EventLog, RunFilter, RunOrder
from store.read_model.run_filter import NEWEST_FIRST, ORDERS
from tests.benchmarks._figure import Figure, measure
from tests.benchmarks._files import temporary_log
from tests.databases import postgresql_schema
from tests.run_rows import EVERY, START, fill
from veritas.archive.archive import Archive
from veritas.archive.liveness import list_runs
from veritas.metrics.audit_metrics import read_metrics
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
        measures={"page": page, "postgresql": postgresql, "metrics": metrics, "million": million},
        repetitions=5,
        optional=("million", "--large", "measure a million runs too"),
    )


def page(repetitions: int) -> Iterator[Figure]:
    """Measure one page of 100,000 runs with each filter, and in each order."""
    with temporary_log() as log:
        fill(log, HUNDRED)
        yield from _pages(log, HUNDRED, repetitions, "<= 0.3")


def postgresql(repetitions: int) -> Iterator[Figure]:
    """Measure the same on PostgreSQL."""
    with postgresql_schema() as address, EventLog.open(address) as log:
        fill(log, HUNDRED)
        yield from _pages(log, HUNDRED, repetitions, "<= 0.3")


def metrics(repetitions: int) -> Iterator[Figure]:
    """Measure the metrics of 100,000 runs."""
    with temporary_log() as log, postgresql_schema() as address, EventLog.open(address) as other:
        for name, each in (("SQLite", log), ("PostgreSQL", other)):
            fill(each, HUNDRED)
            seconds = _median(repetitions, partial(read_metrics, Archive(each)))
            yield Figure(f"metrics of {HUNDRED:,} runs, {name}", seconds, "s", target="<= 1")


def million(repetitions: int) -> Iterator[Figure]:
    """Measure one page of a million runs."""
    with temporary_log() as log:
        fill(log, MILLION)
        yield from _pages(log, MILLION, repetitions, None)


def _pages(log: EventLog, runs: int, repetitions: int, target: str | None) -> Iterator[Figure]:
    chosen = [(name, wanted, NEWEST_FIRST) for name, wanted in FILTERS.items()]
    for name, wanted, order in [*chosen, *((f"by {by}", RunFilter(), RunOrder(by)) for by in ORDERS)]:
        seconds = _median(repetitions, partial(list_runs, Archive(log), wanted, order=order, limit=PAGE))
        yield Figure(f"a page of {runs:,} runs, {name}", seconds, "s", target=target)


def _median(repetitions: int, work: Callable[[], object]) -> float:
    durations = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        durations.append(time.perf_counter() - start)
    return statistics.median(durations)
