"""The provenance in a report: the log that has the events, the checkpoint that covers them, how they arrived."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from veritas.events.json import as_mapping, as_text
from veritas.formatting import count
from veritas.projections.audit_state import AuditState
from veritas.projections.descriptions import describe_comparison, describe_delay, describe_observation
from veritas.report.run import ReportedRun

NOT_AS_RECORDED = "Not as it was recorded"


@dataclass(frozen=True)
class CoveringCheckpoint:
    """A signed checkpoint that covers a report's events.

    Attributes:
        size: How many of the log's events it covers.
        root: The root of the tree over them, in hex.
        key: The public key that signed it.
    """

    size: int
    root: str
    key: str


@dataclass(frozen=True)
class Provenance:
    """The proof of a report's events.

    Attributes:
        origin: The log's name.
        heads: The hash of each run's last event, in hex.
        checkpoint: The checkpoint that covers them all; None if no checkpoint covers them yet.
        made_from: Where the events were read, and how the page can be checked.
        faults: For each run that is not as it was recorded: what is wrong, and where.
    """

    origin: str
    heads: Mapping[str, str]
    checkpoint: CoveringCheckpoint | None
    made_from: str
    faults: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RunProvenance:
    """The proof of one run.

    Attributes:
        run_id: The run.
        fault: What is wrong with it; None if it is as it was recorded.
        events: How many events there are, and at which positions.
        head: The hash of its last event, in hex.
        origin: The log's name.
        covered: How many events the checkpoint covers; None without a checkpoint.
        root: The root that the checkpoint signs.
        key: The key that signed it.
        recorded_by: The version of VERITAS and the platform that recorded it.
    """

    run_id: str
    fault: str | None
    events: str
    head: str
    origin: str
    covered: str | None
    root: str | None
    key: str | None
    recorded_by: str | None


@dataclass(frozen=True)
class Delivery:
    """The delivery of a run's events.

    Attributes:
        mode: The configured mode, and why it was chosen.
        carried_by: The mode that really carried the events.
        events: How many events arrived, by source.
        comparison: The result of comparing the transports.
        fallbacks: Each change from one transport to another, with its cause.
        delays: Each time in which the recorder waited for the log.
        lost: How many events were dropped.
        gaps: How many gaps there are in the numbers of the events.
        rejected: How many lines could not be read.
        exit_status: The exit status of the child process.
    """

    mode: str | None
    carried_by: str | None
    events: str
    comparison: str | None
    fallbacks: Sequence[str]
    delays: Sequence[str]
    lost: str | None
    gaps: str | None
    rejected: str | None
    exit_status: str | None


@dataclass(frozen=True)
class RedactedEvent:
    """An event whose contents were removed from the log."""

    event: str
    at: str | None
    by: str | None
    reason: str | None


def provenance_of(run: ReportedRun, provenance: Provenance) -> RunProvenance:
    """Return the proof of one run."""
    state, checkpoint, request = run.state, provenance.checkpoint, run.state.request
    events = count(state.observations.total(), "event")
    version = f"VERITAS {request.veritas_version}" if request and request.veritas_version else None
    return RunProvenance(
        run_id=state.run_id,
        fault=provenance.faults.get(state.run_id),
        events=f"{events}, at positions {run.first:,} to {state.position:,} of the log",
        head=provenance.heads[state.run_id],
        origin=provenance.origin,
        covered=count(checkpoint.size, "event") if checkpoint else None,
        root=checkpoint.root if checkpoint else None,
        key=checkpoint.key if checkpoint else None,
        recorded_by=", ".join(filter(None, (version, request.platform))) if request else None,
    )


def delivery_of(run: ReportedRun) -> Delivery:
    """Return how the events arrived, and what went wrong."""
    state, decision = run.state, run.state.decision
    lost = sum(drop.count for drop in state.drops)
    return Delivery(
        mode=f"{decision.mode} ({decision.reason}: {decision.origin})" if decision else None,
        carried_by=state.effective_mode,
        events=", ".join(f"{amount:,} {source}" for source, amount in sorted(state.observations.items())),
        comparison=None if state.comparison is None else describe_comparison(state.comparison),
        fallbacks=[f"from {change.from_mode} to {change.to_mode}: {change.cause}" for change in state.fallbacks],
        delays=[describe_delay(delay) for delay in state.delays],
        lost=f"{count(lost, 'event')} that never arrived" if lost else None,
        gaps=count(len(state.gaps), "gap") if state.gaps else None,
        rejected=f"{count(state.rejected, 'line')} that could not be read" if state.rejected else None,
        exit_status=_exit_status(state),
    )


def _exit_status(state: AuditState) -> str | None:
    if state.exit is None:
        return None
    return "unknown" if state.exit.exit_code is None else str(state.exit.exit_code)


def redactions_of(run: ReportedRun) -> list[RedactedEvent]:
    """Return the events that were redacted, with who did it and why."""
    redacted = []
    for redaction in run.state.redactions:
        event = as_mapping(redaction.get("observation"))
        redacted.append(
            RedactedEvent(
                event=describe_observation(event),
                at=as_text(redaction.get("at")),
                by=as_text(redaction.get("by")),
                reason=as_text(redaction.get("reason")),
            )
        )
    return redacted
