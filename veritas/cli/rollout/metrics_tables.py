"""The metrics of a rollout as tables that fit a terminal of 80 columns, for a number that is cut cannot be trusted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import click
import numpy as np

from veritas.cli.table import Cell, Column, print_heading, print_pairs, print_table
from veritas.rollout.metrics import Metrics, ModeMetrics, Population
from veritas.rollout.metrics_json import quantiles
from veritas.rollout.proportion import wilson_interval
from veritas.rollout.sample_ratio import sample_ratio_p
from veritas.wording import moment

_MODE = ("stage", "mode")


def print_metrics(metrics: Metrics) -> None:
    """Write them to stdout."""
    print_pairs(
        [
            ("rollout", metrics.rollout),
            ("tier", metrics.tier),
            ("since", moment(metrics.since)),
            ("until", moment(metrics.until)),
        ]
    )
    populations = [each for each in (*metrics.stages, *metrics.others) if each.runs or each.began_at is not None]
    modes = [(each.name, mode) for each in populations for mode in each.modes.values()]
    if populations:
        shares = [_share(each) for each in populations if each.share is not None]
        _table("Share that got the queue", ("stage", "from", "until"), ("audits", "wanted", "real", "p"), shares)
    if not modes:
        click.echo("No audit that this rollout could have decided is on record yet.", err=True)
        return
    ends = [_ends(name, mode) for name, mode in modes]
    _table("Audits", _MODE, ("audits", "ended", "success", "95%", "fell back"), ends)
    _table("Events", _MODE, ("lost", "repeated", "resent", "differ"), [_events(name, mode) for name, mode in modes])
    times = [(name, mode.mode, *row) for name, mode in modes for row in _times(mode)]
    _table("Times: the median, and what 95% and 99% do not exceed", (*_MODE, "of"), ("p50", "p95", "p99"), times)
    fallbacks = [
        (name, mode.mode, cause, f"{audits:,}") for name, mode in modes for cause, audits in mode.fallbacks.items()
    ]
    if fallbacks:
        _table("Fallbacks", (*_MODE, "cause"), ("audits",), fallbacks)


def _table(heading: str, names: Sequence[str], numbers: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    print_heading(heading)
    print_table([*map(Column, names), *(Column(name, right=True) for name in numbers)], rows)


def _share(population: Population) -> Sequence[Cell]:
    real, share = population.real_share, population.share or 0.0
    p = sample_ratio_p(population.mode("queue").runs, population.runs, share)
    return (
        population.name,
        moment(population.began_at, "minutes"),
        moment(population.ended_at, "minutes"),
        f"{population.runs:,}",
        f"{share:.1%}",
        None if real is None else f"{real:.1%}",
        None if real is None else f"{p:.2g}",
    )


def _ends(name: str, mode: ModeMetrics) -> Sequence[Cell]:
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


def _events(name: str, mode: ModeMetrics) -> Sequence[Cell]:
    tallies = (mode.lost, mode.repeated, mode.resent, mode.mismatched)
    return name, mode.mode, *(tally.told_of(mode.runs) for tally in tallies)


def _times(mode: ModeMetrics) -> Iterator[Sequence[Cell]]:
    for what, told in (("audit", mode.wall), ("queue start", mode.start_up)):
        if (found := quantiles(told)) is not None:
            yield what, *(f"{value:.2f} s" for value in found.values())
    if any(values.size for values in mode.latency.values()):
        yield (
            "latency",
            *(f"{1000 * np.median(values):.1f} ms" if values.size else None for values in mode.latency.values()),
        )
    if (found := quantiles(mode.throughput)) is not None:
        yield "events", *(f"{value:.1f}/s" for value in found.values())
