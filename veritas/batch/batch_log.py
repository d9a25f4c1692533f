"""The BatchLog: it writes a batch's own stream of the log.

The numbers of the events follow each other, and the log takes each number once. So of two processes that resume a batch
at the same time, one finds its number taken, and does not resume it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

from msgspec import structs

from store.errors import ObservationConflict
from veritas.archive.archive import Archive
from veritas.archive.mask_key import mask_key
from veritas.archive.rotation import try_checkpoint
from veritas.batch.batch import Batch
from veritas.batch.ids import new_batch_id
from veritas.errors import UsageError
from veritas.events.process_identity import ProcessIdentity
from veritas.events.progress import decode_event
from veritas.events.recorder_events import (
    RECORDER,
    BatchCreated,
    BatchFinished,
    BatchResumed,
    BatchTargetsAdded,
    BatchTargetSkipped,
    RecorderEvent,
)
from veritas.recording.entry import Entry, entry_of
from veritas.recording.log_retry import LogRetry
from veritas.recording.run_writer import RunWriter
from veritas.secrets import Secrets

_CHUNK = 1_000  # URLs of an event
_CHUNK_CHARACTERS = 1_000_000


class BatchLog:
    """The writer of one batch's stream. All threads of the batch may use it.

    Attributes:
        batch: The batch's id.
        retry: Decides how long to wait for a log that is not available.
    """

    def __init__(
        self,
        archive: Archive,
        batch: str,
        *,
        last_seq: int = 0,
        secrets: Secrets | None = None,
        retry: LogRetry | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare to write; see `create_batch` and `resume`.

        Args:
            archive: The log.
            batch: The batch's id.
            last_seq: The number of the stream's last event; 0 if it has none.
            secrets: The secrets that are masked, and the key of the masks; None to mask by the log's own key.
            retry: Decides how long to wait for a log that is not available; None to raise its errors at once.
            clock: Returns the time, in seconds since the epoch.
        """
        self.batch = batch
        self._archive = archive
        self._writer = RunWriter(archive.log, batch)
        self._last_seq = last_seq
        self._appending = threading.Lock()
        self._secrets = secrets or Secrets(mask_key(archive.log, batch))
        self.retry = retry or LogRetry(0)
        self._clock = clock

    @classmethod
    def resume(
        cls,
        archive: Archive,
        batch: Batch,
        *,
        remaining: int,
        secrets: Secrets | None = None,
        retry: LogRetry | None = None,
    ) -> Self:
        """Record that this process continues *batch*, and return its writer.

        Raises:
            UsageError: Another process wrote to the batch's stream after *batch* was read.
            store.errors.StoreError: The log cannot be written.
        """
        log = cls(archive, batch.id, last_seq=batch.last_seq, secrets=secrets, retry=retry)
        try:
            log._append_next(BatchResumed(remaining, ProcessIdentity.own()))
        except ObservationConflict:
            raise UsageError(
                f"Another process resumed the batch {batch.id!r} at the same time, or wrote to it;"
                f" `veritas show {batch.id}` shows its state."
            ) from None
        return log

    def skip(self, number: int, kind: str, reason: str) -> None:
        """Record that a URL is not audited; see `BatchTargetSkipped`."""
        self.append(BatchTargetSkipped(number, kind, self._secrets.mask(reason)))

    def finish(self, status: str, counts: Mapping[str, int], error: str | None = None) -> str | None:
        """Record the end, and sign a checkpoint that covers it; return why none could be signed, or None."""
        self.append(BatchFinished(status, dict(counts), None if error is None else self._secrets.mask(error)))
        return try_checkpoint(self._archive.log, attempt=self.retry.call)

    def append(self, *events: RecorderEvent) -> None:
        """Append events; if another process has written to the stream, such as a redaction, after what it wrote."""
        with self._appending:
            while True:
                try:
                    self._append_next(*events)
                    return
                except ObservationConflict:
                    self._last_seq = self.retry.call(self._read_last_seq)

    def is_taken_over(self, by: ProcessIdentity) -> bool:
        """Return whether another process than *by* has resumed the batch."""
        events = self.retry.call(
            lambda: list(self._archive.recorder_events(BatchResumed.type, run_id=self.batch)),
        )
        resumed = [recorded.from_recorder for recorded in events]
        return bool(resumed) and isinstance(resumed[-1], BatchResumed) and resumed[-1].recorder != by

    def _append_next(self, *events: RecorderEvent) -> None:
        entries = [self._entry(event, self._last_seq + at) for at, event in enumerate(events, 1)]
        self.retry.call(lambda: self._writer.append(entries))
        self._last_seq += len(events)

    def _read_last_seq(self) -> int:
        return max(event.seq for event in self._archive.log.read(run_id=self.batch) if event.source == RECORDER)

    def _entry(self, event: RecorderEvent, seq: int) -> Entry:
        body = event.encode(seq=seq, timestamp=self._clock())
        return entry_of(self.batch, RECORDER, seq, decode_event(body), body)


def create_batch(
    archive: Archive,
    request: BatchCreated,
    urls: Sequence[str],
    *,
    secrets: Secrets | None = None,
    retry: LogRetry | None = None,
) -> BatchLog:
    """Record a new batch with all its URLs, in one commit, and return its writer.

    Args:
        archive: The log.
        request: What is requested; the number of URLs and the recorder are filled in, and the id unless it has one.
        urls: The URLs, without duplicates.
        secrets: The secrets that are masked, and the key of the masks; None to mask by the log's own key.
        retry: Decides how long to wait for a log that is not available; None to raise its errors at once.

    Raises:
        store.errors.StoreError: The log cannot be written.
    """
    batch = request.batch or new_batch_id()
    secrets = secrets or Secrets(mask_key(archive.log, batch))
    created = structs.replace(
        request,
        batch=batch,
        name=None if request.name is None else secrets.mask(request.name),
        options=secrets.mask_json(request.options),
        count=len(urls),
        recorder=ProcessIdentity.own(),
    )
    log = BatchLog(archive, batch, secrets=secrets, retry=retry)
    log.append(created, *_chunks([secrets.mask(url) for url in urls]))
    return log


def _chunks(urls: Sequence[str]) -> list[BatchTargetsAdded]:
    """Return the events that have the URLs, each with a bounded number and size."""
    chunks: list[BatchTargetsAdded] = []
    first, characters = 0, 0
    for at, url in enumerate(urls):
        if at > first and (at - first == _CHUNK or characters + len(url) > _CHUNK_CHARACTERS):
            chunks.append(BatchTargetsAdded(first + 1, list(urls[first:at])))
            first, characters = at, 0
        characters += len(url)
    return [*chunks, BatchTargetsAdded(first + 1, list(urls[first:]))] if urls else chunks
