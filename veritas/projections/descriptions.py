"""One-line descriptions, for people, of client messages, recorder events and run states."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from veritas.events.json import as_mapping, as_number, as_text, encode_json, short_json
from veritas.events.progress import ProgressEvent
from veritas.events.recorder_events import (
    TEE,
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
from veritas.formatting import count, duration, escape_control_characters, short_number
from veritas.projections.audit_state import AuditState
from veritas.projections.client_messages import LAST_PHASE
from veritas.projections.findings import finding_of, severity_of, title_of

_LONGEST = 2000  # characters of a message in words; a detail may have millions


def describe_message(message: Mapping[str, Any]) -> str:
    """Return a client message in words, without its percentage and phase; a long text is cut."""
    return _cut(_describe_message(message))


def _describe_message(message: Mapping[str, Any]) -> str:
    took = duration(as_number(message.get("duration")) or None)
    detail = _cut(as_text(message.get("detail")) or "")
    match message["type"]:
        case "phase_complete":
            return _joined(f"done in {took}" if took else "done", detail)
        case "phase_error":
            return _joined("failed", as_text(message["error"]) or detail)
        case "finding":
            finding = as_mapping(message["finding"])
            title = as_text(finding.get("title")) or detail or title_of(finding)
            more = as_text(finding.get("detail")) or ""
            return _joined(f"found ({severity_of(finding)}) {title}", "" if more == title else more)
        case "screenshot":
            url = as_text(message["url"])
            kind = as_text(message["kind"]) or "of unknown kind"
            return f"screenshot {message['sha256'][:12]} ({kind}){f' of {url}' if url else ''}"
        case "audit_result":
            result = as_mapping(message["result"])
            return describe_verdict(result) or short_json(result)
        case "audit_complete" | "audit_error":
            status = str(message["status"])
            return _joined(f"{status} after {took}" if took else status, as_text(message.get("error")) or "")
        case _:
            return detail or as_text(message.get("step")) or _as_it_came(message)


def describe_archival(archived: RunArchived) -> str:
    """Return where a run was archived, and how it is read back."""
    return (
        f"in {archived.bundle!r} in {archived.directory!r} (SHA-256 {archived.sha256}); `veritas import` reads it into"
        " another log"
    )


def describe_verdict(verdict: Mapping[str, Any]) -> str | None:
    """Return a verdict in words: `suspicious, trust score 44`; None if it has neither a level nor a score."""
    level, score = as_text(verdict.get("risk_level")), as_number(verdict.get("trust_score"))
    if not level and score is None:
        return None
    if score is None:
        return f"{level}, no trust score"
    return f"{f'{level}, ' if level else ''}trust score {short_number(score)}"


def describe_event(event: ProgressEvent) -> str:
    """Return a child's event in words: its detail or, for one of another program without any, the fields it has."""
    if event.detail or (event.type == "progress" and event.step):
        return event.detail
    if (finding := finding_of(event)) is not None:
        return title_of(finding)
    fields = event.summary | event.extra
    return short_json(fields) if fields else ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _as_it_came(message: Mapping[str, Any]) -> str:
    """Return the fields of an event of an unknown type that says nothing in words."""
    fields = {**as_mapping(message.get("summary")), **as_mapping(message.get("extra"))}
    kind = as_text(message.get("kind")) or ""
    return f"{kind} {short_json(fields)}" if fields else "" if kind == "progress" else kind


def message_line(message: Mapping[str, Any]) -> str:
    """Return a client message as a line that is safe to print on a terminal: `[ 27%] Security Audit: …`."""
    description = describe_message(message)
    label = message_label(message) or "Event"
    return escape_control_characters(f"[{message['pct']:3.0f}%] {label}{': ' if description else ''}{description}")


def message_label(message: Mapping[str, Any]) -> str:
    """Return what a client message is about: its phase, or the audit if it is about the audit's end."""
    failed = message["type"] == "phase_error" and message["phase"] == LAST_PHASE
    return "Audit" if failed or message["type"] in ("audit_complete", "audit_error") else str(message["label"])


def shorten_error(error: str, known: Iterable[str]) -> str:
    """Return an error without the one of the *known* errors that it repeats."""
    for each in known:
        if each and each in error:
            return error.replace(each, "").strip() or "the same error"
    return error


def describe_state(state: AuditState) -> Iterator[str]:
    """Yield a run's state in lines that are safe to print on a terminal."""
    where = f" in {state.phase}" if state.phase and not state.ended else ""
    severities = ", ".join(f"{number} {severity}" for severity, number in state.severities.items())
    findings = f"; {count(len(state.findings), 'finding')} ({severities})" if severities else ""
    yield escape_control_characters(f"[{state.pct:3.0f}%] {state.status}{where}{findings}")
    for phase in state.ordered_phases():
        took = duration(phase.duration)
        status = f"{phase.status} after {took}" if took else phase.status
        yield escape_control_characters(
            f"       {_joined(f'{phase.label}: {status}', phase.error or phase.detail or phase.step)}"
        )


def describe_delay(delay: RecordingDelayed) -> str:
    """Return how long the recorder waited for the log, and why."""
    waited = duration(delay.until - delay.since)
    end = "the further events were kept in a file" if delay.spooled else "nothing was lost"
    return f"{waited}, {count(delay.attempts, 'attempt')}, then {end}: {delay.error}"


def describe_recorder_event(event: RecorderEvent) -> str:
    """Return one of the recorder's own events in words."""
    match event:
        case AuditRequested():
            target = event.url or shlex.join(event.command) or "an ingestion"
            return f"{target} ({event.tier})" if event.tier else target
        case IpcModeSelected():
            return f"{event.mode} ({event.reason}: {event.origin})"
        case ProcessStarted():
            again = f" (after {count(event.audits_before, 'other audit')})" if event.audits_before else ""
            return f"process {event.pid}{again}: {shlex.join(event.command)}"
        case IpcFellBack():
            again = f" ({count(event.sent_again, 'event')} sent again)" if event.sent_again else ""
            return f"from {event.from_mode} to {event.to_mode}{again}: {event.cause}"
        case EventsDropped():
            return f"{count(event.count, 'event')} did not arrive"
        case GapFound():
            return f"{event.at_source} delivered {event.last + 1} without {event.first}-{event.last}"
        case OutputCaptured():
            return f"{event.stream}: {event.text.rstrip()}"
        case LineRejected():
            return f"{count(event.size, 'byte')} over {event.at_source}: {event.reason}"
        case ConnectionRefused():
            return f"a connection to the queue was refused: {event.reason}"
        case RecordingDelayed():
            return describe_delay(event)
        case SpoolIngested():
            return f"{count(event.records, 'event')} from a file"
        case ProcessExited() | ProcessReleased():
            emitted = "an unknown number of events" if event.emitted is None else count(event.emitted, "event")
            status = "unknown" if event.exit_code is None else event.exit_code
            goes_on = ", and the process goes on" if isinstance(event, ProcessReleased) else ""
            return f"exit status {status}, {emitted} emitted{goes_on}"
        case TransportMeasured():
            return _describe_delays(event)
        case ObservationRedacted():
            return f"event {describe_observation(as_mapping(event.observation))}, by {event.by}: {event.reason}"
        case RunArchived():
            return f"in {event.bundle!r} in {event.directory!r}, by {event.by}"
        case DifferenceFound():
            return describe_difference(event)
        case ComparisonMade():
            return describe_comparison(event)
        case RunFinished():
            return _joined(f"{event.status}, carried by {event.effective_mode}", event.error or "")
        case CaptureRead():
            return _describe_capture(event)
        case CheckpointFailed():
            return f"no checkpoint was signed: {event.error}"
        case BundleImported():
            return (
                f"{', '.join(as_text(as_mapping(run).get('run_id')) or '' for run in event.runs)} from {event.origin}"
            )
        case KeyRotated():
            return f"{event.new} follows {event.old}, by {event.by}: {event.reason}"
        case BatchCreated():
            name = f"{event.name}: " if event.name else ""
            return f"{name}{count(event.count, 'URL')} ({event.tier})"
        case BatchTargetsAdded():
            return f"URLs {event.first:,} to {event.first + len(event.urls) - 1:,}"
        case BatchResumed():
            return f"{count(event.remaining, 'URL')} left, by process {event.recorder.pid}"
        case BatchTargetSkipped():
            return f"URL {event.number:,}: {event.reason}"
        case BatchFinished():
            counts = ", ".join(f"{number:,} {status}" for status, number in event.counts.items())
            return _joined(f"{event.status}, {counts}" if counts else event.status, event.error or "")
        case RolloutChanged():
            return f"{event.rollout}: {event.action}, {event.stage}, by {event.by}: {event.reason}"
        case _:
            return ""


def describe_observation(observation: Mapping[str, Any]) -> str:
    """Return an observation in words: `7 over stdout`."""
    seq, source = as_number(observation.get("seq")), as_text(observation.get("source"))
    return f"{'with an unknown number' if seq is None else short_number(seq)} over {source or 'an unknown source'}"


def describe_difference(difference: DifferenceFound) -> str:
    """Return a difference between two transports in words: `judge/done 61 summary.trust_score: 44 -> 47`."""
    step = f"{difference.phase}/{difference.step}" if difference.phase or difference.step else ""
    numbers = _numbers(difference.first, difference.last)
    where = " ".join(part for part in (step, numbers) if part)
    if difference.kind in ("missing", "duplicated", "reordered") and not difference.path:
        return f"{where} {difference.kind}{f' over {difference.at_source}' if difference.at_source else ''}".strip()
    path = f"{difference.path}: " if difference.path else ""
    note = "" if difference.path or difference.kind != "altered" else " (the same values, written differently)"
    values = f"{_value(difference.before)} -> {_value(difference.after)}"
    return f"{where or difference.kind} {path}{values}{note}"


def describe_comparison(comparison: ComparisonMade) -> str:
    """Return a comparison of the transports in words."""
    counts = ", ".join(f"{count(amount, 'event')} over {source}" for source, amount in comparison.counts.items())
    if comparison.error is not None:
        return comparison.error
    if not comparison.equal:
        return _joined(count(comparison.differences, "difference"), counts)
    if comparison.by == TEE or comparison.redacted:
        return _joined(describe_equality(comparison.redacted), counts)
    return _joined(
        "equal, except for differences that two runs over stdout also have" if comparison.noise else "equal", counts
    )


def _describe_capture(capture: CaptureRead) -> str:
    """Return in words how captured output was read."""
    layers = "".join(f"{layer}, " for layer in capture.layers)
    program = f" of {capture.program}" if capture.program else ""
    lines = f", {count(capture.lines, 'line')}{program}" if capture.lines else ""
    unrecognised = f", {count(capture.unrecognised, 'line')} of another form" if capture.unrecognised else ""
    return f"read as {layers}{capture.format}{lines}{unrecognised}"


def describe_equality(redacted: int) -> str:
    """Return in words that both transports are equal, except for *redacted* events that cannot be compared."""
    return f"equal where it can be compared; {describe_redacted(redacted)}" if redacted else "equal, byte for byte"


def describe_redacted(redacted: int) -> str:
    """Return in words that *redacted* events were redacted."""
    return f"{count(redacted, 'event')} {'was' if redacted == 1 else 'were'} redacted"


def describe_uncompared(redacted: int) -> str:
    """Return in a sentence that *redacted* events could not be compared."""
    return f"{count(redacted, 'event')} could not be compared, because redaction removed the content from the log."


def _describe_delays(measured: TransportMeasured) -> str:
    parts = [
        f"over {source}, from emission to commit: p50 {delay.p50 * 1000:.1f} ms, p95 {delay.p95 * 1000:.1f} ms,"
        f" p99 {delay.p99 * 1000:.1f} ms"
        for source, delay in measured.delays.items()
    ]
    parts += [f"{count(times, 'event')} delivered again over {source}" for source, times in measured.repeated.items()]
    return "; ".join(parts)


def _numbers(first: int | None, last: int | None) -> str:
    if first is None:
        return ""
    return f"{first}" if first == last else f"{first}-{last}"


def _value(value: Any) -> str:
    match value:
        case {"absent": True}:
            return "nothing"
        case {"size": int(size), "sha256": str(sha256)} if len(value) == 2:
            return f"{size:,} bytes with the hash {sha256[:12]}…"
        case _:
            return encode_json({"": value})[4:-1].decode("utf-8")


def _joined(text: str, more: str) -> str:
    return f"{text}: {more}" if more else text
