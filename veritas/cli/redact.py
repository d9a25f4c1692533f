"""`veritas redact AUDIT SEQ`"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from veritas.cli.lib.exit_status import NO, YES
from veritas.cli.lib.options import audit_argument, database_option, verbose_option
from veritas.core.transports import TRANSPORTS

if TYPE_CHECKING:
    from veritas.events.recorded import RecordedEvent

_LONGEST_SHOWN = 500  # characters of a body
_COPIES = "Bundles and other copies made before still contain it."


def _parse_seq(ctx: click.Context, parameter: click.Parameter, value: str) -> int:
    from veritas.errors import InvalidPointInTime
    from veritas.replay.point_in_time import AtEvent, PointInTime

    try:
        point = PointInTime.parse(value)
    except InvalidPointInTime:
        point = None
    if not isinstance(point, AtEvent):
        raise click.BadParameter(
            f"{value!r} is not the number of an event; give one that `veritas events` shows, such as 17."
        )
    if point.of_recorder:
        raise click.BadParameter(f"{value!r} is one of the recorder's own events; give {point.seq} --source recorder.")
    return point.seq


@click.command("redact")
@audit_argument()
@click.argument("seq", callback=_parse_seq)
@click.option("--reason", metavar="TEXT", required=True, help="The reason; everyone who reads the log can see it.")
@click.option(
    "--source",
    type=click.Choice([*TRANSPORTS, "recorder"]),
    help="Only from this source; the recorder's own events need `recorder`.  [default: queue and stdout]",
)
@click.option("--by", metavar="NAME", help="The person who erases it.  [default: user@host]")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@database_option
@verbose_option
def command(
    audit: str, seq: int, reason: str, source: str | None, by: str | None, yes: bool, database: str | None
) -> int:
    """Erase the content of one event, and record that it was erased.

    SEQ is the event's number, as `veritas events` shows it. Its bytes are erased for good, from every transport that
    carried it, with any attachment that no other event has. The log still shows that there was an event, its type and
    time, and who erased it, when and why. The log still verifies.
    """
    from veritas.archive.redaction import describe_losses, redact, select_observations
    from veritas.cli.lib.open_log import open_run
    from veritas.cli.lib.table import print_line
    from veritas.config import user_name
    from veritas.formatting import count, escape_control_characters

    with open_run(database, audit, or_batch=True) as (archive, run_id):
        observations = select_observations(archive, run_id, seq, source=source)
        for sentence in (*describe_losses(archive, run_id, observations), _COPIES):
            click.echo(f"Warning: {sentence}", err=True)
        if not yes and not _confirmed(run_id, observations):
            click.echo("Nothing was redacted.", err=True)
            return NO
        outcome = redact(archive, run_id, observations, reason=reason, by=by or user_name())
    # With a child's event, the recorder's events that quote it are erased too; they are not named here.
    of_recorder = observations[0].source == "recorder"
    sources = " and ".join(sorted(each.source for each in outcome.erased if of_recorder or each.source != "recorder"))
    attachments = f", with {count(outcome.attachments, 'attachment')}" if outcome.attachments else ""
    print_line(f"Redacted event {seq} of run {run_id} from {sources}{attachments}.")
    for sentence in outcome.remains:
        click.echo(escape_control_characters(sentence), err=True)
    return YES


def _confirmed(run_id: str, observations: Sequence[RecordedEvent]) -> bool:
    """Ask for confirmation to erase these events.

    Raises:
        UsageError: Stdin is not a terminal.
    """
    from veritas.errors import UsageError
    from veritas.formatting import escape_control_characters, utc_time

    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("A redaction cannot be undone, and stdin is not a terminal; confirm it with --yes.")
    for recorded in observations:
        event = recorded.event
        name = escape_control_characters("/".join(part for part in (event.type, event.phase, event.step) if part))
        body = escape_control_characters((recorded.body or b"").decode("utf-8", "replace"))
        if len(body) > _LONGEST_SHOWN:
            body = f"{body[:_LONGEST_SHOWN]}… ({len(body):,} characters)"
        at = utc_time(event.timestamp, "milliseconds")
        click.echo(f"Event {recorded.seq} from {recorded.source}, {name}, {at}:\n  {body}", err=True)
    return click.confirm(f"Erase this from run {escape_control_characters(run_id)} for good?", err=True)
