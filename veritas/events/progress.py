"""The ProgressEvent and its wire form.

On the wire an event is one JSON object with `extra` flattened into it; `veritas.events.json` says how values that
JSON does not have are written. `data` is base64 text. Both transports carry the same bytes, so two observations of one
event are equal exactly when their bytes are.
"""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from veritas.events.json import as_number, decode_json, encode_json

# The names of an event's own fields on the wire; every other name belongs to `extra`.
FIELDS = ("type", "phase", "step", "pct", "detail", "summary", "timestamp", "seq", "data")

_TEXT_FIELDS = ("type", "phase", "step", "detail")
_NUMBER_FIELDS = ("pct", "timestamp")


@dataclass(frozen=True)
class Phase:
    """One phase of an audit: its name on the wire, the label that people see, its first step and its share of 0-100."""

    name: str
    label: str
    first_step: str
    start_pct: int
    done_pct: int


PHASES: Mapping[str, Phase] = {
    phase.name: phase
    for phase in (
        Phase("init", "Initialization", "starting", 0, 5),
        Phase("scout", "Browser Reconnaissance", "navigating", 10, 25),
        Phase("security", "Security Audit", "scanning", 27, 30),
        Phase("vision", "Visual Intelligence", "analyzing", 30, 55),
        Phase("graph", "Intelligence Network", "investigating", 60, 75),
        Phase("judge", "Forensic Judge", "deliberating", 80, 90),
        Phase("complete", "Complete", "done", 100, 100),
    )
}


@dataclass(slots=True)
class ProgressEvent:
    """One message of an emitter about its audit. Treat it as immutable.

    Attributes:
        type: `progress`, `finding`, `screenshot`, or any other that the emitter sends.
        phase: `init`, `scout`, `security`, `vision`, `graph`, `judge`, `complete`, or the emitter's own name.
        step: What the phase is doing, such as `navigating` or `done`.
        pct: How far the whole audit is, 0-100.
        detail: One sentence for people.
        summary: The phase's results, JSON values only.
        timestamp: When it was emitted, in seconds since the epoch, UTC.
        seq: The emitter's number for it in its run, from 1; 0 if the emitter does not number its events.
        data: A binary attachment, such as a screenshot.
        extra: Everything else that the emitter sent.
    """

    type: str = "progress"
    phase: str = ""
    step: str = ""
    pct: float = 0
    detail: str = ""
    summary: dict[str, Any] = field(default_factory=dict)
    timestamp: float = field(default_factory=time.time)
    seq: int = 0
    data: bytes | None = None
    extra: dict[str, Any] = field(default_factory=dict)


def encode_event(event: ProgressEvent) -> bytes:
    """Return the wire form of *event*: one line of UTF-8 JSON, without a newline.

    A name in `extra` that is also a field's name wins over the field: so a value of the wrong type, which
    `decode_event` puts into `extra`, is encoded again as it was received.
    """
    wire: dict[str, Any] = {
        "type": event.type,
        "phase": event.phase,
        "step": event.step,
        "pct": event.pct,
        "detail": event.detail,
        "summary": event.summary,
        "timestamp": event.timestamp,
        "seq": event.seq,
    }
    if event.extra:
        wire.update(event.extra)
    if event.data is not None and "data" not in wire:
        wire["data"] = event.data
    return encode_json(wire)


def decode_event(body: bytes, *, received_at: float = 0.0) -> ProgressEvent:
    """Return the event whose wire form *body* is.

    Decoding is tolerant: a missing or null field takes its default (a missing timestamp takes *received_at*), an
    unknown field goes to `extra`, and so does a known one whose value is of the wrong type.

    Raises:
        UndecodableEvent: It is not a JSON object.
    """
    return event_from_json(decode_json(body), received_at=received_at)


def event_from_json(wire: dict[str, Any], *, received_at: float = 0.0) -> ProgressEvent:
    """Return the event in a decoded JSON object, as tolerantly as `decode_event`; *wire* becomes its `extra`."""
    event = ProgressEvent(timestamp=received_at, extra=wire)
    take, misfits = wire.pop, {}
    for name in _TEXT_FIELDS:
        value = take(name, None)
        if type(value) is str:
            setattr(event, name, value)
        elif value is not None:
            misfits[name] = value
    for name in _NUMBER_FIELDS:
        value = take(name, None)
        if as_number(value) is not None:
            setattr(event, name, value)
        elif value is not None:
            misfits[name] = value
    if type(seq := take("seq", None)) is int and seq >= 0:
        event.seq = seq
    elif seq is not None:
        misfits["seq"] = seq
    if type(summary := take("summary", None)) is dict:
        event.summary = summary
    elif summary is not None:
        misfits["summary"] = summary
    if (data := take("data", None)) is not None:
        event.data = _from_base64(data)
        if event.data is None:
            misfits["data"] = data
    wire.update(misfits)
    return event


def _from_base64(value: Any) -> bytes | None:
    """Return the bytes of base64 text; None for any other value."""
    if not isinstance(value, str):
        return None
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
