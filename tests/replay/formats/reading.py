"""Read events back from the output of the formats that contain all fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from veritas.events.progress import ProgressEvent
from veritas.events.recorded import RecordedEvent, Redaction


def recorded_event(fields: Mapping[str, Any]) -> RecordedEvent:
    """Return the event that `event_fields` was given, without its bytes: the output has only their hash."""
    event = ProgressEvent(
        **{name: fields[name] for name in ("type", "phase", "step", "pct", "detail", "summary", "timestamp", "extra")},
        seq=fields["emitted_seq"],
    )
    redacted = fields["redacted"]
    return RecordedEvent(
        **{name: fields[name] for name in ("position", "run_id", "source", "seq", "artifact")},
        recorded_at=_seconds(fields["recorded_at"]),
        event=event,
        body=None,
        redacted=redacted and Redaction(redacted["by"], redacted["reason"], _seconds(redacted["at"])),
    )


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
