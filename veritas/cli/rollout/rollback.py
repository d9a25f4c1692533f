"""`veritas rollout rollback`"""

from __future__ import annotations

import click

from veritas.cli.rollout.common import carry_out, change_options


@click.command("rollback")
@change_options
def command(name: str, reason: str, by: str | None, database: str | None) -> None:
    """Let every further audit that the rollout decides use stdout, from the next one on.

    It holds for every machine that shares the log, but where a flag or a variable (QUEUE_IPC_MODE, QUEUE_IPC_ROLLOUT)
    decides, and for the audits of a tier that has a rollout of its own.
    """
    from veritas.config import user_name

    carry_out(database, lambda ledger: ledger.rollback(name=name, by=by or user_name(), reason=reason))
