"""The metrics of a rollout in Prometheus's text format; an unknown value has no sample.

Runs whose mode the rollout's stages drew have the label `origin="rollout"` and their stage; for other runs `origin` is
what decided them, and the stage is empty. A stage that was in force more than once is included once, with all its runs,
so that a counter never decreases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from msgspec import structs
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from veritas.rollout.metrics import NO_END, Metrics, ModeMetrics, Values
from veritas.rollout.outputs.metrics_json import quantiles
from veritas.rollout.statistics import sample_ratio_p

_STAGE = ("rollout", "tier", "stage")
_MODE = (*_STAGE, "origin", "mode")
_TALLIES = {
    "events": ("events", "Events that the audits emitted"),
    "lost": ("events_lost", "Events that no transport delivered"),
    "repeated": ("events_repeated", "Deliveries of an event that the transport had delivered before"),
    "resent": ("events_resent", "Events that were sent again over stdout after a fallback"),
    "mismatched": ("events_mismatched", "Differences between the transports of audits that used both"),
}
_TIMES: Mapping[str, tuple[str, Callable[[ModeMetrics], Values]]] = {
    "audit_duration_seconds": ("How long audits took", lambda mode: mode.wall),
    "throughput_events_per_second": ("Events that an audit emitted a second", lambda mode: mode.throughput),
    "queue_start_seconds": ("How long starting the queue's manager took", lambda mode: mode.start_up),
}


def prometheus_text(metrics: Metrics) -> bytes:
    """Return the metrics as Prometheus text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_MetricsCollector(metrics))
    return generate_latest(registry)


class _MetricsCollector(Collector):
    def __init__(self, metrics: Metrics) -> None:
        self._where = (metrics.rollout, metrics.tier or "")
        self._stages = {stage.name: stage for stage in metrics.stages}  # the last of each name
        self._modes: dict[tuple[str, ...], ModeMetrics] = {}
        for populations, is_stage in ((metrics.stages, True), (metrics.others, False)):
            for population in populations:
                stage, origin = (population.name, "rollout") if is_stage else ("", population.name)
                for name, mode in population.modes.items():
                    labels = (*self._where, stage, origin, name)
                    self._modes[labels] = self._modes.get(labels, ModeMetrics(name)) + mode

    def collect(self) -> Iterator[Metric]:
        """Yield the metric families."""
        yield from self._stage_families()
        audits = _counter("audits", "Audits that ended, by status", "status")
        in_progress = _gauge(
            "audits_in_progress", "Audits that have not ended, or never will, by status", *_MODE, "status"
        )
        fallbacks = _counter("fallbacks", "Audits that fell back to stdout, by cause", "cause")
        for labels, mode in self._modes.items():
            for status, number in mode.statuses.items():
                (in_progress if status in NO_END else audits).add_metric((*labels, status), number)
            for cause, number in mode.fallbacks.items():
                fallbacks.add_metric((*labels, cause), number)
        yield from (audits, in_progress, fallbacks)
        for attribute, (name, help) in _TALLIES.items():
            family = _counter(name, help)
            for labels, mode in self._modes.items():
                if (tally := getattr(mode, attribute)).known:
                    family.add_metric(labels, tally.total)
            yield family
        latency = _gauge(
            "latency_seconds",
            "Time from an event's emission to its commit: the audits' median of each one's own quantile",
            *_MODE,
            "quantile",
        )
        for labels, mode in self._modes.items():
            for percent, values in mode.latency.items():
                if (medians := quantiles(values)) is not None:
                    latency.add_metric((*labels, f"{percent / 100:g}"), medians.p50)
        yield latency
        for name, (help, values_of) in _TIMES.items():
            times = _gauge(name, help, *_MODE, "quantile")
            for labels, mode in self._modes.items():
                if (results := quantiles(values_of(mode))) is not None:
                    for quantile, value in structs.asdict(results).items():
                        times.add_metric((*labels, f"{int(quantile[1:]) / 100:g}"), value)
            yield times

    def _stage_families(self) -> Iterator[Metric]:
        share = _gauge("share_ratio", "Share of the audits that was to get the queue", *_STAGE)
        in_force = _gauge("stage_in_force", "1 for the stage that decides now, 0 for those before it", *_STAGE)
        fair = _gauge(
            "sample_ratio_pvalue", "The probability of a share at least as far off, if the draw is fair", *_STAGE
        )
        for stage in self._stages.values():
            labels = (*self._where, stage.name)
            in_force.add_metric(labels, stage.ended_at is None)
            if stage.share is not None:
                share.add_metric(labels, stage.share)
                if stage.real_share is not None:
                    fair.add_metric(labels, sample_ratio_p(stage.mode("queue").runs, stage.runs, stage.share))
        yield from (share, in_force, fair)


def _counter(name: str, help: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(f"veritas_rollout_{name}", help, labels=(*_MODE, *labels))


def _gauge(name: str, help: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"veritas_rollout_{name}", help, labels=labels)
