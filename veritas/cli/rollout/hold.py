"""`veritas rollout hold`"""

from __future__ import annotations

import click

from veritas.cli.rollout.changing import carry_out, change_options


@click.command("hold")
@change_options
def command(name: str, reason: str, by: str | None, database: str | None) -> None:
    """Record that a rollout stays at its stage, and why."""
    from veritas.config import user_name

    carry_out(database, lambda ledger: ledger.hold(name=name, by=by or user_name(), reason=reason))
