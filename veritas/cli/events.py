"""`veritas events AUDIT`"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from veritas.cli.lib.options import audit_argument, database_option, format_option, point_option, verbose_option
from veritas.core.transports import TRANSPORTS

if TYPE_CHECKING:
    from veritas.cli.lib.table import Cell
    from veritas.events.recorded import RecordedEvent
    from veritas.replay.point_in_time import PointInTime


def _pattern(ctx: click.Context, parameter: click.Parameter, value: str | None) -> re.Pattern[str] | None:
    try:
        return None if value is None else re.compile(value)
    except re.error as error:
        raise click.BadParameter(f"{value!r} is no regular expression: {error}.") from None


SOURCES = (*TRANSPORTS, "recorder")


@click.command("events")
@audit_argument()
@click.option("--follow", "-f", is_flag=True, help="Go on with those that come, until the run has ended.")
@point_option("--since", help="Only from this moment on, it included.")
@point_option("--until", help="Only up to this moment, it included.")
@click.option("--source", "sources", multiple=True, type=click.Choice(SOURCES), help="Only what came over this one.")
@click.option("--type", "types", multiple=True, help="Only of this type, such as finding or ipc_fell_back.")
@click.option("--phase", "phases", multiple=True, help="Only of this phase, such as scout.")
@click.option("--grep", metavar="REGEX", callback=_pattern, help="Only those whose detail or body it is found in.")
@format_option("table", "json", "jsonl")
@database_option
@verbose_option
def command(
    audit: str,
    follow: bool,
    since: PointInTime | None,
    until: PointInTime | None,
    sources: Sequence[str],
    types: Sequence[str],
    phases: Sequence[str],
    grep: re.Pattern[str] | None,
    output: str,
    database: str | None,
) -> None:
    """List an audit's events as they were recorded.

    They come in the order of the log, every observation of its own: an event that two transports carried stands there
    twice. --source, --type and --phase may be repeated. JSON holds all that an event says, and the SHA-256 of its bytes
    as the log keeps them; two observations with the same hash are the same bytes.

    A MOMENT is what `veritas show --at` takes: an event's number, a phase, a percentage, a time. With --source, an
    event is where that one delivered it. --follow shows events as they are recorded, in whichever process.
    """
    from veritas.archive.liveness import follow as follow_run
    from veritas.cli.lib.open_log import open_run
    from veritas.cli.lib.output import print_json_array, print_json_lines
    from veritas.replay.formats.jsonl import event_fields
    from veritas.replay.range import select_range
    from veritas.replay.timeline import offsets

    def wanted(recorded: RecordedEvent) -> bool:
        said = ((sources, recorded.source), (types, recorded.event.type), (phases, recorded.event.phase))
        return all(not choice or value in choice for choice, value in said) and (grep is None or _found(grep, recorded))

    with open_run(database, audit) as (archive, run_id):
        events = follow_run(archive, run_id) if follow else archive.events(run_id)
        if since is not None or until is not None:
            events = (recorded for _, recorded in select_range(offsets(events), since, until, sources))
        events = _or_say_so(filter(wanted, events), run_id)
        if output == "json":
            print_json_array(map(event_fields, events), flush=follow)
        elif output == "jsonl":
            print_json_lines(map(event_fields, events), flush=follow)
        else:
            _print_table(events, at_once=follow)


def _or_say_so(events: Iterable[RecordedEvent], run_id: str) -> Iterator[RecordedEvent]:
    """Yield events, and say so where there are none: every run has some, so it is the choice that has none."""
    from veritas.formatting import escape_control_characters

    none = True
    for event in events:
        none = False
        yield event
    if none:
        run = escape_control_characters(run_id)
        click.echo(f"No event of run {run} is what was asked for; `veritas events {run}` lists them all.", err=True)


def _found(pattern: re.Pattern[str], recorded: RecordedEvent) -> bool:
    """Return whether *pattern* is found in what the table shows of an event, or in its body."""
    if pattern.search(_detail(recorded)):
        return True
    return recorded.body is not None and bool(pattern.search(recorded.body.decode("utf-8", "replace")))


def _detail(recorded: RecordedEvent) -> str:
    from veritas.projections.descriptions import describe_recorder_event

    said = recorded.from_recorder
    return describe_recorder_event(said) if said else recorded.event.detail


def _print_table(events: Iterable[RecordedEvent], *, at_once: bool) -> None:
    from veritas.cli.lib.table import Column, print_table

    columns = [
        Column("position", title="pos", right=True, width=6),
        Column("time", title="time (UTC)", width=24, since=120),
        Column("source", width=8),
        Column("seq", right=True, width=6),
        Column("type", width=17, since=100),
        Column("phase/step", width=22),
        Column("pct", title="%", right=True, width=4),
        Column("detail", rest=True),
    ]
    print_table(columns, _rows(events), at_once=at_once)


def _rows(events: Iterable[RecordedEvent]) -> Iterator[tuple[Cell, ...]]:
    from veritas.cli.lib.table import on_terminal
    from veritas.formatting import short_number, utc_time

    named = on_terminal()  # which may be too narrow for the types
    for recorded in events:
        event = recorded.event
        yield (
            str(recorded.position),
            utc_time(event.timestamp, "milliseconds"),
            recorded.source,
            str(recorded.seq),
            event.type,
            f"{event.phase}/{event.step}" if event.phase or event.step else event.type if named else None,
            None if recorded.source == "recorder" else short_number(event.pct),
            _detail(recorded),
        )
