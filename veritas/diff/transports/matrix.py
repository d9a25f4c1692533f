"""Every run whose transports were to be compared: how many were equal, and which fields ever differed.

`matrix` reads a log and gives a `Matrix`; a rollout decides by it. All of it is made from recorded events: a run's
comparison as it was recorded, or, where none was, one that is made now of what its two transports brought.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from veritas.archive.archive import Archive
from veritas.archive.liveness import is_abandoned
from veritas.core.rollout import IPC_MODE_VALIDATE, VALIDATE_BY
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

_BROKEN_OFF = "The audit was to be run again to be compared, and was not."
_UNENDED = (REQUESTED, phase_state.RUNNING)


def matrix(
    archive: Archive,
    *,
    since: float | None = None,
    until: float | None = None,
    progress: Progress = lambda done, total: None,
    catching_up: Progress = lambda done, total: None,
) -> Matrix:
    """Return what the comparisons of all validated runs come to.

    Validated is a run that was to be carried over both transports, or that was compared by running it again.

    Args:
        archive: The log.
        since: Only runs that were requested at this moment or later, in seconds since the epoch, UTC.
        until: Only runs that were requested before it.
        progress: Is told how many of the runs are looked at, of how many.
        catching_up: Is told how far the read model of the runs has caught up, and where the log ends.
    """
    rows = {row.run_id: row for row in runs_of(archive.log).rows(progress=catching_up) if _is_within(row, since, until)}
    after = min((row.position for row in rows.values()), default=1) - 1
    told = _told(archive, rows, after)
    validated = sorted((rows[run_id] for run_id in told), key=lambda row: row.position)
    outcomes: list[ValidatedRun | UncomparedRun] = []
    for done, row in enumerate(validated, 1):
        outcomes.append(_outcome(archive, row, told[row.run_id]))
        progress(done, len(validated))
    return tally(outcomes, since=since, until=until)


def _told(archive: Archive, rows: Mapping[str, RunRow], after: int) -> dict[str, ValidatedRun]:
    """Return what is recorded of the comparison of every run among *rows* that was validated.

    An audit that was run several times counts once: as the run that has the comparison, or as its last one.
    """
    tees: set[str] = set()
    reruns: dict[str, str] = {}  # by audit the last run
    for recorded in archive.recorder_events(IpcModeSelected.type, after=after):
        said = recorded.from_recorder
        if recorded.run_id not in rows or not isinstance(said, IpcModeSelected):
            continue
        if said.mode == IPC_MODE_VALIDATE:
            tees.add(recorded.run_id)
        elif said.origin == VALIDATE_BY:
            reruns[recorded.audit_id] = recorded.run_id
    recorded_in: dict[str, list[RecordedEvent]] = {run_id: [] for run_id in (*tees, *reruns.values())}
    for recorded in archive.recorder_events(*RECORDED_IN, after=after):
        if recorded.run_id in recorded_in:
            recorded_in[recorded.run_id].append(recorded)
    told = {run_id: validated_run(run_id, events) for run_id, events in recorded_in.items()}
    for run_id in reruns.values():
        if told[run_id].by is None:
            told[run_id] = replace(told[run_id], error=_BROKEN_OFF)
    return told


def _outcome(archive: Archive, row: RunRow, run: ValidatedRun) -> ValidatedRun | UncomparedRun:
    run_id = row.run_id
    if run.by is None and row.status in _UNENDED:
        return UncomparedRun(run_id, ABANDONED if is_abandoned(archive, run_id) else RUNNING)
    if (
        row.status == recorder_events.INTERRUPTED
    ):  # whatever was found: to count those alone that are equal would be unfair
        return UncomparedRun(run_id, INTERRUPTED, run.counts, error=run.error)
    if run.by is None and run.error is None:
        run = compare_now(run_id, lambda: archive.events(run_id))
    if run.by == TEE and run.is_one_sided:
        return UncomparedRun(run_id, ONE_TRANSPORT, run.counts)
    if run.error is not None:
        return UncomparedRun(run_id, FAILED, run.counts, error=run.error)
    if run.redacted and not run.total:
        return UncomparedRun(run_id, REDACTED, run.counts, run.redacted)
    if run.by == TEE and not run.equal and not run.found:  # an older version named the events alone
        return replace(run, found=compare_now(run_id, lambda: archive.events(run_id)).found)
    return run


def _is_within(row: RunRow, since: float | None, until: float | None) -> bool:
    if since is None and until is None:
        return True
    at = row.started_at
    return at is not None and (since is None or at >= since) and (until is None or at < until)
