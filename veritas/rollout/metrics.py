"""What the log tells of a rollout's audits: how many, how they ended, what was lost, and how long things took.

All numbers are of runs, for an audit that is run again decides nothing anew. A run is counted under the mode that it
was *given* (`configured`), whatever carried its events in the end, so that one that fell back still counts against the
mode that made it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

NO_END = ("requested", "running", "unended")  # the statuses of runs that have none


def _none() -> Values:
    return np.empty(0)


@dataclass(frozen=True)
class Tally:
    """A number that some runs tell and others do not.

    Attributes:
        total: The sum over the runs that tell it.
        runs: How many of them tell of more than nothing.
        known: How many tell it at all; of the others it is unknown.
    """

    total: int = 0
    runs: int = 0
    known: int = 0

    def told_of(self, runs: int) -> str | None:
        """Return the sum for people, with how many of so many runs do not tell it; None where none does."""
        unknown = f" ({runs - self.known:,} unknown)" if runs > self.known else ""
        return f"{self.total:,}{unknown}" if self.known else None

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.total + other.total, self.runs + other.runs, self.known + other.known)


@dataclass(frozen=True)
class ModeMetrics:
    """The runs that were given one mode, at one stage.

    Attributes:
        mode: `queue`, `stdout` or `validate`.
        statuses: How many runs there are, by status; all of them together are the runs. One without an end a day
            after its request is `unended`.
        effective: How many ended runs there are, by what really carried their events.
        fallbacks: How many runs changed transport, by cause.
        events: Events that their children emitted.
        lost: Events that were emitted and that no transport delivered.
        repeated: Events that a transport delivered more than once.
        resent: Events that were sent again over stdout after a fallback.
        mismatched: Differences between the transports, of the runs that were compared.
        wall: How long each run took that completed or failed, in seconds.
        latency: By percentile (50, 95, 99): of each of these that tells it, its own percentile of the time from an
            event's emission until it was committed, in seconds.
        throughput: Events a second of each of these.
        start_up: How long starting the queue's manager took, in seconds, of each run that had one.
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
    wall: Values = field(default_factory=_none)
    latency: Mapping[int, Values] = field(default_factory=dict)
    throughput: Values = field(default_factory=_none)
    start_up: Values = field(default_factory=_none)

    def __add__(self, other: ModeMetrics) -> ModeMetrics:
        """Return the runs of both together, which must have been given the same mode."""
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
        """Return the latencies of one percentile; none where they were not read."""
        return self.latency.get(percent, _none())

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return sum(self.statuses.values())

    @property
    def completed(self) -> int:
        """How many ended well."""
        return self.statuses.get("completed", 0)

    @property
    def judged(self) -> int:
        """How many completed, or failed, or are overdue; what somebody interrupted says nothing of a mode."""
        return self.completed + self.statuses.get("failed", 0) + self.statuses.get("unended", 0)

    @property
    def fell_back(self) -> int:
        """How many changed transport."""
        return sum(self.fallbacks.values())


@dataclass(frozen=True)
class Population:
    """Runs whose modes were decided in one way.

    Attributes:
        name: The stage's name; of other populations, what decided: `default`, a variable, or a flag.
        decided: Whether the rollout drew the mode; else it was given, and the runs are counted apart.
        share: The share that was to get the queue, 0.0-1.0; None where nothing was drawn.
        began_at: When the stage began, in seconds since the epoch, UTC; None where it is no stage.
        ended_at: When it ended; None while it is in force, or where it is no stage.
        modes: The runs, by the mode that they were given; modes that no run has are left out.
    """

    name: str
    decided: bool
    share: float | None
    began_at: float | None
    ended_at: float | None
    modes: Mapping[str, ModeMetrics]

    @property
    def runs(self) -> int:
        """How many runs there are."""
        return sum(mode.runs for mode in self.modes.values())

    @property
    def real_share(self) -> float | None:
        """The share that got the queue; None where nothing was drawn."""
        return self.mode("queue").runs / self.runs if self.runs and self.share is not None else None

    def mode(self, name: str) -> ModeMetrics:
        """Return the runs of one mode; none of them where there are none."""
        return self.modes.get(name, ModeMetrics(name))


@dataclass(frozen=True)
class Period:
    """How many runs of the rollout's own populations were requested in one length of time.

    Attributes:
        at: When it began, in seconds since the epoch; a whole number of its length.
        length: How long it is, in seconds; the same for all periods of a rollout.
        queue: Runs that got the queue.
        stdout: Runs that got stdout.
        wanted: The share that was wanted, the mean over these runs.
    """

    at: float
    length: float
    queue: int
    stdout: int
    wanted: float


@dataclass(frozen=True)
class Metrics:
    """All that is measured of one rollout.

    Attributes:
        rollout: Its name.
        tier: The only tier that is looked at; None for all.
        since: Only runs requested from here on, in seconds since the epoch; None for all.
        until: Only runs requested before this; None for all.
        at: When the metrics were taken, in seconds since the epoch.
        stages: The rollout's stages so far, in order; a stage that was in force twice stands here twice.
        others: Runs that were decided otherwise: by default, by a variable, or by a flag.
        periods: The stages' runs over time, in order; periods without any are left out.
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
        """How many runs there are in all."""
        return sum(population.runs for population in (*self.stages, *self.others))
