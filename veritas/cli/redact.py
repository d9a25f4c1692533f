"""`veritas redact AUDIT SEQ`"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from veritas.cli.lib.options import audit_argument, database_option, verbose_option
from veritas.core.transports import TRANSPORTS

if TYPE_CHECKING:
    from veritas.events.recorded import RecordedEvent

YES, NO = 0, 1

_LONGEST_SHOWN = 500
_COPIES = "Bundles and other copies that were made before go on to hold it."


def _number(ctx: click.Context, parameter: click.Parameter, value: str) -> int:
    from veritas.errors import InvalidPointInTime
    from veritas.replay.point_in_time import AtEvent, PointInTime

    try:
        named = PointInTime.parse(value)
    except InvalidPointInTime:
        named = None
    if not isinstance(named, AtEvent):
        raise click.BadParameter(f"{value!r} is no event's number; give one that `veritas events` shows, such as 17.")
    if named.of_recorder:
        raise click.BadParameter(f"{value!r} is one of the recorder's own events; give {named.seq} --source recorder.")
    return named.seq


@click.command("redact")
@audit_argument()
@click.argument("seq", callback=_number)
@click.option("--reason", metavar="TEXT", required=True, help="Why; it stands in the log for everyone to read.")
@click.option(
    "--source",
    type=click.Choice([*TRANSPORTS, "recorder"]),
    help="Only what came over this one; the recorder's own events need `recorder`.  [default: queue and stdout]",
)
@click.option("--by", metavar="NAME", help="Who removes it.  [default: user@host]")
@click.option("--yes", is_flag=True, help="Do not ask whether to go on.")
@database_option
@verbose_option
def command(
    audit: str, seq: int, reason: str, source: str | None, by: str | None, yes: bool, database: str | None
) -> int:
    """Erase what one event says, and record that it was erased.

    SEQ is the event's number, as `veritas events` shows it. Its bytes go for good, over every transport that carried
    it, and with them an attachment that no other event has. What remains is that there was an event, of which type and
    when, and who removed it, when and why. Everything still verifies.
    """
    from veritas.archive.redaction import describe_losses, redact, select_observations
    from veritas.cli.lib.open_log import open_run
    from veritas.cli.lib.table import print_line
    from veritas.config import user_name
    from veritas.formatting import count, escape_control_characters

    with open_run(database, audit) as (archive, run_id):
        chosen = select_observations(archive, run_id, seq, source=source)
        for sentence in (*describe_losses(archive, run_id, chosen), _COPIES):
            click.echo(f"Warning: {sentence}", err=True)
        if not yes and not _confirmed(run_id, chosen):
            click.echo("Nothing was redacted.", err=True)
            return NO
        outcome = redact(archive, run_id, chosen, reason=reason, by=by or user_name())
    own = chosen[0].source == "recorder"  # beside a child's event, the recorder's are those that quote it
    over = " and ".join(each.source for each in outcome.erased if own or each.source != "recorder")
    with_it = f", with {count(outcome.attachments, 'attachment')}" if outcome.attachments else ""
    print_line(f"Redacted event {seq} of run {run_id} over {over}{with_it}.")
    for sentence in outcome.remains:
        click.echo(escape_control_characters(sentence), err=True)
    return YES


def _confirmed(run_id: str, chosen: Sequence[RecordedEvent]) -> bool:
    """Ask whether these are to go.

    Raises:
        UsageError: Nobody is there to be asked.
    """
    from veritas.errors import UsageError
    from veritas.formatting import escape_control_characters, utc_time

    if sys.stdin is None or not sys.stdin.isatty():
        raise UsageError("A redaction cannot be undone; where nobody can be asked, confirm it with --yes.")
    for recorded in chosen:
        event = recorded.event
        what = "/".join(name for name in (event.type, event.phase, event.step) if name)
        said = escape_control_characters((recorded.body or b"").decode("utf-8", "replace"))
        shown = said if len(said) <= _LONGEST_SHOWN else f"{said[:_LONGEST_SHOWN]}… ({len(said):,} characters)"
        at = utc_time(event.timestamp, "milliseconds")
        click.echo(
            f"Event {recorded.seq} over {recorded.source}, {escape_control_characters(what)}, {at}:\n  {shown}",
            err=True,
        )
    return click.confirm(f"Erase this from run {escape_control_characters(run_id)} for good?", err=True)
