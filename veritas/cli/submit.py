"""`veritas submit URL…`"""

from __future__ import annotations

from datetime import UTC, datetime

import click

from veritas.cli.lib.audit_options import AuditChoices, submission_options
from veritas.cli.lib.options import database_option, format_option, verbose_option
from veritas.cli.lib.placement_options import placement_options
from veritas.cli.lib.target_options import TargetChoices, target_options


@click.command("submit")
@target_options
@placement_options
@click.option(
    "--at", metavar="TIME", help="When the audits may begin, such as 2026-12-24T03:00+01:00; without an offset in UTC."
)
@submission_options
@format_option("text", "json")
@database_option
@verbose_option
def command(
    targets: TargetChoices,
    choices: AuditChoices,
    queue: str,
    priority: int,
    per_host: float,
    at: str | None,
    output: str,
    database: str | None,
) -> None:
    """Queue audits for the workers of a fleet.

    All URLs are checked first, and queued as one batch or not at all. The batch's id is printed; `veritas list --batch`
    lists its audits once they have begun, and `veritas fleet status` shows how many wait.

    The queue is in the log's PostgreSQL database, which `veritas fleet setup` prepares. A queued audit cannot log in,
    because its options are kept in the database.
    """
    from veritas.cli.lib.open_fleet import open_fleet
    from veritas.cli.lib.output import print_json
    from veritas.formatting import count

    urls = targets.read().urls
    options = choices.parse()
    begin = None if at is None else _time(at)
    with open_fleet(database) as (archive, fleet):
        from veritas.fleet.request import AuditRequest
        from veritas.fleet.submission import Placement, submit

        request = AuditRequest.of(options, tier=choices.tier, tags=targets.tags, per_host=per_host)
        batch = submit(archive, fleet, urls, request, Placement(queue, priority, begin), name=targets.name)
    if output == "json":
        print_json({"batch": batch, "queue": queue, "jobs": len(urls)})
        return
    click.echo(batch)
    click.echo(f"{count(len(urls), 'audit')} queued in {queue!r}.", err=True)


def _time(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a time; give one such as 2026-12-24T03:00+01:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
