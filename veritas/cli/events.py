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

SOURCES = (*TRANSPORTS, "recorder")


def _compile_pattern(ctx: click.Context, parameter: click.Parameter, value: str | None) -> re.Pattern[str] | None:
    try:
        return None if value is None else re.compile(value)
    except re.error as error:
        raise click.BadParameter(f"{value!r} is not a regular expression: {error}.") from None


@click.command("events")
@audit_argument()
@click.option("--follow", "-f", is_flag=True, help="Show further events as they are recorded, until the run ends.")
@point_option("--since", help="Only events from this point on, inclusive.")
@point_option("--until", help="Only events up to this point, inclusive.")
@click.option("--source", "sources", multiple=True, type=click.Choice(SOURCES), help="Only events from this source.")
@click.option("--type", "types", multiple=True, help="Only events of this type, such as finding or ipc_fell_back.")
@click.option("--phase", "phases", multiple=True, help="Only events of this phase, such as scout.")
@click.option("--grep", metavar="REGEX", callback=_compile_pattern, help="Only events whose detail or body matches.")
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

    They are listed in the order of the log, one line an observation: an event that two transports carried is listed
    twice. --source, --type and --phase may be repeated. JSON has all of an event's fields, and the SHA-256 of its bytes
    in the log; two observations with the same hash have the same bytes.

    A POINT is a point in time, as for `veritas show --at`: an event's number, a phase, a percentage, a time. With
    --source, an event's number refers to its delivery by that source. --follow works from any process.
    """
    from veritas.archive.event_json import event_fields
    from veritas.archive.liveness import follow as follow_run
    from veritas.cli.lib.open_log import open_run
    from veritas.cli.lib.output import print_json_array, print_json_lines
    from veritas.replay.range import select_range
    from veritas.replay.timeline import offsets

    def matches(recorded: RecordedEvent) -> bool:
        chosen = ((sources, recorded.source), (types, recorded.event.type), (phases, recorded.event.phase))
        if not all(not values or value in values for values, value in chosen):
            return False
        return grep is None or _matches_pattern(grep, recorded)

    with open_run(database, audit, or_batch=True) as (archive, run_id):
        events = follow_run(archive, run_id) if follow else archive.events(run_id)
        if since is not None or until is not None:
            events = (recorded for _, recorded in select_range(offsets(events), since, until, sources))
        events = _report_if_none(filter(matches, events), run_id)
        if output == "json":
            print_json_array(map(event_fields, events), flush=follow)
        elif output == "jsonl":
            print_json_lines(map(event_fields, events), flush=follow)
        else:
            _print_table(events, flush=follow)


def _report_if_none(events: Iterable[RecordedEvent], run_id: str) -> Iterator[RecordedEvent]:
    """Yield events; if there are none, report it on stderr: every run has events, so the options exclude them all."""
    from veritas.formatting import escape_control_characters

    empty = True
    for event in events:
        empty = False
        yield event
    if empty:
        run = escape_control_characters(run_id)
        click.echo(f"No event of run {run} matches these options; `veritas events {run}` lists all events.", err=True)


def _matches_pattern(pattern: re.Pattern[str], recorded: RecordedEvent) -> bool:
    """Return whether *pattern* matches in the detail that the table shows of an event, or in its body."""
    if pattern.search(_detail(recorded)):
        return True
    return recorded.body is not None and bool(pattern.search(recorded.body.decode("utf-8", "replace")))


def _detail(recorded: RecordedEvent) -> str:
    from veritas.projections.descriptions import describe_event, describe_recorder_event

    event = recorded.from_recorder
    return describe_recorder_event(event) if event else describe_event(recorded.event)


def _print_table(events: Iterable[RecordedEvent], *, flush: bool) -> None:
    from veritas.cli.lib.table import Column, print_table

    columns = [
        Column("position", title="pos", right=True, width=6, min_width=160),
        Column("time", title="time (UTC)", width=12, min_width=100),
        Column("source", width=8),
        Column("seq", right=True, width=5),
        Column("type", width=17, min_width=160),
        Column("phase/step", width=22),
        Column("pct", title="%", right=True, width=4),
        Column("detail", rest=True),
    ]
    print_table(columns, _rows(events), flush=flush)


def _rows(events: Iterable[RecordedEvent]) -> Iterator[tuple[Cell, ...]]:
    from veritas.cli.lib.table import on_terminal
    from veritas.formatting import short_number, utc_time

    short = on_terminal()  # it may be too narrow for the column of types and for the date
    for recorded in events:
        event = recorded.event
        time = utc_time(event.timestamp, "milliseconds")
        yield (
            str(recorded.position),
            time[11:-1] if time and short else time,
            recorded.source,
            str(recorded.seq),
            event.type,
            f"{event.phase}/{event.step}" if event.phase or event.step else event.type if short else None,
            None if recorded.source == "recorder" else short_number(event.pct),
            _detail(recorded),
        )
