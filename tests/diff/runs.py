"""Runs to compare, and known edits of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from tests.projections.recordings import AUDIT, Recording
from veritas.events.json import decode_json, encode_json
from veritas.events.progress import decode_event
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import AuditRequested, ProcessExited, ProcessStarted, RunFinished

Run = list[RecordedEvent]


def run_of(*emitted: dict[str, Any], number: int = 1, status: str = "completed") -> Run:
    """Return a completed run whose child emitted these events, numbered from 1."""
    recording = Recording(f"{AUDIT}.{number}")
    recording.recorder(AuditRequested(AUDIT, "http://shop.test/", "quick_scan", "audit"))
    recording.recorder(ProcessStarted(1234, ["child"]))
    for seq, fields in enumerate(emitted, 1):
        recording.child(**{"phase": "scout", "step": "visiting", **fields}, seq=seq)
    recording.recorder(ProcessExited(0, len(emitted), {"queue": len(emitted)}))
    recording.recorder(RunFinished(status, "queue"))
    return recording.events


def child_events(run: Sequence[RecordedEvent]) -> Run:
    """Return a run's child events."""
    return [recorded for recorded in run if recorded.source != "recorder"]


def altered(recorded: RecordedEvent, change: Callable[[dict[str, Any]], object]) -> RecordedEvent:
    """Return an event whose JSON was changed by *change*, in place."""
    assert recorded.body is not None
    wire = decode_json(recorded.body)
    change(wire)
    body = encode_json(wire)
    return msgspec.structs.replace(recorded, body=body, event=decode_event(body))


@dataclass(frozen=True)
class Edit:
    """One edit of a run: `drop`, `duplicate`, `swap` (with the next event) or `alter`, of the event at *place*."""

    kind: str
    place: int

    def expected(self, run: Run) -> tuple[str, frozenset[int], str]:
        """Return the difference that a comparison should find: the kind, the numbers it may have, and the path."""
        number = run[self.place].seq
        match self.kind:
            case "drop":
                return "missing", frozenset({number}), ""
            case "duplicate":
                return "duplicated", frozenset({number}), ""
            case "swap":
                return "reordered", frozenset({number, run[self.place + 1].seq}), ""
            case _:
                return "altered", frozenset({number}), "summary.price"


def edited(run: Run, edits: Sequence[Edit]) -> Run:
    """Return the child's events of *run* after the edits, which affect different events."""
    events = {place: [recorded] for place, recorded in enumerate(run)}
    for edit in edits:
        match edit.kind:
            case "drop":
                events[edit.place] = []
            case "duplicate":
                events[edit.place] *= 2
            case "swap":
                events[edit.place], events[edit.place + 1] = events[edit.place + 1], events[edit.place]
            case "alter":
                events[edit.place] = [altered(run[edit.place], lambda wire: wire["summary"].update(price=-1))]
    return [recorded for place in sorted(events) for recorded in events[place]]
