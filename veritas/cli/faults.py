"""Saying that what a command tells is not what was recorded."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from store.verify.fault import Fault

AS_RECORDED, ALTERED = 0, 1


def print_faults(faults: Collection[Fault]) -> None:
    """Write what is wrong with the record, before anything is told out of it."""
    from veritas.archive.integrity import tell_fault
    from veritas.cli import style
    from veritas.cli.table import print_line

    for fault in faults:
        print_line(style.wrong(f"Not as it was recorded: {tell_fault(fault)}."))


def warn_of(faults: Collection[Fault]) -> int:
    """Warn on stderr of what is wrong with the record; return the exit status."""
    from veritas.archive.integrity import tell_fault
    from veritas.formatting import harmless

    for fault in faults:
        said = f"Warning: The log is not as it was recorded: {tell_fault(fault)}; `veritas verify` shows more."
        click.echo(harmless(said), err=True)
    return ALTERED if faults else AS_RECORDED
