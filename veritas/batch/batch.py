"""The Batch: a batch as its own stream of the log has it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from veritas.archive.archive import Archive
from veritas.batch.ids import audit_id_of
from veritas.errors import UnknownBatch
from veritas.events.process_identity import ProcessIdentity
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import (
    RECORDER,
    BatchCreated,
    BatchFinished,
    BatchResumed,
    BatchTargetsAdded,
    BatchTargetSkipped,
)
from veritas.secrets.urls import MASK


@dataclass
class Batch:
    """A batch, and what its own stream says of its URLs. How their audits ended is in the audits' runs.

    Attributes:
        request: What was requested.
        created_at: When, in seconds since the epoch.
        urls: The URLs by their numbers, from 1, with masks in the place of secrets; one that was redacted is missing.
        skipped: Why a URL was not audited, by its number; only what was last recorded of it.
        finished: The end; None if the batch has none, or was resumed after it.
        finished_at: When it ended, in seconds since the epoch.
        recorder: The process that records it, or did last; None if it is not known.
        last_seq: The number of the stream's last event.
    """

    request: BatchCreated
    created_at: float
    urls: dict[int, str] = field(default_factory=dict)
    skipped: dict[int, BatchTargetSkipped] = field(default_factory=dict)
    finished: BatchFinished | None = None
    finished_at: float | None = None
    recorder: ProcessIdentity | None = None
    last_seq: int = 0

    @classmethod
    def read(cls, archive: Archive, batch: str) -> Self:
        """Return a batch of the log.

        Raises:
            UnknownBatch: The log does not have it, or its request was redacted.
        """
        return cls.of(archive.events(batch), batch)

    @classmethod
    def of(cls, events: Iterable[RecordedEvent], batch: str) -> Self:
        """Return the batch that the events of a stream describe; see `read`."""
        made: Self | None = None
        for recorded in events:
            if recorded.source != RECORDER:
                continue
            event, at = recorded.from_recorder, recorded.event.timestamp
            if isinstance(event, BatchCreated):
                made = cls(event, at, recorder=event.recorder)
            if made is None:
                continue
            made.last_seq = max(made.last_seq, recorded.seq)
            match event:
                case BatchTargetsAdded():
                    made.urls.update(enumerate(event.urls, event.first))
                case BatchTargetSkipped():
                    made.skipped[event.number] = event
                case BatchResumed():
                    made.recorder, made.finished, made.finished_at = event.recorder, None, None
                case BatchFinished():
                    made.finished, made.finished_at = event, at
        if made is None:
            raise UnknownBatch(
                f"The log has no request of a batch {batch!r}; it was redacted, or is in the log that"
                " the batch's audits come from."
            )
        return made

    @property
    def id(self) -> str:
        """The batch's id."""
        return self.request.batch

    def audit_id(self, number: int) -> str:
        """Return the id of the audit of a URL."""
        return audit_id_of(self.id, number)

    def masked(self) -> list[int]:
        """Return the numbers of the URLs that the log does not have whole: those with a secret, and redacted ones."""
        numbers = range(1, self.request.count + 1)
        return [number for number in numbers if MASK in self.urls.get(number, MASK)]
