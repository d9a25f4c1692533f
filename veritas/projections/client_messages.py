"""The messages for a client that watches an audit: JSON objects, which are the same for every transport.

Every message has `type`, `audit_id`, `phase`, `label`, `pct`, `detail`, `timestamp` and `seq`, the emitter's number of
the event (if the message is about the run's end, of the last event before it). Each `type` adds:

    phase_start     step: the first event of a phase
    phase_complete  step, summary, duration: the phase is done
    phase_error     step, error, summary: the phase failed
    log_entry       step, kind, summary, extra: any other event; `kind` is the event's type
    finding         finding: as the phase reported it
    screenshot      sha256, url, kind, and base if there is one: the artifact is fetched by its hash, and laid on base
    security_result result: the outcome of one security test: test, result, passed, modifier, reason
    audit_result    result, findings, severities: the judge's verdict, and how many findings it is based on
    audit_complete  status, duration, trust_score, risk_level, findings, comparison
    audit_error     status (failed, interrupted, abandoned, unknown), error, duration, findings, comparison

`comparison` is that of the transports: by (tee or rerun), equal, differences, error; null if none was made. A stream
has one more type:

    stats_update    stats: how many pages, screenshots, findings and security tests (checks) there are, after a change
"""

from __future__ import annotations

from typing import Any

from veritas.events.progress import ProgressEvent
from veritas.events.recorded import RecordedEvent
from veritas.events.recorder_events import ABANDONED
from veritas.projections.audit_state import UNKNOWN, AuditState
from veritas.projections.findings import finding_of, screenshot_fields
from veritas.projections.phase_state import COMPLETED, FAILED, RUNNING, clamp_pct, phase_label

LAST_PHASE = "complete"
SECURITY_CHECK = ("security", "check")


class ClientMessages:
    """The fold of a run's events to client messages.

    Attributes:
        state: The run's state after the events folded so far.
    """

    def __init__(self, state: AuditState | None = None) -> None:
        """Begin with *state*, the run's state after its earlier events; it is changed. None is before any event."""
        self.state = state or AuditState()

    def fold(self, recorded: RecordedEvent) -> list[dict[str, Any]]:
        """Apply the run's next event; return its messages, [] for a repetition."""
        if recorded.source == "recorder":
            ended = self.state.ended
            self.state.apply(recorded)
            return [self._ending(recorded.event.timestamp)] if self.state.ended and not ended else []
        phase = recorded.event.phase
        before = self._phase_status(phase)
        findings, screenshots = len(self.state.findings), len(self.state.screenshots)
        if not self.state.apply(recorded):
            return []
        after = self._phase_status(phase)
        messages = []
        if phase in self.state.phases and (before is None or (before != RUNNING and after == RUNNING)):
            messages.append(self._message("phase_start", recorded, step=recorded.event.step))
        if len(self.state.findings) > findings:
            messages.append(self._message("finding", recorded, finding=finding_of(recorded.event)))
        if len(self.state.screenshots) > screenshots:
            messages.append(self._screenshot(recorded))
        if after != before and after == COMPLETED:
            messages += self._completion(recorded)
        elif after != before and after == FAILED:
            messages.append(self._failure(recorded))
        if (phase, recorded.event.step) == SECURITY_CHECK:
            messages.append(self._message("security_result", recorded, result=recorded.event.summary))
        return messages or [self._log_entry(recorded)]

    @property
    def over(self) -> bool:
        """Whether the run has ended, or was abandoned."""
        return self.state.ended or self.state.status == ABANDONED

    def abandon(self, at: float) -> dict[str, Any]:
        """Mark the run, which has no end, as abandoned, and return the message of it.

        Args:
            at: When that was found: seconds since the epoch, UTC.
        """
        self.state.mark_abandoned()
        return self._ending(at)

    def _phase_status(self, name: str) -> str | None:
        phase = self.state.phases.get(name)
        return phase.status if phase else None

    def _message(self, kind: str, recorded: RecordedEvent, /, **more: Any) -> dict[str, Any]:
        event = recorded.event
        return {
            "type": kind,
            "audit_id": recorded.audit_id,
            "phase": event.phase,
            "label": phase_label(event.phase),
            "pct": clamp_pct(event.pct),
            "detail": event.detail,
            "timestamp": event.timestamp,
            "seq": recorded.seq,
        } | more

    def _completion(self, recorded: RecordedEvent) -> list[dict[str, Any]]:
        phase, step = self.state.phases[recorded.event.phase], recorded.event.step
        done = self._message("phase_complete", recorded, step=step, summary=phase.summary, duration=phase.duration)
        verdict = self.state.verdict
        if phase.name != "judge" or verdict is None:
            return [done]
        counts = {"findings": len(self.state.findings), "severities": self.state.severities}
        return [done, self._message("audit_result", recorded, result=verdict, **counts)]

    def _failure(self, recorded: RecordedEvent) -> dict[str, Any]:
        event: ProgressEvent = recorded.event
        error = self.state.phases[event.phase].error
        return self._message("phase_error", recorded, step=event.step, error=error, summary=event.summary)

    def _screenshot(self, recorded: RecordedEvent) -> dict[str, Any]:
        return self._message("screenshot", recorded, sha256=recorded.artifact, **screenshot_fields(recorded.event))

    def _log_entry(self, recorded: RecordedEvent) -> dict[str, Any]:
        event = recorded.event
        fields = {"step": event.step, "kind": event.type, "summary": event.summary, "extra": event.extra}
        return self._message("log_entry", recorded, **fields)

    def _ending(self, timestamp: float) -> dict[str, Any]:
        state = self.state
        completed = state.status == COMPLETED
        outcomes = {UNKNOWN: "ended, but its outcome was redacted", ABANDONED: "was abandoned"}
        outcome = outcomes.get(state.status, state.status)
        phase = LAST_PHASE if completed else state.phase
        message = {
            "type": "audit_complete" if completed else "audit_error",
            "audit_id": state.audit_id,
            "phase": phase,
            "label": phase_label(phase),
            "pct": 100 if completed else state.pct,
            "detail": state.detail if completed else state.error or f"The audit {outcome}.",
            "timestamp": timestamp,
            "seq": state.last_seq,
            "status": state.status,
            "duration": state.duration,
            "findings": len(state.findings),
            "comparison": _comparison(state),
        }
        if completed:
            return message | {"trust_score": state.trust_score, "risk_level": state.risk_level}
        return message | {"error": state.error}


class StreamMessages(ClientMessages):
    """The fold of a run's events, from the first one on, to the messages of a stream."""

    def __init__(self) -> None:
        super().__init__()
        self._stats = dict.fromkeys(("pages", "screenshots", "findings", "checks"), 0)

    def fold(self, recorded: RecordedEvent) -> list[dict[str, Any]]:
        """Apply the run's next event; return its messages, and the counts if they have changed."""
        messages, state = super().fold(recorded), self.state
        checks = self._stats["checks"] + sum(message["type"] == "security_result" for message in messages)
        amounts = (len(state.pages), len(state.screenshots), len(state.findings), checks)
        stats = dict(zip(self._stats, amounts, strict=True))
        if stats != self._stats:
            self._stats = stats
            messages.append(self._message("stats_update", recorded, stats=stats))
        return messages


def _comparison(state: AuditState) -> dict[str, Any] | None:
    comparison = state.comparison
    if comparison is None:
        return None
    return {name: getattr(comparison, name) for name in ("by", "equal", "differences", "error")}
