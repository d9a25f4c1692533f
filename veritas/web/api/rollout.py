"""The rollouts that the log records: their stages, metrics and gates, and their changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from veritas.core.mode_decision import ROLLOUT
from veritas.events.json import json_values
from veritas.rollout.gate import ADVANCE, judge
from veritas.rollout.history import Rollout
from veritas.rollout.ledger import Ledger
from veritas.rollout.outputs.gate_json import GateJson, gate_json
from veritas.rollout.outputs.metrics_json import MetricsJson
from veritas.rollout.outputs.rollout_json import change_fields, rollout_fields
from veritas.rollout.queries import require_judgeable
from veritas.rollout.thresholds import Thresholds
from veritas.web.endpoint import Nothing
from veritas.web.problem import Problem
from veritas.web.site import Site


class Rollouts(msgspec.Struct, frozen=True, kw_only=True):
    """The rollouts.

    Attributes:
        rollouts: Each rollout, as `veritas rollout status --format json` prints it.
        changes: The changes of each by its name, as `veritas rollout history --format json` prints them.
    """

    rollouts: list[dict[str, Any]]
    changes: dict[str, list[dict[str, Any]]]


def rollouts(site: Site, request: Nothing) -> Rollouts:
    """Return the stage of each rollout, and its changes."""
    found = Ledger(site.archive).rollouts()
    return Rollouts(
        rollouts=[rollout_fields(rollout) for rollout in found.values()],
        changes={name: [change_fields(change) for change in rollout.changes] for name, rollout in found.items()},
    )


class MetricsRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which metrics to return.

    Attributes:
        rollout: The name of the rollout.
    """

    rollout: str = ROLLOUT


class RolloutMetrics(msgspec.Struct, frozen=True, kw_only=True):
    """The metrics of a rollout's audits.

    Attributes:
        position: The last position of the log before they were read.
        metrics: The metrics, as `veritas rollout metrics --format json` prints them.
    """

    position: int
    metrics: MetricsJson


def rollout_metrics(site: Site, request: MetricsRequest) -> RolloutMetrics:
    """Return the metrics of a rollout's audits, by stage and by assigned mode.

    They are kept until the log grows, for a minute at most.
    """
    results = site.rollout_results.of(request.rollout)
    return RolloutMetrics(position=results.position, metrics=results.metrics)


class GateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which gate to ask.

    Attributes:
        rollout: The name of the rollout.
        set: Thresholds, each as `NAME=VALUE`.
    """

    rollout: str = ROLLOUT
    set: list[str] = []


class RolloutGate(msgspec.Struct, frozen=True, kw_only=True):
    """The decision of a rollout's gate.

    Attributes:
        position: The last position of the log before its input was read.
        gate: The decision, as `veritas rollout gate --format json` prints it.
    """

    position: int
    gate: GateJson


def rollout_gate(site: Site, request: GateRequest) -> dict[str, Any]:
    """Return whether to advance, hold or roll back, with the ruling of each rule; nothing is changed.

    The input is kept until the log grows, for a minute at most.
    """
    thresholds = Thresholds.parse(request.set)
    results = site.rollout_results.of(request.rollout)
    require_judgeable(results.rollout)
    verdict = results.verdict
    assert verdict is not None  # it can be judged
    if thresholds != verdict.thresholds:
        verdict = judge(verdict.input, thresholds)
    return json_values(RolloutGate(position=results.position, gate=gate_json(verdict)))


class ChangeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a rollout.

    Attributes:
        rollout: The name of the rollout.
        reason: The reason; it is recorded.
        by: The person who decides it; it is recorded.
        from_stage: The stage that the rollout must still be at; null for any.
        last_position: The position of the change that must still be the rollout's last one; null for any.
    """

    rollout: str = ROLLOUT
    reason: str
    by: str
    from_stage: str | None = None
    last_position: int | None = None


class AdvanceRequest(ChangeRequest, frozen=True, kw_only=True):
    """An advance of a rollout.

    Attributes:
        override: Whether to advance even if the gate does not decide to.
    """

    override: bool = False


class HoldRequest(ChangeRequest, frozen=True, kw_only=True):
    """A hold of a rollout, or its end.

    Attributes:
        release: Whether to end a hold.
    """

    release: bool = False


def advance_rollout(site: Site, request: AdvanceRequest) -> dict[str, Any]:
    """Advance a rollout to its next stage, if its gate decides so.

    The gate's decision and its numbers are recorded with the change. With `override` the rollout is advanced whatever
    the gate decides, as `veritas rollout advance` does.
    """
    results = site.rollout_results.of(request.rollout)
    verdict = results.verdict
    if verdict is not None and verdict.decision != ADVANCE and results.rollout.next and not request.override:
        raise Problem(
            409,
            f"The gate decides {verdict.decision!r}, so the rollout {request.rollout!r} was not advanced:"
            f" {verdict.reason} To advance it all the same, override the gate.",
        )
    last = results.rollout.last.position if request.last_position is None else request.last_position
    changed = Ledger(site.archive).advance(
        name=request.rollout,
        judged=last,
        from_stage=request.from_stage,
        by=request.by,
        reason=request.reason,
        evidence=None if verdict is None else json_values(gate_json(verdict)),
    )
    return rollout_fields(changed)


def hold_rollout(site: Site, request: HoldRequest) -> dict[str, Any]:
    """Hold a rollout at its stage, or end a hold, as `veritas rollout hold` does."""
    ledger = Ledger(site.archive)
    return rollout_fields(_change(ledger.release if request.release else ledger.hold, request))


def roll_back(site: Site, request: ChangeRequest) -> dict[str, Any]:
    """Make every further audit that a rollout decides use stdout, as `veritas rollout rollback` does."""
    return rollout_fields(_change(Ledger(site.archive).rollback, request))


def _change(change: Callable[..., Rollout], request: ChangeRequest) -> Rollout:
    return change(
        name=request.rollout,
        judged=request.last_position,
        from_stage=request.from_stage,
        by=request.by,
        reason=request.reason,
    )
