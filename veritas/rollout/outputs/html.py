"""A rollout as one HTML page.

It needs no other file, and recorded text is harmless in it; see `veritas.report.rendering`.
"""

from __future__ import annotations

from collections import Counter

from veritas.formatting import utc_time
from veritas.report.rendering import render
from veritas.rollout.gate import Verdict
from veritas.rollout.history import Rollout
from veritas.rollout.metrics import Metrics
from veritas.rollout.outputs.plots import LatencyPlot, fallback_plot, latency_plot, share_plot, success_plot
from veritas.rollout.outputs.standing import standing_of
from veritas.rollout.outputs.tables import tables_of


def rollout_page(metrics: Metrics, rollout: Rollout, verdict: Verdict | None) -> bytes:
    """Return the page.

    Args:
        metrics: The metrics of the rollout's audits.
        rollout: The rollout with its changes.
        verdict: The gate's decision; None if the rollout was rolled back, and cannot be judged.
    """
    latency = _latency(metrics)
    causes = _causes(metrics)
    return b"".join(
        render(
            "veritas.rollout.outputs",
            "rollout.html",
            rollout=metrics.rollout,
            standing=standing_of(rollout, verdict),
            read=utc_time(metrics.at),
            tier=metrics.tier,
            since=utc_time(metrics.since),
            until=utc_time(metrics.until),
            audits=f"{metrics.runs:,}",
            shares=share_plot(metrics.periods, metrics.stages) if metrics.periods else None,
            success=success_plot(metrics.stages) if _is_judged(metrics) else None,
            latency_stage=latency and latency[0],
            latency=latency and latency[1],
            any_audits=metrics.runs > 0,
            fallbacks=fallback_plot(causes.most_common()) if causes else None,
            tables=tables_of(metrics),
        )
    )


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
