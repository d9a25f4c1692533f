"""Appending to one run: its events, and with them its row of the read model `run`."""

from __future__ import annotations

from collections.abc import Sequence

from store.errors import SummaryOutdated
from store.log import EventLog, Record, RunRow, RunUpdate
from veritas.events.progress import ProgressEvent
from veritas.projections.run_summary import RunSummary

Entry = tuple[Record, ProgressEvent]  # what is appended, and the event that it holds

_UNKNOWN = -1  # a position that no event has


class RunWriter:
    """Appends events of one run, each time with the run's row as it is after them.

    The row is made of events that were decoded already, so that nothing is read back. Where another process wrote in
    the run meanwhile (a redaction), the log refuses the row, and it is made again from the log.
    """

    def __init__(self, log: EventLog, run_id: str) -> None:
        self._log = log
        self._summary = RunSummary(run_id)
        self._last = 0  # the position of the run's last event in the summary
        self._written: RunRow | None = None

    def append(self, entries: Sequence[Entry]) -> list[int]:
        """Append events, and return their positions.

        Raises:
            store.errors.StoreError: See `EventLog.append`; nothing was written.
        """
        if not entries:
            return []
        records = [record for record, _ in entries]
        while True:
            summary = self._summary.copy()  # kept as it is until the events are in the log
            for record, event in entries:
                summary.apply_decoded(record.source, record.seq, event)
            row = summary.row()
            update = RunUpdate(summary.run_id, summary.version, None if row == self._written else row, self._last)
            try:
                positions = self._log.append(records, update=update)
            except SummaryOutdated:
                self._read_back()
                continue
            break
        first = positions[0]
        if not self._last:
            summary.begin(first)
            row = summary.row()
        self._summary, self._written = summary, row
        is_new = first > self._last and positions == list(range(first, first + len(records)))
        self._last = positions[-1] if is_new else _UNKNOWN  # an event that the log had already was applied twice
        return positions

    def _read_back(self) -> None:
        self._summary.reset()
        for stored in self._log.read(run_id=self._summary.run_id):
            self._summary.apply(stored)
        self._last, self._written = self._summary.position, None
