"""The RunWriter: it appends events to one run, and updates the run's row of the read model with them."""

from __future__ import annotations

from collections.abc import Sequence

from store.errors import ObservationsRepeated, SummaryOutdated
from store.log import EventLog, RunRow, RunUpdate, StoredEvent
from store.records import ERASURES
from veritas.errors import RunTakenOver
from veritas.events.recorded import from_row
from veritas.events.recorder_events import ABANDONED, RECORDER, RunFinished
from veritas.projections.run_summary import RunSummary
from veritas.recording.entry import Entry

_END = (RECORDER, RunFinished.type)


class RunWriter:
    """Appends events to one run, and writes the run's row with them.

    The row is computed from events that are decoded already, so that nothing has to be read. If another process has
    written to the run (a redaction, or a second recorder), the log refuses the row, and it is computed from the log. If
    the other process has ended the run as abandoned, nothing more is appended to it: the log's order decides which of
    the two was first.
    """

    def __init__(self, log: EventLog, run_id: str) -> None:
        self._log = log
        self._summary = RunSummary(run_id)
        self._last = 0  # the position of the run's last event in the summary
        self._written: RunRow | None = None

    def append(self, entries: Sequence[Entry]) -> None:
        """Append those events that the log does not have yet.

        Raises:
            RunTakenOver: Another process has ended the run; nothing was written.
            store.errors.StoreError: See `EventLog.append`; nothing was written.
        """
        while entries:
            changes = self._written is None or any(self._summary.can_change(record.source, e) for record, e in entries)
            summary, row = self._summary, self._written
            if changes:
                summary = self._summary.copy()  # the original stays as it is until the events are in the log
                _apply(summary, entries)
                row = summary.row()
            update = RunUpdate(summary.run_id, summary.version, None if row == self._written else row, self._last)
            try:
                positions = self._log.append([record for record, _ in entries], update=update)
            except SummaryOutdated:
                self._read_back()
            except ObservationsRepeated as error:
                entries = [entry for index, entry in enumerate(entries) if index not in error.indexes]
            else:
                if not changes:
                    _apply(summary, entries)
                elif not self._last:
                    summary.begin(positions[0])
                    row = summary.row()
                self._summary, self._written, self._last = summary, row, positions[-1]
                return

    def _read_back(self) -> None:
        """Apply the events that other processes have written to the run; after a redaction, apply all events again."""
        self._written = None
        if not self._apply_new_events():
            self._summary.reset()
            self._last = 0
            self._apply_new_events()

    def _apply_new_events(self) -> bool:
        """Apply the events after the last one; stop and return False at a redaction of what was applied before."""
        has_applied = self._last > 0
        for stored in self._log.read(run_id=self._summary.run_id, after=self._last):
            if has_applied and (stored.source, stored.type) in ERASURES:
                return False
            if (stored.source, stored.type) == _END and _was_abandoned(stored):
                raise RunTakenOver(
                    f"Another process took the recorder of run {stored.run_id!r} for gone and ended the run, so nothing"
                    " more is recorded in it."
                )
            self._summary.apply(stored)
            self._last = stored.position
        return True


def _was_abandoned(stored: StoredEvent) -> bool:
    """Return whether another process recorded this end of a run; if it was redacted, that is not known."""
    end = None if stored.body is None else from_row(stored).from_recorder
    return isinstance(end, RunFinished) and end.status == ABANDONED


def _apply(summary: RunSummary, entries: Sequence[Entry]) -> None:
    for record, event in entries:
        summary.apply_decoded(record.source, record.seq, event)
