"""The events of a run's request, process, output and end."""

from __future__ import annotations

from typing import Any

import msgspec

from veritas.events.job import Job
from veritas.events.login_use import LoginUse
from veritas.events.process_identity import ProcessIdentity
from veritas.events.recorder_events.base import RecorderEvent
from veritas.events.visitor import Visitor


class AuditRequested(RecorderEvent, frozen=True):
    """An audit, a recording of a command, or the ingestion of a captured log was requested.

    Attributes:
        audit_id: The audit.
        url: The address to audit; None if it is not known.
        tier: The name of the tier; None if it is not known.
        origin: `audit`, `record` or `ingest`.
        command: The command to record, or the name of the captured log.
        veritas_version: The version of VERITAS.
        platform: The operating system.
        python: The version of Python.
        recorder: The process that records the run; None if an older version recorded it.
        visitor: The visitor that the site sees; None if no site is audited, or if an older version recorded it.
        login: What the audit logs in with; None if it does not.
        batch: The id of the batch that the audit belongs to; None without one.
        tags: The audit's tags.
        job: The job of a queue that the audit is done for; None without one.
    """

    type = "audit_requested"
    audit_id: str
    url: str | None
    tier: str | None
    origin: str
    command: list[str] = msgspec.field(default_factory=list)
    veritas_version: str = ""
    platform: str = ""
    python: str = ""
    recorder: ProcessIdentity | None = None
    visitor: Visitor | None = None
    login: LoginUse | None = None
    batch: str | None = None
    tags: list[str] = msgspec.field(default_factory=list)
    job: Job | None = None


class IpcModeSelected(RecorderEvent, frozen=True):
    """The mode of the run was decided.

    Attributes:
        mode: `queue`, `stdout` or `validate`.
        reason: Why, in OpenFeature's words: `STATIC` or `SPLIT`.
        origin: The flag, variable or stage that decided.
        bucket: The audit's bucket in the rollout, from 0 to 1; None if nothing was drawn.
        share: The share of the audits that get the queue, 0-1; None if nothing was drawn.
        share_origin: The variable or stage that the share comes from; None if nothing was drawn.
    """

    type = "ipc_mode_selected"
    mode: str
    reason: str
    origin: str
    bucket: float | None
    share: float | None
    share_origin: str | None


class ProcessStarted(RecorderEvent, frozen=True):
    """The child process runs, or one that runs already takes the audit over.

    Attributes:
        pid: Its process id.
        command: Its command line.
        audits_before: How many audits it did before this one; logs from before this field have none.
    """

    type = "process_started"
    pid: int
    command: list[str]
    audits_before: int = 0


class OutputCaptured(RecorderEvent, frozen=True):
    """The child wrote something that is not an event; if it is not UTF-8, the exact bytes are attached.

    Attributes:
        stream: `stdout` or `stderr`; `file` for a line of captured output that the log collector did not write.
        text: The output, with U+FFFD for what is not UTF-8.
        offset: How many bytes of that stream came before it.
    """

    type = "output_captured"
    stream: str
    text: str
    offset: int


class ProcessEnd(RecorderEvent, frozen=True):
    """The child process has ended its part of the run.

    Attributes:
        exit_code: Its exit status; negative if a signal of that number killed it; None if it is not known.
        emitted: How many events the child reports that it emitted; None if it did not report it.
        received: How many events each source delivered.
    """

    exit_code: int | None
    emitted: int | None
    received: dict[str, int]


class ProcessExited(ProcessEnd, frozen=True):
    """The child process has ended."""

    type = "process_exited"


class ProcessReleased(ProcessEnd, frozen=True):
    """The child process has done the audit and goes on running, for the next audit.

    Its `exit_code` is the exit status of a process that does the audit alone.
    """

    type = "process_released"


class RunFinished(RecorderEvent, frozen=True):
    """The run has ended; only events about the record itself can follow.

    Attributes:
        status: `completed`, `failed`, `interrupted`, or `abandoned` if another process ended it, because its recorder
            was gone.
        effective_mode: What carried the events: `queue`, `stdout`, `queue+stdout` or `none`.
        error: Why it failed; None if it did not.
        tee: The comparison of a tee, as an older version recorded it; now it is in `comparison_made`.
        checkpoint: A checkpoint that the log had by then: the log's name (`origin`), how many events it covers (`size`)
            and the public key that signed it, in hex (`key`). The log must still have it. None if it had none.
        by: The process that ended it, if it was abandoned; None if its recorder did.
    """

    type = "run_finished"
    status: str
    effective_mode: str
    error: str | None = None
    tee: dict[str, Any] | None = None
    checkpoint: dict[str, Any] | None = None
    by: ProcessIdentity | None = None


PLAIN = "plain"  # the format of a program's output as it is


class CaptureRead(RecorderEvent, frozen=True):
    """Captured output was read; written once, at the end of a run that was ingested.

    A log collector adds a name, a time or a stream to each line. They were removed before the program's output was
    recorded, and are summarised here.

    Attributes:
        format: The collector's format, such as `docker-json` or `journal`; `plain` if there is none.
        evidence: What the format was recognised from.
        layers: What was undone before, outermost first: a compression or an encoding.
        program: The program, as the collector names it; empty if the file is of one program only.
        lines: How many of the collector's lines are of this program.
        unrecognised: How many lines after one of them are not of the collector's format, and were recorded as they are.
        first_time: When the collector received the first of them, in its own notation; None if it does not say.
        last_time: When it received the last of them.
    """

    type = "capture_read"
    format: str
    evidence: str = ""
    layers: list[str] = msgspec.field(default_factory=list)
    program: str = ""
    lines: int = 0
    unrecognised: int = 0
    first_time: str | None = None
    last_time: str | None = None
