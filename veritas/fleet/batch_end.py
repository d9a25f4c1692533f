"""Record the end of a batch in the log, once no job of it is left to do."""

from __future__ import annotations

from veritas.archive.archive import Archive
from veritas.batch.batch_log import BatchLog
from veritas.events.recorder_events import RECORDER
from veritas.fleet.database import FleetDatabase
from veritas.fleet.job import STATUSES
from veritas.fleet.retry import ROBOTS_DISALLOWED, ROBOTS_UNKNOWN

_SKIPPED = (ROBOTS_DISALLOWED.cause, ROBOTS_UNKNOWN.cause)
_IN_BATCH = {"completed": "completed", "failed": "failed", "cancelled": "interrupted"}

_NO_JOB_LEFT = (
    "finished_at IS NULL AND NOT EXISTS (SELECT FROM procrastinate_jobs"
    " WHERE args ->> 'batch' = fleet_batch.id AND status IN ('todo', 'doing'))"
)


def end_batches(archive: Archive, fleet: FleetDatabase) -> None:
    """Record the ends of all batches that have none and no job left, as if a worker was killed after its last job.

    Raises:
        store.errors.StoreError: The log or the queue cannot be used.
    """
    with fleet.transaction() as connection:
        rows = connection.execute(f"SELECT id FROM fleet_batch WHERE {_NO_JOB_LEFT}").fetchall()
    for row in rows:
        end_batch(archive, fleet, row["id"])


def end_batch(archive: Archive, fleet: FleetDatabase, batch: str) -> bool:
    """Record the end of *batch* if all its jobs have ended and that is not recorded; return whether it was recorded.

    Raises:
        store.errors.StoreError: The log or the queue cannot be used.
    """
    with fleet.transaction() as connection:
        ended = connection.execute(
            f"UPDATE fleet_batch SET finished_at = now() WHERE id = %s AND {_NO_JOB_LEFT}", (batch,)
        )
        if not ended.rowcount:
            return False
        rows = connection.execute(
            "SELECT status, args ->> 'cause' AS cause, count(*) AS count FROM procrastinate_jobs"
            " WHERE args ->> 'batch' = %s GROUP BY status, cause",
            (batch,),
        )
        counts: dict[str, int] = {}
        for row in rows:
            is_skipped = row["status"] == "failed" and row["cause"] in _SKIPPED
            status = "skipped" if is_skipped else _IN_BATCH[STATUSES[row["status"]]]
            counts[status] = counts.get(status, 0) + row["count"]
        last = max(event.seq for event in archive.log.read(run_id=batch) if event.source == RECORDER)
        BatchLog(archive, batch, last_seq=last).finish("completed", counts)
        return True
