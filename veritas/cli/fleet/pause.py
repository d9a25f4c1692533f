"""`veritas fleet pause`"""

from __future__ import annotations

import click

from veritas.cli.lib.options import database_option, verbose_option


@click.command("pause")
@database_option
@verbose_option
def command(database: str | None) -> None:
    """Let no worker take a job from now on, until `veritas fleet resume`; audits that run go on."""
    from veritas.cli.lib.open_fleet import open_fleet
    from veritas.config import user_name

    with open_fleet(database) as (_, fleet):
        from veritas.fleet.overview import pause

        pause(fleet, user_name())
    click.echo("The fleet is paused.", err=True)
