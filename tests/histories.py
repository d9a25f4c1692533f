"""Random histories of several runs, recorded through real recorders, for property tests."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from store.errors import ObservationConflict
from store.log import EventLog
from veritas.channels.messages import ControlReceived, EventReceived, Message, OutputReceived, Rejected
from veritas.events.job import Job
from veritas.events.progress import ProgressEvent, encode_event
from veritas.events.recorder_events import (
    TEE,
    AuditRequested,
    ComparisonMade,
    DelayMeasured,
    EventsDropped,
    GapFound,
    IpcFellBack,
    IpcModeSelected,
    ProcessExited,
    ProcessStarted,
    RecorderEvent,
    RunFinished,
    TransportMeasured,
)
from veritas.recording.recorder import RunRecorder

RUNS = ("vrts_00000000000000aa.1", "vrts_00000000000000aa.2", "vrts_00000000000000bb.1")


@dataclass(frozen=True)
class Action:
    """An action of one of a run's recorders.

    Attributes:
        run_id: The run.
        recorder: The number of the recorder: a run may be recorded by two processes.
        restart: Whether the recorder is started again first, without its state.
        content: The recorder's own event, or the messages that it receives, in one append.
    """

    run_id: str
    recorder: int
    restart: bool
    content: RecorderEvent | list[Message]


_texts = st.sampled_from(["", "x", "\0\ud800", "é" * 3])
_summaries = st.sampled_from(
    [
        {},
        {"trust_score": 44, "risk_level": "suspicious"},
        {"trust_score": 71.5, "risk_level": None},
        {"trust_score": True},
        {"trust_score": 101, "risk_level": ["x"]},
    ]
)


_steps = st.sampled_from(
    [
        ("scout", "navigating"),
        ("vision", "finding"),
        ("judge", "deliberating"),
        ("judge", "done"),
        ("judge", "error"),
        ("scout", "error"),
        ("complete", "error"),
        ("iteration", "start"),
        ("", "x"),
    ]
)


_extras = [
    {},
    {"finding": {"title": "t"}},
    {"finding": {"kind": "k\0"}},
    {"finding": {"kind": "x"}},
    {"finding": 3},
    {"seq": "2"},
    {"seq": 2.0},
    {"kind": "browser"},
    {"kind": ["page"], "traceback": ""},
]


@st.composite
def _events(draw: Any) -> bytes:
    phase, step = draw(_steps)
    kind = draw(st.sampled_from(["progress", "progress", "finding", "screenshot", "run_finished"]))
    event = ProgressEvent(
        type=kind,
        phase=phase,
        step=step,
        pct=draw(st.sampled_from([0, 50, 100])),
        detail=draw(_texts),
        summary=draw(_summaries),
        timestamp=draw(st.sampled_from([0.0, 1.5, 1e300])),
        seq=draw(st.integers(0, 6)),
        data=draw(st.sampled_from([None, b"PNG"])),
        extra=draw(st.sampled_from(_extras)),
    )
    return encode_event(event)


bodies = st.one_of(
    _events(),
    st.sampled_from([b"{}", b'{"seq": 1, "seq": 2, "phase": null}', b'{"type": "finding", "x": NaN}', b"\xff", b"[]"]),
    st.sampled_from([b'{"seq": 3, "detail": "\\ud800"}', b'{"seq": true}', b'{"type": 7, "phase": "judge"}']),
)
_sources = st.sampled_from(["queue", "stdout"])
_received = st.one_of(
    st.builds(EventReceived, _sources, bodies),
    st.builds(lambda text: OutputReceived("stderr", text, 0), st.sampled_from([b"talk", b"\xff"])),
    st.just(Rejected("stdout", "too long", b"head", 5, "ab" * 32, 7)),
    st.just(ControlReceived("stdout", {"fell_back": {"cause": "gone"}}, b"{}")),
    st.just(ControlReceived("queue", {"refused": {"reason": "no key", "count": 2}}, b"{}")),
)
_recorder_events = st.sampled_from(
    [
        AuditRequested("a", "http://shop.test/\0", "quick_scan", "audit"),
        AuditRequested("a", None, None, "record", ["ls", "-l \ud800"]),
        AuditRequested("a", None, None, "ingest", ["captured.log"]),
        AuditRequested("a", "https://U@Shop.test:81?x=\ud800#f", None, "audit", batch="b\0", tags=["é\ud800", '"']),
        AuditRequested("a", "http://[x", None, "audit", job=Job("1\0", "q", 2, "w", "h")),
        IpcModeSelected("queue", "STATIC", "--queue", None, None, None),
        ProcessStarted(1, ["python"]),
        IpcModeSelected("queue", "SPLIT", "queue-ipc", 0.04, 0.25, "stage 25%"),
        IpcFellBack("queue", "stdout", "stalled", "gone"),
        IpcFellBack("queue", "stdout", "strange \0\ud800", "broke \0\ud800", 3, 2),
        GapFound("queue", 2, 3),
        EventsDropped.of([(1, 2)]),
        ProcessExited(0, 3, {"queue": 3}),
        ProcessExited(1, None, {}),
        ProcessExited(-9, None, {}),
        TransportMeasured({"queue": DelayMeasured(3, 0.1, 0.2, 0.4, 0.8)}, {"queue": 1}, 0.25),
        TransportMeasured({}, {"stdout": 2**53, "queue": 2**63 - 1}),
        ComparisonMade(TEE, equal=False, counts={}, differences=2),
        ComparisonMade(TEE, equal=False, counts={}, error="It broke off."),
        RunFinished("completed", "queue"),
        RunFinished("failed", "queue+stdout", "It broke."),
    ]
)

histories = st.lists(
    st.builds(
        Action,
        st.sampled_from(RUNS),
        st.integers(0, 1),
        st.sampled_from([False, False, False, True]),
        _recorder_events | st.lists(_received, min_size=1, max_size=5),
    ),
    max_size=25,
)


class Recorders:
    """The recorders of all runs, at most two for each."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._recorders: dict[tuple[str, int], RunRecorder] = {}
        self._now = 1_700_000_000.0

    def perform(self, action: Action) -> None:
        """Perform an action; if another recorder of the run has used the number, the action fails as a whole."""
        key = (action.run_id, action.recorder)
        if action.restart or key not in self._recorders:
            self._recorders[key] = RunRecorder(self._log, action.run_id, clock=self._clock)
        with suppress(ObservationConflict):
            if isinstance(action.content, RecorderEvent):
                self._recorders[key].note(action.content)
            else:
                self._recorders[key].record(action.content)

    def _clock(self) -> float:
        self._now += 0.25
        return self._now
