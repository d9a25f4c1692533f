"""How rollouts and their changes are shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from veritas.formatting import harmless

if TYPE_CHECKING:
    from veritas.cli.table import Cell
    from veritas.rollout.rollout import Change, Rollout


def rollout_pairs(rollout: Rollout) -> Iterator[tuple[str, Cell]]:
    """Yield what is in force, as names and values."""
    from veritas.formatting import moment

    said = rollout.last.said
    yield "rollout", rollout.name
    yield "tier", said.tier
    yield "stage", said.stage
    of = "the audits" if said.tier is None else f"the {said.tier} audits"
    yield "share", f"{100 * said.share:.4g}% of {of} get the queue"
    yield "since", moment(rollout.spans[-1].began.at)
    yield "last change", f"{said.action} by {said.by} at {moment(rollout.last.at)}: {said.reason}"
    yield "next", rollout.next.name if rollout.next else None


def rollout_fields(rollout: Rollout) -> dict[str, Any]:
    """Return a rollout as JSON values."""
    from veritas.formatting import utc_text

    said = rollout.last.said
    return {
        "rollout": rollout.name,
        "tier": said.tier,
        "stage": said.stage,
        "share": said.share,
        "since": utc_text(rollout.spans[-1].began.at),
        "stages": rollout.plan.as_list(),
        "next": rollout.next.name if rollout.next else None,
        "last": change_fields(rollout.last),
    }


def change_fields(change: Change) -> dict[str, Any]:
    """Return a change as JSON values."""
    from veritas.formatting import utc_text

    return {"at": utc_text(change.at), "position": change.position, **asdict(change.said)}


def warn_of_variables() -> None:
    """Say what decides on this machine before any rollout does."""
    from veritas.config import Settings

    settings = Settings.from_environment()
    for name, value in (("QUEUE_IPC_MODE", settings.ipc_mode), ("QUEUE_IPC_ROLLOUT", settings.rollout)):
        if value is not None:
            click.echo(harmless(f"Warning: {name}={value!r} is set here, and wins over every rollout."), err=True)
