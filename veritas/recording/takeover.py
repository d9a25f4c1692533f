"""End a run whose recorder is gone, from another process that takes its work over.

The recorder may only be slow, or stopped for a while. So the end is appended under the recorder's next number: if the
recorder appends an event of its own first, the log refuses the end, and if the end is first, the log refuses whatever
the recorder appends after it (`RunWriter`). Either way the run has one end, and nothing of its recorder after that.
"""

from __future__ import annotations

import time

from store.errors import ObservationConflict
from veritas.archive.archive import Archive
from veritas.archive.rotation import checkpoint_to_name, try_checkpoint
from veritas.errors import RunTakenOver
from veritas.events.process_identity import ProcessIdentity
from veritas.events.progress import decode_event
from veritas.events.recorder_events import ABANDONED, RECORDER, RunFinished
from veritas.projections.audit_state import AuditState
from veritas.recording.entry import entry_of
from veritas.recording.run_writer import RunWriter


def end_abandoned(archive: Archive, run_id: str, reason: str) -> AuditState:
    """Record the end of a run as `abandoned`, unless it has ended; return its state.

    Args:
        archive: The log.
        run_id: The run; the log has at least one event of it.
        reason: Why its recorder counts as gone, in a sentence.

    Raises:
        store.errors.StoreError: The log cannot be written.
    """
    while True:
        state, last = AuditState(), 0
        for recorded in archive.events(run_id):
            state.apply(recorded)
            last = recorded.seq if recorded.source == RECORDER else last
        if state.ended:
            return state
        end = RunFinished(
            ABANDONED,
            "+".join(sorted(source for source in state.observations if source != RECORDER)) or "none",
            reason,
            checkpoint=checkpoint_to_name(archive.log),
            by=ProcessIdentity.own(),
        )
        body = end.encode(seq=last + 1, timestamp=time.time())
        entry = entry_of(run_id, RECORDER, last + 1, decode_event(body), body)
        try:
            RunWriter(archive.log, run_id).append([entry])
        except (ObservationConflict, RunTakenOver):
            continue  # the recorder, or another process, has written to the run since it was read
        try_checkpoint(archive.log)
