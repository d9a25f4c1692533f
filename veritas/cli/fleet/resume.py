"""`veritas fleet resume`"""

from __future__ import annotations

import click

from veritas.cli.lib.options import database_option, verbose_option


@click.command("resume")
@database_option
@verbose_option
def command(database: str | None) -> None:
    """Let the workers take jobs again after `veritas fleet pause`."""
    from veritas.cli.lib.open_fleet import open_fleet

    with open_fleet(database) as (_, fleet):
        from veritas.fleet.overview import resume

        resume(fleet)
    click.echo("The fleet takes jobs.", err=True)
