"""`veritas fleet cancel`"""

from __future__ import annotations

import click

from veritas.cli.fleet.selection import select_jobs, selection_options
from veritas.cli.lib.options import database_option, verbose_option


@click.command("cancel")
@selection_options
@database_option
@verbose_option
def command(numbers: tuple[int, ...], batch: str | None, database: str | None) -> None:
    """Cancel jobs: these, or all of a batch that have not ended.

    A job that waits is not begun. One that runs is stopped within seconds, and its audit ends as interrupted in the
    log.
    """
    from veritas.cli.lib.open_fleet import open_fleet
    from veritas.formatting import count

    with open_fleet(database) as (archive, fleet):
        from veritas.fleet.batch_end import end_batch
        from veritas.fleet.overview import cancel_jobs

        jobs = select_jobs(archive, fleet, numbers, batch, statuses=("waiting", "running"))
        cancelled = cancel_jobs(fleet, jobs)
        for each in dict.fromkeys(job.batch for job in jobs):
            end_batch(archive, fleet, each)
    click.echo(f"{count(cancelled, 'job')} cancelled.", err=True)
