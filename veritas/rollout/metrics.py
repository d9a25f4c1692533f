"""The metrics of a rollout's audits: their number, how they ended, what was lost, and how long they took.

All numbers are of runs: an audit that is run again is counted again, with the same decision. A run is counted under the
mode that it was *given* (`configured`), not the one that carried its events in the end, so that a run that fell back
counts against the mode that failed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

NO_END = ("requested", "running", "unended")  # the statuses of runs without an end


def _empty() -> Values:
    return np.empty(0)


@dataclass(frozen=True)
class Tally:
    """The sum of a number that is known for some runs and unknown for others.

    Attributes:
        total: The sum over the runs for which it is known.
        runs: For how many of them it is more than 0.
        known: For how many runs it is known.
    """

    total: int = 0
    runs: int = 0
    known: int = 0

    def text(self, runs: int) -> str | None:
        """Return the sum, with the number among *runs* for which it is unknown; None if it is unknown for all."""
        unknown = f" ({runs - self.known:,} unknown)" if runs > self.known else ""
        return f"{self.total:,}{unknown}" if self.known else None

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.total + other.total, self.runs + other.runs, self.known + other.known)


@dataclass(frozen=True)
class ModeMetrics:
    """The runs that were given one mode, at one stage.

    Attributes:
        mode: `queue`, `stdout` or `validate`.
        statuses: The number of runs by status; their sum is the number of all runs. A run that has not ended a day
            after its request is `unended`.
        effective: The number of ended runs by the mode that carried their events.
        fallbacks: The number of runs that changed transport, by cause.
        events: Events that the children emitted.
        lost: Events that were emitted and that no transport delivered.
        repeated: Events that a transport delivered more than once.
        resent: Events that were sent again over stdout after a fallback.
        mismatched: Differences between the transports of the runs that were compared.
        wall: The duration of each run that completed or failed, in seconds.
        latency: By percentile (50, 95, 99), for each of these runs that measured it: the run's own percentile of the
            time from an event's emission until it was committed, in seconds.
        throughput: Events a second of each of these runs.
        start_up: The time it took to start the queue's manager, in seconds, for each run that had one.
    """

    mode: str
    statuses: Mapping[str, int] = field(default_factory=dict)
    effective: Mapping[str, int] = field(default_factory=dict)
    fallbacks: Mapping[str, int] = field(default_factory=dict)
    events: Tally = Tally()
    lost: Tally = Tally()
    repeated: Tally = Tally()
    resent: Tally = Tally()
    mismatched: Tally = Tally()
    wall: Values = field(default_factory=_empty)
    latency: Mapping[int, Values] = field(default_factory=dict)
    throughput: Values = field(default_factory=_empty)
    start_up: Values = field(default_factory=_empty)

    def __add__(self, other: ModeMetrics) -> ModeMetrics:
        """Return the metrics of both groups of runs together; both must have been given the same mode."""
        return ModeMetrics(
            self.mode,
            statuses=Counter(self.statuses) + Counter(other.statuses),
            effective=Counter(self.effective) + Counter(other.effective),
            fallbacks=Counter(self.fallbacks) + Counter(other.fallbacks),
            events=self.events + other.events,
            lost=self.lost + other.lost,
            repeated=self.repeated + other.repeated,
            resent=self.resent + other.resent,
            mismatched=self.mismatched + other.mismatched,
            wall=np.concatenate((self.wall, other.wall)),
            latency={
                percent: np.concatenate((self.latency_p(percent), other.latency_p(percent)))
                for percent in sorted({*self.latency, *other.latency})
            },
            throughput=np.concatenate((self.throughput, other.throughput)),
            start_up=np.concatenate((self.start_up, other.start_up)),
        )

    def latency_p(self, percent: int) -> Values:
        """Return the latencies of one percentile; empty if they were not read."""
        return self.latency.get(percent, _empty())

    @property
    def runs(self) -> int:
        """The number of runs."""
        return sum(self.statuses.values())

    @property
    def completed(self) -> int:
        """The number of completed runs."""
        return self.statuses.get("completed", 0)

    @property
    def judged(self) -> int:
        """The number of runs that completed, failed, or are overdue; an interrupted run says nothing about a mode."""
        return self.completed + self.statuses.get("failed", 0) + self.statuses.get("unended", 0)

    @property
    def fell_back(self) -> int:
        """The number of runs that changed transport."""
        return sum(self.fallbacks.values())


@dataclass(frozen=True)
class Population:
    """Runs whose modes were decided in the same way.

    Attributes:
        name: The stage's name; for other populations, what decided: `default`, a variable, or a flag.
        decided: Whether the rollout drew the mode; if not, the mode was given, and the runs are counted separately.
        share: The share that was to get the queue, 0.0-1.0; None if nothing was drawn.
        began_at: When the stage began, in seconds since the epoch, UTC; None if this is not a stage.
        ended_at: When it ended; None while it is in force, or if this is not a stage.
        modes: The runs by the mode that they were given; modes without runs are left out.
    """

    name: str
    decided: bool
    share: float | None
    began_at: float | None
    ended_at: float | None
    modes: Mapping[str, ModeMetrics]

    @property
    def runs(self) -> int:
        """The number of runs."""
        return sum(mode.runs for mode in self.modes.values())

    @property
    def real_share(self) -> float | None:
        """The share that got the queue; None if nothing was drawn."""
        return self.mode("queue").runs / self.runs if self.runs and self.share is not None else None

    def mode(self, name: str) -> ModeMetrics:
        """Return the metrics of one mode, with zero runs if there are none."""
        return self.modes.get(name, ModeMetrics(name))


@dataclass(frozen=True)
class Period:
    """The runs of the rollout's stages that were requested in one period.

    Attributes:
        at: When the period began, in seconds since the epoch; a multiple of its length.
        length: Its length in seconds; the same for all periods of a rollout.
        queue: The number of runs that got the queue.
        stdout: The number of runs that got stdout.
        fell_back: The number of runs that got the queue and fell back to stdout.
        wanted: The share that should have got the queue, the mean over these runs.
    """

    at: float
    length: float
    queue: int
    stdout: int
    fell_back: int
    wanted: float


@dataclass(frozen=True)
class Metrics:
    """All metrics of one rollout.

    Attributes:
        rollout: Its name.
        tier: Only runs of this tier; None for all.
        since: Only runs requested at this time or later, in seconds since the epoch; None for all.
        until: Only runs requested before this time; None for all.
        at: When the metrics were read, in seconds since the epoch.
        stages: The rollout's stages so far, in order; a stage that was in force twice is included twice.
        others: Runs that were decided in other ways: by default, by a variable, or by a flag.
        periods: The stages' runs over time, in order; periods without runs are left out.
    """

    rollout: str
    tier: str | None
    since: float | None
    until: float | None
    at: float
    stages: tuple[Population, ...]
    others: tuple[Population, ...]
    periods: tuple[Period, ...]

    @property
    def runs(self) -> int:
        """The number of all runs."""
        return sum(population.runs for population in (*self.stages, *self.others))
