"""What the commands that change a rollout share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click

from veritas.cli.lib.options import database_option, verbose_option
from veritas.core.rollout import ROLLOUT
from veritas.formatting import escape_control_characters

if TYPE_CHECKING:
    from veritas.cli.lib.table import Cell
    from veritas.rollout.history import Change, Rollout
    from veritas.rollout.ledger import Ledger

F = TypeVar("F", bound=Callable[..., Any])


def rollout_option(subcommand: F) -> F:
    """Add `--rollout`."""
    option = click.option(
        "--rollout", "name", default=ROLLOUT, show_default=True, metavar="NAME", help="Which rollout."
    )
    return option(subcommand)


def rollout_pairs(rollout: Rollout) -> Iterator[tuple[str, Cell]]:
    """Yield what is in force, as names and values."""
    from veritas.formatting import utc_time

    said = rollout.last.event
    yield "rollout", rollout.name
    yield "tier", said.tier
    yield "stage", said.stage
    of = "the audits" if said.tier is None else f"the {said.tier} audits"
    yield "share", f"{100 * said.share:.4g}% of {of} get the queue"
    yield "since", utc_time(rollout.spans[-1].began.at)
    yield "last change", f"{said.action} by {said.by} at {utc_time(rollout.last.at)}: {said.reason}"
    yield "next", rollout.next.name if rollout.next else None


def rollout_fields(rollout: Rollout) -> dict[str, Any]:
    """Return a rollout as JSON values."""
    from veritas.formatting import iso_time

    said = rollout.last.event
    return {
        "rollout": rollout.name,
        "tier": said.tier,
        "stage": said.stage,
        "share": said.share,
        "since": iso_time(rollout.spans[-1].began.at),
        "stages": rollout.plan.as_list(),
        "next": rollout.next.name if rollout.next else None,
        "last": change_fields(rollout.last),
    }


def change_fields(change: Change) -> dict[str, Any]:
    """Return a change as JSON values."""
    from veritas.formatting import iso_time

    return {"at": iso_time(change.at), "position": change.position, **asdict(change.event)}


def warn_of_variables() -> None:
    """Say what decides on this machine before any rollout does."""
    from veritas.config import Settings

    settings = Settings.from_environment()
    for name, value in (("QUEUE_IPC_MODE", settings.ipc_mode), ("QUEUE_IPC_ROLLOUT", settings.rollout)):
        if value is not None:
            click.echo(
                escape_control_characters(f"Warning: {name}={value!r} is set here, and wins over every rollout."),
                err=True,
            )


def change_options(subcommand: F) -> F:
    """Add `--reason` and `--by`, which every change is recorded with."""
    for option in (
        verbose_option,
        database_option,
        click.option("--by", metavar="NAME", help="Who decides it.  [default: user@host]"),
        click.option("--reason", metavar="TEXT", required=True, help="Why; it stands in the log."),
        rollout_option,
    ):
        subcommand = option(subcommand)
    return subcommand


def carry_out(database: str | None, change: Callable[[Ledger], Rollout], *, create: bool = True) -> None:
    """Carry out a change, and say what is in force from here on; *create* a log where there is none."""
    from veritas.archive.archive import Archive
    from veritas.cli.lib.table import print_pairs
    from veritas.rollout.ledger import Ledger

    with Archive.open(database, create=create) as archive:
        ledger = Ledger(archive)
        changed = change(ledger)
        print_pairs(rollout_pairs(changed))
        others = [other for other in ledger.rollouts().values() if other.name != changed.name]
    click.echo("It holds from the next audit on, for everyone who shares this log.", err=True)
    if changed.last.event.tier is not None and all(other.last.event.tier for other in others):
        click.echo("Warning: No rollout decides the other audits: 10% of them get the queue.", err=True)
    for other in others:
        said = other.last.event
        of = "all other audits" if said.tier is None else f"the audits of tier {said.tier}"
        told = f"Warning: The rollout {other.name!r} decides {of}: {100 * said.share:.4g}% of them get the queue."
        click.echo(escape_control_characters(told), err=True)
    warn_of_variables()
