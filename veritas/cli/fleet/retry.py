"""`veritas fleet retry`"""

from __future__ import annotations

import click

from veritas.cli.fleet.selection import select_jobs, selection_options
from veritas.cli.lib.options import database_option, verbose_option


@click.command("retry")
@selection_options
@database_option
@verbose_option
def command(numbers: tuple[int, ...], batch: str | None, database: str | None) -> None:
    """Queue failed jobs again: these, or all of a batch.

    Each gets one more attempt; `veritas help fleet` says which failures are tried again without this command.
    """
    from veritas.cli.lib.open_fleet import open_fleet
    from veritas.formatting import count

    with open_fleet(database) as (archive, fleet):
        from veritas.fleet.overview import retry_jobs

        jobs = select_jobs(archive, fleet, numbers, batch, statuses=("failed",))
        retried = retry_jobs(fleet, jobs)
    click.echo(f"{count(retried, 'job')} queued again.", err=True)
