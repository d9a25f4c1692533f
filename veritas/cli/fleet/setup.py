"""`veritas fleet setup`"""

from __future__ import annotations

import click

from veritas.cli.lib.options import database_option, verbose_option


@click.command("setup")
@database_option
@verbose_option
def command(database: str | None) -> None:
    """Create the fleet's tables in the log's database, or upgrade them; a second time, it does nothing.

    They are in a schema of their own, so that the log is compared with its declaration as before. Stop all workers
    before an upgrade.
    """
    from veritas.cli.lib.open_fleet import open_fleet
    from veritas.formatting import count

    with open_fleet(database, ready=False) as (_, fleet):
        applied = fleet.set_up()
        schema = fleet.tables.schema
    if applied:
        click.echo(f"The fleet's tables in {schema!r} are ready; {count(len(applied), 'migration')} applied.", err=True)
    else:
        click.echo(f"The fleet's tables in {schema!r} are of this version already.", err=True)
