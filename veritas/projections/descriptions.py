"""What an audit's messages and the recorder's events say, each in one line for people."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from veritas.events.json import as_mapping, as_number, as_text, encode_json
from veritas.events.recorder_events import (
    TEE,
    AuditRequested,
    BundleImported,
    CheckpointFailed,
    ComparisonMade,
    ConnectionRefused,
    DifferenceFound,
    EventsDropped,
    GapFound,
    IpcFellBack,
    IpcModeSelected,
    LineRejected,
    ObservationRedacted,
    OutputCaptured,
    ProcessExited,
    ProcessStarted,
    RecorderEvent,
    RolloutChanged,
    RunFinished,
    TransportMeasured,
)
from veritas.formatting import count, duration, escape_control_characters, short_number
from veritas.projections.audit_state import AuditState


def describe_message(message: Mapping[str, Any]) -> str:
    """Return what a client message says, without its percentage and phase."""
    took = duration(as_number(message.get("duration")) or None)
    detail = as_text(message.get("detail")) or ""
    match message["type"]:
        case "phase_complete":
            return _joined(f"done in {took}" if took else "done", detail)
        case "phase_error":
            return _joined("failed", as_text(message["error"]) or detail)
        case "finding":
            finding = as_mapping(message["finding"])
            title = as_text(finding.get("title")) or detail
            return _joined(f"found ({finding.get('severity')}) {title}", as_text(finding.get("detail")) or "")
        case "screenshot":
            return f"screenshot {message['sha256'][:12]} ({message['kind'] or 'of unknown kind'}) of {message['url']}"
        case "audit_result":
            result = as_mapping(message["result"])
            score = as_number(result.get("trust_score"))
            return f"{result.get('risk_level')}, trust score {'unknown' if score is None else short_number(score)}"
        case "audit_complete" | "audit_error":
            status = str(message["status"])
            return _joined(f"{status} after {took}" if took else status, as_text(message.get("error")) or "")
        case _:
            return detail or as_text(message.get("step")) or ""


def message_line(message: Mapping[str, Any]) -> str:
    """Return a message as a line of text that is harmless to a terminal: `[ 27%] Security Audit: …`."""
    said = describe_message(message)
    return escape_control_characters(
        f"[{message['pct']:3.0f}%] {message['label'] or 'Event'}{': ' if said else ''}{said}"
    )


def describe_state(state: AuditState) -> Iterator[str]:
    """Yield what is known of a run in lines of text that are harmless to a terminal."""
    where = f" in {state.phase}" if state.phase and not state.ended else ""
    found = ", ".join(f"{number} {severity}" for severity, number in state.severities.items())
    findings = f"; {count(len(state.findings), 'finding')} ({found})" if found else ""
    yield escape_control_characters(f"[{state.pct:3.0f}%] {state.status}{where}{findings}")
    for phase in state.ordered_phases():
        took = duration(phase.duration)
        ended = f"{phase.status} after {took}" if took else phase.status
        yield escape_control_characters(
            f"       {_joined(f'{phase.label}: {ended}', phase.error or phase.detail or phase.step)}"
        )


def describe_recorder_event(said: RecorderEvent) -> str:
    """Return what an event of the recorder's own says."""
    match said:
        case AuditRequested():
            what = said.url or shlex.join(said.command) or "an ingestion"
            return f"{what} ({said.tier})" if said.tier else what
        case IpcModeSelected():
            return f"{said.mode} ({said.reason}: {said.origin})"
        case ProcessStarted():
            return f"process {said.pid}: {shlex.join(said.command)}"
        case IpcFellBack():
            again = f" ({count(said.sent_again, 'event')} sent again)" if said.sent_again else ""
            return f"from {said.from_mode} to {said.to_mode}{again}: {said.cause}"
        case EventsDropped():
            return f"{count(said.count, 'event')} never came"
        case GapFound():
            return f"{said.at_source} went on at {said.last + 1} without {said.first}-{said.last}"
        case OutputCaptured():
            return f"{said.stream}: {said.text.rstrip()}"
        case LineRejected():
            return f"{count(said.size, 'byte')} over {said.at_source}: {said.reason}"
        case ConnectionRefused():
            return f"somebody without the key was turned away from the queue: {said.reason}"
        case ProcessExited():
            emitted = "an unknown number of events" if said.emitted is None else count(said.emitted, "event")
            return f"exit status {said.exit_code}, having emitted {emitted}"
        case TransportMeasured():
            return _told_of_delays(said)
        case ObservationRedacted():
            named = as_mapping(said.observation)
            return f"event {named.get('seq')} over {named.get('source')}, by {said.by}: {said.reason}"
        case DifferenceFound():
            return describe_difference(said)
        case ComparisonMade():
            return describe_comparison(said)
        case RunFinished():
            return _joined(f"{said.status}, carried by {said.effective_mode}", said.error or "")
        case CheckpointFailed():
            return f"no checkpoint was signed: {said.error}"
        case BundleImported():
            return f"{', '.join(as_text(as_mapping(run).get('run_id')) or '' for run in said.runs)} from {said.origin}"
        case RolloutChanged():
            return f"{said.rollout}: {said.action}, {said.stage}, by {said.by}: {said.reason}"
        case _:
            return ""


def describe_difference(said: DifferenceFound) -> str:
    """Return what one difference between two transports is: `judge/done 61 summary.trust_score: 44 -> 47`."""
    named = f"{said.phase}/{said.step}" if said.phase or said.step else ""
    numbers = "" if said.first is None else f"{said.first}" if said.first == said.last else f"{said.first}-{said.last}"
    where = " ".join(part for part in (named, numbers) if part)
    if said.kind in ("missing", "duplicated", "reordered") and not said.path:
        return f"{where} {said.kind}{f' over {said.at_source}' if said.at_source else ''}".strip()
    what = f"{said.path}: " if said.path else ""
    note = "" if said.path or said.kind != "altered" else " (the same values, written differently)"
    values = f"{_value(said.before)} -> {_value(said.after)}"
    return f"{where or said.kind} {what}{values}{note}"


def describe_comparison(made: ComparisonMade) -> str:
    """Return what a comparison of the transports came to."""
    counts = ", ".join(f"{count(amount, 'event')} over {source}" for source, amount in made.counts.items())
    if made.error is not None:
        return made.error
    if not made.equal:
        return _joined(count(made.differences, "difference"), counts)
    if made.by == TEE or made.redacted:
        return _joined(describe_equality(made.redacted), counts)
    return _joined("equal, apart from what two runs over stdout differ in as well" if made.noise else "equal", counts)


def describe_equality(redacted: int) -> str:
    """Return that both transports told the same, but for as many events of which nothing is left to be compared."""
    return f"equal as far as it can be compared; {describe_redacted(redacted)}" if redacted else "equal, byte for byte"


def describe_redacted(redacted: int) -> str:
    """Return how many events were redacted."""
    return f"{count(redacted, 'event')} {'was' if redacted == 1 else 'were'} redacted"


def describe_uncompared(redacted: int) -> str:
    """Return that some events could not be compared."""
    return f"{count(redacted, 'event')} could not be compared, for what was said there was removed from the log."


def _told_of_delays(said: TransportMeasured) -> str:
    told = [
        f"over {source}, from emission to commit: p50 {delay.p50 * 1000:.1f} ms, p95 {delay.p95 * 1000:.1f} ms,"
        f" p99 {delay.p99 * 1000:.1f} ms"
        for source, delay in said.delays.items()
    ]
    told += [f"{count(times, 'event')} delivered again over {source}" for source, times in said.repeated.items()]
    return "; ".join(told)


def _value(value: Any) -> str:
    match value:
        case {"absent": True}:
            return "nothing"
        case {"size": int(size), "sha256": str(sha256)} if len(value) == 2:
            return f"{size:,} bytes with the hash {sha256[:12]}…"
        case _:
            return encode_json({"": value})[4:-1].decode("utf-8")


def _joined(said: str, more: str) -> str:
    return f"{said}: {more}" if more else said
