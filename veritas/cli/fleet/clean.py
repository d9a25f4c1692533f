"""`veritas fleet clean`"""

from __future__ import annotations

import click

from veritas.cli.lib.options import database_option, time_option, verbose_option


@click.command("clean")
@time_option("--before", help="Batches that ended before this date, time or age.")
@database_option
@verbose_option
def command(before: float | None, database: str | None) -> None:
    """Remove the jobs of batches that have ended from the queue; the log keeps their audits.

    The queue keeps the URL of each job as it was given, and each job takes about a kilobyte.
    """
    from datetime import UTC, datetime

    from veritas.cli.lib.open_fleet import open_fleet
    from veritas.errors import UsageError
    from veritas.formatting import count

    if before is None:
        raise UsageError("Give --before, such as --before 30d for batches that ended more than 30 days ago.")
    with open_fleet(database) as (_, fleet):
        from veritas.fleet.overview import remove_ended

        batches, jobs = remove_ended(fleet, datetime.fromtimestamp(before, UTC))
    click.echo(f"{count(jobs, 'job')} of {batches:,} batches removed.", err=True)
