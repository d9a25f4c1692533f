"""Every event of the recorder has a description in one line."""

from __future__ import annotations

import pytest

from tests.projections.recordings import whole_run
from veritas.events.process_identity import ProcessIdentity
from veritas.events.recorder_events import (
    RECORDER_TYPES,
    AuditRequested,
    BatchCreated,
    BatchFinished,
    BatchResumed,
    BatchTargetsAdded,
    BatchTargetSkipped,
    BundleImported,
    CaptureRead,
    CheckpointFailed,
    ComparisonMade,
    ConnectionRefused,
    DelayMeasured,
    DifferenceFound,
    EventsDropped,
    GapFound,
    IpcFellBack,
    IpcModeSelected,
    KeyRotated,
    LineRejected,
    ObservationRedacted,
    OutputCaptured,
    ProcessExited,
    ProcessReleased,
    ProcessStarted,
    RecorderEvent,
    RecordingDelayed,
    RolloutChanged,
    RunArchived,
    RunFinished,
    SpoolIngested,
    TransportMeasured,
)
from veritas.projections.audit_state import AuditState
from veritas.projections.descriptions import describe_recorder_event, describe_state

ABSENT = {"absent": True}
COUNTS = {"stdout": 1, "queue": 3}
LONG = {"size": 20_000, "sha256": "ab" * 32}
DESCRIPTIONS = [
    (AuditRequested("vrts_1", "http://a.test/", "quick_scan", "audit"), "http://a.test/ (quick_scan)"),
    (AuditRequested("vrts_1", None, None, "record", command=["make", "audit"]), "make audit"),
    (AuditRequested("vrts_1", None, None, "ingest"), "an ingestion"),
    (IpcModeSelected("queue", "SPLIT", "queue-ipc", 0.01, 0.1, "default"), "queue (SPLIT: queue-ipc)"),
    (ProcessStarted(7, ["python", "x.py"]), "process 7: python x.py"),
    (ProcessStarted(7, ["python"], 3), "process 7 (after 3 other audits): python"),
    (IpcFellBack("queue", "stdout", "broke", "gone"), "from queue to stdout: gone"),
    (EventsDropped([(3, 3)], 1), "1 event did not arrive"),
    (GapFound("queue", 3, 5), "queue delivered 6 without 3-5"),
    (OutputCaptured("stderr", "Traceback\n", 0), "stderr: Traceback"),
    (LineRejected("stdout", "not JSON", 12, "0" * 64), "12 bytes over stdout: not JSON"),
    (
        ConnectionRefused("it sent nothing", 1),
        "a connection to the queue was refused: it sent nothing",
    ),
    (IpcFellBack("queue", "stdout", "broke", "gone", 5, 2), "from queue to stdout (2 events sent again): gone"),
    (
        RecordingDelayed(100.0, 112.0, 5, "unavailable", "The server is gone."),
        "12.0 s, 5 attempts, then nothing was lost: The server is gone.",
    ),
    (
        RecordingDelayed(100.0, 100.0, 1, "broken", "The file is gone.", spooled=True),
        "0.00 s, 1 attempt, then the further events were kept in a file: The file is gone.",
    ),
    (SpoolIngested("00ff", 2, [(2, 100.0)]), "2 events from a file"),
    (ProcessExited(-9, None, {}), "exit status -9, an unknown number of events emitted"),
    (ProcessExited(0, 12, {}), "exit status 0, 12 events emitted"),
    (ProcessReleased(0, 12, {}), "exit status 0, 12 events emitted, and the process goes on"),
    (
        TransportMeasured({"queue": DelayMeasured(12, 0.0004, 0.002, 0.01, 0.02)}, {"stdout": 1}, 0.25),
        "over queue, from emission to commit: p50 0.4 ms, p95 2.0 ms, p99 10.0 ms; 1 event delivered again over stdout",
    ),
    (
        ObservationRedacted({"source": "queue", "seq": 7}, "a card number", "jane@desk"),
        "event 7 over queue, by jane@desk: a card number",
    ),
    (
        RunArchived("2026-11.bundle", "/archive", "ab" * 32, 9_000, "jane@desk", 44, "suspicious", 1, None, None),
        "in '2026-11.bundle' in '/archive', by jane@desk",
    ),
    (
        DifferenceFound("altered", "verdict", None, 61, 61, "judge", "done", "summary.trust_score", 44, 47),
        "judge/done 61 summary.trust_score: 44 -> 47",
    ),
    (
        DifferenceFound("altered", "transport", None, 2, 2, "scout", "x", "", '{"a":1}', '{"a": 1}'),
        r'scout/x 2 "{\"a\":1}" -> "{\"a\": 1}" (the same values, written differently)',
    ),
    (
        DifferenceFound(
            "altered", "content", None, 2, 2, "scout", "x", "url", ABSENT, {"size": 20_000, "sha256": "ab" * 32}
        ),
        "scout/x 2 url: nothing -> 20,000 bytes with the hash abababababab…",
    ),
    (
        DifferenceFound("missing", "transport", "queue", 97, 99, "scout", "page"),
        "scout/page 97-99 missing over queue",
    ),
    (DifferenceFound("reordered", "content", None, 7, 7, "scout", "x"), "scout/x 7 reordered"),
    (
        DifferenceFound("state", "verdict", None, None, None, path="findings.9.title", before="a", after="b"),
        'state findings.9.title: "a" -> "b"',
    ),
    (
        ComparisonMade("tee", True, {"stdout": 3, "queue": 3}),
        "equal, byte for byte: 3 events over stdout, 3 events over queue",
    ),
    (
        ComparisonMade("tee", False, {"stdout": 1, "queue": 3}, 1),
        "1 difference: 1 event over stdout, 3 events over queue",
    ),
    (
        ComparisonMade("tee", True, {"stdout": 3, "queue": 3}, redacted=2),
        "equal where it can be compared; 2 events were redacted: 3 events over stdout, 3 events over queue",
    ),
    (ComparisonMade("rerun", True, {"stdout": 1}), "equal: 1 event over stdout"),
    (
        ComparisonMade("rerun", True, {"stdout": 1}, noise={"scout/x detail": 2}),
        "equal, except for differences that two runs over stdout also have: 1 event over stdout",
    ),
    (ComparisonMade("rerun", False, {}, error="No event came."), "No event came."),
    (RunFinished("failed", "queue", "It broke."), "failed, carried by queue: It broke."),
    (
        BundleImported("veritas/log/1", 9, "key", [{"run_id": "vrts_1.1"}, {"run_id": "vrts_1.2"}]),
        "vrts_1.1, vrts_1.2 from veritas/log/1",
    ),
    (CaptureRead("plain"), "read as plain"),
    (
        CaptureRead("compose", "all lines", ["gzip", "utf-16-le"], "web-1", 1200, 1),
        "read as gzip, utf-16-le, compose, 1,200 lines of web-1, 1 line of another form",
    ),
    (CheckpointFailed("No key can be made."), "no checkpoint was signed: No key can be made."),
    (
        KeyRotated("a+1+A", "b+2+B", "the yearly one", "jane@desk", "…"),
        "b+2+B follows a+1+A, by jane@desk: the yearly one",
    ),
    (
        RolloutChanged("queue-ipc", "rollback", "stdout", 0.0, [], "jane@desk", "an event was lost"),
        "queue-ipc: rollback, stdout, by jane@desk: an event was lost",
    ),
    (BatchCreated("btch_1", "audit", "shops", ["eu"], "quick_scan", 1_200), "shops: 1,200 URLs (quick_scan)"),
    (BatchTargetsAdded(1_001, ["http://a.test/", "http://b.test/"]), "URLs 1,001 to 1,002"),
    (BatchResumed(3, ProcessIdentity("", "", "", 77, "")), "3 URLs left, by process 77"),
    (BatchTargetSkipped(2, "robots_disallowed", "robots.txt disallows it."), "URL 2: robots.txt disallows it."),
    (BatchFinished("interrupted", {"completed": 1, "waiting": 2}), "interrupted, 1 completed, 2 waiting"),
    (BatchFinished("failed", {}, "The disk is full."), "failed: The disk is full."),
]


@pytest.mark.parametrize(("event", "line"), DESCRIPTIONS, ids=lambda value: getattr(value, "type", ""))
def test_a_recorder_event_is_described_in_one_line(event: RecorderEvent, line: str) -> None:
    assert describe_recorder_event(event) == line


def test_every_type_of_recorder_event_is_described() -> None:
    assert {event.type for event, _ in DESCRIPTIONS} == set(RECORDER_TYPES)


def test_a_state_is_described_in_safe_lines_with_the_most_severe_findings_first() -> None:
    run = whole_run()
    for seq, severity in ((16, "\x1b[31m"), (17, "low"), (18, "critical")):
        run.child("vision", "finding", seq=seq, type="finding", extra={"finding": {"severity": severity}}, detail="\r")
    first, *phases = describe_state(AuditState.of(run.events))
    assert first == r"[100%] completed; 4 findings (1 critical, 1 high, 1 low, 1 \x1b[31m)"
    assert phases[2] == "       Security Audit: failed after 0.25 s: The server hung up."
    assert phases[3] == r"       Visual Intelligence: completed after 0.50 s: \r"
