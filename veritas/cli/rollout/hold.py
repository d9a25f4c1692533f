"""`veritas rollout hold`"""

from __future__ import annotations

import click

from veritas.cli.rollout.common import apply_change, change_options


@click.command("hold")
@click.option("--release", is_flag=True, help="End a hold.")
@change_options
def command(name: str, reason: str, by: str | None, release: bool, database: str | None) -> None:
    """Hold a rollout at its stage: the gate may roll it back, but does not advance it until it is released.

    `veritas rollout advance` ends a hold too.
    """
    from veritas.config import user_name

    by = by or user_name()
    if release:
        apply_change(database, lambda ledger: ledger.release(name=name, by=by, reason=reason), create=False)
    else:
        apply_change(database, lambda ledger: ledger.hold(name=name, by=by, reason=reason), create=False)
