"""`veritas rollout hold`"""

from __future__ import annotations

import click

from veritas.cli.rollout.changing import carry_out, change_options


@click.command("hold")
@change_options
def command(name: str, reason: str, by: str | None, database: str | None) -> None:
    """Keep a rollout at its stage: the gate holds, too, until somebody advances it; it may still roll it back."""
    from veritas.config import user_name

    carry_out(database, lambda ledger: ledger.hold(name=name, by=by or user_name(), reason=reason))
