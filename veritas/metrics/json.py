"""The JSON of `veritas metrics`: an unknown value is null, and times are in seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
import numpy as np

from veritas.events.json_schema import Count, Time
from veritas.formatting import iso_time
from veritas.metrics.audit_metrics import AuditMetrics

Seconds = Annotated[float, msgspec.Meta(ge=0)]


class DurationsJson(msgspec.Struct, frozen=True):
    """How long completed audits took, in seconds.

    Attributes:
        mean: The mean.
        p50: The median.
        p90: The 90th percentile.
        p99: The 99th percentile.
        longest: The longest.
    """

    mean: Seconds
    p50: Seconds
    p90: Seconds
    p99: Seconds
    longest: Seconds


class KindJson(msgspec.Struct, frozen=True):
    """The findings of one kind.

    Attributes:
        findings: How many findings there are.
        audits: How many audits have one.
    """

    findings: Count
    audits: Count


class QueueJson(msgspec.Struct, frozen=True):
    """The fleet's queue.

    Attributes:
        jobs: How many jobs there are, by queue and then by status.
        due: How many of the waiting jobs could be taken now, if a worker were free.
        workers: How many workers are alive.
    """

    jobs: dict[str, dict[str, Count]]
    due: Count
    workers: Count


class AuditMetricsJson(msgspec.Struct, frozen=True, kw_only=True):
    """The audits of a log in numbers.

    Attributes:
        since: Only audits requested at this time or later (RFC 3339, UTC); null for all. `events` and `bytes` are
            always of the whole log.
        at: When this was read (RFC 3339, UTC).
        ended: How many runs have ended, by origin (`audit`, `record` or `ingest`) and then by status.
        in_progress: How many runs have no end in the log, by origin and then by status; a day after its request a run
            is `unended`.
        durations: How long the completed audits took; null if none has completed.
        failures: How many audits failed, by kind of cause: `page`, `tab`, `browser`, `driver`, `machine`, `time_limit`,
            `killed`, `bug` or `other`.
        risk_levels: How many verdicts there are, by risk level.
        findings: The findings of audits, by kind, the most frequent first.
        last_finished: When the last audit ended (RFC 3339, UTC); null if none has.
        events: How many events the log has.
        bytes: How many bytes the log takes in its database.
        queue: The fleet's queue; null without one.
    """

    since: Time | None
    at: Time | None
    ended: dict[str, dict[str, Count]]
    in_progress: dict[str, dict[str, Count]]
    durations: DurationsJson | None
    failures: dict[str, Count]
    risk_levels: dict[str, Count]
    findings: dict[str, KindJson]
    last_finished: Time | None
    events: Count
    bytes: Count
    queue: QueueJson | None


def metrics_json(metrics: AuditMetrics, durations: Sequence[float]) -> AuditMetricsJson:
    """Return the JSON of metrics, with the quantiles of the completed audits' durations (in seconds)."""
    queue = metrics.queue
    kinds = sorted(metrics.findings, key=lambda kind: (-metrics.with_finding[kind], kind))
    return AuditMetricsJson(
        since=iso_time(metrics.since),
        at=iso_time(metrics.at),
        ended=_nested(metrics.ended),
        in_progress=_nested(metrics.unended),
        durations=_durations(durations),
        failures=dict(metrics.failures),
        risk_levels=dict(metrics.levels),
        findings={kind: KindJson(metrics.findings[kind], metrics.with_finding[kind]) for kind in kinds},
        last_finished=iso_time(metrics.last_finished),
        events=metrics.events,
        bytes=metrics.size,
        queue=None if queue is None else QueueJson(_nested(queue.jobs), queue.due, queue.workers),
    )


def _durations(durations: Sequence[float]) -> DurationsJson | None:
    if not durations:
        return None
    p50, p90, p99, longest = map(float, np.quantile(durations, [0.5, 0.9, 0.99, 1]))
    return DurationsJson(float(np.mean(durations)), p50, p90, p99, longest)


def _nested(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = {}
    for (outer, inner), number in sorted(counts.items()):
        nested.setdefault(outer, {})[inner] = number
    return nested
