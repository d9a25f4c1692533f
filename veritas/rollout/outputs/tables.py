"""The metrics of a rollout as tables, for both the terminal and the HTML page.

They fit into 80 columns, so that a terminal does not cut a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec import structs

from veritas.formatting import utc_time
from veritas.rollout.metrics import Metrics, ModeMetrics, Population
from veritas.rollout.outputs.metrics_json import quantiles
from veritas.rollout.statistics import sample_ratio_p, wilson_interval

Row = Sequence[str | None]  # None for an unknown value

_MODE = ("stage", "mode")


@dataclass(frozen=True)
class MetricsTable:
    """One table.

    Attributes:
        title: Its title.
        names: The headings of the first columns.
        numbers: The headings of the other columns, which contain numbers.
        rows: The rows.
    """

    title: str
    names: tuple[str, ...]
    numbers: tuple[str, ...]
    rows: Sequence[Row]


def tables_of(metrics: Metrics) -> list[MetricsTable]:
    """Return the tables; tables without rows are left out."""
    populations = (*metrics.stages, *metrics.others)
    modes = [(each.name, mode) for each in populations for mode in each.modes.values()]
    fallbacks = [
        (name, mode.mode, cause, f"{audits:,}") for name, mode in modes for cause, audits in mode.fallbacks.items()
    ]
    tables = (
        MetricsTable(
            "Share that got the queue",
            ("stage", "from", "until"),
            ("audits", "wanted", "real", "p"),
            [_share(each) for each in populations if each.share is not None],
        ),
        MetricsTable(
            "Audits",
            _MODE,
            ("audits", "judged", "success", "95%", "fell back"),
            [_ends(name, mode) for name, mode in modes],
        ),
        MetricsTable(
            "Events",
            _MODE,
            ("lost", "repeated", "resent", "differ"),
            [_events(name, mode) for name, mode in modes],
        ),
        MetricsTable(
            "Times by quantile; for latency, the median of the audits' own quantiles",
            (*_MODE, "of"),
            ("p50", "p95", "p99"),
            [(name, mode.mode, *row) for name, mode in modes for row in _times(mode)],
        ),
        MetricsTable("Fallbacks", (*_MODE, "cause"), ("audits",), fallbacks),
    )
    return [table for table in tables if table.rows]


def _share(population: Population) -> Row:
    real, share = population.real_share, population.share or 0.0
    p = sample_ratio_p(population.mode("queue").runs, population.runs, share)
    return (
        population.name,
        utc_time(population.began_at, "minutes"),
        utc_time(population.ended_at, "minutes"),
        f"{population.runs:,}",
        f"{share:.1%}",
        None if real is None else f"{real:.1%}",
        None if real is None else f"{p:.2g}",
    )


def _ends(name: str, mode: ModeMetrics) -> Row:
    low, high = wilson_interval(mode.completed, mode.judged)
    return (
        name,
        mode.mode,
        f"{mode.runs:,}",
        f"{mode.judged:,}",
        f"{mode.completed / mode.judged:.1%}" if mode.judged else None,
        f"{low:.1%}-{high:.1%}" if mode.judged else None,
        f"{mode.fell_back:,}",
    )


def _events(name: str, mode: ModeMetrics) -> Row:
    tallies = (mode.lost, mode.repeated, mode.resent, mode.mismatched)
    return name, mode.mode, *(tally.text(mode.runs) for tally in tallies)


def _times(mode: ModeMetrics) -> Iterator[Row]:
    for name, times in (("audit", mode.wall), ("queue start", mode.start_up)):
        if (results := quantiles(times)) is not None:
            yield name, *(f"{value:.2f} s" for value in structs.astuple(results))
    if any(values.size for values in mode.latency.values()):
        # Each run has its own percentiles; the table shows their medians.
        each = (mode.latency_p(percent) for percent in (50, 95, 99))
        yield "latency", *(f"{1000 * np.median(values):.1f} ms" if values.size else None for values in each)
    if (results := quantiles(mode.throughput)) is not None:
        yield "events", *(f"{value:.1f}/s" for value in structs.astuple(results))
