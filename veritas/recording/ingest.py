"""Ingest captured output: record the events of each program in it as a run.

    ingestion = ingest(archive, chunks, name="captured.log")

A run begins when the first event of a program was read. What came before is held until then, so that a file without an
event leaves nothing in the log.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from veritas.archive.archive import Archive
from veritas.channels.framing import MarkerParser
from veritas.channels.messages import STDOUT, ControlReceived, EventReceived, Message, Rejected
from veritas.core.mode_decision import IPC_MODE_STDOUT, Decision
from veritas.errors import NoEvents, RunSpooled
from veritas.events.recorder_events import (
    COMPLETED,
    FAILED,
    INTERRUPTED,
    PLAIN,
    CaptureRead,
    EventsDropped,
    RunFinished,
)
from veritas.formatting import count
from veritas.recording.capture.content import describe_content
from veritas.recording.capture.entry import Entry
from veritas.recording.capture.held_entries import HeldEntries
from veritas.recording.capture.reader import CaptureReader, ProgramLines
from veritas.recording.log_retry import LogRetry
from veritas.recording.recorder import RunRecorder
from veritas.recording.run import RunOutcome, effective_mode, finish, new_audit_id, request_event
from veritas.recording.spool_ingestion import unspool

STDIN = "-"  # the name of standard input


@dataclass(frozen=True)
class Ingestion:
    """The result of an ingestion.

    Attributes:
        outcomes: The outcome of each program's run, by the program's name, which is empty if the file is of one program
            only.
        without_events: The programs that have no event and were not recorded.
    """

    outcomes: Mapping[str, RunOutcome]
    without_events: Sequence[str]


def ingest(
    archive: Archive,
    chunks: Iterable[bytes],
    *,
    name: str,
    keep: bool = False,
    new_id: Callable[[], str] = new_audit_id,
    retry: LogRetry | None = None,
) -> Ingestion:
    """Record captured output, read in *chunks*: each program in it as the first run of an audit of its own.

    A run is completed if the file was read to its end and the program has an event. Whether an audit in it completed is
    in its events.

    Args:
        archive: The log to record into.
        chunks: The captured output.
        name: The file's name, or `STDIN`.
        keep: Whether to record what has no event too, as a failed run.
        new_id: Returns the id of a new audit.
        retry: Decides how long to wait for a log that is not available; None for the default.

    Raises:
        NoEvents: There is no event, and nothing was recorded.
        KeyboardInterrupt: The ingestion was interrupted; what was read before is recorded.
        RunSpooled: The log was not available for too long, or an interrupt ended the wait for it, so the rest of a run
            is in a file.
        store.errors.StoreError: The log cannot be written, or was deleted after its last commit.
    """
    retry = retry or LogRetry()
    reader = CaptureReader(chunks)
    with HeldEntries() as held:
        programs: dict[str, _Program] = {}
        error: str | None = None

        def program_of(entry: Entry) -> _Program:
            if entry.program not in programs:
                programs[entry.program] = _Program(archive, reader, held, entry.program, name, new_id, retry)
            return programs[entry.program]

        try:
            for entries in reader:
                for program, group in groupby(entries, program_of):
                    program.add(list(group))
        except OSError as problem:
            error = f"{_subject(name)} could not be read to its end: {problem.strerror or problem}."
        except KeyboardInterrupt:
            retry.give_up()
            for program in programs.values():
                program.end(INTERRUPTED, "The run was interrupted.", keep=keep)
            _require_in_log(archive, programs.values())
            raise
        if keep and not programs:
            programs[""] = _Program(archive, reader, held, "", name, new_id, retry)
        for program in programs.values():
            program.end(FAILED if error else COMPLETED, error, keep=keep)
    _require_in_log(archive, programs.values())
    recorded = [program for program in programs.values() if program.outcome is not None]
    if not recorded:
        raise NoEvents(error or _no_event(reader, name, sum(program.rejected for program in programs.values())))
    return Ingestion(
        {program.name: program.outcome for program in recorded if program.outcome is not None},
        [program.name for program in programs.values() if program.outcome is None],
    )


def _require_in_log(archive: Archive, programs: Iterable[_Program]) -> None:
    """Raise an error if the rest of a run is in a file, or the log is gone."""
    for program in programs:
        if program.spooled is not None:
            raise program.spooled
    archive.log.require_present()


class _Program:
    """The output of one program; its run begins with its first event.

    Attributes:
        name: The program, as the collector names it.
        outcome: The outcome of its run; None until it has ended, and if there is no run.
        rejected: How many lines have a marker, and no event.
        spooled: The error that says where the rest of the run is, if it is not in the log.
    """

    def __init__(
        self,
        archive: Archive,
        reader: CaptureReader,
        held: HeldEntries,
        program: str,
        file: str,
        new_id: Callable[[], str],
        retry: LogRetry,
    ) -> None:
        self.name = program
        self.outcome: RunOutcome | None = None
        self.rejected = 0
        self.spooled: RunSpooled | None = None
        self._archive = archive
        self._reader = reader
        self._file = file
        self._new_id = new_id
        self._retry = retry
        self._parsers: dict[str, MarkerParser] = {}
        self._held = held
        self._recorder: RunRecorder | None = None

    def add(self, entries: Sequence[Entry]) -> None:
        """Record what the program wrote, or hold it if there is no event yet."""
        messages = [message for entry in entries for message in self._messages(entry)]
        if self._recorder is not None:
            self._recorder.record(messages)
            return
        self._held.add(self.name, entries)
        self.rejected += sum(isinstance(message, Rejected) for message in messages)
        if any(isinstance(message, EventReceived) for message in messages):
            self._begin()

    def end(self, status: str, error: str | None, *, keep: bool) -> None:
        """End the run, if the program has an event or is to be recorded without one."""
        last = [message for parser in self._parsers.values() for message in parser.close()]
        if self._recorder is not None:
            self._recorder.record(last)
        elif keep or any(isinstance(message, EventReceived) for message in last):
            self._begin().record([message for parser in self._parsers.values() for message in parser.close()])
        else:
            self.rejected += sum(isinstance(message, Rejected) for message in last)
            return
        assert self._recorder is not None
        self.outcome = self._finish(self._recorder, status, error)

    def _begin(self) -> RunRecorder:
        """Begin the run, and record what was held; it is parsed again, because messages take more space."""
        audit_id = self._new_id()
        self._recorder = recorder = RunRecorder(self._archive.log, f"{audit_id}.1", retry=self._retry, spools=True)
        command = [self._file, self.name] if self.name else [self._file]
        decision = Decision(IPC_MODE_STDOUT, "STATIC", "ingest")
        recorder.note(request_event(audit_id, origin="ingest", command=command), decision.event())
        self._parsers = {}
        for entry in self._held.take(self.name):
            recorder.record(self._messages(entry))
        return recorder

    def _finish(self, recorder: RunRecorder, status: str, error: str | None) -> RunOutcome:
        if missing := recorder.missing():
            recorder.note(EventsDropped.of(missing))
        recorder.note(_capture_read(self._reader, self.name))
        if error is None and not recorder.received:
            status, error = FAILED, _no_event(self._reader, self._file, self.rejected)
        unsigned = finish(self._archive, recorder, RunFinished(status, effective_mode(recorder), error))
        if recorder.spool is not None:
            try:
                unsigned = unspool(self._archive, recorder.spool, report=self._retry.report)
            except RunSpooled as spooled:
                self.spooled = spooled
        return RunOutcome(recorder.run_id, status, error, unsigned=unsigned)

    def _messages(self, entry: Entry) -> list[Message]:
        """Return the messages in an entry; an event counts whichever stream it is on."""
        if entry.loss is not None:
            digest = hashlib.sha256(entry.data).hexdigest()
            return [Rejected(STDOUT, entry.loss, entry.data, len(entry.data), digest)]
        parser = self._parsers.get(entry.stream)
        if parser is None:
            parser = MarkerParser(entry.stream, carriage_returns=self._reader.carriage_returns)
            self._parsers[entry.stream] = parser
        messages = parser.feed(entry.data)
        return messages if entry.stream == STDOUT else [_over_stdout(message) for message in messages]


def _over_stdout(message: Message) -> Message:
    """Return a message of another stream with `stdout` as its source: that is the transport of progress lines."""
    if isinstance(message, EventReceived):
        return message._replace(source=STDOUT)
    if isinstance(message, Rejected | ControlReceived):
        return replace(message, source=STDOUT)
    return message


def _capture_read(reader: CaptureReader, program: str) -> CaptureRead:
    of_program = reader.programs.get(program, ProgramLines())
    return CaptureRead(
        format=PLAIN if reader.format is None else reader.format.name,
        evidence=reader.evidence,
        layers=reader.layers,
        program=program,
        lines=of_program.lines,
        unrecognised=of_program.unrecognised,
        first_time=of_program.first_time,
        last_time=of_program.last_time,
    )


def _no_event(reader: CaptureReader, name: str, rejected: int) -> str:
    if rejected:
        fault = f"no JSON object follows ##PROGRESS: in {count(rejected, 'line')}"
        return f"{_subject(name)} contains no event: {fault}; `--keep` records it anyway."
    what, remedy = describe_content(reader.head, reader.layers, reader.format)
    return f"{_subject(name)} contains no event: it looks like {what}; {remedy.replace('FILE', shlex.quote(name))}."


def _subject(name: str) -> str:
    return "Standard input" if name == STDIN else repr(name)
