"""`veritas rollout advance`"""

from __future__ import annotations

import click

from veritas.cli.rollout.common import carry_out, change_options


@click.command("advance")
@change_options
def command(name: str, reason: str, by: str | None, database: str | None) -> None:
    """Go on to the next stage."""
    from veritas.config import user_name

    carry_out(database, lambda ledger: ledger.advance(name=name, by=by or user_name(), reason=reason), create=False)
