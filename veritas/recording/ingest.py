"""Ingest a captured stdout log: record its events as a run."""

from __future__ import annotations

from collections.abc import Iterable

from veritas.archive.archive import Archive
from veritas.channels.framing import MarkerParser
from veritas.core.mode_decision import IPC_MODE_STDOUT, Decision
from veritas.events.recorder_events import COMPLETED, FAILED, INTERRUPTED, EventsDropped, RunFinished
from veritas.recording.recorder import RunRecorder
from veritas.recording.run import RunOutcome, effective_mode, finish, request_event

STDIN = "-"  # the name of standard input


def ingest(archive: Archive, audit_id: str, chunks: Iterable[bytes], *, name: str) -> RunOutcome:
    """Record a captured log, read in *chunks*, as the first run of *audit_id*.

    The run is completed if the log was read to its end and has an event. Whether an audit in it completed is in its
    events.

    Args:
        archive: The log to record into.
        audit_id: The new audit's id.
        chunks: The captured log.
        name: The file's name, or `STDIN`.

    Raises:
        KeyboardInterrupt: The ingestion was interrupted; what was read before is recorded.
        store.errors.StoreError: The log cannot be written.
    """
    run_id = f"{audit_id}.1"
    recorder = RunRecorder(archive.log, run_id)
    decision = Decision(IPC_MODE_STDOUT, "STATIC", "ingest")
    recorder.note(request_event(audit_id, origin="ingest", command=[name]), decision.event())
    parser = MarkerParser()
    subject = "Standard input" if name == STDIN else repr(name)
    error: str | None = None
    try:
        for chunk in chunks:
            recorder.record(parser.feed(chunk))
        recorder.record(parser.close())
    except OSError as problem:
        recorder.record(parser.close())
        error = f"{subject} could not be read to its end: {problem.strerror or problem}."
    except KeyboardInterrupt:
        recorder.record(parser.close())
        finish(archive, recorder, RunFinished(INTERRUPTED, effective_mode(recorder), "The run was interrupted."))
        raise
    if missing := recorder.missing():
        recorder.note(EventsDropped.of(missing))
    if error is None and not recorder.received:
        error = f"{subject} contains no event; an event is a line with ##PROGRESS: and a JSON object."
    outcome = RunOutcome(run_id, FAILED if error else COMPLETED, error)
    finish(archive, recorder, RunFinished(outcome.status, effective_mode(recorder), error))
    return outcome
