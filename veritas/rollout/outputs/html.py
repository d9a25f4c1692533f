"""A rollout as one HTML page.

It needs no other file, and recorded text is harmless in it; see `veritas.report.rendering`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from veritas.formatting import count, utc_time
from veritas.report.rendering import render
from veritas.rollout.gate import Verdict
from veritas.rollout.history import Rollout
from veritas.rollout.metrics import Metrics, Population
from veritas.rollout.outputs.plots import (
    LatencyPlot,
    fallback_plot,
    fallback_share_plot,
    latency_plot,
    share_plot,
    success_plot,
)
from veritas.rollout.outputs.standing import standing_of
from veritas.rollout.outputs.tables import tables_of
from veritas.rollout.statistics import wilson_interval


def rollout_page(metrics: Metrics, rollout: Rollout, verdict: Verdict | None) -> bytes:
    """Return the page.

    Args:
        metrics: The metrics of the rollout's audits.
        rollout: The rollout with its changes.
        verdict: The gate's decision; None if the rollout was rolled back, and cannot be judged.
    """
    return b"".join(
        render(
            "veritas.rollout.outputs",
            "rollout.html",
            rollout=metrics.rollout,
            standing=standing_of(rollout, verdict),
            metrics=metrics_values(metrics),
        )
    )


def metrics_values(metrics: Metrics) -> dict[str, Any]:
    """Return what the macros of `rollout_macros.html` show of the metrics."""
    latency = _latency(metrics)
    causes = _causes(metrics)
    is_queue_used = any(period.queue for period in metrics.periods)
    return {
        "read": utc_time(metrics.at),
        "real_share": _real_share(metrics.stages[-1]),
        "tier": metrics.tier,
        "since": utc_time(metrics.since),
        "until": utc_time(metrics.until),
        "audits": f"{metrics.runs:,}",
        "any_audits": metrics.runs > 0,
        "shares": share_plot(metrics.periods, metrics.stages) if metrics.periods else None,
        "success": success_plot(metrics.stages) if _is_judged(metrics) else None,
        "latency_stage": latency and latency[0],
        "latency": latency and latency[1],
        "fallbacks": fallback_plot(causes.most_common()) if causes else None,
        "fallback_shares": fallback_share_plot(metrics.periods) if is_queue_used else None,
        "tables": tables_of(metrics),
    }


def _real_share(stage: Population) -> str:
    """Return the share of a stage's audits that got the queue, with its interval, or that it is unknown."""
    runs, queue, real = stage.runs, stage.mode("queue").runs, stage.real_share
    if real is None:
        return "unknown: no audit was decided at this stage yet"
    low, high = wilson_interval(queue, runs)
    return f"{real:.1%} of {count(runs, 'audit')} got the queue, 95% interval {low:.1%} to {high:.1%}"


def _is_judged(metrics: Metrics) -> bool:
    """Return whether any audit of a stage completed, failed or is overdue."""
    return any(mode.judged for stage in metrics.stages for mode in stage.modes.values())


def _latency(metrics: Metrics) -> tuple[str, LatencyPlot] | None:
    """Return the name of one stage and its latencies: the last stage that has both modes, or else one mode.

    Only one stage is shown, because the kinds of audits may change from stage to stage together with the share.
    """
    known = [
        (stage.name, [mode for mode in stage.modes.values() if mode.latency_p(95).size]) for stage in metrics.stages
    ]
    for enough in (2, 1):
        for name, modes in reversed(known):
            if len(modes) >= enough:
                return name, latency_plot(modes)
    return None


def _causes(metrics: Metrics) -> Counter[str]:
    """Return how many audits fell back, by cause."""
    causes = Counter[str]()
    for population in (*metrics.stages, *metrics.others):
        for mode in population.modes.values():
            causes.update(mode.fallbacks)
    return causes
