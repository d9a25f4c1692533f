"""What the recorder itself writes: what happened to a run as seen from outside its child process.

Each kind is a frozen dataclass whose fields stand in the event beside `type`, `timestamp` and `seq`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import msgspec

from veritas.events.json import encode_json
from veritas.events.process_identity import ProcessIdentity
from veritas.events.progress import ProgressEvent

RECORDER = "recorder"  # the source of these events

COMPLETED, FAILED, INTERRUPTED = "completed", "failed", "interrupted"  # how a run ends


@dataclass(frozen=True)
class RecorderEvent:
    """What the recorder itself writes; `type` is the event's type in the log, past tense."""

    type: ClassVar[str]

    def encode(self, *, seq: int, timestamp: float, data: bytes | None = None) -> bytes:
        """Return the wire form.

        Args:
            seq: The recorder's own number.
            timestamp: In seconds since the epoch.
            data: An attachment.
        """
        wire = {"type": self.type, "timestamp": timestamp, "seq": seq, **asdict(self)}
        return encode_json(wire if data is None else wire | {"data": data})


@dataclass(frozen=True)
class AuditRequested(RecorderEvent):
    """Somebody asked for an audit, a recording of a command, or the ingestion of a captured log."""

    type = "audit_requested"
    audit_id: str
    url: str | None
    tier: str | None
    origin: str  # audit, record or ingest
    command: list[str] = field(default_factory=list)
    veritas_version: str = ""
    platform: str = ""
    python: str = ""
    recorder: ProcessIdentity | None = None  # whoever records the run; None where an older version recorded it


@dataclass(frozen=True)
class IpcModeSelected(RecorderEvent):
    """Which mode this run was given, and why (reason in OpenFeature's words)."""

    type = "ipc_mode_selected"
    mode: str
    reason: str  # STATIC or SPLIT
    origin: str  # the flag, variable or stage that decided
    bucket: float | None
    share: float | None
    share_origin: str | None


@dataclass(frozen=True)
class ProcessStarted(RecorderEvent):
    """The child process runs."""

    type = "process_started"
    pid: int
    command: list[str]


NOT_CREATED, NOT_GIVEN, NOT_REACHED = "not_created", "not_given", "not_reached"
REFUSED, BROKE, STALLED, OTHER = "refused", "broke", "stalled", "other"

# Each kind of fallback, and the words for it. Never change a code: it is recorded.
FALLBACK_KINDS: Mapping[str, str] = {
    NOT_CREATED: "could not be created",  # the parent could not make its end
    NOT_GIVEN: "was not given",  # the child's environment does not contain a usable address
    NOT_REACHED: "could not be reached",  # the child found the address, and nothing answers there
    REFUSED: "refused the key",  # the other end answered, and did not accept the child's key
    BROKE: "broke",  # it failed after it had been opened
    STALLED: "stalled",  # it stayed open, and neither took nor confirmed anything
    OTHER: "other",  # a program of another version, or of another make, did not give one of these
}


@dataclass(frozen=True)
class IpcFellBack(RecorderEvent):
    """The events changed transport, because the first could not be used, or no longer."""

    type = "ipc_fell_back"
    from_mode: str
    to_mode: str
    kind: str  # one of FALLBACK_KINDS; version 1 of the body did not have it
    cause: str  # one sentence, often in the system's words
    last_confirmed: int = 0
    sent_again: int = 0


@dataclass(frozen=True)
class EventsDropped(RecorderEvent):
    """The emitter said that it emitted these numbers, and no source delivered them."""

    type = "events_dropped"
    ranges: list[tuple[int, int]]  # inclusive; at most a thousand are named
    count: int

    @classmethod
    def of(cls, ranges: list[tuple[int, int]]) -> EventsDropped:
        """Return the event for these missing numbers."""
        return cls(ranges[:1000], sum(last - first + 1 for first, last in ranges))


@dataclass(frozen=True)
class GapFound(RecorderEvent):
    """A source went from one number to a later one with these missing between."""

    type = "gap_found"
    at_source: str
    first: int
    last: int


@dataclass(frozen=True)
class OutputCaptured(RecorderEvent):
    """What the child wrote beside its events; where it is not UTF-8 the exact bytes are attached."""

    type = "output_captured"
    stream: str  # stdout or stderr
    text: str  # with U+FFFD for what is not UTF-8
    offset: int  # bytes of that stream before this


@dataclass(frozen=True)
class LineRejected(RecorderEvent):
    """Something came where an event was expected and cannot be one; it is attached as it came."""

    type = "line_rejected"
    at_source: str
    reason: str
    size: int  # bytes received; more than are attached where the line passed the cap
    sha256: str  # of all the bytes received
    offset: int | None = None  # bytes of the stream before it, where there is a stream


@dataclass(frozen=True)
class ConnectionRefused(RecorderEvent):
    """Somebody without the key tried to reach the queue, and was turned away."""

    type = "connection_refused"
    reason: str
    count: int  # of this run's so far; at most twenty are told of


@dataclass(frozen=True)
class ProcessExited(RecorderEvent):
    """The child process is gone."""

    type = "process_exited"
    exit_code: int | None  # negative: killed by that signal
    emitted: int | None  # how many events the child says it emitted; None: it did not say
    received: dict[str, int]  # per source


@dataclass(frozen=True)
class DelayMeasured:
    """How long events took over one transport, from their emission until they were committed, in seconds.

    The percentiles are within a hundredth of the true ones; see `veritas.recording.quantiles`.
    """

    count: int  # events that say when they were emitted
    p50: float
    p95: float
    p99: float
    longest: float


@dataclass(frozen=True)
class TransportMeasured(RecorderEvent):
    """How the transports did, as the recorder saw it; written once, when the child is gone."""

    type = "transport_measured"
    delays: dict[str, DelayMeasured]  # by source
    repeated: dict[str, int]  # by source: how often it delivered an event that it had delivered before
    queue_start: float | None = None  # seconds that it took to start the queue's manager; None where there was none

    def most_measured(self) -> DelayMeasured | None:
        """Return the delays over the transport that carried most of the events; None where nothing was measured."""
        return max(self.delays.values(), key=lambda delay: delay.count, default=None)


@dataclass(frozen=True)
class ObservationRedacted(RecorderEvent):
    """What one observation of this run said was removed from the log, perhaps long after the run had ended.

    The log itself looks for these two fields before it lets anything be removed; see `store.guards`.
    """

    type = "observation_redacted"
    observation: dict[str, Any]  # source and seq
    reason: str
    by: str  # who had it removed


@dataclass(frozen=True)
class DifferenceFound(RecorderEvent):
    """One place in which two transports differ: of a run that used both, or of the last of several runs.

    Numbers that are missing one after the other are one difference. A value that is not there at all is
    `{"absent": true}`, and one of more than 10 kB `{"size": bytes of JSON, "sha256": of them}`.
    """

    type = "difference_found"
    kind: str  # missing, duplicated, reordered, altered or state
    category: str  # transport, timing, content or verdict
    at_source: str | None  # the transport that lacks, repeats, moves or alters it; None where that cannot be told
    first: int | None  # the event's number; None where the runs as wholes differ
    last: int | None  # the same as the first but for numbers that are missing one after the other
    phase: str = ""
    step: str = ""
    path: str = ""  # the field; empty where the event as a whole differs, or only in how its values are written
    before: Any = None  # over stdout
    after: Any = None  # over the queue


TEE, RERUN = "tee", "rerun"  # how transports are compared: in one run over both, or by running it several times


@dataclass(frozen=True)
class ComparisonMade(RecorderEvent):
    """What the comparison of the two transports came to; each difference was recorded before it."""

    type = "comparison_made"
    by: str  # TEE or RERUN
    equal: bool
    counts: dict[str, int]  # events by transport
    differences: int = 0
    kinds: dict[str, int] = field(default_factory=dict)  # differences by kind
    redacted: int = 0  # events that could not be compared, because what they said was removed
    latency: dict[str, Any] | None = None  # of a tee: who was first, and how long it took, in milliseconds
    runs: list[str] = field(default_factory=list)  # those that were compared
    noise: dict[str, int] = field(default_factory=dict)  # differences that stdout alone shows too, by place
    hidden: dict[str, int] = field(default_factory=dict)  # differences that a rule kept from counting, by rule
    error: str | None = None  # one sentence, where nothing could be compared

    @classmethod
    def of_tee(cls, tee: Mapping[str, Any]) -> ComparisonMade:
        """Return what an older version recorded of a tee at the run's end, where it can be read as that."""
        differences, redacted = tee.get("differences"), tee.get("redacted")
        counts = tee.get("counts")
        return cls(
            by=TEE,
            equal=tee.get("equal") is True,
            counts={name: number for name, number in counts.items() if type(number) is int}
            if isinstance(counts, dict)
            else {},
            differences=differences if type(differences) is int else 0,
            redacted=redacted if type(redacted) is int else 0,
        )


@dataclass(frozen=True)
class RunFinished(RecorderEvent):
    """How a run ended; nothing comes behind it but what is done to the record itself."""

    type = "run_finished"
    status: str  # completed, failed or interrupted
    effective_mode: str  # what really carried the events: queue, stdout, queue+stdout, or none
    error: str | None = None
    tee: dict[str, Any] | None = None  # how an older version recorded what `comparison_made` says now


@dataclass(frozen=True)
class CheckpointFailed(RecorderEvent):
    """No checkpoint could be signed when the run had ended; nothing else is wrong with the run."""

    type = "checkpoint_failed"
    error: str


@dataclass(frozen=True)
class BundleImported(RecorderEvent):
    """Events of another log were taken into this one; what proves them there is attached.

    It is no run's event, but the log's own: it stands in a stream of the name `log`.
    """

    type = "bundle_imported"
    origin: str  # the other log's name
    size: int  # how many of its events the checkpoint covers
    key: str  # the public key that signed it
    runs: list[dict[str, Any]]  # run_id, events, and the hash of the last one (head)
    media_type: str = "application/json"  # of the attachment


@dataclass(frozen=True)
class RolloutChanged(RecorderEvent):
    """Somebody changed which share of the audits gets the queue, or confirmed it.

    It is no run's event, but the log's own: it stands in a stream of the name `log`.
    """

    type = "rollout_changed"
    rollout: str
    action: str  # start, advance, hold, release or rollback
    stage: str  # the name of the stage in force from here on
    share: float  # of the audits that get the queue from here on, 0.0-1.0
    stages: list[dict[str, Any]]  # of the plan, in order: name and share
    by: str
    reason: str
    tier: str | None = None  # the only tier of audits that it decides; None for all
    evidence: dict[str, Any] = field(default_factory=dict)  # the numbers that it rests on


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
        ProcessExited,
        TransportMeasured,
        ObservationRedacted,
        DifferenceFound,
        ComparisonMade,
        RunFinished,
        CheckpointFailed,
        BundleImported,
        RolloutChanged,
    )
}


def recorder_event(event: ProgressEvent) -> RecorderEvent | None:
    """Return *event* as the recorder's own kind.

    None where it is none of them, or where a field of its kind is missing or of another type: what another version, or
    somebody else, has written is not taken for what this one knows.
    """
    kind = RECORDER_TYPES.get(event.type)
    if kind is None:
        return None
    said = event.extra
    if event.phase or event.step:
        said = {**said, "phase": event.phase, "step": event.step}  # which every event has, and these few mean as theirs
    try:
        return msgspec.convert(said, kind)
    except (msgspec.ValidationError, RecursionError):
        return None
