"""The queries for a rollout's metrics and for its gate's input.

Both come from the read model of the runs, which is updated while they are recorded, so that the log's events need not
be read again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from store.read_model.statistics import Assignment, RunStatistics, Selection
from store.records import BIGINT_MAX
from veritas.archive.archive import Archive
from veritas.errors import UsageError
from veritas.projections.run_summary import runs_of
from veritas.rollout.gate_input import OVER_QUEUE, GateInput
from veritas.rollout.history import Rollout, Span
from veritas.rollout.ledger import Ledger
from veritas.rollout.metrics import Metrics, Period, Population
from veritas.rollout.run_data import NUMBERS, DrawnRuns, RunData, periods_of

_SPLIT = "SPLIT"
Progress = Callable[[int, int], None]

_NAMED = 3  # runs that a ruling names
_JUDGED = ("lost", "mismatched", "latency_p95")  # the numbers that the gate judges


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
        since: Only runs requested at this time or later, in seconds since the epoch.
        until: Only runs requested before this time.
        now: The current time, in seconds since the epoch.
        progress: Called with the position that the read model has reached, and the log's last position.

    Raises:
        UsageError: The rollout does not exist.
        store.errors.StoreError: The log cannot be read.
    """
    runs_of(archive.log).ensure_current(progress)
    now = time.time() if now is None else now
    reader = _Reader(archive, _rollout(archive, name), now, tier, since, until)
    stages, periods = reader.stages()
    return Metrics(name, reader.tier, since, until, now, stages, tuple(reader.others()), periods)


def read_gate_input(
    archive: Archive,
    name: str,
    *,
    now: float | None = None,
    progress: Progress = lambda done, total: None,
) -> GateInput:
    """Return the input of a rollout's gate.

    Args:
        archive: The log.
        name: The rollout.
        now: The current time, in seconds since the epoch.
        progress: Called with the position that the read model has reached, and the log's last position.

    Raises:
        UsageError: The rollout does not exist, or was rolled back.
        store.errors.StoreError: The log cannot be read.
    """
    rollout = _rollout(archive, name)
    require_judgeable(rollout)
    runs_of(archive.log).ensure_current(progress)
    now = time.time() if now is None else now
    reader, span = _Reader(archive, rollout, now, numbers=_JUDGED), rollout.spans[-1]
    compared = reader.last_compared() if span.stage.share >= 1 else None
    gate_input = GateInput(
        name,
        reader.stage(span)[0],
        rollout.next,
        tuple(reader.concurrent(span)),
        now,
        position=rollout.last.position,
        before=reader.stage(compared)[0] if compared else None,
        held=rollout.held,
    )
    return replace(
        gate_input,
        lossy=reader.first_runs_with("lost", span) if gate_input.lost.total else (),
        mismatched=reader.first_runs_with("mismatched", span) if gate_input.differing.total else (),
    )


def require_judgeable(rollout: Rollout) -> None:
    """Raise an error if a rollout cannot be judged.

    Raises:
        UsageError: It was rolled back.
    """
    if rollout.is_rolled_back:
        raise UsageError(
            f"The rollout {rollout.name!r} was rolled back and cannot be judged; `veritas rollout start` starts it"
            " again."
        )


def _rollout(archive: Archive, name: str) -> Rollout:
    rollout = Ledger(archive).rollouts().get(name)
    if rollout is None:
        raise UsageError(
            f"There is no rollout {name!r}; `veritas rollout status` lists the rollouts, and"
            " `veritas rollout start` starts one."
        )
    return rollout


class _Reader:
    """Reads the runs that a rollout decided or could have decided, without runs imported from another log."""

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
        self.tier = tier or rollout.last.event.tier
        self._rollout = rollout
        self._statistics: RunStatistics = archive.log.run_statistics()
        self._imported = archive.provenance().keys()  # the other log's stages may have the same names
        self._now, self._since, self._until = now, since, until
        self._numbers = numbers

    def stages(self) -> tuple[tuple[Population, ...], tuple[Period, ...]]:
        """Return the rollout's stages, and their runs over time."""
        stages: list[Population] = []
        drawn: list[DrawnRuns] = []
        for span in self._rollout.spans:
            population, of_stage = self.stage(span)
            stages.append(population)
            drawn += of_stage
        return tuple(stages), periods_of(drawn)

    def stage(self, span: Span) -> tuple[Population, list[DrawnRuns]]:
        """Return the runs whose modes one stage drew, and when they were requested.

        A run that was decided while the stage was in force, but first recorded after its end, is included.
        """
        stage, ended = span.stage, span.ended
        runs = self._runs(self._drawn(span))
        modes = {mode: runs.metrics(mode) for mode in runs.modes}
        population = Population(
            stage.name, True, stage.share, span.began.at, None if ended is None else ended.at, modes
        )
        return population, runs.drawn(stage.share)

    def last_compared(self) -> Span | None:
        """Return the last span in which some audits got the queue and some did not."""
        return next((span for span in reversed(self._rollout.spans) if 0 < span.stage.share < 1), None)

    def others(self) -> Iterator[Population]:
        """Yield the runs whose modes no stage in the ledger drew."""
        for assignment in self._assignments():
            last = min(self._began(assignment), default=BIGINT_MAX)
            yield from self._population(self._selection(assignment, last=last))

    def concurrent(self, span: Span) -> Iterator[Population]:
        """Yield the runs, except those that a stage drew, that were in progress when it began or have begun since."""
        for selection in self._concurrent(span):
            yield from self._population(selection)

    def first_runs_with(self, name: str, span: Span) -> tuple[str, ...]:
        """Return the first runs over the queue, of a stage or concurrent with it, whose column *name* is above 0."""
        runs = [
            each
            for selection in (self._drawn(span), *self._concurrent(span))
            for each in self._statistics.first_with_positive(
                selection, name, configured=OVER_QUEUE, limit=_NAMED + len(self._imported)
            )
            if each[1] not in self._imported
        ]
        return tuple(run_id for _, run_id in sorted(runs)[:_NAMED])

    def _drawn(self, span: Span) -> Selection:
        assignment, began = self._assignment(span), span.began.position
        again = min((other for other in self._began(assignment) if other > began), default=BIGINT_MAX)
        return self._selection(assignment, after=began, last=again)

    def _concurrent(self, span: Span) -> Iterator[Selection]:
        began = span.began
        for assignment in self._assignments():
            last = began.position if assignment == self._assignment(span) else BIGINT_MAX
            yield self._selection(assignment, after=began.position, ended_since=began.at, last=last)

    def _assignments(self) -> list[Assignment]:
        """Return the assignments of modes, except draws by other rollouts."""
        assignments = (
            assignment
            for assignment in self._statistics.assignments()
            if assignment.reason != _SPLIT or assignment.decided_by == self._rollout.name
        )
        return sorted(assignments, key=str)

    def _assignment(self, span: Span) -> Assignment:
        return Assignment(_SPLIT, self._rollout.name, f"stage {span.stage.name}", span.stage.share)

    def _began(self, assignment: Assignment) -> list[int]:
        """Return the positions at which the stage that decides this way began."""
        return [span.began.position for span in self._rollout.spans if self._assignment(span) == assignment]

    def _selection(
        self, assignment: Assignment, *, after: int = 0, ended_since: float | None = None, last: int = BIGINT_MAX
    ) -> Selection:
        return Selection(assignment, after, ended_since, last, self.tier, self._since, self._until)

    def _runs(self, selection: Selection) -> RunData:
        return RunData(self._statistics, selection, now=self._now, numbers=self._numbers, left_out=self._imported)

    def _population(self, selection: Selection) -> Iterator[Population]:
        """Yield the selected runs as a population, if there are any."""
        assignment, runs = selection.assignment, self._runs(selection)
        if modes := {mode: runs.metrics(mode) for mode in runs.modes}:
            drawn = assignment.reason == _SPLIT
            yield Population(
                (drawn and assignment.share_origin) or assignment.decided_by, drawn, assignment.share, None, None, modes
            )
