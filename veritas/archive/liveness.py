"""Runs that will never end, because the process that recorded them is gone.

The log alone cannot tell: the end that such a run lacks is what its recorder would have written, and a run may well be
silent for hours. What the log has is which process recorded the run (`AuditRequested.recorder`); whether that one is
still there, only the machine on which it ran can say. So `abandoned` is no event and stands in no read model: it is
found out when somebody looks, on that machine. Anywhere else, and where the machine is not sure, the run counts as
running.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from veritas.archive.archive import Archive
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import AuditRequested
from veritas.projections.audit_state import ABANDONED, REQUESTED
from veritas.projections.phase_state import RUNNING
from veritas.projections.run_summary import RunRow, runs_of

_UNENDED = (REQUESTED, RUNNING)


def is_orphaned(archive: Archive, run_id: str) -> bool:
    """Return whether a run has no end in the log, and nobody is left who could write one."""
    requested = next(archive.recorder_events(AuditRequested.type, run_id=run_id), None)
    request = None if requested is None else requested.from_recorder
    if not isinstance(request, AuditRequested) or request.recorder is None or not request.recorder.is_gone():
        return False
    # Only now is it certain that no end comes any more; it may have come a moment ago.
    return not archive.has_ended(run_id)


def list_runs(
    archive: Archive, *, status: str | None, limit: int | None, progress: Callable[[int, int], None]
) -> list[RunRow]:
    """Return the runs as the read model has them, or those with a status, newest first, the abandoned ones as such.

    Args:
        status: Only those with this one.
        limit: How many at most.
        progress: Is told how far the read model has caught up, and where the log ends.
    """
    model = runs_of(archive.log)
    if status is None:
        return [_now(archive, row) for row in model.rows(limit=limit, progress=progress)]
    if status not in (*_UNENDED, ABANDONED):
        return model.rows(status=status, limit=limit, progress=progress)
    unended = {row.run_id: row for kept in _UNENDED for row in model.rows(status=kept, progress=progress)}
    newest_first = sorted(unended.values(), key=lambda row: row.position, reverse=True)
    found = (row for row in (_now(archive, row) for row in newest_first) if row.status == status)
    return list(islice(found, limit))


def _now(archive: Archive, row: RunRow) -> RunRow:
    abandoned = row.status in _UNENDED and is_orphaned(archive, row.run_id)
    return row._replace(status=ABANDONED) if abandoned else row


def follow(archive: Archive, run_id: str) -> Iterator[RecordedEvent]:
    """Yield a run's events and then those that come, until it is over."""
    return archive.follow(run_id, stop=lambda: is_over(archive, run_id))


def is_over(archive: Archive, run_id: str) -> bool:
    """Return whether a run has ended, or nobody is left who could go on with it."""
    return archive.has_ended(run_id) or is_orphaned(archive, run_id)
