"""The metrics in Prometheus's text format, and the collector that reads them again for each scrape.

A counter counts over the whole log, so it never decreases, except if findings or verdicts are redacted. A value that
can occur has a sample from the beginning, so that its first occurrence is an increase.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from veritas.metrics.audit_metrics import AUDIT, BOUNDS, ENDED, LEVELS, UNENDED, AuditMetrics, Durations
from veritas.metrics.queue_state import QueueState
from veritas.projections.failure import FAILURE_KINDS

Report = Callable[[Exception], object]

_BOUNDS = [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]


def prometheus_text(read: Callable[[], AuditMetrics]) -> bytes:
    """Return the metrics as Prometheus text."""
    return generate_latest(registry_of(read))


def registry_of(read: Callable[[], AuditMetrics], report: Report = lambda error: None) -> CollectorRegistry:
    """Return a registry that calls *read* for each scrape.

    Args:
        read: Reads the metrics; if it fails, `veritas_up` is 0, and there is nothing else.
        report: Called with the error.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_AuditCollector(read, report))
    return registry


class _AuditCollector(Collector):
    def __init__(self, read: Callable[[], AuditMetrics], report: Report) -> None:
        self._read = read
        self._report = report

    def collect(self) -> Iterator[Metric]:
        """Yield the metric families."""
        try:
            metrics = self._read()
        except Exception as error:  # whatever it is: an answer without veritas_up would set off no alert
            self._report(error)
            yield GaugeMetricFamily("veritas_up", _UP, value=0)
            return
        yield GaugeMetricFamily("veritas_up", _UP, value=1)
        yield from _audit_families(metrics)
        yield _histogram(metrics.durations)
        yield CounterMetricFamily("veritas_events", "Events in the log", value=metrics.events)
        yield GaugeMetricFamily("veritas_log_bytes", "Bytes that the log takes in its database", value=metrics.size)
        if metrics.last_finished is not None:
            yield GaugeMetricFamily(
                "veritas_last_audit_finished_timestamp_seconds",
                "When the last audit ended, in seconds since the epoch",
                value=metrics.last_finished,
            )
        if metrics.queue is not None:
            yield from _queue_families(metrics.queue)


_UP = "1 if the log and the queue could be read, else 0"


def _audit_families(metrics: AuditMetrics) -> Iterator[Metric]:
    audits = CounterMetricFamily(
        "veritas_audits", "Audits, recorded programs and ingested logs that ended", labels=("origin", "status")
    )
    for labels in dict.fromkeys((*((AUDIT, status) for status in ENDED), *metrics.ended)):
        audits.add_metric(labels, metrics.ended.get(labels, 0))
    yield audits
    unended = GaugeMetricFamily(
        "veritas_audits_in_progress",
        "Audits, recorded programs and ingested logs that have no end in the log",
        labels=("origin", "status"),
    )
    for labels in dict.fromkeys((*((AUDIT, status) for status in UNENDED), *metrics.unended)):
        unended.add_metric(labels, metrics.unended.get(labels, 0))
    yield unended
    yield _counter("audit_failures", "Audits that failed, by kind of cause", "cause", metrics.failures, FAILURE_KINDS)
    yield _counter("verdicts", "Verdicts of audits, by risk level", "risk_level", metrics.levels, LEVELS)
    yield _counter("findings", "Findings of audits, by kind", "kind", metrics.findings)


def _counter(name: str, help: str, label: str, counts: Mapping[str, int], known: Sequence[str] = ()) -> Metric:
    """Return a counter with a sample for each value of a label: those *known*, and those that occurred."""
    family = CounterMetricFamily(f"veritas_{name}", help, labels=(label,))
    for value in dict.fromkeys((*known, *counts)):
        family.add_metric((value,), counts.get(value, 0))
    return family


def _histogram(durations: Durations) -> Metric:
    """Return the durations as a histogram, whose buckets are cumulative."""
    reached, buckets = 0, []
    for bound, number in zip(_BOUNDS, durations.buckets, strict=True):
        reached += number
        buckets.append((bound, reached))
    return HistogramMetricFamily(
        "veritas_audit_duration_seconds",
        "How long completed audits took, from the request to the end",
        buckets=buckets,
        sum_value=durations.seconds,
    )


def _queue_families(queue: QueueState) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("veritas_queue_jobs", "Jobs of the fleet, by queue and status", labels=("queue", "status"))
    for labels, number in queue.jobs.items():
        jobs.add_metric(labels, number)
    yield jobs
    yield GaugeMetricFamily("veritas_queue_due_jobs", "Waiting jobs that could be taken now", value=queue.due)
    yield GaugeMetricFamily("veritas_workers", "Workers of the fleet that are alive", value=queue.workers)
