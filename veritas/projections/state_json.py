"""The state of a run as JSON values: what `show --json` prints, and what two states are compared by."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from veritas.formatting import iso_time
from veritas.projections.phase_state import phase_label

if TYPE_CHECKING:
    from veritas.projections.audit_state import AuditState


def state_as_json(state: AuditState) -> dict[str, Any]:
    """Return all that *state* tells. What in it changes with the state is shared with it."""
    request, decision = state.request, state.decision
    return {
        "audit_id": state.audit_id,
        "run_id": state.run_id,
        "url": request.url if request else None,
        "tier": request.tier if request else None,
        "origin": request.origin if request else None,
        "command": request.command if request else [],
        "status": state.status,
        "error": state.error,
        "trust_score": state.trust_score,
        "risk_level": state.risk_level,
        "verdict": state.verdict,
        "started_at": iso_time(state.started_at),
        "finished_at": iso_time(state.finished_at),
        "duration": state.duration,
        "phase": state.phase,
        "label": phase_label(state.phase),
        "step": state.step,
        "pct": state.pct,
        "detail": state.detail,
        "rounds": state.rounds,
        "phases": [phase.as_dict() for phase in state.ordered_phases()],
        "pages": state.pages,
        "findings": state.findings,
        "severities": state.severities,
        "screenshots": state.screenshots,
        "mode": state.mode,
        "configured_mode": decision.mode if decision else None,
        "effective_mode": state.effective_mode,
        "mode_reason": decision.reason if decision else None,
        "mode_origin": decision.origin if decision else None,
        "bucket": decision.bucket if decision else None,
        "share": decision.share if decision else None,
        "share_origin": decision.share_origin if decision else None,
        "events": dict(sorted(state.observations.items())),
        "emitted": state.emitted,
        "exit": asdict(state.exit) if state.exit else None,
        "fallbacks": [asdict(fallback) for fallback in state.fallbacks],
        "gaps": [asdict(gap) for gap in state.gaps],
        "drops": [asdict(drop) for drop in state.drops],
        "rejected": state.rejected,
        "refused": state.refused,
        "captured": dict(state.captured),
        "comparison": asdict(state.comparison) if state.comparison else None,
        "redactions": state.redactions,
        "position": state.position,
    }
