"""The DurableWriter: it appends to a run in the log, waits while the log is not available, and in the end spools."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence

from store.errors import DatabaseLost, InvalidRecord, ObservationConflict, StoreError
from store.log import EventLog
from veritas.recording.entry import Entry
from veritas.recording.log_retry import LogRetry, Outage, kind_of
from veritas.recording.run_writer import RunWriter
from veritas.recording.spool import Spool


class DurableWriter:
    """Appends events to one run: to the log, or to a spool once the log was not available for too long.

    Once it spools it never returns to the log, so that the records of the spool follow all those of the log. Before the
    run's first commit there is nothing to continue, so an error is raised at once.

    Attributes:
        retry: Decides how long to wait for the log.
    """

    def __init__(
        self, log: EventLog, run_id: str, *, retry: LogRetry, spools: bool, clock: Callable[[], float] = time.time
    ) -> None:
        """Prepare to append.

        Args:
            log: The log.
            run_id: The run.
            retry: Decides how long to wait for the log.
            spools: Whether to spool if the log cannot be written; else the error is raised.
            clock: Returns the time, in seconds since the epoch.
        """
        self.retry = retry
        self._log = log
        self._run_id = run_id
        self._spools = spools
        self._clock = clock
        self._writer = RunWriter(log, run_id)
        self._origin: str | None = None
        self._has_written = False
        self._spool: Spool | None = None
        self._lost: str | None = None
        self._outages: list[Outage] = []

    @property
    def spool(self) -> Spool | None:
        """The spool; None as long as everything is in the log."""
        return self._spool

    @property
    def lost(self) -> str | None:
        """The error if the log was deleted or replaced, which no waiting helps; else None."""
        return self._lost

    def append(self, entries: Sequence[Entry]) -> None:
        """Append events; on return they are in the log, or in the spool.

        Raises:
            ObservationConflict: The log has one of them with a different body; nothing was written.
            SpoolFailed: Neither the log nor the spool can be written.
            store.errors.StoreError: The log cannot be written, and nothing of the run is in it.
        """
        received_at = self._clock()
        if self._spool is None:
            try:
                self._append_to_log(entries)
            except (InvalidRecord, ObservationConflict):
                raise
            except StoreError as error:
                if not (self._spools and self._has_written):
                    raise
                self._begin_spool(error)
        if self._spool is not None:
            self._spool.append([record for record, _ in entries], received_at=received_at)

    def take_outages(self) -> list[Outage]:
        """Return the outages that have ended since the last call."""
        outages, self._outages = self._outages + self.retry.take_outages(), []
        return outages

    def _append_to_log(self, entries: Sequence[Entry]) -> None:
        if self._has_written:
            self.retry.call(lambda: self._writer.append(entries))
            return
        self._writer.append(entries)
        self._has_written = True
        if self._spools:
            with contextlib.suppress(StoreError):  # then a spool does not name its log
                self._origin = self._log.origin()

    def _begin_spool(self, error: StoreError) -> None:
        self.retry.give_up()
        if not error.is_temporary:
            now = self._clock()
            self._outages.append(Outage(now, now, 1, kind_of(error), str(error)))
        self._spool = Spool.create(self._run_id, origin=self._origin, database=self._log.describe(), clock=self._clock)
        if isinstance(error, DatabaseLost):
            self._lost = str(error)
        goes_on = "continues" if self._lost is None else "is stopped"
        self.retry.report(
            f"{error} The run {goes_on}, and its further events are kept in {str(self._spool.path)!r}; they are not"
            " shown, because they are not in the log yet."
        )
