"""RecordedEvent, an event read from the log, and the decoding of a row to one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from store.records import DAMAGED, StoredEvent
from veritas.errors import UndecodableEvent
from veritas.events.json import decode_json
from veritas.events.progress import ProgressEvent, event_from_json
from veritas.events.recorder_events import RECORDER, ObservationRedacted, RecorderEvent, RunArchived, recorder_event
from veritas.events.upcasting import upcast

_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Redaction:
    """The removal of an event's body from the log.

    Attributes:
        by: The person who removed it.
        reason: The reason that they gave.
        at: The time, in seconds since the epoch, UTC.
    """

    by: str
    reason: str
    at: float

    def __str__(self) -> str:
        """Return the parenthesis that is shown in place of the event's detail."""
        try:
            on = f" on {datetime.fromtimestamp(self.at, UTC):%Y-%m-%d}"
        except (ValueError, OverflowError, OSError):
            on = ""
        return f"(redacted by {self.by}{on}: {self.reason})"


class RecordedEvent(msgspec.Struct, frozen=True):
    """One observation, as read from the log.

    It is a struct, because creating a frozen dataclass of nine fields took a fifth of the time of reading an event.

    Attributes:
        position: Its place in the log's global order.
        run_id: The run it belongs to.
        source: How it reached the log: `queue`, `stdout` or `recorder`.
        seq: The emitter's number for it, or its order of arrival if the emitter did not number it.
        recorded_at: When it was committed, in seconds since the epoch, UTC.
        event: The decoded event. Its `data` is None if the log stores the attachment as an artifact. Of a redacted
            event only type, phase, step, time and number remain; its `detail` describes the redaction.
        artifact: The SHA-256 of that attachment, in hex.
        body: The stored bytes: those received, with the attachment replaced by its hash. None if they were removed.
        redacted: The removal of the body; None if it was not removed.
    """

    position: int
    run_id: str
    source: str
    seq: int
    recorded_at: float
    event: ProgressEvent
    artifact: str | None
    body: bytes | None
    redacted: Redaction | None = None

    @property
    def audit_id(self) -> str:
        """The audit that the run belongs to."""
        return self.run_id.rpartition(".")[0]

    @property
    def from_recorder(self) -> RecorderEvent | None:
        """The event as its recorder event type; None if a child emitted it, whatever type it claims."""
        return recorder_event(self.event) if self.source == RECORDER else None


TimedEvent = tuple[float, RecordedEvent]  # the seconds since the run began, and the event


def redactions_in(events: Iterable[StoredEvent]) -> dict[tuple[str, int], Redaction]:
    """Return the redactions that one run's *events* record, by the source and number of the redacted observation."""
    redactions: dict[tuple[str, int], Redaction] = {}
    for event in map(from_row, events):
        match event.from_recorder:
            case ObservationRedacted(observation={"source": str(source), "seq": int(seq)}, reason=reason, by=by):
                redactions.setdefault((source, seq), Redaction(by, reason, event.event.timestamp))
    return redactions


def archival_in(events: Iterable[StoredEvent]) -> Redaction | None:
    """Return the removal that one run's *events* record by archiving it; None if they do not."""
    for event in map(from_row, events):
        match event.from_recorder:
            case RunArchived(bundle=bundle, by=by):
                return Redaction(by, f"archived in {bundle}", event.event.timestamp)
    return None


def from_row(stored: StoredEvent, redaction: Redaction | None = None) -> RecordedEvent:
    """Return the event that a row of the log records, upcast to the current version.

    Args:
        stored: The row.
        redaction: The removal of its body, if it was removed.
    """
    recorded_at = stored.recorded_at / _MICRO
    try:
        if stored.body is None:
            event = _envelope(stored, str(redaction or DAMAGED))
        else:
            event = event_from_json(
                upcast(decode_json(stored.body), stored.schema_version, stored.source), received_at=recorded_at
            )
    except UndecodableEvent:  # such a body is never recorded: the log was changed, and `veritas verify` shows where
        event = _envelope(stored, DAMAGED)
    if stored.artifact is not None:
        event.extra.pop("data", None)  # the reference that replaces the attachment
    return RecordedEvent(
        position=stored.position,
        run_id=stored.run_id,
        source=stored.source,
        seq=stored.seq,
        recorded_at=recorded_at,
        event=event,
        artifact=stored.artifact.hex() if stored.artifact is not None else None,
        body=stored.body,
        redacted=redaction,
    )


def _envelope(stored: StoredEvent, detail: str) -> ProgressEvent:
    """Return the event that the row describes without its body."""
    at = stored.recorded_at if stored.emitted_at is None else stored.emitted_at
    return ProgressEvent(
        stored.type, stored.phase, stored.step, detail=detail, timestamp=at / _MICRO, seq=max(stored.seq, 0)
    )
