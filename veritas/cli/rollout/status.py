"""`veritas rollout status`"""

from __future__ import annotations

import click

from veritas.cli.lib.options import database_option, format_option, verbose_option
from veritas.cli.rollout.common import rollout_pairs, warn_of_variables


@click.command("status")
@format_option("table", "json")
@database_option
@verbose_option
def command(output: str, database: str | None) -> None:
    """Show the stage of each rollout, its share, since when it is in force, and the next stage."""
    from veritas.archive.archive import Archive
    from veritas.cli.lib.output import print_json_array
    from veritas.cli.lib.table import print_pairs
    from veritas.rollout.history import NO_ROLLOUT
    from veritas.rollout.ledger import Ledger
    from veritas.rollout.outputs.rollout_json import rollout_fields

    with Archive.open(database, create=False) as archive:
        rollouts = list(Ledger(archive).rollouts().values())
    if output == "json":
        print_json_array(map(rollout_fields, rollouts))
        return
    for number, rollout in enumerate(rollouts):
        if number:
            click.echo()
        print_pairs(rollout_pairs(rollout))
    if not rollouts:
        click.echo(NO_ROLLOUT, err=True)
    warn_of_variables()
