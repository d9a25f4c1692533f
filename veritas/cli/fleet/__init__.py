"""`veritas fleet` and its commands, one module each."""

from __future__ import annotations

import click

from veritas.cli.fleet import cancel, clean, jobs, pause, resume, retry, setup, status
from veritas.cli.lib.group import CommandGroup


@click.group("fleet", cls=CommandGroup)
def command() -> None:
    """Set up the queue of audits, and see and steer the jobs and the workers."""


for module in (setup, status, jobs, retry, cancel, pause, resume, clean):
    command.add_command(module.command)
