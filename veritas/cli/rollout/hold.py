"""`veritas rollout hold`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veritas.cli.rollout.common import apply_change, change_options, from_option

if TYPE_CHECKING:
    from veritas.rollout.history import Rollout
    from veritas.rollout.ledger import Ledger


@click.command("hold")
@click.option("--release", is_flag=True, help="End a hold.")
@from_option
@change_options
def command(name: str, reason: str, by: str | None, stage: str | None, release: bool, database: str | None) -> None:
    """Hold a rollout at its stage: the gate may roll it back, but does not advance it until it is released.

    `veritas rollout advance` ends a hold too.
    """
    from veritas.config import user_name

    def change(ledger: Ledger) -> Rollout:
        hold = ledger.release if release else ledger.hold
        return hold(name=name, from_stage=stage, by=by or user_name(), reason=reason)

    apply_change(database, change, create=False)
