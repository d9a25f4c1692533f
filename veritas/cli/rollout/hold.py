"""`veritas rollout hold`"""

from __future__ import annotations

import click

from veritas.cli.rollout.common import carry_out, change_options


@click.command("hold")
@click.option("--release", is_flag=True, help="Hold it no longer.")
@change_options
def command(name: str, reason: str, by: str | None, release: bool, database: str | None) -> None:
    """Keep a rollout at its stage: the gate holds, too, until somebody advances or releases it; it may roll it back."""
    from veritas.config import user_name

    who = by or user_name()
    if release:
        carry_out(database, lambda ledger: ledger.release(name=name, by=who, reason=reason), create=False)
    else:
        carry_out(database, lambda ledger: ledger.hold(name=name, by=who, reason=reason), create=False)
