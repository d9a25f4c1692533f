"""`veritas rollout advance`"""

from __future__ import annotations

import click

from veritas.cli.rollout.common import apply_change, change_options


@click.command("advance")
@change_options
def command(name: str, reason: str, by: str | None, database: str | None) -> None:
    """Advance a rollout to its next stage."""
    from veritas.config import user_name

    apply_change(database, lambda ledger: ledger.advance(name=name, by=by or user_name(), reason=reason), create=False)
