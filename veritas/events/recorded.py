"""An event as the log gives it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from veritas.events.progress import ProgressEvent
from veritas.events.recorder_events import RecorderEvent, recorder_event


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
        return recorder_event(self.event) if self.source == "recorder" else None


TimedEvent = tuple[float, RecordedEvent]  # when, in seconds since the run began, and what
