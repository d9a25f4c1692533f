"""The liveness of a run's recorder: a run without an end is orphaned if the process that recorded it has ended.

The log alone does not show that, because a run may be silent for hours, and only its recorder could record its end. The
log has the identity of the recording process (`AuditRequested.recorder`), and only the machine on which that ran knows
whether it still runs. So this status `abandoned` is neither an event nor in the read model: it is determined when a run
is shown on that machine. On another machine, or if the machine is not certain, the run counts as running, until another
process takes its work over and records its end (`veritas.recording.takeover`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from store.log import RunFilter, RunOrder
from store.read_model.run_filter import EVERY_RUN, NEWEST_FIRST
from veritas.archive.archive import Archive
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import ABANDONED, AuditRequested
from veritas.projections.audit_state import REQUESTED
from veritas.projections.phase_state import RUNNING
from veritas.projections.run_summary import RunRow, runs_of

Progress = Callable[[int, int], None]

UNENDED = (REQUESTED, RUNNING)


def is_orphaned(archive: Archive, run_id: str) -> bool:
    """Return whether a run does not have an end in the log, and its recorder has certainly ended."""
    requested = next(archive.recorder_events(AuditRequested.type, run_id=run_id), None)
    request = None if requested is None else requested.from_recorder
    if not isinstance(request, AuditRequested) or request.recorder is None or not request.recorder.is_gone():
        return False
    # Only now is it certain that no end will be recorded; one may have been recorded a moment ago.
    return not archive.has_ended(run_id)


def list_runs(
    archive: Archive,
    wanted: RunFilter = EVERY_RUN,
    *,
    order: RunOrder = NEWEST_FIRST,
    limit: int | None = None,
    offset: int = 0,
    progress: Progress = lambda done, total: None,
) -> list[RunRow]:
    """Return the rows of the read model that a filter matches, with the status `abandoned` for orphaned runs.

    Args:
        archive: The log.
        wanted: The filter.
        order: The order; the newest first if it is not given.
        limit: The maximum number of rows; None for all.
        offset: How many rows to leave out before the first.
        progress: Called with the position up to which the read model has caught up, and with the log's last one.
    """
    model = runs_of(archive.log)
    wanted = _with_orphans(archive, wanted, progress)
    rows = model.rows(wanted, order=order, limit=limit, offset=offset, progress=progress)
    return [_with_liveness(archive, row) for row in rows]


def row_of(archive: Archive, run_id: str) -> RunRow:
    """Return the row of an existing run, with the same status as in `list_runs`."""
    first = next(archive.log.read(run_id=run_id, limit=1))
    (row,) = list_runs(archive, RunFilter(after=first.position - 1), order=RunOrder(descending=False), limit=1)
    return row


def count_runs(archive: Archive, wanted: RunFilter) -> int:
    """Return how many runs a filter matches, with the same statuses as `list_runs`."""
    return runs_of(archive.log).count(_with_orphans(archive, wanted))


def follow(archive: Archive, run_id: str) -> Iterator[RecordedEvent]:
    """Yield a run's events, and then each new one, until the run is over."""
    return archive.follow(run_id, stop=lambda: is_over(archive, run_id))


def is_over(archive: Archive, run_id: str) -> bool:
    """Return whether a run has ended, or is orphaned."""
    return archive.has_ended(run_id) or is_orphaned(archive, run_id)


def _with_liveness(archive: Archive, row: RunRow) -> RunRow:
    """Return *row*, with the status `abandoned` if its run is orphaned."""
    orphaned = row.status in UNENDED and is_orphaned(archive, row.run_id)
    return row._replace(status=ABANDONED) if orphaned else row


def _with_orphans(archive: Archive, wanted: RunFilter, progress: Progress = lambda done, total: None) -> RunFilter:
    """Return a filter that knows which runs are orphaned, if it asks for a status that depends on that."""
    if not {*UNENDED, ABANDONED} & set(wanted.statuses):
        return wanted
    unended = runs_of(archive.log).rows(wanted._replace(statuses=(), unended=True), progress=progress)
    return wanted._replace(orphans=tuple(row.position for row in unended if is_orphaned(archive, row.run_id)))
