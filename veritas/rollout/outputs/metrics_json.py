"""The JSON of `rollout metrics`: an unknown value is null, and times are in seconds."""

from __future__ import annotations

from typing import Annotated

import msgspec
import numpy as np

from veritas.events.json_schema import Count, Share, Time
from veritas.formatting import iso_time
from veritas.rollout.metrics import Metrics, ModeMetrics, Population, Tally, Values
from veritas.rollout.statistics import sample_ratio_p, wilson_interval

Seconds = Annotated[float, msgspec.Meta(ge=0)]


class Quantiles(msgspec.Struct, frozen=True):
    """The median, and the 95th and 99th percentile.

    Attributes:
        p50: The median.
        p95: The 95th percentile.
        p99: The 99th percentile.
    """

    p50: float
    p95: float
    p99: float


class TallyJson(msgspec.Struct, frozen=True):
    """The sum of a number that is known for some runs and unknown for others.

    Attributes:
        total: The sum; null if it is unknown for all runs.
        runs: The number of runs for which it is more than 0.
        known: The number of runs for which it is known.
    """

    total: Count | None
    runs: Count
    known: Count


class IntervalJson(msgspec.Struct, frozen=True):
    """An interval of a share.

    Attributes:
        low: Its lower end.
        high: Its upper end.
    """

    low: Share
    high: Share


class SuccessJson(msgspec.Struct, frozen=True):
    """A share with its Wilson interval (95%).

    Attributes:
        share: The share.
        low: The lower end of the interval.
        high: The upper end of the interval.
    """

    share: Share
    low: Share
    high: Share


class ModeJson(msgspec.Struct, frozen=True, kw_only=True):
    """The runs that were given one mode.

    Attributes:
        mode: The mode that they were given: `queue`, `stdout` or `validate`.
        runs: The number of runs.
        judged: The number of runs that completed, failed, or have no end a day after their request; interrupted runs
            say nothing about a mode.
        statuses: The number of runs by status; a run without an end a day after its request is `unended`.
        effective: The number of ended runs by the mode that carried their events.
        success: The share of the judged runs that completed; null if there are none.
        fallbacks: The number of runs that changed transport, by kind of cause.
        events: Events that the runs emitted.
        lost: Events that no transport delivered.
        repeated: Deliveries of an event that the transport had delivered before.
        resent: Events that were sent again over stdout after a fallback.
        mismatched: Differences between the transports, in runs that were compared.
        wall_seconds: The durations of the runs, in seconds; null if none is known.
        latency_seconds: By percentile: the median over the runs of each one's own percentile of the time from an
            event's emission to its commit, in seconds; null if it is not known.
        events_per_second: Events a second of each run; null if none is known.
        queue_start_seconds: The time it took to start the queue's manager, in seconds; null if none is known.
    """

    mode: str
    runs: Count
    judged: Count
    statuses: dict[str, Count]
    effective: dict[str, Count]
    success: SuccessJson | None
    fallbacks: dict[str, Count]
    events: TallyJson
    lost: TallyJson
    repeated: TallyJson
    resent: TallyJson
    mismatched: TallyJson
    wall_seconds: Quantiles | None
    latency_seconds: dict[str, Seconds | None]
    events_per_second: Quantiles | None
    queue_start_seconds: Quantiles | None


class PopulationJson(msgspec.Struct, frozen=True, kw_only=True):
    """Runs whose modes were decided in the same way.

    Attributes:
        name: The stage's name; for other runs what decided: `default`, a variable, or a flag.
        decided: Whether the rollout drew the mode.
        share: The share of the runs that should have got the queue; null if nothing was drawn.
        real_share: The share that got it; null if nothing was drawn.
        real_share_interval: The Wilson interval (95%) of that share; null if nothing was drawn.
        sample_ratio_p: The probability of a share at least as far off by chance (exact binomial test, two-sided).
        began_at: When the stage began (RFC 3339, UTC); null for other runs.
        ended_at: When it ended (RFC 3339, UTC); null while it is in force.
        runs: The number of runs.
        modes: The runs by mode.
    """

    name: str
    decided: bool
    share: Share | None
    real_share: Share | None
    real_share_interval: IntervalJson | None
    sample_ratio_p: Share | None
    began_at: Time | None
    ended_at: Time | None
    runs: Count
    modes: list[ModeJson]


class PeriodJson(msgspec.Struct, frozen=True, kw_only=True):
    """The runs of one length of time.

    Attributes:
        began_at: When it began (RFC 3339, UTC).
        seconds: Its length: from a minute to a week.
        queue: Runs that got the queue.
        stdout: Runs that got stdout.
        fell_back: Runs that got the queue and fell back to stdout.
        wanted: The share that should have got the queue, the mean over these runs.
    """

    began_at: Time | None
    seconds: Annotated[float, msgspec.Meta(gt=0)]
    queue: Count
    stdout: Count
    fell_back: Count
    wanted: Share


class MetricsJson(msgspec.Struct, frozen=True, kw_only=True):
    """The metrics of a rollout's audits.

    Attributes:
        rollout: The rollout's name.
        tier: Only runs of this tier; null for all.
        since: Only runs requested at this time or later (RFC 3339, UTC); null for all.
        until: Only runs requested before this time (RFC 3339, UTC); null for all.
        at: When this was read (RFC 3339, UTC).
        stages: The rollout's stages so far, in order.
        others: Runs whose modes were decided in other ways.
        periods: The stages' runs over time, in order, in at most about sixty periods of one length; periods without
            runs are left out.
    """

    rollout: str
    tier: str | None
    since: Time | None
    until: Time | None
    at: Time | None
    stages: list[PopulationJson]
    others: list[PopulationJson]
    periods: list[PeriodJson]


def metrics_json(metrics: Metrics) -> MetricsJson:
    """Return the JSON of `rollout metrics`."""
    return MetricsJson(
        rollout=metrics.rollout,
        tier=metrics.tier,
        since=_time(metrics.since),
        until=_time(metrics.until),
        at=iso_time(metrics.at),
        stages=[_population(stage) for stage in metrics.stages],
        others=[_population(other) for other in metrics.others],
        periods=[
            PeriodJson(
                began_at=iso_time(period.at),
                seconds=period.length,
                queue=period.queue,
                stdout=period.stdout,
                fell_back=period.fell_back,
                wanted=period.wanted,
            )
            for period in metrics.periods
        ],
    )


def quantiles(values: Values) -> Quantiles | None:
    """Return the median, and the 95th and 99th percentile; None without values."""
    return Quantiles(*map(float, np.quantile(values, (0.5, 0.95, 0.99)))) if values.size else None


def _time(at: float | None) -> str | None:
    return None if at is None else iso_time(at)


def _population(population: Population) -> PopulationJson:
    runs, queue, real = population.runs, population.mode("queue").runs, population.real_share
    return PopulationJson(
        name=population.name,
        decided=population.decided,
        share=population.share,
        real_share=real,
        real_share_interval=None if real is None else IntervalJson(*wilson_interval(queue, runs)),
        sample_ratio_p=None if real is None else sample_ratio_p(queue, runs, population.share or 0.0),
        began_at=_time(population.began_at),
        ended_at=_time(population.ended_at),
        runs=runs,
        modes=[_mode(mode) for mode in population.modes.values()],
    )


def _mode(mode: ModeMetrics) -> ModeJson:
    low, high = wilson_interval(mode.completed, mode.judged)
    return ModeJson(
        mode=mode.mode,
        runs=mode.runs,
        judged=mode.judged,
        statuses=dict(mode.statuses),
        effective=dict(mode.effective),
        success=SuccessJson(mode.completed / mode.judged, low, high) if mode.judged else None,
        fallbacks=dict(mode.fallbacks),
        events=_tally(mode.events),
        lost=_tally(mode.lost),
        repeated=_tally(mode.repeated),
        resent=_tally(mode.resent),
        mismatched=_tally(mode.mismatched),
        wall_seconds=quantiles(mode.wall),
        latency_seconds={
            f"p{percent}": float(np.median(values)) if values.size else None for percent, values in mode.latency.items()
        },
        events_per_second=quantiles(mode.throughput),
        queue_start_seconds=quantiles(mode.start_up),
    )


def _tally(tally: Tally) -> TallyJson:
    return TallyJson(tally.total if tally.known else None, tally.runs, tally.known)
