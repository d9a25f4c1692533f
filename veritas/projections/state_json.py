"""The JSON of a run's state: what `show --json` prints, and what two states are compared by."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from veritas.events.job import Job
from veritas.events.json_schema import Count, Share, Time
from veritas.events.recorder_events import (
    ComparisonMade,
    EventsDropped,
    GapFound,
    IpcFellBack,
    ProcessEnd,
    RecordingDelayed,
    RunArchived,
)
from veritas.formatting import iso_time
from veritas.projections.phase_state import PhaseJson, phase_label

if TYPE_CHECKING:
    from veritas.projections.audit_state import AuditState


_JSON_TYPES = frozenset((str, int, float, bool, dict, type(None)))


class StateJson(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a run, as its log has it.

    Attributes:
        audit_id: The audit.
        run_id: The run.
        url: The address that was to be audited; null if it is not known.
        tier: The name of the tier; null if it is not known.
        origin: `audit`, `record` or `ingest`; null if it is not known.
        command: The command that was recorded; empty for an audit.
        batch: The id of the batch that the audit belongs to; null without one.
        tags: The audit's tags.
        job: The job of a queue that the audit was done for; null without one.
        status: `unknown`, `requested`, `running`, `completed`, `failed`, `interrupted` or `abandoned`.
        error: Why the run failed; null if it did not.
        failure: The kind of cause for which it failed: `page`, `tab`, `browser`, `driver`, `machine`, `time_limit`,
            `killed`, `bug` or `other`; null if it did not fail.
        trust_score: The verdict's score, 0-100; null if there is none.
        risk_level: The verdict's risk level; null if there is none.
        verdict: The judge's verdict as it was emitted; null if there is none. That of an audit of VERITAS is the
            summary of `judge/done` in the schema `progress`.
        started_at: When the audit was requested (RFC 3339, UTC); null if that is not known.
        finished_at: When the run ended (RFC 3339, UTC); null until then.
        duration: Seconds from the request to the end; null if the run has not ended, or was ingested.
        phase: The current phase.
        label: What people call the current phase.
        step: The latest step of the current phase.
        pct: The highest percentage that was reported, 0-100.
        detail: The latest sentence of the current phase.
        rounds: How often the phases were gone through.
        phases: The phases, in the order in which they began.
        pages: The pages that the scout visited, or could not visit: `url`, `title`, `status`, `error`, and `seq`, the
            number of the event.
        limits: The limits that visits reached: `name`, `limit`, `url`, `left_out`, `phase`, and `seq`, the number of
            the event.
        findings: The findings as they were emitted, each with `seq`, the number of its event. Those of an audit of
            VERITAS have the fields of `finding` in the schema `finding`.
        severities: How many findings there are of each severity, the most severe first.
        screenshots: The screenshots: `sha256`, `url`, `kind`, `phase`, and `seq`, the number of the event.
        mode: The mode that carried the events, or is to carry them; null if it is not known.
        configured_mode: The mode that was selected; null if it is not known.
        effective_mode: The mode that carried the events; null until the run has ended.
        mode_reason: Why the mode was selected, in OpenFeature's words; null if that is not known.
        mode_origin: The flag, variable or stage that selected the mode; null if it is not known.
        bucket: The audit's bucket in the rollout, from 0 to 1; null if nothing was drawn.
        share: The share of the audits that get the queue; null if nothing was drawn.
        share_origin: The variable or stage that the share comes from; null if nothing was drawn.
        events: How many events the log has, by source.
        emitted: How many events the child emitted, each counted once.
        exit: How the child ended; null if it has not.
        fallbacks: The changes of transport.
        gaps: The gaps in the numbers of a source.
        drops: The events that no source delivered.
        delays: The times in which the recorder waited for the log.
        rejected: How many lines could not be read as events.
        refused: How many connections to the queue were refused.
        captured: How many characters of other output there are, by stream.
        stderr_tail: The last characters that the child wrote to stderr.
        comparison: The comparison of the transports; null if none was made.
        redactions: What was removed from the log of this run: `observation`, `by`, `reason` and `at`.
        archived: Where the run was archived: `bundle`, `directory`, `sha256`, `size` and `by`; null if it was not.
        position: The position of the last event.
    """

    audit_id: str
    run_id: str
    url: str | None
    tier: str | None
    origin: str | None
    command: list[str]
    batch: str | None
    tags: list[str]
    job: Job | None
    status: str
    error: str | None
    failure: str | None
    trust_score: float | None
    risk_level: str | None
    verdict: dict[str, Any] | None
    started_at: Time | None
    finished_at: Time | None
    duration: float | None
    phase: str
    label: str
    step: str
    pct: float
    detail: str
    rounds: Count
    phases: list[PhaseJson]
    pages: list[dict[str, Any]]
    limits: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    severities: dict[str, Count]
    screenshots: list[dict[str, Any]]
    mode: str | None
    configured_mode: str | None
    effective_mode: str | None
    mode_reason: str | None
    mode_origin: str | None
    bucket: Share | None
    share: Share | None
    share_origin: str | None
    events: dict[str, Count]
    emitted: Count
    exit: ProcessEnd | None
    fallbacks: list[IpcFellBack]
    gaps: list[GapFound]
    drops: list[EventsDropped]
    delays: list[RecordingDelayed]
    rejected: Count
    refused: Count
    captured: dict[str, Count]
    stderr_tail: str = ""
    comparison: ComparisonMade | None
    redactions: list[dict[str, Any]]
    archived: RunArchived | None
    position: Count


def state_json(state: AuditState) -> StateJson:
    """Return the JSON of *state*; the lists that change with the state are the state's own."""
    request, decision = state.request, state.decision
    return StateJson(
        audit_id=state.audit_id,
        run_id=state.run_id,
        url=request.url if request else None,
        tier=request.tier if request else None,
        origin=request.origin if request else None,
        command=request.command if request else [],
        batch=request.batch if request else None,
        tags=request.tags if request else [],
        job=request.job if request else None,
        status=state.status,
        error=state.error,
        failure=state.failure,
        trust_score=state.trust_score,
        risk_level=state.risk_level,
        verdict=state.verdict,
        started_at=iso_time(state.started_at),
        finished_at=iso_time(state.finished_at),
        duration=state.duration,
        phase=state.phase,
        label=phase_label(state.phase),
        step=state.step,
        pct=state.pct,
        detail=state.detail,
        rounds=state.rounds,
        phases=[phase.as_json() for phase in state.ordered_phases()],
        pages=state.pages,
        limits=state.limits,
        findings=state.findings,
        severities=state.severities,
        screenshots=state.screenshots,
        mode=state.mode,
        configured_mode=decision.mode if decision else None,
        effective_mode=state.effective_mode,
        mode_reason=decision.reason if decision else None,
        mode_origin=decision.origin if decision else None,
        bucket=decision.bucket if decision else None,
        share=decision.share if decision else None,
        share_origin=decision.share_origin if decision else None,
        events=dict(sorted(state.observations.items())),
        emitted=state.emitted,
        exit=state.exit,
        fallbacks=state.fallbacks,
        gaps=state.gaps,
        drops=state.drops,
        delays=state.delays,
        rejected=state.rejected,
        refused=state.refused,
        captured=dict(state.captured),
        stderr_tail=state.stderr_tail,
        comparison=state.comparison,
        redactions=state.redactions,
        archived=state.archived,
        position=state.position,
    )


def field_values(value: msgspec.Struct) -> dict[str, Any]:
    """Return the fields of a struct as JSON values, without copying the values that are JSON already.

    Those are what a child emitted: they may be of any size and depth.
    """
    fields = zip(value.__struct_encode_fields__, msgspec.structs.astuple(value), strict=True)
    return {name: _json_value(field) for name, field in fields if field is not msgspec.UNSET}


def _json_value(value: Any) -> Any:
    if type(value) in _JSON_TYPES:
        return value
    if isinstance(value, msgspec.Struct):
        return field_values(value)
    if isinstance(value, list) and value and not isinstance(value[0], dict):
        return [_json_value(item) for item in value]
    return msgspec.to_builtins(value) if is_dataclass(value) else value
