"""The metrics of a rollout in Prometheus's text format; what is not known has no sample."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from veritas.rollout.metrics import Metrics, ModeMetrics
from veritas.rollout.metrics_json import quantiles

_WHERE = ("rollout", "stage", "mode")
_TALLIES = {
    "events": "Events that the audits emitted",
    "lost": "Events that no transport delivered",
    "repeated": "Deliveries of an event that the transport had delivered before",
    "resent": "Events that were sent again over stdout after a fallback",
    "mismatched": "Differences between the transports of audits that used both",
}


def prometheus_text(metrics: Metrics) -> bytes:
    """Return the text; of a stage that was in force twice, the last time counts, for a label must not come twice."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(metrics))
    return generate_latest(registry)


class _Collected(Collector):
    def __init__(self, metrics: Metrics) -> None:
        self._rollout = metrics.rollout
        self._stages = {stage.name: stage for stage in metrics.stages}

    def collect(self) -> Iterator[Metric]:
        """Yield the families."""
        share = GaugeMetricFamily(
            "veritas_rollout_share_ratio", "Share of the audits that was to get the queue", labels=("rollout", "stage")
        )
        for stage in self._stages.values():
            if stage.share is not None:
                share.add_metric((self._rollout, stage.name), stage.share)
        yield share
        runs = CounterMetricFamily("veritas_rollout_audits", "Audits by status", labels=(*_WHERE, "status"))
        fallbacks = CounterMetricFamily(
            "veritas_rollout_fallbacks", "Audits that fell back to stdout, by cause", labels=(*_WHERE, "cause")
        )
        for where, mode in self._modes():
            for status, number in mode.statuses.items():
                runs.add_metric((*where, status), number)
            for cause, number in mode.fallbacks.items():
                fallbacks.add_metric((*where, cause), number)
        yield runs
        yield fallbacks
        for name, told in _TALLIES.items():
            yield self._tally(name, told)
        yield self._latency()
        yield self._wall()

    def _modes(self) -> Iterator[tuple[tuple[str, str, str], ModeMetrics]]:
        for stage in self._stages.values():
            for name, mode in stage.modes.items():
                yield (self._rollout, stage.name, name), mode

    def _tally(self, name: str, told: str) -> Metric:
        prefix = "veritas_rollout_events" if name == "events" else f"veritas_rollout_events_{name}"
        family = CounterMetricFamily(prefix, told, labels=_WHERE)
        for where, mode in self._modes():
            tally = getattr(mode, name)
            if tally.known:
                family.add_metric(where, tally.total)
        return family

    def _latency(self) -> Metric:
        family = GaugeMetricFamily(
            "veritas_rollout_latency_seconds",
            "Time from an event's emission to its commit: the audits' median of each one's own quantile",
            labels=(*_WHERE, "quantile"),
        )
        for where, mode in self._modes():
            for percent, values in mode.latency.items():
                if (told := quantiles(values)) is not None:
                    family.add_metric((*where, f"{percent / 100:g}"), told["p50"])
        return family

    def _wall(self) -> Metric:
        family = GaugeMetricFamily(
            "veritas_rollout_audit_duration_seconds", "How long audits took", labels=(*_WHERE, "quantile")
        )
        for where, mode in self._modes():
            for name, value in (quantiles(mode.wall) or {}).items():
                family.add_metric((*where, f"{int(name[1:]) / 100:g}"), value)
        return family
