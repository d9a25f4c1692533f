"""The routes of the API: one table, from which the server and its OpenAPI document are made."""

from __future__ import annotations

from typing import Any

from veritas.archive.coverage import Coverage
from veritas.replay.state_at import ShownState
from veritas.web.api import artifacts, audits, bundle, log, player, rollout, runs, verification
from veritas.web.bundles import MEDIA_TYPE
from veritas.web.endpoint import Endpoint

_OBJECT: dict[str, Any] = {"type": "object"}
_BYTES: dict[str, Any] = {"type": "string", "format": "binary"}

ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/api/audit/start",
        handler=audits.start_audit,
        request=audits.StartRequest,
        answer=audits.StartAnswer,
        status=201,
        action=True,
    ),
    Endpoint(
        method="GET",
        path="/api/audit/{id}/status",
        handler=audits.audit_status,
        request=audits.AuditRequest,
        answer=ShownState,
    ),
    Endpoint(
        method="GET",
        path="/api/audits/history",
        handler=audits.audit_history,
        request=audits.HistoryRequest,
        answer=audits.History,
    ),
    Endpoint(
        method="POST",
        path="/api/audits/compare",
        handler=audits.compare_audits,
        request=audits.CompareRequest,
        answer=_OBJECT,
    ),
    Endpoint(method="GET", path="/api/health", handler=log.health, answer=log.Health),
    Endpoint(
        method="GET",
        path="/api/v1/runs/{id}/events",
        handler=runs.run_events,
        request=runs.EventsRequest,
        answer=runs.Events,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/runs/{id}/events/{position}",
        handler=player.run_event,
        request=player.EventRequest,
        answer=_OBJECT,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/runs/{id}/player",
        handler=player.run_player,
        request=player.PlayerRequest,
        answer=player.PlayerPart,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/runs/{id}/state",
        handler=runs.run_state,
        request=runs.StateRequest,
        answer=ShownState,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/runs/{id}/diff/{other}",
        handler=runs.run_diff,
        request=runs.DiffRequest,
        answer=_OBJECT,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/artifacts/{hash}",
        handler=artifacts.artifact,
        request=artifacts.ArtifactRequest,
        answer=_BYTES,
        media_type="application/octet-stream",
    ),
    Endpoint(method="GET", path="/api/v1/rollout", handler=rollout.rollouts, answer=rollout.Rollouts),
    Endpoint(
        method="GET",
        path="/api/v1/rollout/metrics",
        handler=rollout.rollout_metrics,
        request=rollout.MetricsRequest,
        answer=rollout.RolloutMetrics,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/rollout/gate",
        handler=rollout.rollout_gate,
        request=rollout.GateRequest,
        answer=rollout.RolloutGate,
    ),
    Endpoint(
        method="POST",
        path="/api/v1/rollout/advance",
        handler=rollout.advance_rollout,
        request=rollout.AdvanceRequest,
        answer=_OBJECT,
        action=True,
    ),
    Endpoint(
        method="POST",
        path="/api/v1/rollout/hold",
        handler=rollout.hold_rollout,
        request=rollout.HoldRequest,
        answer=_OBJECT,
        action=True,
    ),
    Endpoint(
        method="POST",
        path="/api/v1/rollout/rollback",
        handler=rollout.roll_back,
        request=rollout.ChangeRequest,
        answer=_OBJECT,
        action=True,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/verify",
        handler=verification.verify,
        request=verification.VerifyRequest,
        answer=_OBJECT,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/verifications",
        handler=verification.list_verifications,
        answer=verification.VerificationList,
    ),
    Endpoint(
        method="POST",
        path="/api/v1/verifications",
        handler=verification.start_verification,
        request=verification.StartVerification,
        answer=verification.Verified,
        status=202,
    ),
    Endpoint(method="GET", path="/api/v1/checkpoints", handler=verification.list_checkpoints, answer=Coverage),
    Endpoint(
        method="POST",
        path="/api/v1/checkpoints",
        handler=verification.sign_checkpoint,
        answer=Coverage,
        status=201,
        action=True,
    ),
    Endpoint(
        method="GET",
        path="/api/v1/bundle",
        handler=bundle.bundle,
        request=bundle.BundleRequest,
        answer=_BYTES,
        media_type=MEDIA_TYPE,
    ),
)
