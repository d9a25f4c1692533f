"""The JSON of `rollout status` and `rollout history`."""

from __future__ import annotations

from typing import Any

from msgspec import to_builtins

from veritas.formatting import iso_time
from veritas.rollout.history import Change, Rollout


def rollout_fields(rollout: Rollout) -> dict[str, Any]:
    """Return a rollout as JSON values."""
    last = rollout.last.event
    return {
        "rollout": rollout.name,
        "tier": last.tier,
        "stage": last.stage,
        "share": last.share,
        "since": iso_time(rollout.spans[-1].began.at),
        "stages": rollout.plan.as_list(),
        "next": rollout.next.name if rollout.next else None,
        "held": rollout.held is not None,
        "last": change_fields(rollout.last),
    }


def change_fields(change: Change) -> dict[str, Any]:
    """Return a change of a rollout as JSON values."""
    return {"at": iso_time(change.at), "position": change.position, **to_builtins(change.event)}
