"""Recorded runs for the tests of commands, and functions that write them into a log."""

from __future__ import annotations

from pathlib import Path

from tests.projections.recordings import START, Recording, requested, selected, whole_run
from veritas.archive.archive import Archive
from veritas.channels.messages import EventReceived
from veritas.events.recorder_events import IpcFellBack, OutputCaptured, ProcessStarted, RecorderEvent, RunFinished
from veritas.recording.recorder import RunRecorder

TEE = "vrts_aaaa000000000001"
FAILED = "vrts_aaaa000000000002"
RUNNING = "vrts_bbbb000000000003"

# A page may contain any text: colours, a cleared screen, a forged line, text in reverse order.
HOSTILE = "\x1b[2J\x1b[31mpwned\r\nError: no\tsuch \u202egnp.exe [bold red] \ud83d"


def failed_run() -> Recording:
    """Return an audit with hostile texts that fell back from the queue and then failed."""
    run = Recording(f"{FAILED}.1")
    run.recorder(requested(audit_id=FAILED, url="http://hostile.test/"), at=START + 100)
    run.recorder(selected("queue"), at=START + 100)
    run.recorder(ProcessStarted(pid=1, command=["python"]), at=START + 100)
    run.child("scout", "navigating", seq=1, pct=10, at=START + 101, detail=HOSTILE)
    run.recorder(
        IpcFellBack("queue", "stdout", "broke", "The socket is gone.", last_confirmed=1, sent_again=1), at=START + 101
    )
    run.child("scout", "navigating", seq=1, pct=10, at=START + 101, detail=HOSTILE, source="stdout")
    run.recorder(OutputCaptured("stderr", HOSTILE, 0), at=START + 101)
    run.recorder(
        RunFinished("failed", "queue+stdout", error="The child process was killed by SIGKILL."), at=START + 102
    )
    return run


def running_run() -> Recording:
    """Return an audit that has not ended."""
    run = Recording(f"{RUNNING}.1")
    run.recorder(requested(audit_id=RUNNING), at=START + 200)
    run.child("vision", "analyzing", seq=1, pct=30, at=START + 201, source="stdout")
    return run


def write_all(database: Path) -> None:
    """Write the three audits into a new log, the tee first."""
    with Archive.open(database) as archive:
        for run in (whole_run("queue", "stdout", run_id=f"{TEE}.1"), failed_run(), running_run()):
            write(archive, run)


def write(archive: Archive, run: Recording) -> None:
    """Write one run through the recorder."""
    now = START
    recorder = RunRecorder(archive.log, run.run_id, clock=lambda: now)
    for source, what, when in run.entries:
        now = when
        if isinstance(what, RecorderEvent):
            recorder.note(what)
        else:
            recorder.record([EventReceived(source, what)])
