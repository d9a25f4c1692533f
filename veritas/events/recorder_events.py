"""The recorder's own events: what happened to a run, as seen from outside its child process.

Each type is a frozen dataclass. On the wire its fields follow `type`, `timestamp` and `seq`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import msgspec

from veritas.events.job import Job
from veritas.events.json import as_mapping, encode_json
from veritas.events.login_use import LoginUse
from veritas.events.process_identity import ProcessIdentity
from veritas.events.progress import ProgressEvent
from veritas.events.visitor import Visitor

RECORDER = "recorder"  # the source of these events

COMPLETED, FAILED, INTERRUPTED = "completed", "failed", "interrupted"  # how a run ends
ABANDONED = "abandoned"  # how another process ends a run whose recorder is gone


@dataclass(frozen=True)
class RecorderEvent:
    """An event of the recorder's own; `type` is its type in the log, in the past tense."""

    type: ClassVar[str]

    def encode(
        self,
        *,
        seq: int,
        timestamp: float,
        data: str | None = None,
        mask: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    ) -> bytes:
        """Return the wire form.

        Args:
            seq: The recorder's own number.
            timestamp: In seconds since the epoch.
            data: The reference that replaces an attachment; see `veritas.events.attachment`.
            mask: Returns the event's own members with the secrets in them masked.
        """
        members = asdict(self) if mask is None else mask(asdict(self))
        wire = {"type": self.type, "timestamp": timestamp, "seq": seq, **members}
        return encode_json(wire if data is None else wire | {"data": data})


@dataclass(frozen=True)
class AuditRequested(RecorderEvent):
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
    command: list[str] = field(default_factory=list)
    veritas_version: str = ""
    platform: str = ""
    python: str = ""
    recorder: ProcessIdentity | None = None
    visitor: Visitor | None = None
    login: LoginUse | None = None
    batch: str | None = None
    tags: list[str] = field(default_factory=list)
    job: Job | None = None


@dataclass(frozen=True)
class IpcModeSelected(RecorderEvent):
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


@dataclass(frozen=True)
class ProcessStarted(RecorderEvent):
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


@dataclass(frozen=True)
class IpcFellBack(RecorderEvent):
    """The events continued over another transport, because the first was not available or stopped working.

    Attributes:
        from_mode: The transport before.
        to_mode: The transport from here on.
        kind: The kind of cause, one of `FALLBACK_KINDS`; version 1 of the body does not have it.
        cause: The cause in one sentence, often in the system's words.
        last_confirmed: The number of the last event that the first transport confirmed.
        sent_again: How many events were sent again over the second transport.
    """

    type = "ipc_fell_back"
    from_mode: str
    to_mode: str
    kind: str
    cause: str
    last_confirmed: int = 0
    sent_again: int = 0


@dataclass(frozen=True)
class EventsDropped(RecorderEvent):
    """The emitter reported that it emitted these numbers, and no source delivered them.

    Attributes:
        ranges: The missing numbers as ranges, first and last included; at most 1,000 ranges.
        count: How many numbers are missing in all.
    """

    type = "events_dropped"
    ranges: list[tuple[int, int]]
    count: int

    @classmethod
    def of(cls, ranges: list[tuple[int, int]]) -> EventsDropped:
        """Return the event for these missing numbers."""
        return cls(ranges[:1000], sum(last - first + 1 for first, last in ranges))


@dataclass(frozen=True)
class GapFound(RecorderEvent):
    """A source went from one number to a later one, and the numbers between are missing.

    Attributes:
        at_source: The source.
        first: The first missing number.
        last: The last missing number.
    """

    type = "gap_found"
    at_source: str
    first: int
    last: int


@dataclass(frozen=True)
class OutputCaptured(RecorderEvent):
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


@dataclass(frozen=True)
class LineRejected(RecorderEvent):
    """Bytes were received in the place of an event, and are not one; they are attached unchanged.

    Attributes:
        at_source: The source.
        reason: Why it cannot be an event.
        size: How many bytes were received. None is attached if a line exceeded the maximum: `output_captured` has them,
            from the same offset on; and none if an item was too long for the queue, whose sender got an error.
        sha256: The SHA-256 of all the bytes received, in hex.
        offset: How many bytes of the stream came before it; None if it did not come in a stream.
    """

    type = "line_rejected"
    at_source: str
    reason: str
    size: int
    sha256: str
    offset: int | None = None


@dataclass(frozen=True)
class ConnectionRefused(RecorderEvent):
    """A connection to the queue was refused: it did not give the key, or sent what is not a request.

    Attributes:
        reason: Why it was refused.
        count: How many of this run were refused so far; after twenty, only round numbers (100, 1000, …) are recorded.
    """

    type = "connection_refused"
    reason: str
    count: int


@dataclass(frozen=True)
class RecordingDelayed(RecorderEvent):
    """The log was not available for some time, and the recorder and the child waited for it.

    Attributes:
        since: When the first write that failed had begun: seconds since the epoch, UTC.
        until: When a write succeeded, or the recorder gave up.
        attempts: How many writes failed.
        kind: `unavailable` (the server), `locked`, `full`, or `broken`: a cause that does not pass by itself.
        error: The first error, in a sentence.
        spooled: Whether the recorder gave up, and kept the run's further events in a file, which was ingested later.
    """

    type = "recording_delayed"
    since: float
    until: float
    attempts: int
    kind: str
    error: str
    spooled: bool = False


@dataclass(frozen=True)
class SpoolIngested(RecorderEvent):
    """Events that could not be written to the log while the run lasted were added to it from a file.

    Attributes:
        spool: The file's random name in its first line.
        records: How many records the file has.
        received: When the recorder had them: pairs of a number of records, in the file's order, and the time, in
            seconds since the epoch, UTC.
    """

    type = "spool_ingested"
    spool: str
    records: int
    received: list[tuple[int, float]]


@dataclass(frozen=True)
class ProcessEnd(RecorderEvent):
    """The child process has ended its part of the run.

    Attributes:
        exit_code: Its exit status; negative if a signal of that number killed it; None if it is not known.
        emitted: How many events the child reports that it emitted; None if it did not report it.
        received: How many events each source delivered.
    """

    exit_code: int | None
    emitted: int | None
    received: dict[str, int]


@dataclass(frozen=True)
class ProcessExited(ProcessEnd):
    """The child process has ended."""

    type = "process_exited"


@dataclass(frozen=True)
class ProcessReleased(ProcessEnd):
    """The child process has done the audit and goes on running, for the next audit.

    Its `exit_code` is the exit status of a process that does the audit alone.
    """

    type = "process_released"


@dataclass(frozen=True)
class DelayMeasured:
    """The time from the emission of events until they were committed, over one transport, in seconds.

    The percentiles are within a hundredth of the true ones; see `veritas.recording.quantiles`.

    Attributes:
        count: How many events have a time of emission.
        p50: The median.
        p95: The 95th percentile.
        p99: The 99th percentile.
        longest: The longest.
    """

    count: int
    p50: float
    p95: float
    p99: float
    longest: float


@dataclass(frozen=True)
class TransportMeasured(RecorderEvent):
    """The recorder's measurements of the transports; written once, when the child has ended.

    Attributes:
        delays: How long events took, by source.
        repeated: How often each source delivered an event that it had delivered before.
        queue_start: How long it took to start the queue's manager, in seconds; None if there was none.
    """

    type = "transport_measured"
    delays: dict[str, DelayMeasured]
    repeated: dict[str, int]
    queue_start: float | None = None

    def most_measured(self) -> DelayMeasured | None:
        """Return the delays over the transport that carried most of the events; None if nothing was measured."""
        return max(self.delays.values(), key=lambda delay: delay.count, default=None)


@dataclass(frozen=True)
class ObservationRedacted(RecorderEvent):
    """The content of one observation of this run was removed from the log, perhaps long after the run had ended.

    The log itself checks the first two fields before it lets anything be removed; see `store.guards`.

    Attributes:
        observation: `source` and `seq` of the observation.
        reason: Why it was removed.
        by: Who had it removed.
    """

    type = "observation_redacted"
    observation: dict[str, Any]
    reason: str
    by: str


@dataclass(frozen=True)
class RunArchived(RecorderEvent):
    """The run was moved into a bundle, and the content of the child's events before this one was removed from the log.

    The log itself checks the type of this event before it lets anything be removed; see `store.guards`.

    Attributes:
        bundle: The name of the bundle's file.
        directory: The directory that it was written to.
        sha256: The SHA-256 of the file, in hex.
        size: Its size in bytes.
        by: Who archived the run.
        trust_score: The verdict's score, 0-100; None without one.
        risk_level: The verdict's risk level; None without one.
        findings: How many findings there are.
        kinds: How many findings there are of each kind, as a JSON object in a text; None without any.
        failure: The kind of cause for which the run failed; None if it did not.
    """

    type = "run_archived"
    bundle: str
    directory: str
    sha256: str
    size: int
    by: str
    trust_score: float | None
    risk_level: str | None
    findings: int
    kinds: str | None
    failure: str | None


@dataclass(frozen=True)
class DifferenceFound(RecorderEvent):
    """Two transports differ in one place: in a run that used both, or in the last of several runs.

    Consecutive missing numbers are one difference. A value that is missing is `{"absent": true}`, and one of more than
    10 kB `{"size": bytes of JSON, "sha256": of them}`.

    Attributes:
        kind: `missing`, `duplicated`, `reordered`, `altered` or `state`.
        category: `transport`, `timing`, `content` or `verdict`.
        at_source: The transport that lacks, repeats, moves or alters it; None if that is not known.
        first: The event's number; None if the runs as wholes differ.
        last: The last of consecutive missing numbers; otherwise the same as `first`.
        phase: The event's phase.
        step: The event's step.
        path: The field; empty if the event as a whole differs, or only in how its values are written.
        before: The value over stdout.
        after: The value over the queue.
    """

    type = "difference_found"
    kind: str
    category: str
    at_source: str | None
    first: int | None
    last: int | None
    phase: str = ""
    step: str = ""
    path: str = ""
    before: Any = None
    after: Any = None


TEE, RERUN = "tee", "rerun"  # how transports are compared: in one run over both, or by running it several times


@dataclass(frozen=True)
class ComparisonMade(RecorderEvent):
    """The two transports were compared; each difference was recorded before this event.

    Attributes:
        by: `tee` (in one run over both) or `rerun` (by running the audit several times).
        equal: Whether both delivered the same.
        counts: How many events each transport delivered.
        differences: How many differences there are.
        kinds: How many differences there are of each kind.
        redacted: How many events could not be compared, because their content was removed.
        latency: For a tee: which transport was first, and how long each took, in milliseconds.
        runs: The runs that were compared.
        noise: How many differences stdout alone shows too, by place.
        hidden: How many differences each rule kept from counting, by rule.
        error: Why nothing could be compared, in a sentence; None if something was.
    """

    type = "comparison_made"
    by: str
    equal: bool
    counts: dict[str, int]
    differences: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    redacted: int = 0
    latency: dict[str, Any] | None = None
    runs: list[str] = field(default_factory=list)
    noise: dict[str, int] = field(default_factory=dict)
    hidden: dict[str, int] = field(default_factory=dict)
    error: str | None = None

    @classmethod
    def of_tee(cls, tee: Mapping[str, Any]) -> ComparisonMade:
        """Return the comparison of a tee that an older version recorded at the run's end; skip malformed values."""
        counts, differences, redacted = as_mapping(tee.get("counts")), tee.get("differences"), tee.get("redacted")
        return cls(
            by=TEE,
            equal=tee.get("equal") is True,
            counts={name: number for name, number in counts.items() if type(number) is int},
            differences=differences if type(differences) is int else 0,
            redacted=redacted if type(redacted) is int else 0,
        )


@dataclass(frozen=True)
class RunFinished(RecorderEvent):
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


@dataclass(frozen=True)
class CaptureRead(RecorderEvent):
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
    layers: list[str] = field(default_factory=list)
    program: str = ""
    lines: int = 0
    unrecognised: int = 0
    first_time: str | None = None
    last_time: str | None = None


@dataclass(frozen=True)
class CheckpointFailed(RecorderEvent):
    """No checkpoint could be signed when the run had ended; nothing else is wrong with the run.

    Attributes:
        error: Why it could not be signed.
    """

    type = "checkpoint_failed"
    error: str


@dataclass(frozen=True)
class BundleImported(RecorderEvent):
    """Events of another log were imported into this one; the proof of them is attached.

    It does not belong to a run, but to the log: its stream is called `log`.

    Attributes:
        origin: The other log's name.
        size: How many of the other log's events the checkpoint covers.
        key: The public key that signed the checkpoint.
        runs: The runs: `run_id`, `events`, and the hash of the last one (`head`).
        media_type: The media type of the attachment.
    """

    type = "bundle_imported"
    origin: str
    size: int
    key: str
    runs: list[dict[str, Any]]
    media_type: str = "application/json"


@dataclass(frozen=True)
class KeyRotated(RecorderEvent):
    """The key that signs checkpoints was replaced by a new one.

    It does not belong to a run, but to the log: its stream is called `log`.

    Attributes:
        old: The old public key.
        new: The new one.
        reason: Why it was replaced.
        by: Who replaced it.
        note: The statement that the new key follows the old one, signed with both; see `store.proofs.key_rotation`.
    """

    type = "key_rotated"
    old: str
    new: str
    reason: str
    by: str
    note: str


@dataclass(frozen=True)
class RolloutChanged(RecorderEvent):
    """The share of the audits that get the queue was changed or confirmed.

    It does not belong to a run, but to the log: its stream is called `log`.

    Attributes:
        rollout: The rollout's name.
        action: `start`, `advance`, `hold`, `release` or `rollback`.
        stage: The name of the stage in force from here on.
        share: The share of the audits that get the queue from here on, 0-1.
        stages: The stages of the plan, in order: `name` and `share`.
        by: Who changed it.
        reason: Why.
        tier: The only tier of audits that it decides; None for all.
        evidence: The numbers that it is based on.
    """

    type = "rollout_changed"
    rollout: str
    action: str
    stage: str
    share: float
    stages: list[dict[str, Any]]
    by: str
    reason: str
    tier: str | None = None
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BatchCreated(RecorderEvent):
    """A batch of audits was requested: several URLs that are audited in the same way.

    It does not belong to a run. The batch has a stream of its own, which is called by the batch's id.

    Attributes:
        batch: The batch: `btch_` and 16 hex digits.
        origin: `audit` if the process that records this does the audits, `submit` if workers do.
        name: What the user calls it; None without a name.
        tags: The tags of all its audits.
        tier: The name of the tier.
        count: How many URLs it has.
        options: How the audits are done, as `veritas.recording.audit_options` has it, without secrets.
        flags: The flags that choose the IPC mode.
        secrets: The options of the login and the proxy whose values are secret, and not in the log.
        per_host: The least pause between two audits of one host, in seconds.
        obey_robots: Whether pages that robots.txt disallows are left out.
        veritas_version: The version of VERITAS.
        recorder: The process that records the batch.
    """

    type = "batch_created"
    batch: str
    origin: str
    name: str | None
    tags: list[str]
    tier: str
    count: int
    options: dict[str, Any] = field(default_factory=dict)
    flags: dict[str, bool] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)
    per_host: float = 0.0
    obey_robots: bool = False
    veritas_version: str = ""
    recorder: ProcessIdentity | None = None


@dataclass(frozen=True)
class BatchTargetsAdded(RecorderEvent):
    """Some of a batch's URLs; its other URLs are in further events of this type.

    Attributes:
        first: The number of the first URL among all of the batch, from 1.
        urls: The URLs, with masks in the place of secrets.
    """

    type = "batch_targets_added"
    first: int
    urls: list[str]


@dataclass(frozen=True)
class BatchResumed(RecorderEvent):
    """A batch that had not come to its end was continued.

    Attributes:
        remaining: How many URLs have no completed audit yet.
        recorder: The process that records the batch from here on.
    """

    type = "batch_resumed"
    remaining: int
    recorder: ProcessIdentity


@dataclass(frozen=True)
class BatchTargetSkipped(RecorderEvent):
    """A URL of a batch was not audited.

    Attributes:
        number: The number of the URL in the batch.
        kind: `robots_disallowed` if the site's robots.txt disallows it, `robots_unknown` if that cannot be known.
        reason: Why, in a sentence.
    """

    type = "batch_target_skipped"
    number: int
    kind: str
    reason: str


@dataclass(frozen=True)
class BatchFinished(RecorderEvent):
    """No further audit of the batch will begin, unless it is resumed.

    Attributes:
        status: `completed` if every URL was audited or skipped, also if audits failed; `interrupted`, or `failed`.
        counts: How many URLs there are of each status: `completed`, `failed`, `interrupted`, `skipped`, `waiting`.
        error: Why the batch failed, in a sentence; None if it did not.
    """

    type = "batch_finished"
    status: str
    counts: dict[str, int]
    error: str | None = None


RECORDER_TYPES: Mapping[str, type[RecorderEvent]] = {
    kind.type: kind
    for kind in (
        AuditRequested,
        IpcModeSelected,
        ProcessStarted,
        IpcFellBack,
        EventsDropped,
        GapFound,
        OutputCaptured,
        LineRejected,
        ConnectionRefused,
        RecordingDelayed,
        SpoolIngested,
        ProcessExited,
        ProcessReleased,
        TransportMeasured,
        ObservationRedacted,
        RunArchived,
        DifferenceFound,
        ComparisonMade,
        CaptureRead,
        RunFinished,
        CheckpointFailed,
        BundleImported,
        KeyRotated,
        RolloutChanged,
        BatchCreated,
        BatchTargetsAdded,
        BatchResumed,
        BatchTargetSkipped,
        BatchFinished,
    )
}


def recorder_event(event: ProgressEvent) -> RecorderEvent | None:
    """Return *event* as an instance of its recorder event type.

    None if it is not of such a type, or if a field of the type is missing or has a value of another type, because
    another version or another program may have written it.
    """
    kind = RECORDER_TYPES.get(event.type)
    if kind is None:
        return None
    values = event.extra
    if event.phase or event.step:  # a few types have these two as fields of their own
        values = {**values, "phase": event.phase, "step": event.step}
    try:
        return msgspec.convert(values, kind)
    except (msgspec.ValidationError, RecursionError):
        return None
