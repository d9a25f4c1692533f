"""What the commands that change a rollout share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from veritas.cli.options import database_option, verbose_option
from veritas.cli.rollout.options import rollout_option
from veritas.cli.rollout.shown import rollout_pairs, warn_of_variables
from veritas.formatting import harmless

if TYPE_CHECKING:
    from veritas.rollout.ledger import Ledger
    from veritas.rollout.rollout import Rollout

F = TypeVar("F", bound=Callable[..., Any])


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
    from veritas.cli.table import print_pairs
    from veritas.rollout.ledger import Ledger

    with Archive.open(database, create=create) as archive:
        ledger = Ledger(archive)
        changed = change(ledger)
        print_pairs(rollout_pairs(changed))
        others = [other for other in ledger.rollouts().values() if other.name != changed.name]
    click.echo("It holds from the next audit on, for everyone who shares this log.", err=True)
    if changed.last.said.tier is not None and all(other.last.said.tier for other in others):
        click.echo("Warning: No rollout decides the other audits: 10% of them get the queue.", err=True)
    for other in others:
        said = other.last.said
        of = "all other audits" if said.tier is None else f"the audits of tier {said.tier}"
        told = f"Warning: The rollout {other.name!r} decides {of}: {100 * said.share:.4g}% of them get the queue."
        click.echo(harmless(told), err=True)
    warn_of_variables()
