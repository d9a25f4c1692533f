"""Reading what the log tells of a rollout: its metrics, and what its gate judges.

All of it comes from the read model of the runs, which is kept as they are recorded: however long the log is, nothing of
it is read again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from store.log import RunStatistics
from store.read_model.statistics import Selection, Way
from store.records import BIGINT_MAX
from veritas.archive.archive import Archive, imports_of
from veritas.errors import UsageError
from veritas.projections.run_summary import runs_of
from veritas.rollout.gate_input import OVER_QUEUE, Evidence
from veritas.rollout.history import Rollout, Span
from veritas.rollout.ledger import Ledger
from veritas.rollout.metrics import Metrics, Period, Population, Values
from veritas.rollout.run_data import NUMBERS, Drawn, RunColumns, periods_of

_SPLIT = "SPLIT"
Progress = Callable[[int, int], None]

_NAMED = 3  # runs that a ruling names, so that somebody can look at them
_JUDGED = ("lost", "mismatched", "latency_p95")  # the numbers that a gate judges


def read_metrics(
    archive: Archive,
    name: str,
    *,
    tier: str | None = None,
    since: float | None = None,
    until: float | None = None,
    now: float | None = None,
    progress: Progress = lambda done, total: None,
) -> Metrics:
    """Return the metrics of a rollout.

    Args:
        archive: The log.
        name: The rollout.
        tier: Only runs of this tier; None for all that the rollout decides.
        since: Only runs requested from here on, in seconds since the epoch.
        until: Only runs requested before this.
        now: When this is, in seconds since the epoch.
        progress: Is told how far the read model has caught up, where it has to, and where the log ends.

    Raises:
        UsageError: There is no such rollout.
        store.errors.StoreError: The log cannot be read.
    """
    runs_of(archive.log).keep_up(progress)
    now = time.time() if now is None else now
    reader = _Reader(archive, _rollout(archive, name), now, tier, since, until)
    stages, periods = reader.stages()
    return Metrics(name, reader.tier, since, until, now, stages, tuple(reader.others()), periods)


def read_evidence(
    archive: Archive,
    name: str,
    *,
    now: float | None = None,
    progress: Progress = lambda done, total: None,
) -> Evidence:
    """Return what the gate of a rollout judges.

    Args:
        archive: The log.
        name: The rollout.
        now: When this is, in seconds since the epoch.
        progress: Is told how far the read model has caught up, where it has to, and where the log ends.

    Raises:
        UsageError: There is no such rollout, or it was rolled back.
        store.errors.StoreError: The log cannot be read.
    """
    rollout = _rollout(archive, name)
    if rollout.is_rolled_back:
        raise UsageError(
            f"The rollout {name!r} was rolled back, and nothing is left to judge; `veritas rollout start` begins anew."
        )
    runs_of(archive.log).keep_up(progress)
    now = time.time() if now is None else now
    reader, span = _Reader(archive, rollout, now, numbers=_JUDGED), rollout.spans[-1]
    compared = reader.last_compared() if span.stage.share >= 1 else None
    evidence = Evidence(
        name,
        reader.stage(span)[0],
        rollout.next,
        tuple(reader.beside(span)),
        now,
        position=rollout.last.position,
        before=reader.stage(compared)[0] if compared else None,
        held=rollout.held,
    )
    return replace(
        evidence,
        lossy=reader.telling_of("lost", span) if evidence.lost.total else (),
        mismatched=reader.telling_of("mismatched", span) if evidence.differing.total else (),
    )


def _rollout(archive: Archive, name: str) -> Rollout:
    rollout = Ledger(archive).rollouts().get(name)
    if rollout is None:
        raise UsageError(
            f"There is no rollout {name!r}; `veritas rollout status` shows those there are, and"
            " `veritas rollout start` begins one."
        )
    return rollout


class _Reader:
    """Reads the runs that a rollout decided, and those that would have been its to decide, all of this log's own."""

    def __init__(
        self,
        archive: Archive,
        rollout: Rollout,
        now: float,
        tier: str | None = None,
        since: float | None = None,
        until: float | None = None,
        numbers: Sequence[str] = NUMBERS,
    ) -> None:
        self.tier = tier or rollout.last.said.tier
        self._rollout = rollout
        self._statistics: RunStatistics = archive.log.run_statistics()
        self._imported = imports_of(archive).keys()  # another log's, whose stages may well have the same names
        self._now, self._since, self._until = now, since, until
        self._numbers = numbers

    def stages(self) -> tuple[tuple[Population, ...], tuple[Period, ...]]:
        """Return the rollout's stages, and their runs over time."""
        stages: list[Population] = []
        drawn: list[Drawn] = []
        for span in self._rollout.spans:
            population, requested = self.stage(span)
            stages.append(population)
            drawn += [Drawn(moments, mode == "queue", span.stage.share) for mode, moments in requested.items()]
        return tuple(stages), periods_of(drawn)

    def stage(self, span: Span) -> tuple[Population, Mapping[str, Values]]:
        """Return the runs whose modes one stage drew, and when they were requested, by mode.

        A run that was decided while the stage was in force, and whose record begins when it is over, is one of them.
        """
        stage, ended = span.stage, span.ended
        runs = self._runs(self._own(span))
        modes = {mode: runs.metrics(mode) for mode in runs.modes}
        population = Population(
            stage.name, True, stage.share, span.began.at, None if ended is None else ended.at, modes
        )
        return population, {mode: runs.requested(mode) for mode in modes}

    def last_compared(self) -> Span | None:
        """Return the last time at which some audits got the queue, and some did not."""
        return next((span for span in reversed(self._rollout.spans) if 0 < span.stage.share < 1), None)

    def others(self) -> Iterator[Population]:
        """Yield the runs that no stage of the ledger's drew."""
        for way in self._ways():
            last = min(self._began(way), default=BIGINT_MAX)
            yield from self._population(self._selection(way, last=last))

    def beside(self, span: Span) -> Iterator[Population]:
        """Yield the runs, but for those that a stage drew, that were under way when it began or have begun since."""
        for selection in self._beside(span):
            yield from self._population(selection)

    def telling_of(self, name: str, span: Span) -> tuple[str, ...]:
        """Return the first runs over the queue, of a stage and beside it, whose column *name* is more than 0."""
        found = [
            each
            for selection in (self._own(span), *self._beside(span))
            for each in self._statistics.telling_of(
                selection, name, configured=OVER_QUEUE, limit=_NAMED + len(self._imported)
            )
            if each[1] not in self._imported
        ]
        return tuple(run_id for _, run_id in sorted(found)[:_NAMED])

    def _own(self, span: Span) -> Selection:
        way, began = self._way(span), span.began.position
        again = min((other for other in self._began(way) if other > began), default=BIGINT_MAX)
        return self._selection(way, after=began, last=again)

    def _beside(self, span: Span) -> Iterator[Selection]:
        began = span.began
        for way in self._ways():
            last = began.position if way == self._way(span) else BIGINT_MAX
            yield self._selection(way, after=began.position, ended_since=began.at, last=last)

    def _ways(self) -> list[Way]:
        """Return how modes were decided, but not those that other rollouts drew."""
        ways = (way for way in self._statistics.ways() if way.reason != _SPLIT or way.decided_by == self._rollout.name)
        return sorted(ways, key=str)

    def _way(self, span: Span) -> Way:
        return Way(_SPLIT, self._rollout.name, f"stage {span.stage.name}", span.stage.share)

    def _began(self, way: Way) -> list[int]:
        """Return where the stage that decides this way began, each time that it did."""
        return [span.began.position for span in self._rollout.spans if self._way(span) == way]

    def _selection(
        self, way: Way, *, after: int = 0, ended_since: float | None = None, last: int = BIGINT_MAX
    ) -> Selection:
        return Selection(way, after, ended_since, last, self.tier, self._since, self._until)

    def _runs(self, selection: Selection) -> RunColumns:
        return RunColumns(self._statistics, selection, now=self._now, numbers=self._numbers, left_out=self._imported)

    def _population(self, selection: Selection) -> Iterator[Population]:
        """Yield the selected runs as a population, if there are any."""
        way, runs = selection.way, self._runs(selection)
        if modes := {mode: runs.metrics(mode) for mode in runs.modes}:
            drawn = way.reason == _SPLIT
            yield Population((drawn and way.share_origin) or way.decided_by, drawn, way.share, None, None, modes)
