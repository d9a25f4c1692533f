"""`veritas rollout` and its commands, one module each."""

from __future__ import annotations

import click

from veritas.cli.lib.group import CommandGroup
from veritas.cli.rollout import advance, explain, gate, history, hold, metrics, rollback, simulate, start, status


@click.group("rollout", cls=CommandGroup)
def command() -> None:
    """Move audits from stdout to the queue in stages."""


for module in (status, start, advance, hold, rollback, metrics, gate, simulate, history, explain):
    command.add_command(module.command)
