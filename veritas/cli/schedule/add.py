"""`veritas schedule add`"""

from __future__ import annotations

from datetime import UTC, datetime

import click

from veritas.cli.lib.audit_options import AuditChoices, submission_options
from veritas.cli.lib.options import database_option, verbose_option
from veritas.cli.lib.placement_options import placement_options
from veritas.cli.lib.target_options import TargetChoices, target_options


@click.command("add")
@click.argument("schedule", metavar="SCHEDULE")
@click.argument("cron", metavar="CRON")
@target_options
@placement_options
@click.option(
    "--zone", default="UTC", show_default=True, metavar="ZONE", help="The time zone of CRON, such as Europe/Berlin."
)
@submission_options
@database_option
@verbose_option
def command(
    schedule: str,
    cron: str,
    targets: TargetChoices,
    choices: AuditChoices,
    queue: str,
    priority: int,
    per_host: float,
    zone: str,
    database: str | None,
) -> None:
    """Queue a batch of audits at each time that CRON names, such as '0 3 * * *' for every night at 3:00.

    The five fields are minute, hour, day of the month, month and day of the week. The file of --from is read now; to
    change the URLs, remove the schedule and add it again. The schedule is kept in the database, and the workers act on
    it: each due time has one batch, whichever worker is first. Times that pass while no worker runs are made up for by
    one batch, also if they are many.
    """
    from veritas.cli.lib.open_fleet import open_fleet
    from veritas.config import user_name
    from veritas.errors import UsageError
    from veritas.formatting import utc_time

    if targets.name is not None:
        raise UsageError(f"The batches of a schedule have its name, {schedule!r}; leave --name out.")
    urls = targets.read(outcome="added").urls
    options = choices.parse()
    with open_fleet(database) as (_, fleet):
        from veritas.fleet.request import AuditRequest
        from veritas.fleet.schedule import Schedule, add_schedule

        request = AuditRequest.of(options, tier=choices.tier, tags=targets.tags, per_host=per_host)
        added = Schedule(schedule, cron, zone, queue, priority, len(urls), user_name(), datetime.now(UTC))
        add_schedule(fleet, added, urls, request)
    click.echo(f"The schedule {schedule!r} is due first at {utc_time(added.next_due.timestamp())}.", err=True)
