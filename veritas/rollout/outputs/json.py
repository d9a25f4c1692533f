"""The metrics of a rollout as JSON values: an unknown value is null, and times are in seconds."""

from __future__ import annotations

from typing import Any

import numpy as np

from veritas.formatting import iso_time
from veritas.rollout.metrics import Metrics, ModeMetrics, Population, Tally, Values
from veritas.rollout.statistics import sample_ratio_p, wilson_interval


def metrics_json(metrics: Metrics) -> dict[str, Any]:
    """Return all metrics as JSON values."""
    return {
        "rollout": metrics.rollout,
        "tier": metrics.tier,
        "since": _time(metrics.since),
        "until": _time(metrics.until),
        "at": iso_time(metrics.at),
        "stages": [_population(stage) for stage in metrics.stages],
        "others": [_population(other) for other in metrics.others],
        "periods": [
            {
                "began_at": iso_time(period.at),
                "seconds": period.length,
                "queue": period.queue,
                "stdout": period.stdout,
                "wanted": period.wanted,
            }
            for period in metrics.periods
        ],
    }


def quantiles(values: Values) -> dict[str, float] | None:
    """Return the median, and the 95th and 99th percentile; None without values."""
    if not values.size:
        return None
    results = np.quantile(values, (0.5, 0.95, 0.99))
    return {f"p{percent}": float(value) for percent, value in zip((50, 95, 99), results, strict=True)}


def _time(at: float | None) -> str | None:
    return None if at is None else iso_time(at)


def _population(population: Population) -> dict[str, Any]:
    runs, queue, real = population.runs, population.mode("queue").runs, population.real_share
    return {
        "name": population.name,
        "decided": population.decided,
        "share": population.share,
        "real_share": real,
        "sample_ratio_p": None if real is None else sample_ratio_p(queue, runs, population.share or 0.0),
        "began_at": _time(population.began_at),
        "ended_at": _time(population.ended_at),
        "runs": runs,
        "modes": [_mode(mode) for mode in population.modes.values()],
    }


def _mode(mode: ModeMetrics) -> dict[str, Any]:
    low, high = wilson_interval(mode.completed, mode.judged)
    return {
        "mode": mode.mode,
        "runs": mode.runs,
        "judged": mode.judged,
        "statuses": dict(mode.statuses),
        "effective": dict(mode.effective),
        "success": {"share": mode.completed / mode.judged, "low": low, "high": high} if mode.judged else None,
        "fallbacks": dict(mode.fallbacks),
        "events": _tally(mode.events),
        "lost": _tally(mode.lost),
        "repeated": _tally(mode.repeated),
        "resent": _tally(mode.resent),
        "mismatched": _tally(mode.mismatched),
        "wall_seconds": quantiles(mode.wall),
        "latency_seconds": {
            f"p{percent}": float(np.median(values)) if values.size else None for percent, values in mode.latency.items()
        },
        "events_per_second": quantiles(mode.throughput),
        "queue_start_seconds": quantiles(mode.start_up),
    }


def _tally(tally: Tally) -> dict[str, int | None]:
    return {"total": tally.total if tally.known else None, "runs": tally.runs, "known": tally.known}
