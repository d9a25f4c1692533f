"""The matrix of all validated runs: how many had equal transports, and which fields ever differed.

`matrix` reads it from a log; a rollout decides by it. It is computed from recorded events: a run's comparison as it was
recorded, or, if none was, a comparison made now of the deliveries of its two transports.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from veritas.archive.archive import Archive
from veritas.archive.liveness import is_orphaned
from veritas.core.mode_decision import IPC_MODE_VALIDATE, VALIDATE_BY
from veritas.diff.transports.matrix_totals import Matrix, tally
from veritas.diff.transports.validated_run import (
    ABANDONED,
    FAILED,
    INTERRUPTED,
    ONE_TRANSPORT,
    RECORDED_IN,
    REDACTED,
    RUNNING,
    UncomparedRun,
    ValidatedRun,
    compare_now,
    validated_run,
)
from veritas.events import recorder_events
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import TEE, IpcModeSelected
from veritas.projections import phase_state
from veritas.projections.audit_state import REQUESTED
from veritas.projections.run_summary import RunRow, runs_of

__all__ = ["Matrix", "matrix"]

Progress = Callable[[int, int], None]

_NOT_RERUN = "The audit was to be run again for a comparison, and was not."
_UNENDED = (REQUESTED, phase_state.RUNNING)


def matrix(
    archive: Archive,
    *,
    since: float | None = None,
    until: float | None = None,
    progress: Progress = lambda done, total: None,
    catching_up: Progress = lambda done, total: None,
) -> Matrix:
    """Return the totals of the comparisons of all validated runs.

    A validated run is one that was to be carried over both transports, or was compared by running it again.

    Args:
        archive: The log.
        since: Only runs requested at this time or later, in seconds since the epoch, UTC.
        until: Only runs requested before this time.
        progress: Called with the number of runs read so far, and their total.
        catching_up: Called with the position that the read model of the runs has reached, and the log's last position.
    """
    rows = {row.run_id: row for row in runs_of(archive.log).rows(progress=catching_up) if _is_within(row, since, until)}
    after = min((row.position for row in rows.values()), default=1) - 1
    runs = _validated_runs(archive, rows, after)
    validated = sorted((rows[run_id] for run_id in runs), key=lambda row: row.position)
    outcomes: list[ValidatedRun | UncomparedRun] = []
    for done, row in enumerate(validated, 1):
        outcomes.append(_outcome(archive, row, runs[row.run_id]))
        progress(done, len(validated))
    return tally(outcomes, since=since, until=until)


def _validated_runs(archive: Archive, rows: Mapping[str, RunRow], after: int) -> dict[str, ValidatedRun]:
    """Return every validated run among *rows* with its recorded comparison, by run id.

    An audit that was run several times counts once: as the run with the comparison, or else as its last run.
    """
    tees: set[str] = set()
    reruns: dict[str, str] = {}  # the last run of each audit
    for recorded in archive.recorder_events(IpcModeSelected.type, after=after):
        selected = recorded.from_recorder
        if recorded.run_id not in rows or not isinstance(selected, IpcModeSelected):
            continue
        if selected.mode == IPC_MODE_VALIDATE:
            tees.add(recorded.run_id)
        elif selected.origin == VALIDATE_BY:
            reruns[recorded.audit_id] = recorded.run_id
    recorded_in: dict[str, list[RecordedEvent]] = {run_id: [] for run_id in (*tees, *reruns.values())}
    for recorded in archive.recorder_events(*RECORDED_IN, after=after):
        if recorded.run_id in recorded_in:
            recorded_in[recorded.run_id].append(recorded)
    runs = {run_id: validated_run(run_id, events) for run_id, events in recorded_in.items()}
    for run_id in reruns.values():
        if runs[run_id].by is None:
            runs[run_id] = replace(runs[run_id], error=_NOT_RERUN)
    return runs


def _outcome(archive: Archive, row: RunRow, run: ValidatedRun) -> ValidatedRun | UncomparedRun:
    run_id = row.run_id
    if run.by is None and row.status in _UNENDED:
        return UncomparedRun(run_id, ABANDONED if is_orphaned(archive, run_id) else RUNNING)
    # Whatever its comparison found: to count only those interrupted runs that are equal would bias the result.
    if row.status == recorder_events.INTERRUPTED:
        return UncomparedRun(run_id, INTERRUPTED, run.counts, error=run.error)
    if row.status == recorder_events.ABANDONED:
        return UncomparedRun(run_id, ABANDONED, run.counts, error=run.error)
    if run.by is None and run.error is None:
        run = compare_now(run_id, lambda: archive.events(run_id))
    if run.by == TEE and run.is_one_sided:
        return UncomparedRun(run_id, ONE_TRANSPORT, run.counts)
    if run.error is not None:
        return UncomparedRun(run_id, FAILED, run.counts, error=run.error)
    if run.redacted and not run.total:
        return UncomparedRun(run_id, REDACTED, run.counts, run.redacted)
    if run.by == TEE and not run.equal and not run.differences:  # an older version recorded only the events' numbers
        return replace(run, differences=compare_now(run_id, lambda: archive.events(run_id)).differences)
    return run


def _is_within(row: RunRow, since: float | None, until: float | None) -> bool:
    if since is None and until is None:
        return True
    at = row.started_at
    return at is not None and (since is None or at >= since) and (until is None or at < until)
