"""An event as the log gives it back, and how a row of the log becomes one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from store.records import DAMAGED, StoredEvent
from veritas.errors import UndecodableEvent
from veritas.events.json import decode_json
from veritas.events.progress import ProgressEvent, event_from_json
from veritas.events.recorder_events import RECORDER, ObservationRedacted, RecorderEvent, recorder_event
from veritas.events.upcasting import upcast

_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Redaction:
    """That what an event said was removed from the log.

    Attributes:
        by: Who had it removed.
        reason: Why.
        at: When, in seconds since the epoch, UTC.
    """

    by: str
    reason: str
    at: float

    def __str__(self) -> str:
        """Say it in a parenthesis, which stands where the event's detail was."""
        try:
            on = f" on {datetime.fromtimestamp(self.at, UTC):%Y-%m-%d}"
        except (ValueError, OverflowError, OSError):
            on = ""
        return f"(redacted by {self.by}{on}: {self.reason})"


class RecordedEvent(msgspec.Struct, frozen=True):
    """One observation out of the log.

    A struct and no dataclass: to make a frozen dataclass of nine fields took a fifth of the time of reading an event.

    Attributes:
        position: Its place in the log's global order.
        run_id: The run it belongs to.
        source: How it reached the log: `queue`, `stdout` or `recorder`.
        seq: The emitter's number for it, or its order of arrival where the emitter gave none.
        recorded_at: When it was committed, in seconds since the epoch, UTC.
        event: What was said. Its `data` is None where the log keeps the attachment apart. Of a redacted event it has
            type, phase, step, time and number, which remain, and a `detail` that tells of the redaction.
        artifact: The SHA-256 of that attachment, in hex.
        body: The bytes that the log holds: those received, with the attachment's hash in its place. None where they
            are gone.
        redacted: By whom they were removed, when and why; None where they were not.
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
        """The recorder's own event, typed; None for what a child emitted, whatever it calls itself."""
        return recorder_event(self.event) if self.source == RECORDER else None


TimedEvent = tuple[float, RecordedEvent]  # when, in seconds since the run began, and what


def redactions_in(events: Iterable[StoredEvent]) -> dict[tuple[str, int], Redaction]:
    """Return what one run's events say was redacted, by source and number."""
    found: dict[tuple[str, int], Redaction] = {}
    for event in map(from_row, events):
        match event.from_recorder:
            case ObservationRedacted(observation={"source": str(source), "seq": int(seq)}, reason=reason, by=by):
                found.setdefault((source, seq), Redaction(by, reason, event.event.timestamp))
    return found


def from_row(stored: StoredEvent, redaction: Redaction | None = None) -> RecordedEvent:
    """Return a row of the log as the event that it records, in its current form.

    Args:
        redaction: What became of the body, where there is none.
    """
    recorded_at = stored.recorded_at / _MICRO
    try:
        if stored.body is None:
            event = _envelope(stored, str(redaction or DAMAGED))
        else:
            event = event_from_json(upcast(decode_json(stored.body), stored.schema_version), received_at=recorded_at)
    except UndecodableEvent:  # nothing of the kind is ever recorded: the log was changed, and `verify` tells where
        event = _envelope(stored, DAMAGED)
    if stored.artifact is not None:
        event.extra.pop("data", None)  # the reference that stands in the attachment's place
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
    """Return what the row says of an event beside its body."""
    at = stored.recorded_at if stored.emitted_at is None else stored.emitted_at
    return ProgressEvent(
        stored.type, stored.phase, stored.step, detail=detail, timestamp=at / _MICRO, seq=max(stored.seq, 0)
    )
