"""Whether a process still does the audits of a batch, so that no second one may resume it."""

from __future__ import annotations

import time
from contextlib import suppress

from veritas.archive.archive import Archive
from veritas.audit.robots import DISALLOWED
from veritas.batch.batch import Batch
from veritas.batch.summary import BatchSummary
from veritas.errors import UnknownBatch
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import (
    ABANDONED,
    COMPLETED,
    BatchCreated,
    BatchFinished,
    BatchResumed,
    BatchTargetSkipped,
)
from veritas.formatting import duration
from veritas.projections.phase_state import RUNNING

# Seconds without an event after which a batch counts as left, beside the time that one audit may take and the pause
# between two audits. Longer than the longest pause that a host can ask for.
_SILENCE = 900.0

# What says whether something of a batch is left, and who does it.
_LIFE = (BatchCreated.type, BatchResumed.type, BatchTargetSkipped.type, BatchFinished.type)


def why_running(archive: Archive, summary: BatchSummary) -> str | None:
    """Return why a batch cannot be resumed, in a sentence: a process still runs it, or may. None if it can.

    Only the machine of that process can be certain. From another one, the process counts as gone once nothing of the
    batch was recorded for longer than an audit can take.
    """
    batch = summary.batch
    if batch.finished is not None or (batch.recorder is not None and batch.recorder.is_gone()):
        return None
    if batch.recorder is not None and batch.recorder.is_here():
        return f"The batch {batch.id!r} still runs, in process {batch.recorder.pid}; wait for its end, or interrupt it."
    limit = _SILENCE + float(batch.request.options.get("timeout") or 0) + batch.request.per_host
    silent = time.time() - _last_recorded(archive, summary)
    if silent > limit:
        return None
    return (
        f"The batch {batch.id!r} may still run on another machine; resume it there, or here once nothing of it was"
        f" recorded for {duration(limit)}."
    )


def resumable_batches(archive: Archive) -> list[str]:
    """Return the ids of the batches that can be resumed here with something left to audit, the newest first.

    The batch of a process on another machine is not among them before its end; see `why_running`.
    """
    streams: dict[str, list[RecordedEvent]] = {}
    for recorded in archive.recorder_events(*_LIFE):
        streams.setdefault(recorded.run_id, []).append(recorded)
    found = []
    for batch_id, events in streams.items():
        with suppress(UnknownBatch):  # its request was redacted
            if _has_something_left(Batch.of(events, batch_id)):
                found.append(batch_id)
    return found[::-1]


def unended_runs(summary: BatchSummary) -> list[str]:
    """Return the runs of a batch that have no end in the log."""
    return [audit.run_id for audit in summary.audits if audit.run_id and audit.status in (RUNNING, ABANDONED)]


def _has_something_left(batch: Batch) -> bool:
    if batch.request.origin != "audit":
        return False
    if batch.finished is None:
        return batch.recorder is not None and batch.recorder.is_gone()
    disallowed = sum(skipped.kind == DISALLOWED for skipped in batch.skipped.values())
    return batch.finished.counts.get(COMPLETED, 0) + disallowed < batch.request.count


def _last_recorded(archive: Archive, summary: BatchSummary) -> float:
    """Return when an event of the batch, or of one of its running audits, was last recorded."""
    streams = [summary.batch.id, *unended_runs(summary)]
    last = [event for stream in streams if (event := archive.log.last(stream)) is not None]
    return max((event.recorded_at / 1_000_000 for event in last), default=0.0)
