"""The RunWriter: it appends events to one run, and updates the run's row of the read model with them."""

from __future__ import annotations

from collections.abc import Sequence

from store.errors import ObservationsRepeated, SummaryOutdated
from store.log import EventLog, RunRow, RunUpdate
from store.records import REDACTION
from veritas.projections.run_summary import RunSummary
from veritas.recording.entry import Entry


class RunWriter:
    """Appends events to one run, and writes the run's row with them.

    The row is computed from events that are decoded already, so that nothing has to be read. If another process has
    written to the run (a redaction, or a second recorder), the log refuses the row, and it is computed from the log.
    """

    def __init__(self, log: EventLog, run_id: str) -> None:
        self._log = log
        self._summary = RunSummary(run_id)
        self._last = 0  # the position of the run's last event in the summary
        self._written: RunRow | None = None

    def append(self, entries: Sequence[Entry]) -> None:
        """Append those events that the log does not have yet.

        Raises:
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
            if has_applied and (stored.source, stored.type) == REDACTION:
                return False
            self._summary.apply(stored)
            self._last = stored.position
        return True


def _apply(summary: RunSummary, entries: Sequence[Entry]) -> None:
    for record, event in entries:
        summary.apply_decoded(record.source, record.seq, event)
