"""`veritas rollout advance`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veritas.cli.rollout.common import apply_change, change_options, from_option

if TYPE_CHECKING:
    from veritas.rollout.history import Rollout
    from veritas.rollout.ledger import Ledger


@click.command("advance")
@from_option
@change_options
def command(name: str, reason: str, by: str | None, stage: str | None, database: str | None) -> None:
    """Advance a rollout to its next stage.

    With --from, two people who decide the same advance it once. A hold ends with the next stage.
    """
    from veritas.config import user_name

    def change(ledger: Ledger) -> Rollout:
        return ledger.advance(name=name, from_stage=stage, by=by or user_name(), reason=reason)

    apply_change(database, change, create=False)
