"""The event of a rollout's change."""

from __future__ import annotations

from typing import Any

import msgspec

from veritas.events.recorder_events.base import RecorderEvent


class RolloutChanged(RecorderEvent, frozen=True):
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
    evidence: dict[str, Any] = msgspec.field(default_factory=dict)
