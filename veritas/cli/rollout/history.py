"""`veritas rollout history`"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from veritas.cli.lib.options import database_option, format_option, verbose_option
from veritas.cli.rollout.common import rollout_option

if TYPE_CHECKING:
    from veritas.cli.lib.table import Cell
    from veritas.rollout.history import Change


@click.command("history")
@rollout_option
@format_option("table", "json", "jsonl")
@database_option
@verbose_option
def command(name: str, output: str, database: str | None) -> None:
    """List the changes of a rollout, with their time, author and reason."""
    from veritas.archive.archive import Archive
    from veritas.cli.lib.output import print_json_array, print_json_lines
    from veritas.cli.lib.table import Column, print_table
    from veritas.errors import UsageError
    from veritas.rollout.ledger import Ledger
    from veritas.rollout.outputs.rollout_json import change_fields

    with Archive.open(database, create=False) as archive:
        rollout = Ledger(archive).rollouts().get(name)
    if rollout is None:
        raise UsageError(f"There is no rollout {name!r}; `veritas rollout status` lists the rollouts.")
    if output == "table":
        names = ("at", "action", "stage", "share", "by", "reason")
        columns = [Column(each, right=each == "share", fold=each == "reason") for each in names]
        print_table(columns, map(_change_row, rollout.changes))
        return
    rows = (change_fields(change) for change in rollout.changes)
    (print_json_array if output == "json" else print_json_lines)(rows)


def _change_row(change: Change) -> Sequence[Cell]:
    from veritas.formatting import utc_time

    event = change.event
    return utc_time(change.at), event.action, event.stage, f"{100 * event.share:.4g}%", event.by, event.reason
