"""`veritas rollout rollback`"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from veritas.cli.rollout.common import apply_change, change_options, from_option

if TYPE_CHECKING:
    from veritas.rollout.history import Rollout
    from veritas.rollout.ledger import Ledger


@click.command("rollback")
@from_option
@change_options
def command(name: str, reason: str, by: str | None, stage: str | None, database: str | None) -> None:
    """Roll back: from the next audit on, every audit that the rollout decides uses stdout.

    This applies on every machine that uses the log. It does not apply to an audit that a flag or a variable
    (QUEUE_IPC_MODE, QUEUE_IPC_ROLLOUT) decides, nor to the audits of a tier that has a rollout of its own.
    """
    from veritas.config import user_name

    def change(ledger: Ledger) -> Rollout:
        return ledger.rollback(name=name, from_stage=stage, by=by or user_name(), reason=reason)

    apply_change(database, change)
