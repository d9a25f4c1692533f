"""`veritas schedule remove`"""

from __future__ import annotations

import click

from veritas.cli.lib.options import database_option, verbose_option


@click.command("remove")
@click.argument("schedule", metavar="SCHEDULE")
@database_option
@verbose_option
def command(schedule: str, database: str | None) -> None:
    """Remove a schedule; the audits that it has queued stay."""
    from veritas.cli.lib.open_fleet import open_fleet

    with open_fleet(database) as (_, fleet):
        from veritas.fleet.schedule import remove_schedule

        remove_schedule(fleet, schedule)
    click.echo(f"The schedule {schedule!r} was removed.", err=True)
