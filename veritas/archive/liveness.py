"""The liveness of a run's recorder: a run without an end is orphaned if the process that recorded it has ended.

The log alone does not show that, because a run may be silent for hours, and only its recorder could record its end. The
log has the identity of the recording process (`AuditRequested.recorder`), and only the machine on which that ran knows
whether it still runs. So this status `abandoned` is neither an event nor in the read model: it is determined when a run
is shown on that machine. On another machine, or if the machine is not certain, the run counts as running, until another
process takes its work over and records its end (`veritas.recording.takeover`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from veritas.archive.archive import Archive
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import ABANDONED, AuditRequested
from veritas.projections.audit_state import REQUESTED
from veritas.projections.phase_state import RUNNING
from veritas.projections.run_summary import RunRow, runs_of

_UNENDED = (REQUESTED, RUNNING)


def is_orphaned(archive: Archive, run_id: str) -> bool:
    """Return whether a run does not have an end in the log, and its recorder has certainly ended."""
    requested = next(archive.recorder_events(AuditRequested.type, run_id=run_id), None)
    request = None if requested is None else requested.from_recorder
    if not isinstance(request, AuditRequested) or request.recorder is None or not request.recorder.is_gone():
        return False
    # Only now is it certain that no end will be recorded; one may have been recorded a moment ago.
    return not archive.has_ended(run_id)


def list_runs(
    archive: Archive, *, status: str | None, limit: int | None, progress: Callable[[int, int], None]
) -> list[RunRow]:
    """Return the rows of the read model, newest first, with the status `abandoned` for orphaned runs.

    Args:
        archive: The log.
        status: Return only runs with this status; None for all.
        limit: The maximum number of rows; None for all.
        progress: Called with the position up to which the read model has caught up, and with the log's last one.
    """
    model = runs_of(archive.log)
    if status is None:
        return [_with_liveness(archive, row) for row in model.rows(limit=limit, progress=progress)]
    if status not in (*_UNENDED, ABANDONED):
        return model.rows(status=status, limit=limit, progress=progress)
    unended = {row.run_id: row for each in (*_UNENDED, ABANDONED) for row in model.rows(status=each, progress=progress)}
    newest_first = sorted(unended.values(), key=lambda row: row.position, reverse=True)
    rows = (_with_liveness(archive, row) for row in newest_first)
    return list(islice((row for row in rows if row.status == status), limit))


def follow(archive: Archive, run_id: str) -> Iterator[RecordedEvent]:
    """Yield a run's events, and then each new one, until the run is over."""
    return archive.follow(run_id, stop=lambda: is_over(archive, run_id))


def is_over(archive: Archive, run_id: str) -> bool:
    """Return whether a run has ended, or is orphaned."""
    return archive.has_ended(run_id) or is_orphaned(archive, run_id)


def _with_liveness(archive: Archive, row: RunRow) -> RunRow:
    """Return *row*, with the status `abandoned` if its run is orphaned."""
    orphaned = row.status in _UNENDED and is_orphaned(archive, row.run_id)
    return row._replace(status=ABANDONED) if orphaned else row
