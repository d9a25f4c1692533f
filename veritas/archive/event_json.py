"""A recorded event as JSON, as commands and the API of the server show it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from typing import Any

from veritas.events.recorded import RecordedEvent
from veritas.formatting import iso_time


def event_fields(recorded: RecordedEvent) -> dict[str, Any]:
    """Return a recorded event as JSON values: its place in the log, and all its fields.

    `seq` is its number in the log, `emitted_seq` the emitter's own number: 0 if the emitter gave none. The two differ
    if the emitter gave none, or gave two events the same number.
    """
    event, redacted = recorded.event, recorded.redacted
    return {
        "position": recorded.position,
        "audit_id": recorded.audit_id,
        "run_id": recorded.run_id,
        "source": recorded.source,
        "seq": recorded.seq,
        "recorded_at": iso_time(recorded.recorded_at),
        "type": event.type,
        "phase": event.phase,
        "step": event.step,
        "pct": event.pct,
        "detail": event.detail,
        "summary": event.summary,
        "timestamp": event.timestamp,
        "artifact": recorded.artifact,
        "emitted_seq": event.seq,
        "extra": event.extra,
        "body_sha256": None if recorded.body is None else hashlib.sha256(recorded.body).hexdigest(),
        "redacted": None if redacted is None else {**asdict(redacted), "at": iso_time(redacted.at)},
    }
