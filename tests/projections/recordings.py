"""Handmade runs: events as they are read from a log, without a log."""

from __future__ import annotations

import hashlib
from typing import Any

from veritas.events.progress import ProgressEvent, decode_event, encode_event
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import AuditRequested, IpcModeSelected, ProcessStarted, RecorderEvent, RunFinished

AUDIT = "vrts_0123456789abcdef"
RUN = f"{AUDIT}.1"
START = 1_763_800_000.0

FINDING = {
    "phase": "vision",
    "kind": "countdown_resets",
    "title": "Countdown restarts",
    "detail": "The countdown shows 05:00 again after a reload.",
    "severity": "high",
    "confidence": 0.95,
    "signal": "temporal",
    "url": "http://shop.test/",
    "evidence": {"selector": "#timer", "text": "05:00"},
    "taxonomy": {"mathur2019": "Countdown Timer", "gray2024": "Fake Urgency"},
}
VERDICT = {
    "trust_score": 44,
    "risk_level": "suspicious",
    "narrative": "Pressure on the visitor.",
    "signals": {
        "temporal": {"score": 20, "weight": 0.1, "used_weight": 1.0, "why": "1 finding(s) cost 80 points."},
        "graph": {"score": None, "weight": 0.25, "used_weight": 0.0, "why": "No question could be answered."},
    },
    "recommendations": [{"audience": "consumer", "text": "Do not hurry.", "because": ["countdown_resets"]}],
}

INCONCLUSIVE = {
    "trust_score": None,
    "risk_level": "inconclusive",
    "coverage": 0.63,
    "inconclusive_because": "Only 50% of what the pages show was examined.",
    "narrative": "The verdict is inconclusive.",
    "not_examined": [
        {"url": "http://shop.test/", "what": "texts", "why": "They are in 'et'.", "signal": "meta", "count": 4},
        {"url": "http://shop.test/2", "what": "texts", "why": "They are in 'et'.", "signal": "meta", "count": 3},
        {"url": "http://shop.test/2", "what": "the page", "why": "It is blank.", "signal": "", "count": 1},
    ],
}


class Recording:
    """A run that is built event by event; each event follows the one before after a quarter of a second.

    Attributes:
        events: The events as they would be read from a log.
        entries: What a recorder would record, in order: (source, event, time), with a child's event as its bytes.
    """

    def __init__(self, run_id: str = RUN) -> None:
        self.run_id = run_id
        self.events: list[RecordedEvent] = []
        self.entries: list[tuple[str, bytes | RecorderEvent, float]] = []
        self._recorder_seq = 0

    @property
    def now(self) -> float:
        return START + len(self.events) / 4

    def child(self, phase: str, step: str, *, seq: int, source: str = "queue", **fields: Any) -> RecordedEvent:
        """Append an event of the child, as *source* delivered it; `at` overrides the time of its emission."""
        fields.setdefault("timestamp", fields.pop("at", self.now))
        event = ProgressEvent(phase=phase, step=step, seq=seq, **fields)
        self.entries.append((source, encode_event(event), event.timestamp))
        artifact = hashlib.sha256(event.data).hexdigest() if event.data is not None else None
        event.data = None
        return self._append(source, seq or len(self.events) + 1, encode_event(event), artifact)

    def recorder(self, event: RecorderEvent, at: float | None = None) -> RecordedEvent:
        """Append one of the recorder's own events."""
        self._recorder_seq += 1
        timestamp = self.now if at is None else at
        self.entries.append(("recorder", event, timestamp))
        return self._append(
            "recorder", self._recorder_seq, event.encode(seq=self._recorder_seq, timestamp=timestamp), None
        )

    def _append(self, source: str, seq: int, body: bytes, artifact: str | None) -> RecordedEvent:
        recorded = RecordedEvent(
            position=len(self.events) + 1,
            run_id=self.run_id,
            source=source,
            seq=seq,
            recorded_at=self.now + 0.001,
            event=decode_event(body, received_at=self.now),
            artifact=artifact,
            body=body,
        )
        self.events.append(recorded)
        return recorded


def requested(**fields: Any) -> AuditRequested:
    """Return an audit's request, as the runner records it."""
    defaults = {"audit_id": AUDIT, "url": "http://shop.test/", "tier": "quick_scan", "origin": "audit"}
    return AuditRequested(**(defaults | fields))


def selected(mode: str = "queue") -> IpcModeSelected:
    """Return the selection of a mode by its flag."""
    return IpcModeSelected(mode, "STATIC", f"--{mode}", bucket=None, share=None, share_origin=None)


def whole_run(*sources: str, run_id: str = RUN) -> Recording:
    """Return a completed audit of seven phases, with each event of the child delivered by each of *sources*."""
    sources = sources or ("queue",)
    run = Recording(run_id)
    run.recorder(requested(audit_id=run_id.rpartition(".")[0]), at=START)
    run.recorder(selected("validate" if len(sources) > 1 else sources[0]), at=START)
    run.recorder(ProcessStarted(pid=4711, command=["python", "-m", "veritas.child"]), at=START)
    steps: list[tuple[str, str, int, dict[str, Any]]] = [
        ("init", "starting", 0, {}),
        ("init", "done", 5, {}),
        ("scout", "navigating", 10, {"detail": "http://shop.test/"}),
        (
            "scout",
            "screenshot",
            20,
            {"type": "screenshot", "data": b"PNG", "extra": {"url": "http://shop.test/", "kind": "viewport"}},
        ),
        ("scout", "done", 25, {"summary": {"pages": 1}}),
        ("security", "scanning", 27, {}),
        ("security", "error", 30, {"detail": "The server hung up."}),
        ("vision", "analyzing", 30, {}),
        ("vision", "finding", 40, {"type": "finding", "extra": {"finding": FINDING}}),
        ("vision", "done", 55, {"summary": {"findings": 1}}),
        ("graph", "investigating", 60, {}),
        ("graph", "done", 75, {}),
        ("judge", "deliberating", 80, {}),
        ("judge", "done", 90, {"summary": VERDICT}),
        ("complete", "done", 100, {"detail": "Audit complete."}),
    ]
    for seq, (phase, step, pct, fields) in enumerate(steps, 1):
        for source in sources:
            run.child(phase, step, seq=seq, source=source, pct=pct, at=START + seq / 4, **fields)
    run.recorder(RunFinished(status="completed", effective_mode="+".join(sources)), at=START + 10)
    return run
