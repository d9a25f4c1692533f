"""`veritas schedule` and its commands, one module each."""

from __future__ import annotations

import click

from veritas.cli.lib.group import CommandGroup
from veritas.cli.schedule import add, list, remove


@click.group("schedule", cls=CommandGroup)
def command() -> None:
    """Queue audits again and again, at set times."""


for module in (add, list, remove):
    command.add_command(module.command)
