"""The options and outputs that the rollout commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

from veritas.cli.lib.options import database_option, verbose_option
from veritas.core.mode_decision import ROLLOUT
from veritas.formatting import escape_control_characters

if TYPE_CHECKING:
    from veritas.cli.lib.table import Cell
    from veritas.rollout.history import Rollout
    from veritas.rollout.ledger import Ledger

F = TypeVar("F", bound=Callable[..., Any])


def rollout_option(subcommand: F) -> F:
    """Add `--rollout`."""
    option = click.option(
        "--rollout", "name", default=ROLLOUT, show_default=True, metavar="NAME", help="The name of the rollout."
    )
    return option(subcommand)


def from_option(subcommand: F) -> F:
    """Add `--from`; the command receives `stage`, or None."""
    return click.option("--from", "stage", metavar="STAGE", help="Only if the rollout is still at this stage.")(
        subcommand
    )


def rollout_pairs(rollout: Rollout) -> Iterator[tuple[str, Cell]]:
    """Yield the stage in force and the last change, as names and values."""
    from veritas.formatting import utc_time

    last = rollout.last.event
    yield "rollout", rollout.name
    yield "tier", last.tier
    yield "stage", last.stage
    audits = "the audits" if last.tier is None else f"the {last.tier} audits"
    yield "share", f"{100 * last.share:.4g}% of {audits} get the queue"
    yield "since", utc_time(rollout.spans[-1].began.at)
    yield "last change", f"{last.action} by {last.by} at {utc_time(rollout.last.at)}: {last.reason}"
    if (held := rollout.held) is not None:
        yield "held", f"by {held.event.by}: `veritas rollout hold --release` releases it"
    if rollout.next is None:
        yield "next", "none: this is the last stage"
    elif rollout.is_rolled_back:
        yield "next", f"{rollout.next.name}, after `veritas rollout start`"
    else:
        yield "next", rollout.next.name


def warn_of_variables() -> None:
    """Warn of environment variables that override every rollout on this machine."""
    from veritas.config import Settings

    settings = Settings.from_environment()
    for name, value in (("QUEUE_IPC_MODE", settings.ipc_mode), ("QUEUE_IPC_ROLLOUT", settings.rollout)):
        if value is not None:
            warning = f"Warning: {name}={value!r} is set in this environment and overrides every rollout."
            click.echo(escape_control_characters(warning), err=True)


def change_options(subcommand: F) -> F:
    """Add the options of a change: `--rollout`, `--reason`, `--by`, `--db` and `-v`."""
    for option in (
        verbose_option,
        database_option,
        click.option("--by", metavar="NAME", help="The person who decides it.  [default: user@host]"),
        click.option("--reason", metavar="TEXT", required=True, help="The reason; it is recorded in the log."),
        rollout_option,
    ):
        subcommand = option(subcommand)
    return subcommand


def apply_change(database: str | None, change: Callable[[Ledger], Rollout], *, create: bool = True) -> None:
    """Apply a change, and print the stage that is now in force.

    Args:
        database: The log.
        change: Makes the change in the ledger.
        create: Whether to create the log if there is none.
    """
    from veritas.archive.archive import Archive
    from veritas.cli.lib.table import print_pairs
    from veritas.rollout.ledger import Ledger

    with Archive.open(database, create=create) as archive:
        ledger = Ledger(archive)
        changed = change(ledger)
        print_pairs(rollout_pairs(changed))
        others = [other for other in ledger.rollouts().values() if other.name != changed.name]
    click.echo("The change applies from the next audit on, to everyone who uses this log.", err=True)
    if changed.last.event.tier is not None and all(other.last.event.tier for other in others):
        click.echo("Warning: No rollout decides the audits of other tiers: 10% of them get the queue.", err=True)
    for other in others:
        last = other.last.event
        audits = "all other audits" if last.tier is None else f"the audits of tier {last.tier}"
        warning = (
            f"Warning: The rollout {other.name!r} decides {audits}: {100 * last.share:.4g}% of them get the queue."
        )
        click.echo(escape_control_characters(warning), err=True)
    warn_of_variables()
